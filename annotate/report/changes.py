"""Differences of two releases -> text, Markdown for release notes, or JSON; pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from ..differences import Difference, Kind

FORMATS = ("text", "markdown", "json")
#: Kind -> what a driver did, in the order in which it is told.
_VERBS: Mapping[Kind, str] = {
    "gained": "gained",
    "backported": "gained by backport",
    "completed": "completed",
    "reduced": "now only in part",
    "deprecated": "deprecated",
    "restored": "no longer deprecated",
    "lost": "lost",
}


def render(format: str, found: Sequence[Difference], titles: Mapping[str, str], releases: tuple[str, str]) -> str:
    """The differences in one of ``FORMATS``.

    Args:
        format: which one.
        found: in order.
        titles: key of each interface -> its title.
        releases: the older and the newer one.
    """
    if format == "json":
        return _json(found, releases)
    made = _markdown if format == "markdown" else _text
    parts = [made(title, [each for each in found if each.interface == key]) for key, title in titles.items()]
    heading = f"# Changes from {releases[0]} to {releases[1]}" if format == "markdown" else ""
    told = [part for part in (heading, *filter(None, parts)) if part]
    if not any(parts):
        told.append(f"Nothing changed from {releases[0]} to {releases[1]}.")
    return "\n\n".join(told) + "\n"


def _json(found: Iterable[Difference], releases: tuple[str, str]) -> str:
    changes = [{name: value for name, value in each._asdict().items() if value is not None} for each in found]
    return json.dumps({"from": releases[0], "to": releases[1], "changes": changes}, indent=1, sort_keys=True) + "\n"


def _text(title: str, found: Sequence[Difference]) -> str:
    lines = [f"{who}: {what}" for who, what in _told(found)]
    return "\n".join([title, *(f"  {line}" for line in lines)]) if lines else ""


def _markdown(title: str, found: Sequence[Difference]) -> str:
    lines = [f"- **{_escaped(who)}**: {_escaped(what)}" for who, what in _told(found)]
    return "\n".join([f"## {_escaped(title)}", "", *lines]) if lines else ""


def _told(found: Sequence[Difference]) -> list[tuple[str, str]]:
    """Who and what: first what is new to all, then driver by driver."""
    told = []
    api = [each.title for each in found if each.kind == "api"]
    if api:
        told.append(("New calls", ", ".join(api)))
    for driver, title in {each.driver: each.title for each in found if each.driver is not None}.items():
        of = [each for each in found if each.driver == driver]
        kinds = {each.kind for each in of}
        news = ["new driver"] if "driver" in kinds else []
        for kind, verb in _VERBS.items():
            names = [_named(each) for each in of if each.kind == kind]
            if names:
                news.append(f"{verb} {', '.join(names)}")
        told.append((title, "; ".join(news + (["removed"] if "gone" in kinds else []))))
    return told


def _named(each: Difference) -> str:
    return f"{each.entry} ({each.note})" if each.note else str(each.entry)


def _escaped(text: str) -> str:
    """A text that Markdown shows as it is."""
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>#|" else sign for sign in " ".join(text.split()))
