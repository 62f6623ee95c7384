"""One reader a language: the bytes of one file -> its facts. Readers, and what they import, are loaded when needed."""

from __future__ import annotations

from functools import cache
from types import ModuleType

from ..facts import FileFacts, Options

_PYTHON = (".py", ".pyi", ".pyw")
_C = (".c", ".h", ".cc", ".cpp", ".cxx", ".hh", ".hpp")
_SYMBOLS = (".syms", ".sym", ".map", ".ver")
#: What a build fills in to make the file: ``ops.h.in`` is C.
_TEMPLATE = ".in"


def language(path: str, options: Options) -> str:
    """The language of a file by its suffix; a file of any other is in that of the interfaces."""
    if path in options.symbols or path.endswith(_SYMBOLS):
        return "symbols"
    if path.removesuffix(_TEMPLATE).endswith(_PYTHON):
        return "python"
    return "c" if options.c or is_c(path) else "python"


def is_c(path: str) -> bool:
    """Whether the name of a file says that it is C."""
    return path.removesuffix(_TEMPLATE).endswith(_C)


def read(path: str, data: bytes, options: Options) -> FileFacts:
    """Return the facts of one file."""
    kind = language(path, options)
    if kind == "c":
        facts: FileFacts = _c().read(path, data, options)
        return facts
    if kind == "symbols":
        from . import symbols

        return symbols.read(path, data, options)
    from . import python

    return python.read(path, data, options)


def is_empty(path: str, data: bytes, options: Options) -> bool:
    """Whether a glance tells that a file holds nothing, so that neither a reader nor the cache is asked."""
    return language(path, options) == "c" and not _c().may_hold(path, data, options)


@cache
def _c() -> ModuleType:
    from . import c

    return c
