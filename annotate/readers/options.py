"""What readers have to know of the config: which names can be tables, and where annotations may stand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain

from .. import files
from ..config.target import Target
from ..config.value import Config, InterfaceConfig
from ..facts import FileFacts, Options
from ..patterns import regex
from ..records import NamedTuple
from . import is_c

_CONTINUED = regex(rb"\\[ \t]*\r?\n")
#: What typedefs stand for that are no structs.
_NO_STRUCTS = frozenset({"(*)", "()", "data"})


class Learned(NamedTuple):
    """What only headers of C tell.

    Attributes:
        beside: the headers that drivers may include.
        holding: those of them that define structs that hold tables.
        defining: those that define a struct of an interface's name.
        renaming: other names of the types of interfaces: each with the headers that give it, and what they say it is.
    """

    beside: list[str]
    holding: list[str]
    defining: list[str]
    renaming: dict[str, dict[str, str]]


def options(config: Config, tree: files.Files) -> Options:
    """What the config tells the readers; globs of headers and version scripts are looked up in the tree."""
    calls: set[str] = set()
    dicts: set[str] = set()
    attributes: set[str] = set()
    decorators: set[str] = set()
    classes: set[str] = set()
    headers: set[str] = set()
    symbols: set[str] = set()
    ignored: set[str] = set()
    for interface in config.interfaces:
        symbols.update((*interface.symbols, *interface.indexes))
        ignored.update(interface.ignored_macros)
        if _is_c(interface):
            targets = _targets(interface)
            calls.update(target.name.partition(".")[0] for target in targets)
            headers.update((*(target.path for target in targets), *interface.headers))
            continue
        name = Target.parse(interface.at).name
        decorators.update(interface.decorators)
        dicts.update(interface.tables)
        if interface.kind == "flags":
            (attributes if "." in name else dicts).add(name.rpartition(".")[2])
        elif interface.kind == "table":
            calls.add(name.rpartition(".")[2])
        else:
            classes.add(name.rpartition(".")[2])
        if interface.columns.registry:
            dicts.add(Target.parse(interface.columns.registry).name)
    return Options(
        calls=_sorted(calls),
        dicts=_sorted(dicts),
        attributes=_sorted(attributes),
        decorators=_sorted(decorators),
        interfaces=_sorted(classes),
        headers=_found(config, tree, headers),
        symbols=_found(config, tree, symbols) if headers else _sorted(symbols),
        c=bool(headers),
        signatures=_has_steps(config),
        ignored=_sorted(ignored),
    )


def with_type_names(options: Options, load: Callable[[str], FileFacts | None]) -> Options:
    """The options with all names of the interfaces of C: those of the config, and what headers call the same structs.

    Args:
        load: the facts of a header, or None when there is no such file.
    """
    names = set(options.calls)
    facts = [each for path in options.headers if (each := load(path)) is not None]
    aliases = {name: target.removeprefix("struct ") for each in facts for name, target in each.aliases}
    structs = {fact.name for each in facts for fact in each.classes}
    for name in aliases:
        seen = {name}
        while name in aliases and aliases[name] not in seen:
            name = aliases[name]
            seen.add(name)
        if name in structs:
            names.update(seen)
    names |= structs
    pointers = {name for name, target in aliases.items() if target.endswith("*") and target[:-2] in names}
    meant = {(name, _struct(name, aliases)) for name in (names | pointers) & aliases.keys()}
    told: dict[str, set[str]] = {}
    for each in facts:
        for name, target in each.aliases:
            told.setdefault(name, set()).add(target)
    same = sorted((name, struct) for name, struct in meant if struct in structs and len(told[name]) == 1)
    bodies = [member.body for each in facts for fact in each.classes for member in fact.members]
    held = {body.target for body in bodies if body.target and body.may_hold}
    known = {each for each in held if aliases.get(each, each) not in _NO_STRUCTS}
    inner = {each if aliases.get(each) == "{}" else aliases.get(each, each) for each in known} - names
    return options._replace(calls=_sorted(names), pointers=_sorted(pointers), inner=_sorted(inner), same=tuple(same))


def _struct(name: str, aliases: Mapping[str, str]) -> str:
    """What a name of a type, or of a pointer to one, stands for in the end."""
    seen: set[str] = set()
    while name in aliases and name not in seen:
        seen.add(name)
        name = aliases[name].removesuffix(" *")
    return name


def read_alike(one: Options, other: Options, data: bytes) -> bool:
    """Whether a file has the same facts with both options: it has no name of a type that headers tell of only for one.

    Args:
        one: as ``learn`` makes them; the file is a header of both or of neither.
        other: likewise, for the same configuration.
        data: the bytes of the file.
    """
    return not uses(data, differing(one, other))


def uses(data: bytes, names: Iterable[str]) -> bool:
    """Whether one of some names stands in a file, where it may go on on the next line."""
    text = _CONTINUED.sub(b"", data) if b"\\" in data else data
    return any(name.encode() in text for name in names)


def differing(one: Options, other: Options) -> frozenset[str]:
    """The names of types that headers tell of only for one of two options."""
    return frozenset(name for _, name, *_ in _type_names(one) ^ _type_names(other))


def _type_names(options: Options) -> set[tuple[str, ...]]:
    """The names of types that headers tell, each behind what it is; those of holders with their fields."""
    lists = {"call": options.calls, "pointer": options.pointers, "inner": options.inner}
    plain = {(kind, name) for kind, names in lists.items() for name in names}
    return {*plain, *(("holder", *each) for each in options.holders)}


def headers(config: Config, matching: Callable[[Iterable[str]], list[str]]) -> list[str]:
    """The headers that may define structs that hold an interface: beside its drivers and itself, and in ``include``.

    Args:
        config: what to read.
        matching: the files that match one of some globs.
    """
    interfaces = [each for each in config.interfaces if _is_c(each)]
    globs = {each.drivers for each in interfaces}
    found = {path for each in globs for path in matching(each) if path.endswith(".h")}
    places = {path for each in interfaces for path in (each.at, *each.headers, *each.drivers)}
    wanted = {"include/**/*.h", *(f"{path.rpartition('/')[0]}/*.h".lstrip("/") for path in places)}
    wanted -= {pattern for each in globs for pattern in each}
    deep = tuple(pattern.removesuffix("**/*.h") for pattern in (*wanted, *chain(*globs)) if pattern.endswith("**/*.h"))
    shallow = {pattern for pattern in wanted if not pattern.endswith("**/*.h") and pattern.startswith(deep)}
    own = {path for each in interfaces for path in matching(each.headers)}
    return sorted(found.union(own, matching(sorted(wanted - shallow)))) if interfaces else []


def with_holders(options: Options, headers: Callable[[], Iterable[FileFacts]]) -> Iterator[Options]:
    """The options with the structs that hold an interface, then with those that hold one of these, and so on.

    Args:
        options: with all names of the interfaces.
        headers: reads headers with the options that came last.
    """
    while (found := _with_holders(options, headers())) != options:
        yield found
        options = found


def _with_holders(options: Options, headers: Iterable[FileFacts]) -> Options:
    found = {name: set(fields) for name, *fields in options.holders}
    pointers, names = set(options.pointers), {*options.calls, *found}
    for facts in headers:
        for fact in facts.holders:
            held = (member.name for member in fact.members if member.body.target in names)
            found.setdefault(fact.name, set()).update(name.partition(".")[0] for name in held)
        for name, target in facts.aliases if found else ():
            struct = target.removeprefix("struct ").removesuffix(" *")
            if struct in found and target.endswith("*"):
                pointers.add(name)
            elif struct in found:
                found[name] = found[struct]
    holders = tuple((name, *sorted(found[name])) for name in sorted(found))
    return options._replace(holders=holders, pointers=_sorted(pointers))


def _links(headers: Iterable[FileFacts]) -> tuple[tuple[str, ...], ...]:
    """The fields that point to interfaces, with all names that headers have for the structs around them."""
    given = list(headers)
    found = sorted({link for facts in given for link in facts.links})
    names: dict[str, set[str]] = {}
    for facts in given if found else ():
        for name, target in facts.aliases:
            struct = target.removeprefix("struct ").removesuffix(" *")
            names.setdefault(struct, set()).add(name)
            names.setdefault(name, set()).add(struct)
    return tuple((*link[:3], *sorted({*link[3:]}.union(*(names.get(each, ()) for each in link[3:])))) for link in found)


def learn(
    config: Config,
    options: Options,
    load: Callable[[str], FileFacts | None],
    matching: Callable[[Iterable[str]], list[str]],
    read_with: Callable[[Options], None],
) -> Learned:
    """Find out what only headers of C tell: the names of the interfaces, and the structs that hold them.

    Args:
        config: what to read.
        options: as the config gives them.
        load: the facts of a file, or None when there is no such file.
        matching: the files that match one of some globs.
        read_with: lets ``load`` read with other options.

    """
    read_with(options := with_type_names(options, load))
    paths = headers(config, matching)
    for more in with_holders(options, lambda: filter(None, map(load, paths))):
        read_with(options := more)
    names: dict[str, dict[str, str]] = {}
    # What is known by a name in one header may have another one in the next.
    while found := renamed(options, filter(None, map(load, dict.fromkeys((*options.headers, *paths)))), names):
        names |= found
        read_with(options := with_names(options, names))
    known = [facts for path in paths if (facts := load(path)) is not None]
    if links := _links(known):
        read_with(options._replace(links=links))
    holding = [each.path for each in known if each.holders]
    return Learned(paths, holding, [each.path for each in known if each.classes], names)


def renamed(options: Options, headers: Iterable[FileFacts], names: Mapping[str, object]) -> dict[str, dict[str, str]]:
    """The other names of the types of interfaces that headers give: each with the headers, and what they say it is.

    What typedefs of the headers of the config say is known already.

    Args:
        options: with the names that are known.
        headers: what they hold.
        names: those that were found before.
    """
    from .c.renaming import named

    calls = frozenset(options.calls)
    found: dict[str, dict[str, str]] = {}
    for facts in headers:
        is_own = facts.path in options.headers
        given = [] if is_own else [(name, target.removeprefix("struct ")) for name, target in facts.aliases]
        bodies: dict[str, set[str | None]] = {}
        for macro in facts.macros:
            bodies.setdefault(macro.name, set()).add(None if macro.parameters is not None else macro.body)
        for name, all_ in bodies.items():
            body = next(iter(all_)) if len(all_) == 1 else None
            one = None if not body or calls.isdisjoint(body.replace("*", " ").split()) else named(body)
            if one is not None:
                given.append((name, f"{one[0]}{' *' * one[1]}"))
        for name, target in given:
            if target.removesuffix(" *") in options.calls and name not in options.calls and name not in names:
                found.setdefault(name, {})[facts.path] = target
    return found


def with_names(options: Options, names: Mapping[str, Mapping[str, str]]) -> Options:
    """The options with other names of the types."""
    targets = {name: next(iter(given.values())) for name, given in names.items() if name not in options.calls}
    pointers = {name for name, target in targets.items() if target.endswith("*")}
    structs = dict(options.same)
    same = {name: structs.get(target, target) for name, target in _plain(targets).items()}
    return options._replace(
        calls=_sorted({*options.calls, *targets} - pointers),
        pointers=_sorted({*options.pointers, *pointers}),
        same=tuple(sorted({**same, **structs}.items())),
    )


def _plain(targets: Mapping[str, str]) -> dict[str, str]:
    """The names and types without the stars of these."""
    return {name: target.removesuffix(" *") for name, target in targets.items()}


def _targets(interface: InterfaceConfig) -> list[Target]:
    return [Target.parse(each) for each in (interface.at, *interface.formerly)]


def _is_c(interface: InterfaceConfig) -> bool:
    return any(is_c(target.path) for target in _targets(interface))


def _has_steps(config: Config) -> bool:
    """Whether some entry is a step of a protocol and written in Python, whose functions have signatures to be read."""
    return any(config.steps_of(each) and not is_c(Target.parse(each.at).path) for each in config.interfaces)


def _found(config: Config, tree: files.Files, globs: set[str]) -> tuple[str, ...]:
    return tuple(files.matching(tree, _sorted(globs), config.exclude))


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(names))
