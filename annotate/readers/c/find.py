"""The tables of a file, found by a byte scan: declarations ``TYPE name = {`` of the types that are interfaces.

tree-sitter is slow on whole files, so it is given only what stands between the braces that are found here. A test
holds that this finds what tree-sitter finds in whole files, on all of libvirt.

Whatever else declares something of such a type by value is a table that is not seen, and told as that: variables that
are filled when the program runs, members of other structs, macros that make declarations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from ...patterns import regex
from ...records import NamedTuple
from . import declarators, plain
from .brackets import Brackets
from .declarators import Declarator, Declarators, ends, given_up, is_word, start_of, statement_before
from .directives import Directives
from .scan import Cut
from .seen import Found, Meant, Pointer, Seen
from .source import GAP, Next, Source, next_byte

if TYPE_CHECKING:
    from .declarators import Holder
    from .typeof import Typed

    Around = Callable[[int], Holder | None]

_BEFORE = regex(rb"(?:(?:static|const|volatile|extern|struct|[A-Z][A-Z0-9_]*)[ \t]+)*")
_POINTER_ENDS = regex(rb"[,;={}()]")
_LITERAL = regex(rb"(?:\[[^\]]*\]\s*)?\)" + GAP + rb"*\{")
_BY_MACRO = regex(rb"[^(){};]*\)(?:" + GAP + rb"*[A-Za-z_]\w*(?:\[[^\]{};]*\])*)?" + GAP + rb"*=" + GAP + rb"*\{")
_MACRO_VALUE = regex(rb"=" + GAP + rb"*[A-Z][A-Z0-9_]+\b")
#: ``g_autoptr(TYPE) name = ...;``: behind the type, and in front of it.
_AUTOMATIC = regex(rb"\)\s*(?:const\s+)?(?P<name>[A-Za-z_]\w*)\s*[=;]")
_CALLED = regex(
    rb"(?<!\w)(?!(?:return|sizeof|else|case|__typeof__|__typeof|typeof\w*)\b)"
    rb"[A-Za-z_]\w*\s?\(\s*(?:const\s+)?(?:struct\s+)?$"
)
#: ``FOREACH(TYPE, name, list) {``: behind the type.
_WORD = regex(rb"\*?\s*,\s*(?P<name>[A-Za-z_]\w*)\s*[,)]")
_NEAR = 80
_ALL_WORDS = regex(rb"\w+")
_MANY = 48
_DEFINES = {b"{": b"struct ", b";": b"} "}
_POINTER_TYPE = regex(rb"\*\s*(?:const\s+)?([A-Za-z_]\w*)\s*;")
_TYPEOF = regex(rb"\b(?:__)?typeof(?:_unqual)?(?:__)?\s*\([^()]*(?:\([^()]*)?$")
#: A table inside of so many others is not read.
_DEEPEST = 8
_NAME_IT = "name this file under 'headers' in the config"


def tables(
    source: Source,
    code: bytes,
    directives: Directives,
    meant: Meant,
    holders: Around,
    is_header: bool = False,
    is_learned: bool = False,
) -> Seen:
    """All tables of a file.

    Args:
        source: the file.
        code: its bytes with the directives blanked.
        directives: what was blanked.
        meant: what to look for.
        holders: gives the struct that a declaration is a member of.
        is_header: whether other files may include it, so that a type that is renamed in it is used elsewhere.
        is_learned: whether other files are told of it.
    """
    scan = _Scan(source, code, directives, meant, holders)
    scan.named()
    if meant.typeof:
        from .typeof import types

        for each in types(code, scan.meant, scan.brackets):
            scan.typed(each)
        scan.named()
    aliases = [each for each in scan.aliases if each.type not in scan.holding]
    scan.found += (_renamed(each) for each in aliases if each.dimensions or (is_header and not is_learned))
    scan.cut_words(meant.cut)
    defined = {each.name for each in scan.found if each.opening >= 0}
    kept = [each for each in scan.found if each.opening >= 0 or not each.name or each.name not in defined]
    renamed = {each.name: each.type for each in scan.aliases if is_header or each.type in scan.holding}
    renamed |= {name: f"{kind} *" for name, kind in scan.named_pointers.items() if is_header}
    in_order = _apart(sorted(kept, key=lambda each: (each.start, each.opening)))
    known = {name: (kind, int(name in scan.pointed)) for name, kind in scan.meant.items()}
    return Seen(in_order, scan.pointers, scan.holding, renamed, scan.defined, known)


def _apart(found: list[Found]) -> list[Found]:
    """The tables, each byte in few of them: one without an end stops before the next, and deep ones are not read."""
    kept: list[Found] = []
    around: list[int] = []
    following = len(found) * [-1]
    for index in range(len(found) - 2, -1, -1):
        behind = found[index + 1]
        following[index] = behind.opening if behind.opening >= 0 else following[index + 1]
    for each, limit in zip(found, following, strict=True):
        while around and around[-1] <= each.opening:
            around.pop()
        if each.unbalanced and each.opening < limit < each.closing:
            each = each._replace(closing=limit)
        if each.opening >= 0 and len(around) >= _DEEPEST:
            problem = f"{each.name} is inside of {len(around)} other tables and was not read"
            each = Found(each.type, "", each.start, -1, each.start, problem=problem)
        elif each.opening >= 0:
            around.append(each.closing)
        kept.append(each)
    return kept


class Alias(NamedTuple):
    """Another name that a typedef gives a type: which type, how many ``[]`` it has in it, and where it stands."""

    type: str
    name: str
    dimensions: int
    at: int


def _renamed(alias: Alias) -> Found:
    problem = f"{alias.name} is another name of {alias.type}: what other files declare by it is not seen"
    return Found(alias.type, "", alias.at, -1, alias.at, problem=problem, tip=_NAME_IT)


class _Scan:
    """Goes through a file, name by name.

    Attributes:
        found: the tables.
        pointers: to such tables.
        meant: the names of types -> the types.
        pointed: those of them that are types of pointers.
        aliases: those of the names that typedefs of the file give.
        named_pointers: the names that they give pointers to such types -> the types.
        holding: the types that are structs that hold tables -> the fields that do.
    """

    def __init__(self, source: Source, code: bytes, directives: Directives, meant: Meant, holders: Around) -> None:
        self._source, self._code, self._since = source, code, meant.since
        self.brackets = Brackets(code)
        self._declarators_of = Declarators(code, self.brackets, directives)
        self._ends, self._semicolons, self._commas = (Next(code, sign) for sign in (b"\n}", b";", b","))
        self.found, self.pointers, self.aliases = list[Found](), list[Pointer](), list[Alias]()
        self.named_pointers: dict[str, str] = {}
        self._holders, self.holding = holders, {name: set(fields) for name, *fields in meant.holders}
        self.meant = {name: name for name in (*meant.names, *meant.pointers, *self.holding)}
        self.pointed = set(meant.pointers)
        self._done, self.defined, self._dimensions = 0, set[str](), dict[str, int]()
        for name, (kind, stars) in meant.renamed.items():
            self.meant[name] = kind
            self.pointed.update({name} if stars else ())

    def named(self) -> None:
        """Keep what is declared by the names of the types, and by those that this makes known."""
        while self._done < len(self.meant):
            name = list(self.meant)[self._done]
            self._done += 1
            self._read(name)

    @cached_property
    def _words(self) -> frozenset[bytes]:
        """The words of the file: of many names most are not among them, and need not be looked for one by one."""
        return frozenset(_ALL_WORDS.findall(self._code))

    def _read(self, name: str) -> None:
        code, wanted = self._code, name.encode()
        is_there = len(self.meant) < _MANY or not wanted.isascii() or wanted in self._words
        position = code.find(wanted, self._since) if is_there else -1
        while position >= 0:
            end = position + len(wanted)
            if is_word(code, position, end):
                self._at(name, position, end)
            position = code.find(wanted, end)

    def typed(self, typed: Typed) -> None:
        """Keep what is declared by the type of something else."""
        if typed.name is not None:
            self._declarators(typed.name, typed.start, typed.end)
            return
        each = self._declarators_of.at(typed.end)
        if each is not None and each.sign == b"{" and each.is_value and self._may_be_table(typed.start, each.at):
            problem = f"{each.name} has the type of {typed.of}, whose type is unknown here, so it is not read"
            self._note("", typed.start, problem, "write the name of the type")

    def _may_be_table(self, position: int, opening: int) -> bool:
        """Whether a list of values has names, or stands outside of functions: those inside are mostly for zeros."""
        line = self._code.rfind(b"\n", 0, position) + 1
        has_names = self._code.startswith((b".", b"["), next_byte(self._code, opening + 1))
        return has_names or self._code[line : line + 1] not in (b" ", b"\t")

    def cut_words(self, cut: Iterable[Cut]) -> None:
        """Tell of names of types that go on on the next line: they are not looked for."""
        for start, word in cut:
            if word in self.meant and not self._code.startswith(b" ", start):
                problem = f"the name {word} is cut by a line continuation: what is declared by it is not seen"
                self._note(word, start, problem, "write it in one piece")

    def _note(self, name: str, position: int, problem: str, tip: str | None = None) -> None:
        if not self._source.in_comment(position):
            self.found.append(Found(name, "", position, -1, position, problem=problem, tip=tip))

    def _at(self, name: str, position: int, end: int) -> None:
        """Read what stands around a name of a type."""
        code, kind = self._code, self.meant[name]
        if name in self.pointed:
            self.pointers.append(Pointer(kind, end, 1))
            return
        at = next_byte(code, end)
        sign = code[at : at + 1]
        before = _DEFINES.get(sign, b"\0")
        if code.startswith(before, position - len(before)) and kind not in self.holding:
            self.defined.add(name)
        if sign == b"{":
            closed = None if self._declares_nothing_behind(at) else self.brackets.behind(at)
            if closed is not None and not self._is_typedef(position):
                self._declarators(name, position, closed)
        elif sign in (b")", b"[") and (literal := _LITERAL.match(code, at)) and declarators.is_cast(code, position):
            if kind not in self.holding or self.brackets.holds_list(literal.end() - 1):
                self._note(kind, position, f"a table of type {kind} is made at run time")
        elif sign in (b")", b","):
            self._by_macro(kind, position, at)
            if _BY_MACRO.match(code, at) and self._is_in_macro(position):
                self._note(kind, position, f"a macro declares a table of type {kind}: it is not seen", "write it out")
        elif sign != b"(" or not declarators.is_star_before(code, position):
            if sign == b"*":
                self._pointer(kind, position, at)
                self._by_macro(kind, position, at)
            if sign != b"*" or not self._is_only_pointer(at + 1):
                self._declarators(name, position, end)

    def _pointer(self, kind: str, position: int, at: int) -> None:
        """Keep a pointer, or the name of a type that is one."""
        typedef = _POINTER_TYPE.match(self._code, at) if self._is_typedef(position) else None
        if typedef is None:
            self.pointers.append(Pointer(kind, at))
        elif (name := typedef[1].decode()) not in self.meant:
            self.meant[name] = self.named_pointers[name] = kind
            self.pointed.add(name)

    def _by_macro(self, kind: str, position: int, at: int) -> None:
        """Keep a pointer that a macro declares, which is given the type."""
        made = _AUTOMATIC.match(self._code, at) or _WORD.match(self._code, at)
        if made is not None and _CALLED.search(self._code, max(0, position - _NEAR), position):
            self.pointers.append(Pointer(kind, made.start("name"), 1))

    def _declares_nothing_behind(self, opening: int) -> bool:
        """Whether a struct ends with ``};`` at the start of a line, as most do: brackets need not be counted then."""
        end = self._ends.at(opening)
        return end >= 0 and self._code.startswith(b";", next_byte(self._code, end + 2))

    def _is_only_pointer(self, position: int) -> bool:
        """Whether nothing else can be declared with a pointer."""
        match = _POINTER_ENDS.search(self._code, position)
        if match is None or match[0] != b"=":
            return match is None or match[0] in b";){}("
        end, comma = self._semicolons.at(match.end()), self._commas.at(match.end())
        return comma < 0 or 0 <= end < comma

    def _is_in_macro(self, position: int) -> bool:
        """Whether brackets stand around a place that are not those of ``typeof``."""
        before = statement_before(self._code, position)
        return b"(" in before and _TYPEOF.search(before) is None

    def _is_typedef(self, position: int) -> bool:
        return b"typedef" in statement_before(self._code, position).split()

    def _declarators(self, name: str, position: int, at: int) -> None:
        code = self._code
        each = self._declarators_of.at(at)
        if each is None or self._source.in_comment(position):
            return
        line = code.rfind(b"\n", 0, position) + 1
        at_file_level = _BEFORE.fullmatch(code, line, position) is not None
        if each.sign == b"?":
            if at_file_level and code[line : line + 1] not in (b" ", b"\t"):
                self._note(self.meant[name], position, f"what is declared of {self.meant[name]} here cannot be read")
            return
        while each is not None:
            after = self._declared(name, position, line, at_file_level, each)
            comma = next_byte(code, after)
            goes_on = code.startswith(b",", comma)
            if not goes_on or (not at_file_level and each.sign != b"{" and self._in_brackets(position)):
                return
            following = next_byte(code, comma + 1)
            if code.startswith(name.encode(), following) and is_word(code, following, following + len(name)):
                return
            if code.startswith(b"*", following):
                self.pointers.append(Pointer(self.meant[name], following))
            each = self._declarators_of.at(following)

    def _in_brackets(self, position: int) -> bool:
        before = statement_before(self._code, position)
        return before.count(b"(") > before.count(b")")

    def _declared(self, name: str, position: int, line: int, at_file_level: bool, each: Declarator) -> int:
        """Keep what one declarator makes; gives where its value ends."""
        code = self._code
        start = start_of(code, line, position)
        if each.sign == b"{" and each.is_value:
            made = self._table(name, start, each)
            self.found.append(made)
            return made.closing + 1
        if (each.sign in (b",", b";", b"=") or (each.sign == b")" and self._depth(name, each))) and each.is_value:
            self._bare(name, start, at_file_level and code[line : line + 1] not in (b" ", b"\t"), position, each)
        if each.sign == b"{":
            end = self.brackets.brace(each.at)
            return each.at if end is None else end + 1
        return self.brackets.sign(each.at + 1) if each.sign == b"=" else each.at

    def _bare(self, name: str, start: int, is_column: bool, position: int, each: Declarator) -> None:
        """A variable without a list of slots: filled when the program runs, or by a macro; or a member of a struct."""
        before, kind = statement_before(self._code, position), self.meant[name]
        words = before.split()
        if b"typedef" in words:
            self._alias(name, each, position)
        elif self._depth(name, each) and before.count(b"(") > before.count(b")"):
            self.pointers.append(Pointer(kind, next_byte(self._code, position + len(name)), 1))
        elif b"extern" in words:
            self.pointers.append(Pointer(kind, self._code.rfind(each.name.encode(), position, each.at)))
        elif before.count(b"(") <= before.count(b")"):
            if self._is_member(each.name, position) or (kind in self.holding and self._is_quiet(kind, position, each)):
                return
            what = "made by an expression" if each.sign == b"=" else "declared without a list of slots"
            problem = f"{each.name} is {what}"
            if is_column:
                self.found.append(Found(kind, each.name, start, -1, each.at, problem=problem))
            else:
                self._note(kind, position, f"{problem}: what fills this {kind} is not seen")

    def _depth(self, name: str, each: Declarator) -> int:
        """How many dimensions a variable has of its own, and by the typedef that is its type."""
        return each.dimensions + self._dimensions.get(name, 0)

    def _is_member(self, name: str, position: int) -> bool:
        """Whether something is a member of a struct, which is looked for from then on."""
        if (holder := self._holders(position)) is None:
            return False
        kind, self._since = holder.fact.name, 0
        fields = {one[0] for each in holder.fact.members if (one := each.name.split("."))[-1] == name}
        self.holding.setdefault(kind, set()).update(fields)
        if kind not in self.meant and not holder.names:
            self.meant[kind] = kind
            self._declarators(kind, holder.start, holder.closing + 1)
        self.meant.update(dict.fromkeys((kind, *holder.names), kind))
        return True

    def _is_quiet(self, kind: str, position: int, each: Declarator) -> bool:
        """Whether a variable without a list of slots, which holds a table, is made by no macro; its slots are seen."""
        self.pointers.append(Pointer(kind, self._code.rfind(each.name.encode(), position, each.at)))
        return each.sign != b"=" or _MACRO_VALUE.match(self._code, each.at) is None

    def _alias(self, name: str, each: Declarator, position: int) -> None:
        if each.name not in self.meant:
            self.meant[each.name] = self.meant[name]
            self._dimensions[each.name] = dimensions = self._depth(name, each)
            self.aliases.append(Alias(self.meant[name], each.name, dimensions, position))

    def _table(self, name: str, start: int, each: Declarator) -> Found:
        """The table of a list of slots."""
        code, kind, variable, opening = self._code, self.meant[name], each.name, each.at
        dimensions = self._depth(name, each)
        end = None if dimensions or self._source.unterminated is not None else plain.end(code, opening)
        is_plain = end is not None
        if end is None and (end := self.brackets.brace(opening)) is None:
            end = given_up(code, opening)
            unbalanced = f"the braces of {variable} are not balanced"
            return Found(kind, variable, start, opening, end, dimensions, unbalanced, True, other=each.other)
        problem: str | None = None
        if not ends(code, end + 1):
            problem = f"what follows the closing brace of {variable} is neither ';' nor another declaration"
        return Found(kind, variable, start, opening, end, dimensions, problem, plain=is_plain, other=each.other)
