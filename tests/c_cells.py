"""A small tree of C, and what its cells are: for tests of what sets the slots of a table."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hvsupport.annotate import run
from hvsupport.annotate.config import load as configfile
from hvsupport.annotate.judge import judge
from hvsupport.annotate.model import Interface

CONFIG = """\
title = "Example"
release = "1.4.0"
releases = ["1.0.0", "1.1.0", "1.4.0"]

[interfaces.ops]
at = "ops.h:{at}"
kind = "table"
drivers = ["*.c"]
"""


def read(folder: Path, files: Mapping[str, str], at: str = "ops") -> tuple[Interface, list[str]]:
    """The interface of a tree with these files, and what is told, missing releases aside."""
    for path, text in {"hvsupport.toml": CONFIG.format(at=at), **files}.items():
        (folder / path).write_text(text)
    config = configfile.load(root=folder)
    catalogue = run.catalogue(config, cache=False)
    told = [each.message for each in judge(config, catalogue).findings if each.code != "HV001"]
    return catalogue.interfaces[0], told


def cells(folder: Path, files: Mapping[str, str], at: str = "ops") -> tuple[dict[str, str], list[str]]:
    """Driver -> its entries that are set, or the states of others; and what is told."""
    interface, told = read(folder, files, at)
    found: dict[str, dict[str, None]] = {}
    for driver, entry, cell in interface.walk():
        shown = entry.name if cell.state == "unannotated" else cell.state
        if cell.state != "unsupported":
            found.setdefault(driver.id.removeprefix("d.c:"), {})[shown] = None
    return {driver: " ".join(sorted(each)) for driver, each in found.items()}, told
