"""Facts by content: a folder that several runs, and several machines, may share."""

import contextlib
import os
import sys
import zlib
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from .. import __version__, atomic
from ..facts import FileFacts, Options
from .codec import from_json, to_json

if TYPE_CHECKING:
    import hashlib


VARIABLE = "HVSUPPORT_CACHE_DIR"
_HERE = os.path.dirname(os.path.dirname(__file__))


def cache_folder(root: Path) -> Path | None:
    """The cache folder of a root: HVSUPPORT_CACHE_DIR, else one in the user's cache folder.

    A tree that is read must not bring its own cache, which could hold anything. So without the variable there is no
    cache (None) if the user's cache folder is in the root, or is not known.
    """
    given = os.environ.get(VARIABLE)
    if given:
        return Path(given)
    home = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(home):  # the specification says to ignore others
        home = os.path.join(os.path.expanduser("~"), ".cache")
    full, top = os.path.realpath(os.path.join(home, "hvsupport")), os.path.realpath(root)
    inside = full.startswith(os.path.join(top, ""))
    return Path(full, f"{zlib.crc32(os.fsencode(top)):08x}") if os.path.isabs(home) and not inside else None


class Cache:
    """Facts by content: a folder that several runs, and several machines, may share.

    The key of an entry is a hash of the file's bytes, the reader's options, this tool with its readers' own source,
    and the Python that parsed it. An entry begins with a hash of its key and text, so that one that is damaged, cut
    off or has the wrong name counts as missing; a folder that is not writable is not used.
    """

    def __init__(self, folder: Path | None, options: Options) -> None:
        self._folder, self._options = folder, options
        self._prepared: set[str] = set()

    @cached_property
    def _seed(self) -> "hashlib._Hash":
        """The common part of all keys, computed on demand."""
        import hashlib

        seed = hashlib.sha256(repr((__version__, sys.version_info[:2], tuple(self._options))).encode())
        with contextlib.suppress(OSError):
            for path in own_source():
                seed.update(Path(path).read_bytes())
        return seed

    def key(self, data: bytes) -> str:
        """The key of the facts of a file with this content; empty without a cache."""
        if self._folder is None:
            return ""
        digest = self._seed.copy()
        digest.update(data)
        return digest.hexdigest()

    def get(self, key: str, path: str) -> FileFacts | None:
        """The facts saved under a key, or None."""
        if self._folder is None:
            return None
        try:
            seal, _, text = self._file(key).read_bytes().partition(b"\n")
            return from_json(text.decode(), path) if seal == _seal(key, text) else None
        except (OSError, ValueError, TypeError, IndexError, KeyError, RecursionError):
            return None

    def put(self, key: str, facts: FileFacts) -> None:
        """Save facts under a key; skipped when the cache is not writable."""
        if self._folder is None:
            return
        try:
            text = to_json(facts).encode()
            clear = self._prepare(self._folder, key[:2])
            atomic.replace(self._file(key), _seal(key, text) + b"\n" + text, clear=clear)
        except UnicodeError:
            return
        except OSError:
            self._folder = None

    def _file(self, key: str) -> Path:
        assert self._folder is not None
        return self._folder / key[:2] / f"{key[2:]}.json"

    def _prepare(self, folder: Path, part: str) -> bool:
        """Make the folder, the first time; whether it is the first time in this part of it."""
        if not self._prepared:
            folder.mkdir(parents=True, exist_ok=True)
            for name, text in (
                (".gitignore", "*\n"),
                ("CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n"),
            ):
                if not (folder / name).exists():
                    atomic.replace(folder / name, text.encode())
        first = part not in self._prepared
        self._prepared.add(part)
        return first


def _seal(key: str, text: bytes) -> bytes:
    import hashlib

    return hashlib.blake2b(text, key=key.encode()[:64], digest_size=16).hexdigest().encode()


@cache
def own_source() -> list[str]:
    """The files that determine facts: a change in a reader or a grammar invalidates what was read before."""
    values = [os.path.join(_HERE, "facts.py"), os.path.join(_HERE, "cache", "codec.py")]
    return [*values, *_below("readers"), *_grammars()]


@cache
def whole_source() -> list[str]:
    """The files of this tool that determine what it says of a tree, and how it is written down."""
    beside = [os.path.join("..", name) for name in ("gen", "templates")]
    return [*(path for folder in (".", *beside) for path in _below(folder)), *_grammars()]


def _grammars() -> list[str]:
    """The files that tell the versions of the grammars; importing them, or what knows of packages, takes longer.

    The current folder, which ``python -m`` puts into the path, may be a tree that is read, and does not tell.
    """
    places = [each for each in sys.path if each not in ("", os.getcwd())]
    home = next((each for each in places if os.path.isdir(os.path.join(each, "tree_sitter"))), None)
    names: list[str] = []
    with contextlib.suppress(OSError):
        names = sorted(os.listdir(home)) if home is not None else []
    told = (name for name in names if name.startswith("tree_sitter") and name.endswith(".dist-info"))
    return [os.path.join(home or "", name, "METADATA") for name in told]


def _below(folder: str) -> list[str]:
    """All source files below a folder of the package; byte code, which comes and goes, left out."""
    found = []
    for where, folders, names in os.walk(os.path.join(_HERE, folder)):
        folders[:] = [name for name in folders if name != "__pycache__"]
        found += [os.path.join(where, name) for name in names]
    return sorted(found)
