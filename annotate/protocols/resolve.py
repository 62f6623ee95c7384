"""Declared families and resolved interfaces -> families with the support of every driver.

A built-in family is for many interfaces: its protocols without entries in an interface are skipped. Entries of a
family that the configuration declares must exist.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from ..config.value import InterfaceConfig
from ..model import EntryPoint, Interface, Problem
from ..nearest import did_you_mean
from ..patterns import fits
from ..protocol import Family, Protocol, Step, Support
from ..release import Release
from .support import of_driver


def resolve(
    declared: Mapping[str, Family], config: InterfaceConfig, interface: Interface
) -> tuple[tuple[Family, ...], list[Problem]]:
    """The families of an interface, and problems with them.

    Args:
        declared: all families of the configuration, by name.
        config: the interface as the configuration declares it.
        interface: the same, resolved.
    """
    problems: list[Problem] = []
    if not interface.entries:
        return (), problems
    wanted = [declared[name] for name in dict.fromkeys(config.protocols) if name in declared]
    fitted = [_fitted(family, config, interface, problems) for family in wanted]
    families = _with_shared(fitted)
    supports = _supports(families, interface)
    compatible = tuple(_compatible(config, interface, problems))
    found = []
    for family in families:
        own = {protocol.key for protocol in family.protocols}
        mine = {key: support for key, support in supports.items() if key[1] in own}
        if own:
            found.append(family._replace(interface=interface.key, compatible=compatible, supports=mine))
    return tuple(found), problems


def _fitted(family: Family, config: InterfaceConfig, interface: Interface, problems: list[Problem]) -> Family:
    """The protocols whose steps the interface has."""
    found = tuple(
        fitted
        for protocol in family.protocols
        if (fitted := _protocol(protocol, family, config, interface, problems)) is not None
    )
    if family.protocols and not found and not problems:
        index = str(config.protocols.index(family.key))
        if not config.is_preset("protocols", index):
            message = f"interface {interface.key!r} has no protocol of {family.key!r}"
            problems.append(Problem("config", config.place("protocols", index), message, family.key))
    return family._replace(protocols=found)


def _protocol(
    protocol: Protocol, family: Family, config: InterfaceConfig, interface: Interface, problems: list[Problem]
) -> Protocol | None:
    entries = {entry.name: entry for entry in interface.entries}
    steps = tuple(_step(step, entries) for step in protocol.steps)
    is_built_in = all(step.place.path.startswith("presets/") for step in protocol.steps)
    if not is_built_in:
        problems += (
            _no_entry(step, entry, interface)
            for step in protocol.steps
            for entry in step.entries
            if entry not in entries
        )
    if all(step.entries for step in steps):
        return protocol._replace(interface=interface.key, steps=steps, since=_since(steps, entries))
    if is_built_in:
        problems += _half(protocol, steps, family, config)
    return None


def _step(step: Step, entries: Mapping[str, EntryPoint]) -> Step:
    return step._replace(
        entries=tuple(entry for entry in step.entries if entry in entries),
        variants=tuple((entry, name) for entry, name in step.variants if entry in entries),
    )


def _no_entry(step: Step, entry: str, interface: Interface) -> Problem:
    tip = did_you_mean(entry, [each.name for each in interface.entries])
    message = f"step {step.name!r} names {entry!r}, which interface {interface.key!r} does not have"
    return Problem("config", step.place, message, entry, None, tip)


def _half(protocol: Protocol, steps: tuple[Step, ...], family: Family, config: InterfaceConfig) -> Iterator[Problem]:
    """Report an interface with some entries of a built-in protocol but not all; entries of others do not count."""
    others = {entry for each in family.protocols if each is not protocol for s in each.steps for entry in s.entries}
    own = [entry for step in steps if not step.general for entry in step.entries if entry not in others]
    index = str(config.protocols.index(family.key))
    if not own or config.is_preset("protocols", index):
        return
    lacking = [given.entries[0] for given, step in zip(protocol.steps, steps, strict=True) if not step.entries]
    message = f"interface {config.key!r} has some entries of {protocol.title!r} and lacks {', '.join(lacking)}"
    tip = f"declare your version of the protocol under [protocols.{family.key}.versions.{protocol.version}]"
    yield Problem("config", config.place("protocols", index), message, ", ".join(own), None, tip)


def _since(steps: tuple[Step, ...], entries: Mapping[str, EntryPoint]) -> Release | None:
    """The first release with public calls for all steps."""
    latest = []
    for step in steps:
        known = [since for entry in step.entries if (since := entries[entry].since) is not None]
        if len(known) < len(step.entries):
            return None
        latest.append(min(known))
    return max(latest)


def _with_shared(families: list[Family]) -> list[Family]:
    """Mark in each step the entries of other protocols too, which tell nothing about this one."""
    uses = Counter(
        entry for each in families for protocol in each.protocols for s in protocol.steps for entry in s.entries
    )

    def shared(step: Step) -> Step:
        return step._replace(shared=tuple(entry for entry in step.entries if step.general or uses[entry] > 1))

    return [
        family._replace(
            protocols=tuple(each._replace(steps=tuple(map(shared, each.steps))) for each in family.protocols),
        )
        for family in families
    ]


def _supports(families: list[Family], interface: Interface) -> dict[tuple[str, str], Support]:
    protocols = tuple(protocol for family in families for protocol in family.protocols)
    wanted = [entry for protocol in protocols for step in protocol.steps for entry in step.entries]
    found = {}
    # Most drivers have none of these entries: drivers with identical cells share a result.
    known: dict[tuple[int, ...], dict[str, Support]] = {}
    for driver in interface.drivers:
        row = {entry: interface.cells[driver.id, entry] for entry in wanted}
        cells = tuple(map(id, row.values()))
        if cells not in known:
            known[cells] = of_driver(protocols, row)
        found.update({(driver.id, key): support for key, support in known[cells].items()})
    return found


def _compatible(config: InterfaceConfig, interface: Interface, problems: list[Problem]) -> Iterator[tuple[str, ...]]:
    for number, group in enumerate(config.compatible):
        found: dict[str, None] = {}
        before = len(problems)
        for index, name in enumerate(group):
            hits = [each.id for each in interface.drivers if name == each.title or fits(each.id, name)]
            if not hits and not config.is_preset("compatible", str(number), str(index)):
                others = (each for each in interface.drivers if each.id not in group and each.title not in group)
                known = [text for each in others for text in (each.id, each.title)]
                place = config.place("compatible", str(number), str(index))
                tip = did_you_mean(name, known)
                problems.append(Problem("config", place, f"unknown driver {name!r}", name, None, tip))
            found.update(dict.fromkeys(hits))
        if len(found) == 1 and len(problems) == before and not config.is_preset("compatible", str(number)):
            place = config.place("compatible", str(number))
            message = "a group of one driver has no effect: a driver is compatible with itself"
            problems.append(Problem("config", place, message, ", ".join(group), "two drivers or more"))
        if found:
            yield tuple(found)
