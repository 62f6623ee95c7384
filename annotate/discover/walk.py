"""Lists the Python and C files of an unknown tree without tests, environments and build output."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from pathlib import Path

from ..patterns import regex
from ..readers import is_c
from ..records import NamedTuple

_NOT_ENTERED = frozenset({"node_modules", "__pycache__", "site-packages", "venv", "virtualenv"})
_NOT_ENTERED_AT_TOP = frozenset({"build", "dist"})
_PYTHON_TESTS = regex(r"(?:^|/)(?P<folder>tests?)/|(?:^|/)(?P<file>conftest\.py|test_[^/]*|[^/]*_test\.py)$")
#: A folder ``test`` further down may be a driver for tests, as in libvirt.
_C_TESTS = regex(r"(?P<top>^test/)|(?:^|/)(?P<folder>tests)/")


class Listing(NamedTuple):
    """The files of a tree, each list in order.

    Attributes:
        python: sources of Python.
        c: sources and headers of C.
        tests: patterns, as in ``.gitignore``, of the tests that were left out.
    """

    python: list[str]
    c: list[str]
    tests: tuple[str, ...]


def listing(root: Path, keep: Collection[str] = ()) -> Listing:
    """List the files below a folder; hidden ones and links to folders are left out.

    Args:
        keep: paths that are listed even if they are those of tests.
    """
    found = Listing([], [], ())
    tests: set[str] = set()
    for path in _walk(root):
        is_python = path.endswith(".py")
        pattern = _pattern(_PYTHON_TESTS if is_python else _C_TESTS, path)
        if pattern is not None and path not in keep:
            tests.add(pattern)
        else:
            (found.python if is_python else found.c).append(path)
    return found._replace(tests=tuple(sorted(tests)))


def _walk(root: Path) -> Iterator[str]:
    for where, folders, names in os.walk(root):
        base = Path(where).relative_to(root)
        folders[:] = sorted(name for name in folders if _is_entered(root, base, name))
        for name in sorted(names):
            if not name.startswith(".") and (name.endswith(".py") or is_c(name)):
                yield (base / name).as_posix()


def _is_entered(root: Path, base: Path, name: str) -> bool:
    if name.startswith(".") or name in _NOT_ENTERED or (not base.parts and name in _NOT_ENTERED_AT_TOP):
        return False
    full = root / base / name
    return not (full.is_symlink() or (full / "pyvenv.cfg").exists())


def _pattern(tests: re.Pattern[str], path: str) -> str | None:
    """The pattern that leaves out the test that a file is part of, or None."""
    match = tests.search(path)
    if match is None:
        return None
    kind, text = next((kind, text) for kind, text in match.groupdict().items() if text)
    if kind != "file":
        return f"/{text}" if kind == "top" else f"{text}/"
    return text if text == "conftest.py" else "test_*.py" if text.startswith("test_") else "*_test.py"
