"""Declarations of C: whatever holds a table is read, or told as not seen; nothing else is taken for one."""

from __future__ import annotations

import pytest

from hvsupport.annotate.facts import FileFacts, Options
from hvsupport.annotate.readers import c

OPTIONS = Options(calls=("_ops", "ops"), headers=("ops.h",), c=True)
LIST = "{\n    .open = memOpen, /* 1.0.0 */\n}"


def read(source: str, path: str = "drivers/mem.c") -> FileFacts:
    return c.read(path, source.encode(), OPTIONS)


def listed(source: str) -> list[str]:
    """The names of the tables that have a list of slots."""
    return [each.name for each in read(source).tables if each.insert >= 0]


def told(source: str, path: str = "drivers/mem.c") -> list[str]:
    """What is said about tables that are not seen."""
    found = read(source, path)
    troubles = [trouble.message for each in found.tables for trouble in each.troubles]
    return [*troubles, *(each.message for each in found.errors)]


NO_TABLES = {
    "the type of a pointer": f"extern ops *t;\nstatic typeof(t) mem = {LIST};\n",
    "the type of something else": f"static struct other t;\nstatic typeof(t) mem = {LIST};\n",
    "the type of a number": "void f(void)\n{\n    typeof(int) mem = { 0 };\n    typeof(x) y = { 0 };\n}\n",
    "a word about types": "/* used in typeof() */\n",
    "a pointer": "static ops *mem;\n",
    "a pointer with a value": "void f(void)\n{\n    ops *mem = other->ops;\n}\n",
    "an array of pointers": "static ops *all[] = {\n    &a,\n    &b,\n};\n",
    "an array of pointers with a sentinel": "static const struct _ops *all[] = {\n    &a, &b,\n    NULL,\n};\n",
    "a pointer to a pointer": "ops **mem = NULL;\n",
    "a pointer in brackets": "static ops (*mem);\n",
    "a pointer to a function": "static ops (*make)(int mode);\n",
    "a function": "ops make(int mode);\n",
    "the body of a function": "ops make(int mode)\n{\n    return x;\n}\n",
    "a function with an attribute": "ops make(void) __attribute__((pure));\n",
    "a parameter": "int use(ops mem, int mode);\n",
    "parameters on lines of their own": "int use(int mode, /* (one */\n        ops mem,\n        ops other)\n{\n}\n",
    "a declaration for elsewhere": "extern ops mem;\nextern const struct _ops other, more;\n",
    "a cast": "x = ((ops *) y)->open;\n",
    "a size": "memset(x, 0, sizeof(ops));\n",
    "the struct": "struct _ops;\nstruct _ops {\n    openFn open;\n};\n",
    "a typedef of a pointer": "typedef ops *opsPtr;\n",
    "a member of another struct": "struct holder {\n    int x;\n    ops mem;\n};\nstruct holder one, two[2];\n",
    "a member that is a pointer": "struct holder {\n    const ops *mem;\n};\n",
    "a variable of another type with that name": "static struct other ops = { 1 };\nint x = ops.open;\nreturn ops;\n",
    "a comment": "/* ops mem = {\n}; */\n// ops other;\n",
    "a string": 'char *s = "static ops mem = {";\n',
    "a macro for a pointer": "#define OPS(x) ((ops *) (x))\n#define SIZE sizeof(struct _ops)\n",
    "a macro that names a member": "#define OF(x) container_of(x, ops, mem)\n",
}


@pytest.mark.parametrize("source", NO_TABLES.values(), ids=list(NO_TABLES))
def test_what_holds_no_table_is_nothing(source: str) -> None:
    assert (listed(source), told(source)) == ([], [])


TABLES = {
    "an attribute in front of the name": (f"static ops __attribute__((unused)) mem = {LIST};", ["mem"]),
    "an attribute with a string": (f'ops mem __attribute__((section(".x"), aligned(64))) = {LIST};', ["mem"]),
    "an attribute of C23": (f"ops mem [[gnu::unused]] = {LIST};", ["mem"]),
    "a macro in front of the name": (f"static ops READ_MOSTLY mem = {LIST};", ["mem"]),
    "a macro with values in front of the name": (f"static ops ALIGNED(8) mem = {LIST};", ["mem"]),
    "a macro of a compiler's spelling behind the name": (f"static ops mem __read_mostly = {LIST};", ["mem"]),
    "behind a pointer": (f"static ops *p, mem = {LIST};", ["mem"]),
    "behind a pointer with a value": (f"static ops *p = &(one), *q = two(1, 2), mem = {LIST};", ["mem"]),
    "behind a table and a pointer": (f"static ops a = {LIST}, *q = &a, b = {LIST};", ["a", "b"]),
    "a name in brackets": (f"static ops (mem) = {LIST};", ["mem"]),
    "a name on two lines": (f"static ops me\\\nm = {LIST};", ["mem"]),
    "behind the struct itself": (f"static struct _ops {{\n    openFn open;\n}} mem = {LIST};", ["mem"]),
    "braces as C++ has them": (f"static ops mem {LIST};", ["mem"]),
    "a name of its own for the type": (f"typedef struct _ops fileOps;\nstatic fileOps mem = {LIST};", ["mem"]),
    "a name for that name": (f"typedef ops a;\ntypedef a b;\nstatic b mem = {LIST};", ["mem"]),
    "a name in more brackets": (f"static ops ((mem)) = {LIST};", ["mem"]),
    "a macro of the file in front of the name": (f"#define tidy\nstatic ops tidy mem = {LIST};", ["mem"]),
    "a macro of the file behind the name": (f"#define tidy\nstatic ops mem tidy = {LIST};", ["mem"]),
    "a macro of the file, and a name in upper case": (f"#define TIDY\nstatic ops TIDY MEM = {LIST};", ["MEM"]),
    "a name in upper case whose address is taken": (f"static ops tidy MEM = {LIST};\nops *x = &MEM;", ["MEM"]),
    "a name that is a macro for another one": (f"#define mem renamed\nstatic ops TIDY mem = {LIST};", ["mem"]),
    "the type of the type": (f"static typeof(ops) mem = {LIST};", ["mem"]),
    "the type of the struct": (f"static const __typeof__(struct _ops) mem = {LIST};", ["mem"]),
    "the type of nothing": (f"static typeof(*(struct _ops *) 0) mem = {LIST};", ["mem"]),
    "the type of a table": (f"static ops a = {LIST};\nstatic typeof(a) mem = {LIST};", ["a", "mem"]),
    "the type of a table of elsewhere": (f"extern const ops t;\nstatic __typeof(t) mem = {LIST};", ["mem"]),
    "the type of what a pointer points to": (f"extern ops *t;\nstatic typeof(*t) mem = {LIST};", ["mem"]),
    "the type of an element": (f"extern ops t[2];\nstatic typeof_unqual(t[0]) mem = {LIST};", ["mem"]),
    "a name for the type of the type": (f"typedef typeof(ops) a;\nstatic a mem = {LIST};", ["mem"]),
    "an alignment and a storage": (f"_Alignas(16) static _Thread_local ops mem = {LIST};", ["mem"]),
    "a constant of C23": (f"constexpr ops mem = {LIST};", ["mem"]),
    "inside a function": (f"void f(void)\n{{\n    static ops mem = {LIST};\n}}\n", ["mem"]),
}


@pytest.mark.parametrize(("source", "names"), TABLES.values(), ids=list(TABLES))
def test_every_way_to_write_a_table(source: str, names: list[str]) -> None:
    assert listed(source) == names
    assert told(source) == []
    assert {each.callee for each in read(source).tables} <= {"ops", "_ops"}


UNSEEN = {
    "another variable in front": ("static ops first, mem = " + LIST + ";\n", "first is declared without a list"),
    "not at the start of a line": ("int x; static ops mem;\n", "mem is declared without a list"),
    "in a function": ("void f(void)\n{\n    ops mem = *other;\n}\n", "mem is made by an expression"),
    "a member of a struct in a function": (
        "void f(void)\n{\n    struct h { ops mem; } x;\n}\n",
        "mem is declared without",
    ),
    "a member of a union": ("union holder {\n    int x;\n    ops mem;\n};\n", "mem is declared without a list"),
    "a macro for the declaration": ("#define DECLARE(n) static ops n\n", "the macro DECLARE makes tables of type ops"),
    "a macro with a list": ("#define T(n) const ops n = { .open = f }\n", "the macro T makes tables of type ops"),
    "a macro for a literal": ("#define MAKE(f) (&(ops) { .open = f })\n", "the macro MAKE makes tables of type ops"),
    "a macro that takes the type": (f"static DECLARE(ops, mem) = {LIST};\n", "a macro declares a table of type ops"),
    "the type of nobody knows what": (
        f"extern ops *o;\nstatic typeof(*x.y) mem = {LIST};\n",
        "mem has the type of *x.y",
    ),
    "the type of a variable of elsewhere": (
        f"extern ops *o;\nstatic typeof(t) mem = {LIST};\n",
        "mem has the type of t",
    ),
    "the type of a variable of elsewhere, before the type is named": (
        f"static typeof(t) mem = {LIST};\n" + "\n" * 200 + "extern ops *o;\n",
        "mem has the type of t",
    ),
    "a copy that has the type": (f"static ops a = {LIST};\nstatic const auto mem = a;\n", "mem is made of a"),
    "two words of which one may be a macro": (f"static ops tidy mem = {LIST};\n", "whether mem or tidy is the name"),
    "two words in upper case": (f"static ops TIDY MEM = {LIST};\n", "whether TIDY or MEM is the name"),
    "a name that stands in another file": (
        'static ops\n#include "name.h"\n = ' + LIST + ";\n",
        "ops here cannot be read",
    ),
    "brackets of another spelling": ("static ops mem<:1:> = { " + LIST + " };\n", "ops here cannot be read"),
    "a type on two lines and nowhere else": (f"static struct _o\\\nps mem = {LIST};\n", "the name _ops is cut"),
    "a type on three lines": (f"static struct _\\\r\nop\\ \ns mem = {LIST};\n", "the name _ops is cut"),
    "a type on two lines": (f"static op\\\ns mem = {LIST}; /* ops */\n", "the name ops is cut by a line continuation"),
}


@pytest.mark.parametrize(("source", "message"), UNSEEN.values(), ids=list(UNSEEN))
def test_a_table_that_is_not_seen_is_told(source: str, message: str) -> None:
    assert any(message in each for each in told(source)), told(source)


def test_a_type_renamed_in_a_header_is_told_unless_the_config_names_the_header() -> None:
    source = "typedef struct _ops fileOps;\n"
    assert told(source, "drivers/mem.hpp") == [
        "fileOps is another name of _ops: what other files declare by it is not seen"
    ]
    # Of headers of C all files are told.
    assert told(source, "drivers/mem.h") == told(source, "drivers/mem.c") == told(source, "ops.h") == []


@pytest.mark.parametrize("macro", ["struct _ops", "struct _o\\\nps", "const struct _ops", "ops"])
def test_a_macro_for_the_type_is_read(macro: str) -> None:
    source = f"#define DRIVER {macro}\nstatic DRIVER mem = {LIST}; /* _ops */\n"
    assert (listed(source), told(source)) == (["mem"], [])


def test_a_name_for_arrays_makes_arrays() -> None:
    source = f"typedef ops pair[2];\nstatic pair mem = {{ {LIST}, {LIST} }};\n"
    assert listed(source) == ["mem[0]", "mem[1]"]
    assert told(source, "ops.h") == ["pair is another name of ops: what other files declare by it is not seen"]
