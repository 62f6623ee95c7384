"""What the value of a slot says: a function, nothing, a string, or an expression."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...facts import Body
from ...records import record

if TYPE_CHECKING:
    from tree_sitter import Node

_LONG = 60
#: So much is kept of a call.
_LONGEST = 4096
_WRAPPED = {"cast_expression": "value", "parenthesized_expression": None, "pointer_expression": "argument"}
_NOTHING = frozenset({"NULL", "nullptr"})
_ZERO = r"0[xXbB]?[0']*[uUlL]{0,3}|'\\(?:x?0+)'"
#: What is certainly something: all other expressions may turn out to be no function.
_CERTAIN = frozenset({"number_literal", "char_literal"})


def of(node: Node) -> Body:
    """The value as facts have it; casts, brackets and ``&`` make no difference."""
    node = _unwrapped(node)
    text = (node.text or b"").decode("latin-1")
    if is_empty(text):
        return Body("none")
    if node.type == "initializer_list":
        return _list(node)
    if node.type == "identifier":
        return Body("name", text)
    if node.type in ("true", "false"):
        return Body(node.type)
    if node.type in ("string_literal", "concatenated_string"):
        return Body("string", None, _string(node))
    if node.type == "call_expression":
        return _call(node, text)
    return Body("value" if node.type in _CERTAIN else "condition", None, shortened(text))


def plain(text: str) -> Body:
    """The same of a value that is nothing but a name, or one string without escapes."""
    if text.startswith('"'):
        return Body("string", None, text.strip('"'))
    if text in _NOTHING:
        return Body("none")
    return Body(text) if text in ("true", "false") else record(Body, ("name", text, None))


def is_empty(text: str) -> bool:
    """Whether a value is no function: ``NULL``, or zero however it is written."""
    return text in _NOTHING or (text.startswith(("0", "'\\")) and re.fullmatch(_ZERO, text) is not None)


def designator(node: Node) -> str:
    """The name of a slot as it is written: ``open``, ``in.read``, ``hooks[2]``."""
    name = ""
    for child in node.children:
        if child.type in ("field_designator", "field_identifier"):
            inner = next((each for each in child.named_children if each.type == "field_identifier"), child)
            name += f"{'.' if name else ''}{_squeezed(inner)}"
        elif child.type in ("subscript_designator", "subscript_range_designator"):
            name += _squeezed(child)
    return name


def _squeezed(node: Node) -> str:
    return "".join((node.text or b"").decode("latin-1").split())


def subscript(node: Node) -> str | None:
    """Which element of an array a value is for; None where it is for a part of one."""
    designators = [child for child in node.children if child.type.endswith(("_designator", "_identifier"))]
    if len(designators) != 1 or not designators[0].type.startswith("subscript"):
        return None
    return " ".join((designators[0].text or b"").decode("latin-1").strip("[]").split())


def following(index: str) -> str:
    """The element behind one that is named by a number, a range of numbers, or a constant."""
    last = index.rpartition("...")[2].strip()
    if last.isdecimal():
        return str(int(last) + 1)
    name, _, distance = last.partition(" + ")
    return f"{name} + {int(distance or 0) + 1}" if name else ""


def _list(node: Node) -> Body:
    """Values in braces; ``names`` where each says for which field it is, ``values`` where one does not."""
    inner = [each for each in node.named_children if each.type != "comment"]
    unnamed = [each for each in inner if each.type != "initializer_pair"]
    deeper = any(each.type == "initializer_list" for each in inner)
    if not deeper and len(inner) == len(unnamed) and all(of(each).kind == "none" for each in inner):
        return Body("none", None, "{}")
    return Body("list", "values" if unnamed else "names", shortened((node.text or b"").decode("latin-1")))


def _call(node: Node, text: str) -> Body:
    """A macro with arguments; one that is given ``NULL`` chooses. ``(type) (value)`` looks the same to the grammar."""
    name = node.child_by_field_name("function")
    arguments = node.child_by_field_name("arguments")
    inner = [each for each in arguments.named_children if each.type != "comment"] if arguments is not None else []
    if name is not None and name.type == "parenthesized_expression" and len(inner) == 1:
        return of(inner[0])
    target = (name.text or b"").decode("latin-1") if name is not None and name.type == "identifier" else None
    given = [(each.text or b"").decode("latin-1") for each in inner]
    chooses = any(map(is_empty, given)) or not _NOTHING.isdisjoint(re.findall(r"\w+", text))
    return Body("condition" if chooses else "value", target, whole(text))


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


def whole(text: str) -> str:
    """Source on one line without comments, for a call may be a macro whose arguments matter."""
    return " ".join(re.sub(r"/\*.*?\*/|//[^\n]*", " ", text, flags=re.DOTALL).split())[:_LONGEST]


def shortened(text: str) -> str:
    """Source on one line, cut where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= _LONG else f"{line[: _LONG - 3]}..."
