"""Protocols: what a configuration may declare, what drivers make of it, and what two releases allow."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import tomli
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from tree_builder import BASE, encoded, on_disk

from hvsupport.annotate import cli, grammar, run
from hvsupport.annotate.catalogue import Catalogue
from hvsupport.annotate.config import protocols as configprotocols
from hvsupport.annotate.config.build import build
from hvsupport.annotate.config.positions import places
from hvsupport.annotate.config.value import Config
from hvsupport.annotate.findings import Finding
from hvsupport.annotate.judge import judge
from hvsupport.annotate.model import Driver, Span
from hvsupport.annotate.protocol import Family, Support
from hvsupport.annotate.protocols.negotiate import negotiate
from hvsupport.annotate.protocols.pairings import pairings
from hvsupport.annotate.protocols.spans import all_of, any_of
from hvsupport.annotate.protocols.support import UNSURE
from hvsupport.annotate.release import NEXT, Release, scheme
from hvsupport.gen.exports.json import export, schema_bytes, to_json

X = scheme("x.y.z")
HEAD = """\
title = "T"
release = "3.0.0"
releases = ["0.1.0", "1.0.0", "1.1.0", "1.2.0", "2.0.0", "3.0.0"]

[interfaces.driver]
at = "lib/base.py:Driver"
drivers = ["lib/drivers.py"]
"""
TAKEN = HEAD + 'protocols = ["move"]\n'
V1 = """
[protocols.move]
title = "Move"

[protocols.move.versions.v1]
rank = 1

[[protocols.move.versions.v1.steps]]
name = "Perform"
side = "source"
entries = ["perform"]

[[protocols.move.versions.v1.steps]]
name = "Finish"
side = "destination"
entries = ["finish"]
"""
V2 = """
[protocols.move.versions.v2]
rank = 2

[[protocols.move.versions.v2.steps]]
name = "Dump"
side = "source"
entries = ["dump"]
general = true

[[protocols.move.versions.v2.steps]]
name = "Prepare"
side = "destination"
entries = ["prepare", "tunnel"]
variants = { tunnel = "tunnelled" }

[[protocols.move.versions.v2.steps]]
name = "Perform"
side = "source"
entries = ["perform"]
cookie-from = "Prepare"

[[protocols.move.versions.v2.steps]]
name = "Confirm"
side = "source"
entries = ["confirm"]
without = "nobody cleans up"
"""
NAMES = ("dump", "prepare", "tunnel", "perform", "finish", "confirm")
API = "class Driver:\n" + "".join(
    f"    def {name}(self, cookie=None):\n        raise NotImplementedError\n\n" for name in NAMES
)


def plain(found: Catalogue, findings: Iterable[Finding] = ()) -> Any:
    """The JSON of a catalogue, read back."""
    return json.loads(to_json(found, findings))


def read_config(text: str, root: Path = Path("/nowhere")) -> Config:
    return build(root, "hvsupport.toml", tomli.loads(text), places(text, "hvsupport.toml"))


def read(files: Mapping[str, str], text: str = TAKEN + V1 + V2) -> Catalogue:
    tree = {"lib/__init__.py": "", "lib/base.py": API, **files}
    return run.catalogue(read_config(text), source=encoded(tree), cache=False, jobs=1)


def method(name: str, comment: str | None, head: str = "") -> str:
    """A method that works, with its annotation; ``-`` in front makes it a stub."""
    body = "raise NotImplementedError" if (comment or "").startswith("-") else "return cookie"
    text = (comment or "").removeprefix("-").strip()
    return f"{head}    def {name}(self, cookie=None):{'  # ' + text if text else ''}\n        {body}\n\n"


def source(name: str = "Mem", **annotations: str | None) -> str:
    members = "".join(method(entry, comment) for entry, comment in annotations.items())
    return f"class {name}(Driver):\n{members or '    pass'}\n"


def driver_file(*classes: str) -> dict[str, str]:
    return {"lib/drivers.py": "from .base import Driver\n\n\n" + "\n\n".join(classes)}


def drivers(*classes: str, text: str = TAKEN + V1 + V2) -> Catalogue:
    return read(driver_file(*classes), text)


def family(found: Catalogue) -> Family:
    (only,) = found.protocols
    return only


def driver(found: Catalogue, name: str = "Mem") -> Driver:
    return next(each for each in found.interfaces[0].drivers if each.title == name)


def support(found: Catalogue, version: str, name: str = "Mem") -> Support:
    return family(found).supports[driver(found, name).id, f"move-{version}"]


def shown(found: Support) -> str:
    """State and spans as one text: ``supported 1.0.0``."""
    return f"{found.state} {grammar.render(found.spans) if found.spans else ''}".strip()


def findings(found: Catalogue, code: str, text: str = TAKEN + V1 + V2) -> list[str]:
    every = judge(read_config(text), found).findings
    return [f"{one.place.short} {one.message}" for one in every if one.code == code]


# -- what must not change


def test_nothing_about_protocols_is_loaded_without_one(tmp_path: Path) -> None:
    on_disk(tmp_path, {"hvsupport.toml": HEAD, "lib/__init__.py": "", "lib/base.py": BASE, **driver_file(source())})
    script = (
        "import sys\nfrom hvsupport.annotate import cli\n"
        "try:\n    cli.group.main(['check', '--no-cache', '--quiet'], prog_name='hvsupport')\n"
        "except SystemExit as end:\n    assert end.code == 0, end.code\n"
        "print([name for name in sys.modules if 'protocol' in name and 'hvsupport' in name])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]", done.stderr


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

FULL = {"prepare": "1.0.0", "perform": "1.0.0", "confirm": "1.0.0", "dump": "0.1.0"}
STATES = {
    "the latest step decides": ({"confirm": "1.2.0"}, "supported 1.2.0"),
    "an older general step changes nothing": ({"dump": "0.1.0"}, "supported 1.0.0"),
    "a later general step counts": ({"dump": "1.1.0"}, "supported 1.1.0"),
    "one that is not released yet": ({"confirm": "next"}, "next next"),
    "the earlier alternative": ({"prepare": "2.0.0", "tunnel": "1.1.0"}, "supported 1.1.0"),
    "an alternative that was removed, and another that came": (
        {"prepare": "-1.0.0 - 1.1.0", "tunnel": "1.2.0"},
        "supported 1.0.0 - 1.1.0, 1.2.0",
    ),
    "an alternative that took over": ({"prepare": "-1.0.0 - 1.2.0", "tunnel": "1.1.0"}, "supported 1.0.0"),
    "an alternative that nobody annotated may be older": (
        {"tunnel": None, "perform": "0.1.0", "confirm": "0.1.0"},
        "supported <= 1.0.0",
    ),
    "removed and back": ({"confirm": "1.0.0 - 1.1.0, 1.2.0"}, "supported 1.0.0 - 1.1.0, 1.2.0"),
    "older is not known": ({"confirm": "<= 1.0.0", "perform": "0.1.0", "prepare": "0.1.0"}, "supported <= 1.0.0"),
    "known to be no older": ({"confirm": "<= 1.0.0"}, "supported 1.0.0"),
    "one without a release": ({"confirm": None}, "unannotated"),
    "one that cannot be read": ({"confirm": "since 1.0"}, "unreadable"),
    "one is missing": ({"confirm": "-"}, "incomplete"),
    "one was removed": ({"confirm": "-1.0.0 - 2.0.0"}, "incomplete 1.0.0 - 2.0.0"),
    "all that are its own were removed": (
        {"prepare": "-1.0.0 - 2.0.0", "confirm": "-1.0.0 - 1.2.0"},
        "removed 1.0.0 - 1.2.0",
    ),
    "they never stood together": ({"prepare": "-1.0.0 - 1.1.0", "confirm": "-1.2.0 - 2.0.0"}, "unsupported"),
    "partial in one step": (
        {"perform": "1.0.0; partial: not while paused"},
        "supported 1.0.0; partial: Perform: not while paused",
    ),
    "one without a general step": ({"dump": "-"}, "incomplete"),
}


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
    mem = (driver(found, "mem"), X.parse("3.0.0"))
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
        "lib/drivers.py:5 lib.drivers:Mem has a part of Move v1 and lacks Finish",
    ]


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


def test_incomplete_says_what_goes_wrong_beside_the_step_before() -> None:
    found = drivers(source(prepare="1.0.0", perform="1.0.0", dump="1.0.0"))
    assert findings(found, "HV020") == [
        "lib/drivers.py:8 lib.drivers:Mem has a part of Move v2 and lacks Confirm: nobody cleans up"
    ]


def test_pieces_are_a_warning_that_an_ignore_comment_acknowledges() -> None:
    found = drivers(source(**{**FULL, "confirm": "1.2.0"}))
    (finding,) = [one for one in judge(read_config(TAKEN + V1 + V2), found).findings if one.code == "HV021"]
    assert (finding.severity, finding.place.line, finding.entry) == ("warning", 11, "confirm")
    quiet = drivers(source(**{**FULL, "confirm": "1.2.0  # hvsupport: ignore[HV021] it was forgotten"}))
    assert [one.code for one in judge(read_config(TAKEN + V1 + V2), quiet).findings] == []


# -- signatures

SIGNATURES = {
    "a method": ("    def finish(self, cookie):  # 1.0.0\n        return 1\n", True),
    "a method that drops it": ("    def finish(self, uri):  # 1.0.0\n        return 1\n", False),
    "keywords": ("    def finish(self, **kwargs):  # 1.0.0\n        return 1\n", True),
    "positions": ("    def finish(self, *args):  # 1.0.0\n        return 1\n", True),
    "by another name": ("    def finish(self, cookie_in):  # 1.0.0\n        return 1\n", True),
    "only by keyword": ("    def finish(self, *, cookie):  # 1.0.0\n        return 1\n", True),
    "nothing but self": ("    def finish(self):  # 1.0.0\n        return 1\n", False),
    "static": ("    @staticmethod\n    def finish(cookie):  # 1.0.0\n        return 1\n", True),
    "static that drops it": ("    @staticmethod\n    def finish(uri):  # 1.0.0\n        return 1\n", False),
    "decorated, nobody knows": ("    @retry\n    def finish(self):  # 1.0.0\n        return 1\n", True),
    "decorated with a release": ('    @since("1.0.0")\n    def finish(self):\n        return 1\n', False),
    "an alias of a method": ("    def _f(self):\n        return 1\n\n    finish = _f  # 1.0.0\n", False),
    "a function of the module": ("    finish = plain  # 1.0.0\n", False),
    "a function of another module": ("    finish = away  # 1.0.0\n", False),
    "a function of another module that takes it": ("    finish = takes  # 1.0.0\n", True),
    "a static function": ("    finish = staticmethod(takes_static)  # 1.0.0\n", True),
    "a lambda, nobody knows": ("    finish = lambda self: 1  # 1.0.0\n", True),
}
COOKIE = """
[protocols.move]
[[protocols.move.versions.v1.steps]]
name = "Perform"
side = "source"
entries = ["perform"]

[[protocols.move.versions.v1.steps]]
name = "Finish"
side = "destination"
entries = ["finish"]
cookie-from = "Perform"
"""


@pytest.mark.parametrize(("text", "fits"), SIGNATURES.values(), ids=SIGNATURES)
def test_cookie_in(text: str, fits: bool) -> None:
    head = "from .base import Driver\nfrom .more import away, takes, takes_static\n\n\n"
    head += "def plain(self):\n    return 1\n\n\n"
    more = "".join(
        f"def {name}({parameters}):\n    return 1\n\n\n"
        for name, parameters in (("away", "self"), ("takes", "self, cookie"), ("takes_static", "cookie"))
    )
    files = {"lib/more.py": more, "lib/drivers.py": head + "class Mem(Driver):\n" + method("perform", "1.0.0") + text}
    found = findings(read(files, TAKEN + COOKIE), "HV022", TAKEN + COOKIE)
    assert len(found) == (not fits), found
    assert all("does not take 'cookie', so that the cookie of Perform is lost" in each for each in found)


def test_a_cookie_of_another_name_is_taken_where_the_parameters_say_so() -> None:
    """What the tip says: without the word in its name nobody knows which parameter the cookie is."""
    files = driver_file(source(perform="1.0.0") + "    def finish(self, guest, migrate_data):  # 1.0.0\n        pass\n")
    told = judge(read_config(TAKEN + COOKIE), read(files, TAKEN + COOKIE)).findings
    assert [each.tip for each in told if each.entry == "finish"] == [
        "where the cookie goes by another name, list the parameters of the step under 'parameters'"
    ]
    named = TAKEN + COOKIE + 'parameters = ["guest", "migrate_data"]\n'
    assert [each for each in findings(read(files, named), "HV022", named) if "finish" in each] == []
    wrong = TAKEN + COOKIE + 'parameters = ["guest", "migrate_data", "flags"]\n'
    (found,) = [each for each in findings(read(files, wrong), "HV022", wrong) if "finish" in each]
    assert "does not take 'flags'" in found


RETURNS = {
    "a value": ("return 1", True),
    "on one way": ("if cookie:\n            return 1", True),
    "a name": ("return cookie", True),
    "it yields": ("yield cookie", True),
    "nothing": ("cookie.use()", False),
    "a bare return": ("if cookie:\n            return\n        cookie.use()", False),
    "None": ("cookie.use()\n        return None", False),
    "only in a function inside": ("def inner():\n            return 1\n        cookie.use(inner)", False),
    "only in a lambda": ("cookie.use(lambda: 1)", False),
}


@pytest.mark.parametrize(("body", "fits"), RETURNS.values(), ids=RETURNS)
def test_cookie_out(body: str, fits: bool) -> None:
    text = f"class Mem(Driver):\n    def perform(self, cookie=None):  # 1.0.0\n        {body}\n\n" + method(
        "finish", "1.0.0"
    )
    found = findings(drivers(text, text=TAKEN + COOKIE), "HV022", TAKEN + COOKIE)
    assert len(found) == (not fits), found
    assert all("returns nothing, so that there is no cookie for Finish" in each for each in found)


PARAMETERS = {
    "as they are called": ("connection, name, cookie, flags", []),
    "more than that": ("connection, name, cookie, flags, more=None", []),
    "other names at the same positions": ("c, domain, data, bits", []),
    "in another order, by name": ("connection, flags, name, cookie", []),
    "without the handle every name is one to the left": ("name, cookie, flags", ["'name'"]),
    "without the cookie": ("connection, name, flags", ["'cookie', so that the cookie of Perform is lost"]),
    "without the last": ("connection, name, cookie", ["'flags'"]),
    "a cookie is not taken for another parameter": ("connection, cookie, flags", ["'name'"]),
    "a cookie under a longer name": ("connection, name, cookie_in, flags", []),
    "none at all": ("", ["'name' and 'cookie' and 'flags', so that the cookie of Perform is lost"]),
}


@pytest.mark.parametrize(("given_", "missing"), PARAMETERS.values(), ids=PARAMETERS)
def test_parameters_of_a_function_in_a_table(given_: str, missing: list[str]) -> None:
    text = TAKEN.replace("protocols =", 'kind = "table"\nprotocols =') + COOKIE.replace(
        "[protocols.move]", '[protocols.move]\nhandle = "connection"'
    )
    text += 'parameters = ["name", "cookie", "flags"]\n'
    api = "from dataclasses import dataclass\nfrom typing import Callable\n\n\n@dataclass\nclass Driver:\n"
    api += "    perform: Callable | None = None\n    finish: Callable | None = None\n"
    table = f"def begin(connection):\n    return 1\n\n\ndef end({given_}):\n    return 1\n\n\n"
    table += "TABLE = Driver(\n    perform=begin,  # 1.0.0\n    finish=end,  # 1.0.0\n)\n"
    found = findings(read({"lib/base.py": api, **driver_file(table)}, text), "HV022", text)
    assert [each.partition("does not take ")[2] for each in found] == missing


def test_a_method_has_no_handle_in_front() -> None:
    text = TAKEN + COOKIE.replace("[protocols.move]", '[protocols.move]\nhandle = "connection"')
    text += 'parameters = ["name", "cookie"]\n'
    fine, lost = (
        method("perform", "1.0.0") + method("finish", "1.0.0").replace("cookie=None", parameters)
        for parameters in ("name, cookie", "name")
    )
    assert findings(drivers("class Mem(Driver):\n" + fine, text=text), "HV022", text) == []
    assert len(findings(drivers("class Mem(Driver):\n" + lost, text=text), "HV022", text)) == 1


def test_self_is_no_parameter_that_may_be_the_cookie() -> None:
    text = TAKEN + COOKIE + 'parameters = ["cookie"]\n'
    body = method("perform", "1.0.0") + method("finish", "1.0.0").replace(", cookie=None", "").replace("cookie", "1")
    assert len(findings(drivers("class Mem(Driver):\n" + body, text=text), "HV022", text)) == 1


def test_a_variant_is_judged_by_its_cookie_only() -> None:
    text = (TAKEN + V1 + V2).replace('name = "Prepare"', 'name = "Prepare"\nparameters = ["uri", "cookie"]')
    text = text.replace(
        'variants = { tunnel = "tunnelled" }', 'variants = { tunnel = "tunnelled" }\ncookie-from = "Dump"'
    )
    stream = method("tunnel", "1.0.0").replace("cookie=None", "stream, cookie")
    lost = method("prepare", "1.0.0").replace("cookie=None", "uri")
    rest = "".join(method(name, "1.0.0") for name in ("dump", "perform", "confirm"))
    found = findings(drivers(f"class Mem(Driver):\n{stream}{lost}{rest}", text=text), "HV022", text)
    assert [each.partition(" ")[2].partition(",")[0] for each in found] == ["'prepare' of lib.drivers:Mem"]


# -- what a configuration may say

WRONG = {
    "an entry that the interface lacks": ('entries = ["finish"]', 'entries = ["finsh"]', 24, "names 'finsh', which"),
    "a protocol that nobody declared": (
        'protocols = ["move"]',
        'protocols = ["mov"]',
        8,
        "there are no protocols 'mov'",
    ),
    "taken twice": ('["move"]', '["move", "move"]', 8, "the protocols 'move' are named twice"),
    "a family that no interface takes": ('protocols = ["move"]\n', "", 9, "declared, and no interface takes them"),
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
    "a step twice": ('name = "Finish"', 'name = "Perform"', 22, "step 'Perform' stands twice"),
    "an entry twice": (
        'entries = ["finish"]',
        'entries = ["perform"]',
        24,
        "entry 'perform' is two steps of one protocol",
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
        "there is no step 'Begin'",
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
        "there is no step 'Perfrom'",
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
        "the variant 'finsh' is no entry of step 'Finish'",
    ),
    "a rank that is no number": ("rank = 1", 'rank = "1"', 14, "'rank' must be a number"),
    "a rank that is out of range": ("rank = 1", "rank = 0", 14, "0 is too small for 'rank'"),
    "a name that is not fit for a file": (
        "[protocols.move.versions.v1]",
        '[protocols.move.versions."v 1"]',
        13,
        "cannot be the name of a protocol",
    ),
    "a driver that is not there": (
        'protocols = ["move"]',
        'protocols = ["move"]\ncompatible = [["Mem", "Mum"]]',
        9,
        "unknown driver 'Mum'",
    ),
}


@pytest.mark.parametrize(("old", "new", "line", "message"), WRONG.values(), ids=WRONG)
def test_wrong_in_the_config(old: str, new: str, line: int, message: str) -> None:
    text = TAKEN + V1
    assert old in text
    text = text.replace(old, new, 1)
    problems = drivers(source(perform="1.0.0", finish="1.0.0"), text=text).problems
    hits = [each for each in problems if message in each.message]
    assert len(hits) == 1, problems
    assert (hits[0].kind, hits[0].place.path, hits[0].place.line) == ("config", "hvsupport.toml", line)


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
        "a protocol stands below 'versions': [protocols.move.versions.v2]",
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
        "the protocols 'none' have no version",
        None,
    ),
    "a taken family whose name is not fit for a file": (
        '["move"]',
        '["move", "zür"]\n[protocols."zür".versions.v1]',
        9,
        "'zür' cannot be the name of a protocol",
        None,
    ),
    "two protocols of one title": (
        "rank = 2",
        'rank = 2\ntitle = "Move v1"',
        28,
        "protocols 'v1' and 'v2' have one title, so that nobody can tell them apart",
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
def test_one_slip_is_one_problem(old: str, new: str, line: int, message: str, tip: str | None) -> None:
    text = TAKEN + V1 + V2
    assert old in text
    (problem,) = drivers(source(**FULL), text=text.replace(old, new, 1)).problems
    assert (problem.place.line, problem.tip) == (line, tip)
    assert problem.message.startswith(message)


def test_a_driver_that_a_group_has_already_is_not_what_was_meant() -> None:
    """One whose file cannot be read is missed, and the other one of the group looks most like it."""
    text = TAKEN + 'compatible = [["MemA", "MemB"]]\n' + V1
    (problem,) = drivers(source("MemA"), text=text).problems
    assert problem.message == "unknown driver 'MemB'"
    assert problem.tip is None


def test_a_protocol_whose_rank_is_not_known_is_not_chosen() -> None:
    """It could be better or worse than the others: nothing is said of it until somebody mends the rank."""
    text = (TAKEN + V1 + V2).replace("rank = 2", "rank = 0")
    assert [each.version for each in family(drivers(source(**FULL), text=text)).protocols] == ["v1"]


def test_two_of_one_rank() -> None:
    problems = drivers(source(**FULL), text=TAKEN + V1 + V2.replace("rank = 2", "rank = 1")).problems
    assert [(each.place.line, each.message) for each in problems] == [
        (27, "'Move v2' has the rank of 'Move v1', so that neither is the better one")
    ]


def test_two_protocols_of_one_key() -> None:
    text = TAKEN.replace('["move"]', '["move", "move-v1"]') + V1
    text += V1.replace("protocols.move", "protocols.move-v1").replace("versions.v1", "versions.x")
    assert drivers(source(), text=text).problems == ()
    wrong = text.replace("versions.v1.", 'versions."v1-X".').replace("versions.v1]", 'versions."v1-X"]')
    (problem,) = drivers(source(), text=wrong).problems
    assert problem.message == "protocol 'move-v1-x' has the key of another one, 'move' 'v1-X'"


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


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_any_value_anywhere_is_read_or_a_problem(data: st.DataObject) -> None:
    values = tomli.loads(TAKEN + V1 + V2)
    for _ in range(data.draw(st.integers(1, 3))):
        *above, last = data.draw(st.sampled_from(spots(values["protocols"]) or [("move",)]))
        holder = values["protocols"]
        for key in above:
            holder = holder[key]
        holder[last] = copy.deepcopy(data.draw(JUNK))
    text = TAKEN + V1 + V2
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
    text = TAKEN + V1 + V2 + 'after = ["Prepare"]\ncookie-from = "Prepare"\n'
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
    problems = built_in([f"domain_migrate_{name}" for name in V3[:4]]).problems
    (problem,) = problems
    assert problem.place.short == "hvsupport.toml:8"
    assert problem.message == "interface 'driver' has some entries of 'Migration v3' and lacks domain_migrate_confirm3"


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


# -- what two releases allow


def ask(found: Catalogue, source_: str, destination: str, one: str = "Mem", other: str = "Mem") -> str:
    """The best protocol as ``v2``, with ``+`` and the variants; ``?`` where a better one is not known."""
    sides = [(driver(found, name), X.parse(release)) for name, release in ((one, source_), (other, destination))]
    answer = negotiate(family(found), sides[0], sides[1])
    best = "none" if answer.best is None else "+".join([answer.best.protocol.version, *answer.best.variants])
    return best if answer.perhaps is None else f"{best} {answer.perhaps.protocol.version}?"


GROWN = {
    "dump": "0.1.0",
    "perform": "1.0.0",
    "finish": "1.0.0",
    "prepare": "1.1.0",
    "confirm": "1.1.0",
    "tunnel": "1.2.0",
}
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
    old, new = (X.parse(text) for text in ("1.0.0", "3.0.0"))
    mem = driver(found)
    (better, _) = negotiate(family(found), (mem, new), (mem, old)).outcomes
    assert [(each.side, each.step, each.entry, each.reason) for each in better.lacks] == [
        ("destination", "Prepare", "prepare", "was added in 1.1.0"),
        ("source", "Confirm", "confirm", "was removed in 2.0.0"),
    ]


def test_of_two_entries_the_one_that_came_says_why() -> None:
    found = drivers(source(**{**GROWN, "prepare": "-", "tunnel": "2.0.0"}))
    mem = (driver(found), X.parse("1.2.0"))
    (better, _) = negotiate(family(found), mem, mem).outcomes
    assert [(each.entry, each.reason) for each in better.lacks] == [("tunnel", "was added in 2.0.0")]


def test_a_variant_needs_all_the_entries_that_make_it() -> None:
    text = TAKEN + V1 + V2 + 'variants = { finish = "tunnelled" }\n'
    text = text.replace('entries = ["confirm"]', 'entries = ["confirm", "finish"]')
    for finish, expected in (("-", "v2"), ("1.0.0", "v2+tunnelled")):
        assert ask(drivers(source(**{**GROWN, "finish": finish}), text=text), "2.0.0", "2.0.0") == expected


def test_partial_steps_are_allowed_and_said() -> None:
    found = drivers(source(**{**GROWN, "perform": "1.0.0; partial: only idle guests"}))
    mem = (driver(found), X.parse("1.0.0"))
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


@settings(deadline=None, max_examples=60)
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


@settings(deadline=None, max_examples=60)
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


@settings(deadline=None, max_examples=60)
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


# -- the export


def test_export() -> None:
    data = plain(drivers(source(**{**GROWN, "finish": "-"})))["protocols"]
    v1, v2 = data
    assert (v2["name"], v2["key"], v2["interface"], v2["rank"]) == ("Move v2", "move-v2", "Driver", 2)
    assert [(step["name"], step["entry"], step["side"], step["cookie"]) for step in v2["steps"]] == [
        ("Dump", "dump", "source", None),
        ("Prepare", "prepare", "destination", "out"),
        ("Perform", "perform", "source", "in"),
        ("Confirm", "confirm", "source", None),
    ]
    mem = v2["drivers"]["lib.drivers:Mem"]
    assert (mem["state"], mem["since"], mem["missing"]) == ("supported", "1.1.0", [])
    assert [step["spans"][0]["since"] for step in mem["steps"]] == ["0.1.0", "1.1.0", "1.0.0", "1.1.0"]
    assert [(each["name"], each["spans"][0]["since"]) for each in mem["variants"]] == [("tunnelled", "1.2.0")]
    assert v1["drivers"] == {}


def test_export_of_an_incomplete_one() -> None:
    found = drivers(source(**{**GROWN, "confirm": "-"}))
    reported = judge(read_config(TAKEN + V1 + V2), found).findings
    mem = plain(found, reported)["protocols"][1]["drivers"]["lib.drivers:Mem"]
    assert (mem["state"], mem["since"], mem["missing"], mem["findings"]) == ("incomplete", None, ["confirm"], ["HV020"])


@pytest.mark.parametrize(
    "text", [TAKEN + V1 + V2, TAKEN + 'compatible = [["Mem"]]\n' + V1 + V2], ids=["alone", "compatible"]
)
@pytest.mark.parametrize("changes", [changes for changes, _ in STATES.values()], ids=STATES)
def test_export_keeps_the_schema(changes: dict[str, str | None], text: str) -> None:
    found = drivers(source(**{**GROWN, **changes}), text=text)
    jsonschema.Draft202012Validator(json.loads(schema_bytes())).validate(plain(found))


def test_markdown_has_a_table_for_each_family() -> None:
    found = drivers(source("Mem", **GROWN), source("Half", dump="1.0.0", prepare="1.0.0"), source("None_"))
    text = export(found, (), "markdown").decode()
    assert text.endswith(
        "### Protocols: Move\n\n| Protocol | Mem | Half | None\\_ |\n| --- | --- | --- | --- |\n"
        "| Move v1 | 1.0.0 | – | – |\n| Move v2 | 1.1.0 | incomplete | – |\n"
    )


# -- what is kept between runs


def test_facts_that_were_kept_without_protocols_are_read_anew(tmp_path: Path) -> None:
    lost = method("perform", "1.0.0").replace("return cookie", "cookie.use()")
    files = driver_file("class Mem(Driver):\n" + lost + method("finish", "1.0.0"))
    on_disk(tmp_path, {"hvsupport.toml": HEAD, "lib/__init__.py": "", "lib/base.py": API, **files})

    def codes(text: str) -> list[str]:
        config = read_config(text, tmp_path)
        return [one.code for one in judge(config, run.catalogue(config, jobs=1)).findings]

    assert codes(HEAD) == []
    assert codes(TAKEN + COOKIE) == ["HV022"]
    assert codes(TAKEN + COOKIE) == ["HV022"], "read from the cache"
    assert codes(HEAD) == []


# -- the command


@pytest.fixture
def root(tmp_path: Path) -> Path:
    classes = source("Mem", **GROWN), source("Disk", **{**GROWN, "confirm": "next"}), source("Tape", **GROWN)
    text = TAKEN + 'compatible = [["Mem", "Disk"]]\ntitles = { "lib.drivers:Tape" = "Disk" }\n' + V1 + V2
    text = text.replace('["Mem", "Disk"]', '["Mem", "lib.drivers:Disk"]')
    return on_disk(
        tmp_path, {"hvsupport.toml": text, "lib/__init__.py": "", "lib/base.py": API, **driver_file(*classes)}
    )


def hv(root: Path, *arguments: str) -> Result:
    result = CliRunner().invoke(
        cli.group, ["protocol", *arguments, "--root", str(root), "--no-cache"], prog_name="hvsupport"
    )
    assert "Traceback" not in result.output
    return result


SAID = {
    "the best there is": (("Mem@3.0.0", "Mem@3.0.0"), 0, "allow Move v2 from Mem 3.0.0 to Mem 3.0.0, tunnelled too.\n"),
    "the current release": (("Mem@current", "Mem@next"), 0, "from Mem 3.0.0 to Mem next"),
    "why none better": (("Mem@1.0.0", "Mem@3.0.0"), 0, "Not Move v2:\n  source: Confirm: confirm was added in 1.1.0\n"),
    "none": (("Mem@0.1.0", "Mem@3.0.0"), 1, "The tables allow no protocol of Move from Mem 0.1.0 to Mem 3.0.0.\n"),
    "declared compatible": (("Mem@3.0.0", "lib.drivers:Disk@3.0.0"), 0, "allow Move v2 from Mem 3.0.0 to Disk 3.0.0"),
    "in no release yet": (("lib.drivers:Disk@3.0.0", "Mem@3.0.0"), 0, "source: Confirm: confirm is not released yet"),
    "not declared": (("Mem@3.0.0", "lib.drivers:Tape@3.0.0"), 1, "the two drivers are not declared compatible"),
    "a title of two": (
        ("Disk@3.0.0", "Mem@3.0.0"),
        2,
        "2 drivers are called 'Disk'; name one by its id: lib.drivers:Disk, lib.drivers:Tape",
    ),
    "an unknown driver": (("Men@3.0.0", "Mem@3.0.0"), 2, "unknown driver 'Men'; did you mean 'Mem'?"),
    "the current release need not be listed": (("Mem@3.1.0", "Mem@3.1.0"), 2, "unknown release '3.1.0'"),
    "an unknown release": (
        ("Mem@1.3.0", "Mem@3.0.0"),
        2,
        "unknown release '1.3.0'; the nearest known releases are 1.0.0, 1.1.0, 1.2.0, 2.0.0, 3.0.0",
    ),
    "no release": (("Mem", "Mem@3.0.0"), 2, "write DRIVER@RELEASE"),
    "no release text": (("Mem@x", "Mem@3.0.0"), 2, "'x' is not a release"),
    "an unknown family": (
        ("Mem@3.0.0", "Mem@3.0.0", "--protocol", "mvoe"),
        2,
        "unknown protocols 'mvoe'; did you mean 'move'?",
    ),
    "the family by name": (("Mem@3.0.0", "Mem@3.0.0", "--protocol", "move"), 0, "Move v2"),
    "the family of an interface": (("Mem@3.0.0", "Mem@3.0.0", "--protocol", "driver.move"), 0, "Move v2"),
}


@pytest.mark.parametrize(("arguments", "status", "message"), SAID.values(), ids=SAID)
def test_command(root: Path, arguments: tuple[str, ...], status: int, message: str) -> None:
    result = guarded(root, *arguments)
    assert (result[0], message in result[1]) == (status, True), result


def guarded(root: Path, *arguments: str) -> tuple[int, str]:
    """Exit status and output of the command as a user runs it, errors included."""
    command = [sys.executable, "-m", "hvsupport.annotate", "protocol", *arguments, "--root", str(root), "--no-cache"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr and "internal error" not in done.stderr
    return done.returncode, done.stdout + done.stderr


def test_several_families_have_to_be_told_apart(root: Path) -> None:
    text = (root / "hvsupport.toml").read_text()
    more = (V1).replace("protocols.move", "protocols.attach").replace('"Move"', '"Attach"')
    (root / "hvsupport.toml").write_text(text.replace('["move"]', '["move", "attach"]') + more)
    status, output = guarded(root, "Mem@3.0.0", "Mem@3.0.0")
    assert (status, "choose one with --protocol: driver.move, driver.attach" in output) == (2, True)
    assert guarded(root, "Mem@3.0.0", "Mem@3.0.0", "--protocol", "attach")[0] == 0


def test_without_protocols_the_command_says_so(tmp_path: Path) -> None:
    on_disk(
        tmp_path,
        {"hvsupport.toml": HEAD, "lib/__init__.py": "", "lib/base.py": API, **driver_file(source(dump="1.0.0"))},
    )
    status, output = guarded(tmp_path, "Mem@3.0.0", "Mem@3.0.0")
    assert (status, "no interface has protocols" in output) == (2, True)


def test_json(root: Path) -> None:
    result = hv(root, "Mem@1.0.0", "Mem@3.0.0", "--format", "json")
    data = json.loads(result.stdout)
    assert (data["best"], data["compatible"], data["family"]) == ("move-v1", True, "move")
    assert data["source"] == {"driver": "lib.drivers:Mem", "title": "Mem", "release": "1.0.0"}
    assert [(each["key"], each["allowed"]) for each in data["protocols"]] == [("move-v2", False), ("move-v1", True)]
    assert data["protocols"][0]["lacks"] == [
        {"side": "source", "step": "Confirm", "entry": "confirm", "reason": "was added in 1.1.0", "known": True}
    ]


def test_a_problem_that_may_hide_something_is_said(root: Path) -> None:
    text = (root / "hvsupport.toml").read_text()
    (root / "hvsupport.toml").write_text(text.replace('entries = ["confirm"]', 'entries = ["confrm"]'))
    status, output = guarded(root, "Mem@3.0.0", "Mem@3.0.0")
    assert (status, "Move v1" in output, "1 problem that may matter here" in output) == (0, True, True)
