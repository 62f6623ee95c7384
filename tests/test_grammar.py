"""Annotations: prose stays prose, near misses are found with the text they should have, the rest round-trips."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hvsupport.annotate import grammar
from hvsupport.annotate.errors import AnnotationError
from hvsupport.annotate.model import Deprecation, Span
from hvsupport.annotate.release import NEXT, Release, Scheme, scheme

X = scheme("x.y.z")
SCHEMES = [X, scheme("pep440"), scheme("calendar"), scheme("listed", ("kilo", "12.0.0"))]

RELEASES = st.sampled_from(["0.9.2", "1.0", "1.2.0", "10.0.0"]).map(X.parse)
ENDS = st.one_of(RELEASES, st.just(NEXT))
NOTES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), min_size=1, max_size=20).map(
    str.strip
)


def _at_most(since: Release) -> Span:
    return Span(since, at_most=True)


def _is_note(text: str) -> bool:
    """Whether a text reads back as a note and not as a quality."""
    return bool(text) and text.partition(":")[0].strip() not in ("partial", "deprecated")


def _closed(since: Release, removed: Release) -> Span:
    return Span(since, removed=removed)


def fault(text: str, which: Scheme = X) -> AnnotationError | None:
    """What ``parse`` finds wrong with a text, or None."""
    try:
        grammar.parse(text, which)
    except AnnotationError as error:
        return error
    return None


SPANS = st.one_of(ENDS.map(Span), st.builds(_closed, ENDS, ENDS), RELEASES.map(_at_most))


@st.composite
def written(draw: st.DrawFn) -> tuple[Span, ...]:
    *first, last = draw(st.lists(SPANS, min_size=1, max_size=3))
    partial = draw(st.booleans())
    deprecated = draw(st.one_of(st.none(), st.builds(Deprecation, st.one_of(st.none(), ENDS))))
    note = draw(st.one_of(st.none(), NOTES.filter(bool if partial or deprecated is not None else _is_note)))
    return (*first, last._replace(partial=partial, note=note, deprecated=deprecated))


@given(written())
def test_what_is_written_is_read_back(spans: tuple[Span, ...]) -> None:
    assert grammar.parse(grammar.render(spans), X) == spans


@given(written())
def test_an_annotation_is_no_near_miss(spans: tuple[Span, ...]) -> None:
    text = grammar.render(spans)
    assert grammar.begins_annotation(text, X)
    assert grammar.correct(text, X) is None


@pytest.mark.parametrize("which", SCHEMES, ids=lambda one: one.name)
@given(text=st.one_of(st.text(max_size=30), st.text("0123456789.-<=, ;:nextvO", max_size=20)))
def test_no_text_breaks_the_grammar_and_corrections_parse(which: Scheme, text: str) -> None:
    for found in (fault(text, which), grammar.near_miss(text, which)):
        if found is not None and found.corrected is not None:
            assert grammar.parse(found.corrected, which)
    grammar.begins_annotation(text, which)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("3 retries", id="a count"),
        pytest.param("cheap, and cannot fail", id="words and a comma"),
        pytest.param("like the 1.2.0 of the other driver", id="a release in the middle"),
        pytest.param("since 1.2 this also closes the file", id="a sentence that begins like a near miss"),
        pytest.param("from the base class", id="a word that near misses begin with"),
        pytest.param("new in town", id="two such words"),
        pytest.param("nextcloud needs this", id="next is a part of a word"),
        pytest.param("see #42", id="a reference"),
        pytest.param("noqa: E501", id="another tool's comment"),
        pytest.param("type: ignore[override]", id="a type checker's comment"),
        pytest.param("unknown to older hosts", id="a sentence that begins like a placeholder"),
        pytest.param("", id="nothing"),
    ],
)
def test_prose_stays_prose(text: str) -> None:
    assert not grammar.begins_annotation(text, X)
    assert grammar.near_miss(text, X) is None


@pytest.mark.parametrize("text", ["2b or not 2b", "3 retries", "1a is the first"])
def test_prose_stays_prose_where_words_are_versions(text: str) -> None:
    assert not grammar.begins_annotation(text, scheme("pep440"))


def test_partial_is_written_small_and_notes_hold_no_control_characters() -> None:
    """Read as a plain note, ``Partial`` would show a partial cell as full support."""
    for text in ("1.1.0; Partial: slow", "1.1.0; PARTIAL", "1.1.0; partail: slow", "1.1.0; a \x1b[31m note"):
        assert fault(text) is not None, text
    assert fault("1.1.0; partially done") is None


@pytest.mark.parametrize(
    ("text", "corrected"),
    [
        ("since 1.2", "1.2"),
        ("Since: 1.2.0", "1.2.0"),
        ("added in 1.2", "1.2"),
        ("new in version 1.2", "1.2"),
        ("available since release 1.2", "1.2"),
        ("versionadded:: 1.2", "1.2"),
        ("@since 1.2", "1.2"),
        ("v1.2", "1.2"),
        ("V1.2", "1.2"),
        ("Next", "next"),
        ("NEXT", "next"),
        ("next.", "next"),
        ("TBD", "next"),
        ("t.b.d.", "next"),
        ("???", "next"),
        ("unreleased", "next"),
        ("1.2.O", "1.2.0"),
        ("l.2.0", "1.2.0"),
        ("1.2+", "1.2"),
        (">= 1.2", "1.2"),
        ("\u2264 1.2", "<= 1.2"),
        ("(1.2)", "1.2"),
        ("1.0-1.2", "1.0 - 1.2"),
        ("1.0- 1.2", "1.0 - 1.2"),
        ("1.0 \u2013 1.2", "1.0 - 1.2"),
        ("1.0 to 1.2", "1.0 - 1.2"),
        ("v1.0 - v1.2", "1.0 - 1.2"),
        ("since 1.2; partial: no resume", "1.2; partial: no resume"),
        ("v0.7.0 - v1.0.0, v1.3.0", "0.7.0 - 1.0.0, 1.3.0"),
        ("1.2; Partial: slow", "1.2; partial: slow"),
        ("1.2; partail: slow", "1.2; partial: slow"),
        ("1.2; partially", "1.2; partial"),
        ("1.2, partial", "1.2; partial"),
        ("1.2; deprecated since 2.0", "1.2; deprecated 2.0"),
        ("1.2; deprecated in version 2.0, use close", "1.2; deprecated 2.0: use close"),
        ("1.2; Deprecated as of 2.0.", "1.2; deprecated 2.0"),
        ("1.2; depreciated: use close", "1.2; deprecated: use close"),
        ("1.2; deprecated, use close", "1.2; deprecated: use close"),
        ("1.2; deprecated use close", "1.2; deprecated: use close"),
        ("1.2, deprecated 2.0", "1.2; deprecated 2.0"),
        ("v1.2; deprecated v2.0", "1.2; deprecated 2.0"),
        ("1.0 - 1.1, 1.2, partial: slow, too", "1.0 - 1.1, 1.2; partial: slow, too"),
    ],
)
def test_a_near_miss_has_the_text_it_should_have(text: str, corrected: str) -> None:
    found = fault(text) if grammar.begins_annotation(text, X) else grammar.near_miss(text, X)
    assert found is not None
    assert found.corrected == corrected


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("1.2 or newer", True),
        ("12 monkeys", False),
        ("12", True),
        ("next call", True),
        ("<= whatever", True),
        ("!", False),
    ],
)
def test_what_begins_with_a_release_is_judged(text: str, begins: bool) -> None:
    """A number alone may be one; with words behind it, it is prose."""
    assert grammar.begins_annotation(text, scheme("pep440")) is begins


@pytest.mark.parametrize("name", ["x.y.z", "pep440"])
@pytest.mark.parametrize("text", ["1.0-1", "1.0-1.2", "1.0 -1.2", "1.0- 1.2", "1.0-next"])
def test_a_dash_without_spaces_is_named(text: str, name: str) -> None:
    found = fault(text, scheme(name))
    assert found is not None
    assert "needs a space on both sides" in found.reason
    near = grammar.near_miss(text, scheme(name))
    assert near is not None
    assert "needs a space on both sides" in near.reason


@pytest.mark.parametrize("text", ["1.0 \u2013 1.2", "1.0--1.2", "1.0\u20131.2"])
def test_a_dash_of_another_kind_is_named(text: str) -> None:
    found = fault(text)
    assert found is not None
    assert "plain hyphen" in found.reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1.0,", "a release is missing"),
        (", 1.0", "a release is missing"),
        ("1.0;", "there is no note after the semicolon"),
        ("<= next", "'<=' cannot be combined with 'next'"),
        ("<= soon", "'soon' is not a release"),
        ("1.0 - ", "is not a release"),
        ("1.2 or newer", "is not a release"),
        ("next call frees it", "is not a release"),
        ("1.3.x", "is not a release"),
        ("1.0; Partial: slow", "'Partial' must be written 'partial'"),
        ("1.0; deprecate 1.2: use begin", "'deprecate 1.2' must be written 'deprecated 1.2'"),
    ],
)
def test_the_reason_says_what_is_wrong(text: str, reason: str) -> None:
    found = fault(text)
    assert found is not None
    assert reason in found.reason


@pytest.mark.parametrize(
    ("text", "partial", "note"),
    [
        ("1.2.0; partial", True, None),
        ("1.2.0; partial: no live resize", True, "no live resize"),
        ("1.2.0; partial:", True, None),
        ("1.2.0; partially tested", False, "partially tested"),
        ("1.2.0; party: x", False, "party: x"),
        ("1.2.0; spatial: x", False, "spatial: x"),
        ("1.2.0; a; b, c - d", False, "a; b, c - d"),
    ],
)
def test_notes(text: str, partial: bool, note: str | None) -> None:
    spans = grammar.parse(text, X)
    assert (spans[-1].partial, spans[-1].note) == (partial, note)


@pytest.mark.parametrize(
    ("text", "since", "note"),
    [
        ("1.2.0; deprecated", None, None),
        ("1.2.0; deprecated 2.0", "2.0", None),
        ("1.2.0; deprecated next: use close", "next", "use close"),
        ("1.2.0; partial, deprecated 2.0: slow", "2.0", "slow"),
        ("1.2.0; deprecated: 2.0 has another", None, "2.0 has another"),
    ],
)
def test_deprecated_is_a_quality_with_a_release(text: str, since: str | None, note: str | None) -> None:
    span = grammar.parse(text, X)[-1]
    assert span.deprecated == Deprecation(None if since is None else X.parse(since))
    assert (span.note, span.partial) == (note, "partial" in text)


@pytest.mark.parametrize("text", ["1.0; depends on deprecated calls", "1.0; a deprecated call", "1.0; dedicated"])
def test_a_note_may_speak_of_what_is_deprecated(text: str) -> None:
    assert grammar.parse(text, X)[-1].deprecated is None


@pytest.mark.parametrize(
    ("comment", "pieces"),
    [
        ("# 1.2.0", ["1.2.0"]),
        ("# 1.2.0  # noqa: E501", ["1.2.0", "noqa: E501"]),
        ("# noqa # 1.2.0; see issue#4", ["noqa", "1.2.0; see issue#4"]),
        ("#1.2.0", ["1.2.0"]),
        ("## 1.2.0 ##", ["1.2.0"]),
        ("# C# # 1.2.0", ["C#", "1.2.0"]),
        ("#", []),
        ("# # #", []),
    ],
)
def test_a_comment_is_cut_where_white_space_precedes_a_hash(comment: str, pieces: list[str]) -> None:
    assert [text for _, text in grammar.segments(comment)] == pieces


@given(st.text("# a1.", max_size=20).map(lambda text: f"#{text}"))
def test_segments_stand_where_they_say(comment: str) -> None:
    for offset, text in grammar.segments(comment):
        assert comment[offset : offset + len(text)] == text
        assert text == text.strip()


@pytest.mark.parametrize(
    ("text", "offsets"),
    [
        ("next", [0]),
        ("1.0 - next, next", [6, 12]),
        ("1.0; next we do the rest", []),
        ("next;next", [0]),
        ("1.0; deprecated next: the next one", [16]),
        ("next - next; partial, deprecated  next", [0, 7, 34]),
        ("1.0; deprecated: next", []),
        ("nextcloud", []),
    ],
)
def test_only_a_next_that_is_a_release_is_one(text: str, offsets: list[int]) -> None:
    assert list(grammar.next_tokens(text)) == offsets
