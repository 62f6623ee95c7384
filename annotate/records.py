"""Values: named tuples whose classes, and many thousands of which, are made in every run.

``typing.NamedTuple`` compiles a function for each class, which is a tenth of a warm ``check``. This one is used in the
same way, and type checkers take it for that one.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

#: ``record(Place, (path, line, column))`` is ``Place(path, line, column)`` in half the time, for the few places that
#: make thousands of values. All values must be given, in order: defaults do not apply.
record = tuple.__new__

if TYPE_CHECKING or sys.version_info >= (3, 14) or sys.implementation.name != "cpython":
    from typing import NamedTuple as NamedTuple
else:
    from _collections import _tuplegetter
    from collections.abc import Iterable

    _UNEXPECTED = TypeError if sys.version_info >= (3, 13) else ValueError
    from functools import cache
    from types import CodeType, FunctionType

    class _Record(tuple):
        """What all named tuples share."""

        __slots__ = ()
        _fields = ()

        @classmethod
        def _make(cls, values: Iterable[Any]) -> Any:
            made = record(cls, values)
            if len(made) != len(cls._fields):
                raise TypeError(f"Expected {len(cls._fields)} arguments, got {len(made)}")
            return made

        def _replace(self, /, **changes: Any) -> Any:
            made = self._make(map(changes.pop, self._fields, self))
            if changes:
                raise _UNEXPECTED(f"Got unexpected field names: {list(changes)!r}")
            return made

        def _asdict(self) -> dict[str, Any]:
            return dict(zip(self._fields, self, strict=True))

        def __repr__(self) -> str:
            fields = ", ".join(f"{name}={value!r}" for name, value in zip(self._fields, self, strict=True))
            return f"{type(self).__name__}({fields})"

        def __getnewargs__(self) -> tuple[Any, ...]:
            return tuple(self)

    @cache
    def _makes(count: int) -> CodeType:
        """The code of a function that makes a tuple of so many values; only the names of its parameters differ."""
        names = "".join(f"_{index}, " for index in range(count))
        made: FunctionType = eval(f"lambda _class, {names}: record(_class, ({names}))", {})
        return made.__code__

    class _Kind(type):
        """Makes the classes."""

        def __new__(cls, name: str, bases: tuple[type, ...], space: dict[str, Any]) -> Any:
            names = tuple(space.get("__annotations__", ()))
            defaults = {field: space.pop(field) for field in names if field in space}
            if tuple(defaults) != names[len(names) - len(defaults) :]:
                raise TypeError(f"{name}: a field without a default follows one with a default")
            code = _makes(len(names)).replace(co_varnames=("_class", *names), co_name="__new__")
            new = FunctionType(code, {"record": record}, "__new__", tuple(defaults.values()))
            space.update((field, _tuplegetter(index, field)) for index, field in enumerate(names))
            space.update(__slots__=(), __new__=new, _fields=names, _field_defaults=defaults, __match_args__=names)
            return type(name, (_Record,), space)

    NamedTuple = type.__new__(_Kind, "NamedTuple", (), {})
