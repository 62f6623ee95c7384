"""Random tables, read and compiled: no cell says what no build bears out, unless a finding tells that it may."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_reader_c import CONFIG, read

COMPILER = shutil.which("cc")
pytestmark = pytest.mark.skipif(COMPILER is None, reason="no C compiler to compare with, install gcc")

HEADER = """\
typedef int (*openFn)(int);
struct sub { openFn deep; int n; };
#define nowhere 0
#define two f, NULL
#define text_and(x) "text", x
struct _ops {
    const char *name;
    openFn open;
    int sizes[2];
    struct { openFn read; int depth; } in;
#ifdef A
    openFn extra;
#endif
    openFn close, shut;
    struct sub part;
    openFn stat;
    union { openFn one; int other; };
    int flags;
};
typedef struct _ops ops;
"""
ENTRIES = ("open", "in.read", "close", "shut", "stat", "one")
HEAD = """\
static int f(int x) { return x; }
static int g(int x) { return x + 1; }
#ifdef A
#define maybe f
#else
#define maybe NULL
#endif
#define both f, g
#define wrap(x) x
#define chained maybe
#define never wrap(NULL)
enum { NOTHING };
"""
VALUES = ["f", "g", "&f", "(openFn) f", "(f)", "NULL", "0", "0UL", "(void *) 0", "{ f }", "maybe", "wrap(f)", "both"]
VALUES += ["chained", "never", "NOTHING", "'\\0'", "0b0", "(openFn) (f)", "(openFn) (1 - 1)", "_Generic(0, int: f)"]
VALUES += ["sizeof(int) ? f : g", "wrap(0)", "nowhere", "two", "wrap(nowhere)", "{ maybe }", "{ nowhere }"]
NAMED = st.builds(".{} = {}".format, st.sampled_from(ENTRIES), st.sampled_from(VALUES))
OTHERS = st.sampled_from(
    [
        *(".in = { .read = f }", ".in = { f }", ".in = { 0 }", ".in = {}", ".in = { .depth = 2 }", ".flags = 3"),
        *(".sizes = { 1, 2 }", ".sizes[1] = 3", ".part = { f, 1 }", ".part.n = 3", '.name = "x"', ".name = NULL"),
        *("f", "NULL", "0", '"x"', "{ 1, 2 }", "{ f, 2 }", "{ 0 }", "two", "nowhere", "text_and(f)", '"x", f'),
    ]
)
SLOT = st.builds("    {},{}".format, NAMED | OTHERS, st.sampled_from(["", " /* 1.0.0 */"]))
LINES = st.one_of(
    SLOT,
    SLOT,
    SLOT.map("#ifdef A\n{}\n#endif".format),
    st.builds("#ifdef A\n{}\n#else\n{}\n#endif".format, SLOT, SLOT),
)
TABLES = st.lists(LINES, min_size=1, max_size=6).map(lambda lines: "\n".join(["static ops mem = {", *lines, "};", ""]))


def filled(root: Path, *options: str) -> dict[str, bool] | None:
    """Which slots a build fills; None where the compiler refuses the table."""
    command = [COMPILER or "cc", "-w", *options, "-o", "program", "program.c"]
    if subprocess.run(command, cwd=root, capture_output=True).returncode:
        return None
    done = subprocess.run(["./program"], cwd=root, capture_output=True, text=True, check=True)
    return {name: sign == "1" for name, sign in zip(ENTRIES, done.stdout, strict=True)}


@given(TABLES)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_cells_say_what_the_compiler_makes(tmp_path_factory: pytest.TempPathFactory, table: str) -> None:
    root = tmp_path_factory.mktemp("tree")
    (root / "drivers").mkdir()
    (root / "hvsupport.toml").write_text(CONFIG)
    (root / "ops.h").write_text(HEADER)
    (root / "drivers" / "mem.c").write_text(HEAD + table)
    calls = "".join(f"putchar('0' + !!mem.{name});" for name in ENTRIES)
    includes = '#include <stdio.h>\n#include <stddef.h>\n#include "ops.h"\n#include "drivers/mem.c"\n'
    (root / "program.c").write_text(f"{includes}int main(void) {{ {calls} return 0; }}\n")
    builds = [filled(root), filled(root, "-DA")]
    catalogue, findings = read(root)
    (driver,) = catalogue.interfaces[0].drivers
    if None in builds or {"HV007", "HV008", "HV010"} & {each.code for each in findings}:
        return
    for name in ENTRIES:
        cell = catalogue.interfaces[0].cells[driver.id, name]
        one = cell.definition
        depends = (
            cell.state in ("conditional", "unreadable")
            or len(cell.variants) > 1
            or (one and (one.when or one.expression))
        )
        known = {build[name] for build in builds if build is not None}
        if not depends:
            assert known == {cell.state in ("supported", "unannotated")}, (name, cell.state)
