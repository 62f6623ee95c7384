"""Files beside drivers that no name leads to, and that change a class of the drivers all the same.

``patches.py`` in the folder of the drivers may set ``Driver.open``. To read every file there would take its time; a
search over the bytes says which of them name a class and set something on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..patterns import regex
from .context import Context

_SETS = regex(rb"\b([A-Z_]\w*)\.\w+[ \t]*=[^=]")
_SETS_BY_NAME = regex(rb"setattr\([ \t\n]*(?:\w+\.)*(\w+)[ \t\n]*,")
_BELOW = b"__subclasses__"


def load(context: Context, paths: Iterable[str]) -> None:
    """Load the files that may change a class of some files of drivers, or of the interface."""
    if not context.tree.loader.searches:
        return
    known = [*paths, context.target.path]
    files = [file for file in map(context.tree.file, known) if file is not None and not file.is_c]
    names = {name.rpartition(".")[2].encode() for file in files for name in file.classes}
    for path in _beside(context, {file.path.rpartition("/")[0] for file in files}):
        data = context.tree.loader.text(path)
        if any(name in names for name in _set_in(data)) or (_BELOW in data and any(each in data for each in names)):
            context.tree.file(path)


def _beside(context: Context, folders: set[str]) -> Iterator[str]:
    """The files of some folders that nothing has led to; tests set what they like."""
    for path in context.tree.loader.matching(["*.py", "**/*.py"]):
        folder, _, name = path.rpartition("/")
        is_test = name.startswith(("test_", "conftest")) or name.endswith("_test.py")
        if folder in folders and not is_test and not context.tree.is_loaded(path):
            yield path


def _set_in(data: bytes) -> Iterator[bytes]:
    """The names on which a file sets something."""
    for pattern in (_SETS, _SETS_BY_NAME):
        yield from (match[1] for match in pattern.finditer(data))
