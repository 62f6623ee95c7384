"""Sphinx and MkDocs with Libcloud's drivers: 49 columns, thousands of cells without a release, shared titles."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import trees

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
