"""One declarator of C, read from the bytes: what stands between a type and the ``=``, ``,`` or ``;`` behind its name.

Macros are not expanded. Of several words one is the name, and the others are macros that say something about the
variable: those that the file defines, and else those that are spelled as macros mostly are. Where that leaves two words
to choose from it is told.
"""

import re
from functools import cached_property

from ...facts import ClassFact
from ...patterns import regex
from ...records import NamedTuple
from .brackets import Brackets
from .directives import Directives
from .source import COMMENT, GAP, STRING, next_byte

_PIECE = regex(GAP + rb"*(?:(?P<word>[A-Za-z_]\w*)|(?P<sign>[*&^(\[={;,):]))")
_IN_BRACKETS = rb"(?P<stars>[*^&(\s]*)(?P<word>[A-Za-z_]\w*)"
_SPACE = b" \t\r\n"
#: The rest of a word that goes on on the next line.
_CONTINUED = rb"\\\r?\n"
_REST = rb"(?:\\\r?\n\w+)+"
_QUIET = rb"(?s)" + COMMENT + rb"|" + STRING
_QUALIFIERS = frozenset(
    b"""
    const volatile static register extern inline restrict auto _Atomic _Thread_local thread_local __thread constexpr
    __const __volatile__ __restrict __extension__
    """.split()
)
_TAKE_BRACKETS = frozenset(b"__attribute__ __attribute _Alignas alignas __declspec __asm__ asm __asm".split())
#: The longest part of a statement that is looked at.
_STATEMENT = 1 << 12
#: What has more pieces than this in front of a sign is no declaration.
_LONGEST = 24
_OF_WORDS = frozenset(byte for byte in range(256) if chr(byte).isalnum() or byte == 0x5F)
_LETTERS = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_")
_NEXT_THING = rb"(?m)^\}|^(?=[A-Za-z_#])"
_ADDRESS = rb"&\s*([A-Za-z_]\w*)"
#: A macro that stands for another name, as a variable that is renamed has it.
_OTHER_NAME = r"(?!__)[A-Za-z_]\w*"


#: So much is looked at in front of a name.
_NEAR = 40
_CASTS = regex(rb"[(\s](?:const|volatile|static|struct|union)\s*$|\(\s*$")
#: The brackets of a condition or a call: ``if (ops) {``, ``EACH(ops) {``.
_CALLS = regex(rb"\b(?!(?:return|sizeof|else|case|do)\b)[A-Za-z_]\w*\s*\(\s*$")


class Declarator(NamedTuple):
    """What a declaration says of one variable.

    Attributes:
        name: as written (``NAME(Driver)`` where a macro makes it).
        is_value: it is a variable of the type itself, or an array of them: no pointer and no function.
        dimensions: how many ``[]`` follow the name.
        sign: what follows: ``{`` for a list of slots, ``=`` for an expression, else ``,``, ``;``, ``)`` or ``:``;
            ``?`` where something stands that no declarator has.
        at: where that stands.
        other: a word that may be the name as well.
    """

    name: str
    is_value: bool
    dimensions: int
    sign: bytes
    at: int
    other: str | None = None


class Holder:
    """A struct that holds a table: its fact, the names of its type, where its statement begins, and its braces."""

    def __init__(self, fact: ClassFact, names: tuple[str, ...], start: int, opening: int, closing: int) -> None:
        self.fact, self.names, self.start, self.opening, self.closing = fact, names, start, opening, closing


class _Word(NamedTuple):
    text: str
    arguments: str = ""

    @property
    def looks_like_macro(self) -> bool:
        return self.text.isupper() or self.text.startswith("__")


class _Reader:
    """Reads one declarator, piece by piece."""

    def __init__(self, file: "Declarators") -> None:
        self._file, self._code = file, file.code
        self._words: list[_Word] = []
        self._pointer = False
        self._dimensions = 0

    def read(self, position: int) -> Declarator | None:
        """The declarator that begins at a byte."""
        for _ in range(_LONGEST):
            match = _PIECE.match(self._code, position)
            if match is None:
                break
            word, sign = match.group("word", "sign")
            if word is not None:
                end = self._word(word, match.end())
            elif sign in b"([":
                end = self._brackets(sign, match.end() - 1)
            elif sign in b"*&^":
                end = None if self._words else match.end()
                self._pointer = True
            else:
                return self._made(sign, match.end() - 1)
            if end is None:
                break
            position = end
        return Declarator("", False, 0, b"?", position)

    def _word(self, word: bytes, end: int) -> int | None:
        if word in _TAKE_BRACKETS:
            match = _PIECE.match(self._code, end)
            return None if match is None else self._file.brackets.behind(match.end() - 1)
        if word in _QUALIFIERS:
            return end
        rest = re.compile(_REST).match(self._code, end) if self._code.startswith(b"\\", end) else None
        if rest is not None:
            word, end = word + re.sub(_CONTINUED, b"", rest[0]), rest.end()
        self._words.append(_Word(word.decode()))
        return end

    def _brackets(self, sign: bytes, opening: int) -> int | None:
        end = self._file.brackets.behind(opening)
        if end is None:
            return None
        if sign == b"[":
            self._dimensions += bool(self._words) and not self._code.startswith(b"[[", opening)
        elif self._words:
            text = " ".join(self._code[opening:end].decode("latin-1").split())
            self._words[-1] = self._words[-1]._replace(arguments=text)
        else:
            inner = re.compile(_IN_BRACKETS).match(self._code, opening + 1)
            if inner is None:
                return None
            self._pointer = self._pointer or bool(inner["stars"].strip(b"(" + _SPACE))
            self._dimensions += self._code.count(b"[", inner.end(), end)
            self._words.append(_Word(inner["word"].decode()))
        return end

    def _made(self, sign: bytes, at: int) -> Declarator | None:
        words, initialised = self._words, False
        if sign == b"=":
            if self._code.startswith(b"==", at):
                return None
            if not words:
                return Declarator("", False, 0, b"?", at)
            initialised = True
            value = next_byte(self._code, at + 1)
            if self._code.startswith(b"{", value):
                sign, at = b"{", value
        if not words or (sign == b"{" and not initialised and any(each.arguments for each in words)):
            return None
        named, other = self._named()
        is_call = bool(words[0].arguments) and (named is words[0] or not self._is_macro(words[0]))
        is_value = not self._pointer and (initialised or not is_call)
        return Declarator(named.text + named.arguments, is_value, self._dimensions, sign, at, other)

    def _named(self) -> tuple[_Word, str | None]:
        """Which word is the name, and which other one may be it as well."""
        words = list(dict.fromkeys(self._words))
        if len(words) == 1:
            return words[0], None
        able = [each for each in words if not each.arguments and not self._is_macro(each)]
        plain = [each for each in able if not each.looks_like_macro]
        if not plain:
            loud = [each for each in words if not each.text.startswith("__") and (each.arguments or each in able)]
            return (loud or words)[0], loud[1].text if len(loud) > 1 else None
        if able[0] is not plain[0] and len(plain) == 1:
            return plain[0], None
        taken = [each for each in able if each.text.encode() in self._file.taken]
        if len(taken) == 1:
            return taken[0], None
        return plain[-1], plain[0].text if len(plain) > 1 else None

    def _is_macro(self, word: _Word) -> bool:
        """Whether the file defines a word as something other than a name; without a definition, by its spelling."""
        if word.arguments:
            return word.looks_like_macro or word.text in self._file.directives.defined
        if word.text not in self._file.directives.defined:
            return False
        found = self._file.directives.macros.get(word.text, [])
        return not any(each.takes_arguments or _is_other_name(each.body) for each in found)


def _is_other_name(body: str) -> bool:
    return re.fullmatch(_OTHER_NAME, body) is not None and body.encode() not in _QUALIFIERS


class Declarators:
    """Reads the declarators of one file.

    Args:
        code: the bytes of the file with the directives blanked.
        brackets: of the file.
        directives: what was blanked; the macros that are defined there are known.
    """

    def __init__(self, code: bytes, brackets: Brackets, directives: Directives) -> None:
        self.code, self.brackets, self.directives = code, brackets, directives

    def at(self, position: int) -> Declarator | None:
        """Read the declarator that begins at a byte, behind a type or a comma.

        Returns:
            What it says; None where none begins there, as behind a type in brackets.
        """
        return _Reader(self).read(position)

    @cached_property
    def taken(self) -> frozenset[bytes]:
        """The words whose address is taken somewhere: variables and functions, and never macros that say something."""
        return frozenset(re.findall(_ADDRESS, self.code))


def is_cast(code: bytes, position: int) -> bool:
    """Whether brackets in front of a name hold a type: a parameter of that name stands behind its own type there.

    A condition or a call holds a variable of that name.
    """
    before = code[max(0, position - _NEAR) : position]
    return _CASTS.search(before) is not None and _CALLS.search(before) is None


def is_star_before(code: bytes, position: int) -> bool:
    """Whether a star stands in front of a place: a function named as a type, and no type, where a bracket follows."""
    return code[max(0, position - _NEAR) : position].rstrip().endswith(b"*")


def statement_before(code: bytes, position: int) -> bytes:
    """What stands before a byte in its statement, comments and strings left out."""
    first = max(0, position - _STATEMENT)
    begin = max(first - 1, *(code.rfind(sign, first, position) for sign in (b";", b"{", b"}"))) + 1
    before = code[begin:position]
    if b"/" not in before and b'"' not in before and b"'" not in before:
        return before
    return re.sub(_QUIET, b"", before).rpartition(b"*/")[2]


def ends(code: bytes, position: int) -> bool:
    """Whether a declaration ends at a place, or goes on with another variable."""
    at = next_byte(code, position)
    if code.startswith(b",", at):
        at = next_byte(code, at + 1)
        return at < len(code) and (code[at] in _LETTERS or code.startswith((b"*", b"("), at))
    return code.startswith(b";", at)


def given_up(code: bytes, opening: int) -> int:
    """Where to stop reading a table that has no end: where the next thing begins at the start of a line."""
    line = code.find(b"\n", opening)
    match = re.compile(_NEXT_THING).search(code, line + 1) if line >= 0 else None
    return match.start() if match is not None else len(code)


def is_word(code: bytes, start: int, end: int) -> bool:
    """Whether what stands between two places is a whole word."""
    return not ((start and code[start - 1] in _OF_WORDS) or (end < len(code) and code[end] in _OF_WORDS))


def start_of(code: bytes, line: int, position: int) -> int:
    """Where the declaration begins: on the line of its type, or above where ``static`` stands alone."""
    text = code[line:position]
    return line + len(text) - len(text.lstrip())
