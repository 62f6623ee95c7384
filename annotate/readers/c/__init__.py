"""The reader of C: the bytes of one file -> its facts.

Structs of function pointers become classes with fields, their designated or positional initialisers tables, as the
reader of Python makes them of dataclasses and calls. A byte scan finds both; tree-sitter reads only what stands between
their braces. Preprocessor directives are blanked at equal length before, so that every branch is read; nothing is
included, expanded or evaluated.
"""

from __future__ import annotations

from ...bounded import TooSlowError
from ...facts import FileFacts, Options, Trouble
from .scan import may_hold

__all__ = ["may_hold", "read"]
_TIP = "break its largest table or struct into several, or exclude the file in the config"


def read(path: str, data: bytes, options: Options) -> FileFacts:
    """Return the facts of one file.

    Args:
        path: relative to the root, for places.
        data: the bytes of the file.
        options: what the config says about names of tables and decorators.
    """
    from .file import read as read_file

    try:
        return read_file(path, data, options)
    except TooSlowError:
        message = "the grammar of C takes too long for this file, so it was not read"
        return FileFacts(path, errors=(Trouble(1, 1, message, tip=_TIP),), language="c")
