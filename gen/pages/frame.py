"""The frame around every page, and the site-wide data for making pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from hvsupport.annotate import __version__
from hvsupport.annotate.catalogue import Catalogue
from hvsupport.annotate.findings import Finding
from hvsupport.annotate.model import Interface, Place

from ..names import EARLY, EXPORT, FEED, FINDINGS, HUB, ICON, INDEX, SCHEMA, SCRIPT, SEARCH, STYLESHEET, Names, relative
from .parts import Frame, Link, Text
from .steps import Steps

#: Marks an entry that is a step of a protocol.
STEP_MARK = "⇄"

#: Leads past the header.
SKIP = Link("Skip to the content", "#ui:main")

#: What made the site.
GENERATOR = f"hvsupport {__version__}"

#: No resources of other hosts, no inline scripts, no forms.
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'"
)


@dataclass(frozen=True, slots=True)
class Site:
    """The site-wide data for making single pages.

    Attributes:
        findings: all, in the order of the report.
        by_cell: ``(driver id, entry name)`` -> findings about the cell.
        repository: URL pattern of a source line with ``{path}`` and ``{line}``, or None.
        documents: title and path of each of the user's pages, in order.
        steps: which entries are steps of protocols.
        releases: those that a matrix can be shown as of, oldest first.
        logo: path of the picture in the header.
        home: first page of the documentation that the site is part of, from the root of the site; None if it is alone.
        url: absolute address of the site, with a slash at its end, or None.
        has_feed: whether the site has a feed.
    """

    catalogue: Catalogue
    names: Names
    findings: tuple[Finding, ...] = ()
    by_cell: Mapping[tuple[str, str], tuple[Finding, ...]] = field(default_factory=dict)
    repository: str | None = None
    documents: tuple[tuple[str, str], ...] = ()
    steps: Steps = field(default_factory=dict)
    releases: tuple[str, ...] = ()
    logo: str = ICON
    home: str | None = None
    url: str | None = None
    has_feed: bool = False

    @property
    def title(self) -> str:
        """The title of the site."""
        return self.catalogue.title or "Driver support"

    def place(self, place: Place) -> Text:
        """A place, linked to the source if the config has a URL pattern."""
        return Text(place.short, source_link(self.repository, place))

    def codes(self, driver: str, entry: str) -> tuple[str, ...]:
        """Codes of the findings about one cell, sorted, each once."""
        return tuple(sorted({finding.code for finding in self.by_cell.get((driver, entry), ())}))

    def step_links(self, here: str, interface: str, entry: str) -> tuple[Link, ...]:
        """Links from an entry to the protocols it is a step of, one for each family."""
        found = self.steps.get((interface, entry), ())
        return tuple(Link(STEP_MARK, relative(here, address), title=words) for words, address in found)

    def frame(self, here: str, title: str, description: str, current: str, skip: Link = SKIP) -> Frame:
        """The frame of the page at ``here``; ``current`` is the path marked in the navigation."""
        release = self.catalogue.release
        whole = self.title if title == self.title else f"{title} · {self.title}"
        return Frame(
            title=whole,
            description=description,
            site=Link(self.title, relative(here, INDEX), here == INDEX),
            release=release,
            release_title=f"The page describes release {release}" if release else "",
            nav=(*self._home(here), *(Link(text, relative(here, path), path == current) for text, path in self._nav())),
            stylesheet=relative(here, STYLESHEET),
            script=relative(here, SCRIPT),
            early=relative(here, EARLY),
            icon=relative(here, ICON),
            logo=relative(here, self.logo),
            policy=POLICY,
            generator=GENERATOR,
            skip=skip,
            nav_label="Site",
            alarm=self._alarm(here),
            alarm_text="in the source tree of this site",
            data=(Link("Data as JSON", relative(here, EXPORT)), Link("JSON Schema", relative(here, SCHEMA))),
            address="" if self.url is None else self.url + quote("" if here == INDEX else here),
            card=self._card(here),
            feed=Link(f"{self.title}: changes", relative(here, FEED)) if self.has_feed else None,
            footer=f"Made from the drivers' method tables by the tool hvsupport (its version: {__version__}).",
        )

    def _card(self, here: str) -> Link | None:
        """The picture of the interface that a page is about; previews need an absolute address."""
        about = self.names.of(here)
        if self.url is None or about is None:
            return None
        interface = self.catalogue.interfaces[self.names.interfaces.index(about)]
        return Link(
            f"{interface.title}: {size(interface)}, a line of cells for each driver", self.url + quote(about.card)
        )

    def _home(self, here: str) -> tuple[Link, ...]:
        return () if self.home is None else (Link("Documentation", "../" * here.count("/") + self.home),)

    def _nav(self) -> list[tuple[str, str]]:
        links = [("Overview", INDEX), ("Support matrices" if self.names.several else "Support matrix", HUB)]
        if self.names.families:
            links.append(("Protocols", self.names.families[0].page))
        if self.documents:
            links.append(("Documentation", self.documents[0][1]))
        return [*links, ("Search", SEARCH)]

    def _alarm(self, here: str) -> Link | None:
        if not self.findings:
            return None
        return Link(counted(len(self.findings), "finding"), relative(here, FINDINGS), here == FINDINGS)


def of_release(pattern: str | None, release: str | None) -> str | None:
    """A URL pattern with its ``{release}`` filled in; None if it needs one and there is none."""
    if pattern is None or "{release}" not in pattern:
        return pattern
    return None if release is None else pattern.replace("{release}", quote(release, safe=""))


def source_link(pattern: str | None, place: Place) -> str | None:
    """The URL of a source line; None without an http or https pattern."""
    if pattern is None or not is_web(pattern):
        return None
    return pattern.replace("{path}", quote(place.path)).replace("{line}", str(place.line))


def is_web(address: str | None) -> bool:
    """Whether an address is http or https: other schemes could execute code."""
    return address is not None and address.lower().startswith(("https://", "http://"))


def counted(number: int, word: str, plural: str | None = None) -> str:
    """``1 driver``, ``2 drivers``."""
    return f"{number} {word if number == 1 else plural or word + 's'}"


def size(interface: Interface) -> str:
    """``12 entry points, 3 drivers``."""
    return f"{counted(len(interface.entries), 'entry point')}, {counted(len(interface.drivers), 'driver')}"
