"""Facts as one line of JSON and back.

Reading is derived from the types of the fields, so that adding or moving a field cannot misread values.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from types import NoneType, UnionType
from typing import Any, get_args, get_origin

from ..facts import FileFacts

_PLAIN = (str, int, bool)


def to_json(facts: FileFacts) -> str:
    """Facts as one line of JSON; ``from_json`` reads them back."""
    return json.dumps(facts, separators=(",", ":"), ensure_ascii=False)


def from_json(text: str, path: str) -> FileFacts:
    """Facts written by ``to_json``, for the file ``path`` (a file that was moved keeps its facts).

    Raises:
        ValueError, TypeError, IndexError, KeyError: the text is not what ``to_json`` writes.
    """
    facts: FileFacts = _reader(FileFacts)(json.loads(text))
    return facts if facts.path == path else facts._replace(path=path)


@cache
def _reader(kind: type[Any]) -> Callable[[list[Any]], Any]:
    """A function that makes a named tuple from its JSON list.

    It is compiled from one expression for speed: reading facts is most of a warm run.
    """
    hints = kind.__annotations__
    known: dict[str, Any] = {"make": tuple.__new__, "kind": kind}
    names = [f"f{index}" for index in range(len(hints))]
    fields = [_field(hint, name, known) for name, hint in zip(names, hints.values(), strict=True)]
    if fields == names:
        make: Callable[[list[Any]], Any] = kind._make
        return make
    source = f"lambda row: (lambda {', '.join(names)}: make(kind, ({', '.join(fields)},)))(*row)"
    made: Callable[[list[Any]], Any] = eval(source, known)
    return made


def _field(hint: Any, name: str, known: dict[str, Any]) -> str:
    """The expression that reads a value of a type; functions that it calls are added to ``known``."""
    if hint in _PLAIN:
        return name
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is UnionType:
        inner = _field(next(each for each in arguments if each is not NoneType), name, known)
        return name if inner == name else f"None if {name} is None else {inner}"
    if origin is not tuple:
        known[f"read_{hint.__name__}"] = _reader(hint)
        return f"read_{hint.__name__}({name})"
    if arguments[-1] is Ellipsis:
        inner = _field(arguments[0], "each", known)
        return f"tuple({name})" if inner == "each" else f"tuple([{inner} for each in {name}])"
    parts = [f"{name}[{index}]" for index in range(len(arguments))]
    return f"({', '.join(_field(part, place, known) for part, place in zip(arguments, parts, strict=True))},)"
