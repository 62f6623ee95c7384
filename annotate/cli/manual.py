"""docs/hvsupport.1: the manual page, made from the same text as the help."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import cleandoc

import click

from .. import __version__
from . import COMMANDS, group

_STATUS = {
    "0": "There is nothing to report.",
    "1": "There are findings; or, for commands that edit sources, files were changed.",
    "2": "The command could not run.",
    "130": "It was interrupted.",
}


def page() -> str:
    """The manual page, in the macros of man(7)."""
    context = click.Context(group, info_name="hvsupport", **group.context_settings)
    commands = [(name, group.get_command(context, name)) for name in COMMANDS]
    lines = [
        f'.TH HVSUPPORT 1 "" "hvsupport {__version__}"',
        ".SH NAME",
        rf"hvsupport \- {_text(group.help or '')}",
        ".SH SYNOPSIS",
        r".B hvsupport",
        r".RI [ OPTIONS ] \ COMMAND",
        ".SH DESCRIPTION",
        *_paragraphs(group.help or ""),
        ".SH COMMANDS",
    ]
    for name, command in commands:
        if command is not None:
            lines += _command(command, click.Context(command, info_name=name, parent=context))
    lines.append(".SH EXIT STATUS")
    for status, text in _STATUS.items():
        lines += [".TP", f".B {status}", _text(text)]
    return "\n".join(lines) + "\n"


def options(command: click.Command) -> Iterator[tuple[list[str], str]]:
    """The names of each option, with its value, and what it means.

    They are built from the parameters: the layout of click's own help changes between versions.
    """
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            value = "" if parameter.is_flag or parameter.count else f" {_value(parameter)}"
            default = f" Default: `{parameter.default}`." if parameter.show_default else ""
            yield [f"{name}{value}" for name in parameter.opts], f"{(parameter.help or '').rstrip('.')}.{default}"


def _value(option: click.Option) -> str:
    if isinstance(option.type, click.Choice):
        return "|".join(option.type.choices)
    return option.metavar or {"path": "PATH", "directory": "FOLDER", "file": "FILE"}.get(option.type.name, "TEXT")


def _command(command: click.Command, context: click.Context) -> Iterator[str]:
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    yield f".SS {_text(usage)}"
    yield from _paragraphs(cleandoc(command.help or ""))
    for names, text in options(command):
        yield from (".TP", f".B {', '.join(map(_text, names))}", _text(text))
    _, *examples = (command.epilog or "").split("\n")
    if examples:
        yield from (".PP", _text(examples[0]), ".PP", ".nf", *map(_text, examples[1:]), ".fi")


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in text.split("\n\n"):
        yield from (".PP", _text(" ".join(paragraph.split())))


def _text(text: str) -> str:
    """Text that roff prints as it is: no escapes, no requests, and hyphens that can be copied to a shell."""
    escaped = text.replace("`", "").replace("\\", r"\e").replace("-", r"\-").replace("'", r"\(aq")
    return rf"\&{escaped}" if escaped.startswith(".") else escaped
