"""The structs of a header that are interfaces, and the typedefs that say which of their fields are functions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from ...facts import Body, ClassFact, Mark, Member, Trouble
from . import plain, syntax, values
from .directives import Directives
from .source import TOKEN, Source, closing

if TYPE_CHECKING:
    from tree_sitter import Node

#: What a typedef stands for, where that is no other name: ``Tree`` follows the names from file to file.
POINTER, FUNCTION, DATA = "(*)", "()", "data"
_BLANK = re.compile(rb"[^\r\n]")
#: Expressions that begin with a plain word are searched for faster than any others.
_WORD = b"typedef"
_TYPEDEF = re.compile(rb"typedef\b(?<=\btypedef)([^;{}]*)(;|\{)")
_POINTER = re.compile(rb"\(\s*\*\s*(\w+)\s*\)\s*\(")
_FUNCTION = re.compile(rb"\b(\w+)\s*\([^()]*(?:\([^()]*\)[^()]*)*\)\s*$")
_RENAMED = re.compile(rb"\s*(struct\s+|union\s+|enum\s+)?(\w+)\s+(\w+)\s*$")
_LAST_WORD = re.compile(rb"(\w+)\s*(?:\[[^\]]*\]\s*)*$")
_STRUCT = re.compile(rb"struct\b(?<=\bstruct)(?:\s*__attribute__\s*\(\(.*?\)\))?\s*(\w+)?\s*\{")
_NAME_BEHIND = re.compile(rb"\s*(?:__attribute__\s*\(\(.*?\)\)\s*|[A-Z][A-Z0-9_]*(?:\([^()]*\))?\s+)*(\w+)?")
_PLAIN = frozenset(
    (
        "size_t",
        "ssize_t",
        "ptrdiff_t",
        "off_t",
        "pid_t",
        "uid_t",
        "gid_t",
        "mode_t",
        "time_t",
        "bool",
        "FILE",
        "va_list",
        "wchar_t",
        "int8_t",
        "int16_t",
        "int32_t",
        "int64_t",
        "uint8_t",
        "uint16_t",
        "uint32_t",
        "uint64_t",
        "intptr_t",
        "uintptr_t",
        "u8",
        "u16",
        "u32",
        "u64",
        "s8",
        "s16",
        "s32",
        "s64",
        "gboolean",
        "gint",
        "guint",
        "gchar",
        "gsize",
        "gssize",
        "gpointer",
        "gint64",
        "guint64",
        "gint32",
        "guint32",
        "gdouble",
        "GType",
    )
)


class _Struct(NamedTuple):
    """A struct: its names, where it begins, and its braces."""

    tag: str | None
    names: tuple[str, ...]
    start: int
    opening: int
    closing: int


class StructReader:
    """Reads the structs of one file; used once.

    Args:
        source: the file.
        code: its bytes with the directives blanked.
        directives: what was blanked.
    """

    def __init__(self, source: Source, code: bytes, directives: Directives) -> None:
        self._source, self._code, self._directives = source, code, directives
        self._bare = TOKEN.sub(lambda match: _BLANK.sub(b" ", match[0]) if match[1] else match[0], code)
        self.aliases: dict[str, str] = {}
        self.errors: list[tuple[int, int, str, str | None]] = []

    def read(self, names: frozenset[str]) -> list[ClassFact]:
        """The structs that go by one of some names, and on the way all typedefs of the file."""
        self._typedefs()
        named = [(struct, self._known_as(struct)) for struct in self._structs()]
        return [self._fact(struct, known) for struct, known in named if names & {*known, struct.tag}]

    def _known_as(self, struct: _Struct) -> list[str]:
        """The typedef names of a struct; its tag where it has none."""
        by_tag = [name for name, target in self.aliases.items() if struct.tag and target == f"struct {struct.tag}"]
        return [*struct.names, *by_tag] or ([struct.tag] if struct.tag else [])

    # -- typedefs

    def _typedefs(self) -> None:
        for match in _TYPEDEF.finditer(self._bare):
            text = match[1]
            if match[2] == b"{":
                self._typedef_of_body(match.end() - 1)
            elif pointer := _POINTER.search(text):
                self._alias(pointer[1], POINTER)
            elif renamed := _RENAMED.match(text):
                kind = (renamed[1] or b"").split()
                self._alias(renamed[3], " ".join(part.decode() for part in (*kind, renamed[2])))
            elif function := _FUNCTION.search(text):
                self._alias(function[1], FUNCTION)
            elif last := _LAST_WORD.search(text):
                self._alias(last[1], DATA)

    def _typedef_of_body(self, opening: int) -> None:
        end = closing(self._bare, opening, len(self._bare))
        behind = _NAME_BEHIND.match(self._bare, end + 1) if end is not None else None
        if behind is not None and behind[1]:
            self._alias(behind[1], DATA)

    def _alias(self, name: bytes, target: str) -> None:
        self.aliases.setdefault(name.decode(), DATA if target in _PLAIN else target)

    # -- structs

    def _structs(self) -> Iterator[_Struct]:
        for match in _STRUCT.finditer(self._bare):
            opening = match.end() - 1
            end = closing(self._bare, opening, len(self._bare))
            tag = match[1].decode() if match[1] else None
            typedef = _typedef_before(self._bare, match.start())
            start = match.start() if typedef is None else typedef
            if end is None:
                line, column = self._source.line(start), self._source.column(start)
                self.errors.append((line, column, f"the braces of struct {tag or ''} are not balanced", None))
                end = len(self._bare)
            behind = _NAME_BEHIND.match(self._bare, end + 1) if typedef is not None else None
            names = (behind[1].decode(),) if behind is not None and behind[1] else ()
            yield _Struct(tag, names, start, opening, end)

    def _fact(self, struct: _Struct, names: list[str]) -> ClassFact:
        for name in (*names[1:], *filter(None, [struct.tag])):
            if name != names[0]:
                self.aliases[name] = names[0]
        self.aliases.pop(names[0], None)
        source = self._source
        read = plain.fields(self._code, struct.opening, struct.closing)
        members, troubles = self._parsed(struct) if read is None else (self._plain(*read, struct), [])
        return ClassFact(
            names[0],
            source.line(struct.start),
            source.column(struct.start),
            (),
            -1,
            (),
            tuple(members),
            tuple(troubles),
            (),
            (),
            self._directives.under(struct.start).when,
        )

    def _plain(self, fields: list[plain.Field], comments: plain.Comments, struct: _Struct) -> list[Member]:
        """The fields, where no syntax tree was needed."""
        beside = self._beside(comments)
        members = []
        for name, kind, stars, start, data in fields:
            body = Body("data") if data or kind in _PLAIN else Body("typedef", kind, stars)
            members.append(self._member(name, start, self._source.line(start), body, kind, beside, struct))
        return members

    def _parsed(self, struct: _Struct) -> tuple[list[Member], list[Trouble]]:
        root, shift = self._parse(struct)
        troubles = list(self._troubles(root, shift, struct))
        body = next((each for each in _walk(root) if each.type == "field_declaration_list"), None)
        if body is None:
            return [], troubles
        spans = [(each.start_byte + shift, each.end_byte + shift) for each in body.children if each.type == "comment"]
        return list(self._members(body, shift, "", self._beside(spans), struct)), troubles

    def _parse(self, struct: _Struct) -> tuple[Node, int]:
        head = b"struct X "
        text = head + self._code[struct.opening : struct.closing] + b"};"
        return syntax.parse(text), struct.opening - len(head)

    def _troubles(self, root: Node, shift: int, struct: _Struct) -> Iterator[Trouble]:
        for node in syntax.errors(root):
            position = min(node.start_byte + shift, struct.closing)
            text = values.shortened((node.text or b"").decode("latin-1")) or "something is missing"
            line = self._source.line(position)
            yield Trouble(line, self._source.column(position), f"a part of the struct cannot be read: {text}")

    def _beside(self, comments: plain.Comments) -> dict[int, list[Mark]]:
        """Line -> the comments that begin there."""
        found: dict[int, list[Mark]] = {}
        for start, end in comments:
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
                names = [_name(each) for each in declarators] or [""]
                for name in names:
                    below = f"{prefix}{name}." if name else prefix
                    yield from self._members(inner, shift, below, comments, struct)
                    if name:
                        yield self._of(f"{prefix}{name}", node, shift, Body("data"), "struct", comments, struct)
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
        if type_node is None or type_node.type != "type_identifier" or shape == "[]":
            return Body("data")
        name = (type_node.text or b"").decode("latin-1")
        if name in _PLAIN:
            return Body("data")
        return Body("typedef", name, shape)


def _typedef_before(code: bytes, position: int) -> int | None:
    """Where the word ``typedef`` begins that stands before a place, with nothing but white space between, or None."""
    size = 64
    while not (before := code[max(0, position - size) : position].rstrip()) and size < position:
        size *= 4
    end = max(0, position - size) + len(before)
    begin = end - len(_WORD)
    if begin < 0 or code[begin:end] != _WORD:
        return None
    return None if code[max(0, begin - 1) : begin].isalnum() or code[max(0, begin - 1) : begin] == b"_" else begin


def _walk(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _walk(child)


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
