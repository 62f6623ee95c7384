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
    summary="A tab stands in the indentation of a line.",
    why="""\
How deep a line is indented then depends on who looks: editors, terminals, diffs and review pages have different tab
stops, and a block that mixes tabs with spaces shows a structure that it does not have. In Python it is an error or,
worse, none.""",
    notes="""\
The fix expands at column 8, as terminals, Python 2 and the renderers of POD do; another width comes from `widths` under
`[tabs]`, from `tabwidth` in `.gitattributes` or `tab_width` in `.editorconfig`, and holds for code only. Comments and
POD count; strings, regexes and here-documents are TAB003. A file whose `.editorconfig` says `indent_style = tab` has no
findings of this rule. `<TAB>` in these examples stands for the character.""",
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
