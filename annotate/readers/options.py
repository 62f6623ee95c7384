"""What readers have to know of the config: which names can be tables, and where annotations may stand."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from .. import files
from ..config.target import Target
from ..config.value import Config, InterfaceConfig
from ..facts import FileFacts, Options
from . import is_c

#: What typedefs stand for that are no structs.
_NO_STRUCTS = frozenset({"(*)", "()", "data"})


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
            calls.update(target.name for target in targets)
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
    bodies = [member.body for each in facts for fact in each.classes for member in fact.members]
    held = {body.target for body in bodies if body.target and body.may_hold}
    known = {each for each in held if aliases.get(each, each) not in _NO_STRUCTS}
    inner = {each if aliases.get(each) == "{}" else aliases.get(each, each) for each in known} - names
    return options._replace(calls=_sorted(names), pointers=_sorted(pointers), inner=_sorted(inner))


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
