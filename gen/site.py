"""The site as a mapping from path to bytes; ``output`` writes it to disk.

    catalogue, findings, settings -> Site(files, findings)

The same input gives the same bytes: no clock, host, user or set order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from hvsupport.annotate.catalogue import Catalogue
from hvsupport.annotate.findings import Finding, ordered
from hvsupport.annotate.model import Place
from hvsupport.annotate.release import Release

from .card import card
from .embed import filled, own_stylesheet
from .exports.inventory import inventory
from .exports.json import schema_bytes, to_json
from .icon import PICTURES, accent_style, icon
from .names import (
    EARLY,
    EXPORT,
    FEED,
    FINDINGS,
    GRID,
    HUB,
    ICON,
    INDEX,
    INVENTORY,
    LOGO,
    SCHEMA,
    SCRIPT,
    SEARCH,
    SEARCH_INDEX,
    SEARCH_SCRIPT,
    STYLESHEET,
    Names,
    names,
    relative,
    told_apart,
)
from .output import MANIFEST, Difference, Outcome, check, write
from .pages import frame
from .pages.documents import CODE, Document, DocumentPage, Documents, check_references
from .pages.driver import driver_page
from .pages.entry import entry_page
from .pages.feed import feed
from .pages.filters import releases_of
from .pages.findings import findings_page
from .pages.matrix import matrix_page
from .pages.news import by_entry
from .pages.overview import hub_page, index_page
from .pages.parts import Link
from .pages.protocol import protocol_page
from .pages.search import search_index, search_page
from .pages.steps import steps
from .pages.targets import targets
from .render import Renderer, asset
from .theme import Theme

__all__ = ["Difference", "Outcome", "Settings", "Site", "build", "check", "write"]


_NONE = Documents()


@dataclass(frozen=True, slots=True)
class Settings:
    """The site settings of the config.

    Attributes:
        repository: URL pattern of a source line, with ``{path}`` and ``{line}``, or None.
        documents: the user's pages, from ``documents.load``.
        theme: what the project brings for the look of the site.
        home: first page of the documentation that the site is part of, from the root of the site, or None.
        url: absolute address of the site, with a slash at its end, or None.
        dates: release -> when it came out, as in RFC 3339, for the feed.
    """

    repository: str | None = None
    documents: Documents = field(default_factory=Documents)
    theme: Theme = field(default_factory=Theme)
    home: str | None = None
    url: str | None = None
    dates: Mapping[Release, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Site:
    """Everything that is published.

    Attributes:
        files: relative path with ``/`` -> bytes; sorted by path.
    """

    files: Mapping[str, bytes]
    findings: tuple[Finding, ...] = ()


def build(catalogue: Catalogue, findings: Iterable[Finding] = (), settings: Settings | None = None) -> Site:
    """Make the whole site.

    Args:
        findings: of the rules; shown at the cells and drivers they name.

    Returns:
        All files, and findings about the user's pages, such as broken links.
    """
    settings = settings or Settings()
    addresses = names(catalogue)
    documents, clashes = _without_clashes(settings.documents, _taken(addresses))
    whole = context(catalogue, addresses, tuple(ordered(list(findings))), settings.repository, documents)
    whole = replace(whole, logo=_logo(settings.theme), home=settings.home, url=settings.url)
    changes = None if settings.url is None else feed(whole, settings.url, settings.dates)
    whole = replace(whole, has_feed=changes is not None)
    renderer = Renderer(settings.theme.templates)
    documents, wrong = filled(whole, documents, renderer)
    files = _generated(whole, documents, settings.theme, renderer)
    if changes is not None:
        files[FEED] = renderer.feed(changes)
    files[EXPORT] = to_json(catalogue, whole.findings)
    files[INVENTORY] = inventory(whole.title, catalogue.release, targets(whole))
    files.update(_documents(whole, documents, renderer))
    broken = check_references(documents, files)
    found = ordered(
        [*settings.documents.findings, *clashes, *wrong, *broken, *settings.theme.findings, *renderer.findings]
    )
    return Site(dict(sorted(files.items())), tuple(found))


def context(
    catalogue: Catalogue,
    addresses: Names,
    findings: tuple[Finding, ...] = (),
    repository: str | None = None,
    documents: Documents = _NONE,
) -> frame.Site:
    """What pages and blocks are made from."""
    catalogue = catalogue._replace(interfaces=tuple(map(told_apart, catalogue.interfaces)))
    by_cell: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.driver is not None and finding.entry is not None:
            by_cell[finding.driver, finding.entry].append(finding)
    return frame.Site(
        catalogue=catalogue,
        names=addresses,
        findings=findings,
        by_cell={key: tuple(found) for key, found in by_cell.items()},
        repository=repository,
        documents=tuple((one.title, one.path) for one in documents.pages),
        steps=steps(catalogue, addresses),
        releases=releases_of(catalogue),
    )


def _generated(whole: frame.Site, documents: Documents, theme: Theme, renderer: Renderer) -> dict[str, bytes]:
    """Everything except the user's pages."""
    catalogue, render = whole.catalogue, renderer.page
    files = {
        INDEX: render(index_page(whole, None if documents.intro is None else documents.intro.body)),
        STYLESHEET: asset(STYLESHEET) + own_stylesheet() + accent_style(theme.accent) + theme.stylesheet,
        ICON: icon(whole.title, theme.accent, theme.logo),
        SCRIPT: asset(SCRIPT),
        EARLY: asset(EARLY),
        GRID: b"".join(map(asset, _GRID)),
        SCHEMA: schema_bytes(),
        SEARCH: render(search_page(whole)),
        SEARCH_SCRIPT: asset(SEARCH_SCRIPT),
        SEARCH_INDEX: search_index(whole, _searched(documents)),
    }
    if theme.logo is not None:
        files[whole.logo] = theme.logo[1]
    if whole.findings:
        files[FINDINGS] = render(findings_page(whole))
    if len(catalogue.interfaces) != 1:
        files[HUB] = render(hub_page(whole))
    history = by_entry(catalogue)
    for interface, addresses in zip(catalogue.interfaces, whole.names.interfaces, strict=True):
        if whole.url is not None:
            files[addresses.card] = card(interface, theme.accent)
        files[addresses.matrix] = render(matrix_page(whole, interface, addresses))
        for driver in interface.drivers:
            files[addresses.pages[driver.id]] = render(driver_page(whole, interface, addresses, driver))
        for entry in interface.entries:
            found = history.get((interface.key, entry.name), {})
            files[addresses.entry_pages[entry.name]] = render(
                entry_page(whole, interface, addresses, entry, found.items())
            )
    for family, place in zip(catalogue.protocols, whole.names.families, strict=True):
        files[place.page] = render(protocol_page(whole, family, place))
    return files


def _searched(documents: Documents) -> tuple[Document, ...]:
    """The user's pages where they stand on the site: the introduction is a part of the first page."""
    intro = () if documents.intro is None else (replace(documents.intro, path=INDEX),)
    return (*intro, *documents.pages)


def _logo(theme: Theme) -> str:
    """Path of the picture in the header."""
    return ICON if theme.logo is None else f"{LOGO}.{theme.logo[0]}"


#: The parts of the script of a matrix; each uses those before it.
_GRID = ("hvsupport-columns.js", "hvsupport-view.js", "hvsupport-panel.js", GRID)


def _taken(addresses: Names) -> frozenset[str]:
    """The paths of the site itself, in lower case for case-insensitive file systems."""
    pages = {
        path
        for one in addresses.interfaces
        for path in (one.matrix, one.card, *one.pages.values(), *one.entry_pages.values())
    }
    pages |= {family.page for family in addresses.families}
    fixed = {INDEX, HUB, FINDINGS, STYLESHEET, SCRIPT, EARLY, GRID, ICON, EXPORT, INVENTORY, SCHEMA, MANIFEST}
    fixed |= {FEED, SEARCH, SEARCH_SCRIPT, SEARCH_INDEX, *(f"{LOGO}.{ending}" for ending in PICTURES)}
    return frozenset(path.lower() for path in fixed | pages)


def _without_clashes(documents: Documents, taken: frozenset[str]) -> tuple[Documents, list[Finding]]:
    """Skip and report pages and files whose path the site itself uses."""
    pages = tuple(one for one in documents.pages if one.path.lower() not in taken)
    assets = {path: data for path, data in documents.assets.items() if path.lower() not in taken}
    clashes = [_clash(one.source, one.path) for one in documents.pages if one not in pages]
    clashes += [_clash(Place(path), path) for path in documents.assets if path not in assets]
    return Documents(documents.intro, pages, assets), clashes


def _clash(place: Place, path: str) -> Finding:
    return Finding(CODE, place, f"file skipped: the site generates its own page at {path!r}", tip="rename it")


def _documents(whole: frame.Site, documents: Documents, renderer: Renderer) -> dict[str, bytes]:
    files = dict(documents.assets)
    for document in documents.pages:
        files[document.path] = renderer.page(_document_page(whole, documents, document))
    return files


def _document_page(whole: frame.Site, documents: Documents, document: Document) -> DocumentPage:
    here = document.path
    first = documents.pages[0].path
    return DocumentPage(
        frame=whole.frame(here, document.title, document.description or document.title, first),
        body=document.body,
        tree=tuple(Link(one.title, relative(here, one.path), one is document) for one in documents.pages),
        tree_label="Documentation",
        contents=tuple(Link(text, f"#{anchor}") for text, anchor in document.contents),
        contents_label="On this page",
    )
