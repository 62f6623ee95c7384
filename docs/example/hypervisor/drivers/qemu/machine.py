"""One guest as one QEMU process: start it paused, talk to its monitor, migrate it, end it.

Knows nothing of names, descriptions or connections. Needs the library `qemu.qmp`, and is imported
only once somebody opens a connection of the `qemu` driver.

QEMU may hang, or be stopped by a signal from outside. Nothing here waits for it without a limit:
what asks it something raises GuestTimeoutError after ANSWER_SECONDS, and `kill` does not ask.

Safe for threads as far as migration needs it: `cancel_migration`, `kill`, and what asks for the
guest's state or memory may be called while another thread is in `migrate` or `await_incoming`.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Protocol

from ...errors import GuestError, GuestTimeoutError, MigrationCancelledError
from ...values import DomainState
from ..child import ChildProcess
from . import answers, firmware, run_state
from .monitor import Monitor, MonitorLoop, MonitorLostError

START_SECONDS = 20.0
ANSWER_SECONDS = 5.0
SHUTDOWN_SECONDS = 10.0
KILL_SECONDS = 5.0
MIGRATE_SECONDS = 60.0

_POLL_SECONDS = 0.002
_PRESS_SECONDS = 0.05
# Bytes a second beyond what any machine sends, for a migration without a limit.
_NO_LIMIT = 2**40

_ENDS_OF_MIGRATION = frozenset({"none", "completed", "failed", "cancelled"})


class Watch(Protocol):
    """Who watches a guest that runs while it is sent."""

    def begin(self) -> None:
        """Set the limits: the migration is about to begin."""
        ...

    def see(self, answer: dict[str, Any]) -> bool:
        """Look at what QEMU says of the migration; what this raises cancels it.

        True: the guest is split, and nothing more is to be waited for.
        """
        ...


def never() -> bool:
    """Say that the migration is not cancelled."""
    return False


class QemuGuest(ChildProcess):
    """A guest that was started, until `outcome` says how it ended."""

    def __init__(self, command: list[str], folder: Path, loop: MonitorLoop) -> None:
        """Start QEMU and wait until it answers; see `launcher.QemuLauncher.start_paused`."""
        self._folder = folder
        self._monitor: Monitor | None = None
        self._last_words = ""
        self._copies = itertools.count(1)
        self._ending = threading.RLock()
        self._complaints = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
        ours, theirs = socket.socketpair()
        try:
            super().__init__(_spawn(command, theirs, self._complaints, loop))
        except BaseException:
            ours.close()
            self._complaints.close()
            raise
        finally:
            theirs.close()
        try:
            self._monitor = Monitor.connect(loop, ours, START_SECONDS)
        except MonitorLostError as error:
            self._await_end()
            raise GuestError(f"QEMU refused to start: {self.complaints() or error}") from error
        finally:
            if self._monitor is None:
                self.kill()

    @property
    def incoming_uri(self) -> str:
        """An address of its own at which the guest may wait for its state."""
        return f"unix:{self._folder}/incoming-{self.pid}"

    def own_path(self, what: str) -> str:
        """Give a path in the guest's folder that is its own, and goes with it."""
        return f"{self._folder}/{what}-{self.pid}"

    def query_status(self) -> str:
        """Ask QEMU for its run state, such as `running`, `paused`, `inmigrate`, `postmigrate`."""
        return answers.text(self.execute("query-status"), "status")

    def state(self) -> DomainState:
        """Ask for the guest's state; SHUTOFF and CRASHED are said of one whose QEMU still lives."""
        status = self.query_status()
        try:
            return run_state.STATES[status]
        except KeyError:
            raise GuestError(f"QEMU tells a state that is unknown: {status!r}") from None

    def resume(self) -> None:
        """Let a paused guest go on; also after it was sent, or was to be sent, elsewhere.

        Raises GuestError for one that still waits for its state: QEMU would take that as leave to
        run as soon as it has come.
        """
        if self.query_status() == "inmigrate":
            raise GuestError(f"guest in process {self.pid} still waits for its state")
        self.execute("cont")

    def pause(self) -> None:
        """Pause the guest: on return it does not run, and its memory does not change."""
        self.execute("stop")

    def shutdown(self) -> None:
        """Press the power button until the guest has ended; GuestTimeoutError if it does not."""
        deadline = time.monotonic() + SHUTDOWN_SECONDS
        # More than once: a guest that has only just begun does not listen to the button yet.
        while time.monotonic() < deadline:
            with contextlib.suppress(MonitorLostError):  # it ended, which is what was wanted
                self.execute("system_powerdown")
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_PRESS_SECONDS)
                return
        raise GuestTimeoutError(
            f"guest in process {self.pid} still lives {SHUTDOWN_SECONDS:g} s after the power button"
        )

    def kill(self) -> None:
        """End the guest at once, whatever it does, and reap it; on one that ended, do nothing."""
        self._killed = self._killed or self._process.poll() is None
        self._process.kill()
        try:
            self._process.wait(KILL_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise GuestTimeoutError(
                f"QEMU in process {self.pid} still lives {KILL_SECONDS:g} s after SIGKILL"
            ) from error
        self._release()

    def ticks(self) -> int:
        """Read the guest's clock from its memory, in any state."""
        return firmware.unpack_counter(
            self._memory(firmware.COUNTER_ADDRESS, firmware.COUNTER_SIZE)
        )

    def life(self) -> str:
        """Tell which life of a guest this is, in any state: it goes along when the guest migrates.

        No other start ever had it. Before an incoming guest has its state, this is a value that
        will be replaced.
        """
        return self._memory(firmware.LIFE_ADDRESS, firmware.LIFE_SIZE).hex()

    def digest(self) -> str:
        """Give the SHA-256 of all the memory that the guest's software can reach, life included."""
        return hashlib.sha256(self._memory(0, firmware.REACH)).hexdigest()

    def complaints(self) -> str:
        """Give the last line that QEMU wrote as an error; empty when there is none."""
        with self._ending:
            if self._complaints.closed:
                return self._last_words
            size = os.fstat(self._complaints.fileno()).st_size
            tail = os.pread(self._complaints.fileno(), 4096, max(0, size - 4096))
        lines = tail.decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else ""

    # -- migration

    def migrate_incoming(self, uri: str) -> None:
        """Begin to wait for the state of another guest at `uri`, such as `incoming_uri`.

        For a guest that was started with `incoming`. On return the source may begin.
        """
        self.execute("migrate-incoming", uri=uri)

    def await_incoming(
        self, *, seconds: float = MIGRATE_SECONDS, cancelled: Callable[[], bool] = never
    ) -> None:
        """Wait until the state has come as a whole; the guest is paused then, until `resume`.

        Raises GuestError when it came damaged or not to its end (QEMU ends then),
        GuestTimeoutError, and MigrationCancelledError when `cancelled` says so: the guest still
        waits then, and is to be killed.
        """
        deadline = time.monotonic() + seconds
        while self.query_status() == "inmigrate":
            if cancelled():
                raise MigrationCancelledError("the migration was cancelled")
            if time.monotonic() > deadline:
                raise GuestTimeoutError(f"the guest's state did not come within {seconds:g} s")
            time.sleep(_POLL_SECONDS)

    def migrate(
        self,
        uri: str,
        *,
        seconds: float = MIGRATE_SECONDS,
        bandwidth: int = 0,
        cancelled: Callable[[], bool] = never,
        live: Watch | None = None,
    ) -> None:
        """Send the guest's state to `uri`, and wait until all of it was sent, or it is split.

        With `live` a guest that runs goes on meanwhile, and is stopped by QEMU (or by `live`, which
        is shown each answer about the migration) before the switch-over; then QEMU waits for
        `go_on`. Its limits are then its own matter.

        On return the guest is paused (`postmigrate`); whether the destination has taken its state
        only the destination knows. `bandwidth` is in bytes a second (at least 10; 0: no limit).
        Raises GuestError when sending failed, GuestTimeoutError after `seconds`, and
        MigrationCancelledError when `cancelled` says so. After each of them the guest runs if it
        ran before and is paused if it was paused. One that was cancelled too late returns, for its
        state has been sent. Only when QEMU itself does not answer (GuestTimeoutError too) is the
        end unknown: then the migration may still go on, and nothing but `kill` is safe.

        Compromise: QEMU sends a guest only once unless it ran meanwhile. A paused guest that was
        sent before, and stayed after all, runs for an instant.
        """
        if self.query_status() == "postmigrate":
            self.resume()
            self.pause()
        if live is None:
            self.limit(bandwidth)
        else:
            live.begin()
        self._set_capabilities(**{"pause-before-switchover": live is not None})
        self.execute("migrate", uri=uri)
        deadline = time.monotonic() + seconds
        late: GuestTimeoutError | None = None
        try:
            while answers.status(answer := self.query_migrate()) not in _ENDS_OF_MIGRATION:
                if live is not None and live.see(answer):
                    return
                if time.monotonic() > deadline:
                    late = GuestTimeoutError(f"the guest's state was not sent within {seconds:g} s")
                if late is not None or cancelled():
                    self.cancel_migration()
                else:
                    time.sleep(_POLL_SECONDS)
        except BaseException:
            # An interrupted wait must not let the guest leave afterwards.
            with contextlib.suppress(GuestError):
                self.cancel_migration()
            raise
        try:
            self._require_sent()
        except MigrationCancelledError as error:
            raise late or error from None

    def cancel_migration(self) -> bool:
        """Cancel a migration that `migrate` began; tell whether it was in time.

        False when the state had been sent already. Raises GuestTimeoutError when QEMU does not
        let go of it.
        """
        self.execute("migrate_cancel")
        deadline = time.monotonic() + ANSWER_SECONDS
        while (status := self._query_migrate()) not in _ENDS_OF_MIGRATION:
            if time.monotonic() > deadline:
                raise GuestTimeoutError(f"QEMU did not cancel a migration: it is {status}")
            time.sleep(_POLL_SECONDS)
        return status != "completed"

    def limit(self, bandwidth: int, downtime: int | None = None) -> None:
        """Limit a migration, also one that is at work; see `migrate` for the bandwidth.

        `downtime` is for how long QEMU may stop the guest for the rest, in milliseconds. Raises
        GuestError when QEMU refuses.
        """
        limits = {"max_bandwidth": bandwidth or _NO_LIMIT}
        if downtime is not None:
            limits["downtime_limit"] = downtime
        self.execute("migrate-set-parameters", **limits)

    def go_on(self) -> None:
        """Let the switch-over begin for which QEMU waits."""
        self.execute("migrate-continue", state="pre-switchover")

    def use_connections(self, count: int, postcopy: bool = False) -> None:
        """Let the next migration, or the one that is waited for, go over so many; 0: over one.

        With `postcopy` it may be split. Both sides must be told the same. Raises GuestError when
        this QEMU cannot.
        """
        self._set_capabilities(**{"multifd": count > 0, "postcopy-ram": postcopy})
        if count:
            self.execute("migrate-set-parameters", multifd_channels=count)

    def _set_capabilities(self, **states: bool) -> None:
        wanted = [{"capability": name, "state": state} for name, state in states.items()]
        self.execute("migrate-set-capabilities", capabilities=wanted)

    def transferred(self) -> tuple[int, int]:
        """Tell how many bytes of memory a migration has sent, and of how many; 0 before one."""
        ram = self.query_migrate().get("ram")
        if not isinstance(ram, dict):
            return 0, 0
        return int(ram.get("transferred", 0)), int(ram.get("total", 0))

    def screen_address(self) -> str:
        """Tell the socket at which QEMU's VNC server shows the guest's screen."""
        return answers.text(self.execute("query-vnc"), "service")

    def _require_sent(self) -> None:
        answer = self.query_migrate()
        status = answers.text(answer, "status")
        if status == "cancelled":
            raise MigrationCancelledError("the migration was cancelled")
        if status != "completed":
            why = str(answer.get("error-desc") or self.complaints())
            raise GuestError(f"the guest's state was not sent: {why or status}")

    def query_migrate(self) -> dict[str, Any]:
        """Ask QEMU how its migration stands; the answer is empty before the first one."""
        answer = self.execute("query-migrate")
        return answer if isinstance(answer, dict) else {}

    def _query_migrate(self) -> str:
        return answers.status(self.query_migrate())

    # -- the process

    def _memory(self, start: int, size: int) -> bytes:
        copy = self._folder / f"memory-{self.pid}-{next(self._copies)}"
        self.execute("pmemsave", val=start, size=size, filename=str(copy))
        try:
            found = copy.read_bytes()
            copy.unlink()
        except OSError as error:
            raise GuestError(f"cannot read the memory of guest {self.pid}: {error}") from error
        if len(found) != size:
            raise GuestError(
                f"guest {self.pid}: QEMU gave {len(found)} bytes of memory, not {size}"
            )
        return found

    def execute(self, command: str, **arguments: object) -> object:
        """Run a QMP command; raises as `Monitor.execute` does, with what QEMU wrote besides."""
        assert self._monitor is not None
        try:
            return self._monitor.execute(command, ANSWER_SECONDS, **arguments)
        except MonitorLostError as error:
            self._await_end()
            why = self.complaints()
            raise MonitorLostError(f"{error}{': ' if why else ''}{why}") from error

    def _await_end(self) -> None:
        # QEMU hangs up a moment before it can be reaped. One that lives on is for `kill` to end.
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(ANSWER_SECONDS)

    def _release(self) -> None:
        with self._ending:
            if self._monitor is not None:
                self._monitor.close()
            self._last_words = self.complaints()
            self._complaints.close()
        for left in ("incoming-{}", "incoming-{}.*", "relay-{}", "memory-{}-*", "nbd-{}"):
            for path in self._folder.glob(left.format(self.pid)):
                path.unlink(missing_ok=True)


def _spawn(
    command: list[str], end: socket.socket, complaints: IO[bytes], loop: MonitorLoop
) -> subprocess.Popen[bytes]:
    handle = end.fileno()
    monitor = ["-chardev", f"socket,id=monitor,fd={handle}", "-mon", "chardev=monitor,mode=control"]

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*command, *monitor],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=complaints,
            cwd="/",
            pass_fds=(handle,),
            # A group of its own keeps the terminal's Ctrl-C away.
            start_new_session=True,
        )

    return loop.call(start)
