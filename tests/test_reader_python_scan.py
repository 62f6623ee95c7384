"""The searches that stand in for a slower reading give what that gives: comments, columns, nodes, blocks."""

from __future__ import annotations

import ast
import io
import tokenize
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lengths import LENGTH

from hvsupport.annotate.facts import Options
from hvsupport.annotate.readers import python
from hvsupport.annotate.readers.python import comments, walk
from hvsupport.annotate.readers.python.conditions import Under, blocks, branches
from hvsupport.annotate.readers.python.source import Source

HERE = Path(__file__).parent
#: One in three, unless there is time for all.
FILES = [*sorted(HERE.glob("*.py")), *sorted((HERE.parent / "annotate").rglob("*.py"))][:: 3 if LENGTH == 1 else 1]

PIECES = (
    *("'", '"', "'''", '"""', "\\", "\\\\", "\n", "\r\n", "#", "# 1.2", " ", "\t", "\f", "r", "b", "Rb", "u", "x", ";"),
    *("'a # b'", '"it\'s"', "'''\n#\n'''", "(", ")", "=", "é", "\U0001f600", "''", '""', "\\\n", "\\\r\n"),
)


@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_comments_are_those_that_the_tokenizer_finds(text: str) -> None:
    source = Source(text.encode())
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO("\n".join(source.lines) + "\n").readline))
        ast.parse(text)
    except (SyntaxError, ValueError, tokenize.TokenError):
        return
    expected = {each.start[0]: (each.start[1] + 1, each.string) for each in tokens if each.type == tokenize.COMMENT}
    assert comments.scan(source, 1, 1, len(source.lines)) == expected


#: Whole lines of Python, in which strings and comments hold each other's signs.
LINES = (
    "x = 'a # b'  # 1.2",
    'x = "it\'s # "#1.2',
    "x = '''\n# \\'''\n'''  # 1.2",
    r"x = r'\'#'  # '",
    'x = b"""#""#"""',
    "# it's",
    "x = 'a\\\n#b' # 1.2",
    "if x: y = '#'; z = '''#'''  # '''",
    "x = ('#'  # 1\n '#')  # 2",
    "x = '' '#' \"\"#",
    "\t# é",
    r"""x = '\'' + "\"#"  # é '""",
    "x = '''a''#'''",
    "x = 'é#'  #",
)


@given(st.lists(st.sampled_from(LINES), max_size=8), st.sampled_from(["\n", "\r\n", "\r"]))
def test_comments_of_whole_lines_are_those_that_the_tokenizer_finds(lines: list[str], end: str) -> None:
    source = Source("\n".join(lines).replace("\n", end).encode())
    tokens = tokenize.generate_tokens(io.StringIO("\n".join(source.lines) + "\n").readline)
    expected = {each.start[0]: (each.start[1] + 1, each.string) for each in tokens if each.type == tokenize.COMMENT}
    assert comments.scan(source, 1, 1, len(source.lines)) == expected


@pytest.mark.parametrize("prefix", ["f", "F", "rf", "fR", "Fr", "t", "Rt"])
def test_a_string_that_may_hold_code_is_left_to_the_parser(prefix: str) -> None:
    assert comments.scan(Source(f"x = {prefix}'a'  # 1.2".encode()), 1, 1, 1) is None


@pytest.mark.parametrize("before", ["f(", "str(", "t, ", "f = ", "b", "r", "rb", "u"])
def test_letters_that_are_no_such_prefix_need_no_parser(before: str) -> None:
    assert comments.scan(Source(f"{before}'#'  # 1.2".encode()), 1, 1, 1) == {1: (len(before) + 6, "# 1.2")}


@pytest.mark.parametrize("text", ["x = 'a", "x = '''a\n'", 'x = "a\\'], ids=repr)
def test_a_string_without_an_end_is_left_to_the_parser(text: str) -> None:
    source = Source(text.encode())
    assert comments.scan(source, 1, 1, len(source.lines)) is None


@given(st.lists(st.sampled_from(("a", "é", "語", "\U0001f600", "\n", "\r\n", "\r", " ")), max_size=30).map("".join))
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"], ids=["plain", "bom"])
def test_columns_and_offsets_are_those_of_encoded_text(bom: bytes, text: str) -> None:
    source = Source(bom + text.encode())
    start = len(bom)
    position = 0
    for number, line in enumerate(source.lines, 1):
        for column in range(1, len(line) + 2):
            prefix = line[: column - 1]
            assert source.offset(number, column) == start + len(prefix.encode())
            assert source.position(number, column) == position + len(prefix)
            if column <= len(line):
                assert source.place(position + len(prefix)) == (number, column)
        encoded = line.encode()
        for count in range(len(encoded) + 1):
            assert source.column(number, count) == len(encoded[:count].decode("utf-8", "ignore")) + 1
        end = 2 if source.text.startswith("\r\n", position + len(line)) else 1
        start, position = start + len(encoded) + end, position + len(line) + end


#: Nodes that hold nothing and say nothing of names.
SIGNS = (ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_nodes_and_blocks_are_those_of_the_slower_walks(path: Path) -> None:
    tree = ast.parse(path.read_bytes())
    wanted = [each for each in ast.walk(tree) if not isinstance(each, SIGNS)]
    assert list(map(id, walk.nodes(tree))) == list(map(id, wanted))
    for each in wanted:
        inner = [one for one in ast.iter_child_nodes(each) if not isinstance(one, SIGNS)]
        assert list(map(id, walk.children(each))) == list(map(id, inner))
    for statement in (each for each in ast.walk(tree) if isinstance(each, ast.stmt)):
        assert blocks(statement) == [block for block, _ in branches(statement, Under())]


STATEMENTS = """
if a:
    x
elif TYPE_CHECKING:
    x
elif not 0:
    y
else:
    z
---
if 0:
    x
---
while a:
    x
else:
    y
---
for a in b:
    x
---
try:
    x
except A:
    y
else:
    z
finally:
    w
---
match a:
    case 1:
        x
    case _:
        y
---
with a:
    x
---
x = 1
"""


@pytest.mark.parametrize("text", STATEMENTS.strip().split("\n---\n"))
def test_blocks_are_those_that_stand_under_conditions(text: str) -> None:
    (statement,) = ast.parse(text).body
    assert blocks(statement) == [block for block, _ in branches(statement, Under())]


@pytest.mark.parametrize("value", ["1", "'é'", "f'x'"])
def test_many_entries_on_one_line_are_looked_at_once(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = []
    scan = comments.scan

    def counted(source: Source, line: int, column: int, last: int) -> comments.Comments | None:
        looked.append(line)
        return scan(source, line, column, last)

    monkeypatch.setattr(comments, "scan", counted)
    entries = "; ".join(f"a{number} = {value}" for number in range(50))
    facts = python.read("a.py", f"class A: {entries}  # 1.2\n".encode(), Options())
    assert len(facts.classes[0].members) == 50
    assert {mark.text for member in facts.classes[0].members for mark in member.marks} == {"# 1.2"}
    assert looked == [1]
