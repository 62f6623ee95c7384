"""The exact comments beside entries, read with libcst.

libcst is slow on whole files, so it is given only what can carry annotations, and of that only where a ``#`` may
stand in a string: the header of a ``def`` or ``class`` with its body replaced, and table statements. All such pieces
of a file are parsed in one go; lines keep their numbers and columns because the pieces are whole lines.
"""

from __future__ import annotations

import ast
import io
import tokenize
from typing import NamedTuple

from .source import Source

Comments = dict[int, tuple[int, str]]
_INDENT = " \t\f"


class Piece(NamedTuple):
    """Consecutive lines of a file; a body is replaced, and columns are kept."""

    first: int
    lines: tuple[str, ...]

    @property
    def may_hold_comment(self) -> bool:
        """Whether a ``#`` stands anywhere in it; most pieces are done with this."""
        return any("#" in line for line in self.lines)

    @property
    def is_indented(self) -> bool:
        """Whether it stands inside a block."""
        return self.lines[0][:1] in (" ", "\t")


class Header(NamedTuple):
    """The header of a ``def`` or ``class`` statement.

    Attributes:
        piece: its lines with the body replaced.
        colon_line: the line of its colon where a body on the same line tells, else None: see ``colon_line``.
        ends_line: the line of the colon may get a comment behind it.
    """

    piece: Piece
    colon_line: int | None
    ends_line: bool


def header(source: Source, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> Header:
    """Cut the header out of a statement."""
    body, last = node.body[0], node.body[-1]
    body_line, body_column = _begin(source, body)
    before = source.lines[body_line - 1][: body_column - 1]
    if not before.strip(_INDENT) and body_line > node.lineno:
        lines = _lines(source, node, body_line - 1)
        indent = lines[0][: len(lines[0]) - len(lines[0].lstrip(_INDENT))]
        return Header(Piece(node.lineno, (*lines, indent + " pass")), None, True)
    end_line = last.end_lineno or last.lineno
    if end_line > body_line:
        return Header(statement(source, node), body_line, False)
    end_column = source.column(end_line, last.end_col_offset or 0)
    *lines, text = _lines(source, node, body_line)
    text = text[: body_column - 1] + "0".ljust(end_column - body_column) + text[end_column - 1 :]
    return Header(Piece(node.lineno, (*lines, text)), body_line, True)


def _begin(source: Source, node: ast.stmt) -> tuple[int, int]:
    """Line and column at which a statement begins, its decorators included."""
    decorators = getattr(node, "decorator_list", None)
    if not decorators:
        return node.lineno, source.column(node.lineno, node.col_offset)
    line = decorators[0].lineno
    while line > 1 and not source.lines[line - 1].lstrip(_INDENT).startswith("@"):
        line -= 1
    text = source.lines[line - 1]
    return line, len(text) - len(text.lstrip(_INDENT)) + 1


def statement(source: Source, node: ast.stmt) -> Piece:
    """The whole lines a statement stands on."""
    return Piece(node.lineno, tuple(_lines(source, node, node.end_lineno or node.lineno)))


def _lines(source: Source, node: ast.stmt, last: int) -> list[str]:
    """The lines of a statement up to ``last``; whatever stands before it on its first line is blanked.

    What stands there is another statement, ``else:``, or a form feed, whose columns libcst does not count.
    """
    lines = source.lines[node.lineno - 1 : last]
    column = source.column(node.lineno, node.col_offset)
    if lines[0][: column - 1].strip(" \t"):
        lines[0] = " " * (column - 1) + lines[0][column - 1 :]
    return lines


def colon_line(head: Header, comments: Comments) -> int:
    """The line of the colon that ends a header."""
    if head.colon_line is not None:
        return head.colon_line
    piece = head.piece
    for index in range(len(piece.lines) - 2, -1, -1):
        line = piece.lines[index]
        column, _ = comments.get(piece.first + index, (len(line) + 1, ""))
        if ":" in line[: column - 1]:
            return piece.first + index
    return piece.first


def read(pieces: list[Piece]) -> tuple[Comments, list[tuple[int, str]]]:
    """Find the comments of all pieces.

    Returns:
        Line number -> column and text of the comment on it; and the lines of pieces that libcst cannot read, with
        what it said.
    """
    comments: Comments = {}
    rest = []
    for piece in dict.fromkeys(pieces):
        if piece.may_hold_comment:
            plain = _without_quotes(piece)
            comments.update(plain or {})
            rest += [piece] if plain is None else []
    if not rest:
        return comments, []
    try:
        return {**comments, **_parse(sorted(rest))}, []
    except ValueError:
        found, failed = _one_by_one(sorted(rest))
        return {**comments, **found}, failed


def _without_quotes(piece: Piece) -> Comments | None:
    """The comments of a piece in which no string can begin before a ``#``; None where one may.

    Outside of strings every ``#`` begins a comment, so that nothing has to be parsed: most headers are like that.
    """
    comments: Comments = {}
    for line, text in enumerate(piece.lines, piece.first):
        code, sign, _ = text.partition("#")
        if '"' in code or "'" in code:
            return None
        if sign:
            comments[line] = (len(code) + 1, text[len(code) :])
    return comments


def _one_by_one(pieces: list[Piece]) -> tuple[Comments, list[tuple[int, str]]]:
    comments: Comments = {}
    failed = []
    for piece in pieces:
        try:
            comments.update(_parse([piece]))
        except ValueError as error:  # noqa: PERF203 - the piece that fails is what is looked for
            found = _tokenized(piece)
            comments.update(found or {})
            failed += [(piece.first, str(error))] if found is None else []
    return comments, failed


def _tokenized(piece: Piece) -> Comments | None:
    """The comments of a piece that is too deep for libcst, or newer than it; None when Python cannot read it either."""
    lines = io.StringIO("\n".join(piece.lines) + "\n")
    try:
        tokens = [token for token in tokenize.generate_tokens(lines.readline) if token.type == tokenize.COMMENT]
    except (SyntaxError, tokenize.TokenError):
        return None
    return {piece.first + token.start[0] - 1: (token.start[1] + 1, token.string) for token in tokens}


def _parse(pieces: list[Piece]) -> Comments:
    """Raises ValueError when a piece does not parse."""
    import libcst
    from libcst.metadata import MetadataWrapper, PositionProvider

    text: list[str] = []
    origin: list[int] = []
    for piece in pieces:
        if piece.is_indented:
            text.append("if 1:")
            origin.append(0)
        text += piece.lines
        origin += range(piece.first, piece.first + len(piece.lines))
    try:
        module = libcst.parse_module("\n".join(text) + "\n")
        positions = MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)
    except libcst.ParserSyntaxError as error:
        raise ValueError(error.message) from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return {
        origin[position.start.line - 1]: (position.start.column + 1, node.value)
        for node, position in positions.items()
        if isinstance(node, libcst.Comment)
    }
