"""One file of C -> its facts: the structs of headers, the tables, and what is doubtful about the whole file."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import cache, partial
from operator import attrgetter

from ...facts import ALL, DECLARE, ClassFact, FileFacts, MacroFact, Options, TableFact, Trouble
from . import find, ignored, inferred, later, links, renaming
from .assigned import AssignedReader
from .brackets import Brackets
from .directives import Directives
from .held import Holders
from .macros import Macros, is_declared, with_strangers
from .made import MadeReader, in_macros
from .scan import EXTERN, IGNORE, cut_words, has_auto, has_typeof, names_in, sets_behind_call, sets_links
from .seen import Found, Meant
from .slots import Writer
from .source import Source
from .structs import StructReader
from .tables import TableReader

_HEADERS = (".h", ".hh", ".hpp")
_AFTER, _NAME = attrgetter("after"), attrgetter("name")
_IGNORE = rb"(?m)hvsupport:\s*ignore\b(?:\[([^\]\n]*)\])?[ \t:]*([^\n]*?)[ \t]*(?:\*/|$)"


def read(path: str, data: bytes, options: Options) -> FileFacts:
    """Return the facts of one file.

    Args:
        path: relative to the root, for places.
        data: the bytes of the file.
        options: what the config says about names of tables and decorators.
    """
    cut = tuple(cut_words(data))
    held = [name for name, *_ in options.holders]
    names, since = names_in(data, (*options.calls, *options.pointers, *held))
    names += (each.word for each in cut if each.word in options.calls and each.word not in names)
    errors: list[Trouble] = []
    source = Source(data, both=path in options.headers)
    if b"\0" in data:
        message = "the file contains null bytes: not C source, or UTF-16"
        tip = "save it as UTF-8, or exclude it in the config"
        errors.append(Trouble(source.line(data.index(b"\0")), 1, message, tip=tip))
    aliases: dict[str, str] = {}
    classes: list[ClassFact] = []
    tables: list[TableFact] = []
    macros: tuple[MacroFact, ...] = ()
    holders: list[ClassFact] = []
    linked: list[links.Link] = []
    is_set = not names and (sets_links(data, options.links) or sets_behind_call(data, options.links))
    if names or is_set or path in options.headers:
        directives = Directives(source)
        code = ignored.blanked(directives.blanked(source.data), {*options.ignored, *ignored.known(directives)})
        brackets, writer = Brackets(code), Writer(source, code, directives)
        around = Holders(source, code, brackets, StructReader(source, code, directives))
        if path in options.headers:
            structs = around.structs
            classes = structs.read(frozenset((*options.calls, *options.inner)))
            aliases = structs.aliases
            errors += structs.errors
            meant_ = [each for each in classes if each.name not in options.inner]
            names, since = _also(names, aliases, meant_), 0
        is_header = path.removesuffix(".in").endswith(_HEADERS) and path not in options.headers
        others = frozenset((*options.pointers, *held))
        names = [name for name in names if name not in others]
        has_type_of = has_typeof(data)
        renamed = renaming.macros(directives, {*names, *held}) if names else {}
        other = renaming.others(directives, {*names}) if names else frozenset()
        since = 0 if renamed else since
        meant = Meant(tuple(names), since, cut, has_type_of, options.pointers, options.holders, renamed)
        seen = find.tables(source, code, directives, meant, around.around, is_header, path.endswith(".h"))
        declared, pointers, holding = seen.tables, seen.pointers, seen.holding
        declared += links.declared(code, brackets, source, options.links)
        if seen.defined and not classes:
            classes = around.structs.read(frozenset(seen.defined))
        holders = [each.fact for each in around.found]
        filled = later.filled(source, code, brackets, declared, _parts(holders, names, options))
        aliases |= around.structs.aliases if holders or classes else {}
        aliases = {**seen.renamed, **aliases} if is_header else {**aliases, **seen.renamed}
        making = MadeReader(source, code, directives, brackets, writer)
        meant_names = [*names, *holding]
        for found in (*declared, *in_macros(directives.found, meant_names, renamed)):
            made = making.by_expression(found) if found.name and found.opening < 0 else None
            declaring = None if found.name else making.by_declaration(found, meant_names)
            if made is not None:
                tables.append(made)
            elif declaring is not None:
                tables += declaring
            elif found.name:
                told = filled.pop(found.name, later.NOTHING)
                doubts = told.troubles
                if found.type in other:
                    message = f"{found.type} is a macro for something else in this file"
                    doubts = [*doubts, source.trouble(found.start, message, "write the type that is meant", ALL)]
                read_ = TableReader(source, code, directives, found, doubts, found.type in holding).read()
                tables += (each._replace(handed=tuple(told.handed)) if told.handed else each for each in read_)
            else:
                errors.append(source.trouble(found.start, *_unseen(found)))
        linked = links.found(code, brackets, source, pointers)
        linked += links.held(around.found, frozenset(meant_names))
        if is_header or path in options.headers:
            linked += links.made(source.data, code, directives, frozenset((*meant_names, *options.pointers)), linked)
        fields = (*options.links, *linked)
        if has_type_of or has_auto(source.data):
            pointers += inferred.pointers(code, brackets, source, seen.types, fields)
        names_here = {each.name for each in declared}
        # Of other files' tables only those that such a file was read for, which have the type in their names.
        elsewhere = {name for name, kind, stars, *_ in fields if stars == EXTERN and kind in name} - names_here
        errors += later.elsewhere(source, code, elsewhere) if elsewhere else ()
        fields = tuple(each for each in fields if each[2] != EXTERN)
        if pointers or fields:
            reader = AssignedReader(source, code, brackets, writer, names_here | elsewhere, holding, dict(options.same))
            made_later = reader.read(pointers, fields)
            tables = [_with(each, reader.filled) for each in tables] if reader.filled else tables
            tables += made_later
        unnamed = (each.positional or any(map(_AFTER, each.members)) or "]" in _names(each) for each in tables)
        declared_here = cache(partial(is_declared, source, code))
        tables = [
            with_strangers(each, directives.defined, declared_here) if some else each
            for each, some in zip(tables, list(unnamed), strict=True)
        ]
        if names:
            errors += _broken(source, directives)
        errors += _conflicts(source, [*classes, *tables])
        known = Macros(directives, code)
        macros = tuple(known.all() if path in options.headers or is_header else known.used(tables, classes))
    return FileFacts(
        path,
        aliases=tuple(aliases.items()),
        classes=tuple(classes),
        tables=tuple(tables),
        errors=tuple(errors),
        ignores=tuple(_ignores(source)),
        encoding=source.encoding,
        language="c",
        macros=macros,
        holders=tuple(holders),
        links=tuple(linked) if path.removesuffix(".in").endswith(_HEADERS) else (),
    )


def _parts(holders: Iterable[ClassFact], names: Collection[str], options: Options) -> dict[str, frozenset[str]]:
    """Types of structs, each with its fields that are tables themselves."""
    own = {each.name: [member.name for member in each.members if member.body.target in names] for each in holders}
    told = {name: fields for name, *fields in options.holders}
    return {name: frozenset(fields) for name, fields in {**told, **own}.items()}


def _with(table: TableFact, filled: dict[str, list[Trouble]]) -> TableFact:
    """A table with what may fill it later."""
    told = filled.get(table.name.partition("[")[0], ())
    return table._replace(troubles=(*table.troubles, *told)) if told else table


def _names(table: TableFact) -> str:
    """The names of the slots of a table, in a row."""
    return "".join(map(_NAME, table.members))


def _also(names: list[str], aliases: dict[str, str], classes: list[ClassFact]) -> list[str]:
    """The names of the interfaces, and the other names that their structs have in this file."""
    structs = {each.name for each in classes}
    found = [*names, *structs, *(name for name, target in aliases.items() if target in structs)]
    return list(dict.fromkeys(found))


def _unseen(found: Found) -> tuple[str, str]:
    """What is wrong where a table is not seen, and how to mend it."""
    tip = found.tip or "write the table so that it can be read"
    return found.problem or "", f"{tip}, {DECLARE.replace(' it ', ' the file ')}"


def _broken(source: Source, directives: Directives) -> list[Trouble]:
    """What makes the whole file doubtful: a comment that never ends, conditions that do not match."""
    broken = list(directives.unclosed)
    comment = source.unterminated
    if comment is not None:
        broken.append((comment, "the comment that begins here never ends"))
    return [source.trouble(at, message) for at, message in broken]


def _conflicts(source: Source, read_: list[ClassFact | TableFact]) -> list[Trouble]:
    """The merge conflicts of the file that no struct and no table tells of."""
    told = {(trouble.line, trouble.message) for each in read_ for trouble in each.troubles}
    return [each.trouble for each in source.conflicts if (each.line, each.message) not in told]


def _ignores(source: Source) -> list[tuple[int, int, tuple[str, ...], str]]:
    if IGNORE not in source.data:
        return []
    found = []
    for match in re.finditer(_IGNORE, source.data):
        begin = max(source.data.rfind(b"/*", 0, match.start()), source.data.rfind(b"//", 0, match.start()))
        if source.in_comment(match.start()):
            codes = tuple(code.strip() for code in (match[1] or b"").decode("latin-1").split(",") if code.strip())
            at = begin if begin >= 0 else match.start()
            reason = source.text(match.start(2), match.end(2)).strip()
            found.append((source.line(at), source.column(at), codes, reason))
    return found
