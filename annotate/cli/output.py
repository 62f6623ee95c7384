"""The result of a command: to a file, atomically, or to standard output."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from .. import atomic
from ..errors import WriteError


def write_output(content: str | bytes, output: Path | None) -> None:
    """Write the result to ``--output``, atomically, or to standard output.

    Characters that the terminal cannot show are escaped rather than raised.

    Raises:
        WriteError: it could not be written.
    """
    if output is not None:
        atomic.write(output, _encoded(content, "utf-8"))
        return
    if getattr(sys.stdout, "name", None) == os.devnull:
        raise WriteError("no standard output; use --output FILE")
    encoding = (sys.stdout.encoding or "utf-8") if sys.stdout.isatty() else "utf-8"
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
