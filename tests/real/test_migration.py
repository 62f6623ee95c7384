"""Which drivers of libvirt and Nova support which migration since when, against tables that were made by hand.

libvirt's table was written down from its sources with grep, a line for each entry of a step; a regular expression then
holds that no line is missing. Nova's comes from the syntax trees of its drivers. Neither uses anything of hvsupport.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import debian
import pytest
import real_annotate
import tomli
from conftest import HERE

from hvsupport.annotate import run
from hvsupport.annotate.catalogue import Catalogue
from hvsupport.annotate.config import load as configfile
from hvsupport.annotate.config.build import build
from hvsupport.annotate.config.positions import places
from hvsupport.annotate.config.value import Config
from hvsupport.annotate.judge import judge
from hvsupport.annotate.protocols.pairings import pairings

CODES = ("HV020", "HV021", "HV022")
ROW = re.compile(r"^\| (.+) \|$", re.MULTILINE)
V1 = ("domainMigratePrepare", "domainMigratePerform", "domainMigrateFinish")
V2 = ("domainGetXMLDesc", "domainMigratePrepare2", "domainMigratePerform", "domainMigrateFinish2")
V3 = tuple(f"domainMigrate{name}3" for name in ("Begin", "Prepare", "Perform", "Finish", "Confirm"))
PARAMS = tuple(f"{name}Params" for name in V3)

#: Driver -> file, protocol -> since when, the line of each of its steps, and since when it is tunnelled.
BY_HAND = {
    "esx": ("src/esx/esx_driver.c", {"v1": ("0.7.0", dict(zip(V1, (5254, 5255, 5256), strict=True)), None)}),
    "libxl": (
        "src/libxl/libxl_driver.c",
        {"v3-params": ("1.2.6", dict(zip(PARAMS, (6534, 6535, 6537, 6538, 6539), strict=True)), ("3.1.0", 6536))},
    ),
    "openvz": (
        "src/openvz/openvz_driver.c",
        {"v3-params": ("1.2.8", dict(zip(PARAMS, (2313, 2314, 2315, 2316, 2317), strict=True)), None)},
    ),
    "qemu": (
        "src/qemu/qemu_driver.c",
        {
            "v2": ("0.5.0", dict(zip(V2, (20561, 20600, 20585, 20601), strict=True)), ("0.7.2", 20606)),
            "v3": ("0.9.2", dict(zip(V3, (20657, 20658, 20660, 20661, 20662), strict=True)), ("0.9.2", 20659)),
            "v3-params": (
                "1.1.0",
                dict(zip(PARAMS, (20692, 20693, 20695, 20696, 20697), strict=True)),
                ("1.1.0", 20694),
            ),
        },
    ),
    "remote": (
        "src/remote/remote_driver.c",
        {
            "v1": ("0.3.2", dict(zip(V1, (8499, 8500, 8501), strict=True)), None),
            "v2": ("0.5.0", dict(zip(V2, (8474, 8518, 8500, 8519), strict=True)), ("0.7.2", 8524)),
            "v3": ("0.9.2", dict(zip(V3, (8576, 8577, 8579, 8580, 8581), strict=True)), ("0.9.2", 8578)),
            "v3-params": ("1.1.0", dict(zip(PARAMS, (8608, 8609, 8611, 8612, 8613), strict=True)), ("1.1.0", 8610)),
        },
    ),
    "vz": (
        "src/vz/vz_driver.c",
        {"v3-params": ("1.3.5", dict(zip(PARAMS, (4042, 4043, 4044, 4045, 4046), strict=True)), None)},
    ),
}
#: Drivers with a description and no step of migration.
WITHOUT = ("bhyve", "ch", "hyperv", "lxc", "test", "vbox", "vmware")
SLOT = re.compile(r"^ *\.(\w+)\s*=\s*(\w+),\s*/\* ([0-9.]+) \*/")
STEP = re.compile(r"domainMigrate(?:Begin|Prepare|PrepareTunnel|Perform|Finish|Confirm)(?:2|3|3Params)?")
TUNNEL = {"v2": "domainMigratePrepareTunnel", "v3": "domainMigratePrepareTunnel3"}


def explained(tree: str) -> list[list[str]]:
    """Line and rule of every finding about protocols that protocol-findings.md explains."""
    text = (HERE / "protocol-findings.md").read_text("utf-8")
    listed = [match[1].split(" | ") for match in ROW.finditer(text)]
    return [row[1:4] for row in listed if row[0] == tree]


def reported(config: Config, catalogue: Catalogue) -> list[list[str]]:
    findings = judge(config, catalogue).findings
    return [[one.place.short, one.code, one.entry or ""] for one in findings if one.code in CODES]


# -- libvirt


@pytest.fixture(scope="module")
def libvirt() -> tuple[Config, Catalogue]:
    config = configfile.load(root=debian.libvirt(), preset="libvirt")
    return config, run.catalogue(config, cache=False)


def slots(path: Path) -> dict[int, tuple[str, str]]:
    """Line -> entry and release of every slot of a file, by a regular expression alone."""
    lines = path.read_text("utf-8", "replace").split("\n")
    return {number: (match[1], match[3]) for number, line in enumerate(lines, 1) if (match := SLOT.match(line))}


def by_hand() -> Iterator[tuple[str, int, str, str]]:
    """File, line, entry, and the protocol that it is a step of."""
    for path, protocols in BY_HAND.values():
        for version, (_, steps, tunnelled) in protocols.items():
            yield from ((path, line, entry, version) for entry, line in steps.items())
            if tunnelled is not None:
                yield path, tunnelled[1], TUNNEL.get(version, "domainMigratePrepareTunnel3Params"), version


def test_the_lines_of_the_table_say_what_it_says() -> None:
    root = debian.libvirt()
    for path, line, entry, _ in by_hand():
        assert slots(root / path)[line][0] == entry
    for path, protocols in BY_HAND.values():
        for since, steps, tunnelled in protocols.values():
            releases = [slots(root / path)[line][1] for line in steps.values()]
            assert max(releases, key=lambda text: [int(part) for part in text.split(".")]) == since
            assert tunnelled is None or slots(root / path)[tunnelled[1]][1] == tunnelled[0]


def test_no_step_in_the_tree_is_missing_from_the_table() -> None:
    root = debian.libvirt()
    told = {(path, line) for path, line, entry, _ in by_hand() if STEP.fullmatch(entry)}
    found = {
        (path.relative_to(root).as_posix(), line)
        for path in sorted([*root.glob("src/**/*.c"), *root.glob("src/**/*.h")])
        for line, (entry, _) in slots(path).items()
        if STEP.fullmatch(entry)
    }
    assert found == told
    assert len(found) == 53


def test_libvirt_supports_what_the_table_says(libvirt: tuple[Config, Catalogue]) -> None:
    (family,) = libvirt[1].protocols
    (interface,) = [each for each in libvirt[1].interfaces if each.key == family.interface]
    ours: dict[str, dict[str, tuple[str, str | None]]] = {}
    for driver, protocol, support in family.walk(interface.drivers):
        if support.is_plainly_absent:
            continue
        assert (support.state, support.missing) == ("supported", ())
        tunnelled = [str(each.spans[0].since) for each in support.variants if each.name == "tunnelled peer to peer"]
        row = (str(support.since), tunnelled[0] if tunnelled else None)
        ours.setdefault(driver.title, {})[protocol.version] = row
        path, protocols = BY_HAND[driver.title]
        cells = [(entry, cell) for step in support.steps for entry, cell in step.cells if cell.place is not None]
        lines = {entry: cell.place.line for entry, cell in cells if cell.place is not None}
        assert lines.items() >= protocols[protocol.version][1].items()
        assert {cell.place.path for _, cell in cells if cell.place is not None} == {path}
    assert ours == {
        title: {version: (since, None if more is None else more[0]) for version, (since, _, more) in protocols.items()}
        for title, (_, protocols) in BY_HAND.items()
    }
    assert set(WITHOUT) <= {driver.title for driver in interface.drivers} - set(ours)


def test_libvirt_has_no_finding_about_protocols(libvirt: tuple[Config, Catalogue]) -> None:
    assert reported(*libvirt) == explained("libvirt") == []


def test_qemu_release_against_release(libvirt: tuple[Config, Catalogue]) -> None:
    (family,) = libvirt[1].protocols
    qemu = next(each for each in libvirt[1].interfaces[0].drivers if each.title == "qemu")
    table = pairings(family, qemu, qemu)
    shown = [[cell.best and cell.best.protocol.version for cell in row] for row in table.table]
    assert [str(each.since) for each in table.sources] == ["0.5.0", "0.9.2", "1.1.0"]
    assert [str(each.since) for each in table.destinations] == ["0.5.0", "0.7.2", "0.9.2", "1.1.0"]
    assert shown == [["v2"] * 4, ["v2", "v2", "v3", "v3"], ["v2", "v2", "v3", "v3-params"]]


ASKED = {
    "older to newer": (
        ("qemu@0.9.0", "qemu@9.0.0"),
        0,
        "allow Migration v2 from qemu 0.9.0 to qemu 9.0.0, tunnelled peer to peer too",
    ),
    "newest": (("vz@9.0.0", "vz@1.3.5"), 0, "allow Migration v3 with parameters from vz 9.0.0 to vz 1.3.5."),
    "too old": (("vz@1.3.4", "vz@9.0.0"), 1, "source: Begin: domainMigrateBegin3Params was added in 1.3.5"),
    "never": (("lxc@9.0.0", "lxc@9.0.0"), 1, "The tables allow no protocol"),
    "two drivers": (("qemu@9.0.0", "libxl@9.0.0"), 1, "not declared compatible"),
    "newer than the tree": (("qemu@9.0.0", "qemu@9.1.0"), 2, "'9.1.0' is newer than the current release, 9.0.0"),
}


@pytest.mark.parametrize(("sides", "status", "message"), ASKED.values(), ids=ASKED)
def test_the_command_on_libvirt(sides: tuple[str, str], status: int, message: str, tmp_path: Path) -> None:
    empty = tmp_path / "hvsupport.toml"
    empty.write_text("", encoding="utf-8")
    done = real_annotate.hvsupport("protocol", *sides, "--preset", "libvirt", root=debian.libvirt(), config=empty)
    assert (done.status, message in done.output + done.errors) == (status, True), done


# -- Nova

NOVA = {
    "libvirt": ("nova/virt/libvirt/driver.py", "LibvirtDriver"),
    "vmwareapi": ("nova/virt/vmwareapi/driver.py", "VMwareVCDriver"),
    "ironic": ("nova/virt/ironic/driver.py", "IronicDriver"),
    "zvm": ("nova/virt/zvm/driver.py", "ZVMDriver"),
    "fake": ("nova/virt/fake.py", "FakeDriver"),
}
STEPS = (
    "check_can_live_migrate_destination",
    "check_can_live_migrate_source",
    "cleanup_live_migration_destination_check",
    "pre_live_migration",
    "live_migration",
    "post_live_migration_at_source",
    "post_live_migration_at_destination",
    "rollback_live_migration_at_destination",
)
#: Entry points of live migration that the base class answers with a body that only passes.
OPTIONAL = ("post_live_migration", "rollback_live_migration_at_source")


def methods(path: Path, name: str) -> dict[str, bool]:
    """Method of a class -> whether it does more than raise, by the syntax tree."""
    (found,) = [n for n in ast.parse(path.read_bytes()).body if isinstance(n, ast.ClassDef) and n.name == name]
    return {
        node.name: not isinstance(next(s for s in node.body if not _is_docstring(s)), ast.Raise)
        for node in found.body
        if isinstance(node, ast.FunctionDef)
    }


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


@pytest.fixture(scope="module")
def nova(nova_tree: Path) -> tuple[Config, Catalogue]:
    text = (HERE / "nova.toml").read_text("utf-8")
    text = text.replace("[interfaces.driver]\n", '[interfaces.driver]\nprotocols = ["live-migration"]\n', 1)
    text += (HERE / "nova-protocols.toml").read_text("utf-8")
    config = build(nova_tree, "nova.toml", tomli.loads(text), places(text, "nova.toml"))
    assert config.problems == ()
    return config, run.catalogue(config, cache=False)


def test_the_base_class_of_nova_raises_for_every_step(nova_tree: Path) -> None:
    base = methods(nova_tree / "nova/virt/driver.py", "ComputeDriver")
    assert [name for name in STEPS if base[name]] == []
    assert [name for name in OPTIONAL if not base[name]] == []


def test_nova_drivers_that_migrate_are_named(nova: tuple[Config, Catalogue], nova_tree: Path) -> None:
    (family,) = nova[1].protocols
    (protocol,) = family.protocols
    assert protocol.steps[4].entries == ("live_migration",)
    states, missing = {}, {}
    for driver in nova[1].interfaces[0].drivers:
        support = family.support(driver, protocol)
        states[driver.title], missing[driver.title] = support.state, sorted(support.missing)
    own = {title: methods(nova_tree / path, name) for title, (path, name) in NOVA.items()}
    lacks = {title: sorted(step for step in STEPS if not found.get(step)) for title, found in own.items()}
    assert missing == lacks
    assert states == {
        "libvirt": "unannotated",
        "vmwareapi": "unannotated",
        "ironic": "unsupported",
        "zvm": "unsupported",
        "fake": "incomplete",
    }


def test_every_finding_on_nova_is_explained(nova: tuple[Config, Catalogue]) -> None:
    assert reported(*nova) == explained("nova")


def test_nova_hands_over_what_the_protocol_asks_for(nova: tuple[Config, Catalogue]) -> None:
    """No HV022, and not because nothing was looked at: every step of the two drivers has a signature."""
    (family,) = nova[1].protocols
    for driver, _, support in family.walk(nova[1].interfaces[0].drivers):
        if driver.title in ("libvirt", "vmwareapi"):
            cells = [cell for step in support.steps for _, cell in step.cells]
            assert all(cell.definition is not None and cell.definition.signature is not None for cell in cells)
