"""Nova 33.0.0 as PyPI has it: the virt drivers' methods and their capability flags.

The oracle walks the syntax trees with the standard library only and shares no code with hvsupport; it was compared once
by hand with what importing Nova says.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import real_annotate

from hvsupport.annotate import run
from hvsupport.annotate.catalogue import Catalogue
from hvsupport.annotate.config.value import Columns, Config
from hvsupport.annotate.model import Interface

HERE = Path(__file__).parent
LIBVIRT = "nova.virt.libvirt.driver:LibvirtDriver"
VMWARE = "nova.virt.vmwareapi.driver:VMwareVCDriver"
ZVM = "nova.virt.zvm.driver:ZVMDriver"
FAKE = "nova.virt.fake:FakeDriver"
IRONIC = "nova.virt.ironic.driver:IronicDriver"


def interface(catalogue: Catalogue, key: str) -> Interface:
    return next(each for each in catalogue.interfaces if each.key == key)


@pytest.fixture(scope="session")
def every_class(nova_config: Config) -> Catalogue:
    """The same with every class as a column, the fake ones of Nova's own tests among them."""
    interfaces = tuple(each._replace(columns=Columns("all"), stub_markers=()) for each in nova_config.interfaces)
    return run.catalogue(nova_config._replace(interfaces=interfaces), cache=False)


def test_entries(nova_catalogue: Catalogue, nova_oracle: dict[str, Any]) -> None:
    entries = interface(nova_catalogue, "driver").entries
    assert [entry.name for entry in entries] == nova_oracle["entries"]
    assert len(entries) == 106


def test_default_bodies(nova_catalogue: Catalogue, nova_oracle: dict[str, Any]) -> None:
    """79 entries only raise and 10 only pass: none of them is support; the other 17 do some work."""
    entries = interface(nova_catalogue, "driver").entries
    working = {entry.name for entry in entries if entry.definition is not None and not entry.definition.stub}
    kinds = Counter(each["kind"] for each in nova_oracle["base"].values())
    assert (kinds["raises"], kinds["passes"]) == (79, 10)
    assert working == {name for name, each in nova_oracle["base"].items() if each["kind"] not in ("raises", "passes")}


@pytest.mark.parametrize(("driver", "count"), [(LIBVIRT, 86), (VMWARE, 55), (IRONIC, 34), (ZVM, 17), (FAKE, 69)])
def test_overrides(nova_catalogue: Catalogue, nova_oracle: dict[str, Any], driver: str, count: int) -> None:
    found = interface(nova_catalogue, "driver")
    own = [entry.name for entry in found.entries if found.cells[driver, entry.name].definition is not None]
    written = [name for name in own if found.cells[driver, name].definition.owner == driver]  # type: ignore[union-attr]
    assert len(written) == count == nova_oracle["overrides"][driver]


def test_every_cell_of_every_class(every_class: Catalogue, nova_oracle: dict[str, Any]) -> None:
    found = interface(every_class, "driver")
    assert {driver.id for driver in found.drivers} == set(nova_oracle["drivers"])
    assert len(found.cells) == 28 * 106
    wrong, others = [], set()
    for driver, entry, cell in found.walk():
        said = nova_oracle["drivers"][driver.id][entry.name]
        expected = "absent" if said["how"] == "default" and said["lacks"] else said["how"]
        if said["how"] == "stub" and said["raises"] != "NotImplementedError":
            others.add(said["raises"])
            expected = "own" if said["via"] is None else "inherited"
        place = None if cell.place is None else (cell.place.path, cell.place.line)
        if cell.how != expected or (cell.how != "absent" and place != (said["path"], said["line"])):
            wrong.append((driver.id, entry.name, cell.how, place, said))
    assert wrong == []
    assert others == {"exception.VirtualInterfaceCreateException", "exception.BuildAbortException"}, (
        "the fakes of Nova's tests that fail on purpose: none of these exceptions says unsupported"
    )


@pytest.mark.parametrize("entry", ["host_power_action", "host_maintenance_mode", "set_host_enabled", "get_host_uptime"])
def test_restubbed_overrides_are_no_support(nova_catalogue: Catalogue, entry: str) -> None:
    cell = interface(nova_catalogue, "driver").cells[VMWARE, entry]
    assert (cell.state, cell.how) == ("unsupported", "stub")


@pytest.mark.parametrize("entry", ["pause", "unpause"])
def test_a_delegation_that_the_config_marks_is_a_stub(nova_catalogue: Catalogue, entry: str) -> None:
    cell = interface(nova_catalogue, "driver").cells[VMWARE, entry]
    assert (cell.state, cell.how) == ("unsupported", "stub")


def test_zvm_has_no_host_ip(nova_catalogue: Catalogue) -> None:
    """Nova's hand-written page says complete; there is no override, and the base only raises."""
    cell = interface(nova_catalogue, "driver").cells[ZVM, "get_host_ip_addr"]
    assert cell.is_plainly_absent


def test_every_flag_of_every_class(every_class: Catalogue, nova_oracle: dict[str, Any]) -> None:
    found = interface(every_class, "flags")
    assert len(found.entries) == 35 + 1, "one flag that every driver sets and the base class does not list"
    wrong = []
    for driver, entry, cell in found.walk():
        said = nova_oracle["flags"][driver.id].get(entry.name)
        value = None if said is None else said["value"]
        is_base = said is None or (said["path"] == "nova/virt/driver.py")
        expected = {True: "unannotated", False: "unsupported", None: "unsupported"}.get(value, "unannotated")
        if cell.state != expected or (said is not None and not is_base and cell.place is None):
            wrong.append((driver.id, entry.name, cell.state, said))
        if value == "conditional" and not cell.note:
            wrong.append((driver.id, entry.name, "a condition without its expression", said))
    assert wrong == []


def test_libvirt_flags(nova_catalogue: Catalogue) -> None:
    """A dict made in ``__init__`` and changed by ``update`` replaces the base class's: what it lacks is absent."""
    found = interface(nova_catalogue, "flags")
    cells = {entry.name: found.cells[LIBVIRT, entry.name] for entry in found.entries}
    assert cells["supports_vtpm"].note == "CONF.libvirt.swtpm_enabled"
    assert cells["supports_secure_boot"].note == "self._host.supports_secure_boot"
    assert cells["supports_migrate_to_same_host"].how == "stub"
    assert cells["supports_image_type_vmdk"].is_plainly_absent


def test_only_the_missing_releases_are_findings(nova_tree: Path) -> None:
    done = real_annotate.hvsupport("check", root=nova_tree, config=HERE / "nova.toml")
    codes = Counter(line.split()[1] for line in done.output.splitlines() if re.match(r"\S+:\d+:\d+: HV", line))
    assert done.status == 1
    assert set(codes) == {"HV001"}, done.output[-2000:]


def test_annotate_then_check_is_clean(nova_tree: Path, tmp_path: Path) -> None:
    tree, config = real_annotate.copy(nova_tree, tmp_path), HERE / "nova.toml"
    first = real_annotate.hvsupport("annotate", "--since", "33.0.0", root=tree, config=config)
    assert first.status == 1, first.errors
    real_annotate.check_same_meaning(nova_tree, tree, real_annotate.changed(nova_tree, tree))
    before = real_annotate.digests(tree)
    second = real_annotate.hvsupport("annotate", "--since", "33.0.0", root=tree, config=config)
    assert (second.status, real_annotate.digests(tree)) == (0, before), second.output
    checked = real_annotate.hvsupport("check", root=tree, config=config)
    assert checked.status == 0, checked.output[-2000:]
