"""The Python files of an unknown tree, and resolution of class names in them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from ..errors import ReadError
from ..files import Folder
from .packages import packages
from .shapes import ClassShape, FileShape, shape

ClassRef = tuple[str, str]
#: Larger files are generated; parsing them takes long.
_LARGEST = 1 << 22
_NO_LIBRARY = {*sys.stdlib_module_names, "six", "typing_extensions", "zope"}
UNPARSABLE = (SyntaxError, ValueError, RecursionError, MemoryError)


class SourceTree:
    """Python files.

    Attributes:
        files: path -> shape, ordered by path.
        skipped: path -> why it could not be read or parsed.
        packages: import name -> folder, for packages whose folder has another name.
    """

    def __init__(self, folder: Folder, paths: Iterable[str]) -> None:
        self._folder = folder
        self.files: dict[str, FileShape] = {}
        self.skipped: dict[str, str] = {}
        self._resolved: dict[tuple[str, str], ClassRef | None] = {}
        for path in paths:
            self._look_at(path)
        self._modules = {module: path for path in self.files for module in self._names(path)}
        self.packages = packages(self.files, frozenset(self._modules))
        for name, below in self.packages.items():
            for path in self.files:
                if path.startswith(f"{below}/"):
                    module = ".".join([name, *_parts(path.removeprefix(f"{below}/"))])
                    self._modules.setdefault(module, path)

    def data(self, path: str) -> bytes:
        """The bytes of a file."""
        return self._folder.read(path)

    def _look_at(self, path: str) -> None:
        try:
            path.encode()
            data = self.data(path)
            if len(data) > _LARGEST:
                raise ReadError(f"larger than {_LARGEST >> 20} MiB")
            self.files[path] = shape(path, data)
        except UnicodeEncodeError:
            self.skipped[path.encode("utf-8", "backslashreplace").decode()] = "its name is not UTF-8"
        except (*UNPARSABLE, ReadError) as error:
            self.skipped[path] = str(getattr(error, "msg", None) or error) or type(error).__name__

    # -- names

    def _names(self, path: str) -> Iterator[str]:
        """The dotted names of a file: from its topmost package, and from the root."""
        parts = _parts(path)
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

    def outside(self, path: str, name: str) -> str | None:
        """The full name of a class that a file imports from a library, or None: that of Python and unknown ones too."""
        if self.resolve(path, name) is not None:
            return None
        first, _, rest = name.partition(".")
        module, attribute = self.files[path].imports.get(first, ("", ""))
        is_library = module.partition(".")[0] not in {"", *_NO_LIBRARY}
        return ".".join(filter(None, (module, attribute, rest))) if is_library else None

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


def _parts(path: str) -> list[str]:
    """The parts of a module's name, from the path of its file."""
    parts = path.removesuffix(".py").split("/")
    return parts[:-1] if parts[-1] == "__init__" else parts
