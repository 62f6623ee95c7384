"""Exceptions: what they silence, and what becomes of those that silence nothing any more."""

from __future__ import annotations

import json

import pytest
import tree_builder as t
from hypothesis import given
from hypothesis import strategies as st

from hvsupport.annotate import suppress
from hvsupport.annotate.errors import BaselineError
from hvsupport.annotate.findings import Finding
from hvsupport.annotate.judge import judge
from hvsupport.annotate.model import Ignore, Place
from hvsupport.annotate.rules import CODES


def finding(code: str = "HV001", line: int = 1, entry: str = "start", message: str = "no release") -> Finding:
    return Finding(code, Place("a.py", line), message, driver="a:A", entry=entry)


def ignore(*codes: str, line: int = 1, reason: str = "known") -> Ignore:
    return Ignore(Place("a.py", line), codes, reason)


FINDINGS = st.lists(
    st.builds(
        finding,
        st.sampled_from(["HV001", "HV004"]),
        st.integers(1, 4),
        st.sampled_from(["start", "stop"]),
        st.sampled_from(["x", "y"]),
    ),
    max_size=8,
    unique=True,
)


@pytest.mark.parametrize(
    "comment",
    [
        pytest.param(ignore("HV001", reason=""), id="no reason"),
        pytest.param(ignore("HV004"), id="another code"),
        pytest.param(ignore("HV001", line=2), id="another line"),
        pytest.param(ignore(), id="no code"),
        pytest.param(ignore("HV0"), id="a prefix is no code"),
        pytest.param(Ignore(Place("b.py"), ("HV001",), "known"), id="another file"),
    ],
)
def test_a_comment_that_silences_nothing(comment: Ignore) -> None:
    assert suppress.apply_ignores([finding()], [comment], CODES)[0] == [finding()]


def test_a_comment_silences_its_codes_on_its_line() -> None:
    comment = ignore("HV001", "HV004")
    found = [finding(), finding("HV004"), finding("HV009"), finding(line=2)]
    kept, unused = suppress.apply_ignores(found, [comment], CODES)
    assert kept == [finding("HV009"), finding(line=2)]
    assert unused == []


def test_what_silences_nothing_is_told_code_by_code() -> None:
    comment = ignore("HV001", "HV004")
    assert suppress.apply_ignores([finding()], [comment], CODES)[1] == [(comment, "HV004")]


def test_a_rule_that_did_not_run_says_nothing_about_its_exceptions() -> None:
    assert suppress.apply_ignores([], [ignore("HV004")], ["HV001"])[1] == []


def test_exceptions_cannot_be_excepted() -> None:
    about = finding("HV040")
    assert suppress.apply_ignores([about], [ignore("HV040")], CODES)[0] == [about]
    assert "HV040" not in suppress.write_baseline([about])


@given(FINDINGS)
def test_a_fresh_baseline_silences_everything_and_nothing_in_it_is_stale(found: list[Finding]) -> None:
    known = suppress.read_baseline(suppress.write_baseline(found), "known.json")
    assert suppress.apply_baseline(found, known, CODES) == ([], [])


@given(FINDINGS)
def test_a_baseline_does_not_depend_on_order_or_lines(found: list[Finding]) -> None:
    moved = [one._replace(place=Place("a.py", one.place.line + 7)) for one in found]
    assert suppress.write_baseline(found) == suppress.write_baseline(moved[::-1])


@given(FINDINGS, FINDINGS)
def test_a_baseline_never_hides_more_than_it_lists(old: list[Finding], new: list[Finding]) -> None:
    known = suppress.read_baseline(suppress.write_baseline(old), "known.json")
    kept, stale = suppress.apply_baseline(new, known, CODES)
    for identity in {one.identity for one in [*old, *new]}:
        listed = sum(one.identity == identity for one in old)
        failing = sum(one.identity == identity for one in new)
        assert sum(one.identity == identity for one in kept) == max(0, failing - listed)
        lines = [left for line, left in stale if line.identity == identity]
        assert lines == ([failing] if failing < listed else [])


def test_a_baseline_is_one_line_a_finding_and_sorted() -> None:
    text = suppress.write_baseline([finding(entry="stop"), finding(), finding(line=3)])
    assert text == (
        '{\n  "version": 1,\n  "findings": [\n'
        '    {"code": "HV001", "path": "a.py", "driver": "a:A", "entry": "start", "count": 2},\n'
        '    {"code": "HV001", "path": "a.py", "driver": "a:A", "entry": "stop", "count": 1}\n'
        "  ]\n}\n"
    )
    assert [line.place for line in suppress.read_baseline(text, "known.json")] == [
        Place("known.json", 4),
        Place("known.json", 5),
    ]


def test_an_empty_baseline_is_one_too() -> None:
    assert suppress.read_baseline(suppress.write_baseline([]), "known.json") == ()


def test_lines_are_found_however_the_file_is_laid_out() -> None:
    whole = json.loads(suppress.write_baseline([finding(entry="stop"), finding()]))
    spread = json.dumps(whole, indent=4)
    lines = spread.splitlines()
    for known in suppress.read_baseline(spread, "known.json"):
        assert "{" in lines[known.place.line - 1]
    assert {known.place.line for known in suppress.read_baseline(json.dumps(whole), "known.json")} == {1}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "known.json:1: not JSON", id="empty"),
        pytest.param("{", "known.json:1: not JSON", id="cut off"),
        pytest.param("[" * 100_000, "known.json:1: not JSON", id="too deep to read"),
        pytest.param("[]", "not a baseline", id="a list"),
        pytest.param('{"version": 2, "findings": []}', "not a baseline", id="a later version"),
        pytest.param('{"version": 1, "findings": {}}', "not a baseline", id="findings are no list"),
        pytest.param('{"version": 1, "findings": [\n1]}', "known.json:2: expected an object", id="a number"),
        pytest.param(
            '{"version": 1, "findings": [{"code": "HV001"}]}', "known.json:1: expected an object", id="keys missing"
        ),
        pytest.param(
            '{"version": 1, "findings": [{"code": 1, "path": "", "driver": "", "entry": "", "count": 1}]}',
            "must be strings",
            id="a code that is no text",
        ),
        pytest.param(
            '{"version": 1, "findings": [{"code": "", "path": "", "driver": "", "entry": "", "count": true}]}',
            "at least 1",
            id="a count that is no number",
        ),
        pytest.param(
            '{"version": 1, "findings": [{"code": "", "path": "", "driver": "", "entry": "", "count": 0}]}',
            "at least 1",
            id="a count of nothing",
        ),
    ],
)
def test_a_broken_baseline_is_an_error_with_its_place(text: str, message: str) -> None:
    with pytest.raises(BaselineError, match=message):
        suppress.read_baseline(text, "known.json")


@given(FINDINGS)
def test_nothing_is_new_against_itself(found: list[Finding]) -> None:
    assert suppress.only_new(found, found) == []
    assert suppress.only_new(found, []) == found


@given(FINDINGS, FINDINGS)
def test_as_many_are_new_as_there_are_more(before: list[Finding], now: list[Finding]) -> None:
    kept = suppress.only_new(now, before)
    for identity in {one.identity for one in now}:
        more = sum(one.identity == identity for one in now) - sum(one.identity == identity for one in before)
        assert sum(one.identity == identity for one in kept) == max(0, more)


def test_a_finding_that_only_moved_is_not_new() -> None:
    assert suppress.only_new([finding(line=9)], [finding(line=1)]) == []


def test_of_two_alike_the_one_with_another_message_is_new() -> None:
    old, new = finding(line=5, message="1.0 is older"), finding(line=2, message="0.9 is older")
    assert suppress.only_new([new, old], [old]) == [new]


OTHERS = """\
{
  "version": 1,
  "findings": [
    {"code": "TAB003", "path": "z.pl", "driver": "", "entry": "",  "count": 7},
    {"code": "HV001", "path": "a.py", "driver": "", "entry": "", "count": 1},
    {"count": 2, "entry": "\\u0061", "driver": "", "path": "a.pl", "code": "TAB001"}
  ]
}
"""


def test_lines_about_rules_that_did_not_run_keep_their_bytes_and_their_order() -> None:
    kept = suppress.lines_of_others(OTHERS, "known.json", ("HV001", "HV002", "HV040"))
    text = suppress.write_baseline([finding(entry="stop")], kept)
    lines = OTHERS.splitlines()
    assert [line.strip().rstrip(",") for line in text.splitlines()[4:6]] == [
        lines[3].strip().rstrip(","),
        lines[5].strip(),
    ]
    assert json.loads(text.splitlines()[3].strip().rstrip(","))["entry"] == "stop"
    assert len(suppress.read_baseline(text, "known.json")) == 3


@pytest.mark.parametrize("text", [pytest.param("", id="empty file"), pytest.param(" \n", id="blank file")])
def test_a_new_file_has_no_lines_of_others(text: str) -> None:
    assert suppress.lines_of_others(text, "known.json", ()) == []


def test_what_is_no_baseline_has_no_lines_to_keep() -> None:
    with pytest.raises(BaselineError, match=r"known\.json:1: not a baseline"):
        suppress.lines_of_others('{"mine": 1}', "known.json", ())


# -- lines about what could not be read

DRIVER = "from .base import Driver\nclass D(Driver):  # 1.0\n    def open(self): return 1\n"
HIDDEN = {
    "the interface is not found": ({"lib/base.py": t.BASE.replace("class Driver", "class Other")}, ["HV012"]),
    "the file of the driver cannot be read": ({"lib/d.py": "class D(:\n"}, ["HV010", "HV012"]),
    "the base of the driver is not found": ({"lib/d.py": DRIVER.replace("D(Driver)", "D(Drvr)")}, ["HV011", "HV012"]),
    "the driver is read in part": (
        {"lib/d.py": DRIVER.replace("def open(self)", "def __getattr__(self, name)")},
        ["HV010"],
    ),
    "the driver is gone": ({"lib/d.py": "", "lib/e.py": DRIVER.replace("class D", "class E")}, ["HV001", "HV040"]),
    "the finding is mended": ({"lib/d.py": DRIVER.replace("return 1", "return 1  # 1.0")}, ["HV040"]),
}


@pytest.mark.parametrize(("changes", "codes"), HIDDEN.values(), ids=list(HIDDEN))
def test_a_line_is_out_of_date_only_where_its_driver_could_be_looked_at(
    changes: dict[str, str], codes: list[str]
) -> None:
    """Else a slip in a header makes all lines look stale, and somebody writes the baseline anew without them."""
    before = {"lib/__init__.py": "", "lib/base.py": t.BASE, "lib/d.py": DRIVER}
    config = t.config()
    known = suppress.read_baseline(suppress.write_baseline(judge(config, t.catalogue(before)).findings), "b.json")
    assert [line.identity[0] for line in known] == ["HV001"]
    found = judge(config, t.catalogue({**before, **changes}), baseline=known).findings
    assert sorted(one.code for one in found) == codes
