"""Names across modules: what a dotted name in one file refers to, read from imports alone.

A reference is a class, a function or a table of the tree, a module, or something outside the tree (``external``), or
it is ``unknown`` with the reason; nothing is guessed. Files are loaded when a name leads to them.
"""

from __future__ import annotations

import builtins
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple, Protocol

from ..facts import ClassFact, FileFacts, FunctionFact, Member, TableFact
from ..release import Release


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

    @property
    def unlisted(self) -> Mapping[str, str]:
        """Folders that are there and could not be looked into, with the reason."""


class Ref(NamedTuple):
    """What a name refers to.

    Attributes:
        kind: ``class``, ``function``, ``value`` (another attribute of a class), ``table``, ``module``, ``package``
            (one without a file), ``external`` or ``unknown``.
        path: the file, or the folder of a package without one; an empty string for the last two.
        name: qualified name in that file; the dotted name for modules and ``external``; the reason for ``unknown``.
    """

    kind: str
    path: str
    name: str


class File:
    """The facts of one file with indexes by name."""

    def __init__(self, facts: FileFacts) -> None:
        self.facts = facts
        self.path = facts.path

    @cached_property
    def functions(self) -> dict[str, FunctionFact]:
        """Module-level functions."""
        return {each.name: each for each in self.facts.functions}

    @cached_property
    def aliases(self) -> dict[str, list[str]]:
        """Name -> the dotted names that it stands for."""
        found: dict[str, list[str]] = {}
        for local, name in self.facts.aliases:
            found.setdefault(local, []).append(name)
        return found

    @cached_property
    def imports(self) -> dict[str, list[tuple[str, str]]]:
        """Local name -> the modules and names that it is imported from."""
        found: dict[str, list[tuple[str, str]]] = {}
        for local, module, name in self.facts.imports:
            found.setdefault(local, []).append((module, name))
        return found

    @cached_property
    def classes(self) -> dict[str, list[ClassFact]]:
        """Qualified name -> class statements of that name, in the order written."""
        found: dict[str, list[ClassFact]] = {}
        for each in self.facts.classes:
            found.setdefault(each.name, []).append(each)
        return found

    @property
    def is_c(self) -> bool:
        """Whether the file is C, whose names are global."""
        return self.facts.language == "c"

    def struct(self, name: str) -> str:
        """The name by which a struct is kept that may be called by its tag or by a typedef."""
        if name not in self.aliases or name in self.classes:
            return name
        seen: set[str] = set()
        while self.is_c and name not in self.classes and name in self.aliases and name not in seen:
            seen.add(name)
            name = self.aliases[name][0].removeprefix("struct ")
        return name

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
        folders = {name: normalized(folder) for name, folder in packages.items()}
        self._packages = dict(sorted(folders.items(), key=lambda item: (-len(item[0]), item[0])))
        self._files: dict[str, File | None] = {}
        self._modules: dict[str, str] = {}
        self._located: dict[tuple[str, str], str | None] = {}
        self._in_tree: dict[tuple[str, str], bool] = {}
        self._members: dict[tuple[str, str], dict[str, list[Member]]] = {}
        self._facts: dict[tuple[str, str], ClassFact | None] = {}
        self._shared: dict[str, None] = {}
        self._known_in: dict[str, list[File]] = {}
        self._tables: dict[tuple[str, ...], list[tuple[str, TableFact]]] = {}
        #: Version script -> the calls that it lists, kept by those who read releases.
        self.listed: dict[str, dict[str, Release]] = {}

    # -- files and modules

    def file(self, path: str) -> File | None:
        """A file with its indexes, or None when there is no such file."""
        try:
            return self._files[path]
        except KeyError:
            facts = self.loader.load(path)
            file = self._files[path] = None if facts is None else File(facts)
            return file

    def tables_in(self, paths: list[str]) -> list[tuple[str, TableFact]]:
        """The tables of some files; asked once for each list of files, for many interfaces share one."""
        key = tuple(paths)
        if key not in self._tables:
            files = filter(None, map(self.file, paths))
            self._tables[key] = [(file.path, fact) for file in files for fact in file.facts.tables]
        return self._tables[key]

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
        return self.loader.exists(f"{folder}/__init__.py" if folder else "__init__.py")

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
                if path and self.loader.exists(path):
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

    def _is_in_tree(self, module: str, importer: str) -> bool:
        """Whether the tree holds the package that a module would belong to."""
        top = module.partition(".")[0]
        key = (top, importer.rpartition("/")[0])
        if key not in self._in_tree:
            self._in_tree[key] = self.locate(top, importer) is not None or self._folder(top, importer) is not None
        return self._in_tree[key]

    def _folder(self, module: str, importer: str) -> str | None:
        """The folder of a package without a file of its own; one without any Python below it is none."""
        for base in self._bases(module, importer):
            if base and self.loader.has_folder(base) and self.loader.matching([f"{base}/**/*.py"]):
                return base
        return None

    def _absolute(self, module: str, path: str) -> str | None:
        """A module name with leading dots, made absolute; None when it leads out of all packages."""
        level = len(module) - len(module.lstrip("."))
        if level == 0:
            return module
        folder = path.rpartition("/")[0]
        package = [
            part for part in self.module(f"{folder}/__init__.py" if folder else "__init__.py").split(".") if part
        ]
        if level > max(len(package), 1):
            return None
        package = package[: len(package) - (level - 1)]
        return ".".join([*package, *filter(None, [module.lstrip(".")])])

    # -- C

    def is_c(self, path: str) -> bool:
        """Whether a file that was loaded is C."""
        file = self.file(path)
        return file is not None and file.is_c

    def share(self, paths: Iterable[str]) -> None:
        """Let the structs and typedefs of some headers be known in every file of C."""
        self._shared.update(dict.fromkeys(paths))
        self._known_in.clear()

    def typedef(self, path: str, name: str) -> str | None:
        """What a typedef stands for in the end: a function pointer, a function, data; None where no file says."""
        meaning = self._meaning(path, name)
        return "data" if meaning == "{}" else meaning

    def takes_many(self, path: str, name: str) -> bool:
        """Whether a typedef stands for a struct or a union."""
        return self._meaning(path, name) == "{}"

    def _meaning(self, path: str, name: str) -> str | None:
        headers = self._headers(path)
        seen = set()
        while name not in seen:
            seen.add(name)
            if any(each.struct(name) in each.classes for each in headers):
                return "{}"
            target = next((each.aliases[name][0] for each in headers if name in each.aliases), None)
            if target is None or target in _MEANINGS:
                return target
            if " " in target:
                return "data" if target.startswith("enum ") else "{}"
            name = target
        return None

    def _headers(self, path: str) -> list[File]:
        """The files whose structs and typedefs are known in a file: its own, then the shared ones."""
        if path not in self._known_in:
            files = [self.file(each) for each in dict.fromkeys((path, *self._shared))]
            self._known_in[path] = [file for file in files if file is not None and file.is_c]
        return self._known_in[path]

    def _struct(self, path: str, name: str) -> Ref | None:
        for file in self._headers(path):
            struct = file.struct(name)
            if struct in file.classes:
                return Ref("class", file.path, struct)
        return None

    def _global(self, path: str, name: str) -> Ref:
        """What a name in a file of C refers to: its own file comes first, then the headers that are shared."""
        found = self._struct(path, name)
        file = self.file(path)
        if found is None and file is not None and name in file.tables:
            return Ref("table", path, name)
        return found or Ref("unknown", "", f"no {name!r} in {path}")

    # -- names

    def resolve(self, path: str, name: str, owner: str = "", above: str = "") -> Ref:
        """What a dotted name in a file refers to.

        Args:
            path: the file.
            name: as written there.
            owner: qualified name of the class whose body it is written in, whose names come first.
            above: qualified name of the class whose bases it is written among; where that class takes the name of
                an import (``class Driver(Driver)``), the import is meant.
        """
        if self.is_c(path):
            return self._global(path, name)
        return self._resolve(path, name, owner, frozenset(), above)

    def _resolve(self, path: str, name: str, owner: str, seen: frozenset[tuple[str, str]], above: str = "") -> Ref:
        first, _, rest = name.partition(".")
        ref = Ref("unknown", "", f"no {first!r} in {path}")
        while owner:
            ref = self._lookup(path, f"{owner}.{first}", seen)
            if ref.kind != "unknown":
                break
            owner = owner.rpartition(".")[0]
        if ref.kind == "unknown":
            ref = self._lookup(path, first, seen, above)
        for part in filter(None, rest.split(".")):
            ref = self._attribute(ref, part, seen)
        return ref

    def _lookup(self, path: str, name: str, seen: frozenset[tuple[str, str]], above: str = "") -> Ref:
        file = self.file(path)
        if file is None:
            return Ref("unknown", "", f"no file {path}")
        if (path, name) in seen:
            return Ref("unknown", "", f"{name!r} in {path} is imported in a circle")
        seen = seen | {(path, name)}
        if name in file.imports and (name == above or _is_fallback(file.classes.get(name))):
            return self._imported(path, file.imports[name], seen)
        if name in file.classes:
            return Ref("class", path, name)
        if name in file.functions:
            return Ref("function", path, name)
        if name in file.tables:
            return Ref("table", path, name)
        if name in file.imports:
            return self._imported(path, file.imports[name], seen)
        if name in file.aliases:
            return _best([self._resolve(path, each, "", seen) for each in file.aliases[name]])
        return self._last_resort(path, file, name, seen)

    def _imported(self, path: str, sources: list[tuple[str, str]], seen: frozenset[tuple[str, str]]) -> Ref:
        return _best([self._import(path, module, name, seen) for module, name in sources])

    def _import(self, path: str, module: str, name: str, seen: frozenset[tuple[str, str]]) -> Ref:
        absolute = self._absolute(module, path)
        if absolute is None:
            return Ref("unknown", "", f"the import of {module!r} leads out of all packages")
        if not absolute:
            return self._module_ref(name, path)
        ref = self._module_ref(absolute, path)
        return self._attribute(ref, name, seen) if name else ref

    def _module_ref(self, module: str, path: str) -> Ref:
        """A module or package of the tree, or what is known of one that is not there."""
        target = self.locate(module, path)
        if target is not None:
            return Ref("module", target, module)
        if not self._is_in_tree(module, path):
            return Ref("external", "", module)
        folder = self._folder(module, path)
        return Ref("unknown", "", f"the tree holds no {module}") if folder is None else Ref("package", folder, module)

    def _attribute(self, ref: Ref, name: str, seen: frozenset[tuple[str, str]]) -> Ref:
        if ref.kind in ("module", "package"):
            return self._of_module(ref, name, seen)
        if ref.kind == "class":
            found = self._lookup(ref.path, f"{ref.name}.{name}", seen)
            if found.kind != "unknown":
                return found
            nested = None if self.members(ref.path, ref.name).get(name) else self._inherited_class(ref, name, seen)
            return nested or Ref(self._kind(ref, name), ref.path, f"{ref.name}.{name}")
        if ref.kind == "external":
            return Ref("external", "", f"{ref.name}.{name}")
        return Ref("unknown", "", ref.name if ref.kind == "unknown" else f"{ref.name} has no attribute {name!r}")

    def _inherited_class(self, ref: Ref, name: str, seen: frozenset[tuple[str, str]]) -> Ref | None:
        """A class inside another one that stands in one of its bases."""
        key = (ref.path, f"{ref.name}.{name}()")
        fact = self.class_fact(ref.path, ref.name)
        if key in seen or fact is None:
            return None
        for written in fact.bases:
            base = self._resolve(ref.path, written, ref.name.rpartition(".")[0], seen | {key})
            if base.kind == "class":
                found = self._attribute(base, name, seen | {key})
                if found.kind == "class":
                    return found
        return None

    def _kind(self, ref: Ref, name: str) -> str:
        """What an attribute of a class is: a function, unless the class itself binds the name to something else."""
        own = self.members(ref.path, ref.name).get(name)
        return (
            "value"
            if own and own[-1].kind != "def" and own[-1].body.kind not in ("work", "call", "name")
            else "function"
        )

    def _of_module(self, ref: Ref, name: str, seen: frozenset[tuple[str, str]]) -> Ref:
        reason = f"no {name!r} in {ref.path or ref.name}"
        if ref.kind == "module":
            found = self._lookup(ref.path, name, seen)
            if found.kind != "unknown" and not found.name.startswith("builtins."):
                return found
            reason = found.name if found.kind == "unknown" else reason
        folder = ref.path if ref.kind == "package" else ref.path.removesuffix("/__init__.py")
        for path in (f"{folder}/{name}.py", f"{folder}/{name}/__init__.py"):
            if not folder.endswith(".py") and self.loader.exists(path):
                return Ref("module", path, f"{ref.name}.{name}")
        submodule = self._module_ref(f"{ref.name}.{name}", ref.path)
        return submodule if submodule.kind in ("module", "package") else Ref("unknown", "", reason)

    def _last_resort(self, path: str, file: File, name: str, seen: frozenset[tuple[str, str]]) -> Ref:
        """Star imports, of which the last wins, then builtins."""
        outside = None
        for module in reversed(file.facts.stars):
            absolute = self._absolute(module, path)
            target = self.locate(absolute, path) if absolute else None
            if target is None:
                outside = outside or (self._module_ref(absolute, path) if absolute else None)
            else:
                found = self._lookup(target, name, seen)
                if found.kind != "unknown" and not found.name.startswith("builtins."):
                    return found
        if hasattr(builtins, name):
            return Ref("external", "", f"builtins.{name}")
        if outside is not None:
            return Ref(outside.kind, "", f"{outside.name}.{name}" if outside.kind == "external" else outside.name)
        if file.facts.errors and not file.facts.classes:
            return Ref("unknown", "", f"{path} cannot be read")
        return Ref("unknown", "", f"no {name!r} in {path}")

    # -- classes

    def class_fact(self, path: str, name: str) -> ClassFact | None:
        """A class of a file: the last of that name that stands under no condition, else the first."""
        key = (path, name)
        if key not in self._facts:
            file = self.file(path)
            found = file.classes.get(name, []) if file is not None else []
            firm = [each for each in found if each.when is None]
            self._facts[key] = firm[-1] if firm else found[0] if found else None
        return self._facts[key]

    def class_id(self, path: str, name: str) -> str:
        """``module:Class``; in C ``path:struct``."""
        return f"{path if self.is_c(path) else self.module(path)}:{name}"

    def members(self, path: str, name: str) -> dict[str, list[Member]]:
        """Name -> definitions of it in the body of a class, in the order written; overload stubs left out."""
        key = (path, name)
        if key not in self._members:
            fact = self.class_fact(path, name)
            found: dict[str, list[Member]] = {}
            for member in fact.members if fact is not None else ():
                found.setdefault(member.name, []).append(member)
            self._members[key] = {each: _own_definitions(group) for each, group in found.items()}
        return self._members[key]

    def find_class(self, module: str, name: str, importer: str) -> tuple[str, str] | None:
        """Path and name of a class given as ``module`` and ``Class``; re-exports are followed."""
        path = self.locate(module, importer)
        if path is None:
            return None
        ref = self.resolve(path, name)
        return (ref.path, ref.name) if ref.kind == "class" else None


_MEANINGS = frozenset({"(*)", "()", "data", "{}"})


def normalized(path: str) -> str:
    """A path relative to the root without ``./`` and doubled slashes; empty for the root itself."""
    clean = posixpath.normpath(path or ".")
    return "" if clean == "." else clean


def _best(refs: list[Ref]) -> Ref:
    """The first of several meanings of one name (``try`` and ``except ImportError``) that the tree holds."""
    inside = [ref for ref in refs if ref.kind not in ("external", "unknown")]
    outside = [ref for ref in refs if ref.kind == "external"]
    return (inside or outside or refs)[0]


def _is_fallback(classes: list[ClassFact] | None) -> bool:
    """Whether a class stands in only where an import fails."""
    return bool(classes) and all((each.when or "").startswith("except") for each in classes or ())


def _own_definitions(group: list[Member]) -> list[Member]:
    """The definitions of a name that are not parts of another one.

    Overload stubs and accessors (``@x.setter``) belong to the definition before or behind them, and so does
    ``name = decorate(name)``.
    """
    kept = [each for each in group if not _is_overload(each) and not _is_accessor(each)] or group[:1]
    first = kept[0]
    return [each for each in kept if each is first or not _wraps(each)]


def _is_overload(member: Member) -> bool:
    return any(each.rpartition(".")[2] == "overload" for each in member.decorators)


def _is_accessor(member: Member) -> bool:
    endings = (".setter", ".deleter", ".getter", ".register")
    return any(each.endswith(endings) for each in member.decorators)


def _wraps(member: Member) -> bool:
    """Whether a value is made from the definition of the same name before it."""
    if member.body.kind not in ("name", "value"):
        return False
    return re.search(rf"(?<![\w.]){re.escape(member.name)}\b", member.body.source or "") is not None


def _dotted(prefix: str, path: str) -> str:
    parts = path.removesuffix(".py").removesuffix(".pyi").split("/")
    if parts and parts[-1] == "__init__":
        parts.pop()
    return ".".join(filter(None, [prefix, *parts]))
