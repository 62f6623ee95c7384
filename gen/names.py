"""Addresses on the site: files, ids and relative links.

People share links to rows and cells, so ids come from names, not positions, and contain only ASCII letters, digits,
``_`` and ``-``. A cell is ``entry.driver``; ids of the page itself contain a colon (``group:``, ``note:``, ``ui:``)
and cannot collide with names from a source.
"""

from __future__ import annotations

import hashlib
import posixpath
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hvsupport.annotate.catalogue import Catalogue
from hvsupport.annotate.model import Driver, EntryPoint, Interface
from hvsupport.annotate.patterns import regex

if TYPE_CHECKING:
    from hvsupport.annotate.protocol import Family

INDEX = "index.html"
HUB = "hvsupport.html"
FINDINGS = "findings.html"
STYLESHEET = "hvsupport.css"
SCRIPT = "hvsupport.js"
FEED = "feed.atom"
ICON = "hvsupport-icon.svg"
#: Without the ending, which is that of the project's file.
LOGO = "hvsupport-logo"
EARLY = "hvsupport-early.js"
GRID = "hvsupport-grid.js"
SEARCH = "search.html"
SEARCH_SCRIPT = "hvsupport-search.js"
SEARCH_INDEX = "hvsupport-index.js"
EXPORT = "hvsupport.json"
INVENTORY = "objects.inv"
SCHEMA = "hvsupport.schema.json"

_LONGEST = 80
_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))}
_UNFIT = regex(r"[^A-Za-z0-9_-]+")
#: A part of a driver's id with the separator behind it.
_PARTS = regex(r"[^/.:]*[/.:]|[^/.:]+")


def slug(text: str, fallback: str = "x") -> str:
    """Make an id of a text: drop accents, replace invalid characters by dashes; a digest marks a lossy result."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    fit = _UNFIT.sub("-", plain).strip("-")
    lost = any(character.isalnum() for character in text) and not fit
    if len(fit) <= _LONGEST and not lost:
        return fit or fallback
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{fit[:_LONGEST].strip('-') or fallback}-{digest}"


def distinct(wanted: Iterable[str], sources: Iterable[str], fold: bool = False, joint: str = "-") -> list[str]:
    """Tell names apart that several sources want, whatever the order of the sources.

    The source that is written like the name keeps it; the others get a digest of their own text.

    Args:
        sources: what each name was made from.
        fold: names that differ only in case are alike; the one in lower case keeps its own.
        joint: between a name and a digest.
    """
    names, texts = list(wanted), list(sources)
    key = str.lower if fold else str
    claims = Counter(map(key, names))
    keep = {key(name): at for at, name in reversed(list(enumerate(names))) if key(name) == name == texts[at]}
    told = [at for at, name in enumerate(names) if claims[key(name)] > 1 and keep.get(key(name)) != at]
    taken = set(claims)
    for at in sorted(told, key=lambda at: (names[at], texts[at])):
        digest = hashlib.sha256(texts[at].encode("utf-8", "surrogatepass")).hexdigest()[:6]
        number, candidate = 1, f"{names[at]}{joint}{digest}"
        while key(candidate) in taken:
            number += 1
            candidate = f"{names[at]}{joint}{digest}{joint}{number}"
        taken.add(key(candidate))
        names[at] = candidate
    return names


def filename(name: str) -> str:
    """A name for a file or folder on every system: Windows keeps some for devices, with any ending."""
    return f"{name}-" if name.partition(".")[0].lower() in _DEVICES else name


def relative(here: str, there: str) -> str:
    """The link from one page to another file; both are paths from the root of the site, or ``there`` is a URL."""
    if "://" in there:
        return there
    path, hash_mark, fragment = there.partition("#")
    link = posixpath.relpath(path, posixpath.dirname(here) or ".") if path != here else ""
    return link + hash_mark + fragment or posixpath.basename(path)


@dataclass(frozen=True, slots=True)
class InterfaceNames:
    """Addresses of one interface.

    Attributes:
        entries: entry name -> id of its row.
        drivers: driver id -> second half of the ids of its cells.
        pages: driver id -> path of the driver's page.
        entry_pages: entry name -> path of its page; ``folder`` holds them.
    """

    matrix: str
    entries: Mapping[str, str]
    drivers: Mapping[str, str]
    pages: Mapping[str, str]
    groups: Mapping[str, str]
    folder: str
    entry_pages: Mapping[str, str]

    @property
    def card(self) -> str:
        """Path of the picture that links show."""
        return f"{self.matrix.removesuffix('.html')}.png"

    @property
    def drivers_folder(self) -> str:
        """The folder of the pages of drivers."""
        return f"drivers{self.folder.removeprefix('entries')}"

    def file(self, entry: str) -> str:
        """Name of the file of an entry's page, without its folder and ending."""
        return self.entry_pages[entry].removeprefix(f"{self.folder}/").removesuffix(".html")

    def cell(self, driver: str, entry: str) -> str:
        """Id of one cell."""
        return f"{self.entries[entry]}.{self.drivers[driver]}"


@dataclass(frozen=True, slots=True)
class FamilyNames:
    """Addresses of one family of protocols.

    Attributes:
        protocols: key of a protocol -> id of its part of the page.
    """

    page: str
    protocols: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Names:
    """Addresses of a whole site, one value for each interface and family in the order of the catalogue."""

    interfaces: tuple[InterfaceNames, ...]
    families: tuple[FamilyNames, ...] = ()

    def of(self, path: str) -> InterfaceNames | None:
        """The interface that a page is about, or else the first."""
        home = posixpath.dirname(path)
        about = (one for one in self.interfaces if path == one.matrix or home in (one.folder, one.drivers_folder))
        return next(about, self.interfaces[0] if self.interfaces else None)

    @property
    def several(self) -> bool:
        """Whether the matrix is more than one page."""
        return len(self.interfaces) > 1

    def below(self, base: str) -> Names:
        """The same addresses for pages outside the site.

        Args:
            base: of the site, with a slash at its end: a folder beside these pages, or a URL.
        """
        interfaces = (
            replace(
                one,
                matrix=base + one.matrix,
                pages={driver: base + page for driver, page in one.pages.items()},
                folder=base + one.folder,
                entry_pages={entry: base + page for entry, page in one.entry_pages.items()},
            )
            for one in self.interfaces
        )
        return Names(tuple(interfaces), tuple(replace(one, page=base + one.page) for one in self.families))


def names(catalogue: Catalogue) -> Names:
    """The addresses of everything in the catalogue."""
    interfaces = catalogue.interfaces
    slugs = (slug(interface.key, "interface").lower() for interface in interfaces)
    keys = distinct(slugs, (interface.key for interface in interfaces), fold=True)
    alone = len(interfaces) == 1
    return Names(
        tuple(_names(interface, "" if alone else key) for interface, key in zip(interfaces, keys, strict=True)),
        tuple(_families(catalogue.protocols)),
    )


def _families(families: Sequence[Family]) -> Iterator[FamilyNames]:
    """A page is named after its family, with the interface in front if several interfaces use the family."""
    shared = Counter(slug(family.key, "family").lower() for family in families)
    wanted = []
    for family in families:
        short = slug(family.key, "family").lower()
        wanted.append(short if shared[short] == 1 else slug(f"{family.interface}-{family.key}", "family").lower())
    sources = [f"{family.interface}:{family.key}" for family in families]
    for family, key in zip(families, distinct(wanted, sources, fold=True), strict=True):
        versions = [each.version for each in family.protocols]
        ids = [f"protocol:{one}" for one in distinct((slug(one, "protocol") for one in versions), versions)]
        keys = (each.key for each in family.protocols)
        yield FamilyNames(f"protocol-{key}.html", dict(zip(keys, ids, strict=True)))


def _names(interface: Interface, key: str) -> InterfaceNames:
    entries = [entry.name for entry in interface.entries]
    drivers = dict(zip((driver.id for driver in interface.drivers), _driver_slugs(interface.drivers), strict=True))
    below = f"/{filename(key)}" if key else ""
    titles = headings(interface)
    groups = distinct((slug(title, "group") for title in titles), titles)
    ids = distinct((slug(name, "entry") for name in entries), entries)
    place = f"entries{below}"
    files = (f"{place}/{filename(name)}.html" for name in distinct(ids, entries, fold=True))
    return InterfaceNames(
        matrix=f"hvsupport-{key}.html" if key else HUB,
        entries=dict(zip(entries, ids, strict=True)),
        drivers=drivers,
        pages={driver: f"drivers{below}/{filename(name)}.html" for driver, name in drivers.items()},
        groups=dict(zip(titles, (f"group:{name}" for name in groups), strict=True)),
        folder=place,
        entry_pages=dict(zip(entries, files, strict=True)),
    )


def headings(interface: Interface) -> list[str]:
    """The headings in use: declared ones in their order, then others that entries name."""
    used = [entry.group for entry in interface.entries if entry.group is not None]
    return list(dict.fromkeys([*(title for title in interface.groups if title in used), *used]))


def by_heading(interface: Interface) -> list[tuple[str | None, list[EntryPoint]]]:
    """The entries under each heading; those without one come last, under None."""
    found: dict[str | None, list[EntryPoint]] = {title: [] for title in headings(interface)}
    for entry in interface.entries:
        found.setdefault(entry.group, []).append(entry)
    loose = found.pop(None, [])
    return [*found.items(), *([(None, loose)] if loose else [])]


def told_apart(interface: Interface) -> Interface:
    """The interface with what differs in their ids added to the titles that several drivers share."""
    shared = Counter(driver.title for driver in interface.drivers)
    alike = {
        title: [one.id for one in interface.drivers if one.title == title] for title in shared if shared[title] > 1
    }
    if not alike:
        return interface
    labels = {key: label for keys in alike.values() for key, label in zip(keys, _differences(keys), strict=True)}
    drivers = (
        one._replace(title=f"{one.title} ({labels[one.id]})") if one.id in labels else one for one in interface.drivers
    )
    return interface._replace(drivers=tuple(drivers))


def _differences(keys: Sequence[str]) -> Sequence[str]:
    """The parts of ids between what all of them begin and end with; the ids themselves if that tells too little."""
    parts = [_PARTS.findall(key) for key in keys]
    least = min(map(len, parts))
    head = next((at for at in range(least) if len({one[at] for one in parts}) > 1), least)
    tail = next(
        (at for at in range(least - head) if len({one[-1 - at].strip("/.:") for one in parts}) > 1), least - head
    )
    found = ["".join(one[head : len(one) - tail]).strip("/.:") for one in parts]
    return found if all(found) and len(set(found)) == len(found) else keys


def _driver_slugs(drivers: tuple[Driver, ...]) -> list[str]:
    """Slugs of the titles; drivers that share a title get the end of their id appended."""
    shared = Counter(slug(driver.title, "driver").lower() for driver in drivers)
    wanted = []
    for driver in drivers:
        short = slug(driver.title, "driver").lower()
        tail = driver.id.rpartition(":")[2] or driver.id
        wanted.append(short if shared[short] == 1 else slug(f"{driver.title}-{tail}", "driver").lower())
    return distinct(wanted, (driver.id for driver in drivers), fold=True)
