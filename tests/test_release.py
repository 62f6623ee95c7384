"""Releases: total order within a scheme, ``next`` last, and nothing that is no release gets in."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hvsupport.annotate.errors import ReleaseError
from hvsupport.annotate.release import NEXT, SCHEMES, Listed, Release, Scheme, scheme

NUMBERS = st.lists(st.integers(0, 3000), min_size=2, max_size=4).map(lambda parts: ".".join(map(str, parts)))
LISTED = ("2015.1", "kilo", "12.0.0", "13.0.0")


def texts(name: str) -> st.SearchStrategy[str]:
    """Texts that are releases under a scheme."""
    suffix = st.sampled_from(["", "a1", "b2", "rc1", ".post1", ".dev3"])
    years = st.builds("{}.{}".format, st.integers(1990, 2100), st.integers(0, 9999))
    return {
        "x.y.z": NUMBERS,
        "pep440": st.builds("{}{}".format, NUMBERS, suffix),
        "calendar": years,
        "listed": st.sampled_from(LISTED),
    }[name]


@st.composite
def triples(draw: st.DrawFn) -> tuple[Release, Release, Release]:
    name = draw(st.sampled_from(SCHEMES))
    parse = scheme(name, LISTED).parse
    one = st.one_of(texts(name).map(parse), st.just(NEXT))
    return draw(one), draw(one), draw(one)


@given(triples())
def test_order_is_total(three: tuple[Release, Release, Release]) -> None:
    a, b, c = three
    assert (a < b) + (a == b) + (a > b) == 1
    assert not (a <= b <= c) or a <= c
    assert a != b or hash(a) == hash(b)
    assert sorted([a, b, c]) == sorted([c, a, b])


@given(st.sampled_from(SCHEMES).flatmap(lambda name: st.tuples(st.just(name), texts(name))))
def test_text_is_kept_and_next_sorts_last(pair: tuple[str, str]) -> None:
    name, text = pair
    release = scheme(name, LISTED).parse(text)
    assert str(release) == text
    assert release < NEXT
    assert not release.is_next
    assert scheme(name, LISTED).accepts(text)


@pytest.mark.parametrize("name", SCHEMES)
@given(text=st.text(max_size=12))
def test_any_text_is_a_release_or_an_error(name: str, text: str) -> None:
    one = scheme(name, LISTED)
    if one.accepts(text):
        assert str(one.parse(text)) == text
    else:
        with pytest.raises(ReleaseError, match="not a release"):
            one.parse(text)


@pytest.mark.parametrize(
    ("name", "order"),
    [
        pytest.param("x.y.z", "0.9.9 0.10.0 1.0 1.0.1 1.2 10.0.0 next", id="numbers are no texts"),
        pytest.param("pep440", "1.0.dev1 1.0a1 1.0rc1 1.0 1.0.post1 1!0.1 next", id="pre-releases come before"),
        pytest.param("calendar", "2015.1.0 22.04 2026.1 2026.10 next", id="two digits mean this century"),
        pytest.param("listed", "2015.1 kilo 12.0.0 13.0.0 next", id="the list decides, not the number"),
    ],
)
def test_order(name: str, order: str) -> None:
    parse = scheme(name, LISTED).parse
    for a, b in itertools.pairwise(order.split()):
        assert parse(a) < parse(b), (a, b)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("x.y.z", "1", id="a bare number is prose"),
        pytest.param("x.y.z", "v1.2", id="no letters"),
        pytest.param("x.y.z", "1.2.O", id="the letter O"),
        pytest.param("x.y.z", "1.2.", id="ends with a dot"),
        pytest.param("x.y.z", "1.2 ", id="no white space"),
        pytest.param("x.y.z", "1.\u0662", id="digits of another script"),
        pytest.param("x.y.z", "1." + "9" * 5000, id="a number too long to convert"),
        pytest.param("pep440", "1.0-1", id="a range without spaces, not a post-release"),
        pytest.param("pep440", "v1.0", id="no v, though the library takes it"),
        pytest.param("pep440", "1.0,2.0", id="a comma separates spans"),
        pytest.param("calendar", "2025.1-2026.1", id="a range without spaces"),
        pytest.param("calendar", "10-20", id="a count, not a year"),
        pytest.param("calendar", "1.2.3", id="no year"),
        pytest.param("listed", "lima", id="not in the list"),
        pytest.param("x.y.z", "Next", id="next is written small"),
        pytest.param("x.y.z", "", id="nothing"),
    ],
)
def test_no_release(name: str, text: str) -> None:
    assert not scheme(name, LISTED).accepts(text)


@pytest.mark.parametrize(
    ("name", "text", "coming"),
    [
        ("x.y.z", "1.3.0", "1.3.0"),
        ("x.y.z", "1.3.0.dev4", "1.3.0"),
        ("x.y.z", "v1.3.0-rc1", "1.3.0"),
        ("pep440", "1.3.0.dev4", "1.3.0"),
        ("pep440", "1.3.0rc1", "1.3.0rc1"),
        ("pep440", "1.3.0rc1.dev2", "1.3.0rc1"),
        ("pep440", "1!1.3.0.post1.dev2", "1!1.3.0.post1"),
        ("pep440", "1.3.0+local.1", "1.3.0"),
        ("calendar", "2026.1.dev3", "2026.1"),
        ("listed", "13.0.0.dev1", "13.0.0"),
        ("listed", "v12.0.0-rc1", "12.0.0"),
    ],
)
def test_a_development_version_counts_as_the_coming_release(name: str, text: str, coming: str) -> None:
    assert scheme(name, LISTED).development(text).text == coming


def test_equal_releases_may_be_written_differently() -> None:
    parse = scheme("x.y.z").parse
    assert parse("1.2") == parse("1.2.0")
    assert len({parse("1.2"), parse("1.2.0")}) == 1


def test_an_unlisted_release_is_a_release_older_than_all() -> None:
    one = Listed(LISTED)
    assert one.parse("99.0") < one.parse("2015.1")


def test_there_are_no_other_schemes() -> None:
    with pytest.raises(ReleaseError, match=r"unknown scheme 'semver'; schemes: x\.y\.z, pep440, calendar, listed"):
        scheme("semver")


def test_a_scheme_must_say_how_it_reads() -> None:
    with pytest.raises(NotImplementedError):
        Scheme().accepts("1.0")
