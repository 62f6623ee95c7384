"""Structs of C: which field a value without a name fills, and which fields cannot be known by reading."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_reader_c import CONFIG, check, read, states

TYPES = (
    "typedef int (*openFn)(int mode);\ntypedef int (*closeFn)(void);\n"
    "int memOpen(int mode), memRead(int mode), f(int mode);\nint memClose(void);\n"
)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "drivers").mkdir()
    (tmp_path / "hvsupport.toml").write_text(CONFIG)
    return tmp_path


def struct(root: Path, fields: str, more: str = "") -> None:
    (root / "ops.h").write_text(f"{TYPES}{more}struct _ops {{\n{fields}\n}};\ntypedef struct _ops ops;\n")


def table(*values: str) -> str:
    return "static ops mem = {\n" + "".join(f"    {value}, /* 1.0.0 */\n" for value in values) + "};\n"


INNER = "    struct { openFn read; int depth; } in;\n    openFn open;\n    closeFn close;"
READS = {"in.read": "supported", "open": "supported", "close": "unsupported"}
ANONYMOUS = "    union { openFn one; closeFn other; };\n    openFn open;\n    closeFn close;"

#: Fields, values, the states where all is clear; or what is told where it is not.
POSITIONS = {
    "behind an array in braces": (
        "    int sizes[2];\n    openFn open;\n    closeFn close;",
        ("{ 1, 2 }", "memOpen"),
        {"open": "supported", "close": "unsupported"},
    ),
    "behind an array without braces": (
        "    int sizes[2];\n    openFn open;\n    closeFn close;",
        ("1", "2", "memOpen"),
        "the field 'sizes' takes several values, which no braces hold together",
    ),
    "behind a text": (
        "    char name[8];\n    openFn open;\n    closeFn close;",
        ('"mem"', "memOpen"),
        {"open": "supported", "close": "unsupported"},
    ),
    "behind a struct that is empty": (
        INNER,
        ("{ 0 }", "memOpen"),
        {"in.read": "unsupported", "open": "supported", "close": "unsupported"},
    ),
    "into a struct": (INNER, ("{ memRead }", "memOpen"), READS),
    "into a struct, past its fields": (INNER, ("{ memRead, 3, 4 }", "memOpen"), "more values than 'in' has fields"),
    "into a struct by its name": (
        INNER,
        (".in = { memRead }", ".open = f"),
        READS,
    ),
    "into a struct, a macro": (INNER, (".in = { SOME }", ".open = f"), "the macro SOME may expand to several slots"),
    "into a struct without braces": (INNER, ("memRead", "3", "memOpen"), "the field 'in' takes several values"),
    "behind a part of a struct": (INNER, (".in.read = f", "3", "memOpen"), "follows part of a field"),
    "into a union without a name": (ANONYMOUS, ("{ f }", "memOpen"), "values without names inside ''"),
    "past a union without a name": (ANONYMOUS, ("f", "memOpen"), "the field '' takes several values"),
    "a text into a union without a name": (ANONYMOUS, ('"x"', "memOpen"), "the field '' takes several values"),
    "behind a field under a condition": (
        "    openFn open;\n#ifdef A\n    openFn other;\n#endif\n    closeFn close;",
        ("memOpen", "memClose"),
        "the field 'other' is conditional",
    ),
    "in front of a field under a condition": (
        "    openFn open;\n#ifdef A\n    openFn other;\n#endif\n    closeFn close;",
        ("memOpen",),
        {"open": "supported", "other": "unsupported", "close": "unsupported"},
    ),
    "behind two of one declaration": (
        "    openFn open, *spare;\n    closeFn close;",
        ("memOpen", "0", "memClose"),
        {"open": "supported", "close": "supported"},
    ),
    "a slot that a whole struct replaces": (INNER, (".in.read = f", ".in = { .depth = 3 }"), "'in' stands twice"),
    "a slot that an empty struct replaces": (INNER, (".in.read = f", ".in = {}"), "'in' stands twice"),
    "a part of a field that is a function": (INNER, (".open.close = f",), "has no entry 'open.close'"),
}


@pytest.mark.parametrize("name", POSITIONS)
def test_values_fill_the_fields_that_the_compiler_gives_them(tree: Path, name: str) -> None:
    fields, values, expected = POSITIONS[name]
    struct(tree, fields)
    found = [message for line, code, message in check(tree, table(*values)) if code not in ("HV001", "HV009")]
    if isinstance(expected, str):
        assert any(expected in message for message in found), found
    else:
        assert (found, states(tree)) == ([], expected)


def test_a_slot_that_stands_twice_is_told_with_the_other(tree: Path) -> None:
    struct(tree, "    openFn open;")
    check(tree, table(".open = memOpen", ".open = memOther"))
    (finding,) = [each for each in read(tree)[1] if each.code == "HV008"]
    assert finding.message == "'open' stands twice in the table mem; the compiler keeps this one"
    assert (finding.place.line, finding.found) == (3, "another at line 2")
    assert (finding.expected, finding.tip) == ("one slot for each entry", "remove one of them")


def test_an_annotation_of_an_extension_is_judged(tree: Path) -> None:
    """The interface need not have it, but its release must exist."""
    (tree / "hvsupport.toml").write_text(CONFIG + 'extensions = ["ex*"]\n')
    struct(tree, "    openFn open;")
    assert check(tree, table(".open = memOpen", ".exOther = memOther")) == []
    (finding,) = check(tree, table(".open = memOpen").replace("};", "    .exOther = f, /* 9.9.9 */\n};"))
    assert finding[1] == "HV003"


PAIR = "#define PAIR { 1, 2 }, memOpen\n"


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ("    int sizes[2];\n    openFn open;\n    closeFn close;", []),
        (f"    int sizes[2];\n{INNER}", ["the values of a field are those of the macro PAIR"]),
    ],
    ids=["no field has entries", "a field has entries"],
)
def test_a_macro_of_several_values_may_fill_fields_that_hold_entries(tree: Path, fields: str, told: list[str]) -> None:
    struct(tree, fields)
    found = check(tree, PAIR + "static ops mem = {\n    PAIR, /* 1.0.0 */\n    memClose, /* 1.0.0 */\n};\n")
    assert [message for _, code, message in found if "macro" in message] == told


@pytest.mark.parametrize(("size", "shown"), [(60, 60), (61, 57)], ids=["as long as it may be", "cut off"])
def test_a_long_macro_is_told_in_short(tree: Path, size: int, shown: int) -> None:
    struct(tree, "    openFn open;\n    closeFn close;")
    macro = "M" * (size - 3) + "(x)"
    (message,) = [text for _, code, text in check(tree, table(macro)) if "macro" in text]
    assert message == f"the macro {macro[:shown]}{'...' * (shown < size)} may expand to several slots"


def test_an_index_that_is_not_known_leaves_every_element_open(tree: Path) -> None:
    struct(tree, "    openFn hooks[2];\n    closeFn close;")
    found = check(tree, table(".hooks[MAX] = memOpen", ".close = memClose"))
    assert {message for _, code, message in found if code == "HV010"} == {
        "which element of 'hooks' the index MAX names is not known"
    }
    assert states(tree) == {"hooks[0]": "unreadable", "hooks[1]": "unreadable", "close": "supported"}
    assert check(tree, "#define MAX 1\n" + table(".hooks[MAX] = memOpen", ".close = memClose")) == []
    assert states(tree)["hooks[1]"] == "supported"


@pytest.mark.parametrize("type_", ["inner", "struct inner"], ids=["a typedef", "a tag"])
def test_a_struct_that_is_defined_elsewhere_takes_braces(tree: Path, type_: str) -> None:
    more = "typedef struct inner { int read; int depth; } inner;\n"
    struct(tree, f"    {type_} in;\n    openFn open;", more)
    assert check(tree, table("{ f, 3 }", "memOpen")) == []
    assert states(tree) == {"open": "supported"}
    assert any("takes several values" in message for _, _, message in check(tree, table("f", "3", "memOpen")))


def test_an_annotation_behind_a_struct_is_that_of_the_one_slot_inside(tree: Path) -> None:
    struct(tree, INNER)
    assert check(tree, table(".in = { .read = f }")) == []
    assert states(tree)["in.read"] == "supported"
    assert any(code == "HV002" for _, code, _ in check(tree, table(".in = { .read = f, .depth = 3 }")))


def test_what_stands_behind_a_doubt_is_not_called_absent(tree: Path) -> None:
    struct(tree, INNER)
    check(tree, table("f", "3", "memOpen"))
    assert set(states(tree).values()) == {"unreadable"}


FIELDS = {
    "a type that is not understood": (
        "    __typeof__(int (*)(int)) open;",
        "'open' is annotated but is not an entry",
    ),
    "a pointer to what nobody defines": ("    strange_t *open;", "'open' is annotated but is not an entry"),
    "a macro for fields": ("    FIELD(open);", "the macro FIELD(open) may stand for fields"),
    "another file": ('#include "fields.inc"', "part of the struct is in another file"),
}


@pytest.mark.parametrize(("field", "message"), FIELDS.values(), ids=list(FIELDS))
def test_a_row_that_may_be_lost_is_told(tree: Path, field: str, message: str) -> None:
    struct(tree, f"    closeFn close;\n{field}")
    found = check(tree, table(".close = memClose", ".open = memOpen"))
    assert any(code == "HV010" and message in text for _, code, text in found), found


def test_a_typedef_of_a_pointer_to_a_struct_is_data(tree: Path) -> None:
    struct(tree, "    innerPtr in;\n    openFn open;", "typedef struct inner { int x; } inner, *innerPtr;\n")
    assert check(tree, table("NULL", "memOpen").replace("NULL, /* 1.0.0 */", "NULL,")) == []
    assert states(tree) == {"open": "supported"}


def test_data_without_an_annotation_is_data(tree: Path) -> None:
    struct(tree, "    closeFn close;\n    ENTRY(ops) list;\n    struct module *owner;\n    int size; /* 1.0.0 */")
    source = table(".close = memClose").replace("};", "    .owner = THIS_MODULE,\n    .size = 3, /* 1.0.0 */\n};")
    assert check(tree, source) == []


NAMES = {
    "behind a pointer": "typedef struct _ops {\n    openFn open;\n} *opsPtr, ops;\n",
    "with const": "typedef const struct _ops {\n    openFn open;\n} ops;\n",
    "with a macro": "typedef struct PACKED _ops {\n    openFn open;\n} ops;\n",
    "with an attribute behind": "typedef struct _ops {\n    openFn open;\n} __attribute__((aligned(8))) ops;\n",
    "with a macro behind": "typedef struct {\n    openFn open;\n} ALIGNED(8) ops;\n",
}


@pytest.mark.parametrize("source", NAMES.values(), ids=list(NAMES))
def test_a_struct_goes_by_every_name_of_its_typedef(tree: Path, source: str) -> None:
    (tree / "ops.h").write_text(TYPES + source)
    assert check(tree, table(".open = memOpen")) == []
    assert [entry.name for entry in read(tree)[0].interfaces[0].entries] == ["open"]


def test_an_excluded_field_may_be_annotated(tree: Path) -> None:
    """Who excludes an entry knows that it has no public call; its annotations are nobody's concern."""
    struct(tree, "    openFn open;\n    closeFn close;")
    config = CONFIG.replace('kind = "table"\n', 'kind = "table"\nexclude = ["close"]\n')
    assert config != CONFIG
    (tree / "hvsupport.toml").write_text(config)
    assert check(tree, table(".open = memOpen", ".close = memClose")) == []
