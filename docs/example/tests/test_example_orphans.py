"""What was on its way to become a guest when its host was killed never is one.

A child that has closed what it inherited and does not yet run its new program bears no mark and
holds no lock: a host's next life can begin meanwhile, and does not see it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from example_helpers import eventually
from hypervisor.drivers.process import os_state, program
from hypervisor.drivers.process.guest import BLANK_MEMORY
from hypervisor.drivers.process.os_state import OsState
from hypervisor.remote import former

#: A host, as far as it matters here: it forks, and its child is held just before `exec`. What the
#: child keeps is on descriptors 0 to 3, as the last the guest's memory.
HOST = """
import os, signal, sys
os.environ["MARK"] = sys.argv[1]
memory = os.open(sys.argv[2], os.O_RDWR)
stdin, stdout, host = os.pipe(), os.pipe(), os.getpid()
child = os.fork()
if not child:
    for kept, handle in enumerate((stdin[0], stdout[1])):
        os.dup2(handle, kept)
    os.dup2(memory, 3)
    os.closerange(4, 200)
    os.kill(os.getpid(), signal.SIGSTOP)
    command = [str(host) if word == "HOST" else word for word in sys.argv[3:]]
    os.execve(command[0], command, os.environ)
os.close(stdin[0])
os.close(stdout[1])
os.waitpid(child, os.WUNTRACED)
print(child, flush=True)
signal.pause()
""".replace("MARK", former.MARK)


def orphaned(name: str, memory: Path, *command: str) -> int:
    """Let a host start a program, and kill it before that begins; give the child, which waits."""
    with subprocess.Popen(
        [sys.executable, "-c", HOST, name, memory, *command], stdout=subprocess.PIPE
    ) as host:
        assert host.stdout is not None
        child = int(host.stdout.readline())
        host.kill()
    return child


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="guests are found in /proc")
@pytest.mark.parametrize("driver", ["process", "qemu"])
def test_what_was_not_yet_a_guest_ends_before_it_runs(tmp_path: Path, driver: str) -> None:
    memory = tmp_path / "memory"
    memory.write_bytes(BLANK_MEMORY)
    if driver == "process":
        script = str(Path(program.__file__).resolve())
        command = [sys.executable, "-I", "-S", script, "3"]
    else:
        command = leashed("/bin/sleep", "60")
    name = str(tmp_path)  # of this test alone
    child = orphaned(name, memory, *command)
    try:
        assert former.end(name) == [], "it cannot be seen yet"
        assert os_state.read(child) is OsState.STOPPED
        os.kill(child, signal.SIGCONT)
        eventually(lambda: os_state.read(child) is OsState.GONE, "it sees that it is alone")
        assert memory.read_bytes() == BLANK_MEMORY, "it ran"
    finally:
        if os_state.read(child) is not OsState.GONE:
            os.kill(child, signal.SIGKILL)


def leashed(*command: str) -> list[str]:
    pytest.importorskip("qemu.qmp", reason="needs the library qemu.qmp: pip install qemu.qmp")
    from hypervisor.drivers.qemu import launcher

    leash = launcher._leash()
    if not leash:
        pytest.skip("needs setpriv with --pdeathsig: Debian's package util-linux")
    return [*("HOST" if word == str(os.getpid()) else word for word in leash), *command]
