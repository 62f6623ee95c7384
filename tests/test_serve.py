"""The site on this machine: pages that follow the tree, from memory, for this machine alone."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from hvsupport.annotate.cli import group, serve
from hvsupport.annotate.cli.options import Options
from hvsupport.gen.live import OWN, STATE, Live
from hvsupport.gen.pages.frame import POLICY

API = "class Driver:\n    def start(self):\n        raise NotImplementedError\n"
DRIVER = "from api import Driver\n\n\nclass A(Driver):\n    def start(self):  # 1.0.0\n        return 1\n"
CONFIG = '[interfaces.driver]\nat = "api.py:Driver"\ndrivers = ["drivers/*.py"]\n'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "drivers").mkdir()
    for path, text in {"api.py": API, "drivers/a.py": DRIVER, "hvsupport.toml": CONFIG}.items():
        (tmp_path / path).write_text(text)
    return tmp_path


@pytest.fixture
def site(root: Path) -> serve._Site:
    return serve._Site(Options(root=root, cache=False, quiet=True), None)


@pytest.fixture
def port(site: serve._Site) -> Iterator[int]:
    server = serve._Server(site, 0)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def ask(port: int, target: str, host: str | None = None, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request(method, target, headers={"Host": host or f"localhost:{port}"})
    answer = connection.getresponse()
    return answer.status, dict(answer.getheaders()), answer.read()


def test_a_page_loads_itself_anew_and_its_policy_allows_no_more_than_that(site: serve._Site, port: int) -> None:
    status, headers, page = ask(port, "/")
    assert (status, headers["Content-Type"], headers["Cache-Control"]) == (200, "text/html; charset=utf-8", "no-store")
    assert page.count(b'<script src="/-/live.js" defer></script>') == 1
    own = site.live.files["index.html"]
    assert POLICY.replace("'", "&#39;").encode() in own and b"live.js" not in own
    head = b'<link rel="stylesheet" href="/-/live.css">\n<script src="/-/live.js" defer></script>\n'
    assert page.replace(b"; connect-src &#39;self&#39;", b"").replace(head, b"") == own
    assert page.count(b"connect-src") == 1


def test_everything_else_is_what_docs_writes(site: serve._Site, port: int) -> None:
    for path, data in site.live.files.items():
        if not path.endswith(".html"):
            assert ask(port, f"/{path}")[2] == data, path
    assert not any(path.startswith(OWN) for path in site.live.files)


def test_a_change_is_another_build(site: serve._Site, port: int, root: Path) -> None:
    assert json.loads(ask(port, f"/{STATE}")[2]) == {"number": 1, "said": []}
    (root / "drivers/a.py").write_text(DRIVER.replace("  # 1.0.0", ""))
    site.build()
    state = json.loads(ask(port, f"/{STATE}?x=1")[2])
    assert state["number"] == 2
    assert [line.split(" ")[:2] for line in state["said"]] == [["drivers/a.py:5:5:", "HV001"]]
    (root / "hvsupport.toml").write_text("[interfaces")
    before = site.live.files
    site.build()
    state = json.loads(ask(port, f"/{STATE}")[2])
    assert state["number"] == 3 and "hvsupport.toml" in state["said"][0]
    assert site.live.files is before


@pytest.mark.parametrize(
    ("target", "host", "status"),
    [
        pytest.param("/", "evil.example", 421, id="another name for this machine"),
        pytest.param("/", "127.0.0.1", 421, id="another port"),
        pytest.param("/../hvsupport.toml", None, 404, id="above the root"),
        pytest.param("/%2e%2e/hvsupport.toml", None, 404, id="above the root, in disguise"),
        pytest.param("//etc/passwd", None, 404, id="an absolute path"),
        pytest.param("/hvsupport.toml", None, 404, id="a file that is not of the site"),
        pytest.param("/%ff%00", None, 404, id="no text"),
        pytest.param("/?q=1", None, 200, id="a query"),
    ],
)
def test_who_may_ask_for_what(port: int, target: str, host: str | None, status: int) -> None:
    assert ask(port, target, host)[0] == status


def test_head_has_no_body(port: int) -> None:
    status, headers, body = ask(port, "/", method="HEAD")
    assert (status, body) == (200, b"") and int(headers["Content-Length"]) > 0


def test_only_reading_is_answered(port: int) -> None:
    assert ask(port, "/", method="POST")[0] == 501


def test_a_folder_is_its_index() -> None:
    live = Live({"guide/index.html": b"<head></head>"}, (), 1)
    assert live.answer("/guide/").body.startswith(b"<head><link")
    assert live.answer("/guide").status == 404


def test_a_port_in_use_is_an_error(root: Path, port: int) -> None:
    done = CliRunner().invoke(group, ["serve", "--root", str(root), "--port", str(port)], prog_name="hvsupport")
    assert done.exit_code == 2
    assert f"--port {port}: " in done.output and "choose another" in done.output


def test_it_builds_again_for_each_change_until_ctrl_c(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def changes(_: object) -> Iterator[None]:
        (root / "drivers/b.py").write_text(DRIVER.replace("  # 1.0.0", ""))
        yield None
        raise KeyboardInterrupt

    monkeypatch.setattr(serve, "_changes", changes)
    done = CliRunner().invoke(group, ["serve", "--root", str(root), "--port", "0"], prog_name="hvsupport")
    assert done.exit_code == 0
    lines = done.output.splitlines()
    assert [line.rpartition(". ")[0].split(" ")[-1] for line in (lines[0], lines[2])] == ["files", "files"]
    assert "No findings." in lines[0] and "Found 1 error: HV001 1" in lines[2]
    assert lines[1].startswith("hvsupport: http://127.0.0.1:") and lines[1].endswith("Ctrl-C ends it")
