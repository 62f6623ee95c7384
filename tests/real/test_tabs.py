"""The tab rule on trees that nobody here wrote, judged by the languages themselves.

Perl's own library, the shell scripts, C headers and Python modules that are installed, and the source of libvirt. Files
are copied, fixed by the command, and every one that changed must mean the same to perl, the renderers of POD, bash, gcc
and Python. The bound is no file in any language. ``tabs_judges`` says how each is asked.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import debian
import pytest
import tabcommit
import tabs_judges as judges
import trees

from hvsupport.annotate.tabs.languages import PERL, PYTHON, SHELL, C, language_of

Judge = Callable[[Path], "bytes | None"]
_TOO_LONG = 400_000


@dataclass(frozen=True)
class Corpus:
    """Copies of files with tabs, before and after the fix.

    Attributes:
        before: the folder with the copies as they were.
        after: the same folder fixed, under the same names.
        names: the files that changed.
        tabs: how many tabs there were.
        removed: how many of them are gone.
        copied: all the files, changed or not.
    """

    before: Path
    after: Path
    names: tuple[str, ...]
    tabs: int
    removed: int
    copied: tuple[str, ...] = ()

    def differing(self, judge: Judge, work: Path) -> tuple[list[str], int]:
        """The files that a judge sees change, and how many it could judge. Both versions stand under one name."""

        def ask(name: str) -> tuple[str, bytes | None, bytes | None]:
            place = work / judge.__name__ / name
            place.parent.mkdir(parents=True, exist_ok=True)
            answers = []
            for folder in (self.before, self.after):
                shutil.copyfile(folder / name, place)
                answers.append(judge(place))
            return name, answers[0], answers[1]

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            answers = [each for each in pool.map(ask, self.names) if each[1] is not None]
        return [name for name, one, other in answers if one != other], len(answers)


def fixed(work: Path, files: Iterable[Path], root: Path = Path("/")) -> Corpus:
    """Copy files that hold tabs, under their names below ``root``, and fix them with the command."""
    before, after = work / "before", work / "after"
    for path in files:
        data = path.read_bytes()
        if b"\t" in data:
            target = before / path.relative_to(root)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    shutil.copytree(before, after)
    # Shell scripts of Debian's maintainers are told by their first line; nothing else needs help.
    command = [sys.executable, "-m", "hvsupport.annotate", "tabs", "--root", str(after), "--fix", "--quiet"]
    done = subprocess.run([*command, "--format", "json"], capture_output=True, check=False, cwd=after, timeout=900)
    assert done.returncode == 1, done.stderr.decode()
    refused = [one["path"] for one in json.loads(done.stdout)["findings"] if "read again" in one["message"]]
    assert refused == [], "these had to be left as they were"
    names = sorted(path.relative_to(before).as_posix() for path in before.rglob("*") if path.is_file())
    counts = {name: [(folder / name).read_bytes().count(b"\t") for folder in (before, after)] for name in names}
    changed = tuple(name for name in names if (before / name).read_bytes() != (after / name).read_bytes())
    tabs, left = (sum(pair[index] for pair in counts.values()) for index in (0, 1))
    return Corpus(before, after, changed, tabs, tabs - left, tuple(names))


def walk(*folders: str | Path) -> Iterator[Path]:
    """Regular files, each once, sorted; what is longer than any source is left out."""
    seen = set()
    for folder in folders:
        for where, below, names in os.walk(folder):
            below.sort()
            for name in sorted(names):
                path = Path(where, name)
                real = os.path.realpath(path)
                if real not in seen and os.path.isfile(path) and not path.is_symlink():
                    seen.add(real)
                    if os.access(path, os.R_OK) and path.stat().st_size < _TOO_LONG:
                        yield path


def perl_folders() -> list[str]:
    said = subprocess.run(
        ["perl", "-MConfig", "-e", "print join qq(\\n), @Config{qw(privlibexp archlibexp vendorlibexp vendorarchexp)}"],
        capture_output=True,
        text=True,
        check=True,
    )
    return [os.path.realpath(line) for line in said.stdout.splitlines() if os.path.isdir(line)]


def head(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(4096)


def report(language: str, corpus: Corpus) -> None:
    share = 100 * corpus.removed / corpus.tabs
    removed = f"{corpus.removed} of {corpus.tabs} tabs removed ({share:.1f}%)"
    print(f"\n{language}: {removed}, {len(corpus.names)} files changed")


@pytest.fixture(scope="module")
def perl(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Perl's library; generated tables of Unicode are larger than any source, and are the point."""
    if shutil.which("perl") is None:
        pytest.skip("no perl to ask, install perl")
    files = [path for path in walk(*perl_folders()) if language_of(path.name, head(path)) == PERL]
    corpus = fixed(tmp_path_factory.mktemp("perl"), files)
    report("Perl", corpus)
    return corpus


def test_perl_understands_the_same(perl: Corpus, tmp_path: Path) -> None:
    changed, judged = perl.differing(judges.perl, tmp_path)
    assert changed == []
    assert judged >= 0.9 * len(perl.names)


def test_pod_renders_the_same(perl: Corpus) -> None:
    assert judges.pods(perl.before, perl.names) == judges.pods(perl.after, perl.names)


def test_as_much_of_perl_is_fixed_as_by_a_first_attempt(perl: Corpus) -> None:
    """Of 150,768 tabs in Perl 5.36's library 87,542 are tables; a prototype removed 57,041, 90% of the others."""
    tables = sum(
        (perl.before / path).read_bytes().count(b"\t")
        for path in (path.relative_to(perl.before) for path in perl.before.rglob("*.pl"))
        if "unicore" in path.parts
    )
    assert perl.removed >= 0.9 * (perl.tabs - tables)


def test_a_second_fix_changes_nothing(perl: Corpus) -> None:
    command = [sys.executable, "-m", "hvsupport.annotate", "tabs", "--root", str(perl.after), "--fix", "--dry-run"]
    done = subprocess.run(command, capture_output=True, check=False, cwd=perl.after)
    assert done.stdout == b""


def test_shell_scripts_of_debian(tmp_path: Path) -> None:
    folders = ("/usr/bin", "/usr/sbin", "/usr/lib/git-core", "/usr/share", "/etc", "/var/lib/dpkg/info")
    corpus = fixed(tmp_path, (path for path in walk(*folders) if language_of(path.name, head(path)) == SHELL))
    report("shell", corpus)
    changed, judged = corpus.differing(judges.shell, tmp_path)
    assert changed == []
    assert judged >= 0.95 * len(corpus.names)
    here = [name for name in corpus.names if judges.quoted(corpus.before / name) != judges.quoted(corpus.after / name)]
    assert here == []


def test_headers_of_c(tmp_path: Path) -> None:
    """A third of what is installed; gcc is asked twice for each file."""
    if shutil.which("gcc") is None:
        pytest.skip("no C compiler to compare with, install gcc")
    headers = [path for path in walk("/usr/include", "/usr/lib/gcc") if path.suffix in (".c", ".h")]
    corpus = fixed(tmp_path, headers[::3])
    report("C", corpus)
    assert corpus.removed >= 0.91 * corpus.tabs
    changed, judged = corpus.differing(judges.c, tmp_path)
    assert changed == []
    assert judged >= 0.95 * len(corpus.names)


def test_python_modules(tmp_path: Path) -> None:
    folders = (sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"), "/usr/lib/python3", "/usr/share")
    corpus = fixed(tmp_path, (path for path in walk(*folders) if path.suffix == ".py"))
    report("Python", corpus)
    changed, judged = corpus.differing(judges.python, tmp_path)
    assert changed == []
    assert judged >= 0.9 * len(corpus.names)


def test_libvirt(tmp_path: Path) -> None:
    """A tree with a tab check of its own: what that leaves to itself are Makefiles, data and a few literals."""
    tree = debian.libvirt()
    copy = tmp_path / "libvirt"
    shutil.copytree(tree, copy, symlinks=True)
    command = [sys.executable, "-m", "hvsupport.annotate", "tabs", "--root", str(copy), "--format", "json"]
    done = subprocess.run(command, capture_output=True, check=False, cwd=copy)
    findings = json.loads(done.stdout)["findings"]
    assert done.returncode == 1
    codes = {(one["path"], one["code"]) for one in findings}
    assert ("build-aux/check-spacing.pl", "TAB003") in codes
    assert not [path for path, _ in codes if path.endswith(("/Makefile", ".mk", ".am"))]
    done = subprocess.run([*command, "--fix"], capture_output=True, check=False, cwd=copy)
    assert "read again" not in done.stdout.decode()
    for path in sorted({one["path"] for one in findings}):
        if path.endswith((".c", ".h")) and (copy / path).read_bytes() != (tree / path).read_bytes():
            assert judges.c(copy / path) == judges.c(tree / path)


@pytest.fixture(scope="module")
def old_libvirt(tmp_path_factory: pytest.TempPathFactory) -> tuple[Corpus, Path]:
    """libvirt with the tabs in its Perl that its own check did not see; and as upstream left it."""
    try:
        before, after = tabcommit.both()
    except trees.TreeError as error:
        pytest.skip(f"libvirt's commit of 2012 is not to be had ({tabcommit.VARIABLE} may name a clone): {error}")
    work = tmp_path_factory.mktemp("old")
    # Names are those within the tree, so that they can be looked up in upstream's.
    corpus = fixed(work, walk(before), root=before)
    report("libvirt of 2012", corpus)
    return corpus, after


@pytest.mark.parametrize(
    ("language", "judge", "least"),
    [
        pytest.param(PERL, judges.perl, 8, id="Perl"),
        pytest.param(C, judges.c, 26, id="C"),
        pytest.param(SHELL, judges.shell, 0, id="shell: its tabs are in texts"),
        pytest.param(PYTHON, judges.python, 0, id="Python: it has none"),
    ],
)
def test_old_libvirt_means_the_same(
    old_libvirt: tuple[Corpus, Path], language: str, judge: Judge, least: int, tmp_path: Path
) -> None:
    corpus, _ = old_libvirt
    names = tuple(name for name in corpus.names if language_of(name, head(corpus.before / name)) == language)
    changed, judged = replace(corpus, names=names).differing(judge, tmp_path)
    assert changed == []
    assert len(names) >= least
    assert judged >= 0.85 * len(names)


def test_old_libvirt_becomes_what_upstream_made_of_it(old_libvirt: tuple[Corpus, Path]) -> None:
    """Of the nine files that upstream rewrote by hand seven come out byte for byte the same."""
    corpus, upstream = old_libvirt
    mine = {name: (corpus.after / name).read_bytes() for name in corpus.copied if name.endswith(".pl")}
    same = {name for name, data in mine.items() if data == (upstream / name).read_bytes()}
    assert len(mine) == 9
    # The others keep what stands in a regex, and in a loop that the grammar cannot read.
    assert set(mine) - same <= {"build-aux/augeas-gentest.pl", "src/rpc/genprotocol.pl"}
    for name in set(mine) - same:
        assert mine[name].expandtabs(8) == (upstream / name).read_bytes().expandtabs(8)
