"""Exceptions: ignore comments in the source, and a baseline of known findings.

A baseline identifies a finding by code, path, driver and entry, with a count, so that moving code changes nothing.
Unused exceptions are returned too, for HV040.
"""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from heapq import merge
from pathlib import Path
from typing import Any

from .config.load import shown
from .config.value import Config
from .errors import BaselineError, ReadError
from .files import regular
from .findings import Finding
from .model import Ignore, Place
from .records import NamedTuple

Identity = tuple[str, str, str, str]
VERSION = 1
#: Findings about exceptions cannot be suppressed.
EXCEPTIONS = "HV040"
_KEYS = ("code", "path", "driver", "entry")


class Known(NamedTuple):
    """One line of a baseline: a finding's identity, its count, and the place of the line."""

    identity: Identity
    times: int
    place: Place

    @property
    def path(self) -> str:
        """The file that the finding is in, relative to the root."""
        return self.identity[1]


def apply_ignores(
    findings: Iterable[Finding], ignores: Iterable[Ignore], codes: Collection[str]
) -> tuple[list[Finding], list[tuple[Ignore, str]]]:
    """Remove findings that ignore comments suppress.

    Args:
        ignores: all ignore comments; those without a reason have no effect.
        codes: the rules that ran; ignores of other rules are left out.

    Returns:
        The remaining findings, and the unused comments, each with the code.
    """
    active = {
        (ignore.place.path, ignore.place.line, code): ignore
        for ignore in ignores
        if ignore.reason
        for code in ignore.codes
        if code in codes and code != EXCEPTIONS
    }
    blocks: dict[tuple[str, str], list[Ignore]] = {}
    for (path, _, code), ignore in active.items():
        if ignore.last:
            blocks.setdefault((path, code), []).append(ignore)
    kept, used = [], set()
    for finding in findings:
        path, line, code = key = (finding.place.path, finding.place.line, finding.code)
        if key not in active:
            around = (each for each in blocks.get((path, code), ()) if each.place.line <= line <= each.last)
            key = next(((path, each.place.line, code) for each in around), key)
        if key in active:
            used.add(key)
        else:
            kept.append(finding)
    return kept, [(ignore, key[2]) for key, ignore in active.items() if key not in used]


def apply_baseline(
    findings: Sequence[Finding], baseline: Iterable[Known], codes: Collection[str]
) -> tuple[list[Finding], list[tuple[Known, int]]]:
    """Remove findings that the baseline lists, up to its count.

    Returns:
        The remaining findings, and the lines whose count is too high, each with the right count.
    """
    known = [line for line in baseline if line.identity[0] in codes]
    if not known:
        return list(findings), []
    allowed = Counter[Identity]()
    for line in known:
        allowed[line.identity] += line.times
    kept = without(findings, allowed)
    return kept, _stale(known, Counter(one.identity for one in findings))


def _stale(known: Iterable[Known], failing: Counter[Identity]) -> list[tuple[Known, int]]:
    """Lines whose count is too high; a repeated line gets what the first leaves."""
    stale = []
    for line in known:
        left = min(failing[line.identity], line.times)
        failing[line.identity] -= left
        if left < line.times:
            stale.append((line, left))
    return stale


def without(findings: Iterable[Finding], allowed: Counter[Identity]) -> list[Finding]:
    """The findings without the first ``allowed`` ones of each identity."""
    left = Counter(allowed)
    kept = []
    for finding in findings:
        if finding.code != EXCEPTIONS and left[finding.identity] > 0:
            left[finding.identity] -= 1
        else:
            kept.append(finding)
    return kept


def only_new(now: Sequence[Finding], before: Iterable[Finding]) -> list[Finding]:
    """The findings that are new.

    Of several with the same identity, those with another message are new; otherwise the last ones.
    """
    same = Counter((one.identity, one.message) for one in before)
    spare = Counter[Identity]()
    matched: set[int] = set()
    for index, finding in enumerate(now):
        if same[finding.identity, finding.message] > 0:
            same[finding.identity, finding.message] -= 1
            matched.add(index)
    for (identity, _), count in same.items():
        spare[identity] += count
    kept = []
    for index, finding in enumerate(now):
        if index in matched:
            continue
        if spare[finding.identity] > 0:
            spare[finding.identity] -= 1
        else:
            kept.append(finding)
    return kept


def write_baseline(findings: Iterable[Finding], kept: Iterable[tuple[Identity, str]] = ()) -> str:
    """The text of a baseline file: sorted JSON with a line for each identity, so that diffs are small.

    Args:
        kept: lines of an existing file, as returned by ``lines_of_others``, which keep their text and order.
    """
    counts = Counter(one.identity for one in findings if one.code != EXCEPTIONS)
    mine = [
        (identity, json.dumps({**dict(zip(_KEYS, identity, strict=True)), "count": count}, ensure_ascii=False))
        for identity, count in sorted(counts.items())
    ]
    lines = [line for _, line in merge(mine, kept, key=lambda line: line[0])]
    body = ",".join(f"\n    {line}" for line in lines)
    return f'{{\n  "version": {VERSION},\n  "findings": [{body}{chr(10) + "  " if lines else ""}]\n}}\n'


def lines_of_others(text: str, path: str, codes: Collection[str]) -> list[tuple[Identity, str]]:
    """The lines of a baseline file about rules of another command, each with its text.

    Args:
        text: the content of the file; blank for a new one.
        codes: the rules that ran, whose lines are replaced.

    Raises:
        BaselineError: it is not what ``write_baseline`` writes.
    """
    if not text.strip():
        return []
    items = _items(text, len(_whole(text, path)["findings"]))
    known = [(_known(item, Place(path, line)), raw) for item, line, raw in items]
    return [(line.identity, raw) for line, raw in known if line.identity[0] not in codes]


def known(config: Config, given: Path | None = None) -> tuple[Known, ...]:
    """The findings of the given baseline, else of the one named by the config.

    Raises:
        BaselineError: it cannot be read or is not a baseline.
    """
    path = given if given is not None else config.root / config.baseline if config.baseline else None
    if path is None:
        return ()

    return read_baseline(baseline_text(path), shown(path, config.root))


def baseline_text(path: Path) -> str:
    """The text of a baseline file.

    Raises:
        BaselineError: it cannot be read.
    """
    try:
        return regular(path).decode("utf-8")
    except (OSError, ReadError, UnicodeDecodeError) as error:
        raise BaselineError(f"cannot read baseline {path}: {getattr(error, 'strerror', None) or error}") from error


def read_baseline(text: str, path: str) -> tuple[Known, ...]:
    """Read a baseline file.

    Raises:
        BaselineError: it is not what ``write_baseline`` writes.
    """
    items = _items(text, len(_whole(text, path)["findings"]))
    return tuple(_known(item, Place(path, line)) for item, line, _ in items)


def _whole(text: str, path: str) -> dict[str, Any]:
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise BaselineError(f"{path}:{line}: not JSON: {error}") from error
    if not isinstance(whole, dict) or whole.get("version") != VERSION or not isinstance(whole.get("findings"), list):
        raise BaselineError(f'{path}:1: not a baseline: expected {{"version": {VERSION}, "findings": [...]}}')
    return whole


def _items(text: str, count: int) -> Iterable[tuple[object, int, str]]:
    """The findings of a baseline, each with its line and text; ``text`` must be valid JSON."""
    start = re.search(r'"findings"\s*:\s*\[', text)
    between = re.compile(r"[\s,]*")
    position = start.end() if start is not None else 0
    decoder, line, seen = json.JSONDecoder(), 1, 0
    for _ in range(count):
        gap = between.match(text, position)
        begin = gap.end() if gap is not None else position
        line += text.count("\n", seen, begin)
        item, position = decoder.raw_decode(text, begin)
        seen = begin
        yield item, line, text[begin:position]


def _known(item: object, place: Place) -> Known:
    if not isinstance(item, dict) or set(item) != {*_KEYS, "count"}:
        raise BaselineError(f"{place.short}: expected an object with {', '.join(_KEYS)} and count")
    identity, count = tuple(item[key] for key in _KEYS), item["count"]
    if not all(isinstance(part, str) for part in identity):
        raise BaselineError(f"{place.short}: {', '.join(_KEYS)} must be strings")
    if type(count) is not int or count < 1:
        raise BaselineError(f"{place.short}: count must be a number of at least 1")
    return Known((identity[0], identity[1], identity[2], identity[3]), count, place)
