"""Sphinx and MkDocs with Libcloud's drivers: 49 columns, thousands of cells without a release, shared titles.

Also what takes further builds with the example library.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import trees
from docs_builder import DRIVER, Sphinx, change

HERE = Path(__file__).parent
INDEX = """\
Drivers
=======

Most have :hv:entry:`create_node`, so has :hv:driver:`DigitalOcean`; :hv:entry:`dns:create_zone` is elsewhere.

.. hv:matrix:: compute
   :drivers: *OpenStack*, Digital*, Vultr*

.. toctree::

   dns
   storage
"""
PAGES = {
    "doc/index.rst": INDEX,
    "doc/dns.rst": "DNS\n===\n\n.. hv:matrix:: dns\n",
    "doc/storage.rst": "Storage\n=======\n\n.. hv:driver:: *Azure*\n   :interface: storage\n",
    "pages/index.md": "# Drivers\n\n```hvsupport matrix compute\n```\n\n```hvsupport driver DigitalOcean\n"
    "interface: compute\n```\n",
    "pages/dns.md": "# DNS\n\n- a list\n\n    ```hvsupport matrix dns\n    ```\n",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pages beside nothing: the tree and its configuration are elsewhere."""
    made = tmp_path_factory.mktemp("docs")
    config, root = HERE / "libcloud.toml", trees.libcloud()
    here = [os.path.relpath(path, made / "doc") for path in (config, root)]
    conf = (
        'extensions = ["hvsupport.gen.integrations.sphinx"]\nhtml_theme = "furo"\n'
        f"hvsupport_config, hvsupport_root, hvsupport_findings = {here[0]!r}, {here[1]!r}, False\n"
    )
    here = [os.path.relpath(path, made) for path in (config, root)]
    material = (
        "site_name: Drivers\ndocs_dir: pages\ntheme: {name: material, font: false}\n"
        "markdown_extensions: [pymdownx.superfences]\nplugins:\n  - search\n"
        f"  - hvsupport: {{config: {here[0]!r}, root: {here[1]!r}, findings: false}}\n"
    )
    for name, text in {**PAGES, "doc/conf.py": conf, "mkdocs.yml": material}.items():
        path = made / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return made


def run(folder: Path, *words: str) -> str:
    done = subprocess.run([sys.executable, "-m", *words], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def links_lead_somewhere(path: Path) -> int:
    found = re.findall(r'href="([^":#]*hvsupport/[^"#]*)', path.read_text(encoding="utf-8"))
    assert [link for link in found if not (path.parent / link).is_file()] == []
    return len(found)


def test_sphinx_builds_libcloud_in_parallel_and_nothing_twice(folder: Path) -> None:
    said = run(folder, "sphinx", "-W", "-j", "2", "doc", "out")
    assert "3 added" in said
    assert links_lead_somewhere(folder / "out/dns.html") > 15 * 26
    assert links_lead_somewhere(folder / "out/index.html") > 29 * 3
    page = (folder / "out/index.html").read_text(encoding="utf-8")
    assert 'href="dns.html#support-1-create_zone"' in page
    assert "0 added, 0 changed, 0 removed" in run(folder, "sphinx", "-W", "-j", "2", "doc", "out")


def test_mkdocs_builds_libcloud(folder: Path) -> None:
    run(folder, "mkdocs", "build", "-q", "--strict")
    assert links_lead_somewhere(folder / "site/index.html") > 29 * 49
    assert links_lead_somewhere(folder / "site/dns/index.html") > 15 * 26


@pytest.fixture(scope="module")
def sphinx(tmp_path_factory: pytest.TempPathFactory) -> Sphinx:
    made = Sphinx(tmp_path_factory.mktemp("sphinx"))
    made.build(jobs=2)
    return made


def test_sphinx_a_block_of_a_new_file_is_made_anew(sphinx: Sphinx) -> None:
    """No page can depend on a file that was not there: what its blocks would be tells."""
    new = sphinx.root / "docs/example/hypervisor/drivers/memory2"
    shutil.copytree(sphinx.root / "docs/example/hypervisor/drivers/memory", new)
    try:
        said = sphinx.build(hvsupport_findings="0", ok=False)
        assert "no driver is called 'memory'; found: memory; expected: memory (memory), memory (memory2)," in said
        assert "memory2" in sphinx.page("index.html")
    finally:
        shutil.rmtree(new)
    sphinx.build()
    assert "memory2" not in sphinx.page("index.html")
    assert "domain_snapshot_delete" in sphinx.page("guide/memory.html"), "a block that was wrong is made again"


def test_sphinx_builders_without_room_for_a_table_print_lines(sphinx: Sphinx) -> None:
    sphinx.build(builder="text", out="text")
    page = sphinx.page("guide/memory.txt", "text")
    assert re.search(r"domain_snapshot_delete\n +1.0.0, supported; children move to the parent", page)
    assert "domain_save" in sphinx.page("index.txt", "text")
    plain = sphinx.page("guide/plain.txt", "text")
    assert "Begin, on the source" in plain
    assert re.search(r"0\.5\.0: memory gained\n +.*domain_snapshot_create", plain)


def test_sphinx_folders_of_pages(sphinx: Sphinx) -> None:
    sphinx.build(builder="dirhtml", out="dir")
    assert 'href="../../hvsupport/drivers/memory.html"' in sphinx.page("guide/memory/index.html", "dir")


def test_sphinx_findings_of_the_rules_are_warnings_with_their_place(sphinx: Sphinx) -> None:
    change(sphinx.root, "# 1.0.0; children", "# 0.1.0; children")
    try:
        said = sphinx.build(ok=False)
        sphinx.build(hvsupport_findings="0")
    finally:
        change(sphinx.root, "# 0.1.0; children", "# 1.0.0; children")
    assert re.search(rf"{re.escape(DRIVER)}:\d+: WARNING: HV004 .*found: 0\.1\.0", said)
