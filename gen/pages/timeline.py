"""How many entry points a driver has supported, release by release, as its annotations say: a small drawing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hvsupport.annotate.model import Driver, Interface
from hvsupport.annotate.release import Release

#: Width of a release in the units of the drawing, and what is left free of it; height of the drawing.
_STEP, _GAP, _HEIGHT = 10, 2, 40
#: So many entries that came or went are named; the rest is counted.
_NAMED = 6


@dataclass(frozen=True, slots=True)
class Step:
    """One release: a bar of the drawing, and its text."""

    css: str
    x: int
    y: float
    height: float
    text: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """The drawing; ``label`` says the same in words, ``first`` and ``last`` are the releases at its ends."""

    width: int
    height: int
    bar: int
    label: str
    steps: tuple[Step, ...]
    first: str
    last: str


def timeline(interface: Interface, driver: Driver) -> Timeline | None:
    """The timeline of a driver, by the releases in which anything of it came or went.

    None if these are fewer than two, or nothing stands in any of them.

    An entry counts from the release that it names, for ``<=`` too, since nothing tells of the time before.
    """
    own = list(_spans(interface, driver))
    releases = sorted({release for _, *span in own for release in span if release is not None})
    if len(releases) < 2:
        return None
    most = len(interface.entries)
    steps = tuple(_step(number, release, own, most) for number, release in enumerate(releases))
    counted = [(release, _count(own, release)) for release in releases]
    first = next((each for each in counted if each[1]), None)
    if first is None:
        return None
    ends = [f"{count} in {release}" for release, count in (first, counted[-1])]
    label = f"Supported entry points by release: {' and '.join(dict.fromkeys(ends))}, of {most}"
    return Timeline(
        _STEP * len(releases) - _GAP, _HEIGHT, _STEP - _GAP, label, steps, str(releases[0]), str(releases[-1])
    )


_Stood = tuple[str, Release, Release | None]


def _spans(interface: Interface, driver: Driver) -> Iterator[_Stood]:
    """The entries of a driver that have releases, with the first one and the first without."""
    for entry in interface.entries:
        cell = interface.cells[driver.id, entry.name]
        if cell.state not in ("unsupported", "unannotated", "unreadable"):
            yield from ((entry.api, span.since, span.removed) for span in cell.spans)


def _count(own: Sequence[_Stood], release: Release) -> int:
    """How many entries stand in a release."""
    return sum(since <= release and (removed is None or release < removed) for _, since, removed in own)


def _step(number: int, release: Release, own: Sequence[_Stood], most: int) -> Step:
    count = _count(own, release)
    height = round(_HEIGHT * count / most, 1)
    came = [name for name, since, _ in own if since == release]
    went = [name for name, _, removed in own if removed == release]
    told = [f"{release}: {count} of {most}"]
    told += [f"{verb} {_named(names)}" for verb, names in (("gained", came), ("lost", went)) if names]
    return Step("next" if release.is_next else "supported", _STEP * number, _HEIGHT - height, height, "; ".join(told))


def _named(names: Sequence[str]) -> str:
    rest = len(names) - _NAMED
    return ", ".join([*names[:_NAMED], *([f"{rest} more"] if rest > 0 else [])])
