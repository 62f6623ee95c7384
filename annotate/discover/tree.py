"""The Python files of an unknown tree, and resolution of class names in them.

Hidden folders, virtual environments, installed packages and build output are skipped. Files that cannot be parsed are
recorded with the reason.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from ..errors import ReadError
from ..files import Folder
from .shapes import ClassShape, FileShape, shape

ClassRef = tuple[str, str]
_NOT_ENTERED = frozenset({"node_modules", "__pycache__", "site-packages", "venv", "virtualenv"})
_NOT_ENTERED_AT_TOP = frozenset({"build", "dist"})
_TEST_FOLDERS = ("test", "tests")
UNPARSABLE = (SyntaxError, ValueError, RecursionError, MemoryError)


class SourceTree:
    """All Python files of a folder.

    Attributes:
        files: path -> shape, ordered by path.
        skipped: path -> why it could not be read or parsed.
        tests: patterns of the tests that were skipped.
    """

    def __init__(self, root: Path) -> None:
        self._folder = Folder(root)
        self._root = root
        self.files: dict[str, FileShape] = {}
        self.skipped: dict[str, str] = {}
        self._tests: set[str] = set()
        self._resolved: dict[tuple[str, str], ClassRef | None] = {}
        for path in self._walk():
            self._look_at(path)
        self.tests = tuple(sorted(self._tests))
        self._modules = {module: path for path in self.files for module in self._names(path)}

    def data(self, path: str) -> bytes:
        """The bytes of a file."""
        return self._folder.read(path)

    def _look_at(self, path: str) -> None:
        try:
            path.encode()
            self.files[path] = shape(path, self.data(path))
        except UnicodeEncodeError:
            self.skipped[path.encode("utf-8", "backslashreplace").decode()] = "its name is not UTF-8"
        except (*UNPARSABLE, ReadError) as error:
            self.skipped[path] = str(getattr(error, "msg", None) or error) or type(error).__name__

    def _walk(self) -> Iterator[str]:
        for where, folders, names in os.walk(self._root):
            base = Path(where).relative_to(self._root)
            folders[:] = sorted(name for name in folders if self._is_entered(base, name))
            for name in sorted(names):
                if name.endswith(".py") and not name.startswith(".") and not self._is_test(name):
                    yield (base / name).as_posix()

    def _is_entered(self, base: Path, name: str) -> bool:
        if name.startswith(".") or name in _NOT_ENTERED or (not base.parts and name in _NOT_ENTERED_AT_TOP):
            return False
        if name in _TEST_FOLDERS:
            self._tests.add(f"{name}/")
            return False
        full = self._root / base / name
        return not (full.is_symlink() or (full / "pyvenv.cfg").exists())

    def _is_test(self, name: str) -> bool:
        pattern = "test_*.py" if name.startswith("test_") else "*_test.py" if name.endswith("_test.py") else None
        pattern = "conftest.py" if name == "conftest.py" else pattern
        if pattern is not None:
            self._tests.add(pattern)
        return pattern is not None

    # -- names

    def _names(self, path: str) -> Iterator[str]:
        """The dotted names of a file: from its topmost package, and from the root."""
        parts = path.removesuffix(".py").split("/")
        if parts[-1] == "__init__":
            parts.pop()
        start = len(parts) - 1
        while start > 0 and f"{'/'.join(parts[:start])}/__init__.py" in self.files:
            start -= 1
        yield from (".".join(each) for each in (parts, parts[max(start, 0) :]) if each)

    def shape_of(self, ref: ClassRef) -> ClassShape:
        """The class of a reference."""
        return self.files[ref[0]].classes[ref[1]]

    def find(self, module: str, name: str) -> ClassRef | None:
        """The class that a name in a module refers to, or None."""
        path = self._modules.get(module)
        return None if path is None else self.resolve(path, name)

    def resolve(self, path: str, name: str) -> ClassRef | None:
        """The class that a dotted name in a file refers to, or None if outside the tree or unknown."""
        if (path, name) not in self._resolved:
            # Ends the recursion for files that import each other.
            self._resolved[path, name] = None
            self._resolved[path, name] = self._resolve(path, name)
        return self._resolved[path, name]

    def _resolve(self, path: str, name: str) -> ClassRef | None:
        file = self.files.get(path)
        if file is None or name in file.classes:
            return None if file is None else (path, name)
        parts = name.split(".")
        for count in range(len(parts), 0, -1):
            imported = file.imports.get(".".join(parts[:count]))
            if imported is not None:
                return self._follow(path, *imported, parts[count:])
        found = (self._follow(path, module, name, []) for module in file.stars)
        return next((ref for ref in found if ref is not None), None)

    def module(self, path: str, module: str) -> str | None:
        """The file of a module that another file imports, or None if outside the tree."""
        return self._modules.get(self._absolute(path, module))

    def _follow(self, path: str, module: str, attribute: str, rest: list[str]) -> ClassRef | None:
        """Resolve ``module.attribute.rest``; any number of its parts may be modules."""
        full = self._absolute(path, module)
        parts = [attribute, *rest] if attribute else rest
        for count in range(len(parts) - 1, -1, -1):
            target = self._modules.get(".".join([full, *parts[:count]]))
            found = self.resolve(target, ".".join(parts[count:])) if target is not None else None
            if found is not None:
                return found
        return None

    def _absolute(self, path: str, module: str) -> str:
        """The absolute name of a module with leading dots."""
        level = len(module) - len(module.lstrip("."))
        if not level:
            return module
        folders = path.split("/")[:-1]
        base = folders[: len(folders) - level + 1]
        return ".".join([*base, *filter(None, [module[level:]])])
