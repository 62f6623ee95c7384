"""What can carry an annotation beside an entry, and where another comment would go."""

import ast
import re

from ...facts import Mark
from ...patterns import regex
from ...records import NamedTuple
from . import body, comments, docstrings
from .source import Source


class Carried(NamedTuple):
    """The carriers of one entry.

    Attributes:
        marks: in the order: comments, decorators, directives.
        insert: offset at which a comment can be appended, or -1.
        lines: the lines on which its comment may stand.
    """

    marks: tuple[Mark, ...]
    insert: int
    lines: set[int]


NOTHING = Carried((), -1, set())


def of_header(
    source: Source, node: comments.Head, head: comments.Header, notes: comments.Comments, decorators: tuple[str, ...]
) -> Carried:
    """The carriers of a ``def`` or ``class``."""
    colon = comments.colon_line(source, head, notes)
    lines = {node.lineno, colon}
    marks = comment_marks(source, notes, lines) + _of_decorators(source, node, decorators)
    marks += docstrings.marks(source, node)
    return Carried(marks, append_at(source, colon, notes) if head.ends_line else -1, lines)


#: What may stand behind a name in an import, a statement, or an entry of a table, so that a comment can follow.
_BEHIND_NAME, _BEHIND_STATEMENT = regex(r"[ \t\f,);]*"), regex(r"[ \t\f;]*")
_BEHIND_SLOT = regex(r"[ \t\f,)}\];]*")


def of_statement(source: Source, node: ast.stmt | ast.alias, notes: comments.Comments) -> Carried:
    """The carriers of a simple statement, or of one name of an import."""
    end = node.end_lineno or node.lineno
    lines = {node.lineno, end}
    behind = _BEHIND_STATEMENT if isinstance(node, ast.stmt) else _BEHIND_NAME
    ends = _is_behind(source, end, source.column(end, node.end_col_offset or 0), notes, behind)
    return Carried(comment_marks(source, notes, lines), append_at(source, end, notes) if ends else -1, lines)


def ends_slot(source: Source, line: int, column: int, notes: comments.Comments) -> bool:
    """Whether nothing but brackets and commas follows an entry of a table on its line, its comment aside."""
    return _is_behind(source, line, column, notes, _BEHIND_SLOT)


def _is_behind(source: Source, line: int, column: int, notes: comments.Comments, what: re.Pattern[str]) -> bool:
    """Whether a line holds nothing else from a column on, its comment aside."""
    text = source.lines[line - 1]
    return what.fullmatch(text, column - 1, notes[line][0] - 1 if line in notes else len(text)) is not None


def rest_of_line(source: Source, line: int, column: int, notes: comments.Comments) -> str:
    """What follows on a line from a column on, its comment aside."""
    text = source.lines[line - 1]
    return text[column - 1 : notes[line][0] - 1 if line in notes else len(text)]


def comment_marks(source: Source, notes: comments.Comments, lines: set[int]) -> tuple[Mark, ...]:
    """The comments on some lines, as marks."""
    if notes.keys().isdisjoint(lines):
        return ()
    found = []
    for line in sorted(lines):
        if line in notes:
            column, text = notes[line]
            start = source.offset(line, column)
            found.append(Mark("comment", text, line, column, start, source.offset(line, column + len(text))))
    return tuple(found)


def append_at(source: Source, line: int, notes: comments.Comments) -> int:
    """Offset behind the text of a line where a comment can follow, or -1 behind a line continuation."""
    column = source.end_of(line)
    if line not in notes and source.lines[line - 1].endswith("\\", 0, column - 1):
        return -1
    return source.offset(line, column)


def shared(marks: tuple[Mark, ...]) -> tuple[Mark, ...]:
    """Comments that stand beside two entries at once."""
    return tuple(mark._replace(carrier="shared") if mark.carrier == "comment" else mark for mark in marks)


def _of_decorators(source: Source, node: comments.Head, names: tuple[str, ...]) -> tuple[Mark, ...]:
    return tuple(_of_decorator(source, each) for each in node.decorator_list if _is_since(each, names))


def _is_since(decorator: ast.expr, names: tuple[str, ...]) -> bool:
    name = body.dotted(decorator.func if isinstance(decorator, ast.Call) else decorator)
    return name is not None and (name in names or name.rpartition(".")[2] in names)


def _of_decorator(source: Source, decorator: ast.expr) -> Mark:
    """The first string of a decorator; without one it is no release, which the mark shows."""
    given = [*decorator.args, *(each.value for each in decorator.keywords)] if isinstance(decorator, ast.Call) else []
    strings = [each for each in given if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    if strings:
        return _of_string(source, strings[0], str(strings[0].value))
    column = source.column(decorator.lineno, decorator.col_offset)
    return Mark("decorator", body.source(given[0]) if given else "", decorator.lineno, column, -1, -1)


def _of_string(source: Source, node: ast.expr, text: str) -> Mark:
    """The text between the quotes; it cannot be edited where the source spells it in another way."""
    line, column = node.lineno, source.column(node.lineno, node.col_offset)
    written = source.lines[line - 1][column - 1 :]
    if not (written[:1] in ("'", '"') and written.startswith(text + written[0], 1)):
        return Mark("decorator", text, line, column, -1, -1)
    start = source.offset(line, column + 1)
    return Mark("decorator", text, line, column + 1, start, source.offset(line, column + 1 + len(text)))
