"""libvirt 9.0.0 as Debian has it, with the preset and nothing else, against upstream's own script, cell by cell."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import debian
import pytest
from conftest import oracle

from hvsupport.annotate import run
from hvsupport.annotate.catalogue import Catalogue
from hvsupport.annotate.config import load as configfile
from hvsupport.annotate.config.value import Config
from hvsupport.annotate.facts import Options
from hvsupport.annotate.judge import judge
from hvsupport.annotate.model import Cell, Interface
from hvsupport.annotate.readers import c
from hvsupport.annotate.readers.c import syntax
from hvsupport.annotate.readers.c.directives import Directives
from hvsupport.annotate.readers.c.source import Source
from hvsupport.annotate.rules import hv004

HERE = Path(__file__).parent
ROW = re.compile(r"^\| (.+) \|$", re.MULTILINE)
TYPES = (
    "virHypervisorDriver",
    "virNetworkDriver",
    "virInterfaceDriver",
    "virNodeDeviceDriver",
    "virStorageDriver",
    "virSecretDriver",
    "virNWFilterDriver",
)


@pytest.fixture(scope="module")
def tree() -> Path:
    return debian.libvirt()


@pytest.fixture(scope="module")
def config(tree: Path) -> Config:
    return configfile.load(root=tree, preset="libvirt")


@pytest.fixture(scope="module")
def catalogue(config: Config) -> Catalogue:
    return run.catalogue(config, cache=False)


@pytest.fixture(scope="module")
def upstream(tree: Path) -> dict[str, Any]:
    return oracle("oracle_libvirt.py", tree)


def rows(heading: str, columns: int) -> list[list[str]]:
    """The rows of the table of libvirt-differences.md whose first row is ``heading``."""
    text = (HERE / "libvirt-differences.md").read_text("utf-8")
    _, _, rest = text.partition(f"| {heading} |")
    body = rest.partition("\n\n")[0].split("\n", 2)[2]
    found = [match[1].split(" | ") for match in ROW.finditer(body)]
    assert all(len(row) == columns for row in found)
    return found


def shown(cell: Cell) -> str:
    """A cell as upstream's page writes it."""
    return ", ".join(f"{span.since} - {span.removed}" if span.removed else str(span.since) for span in cell.spans)


def by_call(interface: Interface) -> dict[tuple[str, str], Cell]:
    return {(entry.api, driver.title): cell for driver, entry, cell in interface.walk()}


def test_upstream_is_what_the_figures_say(upstream: dict[str, Any]) -> None:
    calls = [call for group in upstream.values() for call in group["calls"].values()]
    texts = [text for call in calls for text in call["cells"].values()]
    assert (len(upstream), len(calls), sum(len(group["drivers"]) for group in upstream.values())) == (7, 398, 39)
    assert (len(texts), sum(" - " in text for text in texts)) == (1829, 2)


def test_every_cell_of_upstream_is_here(catalogue: Catalogue, upstream: dict[str, Any]) -> None:
    ours = {interface.name: by_call(interface) for interface in catalogue.interfaces}
    different = [
        (name, call, driver, text, shown(ours[name][call, driver]) if (call, driver) in ours[name] else None)
        for name, group in upstream.items()
        for call, row in group["calls"].items()
        for driver, text in row["cells"].items()
        if (call, driver) not in ours[name] or shown(ours[name][call, driver]) != text
    ]
    assert different == []


def test_calls_appeared_when_upstream_says(catalogue: Catalogue, upstream: dict[str, Any]) -> None:
    ours = {(each.name, entry.api): str(entry.since) for each in catalogue.interfaces for entry in each.entries}
    theirs = {(name, call): row["since"] for name, group in upstream.items() for call, row in group["calls"].items()}
    assert {key: ours.get(key) for key in theirs} == theirs


def test_every_other_cell_is_explained(catalogue: Catalogue, upstream: dict[str, Any]) -> None:
    more = [
        [interface.name, driver.title, entry.api, cell.state, shown(cell) or "-", cell.place.short]
        for interface in catalogue.interfaces
        for driver, entry, cell in interface.walk()
        if not cell.is_plainly_absent
        and cell.place is not None
        and not upstream[interface.name]["calls"].get(entry.api, {"cells": {}})["cells"].get(driver.title)
    ]
    listed = [row[:6] for row in rows("interface | driver | call | state | since | line | reason", 7)]
    assert sorted(more) == sorted(listed)


def test_counts_of_the_reasons(catalogue: Catalogue) -> None:
    listed = Counter(row[6] for row in rows("interface | driver | call | state | since | line | reason", 7))
    told = {row[0]: int(row[1]) for row in rows("reason | cells | why upstream has none", 3)}
    assert told == {**listed, "all": sum(listed.values())}
    assert told["OpenAuth, OpenReadOnly"] == 38


def test_every_finding_is_explained(catalogue: Catalogue, config: Config) -> None:
    found = [
        [one.place.short, one.code, one.entry or "", one.found or "", one.expected or ""]
        for one in judge(config, catalogue).findings
    ]
    listed = [row[:5] for row in rows("line | rule | entry | says | should be | why", 6)]
    assert found == listed
    assert Counter(row[1] for row in found) == {"HV002": 1, "HV004": 35}


def test_the_essay_of_hv004_has_these_figures(catalogue: Catalogue, config: Config) -> None:
    older = sum(one.code == "HV004" for one in judge(config, catalogue).findings)
    annotated = {
        cell.place
        for interface in catalogue.interfaces
        for _, _, cell in interface.walk()
        if cell.how in ("own", "stub") and cell.spans
    }
    assert f"In libvirt 9.0.0, {older} of {len(annotated):,} annotations" in hv004.RULE.why.replace("\n", " ")


def test_the_release_is_read_from_the_tree(catalogue: Catalogue) -> None:
    assert catalogue.release == "9.0.0"


def test_netcf_is_a_column_of_its_own(catalogue: Catalogue) -> None:
    titles = {each.key: [driver.title for driver in each.drivers] for each in catalogue.interfaces}
    assert {"interface", "interface-netcf"} < set(titles["interface"])
    assert {"interface", "interface-netcf"} < set(titles["hypervisor"])


def test_a_condition_inside_a_table_is_kept(catalogue: Catalogue) -> None:
    hypervisor = catalogue.interfaces[0]
    libxl = next(driver for driver in hypervisor.drivers if driver.title == "libxl")
    cell = hypervisor.cells[libxl.id, "domainPMSuspendForDuration"]
    assert (cell.state, shown(cell), cell.note) == ("conditional", "4.8.0", "LIBXL_HAVE_DOMAIN_SUSPEND_ONLY")


def test_documentation_is_linked_as_upstream_links_it(
    config: Config, catalogue: Catalogue, tree: Path, upstream: dict[str, Any], tmp_path: Path
) -> None:
    import oracle_libvirt

    """With the index that upstream builds, and as the preset has them without it."""
    oracle_libvirt.build(tree, tmp_path)
    snapshot = {path: (tree / path).read_bytes() for path in catalogue.paths}
    for path in (tmp_path / "docs").glob("*-api.xml"):
        snapshot[f"docs/{path.name}"] = path.read_bytes()
    linked = run.catalogue(config, cache=False, source=snapshot)
    ours = {(each.name, entry.api): entry.url for each in linked.interfaces for entry in each.entries}
    theirs = {(name, call): row["url"] for name, group in upstream.items() for call, row in group["calls"].items()}
    theirs = {key: url and f"https://libvirt.org/{url}" for key, url in theirs.items()}
    assert {key: ours[key] for key in theirs} == theirs
    built_in = {(each.name, entry.api): entry.url for each in catalogue.interfaces for entry in each.entries}
    assert built_in == ours
    assert {entry.name for entry in catalogue.interfaces[0].entries if entry.group is None} == set()


# -- the byte scan against the whole file


def _whole(path: str, data: bytes) -> list[tuple[str, str, tuple[tuple[str, int], ...]]]:
    """The tables of a file as tree-sitter finds them when it reads all of it: type, name, slots with their lines."""
    code = Directives(Source(data)).blanked(data)
    found = []
    stack = [syntax._parser().parse(code).root_node]
    while stack:
        node = stack.pop()
        stack += node.children
        type_node = node.child_by_field_name("type") if node.type == "declaration" else None
        if type_node is None or (type_node.text or b"").decode() not in TYPES:
            continue
        for declarator in node.children_by_field_name("declarator"):
            value = declarator.child_by_field_name("value")
            name = declarator.child_by_field_name("declarator")
            if (
                value is not None
                and value.type == "initializer_list"
                and name is not None
                and name.type == "identifier"
            ):
                slots = tuple(
                    ((pair.child_by_field_name("designator").text or b"").decode()[1:], pair.start_point[0] + 1)  # type: ignore[union-attr]
                    for pair in value.named_children
                    if pair.type == "initializer_pair"
                )
                found.append(((type_node.text or b"").decode(), (name.text or b"").decode(), slots))
    return sorted(found)


def test_regions_give_what_whole_files_give(tree: Path) -> None:
    options = Options(calls=TYPES, c=True)
    compared = 0
    for path in sorted([*tree.glob("src/**/*.c"), *tree.glob("src/**/*.h"), *tree.glob("tests/*.c")]):
        data = path.read_bytes()
        name = path.relative_to(tree).as_posix()
        facts = c.read(name, data, options)
        ours = sorted(
            (table.callee, table.name, tuple((m.name, m.line) for m in table.members[table.positional :]))
            for table in facts.tables
            if table.insert >= 0
        )
        whole = _whole(name, data) if any(each.encode() in data for each in TYPES) else []
        assert ours == whole, name
        compared += len(ours)
    assert compared == 49
