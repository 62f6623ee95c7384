"""Names across modules: what a dotted name in one file refers to, read from imports alone.

A reference is a class, a function or a table of the tree, a module, or something outside the tree (``external``), or
it is ``unknown`` with the reason; nothing is guessed. Files are loaded when a name leads to them.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple, Protocol

from ..facts import Body, ClassFact, FileFacts, Member, TableFact


class Loader(Protocol):
    """Where facts come from: the files of a folder, or of a revision."""

    def load(self, path: str) -> FileFacts | None:
        """The facts of a file, or None when there is no such file."""

    def exists(self, path: str) -> bool:
        """Whether there is a file of that path."""

    def has_folder(self, path: str) -> bool:
        """Whether there is a folder of that path."""

    def matching(self, patterns: Iterable[str]) -> list[str]:
        """The files that match one of the globs, sorted."""

    def prefetch(self, paths: Iterable[str]) -> None:
        """Read files that are about to be asked for, in several processes where that pays."""


class Ref(NamedTuple):
    """What a name refers to.

    Attributes:
        kind: ``class``, ``function``, ``table``, ``module``, ``external`` or ``unknown``.
        path: the file, for the first four; an empty string otherwise.
        name: qualified name in that file; the dotted name for ``external``; the reason for ``unknown``.
    """

    kind: str
    path: str
    name: str


class File:
    """The facts of one file with indexes by name."""

    def __init__(self, facts: FileFacts) -> None:
        self.facts = facts
        self.path = facts.path
        self.functions: dict[str, tuple[Body, int]] = {name: (body, line) for name, body, line in facts.functions}
        self.aliases = dict(facts.aliases)
        self.imports: dict[str, list[tuple[str, str]]] = {}
        for local, module, name in facts.imports:
            self.imports.setdefault(local, []).append((module, name))

    @cached_property
    def classes(self) -> dict[str, list[ClassFact]]:
        """Qualified name -> class statements of that name, in the order written."""
        found: dict[str, list[ClassFact]] = {}
        for each in self.facts.classes:
            found.setdefault(each.name, []).append(each)
        return found

    @cached_property
    def tables(self) -> dict[str, list[TableFact]]:
        """Qualified name -> tables of that name, in the order written."""
        found: dict[str, list[TableFact]] = {}
        for each in self.facts.tables:
            found.setdefault(each.name, []).append(each)
        return found


class Tree:
    """All files of a run, and the names in them.

    Args:
        loader: where facts come from.
        packages: import name -> folder, where the two differ.
    """

    def __init__(self, loader: Loader, packages: Mapping[str, str]) -> None:
        self.loader = loader
        self._packages = dict(sorted(packages.items(), key=lambda item: -len(item[0])))
        self._files: dict[str, File | None] = {}
        self._modules: dict[str, str] = {}
        self._located: dict[tuple[str, str], str | None] = {}
        self._members: dict[tuple[str, str], dict[str, list[Member]]] = {}

    # -- files and modules

    def file(self, path: str) -> File | None:
        """A file with its indexes, or None when there is no such file."""
        if path not in self._files:
            facts = self.loader.load(path)
            self._files[path] = None if facts is None else File(facts)
        return self._files[path]

    @property
    def files(self) -> Iterator[File]:
        """The files loaded so far, by path."""
        for path in sorted(self._files):
            file = self._files[path]
            if file is not None:
                yield file

    def module(self, path: str) -> str:
        """The import name of a file."""
        if path not in self._modules:
            self._modules[path] = self._module(path)
        return self._modules[path]

    def _module(self, path: str) -> str:
        for name, folder in self._packages.items():
            if path.startswith(folder.rstrip("/") + "/"):
                return _dotted(name, path[len(folder.rstrip("/")) + 1 :])
        root = self._source_root(path)
        return _dotted("", path[len(root) :])

    def _source_root(self, path: str) -> str:
        """The folder that has to be on the path of imports, with ``/`` behind it; empty for the root."""
        folder = path.rpartition("/")[0]
        if folder and not self.loader.exists(f"{folder}/__init__.py"):
            return "src/" if path.startswith("src/") else ""
        while folder and self.loader.exists(f"{folder}/__init__.py"):
            folder = folder.rpartition("/")[0]
        return f"{folder}/" if folder else ""

    def locate(self, module: str, importer: str) -> str | None:
        """The file of a module that another file imports, or None when it is not in the tree."""
        folder = importer.rpartition("/")[0]
        key = (module, folder)
        if key not in self._located:
            self._located[key] = next(self._candidates(module, importer), None)
        return self._located[key]

    def _candidates(self, module: str, importer: str) -> Iterator[str]:
        for base in self._bases(module, importer):
            for path in (f"{base}.py", f"{base}/__init__.py"):
                if self.loader.exists(path):
                    yield path

    def _bases(self, module: str, importer: str) -> Iterator[str]:
        parts = module.replace(".", "/")
        for name, folder in self._packages.items():
            if module == name or module.startswith(name + "."):
                yield (folder.rstrip("/") + parts[len(name) :]).strip("/")
        folder = importer.rpartition("/")[0]
        for root in dict.fromkeys((self._source_root(importer), "", "src/", f"{folder}/" if folder else "")):
            yield root + parts

    def _is_in_tree(self, module: str, importer: str) -> bool:
        """Whether the tree holds the package that a module would belong to."""
        top = module.partition(".")[0]
        if self.locate(top, importer) is not None:
            return True
        return any(self.loader.has_folder(base) for base in self._bases(top, importer))

    def _absolute(self, module: str, path: str) -> str:
        """A module name with leading dots, made absolute."""
        level = len(module) - len(module.lstrip("."))
        if level == 0:
            return module
        package = self.module(path).split(".")
        if not path.endswith("/__init__.py"):
            package = package[:-1]
        package = package[: len(package) - (level - 1)] if level > 1 else package
        return ".".join([*package, *filter(None, [module.lstrip(".")])])

    # -- names

    def resolve(self, path: str, name: str, owner: str = "") -> Ref:
        """What a dotted name in a file refers to.

        Args:
            path: the file.
            name: as written there.
            owner: qualified name of the class whose body it is written in, whose names come first.
        """
        return self._resolve(path, name, owner, frozenset())

    def _resolve(self, path: str, name: str, owner: str, seen: frozenset[tuple[str, str]]) -> Ref:
        first, _, rest = name.partition(".")
        ref = Ref("unknown", "", f"no {first!r} in {path}")
        while owner:
            ref = self._lookup(path, f"{owner}.{first}", seen)
            if ref.kind != "unknown":
                break
            owner = owner.rpartition(".")[0]
        if ref.kind == "unknown":
            ref = self._lookup(path, first, seen)
        for part in filter(None, rest.split(".")):
            ref = self._attribute(ref, part, seen)
        return ref

    def _lookup(self, path: str, name: str, seen: frozenset[tuple[str, str]]) -> Ref:
        file = self.file(path)
        if file is None:
            return Ref("unknown", "", f"no file {path}")
        if (path, name) in seen:
            return Ref("unknown", "", f"{name!r} in {path} is imported in a circle")
        seen = seen | {(path, name)}
        if name in file.classes:
            return Ref("class", path, name)
        if name in file.functions:
            return Ref("function", path, name)
        if name in file.tables:
            return Ref("table", path, name)
        if name in file.imports:
            return self._imported(path, file.imports[name], seen)
        if name in file.aliases:
            return self._resolve(path, file.aliases[name], "", seen)
        return self._last_resort(path, file, name, seen)

    def _imported(self, path: str, sources: list[tuple[str, str]], seen: frozenset[tuple[str, str]]) -> Ref:
        """The first of several imports of one name (``try`` and ``except ImportError``) that the tree holds."""
        refs = [self._import(path, module, name, seen) for module, name in sources]
        inside = [ref for ref in refs if ref.kind not in ("external", "unknown")]
        return (inside or refs)[0]

    def _import(self, path: str, module: str, name: str, seen: frozenset[tuple[str, str]]) -> Ref:
        absolute = self._absolute(module, path)
        target = self.locate(absolute, path)
        if not name:
            return Ref("module", target, absolute) if target else self._outside(absolute, path)
        if target is None:
            submodule = self.locate(f"{absolute}.{name}" if absolute else name, path)
            if submodule is not None:
                return Ref("module", submodule, f"{absolute}.{name}")
            return self._outside(f"{absolute}.{name}", path)
        return self._attribute(Ref("module", target, absolute), name, seen)

    def _outside(self, dotted: str, path: str) -> Ref:
        if self._is_in_tree(dotted, path):
            if self.loader.has_folder(dotted.replace(".", "/")):
                return Ref("module", "", dotted)
            return Ref("unknown", "", f"the tree holds no {dotted}")
        return Ref("external", "", dotted)

    def _attribute(self, ref: Ref, name: str, seen: frozenset[tuple[str, str]]) -> Ref:
        if ref.kind == "module":
            return self._of_module(ref, name, seen)
        if ref.kind == "class":
            found = self._lookup(ref.path, f"{ref.name}.{name}", seen)
            return found if found.kind != "unknown" else Ref("function", ref.path, f"{ref.name}.{name}")
        if ref.kind == "external":
            return Ref("external", "", f"{ref.name}.{name}")
        return Ref("unknown", "", ref.name if ref.kind == "unknown" else f"{ref.name} has no attribute {name!r}")

    def _of_module(self, ref: Ref, name: str, seen: frozenset[tuple[str, str]]) -> Ref:
        if ref.path:
            found = self._lookup(ref.path, name, seen)
            if found.kind not in ("unknown",) and not found.name.startswith("builtins."):
                return found
        submodule = self.locate(f"{ref.name}.{name}", ref.path)
        if submodule is not None:
            return Ref("module", submodule, f"{ref.name}.{name}")
        return Ref("unknown", "", f"no {name!r} in {ref.path or ref.name}")

    def _last_resort(self, path: str, file: File, name: str, seen: frozenset[tuple[str, str]]) -> Ref:
        """Star imports, then builtins."""
        outside = None
        for module in file.facts.stars:
            absolute = self._absolute(module, path)
            target = self.locate(absolute, path)
            if target is None:
                outside = outside or self._outside(f"{absolute}.{name}", path)
            else:
                found = self._lookup(target, name, seen)
                if found.kind != "unknown" and not found.name.startswith("builtins."):
                    return found
        if hasattr(builtins, name):
            return Ref("external", "", f"builtins.{name}")
        if outside is not None:
            return outside
        if file.facts.errors and not file.facts.classes:
            return Ref("unknown", "", f"{path} cannot be read")
        return Ref("unknown", "", f"no {name!r} in {path}")

    # -- classes

    def class_fact(self, path: str, name: str) -> ClassFact | None:
        """A class of a file: the last of that name that stands under no condition, else the first."""
        file = self.file(path)
        found = file.classes.get(name, []) if file is not None else []
        firm = [each for each in found if each.when is None]
        return firm[-1] if firm else found[0] if found else None

    def class_id(self, path: str, name: str) -> str:
        """``module:Class``."""
        return f"{self.module(path)}:{name}"

    def members(self, path: str, name: str) -> dict[str, list[Member]]:
        """Name -> definitions of it in the body of a class, in the order written; overload stubs left out."""
        key = (path, name)
        if key not in self._members:
            fact = self.class_fact(path, name)
            found: dict[str, list[Member]] = {}
            for member in fact.members if fact is not None else ():
                found.setdefault(member.name, []).append(member)
            self._members[key] = {each: _without_overloads(group) for each, group in found.items()}
        return self._members[key]

    def find_class(self, module: str, name: str) -> tuple[str, str] | None:
        """Path and name of a class given as ``module`` and ``Class``; re-exports are followed."""
        path = self.locate(module, "")
        if path is None:
            return None
        ref = self.resolve(path, name)
        return (ref.path, ref.name) if ref.kind == "class" else None


_OVERLOADS = frozenset({"overload", "typing.overload", "t.overload", "typing_extensions.overload"})


def _without_overloads(group: list[Member]) -> list[Member]:
    """Overload stubs and accessors (``@x.setter``) are no definitions of their own."""
    kept = [each for each in group if not _OVERLOADS.intersection(each.decorators) and not _is_accessor(each)]
    return kept or group[:1]


def _is_accessor(member: Member) -> bool:
    endings = (".setter", ".deleter", ".getter", ".register")
    return any(each.endswith(endings) for each in member.decorators)


def _dotted(prefix: str, path: str) -> str:
    parts = path.removesuffix(".py").removesuffix(".pyi").split("/")
    if parts and parts[-1] == "__init__":
        parts.pop()
    return ".".join(filter(None, [prefix, *parts]))
