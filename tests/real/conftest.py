"""What the tests on real trees share: the trees, their configurations, and the oracles' answers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hvsupport.annotate import run
from hvsupport.annotate.catalogue import Catalogue
from hvsupport.annotate.config import load as configfile
from hvsupport.annotate.config.value import Config

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import trees  # noqa: E402 - lies beside this file, and is a script too


def oracle(script: str, tree: Path) -> dict[str, Any]:
    """What a script that shares no code with the package says about a tree."""
    done = subprocess.run(
        [sys.executable, str(HERE / script), str(tree)], capture_output=True, check=True, text=True, timeout=600
    )
    return dict(json.loads(done.stdout))


@pytest.fixture(scope="session")
def nova_tree() -> Path:
    return trees.nova()


@pytest.fixture(scope="session")
def libcloud_tree() -> Path:
    return trees.libcloud()


@pytest.fixture(scope="session")
def nova_config(nova_tree: Path) -> Config:
    return configfile.load(root=nova_tree, config=HERE / "nova.toml")


@pytest.fixture(scope="session")
def libcloud_config(libcloud_tree: Path) -> Config:
    return configfile.load(root=libcloud_tree, config=HERE / "libcloud.toml")


@pytest.fixture(scope="session")
def nova_catalogue(nova_config: Config) -> Catalogue:
    return run.catalogue(nova_config, cache=False)


@pytest.fixture(scope="session")
def libcloud_catalogue(libcloud_config: Config) -> Catalogue:
    return run.catalogue(libcloud_config, cache=False)


@pytest.fixture(scope="session")
def nova_oracle(nova_tree: Path) -> dict[str, Any]:
    return oracle("oracle_nova.py", nova_tree)


@pytest.fixture(scope="session")
def libcloud_oracle(libcloud_tree: Path) -> dict[str, Any]:
    return oracle("oracle_libcloud.py", libcloud_tree)
