"""The Sphinx extension and the MkDocs plugin, with real builds of small pages about the example library."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from docs_builder import Sphinx, change, lay
from test_docs import LONG, UPDATE, Story

from hvsupport.annotate.model import Place
from hvsupport.annotate.readers import inventory
from hvsupport.gen.integrations import tree
from hvsupport.gen.output import MANIFEST


@pytest.fixture(scope="module")
def sphinx(tmp_path_factory: pytest.TempPathFactory) -> Sphinx:
    made = Sphinx(tmp_path_factory.mktemp("sphinx"))
    made.build(jobs=2)
    return made


def test_sphinx_shows_blocks_and_writes_the_site_beside_its_pages(sphinx: Sphinx) -> None:
    page = sphinx.page("guide/memory.html")
    assert '<div class="hvsupport hvsupport-driver" id="support-1-block">' in page
    assert 'href="../hvsupport/drivers/memory.html"' in page
    assert "domain_save" not in page
    assert "hvsupport-embed.css" in page
    assert b".hvsupport" in (sphinx.out / "_static/hvsupport-embed.css").read_bytes()
    assert (sphinx.out / "hvsupport" / MANIFEST).is_file()
    assert '<li><a href="../../index.html">Documentation</a></li>' in sphinx.page("hvsupport/drivers/memory.html")
    for path in (sphinx.out / "index.html", sphinx.out / "guide/plain.html"):
        for link in re.findall(r'href="([^"#]*hvsupport/[^"#]*)', path.read_text(encoding="utf-8")):
            assert (path.parent / link).is_file(), link


def test_sphinx_roles_lead_to_the_block_or_else_to_the_page_of_the_site(sphinx: Sphinx) -> None:
    page = sphinx.page("index.html")
    assert 'href="guide/memory.html#support-1-block" title="memory"' in page
    assert 'href="#support-1-driver:qemu" title="qemu"' in page
    assert re.search(r'href="hvsupport/entries/domain_save.html" title="domain_save"', page)
    assert re.search(r'href="#support-1-domain_get_info" title="domain_get_info"', page)
    assert 'id="support-1-domain_get_info"' in page


def test_sphinx_inventory(sphinx: Sphinx) -> None:
    found = dict(inventory.names((sphinx.out / "objects.inv").read_bytes()))
    assert found["domain_get_info"] == "index.html#support-1-domain_get_info"
    assert {"memory", "process", "qemu"} <= set(found)
    assert "domain_save" not in found
    for path in (sphinx.root / "doc/more").iterdir():
        assert found[path.stem] == f"more/{path.stem}.html#support-1-{path.stem}", "read in another process"
    whole = dict(inventory.names((sphinx.out / "hvsupport/objects.inv").read_bytes()))
    assert whole["domain_save"] == "entries/domain_save.html"
    assert all((sphinx.out / "hvsupport" / address).is_file() for address in whole.values())


def test_sphinx_reads_the_inventory_of_the_site(sphinx: Sphinx) -> None:
    from sphinx.util.inventory import InventoryFile

    with (sphinx.out / "hvsupport/objects.inv").open("rb") as file:
        found = InventoryFile.load(file, "https://e.org", lambda base, path: f"{base}/{path}")
    assert {"memory", "process", "qemu"} == set(found["hv:driver"])
    assert len(found["hv:entry"]) == len(list((sphinx.out / "hvsupport/entries").iterdir()))


def test_sphinx_reads_again_only_what_a_driver_changed(sphinx: Sphinx) -> None:
    assert "0 added, 0 changed" in sphinx.build()
    note = "children move to the parent"
    change(sphinx.root, note, "children are gone")
    try:
        said = sphinx.build()
        assert "children are gone" in sphinx.page("guide/memory.html")
        assert "children are gone" in sphinx.page("index.html")
        assert "children are gone" in sphinx.page("hvsupport/drivers/memory.html")
        assert "0 added" in said and "0 changed" not in said
        (sphinx.root / "doc/guide/plain.rst").touch()
        assert "0 added, 1 changed" in sphinx.build()
    finally:
        change(sphinx.root, "children are gone", note)
        sphinx.build()


def test_sphinx_mistakes_are_warnings_with_their_line(sphinx: Sphinx) -> None:
    path = sphinx.root / "doc/index.rst"
    text = path.read_text(encoding="utf-8")
    wrong = text.replace("domain_save`", "domain_sve`").replace("domain_get_info\n", "domain_gt_info\n   :nope: 1\n")
    path.write_text(wrong, encoding="utf-8")
    try:
        said = sphinx.build(ok=False)
    finally:
        path.write_text(text, encoding="utf-8")
    assert "index.rst:6: WARNING: PAGE002 a block 'matrix' has no option 'nope'" in said
    assert "index.rst:6: WARNING: PAGE002 no entry point is called 'domain_gt_info'" in said
    assert "index.rst:4: WARNING: hvsupport: unknown entry point 'domain_sve'" in said


MKDOCS = """\
---
title: Start
---
# Guests

See [it](hv:domain_save).

```hvsupport matrix
drivers: memory
```

!!! note

    ```hvsupport driver memory
    groups: Snapshots
    ```
"""


def mkdocs(root: Path, caplog: pytest.LogCaptureFixture, *, plugin: str = "hvsupport", **pages: str) -> Iterator[str]:
    """Build; the warnings."""
    from mkdocs.commands.build import build
    from mkdocs.config import load_config

    lay(root, "pages", {f"{name}.md": text for name, text in pages.items()})
    extensions = "markdown_extensions: [admonition, pymdownx.superfences]"
    text = f"site_name: Guests\ndocs_dir: pages\n{extensions}\nplugins:\n  - {plugin}\n"
    (root / "mkdocs.yml").write_text(text)
    with caplog.at_level(logging.WARNING, "mkdocs"):
        config = load_config(str(root / "mkdocs.yml"))
        config.plugins.on_startup(command="build", dirty=False)
        build(config)
    return (record.getMessage() for record in caplog.records if record.name.startswith("mkdocs"))


def test_mkdocs_shows_blocks_and_writes_the_site_beside_its_pages(tmp_path: Path, caplog) -> None:
    assert list(mkdocs(tmp_path, caplog, index="# Home\n", guide=MKDOCS)) == []
    page = (tmp_path / "site/guide/index.html").read_text(encoding="utf-8")
    assert 'id="support-1-connect_open"' in page
    assert 'id="support-2-domain_snapshot_create"' in page
    assert 'href="../hvsupport/drivers/memory.html"' in page
    assert '<a href="../hvsupport/entries/domain_save.html">it</a>' in page
    assert (tmp_path / "site/hvsupport/drivers/memory.html").is_file()
    assert '<link href="../assets/hvsupport-embed.css" rel="stylesheet"' in page
    assert (tmp_path / "site/assets/hvsupport-embed.css").is_file()


def test_mkdocs_mistakes_are_warnings_with_their_line(tmp_path: Path, caplog) -> None:
    text = MKDOCS.replace("drivers: memory", "drivers: memry").replace("hv:domain_save", "hv:domain_sve")
    plugin = "hvsupport: {site: 'https://example.org/support'}"
    warning, other = mkdocs(tmp_path, caplog, plugin=plugin, index=text)
    assert "index.md:1: PAGE002 no entry point or driver is called 'domain_sve'" in other
    assert "did you mean 'domain_save'?" in other
    assert "index.md:9: PAGE002 no driver is called 'memry'; found: memry" in warning
    assert "did you mean 'memory'?" in warning
    assert not (tmp_path / "site/hvsupport").exists()
    assert "https://example.org/support/drivers/memory.html" in (tmp_path / "site/index.html").read_text()


def test_mkdocs_without_a_configuration_says_what_is_missing(tmp_path: Path, caplog) -> None:
    from mkdocs.exceptions import Abort

    with pytest.raises(Abort):
        mkdocs(tmp_path, caplog, plugin="hvsupport: {config: nowhere.toml}", index="# Home\n")
    assert "nowhere.toml: cannot be read" in caplog.text


def test_a_request_is_kept_as_text() -> None:
    asked = tree.request("matrix", " compute ", {"drivers": "a, b"}, Place("index", 3))
    assert tree.loaded(tree.dumped(asked)) == asked


def test_the_tools_are_imported_by_their_own_extension_only() -> None:
    """Neither is a dependency: everything else works without them."""
    code = (
        "import sys; sys.modules.update(sphinx=None, mkdocs=None, docutils=None)\n"
        "import hvsupport.gen.site, hvsupport.gen.integrations.tree, hvsupport.annotate.cli.docs\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_page_about_both_shows_what_its_commands_print(tmp_path: Path) -> None:
    assert Story(tmp_path).tell(LONG) == LONG.read_text(encoding="utf-8"), f"to update it: {UPDATE}"
