"""C: tables that functions and macros fill in ways of their own: what each cell is, and what is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from c_cells import read

pytest.importorskip("tree_sitter_c")

OPS = """\
struct ops { int n; int (*open)(void); int (*close)(void); };
struct holder { int n; struct ops base; };
struct outer { struct holder public; };
struct ops *make(const char *);
"""
#: What ops.h holds besides, what d.c holds -> driver: its entries that are set; and what is told.
WAYS: dict[str, tuple[str, str, dict[str, str], list[str]]] = {
    "one pointer, two tables": (
        "",
        'void all(void)\n{\n    struct ops *e = make("a");\n    e->open = f;\n    add(e);\n'
        '    e = make("b");\n    e->open = f;\n    e->close = f;\n    add(e);\n}\n',
        {"all.e.1": "open", "all.e.2": "close open"},
        [],
    ),
    "one name in two blocks": (
        "",
        'void all(void)\n{\n    { struct ops *e = make("a"); e->open = f; }\n'
        '    { struct ops *e = make("b"); e->close = f; }\n}\n',
        {"all.e.1": "open", "all.e.2": "close"},
        [],
    ),
    "one pointer that grows": (
        "",
        "void all(void)\n{\n    struct ops *e = make(A);\n    e->open = f;\n    e = grown(e);\n    e->close = f;\n}\n",
        {"all": "close open"},
        [],
    ),
    "set twice": (
        "",
        "void all(struct ops *e)\n{\n    e->open = f;\n    e->n = 1;\n    e->n = 2;\n    e->open = f;\n}\n",
        {"all": "open"},
        ["'open' is set twice in all; the last one counts"],
    ),
    "arguments of a macro": (
        "",
        "struct ops *all(void)\n{\n    struct ops *this;\n    INIT(this, .open = f, .n = 2);\n    return this;\n}\n",
        {"all": "open"},
        [],
    ),
    "lists among the arguments of a macro": (
        "",
        "struct ops *all(void)\n{\n    struct outer *this;\n    INIT(this, .public = { .base = {\n"
        "        .open = NULL,\n        .close = f,\n    }, .n = 3 });\n    return &this->public.base;\n}\n",
        {"all.public.base": "close"},
        [],
    ),
    "a macro for each of several": (
        "",
        "void all(void)\n{\n    struct ops *t;\n    INIT(t, .open = f);\n    add(t);\n    INIT(t, .close = f);\n}\n",
        {"all.t.1": "open", "all.t.2": "close"},
        [],
    ),
    "two structs that hold one": (
        "struct other { struct ops base; };\n",
        "void all(int n)\n{\n    if (n) { struct holder *s = h(); s->base.open = f; }\n"
        "    else { struct other *s = o(); s->base.close = f; }\n}\n",
        {"all.holder.base": "open", "all.other.base": "close"},
        [],
    ),
    "its address is given back": (
        "",
        "struct ops *all(struct holder *s)\n{\n    s->base.open = f;\n    return &s->base;\n}\n",
        {"all.base": "open"},
        [],
    ),
    "its address is given to what sets more": (
        "",
        "void more(struct ops *o)\n{\n    o->close = f;\n}\n"
        "void all(struct holder *s)\n{\n    s->base.open = f;\n    more(&s->base);\n}\n",
        {"all.base": "unreadable", "more": "close"},
        ["the pointer is handed to more, which sets slots as well"],
    ),
    "the address of a slot in it": (
        "",
        "void all(struct holder *s)\n{\n    s->base.open = f;\n    hook(&s->base.close);\n}\n",
        {"all.base": "unreadable open"},
        ["the address of the slot 'base.close' is taken, so it may be set elsewhere"],
    ),
    "a macro that declares tables": (
        "#define DRIVER(x) entry(struct ops, x, list)\n",
        "DRIVER(mem) = {\n    .open = f,\n};\nDRIVER(net) = { .close = f };\n",
        {"DRIVER(mem)": "open", "DRIVER(net)": "close"},
        [],
    ),
    "a function named as a type": (
        "",
        "struct holder *\nholder(struct ops *o)\n{\n    assert(o);\n}\nstruct ops a = { .open = f };\n",
        {"a": "open"},
        [],
    ),
    "a parameter named as a type": (
        "",
        "int all(int ops)\n{\n    return 0;\n}\nstruct ops a = { .open = f };\n",
        {"a": "open"},
        [],
    ),
    "a line comment with a star": (
        "",
        "void all(void)\n{\n#if 0\n    //* never\n#endif\n}\nstruct ops a = { .open = f };\n",
        {"a": "open"},
        [],
    ),
}


def _cells(folder: Path, header: str, source: str) -> tuple[dict[str, dict[str, str]], list[str]]:
    """Driver -> entry -> state, and what is told."""
    interface, told = read(folder, {"ops.h": header, "d.c": f'#include "ops.h"\nint f(void);\n{source}'})
    found: dict[str, dict[str, str]] = {}
    for driver, entry, cell in interface.walk():
        found.setdefault(driver.id.removeprefix("d.c:"), {})[entry.name] = cell.state
    return found, told


@pytest.mark.parametrize(("header", "source", "wanted", "told"), WAYS.values(), ids=list(WAYS))
def test_what_fills_a_table_is_read_or_told(
    tmp_path: Path, header: str, source: str, wanted: dict[str, str], told: list[str]
) -> None:
    found, messages = _cells(tmp_path, OPS + header, source)
    shown = {
        driver: " ".join(
            dict.fromkeys(
                name if state == "unannotated" else state
                for name, state in sorted(states.items())
                if state != "unsupported"
            )
        )
        for driver, states in found.items()
    }
    assert (shown, messages) == (wanted, told)


#: What ops.h holds; the table -> the state of each entry, and what is told.
TABLES: dict[str, tuple[str, str, dict[str, str], list[str]]] = {
    "a field of a type that no file tells": (
        "struct ops { Part part; int (*open)(void); };\n",
        "struct ops a = { .part.name = 2, .open = f };\n",
        {"part": "unreadable", "open": "unannotated"},
        ["the type Part of 'part' cannot be found, so that it may be data"],
    ),
    "a macro that names its slots with an enumerator behind a comment": (
        "enum kind {\n    /* the first */\n    FIRST,\n};\n#define DECODE(x) .kind = FIRST, .open = (x)\n"
        "struct ops { struct { int n; } part; enum kind kind; int (*open)(void); };\n",
        "struct ops a = { .part.n = 2, DECODE(f) };\n",
        {"open": "unannotated"},
        [],
    ),
    "a macro with a macro that no file tells under a name": (
        "#define INPUTS(x) .in = x, .count = UNKNOWN(x)\n"
        "struct ops { int *in; int count; int (*open)(void); int (*close)(void); };\n",
        "struct ops a = { .open = f, INPUTS(many) };\n",
        {"open": "unannotated", "close": "unsupported"},
        [],
    ),
}


@pytest.mark.parametrize(("header", "source", "wanted", "told"), TABLES.values(), ids=list(TABLES))
def test_a_list_of_slots(tmp_path: Path, header: str, source: str, wanted: dict[str, str], told: list[str]) -> None:
    found, messages = _cells(tmp_path, header, source)
    assert (found, messages) == ({"a": wanted}, told)


def test_the_macros_of_a_header_beside_are_known(tmp_path: Path) -> None:
    (tmp_path / "internal.h").write_text(
        "struct ops;\n#define PADS(io, x) .io = x, .nb_ ## io = 1\n#define IN(x) PADS(in, (x))\n"
    )
    header = "struct ops { int *in; int nb_in; int (*open)(void); int (*close)(void); };\n"
    found, messages = _cells(tmp_path, header, "struct ops a = { .open = f, IN(many) };\n")
    assert (found, messages) == ({"a": {"open": "unannotated", "close": "unsupported"}}, [])
