"""Classes that no class statement makes: ``type("D", (Base,), {})``, ``Meta(...)``, ``exec``. Seen and never guessed.

What such a class holds is not read; which classes it derives from decides whether that matters.
"""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterable, Iterator, Mapping

from ...facts import ClassFact, Trouble, Written
from ...patterns import regex
from . import body, members, walk
from .bindings import remade
from .source import Source

#: Functions that make a class, by the last part of their names.
_MAKERS = frozenset({"type", "new_class", "make_dataclass", "create_model"})
#: Methods of a metaclass that do.
_METHODS = frozenset({"__call__", "__new__", "__class__"})
_BASES = frozenset({"bases", "__base__"})
_NAMESPACES = (ast.Dict, ast.Name, ast.Attribute, ast.Call)
#: What makes a class from bases that are named, and how metaclasses are mostly called.
_WORDS = ("make_dataclass(", "create_model(")
_METACLASS = "Meta"
_LISTED = regex(r"\(\s*(?:\w+\.)*_*[A-Z]\w*(?:\[[\w., ]*\])?\s*,[\w\s.,\[\]]*\)\s*,\s*(?:\{|dict\(|[a-z_.]+\s*\))")
_CLASS = regex(r"\bclass\s+(\w+)\s*\(([\w\s.,]*)\)")
_SPACES = frozenset({"globals()", "locals()", "vars()"})
_LOCAL = "<locals>."
#: Local name -> the imports that give it: the name, the module, the name there.
Imports = Mapping[str, list[tuple[str, str, str]]]


def may_stand(source: Source) -> bool:
    """Whether functions of a file may call a metaclass, or the like; a search for plain texts comes first.

    What the module itself calls is looked at in any case.
    """
    text = source.text
    if any(word in text for word in _WORDS):
        return True
    if _METACLASS not in text:
        return False
    at = text.find(" (")
    while at >= 0:
        is_listed = text[at + 2 : at + 3].isidentifier() and text[max(0, at - 200) : at].rstrip().endswith(",")
        if is_listed and _LISTED.match(text, at + 1):
            return True
        at = text.find(" (", at + 1)
    return False


def _bases(node: ast.Call, imports: Imports, name: str | None) -> list[ast.expr] | None:
    """The bases of the class that a call makes; None of any other call."""
    called = body.dotted(node.func) or ""
    if called.startswith("super("):
        return None  # a metaclass, which is looked at as such
    first, _, rest = called.partition(".")
    if not rest and first in imports:
        called = imports[first][-1][2] or called
    last = called.rpartition(".")[2]
    is_maker = last in _MAKERS or last in _METHODS or _is_type_of(node.func)
    for each in node.keywords:
        if each.arg in _BASES and (is_maker or name):
            given = each.value.elts if isinstance(each.value, (ast.Tuple, ast.List)) else [each.value]
            return given if _are_names(given) else None
    if last in _MAKERS:
        return _listed(node.args[1]) if len(node.args) > 1 else None
    at = next((index for index, each in enumerate(node.args) if isinstance(each, ast.Tuple)), 0)
    if at not in (1, 1 + (last in _METHODS)) or len(node.args) != at + 2:
        return None
    if not isinstance(node.args[-1], _NAMESPACES):
        return None
    given = node.args[at].elts  # type: ignore[attr-defined]
    is_likely = is_maker or last.lstrip("_")[:1].isupper() or (name or "").lstrip("_")[:1].isupper()
    return given if given and is_likely and _are_names(given) else None


def _is_type_of(node: ast.expr) -> bool:
    """``type(Base)`` and ``Base.__class__``."""
    return isinstance(node, ast.Call) and body.dotted(node.func) == "type" and len(node.args) == 1


def _listed(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, (ast.Tuple, ast.List)) else []


def _are_names(nodes: Iterable[ast.expr]) -> bool:
    return all(body.dotted(each.value if isinstance(each, ast.Subscript) else each) for each in nodes)


def made(source: Source, node: ast.Call, imports: Imports, name: str | None) -> Iterator[ClassFact]:
    """The class that a call makes, if it makes one.

    Args:
        imports: what the names of the module stand for.
        name: that of the module which the result is given.
    """
    above = _bases(node, imports, name)
    if above is None or (name and name in map(body.dotted, remade(node))):
        return
    function = node.func.args[0] if _is_type_of(node.func) else node.func  # type: ignore[attr-defined]
    called = body.dotted(function) or body.source(function)
    if function is not node.func:
        called = f"type({called})"
    texts = [each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    name = name or f"{_LOCAL}{texts[0] if texts else body.source(node.args[0]) if node.args else called}"
    yield _fact(source, node, name, called, tuple(base for each in above for base in members.bases(each)))


def _is_in_module(node: ast.Call) -> bool:
    """Whether what ``exec`` runs, called by the module itself, has the names of the module."""
    return all(body.source(each) in _SPACES for each in (*node.args[1:], *(each.value for each in node.keywords)))


def executed(source: Source, statement: ast.stmt) -> Iterator[ClassFact]:
    """The classes that ``exec`` makes in the namespace of the module, as far as its text tells."""
    for node in walk.nodes(statement):
        if not isinstance(node, ast.Call) or body.dotted(node.func) != "exec" or not node.args:
            continue
        if not _is_in_module(node):
            continue
        parts = [each.value for each in walk.nodes(node.args[0]) if isinstance(each, ast.Constant)]
        text = "\n".join(each for each in parts if isinstance(each, str))
        found = list(_CLASS.finditer(text))
        for each in found:
            above = [base.strip() for base in each[2].split(",") if base.strip() and "=" not in base]
            yield _fact(source, node, each[1], "exec", tuple(Written("name", base) for base in above))
        if not found and (not text or "class " in text):
            why = "what exec() runs is not known"
            yield _fact(source, node, "exec()", "exec", (Written("unclear", f"{body.source(node.args[0])}: {why}"),))


def statements(statement: ast.stmt) -> list[ast.stmt]:
    """The statements in the text that ``exec`` runs in the namespace of the module, at the place where it stands."""
    value = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(value, ast.Call) or body.dotted(value.func) != "exec" or not value.args:
        return []
    text = value.args[0].value if isinstance(value.args[0], ast.Constant) else None
    found: list[ast.stmt] = []
    if isinstance(text, str) and _is_in_module(value):
        with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            found = ast.parse(text).body
    for each in (node for one in found for node in walk.nodes(one)):
        ast.copy_location(each, statement)
    return found


def _fact(source: Source, node: ast.Call, name: str, called: str, above: tuple[Written, ...]) -> ClassFact:
    line, column = node.lineno, source.column(node.lineno, node.col_offset)
    trouble = Trouble(line, column, f"the class is made at run time by {called}()")
    return ClassFact(name, line, column, (), -1, above, (), (trouble,))
