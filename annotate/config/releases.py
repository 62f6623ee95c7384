"""The current release and the known ones, as the configuration, git or pyproject.toml gives them."""

from __future__ import annotations

import re
from collections.abc import Iterable

import tomli

from .. import files, git
from ..errors import GitError, ReadError, ReleaseError
from ..model import Place
from ..release import NEXT_TEXT, Listed, Release, Scheme, scheme
from .shapes import ReleaseSource
from .types import Reading

_RELEASE = ("release",)
_RELEASES = ("releases",)


class Releases:
    """The releases of one configuration; problems go to ``reading``.

    Attributes:
        scheme: how releases are written and ordered.
        known: all releases known, oldest first; None when only their order can be checked.
        shallow: the known releases are the tags of a shallow clone, which may lack some.
        text: the current release as a text, or None.
        current: the same, parsed; a development version counts as the coming release.
    """

    def __init__(
        self, reading: Reading, name: str, listed: tuple[str, ...] | None, source: ReleaseSource, prefix: str | None
    ) -> None:
        self._reading, self._prefix = reading, prefix
        if name == Listed.name and not listed:
            tip = "list all releases under 'releases', oldest first"
            reading.problem(("scheme",), "the scheme 'listed' needs 'releases'", None, 'releases = ["1.0", "2.0"]', tip)
        self.scheme: Scheme = scheme(name, listed or ())
        self._tags: dict[str, Release] | None = None
        self.known = self._listed(listed) if listed is not None else self._tagged()
        self.shallow = listed is None and self.known is not None and git.is_shallow(reading.root)
        self.text = source.text if source.origin is None else self._origin(source)
        self.current = self._current(self.text)

    def _listed(self, texts: tuple[str, ...]) -> tuple[Release, ...]:
        """The releases of the list; invalid and repeated ones become problems."""
        found: dict[Release, str] = {}
        for index, text in enumerate(texts):
            release = self._listed_one(index, text)
            if release is None:
                continue
            if release in found:
                other = f" (as {found[release]!r})" if found[release] != text else ""
                self._reading.problem((*_RELEASES, str(index)), f"release {text} is listed twice{other}", text)
            found.setdefault(release, text)
        return tuple(sorted(found))

    def _listed_one(self, index: int, text: str) -> Release | None:
        path = (*_RELEASES, str(index))
        if text == NEXT_TEXT or any(sign in text for sign in " \t\n,;#"):
            expected = "no white space, comma, semicolon or '#', and not the word 'next'"
            self._reading.problem(path, f"{text!r} is not a valid release", text, expected)
            return None
        try:
            return self.scheme.parse(text)
        except ReleaseError as error:
            self._reading.problem(path, str(error), text, f"such as {self.scheme.example}", _OTHER_SCHEME)
            return None

    def _tagged(self) -> tuple[Release, ...] | None:
        """The release tags of git; None if there are none."""
        if self.scheme.name == Listed.name:
            return None
        return tuple(sorted(set(self._release_tags().values()))) or None

    def _release_tags(self) -> dict[str, Release]:
        """Tag -> release; the names of tags are read once."""
        if self._tags is None:
            try:
                self._tags = dict(release_tags(git.tags(self._reading.root), self.scheme, self._prefix))
            except GitError as error:
                self._reading.problem((), f"the release tags cannot be read: {error}", None, None, _GIVE_RELEASES)
                self._tags = {}
        return self._tags

    def _origin(self, source: ReleaseSource) -> str | None:
        if source.origin == "files":
            return self._from_files(source)
        return self._from_git() if source.origin == "git" else self._from_pyproject()

    def _from_files(self, source: ReleaseSource) -> str | None:
        """The release that a pattern finds in the first file that exists."""
        for path in source.files:
            try:
                text = files.read(self._reading.root, path).decode("utf-8", "replace")
            except ReadError:
                continue
            found = re.search(source.pattern, text)
            if found is not None and found[1]:
                self._reading.places[_RELEASE] = _place(path, text, found.start(1))
                return found[1]
            self._reading.problem(_RELEASE, f"the pattern matches nothing in {path}", source.pattern)
            return None
        self._reading.problem(_RELEASE, "none of the files exists", ", ".join(source.files), tip=_GIVE_RELEASE)
        return None

    def _from_git(self) -> str | None:
        """The newest of the releases on the nearest commit with a release tag."""
        tags = self._release_tags()
        try:
            nearest = git.nearest_tags(self._reading.root, list(tags)) if tags else ()
        except GitError as error:
            self._reading.problem(_RELEASE, f"the current release cannot be read from git: {error}", tip=self._fetch())
            return None
        if not nearest:
            self._reading.problem(_RELEASE, "no release tag in git to take the current release from", tip=self._fetch())
            return None
        return str(max(tags[tag] for tag in nearest))

    def _fetch(self) -> str:
        """What brings the missing tags."""
        if git.is_shallow(self._reading.root):
            return _UNSHALLOW
        return _FETCH if git.has_repository(self._reading.root) else _GIVE_RELEASE

    def _from_pyproject(self) -> str | None:
        """The static version of the project, from the ``pyproject.toml`` at the root."""
        try:
            data = tomli.loads(files.Folder(self._reading.root).read("pyproject.toml").decode("utf-8-sig"))
        except (ReadError, ValueError, RecursionError) as error:
            self._reading.problem(_RELEASE, f"pyproject.toml cannot be read: {error}", tip=_GIVE_RELEASE)
            return None
        project = data.get("project")
        version = project.get("version") if isinstance(project, dict) else None
        if not isinstance(version, str):
            message = "pyproject.toml has no static version in [project]"
            self._reading.problem(_RELEASE, message, None, '[project] with version = "..."', _GIVE_RELEASE)
            return None
        return version

    def _current(self, text: str | None) -> Release | None:
        if text is None:
            return None
        try:
            release = self.scheme.development(text)
        except ReleaseError as error:
            self._reading.problem(_RELEASE, str(error), text, f"such as {self.scheme.example}", _OTHER_SCHEME)
            return None
        if release.is_next or (isinstance(self.scheme, Listed) and release.text not in self.scheme.order):
            message = (
                "'release' must be one of 'releases'"
                if self.scheme.name == Listed.name
                else "'release' must not be 'next'"
            )
            self._reading.problem(_RELEASE, message, text, "a published release")
            return None
        return release


def _place(path: str, text: str, position: int) -> Place:
    """Place of a release that the configuration only points to."""
    return Place(path, text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position))


_OTHER_SCHEME = "set 'scheme' if the project writes releases differently"
_GIVE_RELEASE = 'give the release itself: release = "1.2.0"'
_GIVE_RELEASES = "list the releases under 'releases' to ignore the tags"
_FETCH = "fetch the tags with 'git fetch --tags', or give the release itself"
_UNSHALLOW = "fetch the tags with their history, 'git fetch --tags --unshallow' (in CI: fetch-depth 0)"


def release_tags(names: Iterable[str], scheme: Scheme, prefix: str | None) -> Iterable[tuple[str, Release]]:
    """Tag and release, for every release tag.

    Args:
        prefix: what precedes the release; None for an optional ``v``.
    """
    for name in names:
        if prefix is None:
            text = name[1:] if name[:1] == "v" else name
        elif name.startswith(prefix):
            text = name.removeprefix(prefix)
        else:
            continue
        if text == NEXT_TEXT or (isinstance(scheme, Listed) and text not in scheme.order):
            continue
        if scheme.accepts(text):
            yield name, scheme.parse(text)
