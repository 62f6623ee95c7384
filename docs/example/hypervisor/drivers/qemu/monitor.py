"""A conversation with one QEMU over its monitor protocol (QMP), for blocking code.

The library `qemu.qmp` is written for asyncio. A `MonitorLoop` is its event loop in a thread of its
own, one for all guests of a connection; a `Monitor` hands commands to it and waits for each answer
no longer than told. Both are safe to use from several threads, so that one thread can cancel what
another waits for.

A command whose answer did not come in time may still take effect later: QEMU has no way to take it
back.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import logging
import socket
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from qemu.qmp import ExecuteError, QMPClient, QMPError

from ...errors import GuestError, GuestTimeoutError

CLOSE_SECONDS = 5.0
# The loop keeps the deadline; the waiting thread gives it this much more to say so.
_GRACE_SECONDS = 2.0
# What QEMU does even when its guest, which waits for memory, keeps all else waiting (out of band).
_URGENT = frozenset({"migrate-recover"})

_T = TypeVar("_T")

# Failures are raised as errors here; the library's log is off unless a program configures it.
logging.getLogger("qemu.qmp").addHandler(logging.NullHandler())


class MonitorLostError(GuestError):
    """QEMU hung up, which it does when it ends."""


class MonitorLoop:
    """An event loop in a thread of its own, until `close`."""

    def __init__(self) -> None:
        """Start the thread."""
        self._loop = asyncio.new_event_loop()
        # A daemon, for a program may end without closing its connections.
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, _T], seconds: float) -> _T:
        """Run a coroutine to its end; raise TimeoutError when that takes longer than `seconds`."""
        future = asyncio.run_coroutine_threadsafe(asyncio.wait_for(work, seconds), self._loop)
        try:
            return future.result(seconds + _GRACE_SECONDS)
        except (TimeoutError, asyncio.TimeoutError, concurrent.futures.TimeoutError) as error:
            # Three classes up to Python 3.10, one from 3.11 on.
            raise TimeoutError from error
        finally:
            future.cancel()

    def call(self, function: Callable[[], _T]) -> _T:
        """Call a function in the loop's thread, which outlives the calling thread."""
        result: concurrent.futures.Future[_T] = concurrent.futures.Future()

        def work() -> None:
            try:
                result.set_result(function())
            except BaseException as error:
                result.set_exception(error)

        self._loop.call_soon_threadsafe(work)
        return result.result()

    def close(self) -> None:
        """End the thread; closing again does nothing."""
        if self._loop.is_closed():
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CLOSE_SECONDS)
        if not self._thread.is_alive():
            self._loop.close()


class Monitor:
    """The monitor of one QEMU, from `connect` to `close`."""

    def __init__(self, loop: MonitorLoop, client: QMPClient) -> None:
        """Take over a client that is connected; see `connect`."""
        self._loop = loop
        self._client = client

    @classmethod
    def connect(cls, loop: MonitorLoop, end: socket.socket, seconds: float) -> Monitor:
        """Greet the QEMU at the other end of a socket, which belongs to the monitor from then on.

        Raises GuestTimeoutError when it does not answer, MonitorLostError when it hangs up.
        """
        client = QMPClient()
        try:
            loop.run(client.connect(end), seconds)
        except TimeoutError as error:
            end.close()
            raise GuestTimeoutError(f"QEMU did not answer within {seconds:g} s") from error
        except (QMPError, EOFError, OSError) as error:
            end.close()
            raise MonitorLostError(f"QEMU did not answer: {error}") from error
        return cls(loop, client)

    def execute(self, command: str, seconds: float, **arguments: object) -> object:
        """Run a QMP command (`_` for `-` in names of arguments) and give what it returns.

        Raises GuestError when QEMU refuses, GuestTimeoutError when it does not answer in time,
        MonitorLostError when it hangs up.
        """
        named = {name.replace("_", "-"): value for name, value in arguments.items()}
        try:
            return self._loop.run(self._execute(command, named), seconds)
        except TimeoutError as error:
            raise GuestTimeoutError(
                f"QEMU did not answer {command} within {seconds:g} s"
            ) from error
        except ExecuteError as error:
            raise GuestError(f"QEMU refused {command}: {error}") from error
        except (QMPError, EOFError, OSError) as error:
            raise MonitorLostError(f"QEMU hung up at {command}: {error}") from error

    def close(self) -> None:
        """Hang up; the QEMU must have ended, else its unread commands are waited for."""
        # The library raises here, once more, whatever ended the session: that is known.
        with contextlib.suppress(TimeoutError, QMPError, EOFError, OSError):
            self._loop.run(self._client.disconnect(), CLOSE_SECONDS)

    async def _execute(self, command: str, arguments: dict[str, object]) -> object:
        try:
            return await self._client.execute(command, arguments, oob=command in _URGENT)
        finally:
            # Events are not used here, and unread they would pile up.
            self._client.events.clear()
