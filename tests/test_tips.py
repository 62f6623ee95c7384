"""Every tip of every rule's examples is followed, and the finding is gone.

A tip is a sentence, so each shape of sentence has a function here that does what it says. A tip without one fails.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from test_rules import CASES, _findings, _read, _tabs, _tree

from hvsupport.annotate import cli
from hvsupport.annotate.config.load import load as load_config
from hvsupport.annotate.findings import Finding
from hvsupport.annotate.judge import judge
from hvsupport.annotate.rules.base import Example, Rule

Follow = Callable[[Path, Finding, "re.Match[str]"], None]
WRONG = [(rule, example) for rule, example in CASES if example.findings and rule.command in ("check", "tabs")]


def _command(root: Path, finding: Finding, said: re.Match[str]) -> None:
    words = said[1].replace("RELEASE", "1.4.0").split()
    assert CliRunner().invoke(cli.group, [*words, "--root", str(root)]).exit_code == 1


def _on_line(root: Path, finding: Finding, old: str, new: str) -> None:
    """Replace a text from the finding's column on, or the last one in front of it."""
    path = root / finding.place.path
    lines = path.read_text(encoding="utf-8").split("\n")
    line, at = lines[finding.place.line - 1], finding.place.column - 1
    at = line.find(old, at) if old in line[at:] else line.rindex(old)
    lines[finding.place.line - 1] = line[:at] + new + line[at + len(old) :]
    path.write_text("\n".join(lines), encoding="utf-8")


def _write(root: Path, finding: Finding, said: re.Match[str]) -> None:
    assert finding.found is not None
    _on_line(root, finding, finding.found, said[1])


def _meant(root: Path, finding: Finding, said: re.Match[str]) -> None:
    """A release is the first word of its message; any other name is what was found."""
    release = re.match(r"[0-9.]+(?= is not)", finding.message)
    code = re.search(r"unknown rule '(\w+)'", finding.message)
    wrong = release[0] if release else code[1] if code else finding.found
    assert wrong is not None
    _on_line(root, finding, wrong, said[1])


def _configure(text: str) -> Follow:
    """Add a line below the interface; ``{...}`` are the groups of the tip and fields of the finding."""

    def follow(root: Path, finding: Finding, said: re.Match[str]) -> None:
        line = text.format(*said.groups(), found=finding.found, driver=finding.driver, path=finding.place.path)
        config = root / "hvsupport.toml"
        config.write_text(config.read_text() + line + "\n")

    return follow


def _end_of_span(root: Path, finding: Finding, said: re.Match[str]) -> None:
    assert finding.found is not None
    _on_line(root, finding, finding.found, finding.found.partition(" - ")[0])


def _came_back(root: Path, finding: Finding, said: re.Match[str]) -> None:
    assert finding.found is not None
    _on_line(root, finding, finding.found, f"{finding.found}, 1.4.0")
    shutil.copyfile(root / finding.place.path, root / "kept")


def _delete_driver(root: Path, finding: Finding, said: re.Match[str]) -> None:
    (root / finding.place.path).write_text("from api import Driver\n")
    _configure("[interfaces.{0}.removed]\n'{driver}' = '{found}'")(root, finding, said)


def _put_back(root: Path, finding: Finding, said: re.Match[str]) -> None:
    assert finding.expected is not None
    spans = re.findall(r"'([^']*)'", finding.expected)[-1].replace("SINCE", "<= 1.4.0")
    path = root / finding.place.path
    text = re.sub(rf"\n    def {finding.entry}\(.*\n        .*\n", "", path.read_text())
    path.write_text(f"{text}\n    def {finding.entry}(self, guest):  # {spans}\n        raise NotImplementedError\n")


def _second(root: Path, finding: Finding, said: re.Match[str]) -> None:
    path = root / finding.place.path
    lines = path.read_text().split("\n")
    path.write_text("\n".join([*lines[: finding.place.line - 1], *lines[finding.place.line + 1 :]]))


def _repair(root: Path, finding: Finding, said: re.Match[str]) -> None:
    _on_line(root, finding, "(Driver:", ":")


def _rewrite(root: Path, finding: Finding, said: re.Match[str]) -> None:
    path = root / finding.place.path
    path.write_text(path.read_text().partition("    def __getattr__")[0])


def _derive(root: Path, finding: Finding, said: re.Match[str]) -> None:
    source = (
        "from api import Driver\n\n\nclass Added(Driver):\n    def start(self, guest):  # 1.0.0\n        return 1\n"
    )
    (root / "drivers" / "added.py").write_text(source)


def _declare(root: Path, finding: Finding, said: re.Match[str]) -> None:
    with (root / finding.place.path).open("a") as file:
        file.write("\n    def start(self, guest):\n        raise NotImplementedError\n")


def _ignore(root: Path, finding: Finding, said: re.Match[str]) -> None:
    path = root / finding.place.path
    lines = path.read_text().split("\n")
    lines[finding.place.line - 1] += f"  # {said[1]}"
    path.write_text("\n".join(lines))


def _by_hand(root: Path, finding: Finding, said: re.Match[str]) -> None:
    assert finding.found is not None and finding.expected is not None
    _on_line(root, finding, finding.found, finding.expected)


def _delete(root: Path, finding: Finding, said: re.Match[str]) -> None:
    path = root / finding.place.path
    path.write_text(re.sub(r"  # hvsupport: .*", "", path.read_text()))


def _escape(root: Path, finding: Finding, said: re.Match[str]) -> None:
    _on_line(root, finding, "\t", "\\t")


def _spaces(root: Path, finding: Finding, said: re.Match[str]) -> None:
    _on_line(root, finding, "\t", "        ")


#: The whole of a tip -> what it says to do.
TIPS: dict[str, Follow] = {
    r"run 'hvsupport (annotate --since RELEASE)' to write it; with '--diff REV' only what is new since REV": _command,
    r"run 'hvsupport (stamp [\d.]+)' to replace every 'next'": _command,
    r"write '([^']*)'(?: only if it is not released yet)?": _write,
    r"write '(next)'; 'hvsupport stamp' replaces it with the release": _meant,
    r"write '(next)', since the call itself is in no release yet": _write,
    r"did you mean '([^']*)'\?": _meant,
    r"remove the end of the span": _end_of_span,
    r"if it came back, add that release: 'A - B, C'; if it never went, remove the end of the span": _came_back,
    r"annotate the removal beside each entry; or delete the driver, and add it under \[interfaces\.(\w+)\.removed\] "
    r"in the config": _delete_driver,
    r"put it back like that, so that the page still shows which releases had it"
    r"(?:; SINCE may be '<= RELEASE', with any release that had it)?": _put_back,
    r"add '([^']*)' = 'SINCE - next' to \[interfaces\.(\w+)\.removed\] in the config; "
    r"if it was only renamed, accept this once with a baseline": _configure(
        "[interfaces.{1}.removed]\n'{0}' = '1.0.0 - next'"
    ),
    r"add it under 'additional', with a reason, or under 'extensions' in the config": _configure(
        "extensions = ['{found}']"
    ),
    r"remove one of them": _second,
    r"write it so that it can be read, or declare it under 'dynamic' in the config with the reason, "
    r"if it adds and removes no entry": _rewrite,
    r"fix the syntax; if the file is written for another Python, .*, or exclude it": _repair,
    r"name it under 'external' in the config, with the reason why it brings no entries": _configure(
        "external = {{ '{found}' = 'it has no entries' }}"
    ),
    r"derive a class from it in a file of 'drivers', or correct 'at', .* in the config": _derive,
    r"declare its members, or set 'inherited-entries' .*, or correct 'at', .* in the config": _declare,
    r"if the releases are right, say so on this line: '(hvsupport: ignore\[HV021\] reason)'": _ignore,
    r"change it by hand": _by_hand,
    r"delete it": _delete,
    r"write \\t \(or chr\(9\) in a raw string\)": _escape,
    r"write spaces, or \\t where the text is data; or list the file under 'exempt' in \[tabs\]": _spaces,
}


@pytest.mark.parametrize(("rule", "example"), WRONG, ids=[f"{rule.code}: {each.id}" for rule, each in WRONG])
def test_a_tip_is_followed_and_its_finding_is_gone(rule: Rule, example: Example, tmp_path: Path) -> None:
    for number, finding in enumerate(_findings(rule, example, tmp_path / "all")):
        if finding.tip is None:
            continue
        found = [(said, follow) for tip, follow in TIPS.items() if (said := re.fullmatch(tip, finding.tip))]
        assert len(found) == 1, f"which function follows this tip? {finding.tip}"
        root = tmp_path / str(number)
        assert finding in _findings(rule, example, root), "the finding that the tip belongs to"
        said, follow = found[0]
        follow(root / "now", finding, said)
        left = _again(rule, example, root)
        assert (finding.code, finding.message) not in [(one.code, one.message) for one in left]
        assert finding.identity not in [one.identity for one in left], "nothing new in its place"


@pytest.mark.parametrize(("rule", "example"), WRONG, ids=[f"{rule.code}: {each.id}" for rule, each in WRONG])
def test_what_a_command_can_fix_is_fixed(rule: Rule, example: Example, tmp_path: Path) -> None:
    found = _findings(rule, example, tmp_path)
    if rule.fix is None or not any(one.fixable for one in found if one.code == rule.code):
        return
    words = [*rule.fix.split(), *([example.gate or "1.4.0"] if rule.fix == "stamp" else [])]
    CliRunner().invoke(cli.group, [*words, "--root", str(tmp_path / "now")])
    assert not any(one.fixable for one in _again(rule, example, tmp_path) if one.code == rule.code)


def _again(rule: Rule, example: Example, root: Path) -> tuple[Finding, ...]:
    """The findings of the tree as it is now."""
    now = root / "now"
    if rule.command == "tabs":
        return _tabs(now)
    config = load_config(root=now, config=None, preset=None)
    previous = _read(_tree(root / "before", {})) if example.before is not None else None
    gate = None if example.gate is None else config.scheme.parse(example.gate)
    return judge(config, _read(config), gate=gate, previous=previous).findings


def test_every_function_is_needed(tmp_path: Path) -> None:
    tips = {
        finding.tip
        for number, (rule, example) in enumerate(WRONG)
        for finding in _findings(rule, example, tmp_path / str(number))
    }
    assert [tip for tip in TIPS if not any(re.fullmatch(tip, each) for each in tips if each)] == []
