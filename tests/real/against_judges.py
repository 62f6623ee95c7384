"""Our cells against what a compiler and Python itself said of the same trees, counted for ``judges.md``.

``objects.json`` and ``imported.json`` hold what they said; ``oracle_objects.py`` and ``oracle_import.py`` wrote them.
``python tests/real/against_judges.py`` writes ``judges.md``.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import debian
import trees

from hvsupport.annotate import run
from hvsupport.annotate.config import load as configfile
from hvsupport.annotate.findings import Finding
from hvsupport.annotate.judge import judge
from hvsupport.annotate.model import Cell, Interface

HERE = Path(__file__).parent
HEAD = 'title = "Judged"\nrelease = "1.0.0"\nreleases = ["1.0.0"]\n'
HEADERS = {
    "nginx": ["src/**/*.h"],
    "sqlite": ["src/*.h", "src/sqlite.h.in", "ext/**/*.h"],
    "curl": ["lib/**/*.h", "include/**/*.h"],
    "git": ["*.h", "refs/*.h", "reftable/*.h", "trace2/*.h"],
}
#: What a letter of ``imported.json`` allows a cell to be.
LETTERS = {
    "o": {"own", "inherited"},
    "s": {"stub"},
    "d": {"default"},
    "n": {"absent"},
    "v": {"own", "inherited", "stub"},
    "w": {"default", "absent"},
}
COLUMNS = ("drivers", "cells", "equal", "conditional", "unreadable", "reported")


class Outcome(NamedTuple):
    """How the cells of one interface compare.

    Attributes:
        counts: by what was found; ``reported`` are cells of drivers that a finding says are no columns.
        wrong: cells that say something else, and drivers and rows that are lost without a word.
    """

    name: str
    counts: Counter[str]
    wrong: list[str]


def truth(name: str) -> Any:
    return json.loads((HERE / name).read_text("utf-8"))


def read(root: Path, tables: Iterator[str], folder: Path) -> tuple[tuple[Interface, ...], dict[str, list[Finding]]]:
    """The interfaces of a tree, and the findings by file, missing releases aside."""
    path = folder / "hvsupport.toml"
    path.write_text(HEAD + "".join(tables), "utf-8")
    config = configfile.load(root=root, config=path)
    catalogue = run.catalogue(config, cache=False)
    findings: dict[str, list[Finding]] = defaultdict(list)
    for each in judge(config, catalogue).findings:
        if each.code != "HV001":
            findings[each.place.path].append(each)
    return catalogue.interfaces, findings


# -- C


def objects(name: str, folder: Path) -> Iterator[Outcome]:
    """The structs of one tree against what its objects hold."""
    told: Mapping[str, Any] = truth("objects.json")[name]
    headers = json.dumps(HEADERS[name])
    tables = (
        f'[interfaces.i{number}]\nat = "{key}"\nkind = "table"\ndrivers = ["**/*.c", "**/*.h"]\nheaders = {headers}\n'
        for number, key in enumerate(told)
    )
    interfaces, findings = read(debian.tree(debian.JUDGED[name]), tables, folder)
    for (key, value), interface in zip(told.items(), interfaces, strict=True):
        yield _struct(f"{name}: {key}", value, interface, findings)


def _struct(name: str, told: Mapping[str, Any], interface: Interface, findings: Mapping[str, list[Finding]]) -> Outcome:
    counts, wrong = Counter[str](), list[str]()
    entries = {entry.name for entry in interface.entries}
    columns = {driver.id: driver for driver in interface.drivers}
    wrong += (f"{slot} is no row" for slot in told["slots"] if slot not in entries)
    for table, bits in told["tables"].items():
        counts.update(drivers=1, cells=len(bits))
        path = table.partition(":")[0]
        if table not in columns:
            if "1" in bits and not findings.get(path):
                wrong.append(f"{table} is no column, and holds {bits}")
            counts["reported" if "1" in bits else "equal"] += len(bits)
            continue
        if _has_gaps(table, findings):
            counts["reported"] += len(bits)
            continue
        cells = [interface.cells[table, slot] for slot in told["slots"] if slot in entries]
        # What the whole table stands under was met, for it is in the object.
        whens = {cell.definition.when for cell in cells if cell.definition is not None}
        under = min(whens, key=lambda each: len(each or "")) if whens else None
        for slot, cell, bit in zip(told["slots"], cells, bits, strict=False):
            kind = _kind(cell, under)
            counts["equal" if kind in ("yes", "no") else kind] += 1
            if kind in ("yes", "no") and (kind == "yes") != (bit == "1"):
                wrong.append(f"{table} {slot} is {cell.state}, and the object has {bit}")
    return Outcome(name, counts, wrong)


def _has_gaps(table: str, findings: Mapping[str, list[Finding]]) -> bool:
    """Whether some elements of an array are never compiled, which is a finding; ours are counted as written."""
    path, _, title = table.partition(":")
    variable, bracket, _ = title.partition("[")
    return bool(bracket) and any(
        f"of {variable} stands under '#if 0'" in each.message for each in findings.get(path, ())
    )


def _kind(cell: Cell, under: str | None) -> str:
    if cell.state == "unreadable":
        return "unreadable"
    one = cell.definition
    if (
        cell.state == "conditional"
        or len(cell.variants) > 1
        or (one and (one.expression or one.when not in (None, under)))
    ):
        return "conditional"
    return "yes" if cell.state in ("supported", "unannotated") else "no"


# -- Python


def imported(name: str, folder: Path) -> Iterator[Outcome]:
    """The classes of one project against what importing them shows."""
    told = {key: value for key, value in truth("imported.json").items() if key.partition(".")[0] == name}
    root = trees.wheel(next(pin for pin in trees.WHEELS if pin.name == name))
    interfaces, findings = read(
        root, (_config(root, number, *each) for number, each in enumerate(told.items())), folder
    )
    for (key, value), interface in zip(told.items(), interfaces, strict=True):
        yield _classes(key, value, interface, findings)


def _config(root: Path, number: int, key: str, value: Mapping[str, Any]) -> str:
    module, _, name = key.partition(":")
    path = module.replace(".", "/")
    path += ".py" if (root / f"{path}.py").is_file() else "/__init__.py"
    package = value["package"].replace(".", "/")
    head = f'[interfaces.i{number}]\nat = "{path}:{name}"\nkind = "class"\ncolumns = "all"\n'
    return f'{head}drivers = ["{package}/**/*.py"]\n'


def _classes(
    name: str, told: Mapping[str, Any], interface: Interface, findings: Mapping[str, list[Finding]]
) -> Outcome:
    counts, wrong = Counter[str](), list[str]()
    entries = {entry.name for entry in interface.entries}
    columns = {driver.id for driver in interface.drivers}
    wrong += (f"{entry} is no row" for entry in told["entries"] if entry not in entries)
    for driver, letters in told["drivers"].items():
        counts.update(drivers=1, cells=len(letters))
        if driver not in columns:
            wrong.append(f"{driver} is no column")
            continue
        for entry, letter in zip(told["entries"], letters, strict=True):
            cell = interface.cells[driver, entry]
            if cell.state == "unreadable":
                counts["unreadable"] += 1
                if not findings:
                    wrong.append(f"{driver} {entry} is unreadable without a finding")
            elif letter != "?" and cell.how not in LETTERS[letter]:
                wrong.append(f"{driver} {entry} is {cell.how}, and importing it shows {letter}")
            else:
                counts["equal"] += 1
    return Outcome(name, counts, wrong)


# -- the page


def page(found: Mapping[str, list[Outcome]]) -> str:
    """The text of ``judges.md``."""
    lines = [
        "# What a compiler and Python say of the same cells",
        "",
        "`objects.json` holds which slots the compiler filled in the tables of four C projects, file by file;",
        "`imported.json` what importing ten Python projects shows of each method. *Reported*: cells of tables that are",
        "no columns, or are counted otherwise, because a part cannot be read, which is a finding. No cell differs",
        "without a finding. Made by `python tests/real/against_judges.py`.",
    ]
    for title, outcomes in found.items():
        lines += ["", f"## {title}", "", f"| interface | {' | '.join(COLUMNS)} |", "|---|" + "---:|" * len(COLUMNS)]
        total = Counter[str]()
        for each in outcomes:
            total.update(each.counts)
            lines.append(f"| {each.name} | {' | '.join(str(each.counts[column]) for column in COLUMNS)} |")
        lines.append(f"| all | {' | '.join(str(total[column]) for column in COLUMNS)} |")
    return "\n".join(lines) + "\n"


def everything(folder: Path) -> dict[str, list[Outcome]]:
    """Both tables of the page."""
    return {
        "C": [each for name in HEADERS for each in objects(name, folder)],
        "Python": [each for pin in trees.WHEELS for each in imported(pin.name, folder)],
    }


def main() -> int:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        found = everything(Path(folder))
    (HERE / "judges.md").write_text(page(found), "utf-8")
    wrong = [f"{each.name}: {line}" for outcomes in found.values() for each in outcomes for line in each.wrong]
    print("\n".join(wrong))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
