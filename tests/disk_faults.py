"""Faults of the disk, injected one at a time into every command that writes.

``annotate/atomic.py`` is the only writer, so its view of ``os`` is replaced by one that counts the calls that change
something, and at the n-th kills the process or fails.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from click.testing import CliRunner

from hvsupport.annotate import atomic
from hvsupport.annotate.cli import COMMANDS, group

CALLS = ("write", "replace", "unlink", "fsync", "mkdir", "rmdir", "chmod", "chown", "open")
KILL = "kill"
FAULTS = (KILL, "ENOSPC", "EACCES", "EIO", "EINTR")
KILLED = 137
STRAY = re.compile(r"\.hvsupport-[0-9a-f]{16}")

API = """\
class Driver:
    def start(self):
        raise NotImplementedError

    def stop(self):
        raise NotImplementedError

    def pause(self):
        raise NotImplementedError
"""
DRIVER = """\
from api import Driver


class {name}(Driver):  # 1.0.0
    def start(self):{start}
        return 1

    def stop(self):{stop}
        return 2
"""
CONFIG = """\
release = "1.1.0"
releases = ["1.0.0", "1.1.0"]
pages = "docs"

[interfaces.driver]
at = "api.py:Driver"
drivers = ["drivers/*.py"]
"""


class Disk:
    """Stands for ``os``: calls that change something are counted, and the n-th meets a fault; 0 for none."""

    def __init__(self, at: int, fault: str) -> None:
        self._at, self._fault, self.count = at, fault, 0

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        if name not in CALLS:
            return real

        def call(*arguments: Any) -> Any:
            if name == "open" and arguments[1] == os.O_RDONLY:
                return real(*arguments)
            self.count += 1
            if self.count == self._at:
                self._fail(name, arguments)
            return real(*arguments)

        return call

    def _fail(self, name: str, arguments: tuple[Any, ...]) -> None:
        if name == "write" and self._fault in (KILL, "ENOSPC"):
            os.write(arguments[0], arguments[1][: len(arguments[1]) // 2])
        if self._fault == KILL:
            os._exit(KILLED)
        code = getattr(errno, self._fault)
        raise OSError(code, os.strerror(code))


class Case(NamedTuple):
    """A command, the tree that it works on, and its exit status when all goes well."""

    line: str
    status: int
    prepare: Callable[[Path], None] = lambda root: None


def _annotations(start: str, stop: str) -> Callable[[Path], None]:
    def prepare(root: Path) -> None:
        for name in ("alpha", "beta"):
            text = DRIVER.format(name=name.title(), start=start, stop=stop)
            (root / "drivers" / f"{name}.py").write_text(text)

    return prepare


def _tabs(root: Path) -> None:
    for name in ("a.pl", "scripts/b.pl", "scripts/c.sh"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text("if true; then\n\techo\nfi\n" if name.endswith("sh") else "if ($x) {\n\tf();\n}\n")


def _older_site(root: Path) -> None:
    """A site of a tree with another driver and another page, which are gone now."""
    old, page = root / "drivers" / "gone.py", root / "docs" / "old" / "page.md"
    old.write_text(DRIVER.format(name="Gone", start="  # 1.0.0", stop="  # 1.0.0"))
    page.parent.mkdir()
    page.write_text("# Old\n")
    run(root, "docs --out site")
    old.unlink()
    shutil.rmtree(page.parent)
    (root / "docs" / "new.md").write_text("# New\n")


CASES = {
    "annotate": Case("annotate --since 1.1.0", 1, _annotations("", "  # 1.0.0")),
    "stamp": Case("stamp 1.2.0", 1, _annotations("  # next", "  # 1.0.0 - next")),
    "tabs": Case("tabs --fix", 1, _tabs),
    "docs": Case("docs --out site", 0),
    "docs again": Case("docs --out site", 0, _older_site),
    "export": Case("export --output out.json --depfile out.d", 0),
    "baseline": Case("check --write-baseline known.txt", 0, _annotations("", "")),
    "init": Case("init --force", 0),
    "check": Case("check", 0),
}


def made(root: Path, case: Case) -> Path:
    """The tree of a case."""
    for path, text in {
        "api.py": API,
        "hvsupport.toml": CONFIG,
        "docs/index.md": "# Words\n\n[all](more/all.md)\n",
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    (root / "docs" / "more").mkdir()
    (root / "docs" / "more" / "all.md").write_text("# All\n")
    (root / "drivers").mkdir()
    _annotations("  # 1.0.0", "  # 1.1.0")(root)
    case.prepare(root)
    return root


def run(root: Path, line: str, at: int = 0, fault: str = KILL) -> tuple[int, int]:
    """Run a command in a process of its own.

    Returns:
        Its exit status, and the number of calls that change something.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 3
        try:
            disk = Disk(at, fault)
            atomic.os = disk  # type: ignore[attr-defined,assignment]
            os.chdir(root)
            os.environ["XDG_CACHE_HOME"] = str(root.parent / "cache")
            status = CliRunner().invoke(group, line.split()).exit_code
            os.write(writing, str(disk.count).encode())
        finally:
            os._exit(status)
    os.close(writing)
    _, raw = os.waitpid(child, 0)
    with os.fdopen(reading) as pipe:
        return os.waitstatus_to_exitcode(raw), int(pipe.read() or 0)


def state(folder: Path) -> dict[str, bytes]:
    """Path -> bytes of every file that is meant to stay; a folder ends with ``/`` and is empty."""
    return {path: data for path, data in _everything(folder) if not STRAY.fullmatch(path.rpartition("/")[2])}


def strays(folder: Path) -> list[str]:
    """The temporary files in a folder."""
    return [path for path, _ in _everything(folder) if STRAY.fullmatch(path.rpartition("/")[2])]


def _everything(folder: Path) -> Iterator[tuple[str, bytes]]:
    for where, below, names in os.walk(folder):
        inside = Path(where).relative_to(folder)
        yield from ((f"{inside / name}/", b"") for name in below)
        yield from (((inside / name).as_posix(), (Path(where) / name).read_bytes()) for name in names)


def warm() -> None:
    """Import here what the processes will need, so that none of them has to."""
    for name in COMMANDS:
        import_module(f"hvsupport.annotate.cli.{name}")
    for name in (
        "hashlib",
        "jinja2",
        "libcst",
        "markdown",
        "pathspec",
        "tomli",
        "tree_sitter",
        "hvsupport.annotate.git",
    ):
        import_module(name)


class Known(NamedTuple):
    """What a command does when all goes well."""

    before: Path
    after: dict[str, bytes]
    calls: int


def learn(folder: Path, case: Case) -> Known:
    """Run a command once without a fault, and keep the tree as it was before."""
    before, tree = made(folder / "before", case), folder / "work" / "tree"
    shutil.copytree(before, tree)
    status, calls = run(tree, case.line)
    assert (status, strays(folder)) == (case.status, [])
    known = Known(before, state(tree), calls)
    shutil.rmtree(tree.parent)
    return known


def inject(folder: Path, case: Case, known: Known, at: int, fault: str) -> None:
    """One fault: no file is torn, an error leaves nothing behind, and the same command again ends as it should."""
    tree = folder / "work" / "tree"
    shutil.copytree(known.before, tree)
    before = state(tree)
    status, _ = run(tree, case.line, at, fault)
    assert status == KILLED if fault == KILL else status in (case.status, 2)
    now, whole = state(tree), {**known.after, "site/.hvsupport-site.json": None}
    torn = [
        path for path, data in now.items() if whole.get(path, data) not in (data, None) and before.get(path) != data
    ]
    assert torn == []
    if fault != KILL:
        assert strays(folder) == []
        assert status == 2 or now == known.after
    status, _ = run(tree, case.line)
    assert status in (0, case.status), "what is done already is not an error"
    assert state(tree) == known.after
    assert strays(folder) == []
    shutil.rmtree(tree.parent)
