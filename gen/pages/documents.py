"""The user's Markdown pages: find and convert them, and rewrite their links for the site.

``guide/start.md`` becomes ``guide/start.html``; ``index.md`` becomes the introduction of the first page. Links between
pages name Markdown files, so that they also work on a forge, and are rewritten here. A broken link is a finding
``PAGE001``; links are checked once the whole site is made.

Pages are ordered by their first link in ``index.md``; pages without one follow by path. A page may begin with front
matter, of which ``title`` and ``description`` are used. Blocks of ``request`` are held back until there is a catalogue.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from html import unescape
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from hvsupport.annotate.errors import ReadError
from hvsupport.annotate.files import regular
from hvsupport.annotate.findings import WARNING, Finding
from hvsupport.annotate.model import Place
from hvsupport.annotate.patterns import regex

from .frame import source_link
from .frontmatter import front_matter
from .markup import Rewriter, ids, plain_text
from .parts import Frame, Link
from .paths import site_paths
from .request import SCHEME, Problems, Request, parse

_BRACKETS = regex(r"[\[\]()>]|<(?=[A-Za-z])")
_OPENED_BY = {"]": "[", ")": "(", ">": "<"}
_DEEPEST = 200


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """One of the user's pages.

    Attributes:
        tree: the user's pages, this one marked.
        contents: headings of this page.
    """

    frame: Frame
    body: str
    tree: tuple[Link, ...]
    tree_label: str
    contents: tuple[Link, ...]
    contents_label: str


#: The one code of this module.
CODE = "PAGE001"
INDEX_SOURCE = "index.md"
_EXTENSIONS = ("extra", "admonition", "sane_lists", "toc", "codehilite")
#: Code is coloured by classes: pages allow no styles.
_CONFIGURATION: Mapping[str, Mapping[str, object]] = {
    "toc": {"permalink": "#", "permalink_title": "Link to this heading", "toc_depth": "1-3"},
    "codehilite": {"guess_lang": False, "css_class": "highlight"},
}


@dataclass(frozen=True, slots=True)
class Reference:
    """A relative link: its target in the finished page, and as written."""

    target: str
    written: str
    place: Place


@dataclass(frozen=True, slots=True)
class Document:
    """One page before it gets its frame.

    Attributes:
        title: of its front matter, else its first heading, else from its file name.
        contents: ``(text, id)`` of its second-level headings.
        description: of its front matter, or empty.
        blocks: what its blocks ask for, in the order of their numbers in the body; None for one that is wrong.
        named: name and place of each link to an entry or driver, in the order of their numbers in the body.
    """

    source: Place
    path: str
    title: str
    body: str
    contents: tuple[tuple[str, str], ...] = ()
    references: tuple[Reference, ...] = ()
    description: str = ""
    blocks: tuple[Request | None, ...] = ()
    named: tuple[tuple[str, Place], ...] = ()


@dataclass(frozen=True, slots=True)
class Documents:
    """All pages, the files they embed or link to, and findings.

    Attributes:
        intro: the page made from ``index.md``, or None.
        pages: the others, in the order of the navigation.
        assets: path on the site -> bytes.
    """

    intro: Document | None = None
    pages: tuple[Document, ...] = ()
    assets: Mapping[str, bytes] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    @property
    def every(self) -> tuple[Document, ...]:
        """The introduction and the others."""
        return (self.intro, *self.pages) if self.intro is not None else self.pages


def load(root: Path, folder: str, repository: str | None = None, *, any_html: bool = False) -> Documents:
    """Read and convert all Markdown pages below ``root/folder``.

    Args:
        folder: the folder of the pages, relative to it.
        repository: pattern of links to source files, used for links that leave the folder.
        any_html: whether pages may hold HTML that runs scripts.

    Returns:
        All readable pages; problems are findings, never exceptions.
    """
    loader = _Loader(root, posixpath.normpath(folder), repository, any_html)
    if not loader.base.is_dir():
        loader.report(Place(folder), f"folder of pages {folder!r} not found")
        return Documents(findings=tuple(loader.findings))
    return loader.load()


class _Loader:
    """One run over the folder; collects findings and assets."""

    def __init__(self, root: Path, folder: str, repository: str | None, any_html: bool) -> None:
        self.root, self.folder, self.repository, self.any_html = root, folder, repository, any_html
        self.base = root / folder
        self.findings: list[Finding] = []
        self.assets: dict[str, bytes] = {}

    def load(self) -> Documents:
        """Convert every page, then order them."""
        read = ((path, self._text(path)) for path in self._files())
        texts = {path: text for path, text in read if text is not None and self._is_flat(path, text)}
        self.sources = frozenset(texts)
        self.paths = site_paths(self._listed)
        documents = {path: self._document(path, text) for path, text in texts.items()}
        intro = documents.pop(INDEX_SOURCE, None)
        pages = _in_order(documents, intro)
        return Documents(intro, pages, dict(sorted(self.assets.items())), tuple(self.findings))

    def report(self, place: Place, message: str, severity: str = "error", tip: str | None = None) -> None:
        """Keep a finding."""
        self.findings.append(Finding(CODE, place, message, tip=tip, severity=severity))

    def _files(self) -> list[str]:
        """All Markdown files below the folder, sorted, without hidden ones; links to folders are not followed."""
        self._listed: list[str] = []
        for folder, below, files in os.walk(self.base):
            below[:] = sorted(name for name in below if not name.startswith("."))
            inside = Path(folder).relative_to(self.base).as_posix()
            self._listed.extend(posixpath.normpath(f"{inside}/{name}") for name in files if not name.startswith("."))
        return sorted(path for path in self._listed if path.lower().endswith(".md"))

    def _text(self, path: str) -> str | None:
        place = self._place(path)
        try:
            if not self._is_inside(self.base / path):
                self.report(place, "page skipped: symbolic link to a file outside the root")
                return None
            return regular(self.base / path).decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            self.report(place, f"page skipped: not UTF-8 (byte {error.start})")
        except OSError as error:
            self.report(place, f"page skipped: {error.strerror or error}")
        except ReadError as error:
            self.report(place, f"page skipped: {error}")
        return None

    def _is_flat(self, path: str, text: str) -> bool:
        """Whether the converter can take a page: its time grows with the square of the brackets that stay open."""
        for paragraph in text.split("\n\n"):
            depths = dict.fromkeys("[(<", 0)
            for sign in _BRACKETS.findall(paragraph):
                if sign in _OPENED_BY:
                    depths[_OPENED_BY[sign]] = max(0, depths[_OPENED_BY[sign]] - 1)
                    continue
                depths[sign] += 1
                if depths[sign] > _DEEPEST:
                    self.report(self._place(path), f"page skipped: a paragraph has more than {_DEEPEST} open brackets")
                    return False
        return True

    def _is_inside(self, path: Path) -> bool:
        """``realpath`` does not raise, even for a loop of links."""
        return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(self.root))

    def _place(self, path: str, line: int = 1) -> Place:
        return Place(posixpath.normpath(f"{self.folder}/{path}"), line)

    def _document(self, path: str, text: str) -> Document:
        import markdown

        from .fences import Fences

        front, text = front_matter(text)
        blocks = _Blocks(self._place(path))
        converter = markdown.Markdown(
            extensions=[*_EXTENSIONS, Fences(blocks.hold)], extension_configs=_CONFIGURATION, output_format="html"
        )
        html = converter.convert(text)
        self.findings += blocks.problems.findings
        links = _Links(self, path, text)
        body = Rewriter(links.rewrite, None if self.any_html else links.refuse).run(html)
        headings = list(_flat(getattr(converter, "toc_tokens", [])))
        heading = next((name for level, name, _ in headings if level == 1), None)
        return Document(
            source=self._place(path),
            path=self.paths[path],
            title=front.get("title") or heading or _humanised(path),
            body=body,
            contents=tuple((name, anchor) for level, name, anchor in headings if level == 2),
            references=tuple(links.references),
            description=front.get("description", ""),
            blocks=tuple(blocks.requests),
            named=tuple(links.named),
        )


class _Blocks:
    """Holds the blocks of one page back: they need the whole catalogue."""

    def __init__(self, page: Place) -> None:
        self.page, self.problems = page, Problems()
        self.requests: list[Request | None] = []

    def hold(self, info: str, lines: Sequence[str] | None, number: int) -> str:
        """Return what stands in the place of a block."""
        place = Place(self.page.path, number)
        if lines is None:
            self.problems.add(place, "this block is not closed", None, ["a line with the same fence"])
        self.requests.append(parse(info, lines or (), place, self.problems))
        return f"<div>\x02{len(self.requests) - 1}\x03</div>"


class _Links:
    """Rewrites the links of one page and collects those within the site."""

    def __init__(self, loader: _Loader, path: str, text: str) -> None:
        self.loader, self.path, self.lines = loader, path, text.split("\n")
        self.references: list[Reference] = []
        self.named: list[tuple[str, Place]] = []

    def rewrite(self, tag: str, attribute: str, written: str) -> str:
        """Return the address that replaces ``written``."""
        place = self._find(written)
        try:
            parts = urlsplit(written)
        except ValueError as error:
            self.loader.report(place, f"the link {written!r} is not valid: {error}")
            return written
        if parts.scheme == SCHEME:
            self.named.append((unquote(written.partition(":")[2]), place))
            return f"\x02{len(self.named) - 1}\x03"
        if parts.scheme or parts.netloc:
            if tag == "img" and parts.scheme in ("http", "https", ""):
                self._remote_image(place, written)
            return written
        if not parts.path or parts.path.startswith("/"):
            return self._keep(written, written, place)
        target = posixpath.normpath(posixpath.join(posixpath.dirname(self.path), unquote(parts.path)))
        fragment = f"#{parts.fragment}" if parts.fragment else ""
        return self._local(target, fragment, written, place)

    def refuse(self, written: str, what: str) -> None:
        """Report what a page may not hold, and where it is."""
        tip = "write it in Markdown, or set 'any-html = true' in the config if all authors of pages are trusted"
        self.loader.report(self._find(written), f"{what} was left out: it could run a script", tip=tip)

    def _local(self, target: str, fragment: str, written: str, place: Place) -> str:
        """A link to a page, a folder with an index, an asset, or a file of the repository."""
        loader = self.loader
        if target == ".." or target.startswith("../"):
            return self._outside(target, written, place)
        index = posixpath.normpath(f"{target}/{INDEX_SOURCE}")
        if target in loader.sources or index in loader.sources:
            target = loader.paths[target if target in loader.sources else index]
        elif not target.lower().endswith(".md"):
            target = self._asset(target, place)
        link = posixpath.relpath(target, posixpath.dirname(self.path) or ".")
        return self._keep(quote(link) + fragment, written, place)

    def _asset(self, target: str, place: Place) -> str:
        """Copy a file that a page embeds or links to; returns its path on the site."""
        path, there = self.loader.base / target, self.loader.paths.get(target, target)
        try:
            if there not in self.loader.assets and path.is_file() and self.loader._is_inside(path):
                self.loader.assets[there] = regular(path)
        except OSError as error:
            self.loader.report(place, f"{target} could not be read: {error.strerror or error}")
        return there

    def _outside(self, target: str, written: str, place: Place) -> str:
        """A link out of the folder points to the repository, if one is configured."""
        path = posixpath.normpath(f"{self.loader.folder}/{target}")
        address = source_link(self.loader.repository, Place(path))
        there = not path.startswith("..") and os.path.exists(self.loader.root / path)
        if there and address is not None:
            return address
        reason = "points outside the folder of pages" if there else "has no target"
        tip = "set 'repository' in the config to link to it there" if there else None
        self.loader.report(place, f"the link {written!r} {reason}", tip=tip)
        return written

    def _keep(self, link: str, written: str, place: Place) -> str:
        self.references.append(Reference(link, written, place))
        return link

    def _remote_image(self, place: Place, written: str) -> None:
        message = f"the image {written!r} is on another host and is not loaded: pages load nothing from other hosts"
        self.loader.report(place, message, WARNING, "put a copy beside the page")

    def _find(self, written: str) -> Place:
        """Where a link first occurs in the source."""
        for number, line in enumerate(self.lines, 1):
            column = line.find(written)
            if column >= 0:
                return Place(self.loader._place(self.path).path, number, column + 1)
        return self.loader._place(self.path)


def _humanised(path: str) -> str:
    stem = posixpath.splitext(posixpath.basename(path))[0]
    words = re.sub(r"[-_]+", " ", stem).strip() or stem
    return words[:1].upper() + words[1:]


def _flat(tokens: Iterable[Mapping[str, object]]) -> Iterable[tuple[int, str, str]]:
    """``(level, text, id)`` of all headings, in order."""
    for token in tokens:
        name = plain_text(unescape(str(token["name"])))
        yield int(str(token["level"])), name, str(token["id"])
        children = token["children"]
        if isinstance(children, list):
            yield from _flat(children)


def _in_order(documents: dict[str, Document], intro: Document | None) -> tuple[Document, ...]:
    by_path = {document.path: document for document in documents.values()}
    first = [] if intro is None else [unquote(one.target.partition("#")[0]) for one in intro.references]
    named = [by_path[path] for path in dict.fromkeys(first) if path in by_path]
    rest = sorted((one for one in by_path.values() if one not in named), key=lambda one: _depth_first(one.path))
    return tuple(named + rest)


def _depth_first(path: str) -> tuple[tuple[bool, str], ...]:
    """Sort key: an index first, then files, then folders."""
    *folders, name = path.split("/")
    return (*((True, folder) for folder in folders), (False, "" if name == "index.html" else name))


def check_references(documents: Documents, files: Mapping[str, bytes]) -> list[Finding]:
    """Findings for links whose file or anchor is missing on the site."""

    @cache
    def anchors(path: str) -> frozenset[str]:
        return frozenset(ids(files[path].decode("utf-8", "replace")))

    findings = []
    for document in documents.every:
        here = "index.html" if document is documents.intro else document.path
        for reference in document.references:
            message = _broken(here, reference, files, anchors)
            if message is not None:
                findings.append(Finding(CODE, reference.place, message, found=reference.written))
    return findings


def _broken(
    here: str, reference: Reference, files: Mapping[str, bytes], anchors: Callable[[str], frozenset[str]]
) -> str | None:
    path, _, fragment = reference.target.partition("#")
    path = unquote(path.partition("?")[0])
    if path.startswith("/"):
        return f"the link {reference.written!r} is absolute; make it relative to this page"
    target = posixpath.normpath(posixpath.join(posixpath.dirname(here), path)) if path else here
    if target not in files:
        return f"the link {reference.written!r} has no target"
    if fragment and target.endswith(".html") and unquote(fragment) not in anchors(target):
        return f"the link {reference.written!r}: the page has no heading or anchor {unquote(fragment)!r}"
    return None
