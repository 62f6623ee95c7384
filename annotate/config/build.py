"""The values of a TOML document -> ``Config``; mistakes become problems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import grammar
from ..errors import AnnotationError
from ..model import Place, Span
from ..release import Scheme
from .fields import FIT_FOR_A_FILE, fields
from .interface import InterfaceConfig
from .keys import INTERFACES, PROTOCOLS, TABS
from .positions import KeyPath
from .releases import Releases
from .shapes import Columns
from .tab_rule import TabsConfig
from .types import Reading
from .value import Config

if TYPE_CHECKING:
    from ..protocol import Family


def build(root: Path, name: str, values: Mapping[str, Any], places: Mapping[KeyPath, Place]) -> Config:
    """Build the configuration.

    Args:
        name: the config file, relative to the root, for messages.
        values: of the whole document, or of the table ``[tool.hvsupport]``.
    """
    reading = Reading(root, {(): Place(name), **places})
    top = fields(reading, Config, values, (), also=(INTERFACES, PROTOCOLS, TABS))
    releases = Releases(reading, top.pop("scheme"), top.pop("known"), top.pop("release"), top["tag_prefix"])
    interfaces = list(_interfaces(reading, values.get(INTERFACES), releases.scheme))
    families = _families(reading, values.get(PROTOCOLS), interfaces)
    below = _by_interface(reading.places)
    return Config(
        root=root,
        path=name,
        release=releases.text,
        current=releases.current,
        scheme=releases.scheme,
        known=releases.known,
        shallow=releases.shallow,
        interfaces=tuple(each._replace(places=below[each.key]) for each in interfaces),
        tabs=_tabs(reading, values.get(TABS, {})),
        families=families,
        problems=tuple(sorted(reading.problems, key=lambda problem: problem.place)),
        places=reading.places,
        **top,
    )


def _tabs(reading: Reading, values: object) -> TabsConfig:
    if not isinstance(values, dict):
        reading.wrong_type((TABS,), values, f"a table [{TABS}]")
        return TabsConfig()
    return TabsConfig(**fields(reading, TabsConfig, values, (TABS,)))


def _families(reading: Reading, given: object, interfaces: list[InterfaceConfig]) -> dict[str, Family]:
    """The protocols that are declared or used; their keys are loaded only if there are any."""
    wanted = {each.key: each.protocols for each in interfaces if each.protocols}
    if given is None and not wanted:
        return {}
    from .protocols import families

    return families(reading, given, wanted)


def _interfaces(reading: Reading, values: object, scheme: Scheme) -> Iterator[InterfaceConfig]:
    """The valid interfaces; invalid ones become problems."""
    if values is not None and not isinstance(values, dict):
        reading.wrong_type((INTERFACES,), values, f"tables [{INTERFACES}.NAME]")
        return
    if not values:
        tip = "run 'hvsupport init' to find interfaces"
        reading.problem((INTERFACES,), "no interface is declared", None, f"a table [{INTERFACES}.NAME]", tip)
        return
    seen: dict[object, str] = {}
    for key, table in values.items():
        interface = _interface(reading, key, table, scheme)
        if interface is not None and _is_new(reading, interface, seen):
            yield interface


def _interface(reading: Reading, key: str, values: object, scheme: Scheme) -> InterfaceConfig | None:
    path = (INTERFACES, key)
    if not isinstance(values, dict):
        reading.wrong_type(path, values, "a table")
        return None
    if not FIT_FOR_A_FILE.fullmatch(key):
        message = f"{key!r} is not a valid interface name: it is part of page names"
        expected = "letters, digits, '_', '-' and '.'"
        reading.problem(path, message, key, expected, "give the full name under 'title'")
        return None
    read = fields(reading, InterfaceConfig, values, path)
    _check_drivers(reading, path, values, read["columns"])
    if read["at"] is None:
        return None
    read["inherits"] = _spans(reading, (*path, "inherits"), read["inherits"], scheme)
    read["removed"] = _closed(reading, (*path, "removed"), read["removed"], scheme)
    return InterfaceConfig(key=key, **read)


def _check_drivers(reading: Reading, path: KeyPath, given: Mapping[str, Any], columns: Columns) -> None:
    """Report an interface that names no drivers; rejected globs are reported already."""
    if not given.get("drivers") and columns.how not in ("list", "registry"):
        expected = "globs, as in drivers = [\"lib/drivers/*.py\"]; or a list or a registry under 'columns'"
        reading.problem((*path, "drivers"), "no drivers are configured", None, expected)


def _is_new(reading: Reading, interface: InterfaceConfig, seen: dict[object, str]) -> bool:
    """Whether no earlier interface has the same page, or the same declaration and drivers."""
    path = (INTERFACES, interface.key)
    name = interface.key.lower()
    same = (interface.at, interface.drivers, interface.columns)
    first = seen.setdefault(name, interface.key)
    if first is not interface.key:
        message = f"interfaces {first!r} and {interface.key!r} differ only in case and would share a page"
        reading.problem(path, message, interface.key, "another name")
        return False
    first = seen.setdefault(same, interface.key)
    if first is not interface.key:
        message = f"interface {interface.key!r} duplicates {first!r}"
        reading.problem((*path, "at"), message, interface.at, "each interface once, or other drivers")
        return False
    return True


def _spans(
    reading: Reading, path: KeyPath, given: Mapping[str, Mapping[str, str]], scheme: Scheme
) -> dict[str, dict[str, tuple[Span, ...]]]:
    """The annotations under ``inherits``, parsed."""
    found: dict[str, dict[str, tuple[Span, ...]]] = {}
    for driver, entries in given.items():
        for entry, text in entries.items():
            spans = _annotation(reading, (*path, driver, entry), text, scheme)
            if spans is not None:
                found.setdefault(driver, {})[entry] = spans
    return found


def _closed(reading: Reading, path: KeyPath, given: Mapping[str, str], scheme: Scheme) -> dict[str, tuple[Span, ...]]:
    """The annotations under ``removed``, parsed; each must say when the driver was removed."""
    found: dict[str, tuple[Span, ...]] = {}
    for driver, text in given.items():
        spans = _annotation(reading, (*path, driver), text, scheme)
        if spans is not None and spans[-1].is_open:
            message = f"{driver!r} is listed under 'removed' without the release that removed it"
            reading.problem((*path, driver), message, text, f"such as '{text.partition(';')[0]} - next'")
        elif spans is not None:
            found[driver] = spans
    return found


def _annotation(reading: Reading, path: KeyPath, text: str, scheme: Scheme) -> tuple[Span, ...] | None:
    try:
        return grammar.parse(text, scheme)
    except AnnotationError as error:
        message = f"{text!r} is not an annotation: {error.reason}"
        reading.problem(path, message, text, error.corrected or f"such as {scheme.example}")
        return None


def _by_interface(places: Mapping[KeyPath, Place]) -> dict[str, dict[KeyPath, Place]]:
    """Interface -> the places of the keys below it."""
    found: dict[str, dict[KeyPath, Place]] = {}
    for path, place in places.items():
        if len(path) > 1 and path[0] == INTERFACES:
            found.setdefault(path[1], {})[path[2:]] = place
    return found
