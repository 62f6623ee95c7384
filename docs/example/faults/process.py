"""The faults made for real: hosts, coordinator and network are processes, and so is the guest.

Two hosts as `hostd` serves them, with the driver `process` and journals on disk; a coordinator, or
from peer to peer the source host itself; between them the `network`. What ends is ended by SIGKILL,
what hangs is stopped by SIGSTOP, and what came of it is seen from outside. Linux only.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypervisor
from hypervisor.description import GuestDescription
from hypervisor.drivers import host as hosts
from hypervisor.drivers import state_file
from hypervisor.drivers.process import program
from hypervisor.drivers.process.host import ProcessHost
from hypervisor.drivers.state_file import SavedGuest
from hypervisor.errors import (
    HypervisorError,
    JournalError,
    MigrationError,
    PeerLostError,
    UnresolvedError,
)
from hypervisor.migration import host as migration_hosts
from hypervisor.migration.coordinator import Migration
from hypervisor.migration.events import Audience, Event
from hypervisor.migration.journal import FileJournal, Journal, MemoryJournal
from hypervisor.migration.peer import PREFIX
from hypervisor.migration.protocols import BY_NAME
from hypervisor.migration.recovery import recover
from hypervisor.remote import peers
from hypervisor.remote.client import RemotePeer, Timeouts
from hypervisor.remote.server import Server
from hypervisor.remote.service import Service

from . import network, outside
from .model import (
    GUEST,
    LIVE_PROTOCOL,
    LIVE_STEPS,
    SIDES,
    Case,
    Fault,
    Moment,
    Outcome,
    Run,
    Side,
    live_step,
    moment_of,
    options,
    step_of,
)
from .scene import BORN, Host, Scene

#: How long an answer is waited for: where its message hangs, and everywhere else.
HANGS_SECONDS = 1.0 * outside.SLOWNESS
SECONDS = 240.0
#: How long Finish waits for a guest whose source may have died before it sent it.
FINISH_SECONDS = 1.0 * outside.SLOWNESS

#: The directory for files in memory, if any: there are no power cuts here, and journals
#: that wait for a disk would take most of the time.
_MEMORY = "/dev/shm"
_UNRESOLVED = 3
_PR_SET_CHILD_SUBREAPER = 36
#: The driver has no version 1, whose Prepare cannot say what will come.
PROTOCOLS = ("v2", "v3", LIVE_PROTOCOL, "v3-tunnelled")


class FaultyService(Service):
    """A host that fails one step, before or after its effect."""

    scene: Scene

    def answer(self, name: str, arguments: tuple[Any, ...]) -> Any:
        """Serve a call, or fail."""
        case = self.scene.case
        wanted = name in _slots(case) and case.fault in (Fault.FAILS_BEFORE, Fault.FAILS_AFTER)
        if not wanted or not self.scene.strikes():
            return super().answer(name, arguments)
        if case.fault is Fault.FAILS_AFTER:
            super().answer(name, arguments)
        raise MigrationError(f"{case.step} failed")


class Striking(Audience):
    """Those who see each round of a guest that is sent live, on the source: they let the guest
    go on until it has changed, and the fault strike.
    """

    def __init__(self, scene: Scene, connection: hypervisor.Connection) -> None:
        """See what happens on a connection."""
        super().__init__()
        self._scene = scene
        self._connection = connection

    def ask(self, event: Event) -> None:
        """Strike before a round."""
        super().ask(event)
        self._see(live_step(event), Moment.BEFORE)

    def tell(self, event: Event) -> None:
        """Strike after a round."""
        super().tell(event)
        step = live_step(event)
        if step is not None and step.startswith("round"):
            now = self._ticks()
            outside.await_true(lambda: self._ticks() > now, "the guest goes on")
        self._see(step, Moment.AFTER)

    def _ticks(self) -> int:
        guest = hosts.of(self._connection, ProcessHost).guests[GUEST].process
        assert guest is not None
        return guest.ticks()

    def _see(self, step: str | None, moment: Moment) -> None:
        case = self._scene.case
        if step == case.step and moment is moment_of(case) and self._scene.strikes():
            self._strike(case.fault)

    def _strike(self, fault: Fault) -> None:
        host = migration_hosts.of(self._connection)
        if fault in (Fault.FAILS_BEFORE, Fault.FAILS_AFTER):
            raise MigrationError(f"{self._scene.case.step} failed")
        if fault is Fault.REPLY_LOST:
            raise ConnectionResetError("the destination does not acknowledge it")
        if fault is Fault.CANCELLED:
            host.abort(GUEST)
        elif fault is Fault.HANGS:
            (job,) = host.open_jobs()
            job.cancelled.wait()
        else:
            self._scene.ask_strike()


def run(case: Case, parent: Path | None = None) -> Run:
    """Run one case, and leave nothing of it behind: no process, socket or file.

    `parent` is a directory with a short name for all that; None: one that is in memory, if any. The
    process that calls this must have no threads.
    """
    _adopt_orphans()
    if parent is None and os.access(_MEMORY, os.W_OK):
        parent = Path(_MEMORY)
    directory = Path(tempfile.mkdtemp(prefix="hv-fault-", dir=parent))
    try:
        return _played(Scene(case, directory))
    except Exception:
        sys.stderr.write(_logs(directory))
        raise
    finally:
        _end_all()
        shutil.rmtree(directory)


def _played(scene: Scene) -> Run:
    case = scene.case
    for side in SIDES:
        scene.note_host(side, _started_host(scene, side))
    _bring_guest(scene)
    listeners = network.listen(scene)
    _fork(scene, "network", lambda: network.serve(scene, listeners))
    for listener in listeners.values():
        listener.close()
    if case.peer_to_peer:
        _migrate_from_peer_to_peer(scene)
    else:
        _migrate_directly(scene)
    if scene.is_held():
        if case.fault is Fault.LATE:
            scene.deliver()
        else:
            outside.kill([scene.held() or 0])
    if case.step in LIVE_STEPS:
        scene.await_messages()  # the source may still be at work, for a coordinator that is dead
    scene.check()
    holders = scene.holders().values()
    lease = tuple(side for side in SIDES if any(side in sides for sides in holders))
    return Run(_outcome(scene), scene.struck, scene.broken(), lease, tuple(scene.running()))


# -- who takes part


def _started_host(scene: Scene, side: Side) -> Host:
    case = scene.case
    scene.state(side).mkdir()
    ready, told = os.pipe()

    def serve() -> None:
        connection = hypervisor.connect_open("process:///")
        service = FaultyService(
            connection,
            scene.state(side),
            fence=scene.is_dead,
            # So that what a host asks of itself can be lost like all else.
            itself=RemotePeer(scene.way(side), lambda: _timeouts(scene)),
            timeouts=lambda: _timeouts(scene),
            finish_seconds=FINISH_SECONDS,
        )
        service.scene = scene
        if side == "source" and case.step in LIVE_STEPS:
            migration_hosts.of(connection).audience = Striking(scene, connection)
        server = Server(service, scene.socket(side))
        service.begin()
        os.write(told, b"!")
        server.serve()

    pid = _fork(scene, side, serve)
    os.close(told)
    started = os.read(ready, 1)
    os.close(ready)
    if not started:
        raise AssertionError(f"the {side} host did not start")
    return Host(pid, RemotePeer(scene.socket(side)).identity())


def _bring_guest(scene: Scene) -> None:
    """Start the guest on the source, from a file, so that its clock is like no other's."""
    path = scene.directory / "guest"
    memory = program.pack_memory(BORN)
    state_file.write(str(path), SavedGuest("process", GuestDescription(GUEST), memory, False))
    source = hypervisor.connect_open(f"remote://{scene.socket('source')}")
    hypervisor.domain_restore(source, path)


def _migrate_directly(scene: Scene) -> None:
    case = scene.case
    path = scene.directory / "migration"

    def coordinate() -> None:
        scene.note_coordinator(os.getpid())
        journal: Journal = FileJournal(path) if case.recovery else MemoryJournal()
        migration = Migration(*_peers(scene), GUEST, options(case), journal)
        if case.recovery:
            migration.run(scene.is_dead)
        else:
            migration.run_alone()

    status = _awaited(_fork(scene, "coordinator", coordinate))
    died = status == -signal.SIGKILL and case.fault is Fault.COORDINATOR_DIES
    if died and case.recovery:
        status = _recovered(scene, path)
    if status == _UNRESOLVED and case.recovery:
        status = _recovered(scene, path)
        if status == _UNRESOLVED:
            scene.note_broken("not resolved although every host answers or is fenced")
    if status != 0 and not died:
        scene.note_broken(f"the coordinator ended with status {status}")


def _migrate_from_peer_to_peer(scene: Scene) -> None:
    case = scene.case
    source = RemotePeer(scene.socket("source"))
    uri = f"{peers.REMOTE}://{scene.way('destination')}"
    try:
        source.migrate(GUEST, uri, options(case), case.recovery)
    except PeerLostError:
        if scene.death("source") is None:
            raise
        scene.await_end("source")
        if case.recovery:
            (path,) = scene.state("source").glob("*.migration")
            status = _recovered(scene, path)
            if status != 0:
                scene.note_broken(f"not resolved from the journal of the source: {status}")
    except UnresolvedError:
        try:
            source.recover(GUEST)
        except UnresolvedError as error:
            scene.note_broken(f"not resolved although every host answers or is fenced: {error}")
    except HypervisorError:
        pass  # the migration failed; what matters is where the guest is now


def _recovered(scene: Scene, path: Path) -> int:
    """Let another coordinator take over; give its status."""

    def take_over() -> None:
        recover(FileJournal(path), *_peers(scene), scene.is_dead)

    return _awaited(_fork(scene, "recovery", take_over))


def _peers(scene: Scene) -> tuple[RemotePeer, RemotePeer]:
    source, destination = (RemotePeer(scene.way(side), lambda: _timeouts(scene)) for side in SIDES)
    return source, destination


def _timeouts(scene: Scene) -> Timeouts:
    """Be patient, but where a message is going to hang; and from then on there too."""
    hangs = scene.case.fault in (Fault.HANGS, Fault.LATE) and not scene.struck
    calls = dict.fromkeys(_slots(scene.case), HANGS_SECONDS) if hangs else {}
    return Timeouts(SECONDS, SECONDS, calls)


def _slots(case: Case) -> list[str]:
    """Give the slots of the step at which the fault strikes."""
    protocol = BY_NAME[case.protocol]
    if case.step == "dump":
        return ["domain_dump_description"]
    slots = (*protocol.source, *protocol.destination)
    step = "perform" if case.step in LIVE_STEPS else case.step
    return [slot for slot in slots if step_of(slot.removeprefix(PREFIX)) == step]


# -- what came of it


def _outcome(scene: Scene) -> Outcome:
    """Tell where the guest is; only for open migrations the hosts are asked."""
    if "two copies run" in scene.broken():
        return Outcome.TWICE
    running = scene.running()
    is_open = {
        side: scene.death(side) is None and RemotePeer(scene.socket(side)).jobs() != []
        for side in SIDES
    }
    if running == ["destination"]:
        rest = is_open["source"] or scene.has_state("source")
        return Outcome.MOVED_REST if rest else Outcome.MOVED
    if running == ["source"]:
        return Outcome.STAYED_REST if any(is_open.values()) else Outcome.STAYED
    if any(scene.has_state(side) for side in SIDES):
        return Outcome.PAUSED
    deaths = [death for side in SIDES if (death := scene.death(side)) is not None]
    return Outcome.DIED if any(death.ended_guest for death in deaths) else Outcome.LOST


# -- processes


def _fork(scene: Scene, name: str, work: Callable[[], None]) -> int:
    """Do work in a process of its own, whose errors go to a log of that name."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    # What a host leaves that dies goes with the scene.
    tempfile.tempdir = str(scene.directory)
    try:
        log = os.open(scene.directory / f"{name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(log, 1)
        os.dup2(log, 2)
        work()
        status = 0
    except UnresolvedError:
        status = _UNRESOLVED
    except JournalError:
        os.write(2, traceback.format_exc().encode())  # no fault of these has to do with journals
    except HypervisorError:
        status = 0  # the migration failed; what matters is where the guest is now
    except BaseException:
        os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(status)


def _awaited(pid: int) -> int:
    """Wait for a process; give its exit status, or the signal that ended it, negative."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _adopt_orphans() -> None:
    """Become the parent of what the hosts leave behind, so that it can be found and reaped."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "cannot become the parent of orphans")


def _descendants(pid: int) -> list[int]:
    below = outside.children(pid)
    return below + [deeper for child in below for deeper in _descendants(child)]


def _end_all() -> None:
    """End everything below this process: again and again, for what ends may have started more."""
    while below := _descendants(os.getpid()):
        outside.kill(below)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def _logs(directory: Path) -> str:
    parts = [f"{path.name}:\n{path.read_text()}" for path in sorted(directory.glob("*.log"))]
    return "\n".join(parts)
