"""Backfill and verify on nine releases of Libcloud, from the time of Python 2 on, and on eight of Nova.

The repositories are made of source distributions (``releases``). What ``backfill`` writes is compared with a search by
regular expressions that shares nothing with the package.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import releases

_ENTRY = re.compile(r"(?m)^    def (\w+)\((?:(?!\n    def )[^#])*?:  # ((?:<= )?\d[\w.]*)$")
_CLASS = re.compile(r"(?m)^class (\w+)\b")


class Held(NamedTuple):
    """The figures of one repository.

    Attributes:
        written: what ``backfill`` says at its end.
        verdicts: the same of ``verify`` afterwards.
        seen: the annotations of functions that name the release in which the search finds the function first, in the
            class of its name in the file of its name; and those with ``<=`` that release.
        apart: class and function -> what the others say, and the release in which the search finds them.
    """

    written: str
    verdicts: str
    seen: dict[str, int]
    apart: dict[str, tuple[str, str]]


LIBCLOUD = Held(
    "410 annotations written in 46 files.",
    "969 annotations compared with 9 releases: 965 agree, 0 too early, 0 too late, 4 unknown.",
    {"same": 283, "at most": 60},
    {
        # Older releases declare them with a body that only raises.
        "DNSDriver.list_zones": ("0.14.1", "0.8.0"),
        "DNSDriver.list_records": ("0.14.1", "0.8.0"),
        "StorageDriver.list_containers": ("0.14.1", "0.11.1"),
        "StorageDriver.list_container_objects": ("0.14.1", "0.5.0"),
        # Inherited from the interface until 2.0.0.
        "AuroraDNSDriver.list_record_types": ("1.0.0", "2.0.0"),
    },
)
NOVA = Held(
    "334 annotations written in 6 files.",
    "400 annotations compared with 8 releases: 400 agree, 0 too early, 0 too late, 0 unknown.",
    {"same": 52, "at most": 219},
    # Inherited from the interface until 25.0.0.
    {"LibvirtDriver.emit_event": ("<= 15.1.5", "25.0.0")},
)


def hvsupport(tree: Path, cache: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hvsupport.annotate", *arguments, "--root", str(tree)]
    environment = {**os.environ, "HVSUPPORT_CACHE_DIR": str(cache)}
    return subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment, check=False)


@pytest.mark.parametrize(
    ("project", "held"),
    [pytest.param(releases.LIBCLOUD, LIBCLOUD, id="libcloud"), pytest.param(releases.NOVA, NOVA, id="nova")],
)
def test_backfill(project: releases.Project, held: Held, tmp_path: Path) -> None:
    tree = releases.clone(project, tmp_path / "tree")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return hvsupport(tree, tmp_path / "cache", *arguments)

    written = run("backfill")
    assert written.returncode == 1 and held.written in written.stderr + written.stdout
    changed = releases.git(tree, "diff", "--name-only", "--", "*.py").split()
    assert len(changed) == int(held.written.split()[-2])
    for path in changed:
        before = releases.git(tree, "show", f"HEAD:{path}")
        assert ast.dump(ast.parse(before)) == ast.dump(ast.parse((tree / path).read_text("utf-8"))), path
    assert run("check").returncode == 0
    verified = run("verify")
    assert verified.returncode == 0 and held.verdicts in verified.stderr
    assert run("backfill").returncode == 0, "a second run changes nothing"
    seen, apart = Counter[str](), dict[str, tuple[str, str]]()
    for path in changed:
        for name, said, first in compared(tree, path, [pin.version for pin in project.pins]):
            if said.removeprefix("<= ") == first:
                seen["same" if said == first else "at most"] += 1
            else:
                apart[name] = said, first
    assert (seen, apart) == (held.seen, held.apart)


def shown(tree: Path, tag: str, path: str) -> str:
    """A file of a release; empty where it is not there."""
    try:
        return releases.git(tree, "show", f"{tag}:{path}")
    except subprocess.CalledProcessError:
        return ""


def compared(tree: Path, path: str, tags: list[str]) -> Iterator[tuple[str, str, str]]:
    """The annotated functions of the classes of a file: name, annotation, and where the search finds each first."""
    functions = [of_classes(shown(tree, tag, path)) for tag in tags]
    for name, body in classes(tree.joinpath(path).read_text("utf-8")):
        for match in _ENTRY.finditer(body):
            first = next(tag for tag, known in zip(tags, functions, strict=True) if (name, match[1]) in known)
            yield f"{name}.{match[1]}", match[2], first


def classes(text: str) -> list[tuple[str, str]]:
    """The classes of a file, each with the text down to the next one."""
    parts = _CLASS.split(text)
    return list(zip(parts[1::2], parts[2::2], strict=True))


def of_classes(text: str) -> set[tuple[str, str]]:
    """The functions of the classes of a file."""
    return {(name, each) for name, body in classes(text) for each in re.findall(r"(?m)^    def (\w+)\(", body)}
