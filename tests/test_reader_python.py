"""The reader of Python: what stands beside an entry."""

from __future__ import annotations

import re

import pytest
import tree_builder as t
from python_carriers import CLASS_LINES, HEADERS, PROSE, TABLES, check_places

from hvsupport.annotate.facts import FileFacts

# -- what must not be taken for an annotation, and what must not be touched


@pytest.mark.parametrize("source", PROSE.values(), ids=PROSE.keys())
def test_no_carrier(source: str) -> None:
    assert t.all_marks(t.read(source)) == []


# -- comments: the case is written so that every comment "# <digit>..." belongs to the entry it names


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
