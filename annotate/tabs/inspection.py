"""One file -> its findings, and its bytes with fixable tabs expanded."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..bounded import TooSlowError
from ..findings import Finding
from ..model import Ignore, Place
from ..patterns import regex
from . import fix, grammars
from .classify import BETWEEN, INDENTATION, TRAILING, Run, by_bytes, classify, comments_of
from .find import MARK, Holding
from .languages import MAKE, SHELL, language_of
from .settings import Settings, Wishes
from .text import Text

_CODES = {INDENTATION: "TAB001", BETWEEN: "TAB002", TRAILING: "TAB002"}
_LITERAL, _UNJUDGED = "TAB003", "TAB004"
_WHERE = {INDENTATION: "in the indentation", BETWEEN: "between words", TRAILING: "at the end of the line"}
_IGNORE = regex(
    rb"(?<!`)(?:#|//|/\*|<!--|--|;|%)[ \t]*(hvsupport:[ \t]*ignore(-from)?\[([^\]\r\n]*)\][ \t:]*([^\r\n]*))"
)
_IGNORE_END = regex(rb"(?:#|//|/\*|<!--|--|;|%)[ \t]*hvsupport:[ \t]*ignore-end\b")
#: The end of a comment is not part of the reason.
_CLOSING = regex(r"\s*(?:\*/|-->|\*\)|%\})?\s*$")
_AROUND = 1000
_BY_HAND = "write the spaces by hand, or list the file under 'exempt' in [tabs]"
NO_FIX = "not fixed: the fix would change {what}"


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found in a file.

    Attributes:
        findings: one for each run of tabs, in order.
        runs: the runs, in the same order; None for a finding about the file.
        ignores: its ignore comments with a code of the tab rule.
        exempt: why it was not checked, or empty.
        signature: what a fix must not change; empty unless it is to be fixed.
    """

    path: str
    data: bytes
    findings: tuple[Finding, ...] = ()
    runs: tuple[Run | None, ...] = ()
    ignores: tuple[Ignore, ...] = ()
    language: str | None = None
    width: int = fix.STANDARD
    exempt: str = ""
    signature: fix.Signature = ()


def inspect(holding: Holding, wishes: Wishes, attributes: Mapping[str, str], *, to_fix: bool = False) -> Inspection:
    """Check one file."""
    path = holding.path
    if wishes.is_exempt(path):
        return Inspection(path, holding.data, exempt="by name")
    settings = wishes.settings(path, attributes)
    if settings.exempt:
        return Inspection(path, holding.data, exempt=settings.exempt)
    if holding.problem is not None:
        return Inspection(path, holding.data, (_unread(holding),), (None,))
    text = Text(holding.data)
    language = wishes.language(path) or language_of(path, text.body)
    if language == MAKE:
        return Inspection(path, holding.data, exempt="make")
    found = _inspected(path, holding.data, text, language, settings)
    if not to_fix or found.language is None or not any(finding.fixable for finding in found.findings):
        return found
    return replace(found, signature=fix.signature(text, found.language))


def _inspected(path: str, data: bytes, text: Text, language: str | None, settings: Settings) -> Inspection:
    why_not = _why_not(text, language)
    judged = language if why_not is None else None
    try:
        runs = classify(text, str(judged)) if why_not is None else by_bytes(text, why_not)
    except TooSlowError:
        judged = None
        runs = by_bytes(text, f"the grammar takes too long for this file; {_BY_HAND}")
    if settings.indents:
        runs = [run for run in runs if run.where != INDENTATION]
    elif settings.documents and judged == SHELL:
        runs = [run for run in runs if not run.stripped]
    findings = tuple(_finding(path, text, run, language, settings.width) for run in runs)
    return Inspection(path, data, findings, tuple(runs), _ignores(path, text, judged), judged, settings.width)


def _unread(holding: Holding) -> Finding:
    problem = holding.problem or ""
    large = problem.startswith("the file is larger")
    return Finding(
        code=_UNJUDGED,
        place=Place(holding.path),
        message=f"{problem}; it has a tab at byte {holding.offset}" if large else problem,
        tip="if it is not source code, list it under 'exempt' in [tabs]" if large else "it was not checked for tabs",
    )


def _why_not(text: Text, language: str | None) -> str | None:
    """Why a file cannot be parsed, and what to do about it; None if it can."""
    if not text.faithful:
        return "the file has a null byte or an invalid character and cannot be read as text"
    if language is None or not grammars.has(language):
        return "write spaces, or \\t where the text is data; or list the file under 'exempt' in [tabs]"
    if len(text.body) > (largest := grammars.largest(language)):
        return f"the file is larger than {largest // 1_000_000} MB; {_BY_HAND}"
    if grammars.too_long(language, text.longest):
        return "a line of the file is too long for the grammar; break it, or write the spaces by hand"
    return None


def _finding(path: str, text: Text, run: Run, language: str | None, width: int) -> Finding:
    count = run.end - run.start
    what = "a tab" if count == 1 else f"{count} tabs"
    inside = f" in {run.inside}" if run.inside else ""
    code = _LITERAL if run.literal else _CODES[run.where] if run.judged else _UNJUDGED
    where = "" if run.literal else f" {_WHERE[run.where]}"
    return Finding(
        code=code,
        place=Place(path, *text.position(run.start)),
        message=f"{what}{where}{inside}{_unjudged(run, language)}",
        expected=_expected(text, run, language, width) if run.fixable else None,
        tip=run.tip,
        fixable=run.fixable,
    )


def _unjudged(run: Run, language: str | None) -> str:
    if run.judged:
        return ""
    if language is None:
        return ", in a file of unknown language"
    return f", in {language} that could not be parsed" if grammars.has(language) else f", in {language} (no grammar)"


def _expected(text: Text, run: Run, language: str | None, width: int) -> str:
    if run.where == TRAILING and not run.verbatim:
        return "nothing"
    stops = fix.stops(run, str(language), width)
    number = fix.spaces(text, run, stops)
    return f"{number} space{'' if number == 1 else 's'}"


def lines(inspection: Inspection) -> list[str]:
    """The source line of each finding, to recognise a finding that moved."""
    text = Text(inspection.data)
    return ["" if run is None else _line(text, run) for run in inspection.runs]


def _line(text: Text, run: Run) -> str:
    """The line of a run, or its surroundings on a very long line."""
    start, end = text.line_start(run.start), text.line_end(run.start)
    return text.decoded(text.body[max(start, run.start - _AROUND) : min(end, run.end + _AROUND)])


def _ignores(path: str, text: Text, language: str | None) -> tuple[Ignore, ...]:
    """Ignore comments of the tab rule; ``check`` handles those of other rules."""
    if MARK not in text.body:
        return ()
    found = []
    comments = None if language is None else comments_of(text, language)
    ends = [each.start() for each in _IGNORE_END.finditer(text.body)]
    ends = ends if comments is None else [at for at in ends if comments.hold(at)]
    for each in _IGNORE.finditer(text.body):
        codes = tuple(code.strip() for code in text.decoded(each[3]).split(","))
        mine = tuple(code for code in codes if code.startswith("TAB"))
        if mine and (comments is None or comments.hold(each.start())):
            reason = _CLOSING.sub("", text.decoded(each[4]))
            last = _end_of_block(text, each.end(), ends) if each[2] else 0
            found.append(Ignore(Place(path, *text.position(each.start())), mine, reason, last))
    return tuple(found)


def _end_of_block(text: Text, start: int, ends: Sequence[int]) -> int:
    """The line of the comment that ends a block, or the last line of the file."""
    index = bisect_left(ends, start)
    return text.position(ends[index] if index < len(ends) else len(text.body))[0]


def fixed(inspection: Inspection, wanted: Iterable[Finding]) -> tuple[bytes, Finding | None]:
    """Expand the tabs of some findings of a file.

    Args:
        wanted: findings of the inspection, compared by identity.

    Returns:
        The new bytes and None; or the old bytes, with a finding if the fix was refused.
    """
    chosen = {id(finding) for finding in wanted if finding.fixable}
    pairs = zip(inspection.findings, inspection.runs, strict=True)
    runs = [run for finding, run in pairs if run is not None and run.fixable and id(finding) in chosen]
    language = inspection.language
    if not runs or language is None:
        return inspection.data, None
    before = Text(inspection.data)
    data = before.written(fix.expanded(before, language, runs, inspection.width))
    try:
        what = fix.difference(inspection.signature, fix.signature(Text(data), language))
    except TooSlowError:
        what = "how long the grammar takes"
    if what is None:
        return data, None
    first = next(finding for finding in inspection.findings if id(finding) in chosen)
    return inspection.data, refused(first, NO_FIX.format(what=what))


def refused(first: Finding, message: str) -> Finding:
    """The finding that tells why a file was not fixed."""
    tip = "write the spaces by hand, and report this file as a bug"
    return first._replace(code=_UNJUDGED, message=message, expected=None, tip=tip, fixable=False)
