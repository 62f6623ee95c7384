"""What earlier runs found, in one file: neighbouring releases share most of what stands, and it is kept once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .. import __version__, atomic
from ..cache.store import cache_folder, own_source
from ..config.value import Config
from ..model import NOTHING
from ..records import NamedTuple
from .state import Owner, State

States = dict[str, State]
_FOLDER = "history"
Likeness = tuple[str, str, str, str]


class Kept(NamedTuple):
    """What is kept of commits.

    Attributes:
        states: commit -> key of each interface -> state.
        names: of files.
        files: commit -> the paths of its files with these names.
        likenesses: the commit and path of two files -> the parts of their lines that they share.
        empty: files of the newest commit that hold nothing, as ``Reader.empty`` gives them.
    """

    states: Mapping[str, States] = NOTHING
    names: frozenset[str] = frozenset()
    files: Mapping[str, frozenset[str]] = NOTHING
    likenesses: Mapping[Likeness, tuple[float, float]] = NOTHING
    empty: frozenset[str] = frozenset()


class Store:
    """States and files by commit, kept between runs.

    Args:
        config: what commits are read with; each way to read has a file of its own.
        cache: whether anything is kept.
    """

    def __init__(self, config: Config, *, cache: bool = True) -> None:
        folder = cache_folder(config.root) if cache else None
        self._path = folder / _FOLDER / f"{_seed(config)}.json" if folder is not None else None

    def load(self) -> Kept:
        """What is kept; empty if nothing is, or it is damaged."""
        try:
            seal, _, text = self._path.read_bytes().partition(b"\n") if self._path is not None else (b"", b"", b"")
            return _from_plain(json.loads(text)) if seal and seal == _seal(text) else Kept()
        except (OSError, ValueError, TypeError, AttributeError, KeyError, IndexError):
            return Kept()

    def save(self, found: Kept) -> None:
        """Keep this in place of what was kept; skipped if the cache is not writable."""
        if self._path is None:
            return
        text = json.dumps(_to_plain(found), separators=(",", ":")).encode()
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            atomic.replace(self._path, _seal(text) + b"\n" + text)
        except OSError:
            self._path = None


def _to_plain(found: Kept) -> Any:
    """What is kept as lists and dicts, with each name, owner and state once, and referred to by its number."""
    names: dict[str, int] = {}
    owners: dict[tuple[Any, ...], int] = {}
    states: dict[tuple[Any, ...], int] = {}
    known: dict[int, int] = {}

    def number(name: str) -> int:
        return names.setdefault(name, len(names))

    def of_owner(each: Owner) -> int:
        sets = (tuple(sorted(map(number, sorted(part)))) for part in (each.stands, each.unknown))
        return owners.setdefault((number(each.path), each.is_driver, *sets), len(owners))

    def of_state(state: State) -> int:
        if id(state) not in known:
            held = tuple((number(name), of_owner(each)) for name, each in sorted(state.owners.items()))
            entries, doubts = tuple(map(number, state.entries)), tuple(map(number, sorted(state.doubts)))
            known[id(state)] = states.setdefault((state.found, entries, held, doubts), len(states))
        return known[id(state)]

    commits = {
        commit: {key: of_state(state) for key, state in each.items()} for commit, each in sorted(found.states.items())
    }
    files = {commit: sorted(map(number, sorted(paths))) for commit, paths in sorted(found.files.items())}
    alike = [[*map(number, key), *parts] for key, parts in sorted(found.likenesses.items())]
    return [list(names), list(owners), list(states), commits, sorted(found.names), files, alike, sorted(found.empty)]


def _from_plain(plain: Any) -> Kept:
    """What ``_to_plain`` wrote.

    Raises:
        ValueError, TypeError, AttributeError, KeyError, IndexError: the value is not what ``_to_plain`` gives.
    """
    names, owners, states, commits, of_files, files, alike, empty = plain
    name = [str(each) for each in names].__getitem__
    held = [
        Owner(name(path), bool(is_driver), frozenset(map(name, stands)), frozenset(map(name, unknown)))
        for path, is_driver, stands, unknown in owners
    ]
    made = [
        State(
            bool(found),
            tuple(map(name, entries)),
            {name(of): held[each] for of, each in own},
            frozenset(map(name, doubts)),
        )
        for found, entries, own, doubts in states
    ]
    return Kept(
        {str(commit): {str(key): made[each] for key, each in of.items()} for commit, of in commits.items()},
        frozenset(map(str, of_files)),
        {str(commit): frozenset(map(name, paths)) for commit, paths in files.items()},
        {
            (name(one), name(path), name(other), name(other_path)): (float(larger), float(smaller))
            for one, path, other, other_path, larger, smaller in alike
        },
        frozenset(map(str, empty)),
    )


def _seed(config: Config) -> str:
    """What a state depends on besides the commit: this version, its sources, and the configuration."""
    seed = hashlib.sha256(__version__.encode())
    top = Path(__file__).parent.parent
    rest = [path for folder in ("history", "names", "resolve") for path in sorted((top / folder).glob("*.py"))]
    for path in (*map(Path, own_source()), *rest):
        seed.update(path.read_bytes())
    places = [each._replace(places=NOTHING) for each in config.interfaces]
    seed.update(repr((places, config.exclude, sorted(config.packages.items()), config.scheme.name)).encode())
    return seed.hexdigest()


def _seal(text: bytes) -> bytes:
    return hashlib.blake2b(text, digest_size=16).hexdigest().encode()
