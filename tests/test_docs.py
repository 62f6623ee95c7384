"""README.md and the pages under docs/ do what they say: their commands run, their links lead somewhere.

A page is a story. A fence below a line that ends in "`path`:" is a file, a `diff` fence changes files, and a `console`
fence is a session, whose output must be what the commands really print; this writes that output into the pages:

    python tests/test_docs.py [PAGE]...

An `sh` fence is not run (it would install something, or it stands for somebody else's tree), but the commands and
options in it must exist.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
import tomli
import yaml
from click.testing import CliRunner

from hvsupport.annotate import grammar, release
from hvsupport.annotate.cli import COMMANDS, group
from hvsupport.annotate.config import load as configfile
from hvsupport.annotate.errors import AnnotationError
from hvsupport.annotate.model import HOWS, STATES
from hvsupport.gen.pages import documents as pages

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
README = ROOT / "README.md"
UPDATE = "python tests/test_docs.py"
#: The tree that README's output comes from; the other pages bring their own.
README_TREE = ROOT / "tests" / "data" / "readme"
#: These are made from code, and tests of their own hold them current.
GENERATED = ("cli.md", "configuration.md", "rules.md", "views.md")
WRITTEN = (README, ROOT / "CHANGELOG.md", *sorted(path for path in DOCS.glob("*.md") if path.name not in GENERATED))

FENCE = re.compile(r"^(`{3,})([a-z]*)\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"`([\w./-]+)`:\n\n\Z")
INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
SOFT_BREAK = re.compile(r"(?<!\n)\n(?![\n|])")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]*")
#: A command with one of these needs a shell.
SIGNS = frozenset("|&;<>$*?(){}`\\#~")


@dataclass(frozen=True)
class Fence:
    """A fenced block: its language, what it holds, which file that is, and where it stands in the page."""

    kind: str
    body: str
    path: str | None
    start: int


def fences(text: str) -> list[Fence]:
    return [_fence(text, match) for match in FENCE.finditer(text)]


def _fence(text: str, match: re.Match[str]) -> Fence:
    named = NAMED.search(text[: match.start()])
    return Fence(match[2], match[3], named[1] if named else None, match.start(3))


def page_id(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


# -- stories: what a page says is what happens


class Story:
    """A folder in which the commands of one page run, one after the other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "tree"
        self.status = 0
        self._environment = _environment(folder)

    def tell(self, page: Path) -> str:
        """Run a page, and return it with the output that its commands really give."""
        if page == README:
            shutil.copytree(README_TREE, self.folder)
        self.folder.mkdir(exist_ok=True)
        text, told, end = page.read_text(encoding="utf-8"), [], 0
        for fence in fences(text):
            told += [text[end : fence.start], self._body(fence)]
            end = fence.start + len(fence.body)
        return "".join([*told, text[end:]])

    def _body(self, fence: Fence) -> str:
        """Write the file, apply the change or run the session of one fence; return what should stand in it."""
        if fence.kind == "console":
            commands = [line[2:] for line in fence.body.splitlines() if line.startswith("$ ")]
            return "".join(f"$ {command}\n{self._run(command)}" for command in commands)
        if fence.kind == "diff":
            self._apply(fence.body)
        elif fence.path is not None:
            path = self.folder / fence.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(fence.body, encoding="utf-8")
        return fence.body

    def _run(self, command: str) -> str:
        """Run one command, and return what it prints on standard output and error."""
        alone = command.startswith("hvsupport ") and not set(command) & SIGNS
        output = self._run_here(shlex.split(command)[1:]) if alone else self._run_in_shell(command)
        return output if not output or output.endswith("\n") else output + "\n"

    def _run_here(self, arguments: list[str]) -> str:
        """Run ``hvsupport`` in this process, which takes a tenth of the time of starting it."""
        here = Path.cwd()
        os.chdir(self.folder)
        try:
            environment = {**dict.fromkeys(os.environ), **self._environment}
            done = CliRunner().invoke(group, arguments, prog_name="hvsupport", env=environment)
        finally:
            os.chdir(here)
        assert isinstance(done.exception, (SystemExit, type(None))), done.exception
        self.status = done.exit_code
        return done.output

    def _run_in_shell(self, command: str) -> str:
        """Run a line of a shell, with the exit status of the one before in ``$?``."""
        done = subprocess.run(
            ["sh", "-c", f"(exit {self.status})\n{command}"],
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
        self.status = done.returncode
        return done.stdout

    def _apply(self, diff: str) -> None:
        subprocess.run(["git", "apply", "-"], cwd=self.folder, env=self._environment, input=diff.encode(), check=True)


def _environment(folder: Path) -> dict[str, str]:
    """An environment in which every machine prints the same, and in which programs are those of this tree."""
    programs, home = folder / "programs", folder / "home"
    programs.mkdir()
    home.mkdir()
    for name, module in (("hvsupport", "hvsupport.annotate"), ("sphinx-build", "sphinx"), ("mkdocs", "mkdocs")):
        tool = programs / name
        tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {module} "$@"\n', encoding="utf-8")
        tool.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "HVSUPPORT_"))}
    people = {f"GIT_{who}_{what}": "x@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    return {
        **kept,
        **people,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_CEILING_DIRECTORIES": str(folder),
        "LC_ALL": "C.UTF-8",
        "COLUMNS": "100",
    }


STORIES = [page for page in WRITTEN if any(fence.kind == "console" for fence in fences(page.read_text("utf-8")))]
#: Builds sites with Sphinx and MkDocs, which takes seconds; tests/heavy/test_integrations.py tells it.
LONG = DOCS / "sphinx-mkdocs.md"


@pytest.mark.parametrize("page", [page for page in STORIES if page != LONG], ids=page_id)
def test_the_output_on_a_page_is_what_its_commands_print(page: Path, tmp_path: Path) -> None:
    told = Story(tmp_path).tell(page)
    assert told == page.read_text(encoding="utf-8"), f"{page_id(page)} is out of date; to update it: {UPDATE}"


def test_readme_shows_a_finding_and_the_tutorial_ends_clean() -> None:
    assert ": HV001 " in README.read_text(encoding="utf-8")
    sessions = [fence.body for fence in fences((DOCS / "tutorial.md").read_text("utf-8")) if fence.kind == "console"]
    checks = [session for session in sessions if session.startswith("$ hvsupport check")]
    assert ": HV001 " in checks[0]
    assert sessions[-1].endswith("$ hvsupport check --release 1.2.0\nNo findings.\n")


# -- commands and options


def _options() -> dict[str, set[str]]:
    """Command -> its options, and under an empty name those of the group."""
    context = click.Context(group, info_name="hvsupport")
    found = {"": _names(group, context)}
    for name in COMMANDS:
        command = group.get_command(context, name)
        assert command is not None
        found[name] = _names(command, click.Context(command, info_name=name, parent=context))
    return found


def _names(command: click.Command, context: click.Context) -> set[str]:
    parameters = command.get_params(context)
    return {name for each in parameters for name in (*each.opts, *each.secondary_opts) if name.startswith("-")}


def mentioned(text: str) -> Iterator[list[str]]:
    """The words of every call of ``hvsupport`` in fences and inline code, without the name itself."""
    pieces = [line for fence in fences(text) if fence.kind in ("console", "sh", "yaml") for line in _lines(fence.body)]
    pieces += inline(text)
    for piece in pieces:
        called = re.search(r"(?:^|\s|/)hvsupport ((?!on\b)[a-z-].*)$", piece)
        if called and not piece.lstrip().startswith("#"):
            yield shlex.split(called[1].replace("'", ""), comments=True)


def inline(text: str) -> list[str]:
    """The inline code of a page, also where it runs over the end of a line."""
    return INLINE.findall(SOFT_BREAK.sub(" ", FENCE.sub("", text)))


def _lines(body: str) -> list[str]:
    """The lines of a fence that are commands: in a session only those behind ``$``."""
    lines = body.splitlines()
    return [line[2:] for line in lines if line.startswith("$ ")] if "$ " in body else lines


@pytest.mark.parametrize("page", WRITTEN, ids=page_id)
def test_commands_and_options_on_a_page_exist(page: Path) -> None:
    text, known = page.read_text(encoding="utf-8"), _options()
    for words in mentioned(text):
        name = "" if words[0].startswith("-") else words[0]
        assert name in known, f"there is no command {words[0]!r}: hvsupport {' '.join(words)}"
        unknown = {option for option in OPTION.findall(" ".join(words)) if option not in known[name]}
        assert not unknown, f"hvsupport {name} has no {', '.join(sorted(unknown))}"
    sheet = (ROOT / "templates" / "hvsupport.css").read_text(encoding="utf-8")
    everywhere = set(re.findall(r"(--[a-z0-9-]+):", sheet)).union(*known.values())
    alone = {match[0] for each in inline(text) if (match := OPTION.match(each))}
    assert not alone - everywhere


def test_the_check_of_commands_sees_those_in_sessions_in_scripts_and_in_prose() -> None:
    text = "`hvsupport check --diff main` or\n\n```sh\nx | hvsupport docs --out site  # there\n```\n"
    assert list(mentioned(text)) == [["docs", "--out", "site"], ["check", "--diff", "main"]]


# -- links, configuration, YAML


def test_links_between_the_pages_lead_somewhere() -> None:
    documents = pages.load(ROOT, "docs")
    files = {one.path: one.body.encode() for one in documents.pages}
    assert documents.intro is not None
    files["index.html"] = documents.intro.body.encode()
    found = [*documents.findings, *pages.check_references(documents, {**files, **documents.assets})]
    assert [f"{one.place}: {one.message}" for one in found] == []


def test_every_page_is_reachable_from_the_introduction() -> None:
    text = (DOCS / "index.md").read_text(encoding="utf-8")
    linked = set(re.findall(r"\]\(([\w/-]+\.md)\)", text))
    assert {path.name for path in DOCS.glob("*.md")} - {"index.md"} <= linked


@pytest.mark.parametrize("page", [README, ROOT / "CHANGELOG.md"], ids=page_id)
def test_links_of_the_pages_above_docs_lead_to_files(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        assert "://" in target or (page.parent / target).exists(), target


def test_screenshots_are_small_enough_for_a_repository() -> None:
    pictures = list((DOCS / "images").glob("*.png"))
    assert {picture.name for picture in pictures} == set(re.findall(r"docs/images/(\w+\.png)", README.read_text()))
    for picture in pictures:
        assert picture.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
        assert picture.stat().st_size < 150_000


@pytest.mark.parametrize("page", WRITTEN, ids=page_id)
def test_toml_on_a_page_uses_keys_that_exist(page: Path, tmp_path: Path) -> None:
    for fence in fences(page.read_text(encoding="utf-8")):
        if fence.kind == "toml":
            values = tomli.loads(fence.body)
            path = tmp_path / ("pyproject.toml" if "tool" in values else "hvsupport.toml")
            path.write_text(fence.body, encoding="utf-8")
            problems = [one for one in configfile.load(config=path).problems if "unknown key" in one.message]
            assert problems == [], fence.body


def test_hook_of_the_readme_is_one_of_ours() -> None:
    ours = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))}
    named = []
    for page in WRITTEN:
        for fence in fences(page.read_text(encoding="utf-8")):
            data = yaml.safe_load(fence.body) if fence.kind == "yaml" else None
            repositories = data.get("repos", []) if isinstance(data, dict) else []
            named += [hook["id"] for repository in repositories for hook in repository["hooks"]]
    assert named
    assert set(named) <= ours


@pytest.mark.parametrize("page", WRITTEN, ids=page_id)
def test_a_page_is_plain_text_of_this_project(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert "\t" not in text
    assert not re.search(r"/(?:home|root|tmp|work)/", text)
    prose = [line for line in FENCE.sub("", text).splitlines() if not line.startswith("|")]
    assert max(map(len, prose)) <= 120


# -- what docs/annotations.md claims about the grammar


def table(page: str, heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, its head aside."""
    text = (DOCS / page).read_text(encoding="utf-8")
    below = re.split(rf"^#+ {re.escape(heading)}$", text, maxsplit=1, flags=re.MULTILINE)[1]
    rows = [line.strip().strip("|") for line in below.splitlines() if line.startswith("|")]
    first = below.splitlines()
    start = next(index for index, line in enumerate(first) if line.startswith("|"))
    stop = next((index for index in range(start, len(first)) if not first[index].startswith("|")), len(first))
    return [[cell.strip() for cell in row.split("|")] for row in rows[: stop - start]][2:]


def code(cell: str) -> str:
    """The text between the backticks of a cell."""
    return cell.strip("`").strip()


SCHEME = release.scheme("x.y.z")


def test_annotations_in_the_table_of_the_grammar_are_annotations() -> None:
    for written, *_ in table("annotations.md", "Grammar"):
        assert grammar.parse(code(written), SCHEME), written
        assert grammar.begins_annotation(code(written), SCHEME)


def test_near_misses_are_corrected_as_the_table_says() -> None:
    rows = table("annotations.md", "Near misses")
    assert len(rows) >= 8
    for written, corrected, *_ in rows:
        miss = grammar.near_miss(code(written), SCHEME)
        if miss is None:
            assert grammar.begins_annotation(code(written), SCHEME), written
            with pytest.raises(AnnotationError) as raised:
                grammar.parse(code(written), SCHEME)
            miss = raised.value
        assert miss.corrected == (code(corrected) if "`" in corrected else None), written


def test_prose_in_the_list_is_prose() -> None:
    text = (DOCS / "annotations.md").read_text(encoding="utf-8").partition("Other comments are prose")[2]
    prose = [line[3:].rstrip("`") for line in text.splitlines() if line.startswith("- `")]
    assert len(prose) >= 3
    for each in prose:
        assert not grammar.begins_annotation(each, SCHEME), each
        assert grammar.near_miss(each, SCHEME) is None, each


def test_every_scheme_state_and_way_is_explained() -> None:
    schemes = {code(row[0]): code(row[1]) for row in table("annotations.md", "Release schemes")}
    assert tuple(schemes) == release.SCHEMES
    for name, written in schemes.items():
        for text in written.replace("`", "").split(", "):
            assert release.scheme(name, ["2015.1", "12.0.0"]).accepts(text), (name, text)
    assert tuple(code(row[0]) for row in table("annotations.md", "States")) == STATES
    assert tuple(code(row[0]) for row in table("annotations.md", "Origins")) == HOWS


# -- what docs/architecture.md claims


def test_architecture_names_every_module_and_no_other() -> None:
    text = (DOCS / "architecture.md").read_text(encoding="utf-8")
    named = set(inline(text))
    named |= {name.removeprefix("gen/") for name in named}
    there = {path.name for path in (ROOT / "gen").glob("[a-z]*.py")}
    for path in (ROOT / "annotate").iterdir():
        if (path.suffix == ".py" and path.stem != "__init__") or (path / "__init__.py").exists():
            there.add(path.relative_to(ROOT).as_posix())
    assert there <= named, f"docs/architecture.md does not name {', '.join(sorted(there - named))}"
    paths = {name for name in named if name.startswith(("annotate/", "gen/", "tests/")) and "NNN" not in name}
    assert [name for name in sorted(paths) if not (ROOT / name).exists()] == []


# -- the update command


def main(names: list[str]) -> None:
    """Write what the commands really print into the pages."""
    for page in [Path(name).resolve() for name in names] or STORIES:
        with tempfile.TemporaryDirectory() as folder:
            told = Story(Path(folder).resolve()).tell(page)
        if told != page.read_text(encoding="utf-8"):
            page.write_text(told, encoding="utf-8")
            print(f"updated {page_id(page)}")


if __name__ == "__main__":
    main(sys.argv[1:])
