"""Import names and files: which module a file is, and where the file of an imported module lies.

As the configuration says it, or as Python's imports would search; nothing is imported.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterator, Mapping

from ..config.target import normalized
from .files import Loader

#: What stands for a module that is not written in Python.
_COMPILED = (".pyi", ".pyx", ".so", ".pyd")
_WRITTEN = (".pyi", ".pyx")
_CLASS = rb"(?m)^[ \t]*(?:cp?def[ \t]+)?class[ \t]+NAME\b[ \t]*(?:\(([^()]*)\))?[ \t]*:"


class Modules:
    """The modules of a tree.

    Args:
        loader: which files and folders there are.
        packages: import name -> folder, where the two differ.
    """

    def __init__(self, loader: Loader, packages: Mapping[str, str]) -> None:
        self._loader = loader
        folders = {name: normalized(folder) for name, folder in packages.items()}
        self._packages = dict(sorted(folders.items(), key=lambda item: (-len(item[0]), item[0])))
        self._names: dict[str, str] = {}
        self._located: dict[tuple[str, str], str | None] = {}
        self._compiled: dict[tuple[str, str], str | None] = {}
        self._in_tree: dict[tuple[str, str], bool] = {}

    def name(self, path: str) -> str:
        """The import name of a file."""
        if path not in self._names:
            self._names[path] = self._name(path)
        return self._names[path]

    def _name(self, path: str) -> str:
        for name, folder in self._packages.items():
            prefix = f"{folder}/" if folder else ""
            if path.startswith(prefix):
                return _dotted(name, path[len(prefix) :])
        root = self._source_root(path)
        return _dotted("", path[len(root) :])

    def _source_root(self, path: str) -> str:
        """The folder that has to be on the path of imports, with ``/`` behind it; empty for the root."""
        folder = path.rpartition("/")[0]
        if folder and not self._is_package(folder):
            return "src/" if path.startswith("src/") else ""
        while folder and self._is_package(folder):
            folder = folder.rpartition("/")[0]
        if f"{folder}/".startswith("src/"):
            return "src/"
        return f"{folder}/" if folder else ""

    def _is_package(self, folder: str) -> bool:
        return self._loader.exists(f"{folder}/__init__.py" if folder else "__init__.py")

    def locate(self, module: str, importer: str) -> str | None:
        """The file of a module that another file imports, or None when it is not in the tree."""
        folder = importer.rpartition("/")[0]
        key = (module, folder)
        if key not in self._located:
            self._located[key] = next(self._candidates(module, importer), None)
        return self._located[key]

    def _candidates(self, module: str, importer: str) -> Iterator[str]:
        if not all(module.split(".")):
            return
        for base in self._bases(module, importer):
            for path in (f"{base}.py" if base else "", f"{base}/__init__.py" if base else "__init__.py"):
                if path and self._loader.exists(path):
                    yield path

    def _bases(self, module: str, importer: str) -> Iterator[str]:
        """Where the file or folder of a module may lie: as the config says, or below what imports search.

        The importer's own folder counts for scripts only: inside a package, ``import docker`` of ``docker.py`` means
        the library and not the file itself.
        """
        parts = module.replace(".", "/")
        for name, folder in self._packages.items():
            if module == name or module.startswith(name + "."):
                yield (folder + parts[len(name) :]).strip("/")
        folder = importer.rpartition("/")[0]
        roots = [self._source_root(importer), "", "src/"]
        if folder and not self._is_package(folder):
            roots.append(f"{folder}/")
        for root in dict.fromkeys(roots):
            yield root + parts

    def compiled(self, module: str, importer: str) -> str | None:
        """The file of a module in another language: its declarations, its source, or what was built."""
        key = (module, importer.rpartition("/")[0])
        if key not in self._compiled:
            paths = [base for base in self._bases(module, importer) if base]
            named = (f"{base}{suffix}" for base in paths for suffix in _COMPILED)
            built = self._loader.matching([f"{base}.*.so" for base in paths])
            self._compiled[key] = next((path for path in (*named, *built) if self._loader.exists(path)), None)
        return self._compiled[key]

    def unread(self, path: str, name: str) -> str | None:
        """Why it is not known what a class of such a file derives from; None where that is nothing of the tree."""
        text = self._loader.text(path) if path.endswith(_WRITTEN) else b""
        match = re.search(_CLASS.replace(b"NAME", re.escape(name.encode())), text)
        if match is None:
            return f"the bases of {name!r} in {path} cannot be read"
        bases = (each.strip() for each in (match[1] or b"").decode("utf-8", "replace").split(","))
        is_known = all(not each or hasattr(builtins, each) for each in bases)
        return None if is_known else f"what is above {name!r} in {path} cannot be read"

    def holds(self, module: str, importer: str) -> bool:
        """Whether the tree holds the package that a module would belong to."""
        top = module.partition(".")[0]
        key = (top, importer.rpartition("/")[0])
        if key not in self._in_tree:
            self._in_tree[key] = self.locate(top, importer) is not None or self.folder(top, importer) is not None
        return self._in_tree[key]

    def folder(self, module: str, importer: str) -> str | None:
        """The folder of a package without a file of its own; one without any Python below it is none."""
        for base in self._bases(module, importer):
            if base and self._loader.has_folder(base) and self._loader.matching([f"{base}/**/*.py"]):
                return base
        return None

    def absolute(self, module: str, path: str) -> str | None:
        """A module name with leading dots, made absolute; None when it leads out of all packages."""
        level = len(module) - len(module.lstrip("."))
        if level == 0:
            return module
        folder = path.rpartition("/")[0]
        package = [part for part in self.name(f"{folder}/__init__.py" if folder else "__init__.py").split(".") if part]
        if level > max(len(package), 1):
            return None
        package = package[: len(package) - (level - 1)]
        return ".".join([*package, *filter(None, [module.lstrip(".")])])


def _dotted(prefix: str, path: str) -> str:
    parts = path.removesuffix(".py").removesuffix(".pyi").split("/")
    if parts and parts[-1] == "__init__":
        parts.pop()
    return ".".join(filter(None, [prefix, *parts]))
