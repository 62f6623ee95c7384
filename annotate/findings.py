"""Findings: what is reported, as values; ``report`` formats them."""

from itertools import groupby
from operator import attrgetter

from .model import Place
from .records import NamedTuple

ERROR = "error"
WARNING = "warning"


class Finding(NamedTuple):
    """One reported problem: what a rule makes of a ``Problem`` or of a cell of the catalogue.

    Attributes:
        code: the rule's code, such as ``HV001``; codes never change meaning.
        place: where it is, 1-based, columns in code points.
        message: one sentence, without the place and without the code.
        found: the text in the source, if it can be quoted.
        fixable: whether a command of this tool fixes it.
        severity: ``error`` or ``warning``; only errors change the exit status.
        driver: id of the driver it is about, if it is about one.
        entry: name of the entry point it is about, if it is about one.
        protocol: key of the protocol it is about, if it is about one.
    """

    code: str
    place: Place
    message: str
    found: str | None = None
    expected: str | None = None
    tip: str | None = None
    fixable: bool = False
    severity: str = ERROR
    driver: str | None = None
    entry: str | None = None
    protocol: str | None = None

    @property
    def sort_key(self) -> tuple[str, int, int, str, str, str, str]:
        """Findings are reported in this order: by file, line, column, code."""
        place = self.place
        return (place.path, place.line, place.column, self.code, self.message, self.driver or "", self.entry or "")

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """What identifies a finding in a baseline: code, path, driver and entry, but not the line."""
        return (self.code, self.place.path, self.driver or "", self.entry or "")


#: Sorting finds duplicates more cheaply than hashing every finding.
_KEY = attrgetter("sort_key")


def ordered(findings: list[Finding]) -> list[Finding]:
    """The findings in reporting order, without duplicates."""
    kept: list[Finding] = []
    for _, same in groupby(sorted(findings, key=_KEY), key=_KEY):
        first = len(kept)
        for finding in same:
            if finding not in kept[first:]:
                kept.append(finding)
    return kept


class Verdict(NamedTuple):
    """The result of judging a tree.

    Attributes:
        findings: what is reported, in order.
        excused: what a baseline suppresses, in order.
    """

    findings: tuple[Finding, ...]
    excused: tuple[Finding, ...] = ()

    @property
    def all(self) -> list[Finding]:
        """Reported and excused findings, in order: what a new baseline would list."""
        return ordered([*self.findings, *self.excused])
