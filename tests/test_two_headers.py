"""Two headers of a tree that define one struct name: each file has the one that it includes, or a finding."""

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
at = "a/ops.h:ops"
kind = "table"
drivers = ["a/*.c", "b/*.c", "c/*.c"]
headers = ["a/types.h"]
"""
FILES = {
    "a/types.h": "typedef int (*openFn)(void);\n",
    "a/ops.h": '#include "types.h"\nstruct ops { openFn open; int (*close)(void); };\n',
    "b/ops.h": "struct ops { int (*close)(void); int (*read)(void); };\n",
    "b/all.h": '#include "ops.h"\n',
}
TABLE = "static int f(void) { return 0; }\nstruct ops mem = { f, 0 };\n"
#: A driver file -> whether its table is one of the interface; None where that cannot be told.
USES = {
    "its own folder's": ("a/d.c", "", True),
    "its own folder's, and another one": ("b/d.c", "", False),
    "included": ("c/d.c", '#include "../a/ops.h"\n', True),
    "included by its path from the root": ("c/d.c", "#include <b/ops.h>\n", False),
    "included by another header": ("c/d.c", '#include "../b/all.h"\n', False),
    "included against the folder": ("b/d.c", '#include "../a/ops.h"\n', True),
    "included first": ("c/d.c", '#include "../a/ops.h"\n#include "../b/all.h"\n', True),
    "a name that both have": ("c/d.c", "#include <ops.h>\n", None),
    "included by nothing": ("c/d.c", "", None),
    "the struct of a header repeated": ("c/d.c", "struct ops { openFn open; int (*close)(void); };\n", True),
    "a struct of the file itself": ("c/d.c", "struct ops { int (*read)(void); int n; };\n", False),
}


def read(root: Path, files: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    (root / "hvsupport.toml").write_text(CONFIG)
    for name, text in files.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text)
    config = configfile.load(root=root)
    catalogue = run.catalogue(config, cache=False)
    states = {f"{driver.id} {entry.name}": cell.state for driver, entry, cell in catalogue.interfaces[0].walk()}
    return states, [each.message for each in judge(config, catalogue).findings if each.code == "HV010"]


@pytest.mark.parametrize(("path", "include", "wanted"), USES.values(), ids=list(USES))
def test_a_file_means_the_header_that_it_includes(tmp_path: Path, path: str, include: str, wanted: bool | None) -> None:
    others = {f"{folder}/empty.c": "" for folder in "abc"}
    states, told = read(tmp_path, {**FILES, **others, path: include + TABLE})
    if wanted is None:
        assert told == ["ops is defined in a/ops.h and in b/ops.h: which one this file includes is not known"]
    else:
        assert told == []
        assert states == ({f"{path}:mem open": "unannotated", f"{path}:mem close": "unsupported"} if wanted else {})


def test_two_that_are_alike_are_one(tmp_path: Path) -> None:
    others = {f"{folder}/empty.c": "" for folder in "abc"}
    states, told = read(tmp_path, {**FILES, **others, "b/ops.h": FILES["a/ops.h"], "c/d.c": TABLE})
    assert (states, told) == ({"c/d.c:mem open": "unannotated", "c/d.c:mem close": "unsupported"}, [])


def test_a_typedef_is_that_of_the_header_that_is_included(tmp_path: Path) -> None:
    others = {f"{folder}/empty.c": "" for folder in "abc"}
    headers = CONFIG.replace('"a/types.h"', '"0/types.h", "a/types.h"')
    (tmp_path / "0").mkdir()
    (tmp_path / "0/types.h").write_text("typedef int openFn;\n")
    files = {**FILES, **others, "a/d.c": TABLE}
    states, told = read(tmp_path, files)
    (tmp_path / "hvsupport.toml").write_text(headers)
    catalogue = run.catalogue(configfile.load(root=tmp_path), cache=False)
    assert ([each.name for each in catalogue.interfaces[0].entries], told) == (["open", "close"], [])
    assert set(states) == {"a/d.c:mem open", "a/d.c:mem close"}
