"""The exact comments beside entries, read with libcst.

libcst is slow on whole files, so it is given only what can carry annotations, and of that only what holds a ``#`` at
all: the header of a ``def`` or ``class`` with its body replaced by ``pass``, and table statements. All such pieces of a
file are parsed in one go; lines keep their numbers and columns because the pieces are whole lines.
"""

from __future__ import annotations

import ast
from typing import NamedTuple

from .source import Source

Comments = dict[int, tuple[int, str]]
_INDENT = " \t\f"


class Piece(NamedTuple):
    """Consecutive lines of a file, the last one possibly cut and completed with ``pass``."""

    first: int
    lines: tuple[str, ...]

    @property
    def may_hold_comment(self) -> bool:
        """Whether a ``#`` stands anywhere in it; most pieces are done with this."""
        return any("#" in line for line in self.lines)


class Header(NamedTuple):
    """The header of a ``def`` or ``class`` statement.

    Attributes:
        piece: its lines with the body replaced.
        colon_line: filled in by ``locate_colon`` once comments are known.
        ends_line: the line of the colon may get a comment behind it.
    """

    piece: Piece
    ends_line: bool


def header(source: Source, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> Header:
    """Cut the header out of a statement."""
    body, last = node.body[0], node.body[-1]
    body_line, body_column = _begin(source, body)
    before = source.lines[body_line - 1][: body_column - 1]
    if not before.strip(_INDENT) and body_line > node.lineno:
        lines = (*source.lines[node.lineno - 1 : body_line - 1], before + "pass")
        return Header(Piece(node.lineno, lines), True)
    end_line = last.end_lineno or last.lineno
    tail = ""
    if end_line == body_line:
        tail = source.lines[body_line - 1][source.column(end_line, last.end_col_offset or 0) - 1 :]
    lines = (*source.lines[node.lineno - 1 : body_line - 1], before + "pass" + tail)
    return Header(Piece(node.lineno, lines), end_line == body_line)


def _begin(source: Source, node: ast.stmt) -> tuple[int, int]:
    """Line and column at which a statement begins, its decorators included."""
    decorators = getattr(node, "decorator_list", None)
    if decorators:
        line = decorators[0].lineno
        text = source.lines[line - 1]
        return line, len(text) - len(text.lstrip(_INDENT)) + 1
    return node.lineno, source.column(node.lineno, node.col_offset)


def statement(source: Source, node: ast.stmt) -> Piece:
    """The whole lines a statement stands on."""
    return Piece(node.lineno, tuple(source.lines[node.lineno - 1 : node.end_lineno]))


def colon_line(head: Header, comments: Comments) -> int:
    """The line of the colon that ends a header."""
    piece = head.piece
    for index in range(len(piece.lines) - 1, -1, -1):
        line = piece.lines[index]
        column, _ = comments.get(piece.first + index, (len(line) + 1, ""))
        text = line[: column - 1]
        if index == len(piece.lines) - 1:
            text = text.rpartition("pass")[0]
        if ":" in text:
            return piece.first + index
    return piece.first


def read(pieces: list[Piece]) -> tuple[Comments, list[tuple[int, str]]]:
    """Find the comments of all pieces.

    Returns:
        Line number -> column and text of the comment on it; and the lines of pieces that libcst cannot read, with
        what it said.
    """
    wanted = sorted({piece for piece in pieces if piece.may_hold_comment})
    if not wanted:
        return {}, []
    try:
        return _parse(wanted), []
    except ValueError:
        return _one_by_one(wanted)


def _one_by_one(pieces: list[Piece]) -> tuple[Comments, list[tuple[int, str]]]:
    comments: Comments = {}
    failed = []
    for piece in pieces:
        try:
            comments.update(_parse([piece]))
        except ValueError as error:  # noqa: PERF203 - the piece that fails is what is looked for
            failed.append((piece.first, str(error)))
    return comments, failed


def _parse(pieces: list[Piece]) -> Comments:
    """Raises ValueError when a piece does not parse."""
    import libcst
    from libcst.metadata import MetadataWrapper, PositionProvider

    text: list[str] = []
    origin: list[int] = []
    for piece in pieces:
        if piece.lines[0][:1] in _INDENT:
            text.append("if 1:")
            origin.append(0)
        text += piece.lines
        origin += range(piece.first, piece.first + len(piece.lines))
    try:
        module = libcst.parse_module("\n".join(text) + "\n")
    except libcst.ParserSyntaxError as error:
        raise ValueError(error.message) from None
    positions = MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)
    return {
        origin[position.start.line - 1]: (position.start.column + 1, node.value)
        for node, position in positions.items()
        if isinstance(node, libcst.Comment)
    }
