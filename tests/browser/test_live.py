"""``serve``: an open page follows the tree, with what was found over it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hvsupport.annotate.cli import serve
from hvsupport.annotate.cli.options import Options

API = "class Driver:\n    def start(self):\n        raise NotImplementedError\n"
DRIVER = "from api import Driver\n\n\nclass A(Driver):\n    def start(self):  # 1.0.0\n        return 1\n"
CONFIG = '[interfaces.driver]\nat = "api.py:Driver"\ndrivers = ["drivers/*.py"]\n'


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, Any]]:
    (tmp_path / "drivers").mkdir()
    for path, text in {"api.py": API, "drivers/a.py": DRIVER, "hvsupport.toml": CONFIG}.items():
        (tmp_path / path).write_text(text)
    server = serve._Server(serve._Site(Options(root=tmp_path, cache=False, quiet=True), None), 0)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield tmp_path, server
    server.shutdown()
    server.server_close()


def test_an_open_page_follows_the_tree(browser: Any, served: tuple[Path, Any]) -> None:
    root, server = served
    page = browser.new_page()
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(f"http://127.0.0.1:{server.server_port}/hvsupport.html")
    page.get_by_role("gridcell", name="1.0.0").wait_for()
    assert page.locator(".live").count() == 0

    (root / "drivers/a.py").write_text(DRIVER.replace("1.0.0", "<img src=x onerror=alert(1)>"))
    server.site.build()
    page.locator(".live summary").click()
    assert "HV001" in page.locator(".live li").first.inner_text()
    assert page.locator(".live img").count() == 0

    (root / "drivers/a.py").write_text(DRIVER.replace("1.0.0", "1.1.0"))
    server.site.build()
    page.get_by_role("gridcell", name="1.1.0").wait_for()
    assert page.locator(".live").count() == 0
    assert errors == []
    page.close()
