"""TAB004: a tab that could not be classified."""

from __future__ import annotations

from .base import Example, Expected, Rule, elsewhere

_HTML = "<ul>\n{}<li>one</li>\n</ul>\n"

RULE = Rule(
    code="TAB004",
    name="unjudged-tab",
    summary="A tab could not be classified, because there is no grammar for it or the file could not be read.",
    why="""\
If unknown files were skipped, tabs would spread there unnoticed. They are reported but not changed, because without a
grammar white space cannot be told from data.""",
    notes="""\
There are grammars for Perl, Python, shell and C. The code also covers parts of a file that the grammar cannot parse,
files that could not be opened, and files that would parse differently after a fix. Files that need tabs (Makefiles,
`*.go`, `*.tsv`, patches) are exempt; add others with `exempt` under `[tabs]`. `<TAB>` in these examples stands for the
character.""",
    command="tabs",
    valid=(Example("spaces", "SIZE = 1\n", files={"page.html": _HTML.format("  ")}),),
    invalid=(
        Example(
            "in HTML",
            "SIZE = 1\n",
            (Expected(2, "a tab in the indentation, in HTML (no grammar)", "page.html"),),
            files={"page.html": _HTML.format("\t")},
        ),
        Example(
            "in a file of unknown language",
            "SIZE = 1\n",
            (Expected(1, "a tab between words, in a file of unknown language", "notes"),),
            files={"notes": "one\ttwo\n"},
        ),
    ),
    check=elsewhere,
)
