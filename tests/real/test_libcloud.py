"""Libcloud 3.8.0 as PyPI has it: every cell of compute, storage and DNS against what Python itself says.

The oracle imports the package and asks ``__mro__``; it shares no code with hvsupport. Every difference has its reason
in ``libcloud-differences.md``, and this test says which there may be.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import real_annotate

from hvsupport.annotate.catalogue import Catalogue
from hvsupport.annotate.config.value import Config
from hvsupport.annotate.model import Cell, Driver, EntryPoint, Interface

HERE = Path(__file__).parent
INTERFACES = ("compute", "storage", "dns")


def interface(catalogue: Catalogue, key: str) -> Interface:
    return next(each for each in catalogue.interfaces if each.key == key)


def compared(
    catalogue: Catalogue, oracle: dict[str, Any], key: str
) -> Iterator[tuple[Driver, EntryPoint, Cell, dict[str, Any]]]:
    """Each of our cells beside the oracle's."""
    said = {**oracle[key]["drivers"], **oracle[key]["unregistered"]}
    for driver, entry, cell in interface(catalogue, key).walk():
        yield driver, entry, cell, said[driver.id][entry.name]


def test_the_oracle_read_everything(libcloud_oracle: dict[str, Any]) -> None:
    errors = {key: libcloud_oracle[key]["errors"] for key in INTERFACES}
    assert errors["compute"] == errors["storage"] == []
    assert len(errors["dns"]) == 2, "the two Rackspace classes that the registry names and nobody wrote"
    assert all("Rackspace" in str(error) for error in errors["dns"])


@pytest.mark.parametrize(("key", "entries", "drivers"), [("compute", 29, 49), ("storage", 19, 36), ("dns", 15, 26)])
def test_size(libcloud_catalogue: Catalogue, key: str, entries: int, drivers: int) -> None:
    found = interface(libcloud_catalogue, key)
    assert (len(found.entries), len(found.drivers)) == (entries, drivers)


@pytest.mark.parametrize("key", INTERFACES)
def test_entries_are_those_of_the_oracle(
    libcloud_catalogue: Catalogue, libcloud_oracle: dict[str, Any], key: str
) -> None:
    assert [entry.name for entry in interface(libcloud_catalogue, key).entries] == libcloud_oracle[key]["entries"]


@pytest.mark.parametrize("key", INTERFACES)
def test_columns_are_the_registered_classes(
    libcloud_catalogue: Catalogue, libcloud_oracle: dict[str, Any], libcloud_config: Config, key: str
) -> None:
    dispatch = next(each.dispatch for each in libcloud_config.interfaces if each.key == key)
    registered = {target for name in libcloud_oracle[key]["drivers"] for target in dispatch.get(name, (name,))}
    assert {driver.id for driver in interface(libcloud_catalogue, key).drivers} == registered


@pytest.mark.parametrize("key", INTERFACES)
def test_every_cell_is_what_python_says(
    libcloud_catalogue: Catalogue, libcloud_oracle: dict[str, Any], key: str
) -> None:
    wrong = []
    for driver, entry, cell, said in compared(libcloud_catalogue, libcloud_oracle, key):
        if said["how"] == "default" and said["lacks"]:
            continue  # the next test
        if cell.how != said["how"]:
            wrong.append((driver.id, entry.name, cell.how, said["how"]))
        elif cell.how != "absent":
            place = None if cell.place is None else (cell.place.path, cell.place.line)
            if place != (said["path"], said["line"]):
                wrong.append((driver.id, entry.name, place, (said["path"], said["line"])))
    assert wrong == []


@pytest.mark.parametrize(("key", "count"), [("compute", 30), ("storage", 1), ("dns", 2)])
def test_a_default_that_needs_what_is_not_there_is_no_support(
    libcloud_catalogue: Catalogue, libcloud_oracle: dict[str, Any], key: str, count: int
) -> None:
    """Group E of libcloud-differences.md: Python finds a body, and the body can only raise."""
    lacking = [row for row in compared(libcloud_catalogue, libcloud_oracle, key) if row[3]["lacks"]]
    assert len(lacking) == count
    for driver, entry, cell, said in lacking:
        assert (cell.state, cell.how) == ("unsupported", "absent"), (driver.id, entry.name)
        assert cell.note == f"{said['lacks'][0]}, which this driver lacks"


STUBS = [
    (
        "compute",
        "libcloud.compute.drivers.azure:AzureNodeDriver",
        "attach_volume",
        "only raises, where upstream says yes",
    ),
    ("compute", "libcloud.compute.drivers.azure:AzureNodeDriver", "create_volume_snapshot", "the same"),
    ("compute", "libcloud.compute.drivers.ec2:EucNodeDriver", "list_locations", "an override takes away what EC2 has"),
    ("compute", "libcloud.compute.drivers.gandi:GandiNodeDriver", "deploy_node", "takes away a default"),
    (
        "storage",
        "libcloud.storage.drivers.auroraobjects:AuroraObjectsStorageDriver",
        "get_object_cdn_url",
        "another exception, named in the config",
    ),
]


@pytest.mark.parametrize(("key", "driver", "entry", "why"), STUBS, ids=[f"{row[2]}: {row[3]}" for row in STUBS])
def test_an_override_is_not_an_implementation(
    libcloud_catalogue: Catalogue, key: str, driver: str, entry: str, why: str
) -> None:
    cell = interface(libcloud_catalogue, key).cells[driver, entry]
    assert (cell.state, cell.how) == ("unsupported", "stub"), why


def test_openstack_is_the_class_that_a_caller_gets(libcloud_catalogue: Catalogue) -> None:
    """Upstream's page denies these eleven, because it looks at the class that only hands out others."""
    cells = interface(libcloud_catalogue, "compute").cells
    driver = "libcloud.compute.drivers.openstack:OpenStack_1_1_NodeDriver"
    denied = [
        "create_node",
        "create_image",
        "delete_image",
        "list_volume_snapshots",
        "create_volume_snapshot",
        "list_key_pairs",
        "get_key_pair",
        "create_key_pair",
        "import_key_pair_from_string",
        "delete_key_pair",
        "deploy_node",
    ]
    assert len(denied) == 11
    assert all(cells[driver, entry].implements for entry in denied)


def test_nothing_implemented_claims_a_release(libcloud_catalogue: Catalogue) -> None:
    """The untouched tree has no annotation, so no cell may say since when."""
    states = Counter(
        (cell.implements, cell.state) for each in libcloud_catalogue.interfaces for _, _, cell in each.walk()
    )
    assert set(states) == {(True, "unannotated"), (False, "unsupported")}


def test_only_the_missing_releases_are_findings(libcloud_tree: Path) -> None:
    done = real_annotate.hvsupport("check", root=libcloud_tree, config=HERE / "libcloud.toml")
    codes = Counter(line.split()[1] for line in done.output.splitlines() if re.match(r"\S+:\d+:\d+: HV", line))
    assert done.status == 1
    assert set(codes) == {"HV001"}, done.output[-2000:]


def test_annotate_then_check_is_clean(libcloud_tree: Path, tmp_path: Path) -> None:
    tree, config = real_annotate.copy(libcloud_tree, tmp_path), HERE / "libcloud.toml"
    first = real_annotate.hvsupport("annotate", "--since", "3.8.0", root=tree, config=config)
    assert first.status == 1, first.errors
    real_annotate.check_same_meaning(libcloud_tree, tree, real_annotate.changed(libcloud_tree, tree))
    before = real_annotate.digests(tree)
    second = real_annotate.hvsupport("annotate", "--since", "3.8.0", root=tree, config=config)
    assert (second.status, real_annotate.digests(tree)) == (0, before), second.output
    checked = real_annotate.hvsupport("check", root=tree, config=config)
    assert checked.status == 0, checked.output[-2000:]
