"""A few faults on real processes; `make test-real` runs all of them."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from faults import compare, outside
from faults.compare import Compared
from faults.model import Case, Fault, Moment
from hypervisor import FileJournal

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")

HERE = Path(__file__).resolve().parent
_STRIKES = [
    Case("v2", "perform", Fault.REPLY_LOST, Moment.BEFORE, recovery=True, peer_to_peer=True),
    Case("v3", "perform", Fault.COORDINATOR_DIES, Moment.AFTER, recovery=True),
    Case("v3-tunnelled", "finish", Fault.COOKIE_DAMAGED, Moment.BEFORE, recovery=True),
    Case("v3-params", "switch-over", Fault.SOURCE_DIES, Moment.AFTER, recovery=True),
]


@pytest.fixture(scope="module")
def compared() -> Sequence[Compared]:
    """Run them, several at a time."""
    return compare.run_all(_STRIKES)


def test_real_processes_end_as_records_in_memory_do(compared: Sequence[Compared]) -> None:
    assert [one for one in compared if not one.agree] == []
    assert [one.case for one in compared if not one.process.struck] == []


def test_the_summary_names_what_differs(compared: Sequence[Compared]) -> None:
    first = compared[0]
    odd = Compared(first.case, compared[1].memory, first.process)
    text = "".join(compare.summary([odd]))
    assert "      1      0  " in text
    assert str(first.process) in text


_ALONE = """
import os, sys
from pathlib import Path
from faults import model, outside, process
case = model.Case("v3-tunnelled", "finish", model.Fault.SOURCE_DIES, model.Moment.AFTER, True)
process.run(case, Path(sys.argv[1]))
print(outside.children(os.getpid()))
"""


_HOLDER = """
import sys, threading, time
from hypervisor import FileJournal
journal = FileJournal(sys.argv[1])
THREADS = 12
def work():
    room = bytearray(2**22)
    begin.wait()
    while True:
        sum(range(1000))
begin = threading.Barrier(THREADS + 1)
for _ in range(THREADS):
    threading.Thread(target=work, daemon=True).start()
begin.wait()
print("begun", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("attempt", range(3))
def test_who_was_killed_holds_no_journal_any_more(tmp_path: Path, attempt: int) -> None:
    """Its first thread is often gone before the others, which still hold what it locked."""
    command = [sys.executable, "-c", _HOLDER, str(tmp_path / "j")]
    with subprocess.Popen(command, cwd=HERE.parent, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == b"begun\n"
        outside.kill([holder.pid])
        FileJournal(tmp_path / "j").close()


_STARTED_MEANWHILE = """
import os, subprocess
from faults import outside, process
looked = []
def children(pid, look=outside.children):
    found = look(pid)
    if pid == os.getpid() and not looked:
        looked.append(subprocess.Popen(["sleep", "60"]))
    return found
subprocess.Popen(["sleep", "60"])
outside.children = children
process._end_all()
print(children(os.getpid()))
"""


def test_what_was_started_while_all_was_ended_is_ended_too() -> None:
    command = [sys.executable, "-c", _STARTED_MEANWHILE]
    done = subprocess.run(command, cwd=HERE.parent, capture_output=True, timeout=30, check=False)
    assert done.stdout == b"[]\n", done.stderr


def test_nothing_is_left_of_a_case() -> None:
    # In a process of its own, which all orphans of the case would belong to.
    with tempfile.TemporaryDirectory(prefix="hv-") as folder:
        command = [sys.executable, "-c", _ALONE, folder]
        env = {**os.environ, "TMPDIR": folder}
        done = subprocess.run(command, cwd=HERE.parent, env=env, capture_output=True, check=False)
        assert (done.stdout, done.stderr) == (b"[]\n", b"")
        assert list(Path(folder).iterdir()) == []
