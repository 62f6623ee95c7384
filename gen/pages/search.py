"""The page that searches the whole site, and the index that it searches: entries, drivers, protocols, notes, prose.

The index is a script with one value, because pages that are read from a disk cannot fetch data.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser

from hvsupport.annotate.model import Interface

from ..celltext import cell_notes
from ..names import HUB, SEARCH, SEARCH_INDEX, SEARCH_SCRIPT, InterfaceNames, relative
from .cells import entry_sub
from .documents import Document
from .frame import Site
from .parts import Frame, Link

#: Kinds of results, as numbers in the index.
KINDS = ("Entry point", "Driver", "Protocol", "Note", "Documentation")
_ENTRY, _DRIVER, _PROTOCOL, _NOTE, _PROSE = range(len(KINDS))
_HEADINGS = frozenset({"h1", "h2", "h3", "h4"})
#: Kind, title, where it belongs, address, further text.
Item = tuple[int, str, str, str, str]


@dataclass(frozen=True, slots=True)
class SearchPage:
    """The page that searches.

    Attributes:
        label: of the box; ``lead`` says what is searched.
        none, one, some, more: the result, with ``{count}`` and ``{total}``.
        without: what to do without JavaScript, with a link.
        kinds: words for the kinds of results, in the order of their numbers.
    """

    frame: Frame
    heading: str
    label: str
    lead: str
    none: str
    one: str
    some: str
    more: str
    without: str
    every: Link
    kinds: str
    index: str
    finder: str


def search_page(site: Site) -> SearchPage:
    """The page; the index is a file of its own."""
    return SearchPage(
        frame=site.frame(SEARCH, "Search", f"Search {site.title}", SEARCH),
        heading="Search",
        label="Search the whole site",
        lead="Entry points, drivers, protocols, notes and documentation.",
        none="Nothing matches. Shorten the search.",
        one="1 result",
        some="{count} results",
        more="The first {count} of {total} results",
        without="The search needs JavaScript.",
        every=Link("All support matrices", relative(SEARCH, HUB)),
        kinds="|".join(KINDS),
        index=SEARCH_INDEX,
        finder=SEARCH_SCRIPT,
    )


def search_index(site: Site, documents: Sequence[Document]) -> bytes:
    """The index as a script in ASCII: ``hvsupportIndex``, a list of ``[kind, title, where, address, text]``."""
    pairs = zip(site.catalogue.interfaces, site.names.interfaces, strict=True)
    items = [item for interface, names in pairs for item in _of_interface(interface, names)]
    for family, addresses in zip(site.catalogue.protocols, site.names.families, strict=True):
        for protocol in family.protocols:
            address = f"{addresses.page}#{addresses.protocols[protocol.key]}"
            steps = ", ".join(step.name for step in protocol.steps)
            items.append((_PROTOCOL, protocol.title, steps, address, ""))
    items += [item for document in documents for item in _of_document(document)]
    lines = ",\n".join(json.dumps(item, separators=(",", ":")) for item in items)
    return f"const hvsupportIndex = [\n{lines}\n];\n".encode("ascii")


def _of_interface(interface: Interface, names: InterfaceNames) -> Iterator[Item]:
    for entry in interface.entries:
        text = " ".join(filter(None, (entry_sub(entry, {}), entry.doc)))
        yield _ENTRY, entry.api, interface.title, names.entry_pages[entry.name], text
    for driver in interface.drivers:
        yield _DRIVER, driver.title, interface.title, names.pages[driver.id], driver.id
    seen = set()
    for driver, entry, cell in interface.walk():
        for note in cell_notes(cell):
            if (note, entry.name) not in seen:
                seen.add((note, entry.name))
                address = f"{names.matrix}#{names.cell(driver.id, entry.name)}"
                yield _NOTE, f"{driver.title}, {entry.api}", interface.title, address, note


def _of_document(document: Document) -> Iterator[Item]:
    for anchor, heading, text in sections(document.body):
        where = "" if heading in ("", document.title) else document.title
        yield _PROSE, heading or document.title, where, document.path + (f"#{anchor}" if anchor else ""), text


def sections(body: str) -> Iterable[tuple[str, str, str]]:
    """Id, heading and text of each part of a page; the part before the first heading has neither id nor heading."""
    reader = _Sections()
    reader.feed(body)
    reader.close()
    found = (("".join(text).split() for text in part) for part in reader.parts)
    for (anchor, _, _), words in zip(reader.parts, found, strict=True):
        _, heading, text = (" ".join(each) for each in words)
        if heading or text:
            yield "".join(anchor), heading, text


class _Sections(HTMLParser):
    """The parts of a page, each as lists of texts: id, heading, text."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[tuple[list[str], list[str], list[str]]] = [([], [], [])]
        self.at = 2
        self.mark = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A heading begins a part; other blocks part words."""
        if tag in _HEADINGS:
            self.parts.append(([dict(attrs).get("id") or ""], [], []))
            self.at = 1
        elif tag == "a" and ("class", "headerlink") in attrs:
            self.mark = True
        elif tag not in ("a", "code", "em", "strong", "wbr", "span"):
            self.parts[-1][self.at].append(" ")

    def handle_endtag(self, tag: str) -> None:
        """After its heading comes the text of a part."""
        self.mark = self.mark and tag != "a"
        if tag in _HEADINGS:
            self.at = 2

    def handle_data(self, data: str) -> None:
        """Keep a text, but not the sign that links to a heading."""
        if not self.mark:
            self.parts[-1][self.at].append(data)
