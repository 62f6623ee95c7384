"""Files beside drivers that no name leads to, and that change a class of the drivers all the same.

``patches.py`` in the folder of the drivers may set ``Driver.open``. To read every file there would take its time; a
search over the bytes says which of them name a class and set something on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..patterns import regex
from .context import Context

#: An attribute is set; it begins with a text, which makes the search fast. And the owner in front of it.
_SETS = regex(rb"\.\w+[ \t]*(?:=[^=]|[,:][^=\n(]{0,200}=[^=])")
_ON_OWN = regex(rb"(?<![\w.])(?:self|cls)(?:\.\w+)*$")
_SETS_BY_NAME = regex(rb"(?:set|del)attr(?!\w)(?!\((?:self|cls)\b)")
_DELETES = regex(rb"\bdel[ \t(]+[^\W\d]\w*\.")
_WORD = regex(rb"\w+")
#: So much is looked at in front of an attribute.
_NEAR = 80


def load(context: Context, paths: Iterable[str]) -> None:
    """Load the files that may change a class of some files of drivers, or of the interface."""
    if not context.tree.loader.searches:
        return
    known = [*paths, context.target.path]
    files = [file for file in map(context.tree.file, known) if file is not None and not file.is_c]
    names = {name.rpartition(".")[2].encode() for file in files for name in file.classes}
    for path in _beside(context, {file.path.rpartition("/")[0] for file in files}):
        data = context.tree.loader.text(path)
        if any(name in data for name in names) and _sets(data) and not names.isdisjoint(_WORD.findall(data)):
            context.tree.file(path)


def _beside(context: Context, folders: set[str]) -> Iterator[str]:
    """The files of some folders that nothing has led to; tests set what they like."""
    for path in context.tree.loader.matching(["*.py", "**/*.py"]):
        folder, _, name = path.rpartition("/")
        is_test = name.startswith(("test_", "conftest")) or name.endswith("_test.py")
        if folder in folders and not is_test and not context.tree.is_loaded(path):
            yield path


def _sets(data: bytes) -> bool:
    """Whether a file sets an attribute of something else than an object of its own."""
    places = (match.start() for match in _SETS.finditer(data))
    if any(_ON_OWN.search(data, max(0, at - _NEAR), at) is None for at in places):
        return True
    return (b"attr" in data and bool(_SETS_BY_NAME.search(data))) or (b"del" in data and bool(_DELETES.search(data)))
