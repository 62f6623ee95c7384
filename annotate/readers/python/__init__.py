"""The reader of Python: the bytes of one file -> its facts.

Nothing is imported or executed. ``ast`` finds classes, tables and imports and judges bodies; libcst reads the comments
beside entries, and only where a ``#`` stands (see ``comments``). What cannot be read is an error with a place.
"""

from __future__ import annotations

import ast
import sys
import warnings

from ...bounded import LARGEST_PYTHON
from ...facts import FileFacts, Options, Trouble
from .. import conflicts
from .module import ModuleReader
from .source import Source, decoded

SUFFIXES = (".py", ".pyi", ".pyw")


def read(path: str, data: bytes, options: Options) -> FileFacts:
    """Return the facts of one file.

    Args:
        options: what the config says about names of tables and decorators.

    A file that cannot be decoded or parsed has no facts but its error.
    """
    if len(data) > LARGEST_PYTHON:
        message = f"the file is larger than {LARGEST_PYTHON // 1_000_000} MB and was not read"
        return FileFacts(path, errors=(Trouble(1, 1, message, tip="split it, or exclude it in the config"),))
    source = decoded(data)
    if isinstance(source, Trouble):
        return FileFacts(path, errors=(source,))
    try:
        return ModuleReader(path, source, options).read(_parse(source))
    except SyntaxError as error:
        found = conflicts.find(data)
        if any(each.line <= (error.lineno or 0) <= each.last for each in found):
            return FileFacts(path, errors=tuple(each.trouble for each in found))
        return FileFacts(path, errors=(_syntax_error(data, error),))
    except (RecursionError, MemoryError):
        return FileFacts(path, errors=(Trouble(1, 1, "the file is nested too deeply to read"),))
    except UnicodeError:
        return FileFacts(path, errors=(Trouble(1, 1, "the file has an unpaired surrogate and cannot be read as text"),))


def _parse(source: Source) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(source.text)


def _syntax_error(data: bytes, error: SyntaxError) -> Trouble:
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    message = f"not valid Python {version}: {error.msg}"
    tip = "fix the syntax; if the file is written for another Python, run hvsupport with that version, or exclude it"
    if _looks_like_python_2(error.msg or "", error.text or ""):
        tip = "the file looks like Python 2; exclude it in the config, or port it"
    return Trouble(max(error.lineno or 1, 1), max(error.offset or 1, 1), message, tip=tip)


def _looks_like_python_2(message: str, text: str) -> bool:
    return "print" in message or "exec" in message or "except" in text or "leading zeros" in message or "`" in text
