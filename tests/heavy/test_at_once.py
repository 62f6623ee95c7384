"""Two runs at once, in real processes: what they leave, and what they say, is that of one run alone.

With HVSUPPORT_EXPLORE set, each is tried a hundred times.
"""

from __future__ import annotations

import itertools
import os
import random
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import disk_faults as faults
import pytest
from click.testing import CliRunner

from hvsupport.annotate.cache import codec, seen, store
from hvsupport.annotate.cli import group

ROUNDS = 100 if "HVSUPPORT_EXPLORE" in os.environ else 4


@pytest.fixture(autouse=True)
def warm() -> None:
    faults.warm()


def at_once(root: Path, *lines: str, before: Callable[[int], None] = lambda number: None) -> list[tuple[int, str]]:
    """Exit status and output of commands that begin at the same moment."""
    ready, go = os.pipe()
    children = []
    for number, line in enumerate(lines):
        said = root.parent / f"said{number}"
        child = os.fork()
        if child == 0:
            status = 3
            try:
                os.close(go)
                os.chdir(root)
                os.environ["XDG_CACHE_HOME"] = str(root.parent / "cache")
                before(number)
                os.read(ready, 1)
                done = CliRunner().invoke(group, line.split())
                said.write_text(done.output)
                status = done.exit_code
            finally:
                os._exit(status)
        children.append((child, said))
    os.close(ready)
    time.sleep(0.02)
    os.close(go)
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child, _ in children]
    return [(code, said.read_text()) for code, (_, said) in zip(codes, children, strict=True)]


@pytest.mark.parametrize("name", [name for name in faults.CASES if name != "init"])
def test_two_of_a_command_leave_what_one_leaves(tmp_path: Path, name: str) -> None:
    """One of two may be refused because the other was first; nothing is torn, lost or left behind."""
    case = faults.CASES[name]
    known = faults.learn(tmp_path, case)
    tree = tmp_path / "work" / "tree"
    for _ in range(ROUNDS):
        shutil.copytree(known.before, tree)
        done = at_once(tree, case.line, case.line)
        assert {code for code, _ in done} <= {case.status, 0, 2}, done
        assert case.status in {code for code, _ in done}, done
        assert faults.state(tree) == known.after, done
        assert faults.strays(tmp_path) == []
        shutil.rmtree(tree.parent)


def test_different_commands_at_once(tmp_path: Path) -> None:
    """Readers beside a writer see each file as it was or as it is; the writer is not disturbed."""
    case = faults.CASES["annotate"]
    known = faults.learn(tmp_path, case)
    tree = tmp_path / "work" / "tree"
    for _ in range(ROUNDS):
        shutil.copytree(known.before, tree)
        done = at_once(tree, case.line, "check", "export --output out.json", "docs --out site", "check --format json")
        assert all(code in (0, 1) for code, _ in done), done
        after = faults.state(tree)
        assert {path: after[path] for path in known.after} == known.after
        assert faults.strays(tmp_path) == []
        shutil.rmtree(tree.parent)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return faults.made(tmp_path / "tree", faults.CASES["annotate"])


def entries(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def damage(folder: Path, chance: random.Random) -> None:
    """Cut, overwrite, replace by a folder or remove some files of a cache, as a disk or another program may."""
    for path in entries(folder):
        data = path.read_bytes()
        how = chance.randrange(6)
        if how == 0:
            path.write_bytes(data[: chance.randrange(len(data) + 1)])
        elif how == 1 and data:
            at = chance.randrange(len(data))
            path.write_bytes(data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :])
        elif how == 2:
            path.unlink()
            path.mkdir()
        elif how == 3:
            path.write_bytes(chance.choice([path.read_bytes() for path in entries(folder)] or [b""]))


def test_a_shared_cache_that_is_damaged_meanwhile(tree: Path) -> None:
    """Several processes read and write one cache, and another destroys it: each says what a run without one says."""
    alone = CliRunner().invoke(group, ["check", "--no-cache", "--root", str(tree)]).output
    shared = tree.parent / "shared"
    for round_ in range(ROUNDS):
        chance = random.Random(round_)

        def before(number: int) -> None:
            os.environ[store.VARIABLE] = str(shared)

        done = at_once(tree, "check", "check", "check", "check --jobs 2", before=before)
        assert [said for _, said in done] == [alone] * 4
        assert faults.strays(shared) == []
        damage(shared, chance)


def test_versions_that_share_a_cache_do_not_read_each_others_entries(tree: Path) -> None:
    """An entry of another version may hold anything, and a version does not remove another's."""
    alone = CliRunner().invoke(group, ["check", "--no-cache", "--root", str(tree)]).output
    shared = tree.parent / "shared"

    def before(number: int) -> None:
        os.environ[store.VARIABLE] = str(shared)
        if number % 2:
            for module in (seen, store):
                module.__version__ = "99.0"  # type: ignore[attr-defined]
                module.to_json = lambda facts: codec.to_json(facts._replace(classes=()))  # type: ignore[attr-defined]

    for _ in range(ROUNDS):
        done = at_once(tree, "check", "check", "check", "check", before=before)
        assert [said for _, said in done[::2]] == [alone, alone]
    assert at_once(tree, "check", before=lambda _: before(1))[0][1] != alone, "the other version has entries of its own"


def writings() -> Iterator[tuple[str, str]]:
    """Annotations of the same length, and what ``check`` says of the file with them."""
    return itertools.cycle([("1.0.0", "No findings"), ("9.0.0", "HV003"), ("x.y.z", "HV00")])


def test_a_change_of_the_same_size_is_seen_however_soon(tree: Path) -> None:
    """The file is written again at once after each run, with its old time of modification."""
    case = tree / "drivers" / "alpha.py"
    beta = (tree / "drivers" / "beta.py").read_text().replace("start(self):", "start(self):  # 1.0.0")
    (tree / "drivers" / "beta.py").write_text(beta)
    texts = writings()
    for _ in range(10 * ROUNDS):
        release, expected = next(texts)
        case.write_text(faults.DRIVER.format(name="Alpha", start=f"  # {release}", stop="  # 1.0.0"))
        os.utime(case, ns=(1, 1))
        done = CliRunner().invoke(group, ["check", "--root", str(tree)])
        assert expected in done.output, done.output
