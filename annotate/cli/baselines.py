"""Baselines of the commands: read the given one, and write a new one."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from .. import atomic
from ..config.load import shown
from ..config.value import Config
from ..errors import BaselineError, ReadError
from ..files import regular
from ..findings import Verdict
from ..suppress import EXCEPTIONS, Known, lines_of_others, read_baseline, write_baseline
from .streams import say


def known(config: Config, given: Path | None) -> tuple[Known, ...]:
    """The findings of the given baseline, else of the one named by the config.

    Raises:
        BaselineError: it cannot be read or is not a baseline.
    """
    path = given if given is not None else config.root / config.baseline if config.baseline else None
    if path is None:
        return ()

    return read_baseline(_read_baseline(path), shown(path, config.root))


def _read_baseline(path: Path) -> str:
    try:
        return regular(path).decode("utf-8")
    except (OSError, ReadError, UnicodeDecodeError) as error:
        raise BaselineError(f"cannot read baseline {path}: {getattr(error, 'strerror', None) or error}") from error


def write_new_baseline(verdict: Verdict, path: Path, codes: Collection[str]) -> int:
    """Write all findings to a baseline file, and print how many.

    Args:
        path: the file; its lines about rules of another command are kept.

    Raises:
        BaselineError: the file exists and is not a baseline, so it is not overwritten.
    """
    try:
        kept = lines_of_others(_read_baseline(path) if path.is_file() else "", path.as_posix(), codes)
    except BaselineError as error:
        raise BaselineError(f"{error}; the file was not changed: remove it to write a new one") from error
    found = [one for one in verdict.all if one.code in codes and one.code != EXCEPTIONS]
    atomic.write(path, write_baseline(found, kept).encode("utf-8", "surrogateescape"))
    others = f", and keeps {len(kept)} for rules of another command" if kept else ""
    say(f"{path}: lists {len(found)} finding{'' if len(found) == 1 else 's'}{others}")
    return 0
