"""The Markdown extension that finds blocks: fences whose language is ``hvsupport``.

Python-Markdown's own fences know no options over several lines, so blocks are taken out before these see them. Fences
inside other fences are examples, and stay.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from markdown import Markdown
from markdown.extensions import Extension
from markdown.preprocessors import Preprocessor

from hvsupport.annotate.patterns import regex

from .request import LANGUAGE

#: From the words behind the language, the lines between the fences (None if it is not closed) and the number of the
#: first line to HTML that begins with a block element.
Maker = Callable[[str, "Sequence[str] | None", int], str]
_OPENS = regex(r"( *)(`{3,}|~{3,})[ \t]*([^\s`{]*)[ \t]*([^`]*)")
#: Before the extensions that know fences (25) and HTML (20), and after line ends are normalized (30).
_PRIORITY = 28


class Fences(Extension):
    """Replaces each block by what ``make`` returns.

    Args:
        nested: whether blocks may be indented, as in lists and tabs where an extension allows that; else four spaces
            make them an example.
    """

    def __init__(self, make: Maker, nested: bool = False) -> None:
        super().__init__()
        self.make, self.nested = make, nested

    def extendMarkdown(self, md: Markdown) -> None:
        """Called by Markdown."""
        md.preprocessors.register(_Blocks(md, self.make, 100 if self.nested else 3), LANGUAGE, _PRIORITY)


class _Blocks(Preprocessor):
    def __init__(self, md: Markdown, make: Maker, deepest: int) -> None:
        super().__init__(md)
        self.make, self.deepest = make, deepest

    def run(self, lines: list[str]) -> list[str]:
        """Replace all blocks by placeholders for their HTML."""
        out: list[str] = []
        at = 0
        while at < len(lines):
            opened = _OPENS.fullmatch(lines[at])
            if opened is None or len(opened[1]) > self.deepest:
                out.append(lines[at])
                at += 1
                continue
            end = _closes(lines, at + 1, opened[2])
            inner = None if end is None else lines[at + 1 : end]
            if opened[3] != LANGUAGE:
                # An unclosed fence is ordinary text to Markdown.
                stop = at + 1 if end is None else end + 1
                out += lines[at:stop]
            else:
                stop = len(lines) if end is None else end + 1
                held = self.md.htmlStash.store(self.make(opened[4].strip(), inner, at + 1))
                out += ["", opened[1] + held, ""]
            at = stop
        return out


def _closes(lines: Sequence[str], start: int, fence: str) -> int | None:
    """The line that closes a fence."""
    for at in range(start, len(lines)):
        text = lines[at].strip()
        if len(text) >= len(fence) and set(text) == {fence[0]}:
            return at
    return None
