"""Every rule against its own examples, and what all rules have in common.

An example is a small tree; it is read as ``hvsupport check`` reads one, with all rules. A valid example has no finding
of its rule; an invalid one has exactly the findings it names. Neither may have a finding of another rule that it does
not name, lest an example that is shown in the docs breaks another rule.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import told
import tree_builder

from hvsupport.annotate import run
from hvsupport.annotate.catalogue import Catalogue
from hvsupport.annotate.config import load as configfile
from hvsupport.annotate.config.value import Config, TabsConfig
from hvsupport.annotate.errors import UsageError
from hvsupport.annotate.findings import Finding
from hvsupport.annotate.history import tags
from hvsupport.annotate.history.claims import claims
from hvsupport.annotate.history.findings import findings as history_findings
from hvsupport.annotate.history.past import Past
from hvsupport.annotate.history.verdicts import History
from hvsupport.annotate.judge import judge
from hvsupport.annotate.model import PROBLEM_KINDS
from hvsupport.annotate.rules import CHECKED, CODES, TAB_CODES, load, selected
from hvsupport.annotate.rules.base import Context, Example, Rule, listing
from hvsupport.annotate.rules.essay import markdown
from hvsupport.annotate.tabs.survey import Surveyor
from hvsupport.gen import site, theme
from hvsupport.gen.pages import documents as pages

RULES = [load(code) for code in CODES]
CASES = [(rule, example) for rule in RULES for example in (*rule.valid, *rule.invalid)]
#: The rules whose findings are about a protocol: pages lead from it to its own findings by its key.
OF_PROTOCOLS = ("HV020", "HV021", "HV022")
IDS = [f"{rule.code}: {example.id}" for rule, example in CASES]


def _tree(root: Path, files: Mapping[str, str]) -> Config:
    for path, text in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return configfile.load(root=root, config=None, preset=None)


def _read(config: Config) -> Catalogue:
    return run.catalogue(config, jobs=1, cache=False)


def _tabs(root: Path) -> tuple[Finding, ...]:
    return tuple(finding for file in Surveyor(root, TabsConfig()).survey().files for finding in file.findings)


def _pages(config: Config) -> tuple[Finding, ...]:
    documents = pages.load(config.root, "docs", None) if (config.root / "docs").is_dir() else pages.Documents()
    return site.build(_read(config), settings=site.Settings(documents=documents, theme=theme.load(config))).findings


def _verified(example: Example, root: Path) -> tuple[Finding, ...]:
    """The findings of ``verify``: 1.2.0 is the earlier tree, and 1.3.0 the one that is shown."""
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    for tag, files in (("1.2.0", {**example.tree, **(example.before or {})}), ("1.3.0", example.tree)):
        config = _tree(root, files)
        for words in (["add", "-A"], ["commit", "-q", "--allow-empty", "-m", tag], ["tag", tag]):
            subprocess.run(["git", "-c", "user.name=A", "-c", "user.email=a@example.org", *words], cwd=root, check=True)
    past = Past(config, cache=False, jobs=1)
    catalogue = _read(config)
    history = History(catalogue, tags.read(config), past)
    found = history_findings(history.verdicts(claims(catalogue)))
    past.close()
    return tuple(found)


def _findings(rule: Rule, example: Example, root: Path) -> tuple[Finding, ...]:
    config = _tree(root / "now", example.tree)
    if rule.command == "tabs":
        return _tabs(config.root)
    if rule.command == "docs":
        return _pages(config)
    if rule.command == "verify":
        return _verified(example, root / "history")
    previous = None
    if example.before is not None:
        previous = _read(_tree(root / "before", {**example.tree, **example.before}))
    gate = None if example.gate is None else config.scheme.parse(example.gate)
    return judge(config, _read(config), gate=gate, previous=previous).findings


@pytest.mark.parametrize(("rule", "example"), CASES, ids=IDS)
def test_example(rule: Rule, example: Example, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    found = _findings(rule, example, tmp_path)
    told.compare(request, found)
    mine = [one for one in found if one.code == rule.code]
    assert [(one.place.path, one.place.line) for one in mine] == [(one.path, one.line) for one in example.findings]
    for finding, expected in zip(mine, example.findings, strict=True):
        assert expected.message in finding.message
    assert {one.protocol for one in mine} <= {"handover-v1" if rule.code in OF_PROTOCOLS else None}
    if not example.findings:
        assert list(found) == []


def of(code: str, source: str, *known: str) -> list[tuple[int, str]]:
    """Line and message of each finding of a rule in a file of drivers, where such releases are known, or all are."""
    keys = {"known": tuple(map(tree_builder.X.parse, known)) if known else None}
    context = Context(tree_builder.drivers(source, **keys), tree_builder.config(**keys))
    return [(one.place.line, one.message) for one in load(code).check(context)]


@pytest.mark.parametrize(
    ("other", "fault"),
    [
        ("deprecated", "deprecated in 1.1, when it was not there"),
        ("versionremoved", "removed in 1.1, but added in 1.2"),
    ],
)
def test_the_directives_of_a_docstring_are_one_annotation(other: str, fault: str) -> None:
    """They contradict each other once, at the first of them."""
    text = f"Open.\n\n        .. versionadded:: 1.2\n        .. {other}:: 1.1\n        "
    source = f"class D(Driver):\n    def open(self):\n        '''{text}'''\n        return 1\n"
    assert of("HV005", source) == [(6, f"'open' of lib.drivers:D contradicts itself: {fault}")]


def test_a_driver_of_an_unknown_release_is_no_measure_for_its_entries() -> None:
    """Its release is HV003 and must not be told again at each entry."""
    source = "class D(Driver):  # 1.1\n    def open(self): return 1  # 1.0\n"
    assert of("HV004", source, "1.0", "1.1", "1.2") == [
        (3, "'open' of lib.drivers:D is annotated 1.0, older than the driver lib.drivers:D itself (1.1)")
    ]
    assert of("HV004", source, "1.0", "1.2") == []


def test_annotations_that_no_cell_uses_are_judged_too() -> None:
    """Each by itself, for nothing tells what they are about."""
    base = "class {0}(Driver):\n    def open(self):  # 1.2 - 1.0\n        return 1\n"
    both = base.format("One") + base.format("Two")
    heir = "class D(One, Two):  # 1.0\n    def open(self): return 2  # 1.0\n"
    fault = "the annotation contradicts itself: removed in 1.0, but added in 1.2"
    assert of("HV005", both + heir) == [(3, fault), (6, fault)]


@pytest.mark.parametrize(
    ("count", "text"), [(0, "none"), (2, "n0, n1"), (12, ", ".join(f"n{at}" for at in range(12)))], ids=str
)
def test_few_names_are_listed(count: int, text: str) -> None:
    assert listing(f"n{at}" for at in range(count)) == text


def test_of_many_names_the_last_are_listed() -> None:
    assert listing(f"n{at}" for at in range(13)) == "13 names, the last n10, n11, n12"


@pytest.mark.parametrize("rule", RULES, ids=CODES)
def test_a_rule_explains_itself(rule: Rule) -> None:
    essay = markdown(rule)
    assert essay.startswith(f"## {rule.code} {rule.name}\n")
    headings = ["What it does", "Why it is bad", "Example", "Use instead", "Notes"]
    assert [line[4:] for line in essay.splitlines() if line.startswith("### ")] == headings
    assert rule.valid and rule.invalid
    assert rule.summary.endswith(".") and rule.why.endswith((".", ")"))


@pytest.mark.parametrize("rule", RULES, ids=CODES)
def test_examples_can_be_told_apart(rule: Rule) -> None:
    ids = [example.id for example in (*rule.valid, *rule.invalid)]
    assert len(ids) == len(set(ids))
    assert all(example.findings for example in rule.invalid)
    assert not any(example.findings for example in rule.valid)


def test_every_problem_has_a_rule_that_reports_it() -> None:
    assert set(PROBLEM_KINDS.values()) <= set(CODES)


@pytest.mark.parametrize(
    ("select", "ignore", "codes"),
    [
        pytest.param((), (), CHECKED, id="all"),
        pytest.param(("HV00",), (), CODES[:9], id="a prefix"),
        pytest.param(("HV001", "HV04"), (), ("HV001", "HV040"), id="two prefixes"),
        pytest.param(("HV00",), ("HV001", "HV002"), CODES[2:9], id="select, then ignore"),
        pytest.param((), ("HV",), (), id="ignore all"),
    ],
)
def test_selected(select: tuple[str, ...], ignore: tuple[str, ...], codes: tuple[str, ...]) -> None:
    assert selected(select, ignore) == codes


def test_rules_of_another_command_are_named_as_such() -> None:
    assert selected(("TAB001",), (), TAB_CODES) == ("TAB001",)
    with pytest.raises(UsageError, match="TAB001 belongs to 'hvsupport tabs'"):
        selected(("TAB001",))
    with pytest.raises(UsageError, match="HV001 belongs to 'hvsupport check'"):
        selected(("HV001",), (), TAB_CODES)


@pytest.mark.parametrize(("select", "ignore"), [(("HV099",), ()), ((), ("hv001",)), (("",), ())])
def test_a_prefix_that_fits_nothing_is_an_error(select: tuple[str, ...], ignore: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="no rule starts with"):
        selected(select, ignore)


@pytest.mark.parametrize(
    ("code", "hint"), [("HV04", "did you mean HV040"), ("hv001", "did you mean HV001"), ("x", "known rules: HV001")]
)
def test_an_unknown_code_is_answered_with_a_known_one(code: str, hint: str) -> None:
    with pytest.raises(UsageError, match=f"^unknown rule '{code}'; {hint}"):
        load(code)
