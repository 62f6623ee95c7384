"""C: kinds of tables met in trees that were new to the reader (Linux, CPython, DPDK, NetworkManager, Ruby, VLC)."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_reader_c_filled import _cells

from hvsupport.annotate import run
from hvsupport.annotate.config import load as configfile
from hvsupport.annotate.judge import judge

pytest.importorskip("tree_sitter_c")

YES, NO, WHO = "unannotated", "unsupported", "unreadable"
OPS = "struct ops { int n; int (*open)(void); int (*close)(void); };\n"
PART = "struct ops { struct { int (*mark)(void); int (*size)(void); void *more[1]; } part; int (*open)(void); };\n"
INNER = "struct ops { struct { int (*read)(int); int depth; } in; int (*open)(void); int (*close)(void); };\n"
ARRAY = "struct ops { int (*hook[2])(void); int (*open)(void); };\n"
HEAD = "#define HEAD_INIT(x, y) { x, y },\nstruct ops { int n; int (*open)(void); int (*close)(void); };\n"
GROUP = "a value without a name follows a condition, so it is unknown which field it fills"
CUT = "a condition in the middle of slot 'open'"

#: What ops.h holds, the source, what each driver has, and what is told.
TREES: dict[str, tuple[str, str, dict[str, dict[str, str]], list[str]]] = {
    "a macro between a value and what cannot be read": (
        OPS,
        "struct ops a = { .open = f then NULL, .close = g };\n",
        {"a": {"open": WHO, "close": YES}},
        ["what 'open' is set to cannot be read", "a part of a cannot be read: f then"],
    ),
    "a list at which the grammar is at a loss from its start": (
        OPS,
        "struct ops a = { #ifdef A\n 1, f,\n};\n",
        {"a": {"open": WHO, "close": WHO}},
        ["a part of a cannot be read: { #ifdef A 1, f, };"],
    ),
    "a value in branches, and what was set before": (
        OPS,
        "struct ops a = {\n .close = g,\n .open =\n#ifdef A\n f,\n#else\n NULL,\n#endif\n};\n",
        {"a": {"open": WHO, "close": YES}},
        [CUT],
    ),
    "a value in branches, and a value behind them": (
        OPS,
        "struct ops a = {\n .close = g,\n .open =\n#ifdef A\n f,\n#else\n NULL,\n#endif\n NULL };\n",
        {"a": {"open": WHO, "close": WHO}},
        [CUT, GROUP],
    ),
    "values without names in a struct by its name": (
        PART,
        "struct ops a = { .part = { NULL, f }, .open = g };\n",
        {"a": {"part.mark": NO, "part.size": YES, "open": YES}},
        [],
    ),
    "values without names in a struct without a name": (
        PART,
        "struct ops a = { { f, NULL, }, g };\n",
        {"a": {"part.mark": YES, "part.size": NO, "open": YES}},
        [],
    ),
    "a macro that is not known in a struct": (
        PART,
        "struct ops a = { { FREE, f }, g };\n",
        {"a": {"part.mark": WHO, "part.size": WHO, "open": YES}},
        ["the macro FREE may expand to several slots"],
    ),
    "a macro that stands for one that is not known": (
        "#define STUFF VERSION, 0\n" + OPS,
        "struct ops a = { STUFF, f };\n",
        {"a": {"open": WHO, "close": WHO}},
        ["the macro VERSION in STUFF may expand to several slots"],
    ),
    "a struct that is filled as a whole behind a slot of it": (
        INNER,
        "struct ops a = { .in.read = f, .in = { .depth = 3 }, .open = g };\n",
        {"a": {"in.read": NO, "open": YES, "close": NO}},
        ["'in' stands twice in the table a; the compiler keeps this one"],
    ),
    "a macro with a comma, and slots with names": (
        HEAD,
        "struct ops a = {\n HEAD_INIT(NULL, 0) /* c */\n .close = f,\n};\n",
        {"a": {"open": NO, "close": YES}},
        [],
    ),
    "a macro with a comma, and values": (
        HEAD.replace("int n;", "struct n { int a, b; } n; const char *name;"),
        'struct ops a = {\n HEAD_INIT(NULL, 0)\n "name",\n f,\n};\n',
        {"a": {"open": YES, "close": NO}},
        [],
    ),
    "a macro that has no comma": (
        HEAD.replace("},\n", "}\n"),
        "struct ops a = {\n HEAD_INIT(NULL, 0)\n .close = f,\n};\n",
        {"a": {"open": WHO, "close": YES}},
        ["no comma stands behind HEAD_INIT(NULL, 0): a macro may expand to several slots"],
    ),
    "a macro among the parameters of a slot": (
        "struct ops { int (*open)(char __user *, int); int (*close)(void); };\n",
        "struct ops a = { .open = f };\n",
        {"a": {"open": YES, "close": NO}},
        [],
    ),
    "a typedef of a const struct": (
        "typedef const struct ops ops_t;\n" + OPS,
        "static ops_t a = { .open = f };\n",
        {"a": {"open": YES, "close": NO}},
        [],
    ),
    "one pointer by two names": (
        OPS + "struct box { struct ops *p; };\nvoid more(struct ops *p);\n",
        "void more(struct ops *p) { p->close = g; }\n"
        "void all(struct box *k) { more(k->p); struct ops *r = k->p; r->open = f; }\n",
        {"all": {"open": YES, "close": WHO}, "more": {"open": NO, "close": YES}},
        ["the pointer is handed to more, which sets slots as well"],
    ),
    "what sets only data is given the pointer": (
        OPS,
        "void init(struct ops *p) { p->n = 1; }\nvoid all(struct ops *p) { p->open = f; init(p); }\n",
        {"all": {"open": YES, "close": NO}},
        [],
    ),
    "a macro that sets only data": (
        OPS + "#define INIT(p) (p)->n = 1\n",
        "void all(struct ops *p) { p->open = f; INIT(p); }\n",
        {"all": {"open": YES, "close": NO}},
        [],
    ),
    "a macro that gives the pointer to what sets slots": (
        OPS + "#define INIT(p) more(p)\n",
        "void more(struct ops *p) { p->close = g; }\nvoid all(struct ops *p) { p->open = f; INIT(p); }\n",
        {"all": {"open": WHO, "close": WHO}, "more": {"open": NO, "close": YES}},
        ["the pointer is handed to INIT, which sets slots as well"],
    ),
    "the address of a variable": (
        OPS,
        "void all(void) { struct ops *r = (&shared); r->open = f; add(r); }\n",
        {"all": {"open": YES, "close": WHO}},
        ["r points to shared, whose other slots may be set elsewhere"],
    ),
    "the address of an element": (
        ARRAY,
        "void all(struct ops *p) { p->open = f; take(&p->hook[0]); }\n",
        {"all": {"hook[0]": WHO, "hook[1]": NO, "open": YES}},
        ["the address of the slot 'hook[0]' is taken, so it may be set elsewhere"],
    ),
    "the address of a struct inside": (
        INNER,
        "void all(struct ops *p) { p->open = f; take(&p->in); }\n",
        {"all": {"in.read": WHO, "open": YES, "close": NO}},
        ["the address of the slot 'in' is taken, so it may be set elsewhere"],
    ),
    "data that is copied into a member": (
        OPS.replace("int n;", "struct data *n;"),
        "void all(struct ops *p) { p->open = f; memcpy(p->n->more, x, 3); memset(p->n, 0, 3); }\n",
        {"all": {"open": YES, "close": NO}},
        [],
    ),
    "one slot in two branches": (
        OPS,
        "void all(struct ops *p) { switch (n) { case 1: p->open = f; break; case 2: p->open = g; break; } }\n",
        {"all": {"open": YES, "close": NO}},
        [],
    ),
    "pointers of a tag and of its typedef to one table": (
        OPS + "typedef struct ops ops_t;\n",
        "void all(struct ops *t)\n{ struct ops *p = t; ops_t *r = (ops_t *) t;\n"
        " p->open = f; r->open = NULL;\n r->close = g; }\n",
        {"all": {"open": NO, "close": YES}},
        ["'open' is set twice in all; the last one counts"],
    ),
    "pointers of one type to one table of a struct": (
        OPS,
        "void all(struct box *b) { struct ops *p = b->o, *r; r = b->o; p->close = g; r->close = NULL; p->open = f; }\n"
        "void both(struct box *b) { struct ops *p = b->o; struct ops *r = b->q; p->open = f; r->close = f; }\n",
        {
            "all": {"open": YES, "close": NO},
            "both.p": {"open": YES, "close": NO},
            "both.r": {"open": NO, "close": YES},
        },
        ["'close' is set twice in all; the last one counts"],
    ),
    "two pointers to what moves on between them": (
        OPS,
        "void all(struct node *t)\n{ struct ops *p = t; t = t->next;\n"
        " struct ops *r = t; p->open = f; r->open = NULL; }\n",
        {"all.p": {"open": YES, "close": NO}},
        [],
    ),
    "two pointers to what a call may change between them": (
        OPS,
        "void all(struct ops *t)\n{ struct ops *p = t; move(1, &t); struct ops *r = t; p->open = f; r->close = g; }\n",
        {"all.p": {"open": YES, "close": NO}, "all.r": {"open": NO, "close": YES}},
        [],
    ),
    "a pointer to the same table is handed on": (
        OPS,
        "void more(struct ops *p) { p->close = g; }\n"
        "void all(struct box *b) { struct ops *p = b->o; struct ops *r = b->o; p->open = f; r->n = 1; more(r); }\n",
        {"all": {"open": WHO, "close": WHO}, "more": {"open": NO, "close": YES}},
        ["the pointer is handed to more, which sets slots as well"],
    ),
    "calls with calls among their arguments, and a space": (
        OPS + "struct ops *get(int);\n",
        "void one(void) { get(b(c(d(1))))->open = f; }\nvoid two(void) { get (1)->close = f; }\n",
        {"one": {"open": YES, "close": NO}, "two": {"open": NO, "close": YES}},
        [],
    ),
    "a lock by value takes several values": (
        "struct ops { pthread_mutex_t lock; int (*open)(void); int (*close)(void); };\n",
        "struct ops a = { 0, 0, f };\nstruct ops b = { { 0 }, f };\n"
        "struct ops c = { PTHREAD_MUTEX_INITIALIZER, f, f };\n",
        {"a": {"open": WHO, "close": WHO}, "b": {"open": YES, "close": NO}, "c": {"open": YES, "close": YES}},
        ["the field 'lock' takes several values, which no braces hold together"],
    ),
    "a union by value takes one value": (
        "struct ops { GMutex lock; int (*open)(void); int (*close)(void); };\n",
        "struct ops a = { 0, f };\n",
        {"a": {"open": YES, "close": NO}},
        [],
    ),
    "a class of GObject by value, beside a struct": (
        PART.replace("int (*open)", "GObjectClass parent; int (*open)").replace(
            "int (*mark)", "GMutex lock; int (*mark)"
        ),
        "struct ops a = { { { 0 }, NULL, f }, 0, f };\n",
        {"a": {"part.mark": NO, "part.size": YES, "open": WHO}},
        ["the field 'parent' takes several values, which no braces hold together"],
    ),
    "a table that a header declares": (
        OPS + "extern struct ops all_ops;\n",
        "struct ops own = { .open = f };\nvoid fill(void) { all_ops.close = g; }\n",
        {"own": {"open": YES, "close": NO}},
        ["the slot 'close' of all_ops is filled when the program runs"],
    ),
}


@pytest.mark.parametrize(("header", "source", "wanted", "told"), TREES.values(), ids=list(TREES))
def test_kinds_of_trees(
    tmp_path: Path, header: str, source: str, wanted: dict[str, dict[str, str]], told: list[str]
) -> None:
    assert _cells(tmp_path, header, source) == (wanted, told)


def test_a_call_sets_a_slot_where_no_type_is_named(tmp_path: Path) -> None:
    """Which file calls the function is found by the function's name alone."""
    (tmp_path / "e.c").write_text('#include "get.h"\nvoid far(void) { get(b(1))->open = f; }\n')
    (tmp_path / "g.c").write_text('#include "get.h"\nint data(void) { return get(1)->n; }\n')
    found, told = _cells(tmp_path, OPS + "struct ops *get(int);\n", "")
    assert (found, told) == ({"e.c:far": {"open": YES, "close": NO}}, [])


def test_where_a_pointer_is_handed_on(tmp_path: Path) -> None:
    """Also behind the place where the pointer is given its value."""
    _cells(
        tmp_path,
        OPS,
        "void more(struct ops *p) { p->close = g; }\n"
        "void all(struct box *b) { struct ops *p = b->o; p->open = f; p->n = 1; more(p); }\n",
    )
    config = configfile.load(root=tmp_path)
    findings = judge(config, run.catalogue(config, cache=False)).findings
    assert [(each.place.line, each.place.column) for each in findings if each.code == "HV010"] == [(4, 72)]
