"""``hvsupport init`` in C: structs of function pointers are found with all that their configuration needs."""

from __future__ import annotations

from pathlib import Path

import pytest
import tomli
from test_discover import assert_accepted, invoke, write

from hvsupport.annotate import run
from hvsupport.annotate.config import load as configfile
from hvsupport.annotate.discover import ctree, discover
from hvsupport.annotate.errors import UsageError

STRUCT = (
    "struct ops {\n    const char *name;\n    int (*open)(void);\n    int (*close)(void);\n    int (*size)(int);\n};\n"
)
TABLE = 'static const struct ops {name} = {{\n    .name = "{name}",\n    .open = {name}_open,\n}};\n'
DRIVERS: dict[str, str | bytes] = {f"src/{name}.c": TABLE.format(name=name) for name in ("one", "two")}


def tree(header: str = STRUCT, table: str = TABLE, **more: str) -> dict[str, str | bytes]:
    """A header and two drivers."""
    drivers = {f"src/{name}.c": table.format(name=name) for name in ("one", "two")}
    return {"src/ops.h": header, **drivers, **more}


def declared(root: Path) -> dict[str, dict[str, object]]:
    """The interfaces that the config declares; it has no problem, and neither has the tree by it."""
    text = discover(root).text
    assert_accepted(root, text)
    catalogue = run.catalogue(configfile.load(root=root), cache=False, jobs=1)
    assert [problem.message for problem in catalogue.problems if problem.kind == "unreadable"] == []
    found: dict[str, dict[str, object]] = tomli.loads(text)["interfaces"]
    return found


TYPED = STRUCT.replace("struct ops {", "typedef struct {").replace("};", "} ops_t;")
TYPED_TABLE = TABLE.replace("struct ops", "ops_t")
FOUND = {
    "by its tag": (tree(), {"at": "src/ops.h:ops", "drivers": ["src/*.c"]}),
    "by a typedef without a tag": (tree(TYPED, TYPED_TABLE), {"at": "src/ops.h:ops_t", "drivers": ["src/*.c"]}),
    "by a typedef of its own file": (
        tree(STRUCT + "typedef struct ops ops_t;\n", TYPED_TABLE),
        {"at": "src/ops.h:ops_t", "drivers": ["src/*.c"]},
    ),
    "a typedef in another header": (
        tree(STRUCT.replace("ops", "ops_s"), TYPED_TABLE, **{"include/types.h": "typedef struct ops_s ops_t;\n"}),
        {"at": "src/ops.h:ops_s", "drivers": ["src/*.c"], "headers": ["include/types.h"]},
    ),
    "functions by typedefs of another header": (
        tree(
            "struct ops {\n    open_fn *open;\n    close_fn close;\n    handle id;\n};\n",
            TABLE.replace('    .name = "{name}",\n', ""),
            **{
                "src/fn.h": "typedef int open_fn(void);\ntypedef int (*close_fn)(void);\n",
                "src/id.h": "typedef enum {\n    A,\n    B,\n} handle;\n",
            },
        ),
        {"at": "src/ops.h:ops", "drivers": ["src/*.c"], "headers": ["src/fn.h", "src/id.h"]},
    ),
    "values by position": (
        tree(table='struct ops {name} = {{ "{name}", {name}_open, 0, 0 }};\n'),
        {"at": "src/ops.h:ops", "drivers": ["src/*.c"]},
    ),
    "a macro for several values": (
        tree(
            table="struct ops {name} = {{ HEAD, 0, 0 }};\n",
            **{"src/no.h": "#define OTHER 1\n", "src/values.h": "#define HEAD 0, open_it\n"},
        ),
        {"at": "src/ops.h:ops", "drivers": ["src/*.c"], "headers": ["src/values.h"]},
    ),
    "a macro for no function": (
        tree(table=TABLE.replace("{name}_open", "NO_OPEN"), **{"lib/null.h": "#define NO_OPEN 0\n"}),
        {"at": "src/ops.h:ops", "drivers": ["src/*.c"], "headers": ["lib/null.h"]},
    ),
    "a macro inside a declaration": (
        tree(STRUCT.replace("};", "    int flags ALIGNED(8);\n    struct list *head GUARDED;\n};")),
        {"at": "src/ops.h:ops", "drivers": ["src/*.c"], "ignored-macros": ["ALIGNED", "GUARDED"]},
    ),
    "a header that a build fills in": (
        {"src/ops.h.in": STRUCT, **DRIVERS},
        {"at": "src/ops.h.in:ops", "drivers": ["src/*.c"]},
    ),
    "on one line, and indented": (
        tree('extern "C" {\n  ' + " ".join(STRUCT.split()) + "\n}\nint after(void) {\n  return 0;\n}\n"),
        {"at": "src/ops.h:ops", "drivers": ["src/*.c"]},
    ),
    "functions of a struct in the struct": (
        tree(
            "struct ops {\n    struct common common;\n    int flags;\n};\n",
            "struct ops {name} = {{ .common = {{ .open = f }} }};\n",
            **{
                "lib/common.h": "struct common {\n    open_fn open;\n    int (*close)(void);\n};\n",
                "lib/fn.h": "typedef int (*open_fn)(void);\n",
            },
        ),
        {"at": "src/ops.h:ops", "drivers": ["src/*.c"], "headers": ["lib/common.h", "lib/fn.h"]},
    ),
    "in a folder for each driver": (
        {"ops.h": STRUCT, "a/driver.c": TABLE.format(name="a"), "b/driver.c": TABLE.format(name="b")},
        {"at": "ops.h:ops", "drivers": ["*/driver.c"]},
    ),
    "a driver called test, and tests": (
        {
            "src/ops.h": STRUCT,
            "src/test/driver.c": TABLE.format(name="test"),
            "src/real/driver.c": TABLE.format(name="real"),
            "src/test/unit_test.py": "",
            "tests/mock.c": TABLE.format(name="mock"),
        },
        {"at": "src/ops.h:ops", "drivers": ["src/*/driver.c"]},
    ),
    "the struct of the same folder": (
        {
            "x/ops.h": STRUCT.replace("open", "xopen"),
            "src/ops.h": STRUCT,
            **DRIVERS,
        },
        {"at": "src/ops.h:ops", "drivers": ["src/*.c"]},
    ),
}


FILL = "void {name}(struct ops *o)\n{{\n    struct ops *p = o;\n    p->open = f;\n    p->close = g;\n{more}}}\n"
FOUND |= {
    "documented at length": (
        tree(STRUCT.replace("};", "    /* " + "x" * (1 << 16) + " */\n    int (*more)(void);\n};")),
        {"at": "src/ops.h:ops", "drivers": ["src/*.c"]},
    ),
    "shown in the documentation as well": (
        tree(
            STRUCT + "typedef struct ops ops_t;\n",
            TYPED_TABLE,
            **{"doc/ops.h": STRUCT.replace("struct ops {", "typedef struct {").replace("};", "} ops_t;")},
        ),
        {"at": "src/ops.h:ops_t", "drivers": ["src/*.c"]},
    ),
    "with NULL, which a header defines": (
        tree(table=TABLE.replace("{name}_open", "NULL"), **{"src/null.h": "#define NULL 0\n"}),
        {"at": "src/ops.h:ops", "drivers": ["src/*.c"]},
    ),
    "by a typedef that is const": (
        tree(STRUCT + "typedef const struct ops ops_t;\n", TYPED_TABLE),
        {"at": "src/ops.h:ops_t", "drivers": ["src/*.c"]},
    ),
    "filled through a parameter, in one file a single slot": (
        tree(
            table="void {name}(struct ops *p)\n{{\n    p->open = f;\n    p->close = MADE (g);\n    p->size = h;\n}}\n",
            **{"lib/three.c": "void three(struct ops *p)\n{\n    p->open = f;\n}\n"},
        ),
        {"at": "src/ops.h:ops", "drivers": ["lib/three.c", "src/*.c"]},
    ),
    "filled through a pointer": (
        tree(table=FILL.replace("{more}", "    p->size = h;\n")),
        {"at": "src/ops.h:ops", "drivers": ["src/*.c"]},
    ),
    "filled in one file, an initializer in another": (
        {
            **tree(),
            "lib/fill.c": FILL.format(name="fill", more="    p->size = h;\n"),
            "lib/other.c": TABLE.format(name="x"),
        },
        {"at": "src/ops.h:ops", "drivers": ["lib/*.c", "src/*.c"]},
    ),
}


@pytest.mark.parametrize(("files", "expected"), FOUND.values(), ids=FOUND)
def test_struct_is_found_with_what_it_needs(
    tmp_path: Path, files: dict[str, str | bytes], expected: dict[str, object]
) -> None:
    write(tmp_path, files)
    (interface,) = declared(tmp_path).values()
    assert interface == {"kind": "table", **expected}


NO_INTERFACE = {
    "hooks set through a pointer": tree(table=FILL.replace("{more}", "    p->name = h;\n")),
    "data only": tree("struct ops {\n    int a;\n    int b;\n    int c;\n};\n"),
    "a record with one hook": tree("struct ops {\n    int a;\n    int b;\n    int (*open)(void);\n};\n"),
    "one file": {"src/ops.h": STRUCT, "src/one.c": TABLE.format(name="one") + TABLE.format(name="two")},
    "lists of records": tree(table='struct ops {name}[] = {{ {{ "{name}", 0, 0, 0 }} }};\n'),
    "a variable in a function": tree(table="void {name}(void)\n{{\n    struct ops x = {{ .open = f }};\n}}\n"),
    "a struct that is only declared": tree("struct ops;\n"),
    "a typedef in a circle": tree("typedef struct a b;\ntypedef b a;\n", TABLE.replace("struct ops", "a")),
    "a table in a comment": tree(table="/*\nstruct ops {name} = {{ .open = f }};\n*/\n"),
}


@pytest.mark.parametrize("files", NO_INTERFACE.values(), ids=NO_INTERFACE)
def test_what_is_no_interface(tmp_path: Path, files: dict[str, str | bytes]) -> None:
    assert discover(write(tmp_path, files)).interfaces == []


def test_struct_that_very_many_files_use_is_only_mentioned(tmp_path: Path) -> None:
    write(tmp_path, {"ops.h": STRUCT, **{f"d/{number}.c": TABLE.format(name="x") for number in range(201)}})
    result = discover(tmp_path)
    assert (result.interfaces, [each.name for each in result.others]) == ([], ["ops"])
    assert "#   ops.h:ops (table, 201)\n" in result.text


def test_larger_interface_with_more_drivers_comes_first(tmp_path: Path) -> None:
    small = STRUCT.replace("ops", "small")
    more = {f"src/{name}.c": TABLE.format(name=name) for name in ("three", "four")}
    table = TABLE.replace("struct ops", "struct small")
    write(tmp_path, {**tree(), **more, "s/small.h": small, **{f"s/{n}.c": table.format(name=n) for n in ("a", "b")}})
    assert list(declared(tmp_path)) == ["ops", "small"]


def test_macro_that_may_declare_fields_is_not_ignored(tmp_path: Path) -> None:
    write(tmp_path, tree(STRUCT.replace("};", "    FIELD(int, last, (void));\n};")))
    text = discover(tmp_path).text
    assert "ignored-macros" not in text


HARD = {
    "typedef": "typedef ",
    "struct": "struct ops { ",
    "value": "struct ops x = {",
    "open comment": "struct ops { /* ",
    "brackets": "typedef ((((",
    "enumeration": "typedef enum {",
    "function": "typedef int a b c ( (",
    "words": "static const struct ops ",
    "continued line": "struct ops { \\\n#define A \\\n",
}


@pytest.mark.parametrize("text", HARD.values(), ids=HARD)
def test_broken_and_repeated_code_is_passed_over(tmp_path: Path, text: str) -> None:
    """Each takes a moment; a search that starts anew at every place would take hours."""
    write(tmp_path, tree(**{"src/bad.c": text * 20_000, "src/bad.h": text * 20_000, "src/cut.c": text}))
    assert [each.path for each in discover(tmp_path).interfaces] == ["src/ops.h"]


def test_file_that_is_too_large_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctree, "LARGEST", 1 << 20)
    write(tmp_path, tree(**{"src/big.c": " " * (1 << 20) + "\n"}))
    result = discover(tmp_path)
    assert result.skipped == {"src/big.c": "larger than 1 MiB"}
    assert [each.name for each in result.interfaces] == ["ops"]


def test_c_and_python_in_one_tree(tmp_path: Path) -> None:
    python = (
        "class Driver:\n    def start(self): raise NotImplementedError\n    def stop(self): raise NotImplementedError\n"
    )
    python += "    def list(self): raise NotImplementedError\nclass A(Driver): pass\nclass B(Driver): pass\n"
    write(tmp_path, {**tree(), "py/base.py": python})
    assert set(declared(tmp_path)) == {"ops", "Driver"}


# -- --at


def test_known_struct_is_declared_whatever_it_looks_like(tmp_path: Path) -> None:
    other = STRUCT.replace("ops", "hook")
    write(tmp_path, {**tree(), "src/hook.h": other, "src/one.c": TABLE.format(name="one").replace("ops", "hook")})
    status, _, said = invoke("--root", tmp_path, "--at", "src/hook.h:hook")
    assert (status, said.splitlines()[0]) == (0, "found src/hook.h:hook (4 entries, drivers in src/one.c)")
    text = (tmp_path / "hvsupport.toml").read_text()
    assert list(tomli.loads(text)["interfaces"]) == ["hook"]
    assert "#   src/ops.h:ops (table, 1)\n" in text
    assert_accepted(tmp_path, text)


def test_known_struct_without_fields_and_tables(tmp_path: Path) -> None:
    write(tmp_path, {"ops.h": "struct empty {\n};\n"})
    assert [each.drivers for each in discover(tmp_path, ["ops.h:empty"]).interfaces] == [0]


@pytest.mark.parametrize(
    ("at", "message"),
    [
        ("src/ops.h:Ops", "src/ops.h has no struct 'Ops'; did you mean 'ops'?"),
        ("src/op.h:ops", "--at src/op.h:ops: there is no such Python or C file below the root; "
                         "did you mean 'src/ops.h'?"),
        ("src/ops.h", "--at src/ops.h: write path:NAME"),
    ],
    ids=["name", "file", "no name"],
)  # fmt: skip
def test_struct_that_is_not_there(tmp_path: Path, at: str, message: str) -> None:
    write(tmp_path, tree())
    with pytest.raises(UsageError) as raised:
        invoke("--root", tmp_path, "--at", at)
    assert str(raised.value) == message
    assert not (tmp_path / "hvsupport.toml").exists()
