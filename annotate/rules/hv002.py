"""HV002: an annotation that cannot be read, or a comment that nearly is one."""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding
from .base import Context, Example, Expected, Rule, problem_findings

_HEAD = """\
from api import Driver


class MemoryDriver(Driver):
"""


def check(context: Context) -> Iterator[Finding]:
    """The readers find these; nothing is left to do."""
    return problem_findings(context, "HV002")


def _start(comment: str) -> str:
    return f"{_HEAD}    def start(self, guest):  # {comment}\n        guest.running = True\n"


RULE = Rule(
    code="HV002",
    name="malformed-annotation",
    summary="A comment beside an entry is no annotation, but begins like one or nearly is one.",
    why="""\
A comment that was meant as a release and is not read as one is the quietest way to a wrong page: the cell stays
blank, and everybody who reads the source believes that it is filled. So what nearly is an annotation is an error,
with the text it probably should have.""",
    notes="""\
An annotation is one or more spans and a note: `0.9.2`, `0.3.2 - 1.0.0`, `next`, `0.7.0 - 1.0.0, 1.3.0`,
`<= 0.4.0`, `1.2.0; partial: no live resize`. The dash needs a space on both sides. Other comments are ordinary prose
and are left alone. Two entries on one line cannot share an annotation. Two carriers beside one entry (comment,
decorator, docstring) must agree.""",
    valid=(
        Example("a release", _start("1.0.0")),
        Example("several spans", _start("1.0.0 - 1.1.0, 1.3.0")),
        Example("a note", _start("1.0.0; partial: no resume")),
        Example("another tool's comment behind it", _start("1.0.0  # noqa: ANN001")),
        Example("prose that mentions a release", _start("1.0.0  # as the 1.1.0 of the other driver")),
    ),
    invalid=(
        Example("words around the release", _start("since 1.0.0"), (Expected(5, ""),)),
        Example("a leading v", _start("v1.0.0"), (Expected(5, ""),)),
        Example("a placeholder", _start("TBD"), (Expected(5, ""),)),
        Example("a capital letter", _start("Next"), (Expected(5, ""),)),
        Example("the letter O for a zero", _start("1.2.O"), (Expected(5, ""),)),
        Example("no spaces around the dash", _start("1.0.0-1.2.0"), (Expected(5, ""),)),
        Example("nothing behind the comma", _start("1.0.0,"), (Expected(5, ""),)),
    ),
    check=check,
)
