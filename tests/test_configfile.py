"""The configuration: what is right is read, what is wrong is a problem with its place, and docs follow the keys."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import tomli

from hvsupport.annotate.cli import configuration as configdocs
from hvsupport.annotate.config import load as configfile
from hvsupport.annotate.config.keys import keys
from hvsupport.annotate.config.protocol_keys import FamilyTable, ProtocolTable, StepTable
from hvsupport.annotate.config.value import Columns, Config, Group, InterfaceConfig, TabsConfig
from hvsupport.annotate.errors import ConfigError
from hvsupport.annotate.model import Place, Problem

DOCS = Path(__file__).parent.parent / "docs" / "configuration.md"
TABLES = (Config, InterfaceConfig, TabsConfig, FamilyTable, ProtocolTable, StepTable)
SMALL = """\
[interfaces.compute]
at = "lib/driver.py:Driver"
drivers = ["lib/drivers/*.py"]
"""


@pytest.fixture(autouse=True)
def no_repository_above(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hook's variables must not matter; the temporary folder lies in no repository."""
    for name in list(os.environ):
        if name.startswith("GIT_"):
            monkeypatch.delenv(name)


def load(root: Path, text: str | bytes = SMALL, name: str = "hvsupport.toml", **options: Any) -> Config:
    (root / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return configfile.load(config=root / name, **options)


def only(config: Config) -> Problem:
    (problem,) = config.problems
    assert problem.kind == "config"
    return problem


def under_interface(line: str) -> str:
    return SMALL + line + "\n"


# -- what must not change


def test_small_config_has_no_problem_and_all_defaults(tmp_path: Path) -> None:
    config = load(tmp_path)
    assert config.problems == ()
    assert (config.root, config.path, config.title) == (tmp_path, "hvsupport.toml", "")
    assert (config.release, config.current, config.known, config.scheme.name) == (None, None, None, "x.y.z")
    (interface,) = config.interfaces
    expected = InterfaceConfig("compute", "lib/driver.py:Driver", drivers=("lib/drivers/*.py",))
    assert interface._replace(places={}) == expected


VARIANTS = {
    "byte order mark": "\ufeff" + SMALL,
    "CRLF": SMALL.replace("\n", "\r\n"),
    "tabs": SMALL.replace(" = ", "\t=\t").replace("\ndrivers", "\n\tdrivers"),
    "inline table": 'interfaces = { compute = { at = "lib/driver.py:Driver", drivers = ["lib/drivers/*.py"] } }',
    "dotted keys": 'interfaces.compute.at = "lib/driver.py:Driver"\ninterfaces.compute.drivers = ["lib/drivers/*.py"]',
    "quoted keys": SMALL.replace("[interfaces.compute]", "['interfaces'.\"compute\"]").replace("at =", '"at" ='),
    "a megabyte of comments": "# filler\n" * 120_000 + SMALL,
}


@pytest.mark.parametrize("text", VARIANTS.values(), ids=VARIANTS)
def test_the_same_config_however_it_is_written(tmp_path: Path, text: str) -> None:
    config = load(tmp_path, text)
    assert config.problems == ()
    (interface,) = config.interfaces
    assert (interface.key, interface.at) == ("compute", "lib/driver.py:Driver")
    assert interface.drivers == ("lib/drivers/*.py",)


def test_pyproject_says_the_same_under_its_table(tmp_path: Path) -> None:
    text = '[project]\nname = "x"\n[tool.hvsupport]\ntitle = "T"\n[tool.hvsupport.interfaces.compute]\n'
    config = load(tmp_path, text + "\n".join(SMALL.split("\n")[1:]) + "sort = 1\n", "pyproject.toml")
    assert config.title == "T"
    assert config.place("title") == Place("pyproject.toml", 4, 1)
    assert only(config).place == Place("pyproject.toml", 8, 1)


def test_every_key_reaches_the_config(tmp_path: Path) -> None:
    for folder in ("source/python", "docs/templates"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "2.0.0.dev1"\n')
    top, below = ("\n".join(key.line for key in keys(table)) for table in (Config, InterfaceConfig))
    config = load(tmp_path, f"{top}\n[interfaces.compute]\n{below}")
    assert config.problems == ()
    (interface,) = (each for each in config.interfaces if each.key == "compute")
    assert (config.release, str(config.current)) == ("2.0.0.dev1", "2.0.0")
    assert [str(one) for one in config.known or ()] == ["1.0.0", "1.1.0", "2.0.0"]
    assert (config.packages, config.pages) == ({"example": "source/python"}, "docs")
    assert interface.columns == Columns("registry", (), "source/python/registry.py:DRIVERS")
    assert interface.groups == (Group("Guests", ("create", "destroy", "guest_*")),)
    assert interface.inherited_entries is True
    ((span,),) = interface.inherits["example.drivers.cloud:CloudDriver"].values()
    assert (str(span.since), span.partial, span.note) == ("1.2.0", True, "grow only")
    # Nothing was left at its default, so each example really is about its key.
    plain = InterfaceConfig("compute", "")
    declared = keys(InterfaceConfig)
    unchanged = [key.name for key in declared if getattr(interface, key.field) == getattr(plain, key.field)]
    assert unchanged == []


def test_every_field_is_a_key_or_made_by_reading() -> None:
    made = {
        Config: {"root", "path", "current", "shallow", "problems", "places", "interfaces", "families", "tabs"},
        InterfaceConfig: {"key", "places"},
        TabsConfig: set(),
    }
    for table, fields in made.items():
        assert {key.field for key in keys(table)} == set(table._fields) - fields


def test_the_table_of_the_tab_rule(tmp_path: Path) -> None:
    text = SMALL + "[tabs]\n" + "\n".join(key.line for key in keys(TabsConfig))
    assert load(tmp_path, text).problems == ()
    tabs = load(tmp_path, text).tabs
    assert (tabs.widths, tabs.languages) == ({"src/legacy": 4}, {"hooks/*": "shell"})
    assert tabs.exempt == ("tests/data", "*.dump", "!Kconfig")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("width = 4", "'width'"),
        ("widths = { a = 0 }", "too small"),
        ("widths = { a = true }", "a number from 1 to 16"),
        ('languages = { a = "Pearl" }', "Pearl"),
        ("exempt = 1", "exempt"),
    ],
)
def test_what_is_wrong_in_the_table_of_the_tab_rule(tmp_path: Path, line: str, message: str) -> None:
    problem = only(load(tmp_path, SMALL + "[tabs]\n" + line))
    assert message in f"{problem.message} {problem.expected} {problem.tip}"


def test_a_key_takes_name_and_default_from_its_field() -> None:
    declared = {key.name: key for key in [*keys(Config), *keys(InterfaceConfig)]}
    assert {declared[name].field for name in ("empty-slots", "index", "releases")} == {
        "empty_slots",
        "indexes",
        "known",
    }
    assert (declared["empty-slots"].default, declared["empty-slots"].required) == ("allowed", False)
    assert (declared["at"].default, declared["at"].required) == (None, True)
    # What is read is not yet what the field holds.
    assert (declared["scheme"].default, Config(Path()).scheme.name) == ("x.y.z", "x.y.z")


# -- where it is


def test_nearest_config_upwards_counts(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "hvsupport.toml").write_text("")
    assert configfile.find(inner) == tmp_path / "hvsupport.toml"
    (tmp_path / "a" / "pyproject.toml").write_text("[tool.hvsupport]\n")
    assert configfile.find(inner) == tmp_path / "a" / "pyproject.toml"
    (tmp_path / "a" / "hvsupport.toml").write_text("")
    assert configfile.find(inner) == tmp_path / "a" / "hvsupport.toml"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b"[tool.other]\nname = 'hvsupport'\n", False),
        (b'[tool."hvsupport"]\n', True),
        (b"[tool.hvsupport]\n= broken", True),
        (b"broken = \n# hvsupport", False),
        (b"\xff[tool.hvsupport]\n", True),
        (b"tool = 1 # hvsupport\n", False),
    ],
    ids=[
        "another tool's table is none of ours",
        "quoted table is ours",
        "broken file that has our table is reported, not passed over",
        "broken file without our table is somebody else's trouble",
        "not UTF-8 with our table is reported",
        "tool that is no table",
    ],
)
def test_pyproject_counts_only_with_our_table(tmp_path: Path, text: bytes, found: bool) -> None:
    (tmp_path / "pyproject.toml").write_bytes(text)
    assert (configfile.in_folder(tmp_path) is not None) is found


def test_with_a_root_only_that_folder_is_looked_in(tmp_path: Path) -> None:
    (tmp_path / "hvsupport.toml").write_text(SMALL)
    (tmp_path / "tree").mkdir()
    with pytest.raises(ConfigError, match=r"no hvsupport\.toml"):
        configfile.load(root=tmp_path / "tree")


def test_from_the_current_folder_it_is_found_upwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "hvsupport.toml").write_text(SMALL)
    (tmp_path / "lib").mkdir()
    monkeypatch.chdir(tmp_path / "lib")
    config = configfile.load()
    assert (config.root, config.path) == (tmp_path, "hvsupport.toml")


def test_paths_are_relative_to_the_root_that_is_given(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "hvsupport.toml").write_text(SMALL)
    config = configfile.load(root=tmp_path, config=tmp_path / "etc" / "hvsupport.toml")
    assert (config.root, config.path) == (tmp_path, "etc/hvsupport.toml")


# -- what ends the run


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (b"title = \n", ":1:9: "),
        (b"title = 'a'\n\n  x y\n", ":3:5: "),
        (b"a = [1,\n", ":2:1: "),
        (b"[interfaces.a]\n[interfaces.a]\n", ":2:14: "),
        (b"title = 'a'\ntitle = 'b'\n", ":2:12"),
        ("title = 'ä'\nb = '".encode() + b"\xe4'\n", ":2:6: not valid UTF-8"),
        ("\ufefftitle = \n".encode(), ":1:9: "),
        ("title = 'a'\n".encode("utf-16"), ":1:1: not valid UTF-8"),
        (b"title = 'a\0b'\n", ":1:11: "),
        (b"a = " + b"[" * 3000 + b"]" * 3000, ":1:1: "),
        (b"a = " + b"9" * 5000, ":1:1: "),
    ],
    ids=[
        "no value",
        "two words",
        "open array: the end of the file",
        "the same interface twice",
        "the same key twice",
        "not UTF-8: the byte is counted in characters",
        "byte order mark: columns stay right",
        "UTF-16",
        "null byte",
        "nested without end",
        "number without end",
    ],
)
def test_no_toml_is_an_error_with_its_place(tmp_path: Path, text: bytes, where: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    assert str(caught.value).startswith(f"{tmp_path / 'hvsupport.toml'}{where}")


def test_config_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        configfile.load(config=tmp_path / "gone.toml")


def test_config_that_is_a_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        configfile.load(config=tmp_path)


def test_pyproject_without_the_table_is_an_error_when_it_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no table \[tool.hvsupport\]"):
        load(tmp_path, "[project]\n", "pyproject.toml")


# -- what is a problem


@pytest.mark.parametrize("text", ["", "# nothing\n", "title = 'x'\n", "interfaces = {}\n"])
def test_config_without_interfaces_is_a_problem(tmp_path: Path, text: str) -> None:
    problem = only(load(tmp_path, text))
    assert problem.message == "no interface is declared"
    assert problem.place.path == "hvsupport.toml"


UNKNOWN = {
    "near miss": ("titel = 'x'\n" + SMALL, (1, 1), "titel", "did you mean 'title'?"),
    "underline for dash": (under_interface("not_drivers = {}"), (4, 1), "not_drivers", "did you mean 'not-drivers'?"),
    "capitals": (under_interface("Exclude = []"), (4, 1), "Exclude", "did you mean 'exclude'?"),
    "nothing like it": ("qqq = 1\n" + SMALL, (1, 1), "qqq", None),
    "key of an interface at the top": (
        "stub_markers = []\n" + SMALL,
        (1, 1),
        "stub_markers",
        "'stub-markers' belongs under [interfaces.NAME]",
    ),
    "key of the top in an interface": (
        under_interface("scheme = 'pep440'"),
        (4, 1),
        "scheme",
        "'scheme' belongs at the top, above every [interfaces.NAME]",
    ),
    "key with HTML in it": ("'<b>x</b>' = 1\n" + SMALL, (1, 1), "<b>x</b>", None),
    "key in a group": (
        under_interface("groups = [{ titel = 'x', title = 'T', entries = [] }]"),
        (4, 13),
        "titel",
        "did you mean 'title'?",
    ),
    "key in columns": (
        under_interface("columns = { registry = 'lib/r.py:R', list = 1 }"),
        (4, 38),
        "list",
        None,
    ),
    "key in release": ("release = { from = 'pyproject', form = 1 }\n" + SMALL, (1, 33), "form", "did you mean 'from'?"),
}


@pytest.mark.parametrize(("text", "at", "name", "tip"), UNKNOWN.values(), ids=UNKNOWN)
def test_unknown_key_has_a_place_and_what_was_meant(
    tmp_path: Path, text: str, at: tuple[int, int], name: str, tip: str | None
) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.0.0"\n')
    problem = only(load(tmp_path, text))
    assert problem.place == Place("hvsupport.toml", *at)
    assert (problem.message, problem.found, problem.tip) == (f"unknown key {name!r}", name, tip)


WRONG_TYPES = {
    "title as number": ("title = 3\n" + SMALL, "3", "a string"),
    "releases as string": ("releases = '1.0'\n" + SMALL, "'1.0'", "a list of strings"),
    "packages as list": ("packages = []\n" + SMALL, "a list", "a table from import names to folders"),
    "baseline as truth": ("baseline = true\n" + SMALL, "true", "a path, relative to the root"),
    "release as number": (
        "release = 1.2\n" + SMALL,
        "1.2",
        'a string, or { from = "git" }, or { from = "pyproject" }, or { from = ["path"], pattern = "..." }',
    ),
    "reasons as list": (under_interface("exempt = ['a']"), "a list", "a table from names to reasons"),
    "flag as string": (under_interface("inherited-entries = 'yes'"), "'yes'", "true or false"),
    "flag as number": (under_interface("inherited-entries = 1"), "1", "true or false"),
    "groups as table": (under_interface("groups = {}"), "a table", "a list of tables with title and entries"),
    "one name in place of a list": (under_interface("exclude = 'a'"), "'a'", "a list of strings"),
    "long value is shortened": (under_interface(f"exclude = '{'a' * 90}'"), f"'{'a' * 56}...", "a list of strings"),
}


@pytest.mark.parametrize(("text", "found", "expected"), WRONG_TYPES.values(), ids=WRONG_TYPES)
def test_wrong_type_is_a_problem_and_the_default_is_used(tmp_path: Path, text: str, found: str, expected: str) -> None:
    config = load(tmp_path, text)
    problem = only(config)
    assert (problem.found, problem.expected) == (found, expected)
    assert problem.place.line == (4 if text.startswith("[") else 1)
    assert config.interfaces[0]._replace(places={}) == InterfaceConfig(
        "compute", "lib/driver.py:Driver", drivers=("lib/drivers/*.py",)
    )


def test_wrong_item_is_lost_and_the_others_keep_their_places(tmp_path: Path) -> None:
    config = load(tmp_path, under_interface("exclude = [\n  'a',\n  3,\n  'b',\n]"))
    (interface,) = config.interfaces
    assert only(config).place == Place("hvsupport.toml", 6, 3)
    assert interface.exclude == ("a", "b")
    assert [interface.place("exclude", str(index)).line for index in (0, 1)] == [5, 7]


PROBLEMS = {
    "no 'at'": ("[interfaces.a]\ndrivers = ['x.py']", "'at' is missing", 1),
    "'at' without a name": (
        "[interfaces.a]\nat = 'lib.py'\ndrivers = ['x.py']",
        "'at' must be a file and a name in it",
        2,
    ),
    "no drivers": ("[interfaces.a]\nat = 'a.py:A'", "no drivers are configured", 1),
    "no drivers in the list": ("[interfaces.a]\nat = 'a.py:A'\ndrivers = []", "no drivers are configured", 3),
    "unknown kind": (under_interface("kind = 'tables'"), "'kind' cannot be 'tables'", 4),
    "unknown columns": (under_interface("columns = 'leafs'"), "'columns' cannot be 'leafs'", 4),
    "columns as table without registry": (under_interface("columns = {}"), "a registry is missing", 4),
    "exception without a reason": (under_interface("not-drivers = { x = ' ' }"), "'x' is listed under", 4),
    "empty name in a list": (under_interface("order = ['']"), "an item of 'order' is empty", 4),
    "group without a title": (under_interface("groups = [{ entries = [] }]"), "the group has no 'title'", 4),
    "group that is no table": (under_interface("groups = ['a']"), "a group must be a table", 4),
    "inherited cell that is no annotation": (under_interface("inherits = { d = { e = 'v1.2' } }"), "'v1.2' is not", 4),
    "interface that is no table": ("interfaces = { a = 1 }", "'a' must be a table", 1),
    "interfaces that are no table": ("interfaces = [1]", "'interfaces' must be tables", 1),
    "array of tables": ("[[interfaces]]\nat = 'x'", "'interfaces' must be tables", 1),
    "name with HTML": (
        "[interfaces.'<b>']\nat = 'a.py:A'\ndrivers = ['b.py']",
        "'<b>' is not a valid interface name",
        1,
    ),
    "name that is a path": (
        "[interfaces.'../x']\nat = 'a.py:A'\ndrivers = ['b.py']",
        "'../x' is not a valid interface name",
        1,
    ),
    "name that is hidden": (
        "[interfaces.'.x']\nat = 'a.py:A'\ndrivers = ['b.py']",
        "'.x' is not a valid interface name",
        1,
    ),
    "same interface under two names": (
        SMALL + SMALL.replace("compute", "other"),
        "interface 'other' duplicates 'compute'",
        5,
    ),
    "names that differ in case": (
        SMALL + SMALL.replace("compute", "Compute").replace("Driver", "X"),
        "interfaces 'compute' and 'Compute' differ only in case",
        4,
    ),
    "unknown scheme": ("scheme = 'semver'\n" + SMALL, "'scheme' cannot be 'semver'", 1),
    "listed without a list": ("scheme = 'listed'\n" + SMALL, "the scheme 'listed' needs 'releases'", 1),
    "listed with an empty list": ("scheme = 'listed'\nreleases = []\n" + SMALL, "the scheme 'listed' needs", 1),
    "release of another scheme": ("releases = [\n'1.0',\n'1.1rc1']\n" + SMALL, "'1.1rc1' is not a release", 3),
    "release twice": ("releases = ['1.0',\n'1.0.0']\n" + SMALL, "release 1.0.0 is listed twice (as '1.0')", 2),
    "next among the releases": ("releases = ['next']\n" + SMALL, "'next' is not a valid release", 1),
    "release that an annotation cannot hold": (
        "scheme='listed'\nreleases = ['a b']\n" + SMALL,
        "'a b' is not a valid release",
        2,
    ),
    "current release of another scheme": ("release = 'Bobcat'\n" + SMALL, "'Bobcat' is not a release", 1),
    "current release is to come": ("release = 'next'\n" + SMALL, "'release' must not be 'next'", 1),
    "current release is not listed": (
        "release = '3.0'\nscheme = 'listed'\nreleases = ['2015.1', '12.0']\n" + SMALL,
        "'release' must be one of 'releases'",
        1,
    ),
    "unknown origin": ("release = { from = 'gti' }\n" + SMALL, "'from' must name the source of the release", 1),
    "no origin": ("release = {}\n" + SMALL, "'from' must name the source of the release", 1),
    "origin git without a repository": ("release = { from = 'git' }\n" + SMALL, "no release tag in git", 1),
    "origin pyproject without the file": ("release = { from = 'pyproject' }\n" + SMALL, "pyproject.toml cannot be", 1),
    "folder that is not there": ("pages = 'doc'\n" + SMALL, "folder 'doc' does not exist", 1),
    "package without its folder": ("packages = { a = 'src' }\n" + SMALL, "folder 'src' does not exist", 1),
    "link without the path": ("repository = 'https://x/{line}'\n" + SMALL, "'repository' must be a URL with {path}", 1),
    "link with an unknown placeholder": ("repository = 'https://x/{paht}'\n" + SMALL, "'repository' has an unknown", 1),
    "link that is a script": (under_interface("url = 'javascript:{entry}'"), "'url' must be a URL with {entry}", 4),
}


@pytest.mark.parametrize(("text", "message", "line"), PROBLEMS.values(), ids=PROBLEMS)
def test_what_is_wrong_is_one_problem_on_its_line(tmp_path: Path, text: str, message: str, line: int) -> None:
    problem = only(load(tmp_path, text))
    assert problem.message.startswith(message)
    assert problem.place.line == line


def test_all_problems_are_reported_in_order_of_their_lines(tmp_path: Path) -> None:
    config = load(tmp_path, "titel = 1\nscheme = 2\n[interfaces.a]\nat = 'x'\nsort = 1\n")
    assert [problem.place.line for problem in config.problems] == [1, 2, 3, 4, 5]


# -- paths that leave the root

OUTSIDE = {
    "parent folder": "../x.py",
    "parent folder further on": "lib/../../x.py",
    "parent folder that comes back": "lib/../x.py",
    "absolute": "/etc/x.py",
    "home": "~/x.py",
    "drive": "C:/x.py",
    "other separators": "\\\\host\\x.py",
    "link to a folder outside": "link/x.py",
    "link to a file outside": "file.py",
    "null byte": "a\\u0000.py",
}
KEYS = {
    "at": ("at = \"{}:A\"\ndrivers = ['b.py']", 0),
    "drivers": ('at = \'a.py:A\'\ndrivers = ["b.py", "{}"]', 1),
    "registry": ("at = 'a.py:A'\ndrivers = ['b.py']\ncolumns = {{ registry = \"{}:R\" }}", 1),
}


@pytest.mark.parametrize("path", OUTSIDE.values(), ids=OUTSIDE)
@pytest.mark.parametrize(("text", "left"), KEYS.values(), ids=KEYS)
def test_path_that_leaves_the_root_is_a_problem_and_dropped(tmp_path: Path, path: str, text: str, left: int) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (outside / "x.py").write_text("")
    (root / "link").symlink_to(outside)
    (root / "file.py").symlink_to(outside / "x.py")
    escaped = path.replace("\\\\", "\\\\\\\\").replace("t\\x", "t\\\\x")
    config = load(root, "[interfaces.a]\n" + text.format(escaped))
    assert "is outside the root" in only(config).message
    assert len(config.interfaces) == left
    for interface in config.interfaces:
        assert interface.drivers == ("b.py",)
        assert interface.columns == Columns()


@pytest.mark.parametrize("key", ["baseline", "pages"])
def test_other_paths_that_leave_the_root_are_dropped_too(tmp_path: Path, key: str) -> None:
    config = load(tmp_path, f"{key} = '..'\n" + SMALL)
    assert "is outside the root" in only(config).message
    assert getattr(config, key) is None


@pytest.mark.parametrize(
    "path",
    ["a.py", "./a.py", "a..b/c.py", "inner/a.py", "**/*.py", "loop/*.py", "ä b/<b>.py"],
    ids=["plain", "current folder", "dots in a name", "link within", "glob", "link to itself", "any name"],
)
def test_path_that_stays_inside_is_no_problem(tmp_path: Path, path: str) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "inner").symlink_to("lib")
    (tmp_path / "loop").symlink_to("loop")
    assert load(tmp_path, f"[interfaces.a]\nat = 'a.py:A'\ndrivers = ['{path}']\n").problems == ()


def test_root_behind_a_link_is_a_root(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert load(tmp_path / "link").problems == ()


# -- releases


def git(folder: Path, *arguments: str) -> None:
    settings = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *settings, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def tagged(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q")
    for names in (["v1.0.0", "1.0.0"], ["v1.2.0", "nightly"], ["v1.10.0", "release-3.0", "next", "0.12.x"]):
        git(tmp_path, "commit", "--allow-empty", "-q", "-m", "Change")
        for name in names:
            git(tmp_path, "tag", name)
    return tmp_path


def known(config: Config) -> list[str] | None:
    return None if config.known is None else [str(release) for release in config.known]


def test_known_releases_are_the_tags_that_the_scheme_accepts_in_its_order(tagged: Path) -> None:
    assert known(load(tagged)) == ["1.0.0", "1.2.0", "1.10.0"]


def test_prefix_of_tags_is_taken_off_and_required(tagged: Path) -> None:
    assert known(load(tagged, "tag-prefix = 'release-'\n" + SMALL)) == ["3.0"]
    assert known(load(tagged, "tag-prefix = ''\n" + SMALL)) == ["1.0.0"]


def test_list_is_taken_in_place_of_tags_and_ordered(tagged: Path) -> None:
    assert known(load(tagged, "releases = ['2.10', '2.9']\n" + SMALL)) == ["2.9", "2.10"]


def test_listed_releases_keep_their_order(tagged: Path) -> None:
    text = "scheme = 'listed'\nreleases = ['2015.1', '12.0.0', 'Zed']\nrelease = '12.0.0'\n"
    config = load(tagged, text + SMALL)
    assert (config.problems, known(config), str(config.current)) == ((), ["2015.1", "12.0.0", "Zed"], "12.0.0")


def test_empty_list_means_that_there_was_no_release_yet(tagged: Path) -> None:
    assert known(load(tagged, "releases = []\n" + SMALL)) == []


def test_without_tags_only_the_order_is_checked(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    assert load(tmp_path).known is None


def test_repository_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: /nowhere\n")
    assert "tags cannot be read" in only(load(tmp_path)).message


def test_current_release_from_git_is_the_nearest_tag(tagged: Path) -> None:
    text = "release = { from = 'git' }\n" + SMALL
    config = load(tagged, text)
    assert (config.problems, config.release) == ((), "1.10.0")
    git(tagged, "checkout", "-q", "v1.2.0")
    assert load(tagged, text).release == "1.2.0"


def test_current_release_from_git_without_a_reachable_tag_is_a_problem(tagged: Path) -> None:
    git(tagged, "checkout", "-q", "--orphan", "other")
    problem = only(load(tagged, "release = { from = 'git' }\n" + SMALL))
    assert problem.message.startswith("the current release cannot be read from git")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[project]\nname = 'x'\ndynamic = ['version']\n", "pyproject.toml has no static version in [project]"),
        ("[tool.poetry]\nversion = '1.0'\n", "pyproject.toml has no static version in [project]"),
        ("project = 1\n", "pyproject.toml has no static version in [project]"),
        ("project = \n", "pyproject.toml cannot be read"),
    ],
    ids=["dynamic", "another tool's", "no table", "no TOML"],
)
def test_current_release_from_pyproject_must_be_static(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    problem = only(load(tmp_path, "release = { from = 'pyproject' }\n" + SMALL))
    assert problem.message.startswith(message)


@pytest.mark.parametrize(
    ("scheme", "text", "current"),
    [
        ("x.y.z", "1.3.0.dev4", "1.3.0"),
        ("pep440", "1.3.0rc1.dev2+g1", "1.3.0rc1"),
        ("calendar", "2026.1-12-gabc", "2026.1"),
    ],
    ids=["development version", "development version of a pre-release", "described by git"],
)
def test_development_version_counts_as_the_coming_release(tmp_path: Path, scheme: str, text: str, current: str) -> None:
    config = load(tmp_path, f"scheme = '{scheme}'\nrelease = '{text}'\n" + SMALL)
    assert (config.problems, config.release, str(config.current)) == ((), text, current)


# -- presets


def test_unknown_preset_is_an_error_that_says_there_are_none_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "presets").mkdir()
    monkeypatch.setattr(configfile, "PRESETS", tmp_path / "presets")
    with pytest.raises(ConfigError, match=r"unknown preset 'libvirt'; presets: none"):
        configfile.load(root=tmp_path, preset="libvirt")


@pytest.fixture
def with_presets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "presets"
    folder.mkdir()
    (folder / "known.toml").write_text("title = 'Known'\nreleases = ['1.0', '1.1']\n" + SMALL + "sort = 1\n")
    monkeypatch.setattr(configfile, "PRESETS", folder)


@pytest.mark.parametrize(
    ("name", "message"), [("knwon", "did you mean 'known'?"), ("../x", "presets: known")], ids=["near miss", "path"]
)
def test_unknown_preset_is_answered_with_those_there_are(
    tmp_path: Path, with_presets: None, name: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=message.replace("?", r"\?")):
        configfile.load(root=tmp_path, preset=name)


def test_preset_needs_no_config_file(tmp_path: Path, with_presets: None) -> None:
    (tmp_path / "tree").mkdir()
    config = configfile.load(root=tmp_path / "tree", preset="known")
    assert (config.title, config.root) == ("Known", tmp_path / "tree")
    assert config.interfaces[0].drivers == ("lib/drivers/*.py",)
    assert only(config).place == Place("presets/known.toml", 6, 1)


def test_config_is_laid_over_the_preset_key_by_key(tmp_path: Path, with_presets: None) -> None:
    text = "releases = ['2.0']\n[interfaces.compute]\ntitle = 'Mine'\n"
    config = load(tmp_path, text + "[interfaces.more]\nat = 'm.py:M'\ndrivers = ['d.py']\n", preset="known")
    compute, more = config.interfaces
    assert (config.title, known(config)) == ("Known", ["2.0"])
    assert (compute.at, compute.title, more.at) == ("lib/driver.py:Driver", "Mine", "m.py:M")
    assert compute.place("title") == Place("hvsupport.toml", 3, 1)
    assert compute.place("at") == Place("presets/known.toml", 4, 1)


def test_the_config_names_its_preset_and_the_command_line_has_the_last_word(tmp_path: Path, with_presets: None) -> None:
    (tmp_path / "presets" / "other.toml").write_text("title = 'Other'\n")
    text = "preset = 'known'\nreleases = ['2.0']\n"
    config = load(tmp_path, text)
    assert (config.title, known(config), config.interfaces[0].at) == ("Known", ["2.0"], "lib/driver.py:Driver")
    assert load(tmp_path, text, preset="other").title == "Other"


def test_a_preset_that_the_config_cannot_name_is_told_with_its_place(tmp_path: Path, with_presets: None) -> None:
    with pytest.raises(ConfigError, match=r"hvsupport.toml:2:1: unknown preset 'knwon'; did you mean 'known'\?"):
        load(tmp_path, "title = 'Mine'\npreset = 'knwon'\n")
    [problem] = load(tmp_path, "preset = 1\n" + SMALL).problems
    assert "'preset' must be a string" in problem.message


# -- documentation


def test_documentation_is_current() -> None:
    expected = configdocs.render(configfile.presets())
    assert DOCS.read_text(encoding="utf-8") == expected, f"out of date; update it with: {configdocs.COMMAND}"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_every_key_is_documented_with_an_example(table: type) -> None:
    page, texts = DOCS.read_text(encoding="utf-8"), configdocs.texts(table)
    for key in keys(table):
        assert f"## `{key.name}`\n" in page
        assert texts[key.field].endswith(".")
        assert list(tomli.loads(key.line)) == [key.name]


def test_example_of_the_documentation_is_accepted(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.0.0"\n')
    assert load(tmp_path, configdocs.EXAMPLE).problems == ()


SINGLE = "[protocols.a.versions.b.steps]\nname = 'x'\n"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (
            SINGLE + "[" + SINGLE.replace("]\n", "]]\n", 1),
            "[protocols.a.versions.b.steps] is declared above, but a list of",
        ),
        ("a = 1\n[[a]]\n", ""),
        ("a = \n", ""),
    ],
    ids=["one bracket, then two", "a value, then two brackets", "no value"],
)
def test_a_list_of_tables_that_began_with_one_bracket_is_told(tmp_path: Path, text: str, hint: str) -> None:
    with pytest.raises(ConfigError) as raised:
        load(tmp_path, text)
    assert ": not valid TOML: " in str(raised.value)
    assert hint in str(raised.value)
    assert bool(hint) == ("brackets" in str(raised.value))


def test_the_release_stands_where_the_configuration_points_to(tmp_path: Path) -> None:
    """What is said of it names that line: there it is raised, and there a text that is none is mended."""
    (tmp_path / "meson.build").write_text("project('x',\n  version: '9.0.0',\n)\n")
    text = "release = { from = ['meson.build'], pattern = \"version: '([^']*)'\" }\n" + SMALL
    assert load(tmp_path, text).place("release") == Place("meson.build", 2, 13)
    (tmp_path / "meson.build").write_text("project('x', version: 'nine')\n")
    problem = only(load(tmp_path, text))
    assert (problem.place, problem.found) == (Place("meson.build", 1, 24), "nine")
