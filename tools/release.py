"""Cut a release: ``python tools/release.py X.Y.Z [--write]``; ``make release VERSION=X.Y.Z [WRITE=1]``.

Everything happens in a clone of this checkout: new version, date in the changelog, commit, tag, sdist and wheel, and
the checks of both. Without ``--write`` the clone is thrown away; with it, commit and tag come here and the files go to
``dist/``. Nothing is uploaded or pushed: the last lines say how.
"""

from __future__ import annotations

import argparse
import datetime
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from packaging.version import InvalidVersion, Version

ROOT = Path(__file__).resolve().parent.parent
_VERSION = {"pyproject.toml": r'(?m)^version = "([^"]+)"$', "annotate/__init__.py": r'(?m)^__version__ = "([^"]+)"$'}
#: Licences that may not be combined with Apache-2.0 in one program.
_REFUSED = "GPL-2.0-only;AGPL-3.0-only;AGPL-3.0-or-later"


def dated(changelog: str, version: str, day: str) -> str:
    """The changelog with the section of a version dated.

    Raises:
        ValueError: the newest section is not that of this version, or has a date already.
    """
    match = re.search(r"(?m)^## (\S+), (.+)$", changelog)
    if match is None or match.groups() != (version, "unreleased"):
        found = match[0] if match is not None else "no section"
        raise ValueError(f"CHANGELOG.md begins with {found!r}, expected '## {version}, unreleased'")
    return changelog[: match.start()] + f"## {version}, {day}" + changelog[match.end() :]


def with_version(text: str, pattern: str, version: str) -> str:
    """A file with its one version replaced.

    Raises:
        ValueError: it has no version, or several.
    """
    found = re.findall(pattern, text)
    if len(found) != 1:
        raise ValueError(f"expected one version, found {len(found)}")
    return re.sub(pattern, lambda match: match[0].replace(match[1], version), text)


def newer(version: str, than: str, tags: list[str]) -> None:
    """Check that a version can be released.

    Raises:
        ValueError: it is not X.Y.Z, older than the current one, or released already.
    """
    try:
        is_plain = re.fullmatch(r"\d+\.\d+\.\d+", version) is not None
        is_older = Version(version) < Version(than)
    except InvalidVersion:
        is_plain = is_older = False
    if not is_plain:
        raise ValueError(f"{version!r} is not a version such as 1.2.0")
    if is_older:
        raise ValueError(f"{version} is older than {than}, the version in pyproject.toml")
    if f"v{version}" in tags:
        raise ValueError(f"the tag v{version} exists already")


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    """Run a program and return what it prints; where it fails, end with its output."""
    done = subprocess.run([str(each) for each in command], cwd=cwd, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}:\n{done.stdout}{done.stderr}")
    return done.stdout


def prepare(clone: Path, version: str) -> None:
    """Write the version and the date into a clone, check the annotations, commit and tag."""
    for name, pattern in _VERSION.items():
        path = clone / name
        path.write_text(with_version(path.read_text("utf-8"), pattern, version), "utf-8")
    changelog = clone / "CHANGELOG.md"
    today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    changelog.write_text(dated(changelog.read_text("utf-8"), version, today), "utf-8")
    run(sys.executable, "-m", "hvsupport.annotate", "check", "--no-cache", cwd=clone)
    run("git", "commit", "-qam", f"Release {version}", cwd=clone)
    run("git", "tag", "-a", f"v{version}", "-m", f"hvsupport {version}", cwd=clone)


def checked(clone: Path, work: Path) -> Path:
    """Build sdist and wheel in a clone, check them, and describe what the wheel installs; the folder with all files."""
    dist = work / "dist"
    print(run(sys.executable, "tools/dist.py", dist, cwd=clone), end="")
    (wheel,) = dist.glob("*.whl")
    run(sys.executable, "-m", "twine", "check", "--strict", *dist.iterdir())
    run(sys.executable, "-m", "check_wheel_contents", wheel)
    home = work / "venv"
    venv.create(home, with_pip=True)
    run(home / "bin" / "python", "-m", "pip", "install", "-q", wheel)
    run(home / "bin" / "python", "-m", "pip", "uninstall", "-q", "-y", "pip", "setuptools")
    print(run(home / "bin" / "hvsupport", "--version"), end="")
    tool = [sys.executable, "-m"]
    run(*tool, "piplicenses", "--python", home / "bin" / "python", "--partial-match", "--fail-on", _REFUSED)
    run(*tool, "cyclonedx_py", "environment", home, "--of", "JSON", "-o", dist / f"{wheel.stem}.cdx.json")
    site = next(home.glob("lib/python*/site-packages"))
    audit = subprocess.run([*tool, "pip_audit", "--path", str(site), "--skip-editable"], capture_output=True, text=True)
    print(audit.stderr.strip() or audit.stdout.strip())
    if audit.returncode and "vulnerabilit" in audit.stderr:
        sys.exit("pip-audit found vulnerabilities in what the wheel installs")
    return dist


def main() -> None:
    """Read the command line, and cut the release."""
    parser = argparse.ArgumentParser(description="Cut a release of hvsupport.")
    parser.add_argument("version")
    parser.add_argument("--write", action="store_true", help="keep commit, tag and files; default: try only")
    options = parser.parse_args()
    version: str = options.version
    if run("git", "status", "--porcelain"):
        sys.exit("the working tree has changes; commit or remove them first")
    try:
        current = re.findall(_VERSION["pyproject.toml"], (ROOT / "pyproject.toml").read_text("utf-8"))[0]
        newer(version, current, run("git", "tag").split())
        with tempfile.TemporaryDirectory() as name:
            work = Path(name)
            clone = work / "clone"
            run("git", "clone", "-q", ROOT, clone)
            prepare(clone, version)
            print(run("git", "show", "--stat", "--format=%s", cwd=clone), end="")
            dist = checked(clone, work)
            if options.write:
                run("git", "pull", "-q", "--ff-only", "--tags", clone, "HEAD")
                shutil.copytree(dist, ROOT / "dist", dirs_exist_ok=True)
    except ValueError as error:
        sys.exit(str(error))
    if options.write:
        print(f"Commit and tag v{version} are here, the files in dist/. Publish them:")
        print(f"  git push origin HEAD v{version}\n  python -m twine upload dist/hvsupport-{version}*")
    else:
        print("A trial: nothing was changed. Run again with --write, or WRITE=1, to keep it.")


if __name__ == "__main__":
    main()
