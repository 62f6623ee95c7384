"""Directives about releases at the top level of a docstring, under the names of Sphinx and of Sphinx 9.

``.. versionadded::`` and ``.. version-added::`` open a span, ``.. versionremoved::`` and ``.. version-removed::`` close
one. What changed and what is deprecated is told beside them. Any other ``version`` directive is probably misspelt.
"""

from __future__ import annotations

import ast
import re

from ...facts import Mark
from ...patterns import regex
from .source import Source

_DIRECTIVE = regex(r"\.\.[ \t]+(version[\w-]*|deprecated)::[ \t]*(.*?)[ \t]*$")
_ANY = regex(r"\.\.[ \t]+(?:version|deprecated)")
_CARRIERS = {
    "deprecated": "deprecated",
    **{f"version{dash}{word}": word for dash in ("", "-") for word in ("added", "removed", "changed", "deprecated")},
}


def marks(source: Source, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> tuple[Mark, ...]:
    """The directives of one docstring, in the order written."""
    value = _docstring(node)
    if value is None or _ANY.search(str(value.value)) is None:
        return ()
    first, last = value.lineno, value.end_lineno or value.lineno
    base = _base_indent(source.lines[first:last])
    found = []
    for line in range(first, last + 1):
        mark = _mark(source, value, line, base)
        if mark is not None:
            found.append(mark)
    return tuple(found)


def _docstring(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> ast.Constant | None:
    first = node.body[0]
    value = first.value if isinstance(first, ast.Expr) else None
    return value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None


def _base_indent(rest: list[str]) -> int:
    """Indentation of a docstring's lines behind the first, as ``inspect.cleandoc`` counts it."""
    indents = [len(line.expandtabs()) - len(line.expandtabs().lstrip()) for line in rest if line.strip(" \t\"'")]
    return min(indents, default=0)


def _mark(source: Source, value: ast.Constant, line: int, base: int) -> Mark | None:
    text = source.lines[line - 1]
    start = 0
    if line == value.lineno:
        start = source.column(line, value.col_offset) - 1
        start += len(re.match(r"[A-Za-z]*(\"\"\"|'''|\"|')", text[start:]).group())  # type: ignore[union-attr]
    if line == value.end_lineno:
        text = text[: source.column(line, value.end_col_offset or 0) - 1].rstrip("\"'")
    stripped = text[start:].lstrip()
    indent = len(text.expandtabs()) - len(text.expandtabs().lstrip())
    match = _DIRECTIVE.match(stripped)
    if match is None or (line != value.lineno and indent != base):
        return None
    column = len(text) - len(stripped) + match.start(2) + 1
    begin = source.offset(line, column)
    end = source.offset(line, column + len(match.group(2)))
    carrier = _CARRIERS.get(match.group(1))
    if carrier is None:
        at = len(text) - len(stripped) + match.start(1) + 1
        return Mark("misspelt", match.group(1), line, at, -1, -1)
    return Mark(carrier, match.group(2), line, column, begin, end)
