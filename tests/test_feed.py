"""The Atom feed: well-formed whatever names hold, dated by the config or by tags, and only where it can be."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from hvsupport.annotate import cli, commits, git
from hvsupport.annotate.errors import GitError

ATOM = "{http://www.w3.org/2005/Atom}"
XHTML = "{http://www.w3.org/1999/xhtml}"
API = "class Driver:\n    def open(self): raise NotImplementedError\n    def close(self): raise NotImplementedError\n"
ONE = """from api import Driver
class One(Driver):  # 1.0
    def open(self): raise NotImplementedError  # 1.0 - 1.2
    def close(self): return 1  # 1.1
class Two(Driver):  # 1.1
    def open(self): return 1  # 1.1
    def close(self): return 1  # next
"""
CONFIG = """title = {title}
release = "1.2"
{more}
[interfaces.driver]
at = "api.py:Driver"
drivers = ["one.py"]
"""
DATES = 'release-dates = { "1.0" = 2026-01-05, "1.1" = "2026-02-06", "1.2" = "2026-03-07" }'
HERE = 'url = "https://example.org/a%20b"'


def docs(root: Path, *more: str, title: str = "Library") -> Result:
    """Make a site of a small tree."""
    (root / "api.py").write_text(API, encoding="utf-8")
    (root / "one.py").write_text(ONE, encoding="utf-8")
    (root / "hvsupport.toml").write_text(CONFIG.format(title=json.dumps(title), more="\n".join(more)), encoding="utf-8")
    return CliRunner().invoke(cli.group, ["docs", "--root", str(root), "--out", str(root / "site"), "--quiet"])


def read(root: Path) -> ElementTree.Element:
    return ElementTree.parse(root / "site" / "feed.atom").getroot()


def texts(element: ElementTree.Element, name: str) -> list[str]:
    return [each.text or "" for each in element.findall(f"{ATOM}entry/{ATOM}{name}")]


def test_the_changes_of_each_release_are_an_entry(tmp_path: Path) -> None:
    made = docs(tmp_path, HERE, DATES)
    assert made.exit_code == 0, made.output
    feed = read(tmp_path)
    assert texts(feed, "title") == [
        "1.2: 1 driver lost 1 entry point",
        "1.1: 2 drivers gained 2 entry points",
        "1.0: 1 driver gained 1 entry point",
    ]
    assert texts(feed, "updated") == ["2026-03-07T00:00:00Z", "2026-02-06T00:00:00Z", "2026-01-05T00:00:00Z"]
    assert feed.findtext(f"{ATOM}updated") == "2026-03-07T00:00:00Z"
    second = feed.findall(f"{ATOM}entry")[1]
    assert "".join(second.itertext()).split("\n")[-4:-2] == ["One gained close", "Two gained open"]


def test_all_addresses_are_absolute_and_lead_to_pages(tmp_path: Path) -> None:
    docs(tmp_path, HERE, DATES)
    feed = read(tmp_path)
    addresses = [each.get("href", "") for each in (*feed.iter(f"{ATOM}link"), *feed.iter(f"{XHTML}a"))]
    base = "https://example.org/a%20b/"
    assert len(addresses) == 2 + 3 + 8
    for address in addresses:
        path = address.removeprefix(base).partition("#")[0].partition("?")[0]
        assert address.startswith(base)
        assert (tmp_path / "site" / (path or "index.html")).is_file(), address
    links = [each.get("href") for each in feed.findall(f"{ATOM}entry/{ATOM}link")]
    assert links[:2] == [f"{base}hvsupport.html?release=1.2&since=1.1", f"{base}hvsupport.html?release=1.1&since=1.0"]
    assert links[2] == f"{base}hvsupport.html?release=1.0"
    assert len(set(texts(feed, "id"))) == 3


def test_pages_name_the_feed_and_their_own_address(tmp_path: Path) -> None:
    docs(tmp_path, HERE, DATES)
    first = (tmp_path / "site" / "index.html").read_text("utf-8")
    assert '<link rel="alternate" type="application/atom+xml" title="Library: changes" href="feed.atom">' in first
    assert '<link rel="canonical" href="https://example.org/a%20b/">' in first
    driver = next((tmp_path / "site").glob("drivers/*.html")).read_text("utf-8")
    assert 'href="../feed.atom">' in driver
    assert '<meta property="og:url" content="https://example.org/a%20b/drivers/' in driver


@pytest.mark.parametrize(
    ("more", "is_told"),
    [
        pytest.param((DATES,), False, id="without an address there is no feed, and pages do not name themselves"),
        pytest.param((HERE,), True, id="without a date there is none: Atom has no entry without one"),
        pytest.param((HERE, 'release-dates = { "0.9" = "2026-01-01" }'), True, id="nor where no dated release changed"),
    ],
)
def test_no_feed(tmp_path: Path, more: tuple[str, ...], is_told: bool) -> None:
    docs(tmp_path, *more)
    assert not (tmp_path / "site" / "feed.atom").exists()
    page = (tmp_path / "site" / "index.html").read_text("utf-8")
    assert "feed.atom" not in page
    assert ("canonical" in page) is is_told


def test_names_cannot_break_out_of_the_feed(tmp_path: Path) -> None:
    title = "</title><script>&\x1b[1m\u202e]]>"
    docs(tmp_path, HERE, DATES, title=title)
    feed = read(tmp_path)
    assert feed.findtext(f"{ATOM}author/{ATOM}name") == title.replace("\x1b", "\N{REPLACEMENT CHARACTER}")
    assert not list(feed.iter("script"))


def test_tags_date_releases_and_the_config_has_the_last_word(tmp_path: Path) -> None:
    def git(*arguments: str, date: str) -> None:
        who = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a"}
        when = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
        subprocess.run(["git", *arguments], cwd=tmp_path, env={**who, **when, "HOME": str(tmp_path)}, check=True)

    docs(tmp_path)
    git("init", "-q", date="2026-01-01T00:00:00Z")
    git("add", "api.py", "one.py", "hvsupport.toml", date="2026-01-01T00:00:00Z")
    git("commit", "-q", "-m", "one", date="2026-01-01T23:30:00-0200")
    git("tag", "v1.0", date="2027-01-01T00:00:00Z")
    git("tag", "-a", "-m", "two", "v1.1", date="2026-02-02T03:04:05Z")
    git("tag", "-a", "-m", "two", "1.1", date="2026-02-01T03:04:05Z")
    git("tag", "-a", "-m", "three", "v1.2", date="2026-03-03T00:00:00Z")
    docs(tmp_path, HERE, 'release-dates = { "1.2" = "2026-03-04" }')
    assert texts(read(tmp_path), "updated") == ["2026-03-04T00:00:00Z", "2026-02-01T03:04:05Z", "2026-01-02T01:30:00Z"]


def test_tags_that_git_does_not_tell_of_leave_the_dates_of_the_config(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: Path) -> dict[str, int]:
        raise GitError("git is not installed")

    monkeypatch.setattr(commits, "dates", refused)
    monkeypatch.setattr(git, "tags", lambda _: ("v1.0", "v1.1", "v1.2"))
    made = docs(tmp_path, HERE, 'release-dates = { "1.0" = 2026-01-05 }')
    assert made.exit_code == 0 and "the feed has no dates of tags: git is not installed" in made.output
    assert texts(read(tmp_path), "updated") == ["2026-01-05T00:00:00Z"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        pytest.param('url = "example.org"', "'url' must be an http or https address of a folder", id="no scheme"),
        pytest.param('url = "javascript:alert(1)"', "'url' must be an http", id="an address that runs something"),
        pytest.param('url = "https://example.org/?a"', "'url' must be an http", id="a query cannot have pages below"),
        pytest.param('release-dates = { "1.0" = "5 May" }', "YYYY-MM-DD", id="not a date"),
        pytest.param('release-dates = { "1.0" = "2026-W05-1" }', "YYYY-MM-DD", id="a week, which not all Pythons read"),
        pytest.param('release-dates = { "1.0" = 2026-01-05T00:00:00Z }', "YYYY-MM-DD", id="a time"),
        pytest.param(f'{HERE}\nrelease-dates = {{ "one" = "2026-01-05" }}', "release-dates: ", id="not a release"),
    ],
)
def test_wrong_values_are_told(tmp_path: Path, line: str, words: str) -> None:
    found = docs(tmp_path, line)
    assert found.exit_code != 0
    assert words in found.output + str(found.exception)
