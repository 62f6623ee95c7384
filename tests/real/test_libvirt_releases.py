"""The preset on an older and on a newer release of libvirt: it speaks of many, and names what none of them has all of.

What upstream's own script of that release says is compared cell by cell; ``test_libvirt.py`` explains the differences.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

import debian
import pytest
from conftest import oracle

from hvsupport.annotate import run
from hvsupport.annotate.catalogue import Catalogue
from hvsupport.annotate.config import load as configfile
from hvsupport.annotate.config.value import Config
from hvsupport.annotate.judge import judge
from hvsupport.annotate.model import Cell


class Figures(NamedTuple):
    """What a release holds.

    Attributes:
        sizes: interface -> entries and columns.
        filled: cells that say something.
        theirs: cells of upstream's page.
        older: annotations older than the call they are about (HV004).
    """

    sizes: dict[str, tuple[int, int]]
    filled: int
    theirs: int
    older: int


RELEASES = {
    # before the driver of Cloud Hypervisor (ch, 7.5.0) and the networks of Hyper-V (7.1.0)
    "7.0.0": (
        debian.LIBVIRT_7,
        Figures(
            {
                "hypervisor": (253, 19),
                "network": (29, 5),
                "interface": (16, 5),
                "nodedev": (13, 3),
                "storage": (45, 5),
                "secret": (12, 2),
                "nwfilter": (13, 2),
            },
            1806,
            1715,
            34,
        ),
    ),
    # after five more calls of domains and two of networks; the drivers are those of 9.0.0
    "11.3.0": (
        debian.LIBVIRT_11,
        Figures(
            {
                "hypervisor": (266, 20),
                "network": (33, 6),
                "interface": (16, 5),
                "nodedev": (21, 3),
                "storage": (45, 5),
                "secret": (12, 2),
                "nwfilter": (14, 2),
            },
            1963,
            1905,
            34,
        ),
    ),
}


class Read(NamedTuple):
    """One release as read with the preset, and as upstream's script shows it."""

    release: str
    config: Config
    catalogue: Catalogue
    upstream: dict[str, Any]
    figures: Figures


@pytest.fixture(scope="module", params=list(RELEASES))
def read(request: pytest.FixtureRequest) -> Read:
    package, figures = RELEASES[request.param]
    tree = debian.tree(package)
    config = configfile.load(root=tree, preset="libvirt")
    return Read(request.param, config, run.catalogue(config, cache=False), oracle("oracle_libvirt.py", tree), figures)


def shown(cell: Cell) -> str:
    return ", ".join(f"{span.since} - {span.removed}" if span.removed else str(span.since) for span in cell.spans)


def test_everything_is_found(read: Read) -> None:
    interfaces = read.catalogue.interfaces
    assert read.catalogue.release == read.release
    assert {each.key: (len(each.entries), len(each.drivers)) for each in interfaces} == read.figures.sizes
    assert sum(not cell.is_plainly_absent for each in interfaces for _, _, cell in each.walk()) == read.figures.filled


def test_only_the_annotations_are_to_blame(read: Read) -> None:
    """Nothing is unreadable (HV010), nothing without tables or without a name (HV012); ``TBD`` in bhyve is HV002."""
    found = judge(read.config, read.catalogue).findings
    assert Counter(each.code for each in found) == {"HV002": 1, "HV004": read.figures.older}


def test_every_cell_of_upstream_is_here(read: Read) -> None:
    """By call and driver: the headings of upstream's page changed from release to release."""
    ours: dict[tuple[str, str], set[str]] = {}
    for interface in read.catalogue.interfaces:
        for driver, entry, cell in interface.walk():
            ours.setdefault((entry.api, driver.title), set()).add(shown(cell))
    theirs = [
        (call, driver, text)
        for group in read.upstream.values()
        for call, row in group["calls"].items()
        for driver, text in row["cells"].items()
    ]
    assert [each for each in theirs if each[2] not in ours.get(each[:2], ())] == []
    assert len(theirs) == read.figures.theirs
