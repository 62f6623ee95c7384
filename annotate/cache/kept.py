"""What a command made of a tree, kept until anything that it read changes.

``seen`` saves reading the files of a tree; this saves resolving and judging them as well, which is most of a run in
which nothing changed. An answer holds as long as every folder that was listed lists the same, every file that was read
has the same status (see ``seen``), and the configuration, this tool and Python are the same.
"""

import contextlib
import json
import os
import sys
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .. import __version__, atomic
from ..config.value import Config
from ..files import Folder
from ..model import NOTHING
from ..release import Scheme
from .seen import TICK, Status, now, state_of
from .store import whole_source

FOLDER = "kept"
#: Answers in a folder; the oldest go. A folder that CI jobs share may see a new root with each job.
MOST = 64


class Kept:
    """The answer of one command about one tree, saved in the cache folder for the next run.

    Args:
        folder: of the cache; None to load and save nothing.
        config: what to read, and how.
        question: the command with what it was asked; the answer to each is kept on its own.
        of: what else the answer depends on.
    """

    def __init__(self, folder: Path | None, config: Config, question: tuple[object, ...], of: object = ()) -> None:
        self._started = now()
        self._path: Path | None = None
        self.head = b""
        if folder is None:
            return
        root = os.path.realpath(config.root)
        everything = [__version__, sys.version_info[:2], root, question, of, _parts(config), state_of(whole_source())]
        self.head = json.dumps(everything, default=_plain, separators=(",", ":")).encode()
        name = os.fsencode("\0".join((root, config.path, repr(question))))
        self._path = folder / FOLDER / f"{zlib.crc32(name):08x}"

    def load(self, tree: Folder) -> tuple[Any, bytes] | None:
        """What the last run saved, with lists for tuples, if nothing that it read has changed since."""
        try:
            head, _, rest = self._path.read_bytes().partition(b"\n") if self._path else (b"", b"", b"")
            seal, _, body = rest.partition(b"\n")
            if not body or head != self.head or int(seal) != zlib.crc32(body):
                return None
            line, _, document = body.partition(b"\n")
            folders, files, value = json.loads(line)
            if all(tree.listing(folder) == listed for folder, listed in folders) and all(
                tree.has_status(path, state) for path, *state in files
            ):
                return value, document
        except (OSError, ValueError, TypeError):
            pass
        return None

    def save(self, tree: Folder, value: object, document: bytes) -> None:
        """Save a value that JSON can hold, and a document, unless what it was made from may still change unnoticed.

        That is a file that was written just before the run, or one that is missing, unreadable or no plain file.
        """
        if self._path is None or (inputs := tree.inputs()) is None:
            return
        folders, statuses = inputs
        files = [(path, *Status.of(found)) for path, found in statuses.items()]
        if any(max(modified, changed) >= self._started - TICK for _, _, modified, changed, _ in files):
            return
        with contextlib.suppress(OSError, UnicodeError):
            line = json.dumps([list(folders.items()), files, value], separators=(",", ":")).encode()
            body = b"%s\n%s" % (line, document)
            self._path.parent.mkdir(parents=True, exist_ok=True)
            atomic.replace(self._path, b"%s\n%d\n%s" % (self.head, zlib.crc32(body), body))
            answers = [path for path in self._path.parent.iterdir() if not path.name.startswith(".")]
            for path in sorted(answers, key=lambda path: path.stat().st_mtime_ns)[:-MOST]:
                path.unlink()


def _parts(config: Config) -> list[object]:
    """All of a configuration; places have keys that JSON cannot have."""
    interfaces = [[*each._replace(places=NOTHING), *each.places.items()] for each in config.interfaces]
    return [*config._replace(interfaces=(), places=NOTHING), *config.places.items(), interfaces]


def _plain(value: object) -> object:
    """What JSON cannot hold as it is.

    Raises:
        TypeError: two different values of this type could look alike.
    """
    if isinstance(value, Mapping):
        return list(value.items())
    if isinstance(value, Path):
        return os.fspath(value)
    if type(value).__module__ == "packaging.version":  # in a release of PEP 440
        return str(value)
    if isinstance(value, Scheme):
        return [value.name, vars(value)]
    raise TypeError(f"{type(value).__name__} has no stable text")
