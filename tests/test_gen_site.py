"""The site as a whole: well-formed, every link and id resolved, same bytes again; and how it gets onto a disk."""

from __future__ import annotations

import errno
import json
import os
import posixpath
import re
import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import gen_builder as b

from hvsupport.annotate.errors import WriteError
from hvsupport.gen import output, site
from hvsupport.gen.pages import documents as pages
from hvsupport.gen.render import breakable
from hvsupport.gen.theme import Theme

_VOID = {"meta", "link", "input", "br", "img", "hr", "col", "rect", "source", "wbr"}


class Reader(HTMLParser):
    """Tags that do not match, ids, links, and what would load or run something."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []
        self.ids: list[str] = []
        self.links: list[tuple[str, str]] = []
        self.text: list[str] = []
        self.feed(html)
        self.close()
        self.faults += [f"never closed: {tag}" for tag in self.open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if len(given) != len(attrs):
            self.faults.append(f"attribute twice: {attrs}")
        if "id" in given:
            self.ids.append(given["id"] or "")
        for name in given:
            if name == "style" or name.startswith("on"):
                self.faults.append(f"{tag} has {name}")
        for name in ("href", "src"):
            if name in given:
                self.links.append((tag, given[name] or ""))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if self.open and self.open[-1] == tag:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            self.faults.append(f"</{tag}> closes {self.open[-1:]}")

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def several():
    one = b.every_kind().interfaces[0]
    return b.catalogue(one, one._replace(key="dns", title="DNS drivers"), b.interface({}, [], [], key="void"))


def findings():
    return [
        b.finding("HV001", "lib.driver:Full", "noted"),
        b.finding("HV004", "lib.driver:Full"),
        b.finding("HV012"),
    ]


CATALOGUES = {
    "every kind": b.every_kind,
    "hostile": b.hostile,
    "several": several,
    "none": b.catalogue,
    "no drivers": lambda: b.catalogue(b.interface({}, [], [b.entry("a")])),
    "no release": lambda: b.catalogue(b.interface({}, [b.driver("m:A")], [b.entry("a")]), title="", current=None),
    "large": lambda: b.large(40, 12),
    "protocols": b.moving,
    "families of protocols": b.families,
    "hostile protocols": b.hostile_protocols,
}


@cache
def built(name: str, with_findings: bool) -> site.Site:
    """The site of a catalogue, made once."""
    return site.build(CATALOGUES[name](), findings() if with_findings else [])


def html(files) -> dict[str, Reader]:
    return {path: Reader(data.decode()) for path, data in files.items() if path.endswith(".html")}


@pytest.mark.parametrize("name", CATALOGUES)
@pytest.mark.parametrize("with_findings", [False, True])
def test_pages_are_well_formed_and_every_link_leads_somewhere(name: str, with_findings: bool) -> None:
    files = built(name, with_findings).files
    read = html(files)
    for path, page in read.items():
        assert not page.faults, path
        assert len(page.ids) == len(set(page.ids)), path
        for tag, link in page.links:
            if re.match(r"(?:https?|data):", link):
                assert tag == "a", (path, link)
                continue
            target, _, fragment = link.partition("#")
            target = target.partition("?")[0]
            there = posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(target))) if target else path
            assert there in files, (path, link)
            assert not fragment or unquote(fragment) in read[there].ids, (path, link)


@pytest.mark.parametrize("name", CATALOGUES)
def test_same_input_same_bytes(name: str) -> None:
    first, second = built(name, True), site.build(CATALOGUES[name](), findings())
    assert first.files == second.files
    assert list(first.files) == sorted(first.files)


def test_what_a_page_must_have() -> None:
    for path, data in site.build(b.every_kind(), findings()).files.items():
        if not path.endswith(".html"):
            continue
        text = data.decode()
        assert text.startswith('<!doctype html>\n<html lang="en">'), path
        assert "Content-Security-Policy" in text and "default-src &#39;none&#39;" in text
        assert text.count("<h1") == 1, path
        assert text.count("<main") == 1, path
        assert re.search(r"<title>[^<]+</title>", text), path
        assert "The page describes release 1.4.0" in text
        assert "(its version: 0.1.0)" in text, "the tool's own release is told apart"
        assert "<table" not in text or text.count("<caption") == text.count("<table")
        assert "http://" not in text and "https://" not in text


def test_no_page_says_anything_of_the_machine() -> None:
    data = b"".join(site.build(b.every_kind()).files.values())
    assert bytes(Path.home()) not in data
    assert bytes(Path.cwd()) not in data


def test_hostile_names_are_inert_and_readable() -> None:
    files = site.build(b.hostile()).files
    for path, data in files.items():
        if path.endswith(".html"):
            has_tools = b'class="tools"' in data
            own = 3 if path == "search.html" or (b'class="matrix' in data and has_tools) else 1 + has_tools
            ours = re.findall(rb'<script src="[./]*hvsupport[a-z-]*[.]js"(?: defer)?></script>', data)
            assert data.count(b"<script") == len(ours) == own, path
            assert data.count(b"<img") == 1 and b"<b>Title" not in data, "the icon"
    read = html(files)["hvsupport.html"]
    shown = "".join(read.text)
    for name in b.HOSTILE:
        assert name in shown
    assert not any(".." in path.split("/") for path in files)


def test_html_of_a_cell() -> None:
    """The one golden: what other tools may rely on. Change it by hand, and say so in the changelog."""
    text = site.build(b.every_kind()).files["hvsupport.html"].decode()
    assert '<td class="supported" id="plain.full"><a href="#plain.full">0.9.2</a></td>' in text
    assert '<td class="unsupported" id="plain.empty"><a href="#plain.empty" aria-label="unsupported">–</a></td>' in text


def test_the_data_stand_beside_the_pages() -> None:
    files = site.build(b.every_kind()).files
    assert json.loads(files["hvsupport.json"])["schema"] == 1
    assert json.loads(files["hvsupport.schema.json"])["$schema"].startswith("https://json-schema.org/")


def test_findings_page_only_when_there_are_any() -> None:
    assert "findings.html" not in site.build(b.every_kind()).files
    text = site.build(b.every_kind(), findings()).files["findings.html"].decode()
    assert "3 findings, 3 errors" in text


# On a disk


FILES = {"index.html": b"one", "drivers/a.html": b"two", "drivers/x/b.html": b"three"}


def tree(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file() and path.name != output.MANIFEST)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_write_then_write_again(tmp_path: Path) -> None:
    out = tmp_path / "new" / "site"
    assert output.check(out, FILES) == [output.Difference(path, "missing") for path in sorted(FILES)]
    assert output.write(out, FILES).written == tuple(FILES)
    assert tree(out) == FILES
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    assert not output.write(out, FILES).changed
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == before
    assert output.check(out, FILES) == []


def test_only_what_changed_is_written(tmp_path: Path) -> None:
    output.write(tmp_path, FILES)
    kept = (tmp_path / "index.html").stat().st_ino
    outcome = output.write(tmp_path, {**FILES, "drivers/a.html": b"new"})
    assert outcome.written == ("drivers/a.html",)
    assert (tmp_path / "index.html").stat().st_ino == kept


def test_stale_files_go_and_foreign_ones_stay(tmp_path: Path) -> None:
    output.write(tmp_path, FILES)
    (tmp_path / "drivers" / "mine.txt").write_text("mine")
    (tmp_path / "CNAME").write_text("example.invalid")
    left = {"index.html": b"one"}
    assert [(one.path, one.kind) for one in output.check(tmp_path, left)] == [
        ("drivers/a.html", "stale"),
        ("drivers/x/b.html", "stale"),
    ]
    assert output.write(tmp_path, left).removed == ("drivers/a.html", "drivers/x/b.html")
    assert tree(tmp_path) == {**left, "drivers/mine.txt": b"mine", "CNAME": b"example.invalid"}
    assert not (tmp_path / "drivers" / "x").exists()


def test_a_stale_file_that_somebody_changed_is_theirs(tmp_path: Path) -> None:
    output.write(tmp_path, FILES)
    (tmp_path / "drivers" / "a.html").write_text("edited")
    output.write(tmp_path, {"index.html": b"one"})
    assert (tmp_path / "drivers" / "a.html").read_text() == "edited"


def test_foreign_files_are_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("somebody else's")
    with pytest.raises(WriteError, match=r"index\.html: exists and was not written by hvsupport"):
        output.write(tmp_path, FILES)
    assert tree(tmp_path) == {"index.html": b"somebody else's"}


def test_an_equal_file_is_adopted(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_bytes(b"one")
    output.write(tmp_path, FILES)
    output.write(tmp_path, {**FILES, "index.html": b"changed"})
    assert (tmp_path / "index.html").read_bytes() == b"changed"


def test_dry_run_touches_nothing(tmp_path: Path) -> None:
    outcome = output.write(tmp_path / "out", FILES, dry_run=True)
    assert outcome.written == tuple(FILES)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"files": []}', '{"files": {"../victim": "x", "/etc/passwd": "x", "a": 3}}', "\0\xff"]
)
def test_a_manifest_that_is_damaged_or_lies(tmp_path: Path, text: str) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (tmp_path / "victim").write_text("keep me")
    (out / output.MANIFEST).write_text(text, encoding="latin-1")
    output.write(out, FILES)
    assert (tmp_path / "victim").read_text() == "keep me"
    assert tree(out) == FILES


@pytest.mark.parametrize("kind", ["file as folder", "folder as file", "file in the path", "link in the path"])
def test_obstacles(tmp_path: Path, kind: str) -> None:
    out = tmp_path / "out"
    if kind == "file as folder":
        out.write_text("a file")
    elif kind == "folder as file":
        (out / "index.html").mkdir(parents=True)
    elif kind == "file in the path":
        out.mkdir()
        (out / "drivers").write_text("a file")
    else:
        out.mkdir()
        (tmp_path / "elsewhere").mkdir()
        (out / "drivers").symlink_to(tmp_path / "elsewhere")
    before = tree(tmp_path)
    with pytest.raises(WriteError, match="out"):
        output.write(out, FILES)
    assert tree(tmp_path) == before


def test_a_link_in_place_of_a_file_is_replaced_not_followed(tmp_path: Path) -> None:
    out, victim = tmp_path / "out", tmp_path / "victim"
    output.write(out, FILES)
    victim.write_text("keep me")
    (out / "index.html").unlink()
    (out / "index.html").symlink_to(victim)
    output.write(out, FILES)
    assert victim.read_text() == "keep me"
    assert tree(out) == FILES


@pytest.mark.parametrize("at", range(5))
def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    """The nth file that is written aside meets a full disk."""
    out = tmp_path / "out"
    output.write(out, FILES)
    before, real, count = {p: p.read_bytes() for p in out.rglob("*") if p.is_file()}, os.write, 0

    def failing(handle: int, data: bytes) -> int:
        nonlocal count
        count += 1
        if count == at + 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(handle, data)

    monkeypatch.setattr(os, "write", failing)
    with pytest.raises(WriteError, match="No space left"):
        output.write(out, {path: data + b"!" for path, data in FILES.items()} | {"new/c.html": b"four"})
    monkeypatch.undo()
    assert {p: p.read_bytes() for p in out.rglob("*") if p.is_file()} == before
    assert not (out / "new").exists()


def test_a_folder_that_may_not_be_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulated, for root may write everywhere."""

    def refuse(*_, **__):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(tmp_path))

    monkeypatch.setattr(output.os, "open", refuse)
    with pytest.raises(WriteError, match="Permission denied"):
        output.write(tmp_path / "out", FILES)
    monkeypatch.undo()
    assert not (tmp_path / "out").exists()


def test_new_files_have_ordinary_permissions(tmp_path: Path) -> None:
    old = os.umask(0o022)
    try:
        output.write(tmp_path, FILES)
    finally:
        os.umask(old)
    assert (tmp_path / "index.html").stat().st_mode & 0o777 == 0o644


def test_pages_of_the_user_do_not_take_the_place_of_ours() -> None:
    place = b.Place("docs/hvsupport.md")
    mine = pages.Document(place, "HVSupport.html", "Mine", "<h1>Mine</h1>")
    other = pages.Document(b.Place("docs/a.md"), "a.html", "A", "<h1>A</h1>")
    made = site.build(b.every_kind(), (), site.Settings(documents=pages.Documents(None, (mine, other))))
    assert [finding.place for finding in made.findings] == [place]
    assert "HVSupport.html" not in made.files
    assert b"HVSupport.html" not in made.files["a.html"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("virDomainGetXMLDesc", "vir|Domain|Get|XML|Desc"),
        ("disk.create_volume", "disk.|create_|volume"),
        ("domain_migrate_begin3", "domain_|migrate_|begin3"),
        ("__init__", "__init__"),
        ("plain", "plain"),
        ("", ""),
    ],
)
def test_a_name_may_break_between_its_words(name: str, words: str) -> None:
    assert str(breakable(name)).removeprefix("<bdi>").removesuffix("</bdi>").split("<wbr>") == words.split("|")


def test_a_name_that_may_break_is_escaped() -> None:
    assert str(breakable("<b>aB</b>")) == "<bdi>&lt;b&gt;a<wbr>B&lt;/b&gt;</bdi>"


def test_a_link_to_a_page_gets_a_preview() -> None:
    for path, page in site.build(b.hostile()).files.items():
        if path.endswith(".html"):
            text = page.decode()
            title = re.search(r"<title>(.*?)</title>", text, re.DOTALL)
            shown = re.search(r'<meta property="og:title" content="(.*?)">', text, re.DOTALL)
            assert title and shown and shown[1] == title[1], path
            assert '<meta property="og:description" content="' in text


RIGHT_TO_LEFT = "\N{RIGHT-TO-LEFT OVERRIDE}gnirts"


def test_what_a_project_names_is_isolated_from_the_text_around_it() -> None:
    """A mark that turns the direction of text ends with the name that holds it."""
    name = RIGHT_TO_LEFT
    spans = b.cell(f"1.0.0; {name}")
    made = b.interface({("m:A", name): spans}, [b.driver("m:A", name)], [b.entry(name, group=name)], title=name)
    files = site.build(b.catalogue(made._replace(groups=(name,)), title=name)).files
    for path, page in files.items():
        if path.endswith(".html"):
            text = re.sub(r'<title>.*?</title>|<caption.*?</caption>|="[^"]*"', "", page.decode())
            inside = re.findall(f"<bdi>[^<]*{name}[^<]*</bdi>", text)
            assert inside and "".join(inside).count(name) == text.count(name), path


@pytest.mark.parametrize(
    ("title", "accent", "parts"),
    [
        ("libvirt", None, ('fill="#0b57a8"', ">L<", 'fill="#ffffff"')),
        ("<x>", "#ffe000", ('fill="#ffe000"', ">X<", 'fill="#14171b"')),
        ("...", "#000000", ('fill="#000000"', ">H<", 'fill="#ffffff"')),
    ],
)
def test_the_icon_is_the_letter_of_the_project_on_its_accent(title: str, accent: str | None, parts) -> None:
    made = site.build(b.catalogue(title=title), (), site.Settings(theme=Theme(accent=accent)))
    drawn = made.files["hvsupport-icon.svg"].decode()
    assert all(part in drawn for part in parts)
    assert (accent is not None) == (f"--accent: {accent};".encode() in made.files["hvsupport.css"])
    assert b'href="hvsupport-icon.svg"' in made.files["index.html"]
