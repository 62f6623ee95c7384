"""Where keys stand: every key path of what tomli reads has a place that really holds the key."""

from __future__ import annotations

import re
from typing import Any

import pytest
import tomli
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hvsupport.annotate.config.positions import KeyPath, places
from hvsupport.annotate.model import Place

KEY = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'""")


def paths_of(value: Any, prefix: KeyPath = ()) -> list[tuple[KeyPath, Any]]:
    """Every key path below a parsed value, with what it leads to."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = []
    for key, inner in items:
        path = (*prefix, str(key))
        found.append((path, inner))
        found.extend(paths_of(inner, path))
    return found


def lines_of(text: str) -> list[str]:
    return text.replace("\r\n", "\n").removeprefix("\ufeff").split("\n")


def key_at(text: str, place: Place) -> str | None:
    """The key that begins at a place, read by tomli itself."""
    match = KEY.match(lines_of(text)[place.line - 1][place.column - 1 :])
    return None if match is None else next(iter(tomli.loads(f"{match.group()} = 0")))


def value_begins(text: str, place: Place, value: Any) -> bool:
    """Whether an array item of that kind may begin at a place."""
    rest = lines_of(text)[place.line - 1][place.column - 1 :]
    if isinstance(value, (dict, list)):
        return rest.startswith("{" if isinstance(value, dict) else "[")
    if isinstance(value, str):
        return rest.startswith(('"', "'"))
    return bool(re.match(r"[-+0-9tfin]", rest))


def container(value: Any, path: KeyPath) -> Any:
    for key in path[:-1]:
        value = value[int(key)] if isinstance(value, list) else value[key]
    return value


def assert_all_found(text: str) -> None:
    """The property: every path of the parsed value has a place, and the place holds its last part."""
    value = tomli.loads(text.removeprefix("\ufeff"))
    found = places(text, "hvsupport.toml")
    expected = paths_of(value)
    assert set(found) == {(), *(path for path, _ in expected)}
    for path, inner in expected:
        if isinstance(container(value, path), dict):
            assert key_at(text, found[path]) == path[-1], path
        else:
            is_header = key_at(text, found[path]) == path[-2] and isinstance(inner, dict)
            assert is_header or value_begins(text, found[path], inner), path


CASES = {
    "empty file: only the start": "",
    "comment only: brackets in it open nothing": "# [a]\n# b = [1,",
    "comment behind a value: its quotes are no strings": "a = 1 # it's \"b = 2\nc = 3",
    "string with brackets: opens no table": 'a = "[b]"\nc = 1',
    "string with a hash: begins no comment": 'a = "x # y"\nb = 1',
    "escaped quote: does not end the string": r'a = "x\" = 1"' + "\nb = 1",
    "literal string: a backslash escapes nothing": "a = 'C:\\'\nb = 1",
    "multi-line string: what looks like keys in it is text": 'a = """\nb = 1\n[c]\n"""\nd = 1',
    "multi-line string ending in quotes: they belong to it": 'a = """x"""""\nb = 1',
    "multi-line literal ending in quotes: they belong to it": "a = '''x''''\nb = 1",
    "multi-line string with escaped end": 'a = """x\\"""\nb = 1"""\nc = 1',
    "array over lines with comments: items keep their lines": "a = [\n  1, # one ]\n  # two\n  2,\n]\nb = 1",
    "nested arrays": 'a = [[1, [2]], ["x", []]]\nb = 1',
    "inline table: keys inside have places": 'a = { b = 1, "c d" = { e.f = [1] } }\ng = 1',
    "inline table over lines: TOML 1.1 allows it": "a = {\n  b = 1, # }\n  c = 2,\n}\nd = 1",
    "dotted keys: every part has a place": "a.b . c = 1\na.b.d = 2\n'x.y'.z = 3",
    "quoted keys: compared without their quotes": '"a\\u00e9\\t" = 1\n\'b"\' = 2\n"" = 3',
    "table header with dots and spaces": "[ a . 'b c' ]\nd = 1\n[a.e]",
    "table named before its parent: the parent's own header wins": "[a.b]\nc = 1\n[a]\nd = 1",
    "array of tables: indices count": "[[a]]\nb = 1\n[[a]]\nb = 2\n[a.c]\nd = 1\n[[a.e]]\n[[a.e]]\nf = 1",
    "keys that look like numbers or truth": "1 = 1\ntrue = 2\n-1 = 3\n2.5 = 4",
    "dates with a space: one value": "a = 1979-05-27 07:32:00\nb = [1979-05-27 07:32:00, 2000-01-01]\nc = 1",
    "CRLF: lines are counted once": "a = 1\r\n\r\n[b]\r\nc = '''\r\nx\r\n'''\r\nd = 1\r\n",
    "byte order mark: the first key stands in column 1": "\ufeffa = 1\n",
    "tabs: one column each": "\ta\t=\t1\n\t[b]\n\tc = 1",
    "names with HTML: text like any other": '"<b onclick=\'x\'>&amp;" = 1\n["<script>"]\na = 1',
    "characters outside the first plane: one column each": '"\U0001f600" = {"\U0001f601" = 1, b = 2}',
    "line separators that Python knows and TOML does not": 'a = "\u2028\x85"\nb = 1\n',
    "no newline at the end": "a = [1]",
}


@pytest.mark.parametrize("text", CASES.values(), ids=CASES)
def test_every_key_has_its_place(text: str) -> None:
    assert_all_found(text)


def test_explicit_header_wins_over_an_implied_one() -> None:
    assert places("[a.b]\n[a]\n", "c.toml")[("a",)] == Place("c.toml", 2, 2)


def test_array_of_tables_stands_where_it_begins_and_each_table_at_its_own_header() -> None:
    found = places("[[a]]\n\n[[a]]\n", "c.toml")
    assert [found[("a",)].line, found[("a", "0")].line, found[("a", "1")].line] == [1, 1, 3]


@pytest.mark.parametrize(
    "text",
    ["a", "a =", "[", "[[", "a = [", 'a = "', "= 1", "]", "a = {b", '"""', "a = '''x", "a.b.", "\x00"],
    ids=lambda text: f"refused by tomli, still ends: {text!r}",
)
def test_scanner_ends_on_what_tomli_refuses(text: str) -> None:
    assert places(text, "c.toml")[()] == Place("c.toml")


def test_deeper_than_python_recurses() -> None:
    # Nesting costs the scanner no stack frames; tomli's own limit may rise.
    depth = 5000
    assert len(places("a = " + "[" * depth + "]" * depth, "c.toml")) == depth + 1


# Documents are put together from pieces that are right one by one; tomli says which wholes are documents.
CHARACTERS = st.sampled_from("ab01_-.=[]{}#,'\\\"<é\U0001f600\t ")
WORD = st.text(st.sampled_from("abc01-_"), min_size=1, max_size=3)


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\u0009") + '"'


KEYS = st.one_of(
    WORD,
    WORD,
    st.text(CHARACTERS, max_size=4).map(quoted),
    st.text(CHARACTERS, max_size=4).map(lambda text: "'" + text.replace("'", "") + "'"),
)
DOTTED = st.lists(KEYS, min_size=1, max_size=3).map(" .".join)
BREAKS = st.sampled_from(["", " ", "\n", " # ]}'\n", "\n\n\t"])
SCALARS = st.one_of(
    st.sampled_from(["1", "-2.5e3", "true", "1979-05-27 07:32:00", "2000-01-01", "inf", "'''x\n[a]''''", "'#'"]),
    st.text(CHARACTERS, max_size=5).map(quoted),
    st.text(st.sampled_from("a=[]\n#' "), max_size=6).map(lambda text: f'"""{text}"""'),
)


def arrays(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(BREAKS, st.lists(values, max_size=3), BREAKS, st.sampled_from(["", ","])).map(
        lambda made: f"[{made[0]}{(made[2] + ',' + made[0]).join(made[1])}{made[3] if made[1] else ''}{made[2]}]"
    )


def inline_tables(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.tuples(DOTTED, values).map(" = ".join)
    return st.lists(pairs, max_size=3).map(lambda made: "{" + " , ".join(made) + "}")


VALUES = st.recursive(SCALARS, lambda inner: arrays(inner) | inline_tables(inner), max_leaves=5)
STATEMENTS = st.one_of(
    st.tuples(DOTTED, VALUES).map(" = ".join),
    st.tuples(DOTTED, VALUES).map(lambda made: f"\t{made[0]}={made[1]} # [{made[0]}]"),
    DOTTED.map(lambda key: f"[ {key} ]"),
    DOTTED.map(lambda key: f"[[{key}]]#"),
    st.just("# a = 1"),
    st.just(""),
)


@settings(deadline=None)
@given(st.lists(STATEMENTS, max_size=8), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_any_document_has_a_place_for_every_key(statements: list[str], newline: str, marked: bool) -> None:
    text = "\n".join(statements).replace("\n", newline)
    try:
        tomli.loads(text)
    except ValueError:
        assume(False)
    assert_all_found("\ufeff" * marked + text)


@settings(deadline=None)
@given(st.text(st.sampled_from("ab.=[]{}#,'\"\\\n\t 1x"), max_size=24))
def test_any_text_at_all_ends_and_is_right_when_it_is_toml(text: str) -> None:
    places(text, "c.toml")
    try:
        tomli.loads(text)
    except ValueError:
        return
    assert_all_found(text)
