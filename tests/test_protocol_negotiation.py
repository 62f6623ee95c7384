"""Protocols: what two releases allow."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lengths import LENGTH
from protocol_builder import (
    BOTH,
    GROWN,
    NAMES,
    TAKEN,
    V1,
    V2,
    X,
    ask,
    at,
    driver,
    drivers,
    family,
    source,
)

from hvsupport.annotate import grammar
from hvsupport.annotate.model import Span
from hvsupport.annotate.protocols.negotiate import negotiate
from hvsupport.annotate.protocols.pairings import pairings
from hvsupport.annotate.protocols.spans import all_of, any_of
from hvsupport.annotate.protocols.support import UNSURE
from hvsupport.annotate.release import NEXT, Release

# -- what two releases allow


ALLOWED = {
    "before both": ("0.1.0", "3.0.0", {}, "none"),
    "the old one": ("1.0.0", "1.0.0", {}, "v1"),
    "an old source": ("1.0.0", "3.0.0", {}, "v1"),
    "an old destination": ("3.0.0", "1.0.0", {}, "v1"),
    "both new": ("1.1.0", "1.1.0", {}, "v2"),
    "the variant is the destination's": ("1.1.0", "1.2.0", {}, "v2+tunnelled"),
    "next has all": ("next", "next", {}, "v2+tunnelled"),
    "next on one side": ("3.0.0", "next", {"confirm": "next"}, "v1"),
    "next on the side that has it": ("next", "3.0.0", {"confirm": "next"}, "v2+tunnelled"),
    "removed": ("3.0.0", "3.0.0", {"confirm": "-1.1.0 - 2.0.0"}, "v1"),
    "before it was removed": ("1.2.0", "3.0.0", {"confirm": "-1.1.0 - 2.0.0"}, "v2+tunnelled"),
    "nobody annotated it": ("3.0.0", "3.0.0", {"confirm": None}, "v1 v2?"),
    "older is not known": ("1.0.0", "3.0.0", {"confirm": "<= 1.1.0"}, "v1 v2?"),
}


@pytest.mark.parametrize(("one", "other", "changes", "expected"), ALLOWED.values(), ids=ALLOWED)
def test_negotiation(one: str, other: str, changes: dict[str, str | None], expected: str) -> None:
    assert ask(drivers(source(**{**GROWN, **changes})), one, other) == expected


def test_why_not_a_better_one() -> None:
    found = drivers(source(**{**GROWN, "confirm": "-1.1.0 - 2.0.0"}))
    (better, _) = negotiate(family(found), at(found, "3.0.0"), at(found, "1.0.0")).outcomes
    assert [(each.side, each.step, each.entry, each.reason) for each in better.lacks] == [
        ("destination", "Prepare", "prepare", "was added in 1.1.0"),
        ("source", "Confirm", "confirm", "was removed in 2.0.0"),
    ]


def test_of_two_entries_the_one_that_came_says_why() -> None:
    found = drivers(source(**{**GROWN, "prepare": "-", "tunnel": "2.0.0"}))
    mem = at(found, "1.2.0")
    (better, _) = negotiate(family(found), mem, mem).outcomes
    assert [(each.entry, each.reason) for each in better.lacks] == [("tunnel", "was added in 2.0.0")]


def test_a_variant_needs_all_the_entries_that_make_it() -> None:
    text = BOTH + 'variants = { finish = "tunnelled" }\n'
    text = text.replace('entries = ["confirm"]', 'entries = ["confirm", "finish"]')
    for finish, expected in (("-", "v2"), ("1.0.0", "v2+tunnelled")):
        assert ask(drivers(source(**{**GROWN, "finish": finish}), text=text), "2.0.0", "2.0.0") == expected


ONLY = {
    "no usual Prepare at all": ({"prepare": "-", "tunnel": "1.0.0"}, "1.1.0", True),
    "no usual one yet": ({"prepare": "2.0.0", "tunnel": "1.0.0"}, "1.2.0", True),
    "both by now": ({"prepare": "2.0.0", "tunnel": "1.0.0"}, "2.0.0", False),
    "the usual one alone": ({"prepare": "1.0.0", "tunnel": "-"}, "2.0.0", False),
    "a usual one that nobody annotated": ({"prepare": None, "tunnel": "1.0.0"}, "2.0.0", False),
}


@pytest.mark.parametrize(("grown", "when", "only"), ONLY.values(), ids=ONLY)
def test_a_protocol_may_work_in_a_variant_only(grown: dict[str, str | None], when: str, only: bool) -> None:
    found = drivers(source(**{**GROWN, **grown}))
    mem = at(found, when)
    best = negotiate(family(found), mem, mem).best
    assert best is not None and best.protocol.version == "v2"
    assert (best.only, best.variants == ("tunnelled",)) == (only, only or grown["tunnel"] != "-")


def test_partial_steps_are_allowed_and_said() -> None:
    found = drivers(source(**{**GROWN, "perform": "1.0.0; partial: only idle guests"}))
    mem = at(found, "1.0.0")
    assert negotiate(family(found), mem, mem).best.notes == ("Perform: partial: only idle guests",)


def test_release_against_release() -> None:
    found = drivers(source(**GROWN))
    table = pairings(family(found), driver(found), driver(found))
    assert [str(each.since) for each in table.sources] == ["1.0.0", "1.1.0"]
    assert [str(each.since) for each in table.destinations] == ["1.0.0", "1.1.0", "1.2.0"]
    assert [[each.best.protocol.version for each in row] for row in table.table] == [["v1"] * 3, ["v1", "v2", "v2"]]
    assert [each.best.variants for each in table.table[1]] == [(), (), ("tunnelled",)]
    assert table.sources[0].until == X.parse("1.1.0") and table.sources[1].until is None


def test_a_driver_without_protocols_has_an_empty_table() -> None:
    found = drivers(source())
    assert pairings(family(found), driver(found), driver(found)).table == ()


def test_drivers_are_paired_only_where_that_is_declared() -> None:
    both = source("Mem", **GROWN), source("Disk", **GROWN), source("Tape", **GROWN)
    found = drivers(*both, text=TAKEN + 'compatible = [["Mem", "lib.*:Disk"]]\n' + V1 + V2)
    mem, disk, tape = (driver(found, name).id for name in ("Mem", "Disk", "Tape"))
    assert (
        family(found).may_pair(mem, disk) and family(found).may_pair(disk, mem) and family(found).may_pair(tape, tape)
    )
    assert not family(found).may_pair(mem, tape)


# -- properties

RELEASES = ["1.0.0", "1.1.0", "1.2.0", "2.0.0"]
POINTS = [*(X.parse(text) for text in RELEASES), NEXT]
OPEN = st.sampled_from([*RELEASES, "next", "-", "<= 1.1.0"])
ANY = st.one_of(OPEN, st.sampled_from(["-1.0.0 - 1.2.0", "1.0.0 - 1.1.0, 2.0.0", "-1.1.0 - next", None]))


def rows(annotations: st.SearchStrategy[str | None]) -> st.SearchStrategy[dict[str, str | None]]:
    return st.fixed_dictionaries(dict.fromkeys(NAMES, annotations))


@settings(deadline=None, max_examples=30 * LENGTH)
@given(rows(OPEN), st.sampled_from(POINTS), st.sampled_from(POINTS), st.sampled_from(POINTS))
def test_a_newer_release_is_never_worse_where_nothing_is_removed(
    row: dict[str, str | None], source_: Release, older: Release, newer: Release
) -> None:
    older, newer = sorted((older, newer))
    found = drivers(source(**row))
    mem = driver(found)

    def rank(one: Release, other: Release) -> int:
        best = negotiate(family(found), (mem, one), (mem, other)).best
        return 0 if best is None else best.protocol.rank

    assert rank(source_, older) <= rank(source_, newer)
    assert rank(older, source_) <= rank(newer, source_)


@settings(deadline=None, max_examples=30 * LENGTH)
@given(rows(ANY))
def test_a_supported_protocol_is_allowed_exactly_in_its_spans(row: dict[str, str | None]) -> None:
    found = drivers(source(**row))
    mem = driver(found)
    for protocol in family(found).protocols:
        made = family(found).support(mem, protocol)
        if any(step.state in UNSURE for step in made.steps):
            continue  # since when such a step stands nobody knows, and so nobody knows of the whole
        for release in POINTS:
            outcomes = negotiate(family(found), (mem, release), (mem, release)).outcomes
            (outcome,) = [each for each in outcomes if each.protocol == protocol]
            assert outcome.allowed == any(span.holds(release) for span in made.spans)


@settings(deadline=None, max_examples=30 * LENGTH)
@given(rows(ANY))
def test_the_table_says_for_every_release_what_the_command_says(row: dict[str, str | None]) -> None:
    found = drivers(source(**row))
    mem = driver(found)
    table = pairings(family(found), mem, mem)
    for one in POINTS:
        for other in POINTS:
            best = negotiate(family(found), (mem, one), (mem, other)).best
            shown_ = [
                cell.best
                for range_, line in zip(table.sources, table.table, strict=True)
                for column, cell in zip(table.destinations, line, strict=True)
                if Span(range_.since, removed=range_.until).holds(one)
                and Span(column.since, removed=column.until).holds(other)
            ]
            assert [None if each is None else each.protocol for each in shown_ or [None]] == [
                None if best is None else best.protocol
            ]


SPAN = st.tuples(st.sampled_from(POINTS), st.sampled_from([*POINTS, None])).map(
    lambda pair: Span(pair[0], removed=pair[1] if pair[1] is None or pair[0] < pair[1] else None)
)
SPANS = st.lists(SPAN, min_size=1, max_size=3).map(lambda each: any_of([tuple(each)]))


JOINED = {
    "they touch": ("1.0.0 - 1.1.0", "1.1.0", "1.0.0"),
    "a gap": ("1.0.0 - 1.1.0", "1.2.0", "1.0.0 - 1.1.0, 1.2.0"),
    "one within the other": ("1.0.0", "1.1.0 - 1.2.0", "1.0.0"),
    "partial, and whole": ("1.0.0; partial: slow", "1.0.0", "1.0.0"),
    "both partial": ("1.0.0; partial: slow", "1.0.0; partial: slow", "1.0.0; partial: slow"),
}


@pytest.mark.parametrize(("one", "other", "expected"), JOINED.values(), ids=JOINED)
def test_spans_that_are_joined(one: str, other: str, expected: str) -> None:
    parsed = [grammar.parse(text, X) for text in (one, other)]
    assert all(isinstance(each, tuple) for each in parsed)
    assert grammar.render(any_of(parsed)) == expected


@given(st.lists(SPANS, min_size=1, max_size=3))
def test_spans_together_hold_where_each_does(several: list[tuple[Span, ...]]) -> None:
    for point in POINTS:
        each = [any(span.holds(point) for span in spans) for spans in several]
        assert any(span.holds(point) for span in any_of(several)) == any(each)
        assert any(span.holds(point) for span in all_of(several)) == all(each)


@pytest.mark.parametrize(
    ("one", "other", "both", "either"),
    [
        ("1.0; deprecated 2.0", "1.1", "1.1; deprecated 2.0", "1.0"),
        ("1.0; deprecated 2.0", "1.0; deprecated 1.5", "1.0; deprecated 1.5", "1.0"),
        ("1.0; deprecated", "1.0; deprecated 1.5", "1.0; deprecated 1.5", "1.0"),
        ("1.0; deprecated 2.0", "1.1; deprecated 2.0", "1.1; deprecated 2.0", "1.0; deprecated 2.0"),
    ],
)
def test_a_whole_is_deprecated_since_its_first_part_was(one: str, other: str, both: str, either: str) -> None:
    spans = [grammar.parse(text, X) for text in (one, other)]
    assert (grammar.render(all_of(spans)), grammar.render(any_of(spans))) == (both, either)
