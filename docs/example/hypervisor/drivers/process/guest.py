"""One guest as one operating-system process: start it stopped, signal it, read its memory.

Knows nothing of names, descriptions or connections. Only this module waits for the process, so its
id cannot pass to a stranger while a `GuestProcess` still holds it. Not safe for threads: the
driver calls under the connection's lock.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from ...errors import GuestError, GuestTimeoutError
from ...values import DomainState
from ..child import ChildProcess
from . import os_state, program
from .os_state import OsState

START_SECONDS = 20.0
SIGNAL_SECONDS = 5.0
SHUTDOWN_SECONDS = 10.0
#: How long all of the memory of an incoming guest may take, once somebody has connected.
RECEIVE_SECONDS = program.RECEIVE_SECONDS

BLANK_MEMORY = program.pack_memory(0)


class GuestProcess(ChildProcess):
    """A guest that was started, until `outcome` says how it ended."""

    def __init__(self, process: subprocess.Popen[bytes], memory: IO[bytes]) -> None:
        """Take over a process and the file of its memory; see `start_paused`."""
        super().__init__(process)
        self._memory = memory

    @classmethod
    def start_paused(cls, memory: bytes, directory: Path | None) -> GuestProcess:
        """Start a guest from its memory, stopped before its next tick.

        The memory is kept in a file without a name in `directory` (None: the system's temporary
        one). Raises GuestError when the guest does not start or refuses the memory.
        """
        guest = cls._started_with(memory, directory, None)
        try:
            guest._await_ready(START_SECONDS)
        except BaseException:
            guest.kill()
            raise
        return guest

    @classmethod
    def start_incoming(cls, listener: socket.socket, directory: Path | None) -> GuestProcess:
        """Start a guest that gets its memory from who connects to `listener`; see `await_memory`.

        Returns when the guest listens. Raises GuestError when it does not start.
        """
        guest = cls._started_with(b"", directory, listener)
        try:
            guest._await_line((program.WAITING,), START_SECONDS)
        except BaseException:
            guest.kill()
            raise
        return guest

    @classmethod
    def _started_with(
        cls, memory: bytes, directory: Path | None, listener: socket.socket | None
    ) -> GuestProcess:
        try:
            backing = tempfile.TemporaryFile(dir=directory, buffering=0)  # noqa: SIM115
            try:
                backing.write(memory)
                return cls(_spawn(backing.fileno(), listener), backing)
            except BaseException:
                backing.close()
                raise
        except OSError as error:
            raise GuestError(f"cannot start a guest: {error}") from error

    def state(self) -> DomainState:
        """Tell whether the guest runs or is paused, as the operating system sees it.

        One that ended since `outcome` was last asked counts as running until it is asked again.
        """
        stopped = os_state.read(self.pid) is OsState.STOPPED
        return DomainState.PAUSED if stopped else DomainState.RUNNING

    def await_memory(self, seconds: float) -> bool:
        """Wait until a guest that was started incoming has its memory, and has stopped.

        Tells whether it was paused where it came from. Raises GuestError when what came was not
        whole, and GuestTimeoutError.
        """
        came = (program.CAME_PAUSED, program.CAME_RUNNING)
        answer = self._await_line(came, seconds)
        self._await_ready(seconds)
        return answer == program.CAME_PAUSED

    def pause(self) -> None:
        """Stop the guest; on return it does not run, and its memory does not change."""
        self._process.send_signal(signal.SIGSTOP)
        self._await(lambda state: state is OsState.STOPPED, "stop")

    def resume(self) -> None:
        """Let a stopped guest go on."""
        self._process.send_signal(signal.SIGCONT)
        self._await(lambda state: state is OsState.RUNNING, "go on")

    def shutdown(self) -> None:
        """Ask the guest to end and wait until it has; raise GuestTimeoutError if it does not."""
        self._end(signal.SIGTERM, SHUTDOWN_SECONDS)

    def kill(self) -> None:
        """End the guest at once, whatever it does."""
        self._killed = True
        self._end(signal.SIGKILL, SIGNAL_SECONDS)

    def memory(self) -> bytes:
        """Read the guest's memory; of a guest that runs it is already old on return."""
        for _ in range(10):
            try:
                memory = os.pread(self._memory.fileno(), program.MEMORY_SIZE, 0)
                program.unpack_memory(memory)
            except ValueError:
                if self._memory.closed:
                    raise GuestError(f"guest in process {self.pid} ended") from None
                continue  # read in the middle of a write, which POSIX permits
            return memory
        raise GuestError(f"memory of the guest in process {self.pid} is damaged")

    def ticks(self) -> int:
        """Read the guest's clock from its memory."""
        return program.unpack_memory(self.memory())

    def _await_ready(self, seconds: float) -> None:
        self._await_line((program.READY,), seconds)
        self._await(lambda state: state is OsState.STOPPED, "stop")

    def _await_line(self, expected: tuple[bytes, ...], seconds: float) -> bytes:
        answer = _read_line(self._process.stdout, seconds)
        if answer not in expected:
            why = answer.decode("utf-8", "replace").strip() or "it ended without a word"
            raise GuestError(f"guest refused to start: {why}")
        return answer

    def _await(self, wanted: Callable[[OsState], bool], what: str) -> None:
        # Signals arrive when they arrive; a call returns when its effect can be seen.
        deadline = time.monotonic() + SIGNAL_SECONDS
        pause = 0.0002
        while not wanted(state := os_state.read(self.pid)):
            if state is OsState.GONE:
                raise GuestError(f"guest in process {self.pid} ended when told to {what}")
            if time.monotonic() > deadline:
                raise GuestTimeoutError(f"guest in process {self.pid} did not {what}")
            time.sleep(pause)
            pause = min(pause * 2, 0.02)

    def _end(self, number: signal.Signals, seconds: float) -> None:
        self._process.send_signal(number)
        try:
            self._process.wait(timeout=seconds)
        except subprocess.TimeoutExpired as error:
            raise GuestTimeoutError(
                f"guest in process {self.pid} still lives {seconds:g} s after {number.name}"
            ) from error
        self._release()

    def _release(self) -> None:
        for stream in (self._process.stdin, self._process.stdout, self._memory):
            if stream is not None:
                stream.close()


def _spawn(memory_fd: int, listener: socket.socket | None) -> subprocess.Popen[bytes]:
    if not sys.executable:
        raise GuestError("cannot start a guest: this Python does not know its own executable")
    # -I and -S: neither the environment nor site packages may change what a guest is.
    script = Path(program.__file__).resolve()
    handles = (memory_fd,) if listener is None else (memory_fd, listener.fileno())
    limits = [] if listener is None else [str(RECEIVE_SECONDS)]
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(script), *map(str, handles), *limits],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        cwd="/",
        pass_fds=handles,
    )


def _read_line(stream: IO[bytes] | None, seconds: float) -> bytes:
    assert stream is not None
    deadline = time.monotonic() + seconds
    line = b""
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while not line.endswith(b"\n"):
            if not selector.select(max(0.0, deadline - time.monotonic())):
                raise GuestTimeoutError(f"guest did not start within {seconds:g} s")
            # One byte at a time: what stands behind the line is for the next who reads.
            block = os.read(stream.fileno(), 1)
            if not block:
                break
            line += block
    return line
