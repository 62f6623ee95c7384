"""Files read by dask, on two workers that are processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
MODULE = """
from distributed import Client, LocalCluster, get_client


def executor():
    cluster = LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None)
    return Client(cluster).get_executor()
"""


def exported(tree: Path, *options: str, folder: Path) -> dict[str, object]:
    command = [sys.executable, "-m", "hvsupport.annotate", "export", "--root", str(tree), "--no-cache", *options]
    command += ["--config", str(HERE / "nova.toml")]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.stdout, done.stderr
    return dict(json.loads(done.stdout))


def test_two_workers_of_dask_read_nova(nova_tree: Path, tmp_path: Path) -> None:
    (tmp_path / "nightly.py").write_text(MODULE, encoding="utf-8")
    with_dask = exported(nova_tree, "--executor", "nightly:executor", folder=tmp_path)
    assert with_dask == exported(nova_tree, folder=tmp_path)
