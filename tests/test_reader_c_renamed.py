"""C: other names of a table's type, by typedefs and macros of headers that the config does not name: read, or told."""

from __future__ import annotations

from pathlib import Path

import pytest
from c_cells import cells

pytest.importorskip("tree_sitter_c")

OPS = "struct ops { int n; int (*open)(void); int (*close)(void); };\ntypedef struct ops ops_t;\nint f(void);\n"
TABLE = "OPS t = { .open = f };\n"
POINTER = "void s(OPS p)\n{\n    p->open = f;\n}\n"
#: What drv.h holds besides, what d.c holds -> driver: its entries that are set; and what is told.
NAMES: dict[str, tuple[str, str, dict[str, str], list[str]]] = {
    "a typedef of the struct": ("typedef struct ops OPS;\n", TABLE, {"t": "open"}, []),
    "a typedef of a typedef of a typedef": ("typedef ops_t two;\ntypedef two OPS;\n", TABLE, {"t": "open"}, []),
    "a typedef of a pointer": ("typedef struct ops *OPS;\n", POINTER, {"s": "open"}, []),
    "a macro for the struct": ("#define OPS struct ops\n", TABLE, {"t": "open"}, []),
    "a macro for a typedef": ("#define OPS const ops_t\n", TABLE, {"t": "open"}, []),
    "a macro for a pointer": ("#define OPS struct ops *\n", POINTER, {"s": "open"}, []),
    "a typedef of an array as a parameter": ("", f"typedef struct ops OPS[1];\n{POINTER}", {"s": "open"}, ["array"]),
    "a macro for something that is no type": (
        "#define OPS ops\n",
        "int OPS = 1;\nops_t t = { .open = f };\n",
        {"t": "open"},
        [],
    ),
}


def _cells(folder: Path, files: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    return cells(folder, {"ops.h": OPS, **files})


@pytest.mark.parametrize(("header", "source", "wanted", "told"), NAMES.values(), ids=list(NAMES))
def test_another_name_of_the_type(
    tmp_path: Path, header: str, source: str, wanted: dict[str, str], told: list[str]
) -> None:
    files = {"drv.h": f'#include "ops.h"\n{header}', "d.c": f'#include "drv.h"\n{source}'}
    found, messages = _cells(tmp_path, files)
    told = ["OPS is another name of ops: what other files declare by it is not seen" for _ in told]
    assert (found, messages) == (wanted, told)


@pytest.mark.parametrize("other", ["typedef struct { int n; } OPS;\n", ""], ids=["it has its own", "it has none"])
def test_a_name_of_a_header_that_a_file_does_not_include(tmp_path: Path, other: str) -> None:
    files = {"drv.h": "typedef struct ops OPS;\n", "other.h": other, "d.c": f'#include "other.h"\n{TABLE}'}
    found, messages = _cells(tmp_path, files)
    told = "OPS is defined in drv.h: which one this file includes is not known"
    wanted = ({}, "interface ops_t has no drivers") if other else ({"t": "open unreadable"}, told)
    assert (found, *messages) == wanted


@pytest.mark.parametrize(
    ("source", "is_told"),
    [
        ("#undef OPS\n#define OPS struct other\n", True),
        ("#ifdef A\n#undef OPS\n#define OPS struct other\n#endif\n", True),
        ("#undef OPS\n#define OPS struct ops\n", False),
        ("#define OPS OPS\n", False),
        ("#define OPS(x) struct other\n", False),
    ],
    ids=["another struct", "another one by a condition", "the same struct", "itself", "a function"],
)
def test_a_name_of_a_header_that_a_file_defines_anew(tmp_path: Path, source: str, is_told: bool) -> None:
    header = '#include "ops.h"\nstruct other { int n; int (*open)(void); };\n#define OPS struct ops\n'
    files = {"drv.h": header, "d.c": f'#include "drv.h"\n{source}{TABLE}'}
    told = ["OPS is a macro for something else in this file"] if is_told else []
    assert _cells(tmp_path, files) == ({"t": "unreadable" if is_told else "open"}, told)
