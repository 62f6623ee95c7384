"""Files read by dask, on two workers that are processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
#: What a user would write, but that each worker leaves its number where it reads.
MODULE = """
import os
from functools import partial
from pathlib import Path

from distributed import Client, LocalCluster


def recorded(read, work):
    Path(os.environ["READERS"], str(os.getpid())).touch()
    return read(work)


class Recording:
    def __init__(self, executor):
        self.executor = executor

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.executor.shutdown()

    def map(self, read, work):
        return self.executor.map(partial(recorded, read), work)


def executor():
    Path(os.environ["READERS"], "main").write_text(str(os.getpid()))
    cluster = LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None)
    return Recording(Client(cluster).get_executor())
"""


def exported(tree: Path, *options: str, folder: Path) -> dict[str, object]:
    command = [sys.executable, "-m", "hvsupport.annotate", "export", "--root", str(tree), "--no-cache", *options]
    command += ["--config", str(HERE / "nova.toml")]
    environment = {**os.environ, "PYTHONPATH": str(folder), "READERS": str(folder / "readers")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.stdout, done.stderr
    return dict(json.loads(done.stdout))


def test_two_workers_of_dask_read_nova(nova_tree: Path, tmp_path: Path) -> None:
    readers = tmp_path / "readers"
    readers.mkdir()
    (tmp_path / "nightly.py").write_text(MODULE, encoding="utf-8")
    with_dask = exported(nova_tree, "--executor", "nightly:executor", folder=tmp_path)
    main = (readers / "main").read_text()
    workers = {path.name for path in readers.iterdir()} - {"main"}
    assert workers and main not in workers, "no worker read a file"
    assert with_dask == exported(nova_tree, folder=tmp_path)
