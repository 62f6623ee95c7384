"""The tables ``[protocols.NAME]``: protocols that a configuration declares, and the built-in ones that it uses.

Mistakes in a declaration become problems with their place. An invalid step invalidates its protocol, so that drivers
are never checked against part of a protocol.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import tomli

from ..nearest import did_you_mean
from ..protocol import Family, Protocol, Step
from .fields import FIT_FOR_A_FILE, fields, overlaid
from .keys import PROTOCOLS
from .positions import KeyPath, places
from .protocol_keys import FamilyTable, ProtocolTable, StepTable
from .types import Reading

BUILT_IN = Path(__file__).parents[1] / "presets" / "protocols"
VERSIONS = "versions"
_STEPS = "steps"


def names() -> tuple[str, ...]:
    """The built-in families."""
    return tuple(sorted(path.stem for path in BUILT_IN.glob("*.toml")))


def families(reading: Reading, given: object, wanted: Mapping[str, tuple[str, ...]]) -> dict[str, Family]:
    """All families that an interface uses, by name.

    Args:
        reading: places of keys, to which those of built-in families are added; collects problems.
        given: the value of ``protocols``: what the configuration declares.
        wanted: key of an interface -> the families that it names.
    """
    own = _tables(reading, given, (PROTOCOLS,), f"tables [{PROTOCOLS}.NAME]")
    taken = {name for each in wanted.values() for name in each}
    found: dict[str, Family] = {}
    for name in [*own, *sorted(taken - set(own))]:
        if name not in taken:
            message = f"the protocol family {name!r} is declared, but no interface uses it"
            reading.problem(
                (PROTOCOLS, name), message, name, None, f"name it under 'protocols' of an interface: [{name!r}]"
            )
        values = own.get(name, {})
        if name in taken and name in names():
            values = overlaid(_built_in(reading, name), values)
        family = _family(reading, name, values) if values or name in own else None
        if family is not None:
            found[name] = family
    _check_wanted(reading, wanted, {*own, *names(), *(given if isinstance(given, dict) else ())})
    return _of_one_key(reading, found)


def _of_one_key(reading: Reading, found: Mapping[str, Family]) -> dict[str, Family]:
    """The families without protocols whose keys differ only in case: keys are part of page names."""
    seen: dict[str, Protocol] = {}
    kept = {}
    for name, family in found.items():
        good = []
        for each in family.protocols:
            first = seen.setdefault(each.key.lower(), each)
            if first is each:
                good.append(each)
                continue
            path = (PROTOCOLS, each.family, VERSIONS, each.version)
            message = f"protocol {each.key!r} has the same key as {first.family!r} {first.version!r}"
            reading.problem(path, message, each.version, "another name")
        kept[name] = family._replace(protocols=tuple(good))
    return kept


def _check_wanted(reading: Reading, wanted: Mapping[str, tuple[str, ...]], known: set[str]) -> None:
    for interface, chosen in wanted.items():
        for index, name in enumerate(chosen):
            path = ("interfaces", interface, PROTOCOLS, str(index))
            if name not in known:
                there = ", ".join(sorted(known))
                reading.problem(
                    path, f"unknown protocol family {name!r}", name, f"one of {there}", did_you_mean(name, known)
                )
            elif name in chosen[:index]:
                reading.problem(path, f"protocol family {name!r} is named twice", name)


def _built_in(reading: Reading, name: str) -> dict[str, Any]:
    """The values of a built-in family; keys of the configuration keep their place."""
    text = (BUILT_IN / f"{name}.toml").read_text("utf-8")
    for path, place in places(text, f"presets/protocols/{name}.toml").items():
        reading.places.setdefault((PROTOCOLS, name, *path), place)
    return tomli.loads(text)


def _tables(reading: Reading, given: object, path: KeyPath, expected: str) -> dict[str, dict[str, Any]]:
    """A table of tables; other values, and names not allowed in file names, become problems."""
    if given is None:
        return {}
    if not isinstance(given, dict):
        reading.wrong_type(path, given, expected)
        return {}
    good = {}
    for name, values in given.items():
        if not isinstance(values, dict):
            reading.wrong_type((*path, name), values, "a table")
        elif not FIT_FOR_A_FILE.fullmatch(name):
            message = f"{name!r} is not a valid protocol name: it is part of page names"
            reading.problem((*path, name), message, name, "letters, digits, '_', '-' and '.'")
        else:
            good[name] = values
    return good


def _family(reading: Reading, name: str, values: Mapping[str, Any]) -> Family:
    path = (PROTOCOLS, name)
    read = FamilyTable(**fields(reading, FamilyTable, values, path, also=(VERSIONS,)))
    given = _tables(reading, values.get(VERSIONS), (*path, VERSIONS), f"tables [{PROTOCOLS}.{name}.{VERSIONS}.NAME]")
    if VERSIONS not in values or values[VERSIONS] == {}:
        expected = f"a table [{PROTOCOLS}.{name}.{VERSIONS}.NAME] with steps"
        reading.problem(path, f"protocol family {name!r} has no version", None, expected)
    family = Family(name, read.title or name, read.about, read.handle, place=reading.place(path))
    made = [each for key, table in given.items() if (each := _protocol(reading, family, key, table)) is not None]
    _check_titles(reading, made)
    return family._replace(protocols=tuple(_of_one_rank(reading, made)))


def _check_titles(reading: Reading, made: list[Protocol]) -> None:
    """Report equal titles: pages, findings and answers name protocols by title."""
    titles: dict[str, Protocol] = {}
    for each in made:
        first = titles.setdefault(each.title, each)
        if first is not each:
            path = (PROTOCOLS, each.family, VERSIONS, each.version, "title")
            message = f"protocols {first.version!r} and {each.version!r} have the same title"
            reading.problem(path, message, each.title, "a unique title")


def _of_one_rank(reading: Reading, made: list[Protocol]) -> Iterator[Protocol]:
    """The protocols; of two with the same rank, the second is a problem and is dropped."""
    ranks: dict[int, Protocol] = {}
    for each in made:
        first = ranks.setdefault(each.rank, each)
        if first is each:
            yield each
            continue
        path = (PROTOCOLS, each.family, VERSIONS, each.version, "rank")
        message = f"{each.title!r} has the same rank as {first.title!r}"
        reading.problem(path, message, str(each.rank), "a unique rank")


def _protocol(reading: Reading, family: Family, version: str, values: Mapping[str, Any]) -> Protocol | None:
    path = (PROTOCOLS, family.key, VERSIONS, version)
    read = ProtocolTable(**fields(reading, ProtocolTable, values, path, also=(_STEPS,)))
    given = values.get(_STEPS)
    if not isinstance(given, list) or not given:
        message = f"protocol {version!r} has no steps"
        reading.problem(
            (*path, _STEPS), message, None, f"tables [[{PROTOCOLS}.{family.key}.{VERSIONS}.{version}.{_STEPS}]]"
        )
        return None
    steps = [_step(reading, (*path, _STEPS, str(index)), each) for index, each in enumerate(given)]
    good = [step for step in steps if step is not None]
    if len(good) < len(steps) or not _agree(reading, (*path, _STEPS), good) or _is_refused(values, read.rank):
        return None
    ordered = _ordered(reading, (*path, _STEPS), good)
    if ordered is None:
        return None
    title = read.title or f"{family.title} {version}"
    key = f"{family.key}-{version}"
    return Protocol(key, version, title, family.key, "", read.rank, tuple(ordered), place=reading.place(path))


def _is_refused(values: Mapping[str, Any], rank: int) -> bool:
    """Whether the given rank is invalid, so that the preferred protocol is unknown."""
    return "rank" in values and (type(values["rank"]) is not int or values["rank"] != rank)


def _step(reading: Reading, path: KeyPath, values: object) -> Step | None:
    if not isinstance(values, dict):
        reading.wrong_type(path, values, "a table with name, side and entries")
        return None
    read = StepTable(**fields(reading, StepTable, values, path))
    if read.name is None or read.side is None:
        return None
    entries = read.entries
    if not entries:
        if values.get("entries") == []:
            reading.problem((*path, "entries"), f"step {read.name!r} has no entry point", None, 'entries = ["..."]')
        return None
    for entry in read.variants:
        if entry not in entries:
            message = f"variant {entry!r} is not an entry of step {read.name!r}"
            reading.problem((*path, "variants", entry), message, entry, None, did_you_mean(entry, entries))
    return Step(
        read.name,
        read.side,
        entries,
        read.does,
        read.without,
        read.cookie_from,
        parameters=read.parameters,
        after=(_UNSAID,) if read.after is None else read.after,
        variants=tuple((entry, name) for entry, name in read.variants.items() if entry in entries),
        general=read.general,
        place=reading.place((*path, "entries")),
        handed=tuple(read.handed.items()),
        sends=read.sends,
        on_failure=read.on_failure,
    )


#: In ``after`` of a step: the previous step, not yet known.
_UNSAID = ""


def _agree(reading: Reading, path: KeyPath, steps: list[Step]) -> bool:
    """Whether names and entries are unique, and every step that is referred to exists."""
    before = len(reading.problems)
    seen: dict[str, str] = {}
    known = [step.name for step in steps]
    for index, step in enumerate(steps):
        here = (*path, str(index))
        if step.name in known[:index]:
            reading.problem((*here, "name"), f"step {step.name!r} is declared twice", step.name, "each step once")
        for number_, entry in enumerate(step.entries):
            first = seen.setdefault(entry, step.name)
            if first != step.name or entry in step.entries[:number_]:
                message = f"entry {entry!r} is in two steps of one protocol, {first!r} and {step.name!r}"
                reading.problem((*here, "entries", str(number_)), message, entry, "each entry in one step")
        _check_named(reading, (*here, "cookie-from"), step, [step.takes] if step.takes is not None else [], known)
        _check_named(reading, (*here, "handed"), step, [name for name, _ in step.handed], known)
        _check_named(reading, (*here, "after"), step, [name for name in step.after if name != _UNSAID], known)
    return len(reading.problems) == before


def _check_named(reading: Reading, path: KeyPath, step: Step, names_: Iterable[str], known: list[str]) -> None:
    for name in names_:
        if name == step.name:
            reading.problem(path, f"{path[-1]!r} of step {name!r} names the step itself", name, "another step")
        elif name not in known:
            reading.problem(
                path, f"unknown step {name!r}", name, f"one of {', '.join(known)}", did_you_mean(name, known)
            )


def _ordered(reading: Reading, path: KeyPath, steps: list[Step]) -> list[Step] | None:
    """The steps in an order in which they can run, with ``after`` and ``gives``; None if there is no such order."""
    first: dict[str, tuple[str, ...]] = {}
    for index, step in enumerate(steps):
        in_front = (steps[index - 1].name,) if index else ()
        first[step.name] = in_front if step.after == (_UNSAID,) else tuple(step.after)
    done: dict[str, set[str]] = {}
    order: list[Step] = []
    while len(order) < len(steps):
        ready = next((s for s in steps if s.name not in done and all(name in done for name in first[s.name])), None)
        if ready is None:
            _cycle(reading, path, steps, [step for step in steps if step.name not in done])
            return None
        done[ready.name] = {*first[ready.name], *(name for before in first[ready.name] for name in done[before])}
        order.append(ready)
    before_all = len(reading.problems)
    for index, step in enumerate(steps):
        if step.takes is not None and step.takes not in done[step.name]:
            message = f"step {step.name!r} takes the cookie of {step.takes!r}, which does not run before it"
            reading.problem((*path, str(index), "cookie-from"), message, step.takes, "an earlier step")
        for name, what in step.handed:
            if name not in done[step.name]:
                message = f"step {step.name!r} is handed {what!r} by {name!r}, which does not run before it"
                reading.problem((*path, str(index), "handed"), message, name, "an earlier step")
    if len(reading.problems) > before_all:
        return None
    gives = {step.name: tuple(other.name for other in order if other.takes == step.name) for step in order}
    return [step._replace(after=first[step.name], gives=gives[step.name]) for step in order]


def _cycle(reading: Reading, path: KeyPath, steps: list[Step], stuck: list[Step]) -> None:
    """Report steps that wait for each other, at the first that declares ``after``."""
    speaker = next((step for step in stuck if step.after != (_UNSAID,)), stuck[0])
    message = f"the steps {', '.join(repr(step.name) for step in stuck)} wait for each other"
    here = (*path, str(steps.index(speaker)), "after")
    reading.problem(here, message, ", ".join(speaker.after), "an order without a cycle")
