"""The kit itself: what it finds, what it leaves out and says so, and how it is asked."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import hypervisor
from conformance import claims
from conformance.by_hand import ByHand
from conformance.guests import started
from hypervisor import Connection, HypervisorDriver
from hypervisor.drivers.memory.driver import MEMORY_DRIVER
from hypervisor.drivers.process.driver import PROCESS_DRIVER
from hypervisor.drivers.qemu.driver import QEMU_DRIVER
from mutants import FOUND

HERE = Path(__file__).resolve().parent
EXAMPLE = HERE.parent
FILES = ["conformance/lifecycle.py", "conformance/migration.py", "conformance/proofs.py"]
FILES.append("conformance/remains.py")


def kit(*options: str) -> subprocess.CompletedProcess[str]:
    """Run the kit, as its users do, in a process of its own."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "conformance.plugin"]
    paths = os.pathsep.join([str(EXAMPLE), str(HERE)])
    return subprocess.run(
        [*command, "-rfs", *options],
        cwd=EXAMPLE,
        env={**os.environ, "PYTHONPATH": paths, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def ask(
    table: HypervisorDriver, test: Callable[..., None], given: dict[str, str], path: Path
) -> None:
    """Call a test of the kit on two hosts of a driver, with the fixtures that it names."""
    assert table.connect_open is not None
    hosts = tuple(Connection(table, table.connect_open("")) for _ in range(2))
    wanted = inspect.signature(test).parameters
    fixtures: dict[str, object] = {"pair": hosts, "tmp_path": path}
    if "by_hand" in wanted:
        started(hosts[0])
        fixtures["by_hand"] = ByHand(hosts)
    try:
        test(**{name: value for name, value in fixtures.items() if name in wanted}, **given)
    finally:
        for connection in hosts:
            hypervisor.connect_close(connection)


@pytest.mark.parametrize(("table", "test", "given", "why"), FOUND, ids=lambda value: "")
def test_the_kit_finds_the_fault_of_a_mutant_and_none_in_the_driver_itself(
    table: HypervisorDriver,
    test: Callable[..., None],
    given: dict[str, str],
    why: str,
    tmp_path: Path,
) -> None:
    ask(MEMORY_DRIVER, test, given, tmp_path)
    with pytest.raises((AssertionError, pytest.fail.Exception), match=re.escape(why)):
        ask(table, test, given, tmp_path)


def test_a_driver_without_confirm_is_red_whatever_is_asked() -> None:
    done = kit("--driver", "mutants:CONFIRM_IS_MISSING", FILES[1], "-k", "other_name")
    assert done.returncode == 1
    assert "lacks domain_migrate_confirm3 (Confirm tells the source how Finish ended" in done.stdout
    assert "1 skipped" in done.stdout


def test_the_smallest_driver_keeps_what_it_promises_and_is_small() -> None:
    code = (EXAMPLE / "smallest.py").read_text("utf-8").splitlines()
    assert len([line for line in code if line.strip()]) < 100
    done = kit("--driver", "smallest:SMALLEST_DRIVER", "--require", "v3", *FILES)
    assert done.returncode == 0, done.stdout
    assert "driver 'smallest' has no domain_save" in done.stdout
    _, _, left_out = done.stdout.partition("not tested: the driver does not have")
    assert "domain_migrate_prepare_tunnel3 (" in left_out
    assert "domain_reset (" in left_out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--require", "v9"], "--require v9: neither a protocol nor a call"),
        (["--driver", "smallest:IDS"], "not a HypervisorDriver"),
    ],
)
def test_what_makes_no_sense_is_refused(options: list[str], message: str) -> None:
    done = kit(*options, FILES[2])
    assert done.returncode == 4
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_the_drivers_here_claim_what_they_have() -> None:
    for table in (MEMORY_DRIVER, PROCESS_DRIVER, QEMU_DRIVER):
        assert claims.lacking(table, ["v3"]) == {}
    found = claims.lacking(PROCESS_DRIVER, ["v1", "domain_set_title"])
    assert list(found) == ["v1", "domain_set_title"]
    assert "domain_migrate_finish (Finish starts the guest)" in found["v1"]


def test_a_table_is_held_to_the_protocol_that_it_lacks_least_of() -> None:
    without = replace(MEMORY_DRIVER, domain_migrate_prepare3=None, domain_migrate_confirm3=None)
    assert list(claims.lacking(without)) == ["v3-tunnelled"]
    assert (
        "domain_destroy"
        in claims.lacking(replace(MEMORY_DRIVER, domain_destroy=None))["every driver"]
    )
