"""Names across modules: what a dotted name in one file refers to, read from imports alone.

A reference is a class, a function or a table of the tree, a module, or something outside the tree (``external``), or
it is ``unknown`` with the reason; nothing is guessed. Files are loaded when a name leads to them.
"""

import builtins
from collections.abc import Iterator, Mapping

from ..facts import ClassFact, Member, TableFact
from ..records import NamedTuple
from ..release import Release
from .definitions import by_name
from .files import File, Loader
from .headers import Headers
from .items import odd
from .modules import Modules
from .standard import brings


class Ref(NamedTuple):
    """What a name refers to.

    Attributes:
        kind: ``class``, ``function``, ``value`` (another attribute of a class), ``table``, ``made`` (what a call at
            module level gives), ``None`` (a name bound to that), ``module``, ``package`` (one without a file),
            ``external`` or ``unknown``.
        path: the file, or the folder of a package without one; an empty string for the last two, but for a compiled
            module of the tree.
        name: qualified name in that file; the dotted name for modules and ``external``; the reason for ``unknown``.
    """

    kind: str
    path: str
    name: str


class Tree:
    """All files of a run, and the names in them.

    Args:
        loader: where facts come from.
        packages: import name -> folder, where the two differ.
    """

    def __init__(self, loader: Loader, packages: Mapping[str, str]) -> None:
        self.loader = loader
        self.modules = Modules(loader, packages)
        self.headers = Headers(self.file, lambda: self.files, loader)
        self._files: dict[str, File | None] = {}
        self._members: dict[tuple[str, str], dict[str, list[Member]]] = {}
        self._facts: dict[tuple[str, str], ClassFact | None] = {}
        self._ids: dict[tuple[str, str], str] = {}
        self._tables: dict[tuple[str, ...], list[tuple[str, TableFact]]] = {}
        #: How many files were loaded so far.
        self.count = 0
        #: File and name -> why something else may be meant: another module binds the name.
        self.rebound: dict[tuple[str, str], str] = {}
        #: Whether some file loaded so far defines structs that hold tables of C.
        self.holds = False
        #: Version script -> the calls that it lists, kept by those who read releases.
        self.listed: dict[str, dict[str, Release]] = {}

    # -- files

    def file(self, path: str) -> File | None:
        """A file with its indexes, or None when there is no such file."""
        try:
            return self._files[path]
        except KeyError:
            facts = self.loader.load(path)
            file = self._files[path] = None if facts is None else File(facts)
            self.count += facts is not None
            self.holds = self.holds or (facts is not None and bool(facts.holders))
            return file

    def is_loaded(self, path: str) -> bool:
        """Whether a file was asked for."""
        return path in self._files

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

    # -- C

    def is_c(self, path: str) -> bool:
        """Whether a file that was loaded is C."""
        file = self.file(path)
        return file is not None and file.is_c

    def _global(self, path: str, name: str) -> Ref:
        """What a name in a file of C refers to: its own file comes first, then the headers that are shared."""
        struct = self.headers.struct(path, name)
        if struct is not None:
            return Ref("class", *struct)
        file = self.file(path)
        if file is not None and name in file.tables:
            return Ref("table", path, name)
        return Ref("unknown", "", f"no {name!r} in {path}")

    # -- names

    def resolve(self, path: str, name: str, owner: str = "", above: str = "") -> Ref:
        """What a dotted name in a file refers to.

        Args:
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
        return self.attributes(ref, rest, seen)

    def attributes(self, ref: Ref, dotted: str, seen: frozenset[tuple[str, str]] = frozenset()) -> Ref:
        """What a dotted name behind a reference leads to."""
        for part in filter(None, dotted.split(".")):
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
            found = self._imported(path, file.imports[name], seen)
            if name == above or found.kind != "class" or all(map(_is_dummy, file.classes[name])):
                return found
        if name == above and name in file.classes and hasattr(builtins, name):
            return self._last_resort(path, file, name, seen)  # ``class TimeoutError(TimeoutError)``
        if name in file.unclear or (path, name) in self.rebound:
            return Ref("unknown", "", file.unclear.get(name) or self.rebound[path, name])
        if name in file.overrun and (over := self._overrun(path, file, name, seen)):
            return Ref("unknown", "", f"{name!r} is bound again by the import of all names of {over}")
        if name in file.varying and len(meant := self._meanings(path, file, name, seen)) > 1:
            listed = " or ".join(self._shown(each) for each in meant)
            return Ref("unknown", "", f"it is {listed}, by a condition")
        if name in file.classes:
            return Ref("class", path, name)
        if name in file.functions:
            return Ref("function", path, name)
        if name in file.tables:
            return Ref("table", path, name)
        if name in file.imports or name in file.aliases:
            # One may stand in where the other fails: of ``try`` and ``except ImportError``.
            refs = [self._imported(path, file.imports[name], seen)] if name in file.imports else []
            if not refs or refs[0].kind in ("external", "unknown"):
                refs += [self._resolve(path, each, "", seen) for each in file.aliases.get(name, ())]
            return _best(refs)
        if name in file.generics:
            found = _best([self._resolve(path, each, "", seen) for each in file.generics[name]])
            found = Ref("unknown", "", reason) if (reason := odd(self, found)) else found
            reason = f"{name!r} in {path} is an item of {file.generics[name][0]!r}, which is not known to be a class"
            return found if found.kind in ("class", "external") else Ref("unknown", "", reason)
        if name in file.made:
            return Ref("made", path, name)
        return Ref("None", path, name) if file.empty.get(name) else self._last_resort(path, file, name, seen)

    def _overrun(self, path: str, file: File, name: str, seen: frozenset[tuple[str, str]]) -> str | None:
        """The module whose star import, below the binding of a name, gives the name another meaning."""
        for module in file.facts.stars[file.overrun[name] :]:
            absolute = self.modules.absolute(module, path)
            target = self.modules.locate(absolute, path) if absolute else None
            other = self.file(target) if target is not None else None
            if target is None or other is None or (target, name) in seen:
                continue
            listed = other.facts.exports
            if name in listed if listed is not None else not name.startswith("_"):
                found = self._lookup(target, name, seen)
                is_bound = found.kind != "unknown" and not self._is_builtin(target, name, found)
                own = Ref("class", path, name) if name in file.classes else None
                if own is None and name in file.imports:
                    own = self._imported(path, file.imports[name], seen)
                if is_bound and found != own and not (own is not None and _is_alike(found, own)):
                    return absolute
        return None

    def meanings(self, path: str, name: str) -> list[Ref]:
        """The classes and modules of the tree that a name of a module stands for under different conditions."""
        file = self.file(path)
        return self._meanings(path, file, name, frozenset()) if file is not None and name in file.varying else []

    def _meanings(self, path: str, file: File, name: str, seen: frozenset[tuple[str, str]]) -> list[Ref]:
        """The classes and modules of the tree that a name may stand for, each once, in the order written."""
        refs = [self._import(path, module, source, seen) for module, source in file.imports.get(name, ())]
        refs += [Ref("class", path, name)] if name in file.classes else []
        refs += (self._resolve(path, each, "", seen) for each in file.aliases.get(name, ()))
        return list(dict.fromkeys(each for each in refs if each.kind in ("class", "module")))

    def _shown(self, ref: Ref) -> str:
        return self.class_id(ref.path, ref.name) if ref.kind == "class" else ref.name

    def _imported(self, path: str, sources: list[tuple[str, str]], seen: frozenset[tuple[str, str]]) -> Ref:
        return _best([self._import(path, module, name, seen) for module, name in sources])

    def imported(self, path: str, module: str, name: str) -> Ref:
        """What a function of a file imports by a name from a module; the module itself where the name is empty."""
        return self._import(path, module, name, frozenset())

    def _import(self, path: str, module: str, name: str, seen: frozenset[tuple[str, str]]) -> Ref:
        absolute = self.modules.absolute(module, path)
        if absolute is None:
            return Ref("unknown", "", f"the import of {module!r} leads out of all packages")
        if not absolute:
            return self._module_ref(name, path)
        ref = self._module_ref(absolute, path)
        return self._attribute(ref, name, seen) if name else ref

    def _module_ref(self, module: str, path: str) -> Ref:
        """A module or package of the tree, or what is known of one that is not there."""
        target = self.modules.locate(module, path)
        if target is not None:
            return Ref("module", target, module)
        if not self.modules.holds(module, path):
            return Ref("external", "", module)
        if (compiled := self.modules.compiled(module, path)) is not None:
            return Ref("external", compiled, module)
        folder = self.modules.folder(module, path)
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
            why = self.modules.unread(ref.path, name) if ref.path else None
            return Ref("unknown", "", why) if why else Ref("external", "", f"{ref.name}.{name}")
        if ref.kind == "made":
            return self._of_made(ref, name, seen)
        return Ref("unknown", "", ref.name if ref.kind == "unknown" else f"{ref.name} has no attribute {name!r}")

    def _of_made(self, ref: Ref, name: str, seen: frozenset[tuple[str, str]]) -> Ref:
        """An attribute of an object that a call of a class at module level makes."""
        file = self.file(ref.path)
        made = self._resolve(ref.path, file.made[ref.name], "", seen) if file is not None else ref
        if made.kind == "class":
            return self._attribute(made, name, seen)
        return Ref("unknown", "", f"{ref.name} in {ref.path} is made by a call")

    def _inherited_class(self, ref: Ref, name: str, seen: frozenset[tuple[str, str]]) -> Ref | None:
        """A class inside another one that stands in one of its bases."""
        key = (ref.path, f"{ref.name}.{name}()")
        fact = self.class_fact(ref.path, ref.name)
        if key in seen or fact is None:
            return None
        for written in (each.text for each in fact.bases if each.kind == "name"):
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
            is_bound = found.kind != "unknown" and not self._is_builtin(ref.path, name, found)
            # To import a submodule binds its name in the package, over what the package had from outside.
            if is_bound and (found.kind not in ("external", "None") or self._submodule(ref, name) is None):
                return found
            reason = found.name if found.kind == "unknown" else reason
        path = self._submodule(ref, name)
        if path is not None:
            return Ref("module", path, f"{ref.name}.{name}")
        submodule = self._module_ref(f"{ref.name}.{name}", ref.path)
        return submodule if submodule.kind in ("module", "package", "external") else Ref("unknown", "", reason)

    def _submodule(self, ref: Ref, name: str) -> str | None:
        """The file of a module or package in the folder of a package."""
        folder = ref.path if ref.kind == "package" else ref.path.removesuffix("/__init__.py")
        paths = () if folder.endswith(".py") else (f"{folder}/{name}.py", f"{folder}/{name}/__init__.py")
        return next((path for path in paths if self.loader.exists(path)), None)

    def _is_builtin(self, path: str, name: str, found: Ref) -> bool:
        """Whether a name is one of Python's own and not one that a module binds, perhaps to one of Python's own."""
        file = self.file(path)
        is_bound = file is not None and (name in file.aliases or name in file.imports)
        return found.name == f"builtins.{name}" and not is_bound

    def _last_resort(self, path: str, file: File, name: str, seen: frozenset[tuple[str, str]]) -> Ref:
        """Star imports, of which the last wins, then builtins."""
        outside = None
        for module in reversed(file.facts.stars):
            absolute = self.modules.absolute(module, path)
            target = self.modules.locate(absolute, path) if absolute else None
            if target is None:
                outside = outside or (self._module_ref(absolute, path) if absolute else None)
            else:
                found = self._lookup(target, name, seen)
                if found.kind != "unknown" and not self._is_builtin(target, name, found):
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
        key = (path, name)
        if key not in self._ids:
            self._ids[key] = f"{path if self.is_c(path) else self.modules.name(path)}:{name}"
        return self._ids[key]

    def members(self, path: str, name: str) -> dict[str, list[Member]]:
        """Name -> definitions of it in the body of a class, in the order written; overload stubs left out."""
        key = (path, name)
        if key not in self._members:
            fact = self.class_fact(path, name)
            self._members[key] = by_name(fact.members if fact is not None else ())
        return self._members[key]

    def find_class(self, module: str, name: str, importer: str) -> tuple[str, str] | None:
        """Path and name of a class given as ``module`` and ``Class``; re-exports are followed."""
        path = self.modules.locate(module, importer)
        if path is None:
            return None
        ref = self.resolve(path, name)
        return (ref.path, ref.name) if ref.kind == "class" else None


def _is_alike(one: Ref, other: Ref) -> bool:
    """Whether both are classes outside the tree that are not known: it makes no difference which one is meant."""
    return all(each.kind == "external" and brings(each.name) is None for each in (one, other))


def _best(refs: list[Ref]) -> Ref:
    """The first of several meanings of one name (``try`` and ``except ImportError``) that the tree holds."""
    inside = [ref for ref in refs if ref.kind not in ("external", "unknown")]
    outside = [ref for ref in refs if ref.kind == "external"]
    return (inside or outside or refs)[0]


def _is_dummy(fact: ClassFact) -> bool:
    """Whether a class does nothing: it lets a module be imported where what it stands in for is missing."""
    is_data = all(each.kind != "def" and each.body.kind not in ("name", "call") for each in fact.members)
    return is_data and all(each.text == "object" for each in fact.bases)


def _is_fallback(classes: list[ClassFact] | None) -> bool:
    """Whether a class stands in only where an import fails."""
    return bool(classes) and all((each.when or "").startswith("except") for each in classes or ())
