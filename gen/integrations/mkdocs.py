"""The MkDocs plugin: blocks in fences, and the site of the drivers beside the pages.

    plugins:
      - hvsupport

Its problems are warnings of MkDocs, which ``mkdocs build --strict`` counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.config import base, config_options
from mkdocs.exceptions import PluginError
from mkdocs.plugins import BasePlugin, get_plugin_logger

from hvsupport.annotate.errors import HvsupportError
from hvsupport.annotate.model import Place

from ..embed import EMBEDDED, named
from ..pages.fences import Fences
from ..pages.request import Problems, parse
from . import tree

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.livereload import LiveReloadServer
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

_log = get_plugin_logger("hvsupport")
#: Where the stylesheet of blocks is in the built documentation.
_STYLE = f"assets/{EMBEDDED}"


class Options(base.Config):  # type: ignore[no-untyped-call]
    """The options of the plugin; paths are relative to ``mkdocs.yml``."""

    config = config_options.Optional(config_options.Type(str))
    preset = config_options.Optional(config_options.Type(str))
    root = config_options.Optional(config_options.Type(str))
    site = config_options.Type(str, default=tree.FOLDER)
    findings = config_options.Type(bool, default=True)


class Plugin(BasePlugin[Options]):  # type: ignore[no-untyped-call]
    """Reads the tree when a build starts, and makes the blocks of each page."""

    def on_config(self, config: MkDocsConfig) -> MkDocsConfig:
        """Read the tree; add the extension and the stylesheet of blocks."""
        own = self.config
        try:
            self.tree = tree.read(Path(config.config_file_path).parent, own.config, own.preset, own.root, own.site)
        except HvsupportError as error:
            raise PluginError(f"hvsupport: {error}") from error
        for finding in self.tree.findings if own.findings else ():
            _log.warning("%s: %s", tree.location(self.tree, finding), tree.told(finding))
        config.markdown_extensions.append(Fences(self._block, self._link, nested=True))  # type: ignore[arg-type]
        config.extra_css.append(_STYLE)
        return config

    def on_page_markdown(self, markdown: str, page: Page, config: MkDocsConfig, files: Files) -> None:
        """Remember whose blocks come next, and how many lines of front matter its text has lost."""
        self.page, self.number = page, 0
        whole = page.file.content_string.rstrip()
        self.above = whole.count("\n") - markdown.rstrip().count("\n") if whole.endswith(markdown.rstrip()) else 0

    def _block(self, info: str, lines: Sequence[str] | None, number: int) -> str:
        place, problems = Place(self.page.file.src_uri, number + self.above), Problems()
        if lines is None:
            problems.add(place, "this block is not closed", None, ["a line with the same fence"])
        asked = parse(info, lines or (), place, problems)
        self.number += 1
        made = None
        if asked is not None:
            made = self.tree.block(asked, self.page.file.dest_uri, self.number, problems)
        self._tell(problems)
        return "<div></div>" if made is None else made[1]

    def _link(self, name: str) -> str:
        problems = Problems()
        address = named(self.tree.site, name, self.page.file.dest_uri, Place(self.page.file.src_uri), problems)
        self._tell(problems)
        return address

    @staticmethod
    def _tell(problems: Problems) -> None:
        for finding in problems.findings:
            _log.warning("%s:%s: %s", finding.place.path, finding.place.line, tree.told(finding))

    def on_post_build(self, config: MkDocsConfig) -> None:
        """Write the stylesheet, and the site unless it is published elsewhere."""
        folder = Path(config.site_dir)
        try:
            self.tree.write(folder)
            tree.write_style(folder / _STYLE)
        except HvsupportError as error:
            raise PluginError(f"hvsupport: {error}") from error

    def on_serve(self, server: LiveReloadServer, config: MkDocsConfig, builder: object) -> None:
        """Build again when a driver changes."""
        for path in self.tree.files((*self.tree.catalogue.sources, self.tree.config.path)):
            server.watch(str(path))
