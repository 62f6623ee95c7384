"""The last answer of a command is given again while nothing changed, and never after anything did."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from lengths import LENGTH

from hvsupport.annotate import files, run
from hvsupport.annotate.cache import kept, seen, store
from hvsupport.annotate.cli import group
from hvsupport.annotate.config import load
from hvsupport.annotate.config.load import presets
from hvsupport.annotate.release import SCHEMES

ROOT = Path(__file__).parent.parent
API = "class Driver:\n    def start(self):\n        raise NotImplementedError\n"
DRIVER = "from api import Driver\n\n\nclass A(Driver):  # 1.0.0\n    def start(self):\n        return 1\n"
CONFIG = '[interfaces.driver]\nat = "api.py:Driver"\ndrivers = ["drivers/*.py"]\n'
FILES = {
    "api.py": API,
    "drivers/a.py": DRIVER,
    "drivers/b.py": DRIVER.replace("1.0.0", "1.1.0"),
    "hvsupport.toml": CONFIG,
}
MINUTE = 60 * 1_000_000_000


@pytest.fixture(autouse=True)
def later(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run a minute later: no file of the tree is as young as the run."""
    monkeypatch.setenv(store.VARIABLE, str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setattr(kept, "now", lambda: time.time_ns() + MINUTE)
    monkeypatch.setattr(seen, "now", lambda: time.time_ns() + MINUTE)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return fill(tmp_path / "root")


def fill(root: Path) -> Path:
    for path, text in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def said(root: Path, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(group, [*words, "--root", str(root)], prog_name="hvsupport")
    assert "internal error" not in done.output
    return done.exit_code, done.output


@pytest.fixture
def is_read(monkeypatch: pytest.MonkeyPatch) -> Callable[[], bool]:
    """Whether a tree was read and resolved since the last call."""
    runs: list[None] = []
    catalogue = run.catalogue
    monkeypatch.setattr(run, "catalogue", lambda *given, **more: (runs.append(None), catalogue(*given, **more))[1])

    def asked() -> bool:
        found = bool(runs)
        runs.clear()
        return found

    return asked


QUESTIONS = [
    ("check",),
    ("check", "--format", "json"),
    ("check", "--select", "HV001"),
    ("check", "drivers/a.py"),
    ("export",),
    ("export", "--format", "csv"),
    ("export", "--as-of", "1.0.0"),
]


@pytest.mark.parametrize("words", QUESTIONS, ids=" ".join)
def test_an_unchanged_tree_is_neither_read_nor_resolved(
    words: tuple[str, ...], root: Path, is_read: Callable[[], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "drivers/b.py").write_text(DRIVER.replace("  # 1.0.0", ""))
    monkeypatch.chdir(root)
    first = said(root, *words)
    assert is_read()
    assert said(root, *words) == first == said(root, *words)
    assert not is_read()
    assert said(root, *words, "--no-cache") == first
    assert is_read()


def test_each_question_has_its_own_answer(root: Path, is_read: Callable[[], bool]) -> None:
    (root / "drivers/b.py").write_text(DRIVER.replace("  # 1.0.0", ""))
    wanted = {words: said(root, *words, "--no-cache") for words in QUESTIONS if "drivers/a.py" not in words}
    for _ in range(2):
        assert {words: said(root, *words) for words in wanted} == wanted
    is_read()
    assert {words: said(root, *words) for words in wanted} == wanted
    assert not is_read()


def _replace(path: Path) -> None:
    """Other bytes of the same length, with the old times."""
    before = path.stat()
    path.write_text(path.read_text().replace("1.", "2."))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _move_in(root: Path) -> None:
    (root / "other.py").write_text(DRIVER)
    os.replace(root / "other.py", root / "drivers/b.py")


def _link(root: Path) -> None:
    (root / "drivers/b.py").unlink()
    (root / "drivers/b.py").symlink_to("a.py")


def _folder(root: Path) -> None:
    (root / "drivers/b.py").unlink()
    (root / "drivers/b.py").mkdir()


CHANGES: dict[str, Callable[[Path], object]] = {
    "a file changes": lambda root: (root / "drivers/a.py").write_text(DRIVER.replace("1.0.0", "nonsense")),
    "bytes change, and neither size nor time": lambda root: _replace(root / "drivers/a.py"),
    "a file goes": lambda root: (root / "drivers/b.py").unlink(),
    "a file comes": lambda root: (root / "drivers/c.py").write_text(DRIVER),
    "a file comes that an import would find": lambda root: (root / "drivers/api.py").write_text(API),
    "a file moves in": _move_in,
    "a file becomes a link": _link,
    "a file becomes a folder": _folder,
    "a folder goes": lambda root: shutil.rmtree(root / "drivers"),
    "a file is excluded": lambda root: (root / "hvsupport.toml").write_text(f'exclude = ["b.py"]\n{CONFIG}'),
    "the configuration has another release": lambda root: (root / "hvsupport.toml").write_text(
        f'release = "1.0.0"\n{CONFIG}'
    ),
    "the configuration moves a key": lambda root: (root / "hvsupport.toml").write_text(f"\n\nx = 1\n{CONFIG}"),
    "the scheme is another": lambda root: (root / "hvsupport.toml").write_text(f'scheme = "pep440"\n{CONFIG}'),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("command", ["check", "export"])
def test_a_change_of_the_tree_is_seen(
    command: str, change: Callable[[Path], object], root: Path, is_read: Callable[[], bool]
) -> None:
    said(root, command)
    change(root)
    is_read()
    now = said(root, command)
    assert is_read()
    assert now == said(root, command, "--no-cache")


def test_a_baseline_counts(root: Path, tmp_path: Path) -> None:
    (root / "drivers/b.py").write_text(DRIVER.replace("  # 1.0.0", ""))
    baseline = tmp_path / "baseline.json"
    words = ("check", "--baseline", str(baseline))
    assert said(root, "check", "--write-baseline", str(baseline))[0] == 0
    assert [said(root, *words)[0], said(root, *words)[0], said(root, "check")[0]] == [0, 0, 1]
    baseline.write_text(baseline.read_text().replace("drivers/b.py", "drivers/a.py"))
    assert said(root, *words)[0] == 1


def test_another_version_of_the_tool_reads_again(
    root: Path, is_read: Callable[[], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    said(root, "check")
    for name, value in (("__version__", "0.0.0"), ("state_of", lambda _: [])):
        is_read()
        monkeypatch.setattr(kept, name, value)
        said(root, "check")
        assert is_read()


def test_a_file_as_young_as_the_run_may_still_change(
    root: Path, is_read: Callable[[], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "now", time.time_ns)
    for _ in range(2):
        said(root, "check")
        assert is_read()


@pytest.mark.parametrize("bad", ["a link that leads out", "a link to nothing"])
def test_what_was_not_read_may_be_readable_next_time(bad: str, root: Path, is_read: Callable[[], bool]) -> None:
    target = root.parent / "outside.py"
    if bad == "a link that leads out":
        target.write_text(DRIVER)
    (root / "drivers/c.py").symlink_to(target)
    for _ in range(2):
        said(root, "check")
        assert is_read()


def test_a_damaged_answer_is_none(root: Path, is_read: Callable[[], bool]) -> None:
    wanted = said(root, "export")
    (path,) = (Path(os.environ[store.VARIABLE]) / kept.FOLDER).iterdir()
    whole = path.read_bytes()
    for data in (
        b"",
        whole[: len(whole) // 2],
        whole.replace(b"1.0.0", b"1.0.9"),
        whole.replace(b"\n", b"", 1),
        b"\n1\n2",
    ):
        path.write_bytes(data)
        is_read()
        assert said(root, "export") == wanted
        assert is_read()
        assert path.read_bytes() == whole


def test_the_oldest_answers_go(root: Path, is_read: Callable[[], bool], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST", 3)
    releases = [f"1.0.{number}" for number in range(5)]
    (root / "hvsupport.toml").write_text(f"releases = {['1.1.0', *releases]}\n{CONFIG}")
    for release in releases:
        said(root, "export", "--as-of", release)
    folder = Path(os.environ[store.VARIABLE]) / kept.FOLDER
    assert len(list(folder.iterdir())) == 3
    is_read()
    said(root, "export", "--as-of", releases[-1])
    assert not is_read()
    said(root, "export", "--as-of", releases[0])
    assert is_read()


@pytest.mark.parametrize("preset", presets())
def test_a_configuration_has_a_stable_text(preset: str, root: Path) -> None:
    """Else a preset would be an internal error, or never have an answer that is kept."""
    first, other = (kept.Kept(root, load.load(root=root, preset=preset), ("check",)) for _ in range(2))
    assert first.head == other.head


@pytest.mark.parametrize(
    ("scheme", "release"), list(zip(SCHEMES, ["1.2.0", "1.2.0rc1", "2026.1", "Kilo"], strict=True))
)
def test_releases_of_each_scheme_have_one(scheme: str, release: str, root: Path, is_read: Callable[[], bool]) -> None:
    known = f'scheme = "{scheme}"\nrelease = "{release}"\nreleases = ["{release}"]\n'
    (root / "hvsupport.toml").write_text(f"{known}{CONFIG}")
    first = said(root, "check")
    assert is_read()
    assert said(root, "check") == first
    assert not is_read()


def test_every_kind_of_value_of_a_configuration_has_one() -> None:
    config = load.load(root=ROOT)
    assert kept.Kept(ROOT, config, ()).head == kept.Kept(ROOT, load.load(root=ROOT), ()).head
    with pytest.raises(TypeError):
        kept.Kept(ROOT, config._replace(accent=object()), ())  # type: ignore[arg-type]


EDITS = st.lists(
    st.tuples(
        st.sampled_from(["drivers/a.py", "drivers/b.py", "drivers/c.py", "api.py", "base.py", "x/y.py"]),
        st.sampled_from(
            [None, "", DRIVER, API, DRIVER.replace("1.0.0", "next"), DRIVER.replace("api", "base"), "class ("]
        ),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=13 * LENGTH)
@given(EDITS)
def test_any_edits(tmp_path_factory: pytest.TempPathFactory, edits: list[tuple[str, str | None]]) -> None:
    root = fill(tmp_path_factory.mktemp("any") / "root")
    for path, text in edits:
        (root / path).parent.mkdir(exist_ok=True)
        if text is None:
            (root / path).unlink(missing_ok=True)
        else:
            (root / path).write_text(text)
        assert said(root, "check") == said(root, "check", "--no-cache") == said(root, "check")


def test_a_listing_tells_names_from_what_they_are(tmp_path: Path) -> None:
    """No two folders have one text."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").symlink_to("a")
    (tmp_path / "c").write_text("")
    assert files.Folder(tmp_path).listing("") == "a/10/b/11/c/00"
    assert files.Folder(tmp_path).listing("none") == ""
