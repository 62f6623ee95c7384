"""A small documentation about the example library, for the tests of the Sphinx extension and the MkDocs plugin."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import tomli

ROOT = Path(__file__).parent.parent
DRIVER = "docs/example/hypervisor/drivers/memory/driver.py"
INDEX = """\
Guests
======

The call :hv:entry:`domain_save` of :hv:driver:`memory`, :hv:driver:`qemu` and :any:`domain_get_info`.

.. hv:matrix::
   :entries: domain_snapshot_*, domain_get_info

.. toctree::

   guide/memory
   guide/plain
"""
PAGES = {
    "index.rst": INDEX,
    "guide/memory.rst": "Memory\n======\n\n.. hv:driver:: memory\n   :groups: Snapshots\n",
    "guide/plain.rst": "Plain\n=====\n\n.. hv:protocol:: migration-v3\n\n.. hv:changes:: 0.5.0\n",
}
#: Sphinx reads in several processes only if there are more than five pages.
PAGES |= {
    f"more/{entry}.rst": f":orphan:\n\n{entry}\n{'=' * len(entry)}\n\n.. hv:matrix::\n   :entries: {entry}\n"
    for entry in ("connect_open", "connect_close", "connect_get_version", "domain_list")
}


def lay(root: Path, folder: str, pages: dict[str, str]) -> Path:
    """The example library with its configuration, and some pages."""
    shutil.copytree(ROOT / "docs/example/hypervisor", root / "docs/example/hypervisor", dirs_exist_ok=True)
    config = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    table = config[config.index("[tool.hvsupport]") : config.index("[tool.hvsupport.tabs]")].replace(
        'pages = "docs"', ""
    )
    (root / "pyproject.toml").write_text(table)
    assert tomli.loads(table)["tool"]["hvsupport"]["interfaces"]
    for name, text in pages.items():
        path = root / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def change(root: Path, old: str, new: str) -> None:
    """Change the memory driver."""
    path = root / DRIVER
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


class Sphinx:
    """One documentation."""

    def __init__(self, root: Path) -> None:
        conf = 'extensions = ["hvsupport.gen.integrations.sphinx"]\nproject = "Guests"\n'
        self.root = lay(root, "doc", {**PAGES, "conf.py": conf})
        self.out = root / "out"

    def build(self, *, builder: str = "html", out: str = "out", ok: bool = True, jobs: int = 1, **settings: str) -> str:
        """Build as ``sphinx-build -W`` does; what it says."""
        from sphinx.application import Sphinx as Application
        from sphinx.util.docutils import docutils_namespace, patch_docutils

        said = io.StringIO()
        source = self.root / "doc"
        with patch_docutils(source), docutils_namespace():
            # All builders share the doctrees, as they do with "make html text".
            application = Application(
                source,
                source,
                self.root / out,
                self.root / "trees",
                builder,
                confoverrides=settings,
                status=said,
                warning=said,
                parallel=jobs,
            )
            application.build()
        assert ("WARNING" not in said.getvalue() and application.statuscode == 0) == ok, said.getvalue()
        return said.getvalue()

    def page(self, name: str, out: str = "out") -> str:
        return (self.root / out / name).read_text(encoding="utf-8")
