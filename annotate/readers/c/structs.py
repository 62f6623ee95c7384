"""The structs of a header that are interfaces, and the typedefs that say which of their fields are functions."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

from ...facts import Body, ClassFact, FieldFact, Mark, Member, Trouble
from ...patterns import regex
from ...records import NamedTuple
from .. import conflicts
from . import ignored, plain, syntax, typedefs, values
from .directives import Directives
from .doubts import MEND
from .source import TOKEN, Source, closing, comments
from .typedefs import BRACKETS, PLAIN, POINTER, STRUCTS

if TYPE_CHECKING:
    from tree_sitter import Node

_STRUCT = regex(
    rb"struct\b(?<=\bstruct)(?:\s*__attribute__\s*"
    + BRACKETS
    + rb"|\s+[A-Z][A-Z0-9_]*(?:\([^(){}]*\))?(?=\s+\w+\s*\{))?"
    rb"\s*(\w+)?\s*\{"
)


class _Struct(NamedTuple):
    """A struct: its names, where it begins, and its braces."""

    tag: str | None
    names: tuple[str, ...]
    start: int
    opening: int
    closing: int


_Read = tuple[list[Member], list[Trouble], list[FieldFact]]


class StructReader:
    """Reads the structs of one file; used once.

    Args:
        source: the file.
        code: its bytes with the directives blanked.
        directives: what was blanked.
    """

    def __init__(self, source: Source, code: bytes, directives: Directives) -> None:
        self._source, self._code, self._directives = source, code, directives
        self.errors: list[Trouble] = []
        #: The struct that is read holds a table, so that the structs that it defines may be of the table's type.
        self._is_holder = False

    @cached_property
    def _bare(self) -> bytes:
        """The code without comments."""
        return TOKEN.sub(lambda match: match[0].translate(conflicts.BLANK) if match[1] else match[0], self._code)

    @cached_property
    def aliases(self) -> dict[str, str]:
        """What the typedefs of the file stand for; structs that are read are under their first name."""
        return typedefs.read(self._bare)

    def read(self, names: frozenset[str]) -> list[ClassFact]:
        """The structs that go by one of some names."""
        named = [(struct, self._known_as(struct)) for struct in self._found]
        return [self._fact(struct, known) for struct, known in named if names & {*known, struct.tag}]

    def at(self, opening: int) -> tuple[ClassFact, tuple[str, ...], int] | None:
        """The struct whose brace stands at a byte, its names, and where it is closed; one without a name gets one."""
        for struct in self._found:
            if struct.opening == opening:
                known = self._known_as(struct)
                self._is_holder = True
                fact = self._fact(struct, known or [f"struct {self._source.line(opening)}"])
                self._is_holder = False
                return fact, tuple(filter(None, {*known, struct.tag})), struct.closing
        return None

    def _known_as(self, struct: _Struct) -> list[str]:
        """The typedef names of a struct; its tag where it has none."""
        by_tag = [name for name, target in self.aliases.items() if struct.tag and target == f"struct {struct.tag}"]
        return [*struct.names, *by_tag] or ([struct.tag] if struct.tag else [])

    # -- structs

    @cached_property
    def _found(self) -> list[_Struct]:
        return list(self._structs())

    def _structs(self) -> Iterator[_Struct]:
        for match in _STRUCT.finditer(self._bare):
            opening = match.end() - 1
            end = closing(self._bare, opening, len(self._bare))
            tag = match[1].decode() if match[1] else None
            typedef = typedefs.typedef_before(self._bare, match.start())
            start = match.start() if typedef is None else typedef
            if end is None:
                self.errors.append(self._source.trouble(start, f"the braces of struct {tag or ''} are not balanced"))
                end = len(self._bare)
            names = typedefs.names_behind(self._bare, end) if typedef is not None else []
            yield _Struct(tag, tuple(names), start, opening, end)
            if end == len(self._bare):
                return

    def _fact(self, struct: _Struct, names: list[str]) -> ClassFact:
        for name in (*names[1:], *filter(None, [struct.tag])):
            if name != names[0]:
                self.aliases[name] = names[0]
        self.aliases.pop(names[0], None)
        source = self._source
        read = plain.fields(self._code, struct.opening, struct.closing)
        members, troubles, layout = self._parsed(struct) if read is None else self._plain(*read, struct)
        return ClassFact(
            names[0],
            source.line(struct.start),
            source.column(struct.start),
            (),
            -1,
            (),
            tuple(members),
            (*troubles, *self._elsewhere(struct)),
            (),
            (),
            self._directives.under(struct.start).when,
            layout=tuple(layout),
        )

    def _elsewhere(self, struct: _Struct) -> Iterator[Trouble]:
        """What stands in it and is no part of it: conflicts, and parts of the struct that stand in other files."""
        for conflict in self._source.conflicts:
            if struct.opening <= conflict.start < struct.closing:
                yield conflict.trouble
        for each in self._directives.between(struct.opening, struct.closing):
            if each.word in ("include", "include_next"):
                message = f"part of the struct is in another file: #include {each.rest}"
                yield self._source.trouble(each.start, message)

    def _plain(self, fields: list[plain.Field], comments: plain.Comments, struct: _Struct) -> _Read:
        """The fields, where no syntax tree was needed."""
        beside = self._beside(comments)
        members, layout = [], []
        for name, kind, stars, start, data in fields:
            body = Body("data") if data or kind in PLAIN else Body("typedef", kind, stars)
            member = self._member(name, start, self._source.line(start), body, kind, beside, struct)
            members.append(member)
            takes = ("one",) if stars or body.target is None else ("type", kind)
            takes = ("many",) if kind in STRUCTS and not stars else takes
            layout.append(FieldFact(name, *takes) if member.when is None else FieldFact(name, "maybe"))
        return members, [], layout

    def _parsed(self, struct: _Struct) -> _Read:
        root, shift = self._parse(struct)
        troubles = list(self._troubles(root, shift, struct))
        body = next((each for each in syntax.walk(root) if each.type == "field_declaration_list"), None)
        if body is None:
            return [], troubles, []
        spans = list(comments(self._code, struct.opening, struct.closing))
        members = list(self._members(body, shift, "", self._beside(spans), struct))
        return members, troubles, list(self._layout(body, shift, struct))

    def _layout(self, body: Node, shift: int, struct: _Struct) -> Iterator[FieldFact]:
        """The fields as values without names fill them, and what each takes."""
        for node in body.named_children:
            if node.type != "field_declaration":
                continue
            type_node = node.child_by_field_name("type")
            is_struct = type_node is not None and type_node.type in ("struct_specifier", "union_specifier")
            declarators = node.children_by_field_name("declarator")
            # A macro in front of it may stand for fields.
            maybe = node.has_error and any(each.is_error for each in node.children)
            maybe = maybe or self._directives.under(node.start_byte + shift, struct.opening).when is not None
            if is_struct and not declarators:
                yield FieldFact("", "maybe" if maybe else "many")
            inner = type_node.child_by_field_name("body") if is_struct and type_node is not None else None
            for declarator in declarators:
                is_bits = (behind := declarator.next_sibling) is not None and behind.type == "bitfield_clause"
                takes = ("one", None) if is_bits else self._takes(declarator, type_node, is_struct)
                takes = ("maybe", None) if maybe else takes
                yield FieldFact(_name(declarator), *takes)
                found = self._layout(inner, shift, struct) if inner is not None and not _shape(declarator) else iter(())
                if type_node is not None and type_node.type == "union_specifier":
                    found = islice(found, 1)
                yield from (each._replace(name=f"{_name(declarator)}.{each.name}") for each in found)

    def _takes(self, declarator: Node, type_node: Node | None, is_struct: bool) -> tuple[str, str | None]:
        """What a field takes, and the typedef that tells."""
        shape = _shape(declarator)
        if shape:
            return "many" if shape == "[]" else "one", None
        if type_node is not None and type_node.type == "macro_type_specifier" and not shape:
            return "some", None
        target = self._kind(declarator, type_node).target
        is_struct = is_struct or (type_node is not None and (type_node.text or b"").decode("latin-1") in STRUCTS)
        return ("many", None) if is_struct else ("one", None) if target is None else ("type", target)

    def _parse(self, struct: _Struct) -> tuple[Node, int]:
        """The tree of a struct; what the grammar does not know is read again without what may be macros."""
        head = b"struct X "
        body = ignored.pointers(self._code[struct.opening : struct.closing])
        root = syntax.parse(head + body + b"};", self._source.allowance)
        if root.has_error or any(each.type == "macro_type_specifier" for each in syntax.walk(root)):
            tidy = ignored.tidied(ignored.pointers(self._bare[struct.opening : struct.closing]))
            again = syntax.parse(head + tidy + b"};", self._source.allowance)
            if len(syntax.errors(again)) <= len(syntax.errors(root)):
                root = again
        return root, struct.opening - len(head)

    def _troubles(self, root: Node, shift: int, struct: _Struct) -> Iterator[Trouble]:
        for node in syntax.errors(root, _says_nothing):
            position = min(node.start_byte + shift, struct.closing)
            text = values.shortened((node.text or b"").decode("latin-1")) or "something is missing"
            yield self._source.trouble(position, f"a part of the struct cannot be read: {text}", MEND)
        for node in syntax.walk(root):
            # The parent is asked for last: the grammar looks for it from the root.
            if (
                node.type == "macro_type_specifier"
                and (outer := node.parent) is not None
                and not outer.child_by_field_name("declarator")
            ):
                message = f"the macro {values.shortened((node.text or b'').decode('latin-1'))} may stand for fields"
                yield self._source.trouble(node.start_byte + shift, message)

    def _beside(self, spans: plain.Comments) -> dict[int, list[Mark]]:
        """Line -> the comments that begin there."""
        found: dict[int, list[Mark]] = {}
        for start, end in spans:
            line = self._source.line(start)
            mark = Mark("comment", self._source.text(start, end), line, self._source.column(start), start, end)
            found.setdefault(line, []).append(mark)
        return found

    def _members(
        self, body: Node, shift: int, prefix: str, comments: dict[int, list[Mark]], struct: _Struct
    ) -> Iterator[Member]:
        for node in body.named_children:
            if node.type != "field_declaration":
                continue
            type_node = node.child_by_field_name("type")
            declarators = node.children_by_field_name("declarator")
            inner = type_node.child_by_field_name("body") if type_node is not None else None
            if (
                inner is not None
                and type_node is not None
                and type_node.type in ("struct_specifier", "union_specifier")
            ):
                for declarator in (*declarators, *([] if declarators else [None])):
                    name = _name(declarator) if declarator is not None else ""
                    below = f"{prefix}{name}." if name else prefix
                    yield from self._members(inner, shift, below, comments, struct)
                    if declarator is not None:
                        held = self._kind(declarator, type_node) if self._is_holder else Body("data")
                        body_of = held if held.target else Body("data")
                        yield self._of(f"{prefix}{name}", node, shift, body_of, "struct", comments, struct)
                continue
            kind = (type_node.text or b"").decode("latin-1") if type_node is not None else ""
            for declarator in declarators:
                body_of = self._kind(declarator, type_node)
                yield self._of(f"{prefix}{_name(declarator)}", node, shift, body_of, kind, comments, struct)

    def _of(
        self,
        name: str,
        node: Node,
        shift: int,
        body: Body,
        kind: str,
        comments: dict[int, list[Mark]],
        struct: _Struct,
    ) -> Member:
        start = node.start_byte + shift
        last = self._source.line(start) + node.end_point[0] - node.start_point[0]
        return self._member(name, start, last, body, kind, comments, struct)

    def _member(
        self, name: str, start: int, last: int, body: Body, kind: str, comments: dict[int, list[Mark]], struct: _Struct
    ) -> Member:
        """A field that begins at a byte; the comments of its last line are its marks."""
        line, column = self._source.line(start), self._source.column(start)
        under = self._directives.under(start, struct.opening)
        marks = tuple(comments.get(last, ()))
        return Member(name, line, column, marks, -1, body, "field", under.when, under.branch, doc=kind)

    def _kind(self, declarator: Node, type_node: Node | None) -> Body:
        """Whether a field is a function pointer, data, or of a type that another file tells."""
        shape = _shape(declarator)
        if shape == POINTER:
            return Body("pointer")
        count = _count(declarator) if shape == "[]" else None
        if count is not None and _is_function(declarator):
            return Body("array", None, count)
        if type_node is not None and type_node.type == "struct_specifier" and "*" not in _stars(declarator):
            tag = type_node.child_by_field_name("name")
            name = (tag.text or b"").decode("latin-1") if tag is not None else None
            return Body("struct", name) if not shape else Body("array", name, count) if name else Body("data")
        if type_node is None or type_node.type != "type_identifier":
            return Body("data")
        if count is not None:
            kind = (type_node.text or b"").decode("latin-1")
            return Body("data") if kind in PLAIN or "*" in _stars(declarator) else Body("array", kind, count)
        if shape == "[]":
            return Body("data")
        name = (type_node.text or b"").decode("latin-1")
        if name in PLAIN:
            return Body("data")
        return Body("typedef", name, shape)


def _says_nothing(node: Node) -> bool:
    """Whether a node is the whole list of parameters of a function: what a macro does there makes no difference."""
    if node.type != "parameter_list" or node.children[-1].is_missing:
        return False
    return not frozenset(b";{}").intersection(node.text or b"")


def _chain(declarator: Node) -> Iterator[Node]:
    """A declarator and what it wraps, down to the name; parameters are left out."""
    node: Node | None = declarator
    while node is not None:
        yield node
        inner = node.child_by_field_name("declarator")
        if inner is None and node.type == "parenthesized_declarator":
            inner = next((child for child in node.named_children if child.type != "comment"), None)
        node = inner


def _shape(declarator: Node) -> str:
    """``[]`` for an array, ``(*)`` for a function pointer, ``*`` for any other pointer, else nothing."""
    kinds = [node.type for node in _chain(declarator)]
    if "array_declarator" in kinds:
        return "[]"
    if "function_declarator" in kinds:
        return POINTER
    return "*" * kinds.count("pointer_declarator")


def _name(declarator: Node) -> str:
    """The name that a declarator declares."""
    *_, last = _chain(declarator)
    return (last.text or b"").decode("latin-1")


def _is_function(declarator: Node) -> bool:
    return any(node.type == "function_declarator" for node in _chain(declarator))


def _stars(declarator: Node) -> str:
    return "*" * sum(node.type == "pointer_declarator" for node in _chain(declarator))


def _count(declarator: Node) -> str | None:
    """What stands between the brackets of an array; None where it has several dimensions or says nothing."""
    arrays = [node for node in _chain(declarator) if node.type == "array_declarator"]
    size = arrays[0].child_by_field_name("size") if len(arrays) == 1 else None
    return None if size is None else " ".join((size.text or b"").decode("latin-1").split())
