"""Standard error, whatever characters a text holds."""

from __future__ import annotations

import sys

import click


def say(text: str) -> None:
    """Write a line on standard error, whatever characters it holds."""
    stream = sys.stderr
    encoding = getattr(stream, "encoding", None) or "utf-8"
    click.echo(text.encode(encoding, "backslashreplace").decode(encoding), err=True)
