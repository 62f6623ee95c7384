"""Where journals are kept that nobody else keeps: a file each in the user's folder of state.

They last as long as hosts in other processes do, and are deleted once their migration is over.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from ..errors import JournalError, MigrationError
from . import conduct
from .journal import FileJournal


def folder() -> Path:
    """Give the folder: `hypervisor/migrations` in XDG_STATE_HOME, which is ~/.local/state."""
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "hypervisor" / "migrations"


def begin(guest: str) -> FileJournal:
    """Begin a journal; raise JournalError when there is no place for it: a migration needs one."""
    path = folder() / f"{quote(guest, safe='')}.{uuid.uuid4().hex}.migration"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        why = f"cannot keep a journal in {str(path.parent)!r}: {error.strerror}; give one yourself"
        raise JournalError(why) from error
    return FileJournal(path)


@contextmanager
def kept(journal: FileJournal) -> Iterator[None]:
    """Close a journal in the end; let the error name it when its migration is not over.

    One that is over is deleted, if it is in the folder. Whatever exception leaves it open, its file
    is there for `recovery.recover`.
    """
    try:
        yield
    except MigrationError as error:
        if error.journal is None:
            raise
        error.args = (f"{error}; recover it with its journal {str(journal.path)!r}",)
        error.journal = journal.path
        raise
    finally:
        try:
            history = conduct.read(journal.records())
            over = history is None or history.over is not None
            if over and journal.path.parent == folder():
                journal.path.unlink(missing_ok=True)
        finally:
            journal.close()
