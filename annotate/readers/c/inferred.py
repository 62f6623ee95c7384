"""Pointers to tables that do not name their type: ``__auto_type p = &t;``, ``auto p = x->ops;``, ``typeof(t) *p``.

The type is that of an expression, which is followed as far as the file and the links tell. Where it is not known, each
slot that is set through the pointer is in doubt.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from ...patterns import regex
from ...records import NamedTuple
from .brackets import Brackets
from .links import Link
from .scan import ARRAY, CALL, GLOBAL, MACRO, OF_WORDS, VALUE
from .seen import Pointer
from .source import COMMENT, Source, next_byte

#: What begins with a plain text is searched for faster than anything else.
_AUTO = rb"auto(?:_type)?"
_IN_WORD = frozenset(bytes([byte]) for byte in (*OF_WORDS, *b".>"))
_QUALIFIED = rb"(?:\b(?:const|volatile|register|restrict|_Atomic)\b\s*)*"
#: Behind the word: the stars that the declarator repeats, and its name.
_NAMED = rb"\s+" + _QUALIFIED + rb"(?P<stars>(?:\*\s*)*)" + _QUALIFIED + rb"(?P<name>[A-Za-z_]\w*)\s*=(?!=)"
#: A macro that is another word for it.
_LET = regex(rb"define[ \t]+(\w+)[ \t]+(?:const[ \t]+)?(?:__auto_type|auto)\b")
_TYPEOF = regex(rb"typeof(?:_unqual)?(?:__)?\s*(?=\()")
_DECLARES = regex(rb"\s*" + _QUALIFIED + rb"(?P<stars>(?:\*\s*)*)" + _QUALIFIED + rb"[A-Za-z_]\w*\s*[;,)=\[]")
_TYPE = rb"(?:\b(?:const|volatile|struct|union|enum)\b\s*)*(?P<type>[A-Za-z_]\w*)(?P<stars>(?:\s|\*|\bconst\b)*)"
_IS_TYPE = regex(_TYPE)
_CAST = regex(rb"\(\s*" + _TYPE + rb"(?:\[[^\]]*\]\s*)?\)\s*(?=[\w&*({])")
_WORDS = frozenset(b"int char long short unsigned signed float double bool void".split())
_FIRST = rb"(?m)(?:^|[;{}(,])\s*(?:(?:static|extern|register|const|volatile|struct)\s+)*"
_DECLARED = (
    _FIRST + rb"(?P<type>[A-Za-z_]\w*)(?P<stars>(?:[\s*]|\bconst\b)+?)(?<!\w)NAME\b(?P<array>(?:\s*\[[^\]]*\])*)"
)
_NO_TYPES = frozenset(b"return goto else case sizeof typeof in do auto __auto_type".split())
_LAST = regex(rb"(?s)(?P<base>.*?)\s*(?:->|\.)\s*(?P<field>[A-Za-z_]\w*)$")
_WORD = regex(rb"[A-Za-z_]\w*")
_CALLED = regex(rb"(?s)(?P<name>[A-Za-z_]\w*)\s*\((?P<given>.*)\)$")
#: The stars of fields that are tables themselves.
_DEPTHS = {VALUE: 0, ARRAY: 1}
#: Expressions in expressions, deeper than anybody writes them.
_DEEPEST = 16


class Of(NamedTuple):
    """The type of an expression: that of a table or what holds one, its stars, and whether that is sure.

    ``type`` is None where nothing tells it, and empty for what is no table.
    """

    type: str | None
    stars: int = 0
    is_sure: bool = True


_UNKNOWN, _OTHER = Of(None), Of("")


class _Types:
    """Tells the types of expressions in one file.

    Args:
        code: its bytes with the directives blanked.
        types: the names of types -> the type, and how many stars a name stands for.
        links: what leads to tables.
    """

    def __init__(self, code: bytes, types: Mapping[str, tuple[str, int]], links: Collection[Link]) -> None:
        self._code, self._types = code, types
        self._by_name: dict[str, list[Link]] = {}
        for link in links:
            self._by_name.setdefault(link[0], []).append(link)
        #: Variables whose types were inferred: where they are declared.
        self._known: dict[bytes, list[tuple[int, Of]]] = {}

    def keep(self, name: bytes, at: int, found: Of) -> None:
        """Let a variable that is declared at a place have a type from there on."""
        self._known.setdefault(name, []).append((at, found))

    def of(self, text: bytes, at: int, depth: int = 0) -> Of:
        """The type of an expression that stands at a place."""
        text = text.strip()
        if depth > _DEEPEST or not text:
            return _UNKNOWN
        parts = _split(text)
        if len(parts) > 1:
            return next((each for each in (self.of(part, at, depth + 1) for part in parts) if each.type), _UNKNOWN)
        if text[:1] in (b"&", b"*"):
            found = self.of(text[1:], at, depth + 1)
            return found._replace(stars=found.stars + (1 if text[:1] == b"&" else -1)) if found.type else found
        if (cast := _CAST.match(text)) is not None and (found := self._of_type(cast)).type is not None:
            return found
        if text.startswith(b"(") and text.endswith(b")") and _closes(text, 0) == len(text) - 1:
            return self.of(text[1:-1], at, depth + 1)
        if text.endswith(b"]") and (opening := _opens(text)) > 0:
            found = self.of(text[:opening], at, depth + 1)
            return found._replace(stars=found.stars - 1) if found.type else found
        if (called := _CALLED.match(text)) is not None and _closes(text, called.end("name")) == len(text) - 1:
            return self._of_call(called)
        if (last := _LAST.fullmatch(text)) is not None:
            return self._of_field(last, at, depth)
        return self._of_name(text, at) if _WORD.fullmatch(text) else _UNKNOWN

    def of_type(self, text: bytes, at: int) -> Of:
        """The type of what stands in the brackets of ``typeof``: a type, or an expression."""
        given = _IS_TYPE.fullmatch(text.strip())
        found = self._of_type(given) if given is not None else _UNKNOWN
        return found if found.type is not None else self.of(text, at)

    def _of_type(self, match: re.Match[bytes]) -> Of:
        """The type that is written; unknown where the word may be none."""
        word = match["type"]
        known = self._types.get(word.decode())
        stars = match["stars"].count(b"*")
        if known is not None:
            return Of(known[0], known[1] + stars)
        is_type = stars or word in _WORDS or match[0].lstrip(b"( ").startswith((b"struct", b"union", b"enum"))
        return _OTHER if is_type else _UNKNOWN

    def _of_call(self, match: re.Match[bytes]) -> Of:
        """What a function or a macro gives."""
        for link in self._by_name.get(match["name"].decode(), ()):
            if link[2] in (CALL, MACRO):
                return Of(link[1], 1)
        given = _IS_TYPE.fullmatch(match["given"].partition(b",")[0].strip())
        known = self._types.get(given["type"].decode()) if given is not None and not given["stars"].strip() else None
        # ``g_new0(struct ops, 1)``
        return Of(known[0], known[1] + 1) if known is not None else _UNKNOWN

    def _of_field(self, match: re.Match[bytes], at: int, depth: int) -> Of:
        """What a field of a struct leads to; it is sure where the struct is known."""
        links = [each for each in self._by_name.get(match["field"].decode(), ()) if each[2] in _DEPTHS or each[3:]]
        if not links:
            return _OTHER if match["field"].isupper() else _UNKNOWN
        base = match["base"].strip(b"()&* \t\r\n")
        found = self.of(base, at, depth + 1) if base else _UNKNOWN
        owners = {found.type} if found.type else self._owners(base, at)
        fitting = next((each for each in links if not owners.isdisjoint(each[3:])), None)
        link = fitting or links[0]
        return Of(link[1], _DEPTHS[link[2]] if link[2] in _DEPTHS else int(link[2]), fitting is not None)

    def _owners(self, base: bytes, at: int) -> set[str | None]:
        match = self._declared(base, at) if _WORD.fullmatch(base) else None
        return {match["type"].decode()} if match is not None else set()

    def _of_name(self, name: bytes, at: int) -> Of:
        """The type of a variable: where it was inferred, else as it is declared."""
        start = self._code.rfind(b"\n}", 0, at)
        inferred = [each for place, each in self._known.get(name, ()) if start < place < at]
        if inferred:
            return inferred[-1]
        match = self._declared(name, at)
        if match is not None:
            known = self._types.get(match["type"].decode())
            stars = match["stars"].count(b"*") + match["array"].count(b"[")
            return _OTHER if known is None else Of(known[0], known[1] + stars)
        for link in self._by_name.get(name.decode(), ()):
            if link[2].startswith(GLOBAL):
                return Of(link[1], int(link[2][1:]))
        return _UNKNOWN

    def _declared(self, name: bytes, at: int) -> re.Match[bytes] | None:
        """Where a variable is declared: in the function around a place the last time before it, else in the file."""
        expression = re.compile(_DECLARED.replace(b"NAME", re.escape(name)))
        start = max(0, self._code.rfind(b"\n}", 0, at))
        for begin, end in ((start, at), (0, start)):
            found = [each for each in expression.finditer(self._code, begin, end) if each["type"] not in _NO_TYPES]
            if found:
                return found[-1]
        return None


def pointers(
    code: bytes,
    brackets: Brackets,
    source: Source,
    types: Mapping[str, tuple[str, int]],
    links: Collection[Link],
) -> Iterator[Pointer]:
    """The pointers to tables whose declarations do not name a type; one for each type where that is not known.

    Args:
        code: the bytes of a file with the directives blanked.
        brackets: of the file.
        source: the file.
        types: the names of types -> the type, and how many stars a name stands for.
        links: what leads to tables.
    """
    known = _Types(code, types, links)
    kinds = sorted({kind for kind, _ in types.values()})
    for at, declarator, text, name in sorted(_declarations(source.data, code, brackets)):
        found = known.of(text, at) if name else known.of_type(text, at)
        if source.in_comment(at):
            continue
        match = _DECLARES.match(code, declarator)
        stars = code[declarator : match.end()].count(b"*") if match is not None else 0
        if name:
            known.keep(name, at, found)
            stars = 0 if found.type is None else found.stars - stars
        else:
            stars = found.stars
        if match is None or found.type == "" or (found.type is not None and stars + match["stars"].count(b"*") < 1):
            continue
        for kind in [found.type] if found.type is not None else kinds:
            implied = stars if found.type is not None else int(not match["stars"])
            yield Pointer(kind, declarator, implied, found.is_sure and found.type is not None)


def _declarations(data: bytes, code: bytes, brackets: Brackets) -> Iterator[tuple[int, int, bytes, bytes]]:
    """Where one is declared, where its declarator begins, the text that tells its type, and for a value its name."""
    others = _LET.findall(data) if b"auto" in data else []
    expression = b"|".join((_AUTO, *(re.escape(each) + rb"\b" for each in others)))
    for match in re.finditer(rb"(?:" + expression + rb")(?=" + _NAMED + rb")", code):
        at = match.start() - 2 * code.startswith(b"__auto_type", match.start() - 2)
        named = re.compile(_NAMED).match(code, match.end())
        if named is not None and code[at - 1 : at] not in _IN_WORD:
            yield at, match.end(), code[named.end() : brackets.sign(named.end())], named["name"]
    for match in _TYPEOF.finditer(code) if b"typeof" in code else ():
        at = match.start() - 2 * code.startswith(b"__", match.start() - 2)
        opening = next_byte(code, match.end())
        end = brackets.behind(opening) if code[at - 1 : at] not in _IN_WORD else None
        if end is not None:
            yield at, end, re.sub(rb"(?s)" + COMMENT, b" ", code[opening + 1 : end - 1]), b""


def _split(text: bytes) -> list[bytes]:
    """The two last parts of ``a ? b : c``; else the text."""
    depth, asked, colon = 0, -1, -1
    for at, sign in enumerate(text):
        depth += (sign in b"([{") - (sign in b")]}")
        if depth == 0 and sign == 0x3F and asked < 0:
            asked = at
        elif depth == 0 and sign == 0x3A and asked >= 0 and colon < 0:
            colon = at
    return [text[asked + 1 : colon], text[colon + 1 :]] if colon > asked >= 0 else [text]


def _closes(text: bytes, opening: int) -> int:
    """Where the bracket is closed that stands first at or behind a place; -1 where it is not."""
    depth = 0
    for at in range(opening, len(text)):
        depth += (text[at] in b"([{") - (text[at] in b")]}")
        if depth == 0 and text[at] in b")]}":
            return at
    return -1


def _opens(text: bytes) -> int:
    """Where the bracket is opened that ends a text."""
    depth = 0
    for at in range(len(text) - 1, -1, -1):
        depth += (text[at] in b")]}") - (text[at] in b"([{")
        if depth == 0:
            return at
    return -1
