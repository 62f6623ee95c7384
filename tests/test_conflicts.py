"""Merge conflicts that nobody resolved: told once, with the right advice, and nothing that stands in them is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
import tree_builder as t
from hypothesis import given
from hypothesis import strategies as st
from test_reader_c import CONFIG, HEADER, OPTIONS

from hvsupport.annotate import run
from hvsupport.annotate.config import load as configfile
from hvsupport.annotate.facts import Options
from hvsupport.annotate.judge import judge
from hvsupport.annotate.readers import c, conflicts, python, symbols

#: What a mark has to be told from: none of these is a conflict.
NONE = {
    "a heading": b"Title\n=======\n",
    "a comparison in a string": b'x = "<<<<<<< HEAD"\n',
    "more than seven": b"<<<<<<<< HEAD\n>>>>>>>>\n",
    "fewer than seven": b"<<<<<< HEAD\n>>>>>>\n",
    "a mark in a line": b"a <<<<<<< HEAD\n",
    "a mark that goes on": b"<<<<<<<HEAD\n",
}


@pytest.mark.parametrize("data", NONE.values(), ids=list(NONE))
def test_what_is_no_conflict(data: bytes) -> None:
    assert conflicts.find(data) == []


@pytest.mark.parametrize("ends", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("base", [b"", b"||||||| 1234abc\nbase\n"], ids=["two sides", "with what both began with"])
def test_of_a_conflict_our_side_is_read_or_both(base: bytes, ends: bytes) -> None:
    text = (b"a\n<<<<<<< HEAD\nours\n" + base + b"=======\ntheirs\n>>>>>>> topic\nz\n").replace(b"\n", ends)
    (found,) = conflicts.find(text)
    assert (found.line, found.last) == (2, text.count(ends) - 1)
    assert found.message == f"merge conflict, down to line {found.last}"
    assert conflicts.without(text, [found]).split() == [b"a", b"ours", b"z"]
    assert conflicts.without(text, [found], both=True).split() == [b"a", b"ours", b"theirs", b"z"]


def test_a_mark_that_was_left_behind_is_told_and_takes_no_line_with_it() -> None:
    text = b"a\n>>>>>>> topic\nb\n<<<<<<< HEAD\nc\n<<<<<<< HEAD\nd\n=======\ne\n>>>>>>> topic\nf\n<<<<<<< HEAD\ng\n"
    found = conflicts.find(text)
    assert [(each.line, each.last) for each in found] == [(2, 2), (4, 4), (6, 10), (12, 12)]
    assert found[0].message == "merge conflict marker"
    assert conflicts.without(text, found).split() == [b"a", b"b", b"c", b"d", b"f", b"g"]


LINES = st.sampled_from([b"<<<<<<< HEAD", b"||||||| base", b"=======", b">>>>>>> x", b"text", b"", b"  .a = b,"])


@given(st.lists(LINES).map(b"\n".join), st.booleans())
def test_every_place_stays_what_it_was(data: bytes, both: bool) -> None:
    cleaned = conflicts.without(data, conflicts.find(data), both)
    assert len(cleaned) == len(data)
    assert [len(line) for line in cleaned.split(b"\n")] == [len(line) for line in data.split(b"\n")]
    assert conflicts.find(cleaned) == []
    assert all(new in (old, ord(" ")) for new, old in zip(cleaned, data, strict=True))


# -- in each language

SLOTS = "static ops mem = {\n    .open = memOpen, /* 1.0.0 */\nHERE};\n"
CONFLICT = "<<<<<<< HEAD\nOURS=======\nTHEIRS>>>>>>> topic\n"


def conflict(ours: str, theirs: str) -> str:
    return CONFLICT.replace("OURS", ours).replace("THEIRS", theirs)


def findings(root: Path, header: str, source: str) -> tuple[list[str], dict[str, str]]:
    t.on_disk(root, {"hvsupport.toml": CONFIG, "ops.h": header, "drivers/mem.c": source})
    config = configfile.load(root=root)
    found = run.catalogue(config, cache=False)
    (interface,) = found.interfaces
    told = [f"{each.place.short} {each.code} {each.message}; {each.tip}" for each in judge(config, found).findings]
    return told, {entry.name: cell.state for _, entry, cell in interface.walk()}


def test_in_a_table_of_c_it_is_one_finding_and_no_cell_is_blank(tmp_path: Path) -> None:
    close = "    .close = memClose, /* 1.1.0 */\n"
    told, cells = findings(
        tmp_path, HEADER, SLOTS.replace("HERE", conflict(close, close + "    .stat = s, /* 1.2.0 */\n"))
    )
    assert told == [f"drivers/mem.c:3 HV010 merge conflict, down to line 8; {conflicts.TIP}"]
    assert cells == {"open": "supported", "close": "supported", "stat": "unreadable"}


def test_elsewhere_in_a_file_with_tables_it_is_told_too(tmp_path: Path) -> None:
    told, _ = findings(tmp_path, HEADER, SLOTS.replace("HERE", "") + conflict("int x;\n", ""))
    assert told == [f"drivers/mem.c:4 HV010 merge conflict, down to line 7; {conflicts.TIP}"]


def test_in_the_struct_of_an_interface_the_entries_of_both_sides_are_known(tmp_path: Path) -> None:
    field = "    int (*stat)(int fd, void *into);\n"
    header = HEADER.replace(field, conflict(field, "    closeFn shut;\n"))
    told, cells = findings(tmp_path, header, SLOTS.replace("HERE", "    .shut = memShut, /* 1.2.0 */\n"))
    assert told == [f"ops.h:10 HV010 merge conflict, down to line 14; {conflicts.TIP}"]
    assert cells["shut"] == "supported"


def test_what_a_comment_of_c_shows_is_no_conflict() -> None:
    source = "/*\n" + conflict("", "") + "*/\n" + SLOTS.replace("HERE", "")
    assert c.read("drivers/mem.c", source.encode(), OPTIONS).errors == ()


def test_in_a_version_script_the_calls_of_both_sides_are_known() -> None:
    script = "A_1.0 {\n" + conflict("a;\n", "b;\n") + "c;\n};\n"
    found = symbols.read("lib.syms", script.encode(), Options())
    assert found.errors == ((2, 1, "merge conflict, down to line 6", None, conflicts.TIP, None),)
    assert [pair.key.text for pair in found.tables[0].pairs if pair.key] == ["a", "b", "c"]


def test_in_python_each_is_told_and_nobody_is_sent_to_another_python() -> None:
    method = "    def f(self):\n        return 1\n"
    source = "class D:\n" + conflict(method, "") + "\n\n" + conflict("x = 1\n", "x = 2\n")
    assert [(each.line, each.tip) for each in python.read("d.py", source.encode(), Options()).errors] == [
        (2, conflicts.TIP),
        (9, conflicts.TIP),
    ]


def test_a_text_of_python_that_shows_a_conflict_is_none() -> None:
    shown = '"""How to merge.\n\n' + conflict("", "") + '"""\n'
    assert python.read("d.py", shown.encode(), Options()).errors == ()
    (error,) = python.read("d.py", (shown + "def f(:\n").encode(), Options()).errors
    assert (error.line, error.message.startswith("not valid Python")) == (7, True)
