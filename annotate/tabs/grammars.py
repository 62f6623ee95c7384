"""The tree-sitter grammars, loaded when the first file needs one."""

from __future__ import annotations

import os
import resource
import warnings
from functools import cache, lru_cache
from importlib import import_module
from itertools import accumulate
from typing import Any

from ..bounded import LARGEST_PYTHON, Allowance, TooSlowError, seconds
from ..errors import InstallError
from .languages import PERL, PYTHON, SHELL, C

_LONGEST_LINE = 20_000
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"([{}])")
_STEPS = {**dict.fromkeys(b"([{", 1), **dict.fromkeys(b"}])", -1)}
_DEEPEST = 200
_LARGEST = 4_000_000
_MODULES = {PERL: "tree_sitter_perl", PYTHON: "tree_sitter_python", SHELL: "tree_sitter_bash", C: "tree_sitter_c"}


def has(language: str | None) -> bool:
    """Whether there is a grammar for a language."""
    return language in _MODULES


@cache
def language(name: str) -> Any:
    """The grammar of a language.

    Raises:
        InstallError: it cannot be imported.
    """
    try:
        from tree_sitter import Language

        module = import_module(_MODULES[name])
    except ImportError as error:
        raise InstallError(f"the grammar of {name} cannot be loaded ({error}): install hvsupport again") from error
    with warnings.catch_warnings():
        # Older wheels return the grammar as an integer.
        warnings.simplefilter("ignore", DeprecationWarning)
        return Language(module.language())


@cache
def _parser(name: str) -> Any:
    grammar = language(name)
    from tree_sitter import Parser

    return Parser(grammar)


def too_long(name: str, longest: int) -> bool:
    """Whether a line is too slow to parse: the Perl grammar counts columns at every token."""
    return name == PERL and longest > _LONGEST_LINE


def largest(name: str) -> int:
    """The largest text that is parsed, in bytes: a syntax tree takes a hundred times the memory of its text."""
    return LARGEST_PYTHON if name == PYTHON else _LARGEST


@lru_cache(maxsize=2)
def parse(name: str, body: bytes) -> Any:
    """The syntax tree of a text.

    Raises:
        TooSlowError: the grammar takes too long for it.
    """
    whole = _ended(name, body)
    if name == PERL and not _is_deep(body):
        # Its scanner goes back in the text so often that giving it piece by piece takes half as long again.
        return _parser(name).parse(whole)
    return Allowance(len(body)).parse(_parser(name), whole)


def try_out(name: str, body: bytes) -> None:
    """Parse a text in a process of its own first, which is ended whatever the grammar does.

    A scanner of a grammar cannot be stopped. It may loop where the text ends but not what it scans, so texts that end
    in a literal are tried out.

    Raises:
        TooSlowError: the grammar takes too long for it, or crashes.
    """
    parser, whole = _parser(name), _ended(name, body)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            limit = round(seconds(len(body))) + 1
            resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
            parser.parse(whole)
            status = 0
        finally:
            os._exit(status)
    if os.waitpid(child, 0)[1] != 0:
        raise TooSlowError


def _ended(name: str, body: bytes) -> bytes:
    """A text as the grammar gets it: Perl's loops if a here-document ends with the file, without a line end."""
    return body + b"\n" if name == PERL else body


def _is_deep(body: bytes) -> bool:
    """Whether more brackets seem to be open at once than in sources that people write."""
    return max(accumulate(map(_STEPS.__getitem__, body.translate(None, _NO_BRACKETS))), default=0) > _DEEPEST


@cache
def _query(name: str, types: tuple[str, ...]) -> Any:
    from tree_sitter import Query

    return Query(language(name), "[" + " ".join(f"({one})" for one in types) + "] @it")


def spans(name: str, tree: Any, types: tuple[str, ...]) -> list[tuple[int, int, str]]:
    """Start, end and type of all nodes of some types, in text order, outer nodes first."""
    from tree_sitter import QueryCursor

    found = QueryCursor(_query(name, types)).captures(tree.root_node).get("it", [])
    ends = sorted([(node.start_byte, -node.end_byte, node.type) for node in found])
    return [(start, -end, kind) for start, end, kind in ends]
