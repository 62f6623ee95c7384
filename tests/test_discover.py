"""``hvsupport init``: what looks like an interface is found, what does not is not, and ``check`` takes the config."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import tomli
from click.testing import CliRunner

from hvsupport.annotate import run
from hvsupport.annotate.cli.init import command
from hvsupport.annotate.config import load as configfile
from hvsupport.annotate.discover import Candidate, discover
from hvsupport.annotate.discover.forge import source_url
from hvsupport.annotate.discover.globs import covering
from hvsupport.annotate.discover.guess import project, scheme_of
from hvsupport.annotate.discover.text import quoted
from hvsupport.annotate.errors import UsageError
from hvsupport.annotate.files import Folder, matching

STUBS = """\
class Driver:
    def start(self):
        \"\"\"Start it.\"\"\"
        raise NotImplementedError("start")

    def stop(self):
        message = "not here"
        raise NotImplementedError(message)

    def list(self):
        return []
"""
DRIVER = """\
from lib.base import Driver

class {name}(Driver):
    def start(self):
        self.running = True
"""


@pytest.fixture(autouse=True)
def no_hook(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("GIT_"):
            monkeypatch.delenv(name)


def write(root: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def library(root: Path, **files: str | bytes) -> Path:
    """A package with an interface and two drivers."""
    return write(
        root,
        {
            "lib/__init__.py": "",
            "lib/base.py": STUBS,
            "lib/drivers/__init__.py": "",
            "lib/drivers/one.py": DRIVER.format(name="One"),
            "lib/drivers/two.py": DRIVER.format(name="Two"),
        },
    )


def found(root: Path) -> list[Candidate]:
    result = discover(root)
    return [*result.interfaces, *result.others]


def names(root: Path) -> list[str]:
    return [each.name for each in found(root)]


# -- what is no interface

NO_INTERFACE = {
    "nothing at all": {},
    "stubs that nobody derives from": {"base.py": STUBS},
    "a base class that does the work": {
        "base.py": "class Base:\n    def a(self): return 1\n    def b(self): raise NotImplementedError\n"
        "    def c(self): return 2\n",
        "sub.py": "from base import Base\nclass Sub(Base): pass\n",
    },
    "a base class that does nothing, and never raises": {
        "base.py": "class Base:\n    def a(self): pass\n    def b(self): ...\n",
        "sub.py": "from base import Base\nclass Sub(Base): pass\n",
    },
    "only private methods": {
        "base.py": "class Base:\n    def _a(self): raise NotImplementedError\n",
        "sub.py": "from base import Base\nclass Sub(Base): pass\n",
    },
    "a base of the same name elsewhere": {
        "base.py": STUBS,
        "sub.py": "from other import Driver\nclass Sub(Driver): pass\n",
    },
    "a class that derives from itself": {"base.py": STUBS.replace("class Driver", "class Driver(Driver)")},
    "records whose fields are no functions": {
        "a.py": "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\n    y: int\nP(x=1, y=2)\n"
    },
    "a table type that nobody calls": {
        "a.py": "from dataclasses import dataclass\nfrom typing import Callable\n@dataclass\nclass T:\n"
        "    x: Callable[[], int]\n    y: Callable[[], int]\n"
    },
    "tests are not looked at": {
        "tests/base.py": STUBS,
        "tests/sub.py": "from base import Driver\nclass S(Driver): pass",
    },
    "hidden folders, environments and builds are not looked at": {
        ".tox/base.py": STUBS + "class Sub(Driver): pass\n",
        "env/pyvenv.cfg": "",
        "env/base.py": STUBS + "class Sub(Driver): pass\n",
        "node_modules/x/base.py": STUBS + "class Sub(Driver): pass\n",
        "build/lib/base.py": STUBS + "class Sub(Driver): pass\n",
    },
}


@pytest.mark.parametrize("files", NO_INTERFACE.values(), ids=NO_INTERFACE)
def test_no_interface(tmp_path: Path, files: dict[str, str | bytes]) -> None:
    assert found(write(tmp_path, files)) == []


# -- what is one

SUB = "class One({base}):\n    pass\nclass Two({base}):\n    pass\n"
INTERFACES = {
    "imported by name": {"base.py": STUBS, "sub.py": "from base import Driver\n" + SUB.format(base="Driver")},
    "imported under another name": {
        "base.py": STUBS,
        "sub.py": "from base import Driver as D\n" + SUB.format(base="D"),
    },
    "imported as a module": {"p/base.py": STUBS, "sub.py": "import p.base\n" + SUB.format(base="p.base.Driver")},
    "imported as a module under another name": {
        "p/base.py": STUBS,
        "sub.py": "import p.base as b\n" + SUB.format(base="b.Driver"),
    },
    "module from a package": {"p/base.py": STUBS, "sub.py": "from p import base\n" + SUB.format(base="base.Driver")},
    "re-exported": {
        "p/__init__.py": "from .base import Driver",
        "p/base.py": STUBS,
        "sub.py": "from p import Driver\n" + SUB.format(base="Driver"),
    },
    "re-exported with everything else": {
        "p/__init__.py": "from .base import *\nfrom .more import *",
        "p/base.py": STUBS,
        "p/more.py": "from . import *",
        "sub.py": "from p import Driver\n" + SUB.format(base="Driver"),
    },
    "relative import": {
        "p/__init__.py": "",
        "p/base.py": STUBS,
        "p/d/__init__.py": "",
        "p/d/sub.py": "from ..base import Driver\n" + SUB.format(base="Driver"),
    },
    "sources in a folder of their own": {
        "src/p/__init__.py": "",
        "src/p/base.py": STUBS,
        "src/p/sub.py": "from p.base import Driver\n" + SUB.format(base="Driver"),
    },
    "under if and try": {
        "base.py": "if True:\n" + "".join(f"    {line}\n" for line in STUBS.split("\n")),
        "sub.py": "try:\n    from base import Driver\nexcept ImportError:\n    pass\n" + SUB.format(base="Driver"),
    },
    "imports in a circle": {
        "base.py": "from sub import *\n" + STUBS,
        "sub.py": "from base import *\n" + SUB.format(base="Driver"),
    },
    "abstract methods": {
        "base.py": "import abc\nclass Driver(abc.ABC):\n"
        + "".join(f"    @abc.abstractmethod\n    def {name}(self): return 0\n" for name in "abc")
        + SUB.format(base="Driver")
    },
    "async methods and properties": {
        "base.py": "class Driver:\n    async def a(self): raise NotImplementedError\n"
        "    @property\n    def b(self): raise NotImplementedError()\n    def c(self): pass\n"
        + SUB.format(base="Driver")
    },
    "an exception of its own": {
        "base.py": STUBS.replace("raise NotImplementedError", "raise errors.Unsupported") + SUB.format(base="Driver")
    },
    "generic": {"base.py": STUBS + SUB.format(base="Driver[int]")},
    "a dataclass of functions": {
        "base.py": "import dataclasses\nfrom collections.abc import Callable\n"
        "Start = Callable[[int], None]\n@dataclasses.dataclass(frozen=True)\nclass Driver:\n    name: str\n"
        "    start: Start | None = None\n    stop: 'Callable[[], int]' = None\n",
        "one.py": "from base import Driver\nONE = Driver(name='one', start=print)\n",
        "two.py": "import base\nTWO = base.Driver(start=print)\n",
    },
    "a NamedTuple of functions named elsewhere": {
        "types_.py": "from typing import Callable\nStart = Callable[[int], None]\n",
        "base.py": "import typing\nfrom types_ import Start\nclass Driver(typing.NamedTuple):\n"
        "    a: Start\n    b: typing.Optional[Start]\n    c: typing.Optional[Start]\n",
        "one.py": "from base import Driver\nONE = Driver(a=print, b=None, c=None)\n",
        "two.py": "from base import Driver\nTWO = Driver(a=print, b=None, c=None)\n",
    },
}


@pytest.mark.parametrize("files", INTERFACES.values(), ids=INTERFACES)
def test_interface_is_found_and_its_config_has_no_problem(tmp_path: Path, files: dict[str, str | bytes]) -> None:
    write(tmp_path, files)
    result = discover(tmp_path)
    assert [(each.name, each.drivers) for each in result.interfaces] == [("Driver", 2)]
    assert result.others == []
    assert_accepted(tmp_path, result.text)


def assert_accepted(root: Path, text: str) -> None:
    """The config has no problem, and none comes up when the tree is read by it."""
    (root / "hvsupport.toml").write_bytes(text.encode())
    config = configfile.load(root=root)
    assert config.problems == ()
    catalogue = run.catalogue(config, cache=False, jobs=1)
    assert [problem for problem in catalogue.problems if problem.kind == "config"] == []
    assert all(interface.entries and interface.drivers for interface in catalogue.interfaces)


def test_small_library_and_its_config(tmp_path: Path) -> None:
    library(tmp_path)
    write(
        tmp_path,
        {
            "pyproject.toml": "[project]\nname = 'lib'\nversion = '1.2.0'\n",
            "lib/registry.py": "DRIVERS = {'1': ('lib.drivers.one', 'One'), '2': ('lib.drivers.two', 'Two')}\n",
            "tests/test_one.py": "",
            "conftest.py": "",
        },
    )
    result = discover(tmp_path)
    assert tomli.loads(result.text) == {
        "title": "lib",
        "release": {"from": "pyproject"},
        "scheme": "x.y.z",
        "exclude": ["conftest.py", "tests/"],
        "interfaces": {
            "Driver": {
                "at": "lib/base.py:Driver",
                "drivers": ["lib/drivers/*.py"],
                "columns": {"registry": "lib/registry.py:DRIVERS"},
            }
        },
    }
    assert_accepted(tmp_path, result.text)


@pytest.mark.parametrize(
    "registry",
    [
        "{'1': ('lib.drivers.one', 'One'), '2': ('lib.other', 'Other')}",
        "{'1': ('lib.drivers.one', 'One'), '2': some_function()}",
        "['lib.drivers.one.One']",
    ],
    ids=["names another kind", "is made at run time in part", "names one only"],
)
def test_registry_that_does_not_fit_is_not_used(tmp_path: Path, registry: str) -> None:
    library(tmp_path)
    write(tmp_path, {"lib/other.py": "class Other: pass\n", "lib/registry.py": f"DRIVERS = {registry}\n"})
    assert [each.listed for each in found(tmp_path)] == [None]


def test_likelier_interfaces_come_first_and_small_ones_are_mentioned(tmp_path: Path) -> None:
    many = "".join(f"class D{number}(Driver):\n    pass\n" for number in range(9))
    small = "class Small:\n    def a(self): raise NotImplementedError\nclass S1(Small): pass\nclass S2(Small): pass\n"
    other = STUBS.replace("Driver", "Other") + "class O1(Other): pass\nclass O2(Other): pass\n"
    write(tmp_path, {"a.py": small, "b.py": other, "c.py": STUBS + many})
    result = discover(tmp_path)
    assert [each.name for each in result.interfaces] == ["Driver", "Other"]
    assert [each.name for each in result.others] == ["Small"]
    assert "#   a.py:Small (class, 2)\n" in result.text


def test_interfaces_of_one_name_get_names_of_their_own(tmp_path: Path) -> None:
    sub = SUB.format(base="Driver")
    write(tmp_path, {"a/base.py": STUBS + sub, "b/base.py": STUBS + sub, "base.py": STUBS + sub})
    text = discover(tmp_path).text
    assert list(tomli.loads(text)["interfaces"]) == ["Driver", "base-Driver", "Driver-2"]
    assert_accepted(tmp_path, text)


def test_the_same_tree_gives_the_same_bytes(tmp_path: Path) -> None:
    library(tmp_path)
    assert len({discover(tmp_path).text for _ in range(3)}) == 1


# -- trees that are hard to read

UNREADABLE = {
    "not Python": ("bad.py", b"def ("),
    "Python 2": ("bad.py", b"print 'x'\n"),
    "null byte": ("bad.py", b"a = 1\0\n"),
    "not UTF-8": ("bad.py", b"a = '\xff'\n"),
    "unknown encoding": ("bad.py", b"# coding: klingon\n"),
    "nested without end": ("bad.py", b"a = " + b"(" * 5000 + b")" * 5000),
    "link that leads nowhere": ("bad.py", None),
}


@pytest.mark.parametrize(("name", "data"), UNREADABLE.values(), ids=UNREADABLE)
def test_file_that_cannot_be_parsed_is_named_and_the_rest_is_read(
    tmp_path: Path, name: str, data: bytes | None
) -> None:
    library(tmp_path)
    if data is None:
        (tmp_path / name).symlink_to("gone.py")
    else:
        (tmp_path / name).write_bytes(data)
    result = discover(tmp_path)
    assert list(result.skipped) == [name]
    assert result.skipped[name]
    assert [each.name for each in result.interfaces] == ["Driver"]


def test_links_in_a_circle_and_out_of_the_tree_are_not_followed(tmp_path: Path) -> None:
    root = library(tmp_path / "tree")
    write(tmp_path, {"outside/base.py": STUBS + "class X(Driver): pass\nclass Y(Driver): pass\n"})
    (root / "lib" / "loop").symlink_to(root)
    (root / "outside").symlink_to(tmp_path / "outside")
    (root / "file.py").symlink_to(tmp_path / "outside" / "base.py")
    result = discover(root)
    assert [each.path for each in result.interfaces] == ["lib/base.py"]
    assert list(result.skipped) == ["file.py"]


@pytest.mark.parametrize(
    "folder",
    ["a b", "ä", "<b>&amp;", 'quo"te', "new\nline", "tab\tbed", "star*[x]", "~home"],
    ids=["space", "not ASCII", "HTML", "quote", "newline", "tab", "signs of globs", "tilde"],
)
def test_any_folder_name_is_written_so_that_it_is_read_back(tmp_path: Path, folder: str) -> None:
    text = STUBS + SUB.format(base="Driver")
    write(tmp_path, {f"{folder}/one.py": text, f"{folder}/two.py": "from one import Driver\nclass T(Driver): pass\n"})
    found_text = discover(tmp_path).text
    (interface,) = tomli.loads(found_text)["interfaces"].values()
    assert interface["at"] == f"{folder}/one.py:Driver"
    assert_accepted(tmp_path, found_text)


def test_name_that_is_not_utf_8_is_skipped(tmp_path: Path) -> None:
    library(tmp_path)
    (tmp_path / os.fsdecode(b"\xff.py")).write_bytes(b"")
    assert discover(tmp_path).skipped == {"\\udcff.py": "its name is not UTF-8"}


# -- globs


@pytest.mark.parametrize(
    ("paths", "globs"),
    [
        (["a.py"], ("a.py",)),
        (["d/a.py", "d/b.py"], ("d/*.py",)),
        (["v/x/driver.py", "v/y/driver.py", "v/fake.py"], ("v/*/driver.py", "v/fake.py")),
        (["a.py", "b.py"], ("*.py",)),
        (["v/x/__init__.py", "v/y/__init__.py"], ("v/x/__init__.py", "v/y/__init__.py")),
        ([f"v/{letter}/{letter}.py" for letter in "abcdefgh"], ("v/**/*.py",)),
        ([f"{letter}/{letter}.py" for letter in "abcdefgh"], ("**/*.py",)),
        (["d/a*.py"], ("d/a\\*.py",)),
    ],
    ids=[
        "one file: itself",
        "one folder: its files",
        "same name in folders alike",
        "files at the root",
        "packages are named one by one",
        "many folders: all below",
        "many folders at the root",
        "signs of globs are escaped",
    ],
)
def test_globs_cover_the_files(tmp_path: Path, paths: list[str], globs: tuple[str, ...]) -> None:
    assert covering(paths) == globs
    write(tmp_path, dict.fromkeys(paths, ""))
    assert set(paths) <= set(matching(Folder(tmp_path), globs))


# -- releases


@pytest.mark.parametrize(
    ("texts", "name"),
    [
        ([], "x.y.z"),
        (["v1.0.0", "1.2.0", "1.10"], "x.y.z"),
        (["1.0.0", "1.1.0rc1", "1.1.0"], "pep440"),
        (["2026.1", "2025.2", "v2024.10"], "calendar"),
        (["2015.1.0", "12.0.0", "13.0.0"], "x.y.z"),
        (["Bobcat"], "x.y.z"),
    ],
    ids=["nothing known", "numbers", "pre-releases", "years", "years given up", "names"],
)
def test_scheme_is_guessed_from_versions(texts: list[str], name: str) -> None:
    assert scheme_of(texts).name == name


PROJECTS = {
    "nothing": ({}, (None, None)),
    "static version": ({"pyproject.toml": "[project]\nname='n'\nversion='1.0'\n"}, ("n", '{ from = "pyproject" }')),
    "dynamic version": ({"pyproject.toml": "[project]\nname='n'\ndynamic=['version']\n"}, ("n", None)),
    "source distribution": ({"PKG-INFO": "Metadata-Version: 2.1\r\nName: n\r\nVersion: 1.0\r\n"}, ("n", '"1.0"')),
    "setup.cfg": ({"setup.cfg": "[metadata]\nname = n\nversion = 1.0\n"}, ("n", '"1.0"')),
    "setup.cfg that asks the code": ({"setup.cfg": "[metadata]\nname = n\nversion = attr: n.v\n"}, ("n", None)),
    "broken files": ({"pyproject.toml": "= [", "setup.cfg": "= [\n", "PKG-INFO": b"\xff"}, (None, None)),
    "odd types": ({"pyproject.toml": "[project]\nname=1\nversion=2\n"}, (None, None)),
    "version that is no release": ({"PKG-INFO": "Name: n\nVersion: trunk\n"}, ("n", None)),
}


@pytest.mark.parametrize(("files", "expected"), PROJECTS.values(), ids=PROJECTS)
def test_project_is_guessed_from_its_packaging(
    tmp_path: Path, files: dict[str, str | bytes], expected: tuple[str | None, str | None]
) -> None:
    guess = project(write(tmp_path, files))
    assert (guess.title, guess.release) == expected


def test_release_from_git_where_there_are_tags(tmp_path: Path) -> None:
    settings = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    for arguments in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "Start"], ["tag", "v1.4.0"]):
        subprocess.run(["git", *settings, *arguments], cwd=tmp_path, check=True, capture_output=True)
    assert project(tmp_path).release == '{ from = "git" }'
    assert_accepted(library(tmp_path), discover(tmp_path).text)


REMOTES = {
    "https://github.com/owner/name.git": "https://github.com/owner/name/blob/HEAD/{path}#L{line}",
    "https://user:secret@github.com/owner/name": "https://github.com/owner/name/blob/HEAD/{path}#L{line}",
    "git@github.com:owner/name.git": "https://github.com/owner/name/blob/HEAD/{path}#L{line}",
    "ssh://git@github.com:22/owner/na.me/": "https://github.com/owner/na.me/blob/HEAD/{path}#L{line}",
    "https://gitlab.com/group/sub/name.git": "https://gitlab.com/group/sub/name/-/blob/HEAD/{path}#L{line}",
    "git@gitlab.example.org:owner/name": "https://gitlab.example.org/owner/name/-/blob/HEAD/{path}#L{line}",
    "https://bitbucket.org/owner/name": "https://bitbucket.org/owner/name/src/HEAD/{path}#lines-{line}",
    "git@git.sr.ht:~owner/name": "https://git.sr.ht/~owner/name/tree/HEAD/item/{path}#L{line}",
    "https://example.org/owner/name.git": None,
    "https://notgithub.com/owner/name.git": None,
    "https://github.com.example.org/owner/name.git": None,
    "https://github.com/owner": None,
    "https://github.com/../name": None,
    'https://github.com/owner/na"me': None,
    "https://github.com/owner/{path}": None,
    "ext::sh -c x% github.com/owner/name": None,
    "../name.git": None,
    "/srv/git/name.git": None,
    "": None,
}


@pytest.mark.parametrize("remote", REMOTES)
def test_a_known_forge_gives_links_to_sources(remote: str) -> None:
    assert source_url(remote, "") == REMOTES[remote]


def test_source_links_come_from_the_remote_and_lead_into_the_folder(tmp_path: Path) -> None:
    url = "https://user:secret@github.com/owner/name.git"
    for arguments in (["init", "-q"], ["remote", "add", "other", "https://x"], ["remote", "add", "origin", url]):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True, capture_output=True)
    assert project(tmp_path).source == "https://github.com/owner/name/blob/HEAD/{path}#L{line}"
    text = discover(library(tmp_path)).text
    assert_accepted(tmp_path, text)
    assert "secret" not in text and 'repository = "https://github.com/owner/name/blob/HEAD/{path}#L{line}"' in text
    inner = tmp_path / "inner"
    write(inner, {"a.py": "a = 1\n"})
    assert project(inner).source is None, "an unpacked archive inside a repository is not of it"
    subprocess.run(["git", "add", "inner"], cwd=tmp_path, check=True)
    assert project(inner).source == "https://github.com/owner/name/blob/HEAD/inner/{path}#L{line}"
    subprocess.run(["git", "remote", "set-url", "origin", "/srv/name.git"], cwd=tmp_path, check=True)
    assert project(tmp_path).source is None


@pytest.mark.parametrize("text", ["", 'a"b', "a\\b", "a\nb\x00\x7f", "é\U0001f600"])
def test_quoted_text_is_read_back(text: str) -> None:
    assert tomli.loads(f"a = {quoted(text)}") == {"a": text}


# -- the command


def invoke(*arguments: str | Path) -> tuple[int, str, str]:
    result = CliRunner().invoke(command, list(map(str, arguments)), standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return int(result.return_value or 0), result.stdout, result.stderr


def test_dry_run_prints_and_writes_nothing(tmp_path: Path) -> None:
    library(tmp_path)
    status, out, _ = invoke("--root", tmp_path, "--dry-run")
    assert status == 0
    assert out == discover(tmp_path).text
    assert not (tmp_path / "hvsupport.toml").exists()


def test_config_is_written_and_what_was_found_is_said(tmp_path: Path) -> None:
    library(tmp_path)
    (tmp_path / "bad.py").write_text("def (")
    status, out, said = invoke("--root", tmp_path)
    assert (status, out) == (0, "")
    assert (tmp_path / "hvsupport.toml").read_text() == discover(tmp_path).text
    assert "bad.py: skipped: " in said
    assert "found lib/base.py:Driver (3 entries, drivers in lib/drivers/*.py)\n" in said


@pytest.mark.parametrize(
    ("name", "text"),
    [("hvsupport.toml", ""), ("hvsupport.toml", "broken ="), ("pyproject.toml", "[tool.hvsupport]\n")],
    ids=["empty config", "broken config", "table in pyproject.toml"],
)
def test_config_that_is_there_is_kept_unless_forced(tmp_path: Path, name: str, text: str) -> None:
    library(tmp_path)
    (tmp_path / name).write_text(text)
    with pytest.raises(UsageError, match="--force"):
        invoke("--root", tmp_path)
    assert (tmp_path / name).read_text() == text
    assert invoke("--root", tmp_path, "--force")[0] == 0
    assert (tmp_path / "hvsupport.toml").read_text() == discover(tmp_path).text


def test_nothing_found_writes_nothing(tmp_path: Path) -> None:
    status, _, said = invoke("--root", tmp_path)
    assert (status, list(tmp_path.iterdir())) == (1, [])
    assert "no interface was found" in said
    assert said.rstrip().endswith("for known trees use --preset libvirt")


def test_example_library_is_found() -> None:
    root = Path(__file__).parent.parent / "docs" / "example"
    (interface,) = discover(root).interfaces
    assert (interface.path, interface.name, interface.kind) == ("hypervisor/driver.py", "HypervisorDriver", "table")


def test_what_is_less_likely_is_named_where_nothing_else_is_found(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "lib/base.py": "class Base:\n    def run(self):\n        raise NotImplementedError\n",
            "lib/one.py": "from .base import Base\nclass One(Base):\n    pass\n",
        },
    )
    status, _, said = invoke("--root", tmp_path)
    assert status == 1
    assert "no interface was found (less likely: lib/base.py:Base); name one with '--at PATH:NAME'" in said


def test_interfaces_of_one_name_have_titles_that_tell_them_apart(tmp_path: Path) -> None:
    base = "class Base:\n" + "".join(f"    def {name}(self):\n        raise NotImplementedError\n" for name in "abc")
    driver = "from .base import Base\nclass {}(Base):\n    def a(self):\n        work()\n"
    write(tmp_path, {f"{folder}/{name}.py": driver.format(name) for folder in ("one", "two") for name in ("X", "Y")})
    write(tmp_path, {f"{folder}/base.py": base for folder in ("one", "two")})
    found = tomli.loads(discover(tmp_path).text)["interfaces"]
    assert [each["title"] for each in found.values()] == ["Base in one/base.py", "Base in two/base.py"]


# -- presets

HALF = """
[interfaces.one]
at = "now.py:Driver"
formerly = ["lib/base.py:Driver"]
drivers = ["lib/*.py"]
[interfaces.two]
at = "other.py:Gone"
drivers = ["lib/*.py"]
"""


@pytest.fixture
def presets(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("presets")
    (folder / "half.toml").write_text(HALF)
    monkeypatch.setattr(configfile, "PRESETS", folder)
    return folder


def test_a_tree_that_a_preset_knows_is_told_so_and_guessed_all_the_same(tmp_path: Path, presets: Path) -> None:
    text = discover(library(tmp_path)).text
    assert "'hvsupport init --preset half'" in text
    assert tomli.loads(text)["interfaces"]["Driver"]["at"] == "lib/base.py:Driver"


def test_other_trees_are_not(tmp_path: Path, presets: Path) -> None:
    (presets / "half.toml").write_text(HALF.replace("lib/base.py:Driver", "lib/base.py:Device"))
    assert "--preset" not in discover(library(tmp_path)).text


def test_a_config_that_extends_a_preset_leaves_its_interfaces_to_it(tmp_path: Path, presets: Path) -> None:
    made = discover(library(tmp_path), preset="half")
    assert tomli.loads(made.text) == {"preset": "half"}
    assert [f"{each.path}:{each.name}" for each in made.interfaces] == ["lib/base.py:Driver"]
    assert "lib/base.py:Driver" not in made.text


def test_known_interfaces_and_a_preset_exclude_each_other(tmp_path: Path) -> None:
    done = CliRunner().invoke(command, ["--root", str(tmp_path), "--at", "a.py:A", "--preset", "libvirt"])
    assert "--at cannot be combined with --preset" in str(done.exception)
