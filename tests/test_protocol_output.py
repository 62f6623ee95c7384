"""Protocols: protocols in exports, and the command that asks for them."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result
from protocol_builder import (
    BOTH,
    GROWN,
    HEAD,
    STATES,
    TAKEN,
    V1,
    V2,
    drivers,
    plain,
    project,
    read_config,
    source,
)

from hvsupport.annotate import cli
from hvsupport.annotate.judge import judge
from hvsupport.gen.exports.json import export, schema_bytes

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
    reported = judge(read_config(BOTH), found).findings
    mem = plain(found, reported)["protocols"][1]["drivers"]["lib.drivers:Mem"]
    assert (mem["state"], mem["since"], mem["missing"], mem["findings"]) == ("incomplete", None, ["confirm"], ["HV020"])


@pytest.mark.parametrize("text", [BOTH, TAKEN + 'compatible = [["Mem"]]\n' + V1 + V2], ids=["alone", "compatible"])
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


# -- the command


@pytest.fixture
def root(tmp_path: Path) -> Path:
    classes = source("Mem", **GROWN), source("Disk", **{**GROWN, "confirm": "next"}), source("Tape", **GROWN)
    text = TAKEN + 'compatible = [["Mem", "Disk"]]\ntitles = { "lib.drivers:Tape" = "Disk" }\n' + V1 + V2
    text = text.replace('["Mem", "Disk"]', '["Mem", "lib.drivers:Disk"]')
    return project(tmp_path, text, *classes)


def test_the_command_says_that_only_the_variant_works(tmp_path: Path) -> None:
    made = project(tmp_path, TAKEN + V1 + V2, source("Mem", **{**GROWN, "prepare": "-"}))
    done = hv(made, "Mem@3.0.0", "Mem@3.0.0")
    assert done.output == "The tables allow Move v2 from Mem 3.0.0 to Mem 3.0.0, tunnelled only.\n"
    told = json.loads(hv(made, "Mem@3.0.0", "Mem@3.0.0", "--format", "json").output)
    assert [(each["variants"], each["only_variants"]) for each in told["protocols"]] == [
        (["tunnelled"], True),
        ([], False),
    ]


def hv(root: Path, *arguments: str) -> Result:
    """The command as a user runs it, errors included, in this process."""
    command = ["protocol", *arguments, "--root", str(root), "--no-cache"]
    result = CliRunner().invoke(cli.group, command, prog_name="hvsupport")
    assert "Traceback" not in result.output and "internal error" not in result.output
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
    "a driver like no other": (("Xyzzyx@3.0.0", "Mem@3.0.0"), 2, "choose from Mem, Disk\n"),
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
    result = hv(root, *arguments)
    assert (result.exit_code, message in result.output) == (status, True), result.output


RELEASES = TAKEN[TAKEN.index("releases") : TAKEN.index("\n\n")]
#: What is left out of the config, the releases asked for, exit status and message.
UNKNOWN = {
    "current, where there is none": ('release = "3.0.0"', "current", 2, "no current release: set 'release'"),
    "newer than the current one, where no list says more": (RELEASES, "4.0.0", 2, "'4.0.0' is newer than the current"),
    "between two, where no list says more": (RELEASES, "1.5.0", 0, "Move v2"),
    "the current one": ("nothing", "current", 0, "from Mem 3.0.0"),
}


@pytest.mark.parametrize(("left_out", "release", "status", "message"), UNKNOWN.values(), ids=UNKNOWN)
def test_a_release_that_no_list_has(root: Path, left_out: str, release: str, status: int, message: str) -> None:
    text = (root / "hvsupport.toml").read_text()
    (root / "hvsupport.toml").write_text(text.replace(left_out, ""))
    result = hv(root, f"Mem@{release}", f"Mem@{release}")
    assert (result.exit_code, message in result.output) == (status, True), result.output


def test_drivers_of_two_interfaces_are_no_pair(root: Path) -> None:
    more = '[interfaces.far]\nat = "lib/base.py:Driver"\ndrivers = ["lib/far.py"]\nprotocols = ["move"]\n'
    (root / "hvsupport.toml").write_text((root / "hvsupport.toml").read_text() + more)
    (root / "lib" / "far.py").write_text("from .base import Driver\n\n\n" + source("Far", **GROWN))
    result = hv(root, "Mem@3.0.0", "Far@3.0.0")
    assert result.exit_code == 2
    assert "no interface with protocols has both drivers, 'Mem' and 'Far'" in result.output


def test_several_families_have_to_be_told_apart(root: Path) -> None:
    text = (root / "hvsupport.toml").read_text()
    more = (V1).replace("protocols.move", "protocols.attach").replace('"Move"', '"Attach"')
    (root / "hvsupport.toml").write_text(text.replace('["move"]', '["move", "attach"]') + more)
    result = hv(root, "Mem@3.0.0", "Mem@3.0.0")
    assert (result.exit_code, "choose one with --protocol: driver.move, driver.attach" in result.output) == (2, True)
    assert hv(root, "Mem@3.0.0", "Mem@3.0.0", "--protocol", "attach").exit_code == 0


def test_without_protocols_the_command_says_so(tmp_path: Path) -> None:
    project(tmp_path, HEAD, source(dump="1.0.0"))
    result = hv(tmp_path, "Mem@3.0.0", "Mem@3.0.0")
    assert (result.exit_code, "no interface has protocols; name them under 'protocols'" in result.output) == (2, True)


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
    result = hv(root, "Mem@3.0.0", "Mem@3.0.0")
    assert (result.exit_code, "Move v1" in result.output, "1 problem that may affect this answer" in result.output) == (
        0,
        True,
        True,
    )
