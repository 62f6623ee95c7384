"""The network between the coordinator and the hosts of one case, and what goes wrong on it.

It takes each message whole, sends it on and brings the answer back. A message that is going to hang
is a process of its own, so that it can be stopped with the message in it, go on much too late, or
be killed with it; and so is each tunnel. All others are carried one after another, as they come.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
from dataclasses import replace

from hypervisor.errors import PeerLostError
from hypervisor.migration.peer import PREFIX
from hypervisor.remote import codec, frames
from hypervisor.remote.codec import Request
from hypervisor.remote.frames import Deadline, Frame, Kind

from . import outside
from .model import DEATHS, LIVE_STEPS, SIDES, Fault, Moment, Side, step_of, with_bad_cookie
from .scene import Scene

#: How long a message and its answer may be on their way; the hosts' own limits are below it.
SECONDS = 300.0
#: How long it takes at most until it is seen that a host asks for the fault.
_LOOK_SECONDS = 0.002
_STREAMS = frozenset({"tunnel-in", "tunnel-out"})


class Dropped(Exception):
    """The answer does not arrive: the connection is closed without it."""


def listen(scene: Scene) -> dict[Side, socket.socket]:
    """Open the network's own sockets."""
    opened: dict[Side, socket.socket] = {}
    for side in SIDES:
        opened[side] = socket.socket(socket.AF_UNIX)
        opened[side].bind(scene.way(side))
        opened[side].listen(32)
    return opened


def serve(scene: Scene, listeners: dict[Side, socket.socket]) -> None:
    """Be the network, until this process is killed."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # messages are not waited for
    scene.note_network(os.getpid())
    sides: dict[socket.socket, Side] = {listener: side for side, listener in listeners.items()}
    while True:
        readable, _, _ = select.select(list(sides), [], [])
        for listener in readable:
            wire, _ = listener.accept()
            with wire, contextlib.suppress(PeerLostError):
                message = _Message(scene, sides[listener], wire)
                if not message.is_apart:
                    _carry(scene, message)
                elif os.fork() == 0:
                    _carry(scene, message)
                    os._exit(0)


def _carry(scene: Scene, message: _Message) -> None:
    """Carry a message, whatever becomes of it; that the network itself fails is noted."""
    try:
        with contextlib.suppress(Dropped, PeerLostError):
            message.carry()
    except Exception as error:
        scene.note_broken(f"the network failed: {type(error).__name__}: {error}")


class _Message:
    """One message on its way to a host, and the answer on its way back."""

    def __init__(self, scene: Scene, side: Side, wire: socket.socket) -> None:
        self._scene = scene
        self._side: Side = side
        self._wire = wire
        self._frame = frames.receive(wire, Deadline(SECONDS), Kind.REQUEST)
        self._request = codec.read_request(self._frame.body)

    @property
    def is_apart(self) -> bool:
        """Whether it must not keep others from going on: it may be held back, or is a tunnel."""
        case = self._scene.case
        may_hang = case.fault in (Fault.HANGS, Fault.LATE) and _step(self._request) == case.step
        return may_hang or self._is_live or self._request.call in _STREAMS

    @property
    def _is_live(self) -> bool:
        """Whether the fault strikes on the host, while it serves this message."""
        return self._scene.case.step in LIVE_STEPS and _step(self._request) == "perform"

    def carry(self) -> None:
        """Carry it; raise Dropped, or PeerLostError, when there is no answer."""
        request, step = self._request, _step(self._request)
        if request.call in _STREAMS:
            self._carry_blocks(self._frame)
            return
        if step is None:
            frames.send(self._wire, self._ask(self._frame), Deadline(SECONDS))
            return
        if self._is_live:
            frames.send(self._wire, self._ask_live(), Deadline(SECONDS))
            return
        self._deal_with_held()
        case = self._scene.case
        on_host = case.fault in (Fault.FAILS_BEFORE, Fault.FAILS_AFTER)
        if on_host or step != case.step or not self._scene.strikes():
            answer = self._asked(request)
        else:
            answer = self._strike(request)
        frames.send(self._wire, answer, Deadline(SECONDS))

    def _deal_with_held(self) -> None:
        """Let the message that was held back go on before this one, or drop it."""
        case = self._scene.case
        if case.fault is Fault.LATE and case.moment is Moment.NEXT and self._scene.is_held():
            self._scene.deliver()
        elif case.fault is Fault.HANGS:
            held = self._scene.held()
            outside.kill([] if held is None else [held])

    def _strike(self, request: Request) -> Frame:
        case = self._scene.case
        if case.fault in (Fault.HANGS, Fault.LATE):
            self._scene.hold(os.getpid())
            os.kill(os.getpid(), signal.SIGSTOP)
            # What follows is late: who asked has gone.
            return self._asked(request)
        if case.fault in (Fault.COOKIE_DAMAGED, Fault.COOKIE_MISSING):
            name = request.call.removeprefix(PREFIX)
            token, rest = request.arguments[0], request.arguments[1:]
            bad = with_bad_cookie(name, rest, case.fault)
            return self._asked(replace(request, arguments=(token, *bad)))
        if case.fault in DEATHS and case.moment is Moment.BEFORE:
            self._die()
            return self._asked(request)
        answer = self._asked(request)
        if case.fault is Fault.REPLY_LOST:
            raise Dropped
        self._die()
        return answer

    def _ask_live(self) -> Frame:
        """Let a guest be sent live, and strike when its host says that it is time for that."""
        deadline = Deadline(SECONDS)
        try:
            with contextlib.closing(self._connected()) as host:
                frames.send(host, self._frame, deadline)
                while not select.select([host], [], [], _LOOK_SECONDS)[0]:
                    if self._scene.is_to_strike():
                        self._die_live()
                        self._scene.has_struck()
                return frames.receive(host, deadline, Kind.REPLY)
        finally:
            self._scene.check()

    def _die_live(self) -> None:
        """Kill the victim; who asked for this message may be that, or the host that serves it."""
        fault = self._scene.case.fault
        if fault is Fault.COORDINATOR_DIES:
            self._scene.kill_coordinator()
        else:
            self._scene.kill("source" if fault is Fault.SOURCE_DIES else "destination")

    def _die(self) -> None:
        """Kill the victim; raise Dropped when it was the host or the coordinator of this call."""
        fault = self._scene.case.fault
        if fault is Fault.COORDINATOR_DIES:
            self._scene.kill_coordinator()
            raise Dropped
        victim: Side = "source" if fault is Fault.SOURCE_DIES else "destination"
        self._scene.kill(victim)
        if victim == self._side or (victim == "source" and self._scene.case.peer_to_peer):
            raise Dropped

    def _asked(self, request: Request) -> Frame:
        """Run a step on the host, and look at what it has done."""
        try:
            return self._ask(Frame(Kind.REQUEST, codec.write_request(request)))
        finally:
            self._scene.check()

    def _ask(self, frame: Frame) -> Frame:
        deadline = Deadline(SECONDS)
        with contextlib.closing(self._connected()) as host:
            frames.send(host, frame, deadline)
            return frames.receive(host, deadline, Kind.REPLY)

    def _connected(self) -> socket.socket:
        return frames.connect(self._scene.socket(self._side), Deadline(SECONDS))

    def _carry_blocks(self, frame: Frame) -> None:
        """Carry a tunnel's blocks both ways, until both sides have hung up."""
        with contextlib.closing(self._connected()) as host:
            frames.send(host, frame, Deadline(SECONDS))
            other = {host: self._wire, self._wire: host}
            while other:
                readable, _, _ = select.select(list(other), [], [])
                for wire in readable:
                    if not _passed_on(wire, other[wire]):
                        del other[wire]


def _passed_on(wire: socket.socket, other: socket.socket) -> bool:
    """Pass on what came, or that the stream ended; tell whether more may come."""
    block = b""
    with contextlib.suppress(OSError):
        block = wire.recv(64 * 1024)
    with contextlib.suppress(OSError):
        if block:
            other.sendall(block)
        else:
            other.shutdown(socket.SHUT_WR)
    return bool(block)


def _step(request: Request) -> str | None:
    """Give the step that a request is; None when it is none."""
    if request.call == "domain_dump_description":
        return "dump"
    if request.call.startswith(PREFIX):
        return step_of(request.call.removeprefix(PREFIX))
    return None
