"""Random programs in C that a compiler judges: what it puts into each slot against what our cells say.

A program has four headers, files with many tables in many forms, and functions that fill tables. It is compiled under
four sets of conditions, with a printer that tells which slots hold a function. Tables that the compiler refuses are
taken out first. A cell may then say what every build bears out, or that it depends, or that it cannot be read where a
finding tells why; it may never say another thing.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from hypothesis import strategies as st

from hvsupport.annotate import run
from hvsupport.annotate.config import load as configfile
from hvsupport.annotate.judge import judge

COMPILER = shutil.which("cc")
BUILDS = ((), ("-DA",), ("-DB",), ("-DA", "-DB"))
CONFIG = """\
title = "Example"
release = "1.4.0"
releases = ["1.0.0", "1.1.0", "1.4.0"]

[interfaces.ops]
at = "ops.h:{at}"
kind = "table"
drivers = ["drivers/*"]
headers = ["base.h", "macros.h", "types.h"]
"""
BASE = """\
#ifndef BASE_H
#define BASE_H
#include <stddef.h>
#include <string.h>
#include "far/hidden.h"
typedef int (*openFn)(int);
struct sub { openFn deep; int n; };
#define CALL __attribute__((unused))
#define COUNT 2
static int f(int x) { return x; }
static int g(int x) { return x + 1; }
static int f_impl(int x) { return x + 2; }
extern int c;
enum { NOTHING, LAST };
#endif
"""
#: In a folder where no header is looked for.
HIDDEN = """\
#ifndef HIDDEN_H
#define HIDDEN_H
typedef struct { int a, b; } hidden_t;
#define PAIR_OF(t) struct { t a, b; }
#endif
"""
MACROS = """\
#ifndef MACROS_H
#define MACROS_H
#define nowhere 0
#define NOWHERE NULL
#define some f
#define two f, NULL
#define TWO NULL, g
#define three f, NULL, g
#define both f, g
#define wrap(x) x
#define pair(x, y) x, y
#define every(...) __VA_ARGS__
#define text_and(x) "text", x
#define slot(n, v) .n = v
#define SLOTS .open = f, .close = NULL
#define impl(n) n##_impl
#define named close
#define EMPTY
#define braces { f, 1 }
#define then ,
#define comma f,
#define comma_of(x) x,
#define first(x, ...) x
#define cast(x) ((openFn) (x))
#define set(p, n, v) (p)->n = v
#define DRIVER(...) { .name = "x", __VA_ARGS__ }
#define own_ptr(t) t *
#define each(t, n, l) for (t n = (l); n; n = NULL)
#define NEW(n) static ops_t n = { .open = f, .close = NULL }
#ifdef B
#define option(x) x
#define maybe f
#define one_or_two f
#else
#define option(x) NULL
#define maybe NULL
#define one_or_two f, NULL
#endif
#endif
"""
VALUES = (
    *("f", "g", "&f", "(openFn) f", "(f)", "NULL", "0", "0UL", "(void *) 0", "(openFn) 0", "{ f }", "{ NULL }"),
    *("wrap(f)", "wrap(NULL)", "wrap(nowhere)", "wrap(wrap(f))", "cast(f)", "cast(NULL)", "cast(nowhere)"),
    *("nowhere", "NOWHERE", "some", "two", "TWO", "three", "both", "pair(f, NULL)", "pair(NULL, f)", "pair(two, f)"),
    *("every(f, NULL)", "every(NULL)", "every(NULL, f)", "every()", "impl(f)", "braces", "first(f, NULL)"),
    *("first(NULL, f)", "option(f)", "maybe", "wrap(maybe)", "one_or_two", "NOTHING", "sizeof(int) ? f : g"),
    *("sizeof(int) ? NULL : f", "own", "OWN", "own_two", "own_maybe", "late", "local(f)", "local(NULL)", "f EMPTY"),
    *("EMPTY f", "(openFn) (1 - 1)", "_Generic(0, int: f)", "'\\0'", "f then NULL", "f /* a, b */", "{ maybe }"),
    *("(void *) f", "__extension__ f", "0 /* f */", "0x0", "!1", "(1, f)", "__builtin_choose_expr(1, f, 0)"),
)
#: Macros of the files with tables.
HEAD = """\
#include "../types.h"
#include "../macros.h"
#define own f
#define OWN NULL
#define own_two f, NULL
#define local(x) x
#ifdef A
#define own_maybe f
#else
#define own_maybe NULL
#endif
"""
FIELDS = {
    "name": "const char *name;",
    "open": "openFn open;",
    "sizes": "int sizes[2];",
    "in": "struct { openFn read; int depth; } in;",
    "extra": "#ifdef A\n    openFn extra;\n#endif",
    "close": "openFn close, shut;",
    "part": "struct sub part;",
    "stat": "int (CALL *stat)(int);",
    "one": "union { openFn one; int other; };",
    "flags": "int flags;",
    "hook": "openFn hook[COUNT];",
    "poll": "CALL int (*poll)(int);",
    "bits": "unsigned bits : 3, more : 2;",
    "plain": "struct { int (*plain)(int); void *data; };",
    "last": "nothing_here openFn last;",
    "hidden": "hidden_t hidden;",
    "both": "PAIR_OF(int) both;",
}
ENTRIES = {
    "close": ("close", "shut"),
    "in": ("in.read",),
    "hook": ("hook[0]", "hook[1]"),
    "part": ("part.deep",),
    **{name: (name,) for name in ("open", "extra", "stat", "one", "poll", "plain", "last")},
}
OTHERS = (
    *(".in = { .read = f }", ".in = { f }", ".in = { 0 }", ".in = {}", ".in = { .depth = 2 }", ".flags = 3"),
    *(".sizes = { 1, 2 }", ".sizes[1] = 3", ".part = { f, 1 }", ".part.n = 3", '.name = "x"', ".name = NULL"),
    *(".hook = { f, NULL }", ".hook = { [1] = g }", ".hook = { two }", ".hook = { NULL }", ".in = { maybe, 2 }"),
    *('"x"', "{ 1, 2 }", "{ f, 2 }", "{ 0 }", "text_and(f)", '"x", f', "SLOTS", "slot(open, f)", "slot(close, NULL)"),
    *(".named = g", ".named = NULL", "1", "2, 3", "three, two", ".bits = 1", ".other = 1", "EMPTY", '"a" "b"'),
    *(".part = braces", "slot(in.read, maybe)", ".hook[0 ... 1] = f", ".data = NULL", "[0] = f"),
    *("comma .close = g", "comma_of(NULL) .open = f", "comma_of(f) /* a */ .stat = NULL", ".in = { some, 2 }"),
    *(".in = { wrap(NULL), 1 }", "{ option(f), 3 }", ".hidden = 1", ".hidden = { 1 }", ".both = 2", ".both = {}"),
    *(".in = f", ".sizes = 1", ".part = f", ".hook = f", ".hidden.b = 1"),
)


class Table(NamedTuple):
    """One table, or function that fills one.

    Attributes:
        text: its source, with ``{n}`` for its number.
        title: of its driver, as our id ends.
        value: the expression of the printer for it.
        before: what the printer does first.
    """

    text: str
    title: str
    value: str
    before: str = ""


class Program(NamedTuple):
    """Files by path, and the tables that stand in each."""

    fields: tuple[str, ...]
    at: str
    sources: tuple[tuple[Table, ...], ...]

    @property
    def entries(self) -> tuple[str, ...]:
        return tuple(entry for field in self.fields for entry in ENTRIES.get(field, ()))


named = st.builds(
    ".{} = {}".format, st.sampled_from([e for es in ENTRIES.values() for e in es]), st.sampled_from(VALUES)
)
slots = st.builds(
    "    {},{}".format,
    st.one_of(named, named, st.sampled_from(OTHERS), st.sampled_from(VALUES)),
    st.sampled_from(["", "", " /* 1.0.0 */"]),
)
IFS = ("#ifdef A", "#ifndef A", "#if defined(A) && defined(B)", "#ifdef B", "#if 1", "#if 0")
plain = st.builds("    .{} = {},".format, st.sampled_from(("open", "close", "stat")), st.sampled_from(("f", "NULL")))
lines = st.one_of(
    *[plain] * 4,
    *[slots] * 6,
    st.builds("{}\n{}\n#endif".format, st.sampled_from(IFS), slots),
    st.builds("{}\n{}\n#else\n{}\n#endif".format, st.sampled_from(IFS), slots, slots),
    st.builds("#ifdef A\n{}\n#elif defined(B)\n{}\n#else\n{}\n#endif".format, slots, slots, slots),
    st.builds(
        "    .{} =\n#ifdef A\n    {},\n#else\n    {},\n#endif".format,
        st.sampled_from(("open", "close")),
        *[st.sampled_from(VALUES)] * 2,
    ),
)
bodies = st.lists(lines, min_size=1, max_size=6).map("\n".join)
KINDS = (
    "ops_t",
    "struct ops",
    "const ops_t",
    "const struct ops",
    "CALL ops_t",
    "also_t",
    "ops_t CALL",
    "struct ops const",
)


@st.composite
def variables(draw: st.DrawFn) -> Table:
    body, kind = draw(bodies), draw(st.sampled_from(KINDS))
    name, shape = "t{n}", draw(st.integers(0, 11))
    if shape <= 5:
        return Table(f"static {kind} t{{n}} = {{{{\n{_kept(body)}\n}}}};", name, name)
    if shape == 6:
        return Table(
            f"static {kind} t{{n}}[] = {{{{ {{{{ .open = g }}}}, {{{{\n{_kept(body)}\n}}}} }}}};", "t{n}[1]", "t{n}[1]"
        )
    if shape == 7:
        return Table(f"static {kind} t{{n}}[3] = {{{{ [1] = {{{{\n{_kept(body)}\n}}}} }}}};", "t{n}[1]", "t{n}[1]")
    if shape == 8:
        return Table(f"static {kind} t{{n}} = DRIVER(\n{_kept(body).rstrip().rstrip(',')}\n);", name, name)
    if shape == 9:
        return Table(
            f"static struct {{{{ int a; ops_t b; }}}} t{{n}} = {{{{ 1, {{{{\n{_kept(body)}\n}}}} }}}};",
            "t{n}.b",
            "t{n}.b",
        )
    if shape == 10:
        return Table(f"static struct held t{{n}} = {{{{ .b = {{{{\n{_kept(body)}\n}}}} }}}};", "t{n}.b", "t{n}.b")
    return Table(f"static {kind} t{{n}} = {{{{\n{_kept(body)}\n}}}}, u{{n}} = {{{{ .open = f }}}};", name, name)


def _kept(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


WAYS = (
    *("{p}->{e} = {v};", "(*{p}).{e} = {v};", "{p}[0].{e} = {v};", "set({p}, {e}, {v});", "{p}->{e} = {v};"),
    *("if (c) {p}->{e} = {v};", "if (c) {{ {p}->{e} = {v}; }} else {{ {p}->{e} = NULL; }}", "if (c) return;"),
    *("if (c)\n        return;", "{p}->{e} = c ? {v} : NULL;", "{p}->{e} = {p}->close = {v};", "{p}->{e} = {p}->open;"),
    *("#ifdef A\n    {p}->{e} = {v};\n#endif", "memset({p}, 0, sizeof *{p});", "*{p} = zero;", "help{n}({p});"),
    *("{p}->{e} = {v}, {p}->open = g;", "for (int i = 0; i < c; i++) {p}->{e} = {v};", "far_fill({p});"),
    *(
        "do {{ if (c) break; {p}->{e} = {v}; }} while (0);",
        "{{ {p}->{e} = {v}; }}",
        "switch (c) {{ case 0: {p}->{e} = {v}; }}",
    ),
    *("if (c) goto out;", "while (c) {{ {p}->{e} = {v}; break; }}", "{p}->{e} = NULL;", "c && ({p}->{e} = {v});"),
    *("openFn *q = &{p}->{e}; *q = {v};", "memcpy({p}, &filled, sizeof *{p});", "{p}->in = (struct sub) {{ {v}, 1 }};"),
    *("far_fill(&(*{p}));", "openFn *q = &{p}->hook[1]; *q = f;", "memset({p}->sizes, 0, sizeof {p}->sizes);"),
    *(
        "{{ __auto_type q = {p}; q->{e} = {v}; }}",
        "{{ typeof({p}) r1 = {p}; r1->{e} = {v}; }}",
        "same({p})->{e} = {v};",
    ),
    *("{{ typeof(*{p}) *r2 = {p}; r2->{e} = {v}; }}", "((struct ops *) same({p}))->{e} = {v};"),
    *("for (ops_t *q = {p}; q; q = NULL) q->{e} = {v};", "{{ __auto_type r3 = same({p}); r3->{e} = {v}; }}"),
    *("each(ops_t *, q, {p}) {{ q->{e} = {v}; }}", "{{ own_ptr(ops_t) q = {p}; q->{e} = {v}; }}"),
    *("if (!c) {{ return; }}", "ops_t *r = {p}; r->{e} = {v};", "(({p}))->{e} = {v};", "{p}->{e} = (void *) {v};"),
)


@st.composite
def functions(draw: st.DrawFn) -> Table:
    values = (
        "f",
        "g",
        "NULL",
        "0",
        "nowhere",
        "NOWHERE",
        "maybe",
        "wrap(f)",
        "own_maybe",
        "&f",
        "some",
        "OWN",
        "option(f)",
    )
    entries = [entry for each in ENTRIES.values() for entry in each]
    shape = draw(st.integers(0, 7))
    pointer = {3: "(&o)", 4: "o", 7: "k->p"}.get(shape, "p")
    ways = [
        draw(st.sampled_from(WAYS)).format(
            p=pointer, e=draw(st.sampled_from(entries)), v=draw(st.sampled_from(values)), n="{n}"
        )
        for _ in range(draw(st.integers(1, 4)))
    ]
    text = "    " + "\n    ".join(_kept(way).replace("{{n}}", "{n}") for way in ways).replace("    #", "#")
    called = {0: "ops_t *p", 1: "struct ops *p", 2: "ops_p p", 5: "ops_t p[1]", 6: "ops_t *const p"}
    helper = "static void help{n}(ops_t *p) {{ p->close = f; }}\n" if "help{n}" in text else ""
    label = "\nout: ;" if "goto out" in text else ""
    if shape == 7:
        return Table(
            f"{helper}static void s{{n}}(struct box *k)\n{{{{\n{text}{label}\n}}}}",
            "s{n}",
            "o",
            "ops_t o = zero; struct box k = {{ 0, &o }}; s{n}(&k);",
        )
    if shape in called:
        return Table(
            f"{helper}static void s{{n}}({called[shape]})\n{{{{\n{text}{label}\n}}}}",
            "s{n}",
            "o",
            "ops_t o = zero; s{n}(&o);",
        )
    if shape == 3:
        text = text.replace("return;", "return o;")
        return Table(
            f"{helper}static ops_t s{{n}}(void)\n{{{{\n    ops_t o = zero;\n{text}{label}\n    return o;\n}}}}",
            "s{n}",
            "o",
            "ops_t o = s{n}();",
        )
    text = text.replace("return;", "return o;")
    return Table(
        f"{helper}static ops_t *s{{n}}(void)\n{{{{\n    static ops_t all{{n}};\n    ops_t *o = &all{{n}};\n"
        f"{text}{label}\n    return o;\n}}}}",
        "s{n}",
        "o",
        "ops_t o = *s{n}();",
    )


TO_TABLES = (
    *("ops_t *p = &t{n};", "__auto_type p = &t{n};", "typeof(t{n}) *p = &t{n};", "typeof(&t{n}) p = &t{n};"),
    *("ops_t *p = c ? &t{n} : &t{n};", "ops_t *p = (ops_t *) &t{n};", "ops_t *p; p = &t{n};", "ops_t *p = &(t{n});"),
    *("ops_t *p = same(&t{n});", "ops_p p = &t{n};"),
    *("ops_t *q = &t{n}, *p = q;", "struct box k; k.p = &t{n}; __auto_type p = k.p;", "ops_p const p = &t{n};"),
)
TO_ARRAYS = (
    *("ops_t *p = t{n};", "__auto_type p = t{n};", "ops_t *p = &t{n}[0];", "ops_t *p = t{n} + 0;", "ops_p p = t{n};"),
    *("typeof(t{n}[0]) *p = t{n};", "ops_t *p = &*t{n};", "ops_t *p; p = t{n};", "ops_t *p = (t{n});"),
)


@st.composite
def led(draw: st.DrawFn) -> Table:
    """A table with a list of slots, of which a function sets one through a pointer."""
    entries = [entry for each in ENTRIES.values() for entry in each]
    way = draw(st.sampled_from(WAYS[:4])).format(
        p="p", e=draw(st.sampled_from(entries)), v=draw(st.sampled_from(("f", "NULL"))), n="{n}"
    )
    kind = draw(st.sampled_from(("ops_t", "struct ops", "also_t")))
    is_array = draw(st.booleans())
    to = draw(st.sampled_from(TO_ARRAYS if is_array else TO_TABLES))
    name = "t{n}[0]" if is_array else "t{n}"
    filled = "{{ .close = g }}" if is_array else ".close = g"
    text = f"static {kind} t{{n}}{'[1]' if is_array else ''} = {{{{ {filled} }}}};\n"
    return Table(f"{text}static void s{{n}}(void)\n{{{{\n    {to}\n    {_kept(way)}\n}}}}", name, name, "s{n}();")


#: What makes tables, as often as it is here.
MADE = (variables, variables, variables, functions, functions, led)


@st.composite
def programs(draw: st.DrawFn, tables: int = 12) -> Program:
    fields = tuple(draw(st.permutations(list(FIELDS))))[: draw(st.integers(8, len(FIELDS)))]
    fields += tuple(each for each in ("open", "close") if each not in fields)
    at = draw(st.sampled_from(("ops", "ops_t")))
    sources = tuple(tuple(draw(draw(st.sampled_from(MADE))()) for _ in range(tables)) for _ in range(2))
    return Program(fields, at, sources)


class Built(NamedTuple):
    """A program on disk: where each table stands (first and last line), and what each build puts into its slots."""

    tables: dict[tuple[str, str], tuple[int, int]]
    filled: dict[tuple[str, str, str], set[bool]]


def header(program: Program) -> str:
    text = "\n    ".join(FIELDS[field] for field in program.fields).replace("    #", "#")
    head = '#ifndef OPS_H\n#define OPS_H\n#define nothing_here\n#include "base.h"\n'
    tail = "static const struct ops zero, filled = { .open = f };\n#endif\n"
    return f"{head}struct ops {{\n    {text}\n}};\ntypedef struct ops ops_t;\n{tail}"


TYPES = """\
#ifndef TYPES_H
#define TYPES_H
#include "ops.h"
typedef ops_t also_t;
typedef struct ops *ops_p;
struct held { int a; ops_t b; };
struct box { int a; ops_t *p; };
void far_fill(ops_t *p);
ops_t *same(ops_t *p);
#endif
"""
FAR = '#include "../types.h"\nvoid far_fill(ops_t *p)\n{\n    p->close = f;\n}\n'
FAR += "ops_t *same(ops_t *p)\n{\n    return p;\n}\n"


def write(root: Path, program: Program, without: set[int]) -> dict[int, tuple[str, int, int]]:
    """Writes a program and its printer; gives where each table stands, by its number."""
    (root / "drivers").mkdir(exist_ok=True)
    texts = {"hvsupport.toml": CONFIG.format(at=program.at), "base.h": BASE, "macros.h": MACROS, "types.h": TYPES}
    (root / "far").mkdir(exist_ok=True)
    texts |= {"far/hidden.h": HIDDEN, "ops.h": header(program), "drivers/far.c": FAR}
    places: dict[int, tuple[str, int, int]] = {}
    printer, number = "", 0
    for file, tables in enumerate(program.sources):
        path, text = f"drivers/d{file}.c", HEAD
        for index, table in enumerate(tables):
            number += 1
            if index == len(tables) // 2:
                text += "#define late NULL\n"
            if number not in without:
                first = text.count("\n") + 1
                text += table.text.format(n=number) + "\n"
                places[number] = path, first, text.count("\n")
                printer += _printer(program, table, number)
        texts[path] = text
    sources = "".join(f'#include "drivers/d{file}.c"\n#undef late\n' for file in range(len(program.sources)))
    head = f'#include <stdio.h>\n#include "drivers/far.c"\n{sources}int c;\n'
    texts["program.c"] = f"{head}int main(int n, char **given)\n{{\n    c = n - 1;\n{printer}    return 0;\n}}\n"
    for path, text in texts.items():
        (root / path).write_text(text)
    return places


def _printer(program: Program, table: Table, number: int) -> str:
    """What prints a table: its number, and a sign for each entry."""
    text = f'    printf("\\n{number} "); {{ {table.before.format(n=number)}\n'
    for entry in program.entries:
        shown = f'printf("%d", !!({table.value.format(n=number)}).{entry});'
        text += f'#ifdef A\n    {shown}\n#else\n    printf("-");\n#endif\n' if entry == "extra" else f"    {shown}\n"
    return text + "    }\n"


def build(root: Path, program: Program) -> Built:
    """Compiles a program under all sets of conditions, without the tables that the compiler refuses."""
    without: set[int] = set()
    while True:
        places = write(root, program, without)
        errors = _compiled(root)
        if not errors:
            break
        refused = {
            key
            for path, line in errors
            for key, (where, first, last) in places.items()
            if where == path and first <= line <= last
        }
        refused |= {_probed(root, line) for path, line in errors if path == "program.c"}
        assert refused, errors
        without |= refused
    filled: dict[tuple[str, str, str], set[bool]] = {}
    tables = [table for each in program.sources for table in each]
    titles = {key: tables[key - 1].title.format(n=key) for key in places}
    for number in range(len(BUILDS)):
        for arguments in ((), ("c",)):
            told = subprocess.run(
                [f"./program{number}", *arguments], cwd=root, capture_output=True, text=True, check=True
            ).stdout
            for key, signs in re.findall(r"(\d+) ([-01]*)", told):
                for entry, sign in zip(program.entries, signs, strict=True):
                    if sign != "-":
                        filled.setdefault((places[int(key)][0], titles[int(key)], entry), set()).add(sign == "1")
    return Built({(path, titles[key]): (first, last) for key, (path, first, last) in places.items()}, filled)


def _compiled(root: Path) -> set[tuple[str, int]]:
    """Where the compiler refuses a program in any build."""
    command = [COMPILER or "cc", "-w", "-ftrack-macro-expansion=0", "program.c"]
    running = [
        subprocess.Popen([*command, *options, "-o", f"program{number}"], cwd=root, stderr=subprocess.PIPE, text=True)
        for number, options in enumerate(BUILDS)
    ]
    told = [each.communicate()[1] for each in running]
    found = {(path, int(line)) for text in told for path, line in re.findall(r"(?m)^(\S+?):(\d+):\d+: error", text)}
    assert found or not any(each.returncode for each in running), told
    return found


def _probed(root: Path, line: int) -> int:
    """The table that a line of the printer is about."""
    text = "\n".join((root / "program.c").read_text().split("\n")[:line])
    return int(re.findall(r'printf\("\\n(\d+) "\)', text)[-1])


#: What sets a slot, but makes no driver of a function.
_COVERED = {"close": r"\b(?:far_fill|help\d+)\(", "open": r"\bmemcpy\("}


class Outcome(NamedTuple):
    """How the cells of a program compare: what is wrong, and how many agree, depend, and cannot be read."""

    wrong: list[str]
    equal: int
    depends: int
    unread: int


def compare(root: Path, program: Program) -> Outcome:
    """Compiles and reads a program."""
    built = build(root, program)
    config = configfile.load(root=root)
    catalogue = run.catalogue(config, cache=False, jobs=1)
    findings = [each for each in judge(config, catalogue).findings if each.code != "HV001"]
    (interface,) = catalogue.interfaces
    ids = {driver.id for driver in interface.drivers}
    entries = {entry.name for entry in interface.entries}
    places = {each.place.path for each in findings}
    wrong, counts = [], [0, 0, 0]
    for (path, title, entry), known in sorted(built.filled.items()):
        first, last = built.tables[path, title]
        told = [each for each in findings if each.place.path == path and first <= each.place.line <= last]
        driver = f"{path}:{title}"
        if entry == "one" and ".other" in source(root, path, first, last):
            # The printer sees the other member of the union.
            continue
        if entry not in entries:
            if "ops.h" not in places:
                wrong.append(f"{entry} is no entry")
            continue
        if driver not in ids:
            # A function that only hands its pointer on, or copies a whole table, is no driver.
            covered = _COVERED.get(entry, r"$^")
            text = source(root, path, first, last)
            is_told = bool(told) or (title.endswith(".b") and "types.h" in places)
            if True in known and not is_told and not re.search(covered, text):
                wrong.append(f"{driver} is no driver, and {entry} is {known}")
            counts[2] += 1
            continue
        cell = interface.cells[driver, entry]
        one = cell.definition
        if cell.state == "unreadable":
            counts[2] += 1
            if not told:
                wrong.append(f"{driver} {entry} is unreadable without a finding")
        elif cell.state == "conditional" or len(cell.variants) > 1 or (one and (one.when or one.expression)):
            counts[1] += 1
        elif any(each.code in ("HV007", "HV008") for each in told):
            counts[2] += 1
        elif known != {cell.state in ("supported", "unannotated")}:
            wrong.append(f"{driver} {entry} is {cell.state}, and {known}")
        else:
            counts[0] += 1
    return Outcome(wrong, *counts)


def source(root: Path, path: str, first: int, last: int) -> str:
    return "\n".join((root / path).read_text().split("\n")[first - 1 : last])
