"""The paragraphs of POD, as far as a tab in them may show on the rendered page.

Pod::Simple folds white space in ordinary paragraphs and commands, and expands tabs in verbatim ones at column 8,
counting characters. What stands between ``=begin`` and ``=end`` belongs to another formatter, and is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

ORDINARY, VERBATIM, FOREIGN = "ordinary", "verbatim", "foreign"
_PARAGRAPH = re.compile(rb"(?:[^\S\r\n]*(?:\r\n|\r|\n))*(?P<text>(?:[^\S\r\n]*\S[^\r\n]*(?:\r\n|\r|\n|\Z))+)")
_BEGIN = re.compile(rb"=begin[ \t]+(\S+)")
_END = re.compile(rb"=end\b")
_FOR = re.compile(rb"=for[ \t]+(\S+)")
# The sign comes first, so that the search can leap from one to the next.
_BEGINNING = re.compile(rb"=(?<![^\r\n]=)[A-Za-z]")
_CUT = re.compile(rb"[\n\r]=cut\b[^\r\n]*")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A stretch of POD up to the start of the next: its kind, and where it begins."""

    start: int
    kind: str


def paragraphs(body: bytes, start: int, end: int) -> list[Paragraph]:
    """The paragraphs of a block of POD, blank lines before each included.

    Args:
        body: the whole text.
        start: where the block begins.
        end: where it ends.
    """
    return list(_paragraphs(body, start, end))


def _paragraphs(body: bytes, start: int, end: int) -> Iterator[Paragraph]:
    open_formats: list[bytes] = []
    previous = ORDINARY
    for found in _PARAGRAPH.finditer(body, start, end):
        text = found["text"]
        kind = _kind(text, open_formats)
        # White space on the blank lines between two verbatim paragraphs is printed as it stands.
        yield Paragraph(found.start(), VERBATIM if previous == VERBATIM else kind)
        yield Paragraph(found.start("text"), kind)
        previous = kind


def _kind(text: bytes, open_formats: list[bytes]) -> str:
    began, ended, single = _BEGIN.match(text), _END.match(text), _FOR.match(text)
    if began is not None:
        open_formats.append(began[1])
        return ORDINARY
    if ended is not None:
        del open_formats[-1:]
        return ORDINARY
    if any(not name.startswith(b":") for name in open_formats):
        return FOREIGN
    if single is not None and not single[1].startswith(b":"):
        return FOREIGN
    return VERBATIM if text[:1] in b" \t" else ORDINARY


def blocks(body: bytes, start: int, end: int) -> list[tuple[int, int]]:
    """The blocks of POD in text that is not code, such as what follows ``__END__``."""
    found = []
    while (begin := _BEGINNING.search(body, start, end)) is not None:
        cut = _CUT.search(body, begin.start(), end)
        start = end if cut is None else cut.end()
        found.append((begin.start(), start))
    return found
