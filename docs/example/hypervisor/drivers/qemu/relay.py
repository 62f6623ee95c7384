"""The way between two QEMUs for a guest that may be split by post-copy.

A QEMU that has split its guest and then loses its connection keeps the guest for ever: it lets it
go on neither here nor anew elsewhere. So the source's QEMU is connected to a `Relay` in this
process, which passes everything on, and once it is told to `hold`, a break of the other half is
not passed on. Then QEMU can be told to cancel, and its guest goes on as before.

A destination that has let the guest go on, and found its connection broken, listens at a second
address. The relay tries that one from when its connection broke; only when it is answered there it
breaks its own half too, and lets QEMU send what is missing over a new connection.

Compromise: QEMU 7.2 cannot do that when it has written the last of the memory, and only waits for
its destination to say that it came. It is ended then, for its guest is lost.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import GuestError, GuestTimeoutError
from . import answers

if TYPE_CHECKING:
    from .machine import QemuGuest

_LOG = logging.getLogger(__name__)
_BLOCK = 256 * 1024
_POLL_SECONDS = 0.02
_LOOK_SECONDS = 0.5
#: How long a QEMU may take until it uses a connection, or sees that it broke.
SECONDS = 10.0
#: In bytes a second, while a connection is broken: all but nothing, but QEMU takes 9 for no limit.
_SLOWEST = 10
#: Behind the address at which a guest is expected: where its destination listens once more.
AGAIN = ".again"


class Relay:
    """The way of one guest, until `close`. Safe for threads."""

    def __init__(self, machine: QemuGuest, path: str, expected_at: str, speed: int) -> None:
        """Listen at `path` for a QEMU whose guest is expected at `expected_at`.

        `speed` is in bytes a second, once it is split; 0: no limit. Raises OSError.
        """
        self.uri = f"unix:{path}"
        self._machine = machine
        self._path = path
        self._expected_at = expected_at
        self._speed = speed
        self._changed = threading.Condition()
        self._held = self._broken = self._closed = False
        #: What is in use: woken up by `close`, and closed by the threads that use them.
        self._near: socket.socket | None = None
        self._far: socket.socket | None = None
        self._listener = self._listen()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def begin(self) -> None:
        """Set the speed; raise GuestError when QEMU refuses it."""
        self._machine.execute("migrate-set-parameters", max_postcopy_bandwidth=self._speed)

    def hold(self) -> None:
        """Pass no break on from now on; raise GuestError when there was one."""
        with self._changed:
            if self._broken:
                raise GuestError("the connection to the destination broke")
            self._held = True

    def release(self) -> None:
        """Pass breaks on, also one that was held back."""
        with self._changed:
            self._held = False
            if self._broken:
                self._cut_near()

    def close(self) -> None:
        """End it; closing again does nothing."""
        with self._changed:
            self._closed = True
            _cut(self._far)
            self._cut_near()
        with contextlib.suppress(OSError):
            _connected(self._path).close()  # wakes up who still waits for QEMU
        self._thread.join(SECONDS)

    def _listen(self) -> socket.socket:
        Path(self._path).unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        try:
            listener.bind(self._path)
            listener.listen(1)
            listener.settimeout(SECONDS)
        except OSError:
            listener.close()
            raise
        return listener

    def _serve(self) -> None:
        try:
            self._begin(_connected(self._expected_at))
            while self._await_break():
                # It must not come to its end, with the last of the memory on its way to nowhere.
                self._limit(_SLOWEST)
                # Not reached while the destination has not let the guest go on.
                with contextlib.suppress(OSError, GuestError):
                    self._mend()
                    self._limit(self._speed)
                time.sleep(_POLL_SECONDS)
        except OSError as error:
            _LOG.info("the way of a guest was not used: %s", error)
            with self._changed:
                self._broken = True
        finally:
            self._listener.close()
            Path(self._path).unlink(missing_ok=True)

    def _await_break(self) -> bool:
        """Wait until the far half broke; tell whether QEMU lives and does not know of that."""
        with self._changed:
            while not self._broken and not self._closed and self._machine.outcome() is None:
                self._changed.wait(_LOOK_SECONDS)
            return self._held and not self._closed and self._machine.outcome() is None

    def _mend(self) -> None:
        """Send what is missing where the destination listens once more, if it does."""
        far = _connected(self._expected_at + AGAIN)
        try:
            self._listener.close()
            self._listener = self._listen()
            with self._changed:
                self._cut_near()
            self._await_paused()
            self._machine.execute("migrate", uri=self.uri, resume=True)
        except GuestTimeoutError:
            far.close()
            raise  # it is only slow: tried again
        except GuestError as error:
            far.close()
            _LOG.warning("a guest is lost: what its destination lacks cannot be sent: %s", error)
            self._machine.kill()
            raise
        except BaseException:
            far.close()
            raise
        self._begin(far)

    def _limit(self, speed: int) -> None:
        with contextlib.suppress(GuestError):
            self._machine.execute("migrate-set-parameters", max_postcopy_bandwidth=speed)

    def _await_paused(self) -> None:
        deadline = time.monotonic() + SECONDS
        while self._status() != "postcopy-paused":
            if time.monotonic() > deadline:
                raise GuestError("QEMU does not see that its connection broke")
            time.sleep(_POLL_SECONDS)

    def _status(self) -> str:
        with contextlib.suppress(GuestTimeoutError):
            return answers.status(self._machine.query_migrate())
        return ""

    def _begin(self, far: socket.socket) -> None:
        """Pass everything on, both ways, in threads of their own."""
        try:
            near, _ = self._listener.accept()
        except OSError:
            far.close()
            raise
        self._listener.close()
        with self._changed:
            self._near, self._far, self._broken = near, far, False
            if self._closed:
                _cut(far)
                self._cut_near()
        threading.Thread(target=self._pass_on, args=(near, far), daemon=True).start()

    def _pass_on(self, near: socket.socket, far: socket.socket) -> None:
        back = threading.Thread(target=self._pass_back, args=(far, near), daemon=True)
        back.start()
        with near, far:
            if _pump(near, far):
                # QEMU hung up; whatever its destination sends still goes back.
                with contextlib.suppress(OSError):
                    far.shutdown(socket.SHUT_WR)
            else:
                _cut(far)
            back.join()
            self._await_cut(near)

    def _pass_back(self, far: socket.socket, near: socket.socket) -> None:
        _pump(far, near)
        with self._changed:
            self._broken = True
            if not self._held:
                self._cut_near()
            self._changed.notify_all()

    def _await_cut(self, near: socket.socket) -> None:
        """Keep QEMU's half open until it may see that the other one broke."""
        with self._changed:
            while self._near is near and self._machine.outcome() is None:
                self._changed.wait(_LOOK_SECONDS)

    def _cut_near(self) -> None:
        _cut(self._near)
        self._near = None
        self._changed.notify_all()


def _connected(path: str) -> socket.socket:
    far = socket.socket(socket.AF_UNIX)
    try:
        far.connect(path)
    except OSError:
        far.close()
        raise
    return far


def _pump(source: socket.socket, sink: socket.socket) -> bool:
    """Pass on what comes, until one of the two ends; tell whether it was the source."""
    block = b""
    try:
        while block := source.recv(_BLOCK):
            sink.sendall(block)
            block = b""
    except OSError:
        return not block
    return True


def _cut(end: socket.socket | None) -> None:
    """End what others do with a socket; they close it."""
    if end is not None:
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
