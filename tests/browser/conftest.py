"""A real Chromium for the tests of the site.

Without Debian's chromium or without playwright the tests are skipped, and say so; with HVSUPPORT_REQUIRE_BROWSER=1,
which CI sets, that is a failure.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]

import gen_builder as b  # noqa: E402
from browser_kit import ARGUMENTS, CHROMIUMS, WIDE  # noqa: E402

from hvsupport.gen import site  # noqa: E402
from hvsupport.gen.pages import documents as pages  # noqa: E402

#: A page with every kind of block but a protocol, and code.
_BLOCKS = """\
# Blocks

```hvsupport matrix
```

```hvsupport driver full
states: *
```

```hvsupport changes 1.4.0
since: 0.7.0
```

```hvsupport changes 0.7.0
drivers: empty
```

```python
@since("1.0.0")
def start(name: str = "x", *more: int) -> None:  # 1.0.0
    'Starts.'
    raise NotImplementedError(f"{name}: {len(more) + 1}")
```

```diff
-old
+new
```
"""


def _missing(what: str) -> None:
    if os.environ.get("HVSUPPORT_REQUIRE_BROWSER") == "1":
        pytest.fail(f"{what}, and HVSUPPORT_REQUIRE_BROWSER=1 asks for the browser tests")
    pytest.skip(f"{what}: the site is not tested in a browser")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    there = [path for path in CHROMIUMS if path.exists()]
    if not there:
        _missing(f"no {CHROMIUMS[-1]}, install Debian's package chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _missing("no playwright, pip install playwright")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=str(there[0]), args=ARGUMENTS)
        yield found
        found.close()


@pytest.fixture(scope="session")
def sites(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Name -> folder: large and wide matrices, every kind of cell, hostile names, several interfaces, protocols."""
    folder = tmp_path_factory.mktemp("sites")
    (folder / "docs").mkdir()
    (folder / "docs" / "index.md").write_text("# Introduction\n\nSee [the guide](guide.md).\n")
    words = "| a | b |\n|---|---|\n| " + "x" * 200 + " | 2 |\n\n```\n" + "y" * 300 + "\n```\n"
    (folder / "docs" / "guide.md").write_text(f"# Guide\n\n## Part\n\n{words}")
    documents = pages.load(folder, "docs")
    shown = {"blocks": _BLOCKS, "moves": "# Moves\n\n```hvsupport protocol move\n```\n\n```hvsupport matrix\n```\n"}
    for name, text in shown.items():
        (folder / name).mkdir()
        (folder / name / "page.md").write_text(text)
    blocks, moves = (site.Settings(documents=pages.load(folder, name)) for name in shown)
    kinds = b.every_kind().interfaces[0]
    older = b.interface(
        {("m:A", "a"): b.cell("<= 0.3.0"), ("m:A", '=1+1 "x"'): b.cell("0.1.0")},
        [b.driver("m:A")],
        [b.entry("a"), b.entry('=1+1 "x"')],
    )
    young = b.interface(
        {
            ("m:A", "old"): b.cell("1.0.0"),
            ("m:A", "young"): b.cell("2.0.0"),
            ("m:A", "dated"): b.cell("2.0.0"),
            ("m:A", "waiting"): b.cell("2.0.0"),
            ("m:A", "planned"): b.cell("next", state="next"),
            ("m:A", "nobody"): b.cell(),
            ("m:A", "unsure"): b.cell("<= 2.0.0"),
            ("m:B", "young"): b.cell("2.0.0"),
        },
        [b.driver("m:A"), b.driver("m:B"), b.driver("m:None", "none")],
        [
            *(b.entry("old"), b.entry("young"), b.entry("dated", since="1.4.0"), b.entry("waiting", since="1.0.0")),
            *(b.entry("planned"), b.entry("nobody"), b.entry("unsure")),
        ],
    )
    pairs = {
        "same": ("1.0.0", "1.0.0"),
        "later": ("1.0.0", "1.2.0"),
        "only_a": ("1.0.0", ""),
        "in_part": ("1.0.0", "1.0.0; partial"),
        "left": ("1.0.0", "1.0.0 - 1.4.0"),
        "back": ("1.0.0", "1.0.0 - 1.4.0, 2.0.0"),
        "nobody": ("", ""),
    }
    texts = {(f"m:{who}", name): text for name, pair in pairs.items() for who, text in zip("AB", pair, strict=True)}
    compared = b.interface(
        {
            key: b.cell(text, "removed" if text.endswith("- 1.4.0") else "supported")
            for key, text in texts.items()
            if text
        },
        [b.driver("m:A"), b.driver("m:B")],
        [b.entry(name) for name in pairs],
    )
    several = b.catalogue(kinds, kinds._replace(key="dns", title="DNS drivers"))
    faults = [b.finding("HV001", "lib.driver:Full", "noted")]
    made = {
        "large": site.build(b.large(260, 19)),
        "wide": site.build(b.large(30, 68, 3)),
        "kinds": site.build(b.every_kind(), faults, site.Settings(documents=documents)),
        "hostile": site.build(b.hostile()),
        "several": site.build(several, faults, site.Settings(documents=documents)),
        "protocols": site.build(
            b.moving(), [b.finding("HV020", "lib.driver:part", "confirm2")._replace(protocol="move-v2")]
        ),
        "linked": site.build(b.large(20, 3), (), site.Settings("https://example.invalid/src/{path}#{line}")),
        "blocks": site.build(b.every_kind(), faults, blocks),
        "moves": site.build(b.moving(), (), moves),
        "young": site.build(b.catalogue(young)),
        "compared": site.build(b.catalogue(compared)),
        "single": site.build(b.large(1, 1)),
        "older": site.build(b.catalogue(older)),
        "families": site.build(b.families()),
        "hostile protocols": site.build(b.hostile_protocols()),
    }
    for name, one in made.items():
        site.write(folder / "built" / name, one.files)
    return {name: folder / "built" / name for name in made}


@dataclass
class Watch:
    """What went on behind a page: messages, errors, requests, dialogs."""

    faults: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def on(self, page: Any) -> None:
        page.on("console", lambda message: self.faults.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("requestfailed", self._failed)
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("dialog", lambda dialog: (self.faults.append(f"dialog: {dialog.message}"), dialog.dismiss()))

    def _failed(self, request: Any) -> None:
        """Note it, unless a test followed a link before the page had all: what is missing or forbidden says so."""
        if request.failure != "net::ERR_ABORTED":
            self.faults.append(f"failed: {request.url}: {request.failure}")


Open = Callable[..., Any]


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def open_page(browser: Any, sites: dict[str, Path], watch: Watch) -> Iterator[Open]:
    """``open_page("large", "hvsupport.html?q=x", size=NARROW, theme="dark", scripts=False)``.

    Whatever a test does, the page must not complain and must ask nobody but the disk.
    """
    contexts = []

    def opened(name: str, path: str, size: tuple[int, int] = WIDE, theme: str = "light", scripts: bool = True) -> Any:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=theme, java_script_enabled=scripts
        )
        contexts.append(context)
        page = context.new_page()
        watch.on(page)
        page.goto(f"{sites[name].as_uri()}/{path}")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert watch.faults == []
    assert [url for url in watch.requests if not url.startswith(("file:", "data:"))] == []
