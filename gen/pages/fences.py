"""The Markdown extension that finds blocks: fences whose language is ``hvsupport``.

Python-Markdown's own fences know no options over several lines, so blocks are taken out before these see them. Fences
inside other fences are examples, and stay.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.extensions import Extension
from markdown.preprocessors import Preprocessor
from markdown.treeprocessors import Treeprocessor

from hvsupport.annotate.patterns import regex

from .request import LANGUAGE, SCHEME

#: From the words behind the language, the lines between the fences (None if it is not closed) and the number of the
#: first line to HTML that begins with a block element.
Maker = Callable[[str, "Sequence[str] | None", int], str]
_OPENS = regex(r"( *)(`{3,}|~{3,})[ \t]*([^\s`{]*)[ \t]*([^`]*)")
#: Before the extensions that know fences (25) and HTML (20), and after line ends are normalized (30).
_PRIORITY = 28
#: After the inline patterns (20), which make links, and after MkDocs (0) has judged them.
_LAST = -1


class Fences(Extension):
    """Replaces each block by what ``make`` returns.

    Args:
        link: from a name to the address of an entry or driver; None to leave links alone.
        nested: whether blocks may be indented, as in lists and tabs where an extension allows that; else four spaces
            make them an example.
    """

    def __init__(self, make: Maker, link: Callable[[str], str] | None = None, nested: bool = False) -> None:
        super().__init__()
        self.make, self.link, self.nested = make, link, nested

    def extendMarkdown(self, md: Markdown) -> None:
        """Called by Markdown."""
        md.preprocessors.register(_Blocks(md, self.make, 100 if self.nested else 3), LANGUAGE, _PRIORITY)
        if self.link is not None:
            md.treeprocessors.register(_Links(md, self.link), LANGUAGE, _LAST)


class _Links(Treeprocessor):
    def __init__(self, md: Markdown, link: Callable[[str], str]) -> None:
        super().__init__(md)
        self.link = link

    def run(self, root: Element) -> None:
        """Change the addresses of links such as ``hv:domain_save``."""
        for each in root.iter("a"):
            scheme, _, name = each.get("href", "").partition(":")
            if scheme == SCHEME:
                each.set("href", self.link(unquote(name)))


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
