"""Standard error, whatever characters a text holds."""

from __future__ import annotations

import contextlib
import re
import sys

import click


def say(text: str) -> None:
    """Write a line on standard error; characters that could forge or hide one are escaped.

    A standard error that cannot be written is ignored: nothing can be said about it, and the exit status counts.
    """
    stream = sys.stderr
    encoding = getattr(stream, "encoding", None) or "utf-8"
    with contextlib.suppress(OSError):
        click.echo(harmless(text).encode(encoding, "backslashreplace").decode(encoding), err=True)


def harmless(text: str) -> str:
    """A text with every control and invisible character escaped, except tabs and line feeds."""
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    from ..report.visible import visible

    return "".join(part if part in "\t\n" else visible(part) for part in re.split("([\t\n])", text))
