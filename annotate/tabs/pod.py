"""The paragraphs of POD, classified by the effect of a tab on the rendered page.

Pod::Simple collapses white space in ordinary paragraphs and commands, and expands tabs in verbatim ones to multiples
of 8 characters. Text between ``=begin`` and ``=end`` is for another formatter and keeps its tabs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..patterns import regex

ORDINARY, VERBATIM, FOREIGN = "ordinary", "verbatim", "foreign"
_PARAGRAPH = regex(rb"(?:[^\S\r\n]*(?:\r\n|\r|\n))*(?P<text>(?:[^\S\r\n]*\S[^\r\n]*(?:\r\n|\r|\n|\Z))+)")
_BEGIN = regex(rb"=begin[ \t]+(\S+)")
_END = regex(rb"=end\b")
_FOR = regex(rb"=for[ \t]+(\S+)")
# A literal first character makes the search fast.
_BEGINNING = regex(rb"=(?<![^\r\n]=)[A-Za-z]")
_CUT = regex(rb"[\n\r]=cut\b[^\r\n]*")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Start and kind of a paragraph, which extends to the next one."""

    start: int
    kind: str


def paragraphs(body: bytes, start: int, end: int) -> list[Paragraph]:
    """The paragraphs of a block of POD, including blank lines before each.

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
        # White space on blank lines after a verbatim paragraph is printed as written.
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
    """The blocks of POD in text outside code, such as after ``__END__``."""
    found = []
    while (begin := _BEGINNING.search(body, start, end)) is not None:
        cut = _CUT.search(body, begin.start(), end)
        start = end if cut is None else cut.end()
        found.append((begin.start(), start))
    return found
