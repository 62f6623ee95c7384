"""Releases: parse and order them under one of four schemes; ``next`` sorts after all of them.

The text of a release is kept as written, because it is printed and written back; only its key is compared, so that
``1.2`` and ``1.2.0`` are equal if the scheme says so.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from .errors import ReleaseError
from .patterns import regex
from .records import NamedTuple

NEXT_TEXT = "next"


class Release(NamedTuple):
    """A parsed, ordered version.

    Attributes:
        text: the release as written in the source.
        key: what is compared: ``(0, ...)`` for a release, ``(1,)`` for ``next``.
    """

    text: str
    key: tuple[Any, ...]

    @property
    def is_next(self) -> bool:
        """Whether this is the placeholder for the coming release."""
        return bool(self.key[0] == 1)

    @property
    def is_candidate(self) -> bool:
        """Whether this precedes a release: alpha, beta, candidate or development version; only ``pep440`` has them."""
        return bool(getattr(self.key[-1], "is_prerelease", False))

    def __str__(self) -> str:
        return self.text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Release) and self.key == other.key

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __lt__(self, other: "Release") -> bool:  # type: ignore[override]
        return self.key < other.key

    def __le__(self, other: "Release") -> bool:  # type: ignore[override]
        return self.key <= other.key

    def __gt__(self, other: "Release") -> bool:  # type: ignore[override]
        return self.key > other.key

    def __ge__(self, other: "Release") -> bool:  # type: ignore[override]
        return self.key >= other.key

    def __hash__(self) -> int:
        return hash(self.key)


NEXT = Release(NEXT_TEXT, (1,))


def _without_trailing_zeros(numbers: Iterable[int]) -> tuple[int, ...]:
    parts = list(numbers)
    while parts and parts[-1] == 0:
        parts.pop()
    return tuple(parts)


class Scheme:
    """How the releases of one project are written and ordered.

    Subclasses define ``name``, ``example`` and ``_key``; the rest is shared.
    """

    name = ""
    example = ""
    _prefix = regex(r"\d+(?:\.\d+)+")

    def parse(self, text: str) -> Release:
        """Parse a release.

        Raises:
            ReleaseError: the text is not a release under this scheme.
        """
        if text == NEXT_TEXT:
            return NEXT
        key = self._key(text)
        if key is None:
            raise ReleaseError(f"{text!r} is not a release under scheme {self.name!r}, such as {self.example!r}")
        return Release(text, (0, *key))

    def accepts(self, text: str) -> bool:
        """Whether ``text`` is ``next`` or a release under this scheme."""
        return text == NEXT_TEXT or self._key(text) is not None

    def development(self, text: str) -> Release:
        """Return the release that a development version leads to: ``1.3.0.dev4`` counts as ``1.3.0``.

        Raises:
            ReleaseError: the text contains no release.
        """
        if self.accepts(text):
            return self.parse(text)
        found = self._prefix.match(text.removeprefix("v"))
        if found is None:
            raise ReleaseError(f"{text!r} is not a release under scheme {self.name!r}, such as {self.example!r}")
        return self.parse(found.group())

    def _key(self, text: str) -> tuple[Any, ...] | None:
        raise NotImplementedError


class Numbers(Scheme):
    """``x.y.z``: numbers and dots, at least one dot, compared number by number."""

    name = "x.y.z"
    example = "1.2.0"
    _written = regex(r"[0-9]+(?:\.[0-9]+)+")

    def _key(self, text: str) -> tuple[Any, ...] | None:
        if not self._written.fullmatch(text) or len(text) > 100:
            return None
        return _without_trailing_zeros(int(part) for part in text.split("."))


class Pep440(Scheme):
    """``pep440``: versions as Python packages have them, read by the ``packaging`` library."""

    name = "pep440"
    example = "1.2.0rc1"
    _written = regex(r"[0-9][0-9A-Za-z.!+_-]*")
    #: In PEP 440 ``1.0-2`` is a post-release; here it is a range without spaces.
    _range = regex(r"[0-9.!]+-[0-9]")

    def _key(self, text: str) -> tuple[Any, ...] | None:
        if not self._written.fullmatch(text) or self._range.match(text) or len(text) > 100:
            return None
        from packaging.version import InvalidVersion, Version

        try:
            return (Version(text),)
        except InvalidVersion:
            return None

    def development(self, text: str) -> Release:
        """Return the release that a development version leads to; pre-releases are kept."""
        release = super().development(text)
        version = None if release.is_next else release.key[1]
        if version is not None and (version.is_devrelease or version.local):
            pre = f"{version.pre[0]}{version.pre[1]}" if version.pre else ""
            epoch = f"{version.epoch}!" if version.epoch else ""
            post = f".post{version.post}" if version.post is not None else ""
            return self.parse(epoch + ".".join(map(str, version.release)) + pre + post)
        return release


class Calendar(Scheme):
    """``calendar``: a year of two or four digits, then numbers after dots or, in dates, dashes."""

    name = "calendar"
    example = "2026.1"
    _written = regex(r"(?:(?:[0-9]{4}|[0-9]{2})(?:\.[0-9]{1,4}){1,3}|[0-9]{4}(?:-[0-9]{1,2}){1,2})(?![0-9])")
    _prefix = _written

    def _key(self, text: str) -> tuple[Any, ...] | None:
        if not self._written.fullmatch(text):
            return None
        year, *rest = re.split(r"[.-]", text)
        full = int(year) + 2000 if len(year) == 2 else int(year)
        return _without_trailing_zeros([full, *map(int, rest)])


class Listed(Scheme):
    """``listed``: in the order of the config.

    Other texts of numbers and dots are read as releases older than all listed ones, so that they are reported as
    unknown and not taken for prose.
    """

    name = "listed"

    def __init__(self, releases: Sequence[str]) -> None:
        self.order = {text: index for index, text in enumerate(releases)}
        self.example = releases[-1] if releases else "the first of releases"

    def _key(self, text: str) -> tuple[Any, ...] | None:
        index = self.order.get(text)
        if index is not None:
            return (index,)
        return (-1, text) if Numbers._written.fullmatch(text) else None

    def development(self, text: str) -> Release:
        """Return the longest listed release that the text starts with."""
        starts = [known for known in self.order if text.removeprefix("v").startswith(known)]
        return self.parse(max(starts, key=len) if starts and text not in self.order else text)


SCHEMES = ("x.y.z", "pep440", "calendar", "listed")


def scheme(name: str, releases: Sequence[str] = ()) -> Scheme:
    """Return the scheme called ``name``; ``releases`` gives the order of ``listed``.

    Raises:
        ReleaseError: the scheme does not exist.
    """
    if name == "listed":
        return Listed(releases)
    for known in (Numbers, Pep440, Calendar):
        if known.name == name:
            return known()
    raise ReleaseError(f"unknown scheme {name!r}; schemes: {', '.join(SCHEMES)}")
