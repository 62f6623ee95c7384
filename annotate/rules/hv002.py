"""HV002: an annotation that cannot be read, or a comment that is nearly one."""

from __future__ import annotations

from .base import Example, Expected, Rule, example_start, reported

RULE = Rule(
    code="HV002",
    name="malformed-annotation",
    summary="A comment beside an entry looks like an annotation but is not a valid one.",
    why="""\
If a comment was meant as a release but cannot be read as one, the cell stays blank while readers of the source believe
that it is filled. A near miss is therefore an error, reported with the text that was probably meant.""",
    notes="""\
An annotation is one or more spans and a note: `0.9.2`, `0.3.2 - 1.0.0`, `next`, `0.7.0 - 1.0.0, 1.3.0`,
`<= 0.4.0`, `1.2.0; partial: no live resize`, `1.1.0; deprecated 2.0`. The dash needs a space on both sides. Other
comments are prose and are ignored. Two entries on one line cannot share an annotation. If an entry is annotated in
several places (comment, decorator, docstring), they must agree.""",
    valid=(
        Example("a release", example_start("1.0.0")),
        Example("several spans", example_start("1.0.0 - 1.1.0, 1.3.0")),
        Example("a note", example_start("1.0.0; partial: no resume")),
        Example("a deprecation", example_start("1.0.0; deprecated 1.2.0: use begin")),
        Example("another tool's comment behind it", example_start("1.0.0  # noqa: ANN001")),
        Example("prose that mentions a release", example_start("1.0.0  # as the 1.1.0 of the other driver")),
    ),
    invalid=(
        Example("words around the release", example_start("since 1.0.0"), (Expected(5, ""),)),
        Example("a leading v", example_start("v1.0.0"), (Expected(5, ""),)),
        Example("a placeholder", example_start("TBD"), (Expected(5, ""),)),
        Example("a capital letter", example_start("Next"), (Expected(5, ""),)),
        Example("the letter O for a zero", example_start("1.2.O"), (Expected(5, ""),)),
        Example("no spaces around the dash", example_start("1.0.0-1.2.0"), (Expected(5, ""),)),
        Example(
            "words around the release of a deprecation",
            example_start("1.0.0; deprecated since 1.2.0"),
            (Expected(5, ""),),
        ),
        Example("nothing behind the comma", example_start("1.0.0,"), (Expected(5, ""),)),
    ),
    check=reported("HV002"),
)
