"""The session at the top of docs/migration.md, typed as it stands there: two hosts, a guest that moves, a host killed.

Numbers and the folder's name differ from run to run; all else must be printed as the page says.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "docs" / "example"
#: The first fence of the page; `$ ` begins a command, and what follows is what it prints.
FENCE = re.compile(r"^```text\n(\$ .*?)^```$", re.MULTILINE | re.DOTALL)
FOLDER = "/run/hv"
END = "-- end of a command --"


def written() -> list[tuple[str, list[str]]]:
    """The commands of the page, each with the lines that it prints."""
    found = FENCE.search((ROOT / "docs" / "migration.md").read_text("utf-8"))
    assert found is not None
    steps: list[tuple[str, list[str]]] = []
    for line in found[1].splitlines():
        if line.startswith("$ "):
            steps.append((line[2:], []))
        else:
            steps[-1][1].append(line)
    return steps


def typed(commands: list[str], home: Path) -> Iterator[list[str]]:
    """Type commands into one shell; give what each prints. Who waits for a host reads until it serves."""
    tools = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {"PATH": tools, "HOME": str(home), "TMPDIR": str(home)}
    shell = subprocess.Popen(
        ["bash", "--norc"],
        cwd=EXAMPLE,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        assert shell.stdin is not None and shell.stdout is not None
        for command in commands:
            shell.stdin.write(f"{command}\n")
            shell.stdin.flush()
            lines = [shell.stdout.readline()] if "&" in command.split() else []
            shell.stdin.write(f"echo '{END}'\n")
            shell.stdin.flush()
            while (line := shell.stdout.readline()) and line != f"{END}\n":
                lines.append(line)
            yield [line.rstrip("\n") for line in lines if "Killed" not in line]
    finally:
        os.killpg(shell.pid, signal.SIGKILL)
        shell.wait()


def plain(line: str, folder: str) -> str:
    """A line without what differs from run to run."""
    return re.sub(r"\s+", " ", re.sub(r"\d+", "N", line.replace(folder, FOLDER))).strip()


def test_the_session_of_the_page_is_as_it_is_written(tmp_path: Path) -> None:
    steps = written()
    told = typed([command for command, _ in steps], tmp_path)
    folder = ""
    for (command, expected), lines in zip(steps, told, strict=True):
        if not folder and (served := [line for line in lines if line.startswith("serving")]):
            folder = served[0].partition("remote://")[2].rpartition("/")[0]
        wanted = [plain(line, folder) for line in expected]
        assert [plain(line, folder) for line in lines] == wanted, command
    assert folder and len(steps) > 10
