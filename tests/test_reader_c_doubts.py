"""Tables of C in which not everything is what it seems: a cell that the compiler would not bear out is told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from lengths import LENGTH
from test_reader_c import CONFIG, HEADER, OPTIONS, check, read, states

from hvsupport.annotate import readers, run
from hvsupport.annotate.config import load as configfile
from hvsupport.annotate.facts import TableFact
from hvsupport.annotate.judge import judge
from hvsupport.annotate.readers import c
from hvsupport.annotate.readers.c import doubts

TABLE = "static ops mem = {\n    .open = memOpen, /* 1.0.0 */\n    .close = memClose, /* 1.1.0 */\n};\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "drivers").mkdir()
    (tmp_path / "hvsupport.toml").write_text(CONFIG)
    (tmp_path / "ops.h").write_text(HEADER)
    return tmp_path


def tables(source: str) -> list[TableFact]:
    return list(c.read("drivers/mem.c", source.encode(), OPTIONS).tables)


def of(*lines: str) -> str:
    inner = "".join(f"{'' if line.startswith('#') else '    '}{line}\n" for line in lines)
    return f"static ops mem = {{\n{inner}}};\n"


DOUBTS = {
    "a value without a name that only some builds have": (
        of('"mem",', "#ifdef A", "memOpen, /* 1.0.0 */", "#endif", "memClose,"),
        (6, "a value without a name follows a condition"),
    ),
    "a value without a name behind a slot that only some builds have": (
        of("#ifdef A", ".close = memClose, /* 1.0.0 */", "#endif", "memStat,"),
        (5, "a value without a name follows a condition"),
    ),
    "a macro for two slots with an annotation": (
        "#define pair(f) f, memClose\n" + of(".open = pair(memOpen),", "SLOT(x),"),
        (4, "the macro SLOT(x) may expand to several slots"),
    ),
    "a slot that is set when the program runs": (
        TABLE + "void init(void) { mem.stat = memStat; }\n",
        (5, "the slot 'stat' of mem is filled when the program runs"),
    ),
    "a slot that is set with space around the dot": (
        TABLE + "void init(void) { mem . stat\n = memStat; }\n",
        (5, "the slot 'stat' of mem is filled when the program runs"),
    ),
    "a slot that is set through the address": (
        TABLE + "void init(void) { (&mem)->stat = memStat; }\n",
        (5, "the slot 'stat' of mem is filled when the program runs"),
    ),
    "a slot that is set in brackets": (
        TABLE + "void init(void) { (mem).stat = memStat; }\n",
        (5, "the slot 'stat' of mem is filled when the program runs"),
    ),
    "a slot that is set through a pointer": (
        TABLE + "void init(void) { ops *p = &mem; p->stat = memStat; }\n",
        (5, "the slot 'stat' of mem is filled when the program runs"),
    ),
    "a table that is filled from another one": (
        TABLE.replace("mem ", "other ") + TABLE + "void init(void) { mem = other; }\n",
        (9, "mem is filled from other when the program runs"),
    ),
    "a table that is copied over": (
        TABLE + "void init(void) { memcpy(&mem, x, sizeof mem); }\n",
        (5, "mem is filled when the program runs"),
    ),
    "a macro that is made of slots by another one": (
        "#define each(X) X(open, f) X(close, g)\n" + of("each(slot)"),
        (3, "the macro each(slot) may expand to several slots"),
    ),
    "a name of a slot that is a macro": (
        "#define open close\n" + of(".open = memOpen, /* 1.0.0 */"),
        (3, "'open' is a macro here: which field the slot fills is not known"),
    ),
    "a condition that chooses the value": (
        of(".open =", "#ifdef A", "memOpen, /* 1.0.0 */", "#else", "NULL, /* 1.0.0 */", "#endif"),
        (3, "a condition in the middle of slot 'open'"),
    ),
    "a condition that chooses the name": (
        of("#ifdef A", ".open", "#else", ".close", "#endif", "= both, /* 1.0.0 */"),
        (4, "a condition in the middle of slot"),
    ),
    "a brace that is closed in one branch": (
        of("#ifdef A", ".open = memOpen, /* 1.0.0 */", "};", "#else", ".close = memClose, /* 1.0.0 */").replace(
            "    };", "};"
        )
        + "#endif\n",
        (2, "the braces of mem do not stand under the same condition"),
    ),
    "a macro that is all there is": (of("MEM_OPS"), (2, "the macro MEM_OPS may expand to several slots")),
    "macros that nobody defines": (
        of("SLOT(open, memOpen), /* 1.0.0 */", "SLOT(close, memClose), /* 1.0.0 */"),
        (2, "the macro SLOT(open, memOpen) may expand to several slots"),
    ),
    "a macro in front of a slot": (
        of("Common_Ops", ".stat = memStat, /* 1.0.0 */"),
        (2, "a macro may expand to several slots"),
    ),
    "an element that is a macro": (
        "static ops all[] = {\n    FIRST,\n    SECOND,\n};\n",
        (2, "an element of all is not a list of slots: FIRST"),
    ),
    "elements without braces": (
        'static ops all[2] = {\n    "a", f,\n};\n',
        (2, 'an element of all is not a list of slots: "a"'),
    ),
    "a part of an element": (
        "static ops all[2] = {\n    [0].open = f,\n};\n",
        (2, "an element of all is not a list of slots: [0].open = f"),
    ),
    "an array that is filled when the program runs": ("static ops all[4] = {0};\n", (1, "is not a list of slots: 0")),
    "an array of nothing": ("static ops all[4] = {};\n", (1, "all has no elements here")),
}


@pytest.mark.parametrize("name", DOUBTS)
def test_what_may_be_something_else_is_told(tree: Path, name: str) -> None:
    source, (line, message) = DOUBTS[name]
    found = check(tree, source)
    assert any(at == line and code == "HV010" and message in text for at, code, text in found), found


#: Slips of the pen: the one finding of each, its tip, and what becomes of the cells.
SLIPS = {
    "no comma behind a slot, so that it swallows the next": (
        of(".open = memOpen /* 1.0.0 */", ".close = memClose, /* 1.1.0 */", ".stat = memStat, /* 1.2.0 */"),
        (2, "no comma follows the slot 'open'", "write the comma"),
        {"open": "unreadable", "close": "unreadable", "stat": "supported"},
    ),
    "no comma behind a choice": (
        of(".open = A ? memOpen : NULL", ".close = (closeFn) memClose, /* 1.1.0 */"),
        (2, "no comma follows the slot 'open'", "write the comma"),
        dict.fromkeys(("open", "close", "stat"), "unreadable"),
    ),
    "no dot in front of a slot": (
        of("open = memOpen, /* 1.0.0 */", ".close = memClose, /* 1.1.0 */"),
        (2, "no comma stands between open = memOpen: a macro may expand to several slots", doubts.MEND),
        {"open": "unreadable", "close": "supported", "stat": "unreadable"},
    ),
    "an entry that is half written": (
        of(".open = memOpen, /* 1.0.0 */", ".clo"),
        (3, "a part of mem cannot be read: .clo", doubts.MEND),
        {"open": "supported", "close": "unreadable", "stat": "unreadable"},
    ),
    "a brace that is missing": (
        "static ops mem = {\n    .open = memOpen, /* 1.0.0 */\n",
        (1, "the braces of mem are not balanced", doubts.MEND),
        {"open": "supported", "close": "unreadable", "stat": "unreadable"},
    ),
}


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_of_the_pen_is_one_finding_that_says_how_to_mend_it(tree: Path, name: str) -> None:
    source, expected, cells = SLIPS[name]
    (tree / "drivers" / "mem.c").write_text(source)
    catalogue, found = read(tree)
    assert [(one.place.line, one.message, one.tip) for one in found] == [expected]
    assert {entry.name: cell.state for _, entry, cell in catalogue.interfaces[0].walk()} == cells


#: An annotation in a wrong place or without a release: what is expected there, and how to get there.
MISPLACED = {
    "in front of its entry": (
        of("/* 1.0.0 */", ".open = memOpen,"),
        "the annotation behind its entry, on the same line",
        "move it behind the entry that it is for",
    ),
    "behind two entries": (
        of(".open = memOpen, .close = memClose, /* 1.0.0 */"),
        "the annotation behind its entry, on the same line",
        "put each entry on a line of its own, with its own annotation",
    ),
    "a placeholder that nobody filled": (
        of(".open = memOpen, /* TBD */"),
        "next, or the release in which it appeared",
        "write 'next' only if it is not released yet",
    ),
    "a mistake that tells what was meant": (of(".open = memOpen, /* v1.0.0 */"), "1.0.0", "write '1.0.0'"),
    "a slot that was removed and is filled": (
        of(".open = memOpen, /* 1.0.0 - 1.2.0 */"),
        "an empty slot, or a span without an end",
        "if it came back, add that release: 'A - B, C'; if it never went, remove the end of the span",
    ),
    "a slot without a function": (
        of(".open = NULL, /* 1.0.0 */"),
        "no annotation if it never worked; a closed span, such as 'SINCE - REMOVED', if it once did",
        None,
    ),
}


@pytest.mark.parametrize(("source", "expected", "tip"), MISPLACED.values(), ids=list(MISPLACED))
def test_what_is_expected_of_an_annotation_can_be_done(tree: Path, source: str, expected: str, tip: str | None) -> None:
    (tree / "drivers" / "mem.c").write_text(source)
    assert {(one.expected, one.tip) for one in read(tree)[1]} == {(expected, tip)}


def test_a_slot_that_is_gone_may_stay_empty(tree: Path) -> None:
    """What HV006 expects of a table is what makes it quiet."""
    (tree / "drivers" / "mem.c").write_text(TABLE)
    config = configfile.load(root=tree)
    before = run.catalogue(config, cache=False)

    def told(slot: str) -> list[tuple[str, str | None]]:
        (tree / "drivers" / "mem.c").write_text(TABLE.replace("    .close = memClose, /* 1.1.0 */\n", slot))
        now = run.catalogue(config, cache=False)
        return [(one.code, one.expected) for one in judge(config, now, previous=before).findings]

    assert told("") == [("HV006", "an empty slot, annotated '1.1.0 - next'")]
    assert told("    .close = NULL, /* 1.1.0 - next */\n") == []


def test_an_empty_slot_is_not_said_to_refuse(tree: Path) -> None:
    ((_, code, message),) = check(tree, of(".open = NULL, /* 1.0.0 */"))
    assert (code, message.endswith("but its slot is empty or only raises")) == ("HV009", True)


CLEAN = {
    "a macro that stands for slots with names": (
        "#define common .stat = NULL, .close = NULL\n" + of(".open = memOpen, /* 1.0.0 */", "common"),
        {"open": "supported", "close": "unsupported", "stat": "unsupported"},
    ),
    "a macro that stands for several values": (
        "#define head(x) x, NULL\n" + of('head("mem"),', "memClose, /* 1.0.0 */"),
        {"open": "unsupported", "close": "supported", "stat": "unsupported"},
    ),
    "a macro that fills the next field too": (
        "#define neither NULL, NULL\n" + of(".open = neither,", "memStat, /* 1.0.0 */"),
        {"open": "unsupported", "close": "unsupported", "stat": "supported"},
    ),
    "a condition that chooses a value without a name": (
        of(
            '"mem",',
            "#ifdef A",
            "memOpen, /* 1.0.0 */",
            "#else",
            "other, /* 1.0.0 */",
            "#endif",
            "NULL,",
            "memStat, /* 1.0.0 */",
        ),
        {"open": "supported", "close": "unsupported", "stat": "supported"},
    ),
    "a condition in front of a text without a name": (
        of("#ifdef A", '"mem",', "#else", '"other",', "#endif", ".open = memOpen, /* 1.0.0 */"),
        {"open": "supported", "close": "unsupported", "stat": "unsupported"},
    ),
    "a condition inside of flags": (
        of(".open = memOpen, /* 1.0.0 */", ".flags = A", "#ifdef X", "| B", "#endif", ","),
        {"open": "supported", "close": "unsupported", "stat": "unsupported"},
    ),
    "a field of data that is set when the program runs": (
        TABLE + "void init(void) { mem.flags = 3; if (mem.stat == x) other.mem.stat = y; }\n",
        {"open": "supported", "close": "supported", "stat": "unsupported"},
    ),
    "a macro around a text": (
        of('N_("mem"),', "memOpen, /* 1.0.0 */", "memClose, /* 1.0.0 */"),
        {"open": "supported", "close": "supported", "stat": "unsupported"},
    ),
    "a macro that is defined as one value": (
        "#define SAFE(f) (f)\n" + of('"mem",', "SAFE(memOpen), /* 1.0.0 */"),
        {"open": "supported", "close": "unsupported", "stat": "unsupported"},
    ),
    "a condition around whole slots": (
        of(".open = memOpen, /* 1.0.0 */", "#ifdef A", ".stat = memStat, /* 1.0.0 */", "#endif"),
        {"open": "supported", "close": "unsupported", "stat": "conditional"},
    ),
    "an empty slot that some builds fill": (
        of(".open = NULL,", "#ifdef A", ".open = memOpen, /* 1.0.0 */", "#endif"),
        {"open": "conditional", "close": "unsupported", "stat": "unsupported"},
    ),
    "zero however it is written": (
        of(".open = 0UL,", ".close = (closeFn) 0x0,", ".stat = { NULL },"),
        dict.fromkeys(("open", "close", "stat"), "unsupported"),
    ),
    "a macro for no function": (
        "#define NOT_HERE ((openFn) NULL)\n" + of(".open = NOT_HERE,"),
        dict.fromkeys(("open", "close", "stat"), "unsupported"),
    ),
    "a macro for no function in some builds": (
        "#ifndef HAVE_OPEN\n#define memOpen NULL\n#endif\n" + TABLE,
        {"open": "conditional", "close": "supported", "stat": "unsupported"},
    ),
    "a macro for a macro for no function": (
        "#define NONE NULL\n#define NOT_HERE NONE\n" + of(".open = NOT_HERE,"),
        dict.fromkeys(("open", "close", "stat"), "unsupported"),
    ),
    "a macro for a macro for no function in some builds": (
        "#ifdef A\n#define NONE NULL\n#else\n#define NONE f\n#endif\n#define OPEN NONE\n"
        + of(".open = OPEN, /* 1.0.0 */"),
        {"open": "conditional", "close": "unsupported", "stat": "unsupported"},
    ),
    "a macro for no function that is taken back": (
        "#define memOpen NULL\n#undef memOpen\n" + of(".open = memOpen, /* 1.0.0 */"),
        {"open": "conditional", "close": "unsupported", "stat": "unsupported"},
    ),
    "macros that nobody here defines": (
        of(".open = OPEN, /* 1.0.0 */", ".close = IF(A, memClose), /* 1.0.0 */"),
        {"open": "conditional", "close": "conditional", "stat": "unsupported"},
    ),
    "values that may be nothing": (
        of(".open = other.open, /* 1.0.0 */", ".close = (closeFn) (sizeof(x) - 4), /* 1.0.0 */"),
        {"open": "conditional", "close": "conditional", "stat": "unsupported"},
    ),
    "a cast of what stands in brackets": (
        of(".open = (openFn) (memOpen), /* 1.0.0 */"),
        {"open": "supported", "close": "unsupported", "stat": "unsupported"},
    ),
    "zero as nobody writes it": (
        of(".open = 0b0,", ".close = '\\0',", ".stat = (void *) 0x0UL,"),
        dict.fromkeys(("open", "close", "stat"), "unsupported"),
    ),
    "a pointer of that name in another function": (
        TABLE + "void a(void)\n{\n    p = &mem;\n}\nvoid b(void)\n{\n    p->stat = x;\n}\n",
        {"open": "supported", "close": "supported", "stat": "unsupported"},
    ),
    "a macro that chooses": (
        "#define IF(x, f) ((x) ? (f) : NULL)\n" + of(".open = IF(A, memOpen), /* 1.0.0 */"),
        {"open": "conditional", "close": "unsupported", "stat": "unsupported"},
    ),
}


@pytest.mark.parametrize("name", CLEAN)
def test_what_leaves_no_doubt(tree: Path, name: str) -> None:
    source, cells = CLEAN[name]
    assert check(tree, source) == []
    assert states(tree) == cells


def test_a_slot_of_a_struct_inside_that_is_set_later_is_told() -> None:
    (table,) = tables(TABLE + "void init(void) { mem.in . read = memRead; mem.in.depth == 3; }\n")
    assert [trouble.member for trouble in table.troubles] == ["in.read"]


def test_a_comment_inside_a_designator_is_no_part_of_the_name() -> None:
    assert [each.name for each in tables(of(". /* how */ open /* it */ = memOpen,"))[0].members] == ["open"]


ELEMENTS = {
    "in order": ("{ .open = f }, { .open = g }", ["all[0]", "all[1]"]),
    "by number": ("[2] = { .open = f }, { .open = g }, [0] = { .open = h }", ["all[2]", "all[3]", "all[0]"]),
    "by name": ("[FIRST] = { .open = f }, { .open = g }", ["all[FIRST]", "all[FIRST + 1]"]),
    "a range": ("[0 ... 3] = { .open = f }, { .open = g }", ["all[0 ... 3]", "all[4]"]),
    "an end that is nothing": ("{ .open = f }, 0", ["all[0]"]),
}


@pytest.mark.parametrize(("elements", "names"), ELEMENTS.values(), ids=list(ELEMENTS))
def test_elements_are_named_as_the_compiler_counts_them(elements: str, names: list[str]) -> None:
    found = tables(f"static ops all[] = {{ {elements} }};\n")
    assert [each.name for each in found] == names
    assert [trouble for each in found for trouble in each.troubles] == []


def test_arrays_of_arrays() -> None:
    found = tables("static ops all[1][2] = { { { .open = f }, { .open = g } } };\n")
    assert [each.name for each in found] == ["all[0][0]", "all[0][1]"]


DEEP = {
    "braces": "static ops mem = {\n    .x = " + "{" * 3000 + "1" + "}" * 3000 + "\n};\n",
    "names": "static ops mem = {\n    .x = " + "{ .x = " * 3000 + "1" + "}" * 3000 + "\n};\n",
    "brackets": "static ops mem = {\n    .open = " + "(" * 3000 + "f" + ")" * 3000 + ",\n};\n",
    "brackets that nobody closes": "static ops mem = {\n    .open = " + "(" * 3000 + "f,\n};\n",
}


@pytest.mark.parametrize("source", DEEP.values(), ids=list(DEEP))
def test_a_table_may_be_deeper_than_python_calls_itself(source: str) -> None:
    assert [each.name for each in tables(source)] == ["mem"]


#: Files whose every line could send a reader to the end of the file: with one that goes there, this test does not end.
LARGE = {
    "comments that never end, in a struct": ("ops.h", "struct _ops {\n    int (*open)(int); /* a\n"),
    "comments that never end, in a script": ("a.syms", "LIB_1.0.0 {\n    exOpen; /* a\n"),
    "declarations without an end": ("drivers/mem.c", "ops x,\n"),
    "tables with slots that are set later": ("drivers/mem.c", TABLE + "mem.stat = x;\n"),
    "typedefs that nobody closes": ("ops.h", "typedef struct {\n"),
    "macros for each other": ("drivers/mem.c", "#define M N\n" + TABLE.replace("memOpen", "M")),
    "conditions that nobody closes": ("drivers/mem.c", "#if A\n" + TABLE),
}


@pytest.mark.parametrize(("path", "text"), LARGE.values(), ids=list(LARGE))
def test_a_large_file_that_is_broken_everywhere_is_read(path: str, text: str) -> None:
    found = readers.read(path, (text * 500 * LENGTH).encode(), OPTIONS)
    assert found.errors or found.tables or found.classes


#: Per file of 2,000 such lines, how often its bytes may be gone through: each bracket by itself would take thousands.
UNCLOSED = {
    "braces of tables": "static ops mem = {\n    .open = memOpen, /* 1.0.0 */\n",
    "braces of elements": "ops all[] = { {\n    .open = memOpen, /* 1.0.0 */\n",
    "brackets of names": "ops (mem\n",
    "values": "ops mem =\n",
}


@pytest.mark.parametrize("text", UNCLOSED.values(), ids=list(UNCLOSED))
def test_brackets_that_nobody_closes_take_no_longer_than_others(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from hvsupport.annotate.readers.c import brackets

    gone = 0
    closing, signs = brackets.closing, brackets.Brackets._signs

    def counted(code: bytes, opening: int, limit: int) -> int | None:
        nonlocal gone
        end = closing(code, opening, limit)
        gone += (limit if end is None else end) - opening
        return end

    def looked(self: brackets.Brackets, position: int) -> Iterator[re.Match[bytes]]:
        nonlocal gone
        end = position
        for match in signs(self, position):
            end = match.end()
            yield match
        gone += end - position

    monkeypatch.setattr(brackets, "closing", counted)
    monkeypatch.setattr(brackets.Brackets, "_signs", looked)
    size = len(text) * 2000
    c.read("drivers/mem.c", (text * 2000).encode(), OPTIONS)
    assert gone < 64 * brackets._FAR + 2000 * brackets._NEAR + 6 * size


@pytest.mark.parametrize(
    "source",
    [
        b"void f(struct ops (p) { p[0}\n",
        b"ops x = {\n    .open = { .a\xe0\xc2\xdf\x99\xdf\x82\xd3\xfe};\n",
        b"ops x = {f(};",
        b"ops x = {f[A\n#ifndef D\n    .close = mem\xbd\x93\x90\x84e, /* 1.0 */\n#endif\n};\n",
    ],
    ids=["a bracket that is not closed", "bytes that hide the end", "the end of the list in a call", "an error behind"],
)
def test_nothing_is_written_beside_a_slot_whose_end_is_not_known(source: bytes) -> None:
    """The grammar went on into what it was given behind the list, or what it could not read may be the rest."""
    (table,) = c.read("drivers/mem.c", source, OPTIONS).tables
    assert table.troubles
    assert table.members[0].insert == -1
    assert all(member.insert <= len(source) for member in table.members)
