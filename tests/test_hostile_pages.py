"""The project's own pages: nothing in them hangs the run, breaks it, or runs a script in a reader's browser."""

from __future__ import annotations

import os
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from hvsupport.gen.pages import documents


def load(tmp_path: Path, text: str, **options: bool) -> documents.Documents:
    (tmp_path / "docs").mkdir(exist_ok=True)
    (tmp_path / "docs" / "a.md").write_text(text)
    return documents.load(tmp_path, "docs", **options)


class Active(HTMLParser):
    """Collects what a browser would act on."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {
            "script",
            "style",
            "iframe",
            "object",
            "embed",
            "form",
            "input",
            "svg",
            "math",
            "meta",
            "base",
            "link",
        }:
            self.found.append(tag)
        for key, value in attrs:
            plain = re.sub(r"[\x00-\x20]", "", value or "").lower()
            if key.startswith("on") or plain.startswith(("javascript:", "vbscript:", "data:text")):
                self.found.append(f"{key}={value}")


#: Markdown -> the end of the first message, and its line.
SCRIPTS = {
    "a script": ("# A\n\n<script>alert(1)</script>\n", "the element <script>", 3),
    "a script in capitals": ("# A\n\n<SCRIPT>alert(1)</SCRIPT>\n", "the element <script>", 1),
    "a handler": ('# A\n\n<b onclick="f()">x</b>\n', "the attribute onclick", 3),
    "a handler without quotes": ("# A\n\n<img src=a.png onerror=f()>\n", "the attribute onerror", 3),
    "a handler of an attribute list": ("# A\n\ntext\n{: onclick=f() }\n", "the attribute onclick", 4),
    "an address": ("# A\n\n[x](javascript:alert(1))\n", "an address with javascript:", 3),
    "an address in capitals": ("# A\n\n[x](JaVaScript:alert(1))\n", "an address with JaVaScript:", 3),
    "an address with a line break": ('# A\n\n<a href="java\nscript:f()">x</a>\n', "an address with javascript:", 1),
    "an address in entities": ('# A\n\n<a href="&#106;avascript:f()">x</a>\n', "an address with javascript:", 1),
    "an address that is a page": ("# A\n\n[x](data:text/html,<script>f()</script>)\n", "an address with data:", 3),
    "a frame": ('# A\n\n<iframe src="x"></iframe>\n', "the element <iframe>", 3),
    "a picture with scripts": ("# A\n\n<svg><script>f()</script></svg>\n", "the element <svg>", 3),
    "a style": ('# A\n\n<p style="background: url(x)">x</p>\n', "the attribute style", 3),
    "a form": ('# A\n\n<form action="x"><button>b</button></form>\n', "the element <form>", 3),
    "an unfinished element": ("# A\n\n<x<script>f()</script>\n", "the element <", 3),
}


@pytest.mark.parametrize(("text", "message", "line"), SCRIPTS.values(), ids=SCRIPTS)
def test_a_script_is_left_out_and_reported(tmp_path: Path, text: str, message: str, line: int) -> None:
    found = load(tmp_path, text)
    first = found.findings[0]
    assert first.message.startswith(message) and first.message.endswith("was left out: it could run a script")
    assert (first.place.path, first.place.line, first.severity) == ("docs/a.md", line, "error")
    reader = Active()
    reader.feed(found.pages[0].body)
    assert reader.found == []


def test_a_comment_cannot_hide_a_script(tmp_path: Path) -> None:
    """Browsers end ``<!-->`` at once, the parser at the next ``-->``."""
    body = load(tmp_path, "# A\n\n<div><!--><img src=x onerror=f()>--></div>\n").pages[0].body
    assert "onerror" not in body


def test_a_project_may_allow_any_html(tmp_path: Path) -> None:
    found = load(tmp_path, "# A\n\n<script>alert(1)</script>\n<!-- a -->\n", any_html=True)
    assert found.findings == ()
    assert "<script>alert(1)</script>" in found.pages[0].body


HARMLESS = """\
# A

Text[^1] with `code < 1`, <kbd>Ctrl</kbd>, *HTML*, <a@example.org> and [a link](https://example.org/?a=1&b=2 "T & t").

!!! note
    Take care.

| a | b |
|--:|:--|
| 1 | <br> |

<details open><summary>More</summary>

x

</details>

*[HTML]: A language
[^1]: A note.
"""


def test_what_markdown_makes_and_harmless_html_stay(tmp_path: Path) -> None:
    found = load(tmp_path, HARMLESS)
    assert found.findings == ()
    for part in (
        "<kbd>",
        "<details open>",
        '<abbr title="A language">',
        "text-align: right",
        "?a=1&amp;b=2",
        "T &amp; t",
    ):
        assert part in found.pages[0].body


def test_a_pipe_among_the_pages_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    os.mkfifo(tmp_path / "docs" / "pipe.md")
    os.mkfifo(tmp_path / "docs" / "picture.png")
    found = load(tmp_path, "# A\n\n![](picture.png)\n")
    assert [(one.place.path, one.message) for one in found.findings] == [
        ("docs/pipe.md", "page skipped: not a regular file")
    ]


@pytest.mark.parametrize(
    "address", ["http://[::1", "//[", "http://[v1.x]y/", "%00", "../" + "a" * 300, "a" * 5000, "a%0ab"]
)
def test_an_odd_address_is_a_finding_or_fine(tmp_path: Path, address: str) -> None:
    found = load(tmp_path, f"# A\n\n[b]({address})\n")
    assert found.pages
    assert all(one.place.line == 3 for one in found.findings)
    if "[::" in address or address == "//[":
        (finding,) = found.findings
        assert "is not valid" in finding.message


@pytest.mark.parametrize(
    "text",
    [
        "[a](" * 300,
        "![a](" * 300,
        "> " * 400 + "x",
        "*" * 3000,
        "`" * 3001,
        "<div>" * 400,
        "- " * 200 + "x",
        "[" * 2000,
    ],
    ids=["links", "pictures", "quotes", "stars", "ticks", "elements", "lists", "brackets"],
)
def test_a_page_of_nothing_but_openings(tmp_path: Path, text: str) -> None:
    found = load(tmp_path, f"# A\n\n{text}\n")
    assert len(found.pages) + len(found.findings) >= 1
