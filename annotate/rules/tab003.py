"""TAB003: a tab that may be data."""

from __future__ import annotations

from .base import Example, Expected, Rule, elsewhere

RULE = Rule(
    code="TAB003",
    name="tab-in-text",
    summary="There is a tab in a string, a regex, a here-document, a data section, or elsewhere where it may be data.",
    why="""\
A reader cannot tell whether the program needs the tab or an editor inserted it. The next editor that expands tabs
breaks the program: a table split at tabs, a generated Makefile, the end of `<<-EOF`.""",
    notes="""\
There is no fix, since the tab may be intended; the tip says what to write instead, usually `\\t`. If the character
itself must stay, say so on its line: `# hvsupport: ignore[TAB003] reason`. List files of such data under `exempt` in
`[tabs]`. `<TAB>` in these examples stands for the character.""",
    command="tabs",
    valid=(Example("written as an escape", 'COLUMNS = "name\\tsize"\n'),),
    invalid=(
        Example("in a string", 'COLUMNS = "name\tsize"\n', (Expected(1, "a tab in a string"),)),
        Example("in a docstring", '"""A module:\n\n\tindented.\n"""\n', (Expected(3, "a tab in a string"),)),
    ),
    check=elsewhere,
)
