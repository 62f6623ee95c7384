"""Who may import whom: DESIGN's layers, read from the sources, lazy imports included."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = "hvsupport"

#: Upper layers import lower ones; what shares a layer may import each other unless APART says otherwise.
LAYERS = (
    ("annotate.cli", "annotate.__main__"),
    ("gen.integrations",),
    ("gen.site", "gen.diagrams", "gen.views", "gen.live"),
    ("gen.exports", "gen.render", "gen.badge", "gen.embed"),
    ("gen.pages",),
    ("gen", "gen.names", "gen.celltext", "gen.output"),
    ("annotate.run", "annotate.report", "annotate.judge", "annotate.history"),
    ("annotate.loader", "annotate.suppress", "annotate.resolve"),
    (
        "annotate.rules",
        "annotate.rewrite",
        "annotate.tabs",
        "annotate.discover",
        "annotate.protocols",
        "annotate.differences",
        "annotate.lookup",
    ),
    ("annotate.names", "annotate.readers", "annotate.cache"),
    ("annotate.config", "annotate.facts", "annotate.catalogue"),
    ("annotate.touched",),
    ("annotate.findings", "annotate.grammar", "annotate.protocol"),
    ("annotate.model",),
    ("annotate.release", "annotate.files", "annotate.git", "annotate.dotgit", "annotate.commits", "annotate.atomic"),
    ("annotate.errors", "annotate.records", "annotate.patterns", "annotate.nearest", "annotate.bounded", "annotate"),
)
APART = (("annotate.rules", "annotate.rewrite"),)
#: Library -> the only places that may import it.
ONLY = {
    "libcst": ("annotate.readers.python",),
    "fcntl": ("annotate.atomic",),
    "tree_sitter": ("annotate.readers.c", "annotate.tabs"),
    "jinja2": ("gen",),
    "markdown": ("gen",),
    "sphinx": ("gen.integrations.sphinx",),
    "docutils": ("gen.integrations.sphinx",),
    "mkdocs": ("gen.integrations.mkdocs",),
    "click": ("annotate.cli",),
    "subprocess": ("annotate.git",),
}


def _modules() -> Iterator[tuple[str, Path]]:
    """Every module that ships: name without the package in front, and its file."""
    for folder in ("annotate", "gen", "templates"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def _statements(node: ast.AST, late: bool) -> Iterator[tuple[ast.AST, bool]]:
    """All statements below a node, and whether each stands in a function; expressions are not gone through."""
    late = late or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.stmt, ast.ExceptHandler, ast.match_case)):
            yield child, late
            yield from _statements(child, late)


def _imports(name: str, path: Path) -> Iterator[tuple[str, bool]]:
    """What a module imports, absolute, and whether in a function; and ``x.y`` of ``from x import y``."""
    package = name if path.stem == "__init__" else name.rpartition(".")[0]
    for node, late in _statements(ast.parse(path.read_bytes()), False):
        if isinstance(node, ast.Import):
            yield from ((alias.name, late) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([PACKAGE, *parents, *filter(None, [node.module])])
            yield from ((f"{base}.{alias.name}", late) for alias in node.names)


def _module(imported: str) -> str:
    """The module that an import loads: of ``x.y`` it is ``x`` where ``y`` is a name in it."""
    name = imported.removeprefix(f"{PACKAGE}.")
    while name and name not in MODULES:
        name = name.rpartition(".")[0]
    return name


def _within(name: str, prefix: str) -> bool:
    return name == prefix or name.startswith(f"{prefix}.")


@cache
def _prefix(name: str) -> str:
    """The most exact prefix that the layers know."""
    known = [prefix for layer in LAYERS for prefix in layer if _within(name, prefix)]
    return max(known, key=len)


def _layer(name: str) -> int:
    return next(index for index, layer in enumerate(LAYERS) if _prefix(name) in layer)


MODULES = dict(_modules())


@cache
def _places() -> list[tuple[str, str, bool]]:
    """Every module, each thing that it imports, and whether it does so in a function: each file is parsed once."""
    return [(name, *found) for name, path in MODULES.items() for found in _imports(name, path)]


@cache
def _all() -> list[tuple[str, str]]:
    """Every module, and each thing that it imports."""
    return [(name, imported) for name, imported, _ in _places()]


@cache
def _own() -> list[tuple[str, str]]:
    """The imports of what is ours."""
    return [
        (name, imported.removeprefix(f"{PACKAGE}."))
        for name, imported in _all()
        if _within(imported, PACKAGE) and not name.startswith("templates")
    ]


def test_no_import_goes_up() -> None:
    wrong = [f"{name} imports {imported}" for name, imported in _own() if _layer(imported) < _layer(name)]
    assert wrong == []


@pytest.mark.parametrize(("one", "other"), [*APART, *(pair[::-1] for pair in APART)])
def test_what_stands_side_by_side_stays_apart(one: str, other: str) -> None:
    assert [f"{name} imports {what}" for name, what in _own() if _within(name, one) and _within(what, other)] == []


@pytest.mark.parametrize("library", ONLY)
def test_a_library_is_imported_in_one_place(library: str) -> None:
    wrong = [
        name
        for name, imported in _all()
        if _within(imported, library) and not any(_within(name, allowed) for allowed in ONLY[library])
    ]
    assert wrong == []


def test_modules_do_not_import_in_circles() -> None:
    """Also not by imports inside functions, and by names that only type checkers see."""
    graph: defaultdict[str, set[str]] = defaultdict(set)
    for name, imported in _all():
        graph[name] |= {_module(imported)} - {name}
    TopologicalSorter(graph).prepare()


def test_every_layer_names_something_that_exists() -> None:
    named = {prefix for layer in LAYERS for prefix in layer}
    assert named - set(MODULES) == set()


def test_every_module_stands_in_a_layer_of_its_own_name() -> None:
    """A new module of ``annotate`` must say where it belongs; else it could import anything."""
    bottom = [name for name in MODULES if _within(name, "annotate") and _prefix(name) == "annotate"]
    assert bottom == ["annotate"]


def test_nothing_imports_what_it_reads() -> None:
    """The example library is a user's code, and nothing here knows it."""
    assert [name for name, imported in _all() if _within(imported, "hypervisor")] == []


def test_no_module_is_longer_than_its_job() -> None:
    """400 lines are what one reads in one go; a longer module has two jobs."""
    lengths = {
        path: path.read_bytes().count(b"\n") for folder in ("annotate", "gen") for path in (ROOT / folder).rglob("*.py")
    }
    assert {str(path.relative_to(ROOT)): length for path, length in lengths.items() if length > 400} == {}


def test_no_two_helpers_of_the_tests_share_a_name() -> None:
    """They are imported by their bare names from several folders, so one pytest run would take the other's."""
    found = defaultdict(set)
    for folder in ("tests", "docs/example/tests"):
        for path in (ROOT / folder).rglob("*.py"):
            inside = path.relative_to(ROOT)
            if not path.name.startswith(("test_", "conftest", "__")) and not {"data", ".cache"} & set(inside.parts):
                found[path.name].add(str(inside))
    assert {"tree_checks.py", "trees.py"} <= set(found)
    assert {name: paths for name, paths in found.items() if len(paths) > 1} == {}


#: What is imported inside a function, and why: (module, what it imports there) -> the reason.
LATE = {
    ("annotate.cli.export", "annotate.cli.changes"): "only --as-of needs it",
    ("annotate.cli.export", "annotate.differences"): "only --as-of needs it",
    **dict.fromkeys(
        [
            ("annotate.cli.check", "annotate.readers.documents"),
            ("annotate.cli.check", "annotate.git"),
            ("annotate.cli.check", "annotate.judge"),
            ("annotate.cli.check", "annotate.rules"),
            ("annotate.cli.export", "annotate.rules"),
            ("annotate.cli.export", "gen.exports.json"),
            ("annotate.cli.reading", "annotate.judge"),
            ("annotate.cli.reading", "annotate.run"),
        ],
        "a run over an unchanged tree needs only its last answer",
    ),
    **dict.fromkeys(
        [
            ("annotate.atomic", "fcntl"),
            ("annotate.cache.store", "hashlib"),
            ("annotate.cli", "traceback"),
            ("annotate.cli.building", "annotate.cli.filled"),
            ("annotate.cli.changes", "annotate.cli.filled"),
            ("annotate.cli.changes", "annotate.cli.past"),
            ("annotate.cli.export", "annotate.cli.filled"),
            ("annotate.cli.options", "pkgutil"),
            ("annotate.cli.serve", "watchfiles"),
            ("annotate.cli.show", "annotate.cli.filled"),
            ("annotate.cli.show", "annotate.cli.past"),
            ("annotate.cli.progress", "rich"),
            ("annotate.cli.streams", "annotate.report.visible"),
            ("annotate.files", "pathspec"),
            ("annotate.git", "subprocess"),
            ("annotate.git", "threading"),
            ("annotate.grammar", "difflib"),
            ("annotate.loader", "concurrent.futures"),
            ("annotate.nearest", "difflib"),
            ("annotate.readers.c.syntax", "tree_sitter"),
            ("annotate.readers.c.syntax", "tree_sitter_c"),
            ("annotate.readers.python.comments", "libcst"),
            ("annotate.release", "packaging"),
            ("annotate.report.text", "rich"),
            ("annotate.tabs.editorconfig", "editorconfig.fnmatch"),
            ("annotate.tabs.grammars", "tree_sitter"),
            ("gen.exports.json", "importlib.resources"),
            ("gen.pages.documents", "gen.pages.fences"),
            ("gen.pages.documents", "markdown"),
            ("gen.render", "jinja2"),
            ("gen.render", "traceback"),
            ("gen.render", "markupsafe"),
        ],
        "slow to import, and most runs do not need it",
    ),
    **dict.fromkeys(
        [
            ("annotate.readers", "annotate.readers.c"),
            ("annotate.readers", "annotate.readers.python"),
            ("annotate.readers", "annotate.readers.symbols"),
            ("annotate.readers.c", "annotate.readers.c.file"),
            ("annotate.readers.c.find", "annotate.readers.c.typeof"),
            ("annotate.readers.options", "annotate.readers.c.renaming"),
        ],
        "a run with everything in the cache reads no file",
    ),
    ("annotate.names.headers", "annotate.names.macros"): "a tree without C has none",
    ("annotate.names.headers", "annotate.names.includes"): "most trees define each struct once",
    ("annotate.resolve.structs", "annotate.resolve.held"): "most trees have no struct that holds a table",
    **dict.fromkeys(
        [
            ("annotate.resolve", "annotate.resolve.attributes"),
            ("annotate.resolve", "annotate.resolve.flags"),
            ("annotate.resolve", "annotate.resolve.structs"),
            ("annotate.resolve", "annotate.resolve.tables"),
        ],
        "most trees have one kind of interface",
    ),
    **dict.fromkeys(
        [
            ("annotate.config.build", "annotate.config.protocols"),
            ("annotate.resolve", "annotate.protocols.resolve"),
            ("gen.exports.json", "gen.exports.protocols"),
            ("gen.exports.tables", "gen.exports.protocols"),
        ],
        "most trees declare no protocols",
    ),
    **dict.fromkeys(
        [
            ("gen.exports.json", "gen.exports.bcd"),
            ("gen.exports.json", "gen.exports.fragment"),
            ("gen.exports.json", "gen.exports.tables"),
        ],
        "one format a run",
    ),
}


def _late() -> set[tuple[str, str]]:
    """Every import inside a function: the module, and the module of ours or the library that it imports."""
    return {(name, _module(imported) or _library(name, imported)) for name, imported, late in _places() if late}


def _library(name: str, imported: str) -> str:
    """The name in ``LATE`` that an import from outside goes by."""
    known = [library for module, library in LATE if module == name and _within(imported, library)]
    return max(known, key=len, default=imported)


def test_imports_inside_functions_have_a_reason() -> None:
    """What is not needed is not loaded; everything else is imported at the top, where it is seen."""
    late = _late()
    assert late - set(LATE) == set(), "import it at the top, or say in LATE why not"
    assert set(LATE) - late == set(), "nothing of this is imported inside a function any more"
