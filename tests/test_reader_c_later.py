"""C: what is done to tables behind their lists, parameters declared behind brackets, and offsets: read or told."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from c_cells import cells

pytest.importorskip("tree_sitter_c")

OPS = """\
#include <stddef.h>
typedef int (*fn)(void);
struct ops { int n; int (*open)(void); int (*close)(void); };
typedef struct ops ops_t;
struct dev { int n; struct ops *ops; };
extern const struct ops base;
extern int f(void);
"""
DECLARED = "static struct ops t = { .close = f };\n"
FILLED = "t is filled when the program runs"
OPEN_FILLED = "the slot 'open' of t is filled when the program runs"
TAKEN = "the address of the slot 'open' is taken, so it may be set elsewhere"
HANDED = "the address of t is handed to more, which sets slots as well"
MORE = "void more(struct ops *p)\n{\n    p->open = f;\n}\n"
INSIDE = """\
struct outer { int n; struct ops base; };
static struct outer t = { .base = { .close = f } };
"""
#: What d.c holds -> driver: its entries that are set, or the state of all; and what is told.
WAYS: dict[str, tuple[str, dict[str, str], list[str]]] = {
    "parameters declared behind the brackets": (
        "void s(p) struct ops *p; { p->open = f; }\n",
        {"s": "open"},
        [],
    ),
    "several of them, on lines of their own": (
        "int s(n, p, q)\n    int n;\n    ops_t *p, *q;\n{\n    p->open = f;\n    q->close = f;\n    return n;\n}\n",
        {"s.p": "open", "s.q": "close"},
        [],
    ),
    "a global pointer before a function is no parameter": (
        "struct ops *p;\nint n;\nvoid s(void)\n{\n    p->open = f;\n}\n",
        {"s": "open"},
        [],
    ),
    "a table inside another struct that is registered": (
        INSIDE + "int reg(struct ops *p);\nint go(void)\n{\n    return reg(&t.base);\n}\n",
        {"t.base": "close"},
        [],
    ),
    "such a table in a list": (
        INSIDE + "static struct ops *all[] = { &t.base, };\n",
        {"t.base": "close"},
        [],
    ),
    "a slot of such a table whose address is taken": (
        INSIDE + "void reg(fn *p);\nvoid go(void)\n{\n    reg(&t.base.open);\n}\n",
        {"t.base": "close unreadable"},
        ["the address of the slot 'base.open' of t is taken"],
    ),
    "a slot by its offset": (
        "void s(struct ops *p)\n{\n    *(fn *)((char *)p + offsetof(struct ops, open)) = f;\n    p->n = 1;\n}\n",
        {"s": "open"},
        [],
    ),
    "a slot by its offset, the pointer in brackets": (
        "void s(ops_t *p)\n{\n    *(fn *)(void *)((char *)(p) + __builtin_offsetof(ops_t, open)) = f;\n}\n",
        {"s": "open"},
        [],
    ),
    "the address of a slot by its offset": (
        "void s(ops_t *p)\n{\n    fn *q = (fn *)((char *)p + offsetof(ops_t, open));\n    p->close = f;\n"
        "    *q = f;\n}\n",
        {"s": "close unreadable"},
        [TAKEN],
    ),
    "a slot that is read by its offset": (
        "void s(ops_t *p)\n{\n    fn q = *(fn *)((char *)p + offsetof(ops_t, open));\n    p->close = q;\n}\n",
        {"s": "close"},
        [],
    ),
    "a slot of a declared table by its offset": (
        DECLARED + "void s(void)\n{\n    *(fn *)((char *)&t + offsetof(struct ops, open)) = f;\n}\n",
        {"t": "close unreadable"},
        [OPEN_FILLED],
    ),
    "one that is only read": (
        DECLARED + "fn s(void)\n{\n    return *(fn *)((char *)&t + offsetof(struct ops, open));\n}\n",
        {"t": "close"},
        [],
    ),
    **{
        f"a declared table as a whole: {way}": (
            f"{DECLARED}void s(const struct ops *p)\n{{\n    {way}\n}}\n",
            {"t": "unreadable"},
            [FILLED],
        )
        for way in (
            "memcpy(&t, &base, sizeof t);",
            "memmove(&t, p, sizeof t);",
            "memset(&t, 0, sizeof t);",
            "t = *p;",
            "if (p) t = base;",
            "struct ops *q = &t; *q = base;",
            "struct ops *q = &t; memcpy(q, p, sizeof *q);",
            "struct ops *q = &t; memset(q, 0, sizeof *q);",
        )
    },
    "one element as a whole": (
        "static struct ops t[1] = { { .close = f } };\nvoid s(const struct ops *p)\n{\n    t[0] = *p;\n}\n",
        {"t[0]": "unreadable"},
        [FILLED],
    ),
    "a part of it as a whole": (
        DECLARED + "void s(void)\n{\n    memset(&t.n, 0, sizeof t.n);\n}\n",
        {"t": "close"},
        [],
    ),
    "other variables of its name": (
        DECLARED + "void s(struct ops *t)\n{\n    t = find();\n    t = other;\n}\n"
        "void r(void)\n{\n    struct s t;\n    memset(&t, 0, sizeof t);\n}\n",
        {"t": "close"},
        [],
    ),
    "a table of a function, and another of its name": (
        "void s(void)\n{\n    struct ops t = { .close = f };\n    use(&t);\n}\n"
        "void r(void)\n{\n    struct s t;\n    memset(&t, 0, sizeof t);\n    t.open = f;\n}\n",
        {"t": "close"},
        [],
    ),
    "handed to what sets one of its slots": (
        DECLARED + MORE + "void s(void)\n{\n    more(&t);\n}\n",
        {"t": "close unreadable", "more": "open"},
        [HANDED],
    ),
    "an array handed to what sets a slot": (
        "static struct ops t[] = { { .close = f } };\n" + MORE + "void s(void)\n{\n    more(t);\n}\n",
        {"t[0]": "close unreadable", "more": "open"},
        [HANDED.replace("of t", "of t[0]")],
    ),
    "handed to what sets none": (
        DECLARED + "void s(void)\n{\n    look(&t);\n    look(t.open);\n    sizeof(t);\n}\n",
        {"t": "close"},
        [],
    ),
    "a table that begins a struct as an array of one": (
        "struct one { struct ops root[1]; int n; };\n"
        "void s(struct one *o)\n{\n    o->root->open = f;\n    o->root->n = 1;\n}\n"
        "void r(struct one *o)\n{\n    struct one *p = o;\n    p->root[0].close = f;\n}\n",
        {"s.root[0]": "open", "r.root[0]": "close"},
        [],
    ),
    "a field of the name in a struct that is known not to hold one": (
        "struct one { struct ops base; };\nstruct two { struct other base; };\n"
        "void s(struct one *o)\n{\n    o->base.open = f;\n}\n"
        "void r(void)\n{\n    struct two *two = make();\n    two->base.open = g;\n}\n",
        {"s.base": "open"},
        [],
    ),
    "conditions and loops over something named as the type": (
        DECLARED + "void s(struct dev *d)\n{\n    if (d->ops) {\n        run();\n    }\n    if (ops) { run(); }\n"
        "    while (!n && ops) { run(); }\n    EACH(ops) { run(); }\n}\n",
        {"t": "close"},
        [],
    ),
    "nothing but the address of a slot": (
        "void s(struct ops *p)\n{\n    fn *q = &p->open;\n    *q = f;\n}\n",
        {"s": "unreadable"},
        [TAKEN],
    ),
    "no address, and that of a field of data": (
        DECLARED + "void s(struct ops *p)\n{\n    if (n && p->open && t.open) run(&p->n, &t.n, n & p->n);\n}\n",
        {"t": "close"},
        [],
    ),
    "the address of a slot of a declared table": (
        DECLARED + "void s(void)\n{\n    fn *q = &t.open;\n    *q = f;\n}\n",
        {"t": "close unreadable"},
        ["the address of the slot 'open' of t is taken"],
    ),
    "a macro that is given the slot": (
        "#define SET(p, n, v) (p)->n = v\n#define LOOK(p, n, v) run(p, (p)->n, v)\n"
        "void s(struct ops *p)\n{\n    SET(p, open, f);\n}\nvoid r(struct ops *p)\n{\n    LOOK(p, open, f);\n}\n",
        {"s": "unreadable"},
        ["the pointer is handed to SET, which sets slots as well"],
    ),
    "the same behind a slot that is cleared": (
        "#define SET(p, n, v) (p)->n = v\nvoid s(struct ops *p)\n{\n    p->close = NULL;\n    SET(p, open, f);\n}\n",
        {"s": "unreadable"},
        ["the pointer is handed to SET, which sets slots as well"],
    ),
    "one variable by its name and by a pointer": (
        "struct ops s(void)\n{\n    struct ops o;\n    struct ops *r = &o;\n    r->open = f;\n"
        "    if (n) o.open = NULL;\n    return o;\n}\n",
        {"s": "unreadable"},
        [
            "o is declared without a list of slots: what fills this ops is not seen",
            "r points to o, whose slots may be set elsewhere",
        ],
    ),
    "one variable by its name and by what a call gives": (
        "struct ops s(void)\n{\n    struct ops o;\n    (&o)->close = f;\n    struct ops *r = same(&o);\n"
        "    r->open = f;\n    return o;\n}\n",
        {"s": "unreadable"},
        [
            "o is declared without a list of slots: what fills this ops is not seen",
            "r may be o, whose slots are set as well",
        ],
    ),
    "a variable whose address is handed on in brackets": (
        MORE + "struct ops s(void)\n{\n    struct ops o;\n    struct ops *r = same(&o);\n    r->close = f;\n"
        "    more((&o));\n    return o;\n}\n",
        {"s": "unreadable", "more": "open"},
        [
            "o is declared without a list of slots: what fills this ops is not seen",
            "the pointer is handed to more, which sets slots as well",
        ],
    ),
    "what a call gives that is given something else": (
        "void s(struct dev *d)\n{\n    d->n = 1;\n    struct ops *r = make(d);\n    r->open = f;\n}\n",
        {"s": "open"},
        [],
    ),
    "a variable that is cleared behind a pointer to it": (
        "struct ops s(void)\n{\n    struct ops o;\n    struct ops *r = same(&o);\n    r->open = f;\n"
        "    memset(&o, 0, sizeof o);\n    return o;\n}\n",
        {"s": "unreadable"},
        [
            "o is declared without a list of slots: what fills this ops is not seen",
            "r is cleared behind the first slot that is set",
        ],
    ),
    "what a call gives": (
        DECLARED + "struct ops made(void);\nvoid s(void) { t = made(); }\n",
        {"t": "unreadable"},
        [FILLED],
    ),
    "one of two assignments": (
        DECLARED + "static struct ops u = { .open = f }, v = { .n = 1 };\nvoid s(void)\n{\n    v = t = u;\n}\n",
        {"t": "unreadable", "u": "open", "v": "unreadable"},
        ["v is filled when the program runs", "t is filled from u when the program runs"],
    ),
    "behind else": (
        DECLARED + "void s(struct ops *p)\n{\n    if (n) run();\n    else t = *p;\n}\n",
        {"t": "unreadable"},
        [FILLED],
    ),
    "another variable of that name in a function on one line": (
        DECLARED + "int r(void) { int t; t = 3; return t; }\nvoid s(struct ops *p) { t = *p; }\n",
        {"t": "unreadable"},
        [FILLED],
    ),
    "another variable of that name, one of several": (
        DECLARED + "int s(int *q)\n{\n    unsigned long n = 3, t;\n    t = q;\n    return n;\n}\n",
        {"t": "close"},
        [],
    ),
    "what cannot be changed is handed on": (
        "static const struct ops t = { .close = f };\n" + MORE + "void s(void)\n{\n    more(&t);\n}\n",
        {"t": "close", "more": "open"},
        [],
    ),
}


def _cells(folder: Path, at: str, header: str, source: str) -> tuple[dict[str, str], list[str]]:
    return cells(folder, {"ops.h": header, "d.c": f'#include "ops.h"\n{source}'}, at)


@pytest.mark.parametrize(("source", "wanted", "told"), WAYS.values(), ids=list(WAYS))
def test_what_sets_slots_later_is_read_or_told(
    tmp_path: Path, source: str, wanted: dict[str, str], told: list[str]
) -> None:
    assert _cells(tmp_path, "ops", OPS, source) == (wanted, told)


#: A struct with functions of its own, and others in a struct without a name.
PART = "struct drv { const char *name; fn probe; struct { fn open; fn close; } ops; };\ntypedef struct drv drv_t;\n"
TABLE = 'drv_t d = { .probe = f, .ops = { .open = f } };\ndrv_t e[] = { { "x", f, { f, f } } };\n'


@pytest.mark.parametrize("at", ["drv.ops", "drv_t.ops"])
def test_the_part_of_a_struct_can_be_named(tmp_path: Path, at: str) -> None:
    found, told = _cells(tmp_path, at, "typedef int (*fn)(void);\nint f(void);\n" + PART, TABLE)
    assert (found, told) == ({"d": "ops.open", "e[0]": "ops.close ops.open"}, [])


#: Lists of ``ops``: what d.c holds -> the entries of ``t`` that are set, with those of no branch that is known.
LISTS: dict[str, tuple[str, str]] = {
    "a member of a member in offsetof": (
        "struct ops t = {\n    .n = offsetof(struct x, u.nth[1].count),\n    .open = f,\n};\n",
        "open",
    ),
    "the same without names": ("struct ops t = {\n    offsetof(struct x, u.nth),\n    NULL,\n    f,\n};\n", "close"),
    "branches that end without a comma": (
        "struct ops t = {\n    1,\n#ifdef X\n    f,\n    NULL\n#else\n    f, NULL\n#endif\n};\n",
        "open",
    ),
    "slots in such branches": (
        "struct ops t = {\n    .n = 1,\n#ifdef X\n    .open = f\n#elif Y\n    .close = f\n#endif\n};\n",
        "close open",
    ),
    "an expression that goes on in branches": (
        "struct ops t = {\n    .n = A\n#ifdef X\n    | 1\n#else\n    | 2\n#endif\n    , .open = f\n};\n",
        "open",
    ),
}


@pytest.mark.parametrize(("source", "wanted"), LISTS.values(), ids=list(LISTS))
def test_lists_that_the_grammar_does_not_know(tmp_path: Path, source: str, wanted: str) -> None:
    assert _cells(tmp_path, "ops", OPS, source) == ({"t": wanted}, [])


#: Where a list cannot be read, and a slot is named again.
AGAIN = {
    "behind it": ("struct ops t = { .open = f, .n = 3 @@ .open = 0 @ };\n", "unreadable"),
    "behind a macro": ("struct ops t = { .open = f, MORE .open = 0, };\n", "unreadable"),
    "in a comment": ("struct ops t = { .open = f, .n = 3 @@ /* .open = 0 */ @ };\n", "open unreadable"),
}


@pytest.mark.parametrize(("source", "wanted"), AGAIN.values(), ids=list(AGAIN))
def test_a_slot_that_is_named_again_where_a_list_cannot_be_read(tmp_path: Path, source: str, wanted: str) -> None:
    found, told = _cells(tmp_path, "ops", OPS, source)
    assert found == {"t": wanted} and told


def test_data_of_unknown_types_makes_no_driver(tmp_path: Path) -> None:
    header = OPS.replace("int n;", "Unknown part; int n;", 1)
    source = DECLARED + "void *s(struct ops *p)\n{\n    return &p->part;\n}\n"
    found, _ = _cells(tmp_path, "ops", header, source)
    assert found.keys() == {"t"}


CALLBACKS = """\
struct ops {
    /* The first; int NOT_IT(this)(void); */
    int CALLBACK(open)(void **out, int (*back)(void));
    const struct foo *CALLBACK(close) (const char *);
    DECLARED(probe)(void);
    DECLARED_AS(unsigned long, stat)(void *);
    int ATTRIBUTE(x) (*poll)(void);
    int n;
};
"""


def test_macros_may_declare_the_functions_of_a_struct(tmp_path: Path) -> None:
    table = "struct ops t = { .open = f, .probe = f, .poll = f };\nstruct ops u = { f, f, f, f, f, 1 };\n"
    found, told = _cells(tmp_path, "ops", CALLBACKS, table)
    assert (found, told) == ({"t": "open poll probe", "u": "close open poll probe stat"}, [])


def test_many_functions_on_one_line_each_take_no_time(tmp_path: Path) -> None:
    started = time.process_time()
    found, told = _cells(tmp_path, "ops", OPS, DECLARED + "void s(struct ops *p) { int a; t = *p; }\n" * 3000)
    assert found == {"t": "unreadable"} and len(told) == 3000
    assert time.process_time() - started < 8


def test_many_comments_among_the_fields_take_no_time(tmp_path: Path) -> None:
    comments = "    /* a */ /* b; c */ // d\n" * 2000
    found, _ = _cells(tmp_path, "ops", CALLBACKS.replace("    int n;\n", comments), "struct ops t = { .open = f };\n")
    assert found == {"t": "open"}


def test_a_part_that_is_not_there_is_told(tmp_path: Path) -> None:
    _, told = _cells(tmp_path, "drv.opz", "typedef int (*fn)(void);\n" + PART, "")
    assert "there is no struct with functions 'drv_t.opz' in ops.h" in told
