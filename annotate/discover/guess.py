"""Guesses a project's name and release scheme from git tags and packaging files."""

from __future__ import annotations

import configparser
import re
from pathlib import Path
from typing import Any

import tomli

from .. import files, git
from ..config.releases import release_tags
from ..errors import GitError, ReadError, ReleaseError
from ..patterns import regex
from ..records import NamedTuple
from ..release import Calendar, Numbers, Pep440, Scheme
from .forge import source_url

_YEAR_FIRST = regex(r"v?(?:19|20)\d\d[.-]")
_VERSION = regex(r"v?\d+[.-]\w")
_ALMOST_ALL = 0.9
_CLEARLY_MORE = 1.1


class Project(NamedTuple):
    """Guesses about a project before its sources are read.

    Attributes:
        scheme: name of the likeliest release scheme.
        release: value of the key ``release`` as TOML, or None.
        origin: source of the release, for a comment.
        source: URL of a source line, or None.
    """

    title: str | None
    scheme: str
    release: str | None
    origin: str
    source: str | None = None


def project(root: Path) -> Project:
    """Guess from the repository and packaging files of a folder; unreadable files are ignored."""
    tags = _tags(root)
    declared = _pyproject(root)
    metadata = _metadata(root)
    static = declared.get("version")
    version = static if isinstance(static, str) else metadata.get("version")
    scheme = scheme_of([tag for tag in tags if _VERSION.match(tag)] or ([version] if version else []))
    release, origin = _release(root, tags, scheme, static, metadata.get("version"))
    name = declared.get("name")
    title = name if isinstance(name, str) else metadata.get("name")
    return Project(title, scheme.name, release, origin, _source(root))


def scheme_of(texts: list[str]) -> Scheme:
    """The scheme that fits most versions; ``x.y.z`` without any."""
    if not texts:
        return Numbers()
    plain = [text.removeprefix("v") for text in texts]
    if sum(bool(_YEAR_FIRST.match(text)) for text in texts) >= _ALMOST_ALL * len(texts):
        return Calendar()
    numbers, pep440 = (sum(map(scheme.accepts, plain)) for scheme in (Numbers(), Pep440()))
    return Pep440() if pep440 > _CLEARLY_MORE * numbers else Numbers()


def _release(
    root: Path, tags: tuple[str, ...], scheme: Scheme, static: Any, packed: str | None
) -> tuple[str | None, str]:
    """The key ``release`` and its source."""
    if isinstance(static, str) and _is_release(static, scheme):
        return '{ from = "pyproject" }', f"pyproject.toml says {static}"
    names = [name for name, _ in release_tags(tags, scheme, None)]
    try:
        nearest = git.nearest_tags(root, names) if names else ()
    except GitError:
        nearest = ()
    if nearest:
        return '{ from = "git" }', f"the nearest release tag is {nearest[0]}"
    if packed and _is_release(packed, scheme):
        return f'"{packed}"', "from the packaging files"
    return None, ""


def _is_release(text: str, scheme: Scheme) -> bool:
    try:
        return not scheme.development(text).is_next
    except ReleaseError:
        return False


def _tags(root: Path) -> tuple[str, ...]:
    try:
        return git.tags(root)
    except GitError:
        return ()


def _source(root: Path) -> str | None:
    try:
        address = git.remote(root)
    except GitError:
        return None
    return None if address is None else source_url(address, git.folder_in_repository(root))


def _pyproject(root: Path) -> dict[str, Any]:
    try:
        project = tomli.loads(files.read(root, "pyproject.toml").decode("utf-8-sig")).get("project")
    except (ReadError, ValueError, RecursionError):
        return {}
    return project if isinstance(project, dict) else {}


def _metadata(root: Path) -> dict[str, str]:
    """Name and version from ``PKG-INFO`` or ``setup.cfg``."""
    found = dict(re.findall(r"^(Name|Version): *(\S+) *$", _text(root, "PKG-INFO"), re.MULTILINE))
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(_text(root, "setup.cfg"))
        declared = dict(parser["metadata"]) if parser.has_section("metadata") else {}
    except configparser.Error:
        declared = {}
    both = {
        "name": found.get("Name") or declared.get("name"),
        "version": found.get("Version") or declared.get("version"),
    }
    return {key: value for key, value in both.items() if value and re.fullmatch(r"[\w.!+-]+", value)}


def _text(root: Path, path: str) -> str:
    try:
        return files.read(root, path).decode("utf-8", "replace").replace("\r\n", "\n")
    except ReadError:
        return ""
