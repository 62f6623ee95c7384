"""A tree -> inspections of its files with tabs."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .. import git
from ..config.value import TabsConfig
from ..errors import ReadError
from ..files import regular
from .editorconfig import EditorConfig
from .find import Holding, scan, walk
from .inspection import Inspection, inspect
from .settings import ATTRIBUTES, Wishes


@dataclass(slots=True)
class Survey:
    """The result for a tree.

    Attributes:
        files: with findings or ignore comments, by path.
        skipped: reason -> number of skipped files.
        looked: number of files listed.
    """

    files: list[Inspection] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    looked: int = 0


class Surveyor:
    """Checks the files below a root."""

    def __init__(self, root: Path, config: TabsConfig, *, submodules: bool = False) -> None:
        self._root, self._submodules = root, submodules
        self._in_repository = git.has_repository(root)
        self.wishes = Wishes(config, EditorConfig(self._text))
        self._broken: list[Holding] = []
        self.skipped_in_git = 0

    def survey(
        self, paths: Sequence[str] = (), *, to_fix: bool = False, on_file: Callable[[str], None] | None = None
    ) -> Survey:
        """Check everything or some paths.

        Args:
            paths: files and folders relative to the root; empty or ``.`` for everything.
        """
        survey = Survey()
        listed = self._listed(paths)
        survey.looked = len(listed)
        if self.skipped_in_git:
            survey.skipped["in .git"] += self.skipped_in_git
        holdings = list(scan(self._root, listed, survey.skipped, on_file)) + self._broken
        attributes = self.attributes([one.path for one in holdings])
        for holding in sorted(holdings, key=lambda one: one.path):
            found = inspect(holding, self.wishes, attributes.get(holding.path, {}), to_fix=to_fix)
            if found.exempt:
                survey.skipped[f"exempt ({found.exempt})"] += 1
            elif found.findings or found.ignores:
                survey.files.append(found)
        return survey

    def attributes(self, paths: Sequence[str]) -> dict[str, dict[str, str]]:
        """Git attributes of files; empty outside a repository."""
        return git.attributes(self._root, paths, ATTRIBUTES) if paths and self._in_repository else {}

    def again(self, path: str) -> bytes | None:
        """The current bytes of a file, with the same checks; None if unreadable."""
        found = next(scan(self._root, [path], Counter()), None)
        return found.data if found is not None and found.problem is None else None

    def _listed(self, paths: Sequence[str]) -> list[str]:
        folders = [path for path in paths if os.path.isdir(self._full(path)) and not os.path.islink(self._full(path))]
        named = {path for path in paths if path not in folders}
        found = {path for path in named if ".git" not in path.split("/")}
        self.skipped_in_git = len(named) - len(found)
        if folders or not paths:
            found.update(self._below(["" if folder == "." else folder for folder in folders]))
        return sorted(found)

    def _below(self, folders: Sequence[str]) -> Iterator[str]:
        everywhere = not folders or "" in folders
        if self._in_repository:
            listed = git.files(self._root, () if everywhere else folders)
            if listed:
                yield from self._entered(listed) if self._submodules else listed
                return
        for folder in [""] if everywhere else folders:
            yield from walk(self._root, folder, self._unlisted)

    def _entered(self, listed: Iterable[str]) -> Iterator[str]:
        """The files, including those of submodules and nested repositories."""
        for path in listed:
            folder = path.rstrip("/")
            full = Path(self._full(folder))
            if full.is_symlink() or not full.is_dir():
                yield path
            elif (full / ".git").exists():
                yield from self._entered(f"{folder}/{name}" for name in git.files(full))

    def _unlisted(self, error: OSError) -> None:
        path = os.path.relpath(error.filename, self._root)
        self._broken.append(Holding(path, problem=f"the folder cannot be read: {error.strerror or error}"))

    def _full(self, path: str) -> str:
        return os.path.join(self._root, path)

    def _text(self, path: str) -> str | None:
        try:
            return regular(self._full(path)).decode("utf-8", "replace")
        except (OSError, ReadError):
            return None
