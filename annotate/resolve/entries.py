"""The entry points of an interface, in order, with their headings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..facts import NEAR, Body, Member, Trouble
from ..model import Definition, EntryPoint, Place
from ..names.mro import Element
from ..patterns import matcher, regex
from .context import Context, matches
from .stubs import Verdict

#: An array of more functions than this has no row for each.
_MOST_ELEMENTS = 256
#: Structs in structs, deeper than anybody writes them.
_DEEPEST = 8
_NOT_GIVEN = regex(r"(?:\w+\.)?(?:ClassVar\b.*|KW_ONLY)")
_DATA = regex(
    r"(?:typing\.|t\.)?(?:ClassVar\b.*|(?:Optional\[)?(?:str|int|float|bool|bytes|complex|None|Path|pathlib\.Path)\]?)"
    r"(?:\s*\|\s*(?:str|int|float|bool|bytes|None))*"
)
#: Names of names of names, more than anybody writes.
_LONGEST = 8


def of_class(context: Context, base: Element) -> list[tuple[EntryPoint, Member]]:
    """The public methods of an interface class, with the definitions they come from."""
    found: dict[str, tuple[EntryPoint, Member]] = {}
    elements = context.orders.of(base.path, base.name) if context.interface.inherited_entries else (base,)
    for element in elements:
        if element.kind != "class":
            continue
        for name, group in context.tree.members(element.path, element.name).items():
            member = group[-1]
            if name not in found and not context.is_excluded(name) and _is_entry(context, member, element):
                found[name] = (_entry(context, member, element), member)
    return list(found.values())


def _is_entry(context: Context, member: Member, where: Element, depth: int = 0) -> bool:
    """Functions, names bound to functions, and what a function makes; data and nested classes are no entries."""
    if member.kind == "def":
        return True
    if member.body.kind in ("work", "call"):
        return True
    target = member.body.target or ""
    if member.body.kind == "value" and target:
        _, path, name = context.tree.resolve(where.path, target, where.name)
        if target in context.tree.members(where.path, where.name):
            path, name = where.path, f"{where.name}.{target}"
        file = context.tree.file(path) if path else None
        return file is not None and name in file.facts.making
    if member.body.kind not in ("name", "imported") or not target:
        return False
    own = context.tree.members(where.path, where.name).get(target, [])
    if own and target != member.name:
        is_name = own[-1].body.kind == "name" and depth < _LONGEST
        return any(each.kind == "def" for each in own) or (is_name and _is_entry(context, own[-1], where, depth + 1))
    return context.tree.resolve(where.path, target, where.name).kind == "function"


def of_fields(context: Context, base: Element) -> list[tuple[EntryPoint, Member]]:
    """The slots of a table type: its fields in order, those of its bases first, plain data left out."""
    found: dict[str, tuple[EntryPoint, Member]] = {}
    for element in reversed(context.orders.of(base.path, base.name)):
        if element.kind != "class":
            continue
        for group in context.tree.members(element.path, element.name).values():
            for member in _inner(context, element.path, group[-1]):
                if context.is_excluded(member.name) or not _is_slot(context, element.path, member):
                    continue
                for each in _elements(context, element.path, member):
                    found[each.name] = (_entry(context, each, element), each)
    return list(found.values())


def _inner(context: Context, path: str, member: Member, depth: int = 0) -> Iterator[Member]:
    """A field, and in C those of the struct that it holds, with its name in front."""
    headers = context.tree.headers
    holds = context.tree.is_c(path) and member.body.may_hold and depth < _DEEPEST
    held = headers.struct(path, member.body.target or "") if holds else None
    if held is None:
        yield member
        return
    inner = [group[-1] for group in context.tree.members(*held).values()]
    fields = [field for each in inner for field in _inner(context, held[0], each, depth + 1)]
    if any(
        (headers.typedef(held[0], each.body.target or "") and _is_slot(context, held[0], each))
        or each.body.kind == "pointer"
        for each in fields
    ):
        for each in fields:
            yield each._replace(name=f"{member.name}.{each.name}", line=member.line, column=member.column, marks=())


def _elements(context: Context, path: str, member: Member) -> Iterator[Member]:
    """A slot, or for an array of functions in C one for each of its elements."""
    if member.body.kind != "array":
        yield member
        return
    count = context.tree.headers.macros.number(path, member.body.source or "")
    if count is None or count > _MOST_ELEMENTS:
        message = f"how many elements the array {member.name!r} has is not known"
        tip = "name the header that defines the number under 'headers', or the field under 'exclude'"
        found = member.body.source
        context.problem(
            "unreadable", Place(path, member.line, member.column), message, found, None, tip, entry=member.name
        )
        return
    for number in range(count):
        yield member._replace(name=f"{member.name}[{number}]", marks=() if count > 1 else member.marks)


def _is_slot(context: Context, path: str, member: Member) -> bool:
    if context.tree.is_c(path):
        return _is_function(context, path, member)
    return member.kind == "field" and not _DATA.fullmatch((member.doc or "").strip("\"'"))


def _is_function(context: Context, path: str, member: Member) -> bool:
    """Whether a field of a struct is a function pointer; one whose type no file tells is taken for one."""
    if member.body.kind == "array":
        return member.body.target is None or context.tree.headers.typedef(path, member.body.target) == "(*)"
    if member.body.kind != "typedef":
        return member.body.kind == "pointer"
    shape, name = member.body.source or "", member.body.target or ""
    meaning = context.tree.headers.typedef(path, name)
    place = Place(path, member.line, member.column)
    if headers := context.tree.headers.doubts.get((path, name)):
        message = f"the type {name} of {member.name!r} is defined in {' and in '.join(headers)}"
        tip = "include the header by its path, or exclude the other one in the config"
        context.problem("unreadable", place, message, name, "one definition that this file includes", tip)
    if meaning is None and not shape:
        message = f"the type {name} of {member.name!r} cannot be found, so that it may be data"
        tip = "name the header that defines the type under 'headers', or the field under 'exclude'"
        context.problem("unreadable", place, message, name, "a typedef in a file that is read", tip, entry=member.name)
        return True
    return (shape, meaning) in (("", "(*)"), ("*", "()"))


def may_be_data(context: Context, path: str, member: Member) -> bool:
    """Whether no file tells what the type of a field of a struct is."""
    body = member.body
    is_named = body.kind == "typedef" and not body.source
    return is_named and context.tree.headers.typedef(path, body.target or "") is None


def check_struct(context: Context, base: Element) -> None:
    """What is wrong with a struct of C, and whether there are two of the name."""
    file = context.tree.file(base.path)
    if file is None or not file.is_c:
        return
    facts = file.classes.get(base.name, [])
    owner = context.tree.class_id(base.path, base.name)
    for fact in facts:
        for trouble in fact.troubles:
            context.trouble(base.path, owner, trouble)
    for fact in facts:
        if fact is not context.tree.class_fact(base.path, base.name):
            message = f"struct {base.name} is defined {len(facts)} times; another one is read"
            context.trouble(base.path, owner, Trouble(fact.line, fact.column, message))


def all_fields(context: Context, base: Element) -> list[str]:
    """Names of all fields of a table type, data included, in order: what a call may set."""
    names: dict[str, None] = {}
    for element in reversed(context.orders.of(base.path, base.name)):
        if element.kind == "class":
            members = context.tree.members(element.path, element.name)
            names.update(dict.fromkeys(name for name, group in members.items() if _is_given(group[-1])))
    return list(names)


def _is_given(member: Member) -> bool:
    """Whether a field is given when the table is made: a class variable, or the mark of ``KW_ONLY``, is not."""
    declared = (member.doc or "").strip("\"'")
    may_be = "ClassVar" in declared or "KW_ONLY" in declared
    return member.kind == "field" and not (may_be and _NOT_GIVEN.fullmatch(declared))


def _entry(context: Context, member: Member, where: Element) -> EntryPoint:
    verdict = default_verdict(context, member, where)
    owner = context.tree.class_id(where.path, where.name)
    definition = context.definition(where.path, member, owner, verdict)
    doc = member.doc if member.kind == "def" else None
    return entry_point(context, member.name, definition, doc, member.doc if member.kind == "field" else None)


def default_verdict(context: Context, member: Member, where: Element, driver: Element | None = None) -> Verdict:
    """Whether an interface's own definition does the work; one that only passes or is abstract does not.

    Args:
        driver: the class it is looked up for, which may override what the body calls. What a body uses besides doing
            work is for ``defaults``.
    """
    if _calls_first(member) or _calls_an_entry(context, member, where):
        member = member._replace(body=Body("work"))
    verdict = context.judge.method(member, where, driver)
    if member.body.kind == "raise":
        verdict = verdict._replace(stub=True)  # whatever it raises, it does no work
    is_abstract = context.judge.replaced.is_abstract(member, where)
    return Verdict(verdict.stub or verdict.idle or is_abstract or member.kind == "field", verdict.idle)


def _calls_first(member: Member) -> bool:
    """Whether a body calls something that a driver may override before it does other work."""
    return member.body.kind == "then" and (member.body.target or "").startswith(NEAR)


def _calls_an_entry(context: Context, member: Member, where: Element) -> bool:
    """Whether a body only calls another entry: what that does is up to each driver, not to the interface."""
    owner, _, name = (member.body.target or "").partition(".")
    is_call = member.body.kind == "call" and owner == "self" and any(use.name == name for use in member.uses)
    return is_call and not context.is_excluded(name) and name in context.tree.members(where.path, where.name)


def entry_point(
    context: Context, name: str, definition: Definition, doc: str | None = None, kind: str | None = None
) -> EntryPoint:
    """An entry with what its own definition, or the public call it serves, says of the release in which it appeared.

    Args:
        doc: first line of its documentation.
    """
    call = context.calls.of(name, kind)
    annotation = definition.annotation
    since = annotation.spans[0].since if annotation is not None else call.since
    if not call.known:
        message = f"entry {name!r} serves {call.name}, which no version script lists"
        scripts = ", ".join(context.interface.symbols)
        first = f"list the call in {scripts}, or an internal one" if scripts else "list the call"
        tip = f"{first} under 'internal-calls' with its release, or the entry under 'exempt' or 'exclude'"
        context.problem("config", definition.place, message, call.name, None, tip, entry=name)
    return EntryPoint(
        name,
        definition.place,
        call.name,
        since,
        tuple(sorted({*call.older, *(() if since is None else (since,))})),
        url=call.url,
        internal=call.internal,
        doc=doc,
        exempt=context.interface.exempt.get(name),
        definition=definition,
    )


def additional(context: Context, known: Iterable[str]) -> Iterator[EntryPoint]:
    """Entries that the config adds because drivers have them and the interface does not list them."""
    names = set(known)
    for name in context.interface.additional:
        if name in names:
            place = context.interface.place("additional", name)
            context.problem("config", place, f"the interface has an entry {name!r} already", name, entry=name)
        else:
            place = context.interface.place("additional", name)
            yield EntryPoint(name, place, name, exempt=context.interface.exempt.get(name))


def grouped(context: Context, entries: list[EntryPoint]) -> tuple[list[EntryPoint], tuple[str, ...]]:
    """Entries under their headings, in the order of the headings; those under none come last."""
    rank: dict[str, int] = {}
    names = [entry.name for entry in entries]
    for number, group in enumerate(context.interface.groups):
        for index, pattern in enumerate(group.entries):
            hits = list(filter(matcher(pattern), names))
            if not hits:
                place = ("groups", str(number), "entries", str(index))
                context.missing(place[0], f"no entry matches {pattern!r}", pattern, names, *place[1:])
            for name in hits:
                rank.setdefault(name, number)
    titles = tuple(group.title for group in context.interface.groups)
    placed = [entry._replace(group=titles[rank[entry.name]]) if entry.name in rank else entry for entry in entries]
    return sorted(placed, key=lambda entry: rank.get(entry.name, len(titles))), titles


def check_names(context: Context, entries: list[EntryPoint], base: Element) -> None:
    """Names in the config that are no entries of the interface."""
    names = {entry.name for entry in entries}
    for name in context.interface.exempt:
        if name not in names:
            context.missing("exempt", f"the interface has no entry {name!r}", name, names, name)
    members = names | _member_names(context, base)
    for index, pattern in enumerate(context.interface.exclude):
        if not any(matches(name, [pattern]) for name in members):
            context.missing("exclude", f"no member matches {pattern!r}", pattern, members, str(index))


def _member_names(context: Context, base: Element) -> set[str]:
    """Everything an interface has, also what is no entry of it."""
    file = context.tree.file(base.path)
    tables = file.tables.get(base.name, []) if file is not None else []
    names = {member.name for table in tables for member in table.members}
    for element in context.orders.of(base.path, base.name):
        if element.kind == "class":
            names.update(context.tree.members(element.path, element.name))
    return names
