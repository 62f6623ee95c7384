"""The site of a tree, as ``docs`` writes it and ``serve`` shows it."""

from __future__ import annotations

from pathlib import Path

from hvsupport.gen import site, theme
from hvsupport.gen.pages import documents, frame

from ..config.value import Config
from ..findings import Finding
from ..history.dates import dates
from ..model import NOTHING
from .options import Options
from .reading import judged
from .streams import say


def built(
    config: Config, options: Options, baseline: Path | None, *, from_git: bool = False
) -> tuple[site.Site, list[Finding]]:
    """The site, and the findings in the tree and in its pages.

    Args:
        from_git: whether the tags of git give the releases that the sources do not name.
    """
    catalogue, findings = judged(config, options, baseline)
    if from_git:
        from .filled import with_history

        catalogue = with_history(config, catalogue, options)
    own = documents.Documents()
    repository = frame.of_release(config.repository, catalogue.release)
    if config.pages is not None:
        own = documents.load(config.root, config.pages, repository, any_html=config.any_html)
    when = dates(config, say) if config.url is not None else NOTHING
    settings = site.Settings(repository, own, theme.load(config), url=config.url, dates=when)
    made = site.build(catalogue, findings, settings)
    return made, [*findings, *made.findings]
