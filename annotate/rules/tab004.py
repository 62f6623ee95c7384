"""TAB004: a tab of which nothing here can say what it is."""

from __future__ import annotations

from .base import Example, Expected, Rule, elsewhere

_HTML = "<ul>\n{}<li>one</li>\n</ul>\n"

RULE = Rule(
    code="TAB004",
    name="unjudged-tab",
    summary="A tab stands where no grammar says what it is; or a file could not be read, so that nobody knows.",
    why="""\
A checker that passes over what it does not know lets tabs grow there. This one reports them, and leaves the text alone:
without a grammar nobody can tell white space from data.""",
    notes="""\
There are grammars for Perl, Python, shell and C. Reported under this code too are a tab in a part of a file that its
grammar cannot read, a file that could not be opened, and one that would read differently after a fix. Files in which
tabs belong (Makefiles, `*.go`, `*.tsv`, patches) are exempt; `exempt` under `[tabs]` adds to them. `<TAB>` in these
examples stands for the character.""",
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
            "in a file of no known language",
            "SIZE = 1\n",
            (Expected(1, "a tab between words, in a file of no known language", "notes"),),
            files={"notes": "one\ttwo\n"},
        ),
    ),
    check=elsewhere,
)
