"""The reader of Python: where exactly things stand, and where an annotation may be written."""

from __future__ import annotations

import ast
import os
import random
import re
import sys
import sysconfig
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

import tree_builder as t
from lengths import LENGTH
from python_carriers import CLASS_LINES, HEADERS, PROSE, TABLES, check_insertions, check_places, named

from hvsupport.annotate.facts import Options
from hvsupport.annotate.readers.python.source import Source

# -- places: every offset, line and column against the bytes, and against Python's own tokenizer


ENCODED = {
    "utf-8": ("utf-8", "", ""),
    "utf-8 with a byte order mark": ("utf-8-sig", "", ""),
    "byte order mark and cookie": ("utf-8-sig", "# -*- coding: utf-8 -*-\n", ""),
    "latin-1": ("latin-1", "# -*- coding: latin-1 -*-\n", "\u00fc"),
    "cp1251": ("cp1251", "# coding: cp1251\n", "\u0436"),
    "shift_jis, whose second bytes look like signs": (
        "shift_jis",
        "# vim: set fileencoding=shift_jis :\n",
        "\u8868\u30bd\u80fd",
    ),
    "cookie on the second line": ("cp1251", "#!/usr/bin/env python\n# coding: cp1251\n", "\u0436"),
    "euc-jp": ("euc-jp", "# coding: euc-jp\n", "\u65e5\u672c"),
    "gb18030": ("gb18030", "# coding: gb18030\n", "\u65e5\U0001d4b3"),
    "koi8-r": ("koi8-r", "# coding: koi8-r\n", "\u0436"),
}


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
@pytest.mark.parametrize(("encoding", "cookie", "word"), ENCODED.values(), ids=ENCODED.keys())
def test_encodings_and_line_ends(encoding: str, cookie: str, word: str, newline: str) -> None:
    source = f"""{cookie}
class A:  # 1.0 {word}
    caps = {{
        '{word}a': True,  # 1.1 {word}
    }}
    @since('1.2; {word}')
    def f(self, a='{word}#'):  # {word} # 1.2; {word}
        '''{word}.

        .. versionadded:: 1.2 {word}
        '''
    def g(self, b='{word}'):
        pass
"""
    data = source.replace("\n", newline).encode(encoding)
    found = t.read(data)
    assert not found.errors
    assert found.encoding == {"utf-8-sig": "utf-8", "latin-1": "iso-8859-1"}.get(encoding, encoding)
    assert len(t.all_marks(found)) == 5
    check_places(data, found)
    check_insertions(data, Options(attributes=("caps",), decorators=("since",)))


def test_a_cookie_behind_carriage_returns_is_one_of_the_first_two_lines() -> None:
    source = "#!/usr/bin/env python\rx = 1\r# coding: cp1251\rclass A:  # 1.0\r    pass\r"
    assert t.read(source).encoding == "utf-8"


# -- insertion: the offsets that the reader tells are the ones that ``annotate`` writes to


INSERTIONS = {**PROSE, **HEADERS, **TABLES, **CLASS_LINES}


@pytest.mark.parametrize("source", INSERTIONS.values(), ids=INSERTIONS.keys())
def test_insertion(source: str) -> None:
    check_insertions(source.encode())
    check_insertions(re.sub(r" *#(?= )[^\n\r'\"]*", "", source).encode() if '"""\n#' not in source else source.encode())


NO_ROOM = {
    "backslash behind the colon": "class A:\n    def f(self): \\\n        return 1\n",
    "one-line suite over lines": "class A:\n    def f(self): return '''\n    '''\n",
    "backslash behind a value": "OPS = {'a': f} \\\n    | {}\n",
    "a condition behind the call": "T = Ops(a=f) if X else None\n",
    "another statement behind": "class A:\n    a = f; import b\n",
}


@pytest.mark.parametrize("source", NO_ROOM.values(), ids=NO_ROOM.keys())
def test_no_insertion_where_no_comment_can_stand(source: str) -> None:
    found = t.read(source)
    assert [m.insert for each in (*found.classes, *found.tables) for m in each.members if m.name in "af"] == [-1]


SPACES = st.sampled_from(["", " ", "  ", "\t", " \x0c"])
TRIVIA = st.sampled_from(["", "", "  # noqa", "# x", "  # type: ignore # why: '", "  # \u65e5\u672c"])
DEFAULTS = st.sampled_from(
    ["", "=1", "='#'", '="\'#"', "={1: 2}", "=lambda x: x", "=(1,)", "=[i for i in x]", "='\u65e5'"]
)
BODIES = st.sampled_from(
    ["pass", "...", "return {1: 2}", "'''doc'''", "x = 1; return x", "raise E('#')", "return f'{1!r:>3}'"]
)
VALUES = st.sampled_from(
    [
        "f",
        "(f)",
        "(\n f\n )",
        "g(1,\n 2)",
        "lambda x: (x)",
        "'#'",
        "True",
        "None",
        "[\n 1]",
        "m.n",
        "{'#': 1}",
        "'''\n#'''",
    ]
)
ENDS = st.sampled_from(["\n", "\r\n", "\r"])


@st.composite
def methods(draw: st.DrawFn, name: str) -> str:
    parameters = ["self", *(f"p{i}{draw(DEFAULTS)}" for i in range(draw(st.integers(0, 2))))]
    glue = draw(st.sampled_from([", ", ",\n          ", ",  # p\n        ", ", \\\n   "]))
    result = draw(st.sampled_from(["", " -> int", " -> dict[str, 'a:b']", " -> x[1:2]"]))
    decorator = draw(st.sampled_from(["", "    @deco  # d\n", "    @deco('#')\n", "    @since('1.0')\n"]))
    head = f"{decorator}    {draw(st.sampled_from(['', 'async ']))}def {name}({glue.join(parameters)}){result}:"
    if draw(st.booleans()):
        return f"{head} {draw(BODIES)}{draw(TRIVIA)}\n"
    between = draw(st.sampled_from(["", "\n", "    # a: b\n", "# c\n", "\x0c\n"]))
    return f"{head}{draw(SPACES)}{draw(TRIVIA)}\n{between}        {draw(BODIES)}\n"


@st.composite
def tables(draw: st.DrawFn, indent: str, name: str, call: str) -> str:
    names = [f"e{i}" for i in range(draw(st.integers(0, 3)))]
    sign = ("'{}': {}" if call == "{" else "{}={}").format
    slots = [sign(each, draw(VALUES)) + draw(st.sampled_from([",", "  ,", "  # 1.0\n ,"])) for each in names]
    gaps = [draw(st.sampled_from(["\n    ", "  # x\n  ", " "])) for _ in names]
    inside = "".join(gap + slot for gap, slot in zip(gaps, slots, strict=True))
    close = draw(st.sampled_from(["", "\n", "  # last\n"])) + ("}" if call == "{" else ")")
    return f"{indent}{name} = {call}{inside}{close}{draw(TRIVIA)}\n"


@st.composite
def modules(draw: st.DrawFn) -> str:
    members = [draw(methods(name=f"m{i}")) for i in range(draw(st.integers(0, 3)))]
    members += [f"    a{i} = {draw(VALUES)}{draw(TRIVIA)}\n" for i in range(draw(st.integers(0, 2)))]
    members += [draw(tables(indent="    ", name="caps", call="{"))]
    bases = draw(st.sampled_from(["", "(B)", "(\n    B,  # b\n    C)", "(B[int], metaclass=M)"]))
    text = f"class A{bases}:{draw(TRIVIA)}\n{''.join(draw(st.permutations(members)))}"
    text += draw(tables(indent="", name="T", call="Ops(")) + draw(tables(indent="", name="OPS", call="{"))
    return text.replace("\n", draw(ENDS))


@settings(
    max_examples=13 * LENGTH, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
@given(modules())
def test_property_insertion_keeps_the_program_and_is_read_back(source: str) -> None:
    try:
        ast.parse(source)
    except SyntaxError:
        return
    found = t.read(source)
    assert not found.errors
    check_places(source.encode(), found)
    check_insertions(source.encode())


# -- other people's code


def library() -> list[Path]:
    found = []
    for folder, below, names in os.walk(sysconfig.get_paths()["stdlib"]):
        below[:] = [name for name in below if name != "site-packages"]
        found += [Path(folder, name) for name in names if name.endswith(".py")]
    return sorted(found)


def sample(count: int) -> list[Path]:
    small = [path for path in library() if path.stat().st_size < 40_000]
    return random.Random(7).sample(small, count)


ANY = Options(calls=("Enum", "Thread"), dicts=("*",), attributes=("_fields",), decorators=("wraps",), interfaces=("*",))


def check_file(path: Path) -> None:
    """One file of the standard library: no traceback, true places, facts that survive JSON, insertions that fit."""
    data = path.read_bytes()
    found = t.read(data, ANY, path.name)
    assert t.round_trip(found) == found
    try:
        text = Source(data).text
        tree = ast.dump(ast.parse(text))
    except Exception:
        assert found.errors and found.errors[0][0] >= 1
        return
    assert not [error for error in found.errors if "comments" in error[2]]
    check_places(data, found)
    after = data
    for offset in sorted(set(t.insertions(found).values()), reverse=True):
        after = after[:offset] + "  # next".encode(found.encoding) + after[offset:]
    assert ast.dump(ast.parse(Source(after).text)) == tree
    again = named(t.read(after, ANY, path.name))
    for name in t.insertions(found):
        assert any(mark.text.rstrip().endswith("# next") for mark in again[name]), name


@pytest.mark.parametrize("path", sample(30), ids=lambda path: path.name)
def test_standard_library_sample(path: Path) -> None:
    check_file(path)


def report(path: Path) -> None:
    try:
        check_file(path)
    except Exception as error:
        print(f"{path}: {type(error).__name__}: {str(error)[:300]}")


if __name__ == "__main__":  # all of it, or the trees that are named
    for root in sys.argv[1:]:
        for each in sorted(Path(root).rglob("*.py")):
            report(each)
    for each in library() if len(sys.argv) == 1 else ():
        report(each)
