"""The frame around every page, and what the makers of pages need to know of the whole site."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from hvsupport.annotate import __version__
from hvsupport.annotate.catalogue import Catalogue
from hvsupport.annotate.findings import Finding
from hvsupport.annotate.model import Place

from ..names import EXPORT, FINDINGS, HUB, INDEX, SCHEMA, SCRIPT, STYLESHEET, Names, relative
from .parts import Frame, Link, Text
from .steps import Steps

#: Stands beside an entry that is a step of a protocol.
STEP_MARK = "⇄"

#: Nothing is loaded from any other host, nothing inline is run, nothing is sent anywhere.
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'"
)


@dataclass(frozen=True, slots=True)
class Site:
    """The whole of what is published, as the makers of single pages see it.

    Attributes:
        catalogue: everything read.
        names: the address of everything.
        findings: all, in the order in which they are reported.
        by_cell: ``(driver id, entry name)`` -> the findings about it.
        repository: URL pattern of a source line with ``{path}`` and ``{line}``, or None.
        documents: title and path of each of the user's pages, in their order.
        steps: which entries are steps of protocols.
    """

    catalogue: Catalogue
    names: Names
    findings: tuple[Finding, ...] = ()
    by_cell: Mapping[tuple[str, str], tuple[Finding, ...]] = field(default_factory=dict)
    repository: str | None = None
    documents: tuple[tuple[str, str], ...] = ()
    steps: Steps = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What the site is called."""
        return self.catalogue.title or "Driver support"

    def place(self, place: Place) -> Text:
        """A place, with a link to the source where the config says how to make one."""
        return Text(place.short, source_link(self.repository, place))

    def codes(self, driver: str, entry: str) -> tuple[str, ...]:
        """Codes of the findings about one cell, sorted, each once."""
        return tuple(sorted({finding.code for finding in self.by_cell.get((driver, entry), ())}))

    def step_links(self, here: str, interface: str, entry: str) -> tuple[Link, ...]:
        """From an entry to the protocols that it is a step of, one link for each family."""
        found = self.steps.get((interface, entry), ())
        return tuple(Link(STEP_MARK, relative(here, address), title=words) for words, address in found)

    def frame(self, here: str, title: str, description: str, current: str) -> Frame:
        """The frame of the page at ``here``; ``current`` is the path that the header marks."""
        release = self.catalogue.release
        whole = self.title if title == self.title else f"{title} · {self.title}"
        return Frame(
            title=whole,
            description=description,
            site=Link(self.title, relative(here, INDEX), here == INDEX),
            release=f"for release {release}" if release else None,
            nav=tuple(Link(text, relative(here, path), path == current) for text, path in self._nav()),
            stylesheet=relative(here, STYLESHEET),
            script=relative(here, SCRIPT),
            policy=POLICY,
            generator=f"hvsupport {__version__}",
            skip=Link("Skip to the content", "#ui:main"),
            nav_label="Site",
            alarm=self._alarm(here),
            alarm_text="in the tree this site was made from",
            data=(Link("Data as JSON", relative(here, EXPORT)), Link("JSON Schema", relative(here, SCHEMA))),
            footer=f"Made by hvsupport {__version__} from the drivers' own method tables.",
        )

    def _nav(self) -> list[tuple[str, str]]:
        links = [("Overview", INDEX), ("Support matrices" if self.names.several else "Support matrix", HUB)]
        if self.names.families:
            links.append(("Protocols", self.names.families[0].page))
        if self.documents:
            links.append(("Documentation", self.documents[0][1]))
        return links

    def _alarm(self, here: str) -> Link | None:
        if not self.findings:
            return None
        return Link(counted(len(self.findings), "finding"), relative(here, FINDINGS), here == FINDINGS)


def source_link(pattern: str | None, place: Place) -> str | None:
    """The address of a source line; None without a pattern, or where the pattern is no address on the web."""
    if pattern is None or not is_web(pattern):
        return None
    return pattern.replace("{path}", quote(place.path)).replace("{line}", str(place.line))


def is_web(address: str | None) -> bool:
    """Whether an address may be linked to: anything but http and https could run something."""
    return address is not None and address.lower().startswith(("https://", "http://"))


def counted(number: int, word: str, plural: str | None = None) -> str:
    """``1 driver``, ``2 drivers``."""
    return f"{number} {word if number == 1 else plural or word + 's'}"
