"""The text report: one finding, one head line, whatever stands in names; the caret stands below its character."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from hvsupport.annotate.findings import WARNING, Finding
from hvsupport.annotate.model import Place
from hvsupport.annotate.report import PLAIN, Style, render
from hvsupport.annotate.report.summary import summary
from hvsupport.annotate.report.text import drawn
from hvsupport.annotate.report.visible import visible

FULL = Finding(
    "HV004",
    Place("src/a.py", 3, 7),
    "'start' is older than the call",
    found="0.9",
    expected="1.0 or newer",
    tip="look at the tag",
)
BARE = Finding("HV001", Place("src/a.py", 9, 1), "no release", fixable=True)
HOSTILE = st.text(st.characters(), max_size=20)


def test_one_finding() -> None:
    assert render("text", [FULL], Style(summary=False)) == (
        "src/a.py:3:7: HV004 'start' is older than the call\n"
        "    found: 0.9\n    expected: 1.0 or newer\n    tip: look at the tag\n"
    )


def test_the_total_comes_last() -> None:
    assert render("text", [FULL, BARE]).splitlines()[-1] == (
        "Found 2 errors: HV001 1, HV004 1 (1 can be fixed by a command)."
    )


@pytest.mark.parametrize(
    ("findings", "text"),
    [
        ([], "No findings."),
        ([FULL], "Found 1 error: HV004 1."),
        ([Finding("HV040", Place("a"), "x", severity=WARNING)], "Found 1 warning: HV040 1."),
        (
            [FULL, FULL, Finding("HV040", Place("a"), "x", severity=WARNING)],
            "Found 2 errors and 1 warning: HV004 2, HV040 1.",
        ),
    ],
)
def test_summary(findings: list[Finding], text: str) -> None:
    assert summary(findings) == text


@given(HOSTILE, HOSTILE, HOSTILE)
def test_no_name_can_forge_or_hide_a_line(path: str, message: str, found: str) -> None:
    text = render("text", [Finding("HV001", Place(path), message, found=found)], Style(summary=False))
    assert len(text.splitlines()) == 2
    assert all(unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for char in text.replace("\n", ""))
    text.encode("utf-8")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("plain", "plain", id="nothing to escape"),
        pytest.param("gr\u00fc\u00df dich \u6f22", "gr\u00fc\u00df dich \u6f22", id="letters of any script stay"),
        pytest.param("<b>%s</b>", "<b>%s</b>", id="markup is for others to escape"),
        pytest.param("a\nb\rc\td", "a\\nb\\rc\\td", id="line ends and tabs"),
        pytest.param("\x1b[2K", "\\x1b[2K", id="an escape sequence of terminals"),
        pytest.param("\u202eabc", "\\u202eabc", id="right to left"),
        pytest.param("\udcff", "\\udcff", id="a byte that is not UTF-8"),
        pytest.param("\u2028", "\\u2028", id="a line separator"),
        pytest.param("\U000e0001", "\\U000e0001", id="an invisible tag"),
    ],
)
def test_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize(
    ("line", "column", "shown", "caret"),
    [
        pytest.param("def stop(self):", 5, "def stop(self):", 4, id="plain"),
        pytest.param("\tdef stop():", 6, "        def stop():", 12, id="a tab"),
        pytest.param("ab\tstop", 4, "ab      stop", 8, id="a tab goes to the next stop"),
        pytest.param("\u6f22\u5b57 = stop", 6, "\u6f22\u5b57 = stop", 7, id="wide characters take two cells"),
        pytest.param("e\u0301 = stop", 6, "e\u0301 = stop", 4 + 0, id="a combining character takes none"),
        pytest.param("a\x1bb", 3, "a\\x1bb", 5, id="a hidden character is escaped"),
        pytest.param("stop", 5, "stop", 4, id="just behind the line"),
        pytest.param("", 1, "", 0, id="an empty line"),
    ],
)
def test_the_caret_stands_below_its_character(line: str, column: int, shown: str, caret: int) -> None:
    assert drawn(line, column) == (shown, caret)


@given(st.text(st.characters(exclude_characters="\n"), max_size=15), st.text("a\t\u6f22", max_size=8))
def test_the_caret_is_as_far_as_what_is_drawn_before_it(before: str, after: str) -> None:
    shown, caret = drawn(before + after, len(before) + 1)
    assert shown.startswith(drawn(before, 1)[0])
    assert caret == cell_len(drawn(before, 1)[0])


def test_the_source_line_is_shown_below_the_head() -> None:
    lines = {("src/a.py", 3): "class Memory: pass"}
    text = render("text", [FULL, BARE], Style(lambda path, line: lines.get((path, line)), summary=False))
    assert text.splitlines()[:3] == [
        "src/a.py:3:7: HV004 'start' is older than the call",
        "    class Memory: pass",
        "          ^",
    ]
    assert text.splitlines()[-1] == "src/a.py:9:1: HV001 no release"


@pytest.mark.parametrize(
    "line", [pytest.param("x" * 500, id="longer than a screen"), pytest.param("ab", id="shorter than the column")]
)
def test_a_source_line_that_would_not_help_is_left_out(line: str) -> None:
    assert render("text", [FULL], Style(lambda _, __: line)) == render("text", [FULL])


def test_colour_adds_nothing_but_escape_sequences() -> None:
    import re

    style = Style(lambda _, __: "class [bold]Memory[/bold]: pass", colour=True)
    coloured = render("text", [FULL, BARE], style)
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == render("text", [FULL, BARE], Style(style.source))


def test_plain_text_has_no_escape_sequences() -> None:
    assert "\x1b" not in render("text", [FULL], PLAIN)
