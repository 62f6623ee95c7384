"""The named tuples of the tool behave as those of ``typing``; its patterns as those of ``re`` and ``fnmatch``."""

from __future__ import annotations

import copy
import pickle
import re
import sys
import typing
from fnmatch import fnmatchcase
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hvsupport.annotate import records
from hvsupport.annotate.patterns import fits, regex


class Ours(records.NamedTuple):
    """A place."""

    path: str
    line: int = 1
    column: int = 2

    @property
    def short(self) -> str:
        return f"{self.path}:{self.line}"

    def moved(self) -> Ours:
        return self._replace(line=self.line + 1)


class Theirs(typing.NamedTuple):
    """A place."""

    path: str
    line: int = 1
    column: int = 2

    @property
    def short(self) -> str:
        return f"{self.path}:{self.line}"

    def moved(self) -> Theirs:
        return self._replace(line=self.line + 1)


class Nothing(records.NamedTuple):
    """No fields."""


CALLS: dict[str, Any] = {
    "positions": lambda kind: kind("a", 3, 4),
    "names": lambda kind: kind(column=4, path="a"),
    "too few": lambda kind: kind(),
    "too many": lambda kind: kind(1, 2, 3, 4),
    "unknown name": lambda kind: kind("a", row=3),
    "given twice": lambda kind: kind("a", path="b"),
    "made": lambda kind: kind._make(["a", 3, 4]),
    "made of too few": lambda kind: kind._make(["a", 3]),
    "made of too many": lambda kind: kind._make(iter("abcd")),
    "made of nothing that can be iterated": lambda kind: kind._make(3),
    "replaced": lambda kind: kind("a")._replace(line=7, path="b"),
    "replaced by nothing": lambda kind: kind("a")._replace(),
    "replaced what is not there": lambda kind: kind("a")._replace(row=7),
    "as a dict": lambda kind: kind("a")._asdict(),
    "a property": lambda kind: kind("a").short,
    "a method": lambda kind: kind("a").moved(),
    "a field": lambda kind: kind("a").column,
    "a field is not set": lambda kind: setattr(kind("a"), "line", 3),
    "nothing is added": lambda kind: setattr(kind("a"), "row", 3),
    "unpacked": lambda kind: [*kind("a")],
    "equal to a tuple": lambda kind: kind("a") == ("a", 1, 2),
    "a key": lambda kind: hash(kind("a")),
    "ordered": lambda kind: kind("a", 2) < kind("a", 10),
    "text": lambda kind: repr(kind("a'")).partition("(")[2],
    "copied": lambda kind: copy.copy(kind("a")),
    "pickled": lambda kind: pickle.loads(pickle.dumps(kind("a"))),
    "fields": lambda kind: kind._fields,
    "defaults": lambda kind: kind._field_defaults,
    "types": lambda kind: typing.get_type_hints(kind),
    "matched": lambda kind: kind.__match_args__,
    "documented": lambda kind: kind.__doc__,
    "no dict for each": lambda kind: hasattr(kind("a"), "__dict__"),
}


def _outcome(call: Any, kind: Any) -> object:
    try:
        return call(kind)
    except (TypeError, ValueError, AttributeError) as error:
        return type(error)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_it_is_used_like_that_of_typing(call: Any) -> None:
    assert _outcome(call, Ours) == _outcome(call, Theirs)


def test_a_kind_without_fields_has_one_value() -> None:
    assert Nothing() == () and repr(Nothing()) == "Nothing()"


@pytest.mark.parametrize("base", [records.NamedTuple, typing.NamedTuple], ids=["ours", "theirs"])
def test_fields_with_defaults_come_last(base: Any) -> None:
    with pytest.raises(TypeError, match="default"):
        exec("class Wrong(Base):\n    a: int = 1\n    b: int", {"Base": base, "__name__": __name__})


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="from 3.14 on it is that of typing")
def test_it_is_made_without_that_of_typing() -> None:
    assert Ours.__mro__[1] is not tuple


@pytest.mark.parametrize("name", ["match", "search", "fullmatch", "findall", "sub", "split", "finditer"])
def test_a_pattern_answers_as_that_of_re(name: str) -> None:
    given_text = ("x", "a1b22") if name == "sub" else ("a12",)
    ours, theirs = (
        getattr(regex(r"[a-z](?P<n>\d+)"), name)(*given_text),
        getattr(re.compile(r"[a-z](?P<n>\d+)"), name)(*given_text),
    )
    assert _plain(ours) == _plain(theirs)


def _plain(found: Any) -> object:
    if isinstance(found, re.Match):
        return found.span(), found.groupdict()
    return found if found is None or isinstance(found, str) else [_plain(each) for each in found]


def test_a_pattern_has_flags_groups_and_text() -> None:
    ours = regex(rb"(a)", re.I)
    assert (ours.groups, ours.flags, ours.pattern) == (1, re.I.value, b"(a)")
    assert ours.match(b"A") is not None


def test_an_invalid_pattern_is_told_where_it_is_used() -> None:
    pattern = regex("(")
    with pytest.raises(re.error):
        pattern.match("")


@given(st.text("ab*?[]!/.", max_size=6), st.text("ab*?[]!/.", max_size=6))
def test_a_glob_fits_as_fnmatch_says(name: str, glob: str) -> None:
    assert fits(name, glob) == (name == glob or fnmatchcase(name, glob))
