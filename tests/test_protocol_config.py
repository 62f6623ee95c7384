"""Protocols: what a configuration may declare of protocols, and the families that come with the tool."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import told
import tomli
from hypothesis import given, settings
from hypothesis import strategies as st
from lengths import LENGTH
from protocol_builder import (
    API,
    BOTH,
    FULL,
    HEAD,
    TAKEN,
    V1,
    driver,
    driver_file,
    drivers,
    family,
    read,
    read_config,
    source,
)
from tree_builder import encoded

from hvsupport.annotate import run
from hvsupport.annotate.catalogue import Catalogue
from hvsupport.annotate.config import protocols as configprotocols
from hvsupport.annotate.config.build import build
from hvsupport.annotate.config.positions import places
from hvsupport.annotate.protocols.pairings import pairings

# -- what a configuration may say

WRONG = {
    "an entry that the interface lacks": ('entries = ["finish"]', 'entries = ["finsh"]', 24, "names 'finsh', which"),
    "a protocol that nobody declared": (
        'protocols = ["move"]',
        'protocols = ["mov"]',
        8,
        "unknown protocol family 'mov'",
    ),
    "taken twice": ('["move"]', '["move", "move"]', 8, "protocol family 'move' is named twice"),
    "a family that no interface takes": ('protocols = ["move"]\n', "", 9, "declared, but no interface uses it"),
    "an unknown key of a step": (
        'side = "source"\nentries = ["perform"]',
        'side = "source"\nentrys = ["perform"]',
        19,
        "unknown key 'entrys'",
    ),
    "an unknown key of a family": ('title = "Move"', 'titel = "Move"', 11, "unknown key 'titel'"),
    "an unknown side": (
        'side = "destination"\nentries = ["finish"]',
        'side = "target"\nentries = ["finish"]',
        23,
        "'side' cannot be 'target'",
    ),
    "no entries": ('entries = ["finish"]', "entries = []", 24, "step 'Finish' has no entry point"),
    "no name": ('name = "Finish"\n', "", 21, "'name' is missing"),
    "a step twice": ('name = "Finish"', 'name = "Perform"', 22, "step 'Perform' is declared twice"),
    "an entry twice": (
        'entries = ["finish"]',
        'entries = ["perform"]',
        24,
        "entry 'perform' is in two steps of one protocol",
    ),
    "a step that waits for itself": (
        'entries = ["finish"]',
        'entries = ["finish"]\nafter = ["Finish"]',
        25,
        "names the step itself",
    ),
    "a cookie of an unknown step": (
        'entries = ["finish"]',
        'entries = ["finish"]\ncookie-from = "Begin"',
        25,
        "unknown step 'Begin'",
    ),
    "a cookie of a later step": (
        'entries = ["perform"]\n\n',
        'entries = ["perform"]\ncookie-from = "Finish"\n\n',
        20,
        "takes the cookie of 'Finish', which does not run before it",
    ),
    "something handed by an unknown step": (
        'entries = ["finish"]',
        'entries = ["finish"]\nhanded = { Perfrom = "address" }',
        25,
        "unknown step 'Perfrom'",
    ),
    "something handed by the step itself": (
        'entries = ["finish"]',
        'entries = ["finish"]\nhanded = { Finish = "address" }',
        25,
        "'handed' of step 'Finish' names the step itself",
    ),
    "something handed by a later step": (
        'entries = ["perform"]\n\n',
        'entries = ["perform"]\nhanded = { Finish = "address" }\n\n',
        20,
        "is handed 'address' by 'Finish', which does not run before it",
    ),
    "steps in a cycle": (
        'entries = ["perform"]\n\n',
        'entries = ["perform"]\nafter = ["Finish"]\n\n',
        20,
        "the steps 'Perform', 'Finish' wait for each other",
    ),
    "a variant of no entry": (
        'entries = ["finish"]',
        'entries = ["finish"]\nvariants = { finsh = "x" }',
        25,
        "variant 'finsh' is not an entry of step 'Finish'",
    ),
    "a rank that is no number": ("rank = 1", 'rank = "1"', 14, "'rank' must be a number"),
    "a rank that is out of range": ("rank = 1", "rank = 0", 14, "0 is too small for 'rank'"),
    "a name that is not fit for a file": (
        "[protocols.move.versions.v1]",
        '[protocols.move.versions."v 1"]',
        13,
        "is not a valid protocol name",
    ),
    "a driver that is not there": (
        'protocols = ["move"]',
        'protocols = ["move"]\ncompatible = [["Mem", "Mum"]]',
        9,
        "unknown driver 'Mum'",
    ),
}


@pytest.mark.parametrize(("old", "new", "line", "message"), WRONG.values(), ids=WRONG)
def test_wrong_in_the_config(old: str, new: str, line: int, message: str, request: pytest.FixtureRequest) -> None:
    text = TAKEN + V1
    assert old in text
    text = text.replace(old, new, 1)
    problems = drivers(source(perform="1.0.0", finish="1.0.0"), text=text).problems
    hits = [each for each in problems if message in each.message]
    assert len(hits) == 1, problems
    assert (hits[0].kind, hits[0].place.path, hits[0].place.line) == ("config", "hvsupport.toml", line)
    told.compare(request, problems)


#: One slip, one problem: what follows from it is not told besides. Line, message, tip.
ONCE = {
    "a rank that is out of range": ("rank = 2", "rank = 1001", 27, "1001 is too large for 'rank'", None),
    "a rank that is true, which is a number to Python": ("rank = 2", "rank = true", 27, "'rank' must be a", None),
    "a rank that is a text": ("rank = 2", 'rank = "2"', 27, "'rank' must be a number from 1 to 1000", None),
    "entries that are a text": ('["dump"]', '"dump"', 32, "'entries' must be a list of strings", None),
    "an entry that is a number": ('["dump"]', "[1]", 32, "an item of 'entries' must be a string", None),
    "an entry without a name": ('["dump"]', '[""]', 32, "an item of 'entries' is empty", None),
    "a protocol beside the versions": (
        "[protocols.move.versions.v2]\n",
        "[protocols.move.v2]\ntitle = 'x'\n[protocols.move.versions.v2]\n",
        26,
        "unknown key 'v2'",
        "protocols are declared under 'versions': [protocols.move.versions.v2]",
    ),
    "versions with a slip": (
        "[protocols.move.versions.v2]\n",
        "[protocols.move.version.v2]\ntitle = 'x'\n[protocols.move.versions.v2]\n",
        26,
        "unknown key 'version'",
        "did you mean 'versions'?",
    ),
    "a taken family without a version": (
        '["move"]',
        '["move", "none"]\n[protocols.none.versions]',
        9,
        "protocol family 'none' has no version",
        None,
    ),
    "a taken family whose name is not fit for a file": (
        '["move"]',
        '["move", "zür"]\n[protocols."zür".versions.v1]',
        9,
        "'zür' is not a valid protocol name",
        None,
    ),
    "two protocols of one title": (
        "rank = 2",
        'rank = 2\ntitle = "Move v1"',
        28,
        "protocols 'v1' and 'v2' have the same title",
        None,
    ),
    "a group of one driver": (
        '["move"]',
        '["move"]\ncompatible = [["Mem", "lib.drivers:*"]]',
        9,
        "a group of one driver has no effect",
        None,
    ),
}


@pytest.mark.parametrize(("old", "new", "line", "message", "tip"), ONCE.values(), ids=ONCE)
def test_one_slip_is_one_problem(
    old: str, new: str, line: int, message: str, tip: str | None, request: pytest.FixtureRequest
) -> None:
    text = BOTH
    assert old in text
    (problem,) = drivers(source(**FULL), text=text.replace(old, new, 1)).problems
    assert (problem.place.line, problem.tip) == (line, tip)
    assert problem.message.startswith(message)
    told.compare(request, [problem])


def test_a_driver_that_a_group_has_already_is_not_what_was_meant() -> None:
    """One whose file cannot be read is missed, and the other one of the group looks most like it."""
    text = TAKEN + 'compatible = [["MemA", "MemB"]]\n' + V1
    (problem,) = drivers(source("MemA"), text=text).problems
    assert problem.message == "unknown driver 'MemB'"
    assert problem.tip is None


def test_a_protocol_whose_rank_is_not_known_is_not_chosen() -> None:
    """It could be better or worse than the others: nothing is said of it until somebody mends the rank."""
    text = BOTH.replace("rank = 2", "rank = 0")
    assert [each.version for each in family(drivers(source(**FULL), text=text)).protocols] == ["v1"]


def test_two_of_one_rank() -> None:
    problems = drivers(source(**FULL), text=BOTH.replace("rank = 2", "rank = 1")).problems
    assert [(each.place.line, each.message) for each in problems] == [(27, "'Move v2' has the same rank as 'Move v1'")]


def test_two_protocols_of_one_key() -> None:
    text = TAKEN.replace('["move"]', '["move", "move-v1"]') + V1
    text += V1.replace("protocols.move", "protocols.move-v1").replace("versions.v1", "versions.x")
    assert drivers(source(), text=text).problems == ()
    wrong = text.replace("versions.v1.", 'versions."v1-X".').replace("versions.v1]", 'versions."v1-X"]')
    (problem,) = drivers(source(), text=wrong).problems
    assert problem.message == "protocol 'move-v1-x' has the same key as 'move' 'v1-X'"


SHAPES = {
    "protocols is no table": "protocols = 1\n" + HEAD,
    "a family is no table": "protocols.move = 1\n" + TAKEN,
    "versions is a list": TAKEN + "[protocols.move]\nversions = []\n",
    "a version is no table": TAKEN + "[protocols.move.versions]\nv1 = 1\n",
    "a family without versions": TAKEN + '[protocols.move]\ntitle = "x"\n',
    "a version without steps": TAKEN + "[protocols.move.versions.v1]\nrank = 1\n",
    "steps is empty": TAKEN + "[protocols.move.versions.v1]\nsteps = []\n",
    "steps is a text": TAKEN + '[protocols.move.versions.v1]\nsteps = "perform"\n',
    "a step is a text": TAKEN + '[protocols.move.versions.v1]\nsteps = ["perform"]\n',
    "entries is a text": (TAKEN + V1).replace('entries = ["perform"]', 'entries = "perform"'),
    "entries holds a number": (TAKEN + V1).replace('entries = ["perform"]', "entries = [1]"),
    "after is a text": (TAKEN + V1).replace('entries = ["finish"]', 'entries = ["finish"]\nafter = "Perform"'),
    "variants is a list": (TAKEN + V1).replace('entries = ["finish"]', 'entries = ["finish"]\nvariants = ["x"]'),
    "protocols of an interface is a text": HEAD + 'protocols = "move"\n' + V1,
    "compatible is a flat list": TAKEN + 'compatible = ["Mem"]\n' + V1,
}


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES)
def test_a_wrong_shape_is_a_problem_with_a_line_and_never_a_crash(text: str) -> None:
    found = drivers(source(perform="1.0.0", finish="1.0.0"), text=text)
    assert found.problems
    assert all(each.kind == "config" and each.place.path == "hvsupport.toml" for each in found.problems)


def spots(value: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """Every place in a value of TOML that another value can take."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [spot for key, each in inner for spot in ((*path, key), *spots(each, (*path, key)))]


JUNK = st.sampled_from([0, -1, 10**30, 1.5, True, "", " ", "perform", "x" * 1000, [], {}, [1], [[]], [{}], {"a": 1}])


@settings(deadline=None, max_examples=150 * LENGTH)
@given(st.data())
def test_any_value_anywhere_is_read_or_a_problem(data: st.DataObject) -> None:
    values = tomli.loads(BOTH)
    for _ in range(data.draw(st.integers(1, 3))):
        *above, last = data.draw(st.sampled_from(spots(values["protocols"]) or [("move",)]))
        holder = values["protocols"]
        for key in above:
            holder = holder[key]
        holder[last] = copy.deepcopy(data.draw(JUNK))
    text = BOTH
    config = build(Path("/nowhere"), "hvsupport.toml", values, places(text, "hvsupport.toml"))
    found = run.catalogue(
        config, source=encoded({"lib/base.py": API, **driver_file(source(**FULL))}), cache=False, jobs=1
    )
    assert all(each.kind == "config" and each.place.path == "hvsupport.toml" for each in config.problems)
    for each in found.protocols:
        for protocol in each.protocols:
            assert protocol.steps and all(step.entries for step in protocol.steps)
            mem = driver(found)
            assert pairings(each, mem, mem) is not None


def test_steps_run_in_the_order_that_they_ask_for() -> None:
    text = (TAKEN + V1).replace('entries = ["perform"]\n\n', 'entries = ["perform"]\nafter = ["Finish"]\n\n', 1)
    text = text.replace('entries = ["finish"]', 'entries = ["finish"]\nafter = []')
    (protocol,) = family(drivers(source(), text=text)).protocols
    assert [(step.name, step.after) for step in protocol.steps] == [("Finish", ()), ("Perform", ("Finish",))]


def test_steps_may_run_side_by_side() -> None:
    text = BOTH + 'after = ["Prepare"]\ncookie-from = "Prepare"\n'
    protocol = family(drivers(source(), text=text)).protocols[1]
    assert [step.name for step in protocol.steps] == ["Dump", "Prepare", "Perform", "Confirm"]
    assert protocol.steps[1].gives == ("Perform", "Confirm")
    assert [step.cookie for step in protocol.steps] == [None, "out", "in", "in"]
    wrong = text.replace('cookie-from = "Prepare"\n', 'cookie-from = "Perform"\n').replace(
        'cookie-from = "Perform"\n\n[[', 'cookie-from = "Prepare"\n\n[['
    )
    assert (
        "takes the cookie of 'Perform', which does not run before it"
        in drivers(source(), text=wrong).problems[0].message
    )


# -- the families that come with the tool


@pytest.mark.parametrize("name", configprotocols.names())
def test_built_in_families_have_nothing_wrong(name: str) -> None:
    config = read_config(HEAD + f'protocols = ["{name}"]\n')
    assert config.problems == ()
    protocols = config.families[name].ranked
    assert [each.rank for each in protocols] == sorted({each.rank for each in protocols}, reverse=True)
    for step in (step for protocol in protocols for step in protocol.steps):
        assert step.does.endswith(".") and step.without and not step.without.endswith(".")


def built_in(entries: list[str], config: str = "") -> Catalogue:
    api = "class Driver:\n" + "".join(
        f"    def {name}(self):\n        raise NotImplementedError\n\n" for name in entries
    )
    return read({"lib/base.py": api, **driver_file(source())}, HEAD + 'protocols = ["migration"]\n' + config)


V3 = ["begin3", "prepare3", "perform3", "finish3", "confirm3"]


def test_a_built_in_protocol_that_the_interface_does_not_have_is_left_out() -> None:
    found = built_in([f"domain_migrate_{name}" for name in V3])
    assert found.problems == ()
    (protocol,) = family(found).protocols
    assert (protocol.key, protocol.variants) == ("migration-v3", ())


def test_a_built_in_protocol_that_the_interface_has_in_part_is_a_problem() -> None:
    problems = built_in([f"domain_migrate_{name}" for name in V3[:3]]).problems
    (problem,) = problems
    assert problem.place.short == "hvsupport.toml:8"
    lacking = "domain_migrate_finish3, domain_migrate_confirm3"
    assert problem.message == f"interface 'driver' has some entries of 'Migration v3' and lacks {lacking}"
    assert problem.found == "domain_migrate_begin3, domain_migrate_prepare3, domain_migrate_perform3"
    assert problem.tip == "declare your version of the protocol under [protocols.migration.versions.v3]"


def test_a_preset_speaks_of_releases_that_had_fewer_entries() -> None:
    entries = [f"domain_migrate_{name}" for name in V3[:4]]
    api = "class Driver:\n" + "".join(f"    def {name}(self):\n        pass\n\n" for name in entries)
    text = HEAD + 'protocols = ["migration"]\n'
    config = build(Path("/nowhere"), "hvsupport.toml", tomli.loads(text), places(text, "presets/some.toml"))
    tree = encoded({"lib/base.py": api, **driver_file(source())})
    found = run.catalogue(config, source=tree, cache=False, jobs=1)
    assert (found.protocols, found.problems) == ((), ())


def test_a_built_in_family_that_does_not_fit_at_all_is_a_problem() -> None:
    (problem,) = built_in(["start", "stop"]).problems
    assert problem.message == "interface 'driver' has no protocol of 'migration'"


def test_an_own_table_of_the_same_name_adds_to_a_built_in_family() -> None:
    more = '[protocols.migration.versions.v9]\nrank = 9\nsteps = [{ name = "Go", side = "source", entries = ["go"] }]\n'
    found = built_in(["go", *(f"domain_migrate_{name}" for name in V3)], more)
    assert found.problems == ()
    assert [each.title for each in family(found).ranked] == ["Migration v9", "Migration v3"]
