"""The reader of C: what must not change or get lost comes first, then what it reads."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lengths import LENGTH

from hvsupport.annotate import run
from hvsupport.annotate.cache.codec import from_json, to_json
from hvsupport.annotate.catalogue import Catalogue
from hvsupport.annotate.config import load as configfile
from hvsupport.annotate.errors import InstallError
from hvsupport.annotate.facts import FileFacts, Member, Options, TableFact
from hvsupport.annotate.findings import Finding
from hvsupport.annotate.judge import judge
from hvsupport.annotate.readers import c
from hvsupport.annotate.readers.c import syntax
from hvsupport.annotate.rewrite import add, disk, stamp

HEADER = """\
#ifndef OPS_H
#define OPS_H
typedef int (*openFn)(int mode);
typedef int
(*closeFn)(void);
struct _ops {
    const char *name;
    openFn open;
    closeFn close;
    int (*stat)(int fd, void *into);
    unsigned int flags;
};
typedef struct _ops ops;
int memOpen(int mode), memClose(void), memStat(int fd, void *into), other(int mode);
#endif
"""
CONFIG = """\
title = "Example"
release = "1.4.0"
releases = ["1.0.0", "1.1.0", "1.2.0", "1.3.0", "1.4.0"]

[interfaces.ops]
at = "ops.h:ops"
kind = "table"
drivers = ["drivers/*"]
"""
OPTIONS = Options(calls=("_ops", "ops"), headers=("ops.h",), c=True)
TABLE = "static ops mem = {\n    .open = memOpen, /* 1.0.0 */\n    .close = memClose, /* 1.1.0 */\n};\n"


def facts(source: str | bytes, path: str = "drivers/mem.c") -> FileFacts:
    return c.read(path, source.encode() if isinstance(source, str) else source, OPTIONS)


def table(source: str | bytes) -> TableFact:
    (found,) = facts(source).tables
    return found


def slots(source: str | bytes) -> dict[str, Member]:
    return {member.name: member for member in table(source).members}


def texts(member: Member) -> list[str]:
    return [mark.text for mark in member.marks]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "drivers").mkdir()
    (tmp_path / "hvsupport.toml").write_text(CONFIG)
    (tmp_path / "ops.h").write_text(HEADER)
    return tmp_path


def read(root: Path) -> tuple[Catalogue, tuple[Finding, ...]]:
    config = configfile.load(root=root)
    catalogue = run.catalogue(config, cache=False)
    return catalogue, judge(config, catalogue).findings


def check(root: Path, source: str | bytes, name: str = "mem.c") -> list[tuple[int, str, str]]:
    """Line, code and message of all findings about one driver file."""
    (root / "drivers" / name).write_bytes(source.encode() if isinstance(source, str) else source)
    return [(one.place.line, one.code, one.message) for one in read(root)[1]]


def states(root: Path) -> dict[str, str]:
    (interface,) = read(root)[0].interfaces
    return {entry.name: cell.state for _, entry, cell in interface.walk()}


# -- bad input: a located finding each, and never a lost table

BROKEN = {
    "a brace that is never closed": (
        "static ops mem = {\n    .open = memOpen, /* 1.0.0 */\n\nint next(void) { return 0; }\n"
        + TABLE.replace("mem ", "b "),
        (1, "HV010", "the braces of mem are not balanced"),
    ),
    "a brace too many": (
        "static ops mem = {\n    .open = memOpen, /* 1.0.0 */\n}, .close = memClose /* 1.1.0 */ };\n",
        (3, "HV010", "neither ';' nor another declaration"),
    ),
    "a comment that never ends": (
        TABLE.replace("/* 1.1.0 */", "/* 1.1.0"),
        (3, "HV010", "the comment that begins here never ends"),
    ),
    "a comment that swallows an entry": (
        "static ops mem = {\n    .open = memOpen, /* 1.0.0\n    .close = memClose, /* 1.1.0 */\n};\n",
        (3, "HV010", "a comment begins inside a comment"),
    ),
    "#if 0 around a table": (
        f"#if 0\n{TABLE}#endif\n",
        (2, "HV010", "under '#if 0'"),
    ),
    "#if 0 around a slot": (
        TABLE.replace("    .close", "#if 0\n    .close").replace("};", "#endif\n};"),
        (3, "HV010", "under '#if 0'"),
    ),
    "#if that is not closed": (
        f"#ifdef A\n{TABLE}",
        (1, "HV010", "no #endif closes this #if"),
    ),
    "#endif too many": (
        f"{TABLE}#endif\n",
        (5, "HV010", "#endif belongs to no #if"),
    ),
    "a field that the struct does not have": (
        TABLE.replace(".close", ".clsoe"),
        (3, "HV007", "has no entry 'clsoe'"),
    ),
    "an annotation on the line before its entry": (
        "static ops mem = {\n    /* 1.0.0 */\n    .open = memOpen,\n};\n",
        (2, "HV002", "is on a line of its own"),
    ),
    "an annotation on the line after its entry": (
        "static ops mem = {\n    .open = memOpen,\n    /* 1.0.0 */\n};\n",
        (3, "HV002", "is on a line of its own"),
    ),
    "two entries on one line": (
        "static ops mem = {\n    .open = memOpen, .close = memClose, /* 1.0.0 */\n};\n",
        (2, "HV002", "two entries on one line"),
    ),
    "a near miss": (
        TABLE.replace("/* 1.1.0 */", "/* since 1.1.0 */"),
        (3, "HV002", ""),
    ),
    "a trigraph": (
        "static ops mem = {\n    .open = memOpen, /* 1.0.0 */ // why??/\n    .close = memClose, /* 1.1.0 */\n};\n",
        (2, "HV010", "trigraph"),
    ),
    "a name cut by a line continuation": (
        "static ops mem = {\n    .op\\\nen = memOpen, /* 1.0.0 */\n};\n",
        (2, "HV0", ""),
    ),
    "a Latin-1 comment": (
        TABLE.replace("/* 1.1.0 */", "/* 1.1.0; gepr\u00fcft */").encode("latin-1"),
        (3, "HV010", "is not UTF-8"),
    ),
    "UTF-16": (TABLE.encode("utf-16-le"), (1, "HV010", "null bytes")),
    "a slot that stands twice": (
        TABLE.replace("};", "    .open = memOpen2, /* 1.2.0 */\n};"),
        (4, "HV008", "'open' stands twice"),
    ),
    "a second table of the name": (
        TABLE + TABLE,
        (5, "HV008", "a second table for one driver"),
    ),
    "a part in another file": (
        TABLE.replace("};", '#include "more.inc"\n};'),
        (4, "HV010", "is in another file"),
    ),
    "a macro that stands for slots": (
        TABLE.replace("};", "    COMMON_OPS,\n};"),
        (4, "HV010", "the macro COMMON_OPS"),
    ),
    "a table filled when the program runs": (
        "static ops mem;\n",
        (1, "HV010", "without a list of slots"),
    ),
    "a table made by an expression": (
        "static ops mem = DEFAULT_OPS;\n",
        (1, "HV010", "made by an expression"),
    ),
    "a table made in a function": (
        "void f(void)\n{\n    use(&(ops){ .open = memOpen });\n}\n",
        (3, "HV010", "made at run time"),
    ),
    "more values than fields": (
        'static ops mem = {\n    "mem",\n    memOpen, /* 1.0.0 */\n    memClose, /* 1.0.0 */\n'
        "    memStat, /* 1.0.0 */\n    0,\n    0,\n};\n",
        (7, "HV010", "more values than"),
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_read_is_a_located_finding(tree: Path, name: str) -> None:
    source, (line, code, message) = BROKEN[name]
    found = check(tree, source)
    assert any(at == line and kind.startswith(code) and message in text for at, kind, text in found), found


@pytest.mark.parametrize("name", [name for name in BROKEN if "UTF-16" not in name and "made in a function" not in name])
def test_no_table_is_lost(tree: Path, name: str) -> None:
    check(tree, BROKEN[name][0])
    assert read(tree)[0].interfaces[0].drivers


def test_what_a_doubtful_table_lacks_is_not_called_absent(tree: Path) -> None:
    check(tree, TABLE.replace("};", "    COMMON_OPS,\n};"))
    assert states(tree) == {"open": "supported", "close": "supported", "stat": "unreadable"}


def test_a_struct_that_appears_twice_is_a_finding(tree: Path) -> None:
    body = HEADER.partition("typedef struct _ops ops;")[0].partition("struct _ops")[2]
    (tree / "ops.h").write_text(HEADER.replace("typedef struct", f"#ifdef B\nstruct _ops{body}#endif\ntypedef struct"))
    found = check(tree, TABLE)
    assert any(code == "HV010" and "defined 2 times" in message for _, code, message in found)


def test_a_field_whose_type_nobody_tells_is_a_finding(tree: Path) -> None:
    (tree / "ops.h").write_text(HEADER.replace("    unsigned int", "    strange_t odd;\n    unsigned int"))
    assert any("strange_t of 'odd' cannot be found" in message for _, _, message in check(tree, TABLE))
    (tree / "types.h").write_text("typedef unsigned long strange_t;\n")
    (tree / "hvsupport.toml").write_text(CONFIG + 'headers = ["types.h"]\n')
    assert check(tree, TABLE) == []


def test_a_broken_struct_is_a_finding(tree: Path) -> None:
    (tree / "ops.h").write_text(HEADER.replace("closeFn close;", "closeFn ) close;"))
    assert any("a part of the struct cannot be read" in message for _, _, message in check(tree, TABLE))


def test_an_interface_that_matches_no_table_is_a_finding(tree: Path) -> None:
    assert "HV012" in {code for _, code, _ in check(tree, TABLE.replace("ops mem", "opps mem"))}


def test_an_empty_slot_may_have_to_say_when_it_was_removed(tree: Path) -> None:
    source = TABLE.replace("memClose, /* 1.1.0 */", "NULL,")
    assert check(tree, source) == []
    (tree / "hvsupport.toml").write_text(CONFIG + 'empty-slots = "removed"\n')
    assert [(line, code) for line, code, _ in check(tree, source)] == [(3, "HV001")]
    assert check(tree, TABLE.replace("memClose, /* 1.1.0 */", "NULL, /* 1.1.0 - 1.2.0 */")) == []
    assert states(tree)["close"] == "removed"


def test_an_annotated_empty_slot_is_an_annotated_stub(tree: Path) -> None:
    assert [(line, code) for line, code, _ in check(tree, TABLE.replace("memClose", "NULL"))] == [(3, "HV009")]


def test_a_large_generated_file_is_read_quickly(tree: Path) -> None:
    filler = b"static const unsigned char data[] = { 0x00, 0x01, 0x02, 0x03, 0x04, 0x05 }; /* ops */\n"
    source = filler * (2_000_000 * LENGTH // len(filler)) + TABLE.encode()
    found = facts(source)
    assert [each.name for each in found.tables] == ["mem"]
    assert found.tables[0].line == source.count(b"\n") - 3


# -- what is read

ONE = "static ops mem = {\n    .open = memOpen, /* 1.0.0 */\n};\n"
SHAPES = {
    "spread over lines": "static ops mem = {\n    .open =\n        memOpen, /* 1.0.0 */\n};\n",
    "comment before the comma": "static ops mem = {\n    .open = memOpen /* 1.0.0 */,\n};\n",
    "no trailing comma": "static ops mem = {\n    .open = memOpen /* 1.0.0 */\n};\n",
    "line comment": "static ops mem = {\n    .open = memOpen, // 1.0.0\n};\n",
    "old designator": "static ops mem = {\n    open: memOpen, /* 1.0.0 */\n};\n",
    "with struct": "struct _ops mem = {\n    .open = memOpen, /* 1.0.0 */\n};\n",
    "const, and static last": "const ops static mem = {\n    .open = memOpen, /* 1.0.0 */\n};\n".replace(
        "ops static", "ops"
    ),
    "type and name on lines of their own": "static\nops\nmem =\n{\n    .open = memOpen, /* 1.0.0 */\n};\n",
    "an attribute": "static ops mem __attribute__((unused)) = {\n    .open = memOpen, /* 1.0.0 */\n};\n",
    "an attribute macro": "static ops mem G_GNUC_UNUSED = {\n    .open = memOpen, /* 1.0.0 */\n};\n",
    "a cast": "static ops mem = {\n    .open = (openFn) memOpen, /* 1.0.0 */\n};\n",
    "an address": "static ops mem = {\n    .open = &memOpen, /* 1.0.0 */\n};\n",
    "CRLF": "static ops mem = {\r\n    .open = memOpen, /* 1.0.0 */\r\n};\r\n",
    "BOM": "\ufeffstatic ops mem = {\n    .open = memOpen, /* 1.0.0 */\n};\n",
    "no newline at the end": "static ops mem = {\n    .open = memOpen, /* 1.0.0 */\n};",
    "behind a string with a comment in it": f'char *s = "/*";\n{ONE}',
    "behind a directive with an apostrophe": f"#error do not say don't\n{ONE}",
    "behind a commented-out one": f"/*\nstatic ops old = {{\n}};\n*/\n{ONE}",
    "all on one line": "static ops mem = { .open = memOpen /* 1.0.0 */ };\n",
}


@pytest.mark.parametrize("name", SHAPES)
def test_shapes_of_tables(tree: Path, name: str) -> None:
    assert check(tree, SHAPES[name].encode()) == []
    assert states(tree)["open"] == "supported"
    assert table(SHAPES[name]).name == "mem"


def test_any_file_name(tree: Path) -> None:
    for name in ("backend_netcf.c", "inline.h", "generated.inc", "mem.c.in"):
        (tree / "drivers" / name).write_text(TABLE)
    drivers = [driver.id for driver in read(tree)[0].interfaces[0].drivers]
    assert drivers == [f"drivers/{name}:mem" for name in ("backend_netcf.c", "generated.inc", "inline.h", "mem.c.in")]


def test_a_table_named_by_a_macro() -> None:
    assert table(TABLE.replace("mem ", "NAME(Driver) ")).name == "NAME(Driver)"


def test_several_tables_in_one_file_and_in_one_declaration() -> None:
    source = "static ops a = {\n .open = f, /* 1.0.0 */\n}, b = {\n .open = g, /* 1.1.0 */\n};\n" + TABLE
    assert [each.name for each in facts(source).tables] == ["a", "b", "mem"]


def test_an_array_of_tables(tree: Path) -> None:
    source = 'static ops all[] = {\n    { "a", f, /* 1.0.0 */ },\n    { .name = "b", .open = g /* 1.1.0 */ },\n};\n'
    assert [each.name for each in facts(source).tables] == ["all[0]", "all[1]"]
    check(tree, source)
    drivers = read(tree)[0].interfaces[0].drivers
    assert [driver.id for driver in drivers] == ["drivers/mem.c:all[0]", "drivers/mem.c:all[1]"]
    assert drivers[1].title == "b"


def test_a_declaration_before_the_table_is_no_table_of_its_own() -> None:
    assert [each.name for each in facts(f"static ops mem;\nextern ops other;\nops *find(void);\n{TABLE}").tables] == [
        "mem"
    ]


def test_positional_values_take_the_names_of_the_fields(tree: Path) -> None:
    source = 'ops mem = {\n    "mem",\n    memOpen, /* 1.0.0 */\n    NULL,\n    memStat, /* 1.1.0 */\n    0\n};\n'
    assert check(tree, source) == []
    assert states(tree) == {"open": "supported", "close": "unsupported", "stat": "supported"}


def test_a_value_behind_a_name_fills_the_next_field(tree: Path) -> None:
    source = "ops mem = {\n    .close = memClose, /* 1.0.0 */\n    memStat, /* 1.1.0 */\n};\n"
    assert check(tree, source) == []
    assert states(tree) == {"open": "unsupported", "close": "supported", "stat": "supported"}


def test_every_branch_of_a_condition_is_kept() -> None:
    source = """\
static ops mem = {
#if defined(A) && !defined(B)
    .open = memOpenA, /* 1.0.0 */
#elif C > 1
    .open = memOpenC, /* 1.1.0 */
#else
    .open = memOpen, /* 1.2.0 */
#endif
#ifndef D
    .close = memClose, /* 1.0.0 */
#endif
};
"""
    found = [(member.name, member.when, texts(member)) for member in table(source).members]
    assert found == [
        ("open", "A && !B", ["/* 1.0.0 */"]),
        ("open", "C > 1", ["/* 1.1.0 */"]),
        ("open", "!(A && !B) and !(C > 1)", ["/* 1.2.0 */"]),
        ("close", "!D", ["/* 1.0.0 */"]),
    ]


def test_a_condition_that_covers_all_cases_leaves_no_doubt(tree: Path) -> None:
    source = "#ifdef A\n    .open = f, /* 1.0.0 */\n#else\n    .open = g, /* 1.1.0 */\n#endif\n"
    check(tree, f"static ops mem = {{\n{source}}};\n")
    assert states(tree)["open"] == "supported"
    check(tree, f"static ops mem = {{\n{source.replace('#else', '#elif B')}}};\n")
    assert states(tree)["open"] == "conditional"


def test_a_table_under_conditions_is_one_driver(tree: Path) -> None:
    source = f"#ifdef A\n{TABLE}#else\n{TABLE.replace('memOpen', 'other')}#endif\n"
    assert check(tree, source) == []
    (interface,) = read(tree)[0].interfaces
    (cell,) = [cell for _, entry, cell in interface.walk() if entry.name == "open"]
    assert (len(interface.drivers), [each.when for each in cell.variants]) == (1, ["A", "!A"])


def test_the_guard_of_a_header_is_no_condition() -> None:
    assert table(f"#ifndef MEM_H\n#define MEM_H\n{TABLE}#endif\n").when is None


def test_fields_are_told_from_data(tree: Path) -> None:
    (tree / "ops.h").write_text(
        """\
typedef int opFn(int);
typedef struct { int x; } blob;
typedef struct {
    blob data;
    opFn *by_type;
    void *(*returns_pointer)(int), *opaque;
    struct { int (*read)(void); int depth; } in;
    union { int number; int (*hidden)(void); };
    int (*many[4])(void);
} ops;
"""
    )
    check(tree, "ops mem = {\n    .in = { .depth = 3 },\n    .in.read = f, /* 1.0.0 */\n};\n")
    (interface,) = read(tree)[0].interfaces
    names = [entry.name for entry in interface.entries]
    assert names == ["by_type", "returns_pointer", "in.read", "hidden", *(f"many[{number}]" for number in range(4))]
    assert states(tree)["in.read"] == "supported"


def test_places_count_code_points() -> None:
    member = slots("static ops mem = { /* \u00fc */ .open = memOpen, /* 1.0.0 */\n};\n")["open"]
    assert (member.line, member.column) == (1, 28)


def test_a_comment_of_c_is_one_segment_also_with_a_hash(tree: Path) -> None:
    assert check(tree, TABLE.replace("/* 1.1.0 */", "/* 1.1.0; see issue #7 */")) == []


def test_ignore_comments(tree: Path) -> None:
    source = TABLE.replace("/* 1.1.0 */", "/* hvsupport: ignore[HV001] waits for the next release */")
    assert check(tree, source) == []
    assert facts(source).ignores == ((3, 24, ("HV001",), "waits for the next release"),)


def test_the_table_may_say_since_when_the_driver_is_there(tree: Path) -> None:
    assert [(line, code) for line, code, _ in check(tree, TABLE.replace("{\n", "{ /* 1.1.0 */\n", 1))] == [(2, "HV004")]


def test_an_installation_without_the_grammar_stops_the_run(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tree / "drivers" / "mem.c").write_text(TABLE)
    monkeypatch.setitem(sys.modules, "tree_sitter_c", None)
    syntax._parser.cache_clear()
    with pytest.raises(InstallError, match="the grammar of C cannot be loaded"):
        check(tree, TABLE)


def test_no_parser_of_another_language_is_loaded(tree: Path) -> None:
    (tree / "drivers" / "mem.c").write_text(TABLE)
    script = (
        "import sys; from pathlib import Path; from hvsupport.annotate import run;"
        "from hvsupport.annotate.config import load;"
        f"run.catalogue(load.load(root=Path({str(tree)!r})), cache=False);"
        "print('libcst' in sys.modules, 'tree_sitter' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


# -- edits

ALIGNED = """\
static ops mem = {
    .open  = memOpen,               /* 1.0.0 */
    .close = memClose,
    .stat  = memStat,               /* 1.1.0 */
};
"""


def annotated(root: Path, source: str) -> str:
    path = root / "drivers" / "mem.c"
    path.write_bytes(source.encode())
    catalogue, _ = read(root)
    disk.write(root, add.plan(catalogue, "next").edits)
    return path.read_bytes().decode()


EDITS = {
    "behind the comma": (TABLE.replace(" /* 1.1.0 */", ""), "    .close = memClose, /* next */\n"),
    "behind the value of the last": (TABLE.replace(", /* 1.1.0 */", ""), "    .close = memClose /* next */\n"),
    "in the column of the others": (ALIGNED, "    .close = memClose,              /* next */\n"),
    "before an ordinary comment": (
        TABLE.replace("/* 1.1.0 */", "// cheap"),
        "    .close = memClose, /* next */ // cheap\n",
    ),
    "before a line ending with a carriage return": (
        TABLE.replace(" /* 1.1.0 */", "").replace("\n", "\r\n"),
        "    .close = memClose, /* next */\r\n",
    ),
    "with tabs": (
        "static ops mem = {\n\t.open = memOpen,\t\t/* 1.0.0 */\n\t.close = m,\n\t.stat = memStat,\t\t/* 1.1.0 */\n};\n",
        "\t.close = m,\t\t\t/* next */\n",
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_annotate_writes_into_the_tables_own_alignment(tree: Path, name: str) -> None:
    source, line = EDITS[name]
    result = annotated(tree, source)
    assert line in result
    assert len(result.splitlines()) == len(source.splitlines())
    assert annotated(tree, result) == result


def test_stamp_changes_next_and_nothing_else(tree: Path) -> None:
    path = tree / "drivers" / "mem.c"
    path.write_text(TABLE.replace("1.1.0", "next"))
    config = configfile.load(root=tree)
    plan = stamp.plan(read(tree)[0], config, config.scheme.parse("1.5.0"))
    disk.write(tree, plan.edits)
    assert path.read_text() == TABLE.replace("1.1.0", "1.5.0")


NAMES = st.sampled_from(["open", "close", "stat"])
COMMENTS = st.sampled_from(
    ["", " /* 1.0.0 */", " // 1.1.0", " /* \u00e4 # x */", " /* 1.2.0; \u2603 */", " /* since 1.0 */"]
)
VALUES = st.sampled_from(["f", "NULL", "&g", "(openFn) h", "A ? f : g", "0"])
ENTRIES = st.lists(st.tuples(NAMES, VALUES, st.booleans(), COMMENTS, st.booleans()), min_size=1, max_size=6)
ENDINGS = st.sampled_from(["\n", "\r\n"])


def render(entries: Iterable[tuple[str, str, bool, str, bool]], ending: str) -> str:
    lines = ["/* \u00fc */", "static ops mem = {"]
    for name, value, comma_first, comment, condition in entries:
        line = (
            f"    .{name} = {value}," + comment if comma_first else f"    .{name} = {value}{comment}{_line(comment)},"
        )
        lines += ["#ifdef X", line, "#endif"] if condition else [line]
    return ending.join([*lines, "};", ""])


def _line(comment: str) -> str:
    return "\n    " if comment.startswith(" //") else ""


@given(ENTRIES, ENDINGS)
@settings(max_examples=75 * LENGTH, deadline=None)
def test_an_annotation_put_at_any_offset_is_read_back(
    entries: list[tuple[str, str, bool, str, bool]], ending: str
) -> None:
    data = render(entries, ending).encode()
    before = table(data)
    assert len(before.members) == len(entries)
    for index, member in enumerate(before.members):
        if member.insert < 0:
            continue
        new = data[: member.insert] + f"{member.gap}/* 9.9.9 */".encode() + data[member.insert :]
        after = table(new)
        assert "/* 9.9.9 */" in texts(after.members[index])
        assert [other.name for other in after.members] == [other.name for other in before.members]
        assert new.replace(f"{member.gap}/* 9.9.9 */".encode(), b"", 1) == data or b"9.9.9" not in data


@given(ENTRIES, ENDINGS)
@settings(max_examples=50 * LENGTH, deadline=None)
def test_marks_are_where_they_say(entries: list[tuple[str, str, bool, str, bool]], ending: str) -> None:
    data = render(entries, ending).encode()
    for member in table(data).members:
        for mark in member.marks:
            assert data[mark.start : mark.end].decode() == mark.text
            line = re.split(r"\r\n|\n", data.decode())[mark.line - 1]
            assert line[mark.column - 1 :].startswith(mark.text)


@given(ENTRIES, ENDINGS)
@settings(max_examples=30 * LENGTH, deadline=None)
def test_facts_survive_the_cache(entries: list[tuple[str, str, bool, str, bool]], ending: str) -> None:
    for found in (facts(render(entries, ending)), facts(HEADER, "ops.h")):
        assert from_json(to_json(found), found.path) == found


@given(st.binary(max_size=200))
@settings(max_examples=100 * LENGTH, deadline=None)
def test_any_bytes_are_read(noise: bytes) -> None:
    facts(noise)
    facts(TABLE.encode() + noise)
    facts(noise + TABLE.encode())
    facts(b"static ops mem = {" + noise + b"};")
    c.read("ops.h", HEADER.encode() + noise, OPTIONS)


def test_every_record_has_all_its_values(tmp_path: Path) -> None:
    """``record`` looks after no defaults, so that one value too few would be found by whoever asks for it."""
    (tmp_path / "ops.h").write_text(HEADER, encoding="utf-8")
    (tmp_path / "drivers").mkdir()
    (tmp_path / "drivers/a.c").write_text(
        '#include "ops.h"\nstatic ops table = { /* 1.0.0 */\n    .open = a_open, /* 1.2.0; partial: slow */\n'
        "    .close = NULL, /* 1.1.0 - 1.2.0 */\n#ifdef X\n    .stat = a_stat,\n#endif\n};\n",
        encoding="utf-8",
    )
    (tmp_path / "hvsupport.toml").write_text(CONFIG, encoding="utf-8")
    config = configfile.load(root=tmp_path)
    catalogue = run.catalogue(config, cache=False)
    facts = [c.read(path, (tmp_path / path).read_bytes(), OPTIONS) for path in ("ops.h", "drivers/a.c")]
    kinds = {type(each).__name__ for each in _records((catalogue, facts))}
    assert {"Member", "Mark", "Body", "Annotation", "Anchor", "Place", "Definition", "Cell"} <= kinds
    short = [each for each in _records((catalogue, facts)) if len(each) != len(each._fields)]
    assert short == []


def _records(value: object) -> Iterator[Any]:
    """All named tuples in a value."""
    if hasattr(value, "_fields"):
        yield value
    if isinstance(value, Mapping):
        yield from (record for item in value.items() for record in _records(item))
    elif isinstance(value, (tuple, list)):
        yield from (record for item in value for record in _records(item))
