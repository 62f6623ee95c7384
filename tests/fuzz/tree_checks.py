"""Properties of whole runs over a tree with one hostile file: the readers of Python, C and version scripts."""

from __future__ import annotations

import ast
import re
import zlib
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import Any

from measured import bounded

from hvsupport.annotate import readers, run
from hvsupport.annotate.cache import codec
from hvsupport.annotate.catalogue import Catalogue
from hvsupport.annotate.config.value import Columns, Config, InterfaceConfig
from hvsupport.annotate.facts import FileFacts
from hvsupport.annotate.files import Snapshot
from hvsupport.annotate.findings import Finding
from hvsupport.annotate.judge import judge
from hvsupport.annotate.readers import options as reading
from hvsupport.annotate.release import scheme
from hvsupport.annotate.report import FORMATS, render
from hvsupport.annotate.rewrite import Plan, add, stamp
from hvsupport.annotate.rewrite.apply import apply
from hvsupport.gen.exports.json import FORMATS as EXPORTS

#: Between the driver and what its interface's file has besides.
BREAK = b"\x1e"
#: Rules about code that could not be read.
BREAKS = ("HV002", "HV010", "HV011", "HV012")
Files = dict[str, bytes]
X = scheme("x.y.z")
RELEASES = tuple(map(X.parse, ("1.0", "1.1", "1.2.0", "2.0")))

PYTHON_API = b"""\
from dataclasses import dataclass
from typing import NamedTuple
class Base:
    def open(self):
        raise NotImplementedError
    def close(self):
        raise NotImplementedError
class Driver(Base):
    def open(self):
        raise NotImplementedError
    def close(self):
        self.open()
class Ops(NamedTuple):
    open: object = None
    close: object = None
class Flags:
    caps = {'a': False, 'b': None}
"""
C_API = b"""\
typedef int (*fopen_t)(int a);
struct ops { fopen_t a; int (*b)(void); struct ops *next; union { int (*c)(void); } u; };
typedef struct ops Ops;
"""
PYTHON_INTERFACES = (
    InterfaceConfig("class", "lib/base.py:Driver", drivers=("lib/d.py",), extensions=("ex_*",)),
    InterfaceConfig("base", "lib/base.py:Base", drivers=("lib/*.py",), columns=Columns("all"), inherited_entries=True),
    InterfaceConfig("table", "lib/base.py:Ops", "table", drivers=("lib/d.py",), tables=("*_methods", "*.OPS")),
    InterfaceConfig("flags", "lib/base.py:Flags.caps", "flags", drivers=("lib/d.py",), empty_slots="removed"),
)
C_INTERFACES = (
    InterfaceConfig("ops", "ops.h:ops", "table", drivers=("d.c",), headers=("x.h",), ignored_macros=("API",)),
    InterfaceConfig("all", "ops.h:Ops", "table", drivers=("*.c",), columns=Columns("all"), empty_slots="removed"),
)
SCRIPT_INTERFACES = (
    InterfaceConfig(
        "ops", "ops.h:ops", "table", drivers=("d.c",), symbols=("lib.syms",), indexes=("lib-api.xml",),
        public_call=("*", "lib_*"), index_url="html/{file}.html#{call}",
    ),
)  # fmt: skip


def python(data: bytes) -> None:
    driver, _, more = data.partition(BREAK)
    files = {"lib/__init__.py": b"", "lib/base.py": PYTHON_API + more, "lib/d.py": driver}
    after = _whole_run(files, PYTHON_INTERFACES)
    for path, text in after.items():
        assert _python(text) == _python(files[path]), f"{path} is another program"


def c(data: bytes) -> None:
    driver, _, more = data.partition(BREAK)
    files = {"ops.h": C_API, "x.h": more, "d.c": b'#include "ops.h"\n#include "x.h"\n' + driver}
    after = _whole_run(files, C_INTERFACES)
    for path, text in after.items():
        assert _added(files[path], text), f"{path} has more than comments"


def symbols(data: bytes) -> None:
    script, _, index = data.partition(BREAK)
    driver = b'#include "ops.h"\nstruct ops x = {\n.a = f, /* 1.0 */\n.b = g, /* 1.1 */\n};\n'
    _whole_run({"ops.h": C_API, "d.c": driver, "lib.syms": script, "lib-api.xml": index}, SCRIPT_INTERFACES)


def _whole_run(files: Files, interfaces: tuple[InterfaceConfig, ...]) -> Files:
    """Read, check, report, export, annotate, check again, stamp; the files after annotate."""
    config = Config(
        Path("/nowhere"), title="T", scheme=X, release="2.0", current=RELEASES[-1], known=RELEASES,
        interfaces=interfaces,
    )  # fmt: skip
    found, findings = _checked(config, files)
    options = reading.options(config, Snapshot(files))
    for path, data in files.items():
        if data in (PYTHON_API, C_API):
            continue
        facts = readers.read(path, data, options)
        assert codec.from_json(codec.to_json(facts), path) == facts, f"{path}: the cache gives back other facts"
        _places(facts, data)
    if zlib.crc32(files["lib/d.py"] if "lib/d.py" in files else files["d.c"]) % 8 == 0:  # they take most of the time
        for name in FORMATS:
            render(name, findings).encode("utf-8", "backslashreplace")
        for name in ("json", "csv", "markdown", "bcd"):
            EXPORTS[name](found, tuple(findings))
    plan = add.plan(found, "next")
    if plan.edits:
        files = _annotated(config, files, plan, findings)
        found = run.catalogue(config, source=files, cache=False, jobs=1)
    stamps = stamp.plan(found, config, X.parse("2.1"))
    if stamps.edits:
        found, _ = _checked(config, _edited(files, stamps))
        assert stamp.plan(found, config, X.parse("2.1")).edits == (), "a second stamp changes something"
    return files


def _annotated(config: Config, files: Files, plan: Plan, findings: list[Finding]) -> Files:
    after = _edited(files, plan)
    again, left = _checked(config, after)
    assert add.plan(again, "next").edits == (), "a second annotate changes something"
    unwritten = {each.place[:2] for each in left if each.code == "HV001" and each.fixable}
    assert unwritten <= {each.place[:2] for each in plan.skipped}, "annotate left something out without a word"
    broken = [Counter(each.code for each in some if each.code in BREAKS) for some in (findings, left)]
    assert broken[0] == broken[1], "annotate broke something"
    return after


def _checked(config: Config, files: Files) -> tuple[Catalogue, list[Finding]]:
    with bounded(sum(map(len, files.values()))):
        found = run.catalogue(config, source=files, cache=False, jobs=1)
        findings = list(judge(config, found).findings)
    for finding in findings:
        _inside(files, finding.place.path, finding.place.line, finding.place.column)
    return found, findings


def _edited(files: Files, plan: Plan) -> Files:
    return {path: apply(data, [each for each in plan.edits if each.path == path]) for path, data in files.items()}


@lru_cache(maxsize=16)
def _lines(data: bytes) -> list[bytes]:
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")


def _inside(files: Files, path: str, line: int, column: int) -> None:
    """A place is in its file; a character is at least one byte."""
    if path in files:
        lines = _lines(files[path])
        # In another encoding, and behind a form feed, lines are others.
        assert 1 <= line <= max(len(lines), files[path].count(b"\n") + files[path].count(b"\r") + 1), (path, line)
        assert column >= 1
        if line <= len(lines) and files[path].isascii() and not re.search(rb"[\r\x0b\x0c\x1c-\x1f]", files[path]):
            assert column <= len(lines[line - 1]) + 1, (path, line, column)


def _places(value: Any, data: bytes) -> None:
    """The lines of all facts are lines of the file, and the places of edits are in it."""
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        assert 0 <= getattr(value, "line", 0) <= data.count(b"\n") + data.count(b"\r") + 2, value
        assert -1 <= getattr(value, "insert", -1) <= len(data), value
    if isinstance(value, (tuple, FileFacts)):
        for each in value:
            _places(each, data)


def _python(data: bytes) -> str | None:
    try:
        return ast.dump(ast.parse(data))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _added(before: bytes, after: bytes) -> bool:
    """Whether comments were added on lines that were there, and nothing else."""
    rest = re.sub(rb"[ \t]*/\* next \*/", b"", after)
    return re.sub(rb"[ \t]+", b"", rest) == re.sub(rb"[ \t]+", b"", re.sub(rb"[ \t]*/\* next \*/", b"", before))
