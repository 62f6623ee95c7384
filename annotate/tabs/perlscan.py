"""A second reading of Perl, without a grammar: which bytes belong to literals, by perl's own rules of quoting.

Where perl itself would have to know a prototype, as for ``name /`` (a division, or a match as the argument of
``name``), the reading is in doubt: as far as the match would go, and to the end of the file if quotes in it would shift
all that follows. A tab is fixable only if the grammar and this reading both say that it is not in a literal.
"""

from __future__ import annotations

import re
from functools import lru_cache

from ..patterns import regex
from ..records import NamedTuple
from . import pod

Span = tuple[int, int]
LITERAL, COMMENT, DOCUMENTATION, LIST = "literal", "comment", "POD", "word list"
#: The first sign of each token stands in a set, which the search passes over quickly; then its kind is told.
_TOKENS = rb"""
    (?: (?<=\#)(?<!\$\#) (?P<comment> [^\n]* )
      | (?<=")(?<!\$") (?P<double> [^"\\]*(?:\\.[^"\\]*)*" )
      | (?<=')(?<!\$') (?P<single> [^'\\]*(?:\\.[^'\\]*)*' )
      | (?<=`)(?<!\$`) (?P<command> [^`\\]*(?:\\.[^`\\]*)*` )
      | (?<=["'`])(?<!\$.) (?P<open> )
      | (?<=[qmsty])(?<![\w$@%&:].)(?<!->.) (?P<quote> (?:(?<=q)[qwxr]?|(?<=t)r|(?<=[msy]))\b(?!\s*=>) )
      | (?<=<) (?P<here> <(?=[~A-Z_a-z\\]|[ \t]*["']) )
      | (?<=[/<?])(?<!\$.) (?P<sign> )
      | (?<==)(?<![^\n]=) (?P<pod> (?=[A-Za-z]) )
      | (?<=f)(?<![\w$@%&:>-]f) (?P<format> ormat(?:[ \t]+[\w:]+)?[ \t]*=[ \t]*\r?\n )
      | (?<=_)(?<![^\n]_) (?P<end> _(?:END|DATA)__\b )
"""
_FLAGS = re.VERBOSE | re.DOTALL
_NEXT = rb"""["'`#/<?qmsty=f_]""" + _TOKENS + rb")"
#: The same where a here-document is pending, whose body begins on the next line.
_NEXT_OR_LINE = rb"""["'`#/<?qmsty=f_\n]""" + _TOKENS + rb"| (?<=\n) (?P<line> ) )"
_HERE = regex(rb"<<(~?)(?:[ \t]*\"([^\"\n]*)\"|[ \t]*'([^'\n]*)'|\\?([A-Za-z_]\w*))")
_CUT = regex(rb"^=cut\b[^\n]*", re.MULTILINE)
_DOT = regex(rb"^\.[ \t]*\r?$", re.MULTILINE)
_BLANK = regex(rb"(?:\s+|(?<=\s)\#[^\n]*)*")
_LETTERS = regex(rb"[A-Za-z]*")
#: So many here-documents are looked for that have no end, or that begin on one line.
_IN_VAIN = 64
_PAIRS = {b"(": b")", b"[": b"]", b"{": b"}", b"<": b">"}
_OF_WORDS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_:" + bytes(range(128, 256))
#: Signs behind which a term stands, the most frequent ones.
_TERM_SIGNS = (b";", b"{", b",", b"(", b"=", b"~", b".")
#: What makes a variable or a method of the word behind it; ``%``, ``&`` and ``*`` behind a term are operators.
_SIGIL = regex(rb"(?:[$@]\#?|(?<![\w)\]}&*%])[%&*])[{^]*$|->\s*$")
_WHOLE_OPERATOR = regex(rb"//=?|<<=?|<=>?|.")
_SHIFTS = regex(rb"[\"'`#]|<<|\b(?:q[qwxr]?|m|s|tr|y)\b")
_CONSTANTS = regex(rb"\bsub\s+(\w+)\s*\(\s*\)|\buse\s+constant\s+(\w+)|\buse\s+constant\s*\{([^}]{0,4000})\}")
#: Words of perl behind which an operator stands, for they take no arguments; and those behind which a term stands.
_NO_ARGUMENTS = frozenset(
    b"""
    time times wait wantarray fork getppid endgrent endhostent endnetent endprotoent endpwent endservent getgrent
    gethostent getlogin getnetent getprotoent getpwent getservent setgrent setpwent break
    __FILE__ __LINE__ __PACKAGE__ __SUB__ __CLASS__
    """.split()
)
_TERM_FOLLOWS = frozenset(
    b"""
    abs accept alarm and atan2 bind binmode bless caller chdir chmod chomp chop chown chr chroot close closedir cmp
    connect cos crypt dbmclose dbmopen default defined delete die do each else elsif eof eq eval evalbytes exec exists
    exit exp fc fcntl fileno flock for foreach formline ge getc getpgrp getpriority given glob gmtime goto grep gt hex
    if index int ioctl isa join keys kill last lc lcfirst le length link listen localtime lock log lstat lt map mkdir
    msgctl msgget msgrcv msgsnd ne next no not oct open opendir or ord pack pipe pop pos print printf prototype push
    quotemeta rand read readdir readline readlink readpipe recv redo ref rename require reset return reverse rewinddir
    rindex rmdir say scalar seek seekdir select send setpgrp setpriority setsockopt shift shmctl shmget shmread shmwrite
    shutdown sin sleep socket socketpair sort splice split sprintf sqrt srand stat study substr symlink syscall sysopen
    sysread sysseek system syswrite tell telldir tie tied truncate uc ucfirst umask undef unless unlink unpack unshift
    untie until use utime values vec waitpid warn when while write x xor
    """.split()
)
_OPERATOR, _TERM, _UNKNOWN = "operator", "term", "unknown"


class Reading(NamedTuple):
    """What a scan found, each in text order.

    Attributes:
        spans: kind, start and end of literals, comments, POD and word lists.
        doubts: stretches that depend on a prototype.
        end: where the code ends: at ``__END__``, or with the text.
    """

    spans: list[tuple[str, int, int]]
    doubts: list[Span]
    end: int


@lru_cache(maxsize=2)
def read(body: bytes) -> Reading:
    """Scan a text."""
    return _Scanner(body).scan()


def literals(body: bytes) -> list[Span]:
    """Strings, regexes, here-documents and formats."""
    return [(start, end) for kind, start, end in read(body).spans if kind is LITERAL]


def doubts(body: bytes) -> list[Span]:
    """Stretches that may be literals, depending on a prototype."""
    return read(body).doubts


def may_be_open(body: bytes) -> bool:
    """Whether a here-document may have no end."""
    words = {found[2] or found[3] or found[4] or b"" for found in _HERE.finditer(body)}
    return bool(words) and not words <= set(map(bytes.strip, body.splitlines()))


def tokens(body: bytes) -> list[bytes]:
    """What perl sees of a text: the words of its code and its literals, without white space and comments."""
    spans, _, end = read(body)
    found: list[bytes] = []
    position = 0
    for kind, start, stop in spans:
        found += body[position:start].split()
        position = stop
        if kind is LITERAL:
            found.append(body[start:stop])
        elif kind is COMMENT:
            found.append(b"#")
        else:
            found += body[start:stop].split()
    found += body[position:end].split() if position < end else ()
    position = max(position, end)
    for start, stop in pod.blocks(body, position, len(body)):
        found += [body[position:start], *body[start:stop].split()]
        position = stop
    return [*found, body[position:]]


class _Scanner:
    """One pass over a text; ``last`` is the end of the last token, ``kind`` what it was."""

    def __init__(self, body: bytes) -> None:
        self.body, self.last, self.kind = body, 0, _TERM
        self.spans: list[tuple[str, int, int]] = []
        self.doubts: list[Span] = []
        self.pending: list[tuple[bool, bytes]] = []
        self.missing: set[tuple[bool, bytes]] = set()
        self._constants: frozenset[bytes] | None = None

    def scan(self) -> Reading:
        body, at = self.body, 0
        # Compiled here: that takes longer than the start of the program, and most trees have no Perl with tabs.
        following, following_or_line = re.compile(_NEXT, _FLAGS), re.compile(_NEXT_OR_LINE, _FLAGS)
        while (found := (following_or_line if self.pending else following).search(body, at)) is not None:
            group, start = found.lastgroup, found.start()
            if group == "line":
                at = self._bodies(found.end())
            elif group in ("double", "single", "command"):
                at = self._keep(LITERAL, start, found.end())
            elif group == "comment":
                at = self._pass(COMMENT, start, found.end())
            elif group == "sign":
                at = self._sign(start)
            elif group == "quote":
                at = self._quote(start, found.end())
            elif group == "here":
                at = self._here(start)
            elif group == "pod":
                cut = _CUT.search(body, start)
                at = self._pass(DOCUMENTATION, start, len(body) if cut is None else cut.end())
            elif group == "format":
                dot = _DOT.search(body, found.end())
                at = self._keep(LITERAL, start, len(body) if dot is None else dot.end())
            elif group == "open":
                at = self._keep(LITERAL, start, len(body))
            else:
                return Reading(self.spans, self.doubts, start)
        return Reading(self.spans, self.doubts, len(body))

    def _keep(self, kind: str, start: int, end: int) -> int:
        """Note a term."""
        self.spans.append((kind, start, end))
        self.last, self.kind = end, _OPERATOR
        return end

    def _pass(self, kind: str, start: int, end: int) -> int:
        """Note what is white space to perl: what stands before it still decides what stands behind."""
        self.kind = self._expected(start)[0]
        self.spans.append((kind, start, end))
        self.last = end
        return end

    def _expected(self, at: int) -> tuple[str, bytes]:
        """Whether an operator or a term can stand at a place, and the word before it if that depends on the word."""
        before = self.body[max(self.last, at - 256) : at].rstrip()
        if not before:
            return self.kind, b""
        if before.endswith(_TERM_SIGNS):
            return _TERM, b""
        if before.endswith((b")", b"]", b"}", b"++", b"--")):
            is_block = before.endswith(b"}") and b"\n" in self.body[at - 1 : at]
            return (_TERM if is_block else _OPERATOR), b""
        stem = before.rstrip(_OF_WORDS)
        word = before[len(stem) :]
        if not word:
            return (_OPERATOR if before[-2:-1] == b"$" else _TERM), b""
        is_name = _SIGIL.search(stem, max(0, len(stem) - 8)) is not None
        if is_name or word in _NO_ARGUMENTS or word[:1].isdigit():
            return _OPERATOR, b""
        if word in _TERM_FOLLOWS:
            return _TERM, b""
        return (_OPERATOR, b"") if word in self.constants else (_UNKNOWN, word)

    @property
    def constants(self) -> frozenset[bytes]:
        """The names in the file that take no arguments."""
        if self._constants is None:
            found = _CONSTANTS.findall(self.body)
            lists = (re.findall(rb"(\w+)\s*=>", listed) for _, _, listed in found)
            names = {name for each in found for name in each[:2] if name}
            self._constants = frozenset(names.union(*lists))
        return self._constants

    def _sign(self, at: int) -> int:
        """A slash, a less-than sign or a question mark: an operator, or the start of a literal."""
        sign, (expected, word) = self.body[at : at + 1], self._expected(at)
        if expected == _OPERATOR or (sign == b"?" and not word):
            return self._operator(at)
        line = self.body.find(b"\n", at)
        end = self._closing(at, at + 1, None if sign == b"/" or line < 0 else line)
        if sign != b"/" and end is None:
            return self._operator(at)
        if expected == _TERM:
            return self._keep(LITERAL, at, len(self.body) if end is None else self._behind_flags(end))
        if end is not None:
            shifts = _SHIFTS.search(self.body, at, end) is not None
            self.doubts.append((at, len(self.body) if shifts else end))
        return self._operator(at)

    def _operator(self, at: int) -> int:
        found = _WHOLE_OPERATOR.match(self.body, at)
        self.last, self.kind = at + 1 if found is None else found.end(), _TERM
        return self.last

    def _closing(self, opening: int, at: int, limit: int | None = None) -> int | None:
        """One past the sign that closes the one at a place, or None if it is not before the limit; brackets nest."""
        sign = self.body[opening : opening + 1]
        closing = _PAIRS.get(sign, sign)
        depth = 1
        for found in _signs(sign, closing).finditer(self.body, at, len(self.body) if limit is None else limit):
            if found[0] == closing:
                depth -= 1
                if depth == 0:
                    return found.end()
            elif found[0] == sign:
                depth += 1
        return None

    def _quote(self, start: int, end: int) -> int:
        """A quote-like operator, unless the word is a key, a method, a file test or the name of a sub."""
        body, word = self.body, self.body[start:end]
        opening = _delimiter(body, end)
        before = body[max(self.last, start - 64) : start].rstrip()
        is_key = before.endswith(b"{") and body.startswith(b"}", opening)
        is_test = before.endswith(b"-") and body[start - 1 : start] == b"-"
        if is_key or is_test or before.endswith((b"->", b"sub", b"package")) or opening >= len(body):
            return end
        close = self._closing(opening, opening + 1)
        if close is not None and word in (b"s", b"tr", b"y"):
            second = _delimiter(body, close) if body[opening : opening + 1] in _PAIRS else close - 1
            close = self._closing(second, second + 1)
        return self._keep(
            LIST if word == b"qw" else LITERAL, start, len(body) if close is None else self._behind_flags(close)
        )

    def _behind_flags(self, end: int) -> int:
        found = _LETTERS.match(self.body, end)
        return end if found is None else found.end()

    def _here(self, start: int) -> int:
        found = _HERE.match(self.body, start)
        if found is None or len(self.pending) >= _IN_VAIN:
            return self._operator(start)
        indented, mark = found[1] == b"~", found[2] or found[3] or found[4] or b""
        if self._terminator(found.end(), indented, mark) is None:
            return self._operator(start)
        self.pending.append((indented, mark))
        return self._keep(LITERAL, start, found.end())

    def _terminator(self, at: int, indented: bool, mark: bytes) -> int | None:
        """The end of the line that ends a here-document; without one, the sign was a shift."""
        if (indented, mark) in self.missing or len(self.missing) >= _IN_VAIN:
            return None
        line = rb"^" + (rb"[ \t]*" if indented else b"") + re.escape(mark) + rb"\r?$"
        found = re.compile(line, re.MULTILINE).search(self.body, at)
        if found is None:
            self.missing.add((indented, mark))
            return None
        return found.end()

    def _bodies(self, at: int) -> int:
        """The here-documents that begin on the next line."""
        start = at
        for indented, mark in self.pending:
            found = self._terminator(at, indented, mark)
            at = len(self.body) if found is None else found
        self.pending = []
        self.spans.append((LITERAL, start, at))
        self.last = at
        return at


@lru_cache(maxsize=256)
def _signs(opening: bytes, closing: bytes) -> re.Pattern[bytes]:
    """Finds the signs that open and close a literal, and what a backslash hides."""
    return re.compile(rb"(?s)\\.|" + b"|".join(map(re.escape, {opening, closing})))


def _delimiter(body: bytes, at: int) -> int:
    """Where the delimiter of a quote-like operator stands; a number sign behind white space begins a comment."""
    found = _BLANK.match(body, at)
    return at if found is None else found.end()
