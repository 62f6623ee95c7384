"""Where the user's pages and files stand on the site: apart on file systems that ignore case, and on Windows."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterable

from ..names import distinct, filename


def site_paths(files: Iterable[str]) -> dict[str, str]:
    """Path below the folder of pages -> path on the site; a page in Markdown becomes HTML.

    A path in lower case stays; one that differs from another only in case gets a digest of its own text. Of a page and
    a file that want the same name the page keeps it.
    """
    by_ending: dict[str, list[str]] = defaultdict(list)
    for path in sorted(files, key=lambda path: (not _is_page(path), path)):
        by_ending[_ending(path).lower()].append(path)
    found = {}
    for paths in by_ending.values():
        for path, stem in zip(paths, distinct(map(_stem, paths), map(_source, paths), fold=True), strict=True):
            found[path] = stem + _ending(path)
    return found


def _stem(path: str) -> str:
    stem = posixpath.splitext(path)[0]
    return "/".join(map(filename, stem.split("/"))) if _is_page(path) else stem


def _source(path: str) -> str:
    return path if _is_page(path) and not path.endswith(".md") else posixpath.splitext(path)[0]


def _is_page(path: str) -> bool:
    return path.lower().endswith(".md")


def _ending(path: str) -> str:
    return ".html" if _is_page(path) else posixpath.splitext(path)[1]


def _everywhere(stem: str) -> str:
    return "/".join(map(filename, stem.split("/")))
