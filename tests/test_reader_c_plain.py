"""The quick ways through C must give what the slow ones give: names found at once, plain tables without a grammar."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hvsupport.annotate.bounded import Allowance
from hvsupport.annotate.facts import FileFacts, Options
from hvsupport.annotate.readers import c
from hvsupport.annotate.readers.c import expand, plain, scan, syntax

OPTIONS = Options(calls=("_ops", "ops"), headers=("ops.h",), c=True)


def both(source: str, path: str) -> tuple[FileFacts, FileFacts]:
    """The facts of a file, and those that a grammar gives where everything is left to it."""
    quick = c.read(path, source.encode(), OPTIONS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain, "end", lambda code, opening: None)
        patch.setattr(plain, "fields", lambda code, opening, closing: None)
        return quick, c.read(path, source.encode(), OPTIONS)


def is_parsed(source: str, path: str) -> bool:
    """Whether a grammar was asked."""
    asked = []
    parse = syntax.parse

    def counted(data: bytes, allowance: Allowance) -> object:
        asked.append(data)
        return parse(data, allowance)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(syntax, "parse", counted)
        c.read(path, source.encode(), OPTIONS)
    return bool(asked)


# -- names


NAMES = {
    "one name": ("ops",),
    "a tag that holds its typedef": ("_ops", "ops"),
    "a word in the middle": ("virNetDriverOps", "virStoreDriverOps", "_virNetDriverOps"),
    "nothing in common": ("alpha", "beta"),
    "too little in common": ("abx", "cbd"),
    "two that fit around one place": ("rDriverX", "virDriver"),
    "one that holds another twice": ("opsops", "ops"),
    "the shared word at the end": ("aOperations", "bcOperations", "_aOperations"),
    "other letters": ("größe_ops", "ops_größe"),
}
PIECES = [*sorted({name for names in NAMES.values() for name in names}), "_", " ", "x", "Driver", "ops", "\n", "é"]


@pytest.mark.parametrize("names", NAMES.values(), ids=list(NAMES))
@given(pieces=st.lists(st.sampled_from(PIECES), max_size=6))
@example(pieces=["vi", "rDriverX"])
@example(pieces=["x", "_virNetDriverOps", "ops", "ops"])
def test_names_are_found_as_by_looking_for_each(names: tuple[str, ...], pieces: list[str]) -> None:
    data = "".join(pieces).encode()
    wanted = [name for name in names if name.encode() in data]
    found, since = scan.names_in(data, names)
    assert found == wanted
    assert since <= min((data.index(name.encode()) for name in wanted), default=len(data))
    assert scan.may_hold("a.c", data, Options(calls=names, c=True)) == bool(wanted)


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (b"int x; // hvsupport: ignore[HV004] why\n", True),
        (b"int x; // support: ignore\n", False),
        (b"int\0x;", True),
        (b"", False),
    ],
    ids=["a comment that ignores", "another tool's", "a null byte", "nothing"],
)
def test_what_else_makes_a_file_worth_reading(data: bytes, wanted: bool) -> None:
    assert scan.may_hold("a.c", data, OPTIONS) == wanted


# -- tables


def of_table(body: str) -> str:
    return f"static ops mem = {{{body}}};\n"


PLAIN_TABLES = {
    "one slot": ".a = f",
    "with a comma": "\n    .a = f,\n",
    "annotated behind the comma": "\n    .a = f, /* 1.0 */\n    .b = g, /* 1.1 */\n",
    "annotated before the comma": "\n    .a = f /* 1.0 */,\n    .b = g // 1.1\n",
    "two on one line": " .a = f, .b = g, /* 1.0 */ ",
    "on lines of their own": "\n    /* 1.0 */\n    .a = f,\n    // 1.1\n    .b = g,\n",
    "a name first": '\n    "mem",\n    .a = f, /* 1.0 */\n    "x",\n',
    "strings": '\n    .name = "mem", /* 1.0 */\n    .a = f,\n',
    "empty slots": "\n    .a = NULL, /* 1.0 - 1.1 */\n    .b = nullptr,\n",
    "true and false": " .a = true, .b = false ",
    "a comment in a comment": "\n    .a = f, /* 1.0 /* 1.1 */\n",
    "conditions": "\n#ifdef X\n    .a = f, /* 1.0 */\n#else\n    .a = g, /* 1.1 */\n#endif\n",
    "an include": '\n    .a = f,\n#include "more.inc"\n',
    "carriage returns": "\r\n    .a = f, /* 1.0 */\r\n",
    "tabs in front of comments": "\n\t.a = f,\t\t/* 1.0 */\n\t.bcd = g,\t/* 1.1 */\n",
    "a comment behind the brace": " /* 1.0 */\n    .a = f,\n",
    "other letters in a comment": "\n    .a = f, /* 1.0; größer */\n",
    "nothing": "",
}
OTHER_TABLES = {
    "a value over two lines": "\n    .a =\n        f, /* 1.0 */\n",
    "a cast": "\n    .a = (fn) f, /* 1.0 */\n",
    "an address": " .a = &f, ",
    "a call": " .a = MAKE(f), ",
    "a macro among slots": " COMMON, .a = f, ",
    "values by position": " f, g, ",
    "a struct inside": " .in = { .a = f }, ",
    "an index": " [0] = f, ",
    "escapes in a string": ' .name = "m\\"em", ',
    "two strings": ' .name = "m" "em", ',
    "a word of the language": " .a = sizeof, ",
    "a type for a value": " .a = size_t, ",
    "the compiler's own name": " .a = __null, ",
    "a line comment that goes on": "\n    .a = f, // 1.0 \\\n    more\n    .b = g,\n",
    "two commas": " .a = f,, .b = g ",
    "no comma": "\n    .a = f\n    .b = g,\n",
    "a conditional": " .a = x ? f : g, ",
    "a number": " .a = 0, ",
}


@pytest.mark.parametrize("body", PLAIN_TABLES.values(), ids=list(PLAIN_TABLES))
def test_plain_tables_need_no_grammar(body: str) -> None:
    quick, slow = both(of_table(body), "drivers/mem.c")
    assert quick == slow
    assert not is_parsed(of_table(body), "drivers/mem.c")


@pytest.mark.parametrize("body", OTHER_TABLES.values(), ids=list(OTHER_TABLES))
def test_other_tables_are_left_to_the_grammar(body: str) -> None:
    quick, slow = both(of_table(body), "drivers/mem.c")
    assert quick == slow
    assert is_parsed(of_table(body), "drivers/mem.c")


PARTS = [
    *(".a", ".b", " = ", "f", "NULL", '"s"', ",", ",\n    ", "/* 1.0 */", "// 1.1\n", "\n", "{", "}", "(", ")", "&"),
    *("\\\n", "#if X\n", "#endif\n", "sizeof", "/*", "*/", ";", "é", "\t"),
]


@given(st.lists(st.sampled_from(PARTS), max_size=12).map("".join))
def test_any_table_is_the_same_either_way(body: str) -> None:
    quick, slow = both(of_table(body), "drivers/mem.c")
    assert quick == slow


# -- structs


def of_struct(body: str) -> str:
    return f"struct _ops {{{body}}};\ntypedef struct _ops ops;\n"


PLAIN_STRUCTS = {
    "fields": "\n    openFn open; /* how */\n    closeFn close;\n",
    "a name": "\n    const char *name; /* the name */\n    openFn open;\n",
    "pointers": " openFn *open; const thing **two; void *into; ",
    "numbers": " int one; bool two; double three; ",
    "plain types of libraries": " gint one; u32 two; ",
    "conditions": "\n#ifdef X\n    openFn open;\n#endif\n    closeFn close;\n",
    "comments between": "\n    /* what\n       it does */\n    openFn open;\n    // and more\n    closeFn close;\n",
}
OTHER_STRUCTS = {
    "written out": " int (*open)(void); ",
    "two in one": " openFn open, close; ",
    "an array": " openFn open[2]; ",
    "two words": " unsigned int one; ",
    "a type of the standard": " size_t one; uint32_t two; ",
    "a struct": " struct thing *one; ",
    "bits": " int one:2; ",
    "an attribute": " openFn open __attribute__((unused)); ",
    "const behind": " openFn const open; ",
    "no name": " openFn; ",
}


@pytest.mark.parametrize("body", PLAIN_STRUCTS.values(), ids=list(PLAIN_STRUCTS))
def test_plain_structs_need_no_grammar(body: str) -> None:
    quick, slow = both(of_struct(body), "ops.h")
    assert quick == slow
    assert len(quick.classes) == 1
    assert not is_parsed(of_struct(body), "ops.h")


@pytest.mark.parametrize("body", OTHER_STRUCTS.values(), ids=list(OTHER_STRUCTS))
def test_other_structs_are_left_to_the_grammar(body: str) -> None:
    quick, slow = both(of_struct(body), "ops.h")
    assert quick == slow
    assert is_parsed(of_struct(body), "ops.h")


# -- macros


WORDS = [
    *sorted(plain._WORDS),
    b"static_assert",
    b"_Bool",
    b"NULL",
    b"true",
    b"f",
    b"my_open",
    b"Open2",
    b"__func__",
    b"x__t",
]
VALUES = st.one_of(
    st.sampled_from([word.decode() for word in WORDS]),
    st.from_regex(r"[A-Za-z_]\w{0,8}", fullmatch=True).filter(str.isascii),
    st.sampled_from(['"text"', '""', '"a, b"', r'"\n"', '"a" "b"']),
)


@pytest.mark.parametrize("word", WORDS)
def test_a_macro_for_a_word_of_c_is_what_the_grammar_says(word: bytes) -> None:
    behind = expand.slots(f"0, {word.decode()}")
    assert expand.slots(word.decode()) == (None if behind is None else behind[1:])


@given(VALUES)
def test_a_macro_for_one_value_is_what_the_grammar_says(value: str) -> None:
    behind = expand.slots(f"0, {value}")
    assert expand.slots(f" {value}") == (None if behind is None else behind[1:])
