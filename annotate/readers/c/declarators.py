"""One declarator of C, read from the bytes: what stands between a type and the ``=``, ``,`` or ``;`` behind its name.

Macros are not expanded. Of several words one is the name, and the others are macros that say something about the
variable; which is which is told by how macros are mostly spelled.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .source import COMMENT, GAP, STRING, next_byte

_PIECE = re.compile(GAP + rb"*(?:(?P<word>[A-Za-z_]\w*)|(?P<sign>[*&^(\[={;,):]))")
_IN_BRACKETS = rb"(?P<stars>[*^&\s]*)(?P<word>[A-Za-z_]\w*)"
_SIGNS = rb"(?s)(?:" + COMMENT + rb"|" + STRING + rb")|(?P<endless>/\*)|(?P<open>[(\[{])|(?P<close>[)\]}])|[,;]"
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
#: No bracket is looked for farther away than this: in a file that is broken each would be looked for to its end.
_FAR = 1 << 16
#: The longest part of a statement that is looked at.
_STATEMENT = 1 << 12
#: What has more pieces than this in front of a sign is no declaration.
_LONGEST = 24


class Declarator(NamedTuple):
    """What a declaration says of one variable.

    Attributes:
        name: as written (``NAME(Driver)`` where a macro makes it).
        is_value: it is a variable of the type itself, or an array of them: no pointer and no function.
        dimensions: how many ``[]`` follow the name.
        sign: what follows: ``{`` for a list of slots, ``=`` for an expression, else ``,``, ``;``, ``)`` or ``:``.
        at: where that stands.
    """

    name: str
    is_value: bool
    dimensions: int
    sign: bytes
    at: int


class _Word(NamedTuple):
    text: str
    arguments: str = ""

    @property
    def looks_like_macro(self) -> bool:
        return self.text.isupper() or self.text.startswith("__")


class _Reader:
    """Reads one declarator, piece by piece."""

    def __init__(self, code: bytes) -> None:
        self._code = code
        self._words: list[_Word] = []
        self._pointer = False
        self._dimensions = 0

    def read(self, position: int) -> Declarator | None:
        """The declarator that begins at a byte."""
        for _ in range(_LONGEST):
            match = _PIECE.match(self._code, position)
            if match is None:
                return None
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
                return None
            position = end
        return None

    def _word(self, word: bytes, end: int) -> int | None:
        if word in _TAKE_BRACKETS:
            match = _PIECE.match(self._code, end)
            return None if match is None else behind_brackets(self._code, match.end() - 1)
        if word in _QUALIFIERS:
            return end
        rest = re.compile(_REST).match(self._code, end) if self._code.startswith(b"\\", end) else None
        if rest is not None:
            word, end = word + re.sub(_CONTINUED, b"", rest[0]), rest.end()
        self._words.append(_Word(word.decode()))
        return end

    def _brackets(self, sign: bytes, opening: int) -> int | None:
        end = behind_brackets(self._code, opening)
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
            self._pointer = self._pointer or bool(inner["stars"].strip())
            self._words.append(_Word(inner["word"].decode()))
        return end

    def _made(self, sign: bytes, at: int) -> Declarator | None:
        words, initialised = self._words, False
        if sign == b"=":
            if not words or self._code.startswith(b"==", at):
                return None
            initialised = True
            value = next_byte(self._code, at + 1)
            if self._code.startswith(b"{", value):
                sign, at = b"{", value
        if not words or (sign == b"{" and not initialised and any(each.arguments for each in words)):
            return None
        plain = (each for each in words if not each.arguments and not each.looks_like_macro)
        named = next(plain, words[0])
        is_call = bool(words[0].arguments) and (named is words[0] or not words[0].looks_like_macro)
        is_value = not self._pointer and (initialised or not is_call)
        return Declarator(named.text + named.arguments, is_value, self._dimensions, sign, at)


def declarator(code: bytes, position: int) -> Declarator | None:
    """Read the declarator that begins at a byte, behind a type or a comma.

    Returns:
        What it says; None where none begins there, as behind a type in brackets.
    """
    return _Reader(code).read(position)


def behind_brackets(code: bytes, opening: int) -> int | None:
    """One past the bracket that closes the one at ``opening``, of whichever kind; None where there is none."""
    depth = 0
    for match in re.compile(_SIGNS).finditer(code, opening, opening + _FAR):
        if match["endless"] is not None:
            return None
        if match["open"] is not None:
            depth += 1
        elif match["close"] is not None:
            depth -= 1
            if depth <= 0:
                return match.end() if depth == 0 else None
        elif depth == 0:
            return None
    return None


def next_sign(code: bytes, position: int) -> int:
    """Where the next comma or semicolon stands that no brackets hold, or the bracket that ends what is around it."""
    depth = 0
    for match in re.compile(_SIGNS).finditer(code, position, position + _FAR):
        if match["endless"] is not None:
            break
        if match["open"] is not None:
            depth += 1
        elif match["close"] is not None:
            if depth == 0:
                return match.start()
            depth -= 1
        elif depth == 0 and code[match.start() : match.end()] in (b",", b";"):
            return match.start()
    return len(code)


def statement_before(code: bytes, position: int) -> bytes:
    """What stands before a byte in its statement, comments and strings left out."""
    first = max(0, position - _STATEMENT)
    begin = max(first - 1, *(code.rfind(sign, first, position) for sign in (b";", b"{", b"}"))) + 1
    before = code[begin:position]
    if b"/" not in before and b'"' not in before and b"'" not in before:
        return before
    return re.sub(_QUIET, b"", before).rpartition(b"*/")[2]
