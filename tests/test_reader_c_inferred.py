"""C: pointers to tables whose declarations do not say it plainly, and pointers to tables that the file declares."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_reader_c_filled import _cells

pytest.importorskip("tree_sitter_c")

YES, NO, WHO = "unannotated", "unsupported", "unreadable"
OPS = "struct ops { int n; int (*open)(void); int (*close)(void); };\n"
BOX = "struct box { struct ops *o; struct ops v; };\nextern struct box *get(void);\nstruct ops *make(void);\n"
TABLE = "static struct ops t = { .close = f };\n"
TWO = "static struct ops t[2] = { { .close = f } };\n"
LATER = "the slot 'open' of t is filled when the program runs"
WHOSE = "whether p is a table of this interface is not known, so 'open' may be set here"

ALL = {"all": {"open": YES, "close": NO}}
MAYBE = {"all": {"open": WHO, "close": NO}}
OF_T = {"t": {"open": WHO, "close": YES}}
OF_TWO = {"t[0]": {"open": WHO, "close": YES}}

#: The source, what each driver has, and what is told.
WAYS: dict[str, tuple[str, dict[str, dict[str, str]], list[str]]] = {
    "auto of a table": (TABLE + "void all(void) { __auto_type p = &t; p->open = f; }\n", OF_T, [LATER]),
    "auto of a parameter": ("void all(struct ops *q) { __auto_type p = q; p->open = f; }\n", ALL, []),
    "auto of C23": ("void all(struct ops *q) { auto p = q; p->open = f; }\n", ALL, []),
    "auto by a macro": ("#define let __auto_type\nvoid all(struct ops *q) { let p = q; p->open = f; }\n", ALL, []),
    "auto of an auto": ("void all(struct ops *q) { auto r = q; auto p = r; p->open = f; }\n", ALL, []),
    "auto, and the pointer itself": (
        "void all(struct ops *q) { q->close = g; __auto_type p = q; p->open = f; }\n",
        {"all": {"open": YES, "close": YES}},
        [],
    ),
    "auto of a field": ("void all(struct box *b) { __auto_type p = b->o; p->open = f; }\n", ALL, []),
    "auto of the address of a field": ("void all(struct box *b) { __auto_type p = &b->v; p->open = f; }\n", ALL, []),
    "auto of a struct around it": (
        "void all(struct box *b) { __auto_type c = b; c->v.open = f; }\n",
        {"all.v": {"open": YES, "close": NO}},
        [],
    ),
    "auto of a cast": ("void all(void *x) { __auto_type p = (struct ops *) x; p->open = f; }\n", ALL, []),
    "auto of a call": ("void all(void) { __auto_type p = make(); p->open = f; }\n", ALL, []),
    "auto of a call with the type": ("void all(void) { auto p = g_new0(struct ops, 1); p->open = f; }\n", ALL, []),
    "auto of one or another": ("void all(struct ops *q) { auto p = n ? NULL : q; p->open = f; }\n", ALL, []),
    "auto of what is not known": ("void all(void) { __auto_type p = get()->o; p->open = f; }\n", MAYBE, [WHOSE]),
    "auto of a macro": (
        "#define MAKE() ((struct ops *) make())\nvoid all(void) { __auto_type p = MAKE(); p->open = f; }\n",
        MAYBE,
        [WHOSE],
    ),
    "auto of something else": (
        TABLE + "struct other { int open; };\n"
        "void all(struct other *x) { __auto_type p = x; p->open = 1; auto q = (struct other *) y; q->open = 2; }\n",
        {"t": {"open": NO, "close": YES}},
        [],
    ),
    "typeof of a type": ("void all(void) { typeof(struct ops) *p = make(); p->open = f; }\n", ALL, []),
    "typeof of a pointer": ("void all(void) { typeof(struct ops *) p = make(); p->open = f; }\n", ALL, []),
    "typeof of a variable": ("void all(struct ops *q) { typeof(q) p = q; p->open = f; }\n", ALL, []),
    "typeof of what it leads to": ("void all(struct ops *q) { __typeof__(*q) *p = q; p->open = f; }\n", ALL, []),
    "typeof of an element": ("void all(struct ops *q) { typeof(q[0]) *p = q; p->open = f; }\n", ALL, []),
    "typeof of a field": ("void all(struct box *b) { typeof(b->o) p = b->o; p->open = f; }\n", ALL, []),
    "typeof of a call": ("void all(void) { typeof(make()) p = make(); p->open = f; }\n", ALL, []),
    "typeof of a table": (TABLE + "void all(void) { typeof(t) *p = &t; p->open = f; }\n", OF_T, [LATER]),
    "typeof of the address of a table": (TABLE + "void all(void) { typeof(&t) p = &t; p->open = f; }\n", OF_T, [LATER]),
    "a macro that is given the type": ("void all(void) { g_autoptr(ops) p = make(); p->open = f; }\n", ALL, []),
    "a macro that is given the struct": ("void all(void) { AUTO(struct ops) p = make(); p->open = f; }\n", ALL, []),
    "a macro that goes through a list": (
        "void all(void) { FOREACH(struct ops *, p, list) { p->open = f; } }\n",
        ALL,
        [],
    ),
    "a size among the arguments": (
        "void all(void) { struct ops *p = NEW(struct ops, n); p->open = f; n->close = 1; }\n",
        ALL,
        [],
    ),
    "a loop": ("void all(void) { for (struct ops *p = make(); p; p = p->next) p->open = f; }\n", ALL, []),
    "a cast of a call": ("void all(void *x) { ((struct ops *) get_it(x))->open = f; }\n", ALL, []),
    "a cast of an element": ("void all(void **x) { ((struct ops *) x[1])->open = f; }\n", ALL, []),
    "an array": (TWO + "void all(void) { struct ops *p = t; p->open = f; }\n", OF_TWO, [LATER]),
    "an array in a loop": (
        TWO + "void all(void) { struct ops *p; for (p = t; p < t + 2; p++) p->open = f; }\n",
        OF_TWO,
        [LATER],
    ),
    "an element by counting": (TWO + "void all(void) { struct ops *p = t + 1; p->open = f; }\n", OF_TWO, [LATER]),
    "an auto of an array": (
        TWO + "void all(void) { __auto_type p = t; p->open = f; }\n",
        OF_TWO,
        [LATER],
    ),
    "one of two": (
        "static struct ops t = { .close = f }, u = { .close = f };\n"
        "void all(int c) { struct ops *p = c ? &t : &u; p->open = f; }\n",
        {**OF_T, "u": {"open": WHO, "close": YES}},
        [LATER, LATER.replace("of t", "of u")],
    ),
    "a copy": (
        TABLE + "void all(void) { struct ops *p = memdup(&t, sizeof t); p->open = f; }\n",
        {"t": {"open": NO, "close": YES}, "all": {"open": YES, "close": WHO}},
        ["p may be a copy of t, or t itself"],
    ),
    "what it leads to is a copy": (
        TABLE + "void all(struct ops *p) { *p = t; p->open = f; }\n",
        {"t": {"open": NO, "close": YES}, "all": {"open": YES, "close": WHO}},
        ["p is filled as a whole when the program runs"],
    ),
    "two pointers, and a call that may change the field": (
        "void all(struct box *b)\n{ struct ops *p, *r; p = b->o; call(b); r = b->o; p->open = f; r->close = g; }\n",
        {"all": {"open": WHO, "close": WHO}},
        ["call may change b->o, so whether p and r are one table is not known"],
    ),
    "two pointers, and a call of something else": (
        "void all(struct box *b)\n{ struct ops *p, *r; p = b->o; call(b->n); r = b->o; p->open = f; r->close = g; }\n",
        {"all": {"open": YES, "close": YES}},
        [],
    ),
    "two pointers, and a call that gives what it is given": (
        "void all(struct ops *p) { struct ops *r = same(p); p->open = f; r->close = g; }\n",
        {"all.p": {"open": YES, "close": WHO}, "all.r": {"open": WHO, "close": YES}},
        ["r and p may be one table"],
    ),
    "a pointer that is given to what sets slots, and comes back": (
        "void more(struct ops *p) { p->close = g; }\n"
        "void all(struct ops *p) { struct ops *r = same(p); r->open = f; more(p); }\n",
        {"all": {"open": WHO, "close": WHO}, "more": {"open": NO, "close": YES}},
        ["the pointer is handed to more, which sets slots as well"],
    ),
    "a table that a call gives back": (
        TABLE + "void all(void) { struct ops *p = same(&t); p->open = f; }\n",
        {**OF_T, "all": {"open": YES, "close": WHO}},
        ["p may be a copy of t, or t itself", "the slot 'open' of t may be filled when the program runs"],
    ),
    "a pointer that is set to another": (
        TABLE + "void all(void) { struct ops *q = &t, *p = q; p[0].open = f; }\n",
        {**OF_T, **ALL},
        [LATER],
    ),
    "a macro that is given the pointer and the slot": (
        TABLE + "void all(void) { struct ops *p = &t; set(p, open, f); }\n",
        OF_T,
        [LATER],
    ),
    "one pointer in two loops": (
        "void all(struct ops *p)\n{ for (struct ops *q = p; q; q = NULL) q->open = f;\n"
        " EACH(struct ops *, r, p) { r->close = f; }\n EACH(struct ops *, r, p) { r->n = 2; } }\n",
        {"all": {"open": YES, "close": YES}},
        [],
    ),
    "a pointer that is given back through another": (
        "int all(struct ops **out) { struct ops *p = make(); p->open = f; *out = p; return 0; }\n",
        ALL,
        [],
    ),
}


@pytest.mark.parametrize(("source", "wanted", "told"), WAYS.values(), ids=list(WAYS))
def test_slots_behind_a_pointer(
    tmp_path: Path, source: str, wanted: dict[str, dict[str, str]], told: list[str]
) -> None:
    found, messages = _cells(tmp_path, OPS + BOX, source)
    assert (found, sorted(messages)) == (wanted, sorted(told))


FIELDS = "struct ops {{ {} u; int (*open)(void); int (*close)(void); }};\n"
SOME = "the type of the field 'u' cannot be found, so it is unknown how many values it takes"
BEHIND = "a value without a name follows part of a field, so it is unknown which one it fills"
#: What ops.h holds, the list, the states of open and close, and what is told.
BY_VALUE: dict[str, tuple[str, str, tuple[str, str], list[str]]] = {
    "a macro": (FIELDS.format("LIST_ENTRY(ops)"), "0, f", (WHO, WHO), [SOME]),
    "a macro, in braces": (FIELDS.format("LIST_ENTRY(ops)"), "{ 0 }, f", (YES, NO), []),
    "typeof": (FIELDS.format("typeof(x)"), "0, f", (WHO, WHO), [SOME]),
    "a struct that no file defines": (
        FIELDS.format("struct unknown"),
        "0, f",
        (WHO, WHO),
        ["the field 'u' takes several values, which no braces hold together"],
    ),
    "a struct by its name": (
        "struct in { int a, b; };\n" + FIELDS.format("struct in"),
        ".u = 0, f",
        (WHO, WHO),
        [BEHIND],
    ),
    "a struct by its name, in braces": (
        "struct in { int a, b; };\n" + FIELDS.format("struct in"),
        ".u = { 0 }, f",
        (YES, NO),
        [],
    ),
    "an array by its name": (FIELDS.replace("{} u", "int u[2]").format(), ".u = 0, f", (WHO, WHO), [BEHIND]),
    "a text by its name": (FIELDS.replace("{} u", "char u[9]").format(), '.u = "u", f', (YES, NO), []),
    "bits of a type that no file tells": (
        FIELDS.replace("{} u", "const flags_t u : 2").format(),
        "0, f",
        (YES, NO),
        [],
    ),
    "an enum": (FIELDS.format("enum unknown"), "0, f", (YES, NO), []),
}


@pytest.mark.parametrize(("header", "values", "wanted", "told"), BY_VALUE.values(), ids=list(BY_VALUE))
def test_how_many_values_a_field_takes(
    tmp_path: Path, header: str, values: str, wanted: tuple[str, str], told: list[str]
) -> None:
    found, messages = _cells(tmp_path, header, f"struct ops a = {{ {values} }};\n")
    assert ((found["a"]["open"], found["a"]["close"]), [each for each in messages if "may be data" not in each]) == (
        wanted,
        told,
    )


def test_a_type_that_no_file_tells_takes_nobody_knows_how_many_values(tmp_path: Path) -> None:
    """Also in a struct inside, and in one that holds the table."""
    header = "struct ops { unknown_t u; struct { unknown_t w; int (*in)(void); } part; int (*open)(void); };\n"
    around = "struct around { unknown_t x; struct ops o; };\n"
    found, told = _cells(
        tmp_path,
        header + around,
        "struct ops a = { 0, { 0, f }, f };\nstruct ops b = { { 0 }, { 0, f }, f };\n"
        "struct around c = { 0, { .open = f } };\nstruct around d = { { 0 }, { .open = f } };\n",
    )
    shown = {(driver, entry): found[driver][entry] for driver in found for entry in ("part.in", "open")}
    assert shown == {
        ("a", "part.in"): WHO,
        ("a", "open"): WHO,
        ("b", "part.in"): WHO,
        ("b", "open"): YES,
        ("c.o", "part.in"): WHO,
        ("c.o", "open"): WHO,
        ("d.o", "part.in"): NO,
        ("d.o", "open"): YES,
    }
    assert SOME in told


def test_a_struct_that_another_defines_inside(tmp_path: Path) -> None:
    header = "struct dev { int n; struct ops { int (*open)(void); int (*close)(void); } ops; };\n"
    found, told = _cells(
        tmp_path,
        header,
        "struct dev a = { 1, { f } };\nstruct dev b = { .ops.close = f };\n"
        "void all(struct dev *d) { d->ops.open = f; }\n"
        "struct ops e = { .open = f };\n",
    )
    opens, closes = {"open": YES, "close": NO}, {"open": NO, "close": YES}
    assert (found, told) == ({"a.ops": opens, "b.ops": closes, "all.ops": opens, "e": opens}, [])


def test_a_typedef_of_a_pointer_behind_the_struct(tmp_path: Path) -> None:
    """Also of a field that is one, in a struct of another header."""
    header = "typedef struct { int (*open)(void); int (*close)(void); } ops, *ops_p;\n"
    (tmp_path / "dev.h").write_text("typedef struct { ops_p o; } dev, *dev_p;\n")
    source = "void one(ops_p p) { p->open = f; }\nvoid two(dev_p d) { d->o->close = f; }\nops a = { f, f };\n"
    found, told = _cells(tmp_path, header, source)
    both = {"open": YES, "close": YES}
    assert (found, told) == ({"one": ALL["all"], "two": {"open": NO, "close": YES}, "a": both}, [])


@pytest.mark.parametrize("value", ["f", "other"])
@pytest.mark.parametrize("field", ["struct { int (*in)(void); int n; } part;", "int (*part[2])(void);"])
def test_what_fills_a_struct_or_an_array_without_braces(tmp_path: Path, field: str, value: str) -> None:
    header = f"struct ops {{ {field} int (*open)(void); }};\n"
    found, told = _cells(tmp_path, header, f"struct ops a = {{ .part = {value}, .open = f }};\n")
    inside = [state for name, state in found["a"].items() if name != "open"]
    assert (set(inside), found["a"]["open"], bool(told)) == ({WHO}, YES, True)


def test_what_an_array_has_in_common_is_told_once(tmp_path: Path) -> None:
    source = "struct ops a[] = { { FOO, f }, { FOO, f } };\nvoid all(void) { struct ops *p = a; p->open = g; }\n"
    _, told = _cells(tmp_path, OPS, source)
    assert told == [*["the macro FOO may expand to several slots"] * 2, LATER.replace("of t", "of a")]
