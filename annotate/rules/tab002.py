"""TAB002: a tab between words, or at the end of a line."""

from __future__ import annotations

from .base import Example, Expected, Rule, elsewhere

RULE = Rule(
    code="TAB002",
    name="tab-between-words",
    summary="There is a tab between two words, in a comment, or at the end of a line.",
    why="""\
Text aligned with tabs is aligned at one tab width only, and checks of indentation do not find it. A tab at the end of a
line is invisible until it shows up in a diff.""",
    notes="""\
Between words the fix writes spaces up to the same column; at the end of a line it removes the white space. After a
backslash it does neither, because there the tab is part of the text. In verbatim paragraphs of POD, a tab at the end of
a line becomes spaces, since the rendered page shows it. `<TAB>` in these examples stands for the character.""",
    fix="tabs --fix",
    command="tabs",
    valid=(Example("spaces", "SIZE = 1\nLENGTH = 2  # in bytes\n"),),
    invalid=(
        Example(
            "alignment",
            "SIZE\t= 1\nLENGTH\t= 2\t# in bytes\n",
            (
                Expected(1, "a tab between words"),
                Expected(2, "a tab between words"),
                Expected(2, "a tab between words"),
            ),
        ),
        Example("at the end", "SIZE = 1\t\n", (Expected(1, "a tab at the end of the line"),)),
        Example("in a comment", "SIZE = 1  # in\tbytes\n", (Expected(1, "a tab between words in a comment"),)),
    ),
    check=elsewhere,
)
