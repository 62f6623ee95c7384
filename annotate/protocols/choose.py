"""Arguments of the command line -> the two drivers, their releases, and the protocols to compare."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..catalogue import Catalogue
from ..config.value import Config
from ..errors import UsageError
from ..lookup import named, one_driver, suggestion
from ..model import Driver, Interface
from ..protocol import Family
from ..release import Release

CURRENT = "current"
_NEAR = 3


@dataclass(frozen=True, slots=True)
class Question:
    """Two drivers at two releases, and the family of protocols to compare."""

    family: Family
    interface: Interface
    source: tuple[Driver, Release]
    destination: tuple[Driver, Release]


def question(catalogue: Catalogue, config: Config, source: str, destination: str, wanted: str | None) -> Question:
    """Parse ``DRIVER@RELEASE`` for both sides.

    Args:
        config: has the release scheme.
        source: driver, by id or title, and release, which may be ``next`` or ``current``.
        destination: the same for the other side.
        wanted: name of a family, or ``INTERFACE.FAMILY``; None for the only one with both drivers.

    Raises:
        UsageError: a driver, release or family is unknown or ambiguous.
        ReleaseError: a release does not fit the scheme.
    """
    names = [_split(text) for text in (source, destination)]
    fitting = _families(catalogue, wanted)
    found = [each for each in fitting if all(named(each[1].drivers, name) for name, _ in names)]
    if not found:
        _refuse_names([name for name, _ in names], [interface for _, interface in fitting])
    if len(found) > 1:
        keys = ", ".join(f"{interface.key}.{family.key}" for family, interface in found)
        raise UsageError(f"several protocols have these drivers; choose one with --protocol: {keys}")
    family, interface = found[0]
    sides = [(one_driver(interface, name), _release(catalogue, config, release)) for name, release in names]
    return Question(family, interface, sides[0], sides[1])


def _split(text: str) -> tuple[str, str]:
    driver, sign, release = text.rpartition("@")
    if not sign or not driver or not release:
        raise UsageError(f"{text!r} does not name a driver and a release; write DRIVER@RELEASE, such as qemu@9.0.0")
    return driver, release


def _families(catalogue: Catalogue, wanted: str | None) -> list[tuple[Family, Interface]]:
    interfaces = {interface.key: interface for interface in catalogue.interfaces}
    every = [(family, interfaces[family.interface]) for family in catalogue.protocols]
    if not every:
        raise UsageError("no interface has protocols; name them under 'protocols' of an interface in the configuration")
    if wanted is None:
        return every
    chosen = [each for each in every if wanted in (each[0].key, f"{each[1].key}.{each[0].key}")]
    if not chosen:
        raise UsageError(f"unknown protocols {wanted!r}; {suggestion(wanted, dict.fromkeys(f.key for f, _ in every))}")
    return chosen


def _refuse_names(names: Iterable[str], interfaces: Sequence[Interface]) -> None:
    drivers = [driver for interface in interfaces for driver in interface.drivers]
    for name in names:
        if not named(drivers, name):
            known = dict.fromkeys(text for driver in drivers for text in (driver.title, driver.id))
            raise UsageError(f"unknown driver {name!r}; {suggestion(name, known, [each.title for each in drivers])}")
    raise UsageError(f"no interface with protocols has both drivers, {' and '.join(map(repr, names))}")


def _release(catalogue: Catalogue, config: Config, text: str) -> Release:
    """An existing release: a known one, the current one, or ``next``."""
    if text == CURRENT:
        if catalogue.current is None:
            raise UsageError("no current release: set 'release' in the configuration")
        return catalogue.current
    release = config.scheme.parse(text)
    if release.is_next or release == catalogue.current:
        return release
    if catalogue.known is not None and release not in catalogue.known:
        raise UsageError(f"unknown release {text!r}; {_near(release, catalogue.known)}")
    if catalogue.known is None and catalogue.current is not None and catalogue.current < release:
        raise UsageError(f"{text!r} is newer than the current release, {catalogue.current}")
    return release


def _near(release: Release, known: Sequence[Release]) -> str:
    ordered = sorted(known)
    at = sum(each < release for each in ordered)
    near = ordered[max(0, at - _NEAR) : at + _NEAR]
    return f"the nearest known releases are {', '.join(map(str, near))}" if near else "no release is known"
