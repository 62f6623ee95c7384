"""The reader of Python: the bytes of one file -> its facts.

Nothing is imported or executed. ``ast`` finds classes, tables and imports and judges bodies; libcst reads the comments
beside entries, and only where a ``#`` stands (see ``comments``). What cannot be read is an error with a place.
"""

from __future__ import annotations

import ast
import sys
import warnings

from ...facts import FileFacts, Options, Trouble
from .. import conflicts
from .module import ModuleReader
from .source import Source, decoded

SUFFIXES = (".py", ".pyi", ".pyw")


def read(path: str, data: bytes, options: Options) -> FileFacts:
    """Return the facts of one file.

    Args:
        path: relative to the root, for places.
        data: the bytes of the file.
        options: what the config says about names of tables and decorators.

    A file that cannot be decoded or parsed has no facts but its error.
    """
    source = decoded(data)
    if isinstance(source, Trouble):
        return FileFacts(path, errors=((source.line, source.column, source.message, source.tip),))
    try:
        return ModuleReader(path, source, options).read(_parse(source))
    except SyntaxError as error:
        found = conflicts.find(data)
        if any(each.line <= (error.lineno or 0) <= each.last for each in found):
            return FileFacts(path, errors=tuple((each.line, 1, each.message, conflicts.TIP) for each in found))
        return FileFacts(path, errors=(_syntax_error(data, error),))
    except (RecursionError, MemoryError):
        return FileFacts(path, errors=((1, 1, "the file is nested too deeply to be read", None),))
    except UnicodeError:
        return FileFacts(path, errors=((1, 1, "the file holds half of a surrogate pair, which is no text", None),))


def _parse(source: Source) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(source.text)


def _syntax_error(data: bytes, error: SyntaxError) -> tuple[int, int, str, str | None]:
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    message = f"this is no Python {version} source: {error.msg}"
    tip = (
        f"mend it; where it is written for another Python than {version}, run hvsupport with that, or exclude the file"
    )
    if _looks_like_python_2(error.msg or "", error.text or ""):
        tip = "the file looks like Python 2; exclude it in the config, or port it"
    return max(error.lineno or 1, 1), max(error.offset or 1, 1), message, tip


def _looks_like_python_2(message: str, text: str) -> bool:
    return "print" in message or "exec" in message or "except" in text or "leading zeros" in message or "`" in text
