"""Protocols: what drivers make of a protocol: supported since when, in part, under a condition."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from protocol_builder import (
    API,
    BOTH,
    FULL,
    GROWN,
    HEAD,
    NAMES,
    STATES,
    TAKEN,
    V1,
    V2,
    ask,
    at,
    driver_file,
    drivers,
    family,
    findings,
    method,
    plain,
    project,
    read,
    read_config,
    shown,
    source,
    support,
)
from tree_builder import BASE

from hvsupport.annotate.judge import judge
from hvsupport.annotate.protocols.negotiate import negotiate

# -- what must not change


def test_nothing_about_protocols_is_loaded_without_one(tmp_path: Path) -> None:
    project(tmp_path, HEAD, source(), api=BASE)
    script = (
        "import sys\nfrom hvsupport.annotate import cli\n"
        "try:\n    cli.group.main(['check', '--no-cache', '--quiet'], prog_name='hvsupport')\n"
        "except SystemExit as end:\n    assert end.code == 0, end.code\n"
        "print([name for name in sys.modules if 'protocol' in name and 'hvsupport' in name])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


def test_a_catalogue_without_protocols_is_as_before() -> None:
    found = drivers(source(perform="1.0.0"), text=HEAD)
    assert found.protocols == ()
    assert plain(found)["protocols"] == []
    assert found.problems == ()


def test_a_driver_without_any_step_has_nothing_to_do_with_it() -> None:
    found = drivers(source(dump="1.0.0"))
    assert [shown(support(found, each)) for each in ("v1", "v2")] == ["unsupported", "unsupported"]
    assert findings(found, "HV020") == []
    assert [each["drivers"] for each in plain(found)["protocols"]] == [{}, {}]


# -- what a driver makes of a protocol


@pytest.mark.parametrize(("changes", "expected"), STATES.values(), ids=STATES)
def test_state(changes: dict[str, str | None], expected: str) -> None:
    assert shown(support(drivers(source(**{**FULL, **changes})), "v2")) == expected


def test_a_condition_is_carried_over() -> None:
    text = "class Mem(Driver):\n" + method("prepare", "1.0.0") + method("perform", "1.0.0") + method("dump", "1.0.0")
    under = "    import os\n    if os.name == 'nt':\n" + method("confirm", "1.2.0").replace("    ", "        ", 1)
    found = drivers(text + under.replace("\n        return", "\n            return"))
    assert shown(support(found, "v2")) == "conditional 1.2.0"
    assert support(found, "v2").missing == ()


def test_a_driver_of_which_nobody_knows_is_unreadable_and_not_incomplete() -> None:
    found = drivers("from elsewhere import Base\n\n\nclass Mem(Base, Driver):\n" + method("perform", "1.0.0"))
    assert support(found, "v2").state == "unreadable"
    assert findings(found, "HV020") == []
    assert findings(found, "HV011") != []
    assert ask(found, "3.0.0", "3.0.0") == "none v2?"


def test_an_entry_without_releases_by_the_config_limits_nothing() -> None:
    text = TAKEN + 'exempt = { confirm = "always there", prepare = "always there" }\n' + V1 + V2
    found = drivers(source(**{**FULL, "confirm": None, "prepare": None}), text=text)
    assert shown(support(found, "v2")) == "supported 1.0.0"
    names = "exempt = { " + ", ".join(f'{name} = "always there"' for name in NAMES) + " }\n"
    always = drivers(source(**dict.fromkeys(FULL)), text=TAKEN + names + V1 + V2)
    assert shown(support(always, "v2")) == "supported"
    assert (ask(always, "0.1.0", "next"), findings(always, "HV021")) == ("v2", [])


def test_a_table_in_c_with_a_step_under_a_condition() -> None:
    api = "typedef int (*Fn)(void);\nstruct ops {\n" + "".join(f"    Fn {name};\n" for name in NAMES) + "};\n"
    always = "".join(f"    .{name} = mem_{name}, /* 1.0.0 */\n" for name in ("dump", "prepare", "perform"))
    under = "#ifdef WITH_CONFIRM\n    .confirm = mem_confirm, /* 1.2.0 */\n#endif\n"
    table = '#include "ops.h"\n\nstatic struct ops mem = {\n' + always + under + "};\n"
    head = TAKEN.replace("lib/base.py:Driver", "ops.h:ops").replace("lib/drivers.py", "mem.c")
    found = read({"ops.h": api, "mem.c": table}, head.replace("protocols =", 'kind = "table"\nprotocols =') + V1 + V2)
    assert [shown(support(found, each, "mem")) for each in ("v1", "v2")] == ["unsupported", "conditional 1.2.0"]
    mem = at(found, "3.0.0", "mem")
    (better, _) = negotiate(family(found), mem, mem).outcomes
    assert [(each.entry, each.reason, each.certain) for each in better.lacks] == [
        ("confirm", "is conditional: WITH_CONFIRM", False)
    ]


def test_a_step_whose_annotation_cannot_be_read_is_a_step_all_the_same() -> None:
    found = drivers(source(confirm="since 1.0"))
    assert (support(found, "v2").state, len(findings(found, "HV020"))) == ("incomplete", 3)


SINCE = {
    "the latest of its steps": ({}, "1.2.0"),
    "the earlier alternative": ({"prepare": "2.0.0", "tunnel": "1.1.0"}, "1.2.0"),
    "an alternative that came last": ({"prepare": "3.0.0", "tunnel": "2.0.0"}, "2.0.0"),
    "a step of which nobody says": ({"confirm": None}, "None"),
    "an alternative of which nobody says": ({"tunnel": None}, "None"),
}


@pytest.mark.parametrize(("changes", "expected"), SINCE.values(), ids=SINCE)
def test_since_when_there_can_be_such_a_protocol(changes: dict[str, str | None], expected: str) -> None:
    given_ = {**dict.fromkeys(NAMES, "1.0.0"), "confirm": "1.2.0", **changes}
    api = "class Driver:\n" + "".join(method(name, f"-{given_[name] or ''}") for name in NAMES)
    found = read({"lib/base.py": api, **driver_file(source())})
    assert str(family(found).protocols[1].since) == expected


def test_missing_steps_are_named_by_their_usual_entry() -> None:
    found = drivers(source(perform="1.0.0", confirm="1.0.0", dump="1.0.0"))
    assert support(found, "v2").missing == ("prepare",)
    assert [each.step.name for each in support(found, "v2").lacking] == ["Prepare"]


def test_what_the_interface_does_for_everybody_makes_nobody_begin() -> None:
    api = API.replace(
        "def confirm(self, cookie=None):\n        raise NotImplementedError",
        "def confirm(self, cookie=None):  # 1.0.0\n        return cookie",
    )
    text = "class Mem(Driver):  # 1.0.0\n    pass\n\n\nclass Full(Driver):  # 1.1.0\n"
    text += "".join(method(name, "1.1.0") for name in ("dump", "prepare", "perform"))
    found = read({"lib/base.py": api, **driver_file(text)})
    assert shown(support(found, "v2")) == "unsupported"
    assert shown(support(found, "v2", "Full")) == "supported 1.1.0"
    assert findings(found, "HV020") == []


def test_inherited_steps_count_and_are_cut_to_the_driver() -> None:
    base = "class Half(Driver):\n" + method("prepare", "1.0.0") + method("dump", "1.0.0")
    leaf = "class Mem(Half):  # 1.1.0\n" + method("perform", "1.1.0") + method("confirm", "1.2.0")
    assert shown(support(drivers(base, leaf), "v2")) == "supported 1.2.0"


def test_a_step_of_two_protocols_begins_neither_but_belongs_to_one() -> None:
    both = drivers(source(perform="1.0.0", finish="1.0.0"))
    assert [shown(support(both, each)) for each in ("v1", "v2")] == ["supported 1.0.0", "unsupported"]
    assert findings(both, "HV020") == []
    alone = drivers(source(perform="1.0.0"))
    assert [shown(support(alone, each)) for each in ("v1", "v2")] == ["incomplete", "unsupported"]
    assert findings(alone, "HV020") == [
        "lib/drivers.py:5 lib.drivers:Mem implements part of Move v1 but lacks Finish",
    ]


def test_a_variant_lacks_what_the_protocol_lacks() -> None:
    found = support(drivers(source(**{**GROWN, "confirm": "-", "dump": "-"})), "v2")
    (variant,) = found.variants
    assert (variant.name, variant.state, variant.missing) == ("tunnelled", "incomplete", ("dump", "confirm"))


def test_variants_have_a_release_of_their_own() -> None:
    found = drivers(
        source(**FULL, tunnel="2.0.0"),
        source("Only", **{**FULL, "prepare": "-", "tunnel": "1.1.0"}),
        source("None_", **FULL),
    )
    variants = {name: support(found, "v2", name).variants for name in ("Mem", "Only", "None_")}
    assert [(each.name, str(each.spans[0].since)) for each in variants["Mem"]] == [("tunnelled", "2.0.0")]
    assert [str(each.spans[0].since) for each in variants["Only"]] == ["1.1.0"]
    assert variants["None_"] == ()
    assert {name: [each.only for each in found] for name, found in variants.items()} == {
        "Mem": [False],
        "Only": [True],
        "None_": [],
    }


def test_findings_say_that_a_protocol_works_in_a_variant_only() -> None:
    lacking = drivers(source(dump="1.0.0", tunnel="1.0.0", perform="1.0.0"))
    (message,) = findings(lacking, "HV020")
    assert "implements part of Move v2 (tunnelled only) but lacks Confirm: nobody cleans up" in message
    late = drivers(source(dump="1.0.0", tunnel="1.0.0", perform="1.0.0", confirm="1.2.0"))
    (message,) = findings(late, "HV021")
    assert message.endswith("the protocol works only since 1.2.0, tunnelled only")
    both = drivers(source(dump="1.0.0", prepare="1.0.0", tunnel="1.0.0", perform="1.0.0", confirm="1.2.0"))
    (message,) = findings(both, "HV021")
    assert message.endswith("the protocol works only since 1.2.0")


def test_incomplete_says_what_goes_wrong_beside_the_step_before() -> None:
    found = drivers(source(prepare="1.0.0", perform="1.0.0", dump="1.0.0"))
    assert findings(found, "HV020") == [
        "lib/drivers.py:8 lib.drivers:Mem implements part of Move v2 but lacks Confirm: nobody cleans up"
    ]


def test_pieces_are_a_warning_that_an_ignore_comment_acknowledges() -> None:
    found = drivers(source(**{**FULL, "confirm": "1.2.0"}))
    (finding,) = [one for one in judge(read_config(BOTH), found).findings if one.code == "HV021"]
    assert (finding.severity, finding.place.line, finding.entry) == ("warning", 11, "confirm")
    quiet = drivers(source(**{**FULL, "confirm": "1.2.0  # hvsupport: ignore[HV021] it was forgotten"}))
    assert [one.code for one in judge(read_config(BOTH), quiet).findings] == []
