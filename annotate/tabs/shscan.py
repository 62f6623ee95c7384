"""The stretches of a shell script that keep their tabs, found without a grammar.

The bash grammar fails on some constructs and may then confuse code and strings. This scan follows quotes, expansions,
comments and here-documents by the shell's quoting rules; in doubt it keeps tabs. A tab is fixable only if neither scan
nor grammar finds it in a literal.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache

from ..patterns import regex

_HERE = regex(rb"<<(-?)[ \t]*((?:\\.|'[^'\n]*'|\"[^\"\n]*\"|[^\s;&|<>()'\"\\])+)")
_PLAIN = regex(rb"[^\\'\"`$#\n<(){}]+")
#: Characters that may precede a word, and so the number sign of a comment.
_BETWEEN_WORDS = frozenset(b" \t\n\r;&|()`")
_UNQUOTE = regex(rb"\\(.)|['\"]")


def literals(body: bytes) -> list[tuple[int, int]]:
    """Quoted text, brace expansions and here-documents, in text order."""
    return _scanned(body).kept


def documents(body: bytes) -> list[tuple[int, int, bool]]:
    """The bodies of here-documents with their last lines, in text order, and whether leading tabs are stripped."""
    return _scanned(body).documents


@lru_cache(maxsize=2)
def _scanned(body: bytes) -> _Scanner:
    return _Scanner(body).scan()


class _Scanner:
    """One pass over a script; ``stack`` has the expected closing signs, ``open`` how many of each."""

    def __init__(self, body: bytes) -> None:
        self.body, self.at, self.stack = body, 0, [""]
        self.open: Counter[str] = Counter()
        self.kept: list[tuple[int, int]] = []
        self.documents: list[tuple[int, int, bool]] = []
        self.pending: list[tuple[bool, bytes]] = []
        self.since = 0
        self.searched, self.has_arithmetic = 0, False

    def scan(self) -> _Scanner:
        body, end = self.body, len(self.body)
        while self.at < end:
            found = _PLAIN.match(body, self.at)
            if found is not None:
                self.at = found.end()
                continue
            self._sign(body[self.at : self.at + 1])
        if self._quoted():
            self.kept.append((self.since, end))
        return self

    def _quoted(self) -> bool:
        """Whether an open quote or expansion makes tabs significant."""
        return bool(self.open['"'] or self.open["}"] or self.open["`"])

    def _push(self, sign: str) -> None:
        if not self._quoted():
            self.since = self.at
        self.stack.append(sign)
        self.open[sign] += 1

    def _pop(self) -> None:
        was = self._quoted()
        self.open[self.stack.pop()] -= 1
        if was and not self._quoted():
            self.kept.append((self.since, self.at))

    def _sign(self, sign: bytes) -> None:
        top = self.stack[-1]
        handler = {b"\\": self._escape, b"'": self._single, b"$": self._dollar, b"#": self._comment}.get(sign)
        if handler is not None:
            handler()
        elif sign == b"\n":
            self._newline()
        elif sign == b"<" and top != '"':
            self._here()
        else:
            self._bracket(sign.decode("latin-1"), top)

    def _bracket(self, sign: str, top: str) -> None:
        self.at += 1
        if sign == top:
            self._pop()
        elif sign in '"`':
            self.at -= 1
            self._push(sign)
            self.at += 1
        elif sign == "(" and top in (")", "))"):
            self._push(")")

    def _escape(self) -> None:
        self.at += 2

    def _single(self) -> None:
        """A single quote is an ordinary character in double quotes."""
        if self.stack[-1] == '"' or (self.stack[-1] == "}" and self.open['"']):
            self.at += 1
            return
        end = self.body.find(b"'", self.at + 1)
        end = len(self.body) if end < 0 else end + 1
        self.kept.append((self.at, end))
        self.at = end

    def _dollar(self) -> None:
        body, at = self.body, self.at
        after = body[at + 1 : at + 2]
        if after == b"'" and self.stack[-1] != '"':
            found = re.compile(rb"\$'(?:\\(?s:.)|[^'\\])*'?").match(body, at)
            end = found.end() if found is not None else at + 2
            self.kept.append((at, end))
            self.at = end
        elif after == b"{":
            self._push("}")
            self.at += 2
        elif after == b"(":
            self._push(")")
            self.at += 2
        else:
            self.at += 2 if after in (b"#", b"$") else 1

    def _comment(self) -> None:
        """A number sign starts a comment at the start of a word, outside quotes and braces."""
        body, at = self.body, self.at
        before = body[at - 1] if at else 10
        if self.stack[-1] in ('"', "}") or before not in _BETWEEN_WORDS:
            self.at += 1
            return
        end = body.find(b"\n", at)
        self.at = len(body) if end < 0 else end

    def _here(self) -> None:
        body, at = self.body, self.at
        if body.startswith(b"<<<", at):
            self.at += 3
            return
        found = _HERE.match(body, at)
        if found is None or self._in_arithmetic():
            self.at += 2 if body.startswith(b"<<", at) else 1
            return
        self.pending.append((found[1] == b"-", _UNQUOTE.sub(rb"\1", found[2])))
        self.at = found.end()

    def _in_arithmetic(self) -> bool:
        """Whether ``((`` stands before on the line; what was searched for the last one is not searched again."""
        line = self.body.rfind(b"\n", self.searched, self.at)
        begin = max(0, self.searched - 1) if line < 0 else line
        self.has_arithmetic = (self.has_arithmetic and line < 0) or self.body.find(b"((", begin, self.at) >= 0
        self.searched = self.at
        return self.has_arithmetic

    def _newline(self) -> None:
        self.at += 1
        for dashed, mark in self.pending:
            end = self._end_of(dashed, mark)
            self.kept.append((self.at, end))
            self.documents.append((self.at, end, dashed))
            self.at = end
        self.pending = []

    def _end_of(self, dashed: bool, mark: bytes) -> int:
        """The end of the line that terminates a here-document."""
        tabs = rb"\t*" if dashed else b""
        found = re.compile(rb"^" + tabs + re.escape(mark) + rb"\r?$", re.MULTILINE).search(self.body, self.at)
        return len(self.body) if found is None else found.end()
