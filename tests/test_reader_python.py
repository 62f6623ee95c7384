"""The reader of Python: what stands beside an entry, where exactly, and where an annotation may be written."""

# ruff: noqa: E501 - one case a line

from __future__ import annotations

import ast
import io
import random
import re
import sys
import sysconfig
import tokenize
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

import tree_builder as t

from hvsupport.annotate.facts import FileFacts, Mark, Options, Written
from hvsupport.annotate.readers.python.source import Source

# -- what must not be taken for an annotation, and what must not be touched

PROSE = {
    "comment above the def": "class A:\n    # 1.2.0\n    def f(self):\n        pass\n",
    "comment below the header": "class A:\n    def f(self):\n        # 1.2.0\n        pass\n",
    "hash in a default": 'class A:\n    def f(self, a="# 1.2.0"):\n        pass\n',
    "hash in a triple-quoted default": 'class A:\n    def f(self, a="""\n# 1.2.0\n"""):\n        pass\n',
    "hash in a return annotation": 'class A:\n    def f(self) -> "# 1.2.0":\n        pass\n',
    "hash in a default on the colon line": "class A:\n    def f(self,\n          a='# 1.2.0'):\n        pass\n",
    "hash in a one-line suite": "class A:\n    def f(self): return '# 1.2.0'\n",
    "comment on a decorator": "class A:\n    @deco  # 1.2.0\n    def f(self):\n        pass\n",
    "comment between the parameters": "class A:\n    def f(self,\n          a,  # 1.2.0\n          b):\n        pass\n",
    "comment behind the last statement": "class A:\n    def f(self):\n        pass  # 1.2.0\n",
    "hash in a string value": "class A:\n    f = '# 1.2.0'\n",
    "hash in the middle of a value": "class A:\n    f = (\n        g,  # 1.2.0\n        h)\n",
    "directive of a nested block": 'class A:\n    def f(self):\n        """Do.\n\n        Note:\n            .. versionadded:: 1.2.0\n        """\n',
    "directive in a string that is no docstring": "class A:\n    def f(self):\n        x = 1\n        '.. versionadded:: 1.2.0'\n",
    "decorator that nobody listed": "class A:\n    @others('1.2.0')\n    def f(self):\n        pass\n",
    "class comment on a base": "class A(\n    B,  # 1.2.0\n    C,\n):\n    def f(self):\n        pass\n",
    "hash in an f-string": "class A:\n    f = f'{x!r:>{1}} # 1.2.0'\n",
    "hash after a backslash quote": "class A:\n    f = 'it\\'s # 1.2.0'\n",
    "bytes": "class A:\n    f = b'# 1.2.0'\n",
}


@pytest.mark.parametrize("source", PROSE.values(), ids=PROSE.keys())
def test_no_carrier(source: str) -> None:
    assert t.all_marks(t.read(source)) == []


# -- comments: the case is written so that every comment "# <digit>..." belongs to the entry it names

HEADERS = {
    "name line": "class A:\n    def f(self):  # f\n        pass\n",
    "no space before the sign": "class A:\n    def f(self):# f\n        pass\n",
    "colon line": "class A:\n    def f(self,\n          a):  # f\n        pass\n",
    "name line of several": "class A:\n    def f(self,  # f\n          a):\n        pass\n",
    "both lines": "class A:\n    def f(self,  # f\n          a):  # f\n        pass\n",
    "one-line suite": "class A:\n    def f(self): pass  # f\n",
    "one-line suite shorter than pass": "class A:\n    def f(self): 0  # f\n",
    "one-line suite longer than pass": "class A:\n    def f(self): return {1: 2, 3: 4}  # f\n",
    "one-line suite of two statements": "class A:\n    def f(self): a = 1; return a;  # f\n",
    "one-line suite over lines": "class A:\n    def f(self): return [  # f\n        1]\n",
    "one-line suite behind parameters": "class A:\n    def f(self,\n          a): return 1  # f\n",
    "decorated": "class A:\n    @deco\n    @deco(1, '#')\n    def f(self):  # f\n        pass\n",
    "decorated body": "class A:\n    def f(self):  # f\n        @deco\n        def g(): pass\n        return g\n",
    "body that begins with a parenthesised decorator": "class A:\n    def f(self):  # f\n        @(\n            deco)\n        def g(): pass\n",
    "async": "class A:\n    async def f(self):  # f\n        pass\n",
    "default with a hash": "class A:\n    def f(self, a='#', b=\"#\"):  # f\n        pass\n",
    "default of several lines": 'class A:\n    def f(self, a="""\n# no\n"""):  # f\n        pass\n',
    "nested parentheses": "class A:\n    def f(self, a=((1, 2), (3,)), b=[{}]):  # f\n        pass\n",
    "lambda default": "class A:\n    def f(self, a=lambda x: x, b=lambda: {1: 2}):  # f\n        pass\n",
    "dict default over lines": "class A:\n    def f(self, a={1: 2,  # f\n                   3: 4}):\n        pass\n",
    "return annotation with a slice": "class A:\n    def f(self) -> dict[str, 'x:y'][1:2]:  # f\n        pass\n",
    "colon alone": "class A:\n    def f(\n        self\n    ) -> int \\\n    :  # f\n        pass\n",
    "comment lines before the body": "class A:\n    def f(self):  # f\n# a: b\n  # c: d\n\n        # e:\n        pass\n",
    "comment lines with colons behind a multi-line header": "class A:\n    def f(self,\n          a):  # f\n        # x: y\n        pass\n",
    "docstring body": 'class A:\n    def f(self):  # f\n        """Do: # it."""\n',
    "tabs": "class A:\n\tdef f(self):\t# f\n\t\tpass\n",
    "wide characters": "class A:\n    def f(self, a='\u65e5\u672c', b='\U0001d4b3'):  # f \u65e5\u672c\n        pass\n",
    "wide names": "class A:\n    def \u00fcber(self, \u65e5=1):  # \u00fcber\n        pass\n",
    "form feed in the indentation": "class A:\n\x0c    def f(self):  # f\n\x0c        pass\n",
    "many form feeds before the def": "class A:\n\x0c\x0c\x0c\x0c\x0c\x0c\x0c\x0c  def f(self):  # f\n    pass\n",
    "form feed before the class": "\x0cclass A:\n    def f(self):  # f\n        pass\n",
    "form feed lines": "\x0c\nclass A:\n\x0c\n    def f(self):  # f\n\x0c\n        pass\n",
    "form feed before the comment": "class A:\n    def f(self):\x0c# f\n        pass\n",
    "backslash continuation": "class A:\n    def f(self, \\\n          a):  # f\n        pass\n",
    "no line end at the end": "class A:\n    def f(self): pass  # f",
    "carriage returns": "class A:\r\n    def f(self):  # f\r\n        pass\r\n",
    "carriage returns only": "class A:\r    def f(self):  # f\r        pass\r",
    "mixed line ends": "class A:\r\n    def f(self):  # f\r        pass\n    def g(self):  # g\r\n        pass\n",
    "exotic separators in a comment": "class A:\n    def f(self):  # f \x0b \x1c \x85 \u2028 x\n        pass\n    def g(self):  # g\n        pass\n",
    "under if": "class A:\n    if X:\n        def f(self):  # f\n            pass\n",
    "property with accessors": "class A:\n    @property\n    def f(self):  # f\n        pass\n    @f.setter\n    def f(self, v):  # f\n        pass\n",
    "overloads": "class A:\n    @overload\n    def f(self): ...  # f\n    @overload\n    def f(self, a): ...  # f\n    def f(self, a=1):  # f\n        pass\n",
    "static and class methods": "class A:\n    @staticmethod\n    def f():  # f\n        pass\n    @classmethod\n    def g(cls):  # g\n        pass\n",
    "nested class": "class A:\n    class B:\n        def f(self):  # f\n            pass\n    def g(self):  # g\n        pass\n",
    "alias": "class A:\n    f = _f  # f\n",
    "alias in parentheses": "class A:\n    f = (  # f\n        _f\n    )  # f\n",
    "alias with a semicolon": "class A:\n    f = _f;  # f\n",
    "declared alias": "class A:\n    f: Callable[..., '#'] = _f  # f\n",
    "lambda": "class A:\n    f = lambda self: {'#': 1}  # f\n",
    "behind else": "class A:\n    if X: f = _f  # f\n    else: f = _g  # f\n",
    "behind except": "class A:\n    try: f = _f  # f\n    except ImportError: f = (\n        _g)  # f\n",
    "behind a string that ends": "class A:\n    '''\n    # no\n    '''; f = _f  # f\n",
    "in a match": "class A:\n    match X:\n        case 1:\n            def f(self):  # f\n                pass\n",
    "in a loop and a with": "class A:\n    for x in y:\n        def f(self):  # f\n            pass\n    with z:\n        def g(self):  # g\n            pass\n",
    "import in the class body": "class A:\n    from m import f  # f\n    from m import (\n        g,  # g\n        x as h  # h\n    )\n    import k  # k\n",
    "type parameters are read where Python has them": "class A:\n    def f(self, a: 'T'):  # f\n        pass\n",
}


def commented(found: FileFacts) -> set[tuple[str, str]]:
    members = [member for each in found.classes for member in each.members]
    members += [member for each in found.tables for member in each.members]
    return {(m.name, mark.text) for m in members for mark in m.marks if mark.carrier == "comment"}


@pytest.mark.parametrize("source", HEADERS.values(), ids=HEADERS.keys())
def test_comment_beside_an_entry(source: str) -> None:
    found = t.read(source)
    assert not found.errors
    got = commented(found)
    assert got and all(text.lstrip("# ").split(" ")[0] == name for name, text in got), got
    wanted = {text for text in re.findall(r"# [^\s:]+", source) if text[2:] in {name for name, _ in got}}
    assert {text[: len("# " + name)] for name, text in got} == wanted
    check_places(source.encode(), found)


TABLES = {
    "call with keywords": "OPS_ = Ops(\n    a=f,  # a\n    b=g  # b\n)\n",
    "positional": "T = Ops(\n    f,  # 0\n    g,  # 1\n)\n",
    "dict at module level": "OPS = {\n    'a': f,  # a\n    'b': g  # b\n}\n",
    "flags of a class": "class A:\n    caps = {\n        'a': True,  # a\n        'b': False,  # b\n    }\n",
    "flags on self": "class A:\n    def __init__(self):\n        self.caps = {\n            'a': True,  # a\n        }\n",
    "update with a dict": "class A:\n    def __init__(self):\n        self.caps.update({\n            'a': True,  # a\n        })\n",
    "update with keywords": "class A:\n    def __init__(self):\n        self.caps.update(\n            a=True,  # a\n        )\n",
    "one key": "class A:\n    def __init__(self):\n        self.caps['a'] = True  # a\n",
    "or-assignment": "class A:\n    caps |= {\n        'a': True,  # a\n    }\n",
    "copy with changes": "class A:\n    caps = dict(Base.caps,\n                a=True,  # a\n                b=True)  # b\n",
    "spread and more": "OPS = {\n    **BASE,\n    'a': f,  # a\n}\n",
    "union": "OPS = BASE | {\n    'a': f,  # a\n}\n",
    "replace": "T = dataclasses.replace(\n    BASE,\n    a=f,  # a\n)\n",
    "declared type": "T: Final['Ops'] = {\n    'a': f,  # a\n}\n",
    "value over lines": "T = Ops(\n    a=g(1,\n        2),  # a\n    b=[\n        1,\n    ],  # b\n)\n",
    "value in parentheses": "T = Ops(\n    a=(\n        f\n    ),  # a\n    b=((\n        g  # no\n    )\n    ),  # b\n)\n",
    "first line of a long value": "T = Ops(\n    a=g(  # a\n        1),\n)\n",
    "comment before the comma": "T = Ops(\n    a=f  # a\n    ,\n    b=g  # b\n    )\n",
    "comma first": "T = Ops(\n      a=f  # a\n    , b=g  # b\n)\n",
    "lambda": "T = Ops(\n    a=lambda x: {'#': x},  # a\n    b=lambda: (\n        1),  # b\n)\n",
    "on one line alone": "T = Ops(a=f)  # a\n",
    "brackets behind": "T = [Ops(\n    a=f)]  # a\n",
    "two tables of a list": "L = [\n    Ops(a=f),  # a\n    Ops(b=g),  # b\n]\n",
    "under a condition": "if X:\n    T = Ops(\n        a=f,  # a\n    )\nelse: T = Ops(a=g)  # a\n",
    "in a class body": "class A:\n    t = Ops(\n        a=f,  # a\n    )\n",
    "wide keys": "OPS = {\n    '\u65e5\u672c': f,  # \u65e5\u672c\n}\n",
    "tabs": "OPS = {\n\t'a':\tf,\t# a\n}\n",
    "strings with hashes": "OPS = {\n    'a': '#',  # a\n    'b': \"\"\"\n#\n\"\"\",  # b\n}\n",
}


@pytest.mark.parametrize("source", TABLES.values(), ids=TABLES.keys())
def test_comment_beside_a_slot(source: str) -> None:
    found = t.read(source)
    assert not found.errors
    assert not [each.troubles for each in found.tables if each.troubles]
    got = commented(found._replace(classes=()))
    assert got == {(text[2:], text) for text in re.findall(r"# (?!no)\S+", source)}
    check_places(source.encode(), found)


SHARED = {
    "two slots on a line": "T = Ops(\n    a=f, b=g,  # 1.0\n)\n",
    "two slots on the line of the call": "T = Ops(a=f, b=g)  # 1.0\n",
    "two flags": "class A:\n    caps = {'a': True, 'b': True}  # 1.0\n",
    "two tables": "T = Ops(a=f); U = Ops(a=g)  # 1.0\n",
    "two assignments": "class A:\n    a = f; b = g  # 1.0\n",
    "two names": "class A:\n    a = b = f  # 1.0\n",
    "unpacked": "class A:\n    a, b = f, g  # 1.0\n",
    "two imports": "class A:\n    from m import a, b  # 1.0\n",
    "the end of one is the line of the next": "T = Ops(\n    a=g(\n    1), b=f,  # 1.0\n)\n",
}


@pytest.mark.parametrize("source", SHARED.values(), ids=SHARED.keys())
def test_a_shared_line_has_no_annotation_and_gets_none(source: str) -> None:
    found = t.read(source)
    members = [m for each in (*found.classes, *found.tables) for m in each.members if m.name in "ab"]
    assert members and all(m.insert == -1 for m in members)
    assert {mark.carrier for m in members for mark in m.marks} == {"shared"}
    bare = t.read(source.replace("  # 1.0", ""))
    assert all(m.insert == -1 for each in (*bare.classes, *bare.tables) for m in each.members if m.name in "ab")


CLASS_LINES = {
    "plain": "class A:  # 1.0\n    pass\n",
    "with bases over lines": "class A(\n    B,\n):  # 1.0\n    pass\n",
    "name line": "class A(  # 1.0\n    B,\n):\n    pass\n",
    "decorated": "@deco\nclass A(B):  # 1.0\n    pass\n",
    "one line": "class A(B): pass  # 1.0\n",
    "keywords": "class A(B, metaclass=M):  # 1.0\n    pass\n",
    "docstring": 'class A:\n    """Do.\n\n    .. versionadded:: 1.0\n    """\n',
    "decorator": "@since('1.0')\nclass A(B):\n    pass\n",
}


@pytest.mark.parametrize("source", CLASS_LINES.values(), ids=CLASS_LINES.keys())
def test_annotation_of_a_class(source: str) -> None:
    found = t.read(source)
    assert [mark.text.lstrip("# ") for mark in found.classes[0].marks] == ["1.0"]
    check_places(source.encode(), found)


def test_annotation_of_a_table_stands_on_its_first_line() -> None:
    (table,) = t.read("T = Ops(  # 1.0\n    a=f,  # 2.0\n)\n").tables
    assert [mark.text for mark in table.marks] == ["# 1.0"]
    (alone,) = t.read("T = Ops(a=f)  # 1.0\n").tables
    assert not alone.marks, "on one line the comment is the slot's"


# -- decorators and docstrings

DECORATORS = {
    "call": ("@since('1.2.0')", "1.2.0", True),
    "double quotes": ('@since("1.2.0 - 2.0")', "1.2.0 - 2.0", True),
    "dotted": ("@x.since('1.2.0')", "1.2.0", True),
    "keyword": ("@since(version='1.2.0')", "1.2.0", True),
    "first string of several": ("@since(None, '1.2.0', 'why')", "1.2.0", True),
    "wide text": ("@since('1.2.0; \u65e5')", "1.2.0; \u65e5", True),
    "raw string": ("@since(r'1.2.0')", "1.2.0", False),
    "triple quotes": ("@since('''1.2.0''')", "1.2.0", False),
    "escape": ("@since('1.2\\x2e0')", "1.2.0", False),
    "joined": ("@since('1.2' '.0')", "1.2.0", False),
    "a name": ("@since(VERSION)", "VERSION", False),
    "nothing": ("@since()", "", False),
    "no call": ("@since", "", False),
    "f-string": ("@since(f'{x}')", "f'{x}'", False),
}


@pytest.mark.parametrize(("line", "text", "editable"), DECORATORS.values(), ids=DECORATORS.keys())
def test_decorator(line: str, text: str, editable: bool) -> None:
    source = f"class A:\n    {line}\n    def f(self):\n        pass\n"
    found = t.read(source)
    (mark,) = found.classes[0].members[0].marks
    assert (mark.carrier, mark.text, mark.start >= 0) == ("decorator", text, editable)
    check_places(source.encode(), found)


DIRECTIVES = {
    "at the top level": ('"""Do.\n\n        .. versionadded:: 1.2.0\n        """', [("added", "1.2.0")]),
    "one line": ('""".. versionadded:: 1.2.0"""', [("added", "1.2.0")]),
    "single quotes": ("'.. versionadded:: 1.2.0'", [("added", "1.2.0")]),
    "last line": ('"""Do.\n\n        .. versionadded:: 1.2.0"""', [("added", "1.2.0")]),
    "raw": ('r"""Do \\d.\n\n        .. versionadded:: 1.2.0\n        """', [("added", "1.2.0")]),
    "added and removed": (
        '"""Do.\n\n        .. versionadded:: 1.2.0\n        .. versionremoved:: 2.0\n        """',
        [("added", "1.2.0"), ("removed", "2.0")],
    ),
    "with text": ('"""Do.\n\n        .. versionadded:: 1.2.0 With care\n        """', [("added", "1.2.0 With care")]),
    "tabs": ('"""Do.\n\n\t.. versionadded:: 1.2.0\n\t"""', [("added", "1.2.0")]),
    "nested": ('"""Do.\n\n        * x\n\n          .. versionadded:: 1.2.0\n        """', []),
    "less than the rest": ('"""Do.\n\n    .. versionadded:: 1.2.0\n        more\n        """', [("added", "1.2.0")]),
    "another directive": ('"""Do.\n\n        .. note:: versionadded:: 1.2.0\n        """', []),
    "Sphinx 9": (
        '"""Do.\n\n        .. version-added:: 1.2.0\n        .. version-removed:: 2.0\n        """',
        [("added", "1.2.0"), ("removed", "2.0")],
    ),
    "changed and deprecated": (
        '"""Do.\n\n        .. versionchanged:: 1.2 x\n        .. version-changed:: 1.3\n        .. deprecated:: 2.0\n'
        '        .. version-deprecated:: 3.0\n        """',
        [("changed", "1.2 x"), ("changed", "1.3"), ("deprecated", "2.0"), ("deprecated", "3.0")],
    ),
    "misspelt": ('"""Do.\n\n        .. versionaded:: 1.2.0\n        """', [("misspelt", "versionaded")]),
    "wide characters before": (
        '"""\u65e5\u672c.\n\n        .. versionadded:: 1.2.0 \u65e5\n        """',
        [("added", "1.2.0 \u65e5")],
    ),
    "empty": ('"""Do.\n\n        .. versionadded::\n        """', [("added", "")]),
}


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
@pytest.mark.parametrize(("docstring", "wanted"), DIRECTIVES.values(), ids=DIRECTIVES.keys())
def test_directive(docstring: str, wanted: list[tuple[str, str]], newline: str) -> None:
    source = f"class A:\n    def f(self):\n        {docstring}\n        return 1\n".replace("\n", newline)
    found = t.read(source)
    assert [(mark.carrier, mark.text) for mark in found.classes[0].members[0].marks] == wanted
    check_places(source.encode(), found)


# -- places: every offset, line and column against the bytes, and against Python's own tokenizer


def check_places(data: bytes, found: FileFacts) -> None:
    source = Source(data)
    tokens = comments_by_tokenize(source)
    for mark in t.all_marks(found):
        if mark.start < 0:
            continue
        assert data[mark.start : mark.end].decode(found.encoding) == mark.text
        line = source.lines[mark.line - 1]
        assert line[mark.column - 1 : mark.column - 1 + len(mark.text)] == mark.text
        if mark.carrier in ("comment", "shared"):
            assert (mark.line, mark.column, mark.text) in tokens
    for each in found.classes:
        made = any("is made at run time" in trouble.message for trouble in each.troubles)
        assert made or source.lines[each.line - 1][each.column - 1 :].startswith("class")
        for member in each.members:
            begin = source.lines[member.line - 1][member.column - 1 :]
            assert begin.startswith(("def", "async")) if member.kind == "def" else begin


def comments_by_tokenize(source: Source) -> set[tuple[int, int, str]]:
    stream = io.StringIO("\n".join(source.lines) + "\n")
    found = tokenize.generate_tokens(stream.readline)
    return {(x.start[0], x.start[1] + 1, x.string) for x in found if x.type == tokenize.COMMENT}


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


def check_insertions(data: bytes, options: Options = t.OPTIONS) -> int:
    """Insert at every offset, each on its own: the same program, the same other bytes, and the annotation there."""
    before = t.read(data, options)
    tree = ast.dump(ast.parse(Source(data).text))
    count = 0
    for name, offset in t.insertions(before).items():
        after = data[:offset] + "  # next".encode(before.encoding) + data[offset:]
        assert ast.dump(ast.parse(Source(after).text)) == tree, name
        read = t.read(after, options)
        assert not read.errors or read.errors == before.errors
        own = named(read)[name]
        assert any(mark.text.rstrip().endswith("# next") and mark.start <= offset + 4 < mark.end for mark in own), name
        assert sum(mark.text.rstrip().endswith("# next") for mark in own if mark.carrier == "comment") == 1
        check_places(after, read)
        count += 1
    return count


def named(found: FileFacts) -> dict[str, tuple[Mark, ...]]:
    marks = {}
    for number, each in enumerate(found.classes):
        marks[f"class {each.name}#{number}"] = each.marks
        marks.update({f"{each.name}#{number}.{m.name}#{i}": m.marks for i, m in enumerate(each.members)})
    for number, table in enumerate(found.tables):
        marks[f"table {table.name}#{number}"] = table.marks
        marks.update({f"table {table.name}#{number}.{m.name}#{i}": m.marks for i, m in enumerate(table.members)})
    return marks


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


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
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


# -- conditions

CONDITIONS = {
    "if": ("if X:\n        def f(self): pass", ["X"]),
    "if and else": ("if X:\n        f = a\n    else:\n        f = b", ["X", "not (X)"]),
    "elif": (
        "if X:\n        f = a\n    elif Y:\n        f = b\n    else:\n        f = c",
        ["X", "Y", "not (X) and not (Y)"],
    ),
    "nested": ("if X:\n        if Y:\n            f = a", ["X and Y"]),
    "try": ("try:\n        f = a\n    except ImportError:\n        f = b", [None, "except ImportError"]),
    "bare except": ("try:\n        f = a\n    except:\n        f = b", [None, "except"]),
    "finally": ("try:\n        pass\n    finally:\n        f = a", [None]),
    "type checking": ("if TYPE_CHECKING:\n        f = a\n    else:\n        f = b", [None]),
    "type checking by module": ("if typing.TYPE_CHECKING:\n        f = a", []),
    "not type checking": ("if not t.TYPE_CHECKING:\n        f = a", [None]),
    "constant": ("if 0:\n        f = a\n    elif True:\n        f = b\n    else:\n        f = c", [None]),
    "constant behind a test": ("if X:\n        f = a\n    elif True:\n        f = b", ["X", "not (X)"]),
    "match": ("match X:\n        case 1 | 2:\n            f = a", ["X matches 1 | 2"]),
    "with": ("with X:\n        f = a", [None]),
    "loop": ("for x in y:\n        f = a", ["in a loop"]),
    "while": ("while X:\n        f = a", ["in a loop"]),
}


@pytest.mark.parametrize(("block", "wanted"), CONDITIONS.values(), ids=CONDITIONS.keys())
def test_condition(block: str, wanted: list[str | None]) -> None:
    (found,) = t.read(f"class A:\n    {block}\n").classes
    assert [member.when for member in found.members if member.name == "f"] == wanted


def test_a_definition_in_every_branch_is_told_from_one_in_some() -> None:
    (whole,) = t.read(
        "class A:\n    if X:\n        f = a\n    elif Y:\n        f = b\n    else:\n        f = c\n"
    ).classes
    assert [member.branch for member in whole.members] == [(2, 0, 3, True), (2, 1, 3, True), (2, 2, 3, True)]
    (part,) = t.read("class A:\n    if X:\n        f = a\n    elif Y:\n        f = b\n").classes
    assert [member.branch for member in part.members] == [(2, 0, 2, False), (2, 1, 2, False)]


# -- what a body does

BODY = {
    "raises": ("raise NotImplementedError", "raise", "NotImplementedError"),
    "raises an instance": ("raise exc.NotSupported('x')", "raise", "exc.NotSupported"),
    "raises behind a docstring": ("'''Do.'''\n        raise E", "raise", "E"),
    "raises behind an assignment": ("x = 1\n        raise E(x)", "raise", "E"),
    "raises from": ("raise E from None", "raise", "E"),
    "what follows a raise does not count": ("raise E\n        yield 1", "raise", "E"),
    "raises again": ("raise", "raise", "?"),
    "raises under a condition": ("if x:\n            raise E", "work", None),
    "raises behind a call": ("log()\n        raise E", "then", "log"),
    "passes": ("pass", "pass", None),
    "ellipsis": ("...", "pass", None),
    "docstring": ("'''Do.'''", "pass", None),
    "assignment only": ("x = 1", "work", None),
    "calls": ("return self.g(1)", "call", "self.g"),
    "calls and forgets": ("self.g(1)", "call", "self.g"),
    "awaits": ("return await self.g()", "call", "self.g"),
    "super": ("return super().f()", "call", "super().f"),
    "old super": ("return super(A, self).f()", "call", "super().f"),
    "function": ("return m.g()", "call", "m.g"),
    "class": ("return Base.f(self)", "call", "Base.f"),
    "call of a call": ("return g()()", "work", None),
    "marker": ("return NotImplemented", "work", "NotImplemented"),
    "nothing": ("return None", "pass", None),
    "returns": ("return", "pass", None),
    "returns behind a docstring": ("'Do.'\n        return", "pass", None),
    "an empty generator": ("return\n        yield", "pass", None),
    "returns something": ("return 0", "work", None),
    "two statements": ("a()\n        b()", "then", "a"),
    "calls and returns nothing": ("self.g()\n        return None", "call", "self.g"),
    "calls and returns something": ("self.g()\n        return 1", "then", "self.g"),
    "raises a local class": ("e = NotImplementedError\n        raise e('x')", "raise", "NotImplementedError"),
    "raises a local instance": ("e = NotImplementedError('x')\n        raise e", "raise", "NotImplementedError"),
    "raises what was assigned twice": ("e = A()\n        e = B()\n        raise e", "raise", "e"),
    "raises what a helper gives": ("raise self.error('x')", "raise", "self.error"),
    "raises and cleans up": ("try:\n            raise E\n        finally:\n            self.g()", "raise", "E"),
    "returns in finally": ("try:\n            raise E\n        finally:\n            return 1", "work", None),
    "catches what it raises": ("try:\n            raise E\n        except E:\n            self.g()", "work", None),
    "turns what it raises into another": (
        "try:\n            raise A\n        except A:\n            raise E",
        "raise",
        "E",
    ),
    "turns something else into another": (
        "try:\n            raise A\n        except B:\n            raise E",
        "work",
        None,
    ),
    "raises for ever": ("while True:\n            raise E", "raise", "E"),
    "raises while": ("while x:\n            raise E", "work", None),
    "raises in every case": ("match x:\n            case 1: raise E\n            case _: raise E", "raise", "E"),
    "raises in some cases": ("match x:\n            case 1: raise E\n            case 2: raise E", "work", None),
    "asserts what is false": ("assert False, 'x'", "raise", "AssertionError"),
    "returns what was made": ("e = E('x')\n        return e", "work", "E"),
}


@pytest.mark.parametrize(("text", "kind", "target"), BODY.values(), ids=BODY.keys())
def test_body(text: str, kind: str, target: str | None) -> None:
    (found,) = t.read(f"class A:\n    def f(self):\n        {text}\n").classes
    assert found.members[0].body[:2] == (kind, target)


VALUE = {
    "partial method": ("partialmethod(_g, 1)", ("name", "_g")),
    "dotted partial method": ("functools.partialmethod(_g, 1)", ("name", "_g")),
    "name": ("g", ("name", "g")),
    "dotted": ("m.g", ("name", "m.g")),
    "none": ("None", ("none", None)),
    "ellipsis": ("...", ("none", None)),
    "true": ("True", ("true", None)),
    "false": ("False", ("false", None)),
    "string": ("'x'", ("string", None)),
    "number": ("1", ("value", None)),
    "lambda": ("lambda self: 1", ("work", None)),
    "lambda that calls": ("lambda self: g(1)", ("call", "g")),
    "call": ("g(1)", ("value", "g")),
    "static method": ("staticmethod(g)", ("name", "g")),
    "property": ("property(_g)", ("name", "_g")),
    "condition": ("g if X else None", ("value", None)),
}


@pytest.mark.parametrize(("text", "wanted"), VALUE.values(), ids=VALUE.keys())
def test_value(text: str, wanted: tuple[str, str | None]) -> None:
    for source in (f"class A:\n    f = {text}\n", f"class A:\n    f: T = {text}\n", f"T = Ops(f={text})\n"):
        found = t.read(source)
        (member,) = (*found.classes, *found.tables)[0].members
        assert member.body[:2] == wanted


def test_a_bare_declaration_is_a_field() -> None:
    assert t.read("class A:\n    f: int\n").classes[0].members[0].body.kind == "field"


def test_values_of_unpacked_names() -> None:
    (found,) = t.read("class A:\n    (a, b), *c = (f, None), x\n    d, e = g\n    h = i = j\n").classes
    got = {member.name: (member.body.kind, member.body.target) for member in found.members}
    assert (
        got
        == {
            "a": ("name", "f"),
            "b": ("none", None),
            "c": ("value", None),
            "d": ("name", "g"),
            "e": ("name", "g"),
            "h": ("name", "j"),
            "i": ("name", "j"),
        }
        or got["a"][0] == "value"
    )
    assert got["d"] == ("name", "g") and got["h"] == ("name", "j")


CALLS = {
    "plain": ("return self.g(self.h())", ("g", "h")),
    "both branches": ("if self.t():\n            self.g()\n        else:\n            self.g()", ("t", "g")),
    "one branch": ("if x:\n            self.g()", ()),
    "a branch that raises": ("if x:\n            raise E\n        self.g()", ("g",)),
    "behind and": ("return x and self.g()", ()),
    "in a conditional expression": ("return self.g() if x else 1", ()),
    "in a loop": ("for x in self.g():\n            self.h()", ("g",)),
    "in a try that swallows": ("try:\n            self.g()\n        except Exception:\n            pass", ()),
    "in a try that does not": ("try:\n            self.g()\n        except KeyError:\n            pass", ("g",)),
    "in a with": ("with x:\n            self.g()", ("g",)),
    "behind a return": ("if x:\n            return\n        self.g()", ()),
    "in a function inside": ("def k():\n            self.g()\n        return k", ()),
    "in a lambda": ("return lambda: self.g()", ()),
    "only raises": ("raise E(self.g())", ()),
    "in a try that catches stubs": ("try:\n            self.g()\n        except e.NotSupported:\n            pass", ()),
    "in the head of a with": ("with self.g():\n            pass", ("g",)),
    "on the class": ("return cls.g()", ("g",)),
}


@pytest.mark.parametrize(("text", "wanted"), CALLS.values(), ids=CALLS.keys())
def test_what_a_body_calls_on_every_way(text: str, wanted: tuple[str, ...]) -> None:
    (found,) = t.read(f"class Base:\n    def f(self):\n        {text}\n").classes
    assert sorted(use.name for use in found.members[0].uses if use.called) == sorted(wanted)


def test_what_a_body_reads_and_what_it_calls_behind_its_class() -> None:
    source = "class Base:\n    def f(self):\n        x = super().f(self.a)\n        self.b = self.a.c() + super().d\n"
    (found,) = t.read(source).classes
    assert found.members[0].uses == (("f", True, True), ("a", False, False), ("d", False, True))


USED_IN = {
    "an interface": ("class Base:\n    def f(self): self.g(1); self.h()\n", True),
    "a class beside an interface": ("class A:\n    def f(self): self.g(1); self.h()\nclass Base: pass\n", True),
    "a class with a stub": ("class A:\n    def f(self): self.g(1); self.h()\n    def g(self): raise E\n", True),
    "an abstract class": (
        "class A:\n    def f(self): self.g(1); self.h()\n    @abc.abstractmethod\n    def g(self): ...\n",
        True,
    ),
    "any other": ("class A:\n    def f(self): self.g(1); self.h()\n", False),
}


@pytest.mark.parametrize(("source", "wanted"), USED_IN.values(), ids=USED_IN.keys())
def test_what_bodies_use_is_kept_where_it_may_matter(source: str, wanted: bool) -> None:
    assert bool(t.read(source).classes[0].members[0].uses) is wanted


# -- tables: what cannot be read is a trouble, never a gap

TROUBLES = {
    "made by a call": "OPS = make()\n",
    "made by an expression": "OPS = [x for x in y]\n",
    "starts from a call": "OPS = dict(make(), a=f)\n",
    "second spread": "OPS = {**A, **B}\n",
    "spread behind an entry": "OPS = {'a': f, **B}\n",
    "spread call": "OPS = {**make()}\n",
    "spread keywords": "T = Ops(a=f, **more)\nU = Ops(**some, b=f, **more)\n",
    "spread arguments": "T = Ops(*more)\n",
    "updated from a name": "class A:\n    def __init__(self):\n        self.caps.update(other)\n",
    "updated from pairs": "class A:\n    def __init__(self):\n        self.caps.update([('a', True)])\n",
    "or-assigned from a name": "class A:\n    caps |= other\n",
    "popped": "class A:\n    def __init__(self):\n        self.caps.pop('a')\n",
    "cleared": "class A:\n    def __init__(self):\n        self.caps.clear()\n",
    "default set": "class A:\n    def __init__(self):\n        self.caps.setdefault('a', True)\n",
    "deleted": "class A:\n    def __init__(self):\n        del self.caps['a']\n",
    "deleted as a whole": "OPS = {}\ndel OPS\n",
    "unpacked": "class A:\n    def __init__(self):\n        self.caps, self.x = make()\n",
    "made in a function": "def make():\n    return Ops(a=f)\n",
    "made in a function by position": "def make():\n    return Ops(f, g)\n",
    "made in a method": "class A:\n    def make(self):\n        self.t = Ops(a=f)\n",
}


@pytest.mark.parametrize("source", TROUBLES.values(), ids=TROUBLES.keys())
def test_trouble_of_a_table(source: str) -> None:
    found = t.read(source)
    troubles = [trouble for each in found.tables for trouble in each.troubles]
    assert troubles, found.tables
    assert all(1 <= trouble.line <= source.count("\n") for trouble in troubles)


@pytest.mark.parametrize(
    ("source", "base"),
    [
        ("OPS = dict(BASE, a=f)\n", "BASE"),
        ("OPS = {**m.BASE, 'a': f}\n", "m.BASE"),
        ("OPS = BASE\n", "BASE"),
        ("OPS = copy.deepcopy(BASE)\n", "BASE"),
        ("OPS = BASE.copy()\n", "BASE"),
        ("OPS = BASE | {'a': f} | {'b': f}\n", "BASE"),
        ("class A(B):\n    caps = dict(B.caps, a=True)\n", "B.caps"),
        ("class A(B):\n    def __init__(self):\n        self.caps = dict(super().caps, a=True)\n", "super().caps"),
    ],
)
def test_table_that_starts_from_another(source: str, base: str) -> None:
    (table,) = t.read(source).tables
    assert (table.base, table.troubles) == (base, ())


def test_a_key_that_is_no_literal_is_told() -> None:
    (table,) = t.read("OPS = {CONST: f, 'a': g, 1: h}\n").tables
    assert [pair.key for pair in table.pairs] == [("name", "CONST"), ("string", "a"), ("source", "1")]
    assert [member.name for member in table.members] == ["a"]


def test_a_local_variable_of_a_method_is_no_table_of_the_class() -> None:
    source = "class A:\n    def __init__(self):\n        caps = {'x': True}\n        self.caps = {'a': True}\n"
    assert [[m.name for m in table.members] for table in t.read(source).tables] == [["a"]]


@pytest.mark.parametrize(
    ("body", "when"),
    [
        ("def __init__(self):\n        self.caps = {}", None),
        ("def setup(self):\n        self.caps = {}", "in setup()"),
        ("def __init__(self):\n        if X:\n            self.caps = {}", "X"),
        (
            "def __init__(self):\n        if X:\n            return\n        self.caps = {}",
            "it has not returned before",
        ),
        ("def __init__(self):\n        try:\n            self.caps = {}\n        except E:\n            pass", None),
        ("def __init__(self):\n        for x in y:\n            self.caps = {}", "in a loop"),
        ("def __init__(self):\n        match x:\n            case 1:\n                self.caps = {}", "x matches 1"),
    ],
)
def test_condition_of_a_table_on_self(body: str, when: str | None) -> None:
    (table,) = t.read(f"class A:\n    {body}\n").tables
    assert (table.when, table.instance) == (when, True)


def test_a_registry_tells_keys_texts_and_places() -> None:
    source = "DRIVERS = {\n    P.A: ('m', 'A'),\n    'b': 'm:B',\n    'c': C,\n    'd': (m.D, 'title'),\n    'e': make(),\n}\n"
    (table,) = t.read(source).tables
    assert [pair[:3] for pair in table.pairs] == [
        (("name", "P.A"), (("string", "m"), ("string", "A")), 2),
        (("string", "b"), (("string", "m:B"),), 3),
        (("string", "c"), (("name", "C"),), 4),
        (("string", "d"), (("name", "m.D"), ("string", "title")), 5),
        (("string", "e"), (("source", "make()"),), 6),
    ]
    (listed,) = t.read("DRIVERS = ['=?x', a.B]\n").tables
    assert [pair[:2] for pair in listed.pairs] == [(None, (("string", "=?x"),)), (None, (("name", "a.B"),))]


# -- dynamic constructs

DYNAMIC = {
    "getattr": ("def __getattr__(self, name): ...", None),
    "getattr under a condition": ("if X:\n        def __getattr__(self, name): ...", None),
    "new": ("def __new__(cls): ...", None),
    "init_subclass that sets": ("def __init_subclass__(cls): setattr(cls, 'f', 1)", "f"),
    "init_subclass that sets anything": ("def __init_subclass__(cls): setattr(cls, x, 1)", None),
    "setattr": ("def f(self):\n        setattr(self, name, 1)", None),
    "setattr of a known name": ("def f(self):\n        setattr(self, 'g', 1)", "g"),
    "setattr on the class": ("def f(self):\n        setattr(A, name, 1)", None),
    "setattr on its type": ("def f(self):\n        setattr(type(self), name, 1)", None),
    "object setattr": ("def f(self):\n        object.__setattr__(self, 'g', 1)", "g"),
    "super setattr": ("def f(self):\n        super().__setattr__(name, 1)", None),
    "delattr": ("def f(self):\n        delattr(self, 'g')", "g"),
    "del": ("del g", "g"),
    "dict update": ("def f(self):\n        self.__dict__.update(x)", None),
    "dict item": ("def f(self):\n        self.__dict__[n] = x", None),
    "dict replaced": ("def f(self):\n        self.__dict__ = x", None),
    "vars": ("def f(self):\n        vars(self)[n] = x", None),
    "vars update": ("def f(self):\n        vars(self).update(x)", None),
    "class changed": ("def f(self):\n        self.__class__ = B", None),
}


@pytest.mark.parametrize(("text", "member"), DYNAMIC.values(), ids=DYNAMIC.keys())
def test_dynamic(text: str, member: str | None) -> None:
    (found,) = t.read(f"class A:\n    {text}\n").classes
    (trouble,) = found.troubles
    assert trouble.member == member and trouble.line >= 2


STATIC = {
    "setattr on something else": "def f(self):\n        setattr(other, name, 1)",
    "another class": "def f(self):\n        setattr(B, name, 1)",
    "getattr called": "def f(self):\n        return getattr(self, name)",
    "own dict read": "def f(self):\n        return dict(self.__dict__)",
    "vars read": "def f(self):\n        return vars(self)",
    "in a nested class": "class B:\n        def f(self):\n            pass",
    "in a string": "def f(self):\n        '''setattr(self, name, 1)'''",
}


@pytest.mark.parametrize("text", STATIC.values(), ids=STATIC.keys())
def test_not_dynamic(text: str) -> None:
    assert t.read(f"class A:\n    {text}\n").classes[0].troubles == ()


OUTSIDE = {
    "assigned": ("A.g = f", "g"),
    "assigned among others": ("x = A.g = f", "g"),
    "item": ("A.caps['x'] = True", "caps"),
    "updated": ("A.caps.update(x=True)", "caps"),
    "deleted": ("del A.g", "g"),
    "setattr": ("setattr(A, 'g', f)", "g"),
    "setattr in a loop": ("for n in names:\n    setattr(A, n, f)", None),
    "or-assigned": ("A.caps |= x", "caps"),
}


@pytest.mark.parametrize(("text", "member"), OUTSIDE.values(), ids=OUTSIDE.keys())
def test_a_class_changed_from_outside(text: str, member: str | None) -> None:
    (found,) = t.read(f"class A:\n    pass\n{text}\n").classes
    assert [trouble.member for trouble in found.troubles] == [member]


def test_what_methods_assign_on_self() -> None:
    source = (
        "class A:\n"
        "    def f(self):\n"
        "        self.a = 1\n"
        "        self.b: int = 2\n"
        "        self.c: int\n"
        "        self.d, (x, self.e) = y\n"
        "        self._f = self.g = 3\n"
        "        self.h == 4\n"
        "        other.i = 5\n"
        "        if x:\n"
        "            self.j = 6\n"
        "        def k(self):\n"
        "            self.l = 7\n"
        "    if X:\n"
        "        def m(self):\n"
        "            self.n = 8\n"
    )
    (found,) = t.read(source).classes
    assert [name for name, _, _ in found.assigned] == ["a", "b", "d", "e", "g", "j", "n"]


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("def f():\n    class B(A): pass\n", ["<locals>.B"]),
        ("def f():\n    class B[T](A): pass\n", ["<locals>.B"]),
        ("def f():\n    return type('B', (A,), {})\n", ["<locals>.B"]),
        ("B = type('B', (A,), {})\n", ["B"]),
        ("B = types.new_class('B', (A,))\n", ["B"]),
        ("match x:\n    case 1:\n        class B(A): pass\n", ["B"]),
        ("'''\nclass B(A):\n'''\n", []),
        ("x = type(y)\nz = mytype(a, b)\n", []),
    ],
)
def test_classes_made_at_run_time_are_seen(source: str, wanted: list[str]) -> None:
    if "[T]" in source and sys.version_info < (3, 12):
        pytest.skip("type parameters came with Python 3.12")
    found = t.read(source).classes
    assert [each.name for each in found] == wanted
    assert all(each.bases == (("name", "A"),) for each in found)


BASES = {
    "none": ("", ()),
    "dotted": ("(m.B, C)", ("m.B", "C")),
    "generic": ("(B[int], Generic[T])", ("B", "Generic")),
    "with_metaclass": ("(six.with_metaclass(M, B, C))", ("B", "C")),
    "namedtuple": ("(collections.namedtuple('A', 'x'))", ("collections.namedtuple",)),
    "expression": ("(make())", (Written("source", "make()"),)),
    "keywords": ("(B, metaclass=M)", ("B",)),
    "unpacked": ("(*bases)", (Written("source", "*bases"),)),
    "string": ("('B')", (Written("string", "B"),)),
}


@pytest.mark.parametrize(("text", "wanted"), BASES.values(), ids=BASES.keys())
def test_bases(text: str, wanted: tuple[str | Written, ...]) -> None:
    named = tuple(Written("name", each) if isinstance(each, str) else each for each in wanted)
    assert t.read(f"class A{text}:\n    pass\n").classes[0].bases == named


def test_a_metaclass_stands_apart_from_decorators() -> None:
    (found,) = t.read("@m.d\nclass A(B, metaclass=abc.M):\n    pass\n").classes
    assert (found.metaclass, found.decorators) == (("name", "abc.M"), ("m.d",))


def test_imports_and_aliases() -> None:
    source = (
        "import a, b.c, d.e as f\nfrom . import g\nfrom ..h import i as j\nfrom k import *\n"
        "try:\n    from l import m\nexcept ImportError:\n    from n import m\nif TYPE_CHECKING:\n    import o\n"
        "p = q.r\ns: type = t\nclass A:\n    from u import v\n"
    )
    found = t.read(source)
    assert found.imports == (
        ("a", "a", ""),
        ("b", "b", ""),
        ("f", "d.e", ""),
        ("g", ".", "g"),
        ("j", "..h", "i"),
        ("m", "l", "m"),
        ("m", "n", "m"),
        ("A.v", "u", "v"),
    )
    assert found.stars == ("k",)
    assert found.aliases == (("p", "q.r"), ("s", "t"))


IGNORES = {
    "code and reason": ("x = 1  # hvsupport: ignore[HV004] it moved", [(1, 8, ("HV004",), "it moved")]),
    "several codes": ("x = 1  # hvsupport: ignore[HV004, HV001] why", [(1, 8, ("HV004", "HV001"), "why")]),
    "no reason": ("x = 1  # hvsupport: ignore[HV004]", [(1, 8, ("HV004",), "")]),
    "no code": ("x = 1  # hvsupport: ignore", [(1, 8, (), "")]),
    "behind another comment": ("x = 1  # 1.2 # hvsupport: ignore[HV004] why", [(1, 14, ("HV004",), "why")]),
    "before another comment": ("x = 1  # hvsupport: ignore[HV004] why # noqa", [(1, 8, ("HV004",), "why")]),
    "in a string": ("x = '# hvsupport: ignore[HV004] why'", []),
    "another word": ("x = 1  # hvsupport: ignored", []),
}


@pytest.mark.parametrize(("source", "wanted"), IGNORES.values(), ids=IGNORES.keys())
def test_ignore_comment(source: str, wanted: list[tuple[int, int, tuple[str, ...], str]]) -> None:
    assert list(t.read(source + "\n").ignores) == wanted


# -- other people's code


def library() -> list[Path]:
    found = Path(sysconfig.get_paths()["stdlib"]).rglob("*.py")
    return sorted(path for path in found if "site-packages" not in path.parts)


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
