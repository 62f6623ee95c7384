"""The Atom feed: what drivers gained and lost, an entry for each release."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from hvsupport.annotate.release import Release

from ..names import FEED, HUB, INDEX
from .frame import GENERATOR, Site, counted
from .news import Change, NewsLine, changes, news_lines


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """The changes of one release.

    Attributes:
        id, href: absolute addresses, of the entry and of the page that shows it.
        updated: when the release came out.
    """

    id: str
    href: str
    title: str
    updated: str
    lines: tuple[NewsLine, ...]


@dataclass(frozen=True, slots=True)
class Feed:
    """The feed.

    Attributes:
        base: absolute address of the site, with a slash at its end.
        self: absolute address of the feed.
        updated: when the newest of the releases came out.
    """

    title: str
    author: str
    base: str
    self: str
    updated: str
    generator: str
    entries: tuple[FeedEntry, ...]


#: Readers remember older entries; a feed with all of them is sent again and again.
_MOST = 20


def feed(site: Site, base: str, dates: Mapping[Release, str]) -> Feed | None:
    """The feed of a site, the newest release first.

    Args:
        base: absolute address of the site, with a slash at its end.
        dates: release -> when it came out, as in RFC 3339; releases without a date are left out.

    Returns:
        None if no release that changed anything has a date: a feed must say when it changed.
    """
    entries = tuple(_entries(site, base, dates))[:_MOST]
    if not entries:
        return None
    return Feed(
        title=f"{site.title}: what drivers gained and lost",
        author=site.title,
        base=base,
        self=base + FEED,
        updated=max(entry.updated for entry in entries),
        generator=GENERATOR,
        entries=entries,
    )


def _entries(site: Site, base: str, dates: Mapping[Release, str]) -> Iterator[FeedEntry]:
    every = changes(site.catalogue)
    for (release, found), before in zip(every.items(), [*list(every)[1:], None], strict=True):
        if release in dates and not release.is_next:
            yield FeedEntry(
                id=f"{base}{FEED}#{quote(str(release), safe='')}",
                href=base + HUB + ("" if site.names.several else _view(release, before)),
                title=f"{release}: {_summary(found)}",
                updated=dates[release],
                lines=tuple(news_lines(site, found, INDEX)),
            )


def _view(release: Release, before: Release | None) -> str:
    """The query that shows the matrix as of a release, with what changed since the one before."""
    since = f"&since={quote(str(before), safe='')}" if before is not None else ""
    return f"?release={quote(str(release), safe='')}{since}"


def _summary(found: tuple[Change, ...]) -> str:
    """``3 drivers gained 12 entry points, 1 driver lost 1 entry point``."""
    parts = []
    for words, gained in (("gained", True), ("lost", False)):
        alike = [change for change in found if change.gained is gained]
        drivers = {(change.interface, change.driver.id) for change in alike}
        if alike:
            parts.append(f"{counted(len(drivers), 'driver')} {words} {counted(len(alike), 'entry point')}")
    return ", ".join(parts)
