"""Properties of one text: annotations, tabs, pages, configurations, caches, and the cookies of the example library."""

from __future__ import annotations

import ast
import hashlib
import json
import re
import struct
import tempfile
import warnings
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

from hypervisor import CookieError, HypervisorError
from hypervisor.migration import cookie
from hypervisor.remote import codec as messages
from measured import bounded

from hvsupport.annotate import grammar, run
from hvsupport.annotate.cache import codec
from hvsupport.annotate.cache.seen import Seen, Status
from hvsupport.annotate.cache.store import Cache
from hvsupport.annotate.config import load as configuration
from hvsupport.annotate.config.positions import places
from hvsupport.annotate.config.value import TabsConfig
from hvsupport.annotate.errors import AnnotationError, HvsupportError
from hvsupport.annotate.facts import FileFacts, Options
from hvsupport.annotate.judge import judge
from hvsupport.annotate.release import scheme
from hvsupport.annotate.tabs import inspection
from hvsupport.annotate.tabs.editorconfig import EditorConfig
from hvsupport.annotate.tabs.find import Holding
from hvsupport.annotate.tabs.settings import Wishes
from hvsupport.annotate.tabs.text import Text
from hvsupport.gen.pages import documents

SCHEMES = tuple(
    scheme(name, ("havana", "icehouse", "1.0", "2.0")) for name in ("x.y.z", "pep440", "calendar", "listed")
)
NAMES = (
    *("a.pl", "a.sh", "a.c", "a.py", "a.h", "A.pm", "a.bash", "Makefile", "a.md", "a.js", "a.yaml", "a.rst", "a.t"),
    *("a.txt", "a.rb", "a.go", "a", "a.xml", "a.html", "a.java", "a.pod", "configure.ac", "a.awk"),
)


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="hvsupport-fuzz-"))
    (folder / "docs").mkdir()
    return folder


# -- annotations


def annotations(data: bytes) -> None:
    text = data[1:].decode("utf-8", "surrogateescape")
    which = SCHEMES[data[0] % len(SCHEMES)] if data else SCHEMES[0]
    with bounded(len(text)):
        near = grammar.near_miss(text, which)
        meant = grammar.correct(text, which)
        grammar.begins_annotation(text, which)
        pieces = [*grammar.segments(f"# {text}"), *grammar.segments(f"/* {text}*/")]
        nexts = list(grammar.next_tokens(text))
    assert near is None or near.text == text
    assert all(text[at : at + 4] == "next" for at in nexts)
    assert all(piece == piece.strip() and piece for _, piece in pieces)
    try:
        spans = grammar.parse(text, which)
    except AnnotationError:
        assert meant is None or grammar.parse(meant, which)
        return
    assert meant is None, "a valid annotation is corrected"
    assert grammar.parse(grammar.render(spans), which) == spans
    for at in reversed(nexts):
        text = f"{text[:at]}{which.example}{text[at + 4 :]}"
    if nexts and which.name != "listed":
        assert not list(grammar.next_tokens(text))


# -- tabs


def tabs(data: bytes) -> None:
    name, body = (NAMES[data[0] % len(NAMES)], data[1:]) if data else (NAMES[0], b"")
    here = bool(data and data[0] & 0x80)
    wishes = Wishes(TabsConfig(here_documents=here), EditorConfig(lambda _: None))
    attributes = {"whitespace": "tabwidth=4"} if data and data[0] & 0x40 else {}

    def looked(body: bytes) -> inspection.Inspection:
        with bounded(len(body)):
            return inspection.inspect(Holding(name, body), wishes, attributes, to_fix=True)

    found = looked(body)
    lines = len(Text(body).lines)
    assert all(1 <= each.place.line <= lines and each.place.column >= 1 for each in found.findings)
    after, refused = inspection.fixed(found, found.findings)
    if refused is not None:
        assert after == body
        return
    blanks = rb"[ \t]+" if Text(body).encoding in ("utf-8", "unknown") else rb"[ \t\0]+"
    assert re.sub(blanks, b"", after) == re.sub(blanks, b"", body), "more than white space was changed"
    again = looked(after)
    assert inspection.fixed(again, again.findings) == (after, None), "a second fix changes something"
    if found.language == "Python" and (before := _python(body)) is not None:
        assert _python(after) == before, "another program"


def _python(data: bytes) -> str | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.dump(ast.parse(data))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


# -- Markdown

#: A tag as pages may have it; all other less-than signs are written as ``&lt;``.
TAG = re.compile(
    r'</?[a-z][a-z0-9]*( (?!on)[a-z-]+(="[^"<>]*")?)*>',
)
ACTIVE = {"script", "style", "iframe", "object", "embed", "form", "input", "svg", "math", "meta", "base", "link"}


class _Active(HTMLParser):
    """Refuses what a browser would act on."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in ACTIVE, tag
        for key, value in attrs:
            plain = re.sub(r"[\x00-\x20\x7f-\xa0]", "", value or "").lower()
            assert not key.startswith("on"), key
            assert not plain.startswith(("javascript:", "vbscript:", "data:text")), value


def pages(data: bytes) -> None:
    folder = _folder()
    one, _, other = data.partition(b"\x1e")
    (folder / "docs" / "a.md").write_bytes(one)
    (folder / "docs" / "index.md").write_bytes(other)
    with bounded(len(data)):
        found = documents.load(folder, "docs")
    for page in found.every:
        assert "<" not in TAG.sub("", page.body), "something that may be a tag"
        _Active(convert_charrefs=True).feed(page.body)
    documents.check_references(found, {page.path: page.body.encode("utf-8", "replace") for page in found.every})
    lines = 1 + max(one.count(b"\n"), other.count(b"\n"))
    assert all(1 <= finding.place.line <= lines for finding in found.findings)


# -- the configuration

TREE = {
    "api.py": b"class Driver:\n    def start(self): raise NotImplementedError\n    def stop(self): pass\n",
    "drivers/a.py": b"from api import Driver\nclass A(Driver):  # 1.0\n    def start(self): return 1  # 1.0.0\n",
    "ops.h": b"struct ops { int (*a)(void); };\n",
    "a.c": b'#include "ops.h"\nstruct ops x = {\n.a = f, /* 1.0 */\n};\n',
}


def config(data: bytes) -> None:
    path = _folder() / "hvsupport.toml"
    path.write_bytes(data)
    try:
        with bounded(len(data)):
            found = configuration.load(root=path.parent, config=path)
    except HvsupportError as error:
        assert str(error)
        return
    text = data.decode("utf-8-sig")
    lines = text.count("\n") + 1
    for place in places(text, "x").values():
        assert 1 <= place.line <= lines and place.column >= 1
    with bounded(len(data)):
        catalogue = run.catalogue(found, source=TREE, cache=False, jobs=1)
        findings = judge(found, catalogue).findings
    for finding in findings:
        assert finding.place.path != "hvsupport.toml" or 1 <= finding.place.line <= lines, finding


# -- the cache


def cache_files(data: bytes) -> None:
    folder = _folder() / "cache"
    entry = Cache(folder, Options())
    key = entry.key(b"x")
    file = folder / key[:2] / f"{key[2:]}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    assert entry.get(key, "a.py") is None, "damaged, but believed"
    seen = Seen(folder, Options(), ("x",))
    assert seen._path is not None
    seen._path.parent.mkdir(exist_ok=True)
    for text in (data, seen._head.encode() + b"\n" + data):
        seen._path.write_bytes(text)
        Seen(folder, Options(), ("x",)).get("a.py", Status(1, 2, 3, 4))
    try:
        with bounded(len(data)):
            facts = codec.from_json(data.decode(), "a.py")
    except (ValueError, TypeError, IndexError, KeyError, RecursionError):
        return
    assert isinstance(facts, FileFacts)
    assert codec.from_json(codec.to_json(facts), "a.py") == facts


# -- cookies, and messages between hosts


def cookies(data: bytes) -> None:
    envelope = struct.pack(">4sHI32s", b"HVCK", 1, len(data), hashlib.sha256(data).digest()) + data
    for each in (data, envelope):
        try:
            with bounded(len(data)):
                found = cookie.read(each, "memory", "m1", ("begin", "finish"))
        except CookieError:
            continue
        assert cookie.read(cookie.bake(found), "memory", "m1", ("begin", "finish")) == found
    for read, write in ((messages.read_request, messages.write_request), (messages.read_reply, messages.write_reply)):
        try:
            with bounded(len(data)):
                message = read(data)
        except (ValueError, HypervisorError):
            continue
        written = write(message)  # type: ignore[operator]
        assert json.loads(write(read(written))) == json.loads(written)  # type: ignore[operator]
