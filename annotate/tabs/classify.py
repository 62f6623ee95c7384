"""Classifies each run of tabs in a text: where it is, inside what, and whether it is fixable.

A grammar gives the syntax tree; a run outside all tokens is white space. The walk visits only nodes on the way to a
tab. A text with a lone CR has two readings; a run is fixable only if it is in both.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Any

from ..patterns import regex
from ..records import NamedTuple
from . import cscan, grammars, perlscan, pod, shscan
from .languages import PERL, SHELL, C
from .policy import COMMENT, DATA, DIRECTIVE, ESCAPED, HERE, OTHER, POD, POLICIES, SHEBANG, UNREADABLE, WORDS, Kept
from .text import Text, cells, readings

INDENTATION, BETWEEN, TRAILING = "indentation", "between", "trailing"
#: A run, and whether only white space follows it on its line.
_RUN = regex(rb"\t+(?=([ \t]*(?:[\r\n]|\Z))?)")
_BLANK = regex(rb"[ \t\f]*")
_READS_DATA = regex(rb"\bDATA\b")
_PACKAGE = regex(rb"^[ \t]*package[ \t]+(?!main\b)[A-Za-z_]", re.MULTILINE)
_LITERALS = {C: cscan.literals, SHELL: shscan.literals, PERL: perlscan.literals}
_PROTOTYPE = (
    "whether this is a literal depends on a prototype: write parentheses around the arguments, or spaces by hand"
)
_LINE_DIRECTIVE = regex(rb"#[ \t]*line[ \t]+\d")


class Run(NamedTuple):
    """A run of tabs; a tuple, because an old tree has a hundred thousand of them.

    Attributes:
        start: its first byte in the body of the text.
        end: one past its last byte.
        where: ``indentation``, ``between`` (words) or ``trailing``.
        inside: what contains it, for a message; empty in code.
        fixable: whether it can be replaced by spaces.
        judged: whether a grammar could classify it.
        literal: whether it may be part of the program's data.
        pod: whether it is in POD, where tab stops are always multiples of 8.
        verbatim: whether trailing white space is significant.
        stripped: whether the shell removes it: it begins a line of a here-document ``<<-``.
    """

    start: int
    end: int
    where: str
    inside: str = ""
    fixable: bool = True
    tip: str | None = None
    judged: bool = True
    literal: bool = False
    pod: bool = False
    verbatim: bool = False
    stripped: bool = False


def by_bytes(text: Text, tip: str) -> list[Run]:
    """All runs of a text without a grammar; none is fixable."""
    return [run._replace(fixable=False, judged=False, tip=tip) for run in _runs(text)]


def classify(text: Text, language: str) -> list[Run]:
    """All runs of a text in a language with a grammar."""
    plain = list(_runs(text))
    first, *others = (_Reading(text, body, language).judge(plain) for body in readings(text))
    for other in others:
        first = [mine if not mine.fixable else _merged(mine, his) for mine, his in zip(first, other, strict=True)]
    return first


def _merged(one: Run, other: Run) -> Run:
    if not other.fixable:
        return other
    return one if one.pod == other.pod and one.verbatim == other.verbatim else one._replace(fixable=False, judged=False)


def comments_of(text: Text, language: str) -> Stretches:
    """The comments of a text."""
    tree = grammars.parse(language, readings(text)[0])
    return Stretches([(start, end) for start, end, _ in grammars.spans(language, tree, ("comment",))])


def blanks_before(body: bytes, offset: int) -> int:
    """The start of the white space before a position."""
    if body[offset - 1 : offset] not in (b" ", b"\t"):
        return offset
    reach = 64
    while not (kept := body[max(0, offset - reach) : offset].rstrip(b" \t")) and reach < offset:
        reach *= 8
    return max(0, offset - reach) + len(kept)


def _runs(text: Text) -> Iterator[Run]:
    """All runs, from the bytes alone."""
    body = text.body
    for found in _RUN.finditer(body):
        start, end = found.span()
        yield Run(start, end, TRAILING if found[1] is not None else _before_text(text, start))


def _before_text(text: Text, start: int) -> str:
    """Whether a run followed by text is indentation; usually the byte before it decides."""
    before = text.body[start - 1 : start] if start else b"\n"
    if before in (b"\n", b"\r"):
        return INDENTATION
    if before not in (b" ", b"\f"):
        return BETWEEN
    return INDENTATION if _BLANK.fullmatch(text.body, text.line_start(start), start) is not None else BETWEEN


class _Reading:
    """One reading of a text: its tree, and the stretches that keep their tabs regardless of the tree."""

    def __init__(self, text: Text, body: bytes, language: str) -> None:
        self.text, self.body, self.language = text, body, language
        self.policies = POLICIES[language]
        self.kept = Stretches(_LITERALS.get(language, lambda _: [])(body))
        here = shscan.documents(body) if language == SHELL else []
        self.documents = Stretches([(start, end) for start, end, _ in here])
        self.stripping = Stretches([(start, end) for start, end, dashed in here if dashed])
        self.doubts = Stretches(perlscan.doubts(body) if language == PERL else [])
        self.c_comments = Stretches(cscan.comments(body) if language == C else [])
        self._paragraphs: dict[int, list[pod.Paragraph]] = {}
        self._documentation: Stretches | None = None
        self.marker: tuple[int, int] | None = None
        self.broken = Stretches([])
        self.is_guessed = False

    def judge(self, runs: Sequence[Run]) -> list[Run]:
        """The runs, classified."""
        if self._is_open():
            grammars.try_out(self.language, self.body)
        tree = grammars.parse(self.language, self.body)
        self.marker = _end_marker(tree) if self.language == PERL else None
        self.broken = Stretches([] if self.language == C else _broken(tree))
        # The scan of C needs no syntax; the tokens that its grammar guesses at depend on the white space between them.
        self.is_guessed = self.language == C and tree.root_node.has_error
        found = _walk(tree, [run.start for run in runs], frozenset(self.policies))
        # A node holds the first tab of a run but not the last only after a backslash, which keeps the whole run.
        return [self._judged(run, node) for run, node in zip(runs, found, strict=True)]

    def _is_open(self) -> bool:
        """Whether a literal, for which the grammar has a scanner of its own, may reach the end of the text."""
        if self.language == PERL and perlscan.may_be_open(self.body):
            return True
        return self.language in (PERL, SHELL) and self.kept.hold(len(self.body) - 1)

    def _judged(self, run: Run, node: tuple[str, int, int] | None) -> Run:
        if self.documents.hold(run.start):
            # The grammar sees strings and expansions in it, where other advice holds.
            is_first = self.body.startswith(b"\n", run.start - 1)
            return _keep(run._replace(stripped=is_first and self.stripping.hold(run.start)), HERE)
        if self.body.startswith(b"#!") and run.start < self._first_line_end():
            return _keep(run, SHEBANG)
        blanks = blanks_before(self.body, run.start)
        if self.body[max(0, blanks - 3) : blanks].endswith((b"\\", b"??/")):
            return _keep(run, ESCAPED)
        if self.marker is not None and run.start >= self.marker[1]:
            return self._data(run)
        if node is None:
            return self._second_opinion(run)
        kind, start, end = node
        policy = self.policies.get(kind, OTHER)
        if isinstance(policy, Kept):
            if self.is_guessed or (policy is OTHER and self.language == C and kind.startswith("#")):
                return self._second_opinion(run)
            return _keep(run, policy)
        return self._special(run, policy, start, end)

    def _first_line_end(self) -> int:
        lines = self.text.lines
        return lines[1] if len(lines) > 1 else len(self.body)

    def _special(self, run: Run, policy: str, start: int, end: int) -> Run:
        if policy in (COMMENT, POD, WORDS) and (self.kept.hold(run.start) or self.doubts.hold(run.start)):
            return self._second_opinion(run)
        if policy == COMMENT:
            return self._comment(run, start)
        if policy == POD:
            return self._pod(run, start, end)
        if policy == WORDS:
            return run._replace(inside="a word list")
        if policy == DIRECTIVE:
            return self._second_opinion(run)
        if policy == DATA:
            return self._data(run)
        assert policy == UNREADABLE, "all others are handled above"
        return _unread(run)

    def _second_opinion(self, run: Run) -> Run:
        """Code, unless the scan finds a literal or comment, or the grammar failed nearby."""
        if self.broken.hold(run.start):
            return _unread(run)
        if self.doubts.hold(run.start):
            return run._replace(fixable=False, judged=False, tip=_PROTOTYPE)
        if self.kept.hold(run.start) and self.language == PERL:
            return _unread(run)
        if self.kept.hold(run.start):
            tip = "write \\t" if self.language == C else "write $'\\t', or printf '\\t' for a shell without it"
            return _keep(run, Kept("a literal", tip))
        return run._replace(inside="a comment") if self.c_comments.hold(run.start) else run

    def _comment(self, run: Run, start: int) -> Run:
        if self.language == PERL and _LINE_DIRECTIVE.match(self.body, start):
            return _keep(run, Kept("a line directive", "perl reads this comment; write a space by hand"))
        return run._replace(inside="a comment")

    def _data(self, run: Run) -> Run:
        """Text after ``__END__`` is documentation if it is POD in a module that does not read ``DATA``.

        A program can read it through the file handle DATA of the package main.
        """
        start, end = self.marker if self.marker is not None else (0, 0)
        if self._documentation is None:
            is_module = self.body[start:end] == b"__END__" and _PACKAGE.search(self.body, 0, start) is not None
            is_pod = is_module and _READS_DATA.search(self.body, 0, start) is None
            self._documentation = Stretches(pod.blocks(self.body, end, len(self.body)) if is_pod else [])
        block = self._documentation.at(run.start)
        if block is not None:
            return self._pod(run, *block)
        tip = "split on /\\s+/ and align with spaces, or keep the data in a here-document with \\t"
        return _keep(run, Kept("a data section", tip))

    def _pod(self, run: Run, start: int, end: int) -> Run:
        if start not in self._paragraphs:
            self._paragraphs[start] = pod.paragraphs(self.body, start, end)
        parts = self._paragraphs[start]
        index = bisect_right(parts, run.start, key=lambda part: part.start) - 1
        kind = parts[index].kind if index >= 0 else pod.ORDINARY
        if kind == pod.FOREIGN:
            return _keep(run, Kept("POD for another formatter", "write spaces by hand where that formatter allows it"))
        if kind == pod.VERBATIM and self._is_wide_before(run):
            tip = "POD counts characters and a terminal counts cells; write the spaces by hand"
            return _keep(run, Kept("POD behind wide characters", tip))
        return run._replace(inside="POD", pod=True, verbatim=kind == pod.VERBATIM)

    def _is_wide_before(self, run: Run) -> bool:
        if self.text.body.isascii():
            return False
        before = self.body[self.text.line_start(run.start) : run.start]
        return not before.isascii() and any(cells(char) != 1 for char in self.text.decoded(before) if char >= " ")


def _keep(run: Run, kept: Kept) -> Run:
    return run._replace(inside=kept.what, fixable=False, tip=kept.tip, literal=True)


def _unread(run: Run) -> Run:
    tip = "the grammar cannot parse this part; write the spaces by hand"
    return run._replace(fixable=False, judged=False, tip=tip)


def _broken(tree: Any) -> list[tuple[int, int]]:
    """The statements with a syntax error: the rest of their tree may be wrong too."""
    root = tree.root_node
    if not root.has_error:
        return []
    if root.type == "ERROR":
        return [(0, root.end_byte + 1)]
    return [(node.start_byte, node.end_byte) for node in root.children if node.has_error]


class Stretches:
    """Stretches of a text in order; overlapping ones are joined."""

    def __init__(self, spans: Sequence[tuple[int, int]]) -> None:
        self._spans: list[tuple[int, int]] = []
        for start, end in sorted(spans):
            if self._spans and start < self._spans[-1][1]:
                self._spans[-1] = (self._spans[-1][0], max(end, self._spans[-1][1]))
            else:
                self._spans.append((start, end))
        self._starts = [start for start, _ in self._spans]

    def at(self, offset: int) -> tuple[int, int] | None:
        """The stretch that contains a position, or None."""
        index = bisect_right(self._starts, offset) - 1
        return self._spans[index] if index >= 0 and offset < self._spans[index][1] else None

    def hold(self, offset: int) -> bool:
        """Whether a stretch contains a position."""
        return self.at(offset) is not None


def _end_marker(tree: Any) -> tuple[int, int] | None:
    """The marker that ends Perl code, even if the grammar fails after it."""
    root = tree.root_node
    for index in range(root.child_count - 1, max(-1, root.child_count - 200), -1):
        node = root.child(index)
        if node.type == "eof_marker":
            return node.start_byte, node.end_byte
        if node.type not in ("pod", "data_section", "comment"):
            break
    found = grammars.spans(PERL, tree, ("eof_marker",)) if root.has_error else []
    return found[0][:2] if found else None


def _walk(tree: Any, offsets: Sequence[int], opaque: frozenset[str]) -> list[tuple[str, int, int] | None]:
    """For each position, in order: the outermost opaque node or token around it, or None between tokens."""
    cursor = tree.walk()
    found: list[tuple[str, int, int] | None] = []
    for offset in offsets:
        node = cursor.node
        while node.end_byte <= offset and (cursor.goto_next_sibling() or cursor.goto_parent()):
            node = cursor.node
        found.append(_descend(cursor, node, offset, opaque))
    return found


def _descend(cursor: Any, node: Any, offset: int, opaque: frozenset[str]) -> tuple[str, int, int] | None:
    while node.start_byte <= offset < node.end_byte:
        if node.type in opaque:
            return node.type, node.start_byte, node.end_byte
        if cursor.goto_first_child_for_byte(offset) is None:
            return None if node.child_count else (node.type, node.start_byte, node.end_byte)
        node = cursor.node
    return None
