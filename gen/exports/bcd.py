"""The catalogue in the format of MDN's browser-compat-data (BCD), with drivers as browsers.

The output follows the BCD schema: a release is digits and dots, ``preview`` for the next one, with ``≤`` if an older
one is possible; unsupported is ``false``; unknown is omitted; a partial implementation has a note; statements are
ordered newest first. An entry is deprecated if every driver that supports it says so. Notes carry what BCD cannot
express.
"""

from __future__ import annotations

import json
from typing import Any

from hvsupport.annotate.catalogue import Catalogue
from hvsupport.annotate.model import Cell, Driver, EntryPoint, Interface, Span
from hvsupport.annotate.patterns import regex
from hvsupport.annotate.release import Release

from ..celltext import deprecation_text, is_deprecated, other_notes
from ..names import distinct, slug

_NUMBERS = regex(r"\d+(?:[.-]\d+)*")
_PREVIEW = "preview"
_PARTIAL_NOTE = "Supported in part."
_SPEC = regex(r"https://[^#]+#.+")

Statement = dict[str, Any]


def to_bcd(catalogue: Catalogue) -> bytes:
    """All interfaces as one JSON document in UTF-8."""
    return (json.dumps(to_data(catalogue), indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode(
        "utf-8", "replace"
    )


def to_data(catalogue: Catalogue) -> dict[str, Any]:
    """The same as plain values: ``browsers``, and a key for each interface."""
    own = [interface.key for interface in catalogue.interfaces]
    keys = distinct((slug(key, "interface") for key in own), own)
    names = _browser_names(catalogue)
    data: dict[str, Any] = {"browsers": _browsers(catalogue, names)}
    for key, interface in zip(keys, catalogue.interfaces, strict=True):
        taken = key if key != "browsers" else "browsers-interface"
        data[taken] = _features(catalogue, interface, names)
    return data


def _browser_names(catalogue: Catalogue) -> dict[str, str]:
    """Driver id -> BCD identifier: lower case with underscores."""
    ids = list(dict.fromkeys(driver.id for interface in catalogue.interfaces for driver in interface.drivers))
    titles = {driver.id: driver.title for interface in catalogue.interfaces for driver in interface.drivers}
    wanted = [slug(titles[one], "driver").lower().replace("-", "_") for one in ids]
    plain = [
        name if wanted.count(name) == 1 else slug(one).lower().replace("-", "_")
        for name, one in zip(wanted, ids, strict=True)
    ]
    return dict(zip(ids, distinct(plain, ids, joint="_"), strict=True))


def _browsers(catalogue: Catalogue, names: dict[str, str]) -> dict[str, Any]:
    browsers = {}
    for interface in catalogue.interfaces:
        for driver in interface.drivers:
            browsers[names[driver.id]] = _browser(catalogue, driver)
    return browsers


def _browser(catalogue: Catalogue, driver: Driver) -> dict[str, Any]:
    return {
        "name": driver.title,
        "type": "server",
        "accepts_flags": False,
        "accepts_webextensions": False,
        "releases": _releases(catalogue, driver),
    }


def _releases(catalogue: Catalogue, driver: Driver) -> dict[str, Any]:
    """The releases since the driver was added, and all releases in its cells."""
    since = driver.since
    known = {release for release in catalogue.known or () if since is None or since <= release}
    for interface in catalogue.interfaces:
        cells = (interface.cells.get((driver.id, entry.name)) for entry in interface.entries)
        spans = [span for cell in cells if cell is not None for span in cell.spans]
        known.update(end for span in spans for end in (span.since, span.removed) if end is not None)
    if catalogue.current is not None:
        known.add(catalogue.current)
    releases: dict[str, Any] = {}
    for release in sorted(release for release in known if not release.is_next):
        number = _number(release)
        if number is not None:
            releases.setdefault(number, {"status": _status(catalogue.current, release)})
    return releases


def _status(current: Release | None, release: Release) -> str:
    if current is None:
        return "current"
    return "current" if release == current else "retired" if release < current else "planned"


def _features(catalogue: Catalogue, interface: Interface, names: dict[str, str]) -> dict[str, Any]:
    own = [entry.name for entry in interface.entries]
    keys = distinct((slug(name, "entry") for name in own), own)
    return {
        key: {"__compat": _compat(catalogue, interface, entry, names)}
        for key, entry in zip(keys, interface.entries, strict=True)
    }


def _compat(catalogue: Catalogue, interface: Interface, entry: EntryPoint, names: dict[str, str]) -> dict[str, Any]:
    support = {}
    for driver in interface.drivers:
        statements = _statements(catalogue, interface.cells[driver.id, entry.name])
        if statements:
            support[names[driver.id]] = statements[0] if len(statements) == 1 else statements
    cells = [interface.cells[driver.id, entry.name] for driver in interface.drivers]
    working = [cell for cell in cells if cell.state in ("supported", "next", "conditional")]
    deprecated = bool(working) and all(map(is_deprecated, working))
    compat: dict[str, Any] = {
        "support": support,
        "status": {"experimental": False, "standard_track": True, "deprecated": deprecated},
    }
    if entry.api != entry.name or entry.doc:
        compat["description"] = _html(
            ": ".join(filter(None, [entry.api if entry.api != entry.name else "", entry.doc]))
        )
    if entry.url and _SPEC.fullmatch(entry.url):
        compat["spec_url"] = entry.url
    return compat


def _statements(catalogue: Catalogue, cell: Cell) -> list[Statement]:
    """The statements of a cell, newest first; none if support is unknown."""
    if cell.state == "unreadable":
        return []
    if cell.state == "unsupported":
        return [{"version_added": False}]
    older = _at_most_current(catalogue.current)
    statements = [_statement(span, older) for span in reversed(cell.spans)] or [_unannotated(older)]
    if cell.state == "conditional":
        statements[0]["partial_implementation"] = True
    for note in other_notes(cell):
        _add_note(statements[0], note)
    return [_finished(statement) for statement in statements]


def _at_most_current(current: Release | None) -> str:
    """The version of an entry without a known first release."""
    number = None if current is None else _number(current)
    return _PREVIEW if number is None else f"≤{number}"


def _unannotated(older: str) -> Statement:
    return {"version_added": older, "notes": ["The release in which it appeared is not annotated."]}


def _statement(span: Span, older: str) -> Statement:
    statement: Statement = {"version_added": _version(span.since, older, span.at_most)}
    if span.removed is not None:
        statement["version_removed"] = _version(span.removed, older)
    for end, word in ((span.since, "Since"), (span.removed, "Until")):
        if end is not None and not end.is_next and _number(end) != end.text:
            _add_note(statement, f"{word} {end}.")
    if span.partial:
        statement["partial_implementation"] = True
        if not span.note:
            _add_note(statement, _PARTIAL_NOTE)
    if span.deprecated is not None:
        _add_note(statement, f"{deprecation_text(span.deprecated).capitalize()}.")
    if span.note:
        _add_note(statement, span.note)
    return statement


def _finished(statement: Statement) -> Statement:
    """BCD wants a single note or a list of notes, and a note on partial support."""
    notes = statement.pop("notes", [])
    if statement.get("partial_implementation") and not notes:
        notes = [_PARTIAL_NOTE]
    if notes:
        statement["notes"] = notes[0] if len(notes) == 1 else notes
    return statement


def _add_note(statement: Statement, note: str) -> None:
    statement.setdefault("notes", []).append(_html(note))


def _html(text: str) -> str:
    """Notes and descriptions of BCD are HTML."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _version(release: Release, older: str, at_most: bool = False) -> str:
    """A release in BCD notation; ``older`` if its name has no number."""
    if release.is_next:
        return _PREVIEW
    number = _number(release)
    if number is None:
        return older
    return f"≤{number}" if at_most else number


def _number(release: Release) -> str | None:
    """The leading digits and dots of a release: BCD cannot express the rest of ``1.2.0rc1``."""
    found = None if release.is_next else _NUMBERS.match(release.text)
    return found.group().replace("-", ".") if found else None
