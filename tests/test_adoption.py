"""Adopting the tool on an old tree: annotate what is new, carry annotations over, remember what is gone."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hvsupport.annotate import cli
from hvsupport.annotate.rules.base import EXAMPLE_API, EXAMPLE_CONFIG

DRIVER = """\
from api import Driver


class MemoryDriver(Driver):
    def start(self, guest):{start}
        guest.running = True

    def stop(self, guest):{stop}
        {body}
"""
WORK, STUB = "guest.running = False", "raise NotImplementedError"

Hv = Callable[..., Result]


def source(start: str = "", stop: str = "", body: str = WORK) -> str:
    return DRIVER.format(start=start and f"  # {start}", stop=stop and f"  # {stop}", body=body)


@pytest.fixture
def driver(tmp_path: Path) -> Path:
    """The only driver of a tree in git, without a release."""
    for path, text in {"hvsupport.toml": EXAMPLE_CONFIG, "api.py": EXAMPLE_API, "drivers/memory.py": source()}.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    git(tmp_path, "init")
    commit(tmp_path)
    return tmp_path / "drivers" / "memory.py"


@pytest.fixture
def hv(driver: Path, monkeypatch: pytest.MonkeyPatch) -> Hv:
    """Run the command line in the tree, in this process."""
    monkeypatch.chdir(driver.parent.parent)
    return lambda *args: CliRunner().invoke(cli.group, args, prog_name="hvsupport")


def git(root: Path, *args: str) -> None:
    identity = ("-c", "user.name=T", "-c", "user.email=t@example.invalid", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *identity, *args], cwd=root, check=True, capture_output=True)


def commit(root: Path) -> None:
    git(root, "add", ".")
    git(root, "commit", "--allow-empty", "-m", "a state")


SNAPSHOT = "\n    def snapshot(self, guest):\n        return guest.copy()\n"


def test_annotate_writes_what_is_new_since_a_revision(hv: Hv, driver: Path) -> None:
    driver.write_text(source() + SNAPSHOT)
    assert hv("annotate", "--diff", "HEAD").exit_code == 1
    assert driver.read_text() == source() + SNAPSHOT.replace("guest):", "guest):  # next")
    assert hv("check", "--diff", "HEAD").exit_code == 0
    assert hv("annotate", "--diff", "HEAD").stderr == "Nothing to change.\n"


@pytest.mark.parametrize("given", [["--baseline", "known.json"], []], ids=["given", "of the config"])
def test_annotate_leaves_alone_what_the_baseline_lists(hv: Hv, driver: Path, given: list[str]) -> None:
    hv("check", "--write-baseline", "known.json")
    if not given:
        Path("hvsupport.toml").write_text('baseline = "known.json"\n' + EXAMPLE_CONFIG)
    driver.write_text(source() + SNAPSHOT)
    assert hv("annotate", "--since", "1.2.0", *given).exit_code == 1
    assert driver.read_text() == source() + SNAPSHOT.replace("guest):", "guest):  # 1.2.0")
    assert hv("check", *given).output == "No findings.\n", "no line of the baseline is stale"


def test_annotate_leaves_alone_what_an_ignore_comment_excuses(hv: Hv, driver: Path) -> None:
    ignored = source(start="1.0.0", stop="hvsupport: ignore[HV001] undated")
    driver.write_text(ignored)
    assert hv("annotate").exit_code == 0
    assert driver.read_text() == ignored


@pytest.mark.parametrize(
    ("before", "after", "carried"),
    [
        pytest.param(source("1.0.0", "<= 1.1.0; partial: slow"), source(), None, id="both, with a note"),
        pytest.param(source("1.0.0", "1.1.0"), source(start="1.2.0"), source("1.2.0", "1.1.0"), id="one is there"),
        pytest.param(source("1.0.0", "1.1.0 - 1.3.0", STUB), source(body=STUB), None, id="a removal"),
        pytest.param(source("1.0.0"), source(), None, id="the other has none either"),
    ],
)
def test_annotations_are_carried_over(hv: Hv, driver: Path, before: str, after: str, carried: str | None) -> None:
    driver.write_text(before)
    commit(driver.parent.parent)
    driver.write_text(after)
    assert hv("annotate", "--from", "HEAD").exit_code == 1
    assert driver.read_text() == (carried or before)
    assert hv("annotate", "--from", "HEAD").stderr == "Nothing to change.\n"


def test_drivers_interfaces_and_docstrings_are_carried_over_too(hv: Hv, driver: Path) -> None:
    plain = source().replace("\n\n    def stop", "\n\n\nclass Other(MemoryDriver):\n    def stop")
    marked = plain.replace("Driver):\n", "Driver):  # 1.1.0\n", 2).replace(
        "guest.running = True",
        '"""Start.\n\n        .. versionadded:: 1.2.0\n        """\n        guest.running = True',
    )
    api = Path("api.py").read_text()
    Path("api.py").write_text(api.replace("start(self, guest):", "start(self, guest):  # 1.0.0"))
    driver.write_text(marked)
    commit(driver.parent.parent)
    Path("api.py").write_text(api)
    driver.write_text(plain)
    assert hv("annotate", "--from", "HEAD").exit_code == 1
    assert "    def start(self, guest):  # 1.2.0\n" in driver.read_text()
    assert "class Other(MemoryDriver):  # 1.1.0\n" in driver.read_text()
    assert "def start(self, guest):  # 1.0.0\n" in Path("api.py").read_text()


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        (source("1.0.0", "1.1.0 - 1.3.0", STUB), source(), "annotated '1.1.0 - 1.3.0', and now it is implemented"),
        (source("1.0.0", "1.1.0"), source(body=STUB), "annotated '1.1.0', and now it is empty or only raises"),
    ],
)
def test_what_no_longer_fits_is_not_carried_over(hv: Hv, driver: Path, before: str, after: str, why: str) -> None:
    driver.write_text(before)
    commit(driver.parent.parent)
    driver.write_text(after)
    result = hv("annotate", "--from", "HEAD")
    assert result.exit_code == 1
    assert f"'stop' of drivers.memory:MemoryDriver was not changed: it was {why}" in result.stderr
    assert driver.read_text() == after.replace("start(self, guest):", "start(self, guest):  # 1.0.0")


@pytest.mark.parametrize("other", [["--since", "1.0.0"], ["--diff", "HEAD"], ["--baseline", "known.json"]])
def test_from_stands_alone(hv: Hv, other: list[str]) -> None:
    result = hv("annotate", "--from", "HEAD", *other)
    assert (result.exit_code, "cannot be combined" in result.stderr) == (2, True)


GONE = '\n[interfaces.driver.removed]\n"drivers.memory:MemoryDriver" = "1.0.0 - {end}; use the other"\n'


def test_a_driver_that_the_config_remembers_stays_on_every_page(hv: Hv, driver: Path) -> None:
    driver.with_name("other.py").write_text(source("1.0.0", "1.0.0").replace("Memory", "Other"))
    driver.unlink()
    assert "driver drivers.memory:MemoryDriver is gone" in hv("check", "--diff", "HEAD").stdout
    Path("hvsupport.toml").write_text(EXAMPLE_CONFIG + GONE.format(end="1.3.0"))
    assert hv("check", "--diff", "HEAD").output == "No findings.\n"
    former = json.loads(hv("export").stdout)["interfaces"][0]["removed"]
    assert [(each["id"], each["title"]) for each in former] == [("drivers.memory:MemoryDriver", "MemoryDriver")]
    assert former[0]["spans"] == [{"since": "1.0.0", "removed": "1.3.0", "partial": False, "note": "use the other"}]
    said = "MemoryDriver 1.0.0–1.3.0: use the other"
    for name in ("markdown", "html-fragment"):
        assert f"Removed drivers: {said}." in hv("export", "--format", name).stdout
    hv("docs", "--out", "site")
    assert f'<li title="drivers.memory:MemoryDriver"><bdi>{said}</bdi></li>' in Path("site/hvsupport.html").read_text()


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("1.0.0 - 1.3.0", "HV012", "is listed under 'removed' but still exists"),
        ("1.0.0", "HV012", "without the release that removed it"),
        ("gone", "HV012", "'gone' is not an annotation"),
        ("1.0.0 - 1.3.9", "HV003", "1.3.9 is not a release of this project"),
        ("1.3.0 - 1.0.0", "HV005", "removed in 1.0.0, but added in 1.3.0"),
    ],
)
def test_what_is_wrong_under_removed_is_reported(hv: Hv, driver: Path, text: str, code: str, message: str) -> None:
    driver.write_text(source("1.0.0", "1.0.0"))
    name = "memory:Memory" if "exists" in message else "gone:Gone"
    Path("hvsupport.toml").write_text(
        EXAMPLE_CONFIG + f'\n[interfaces.driver.removed]\n"drivers.{name}Driver" = "{text}"\n'
    )
    lines = hv("check", "--format", "concise").stdout.splitlines()
    assert [line.split()[1] for line in lines[:-1]] == [code]
    assert message in lines[0]


def test_a_next_under_removed_is_changed_by_hand(hv: Hv, driver: Path) -> None:
    driver.unlink()
    Path("hvsupport.toml").write_text(EXAMPLE_CONFIG + GONE.format(end="next"))
    assert "HV031" in hv("check", "--release", "1.5.0").stdout
    assert (
        "driver drivers.memory:MemoryDriver was not changed: change the config"
        in hv("stamp", "1.5.0", "--allow-dirty").stderr
    )


@pytest.mark.parametrize("command", ["check", "annotate"])
def test_a_shallow_clone_is_named_as_the_cause(hv: Hv, driver: Path, tmp_path: Path, command: str) -> None:
    """It has one tag, which is not all releases."""
    root = driver.parent.parent
    Path("hvsupport.toml").write_text(EXAMPLE_CONFIG.partition("release =")[0] + EXAMPLE_CONFIG.partition("]\n")[2])
    driver.write_text(source("1.0.0", "1.1.0"))
    for release in ("1.0.0", "1.1.0"):
        commit(root)
        git(root, "tag", f"v{release}")
    clone = tmp_path / "clone"
    git(root, "clone", "--depth=1", f"file://{root}", str(clone))
    result = hv(command, "--root", str(clone), *(["--since", "1.0.0"] if command == "annotate" else []))
    assert result.exit_code == (2 if command == "annotate" else 1)
    assert "1.0.0 is not among the tags of this shallow clone, which may lack some" in result.output
    if command == "check":
        assert "    expected: a release that git has a tag of; or next\n" in result.stdout
        assert "tip: fetch all tags with 'git fetch --tags' (in CI: fetch-depth 0); here are 1.1.0\n" in result.stdout
    git(clone, "fetch", "--tags")
    assert hv("check", "--root", str(clone)).output == "No findings.\n"
