"""Pages of docs/ that are made from code: cli, hvsupport.1, rules, configuration and views.

``python -m hvsupport.annotate.cli.reference [DOCS]`` writes them; a test checks that they are current.
"""

from __future__ import annotations

import sys
from inspect import cleandoc
from pathlib import Path

import click

from hvsupport.gen import views

from ..config.load import presets
from ..rules import CODES, load
from ..rules.essay import markdown
from . import COMMANDS, configuration, group, manual

UPDATE = "python -m hvsupport.annotate.cli.reference"
_STATUS = """\
Exit status: 0 if there is nothing to report, 1 if there are findings (or, for commands that edit sources, if files were
changed), 2 if the command could not run, 130 if it was interrupted."""


#: click creates the help option per context; its names are in the settings of the group.
_HELP_NAMES = ", ".join(f"`{name}`" for name in group.context_settings["help_option_names"])
_HELP = f"| {_HELP_NAMES} | Show this message and exit. |"


def pages() -> dict[str, str]:
    """File name below docs/ -> text."""
    return {
        "cli.md": cli_page(),
        "hvsupport.1": manual.page(),
        "rules.md": rules_page(),
        "configuration.md": configuration.render(presets()),
        "views.md": views.markdown(),
    }


def cli_page() -> str:
    """All commands with their options."""
    context = click.Context(group, info_name="hvsupport", **group.context_settings)
    sections = [f"# Command line\n\n{group.help}\n\n{_STATUS}\n\n{_options(group)}"]
    for name in COMMANDS:
        command = group.get_command(context, name)
        if command is not None:
            sections.append(_command(command, click.Context(command, info_name=name, parent=context)))
    return "\n\n".join(sections) + "\n"


def _command(command: click.Command, context: click.Context) -> str:
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    head = f"## hvsupport {command.name}\n\n```\n{usage}\n```"
    lines = (command.epilog or "").split("\n")[2:]
    shown = ["```", *(line.removeprefix("  ") for line in lines), "```"]
    return "\n\n".join([head, cleandoc(command.help or ""), _options(command), "\n".join(shown)])


def _options(command: click.Command) -> str:
    rows = [f"| {', '.join(map(_code, names))} | {text} |" for names, text in manual.options(command)]
    return "\n".join(["| option | meaning |", "|---|---|", *rows, _HELP])


def _code(text: str) -> str:
    return f"`{text}`".replace("|", r"\|")


def rules_page() -> str:
    """A table of the rules, then the documentation of each."""
    rules = [load(code) for code in CODES]
    head = (
        "# Rules\n\nCodes never change meaning. `hvsupport explain CODE` prints the same text. "
        "Every example on this page is a test of its rule.\n\n| code | name | finds |\n|---|---|---|\n"
    )
    table = "\n".join(
        f"| [{rule.code}](#{rule.code.lower()}-{rule.name}) | {rule.name} | {rule.summary} |" for rule in rules
    )
    return "\n\n".join([head + table, *(markdown(rule).rstrip() for rule in rules)]) + "\n"


def main(folder: Path) -> None:
    """Write the pages to a folder."""
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))
