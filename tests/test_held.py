"""Tables of C that are members of other structs: read as if each stood by itself, and told where it cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from hvsupport.annotate import run
from hvsupport.annotate.catalogue import Catalogue
from hvsupport.annotate.config import load as configfile
from hvsupport.annotate.judge import judge

CONFIG = """\
title = "T"
release = "1.4.0"
releases = ["1.0.0", "1.1.0", "1.4.0"]

[interfaces.ops]
at = "ops.h:ops"
kind = "table"
drivers = ["drivers/*.c"]
"""
DECLARED = "int f(int), g(int);\n"
OPS = "struct ops { int (*open)(int); int (*close)(int); int (*read)(int); };\ntypedef struct ops ops_t;\n"
#: Nobody names it: it stands beside the drivers.
OUTER = """\
#include "../ops.h"
#define HEAD 1
struct outer { int n; struct ops ops; };
typedef struct outer outer_t;
typedef outer_t *outer_p;
struct deep { const char *id; outer_t out; int k; };
struct many { struct ops all[2]; int n; };
struct inline_ { int n; struct { int m; ops_t ops; } in; };
"""
#: A file -> the cells that are supported, by driver.
READ = {
    "by name": ("struct outer x = { .n = 1, .ops = { .open = f, .close = NULL } };", {"x.ops": "open"}),
    "by position": ("struct outer x = { HEAD, { f, NULL, g } };", {"x.ops": "open read"}),
    "an array": (
        "struct outer x[] = { { .ops = { .open = f } }, { 2, { NULL, f } } };",
        {"x[0].ops": "open", "x[1].ops": "close"},
    ),
    "a designator of two": ("struct outer x = { .ops.open = f, .ops.read = g };", {"x.ops": "open read"}),
    "a designator behind a list": ("struct outer x = { .ops = { .open = f }, .ops.read = g };", {"x.ops": "open read"}),
    "another name of the struct": ("static const outer_t x = { .ops = { .read = f } };", {"x.ops": "read"}),
    "twice nested": ('struct deep x = { .id = "x", .out = { .ops = { .open = f } } };', {"x.out.ops": "open"}),
    "twice nested by position": ('struct deep x = { "x", { 1, { f } }, 3 };', {"x.out.ops": "open"}),
    "three designators": ("struct deep x = { .out.ops.close = f };", {"x.out.ops": "close"}),
    "a struct without a name": (
        "static struct { int n; struct ops ops; } x = { 1, { f } }, y = { .ops.read = g };",
        {"x.ops": "open", "y.ops": "read"},
    ),
    "a struct of the file": ("struct own { ops_t o; };\nstruct own x = { { .close = f } };", {"x.o": "close"}),
    "a struct inside of a struct": (
        "struct inline_ x = { .in = { .m = 1, .ops = { .open = f } } };\nstruct inline_ y = { .in.ops.read = f };",
        {"x.in.ops": "open", "y.in.ops": "read"},
    ),
    "an array of tables": (
        "struct many x = { { { f }, { NULL, f } }, 2 };\nstruct many y = { .all = { [1] = { .read = f } } };",
        {"x.all[0]": "open", "x.all[1]": "close", "y.all[1]": "read"},
    ),
    "an array of tables, named and counted on": (
        "struct many x = { .all = { [0] = { f }, { NULL, f } } };",
        {"x.all[0]": "open", "x.all[1]": "close"},
    ),
    "an array of arrays of tables": (
        "struct many x[] = { { { { f }, { NULL, f } }, 2 }, { { { .read = g } } } };",
        {"x[0].all[0]": "open", "x[0].all[1]": "close", "x[1].all[0]": "read"},
    ),
    "an element of an array": ("struct many x = { .all[1].read = f };", {"x.all[1]": "read"}),
    "through a pointer": ("void set(struct outer *p)\n{\n    p->ops.open = f;\n    p->n = 1;\n}", {"set.ops": "open"}),
    "through a pointer by another name": ("void set(outer_p p)\n{\n    p->ops.open = f;\n}", {"set.ops": "open"}),
    "through a pointer to two": ("void set(struct deep *p)\n{\n    p->out.ops.read = f;\n}", {"set.out.ops": "read"}),
    "through the name": ("static struct outer one;\nvoid set(void)\n{\n    one.ops.open = f;\n}", {"set.ops": "open"}),
    "through an element": (
        "static outer_t all[2];\nvoid set(void)\n{\n    all[1].ops.open = f;\n}",
        {"set.ops": "open"},
    ),
    "nothing in it": (
        "struct outer x = { 0 }, y = { .n = 1 };\nouter_t z;\nouter_t all[2] = { { 1 }, { .n = 2 } };",
        {},
    ),
    "a literal without it": ("void set(struct outer *p)\n{\n    *p = (struct outer) { .n = 1 };\n}", {}),
}


def read(tmp_path: Path, source: str) -> tuple[Catalogue, dict[str, str], list[str]]:
    """The catalogue, the supported entries by driver, and what is told."""
    (tmp_path / "drivers").mkdir()
    (tmp_path / "hvsupport.toml").write_text(CONFIG)
    (tmp_path / "ops.h").write_text(DECLARED + OPS)
    (tmp_path / "drivers/outer.h").write_text(OUTER)
    (tmp_path / "drivers/a.c").write_text(f'#include "outer.h"\n{source}\n')
    (tmp_path / "drivers/b.c").write_text(
        '#include "../ops.h"\nstatic struct ops plain = {\n    .open = f, /* 1.0.0 */\n};\n'
    )
    config = configfile.load(root=tmp_path)
    catalogue = run.catalogue(config, cache=False)
    cells: dict[str, list[str]] = {}
    for driver, entry, cell in catalogue.interfaces[0].walk():
        if driver.id != "drivers/b.c:plain":
            cells.setdefault(driver.id.removeprefix("drivers/a.c:"), []).extend([entry.name] if cell.implements else [])
    told = [each.message for each in judge(config, catalogue).findings if each.code not in ("HV001", "HV012")]
    return catalogue, {name: " ".join(sorted(found)) for name, found in cells.items()}, told


@pytest.mark.parametrize(("source", "cells"), READ.values(), ids=list(READ))
def test_tables_in_other_structs_are_read(tmp_path: Path, source: str, cells: dict[str, str]) -> None:
    assert read(tmp_path, source)[1:] == (cells, [])


TOLD = {
    "a macro in front": ("struct deep x = { UNKNOWN, { 1, { f } } };", "the macro UNKNOWN may expand to several slots"),
    "a macro that makes it": ("struct outer x = OUTER(f);", "x is made by an expression"),
    "a macro for the list": ("struct outer x = { .ops = OPS };", "what x has in 'ops' is not a list of slots"),
    "no braces around it": (
        "struct outer x = { 1, f, f, f };",
        "the field 'ops' takes several values, which no braces",
    ),
    "a struct inside of a struct by position": (
        "struct inline_ x = { 1, { 2, { f } } };",
        "values without names inside 'in'",
    ),
    "a literal": (
        "void set(struct outer *p)\n{\n    *p = (struct outer) { 1, { f } };\n}",
        "a table of type outer is made at run time",
    ),
    "set behind the list": (
        "struct outer x = { .ops = { .open = f } };\nvoid set(void)\n{\n    x.ops.close = g;\n}",
        "the slot 'ops.close' of x is filled when the program runs",
    ),
    "a macro for the declaration": (
        "#define NEW(n) struct outer n = { 1, { f } }\nNEW(x);",
        "what x has in 'ops' is not a list of slots",
    ),
}


@pytest.mark.parametrize(("source", "message"), TOLD.values(), ids=list(TOLD))
def test_what_cannot_be_read_of_them_is_told(tmp_path: Path, source: str, message: str) -> None:
    told = read(tmp_path, source)[2]
    assert any(each.startswith(message) for each in told), told


def test_a_cell_that_is_set_again_is_unreadable_and_the_others_are_not(tmp_path: Path) -> None:
    source = (
        "struct outer x = { .n = 1, .ops = { .open = f } };\nvoid set(void)\n{\n    x.ops.close = g;\n    x.n = 2;\n}"
    )
    catalogue, _, told = read(tmp_path, source)
    cells = {
        entry.name: cell.state for driver, entry, cell in catalogue.interfaces[0].walk() if driver.id.endswith("x.ops")
    }
    assert (cells, len(told)) == ({"open": "unannotated", "close": "unreadable", "read": "unsupported"}, 1)


def test_annotations_stand_beside_the_slots_and_on_the_first_line(tmp_path: Path) -> None:
    lines = (
        "struct outer x = {",
        ".n = 1,",
        ".ops = { /* 1.0.0 */",
        ".open = f, /* 1.1.0 */",
        ".read = g,",
        "},",
        "};",
    )
    source = "\n".join(lines)
    catalogue, cells, _ = read(tmp_path, source)
    driver = next(each for each in catalogue.interfaces[0].drivers if each.id == "drivers/a.c:x.ops")
    cell = catalogue.interfaces[0].cells[driver.id, "open"]
    assert (str(driver.since), [str(span.since) for span in cell.spans], driver.place.line) == ("1.0.0", ["1.1.0"], 4)
    assert cells == {"x.ops": "open read"}


def test_a_struct_may_be_an_interface_and_hold_another_one(tmp_path: Path) -> None:
    (tmp_path / "ops.h").write_text(DECLARED + OPS + "struct both { int (*make)(int); struct ops ops; int n; };\n")
    (tmp_path / "d.c").write_text("struct both x = { .make = f, .ops = { .open = f, .close = g, }, .n = 1, };\n")
    both = (
        CONFIG.replace("drivers/", "").replace("interfaces.ops", "interfaces.both").replace("ops.h:ops", "ops.h:both")
    )
    (tmp_path / "hvsupport.toml").write_text(
        CONFIG.replace("drivers/", "") + both[both.index("[") :].partition("]\n\n")[2]
    )
    config = configfile.load(root=tmp_path)
    catalogue = run.catalogue(config, cache=False)
    cells = {
        f"{driver.id} {entry.name}": cell.implements
        for interface in catalogue.interfaces
        for driver, entry, cell in interface.walk()
    }
    assert cells == {
        "d.c:x.ops open": True,
        "d.c:x.ops close": True,
        "d.c:x.ops read": False,
        "d.c:x make": True,
        "d.c:x ops.open": True,
        "d.c:x ops.close": True,
        "d.c:x ops.read": False,
    }
    assert {each.code for each in judge(config, catalogue).findings} == {"HV001"}


@pytest.mark.parametrize("depth", [8, 12])
def test_a_table_in_very_many_structs_is_read_or_told(tmp_path: Path, depth: int) -> None:
    structs = "".join(f"struct s{n} {{ struct {f's{n - 1} m' if n else 'ops m'}; }};\n" for n in range(depth))
    value = "{ .m = " * depth + "{ .open = f }" + " }" * depth
    _, found, told = read(tmp_path, f"{structs}struct s{depth - 1} x = {value};\n")
    is_told = any("structs deep" in each for each in told)
    assert ("open" in found.values(), is_told) == (depth == 8, depth != 8)
