"""What the value of a slot says: a function, nothing, a string, or an expression."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...facts import Body
from ...records import record

if TYPE_CHECKING:
    from tree_sitter import Node

_LONG = 60
_WRAPPED = {"cast_expression": "value", "parenthesized_expression": None, "pointer_expression": "argument"}
_EMPTY = frozenset({"NULL", "nullptr", "0", "0x0", "0L", "0U"})


def of(node: Node) -> Body:
    """The value as facts have it; casts, brackets and ``&`` make no difference."""
    node = _unwrapped(node)
    text = (node.text or b"").decode("latin-1")
    if text in _EMPTY:
        return Body("none")
    if node.type == "identifier":
        return Body("name", text)
    if node.type in ("true", "false"):
        return Body(node.type)
    if node.type in ("string_literal", "concatenated_string"):
        return Body("string", None, _string(node))
    return Body("condition" if node.type == "conditional_expression" else "value", None, shortened(text))


def plain(text: str) -> Body:
    """The same of a value that is nothing but a name, or one string without escapes."""
    if text.startswith('"'):
        return Body("string", None, text.strip('"'))
    if text in _EMPTY:
        return Body("none")
    return Body(text) if text in ("true", "false") else record(Body, ("name", text, None))


def _unwrapped(node: Node) -> Node:
    while node.type in _WRAPPED:
        field = _WRAPPED[node.type]
        inner = node.child_by_field_name(field) if field else _first(node)
        if inner is None:
            break
        node = inner
    return node


def _first(node: Node) -> Node | None:
    return next((child for child in node.named_children if child.type != "comment"), None)


def _string(node: Node) -> str:
    parts = [node] if node.type == "string_literal" else node.named_children
    return "".join((part.text or b"").decode("latin-1").removeprefix("L").strip('"') for part in parts)


def shortened(text: str) -> str:
    """Source on one line, cut where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= _LONG else f"{line[: _LONG - 3]}..."


def is_macro(node: Node) -> bool:
    """Whether a value without a name may be a macro that stands for slots of its own."""
    if node.type == "call_expression":
        return True
    text = (node.text or b"").decode("latin-1")
    return node.type == "identifier" and text.isupper() and text not in _EMPTY
