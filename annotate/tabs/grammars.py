"""The tree-sitter grammars, loaded when the first file needs one."""

from __future__ import annotations

import warnings
from functools import cache, lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from .languages import PERL, PYTHON, SHELL, C

EXTRA = "hvsupport[tabs]"
_LONGEST_LINE = 20_000
_MODULES = {PERL: "tree_sitter_perl", PYTHON: "tree_sitter_python", SHELL: "tree_sitter_bash", C: "tree_sitter_c"}


def has(language: str | None) -> bool:
    """Whether the grammar of a language is installed."""
    return language in _MODULES and _is_there("tree_sitter") and _is_there(_MODULES[language])


def missing() -> tuple[str, ...]:
    """The languages whose grammars are not installed."""
    return tuple(language for language in _MODULES if not has(language))


@cache
def _is_there(module: str) -> bool:
    return find_spec(module) is not None


@cache
def language(name: str) -> Any:
    """The grammar of a language."""
    from tree_sitter import Language

    with warnings.catch_warnings():
        # Older wheels return the grammar as an integer.
        warnings.simplefilter("ignore", DeprecationWarning)
        return Language(import_module(_MODULES[name]).language())


@cache
def _parser(name: str) -> Any:
    from tree_sitter import Parser

    return Parser(language(name))


def too_long(name: str, longest: int) -> bool:
    """Whether a line is too slow to parse: the Perl grammar counts columns at every token."""
    return name == PERL and longest > _LONGEST_LINE


@lru_cache(maxsize=2)
def parse(name: str, body: bytes) -> Any:
    """The syntax tree of a text."""
    return _parser(name).parse(body)


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
