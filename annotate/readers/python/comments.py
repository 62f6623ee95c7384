"""The exact comments beside entries.

Only what can carry annotations is looked at, and of that only where a ``#`` stands: the header of a ``def`` or
``class``, and table statements. Outside of strings every ``#`` begins a comment, and a plain string ends at its quote.
Only an f-string may hold code, comments and quotes again, which is told by the parser and the version of Python: what
holds one is given to libcst, a header with its body replaced. libcst is slow on whole files, so that all such pieces
of a file are parsed in one go; lines keep their numbers and columns because the pieces are whole lines.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator

from ...patterns import regex
from ...records import NamedTuple
from .source import Source

Comments = dict[int, tuple[int, str]]
_INDENT = " \t\f"


class Piece(NamedTuple):
    """Consecutive lines of a file; a body is replaced, and columns are kept."""

    first: int
    lines: tuple[str, ...]

    @property
    def is_indented(self) -> bool:
        """Whether it stands inside a block."""
        return self.lines[0][:1] in (" ", "\t")


Head = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class Header(NamedTuple):
    """Where the header of a ``def`` or ``class`` statement stands.

    Attributes:
        first, last: its lines; those of the whole statement where its body cannot be told from it by lines.
        colon_line: the line of its colon where a body on the same line tells, else None: see ``colon_line``.
        ends_line: the line of the colon may get a comment behind it.
    """

    first: int
    last: int
    colon_line: int | None
    ends_line: bool


def header(source: Source, node: Head) -> Header:
    """Tell the header of a statement from its body."""
    body, last = node.body[0], node.body[-1]
    line, column = _begin(source, body)
    if line > node.lineno and not source.lines[line - 1][: column - 1].strip(_INDENT):
        return Header(node.lineno, line - 1, None, True)
    end = last.end_lineno or last.lineno
    return Header(node.lineno, end, line, end <= line)


def _header_piece(source: Source, node: Head, head: Header) -> Piece:
    """The lines of a header with the body replaced, so that nothing but the header is parsed."""
    if head.colon_line is None:
        lines = _lines(source, node, head.last)
        indent = lines[0][: len(lines[0]) - len(lines[0].lstrip(_INDENT))]
        return Piece(node.lineno, (*lines, indent + " pass"))
    if not head.ends_line:
        return _statement_piece(source, node)
    _, column = _begin(source, node.body[0])
    end_column = source.column(head.last, node.body[-1].end_col_offset or 0)
    *lines, text = _lines(source, node, head.last)
    text = text[: column - 1] + "0".ljust(end_column - column) + text[end_column - 1 :]
    return Piece(node.lineno, (*lines, text))


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


def _statement_piece(source: Source, node: ast.stmt) -> Piece:
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


def colon_line(source: Source, head: Header, comments: Comments) -> int:
    """The line of the colon that ends a header."""
    if head.colon_line is not None:
        return head.colon_line
    for line in range(head.last, head.first, -1):
        text = source.lines[line - 1]
        column = comments[line][0] if line in comments else len(text) + 1
        if ":" in text[: column - 1]:
            return line
    return head.first


class Comment(NamedTuple):
    """Where to look for comments: a statement, with its header where only that counts."""

    node: ast.stmt
    head: Header | None = None


def read(source: Source, wanted: Iterable[Comment]) -> tuple[Comments, list[tuple[int, str]]]:
    """Find the comments on the lines of some statements.

    Returns:
        Line number -> column and text of the comment on it; and the lines of pieces that libcst cannot read, with
        what it said.
    """
    comments: Comments = {}
    rest: set[Piece] = set()
    done: dict[int, int] = {}
    for node, head in dict.fromkeys(wanted):
        first, last = (head.first, head.last) if head is not None else (node.lineno, node.end_lineno or node.lineno)
        if not source.has_hash(first, last):
            continue
        column = source.column(first, node.col_offset)
        if first in done and done[first] <= column and first == last:
            continue  # what stands before it on its line was looked at, and with it the end of the line
        found = scan(source, first, column, last)
        done[first] = min(column, done.get(first, column))
        if found is not None:
            comments.update(found)
        elif isinstance(node, Head) and head is not None:
            rest.add(_header_piece(source, node, head))
        else:
            rest.add(_statement_piece(source, node))
    if not rest:
        return comments, []
    try:
        return {**comments, **_parse(sorted(rest))}, []
    except ValueError:
        read_singly, failed = _one_by_one(sorted(rest))
        return {**comments, **read_singly}, failed


_SIGN = regex(r"#|\'\'\'|\"\"\"|\'|\"")
_NEXT = {quote: regex(rf"\\(?:\r\n|.)|{quote}", re.DOTALL) for quote in ("'''", '"""', "'", '"')}
_FORMATTED, _OTHER_PREFIX = frozenset("fFtT"), frozenset("rRbB")


def scan(source: Source, line: int, column: int, last: int) -> Comments | None:
    """The comments from a place outside of strings to the end of a line; None where a string may hold code.

    Args:
        line: where to begin, 1-based.
        column: the same, in code points.
        last: the last line.
    """
    text = source.text
    comments: Comments = {}
    at, end = source.position(line, column), source.position(last, len(source.lines[last - 1]) + 1)
    while sign := _SIGN.search(text, at, end):
        if sign[0] == "#":
            number, begin = source.place(sign.start())
            comments[number] = (begin, source.lines[number - 1][begin - 1 :])
            at = sign.start() + len(comments[number][1])
            continue
        if _is_formatted(text, sign.start()):
            return None
        closed = _close(text, sign, end)
        if closed is None:
            return None
        at = closed
    return comments


def _is_formatted(text: str, quote: int) -> bool:
    """Whether the letters before a quote, its prefix, make it an f-string or its like."""
    last, before = text[quote - 1 : quote], text[quote - 2 : quote - 1]
    return last in _FORMATTED or (last in _OTHER_PREFIX and before in _FORMATTED)


def _close(text: str, sign: re.Match[str], end: int) -> int | None:
    """Where a string ends; None where it does not, as in a statement that is cut off."""
    search = _NEXT[sign[0]].search
    at = sign.end()
    while found := search(text, at, end):
        at = found.end()
        if found[0] == sign[0]:
            return at
    return None


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


def all_comments(source: Source) -> Iterator[tuple[int, int, str]]:
    """Line, column and text of every comment of a file."""
    try:
        for token in tokenize.generate_tokens(io.StringIO("\n".join(source.lines) + "\n").readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.start[1] + 1, token.string
    except (tokenize.TokenError, IndentationError):
        return


_IGNORE = regex(r"#\s*hvsupport:\s*ignore\b(?:\[([^\]\n]*)\])?[ \t:]*([^#\n]*)")


def ignores(source: Source) -> Iterator[tuple[int, int, tuple[str, ...], str]]:
    """Line, column, codes and reason of each comment that asks for findings to be left out."""
    if "hvsupport:" not in source.text:
        return
    for line, column, text in all_comments(source):
        match = _IGNORE.search(text)
        if match:
            codes = tuple(code.strip() for code in (match.group(1) or "").split(",") if code.strip())
            yield line, column + match.start(), codes, match.group(2).strip()
