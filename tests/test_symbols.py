"""Version scripts and indexes: which public call came with which release, and where it is documented."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lengths import LENGTH

from hvsupport.annotate import run
from hvsupport.annotate.cache.codec import from_json, to_json
from hvsupport.annotate.catalogue import Catalogue
from hvsupport.annotate.config import load as configfile
from hvsupport.annotate.facts import FileFacts, Options, Pair, TableFact, Written
from hvsupport.annotate.judge import judge
from hvsupport.annotate.model import EntryPoint
from hvsupport.annotate.readers import symbols

SCRIPT = """\
# public calls
LIBEX_1.0.0 {
    global:
        exOpen;
        exClose;
};

LIBEX_1.2.0 {
    global:
        exStat;   /* the newest */
    local:
        *;
} LIBEX_1.0.0;
"""


def facts(text: str, path: str = "lib.syms") -> FileFacts:
    return symbols.read(path, text.encode(), Options())


def pair(key: str, value: str, line: int, column: int) -> Pair:
    return Pair(Written("string", key), (Written("string", value),), line, column)


def keys(table: TableFact) -> list[str]:
    return [pair.key.text for pair in table.pairs if pair.key is not None]


def calls(text: str) -> dict[str, str]:
    return {name: table.name for table in facts(text).tables for name in keys(table)}


def test_calls_and_their_nodes() -> None:
    assert calls(SCRIPT) == {"exOpen": "LIBEX_1.0.0", "exClose": "LIBEX_1.0.0", "exStat": "LIBEX_1.2.0"}
    assert facts(SCRIPT).errors == ()
    assert facts(SCRIPT).tables[0].pairs[0] == pair("exOpen", "LIBEX_1.0.0", 4, 9)


def test_all_on_one_line_and_without_a_label() -> None:
    assert calls("A_1.0 { a; b; }; B_1.1 { global: c; local: *; } A_1.0;") == {"a": "A_1.0", "b": "A_1.0", "c": "B_1.1"}


def test_symbols_of_another_language() -> None:
    assert calls('A_1.0 { global: extern "C++" { "f(int)"; g; }; h; };') == {
        "f(int)": "A_1.0",
        "g": "A_1.0",
        "h": "A_1.0",
    }


BROKEN = {
    "a group that is never closed": (SCRIPT.replace("} LIBEX_1.0.0;\n", ""), 8, "LIBEX_1.2.0 is never closed"),
    "a group inside a group": (SCRIPT.replace("};\n", "", 1), 7, "LIBEX_1.2.0 begins before LIBEX_1.0.0 is closed"),
    "a brace too many": (SCRIPT + "};\n", 14, "was not opened"),
    "a group that stands twice": (SCRIPT + "LIBEX_1.0.0 { exMore; };\n", 14, "LIBEX_1.0.0 is defined twice"),
    "a predecessor that is missing": (SCRIPT.replace("} LIBEX_1.0.0", "} LIBEX_1.1.0"), 13, "follows LIBEX_1.1.0"),
    "no semicolon between calls": (SCRIPT.replace("exOpen;", "exOpen"), 4, "no semicolon follows 'exOpen'"),
    "no semicolon behind the last call": (SCRIPT.replace("exClose;", "exClose"), 5, "no semicolon follows 'exClose'"),
    "no semicolon behind a group": (SCRIPT.replace("};", "}", 1), 8, "no semicolon follows the group in front of"),
    "no semicolon behind the last group": (SCRIPT.rstrip()[:-1], 13, "no semicolon follows the last group"),
    "a comment that never ends": (SCRIPT + "/* and\nmore\n", 14, "the comment that begins here never ends"),
    "a call outside": ("exOpen;\n" + SCRIPT, 1, "outside any group"),
    "another label": (SCRIPT.replace("global", "globel", 1), 3, "'globel' is neither"),
    "a sign that has no place": (SCRIPT.replace("exOpen;", "exOpen%;"), 4, "'%' has no place"),
    "signs that have no place": (SCRIPT.replace("exOpen;", "exOpen;<<<,"), 4, "'<<<,' has no place"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_an_error_with_its_line_and_the_rest_is_read(name: str) -> None:
    text, line, message = BROKEN[name]
    found = facts(text)
    assert any(each.line == line and message in each.message for each in found.errors), found.errors
    assert {"exClose", "exStat"} <= set(calls(text))


def test_an_index_of_documentation() -> None:
    text = (
        "<api>\n<function name='exOpen' file='connection' module='x'>\n<macro file=\"other\" name=\"EX_MAX\"/>\n</api>"
    )
    (table,) = facts(text, "docs/ex-api.xml").tables
    assert table.pairs == (pair("exOpen", "connection", 2, 1), pair("EX_MAX", "other", 3, 1))


INVENTORY = """\
lib.api.Driver.start py:method 1 api.html#$ -
lib.api.Driver.stop py:method 1 api.html#stop stop()
lib.other.Driver.start py:method 1 other.html#$ -
exStat c:function 1 c.html#c.$ -
index std:doc -1 index.html Driver.index
not a line
"""


def inventory(text: str = INVENTORY, version: int = 2) -> bytes:
    head = f"# Sphinx inventory version {version}\n# Project: x\n# Version: 1\n# The rest is compressed using zlib.\n"
    return head.encode() + zlib.compress(text.encode())


def test_a_sphinx_inventory() -> None:
    (table,) = symbols.read("objects.inv", inventory(), Options()).tables
    assert [(pair.key.text, pair.values[0].text) for pair in table.pairs if pair.key is not None] == [
        ("lib.api.Driver.start", "api.html#lib.api.Driver.start"),
        ("lib.api.Driver.stop", "api.html#stop"),
        ("lib.other.Driver.start", "other.html#lib.other.Driver.start"),
        ("exStat", "c.html#c.exStat"),
    ]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not a Sphinx inventory of version 2"),
        (b"<html>\n\n\n\n</html>", "not a Sphinx inventory of version 2"),
        (inventory(version=1), "not a Sphinx inventory of version 2"),
        (inventory()[:-20], "it is cut off"),
        (inventory()[:120] + b"x" * 40, "it is damaged"),
    ],
)
def test_an_inventory_that_cannot_be_read_is_an_error(data: bytes, why: str) -> None:
    (error,) = symbols.read("objects.inv", data, Options()).errors
    assert why in error.message


def test_an_inventory_is_not_unpacked_without_a_bound() -> None:
    (error,) = symbols.read("objects.inv", inventory("x" * 65 * 2**20), Options()).errors
    assert "it unpacks to more than 64 MB" in error.message


def test_entries_of_a_class_are_found_in_an_inventory(tmp_path: Path) -> None:
    (tmp_path / "api.py").write_text(
        "class Driver:\n    def start(self): ...\n    def stop(self): ...\n    def x(self): ...\n"
    )
    (tmp_path / "objects.inv").write_bytes(inventory())
    keys = 'index = ["objects.inv"]\nindex-url = "https://e.org/{file}"\nurl = "https://e.org/?{entry}"\n'
    (tmp_path / "hvsupport.toml").write_text(f'[interfaces.d]\nat = "api.py:Driver"\ndrivers = ["a*.py"]\n{keys}')
    catalogue = run.catalogue(configfile.load(root=tmp_path), cache=False)
    assert [one.url for one in catalogue.interfaces[0].entries] == [
        "https://e.org/api.html#lib.api.Driver.start",
        "https://e.org/api.html#stop",
        "https://e.org/?x",
    ]


@given(st.text('ABab_1.0{};:#/*\n "', max_size=80))
@settings(max_examples=150 * LENGTH, deadline=None)
def test_any_text_is_read_and_survives_the_cache(text: str) -> None:
    found = facts(text)
    assert from_json(to_json(found), found.path) == found
    assert facts(text, "x.xml").errors == ()


# -- in a configuration

HEADER = """\
typedef int (*exDrvOpen)(void);
typedef int (*exDrvStat)(void);
typedef int (*exDrvStart)(void);
typedef struct {
    exDrvOpen open;
    exDrvStat stat;
    exDrvStart start;
} ops;
"""
DRIVER = """\
static ops mem = {
    .open = memOpen, /* 0.9.0 */
    .stat = memStat, /* 1.0.0 */
    .start = memStart, /* 1.1.0 */
};
"""
CONFIG = """\
title = "Example"
release = { from = ["missing.build", "meson.build"], pattern = "version: '([0-9.]+)'" }
releases = ["0.9.0", "1.0.0", "1.1.0", "1.2.0"]

[interfaces.ops]
at = "new.h:operations"
formerly = ["ops.h:ops"]
kind = "table"
drivers = ["drivers/*.c"]
public-call = "exDrv* -> ex*"
symbols = ["lib.syms"]
internal-calls = { exStart = "1.1.0" }
index = ["docs/*-api.xml"]
index-url = "html/{file}.html#{call}"
url = "https://example.org/{call}"

[interfaces.ops.former-calls]
open = ["exOldOpen"]

[interfaces.ops.derived]
openReadOnly = { entries = ["open"], call = "exClose", not-before = "1.0.0" }
any = { entries = ["stat", "start"], call = "exAny" }
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "drivers").mkdir()
    for path, text in (
        ("hvsupport.toml", CONFIG),
        ("ops.h", HEADER),
        ("drivers/mem.c", DRIVER),
        ("meson.build", "project('ex', 'c', version: '1.2.0')\n"),
        ("lib.syms", "LIBEX_0.9.0 { exOldOpen; };\n" + SCRIPT),
    ):
        (tmp_path / path).write_text(text)
    return tmp_path


def read(root: Path) -> tuple[Catalogue, list[tuple[str, int, str, str]]]:
    config = configfile.load(root=root)
    catalogue = run.catalogue(config, cache=False)
    found = judge(config, catalogue).findings
    return catalogue, [(one.place.path, one.place.line, one.code, one.message) for one in found]


def entry(catalogue: Catalogue, name: str) -> EntryPoint:
    return next(each for each in catalogue.interfaces[0].entries if each.name == name)


def shown(catalogue: Catalogue, name: str) -> tuple[str, str, str]:
    (interface,) = catalogue.interfaces
    cell = interface.cells[interface.drivers[0].id, name]
    return cell.state, cell.how, ", ".join(str(span.since) for span in cell.spans)


def test_entries_know_their_calls(tree: Path) -> None:
    catalogue, found = read(tree)
    assert catalogue.release == "1.2.0"
    assert [(each.name, each.api, str(each.since)) for each in catalogue.interfaces[0].entries] == [
        ("open", "exOpen", "1.0.0"),
        ("openReadOnly", "exClose", "1.0.0"),
        ("stat", "exStat", "1.2.0"),
        ("start", "exStart", "1.1.0"),
        ("any", "exAny", "None"),
    ]
    assert [each[:3] for each in found] == [("drivers/mem.c", 3, "HV004")]


def test_a_former_call_makes_an_old_annotation_true(tree: Path) -> None:
    (tree / "hvsupport.toml").write_text(CONFIG.replace('open = ["exOldOpen"]', ""))
    assert [each[1:3] for each in read(tree)[1]] == [(2, "HV004"), (3, "HV004")]


def test_derived_rows(tree: Path) -> None:
    catalogue, _ = read(tree)
    assert entry(catalogue, "any").derived_from == "stat, start"
    assert shown(catalogue, "openReadOnly") == ("supported", "derived", "1.0.0")
    assert shown(catalogue, "any") == ("supported", "derived", "1.0.0")
    (tree / "drivers/mem.c").write_text("static ops mem = {\n    .start = f, /* 1.1.0 */\n};\n")
    catalogue, _ = read(tree)
    assert shown(catalogue, "openReadOnly") == ("unsupported", "absent", "")
    assert shown(catalogue, "any") == ("supported", "derived", "1.1.0")


def test_documentation_by_index_then_by_pattern_then_none(tree: Path) -> None:
    (tree / "docs").mkdir()
    (tree / "docs/ex-api.xml").write_text("<function name='exOpen' file='connection'/>")
    catalogue, _ = read(tree)
    assert entry(catalogue, "open").url == "html/connection.html#exOpen"
    assert entry(catalogue, "stat").url == "https://example.org/exStat"
    assert entry(catalogue, "start").url is None


def test_the_documentation_of_a_group_goes_before_that_of_the_interface(tree: Path) -> None:
    config = tree / "hvsupport.toml"
    group = 'groups = [{ title = "Files", entries = ["st*"], url = "https://example.org/files#{call}" }]\n\n'
    config.write_text(config.read_text().replace("[interfaces.ops.former", group + "[interfaces.ops.former"))
    catalogue, _ = read(tree)
    assert entry(catalogue, "stat").url == "https://example.org/files#exStat"
    assert entry(catalogue, "open").url == "https://example.org/exOpen"
    assert entry(catalogue, "start").url is None, "an internal call"


def test_a_call_that_was_forgotten_belongs_into_the_version_script_first(tree: Path) -> None:
    (tree / "lib.syms").write_text(SCRIPT.replace("exStat", "exOther"))
    config = configfile.load(root=tree)
    (tip,) = [one.tip for one in judge(config, run.catalogue(config, cache=False)).findings if one.code == "HV012"]
    assert tip == (
        "list the call in lib.syms, or an internal one under 'internal-calls' with its release, or the entry under"
        " 'exempt' or 'exclude'"
    )


WRONG = {
    "a call that no script lists": (
        lambda root: (root / "lib.syms").write_text(SCRIPT.replace("exStat", "exOther")),
        ("ops.h", 6, "HV012", "serves exStat, which no version script lists"),
    ),
    "a broken script": (
        lambda root: (root / "lib.syms").write_text(SCRIPT.replace("exOpen;", "exOpen")),
        ("lib.syms", 4, "HV010", "no semicolon"),
    ),
    "a node without a release": (
        lambda root: (root / "lib.syms").write_text(SCRIPT + "LIBEX_PRIVATE { exHidden; };\n"),
        ("lib.syms", 14, "HV012", "PRIVATE"),
    ),
    "no script at all": (
        lambda root: (root / "lib.syms").unlink(),
        ("hvsupport.toml", 11, "HV012", "no file matches"),
    ),
    "a derived row from nothing": (
        lambda root: (root / "hvsupport.toml").write_text(CONFIG.replace('["open"]', '["opne"]')),
        ("hvsupport.toml", 21, "HV012", "there is no entry 'opne'"),
    ),
    "a derived row that is an entry": (
        lambda root: (root / "hvsupport.toml").write_text(CONFIG + 'stat = { entries = ["open"] }\n'),
        ("hvsupport.toml", 23, "HV012", "has an entry 'stat' already"),
    ),
    "a release that is none": (
        lambda root: (root / "hvsupport.toml").write_text(CONFIG.replace('exStart = "1.1.0"', 'exStart = "soon"')),
        ("hvsupport.toml", 12, "HV012", "soon"),
    ),
    "a limit that is no release": (
        lambda root: (root / "hvsupport.toml").write_text(CONFIG.replace('not-before = "1.0.0"', 'not-before = "x"')),
        ("hvsupport.toml", 21, "HV012", "x"),
    ),
    "a pattern for calls without a star": (
        lambda root: (root / "hvsupport.toml").write_text(CONFIG.replace("exDrv* -> ex*", "exDrv -> ex")),
        ("hvsupport.toml", 10, "HV012", "two names with one *"),
    ),
    "a release that no file tells": (
        lambda root: (root / "meson.build").write_text("project('ex')\n"),
        ("hvsupport.toml", 2, "HV012", "the pattern matches nothing in meson.build"),
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_a_located_finding(tree: Path, name: str) -> None:
    change, (path, line, code, message) = WRONG[name]
    change(tree)
    found = read(tree)[1]
    assert any((a, b, c) == (path, line, code) and message in text for a, b, c, text in found), found


def test_a_preset_speaks_of_many_releases() -> None:
    config = configfile.load(root=Path(__file__).parent, preset="libvirt")
    assert config.problems[1:] == ()  # the first: this folder does not say which release it is
    assert all(interface.is_preset("titles") for interface in config.interfaces)
