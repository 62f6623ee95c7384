"""What Sphinx and MkDocs share: the tree, read once for a build, its site beside their pages, and its blocks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from hvsupport.annotate import atomic, judge, run
from hvsupport.annotate.catalogue import Catalogue
from hvsupport.annotate.config import load
from hvsupport.annotate.config.value import Config
from hvsupport.annotate.errors import ConfigError
from hvsupport.annotate.findings import Finding, ordered
from hvsupport.annotate.model import Place
from hvsupport.annotate.suppress import known

from .. import site, theme
from ..embed import embed, stylesheet
from ..names import names
from ..output import write
from ..pages import frame
from ..pages.block import Block
from ..pages.frame import of_release
from ..pages.request import Option, Problems, Request, check
from ..render import Renderer
from ..theme import Theme

#: Where the site goes among the pages of the other tool, unless it is told.
FOLDER = "hvsupport"


@dataclass(frozen=True)
class Tree:
    """A tree that was read, and where its site is.

    Attributes:
        findings: of the rules.
        base: of the site, with a slash at its end: a folder beside the pages of the other tool, or a URL.
        theme: what the project brings for the look of blocks and of the site.
    """

    config: Config
    catalogue: Catalogue
    findings: tuple[Finding, ...]
    base: str
    theme: Theme

    @cached_property
    def site(self) -> frame.Site:
        """What blocks are made from."""
        repository = of_release(self.config.repository, self.catalogue.release)
        return site.context(self.catalogue, names(self.catalogue).below(self.base), (), repository)

    @cached_property
    def renderer(self) -> Renderer:
        """Makes the HTML of blocks."""
        return Renderer(self.theme.templates)

    @property
    def is_inside(self) -> bool:
        """Whether the site is written beside the pages."""
        return "://" not in self.base

    def files(self, paths: Iterable[str]) -> list[Path]:
        """Those of some paths that are files of the tree, as Sphinx and MkDocs watch them; presets are none."""
        return [path for each in dict.fromkeys(paths) if (path := self.config.root / each).is_file()]

    def block(self, request: Request, here: str, number: int, problems: Problems) -> tuple[Block, str] | None:
        """A block and its HTML for the page at ``here``; None if the request is wrong."""
        known, before = check(request, problems), len(self.renderer.findings)
        made = None if known is None else embed(self.site, known, here, number, problems, self.renderer)
        result = None if problems.findings else made
        problems.findings += self.renderer.findings[before:]
        return result

    def write(self, folder: Path) -> None:
        """Write the site beside the pages in ``folder``.

        Raises:
            WriteError: it could not be written.
        """
        if self.is_inside:
            home = "../" * self.base.count("/") + "index.html"
            settings = site.Settings(
                of_release(self.config.repository, self.catalogue.release), theme=self.theme, home=home
            )
            write(folder / self.base, site.build(self.catalogue, self.findings, settings).files)


def read(start: Path, config: str | None, preset: str | None, root: str | None, base: str) -> Tree:
    """Read the tree of some documentation.

    Args:
        start: folder of the documentation's own configuration; the other paths are relative to it.
        config: the config file of hvsupport; None for the nearest one, from ``start`` upwards.
        preset: name of a built-in configuration, or None.
        root: the folder with the sources; None for that of the config file.
        base: where the site is: a folder of the built documentation, or a URL.

    Raises:
        HvsupportError: there is no configuration, or it cannot be read.
    """
    folder = None if root is None else start / root
    path = start / config if config is not None else None if folder is not None else load.find(start)
    if path is None and folder is None:
        raise ConfigError(f"{start}: no hvsupport.toml here or in a folder above; name its folder as the root")
    settings = load.load(root=folder, config=path, preset=preset)
    catalogue = run.catalogue(settings)
    look = theme.load(settings)
    findings = [*judge.judge(settings, catalogue, baseline=known(settings)).findings, *look.findings]
    return Tree(settings, catalogue, tuple(ordered(findings)), base.rstrip("/") + "/", look)


def request(kind: str, subject: str, options: Mapping[str, str], place: Place) -> Request:
    """A request of a directive, whose options have no places of their own."""
    return Request(kind, subject.strip(), {name: Option(value, place) for name, value in options.items()}, place)


def dumped(asked: Request) -> str:
    """A request as text that tools keep between builds."""
    values = {name: option.value for name, option in asked.options.items()}
    return json.dumps([asked.kind, asked.subject, values, asked.place.path, asked.place.line])


def loaded(text: str) -> Request:
    """The request of such a text."""
    kind, subject, options, path, line = json.loads(text)
    return request(kind, subject, options, Place(path, line))


def told(finding: Finding) -> str:
    """A finding as one line, for the log of another tool."""
    details = ((name, getattr(finding, name)) for name in ("found", "expected", "tip"))
    more = "".join(f"; {name}: {value}" for name, value in details if value)
    return f"{finding.code} {finding.message}{more}"


def location(tree: Tree, finding: Finding) -> str:
    """The place of a finding of the tree, as an absolute path and a line."""
    return f"{tree.config.root / finding.place.path}:{finding.place.line}"


def write_style(path: Path) -> None:
    """Write the stylesheet of blocks.

    Raises:
        WriteError: it could not be written.
    """
    with atomic.Writer() as writer:
        writer.make_folder(path.parent)
        writer.stage(path, stylesheet())
        writer.commit()
