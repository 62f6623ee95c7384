"""A host as a process of its own: `python -m hypervisor.hostd URI --listen SOCKET`.

Serves a connection to a driver until SIGTERM or SIGINT, then ends its guests. Others reach it
as `remote:///SOCKET`.
"""

from __future__ import annotations

import argparse
import logging
import math
import signal
import subprocess
import sys
from pathlib import Path

from . import api
from .errors import HypervisorError, InvalidUriError
from .migration.host import FINISH_SECONDS
from .migration.recovery import Fence, no_fence
from .remote import former, peers
from .remote.client import RemotePeer, Timeouts
from .remote.server import Limits, Server
from .remote.service import Service

_LOG = logging.getLogger(__name__)
#: How long a fence may take to say that a host is dead.
FENCE_SECONDS = 60.0


def main(arguments: list[str] | None = None) -> int:
    """Serve a host; return the exit status."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(format="%(levelname)s: %(message)s", level=options.log)
    try:
        run(options)
    except HypervisorError as error:
        sys.stderr.write(f"hostd: {error}\n")
        return 1
    return 0


def run(options: argparse.Namespace) -> None:
    """Serve until a signal comes; raises HypervisorError when the host cannot be served."""
    if peers.is_remote(options.uri):
        raise InvalidUriError(f"{options.uri!r}: that host is served already")
    state = None if options.state is None else _directory(options.state)
    timeouts = Timeouts(call=options.timeout)
    itself = options.own_address
    host = str(Path(options.state or options.listen).resolve())
    former.mark(host)
    connection = api.connect_open(options.uri)
    try:
        service = Service(
            connection,
            state,
            fence=_fence(options.fence),
            itself=RemotePeer(peers.socket_path(itself), timeouts) if itself else None,
            timeouts=timeouts,
            finish_seconds=options.finish_timeout,
        )
        server = Server(service, options.listen, Limits(connections=options.connections))
        # State and socket are this host's alone by now, and no call is answered before `serve`.
        for pid in former.end(host):
            _LOG.warning("ended process %d, a guest of a former life", pid)
        service.begin()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: server.close())
        listen = str(Path(options.listen).resolve())
        sys.stderr.write(f"serving {options.uri} at {peers.uri_of(listen)}\n")
        server.serve()
        service.close()
    finally:
        api.connect_close(connection)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m hypervisor.hostd", description="Serve a host on a Unix socket."
    )
    parser.add_argument("uri", metavar="URI", help="the driver, as connect_open takes it")
    parser.add_argument("--listen", metavar="SOCKET", required=True, help="where to listen")
    parser.add_argument("--state", metavar="DIR", help="directory of what survives a restart")
    parser.add_argument(
        "--fence",
        metavar="PROGRAM",
        help="run with a host's identity; exit status 0: that host is certainly dead",
    )
    parser.add_argument(
        "--own-address",
        metavar="URI",
        help="how the host reaches itself when it drives a migration (default: directly)",
    )
    parser.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=_seconds,
        default=60.0,
        help="for the calls that it makes (default: 60)",
    )
    parser.add_argument(
        "--finish-timeout",
        metavar="SECONDS",
        type=_seconds,
        default=FINISH_SECONDS,
        help=f"how long Finish waits for a guest that was sent (default: {FINISH_SECONDS:g})",
    )
    parser.add_argument(
        "--connections",
        metavar="N",
        type=_count,
        default=32,
        help="most connections served at a time (default: 32)",
    )
    levels = ("ERROR", "WARNING", "INFO")
    parser.add_argument(
        "--log",
        choices=levels,
        default="WARNING",
        help="least severe messages that are logged (default: WARNING)",
    )
    return parser


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a finite time greater than 0")
    return seconds


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: expected at least 1")
    return count


def _directory(path: str) -> Path:
    directory = Path(path)
    try:
        directory.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise InvalidUriError(f"cannot keep state in {path!r}: {error.strerror}") from error
    return directory


def _fence(program: str | None) -> Fence:
    """Make a fence of a program; one that fails, or takes too long, has not said "dead"."""
    if program is None:
        return no_fence

    def fence(identity: str) -> bool:
        try:
            done = subprocess.run(
                [program, identity], timeout=FENCE_SECONDS, check=False, env=former.unmarked()
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            _LOG.warning("the fence failed: %s", error)
            return False
        return done.returncode == 0

    return fence


if __name__ == "__main__":
    sys.exit(main())
