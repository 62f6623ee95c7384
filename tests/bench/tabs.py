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
#: Seconds of CPU for one parse of each file, without start-up.
_PARSE = """
import sys, time, warnings
from pathlib import Path
import tree_sitter, tree_sitter_perl
warnings.simplefilter("ignore", DeprecationWarning)
parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_perl.language()))
contents = [path.read_bytes() for path in sorted(Path(sys.argv[1]).iterdir())]
start = time.process_time()
for data in contents:
    parser.parse(data)
print(time.process_time() - start)
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


def clean_rows(folder: Path) -> Iterator[tuple[str, str, str, bool]]:
    """A tree without tabs: work, what was measured, its bound, and whether it is within."""
    start = measure.median(*HVSUPPORT, "--version").cpu
    tree = clean(folder / "clean")
    grep = measure.median("git", "-C", str(tree), "grep", "-lP", "\t").cpu
    ours = measure.median(*HVSUPPORT, "tabs", "--root", str(tree)).cpu
    ratio = (ours - start) / grep
    figures = f"{ratio:.2f} ({ours:.2f}-{start:.2f}/{grep:.2f} s)"
    yield "tabs: clean tree, without start-up / git grep -lP", figures, "1.5", ratio <= 1.5
    script = f"cd {tree} && git ls-files -z | {sys.executable} -c '{_FORBID}'"
    hook = measure.median("sh", "-c", script).cpu
    yield "tabs: clean tree / a hook that reads line by line", f"{ours / hook:.2f}", "1", ours <= hook


def fix_rows(folder: Path) -> Iterator[tuple[str, str, str, bool]]:
    """A fix in Perl, against one parse of the same files: work, what was measured, its bound, whether it is within."""
    (folder / "one").mkdir()
    (folder / "one" / "a.pl").write_text("\tf();\n# '\t'\n")
    alone = measure.median(*HVSUPPORT, "tabs", "--root", str(folder / "one"), "--fix", "--dry-run").cpu
    size = perl(folder / "perl")
    parse = float(measure.median(sys.executable, "-c", _PARSE, str(folder / "perl")).output)
    done = measure.run(*HVSUPPORT, "tabs", "--root", str(folder / "perl"), "--fix", "--quiet")
    fix = done.cpu - alone
    figures = f"{fix / parse:.2f} ({fix:.2f}/{parse:.2f} s)"
    yield "tabs --fix in Perl's modules / one parse of them", figures, "2.5", fix <= 2.5 * parse
    figures = f"{size / 1e6 / fix:.2f} MB/s of {size / 1e6:.1f} MB"
    yield "tabs --fix in Perl's modules: rate", figures, "-", True
    yield "tabs --fix in Perl's modules: memory held", f"{done.peak:.0f} MB", "300 MB", done.peak <= 300
