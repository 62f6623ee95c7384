"""Findings on the site: a page of all, and the same lines on driver pages."""

from __future__ import annotations

from dataclasses import dataclass

from hvsupport.annotate.findings import Finding

from ..names import FINDINGS, relative
from .frame import Site, counted
from .parts import Fact, Frame, Link, Text


@dataclass(frozen=True, slots=True)
class FindingView:
    """One finding as printed."""

    code: str
    css: str
    place: Text
    message: str
    details: tuple[Fact, ...]
    about: Link | None


@dataclass(frozen=True, slots=True)
class FindingsPage:
    """All findings; ``rows`` has pairs of id and finding."""

    frame: Frame
    heading: str
    lead: str
    rows: tuple[tuple[str, FindingView], ...]


def findings_page(site: Site) -> FindingsPage:
    """All findings, in the order of ``check``."""
    errors = sum(finding.severity == "error" for finding in site.findings)
    number = counted(len(site.findings), "finding")
    return FindingsPage(
        frame=site.frame(FINDINGS, "Findings", f"{number} in the source tree of this site", FINDINGS),
        heading="Findings",
        lead=f"{number}, {counted(errors, 'error')}. The cells they name may be wrong on this site.",
        rows=tuple((finding_id(at), finding_view(site, one, FINDINGS)) for at, one in enumerate(site.findings)),
    )


def finding_id(number: int) -> str:
    """Id of a finding on the page of findings; ``number`` counts from 0."""
    return f"finding:{number + 1}"


def finding_view(site: Site, finding: Finding, here: str) -> FindingView:
    """One finding with a link to its cell."""
    named = (("found", finding.found), ("expected", finding.expected), ("tip", finding.tip))
    return FindingView(
        code=finding.code,
        css=finding.severity,
        place=site.place(finding.place),
        message=finding.message,
        details=tuple(Fact(name, (Text(text),)) for name, text in named if text),
        about=_about(site, finding, here),
    )


def _about(site: Site, finding: Finding, here: str) -> Link | None:
    """The cell or driver that a finding names."""
    for interface, names in zip(site.catalogue.interfaces, site.names.interfaces, strict=True):
        title = next((one.title for one in interface.drivers if one.id == finding.driver), None)
        if title is None or finding.driver is None:
            continue
        if finding.entry is None:
            return Link(title, relative(here, names.pages[finding.driver]))
        if finding.entry in names.entries:
            cell = names.cell(finding.driver, finding.entry)
            return Link(f"{title}: {finding.entry}", relative(here, f"{names.matrix}#{cell}"))
    return None
