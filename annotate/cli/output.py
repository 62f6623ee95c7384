"""The result of a command: to a file, atomically, or to standard output."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from .. import atomic
from ..errors import UsageError, WriteError
from .streams import harmless


def write_output(content: str | bytes, output: Path | None) -> None:
    """Write the result to ``--output``, atomically, or to standard output.

    Characters that the terminal cannot show are escaped rather than raised. So are, in bytes, which may come from the
    tree as they are, those that a terminal obeys; a text may hold colours and must be harmless already.

    Raises:
        WriteError: it could not be written.
    """
    if output is not None:
        atomic.write(output, _encoded(content, "utf-8"))
        return
    if getattr(sys.stdout, "name", None) == os.devnull:
        raise WriteError("no standard output; use --output FILE")
    encoding = (sys.stdout.encoding or "utf-8") if sys.stdout.isatty() else "utf-8"
    if isinstance(content, bytes) and sys.stdout.isatty():
        content = harmless(content.decode("utf-8", "backslashreplace"))
    sys.stdout.flush()
    stream = sys.stdout.buffer
    try:
        stream.write(_encoded(content, encoding))
        stream.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise WriteError(f"cannot write to standard output: {error.strerror or error}") from error


def _encoded(content: str | bytes, encoding: str) -> bytes:
    return content if isinstance(content, bytes) else content.encode(encoding, "backslashreplace")


def refuse_input(output: Path | None, root: Path, paths: Iterable[str | Path | None]) -> None:
    """Do not let a result replace what it is made from.

    Raises:
        UsageError: the output is one of them.
    """
    if output is None or not output.is_file():
        return
    status, target = output.stat(), os.path.realpath(output)
    for path in paths:
        # Links are followed only for the few that may be it: a tree has thousands of files.
        full = os.path.join(root, path) if path is not None else ""
        if _is_same(full, status) and os.path.realpath(full) == target:
            raise UsageError(f"{output} is an input of this command and was not overwritten; choose another file")


def _is_same(path: str, status: os.stat_result) -> bool:
    """Whether a path leads to a file of this status; it may be gone by now."""
    try:
        return os.path.samestat(os.stat(path), status)
    except (OSError, ValueError):
        return False
