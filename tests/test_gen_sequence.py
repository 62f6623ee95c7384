"""Diagrams of protocols: whatever is declared, no text meets another, a box or an arrow, or leaves the drawing."""

from __future__ import annotations

import re
import unicodedata
from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree

import gen_builder as b
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lengths import LENGTH

from hvsupport.annotate.protocol import SIDES, Protocol, Step
from hvsupport.gen.diagrams import built_in, files, svg
from hvsupport.gen.pages.sequence import Arrow, Label, Sequence, sequence
from hvsupport.gen.pages.textwidth import MORE, clean, lines, text_width
from hvsupport.gen.render import asset

IMAGES = Path(__file__).parent.parent / "docs" / "images"
TEXT = st.text(st.characters(codec="utf-8"), max_size=60)
WORDS = st.lists(st.text("aWi_mM. -", min_size=1, max_size=40), min_size=1, max_size=6).map(" ".join)
NAMES = st.lists(st.one_of(TEXT, WORDS), min_size=2, max_size=12, unique=True)


@st.composite
def protocols(draw: st.DrawFn) -> Protocol:
    """Any protocol that a configuration may declare: sides at will, everything handed on by some step before."""
    names = draw(NAMES)
    sides = draw(st.sampled_from([("source",), ("destination",), SIDES]))
    steps = []
    for at, name in enumerate(names):
        before = st.sampled_from(names[:at]) if at else st.nothing()
        steps.append(
            Step(
                name,
                draw(st.sampled_from(sides)),
                tuple(f"entry{at}_{number}" for number in range(draw(st.integers(1, 3)))),
                takes=draw(st.none() | before),
                handed=tuple(draw(st.lists(st.tuples(before, WORDS), max_size=2 if at else 0))),
                after=tuple(draw(st.lists(before, max_size=2 if at else 0, unique=True))),
                sends=draw(st.just("") | WORDS),
                on_failure=draw(st.just("") | WORDS),
                variants=((f"entry{at}_0", draw(WORDS)),) if draw(st.booleans()) else (),
            )
        )
    return Protocol("k", "v", draw(TEXT), "f", "i", 1, tuple(steps))


Edges = tuple[float, float, float, float]


def corners(arrow: Arrow) -> list[tuple[float, float]]:
    """The corners of the line of an arrow, then those of its head."""
    x = y = 0.0
    found = []
    for command, numbers in re.findall(r"([MHV])([-\d. ]+)", arrow.line):
        given_ = [float(number) for number in numbers.split()]
        x = given_[0] if command != "V" else x
        y = given_[-1] if command != "H" else y
        found.append((x, y))
    head = [point.split(",") for point in arrow.head.split()]
    return found + [(float(across), float(down)) for across, down in head]


def edges(label: Label) -> Edges:
    return label.left, label.top, label.right, label.y + label.size / 5


def strokes(arrow: Arrow) -> list[Edges]:
    pairs = pairwise(corners(arrow))
    return [(min(a, c), min(b, d) - 1, max(a, c), max(b, d) + 1) for (a, b), (c, d) in pairs]


def apart(one: Edges, other: Edges) -> bool:
    return one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


def inside(one: Edges, whole: Edges) -> bool:
    return one[0] >= whole[0] and one[1] >= whole[1] and one[2] <= whole[2] and one[3] <= whole[3]


def check(drawn: Sequence) -> None:
    """Every text inside the drawing or its own box; texts, boxes and arrows apart from each other."""
    whole = (0, 0, drawn.width, drawn.height)
    boxes = [(box.x, box.y, box.x + box.width, box.y + box.height) for box in drawn.boxes]
    free = [*(lane.title for lane in drawn.lanes), *(label for arrow in drawn.arrows for label in arrow.labels)]
    texts = [(label, edges(label)) for label in drawn.labels]
    assert [label.text for label, at in texts if not inside(at, whole)] == []
    assert [pair for pair in combinations(texts, 2) if not apart(pair[0][1], pair[1][1])] == []
    assert [box for box in boxes if not inside(box, whole)] == []
    assert [pair for pair in combinations(boxes, 2) if not apart(*pair)] == []
    for box, at in zip(drawn.boxes, boxes, strict=True):
        assert [label.text for label in box.labels if not inside(edges(label), at)] == []
        assert [label.text for label in free if not apart(edges(label), at)] == []
    lines = [line for arrow in drawn.arrows for line in strokes(arrow)]
    assert [line for line in lines if not inside(line, whole)] == []
    assert [(label.text, line) for label, at in texts for line in lines if not apart(at, line)] == []
    assert [(box, line) for box in boxes for line in lines if not apart(box, line)] == []


@settings(max_examples=30 * LENGTH)
@given(protocols())
def test_any_protocol_is_drawn_readably(protocol: Protocol) -> None:
    drawn = sequence(protocol)
    check(drawn)
    back = [step for step in protocol.steps if step.on_failure]
    boxes = [*(step.side for step in protocol.steps), *(f"{step.side} failed" for step in back)]
    assert [box.css for box in drawn.boxes] == boxes
    ways = sum(len({step.takes, *dict(step.handed)} - {None}) + bool(step.sends) for step in protocol.steps)
    sides = {step.name: step.side for step in back}
    handed_back = [step for step in back if step.takes in sides and sides[step.takes] != step.side]
    assert len(drawn.arrows) == ways + len(handed_back) + bool(back)


@settings(max_examples=20 * LENGTH)
@given(protocols())
def test_any_protocol_is_well_formed(protocol: Protocol) -> None:
    root = ElementTree.fromstring(svg(protocol))
    titles = [each.text or "" for each in root.iter("{http://www.w3.org/2000/svg}title")]
    assert titles == [f"Sequence of {clean(protocol.title)}"]


def test_the_pictures_of_the_documentation_are_current() -> None:
    found = {name: (IMAGES / name).read_bytes() for name in files()}
    assert found == files(), "make reference"


def test_a_picture_has_the_colours_of_the_site() -> None:
    """Its style is a copy, for it cannot use the stylesheet; both themes are in it."""
    pair = re.compile(r"--([\w-]+): (#[0-9a-f]{6});")
    picture, sheet = asset("diagram.svg.j2").decode(), asset("hvsupport.css").decode()
    for own, whole in zip(picture.split("prefers-color-scheme"), sheet.split("prefers-color-scheme"), strict=False):
        assert dict(pair.findall(own)).items() <= dict(pair.findall(whole)).items()
        assert len(pair.findall(own)) == 9


BUILT_IN = {each.key: each for name in ("migration", "libvirt-migration") for each in built_in(name)}


@pytest.mark.parametrize("key", BUILT_IN)
def test_what_comes_with_the_tool_is_drawn_whole(key: str) -> None:
    """Nothing is cut off, and whatever its steps hand over has an arrow."""
    drawn = sequence(BUILT_IN[key])
    check(drawn)
    assert not [label.text for label in drawn.labels if MORE in label.text]
    assert [arrow.css for arrow in drawn.arrows].count("data") == 1


def labels(arrow: Arrow) -> str:
    return " ".join(label.text for label in arrow.labels)


def test_an_arrow_names_its_giver_where_that_does_not_stand_right_above() -> None:
    drawn = sequence(b.protocol("v2", 2, *b.V2))
    assert [labels(arrow) for arrow in drawn.arrows] == [
        "description, cookie",
        "cookie",
        "the guest",
        "cookie",
        "cookie of Begin",
    ]


def test_what_stays_on_a_side_is_a_loop() -> None:
    drawn = sequence(b.protocol("v1", 1, *b.V1))
    ways = {labels(arrow): "V" in arrow.line for arrow in drawn.arrows}
    assert ways == {"cookie": False, "the guest": False, "cookie of Prepare": True}


def test_one_side_has_one_lane_unless_something_leaves_it() -> None:
    steps = (Step("Freeze", "source", ("a",)), Step("Thaw", "source", ("b",), takes="Freeze"))
    assert [lane.title.text for lane in sequence(b.protocol("x", 1, *steps)).lanes] == ["Source"]
    sent = (*steps, Step("Copy", "source", ("c",), sends="the volume"))
    assert [lane.title.text for lane in sequence(b.protocol("x", 1, *sent)).lanes] == ["Source", "Destination"]


def test_what_is_special_about_a_step_stands_in_its_box() -> None:
    step = Step("Go", "source", ("a", "b", "c"), variants=(("b", "quick"),), after=("First",))
    first, between = Step("First", "source", ("x",)), Step("Between", "source", ("y",))
    box = sequence(b.protocol("x", 1, first, between, step)).boxes[-1]
    assert [label.text for label in box.labels] == ["3. Go", "or quick", "any of 2 entries", "after First"]


def test_the_way_back_is_drawn_below_the_steps() -> None:
    begin = Step("Begin", "source", ("begin",))
    finish = Step("Finish", "destination", ("finish",), takes="Begin", on_failure="kills the guest")
    confirm = Step("Confirm", "source", ("confirm",), takes="Finish", on_failure="resumes it")
    drawn = sequence(b.protocol("v3", 3, begin, finish, confirm))
    last, back = drawn.boxes[2], drawn.boxes[3:]
    assert [[label.text for label in box.labels] for box in back] == [
        ["Finish", "kills the guest"],
        ["Confirm", "resumes it"],
    ]
    assert min(box.y for box in back) > last.y + last.height
    words = "If a step fails: Finish on the destination kills the guest. Confirm on the source resumes it."
    assert drawn.words.endswith(words)
    assert [arrow.css for arrow in drawn.arrows[-2:]] == ["failed", "cookie"]
    plain = sequence(b.protocol("v3", 3, begin, finish._replace(on_failure="")))
    assert "fails" not in plain.words


def test_the_words_say_what_the_drawing_shows() -> None:
    said = sequence(b.protocol("v1", 1, *b.V1)).words
    assert said.removesuffix(".").split(". ") == [
        *("1", "Prepare on the destination", "Perform is handed by Prepare: cookie", "2", "Perform on the source"),
        *("Perform sends to the other side: the guest", "Finish is handed by Prepare: cookie", "3"),
        "Finish on the destination",
    ]


# -- texts


@given(st.one_of(TEXT, WORDS), st.floats(40, 300), st.integers(1, 6))
def test_lines_fit_and_lose_nothing_but_what_an_ellipsis_tells(text: str, room: float, most: int) -> None:
    found = lines(text, 12, room, most)
    assert 1 <= len(found) <= most
    assert all(text_width(line, 12) <= room for line in found)
    whole = clean(text).replace(" ", "")
    told = "".join(found).replace(" ", "")
    assert told == whole or (told.endswith(MORE) and whole.startswith(told[:-1]))


CUT = {
    "at white space": ("Check destination now", ("Check", "destination", "now")),
    "behind a joint": ("pre_live_migration_at_source", ("pre_live_", "migration_", "at_source")),
    "between words of a name": ("domainMigratePrepare", ("domain", "Migrate", "Prepare")),
    "anywhere, at last": ("mmmmmmmmmm", ("mmmmmm", "mmmm")),
    "not at all": ("Begin", ("Begin",)),
}


@pytest.mark.parametrize(("text", "expected"), CUT.values(), ids=CUT)
def test_where_a_text_is_cut(text: str, expected: tuple[str, ...]) -> None:
    assert lines(text, 12, 90, 9) == expected


@given(TEXT)
def test_clean_texts_hold_nothing_that_no_document_may_hold(text: str) -> None:
    assert not [c for c in clean(text) if unicodedata.category(c) in ("Cc", "Cs")]
