"""Edits: no byte changes but those of the edits, and a second run changes nothing."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hvsupport.annotate import grammar
from hvsupport.annotate.catalogue import Catalogue, Edit
from hvsupport.annotate.config.value import Config, InterfaceConfig
from hvsupport.annotate.errors import WriteError
from hvsupport.annotate.model import Anchor, Annotation, Cell, Definition, Driver, EntryPoint, Interface, Place, Span
from hvsupport.annotate.release import NEXT, scheme
from hvsupport.annotate.rewrite import Plan, add, replace, stamp
from hvsupport.annotate.rewrite.apply import apply
from hvsupport.annotate.rewrite.diff import unified

X = scheme("x.y.z")
MADE = X.parse("1.5.0")
CONFIG = Config(Path())


@st.composite
def edited(draw: st.DrawFn) -> tuple[list[bytes], list[bytes]]:
    """Pieces of a file that stay, and between them texts that come in."""
    stays = draw(st.lists(st.binary(min_size=1, max_size=6), min_size=1, max_size=5))
    return stays, draw(st.lists(st.binary(max_size=6), min_size=len(stays) - 1, max_size=len(stays) - 1))


@given(edited(), st.randoms(use_true_random=False))
def test_untouched_bytes_stay_untouched(case: tuple[list[bytes], list[bytes]], random: object) -> None:
    stays, comes = case
    edits, position = [], 0
    for piece, new in zip(stays, comes, strict=False):
        position += len(piece)
        edits.append(Edit("a.py", position, b"", new))
    expected = b"".join(piece for pair in zip(stays, [*comes, b""], strict=True) for piece in pair)
    random.shuffle(edits)  # type: ignore[attr-defined]
    assert apply(b"".join(stays), edits) == expected


@given(st.binary(max_size=30))
def test_no_edit_changes_nothing(data: bytes) -> None:
    assert apply(data, []) == data


@pytest.mark.parametrize(
    ("edits", "message"),
    [
        pytest.param([Edit("a.py", 0, b"xx", b"y")], "changed since it was read", id="other bytes stand there"),
        pytest.param([Edit("a.py", 7, b"", b"y")], "changed since it was read", id="behind the end"),
        pytest.param([Edit("a.py", 5, b"fg", b"y")], "changed since it was read", id="reaches over the end"),
        pytest.param([Edit("a.py", 1, b"bcd", b""), Edit("a.py", 3, b"d", b"")], "two edits", id="overlap"),
        pytest.param([Edit("a.py", 1, b"", b"x"), Edit("a.py", 1, b"", b"y")], "two edits", id="the same place twice"),
        pytest.param([Edit("a.py", 1, b"", b"x"), Edit("a.py", 1, b"b", b"y")], "two edits", id="in front of an edit"),
    ],
)
def test_what_does_not_fit_is_refused(edits: list[Edit], message: str) -> None:
    with pytest.raises(WriteError, match=message):
        apply(b"abcdef", edits)


def test_edits_may_touch_each_other_end_to_begin() -> None:
    assert apply(b"abcdef", [Edit("a.py", 3, b"d", b"D"), Edit("a.py", 2, b"c", b"C")]) == b"abCDef"


# add


def definition(line: int, insertion: Anchor | None, owner: str = "a:A", stub: bool = False) -> Definition:
    return Definition(owner, Place("a.py", line), insertion=insertion, stub=stub)


def catalogue(*cells: Cell, driver: Driver | None = None) -> Catalogue:
    entries = tuple(EntryPoint(f"e{number}", Place("api.py", number + 1), f"e{number}") for number in range(len(cells)))
    one = driver or Driver("a:A", "A", Place("a.py"))
    table = {(one.id, entry.name): cell for entry, cell in zip(entries, cells, strict=True)}
    interface = Interface("Base", "base", "Base", "class", Place("api.py"), entries, (one,), table)
    return Catalogue("T", interfaces=(interface,))


def own(line: int, insertion: Anchor | None) -> Cell:
    return Cell("unannotated", "own", definition=definition(line, insertion))


def at(start: int, encoding: str = "utf-8", before: str = "  # ", after: str = "") -> Anchor:
    return Anchor("a.py", start, start, encoding, before, after)


def test_a_stub_and_an_absent_entry_get_nothing() -> None:
    stub = Cell("unsupported", "stub", definition=definition(1, at(3), stub=True))
    assert add.plan(catalogue(stub, Cell("unsupported", "absent")), "next") == Plan()


def test_missing_annotations_are_inserted() -> None:
    plan = add.plan(catalogue(own(2, at(9)), own(1, at(3, before=" /* ", after=" */"))), "1.2")
    assert plan.edits == (Edit("a.py", 3, b"", b" /* 1.2 */"), Edit("a.py", 9, b"", b"  # 1.2"))
    assert plan.skipped == ()


def test_a_driver_that_inherits_gets_its_release() -> None:
    inherited = Cell("supported", "inherited", (), "b:B", definition=definition(1, at(3), owner="b:B"))
    driver = Driver("a:A", "A", Place("a.py", 9), insertion=at(50))
    plan = add.plan(catalogue(inherited, driver=driver), "next")
    assert [edit.start for edit in plan.edits] == [3, 50]


def test_what_cannot_be_annotated_is_reported() -> None:
    plan = add.plan(catalogue(own(2, None), own(3, at(3))), "next")
    assert len(plan.edits) == 1
    assert [(one.place.line, one.what) for one in plan.skipped] == [(2, "'e0' of a:A")]


def test_two_entries_that_share_a_place_are_reported_both() -> None:
    plan = add.plan(catalogue(own(2, at(3)), own(3, at(3))), "next")
    assert plan.edits == ()
    assert len(plan.skipped) == 2


@pytest.mark.parametrize(
    ("encoding", "new"),
    [
        pytest.param("latin-1", b"  # 1.2", id="one byte a character"),
        pytest.param("utf-8-sig", b"  # 1.2", id="no second byte order mark"),
        pytest.param("UTF_8_SIG", b"  # 1.2", id="by any name"),
        pytest.param("utf-16-le", "  # 1.2".encode("utf-16-le"), id="two bytes a character"),
    ],
)
def test_insertions_are_encoded_as_the_file_is(encoding: str, new: bytes) -> None:
    assert add.plan(catalogue(own(1, at(3, encoding))), "1.2").edits[0].new == new


# stamp


def annotated(text: str, start: int = 0, encoding: str = "utf-8", length: int | None = None) -> Catalogue:
    spans = grammar.parse(text, X)
    size = len(text.encode(encoding)) if length is None else length
    anchor = Anchor("a.py", start, start + size, encoding)
    return Catalogue("T", annotations=(Annotation(spans, text, Place("a.py"), anchor),))


@pytest.mark.parametrize(
    ("text", "stamped"),
    [
        pytest.param("1.2.0", "1.2.0", id="no next"),
        pytest.param("1.2.0; see the next one", "1.2.0; see the next one", id="the word in a note"),
        pytest.param("next", "1.5.0", id="alone"),
        pytest.param("1.0 - next", "1.0 - 1.5.0", id="a removal"),
        pytest.param("1.0  -  next ,next", "1.0  -  1.5.0 ,1.5.0", id="white space stays"),
        pytest.param("next; next: \u00e4", "1.5.0; next: \u00e4", id="in front of a note"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_only_the_word_is_replaced(text: str, stamped: str, encoding: str) -> None:
    before = "\u00e4 # ".encode(encoding)
    plan = stamp.plan(annotated(text, len(before), encoding), CONFIG, MADE)
    assert apply(before + text.encode(encoding), plan.edits) == before + stamped.encode(encoding)
    assert plan.skipped == ()


@given(st.lists(st.sampled_from(["next", "1.0", "1.0 - next", "next - next"]), min_size=1, max_size=3).map(", ".join))
def test_a_second_stamp_changes_nothing(text: str) -> None:
    once = apply(text.encode(), stamp.plan(annotated(text), CONFIG, MADE).edits).decode()
    assert stamp.plan(annotated(once), CONFIG, MADE).edits == ()
    assert not list(grammar.next_tokens(once))


@pytest.mark.parametrize(
    "tree",
    [
        pytest.param(annotated("next", length=9), id="the file writes it otherwise, with escapes perhaps"),
        pytest.param(
            Catalogue("T", annotations=(Annotation((), "next", Place("hvsupport.toml", 3)),)), id="from the config"
        ),
    ],
)
def test_a_next_that_cannot_be_edited_is_reported(tree: Catalogue) -> None:
    plan = stamp.plan(tree, CONFIG, MADE)
    assert plan.edits == ()
    assert len(plan.skipped) == 1


def test_a_next_in_the_configuration_is_reported() -> None:
    given = InterfaceConfig("base", "api.py:Base", inherits={"a:A": {"e0": (Span(NEXT),), "e1": (Span(MADE),)}})
    plan = stamp.plan(Catalogue("T"), Config(Path(), interfaces=(given,)), MADE)
    assert [one.what for one in plan.skipped] == ["'e0' of a:A"]


# replace


def correction(text: str, new: str, **changes: object) -> replace.Correction:
    annotation = annotated(text).annotations[0]._replace(**changes)
    return replace.Correction("'e' of a:A", annotation, grammar.parse(new, X))


@pytest.mark.parametrize(
    ("text", "new", "written"),
    [
        pytest.param("1.0.0", "1.2.0", "1.2.0", id="alone"),
        pytest.param("1.0.0 ; a note", "<= 1.2.0", "<= 1.2.0 ; a note", id="the note stays"),
        pytest.param("1.0, 1.4", "1.0 - 1.2, 1.4", "1.0 - 1.2, 1.4", id="one of two"),
    ],
)
def test_only_the_releases_are_replaced(text: str, new: str, written: str) -> None:
    plan = replace.plan([correction(text, new)], X)
    assert apply(text.encode(), plan.edits).decode() == written
    assert plan.skipped == ()


@pytest.mark.parametrize(
    ("new", "changes", "why"),
    [
        pytest.param("1.2.0", {"carrier": "config"}, "change the configuration by hand", id="the config"),
        pytest.param("1.2.0", {"anchor": None}, "change the configuration by hand", id="nowhere"),
        pytest.param("1.2.0", {"anchor": Anchor("a.py", 0, 9)}, "cannot be edited in place", id="escaped in the file"),
        pytest.param("1.2.0", {"spans": ()}, "cannot be edited in place", id="told by several directives"),
        pytest.param("1.2 - 1.4", {"carrier": "docstring"}, "a directive has one release", id="an end in a directive"),
        pytest.param("<= 1.2", {"carrier": "docstring"}, "a directive has one release", id="at most in a directive"),
        pytest.param("1.0 - 1.1, 1.2", {"carrier": "docstring"}, "one release", id="two spans in a directive"),
    ],
)
def test_what_cannot_be_replaced_is_reported(new: str, changes: dict[str, object], why: str) -> None:
    plan = replace.plan([correction("1.0.0", new, **changes)], X)
    assert plan.edits == ()
    (skipped,) = plan.skipped
    assert why in skipped.why and skipped.why.endswith(f"it should say {grammar.render(grammar.parse(new, X))!r}")


def test_a_directive_is_replaced() -> None:
    plan = replace.plan([correction("1.0.0", "1.2.0", carrier="docstring")] * 2, X)
    assert apply(b"1.0.0", plan.edits) == b"1.2.0"


# diff


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(b"a\nb\nc\n", b"a\nB\nc\n", id="plain"),
        pytest.param(b"a\r\nb\r\n", b"a\r\nb  # 1\r\n", id="CRLF"),
        pytest.param(b"a\rb\nc", b"a\rb\nc  # 1", id="no end of line at the end"),
        pytest.param(b"\xff\n\x0c\x85\n", b"\xff\n\x0c\x85 # 1\n", id="bytes that are no text"),
        pytest.param(b"a\n" * 40, b"b\n" + b"a\n" * 38 + b"b\n", id="two hunks"),
    ],
)
def test_git_applies_the_diff(tmp_path: Path, before: bytes, after: bytes) -> None:
    (tmp_path / "a.py").write_bytes(before)
    (tmp_path / "change.diff").write_bytes(unified("a.py", before, after))
    subprocess.run(["git", "apply", "--whitespace=nowarn", "change.diff"], cwd=tmp_path, check=True)
    assert (tmp_path / "a.py").read_bytes() == after


def test_no_change_is_no_diff() -> None:
    assert unified("a.py", b"a\n", b"a\n") == b""
