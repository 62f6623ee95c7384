"""The jobs of docs/releases.md: valid for GitHub and GitLab, and the commands of their scripts run as written."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "releases.md").read_text(encoding="utf-8")
GITHUB, GITLAB = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
VALIDATOR = "check-jsonschema==0.39.0"


@pytest.fixture(scope="module")
def validator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A validator that brings the schemas of both services, in an environment of its own: it needs other versions."""
    folder = tmp_path_factory.mktemp("validator")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True, timeout=120)
    subprocess.run([folder / "bin" / "pip", "install", "-q", VALIDATOR], check=True, timeout=300)
    return folder / "bin" / "check-jsonschema"


@pytest.mark.parametrize(
    ("text", "name", "options"),
    [
        pytest.param(GITHUB, "hvsupport.yml", ("vendor.github-workflows",), id="GitHub"),
        pytest.param(GITLAB, ".gitlab-ci.yml", ("vendor.gitlab-ci", "--data-transform", "gitlab-ci"), id="GitLab"),
    ],
)
def test_the_jobs_are_valid(validator: Path, tmp_path: Path, text: str, name: str, options: tuple[str, ...]) -> None:
    path = tmp_path / name
    for given, status in ((text, 0), (text.replace("script:", "scripts:").replace("runs-on:", "runs:"), 1)):
        path.write_text(given, encoding="utf-8")
        found = subprocess.run([validator, "--builtin-schema", *options, path], capture_output=True, timeout=120)
        assert found.returncode == status, found.stdout


def scripts() -> list[str]:
    """What the release jobs run, without what installs this tool and what publishes."""
    steps = yaml.safe_load(GITHUB)["jobs"]["release"]["steps"]
    github = "\n".join(step["run"] for step in steps if "run" in step)
    gitlab = "\n".join(yaml.safe_load(GITLAB)["notes"]["script"])
    lines = [line for text in (github, gitlab) for line in text.split("\n")]
    assert sum("pip install" in line or line.startswith("gh ") for line in lines) == 2
    return [
        "\n".join(line for line in text.split("\n") if "pip install" not in line and not line.startswith("gh "))
        for text in (github, gitlab)
    ]


@pytest.mark.parametrize("script", scripts(), ids=["GitHub", "GitLab"])
def test_the_release_jobs_work_as_written(tmp_path: Path, script: str) -> None:
    api = "class Store:\n    def read(self):\n        raise NotImplementedError\n"
    config = (
        'title = "Vault"\nrelease = { from = "git" }\n\n[interfaces.store]\nat = "base.py:Store"\ndrivers = ["*.py"]\n'
    )
    driver = "from base import Store\n\n\nclass LocalStore(Store):\n    def read(self):  # 2.1.0\n        return 1\n"
    environment = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path / "home"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GITHUB_REF_NAME": "v2.1.0",
        "CI_COMMIT_TAG": "v2.1.0",
    }

    def shell(text: str) -> None:
        subprocess.run(["bash", "-e", "-c", text], cwd=tmp_path, env=environment, check=True, timeout=120)

    commit = "git add -A && git -c user.name=A -c user.email=a@example.org commit -q -m A"
    for path, text in (("base.py", api), ("hvsupport.toml", config)):
        (tmp_path / path).write_text(text, encoding="utf-8")
    shell(f"git init -q && {commit} && git tag v2.0.0")
    (tmp_path / "local.py").write_text(driver, encoding="utf-8")
    shell(f"{commit} && git tag v2.1.0")
    shell(script)
    notes = (tmp_path / "notes.md").read_text(encoding="utf-8")
    assert notes.endswith("## Store\n\n- **LocalStore**: new driver; gained read\n")
