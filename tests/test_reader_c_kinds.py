"""C: what was once lost or shifted without a word, by kind: each table has the cells that a compiler would make."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from hvsupport.annotate import run
from hvsupport.annotate.config import load as configfile
from hvsupport.annotate.judge import judge
from hvsupport.annotate.rewrite import add, disk

pytest.importorskip("tree_sitter_c")

CONFIG = """\
title = "Example"
release = "1.4.0"
releases = ["1.0.0", "1.1.0", "1.2.0", "1.3.0", "1.4.0"]

[interfaces.ops]
at = "{at}"
kind = "table"
drivers = ["*.c"]
{more}
"""
OPS = "struct ops { unsigned a, b; void *ctx; int (*open)(void); int (*close)(void); };\n"
PAIR = "struct ops { int (*open)(void); int (*close)(void); };\n"
FIVE = "struct ops { int (*a)(void); int (*b)(void); int (*c)(void); int (*d)(void); int (*e)(void); };\n"
#: What the sources leave to others, as their headers do.
NAMES = "extern int ctx;\nint f(void), g(void), fa(void), fb(void), fc(void), fd(void), fe(void);\n"
YES, NO, WHO = "unannotated", "unsupported", "unreadable"


class Case(NamedTuple):
    """The header, the source, the cells by driver, what is told but HV001, and the configuration."""

    header: str
    source: str
    cells: Mapping[str, tuple[str, ...]]
    told: tuple[str, ...] = ()
    more: str = ""
    at: str = "ops.h:ops"
    other: str = ""
    second: str = ""


CASES = {
    "a struct that a header only names": Case(
        "typedef struct opaque opaque;\n" + OPS, "struct ops t = { .open = f };\n", {"t": (YES, NO)}
    ),
    "a macro of the header for two values": Case(
        OPS + "#define HEAD 0, 0\n", "struct ops t = { HEAD, &ctx, f, NULL, };\n", {"t": (YES, NO)}
    ),
    "a macro behind a name whose second value is none": Case(
        PAIR, "#define TWO f, NULL\nstruct ops t = { .open = TWO };\n", {"t": (YES, NO)}
    ),
    "a macro behind a name whose first value is none": Case(
        PAIR, "#define TWO NULL, f\nstruct ops t = { TWO };\n", {"t": (NO, YES)}
    ),
    "a macro of the header in small letters that is nothing": Case(
        PAIR + "#define nothing 0\n", "struct ops t = { .open = nothing, .close = f };\n", {"t": (NO, YES)}
    ),
    "a macro of the file in small letters that is nothing": Case(
        PAIR, "#define nothing 0\nstruct ops t = { .open = nothing, .close = f };\n", {"t": (NO, YES)}
    ),
    "a field by the name of a macro": Case(
        PAIR,
        "#define open close\nstruct ops t = { .open = f };\n",
        {"t": (WHO, WHO)},
        ("'open' is a macro here: which field the slot fills is not known",),
    ),
    "a macro that declares two tables at one place": Case(
        PAIR,
        "#define BOTH(N) struct ops N##1 = { f, NULL }; struct ops N##2 = { NULL, f }\nBOTH(t);\n",
        {"t1": (YES, NO), "t2": (NO, YES)},
    ),
    "a macro of a further header with arguments": Case(
        OPS,
        "struct ops t = { BASE(1, &c, f) };\n",
        {"t": (YES, NO)},
        more='headers = ["other.h"]',
        other="#define BASE(x, ...) x, 0, __VA_ARGS__\n",
    ),
    "a macro that no file defines": Case(
        OPS,
        "struct ops t = { HEAD, &ctx, f, NULL, };\n",
        {"t": (WHO, WHO)},
        ("the macro HEAD may expand to several slots",),
    ),
    "macros that no file defines, and as many values as fields": Case(
        OPS, "struct ops t = { A_NUMBER, B_NUMBER, &ctx, f, NULL, };\n", {"t": (YES, NO)}
    ),
    "an enumerator is one value": Case(
        OPS + "enum { FIRST, SECOND };\n", "struct ops t = { FIRST, SECOND, NULL, f };\n", {"t": (YES, NO)}
    ),
    "slots that functions set": Case(
        OPS,
        "void more(struct ops *p) { p->close = g; }\n"
        "struct ops *make(void)\n{\n    struct ops *r = makeNode(ops);\n    r->open = f;\n    return r;\n}\n"
        "void star(struct ops *p)\n{\n    (*p).open = f;\n    p->close = NULL;\n}\n"
        "void declared(struct ops *p);\nvoid other(struct foo *p) { p->open = f; }\n"
        "int reads(struct ops *p) { return p->open == f; }\nvoid clears(struct ops *p) { p->open = NULL; }\n",
        {"more": (NO, YES), "make": (YES, NO), "star": (YES, NO)},
    ),
    "elements that a function sets": Case(
        OPS,
        "void all(struct ops *p) { p[0].open = f; p[1].close = g; }\n",
        {"all.p[0]": (YES, NO), "all.p[1]": (NO, YES)},
    ),
    "a pointer handed on": Case(
        OPS,
        "void fill(struct ops *p) { p->close = g; }\nvoid init(void) { struct ops *q = x; fill(q); q->open = f; }\n",
        {"fill": (NO, YES), "init": (YES, WHO)},
        ("the pointer is handed to fill, which sets slots as well",),
    ),
    "a pointer handed to a function of another file": Case(
        OPS,
        "void fill(struct ops *p);\nvoid init(struct ops *q) { q->open = f; fill(q); }\n",
        {"fill": (NO, YES), "init": (WHO, WHO)},
        ("the pointer is handed to fill, which sets slots as well",),
        second="void fill(struct ops *p) { p->close = g; }\n",
    ),
    "a pointer handed to a macro of a header": Case(
        OPS + "#define SET(p, v) (p)->close = v\n",
        "void init(struct ops *q) { SET(q, f); q->open = f; }\n",
        {"init": (YES, WHO)},
        ("the pointer is handed to SET, which sets slots as well",),
    ),
    "pointers by a typedef, in brackets, as arrays": Case(
        OPS + "typedef struct ops *ops_p;\n",
        "typedef struct ops *mine;\nvoid one(ops_p p) { p->open = f; }\nvoid two(mine p) { p->close = f; }\n"
        "void three(struct ops p[1]) { p->open = f; }\nvoid four(struct ops *p) { ((p))->open = f; p[0].close = f; }\n"
        "void five(const ops_p p, int n) { p->open = f; }\n",
        {"one": (YES, NO), "two": (NO, YES), "three": (YES, NO), "four": (YES, YES), "five": (YES, NO)},
    ),
    "a slot whose address is taken": Case(
        OPS,
        "void init(struct ops *p) { fn *q = &p->close; *q = f; p->open = f; call(&p->a); }\n",
        {"init": (YES, WHO)},
        ("the address of the slot 'close' is taken, so it may be set elsewhere",),
    ),
    "slots that are cleared again": Case(
        OPS,
        "void init(struct ops *p) { memset(p, 0, sizeof *p); p->open = f; memset(p, 0, sizeof *p); p->close = f; }\n",
        {"init": (WHO, YES)},
        ("p is cleared behind the first slot that is set",),
    ),
    "a condition between a name and its value": Case(
        PAIR,
        "struct ops t = {\n .close =\n#if X\n { f },\n#else\n NULL,\n#endif\n};\n",
        {"t": (NO, WHO)},
        ("a condition in the middle of slot 'close'",),
    ),
    "functions of a struct that the interface holds": Case(
        "struct ops { struct inner in; int (*open)(void); inner_t also; struct list other; };\n",
        "struct ops t = { .in.one = f, .also = { .two = f } };\n",
        {"t": (YES, NO, NO, NO, YES)},
        more='headers = ["other.h"]',
        other="typedef struct inner { int (*one)(void); int (*two)(void); } inner_t;\nstruct list { int n; };\n",
    ),
    "a tag, and its typedef in another header": Case(
        OPS,
        "ops_t lost = { .open = f };\n",
        {"lost": (YES, NO)},
        more='headers = ["other.h"]',
        other="typedef struct ops ops_t;\n",
    ),
    "values in both branches of a condition": Case(
        FIVE, "struct ops t = { fa,\n#if X\n fb,\n#else\n NULL,\n#endif\n NULL, fd };\n", {"t": (YES, YES, NO, YES, NO)}
    ),
    "a value in one branch of a condition": Case(
        FIVE,
        "struct ops t = { fa,\n#if X\n fb,\n#endif\n NULL, fd };\n",
        {"t": (YES, YES, WHO, WHO, WHO)},
        ("a value without a name follows a condition, so it is unknown which field it fills",),
    ),
    "macros in fields": Case(
        "struct ops {\n int WINAPI (*read)(void);\n int (WINAPI *close)(void);\n int fiber LOCKED (*stat)(int);\n"
        " void (*say)(const char *, ...) PRINTF(1, 2);\n LIST_ENTRY(foo) next;\n};\n",
        "struct ops t = { .read = f, .say = g };\n",
        {"t": (YES, NO, NO, YES)},
    ),
    "macros that only the configuration knows": Case(
        "typedef int (*fn)(void);\nstruct ops {\n fn NEAR open;\n FAR(1) fn close;\n};\n",
        "struct ops t = { .open = f };\n",
        {"t": (YES, NO)},
        more='ignored-macros = ["NEAR", "FAR"]',
    ),
    "no function by another name": Case(
        PAIR,
        "struct ops t = { ZERO_NULL, f };\nstruct ops u = { .open = NONE, .close = NOPE };\n",
        {"t": (NO, YES), "u": (NO, NO)},
        more='headers = ["other.h"]\nstub-markers = ["NOPE"]',
        other="#define ZERO_NULL 0\n#define NONE ZERO_NULL\n",
    ),
    "arrays of functions": Case(
        "#define N 2\ntypedef int (*fn)(void);\nstruct ops { int (*one[2])(void); fn two[N]; };\n",
        "struct ops t = { .one = { f }, .two[1] = f };\n"
        "struct ops u = { .one = { [1] = f }, .two = { [0 ... 1] = f } };\n",
        {"t": (YES, NO, NO, YES), "u": (NO, YES, YES, YES)},
    ),
    "an array of unknown length": Case(
        "struct ops { int (*one[MANY])(void); int (*open)(void); };\n",
        "struct ops t = { .open = f };\n",
        {"t": (YES,)},
        ("how many elements the array 'one' has is not known",),
    ),
    "a header that a build makes": Case(OPS, "struct ops t = { .open = f };\n", {"t": (YES, NO)}, at="ops.h.in:ops"),
    "a table that a macro of the file makes": Case(
        OPS,
        '#define DRV(n, ...) { .ctx = n, .open = f, __VA_ARGS__ }\nstruct ops t = DRV("x",\n .close = g);\n',
        {"t": (YES, YES)},
    ),
    "tables that a macro of the file declares": Case(
        OPS,
        "#define METHOD(N, O, C) static const struct ops N = { 0, 0, 0, O, C }; int x##N\n"
        "METHOD(one, f, g);\nMETHOD(two, f, 0);\n",
        {"one": (YES, YES), "two": (YES, NO)},
    ),
    "a macro for several values in an element of an array": Case(
        "struct ops { int (*one[2])(void); int (*open)(void); };\n#define BOTH f, g\n",
        "struct ops t = { .one[1] = BOTH };\n",
        {"t": (WHO, YES, WHO)},
        ("a value without a name follows part of a field, so it is unknown which one it fills",),
    ),
    "a value of an unknown field behind a name": Case(
        FIVE,
        "struct ops t = {\n .b = f,\n#ifdef A\n .a = g,\n#else\n .d = g,\n#endif\n 0,\n .e = f };\n",
        {"t": (WHO, WHO, WHO, WHO, YES)},
        ("a value without a name follows a condition, so it is unknown which field it fills",),
    ),
    "lists among the arguments of a macro in a value": Case(
        OPS,
        'struct ops t = { .ctx = (struct opt[]) { {"a", CHOICE(x, {"auto", 0}, {"no", -1}), RANGE(1, 2)},\n'
        " {0} }, .open = f, .close = NULL };\n",
        {"t": (YES, NO)},
    ),
    "a list among the arguments of a macro that is a slot": Case(
        OPS, "struct ops t = { .open = PICK({NULL, 1}), .close = f };\n", {"t": (YES, YES)}
    ),
    "a macro for a slot, given a list": Case(
        OPS + "#define FIRST(x, ...) x\n",
        "struct ops t = { .open = FIRST(f, {1}), .close = FIRST(0, {f}) };\n",
        {"t": (YES, NO)},
    ),
    "a list of slots for a macro that is not known": Case(
        OPS,
        "struct ops t = { .a = 1, WITH({f}, g), .close = f };\n",
        {"t": (WHO, YES)},
        ("the macro WITH({f}, g) may expand to several slots",),
    ),
    "a macro for slots in a struct in the struct": Case(
        "struct in { int n; int (*one)(void); int (*two)(void); };\n"
        "struct ops { struct in sub; int (*open)(void); };\n#define MORE(t) .n = sizeof(t), .two = g\n",
        "struct ops t = { .sub = { .one = f, MORE(int), MORE(long), }, .open = f };\n"
        "struct ops u = { .sub = { MORE(int), .one = f }, };\n",
        {"t": (YES, YES, YES), "u": (YES, YES, NO)},
    ),
    "a macro for a value in a struct in the struct": Case(
        "struct ops { struct { int (*one)(void); int (*two)(void); } sub; int (*open)(void); };\n#define SOME g\n",
        "struct ops t = { .sub = { .one = f, SOME }, .open = f };\n",
        {"t": (YES, WHO, YES)},
        ("values without names inside 'sub'",),
    ),
    "a value in braces that may be nothing": Case(
        OPS, "#define NONE NULL\nstruct ops t = { .open = { NONE }, .close = { f } };\n", {"t": (NO, YES)}
    ),
}


CASES["a struct that holds a table by a name of another header"] = Case(
    PAIR + "typedef struct ops ops_t;\n",
    "struct held t = { 1, { .open = f } };\n",
    {"t.b": (YES, NO)},
    more='headers = ["other.h"]',
    other='#include "ops.h"\nstruct held { int a; ops_t b; };\n',
)


def written(root: Path, case: Case) -> Path:
    (root / "hvsupport.toml").write_text(CONFIG.format(at=case.at, more=case.more))
    (root / case.at.partition(":")[0]).write_text(case.header)
    (root / "d.c").write_text(case.source)
    (root / "other.h").write_text(case.other)
    (root / "names.h").write_text(NAMES)
    if case.second:
        (root / "e.c").write_text(case.second)
    return root


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_cells_are_what_the_compiler_makes(tmp_path: Path, case: Case) -> None:
    config = configfile.load(root=written(tmp_path, case))
    catalogue = run.catalogue(config, cache=False)
    (interface,) = catalogue.interfaces
    found = {
        driver.title: tuple(interface.cells[driver.id, entry.name].state for entry in interface.entries)
        for driver in interface.drivers
    }
    assert found == dict(case.cells)
    told = [each.message for each in judge(config, catalogue).findings if each.code != "HV001"]
    assert told == list(case.told)


@pytest.mark.parametrize(
    ("statements", "condition"),
    [
        ("if (c) return 0; p->open = f;", "!(c)"),
        ("if (c)\n goto out; p->open = f; out: ;", "!(c)"),
        ("switch (c) { case 1: return 1; } p->open = f;", "a condition holds at run time"),
        ("for (int i = 0; i < c; i++) p->open = f;", "a condition holds at run time"),
        ("if (c) return 0; struct ops *q = p; q->open = f;", "!(c)"),
        ("if (!p) return NULL; p->open = f;", None),
        ("if (c) return -EINVAL; p->open = f;", None),
        ("if (c) goto error; p->open = f; error: ;", None),
        ("if (c) { q->x = 1; } p->open = f; return 0;", None),
    ],
)
def test_a_slot_behind_a_way_out_depends_on_it(tmp_path: Path, statements: str, condition: str | None) -> None:
    source = f"int make(struct ops *p)\n{{\n    {statements}\n}}\n"
    config = configfile.load(root=written(tmp_path, Case(OPS, source, {})))
    (interface,) = run.catalogue(config, cache=False).interfaces
    definition = interface.cells["d.c:make", "open"].definition
    assert definition is not None
    assert definition.when == condition


NESTED = "struct ops { struct { int (*one)(void); int (*two)(void); } sub; int (*open)(void); };\n"


def test_an_annotation_inside_of_nested_braces_is_that_of_the_slot_there(tmp_path: Path) -> None:
    table = "struct ops t = {\n    .sub = { .one = f, /* 1.1.0 */ },\n    .open = g, /* 1.0.0 */\n};\n"
    config = configfile.load(root=written(tmp_path, Case(NESTED, table, {})))
    assert judge(config, run.catalogue(config, cache=False)).findings == ()


@pytest.mark.parametrize(
    "table",
    [
        "struct ops t = {\n    .sub = { .one = f },\n};\n",
        "void make(struct ops *p)\n{\n    p->open = f;\n    p->sub.one = g;\n}\n",
    ],
    ids=["nested braces", "a function"],
)
def test_annotations_are_written_once(tmp_path: Path, table: str) -> None:
    config = configfile.load(root=written(tmp_path, Case(NESTED, table, {})))
    disk.write(tmp_path, add.plan(run.catalogue(config, cache=False), "next").edits)
    catalogue = run.catalogue(config, cache=False)
    assert judge(config, catalogue).findings == ()
    assert add.plan(catalogue, "next").edits == ()
