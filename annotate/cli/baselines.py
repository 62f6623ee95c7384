"""Baselines that commands write."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from .. import atomic
from ..errors import BaselineError
from ..findings import Verdict
from ..suppress import EXCEPTIONS, baseline_text, lines_of_others, write_baseline
from .streams import say


def write_new_baseline(verdict: Verdict, path: Path, codes: Collection[str]) -> int:
    """Write all findings to a baseline file, and print how many.

    Args:
        path: the file; its lines about rules of another command are kept.

    Raises:
        BaselineError: the file exists and is not a baseline, so it is not overwritten.
    """
    try:
        kept = lines_of_others(baseline_text(path) if path.is_file() else "", path.as_posix(), codes)
    except BaselineError as error:
        raise BaselineError(f"{error}; the file was not changed: remove it to write a new one") from error
    found = [one for one in verdict.all if one.code in codes and one.code != EXCEPTIONS]
    atomic.write(path, write_baseline(found, kept).encode("utf-8", "surrogateescape"))
    others = f", and keeps {len(kept)} for rules of another command" if kept else ""
    say(f"{path}: lists {len(found)} finding{'' if len(found) == 1 else 's'}{others}")
    return 0
