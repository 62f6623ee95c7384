"""A family of two protocols, drivers that have steps of them, and what is made of both; most of it in memory."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import tomli
from tree_builder import encoded, on_disk

from hvsupport.annotate import grammar, run
from hvsupport.annotate.catalogue import Catalogue
from hvsupport.annotate.config.build import build
from hvsupport.annotate.config.positions import places
from hvsupport.annotate.config.value import Config
from hvsupport.annotate.findings import Finding
from hvsupport.annotate.judge import judge
from hvsupport.annotate.model import Driver
from hvsupport.annotate.protocol import Family, Support
from hvsupport.annotate.protocols.negotiate import negotiate
from hvsupport.annotate.release import Release, scheme
from hvsupport.gen.exports.json import to_json

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
BOTH = TAKEN + V1 + V2
NAMES = ("dump", "prepare", "tunnel", "perform", "finish", "confirm")
API = "class Driver:\n" + "".join(
    f"    def {name}(self, cookie=None):\n        raise NotImplementedError\n\n" for name in NAMES
)
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
FULL = {"prepare": "1.0.0", "perform": "1.0.0", "confirm": "1.0.0", "dump": "0.1.0"}
GROWN = {
    "dump": "0.1.0",
    "perform": "1.0.0",
    "finish": "1.0.0",
    "prepare": "1.1.0",
    "confirm": "1.1.0",
    "tunnel": "1.2.0",
}
STATES = {
    "the latest step decides": ({"confirm": "1.2.0"}, "supported 1.2.0"),
    "an older general step changes nothing": ({"dump": "0.1.0"}, "supported 1.0.0"),
    "a later general step counts": ({"dump": "1.1.0"}, "supported 1.1.0"),
    "one that is in no release yet": ({"confirm": "next"}, "next next"),
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


def plain(found: Catalogue, findings: Iterable[Finding] = ()) -> Any:
    """The JSON of a catalogue, read back."""
    return json.loads(to_json(found, findings))


def read_config(text: str, root: Path = Path("/nowhere")) -> Config:
    return build(root, "hvsupport.toml", tomli.loads(text), places(text, "hvsupport.toml"))


def read(files: Mapping[str, str], text: str = BOTH) -> Catalogue:
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


def drivers(*classes: str, text: str = BOTH) -> Catalogue:
    return read(driver_file(*classes), text)


def project(root: Path, text: str, *classes: str, api: str = API) -> Path:
    """Write a project whose drivers are these classes to the disk; returns its folder."""
    return on_disk(root, {"hvsupport.toml": text, "lib/__init__.py": "", "lib/base.py": api, **driver_file(*classes)})


def family(found: Catalogue) -> Family:
    (only,) = found.protocols
    return only


def driver(found: Catalogue, name: str = "Mem") -> Driver:
    return next(each for each in found.interfaces[0].drivers if each.title == name)


def at(found: Catalogue, release: str, name: str = "Mem") -> tuple[Driver, Release]:
    """A driver at a release, as one side of a negotiation."""
    return driver(found, name), X.parse(release)


def support(found: Catalogue, version: str, name: str = "Mem") -> Support:
    return family(found).supports[driver(found, name).id, f"move-{version}"]


def shown(found: Support) -> str:
    """State and spans as one text: ``supported 1.0.0``."""
    return f"{found.state} {grammar.render(found.spans) if found.spans else ''}".strip()


def findings(found: Catalogue, code: str, text: str = BOTH) -> list[str]:
    every = judge(read_config(text), found).findings
    return [f"{one.place.short} {one.message}" for one in every if one.code == code]


def ask(found: Catalogue, source_: str, destination: str, one: str = "Mem", other: str = "Mem") -> str:
    """The best protocol as ``v2``, with ``+`` and the variants; ``?`` where a better one is not known."""
    answer = negotiate(family(found), at(found, source_, one), at(found, destination, other))
    best = "none" if answer.best is None else "+".join([answer.best.protocol.version, *answer.best.variants])
    return best if answer.perhaps is None else f"{best} {answer.perhaps.protocol.version}?"
