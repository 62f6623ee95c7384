"""Values without names that no file declares: each may be a macro for several values, so what follows is not known."""

from __future__ import annotations

from pathlib import Path

import pytest

from hvsupport.annotate import run
from hvsupport.annotate.config import load as configfile
from hvsupport.annotate.judge import judge

CONFIG = """\
title = "T"
release = "1.4.0"

[interfaces.ops]
at = "include/ops.h:ops"
kind = "table"
drivers = ["drivers/*.c"]
"""
OPS = "struct ops { unsigned a, b; void *ctx; int (*open)(void); int (*close)(void); };\n"
FILES = {
    "include/ops.h": OPS,
    "include/near.h": "#define near 0, 0\n/* nowhere, a word */\nint far_open(void);\nextern int (*far_hook)(void);\n",
    "elsewhere/far.h": "#define head 0, 0\nint farther(void);\n",
}
SOURCE = """\
#include "../include/ops.h"
#include "../include/near.h"
#include "../elsewhere/far.h"
/* where head stands, and head( as well */
extern int (*hook)(void);
static int f(void) { return 0; }
static int v;
"""
#: A list -> what each entry is, or what is told where nothing is known.
LISTS = {
    "a macro of a header that is not read": ("head, &v, f,", "head"),
    "a macro of a header beside": ("near, &v, f,", "near"),
    "behind a field with a name": (".a = 1, head, f,", "head"),
    "declared nowhere": ("1, 2, &v, nowhere,", "nowhere"),
    "a cast of it": ("1, 2, &v, (void *) nowhere,", "nowhere"),
    "a function of the file": ("1, 2, &v, f,", {"open": "unannotated", "close": "unsupported"}),
    "a variable of the file": ("1, 2, &v, hook,", {"open": "unannotated", "close": "unsupported"}),
    "a function of a header beside": ("1, 2, &v, far_open,", {"open": "unannotated", "close": "unsupported"}),
    "a function of any header": ("1, 2, &v, farther,", {"open": "unannotated", "close": "unsupported"}),
    "a variable of a header beside": ("1, 2, &v, far_hook,", {"open": "unannotated", "close": "unsupported"}),
    "one value for each field": ("1, 2, &v, nowhere, f", {"open": "unannotated", "close": "unannotated"}),
    "by its name": (".open = nowhere,", {"open": "unannotated", "close": "unsupported"}),
}


@pytest.mark.parametrize(("values", "wanted"), LISTS.values(), ids=list(LISTS))
def test_what_nothing_declares_may_be_several_values(tmp_path: Path, values: str, wanted: object) -> None:
    (tmp_path / "hvsupport.toml").write_text(CONFIG)
    for name, text in {**FILES, "drivers/a.c": f"{SOURCE}struct ops mem = {{ {values} }};\n"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    config = configfile.load(root=tmp_path)
    catalogue = run.catalogue(config, cache=False)
    states = {entry.name: cell.state for _, entry, cell in catalogue.interfaces[0].walk()}
    told = [each.message for each in judge(config, catalogue).findings if each.code == "HV010"]
    if isinstance(wanted, dict):
        assert (states, told) == (wanted, [])
    else:
        assert told == [f"{wanted} may be a macro for several values: no file that is read declares it"]
        assert set(states.values()) == {"unreadable"}
