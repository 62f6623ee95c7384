"""TAB001: a tab in the indentation of a line."""

from __future__ import annotations

from .base import Example, Expected, Rule, elsewhere

_SPACES = """\
def start(guest):
    guest.running = True
"""

RULE = Rule(
    code="TAB001",
    name="tab-in-indentation",
    summary="A line is indented with a tab.",
    why="""\
Editors, terminals, diffs and review pages have different tab stops, so the indentation looks different in each, and a
block that mixes tabs with spaces can show a structure that it does not have. Python may reject such a block or, worse,
accept it.""",
    notes="""\
The fix expands to tab stops of 8 columns, as terminals, Python 2 and POD renderers do. Another width, for code only,
comes from `widths` under `[tabs]`, `tabwidth` in `.gitattributes` or `tab_width` in `.editorconfig`. Comments and POD
are included; strings, regexes and here-documents are TAB003. Files with `indent_style = tab` in `.editorconfig` are not
reported. `<TAB>` in these examples stands for the character.""",
    fix="tabs --fix",
    command="tabs",
    valid=(Example("spaces", _SPACES),),
    invalid=(
        Example("a tab", _SPACES.replace("    ", "\t"), (Expected(2, "a tab in the indentation"),)),
        Example(
            "a tab behind spaces",
            _SPACES.replace("    ", "    \t"),
            (Expected(2, "a tab in the indentation"),),
        ),
        Example(
            "two tabs before a comment",
            "\t\t# up to here\n" + _SPACES,
            (Expected(1, "2 tabs in the indentation"),),
        ),
    ),
    check=elsewhere,
)
