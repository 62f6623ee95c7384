"""Expands runs of tabs, and compares what programs see of the file before and after."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

from ..patterns import regex
from . import cscan, grammars, perlscan, shscan
from .classify import TRAILING, Run, blanks_before
from .languages import PERL, PYTHON, SHELL, C
from .policy import compared
from .text import Text, readings

#: The tab width of terminals, Python 2 and POD renderers.
STANDARD = 8
#: For each reading of a text: aspect -> hash.
Signature = tuple[dict[str, int], ...]
_INDENT = regex(rb"^[ \f]*\t[ \t\f]*", re.MULTILINE)
_TRAIL = regex(rb"[ \t]*")


def expanded(text: Text, language: str, runs: Iterable[Run], width: int = STANDARD) -> bytes:
    """The body with some runs expanded; all other bytes stay, except spaces beside a trailing run.

    Args:
        runs: the fixable runs to expand, in text order.
        width: tab width, except in Python and POD, where it is 8.
    """
    pieces: list[bytes] = []
    position = 0
    for start, end, new in _edits(text, language, runs, width):
        if start >= position:
            pieces += [text.body[position:start], new]
            position = end
    return b"".join([*pieces, text.body[position:]])


def _edits(text: Text, language: str, runs: Iterable[Run], width: int) -> Iterator[tuple[int, int, bytes]]:
    body = text.body
    for run in runs:
        if run.where == TRAILING and not run.verbatim:
            start = blanks_before(body, run.start)
            trail = _TRAIL.match(body, run.start)
            yield start, trail.end() if trail is not None else run.end, b""
        else:
            yield run.start, run.end, b" " * spaces(text, run, stops(run, language, width))


def stops(run: Run, language: str, width: int) -> int:
    """The tab width of a run: Python and POD define their own."""
    return STANDARD if run.pod or language == PYTHON else width


def spaces(text: Text, run: Run, width: int) -> int:
    """The number of columns of a run."""
    column = text.column(run.start, width)
    return (run.end - run.start) * width - column % width


def signature(text: Text, language: str) -> Signature:
    """What a program sees of a file: for each reading, a hash of each aspect."""
    return tuple(dict(_aspects(body, language)) for body in readings(text))


def difference(before: Signature, after: Signature) -> str | None:
    """The first aspect that differs, or None."""
    if len(before) != len(after):
        return "its line ends"
    pairs = [(one, other, aspect) for one, other in zip(before, after, strict=True) for aspect in {**one, **other}]
    return next((aspect for one, other, aspect in pairs if one.get(aspect) != other.get(aspect)), None)


def _aspects(body: bytes, language: str) -> Iterator[tuple[str, int]]:
    if language == C:
        # The tree of C depends on the length of skipped text; a compiler sees only tokens.
        yield "its tokens", hash(tuple(cscan.tokens(body)))
        return
    if language == SHELL:
        yield "its literals", hash(tuple(body[start:end] for start, end in shscan.literals(body)))
    if language == PERL:
        # Layout means nothing in Perl. A tab was expanded only where the grammar found no token either.
        yield "its tokens", hash(tuple(perlscan.tokens(body)))
        return
    if language == PYTHON and (python := _python(body) or _python(_as_python_2(body))) is not None:
        # The grammar places comments by indentation of the line before; Python ignores comments.
        yield "its syntax tree", hash(python)
        return
    tree = grammars.parse(language, body)
    yield "its tree", hash(tuple(_shape(tree)))
    yield "its texts", hash(tuple(_compared(tree, body, language)))


def _shape(tree: Any) -> Iterator[int]:
    """The kinds of all nodes, and how they are nested; a tree may be deeper than the stack of its own printer."""
    cursor = tree.walk()
    while True:
        yield cursor.node.kind_id
        if cursor.goto_first_child():
            yield -1
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return
            yield -2


def _compared(tree: Any, body: bytes, language: str) -> list[object]:
    """The texts of outermost literal tokens."""
    texts: list[object] = []
    position = -1
    for start, end, _ in grammars.spans(language, tree, compared(language)):
        if start >= position:
            position = end
            texts.append(body[start:end])
    return texts


def _as_python_2(body: bytes) -> bytes:
    """A text with the tabs of its indentation expanded as Python 2 read them; Python 3 refuses some mixtures."""
    strings = grammars.spans(PYTHON, grammars.parse(PYTHON, body), ("string",))
    pieces, position = [], 0
    for start, end, _ in strings:
        if start >= position:
            pieces += [_INDENT.sub(lambda found: found[0].expandtabs(STANDARD), body[position:start]), body[start:end]]
            position = end
    return b"".join([*pieces, _INDENT.sub(lambda found: found[0].expandtabs(STANDARD), body[position:])])


def _python(body: bytes) -> str | None:
    """Python's own syntax tree; None if this Python cannot parse the file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.dump(ast.parse(body))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
