"""Files that tell of public calls: linker version scripts (``.syms``), and indexes of documentation (``-api.xml``,
``objects.inv``).

Both become tables of their own form, ``symbols`` and ``index``, so that they are cached like any other file:
a line of a version script is the call with the name of its node, ``LIBFOO_1.2.0``; a line of an index is the call with
the page that documents it.
"""

from __future__ import annotations

import re

from ..facts import FileFacts, Options, Pair, TableFact, Trouble, Written
from ..patterns import regex
from . import conflicts, inventory

SUFFIXES = (".syms", ".sym", ".map", ".ver", ".xml")
_TOKEN = regex(
    r"\s*(?:(?P<comment>/\*.*?\*/|\#[^\n]*|//[^\n]*)|(?P<endless>/\*.*)|(?P<extern>extern\s+\"[^\"]*\"\s*\{)"
    r"|(?P<word>[\w.@$?*\[\]!-]+|\"[^\"\n]*\")|(?P<sign>[{};:])|(?P<other>[^\s\w.@$?*\[\]!{};:\"#/-]+|\S))",
    re.DOTALL,
)
_FUNCTION = regex(r"<(?:function|functype|macro)\s[^<>]*>")
_ATTRIBUTE = regex(r"\b(name|file)\s*=\s*(?:'([^']*)'|\"([^\"]*)\")")


def read(path: str, data: bytes, options: Options) -> FileFacts:
    """Return the facts of one file; what is broken in it is an error with its place, and the rest is read."""
    if path.endswith(".inv") or data.startswith(inventory.MAGIC):
        return _inventory(path, data)
    found = conflicts.find(data)
    text = conflicts.without(data, found, both=True).decode("utf-8", "replace")
    if path.endswith(".xml"):
        return FileFacts(path, tables=(_table("", "index", 1, _index(text)),), language="symbols")
    script = _Script(text)
    script.read()
    errors = (*(each.trouble for each in found), *script.errors)
    return FileFacts(path, tables=tuple(script.tables), errors=errors, language="symbols")


def _inventory(path: str, data: bytes) -> FileFacts:
    """The facts of a Sphinx inventory."""
    try:
        pairs = [_pair(name, address, 1, 1) for name, address in inventory.names(data)]
    except inventory.Broken as error:
        tip = "build the documentation again, or fetch its objects.inv again"
        return FileFacts(
            path, errors=(Trouble(1, 1, f"this inventory cannot be read: {error}", tip=tip),), language="symbols"
        )
    return FileFacts(path, tables=(_table("", "index", 1, pairs),), language="symbols")


def _table(name: str, form: str, line: int, pairs: list[Pair]) -> TableFact:
    troubles: tuple[Trouble, ...] = ()
    return TableFact(name, "", form, None, None, line, 1, (), -1, (), 0, troubles, tuple(pairs))


def _pair(name: str, value: str, line: int, column: int) -> Pair:
    return Pair(Written("string", name), (Written("string", value),), line, column)


def _index(text: str) -> list[Pair]:
    """The functions of an index with the page that documents each."""
    found: list[Pair] = []
    line, seen = 1, 0
    for match in _FUNCTION.finditer(text):
        line += text.count("\n", seen, match.start())
        seen = match.start()
        given = {name: one or two for name, one, two in _ATTRIBUTE.findall(match[0])}
        if "name" in given and "file" in given:
            found.append(_pair(given["name"], given["file"], line, 1))
    return found


class _Script:
    """A version script, token by token: nodes with a name, braces, and symbols that end with semicolons."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.tables: list[TableFact] = []
        self.errors: list[Trouble] = []
        self._node: str | None = None
        self._opened = (1, 1)
        self._pairs: list[Pair] = []
        self._words: list[tuple[str, int, int]] = []
        self._public = True
        self._after = False
        self._names: set[str] = set()
        self._languages = 0

    def read(self) -> None:
        """Read the whole script."""
        line, start_of_line, seen = 1, 0, 0
        for match in _TOKEN.finditer(self._text.rstrip()):
            kind = match.lastgroup or ""
            start = match.start(kind)
            newlines = self._text.count("\n", seen, start)
            if newlines:
                line += newlines
                start_of_line = self._text.rfind("\n", 0, start) + 1
            seen = start
            if kind != "comment":
                self._token(kind, match[kind], line, start - start_of_line + 1)
        if self._node is not None:
            self._error(*self._opened, f"the group {self._node} is never closed")
            self._close(*self._opened)
        elif self._after:
            self._error(line, 1, "no semicolon follows the last group")

    def _error(self, line: int, column: int, message: str) -> None:
        tip = "fix the version script; what could be read of it is used"
        self.errors.append(Trouble(line, column, message, tip=tip))

    def _token(self, kind: str, text: str, line: int, column: int) -> None:
        if kind == "word":
            self._words.append((text, line, column))
        elif kind == "extern":
            self._languages += 1
        elif kind == "endless":
            self._error(line, column, "the comment that begins here never ends")
        elif kind == "other":
            self._error(line, column, f"{text!r} has no place in a version script")
        elif text == "{":
            self._open(line, column)
        elif text == "}":
            self._closing(line, column)
        elif text == ":":
            self._label(line, column)
        else:
            self._semicolon(line, column)

    def _open(self, line: int, column: int) -> None:
        name = self._words[-1][0] if self._words else ""
        if self._node is not None:
            self._error(line, column, f"the group {name or '{'} begins before {self._node} is closed")
            self._close(line, column)
        if self._after:
            self._error(line, column, f"no semicolon follows the group in front of {name or '{'}")
            self._words, self._after = self._words[-1:], False
        if self._words and len(self._words) > 1:
            self._error(*self._words[0][1:], f"{self._words[0][0]!r} stands outside of any group")
        if name in self._names and name:
            self._error(line, column, f"the group {name} is defined twice")
        self._names.add(name)
        self._node, self._opened, self._words, self._public = name, (line, column), [], True

    def _closing(self, line: int, column: int) -> None:
        if self._languages:
            self._languages -= 1
            return
        if self._words:
            self._error(*self._words[0][1:], f"no semicolon follows {self._words[0][0]!r}")
            self._symbols()
        if self._node is None:
            self._error(line, column, "a brace is closed that was not opened")
        else:
            self._close(line, column)
        self._after = True

    def _close(self, line: int, column: int) -> None:
        self._symbols()
        self.tables.append(_table(self._node or "", "symbols", self._opened[0], self._pairs))
        self._node, self._pairs, self._words = None, [], []

    def _label(self, line: int, column: int) -> None:
        word = self._words.pop()[0] if self._words else ""
        if word not in ("global", "local"):
            self._error(line, column, f"{word!r} is neither 'global' nor 'local'")
        self._public = word != "local"

    def _semicolon(self, line: int, column: int) -> None:
        if self._after:
            for word, at, column_at in self._words:
                if word not in self._names:
                    self._error(at, column_at, f"the group follows {word}, which is not defined above it")
            self._words, self._after = [], False
        elif self._node is None:
            self._error(line, column, "a semicolon outside any group")
            self._words = []
        else:
            if len(self._words) > 1:
                self._error(*self._words[0][1:], f"no semicolon follows {self._words[0][0]!r}")
            self._symbols()

    def _symbols(self) -> None:
        for word, line, column in self._words:
            if self._public and self._node is not None:
                self._pairs.append(_pair(word.strip('"'), self._node, line, column))
        self._words = []
