"""The tab rule on a clean tree against ``git grep`` and a hook, and a fix in Perl: rows of ``make bench``."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import measure

HVSUPPORT = (sys.executable, "-m", "hvsupport.annotate")
#: As many files and bytes as libvirt 9.0.0.
FILES, BYTES = 11_925, 120_000_000
#: What the hook does: open each file that it is given, and look for a tab in its bytes.
_FORBID = """
import sys
for path in sys.stdin.buffer.read().split(b"\\0"):
    if path:
        with open(path, "rb") as stream:
            if any(b"\\t" in line for line in stream):
                print(path)
"""


def clean(folder: Path) -> Path:
    """A repository without a tab, of libvirt's size."""
    line = b"    /* the quick brown fox jumps over the lazy dog, as he always did */ return 0;\n"
    content = line * (BYTES // FILES // len(line))
    for index in range(FILES):
        path = folder / f"d{index % 150}" / f"f{index}.c"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    for command in (("init", "-q"), ("add", ".")):
        subprocess.run(["git", *command], cwd=folder, check=True)
    return folder


def perl(folder: Path) -> int:
    """The modules of Perl's own library that hold tabs, copied; returns their size."""
    ask = ("perl", "-MConfig", "-e", "print join qq(\\n), @Config{qw(privlibexp archlibexp)}")
    folders = subprocess.run(ask, capture_output=True, text=True, check=True).stdout.splitlines()
    sources = sorted({path.resolve() for each in folders for path in Path(each).rglob("*.pm")})
    contents = [data for path in sources if b"\t" in (data := path.read_bytes())]
    folder.mkdir()
    for index, data in enumerate(contents):
        (folder / f"m{index}.pm").write_bytes(data)
    return sum(map(len, contents))


def rows(folder: Path) -> Iterator[tuple[str, str, str, bool]]:
    """Work, what was measured, its bound, and whether it is within."""
    start = measure.median(*HVSUPPORT, "--version").cpu
    tree = clean(folder / "clean")
    grep = measure.median("git", "-C", str(tree), "grep", "-lP", "\t").cpu
    ours = measure.median(*HVSUPPORT, "tabs", "--root", str(tree)).cpu
    ratio = (ours - start) / grep
    figures = f"{ratio:.2f} ({ours:.2f}-{start:.2f}/{grep:.2f} s)"
    yield "tabs: clean tree, without start-up / git grep -lP", figures, "2", ratio <= 2
    script = f"cd {tree} && git ls-files -z | {sys.executable} -c '{_FORBID}'"
    hook = measure.median("sh", "-c", script).cpu
    yield "tabs: clean tree / a hook that reads line by line", f"{ours / hook:.2f}", "1", ours <= hook
    (folder / "one").mkdir()
    (folder / "one" / "a.pl").write_text("\tf();\n# '\t'\n")
    alone = measure.median(*HVSUPPORT, "tabs", "--root", str(folder / "one"), "--fix", "--dry-run").cpu
    size = perl(folder / "perl")
    done = measure.run(*HVSUPPORT, "tabs", "--root", str(folder / "perl"), "--fix", "--quiet")
    rate = size / 1e6 / (done.cpu - alone)
    figures = f"{rate:.2f} MB/s of {size / 1e6:.1f} MB, {done.peak:.0f} MB held"
    yield "tabs --fix: Perl's own modules", figures, "3 MB/s", rate >= 3
