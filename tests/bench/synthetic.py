"""A tree of any size: drivers that implement a third of a hundred entries each, all annotated.

A third is what real trees have: Nova's drivers override 49 of 106 on average, Libcloud's 8 of 29.
"""

from __future__ import annotations

from pathlib import Path

ENTRIES = 100
#: One entry in so many is implemented by a driver.
SPARSE = 3
DRIVERS = 50

CONFIG = """\
title = "Synthetic"
release = "2.0.0"
scheme = "x.y.z"

[interfaces.driver]
at = "api.py:Driver"
drivers = ["drivers/*/*.py"]
"""


def write(folder: Path, times: int) -> Path:
    """Write a tree of ``times`` x 50 drivers and return its folder."""
    folder.mkdir(parents=True)
    (folder / "hvsupport.toml").write_text(CONFIG, encoding="utf-8")
    (folder / "api.py").write_text("class Driver:\n" + "".join(map(_slot, range(ENTRIES))), encoding="utf-8")
    for number in range(DRIVERS * times):
        package = folder / "drivers" / f"group{number // DRIVERS}"
        package.mkdir(parents=True, exist_ok=True)
        (package / f"driver{number}.py").write_text(_driver(number), encoding="utf-8")
    return folder


def _slot(index: int) -> str:
    head = f"    def entry_{index}(self, guest):  # 0.1.{index}\n"
    return f'{head}        """Do {index}."""\n        raise NotImplementedError\n\n'


def _driver(number: int) -> str:
    head = f"from api import Driver\n\n\nclass Driver{number}(Driver):  # 0.2.0\n"
    return head + "".join(_entry(number, index) for index in range(number % SPARSE, ENTRIES, SPARSE))


def _entry(number: int, index: int) -> str:
    return (
        f"    def entry_{index}(self, guest):  # 1.{number % 7}.{index}\n"
        f"        value = guest.lookup({index})\n"
        f"        return [each for each in value if each > {number}]\n\n"
    )
