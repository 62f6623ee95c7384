"""The exports: the JSON contract against its own schema, and the other three against what their readers accept."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

sys.path.insert(0, str(Path(__file__).parent))

import gen_builder as b

from hvsupport.annotate import grammar
from hvsupport.annotate.catalogue import Catalogue
from hvsupport.annotate.findings import Finding
from hvsupport.annotate.release import scheme
from hvsupport.gen.exports import bcd, tables
from hvsupport.gen.exports import json as export

SCHEMA = json.loads(export.schema_bytes())


def plain(catalogue: Catalogue, findings: list[Finding] | None = None) -> Any:
    """The JSON, read back."""
    return json.loads(export.to_json(catalogue, findings or []))


CATALOGUES = {
    "every kind": b.every_kind,
    "hostile": b.hostile,
    "large": lambda: b.large(60, 19),
    "none": b.catalogue,
    "no release": lambda: b.catalogue(b.interface({}, [b.driver("m:A", since=None)], [b.entry("a")]), current=None),
}

#: DESIGN section 11, as it must come out, byte for byte.
GOLDEN = """\
{
 "interfaces": [
  {
   "drivers": [
    {
     "id": "m:A",
     "place": "lib/driver.py:1",
     "since": "0.1.0",
     "title": "A"
    }
   ],
   "entries": [
    {
     "api": "virOne",
     "cells": {
      "m:A": {"findings": ["HV004"], "how": "own", "place": "lib/driver.py:7", "spans": [{"note": "no live resize", \
"partial": true, "removed": null, "since": "1.2.0"}], "state": "supported", "variants": [{"place": "lib/driver.py:9", \
"spans": [], "when": "WITH_X"}], "via": null}
     },
     "derived_from": null,
     "group": null,
     "name": "one",
     "place": "lib/base.py:3",
     "since": "0.1.0",
     "url": null
    }
   ],
   "name": "Driver",
   "place": "lib/base.py:1",
   "title": "Compute drivers"
  }
 ],
 "project": {
  "release": "1.4.0",
  "title": "Example"
 },
 "protocols": [],
 "schema": 1
}
"""


def one_cell():
    cell = b.KINDS["partial"]._replace(variants=(b.definition(when="WITH_X", line=9),))
    entries = [b.entry("one", since="0.1.0", api="virOne")]
    return b.catalogue(b.interface({("m:A", "one"): cell}, [b.driver("m:A")], entries))


def test_the_contract_byte_for_byte() -> None:
    """Should this fail on purpose: it is the public contract, so raise SCHEMA_VERSION, and edit GOLDEN by hand."""
    made = export.to_json(one_cell(), [b.finding("HV004", "m:A", "one"), b.finding("HV004", "m:A", "one")])
    assert made.decode() == GOLDEN


def test_a_deprecation_is_a_field_of_its_own() -> None:
    said = {entry["name"]: entry["cells"] for entry in plain(b.every_kind())["interfaces"][0]["entries"]}
    spans = {name: cells["lib.driver:Full"]["spans"][-1] for name, cells in said.items() if name.startswith("deprec")}
    assert {name: (span["deprecated"], span["note"]) for name, span in spans.items()} == {
        "deprecated": ({"since": "1.3.0"}, "use plain"),
        "deprecated_bare": ({"since": None}, None),
    }
    rows = csv.DictReader(export.export(b.every_kind(), [], "csv").decode().splitlines())
    marked = {row["entry"]: row["deprecated"] for row in rows if row["deprecated"]}
    assert marked == {"deprecated": "1.3.0", "deprecated_bare": "yes"}
    lines = export.export(b.every_kind(), [], "markdown").decode().splitlines()
    assert "| deprecated | 0.1.0 | † 1.0.0 (2) | – |" in lines
    assert any("† 1.2.0 supported, but deprecated" in line for line in lines)


@pytest.mark.parametrize(("other", "deprecated"), [("deprecated_bare", True), ("absent", True), ("plain", False)])
def test_bcd_calls_an_entry_deprecated_if_every_driver_does(other: str, deprecated: bool) -> None:
    cells = {("m:A", "one"): b.KINDS["deprecated"], ("m:B", "one"): b.KINDS[other]}
    made = b.catalogue(b.interface(cells, [b.driver("m:A"), b.driver("m:B")], [b.entry("one")]))
    assert bcd.to_data(made)["compute"]["one"]["__compat"]["status"]["deprecated"] is deprecated


def test_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", CATALOGUES)
def test_json_keeps_the_schema(name: str) -> None:
    catalogue = CATALOGUES[name]()
    jsonschema.Draft202012Validator(SCHEMA).validate(
        plain(catalogue, [b.finding("HV001", "lib.driver:Full", "absent")])
    )


@pytest.mark.parametrize("name", CATALOGUES)
def test_every_line_of_a_cell_is_what_the_library_would_write(name: str) -> None:
    made = export.to_json(CATALOGUES[name](), [b.finding("HV001", "lib.driver:Full", "absent")]).decode()
    lines = [match[1] for match in re.finditer(r'^ {6}"(?:[^"\\]|\\.)*": (\{"findings.*?\}),?$', made, re.MULTILINE)]
    assert lines == [json.dumps(json.loads(line), sort_keys=True) for line in lines]
    cells = sum(len(entry["cells"]) for each in json.loads(made)["interfaces"] for entry in each["entries"])
    assert len(lines) == cells


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data.update(schema=2),
        lambda data: data.update(more=1),
        lambda data: data["interfaces"][0]["entries"][0]["cells"]["m:A"].update(state="maybe"),
        lambda data: data["interfaces"][0]["entries"][0]["cells"]["m:A"]["spans"][0].update(since=None),
        lambda data: data["interfaces"][0]["entries"][0].update(place="lib/base.py"),
        lambda data: data["interfaces"][0]["entries"][0].pop("group"),
    ],
)
def test_schema_refuses(spoil) -> None:
    data = plain(one_cell())
    spoil(data)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(SCHEMA).validate(data)


def test_plainly_absent_cells_are_left_out_unless_something_is_wrong_with_them() -> None:
    cells = plain(b.every_kind(), [b.finding("HV006", "lib.driver:Empty", "plain")])["interfaces"][0]["entries"]
    found = {entry["name"]: list(entry["cells"]) for entry in cells}
    assert found["absent"] == []
    assert found["stub"] == ["lib.driver:Full"]
    assert found["plain"] == ["lib.driver:Empty", "lib.driver:Full"]


def test_spans_can_be_read_back() -> None:
    for entry in plain(b.every_kind())["interfaces"][0]["entries"]:
        for cell in entry["cells"].values():
            for span in cell["spans"]:
                text = ("<= " if span.get("at_most") else "") + span["since"]
                text += f" - {span['removed']}" if span["removed"] else ""
                assert grammar.parse(text, scheme("x.y.z")) == (b.spans(text)[0]._replace(partial=False, note=None),)


def test_at_most_is_said_only_where_it_is_so() -> None:
    entries = {entry["name"]: entry["cells"] for entry in plain(b.every_kind())["interfaces"][0]["entries"]}
    assert entries["at_most"]["lib.driver:Full"]["spans"] == [
        {"since": "0.3.0", "removed": None, "partial": False, "note": None, "at_most": True}
    ]
    assert "at_most" not in entries["plain"]["lib.driver:Full"]["spans"][0]


@pytest.mark.parametrize("format", export.FORMATS)
@pytest.mark.parametrize("name", CATALOGUES)
def test_same_input_same_bytes(format: str, name: str) -> None:
    findings = [b.finding("HV001", "lib.driver:Full", "plain")]
    first, second = (export.export(CATALOGUES[name](), findings, format) for _ in range(2))
    assert first == second
    assert first.endswith(b"\n")
    first.decode("utf-8")


def test_the_command_offers_exactly_these_formats() -> None:
    from hvsupport.annotate.cli import export as command

    assert tuple(export.FORMATS) == command.FORMATS


# CSV


def test_csv_has_a_line_for_every_cell() -> None:
    catalogue = b.every_kind()
    rows = list(csv.DictReader(io.StringIO(export.export(catalogue, [], "csv").decode())))
    assert tuple(rows[0]) == tables.COLUMNS
    assert len(rows) == 2 * len(b.KINDS)
    by_name = {(row["driver"], row["entry"]): row for row in rows}
    back = by_name["lib.driver:Full", "back"]
    assert (back["since"], back["removed"], back["spans"]) == ("1.3.0", "", "0.7.0 - 1.0.0, 1.3.0")
    assert by_name["lib.driver:Full", "partial"]["partial"] == "yes"
    assert by_name["lib.driver:Full", "at_most"]["since"] == "<= 0.3.0"
    assert by_name["lib.driver:Empty", "plain"]["state"] == "unsupported"


def test_csv_survives_hostile_names() -> None:
    rows = list(csv.DictReader(io.StringIO(export.export(b.hostile(), [], "csv").decode(), newline="")))
    assert {row["entry"] for row in rows} == set(b.HOSTILE)


def test_a_wide_csv_has_a_line_for_every_entry_and_a_column_for_every_title() -> None:
    catalogue = b.every_kind()
    rows = list(csv.DictReader(io.StringIO(export.export(catalogue, [], "csv-wide").decode())))
    assert tuple(rows[0]) == (*tables.COLUMNS[:5], "full", "empty")
    by_name = {row["entry"]: row for row in rows}
    assert by_name.keys() == b.KINDS.keys()
    assert by_name["back"]["full"] == "0.7.0 - 1.0.0, 1.3.0"
    assert by_name["at_most"]["full"] == "<= 0.3.0"
    assert by_name["unannotated"]["full"] == "unannotated"
    assert by_name["plain"]["empty"] == ""


def test_a_wide_csv_has_one_column_for_a_title_that_two_interfaces_have() -> None:
    drivers = [b.driver("m:A"), b.driver("m:B")]
    cells = [{("m:A", "go"): b.cell(text), ("m:B", "go"): b.cell("2.0.0")} for text in ("1.0.0", "1.1.0")]
    made = (b.interface(each, drivers, [b.entry("go")]) for each in cells)
    one, two = (each._replace(name=name) for each, name in zip(made, ("one", "two"), strict=True))
    two = two._replace(drivers=two.drivers[:1])
    catalogue = b.catalogue(one)._replace(interfaces=(one, two))
    rows = list(csv.reader(io.StringIO(export.export(catalogue, [], "csv-wide").decode())))
    assert [row[0] for row in rows] == ["interface", "one", "two"]
    assert [row[5:] for row in rows[1:]] == [["1.0.0", "2.0.0"], ["1.1.0", ""]]


# Markdown


def test_markdown_tables_have_equal_lines_and_hold_no_html() -> None:
    for catalogue in (b.every_kind(), b.hostile(), b.large(20, 5)):
        text = export.export(catalogue, [], "markdown").decode()
        assert "<" not in re.sub(r"\\.", "", text).replace("<=", "")
        for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
            widths = {len(re.sub(r"\\.", "", line).split("|")) for line in table.splitlines()}
            assert len(widths) == 1, table


def test_markdown_is_rendered_as_it_is_meant() -> None:
    import markdown

    html = markdown.markdown(export.export(b.every_kind(), [], "markdown").decode(), extensions=["tables"])
    assert html.count("<table>") == 2
    assert "<td>~ 1.2.0 (1)</td>" in html
    assert "in part: no live resize" in html
    assert "CONF.live and &lt;b&gt;x&lt;/b&gt;" in html


# BCD: the rules of its schema, as its documentation gives them

VERSION = {"type": "string", "pattern": r"^(≤?\d+(\.\d+)*|preview)$"}
STATEMENT = {
    "type": "object",
    "properties": {
        "version_added": {"anyOf": [VERSION, {"const": False}]},
        "version_removed": VERSION,
        "partial_implementation": {"const": True},
        "notes": {"anyOf": [{"type": "string"}, {"type": "array", "minItems": 2, "items": {"type": "string"}}]},
    },
    "required": ["version_added"],
    "dependentRequired": {"partial_implementation": ["notes"]},
    "additionalProperties": False,
}
FEATURE = {
    "type": "object",
    "required": ["__compat"],
    "additionalProperties": False,
    "properties": {
        "__compat": {
            "type": "object",
            "required": ["support", "status"],
            "additionalProperties": False,
            "properties": {
                "description": {"type": "string"},
                "spec_url": {"type": "string", "pattern": "^https://[^#]+#.+"},
                "support": {
                    "type": "object",
                    "propertyNames": {"pattern": "^[a-z0-9_]+$"},
                    "additionalProperties": {
                        "anyOf": [STATEMENT, {"type": "array", "minItems": 2, "items": STATEMENT}]
                    },
                },
                "status": {
                    "type": "object",
                    "required": ["experimental", "standard_track", "deprecated"],
                    "additionalProperties": {"type": "boolean"},
                },
            },
        }
    },
}
BROWSER = {
    "type": "object",
    "required": ["name", "type", "releases", "accepts_flags", "accepts_webextensions"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string"},
        "type": {"enum": ["desktop", "mobile", "xr", "server"]},
        "accepts_flags": {"type": "boolean"},
        "accepts_webextensions": {"type": "boolean"},
        "releases": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["status"],
                "properties": {"status": {"enum": ["retired", "current", "beta", "nightly", "esr", "planned"]}},
            },
        },
    },
}
BCD = {
    "type": "object",
    "required": ["browsers"],
    "properties": {"browsers": {"type": "object", "additionalProperties": BROWSER}},
    "additionalProperties": {
        "type": "object",
        "propertyNames": {"pattern": "^[a-zA-Z_0-9$@-]*$"},
        "additionalProperties": FEATURE,
    },
}


@pytest.mark.parametrize("name", CATALOGUES)
def test_bcd_keeps_the_rules_of_its_schema(name: str) -> None:
    data = json.loads(export.export(CATALOGUES[name](), [], "bcd"))
    jsonschema.Draft202012Validator(BCD).validate(data)
    for key, features in data.items():
        for feature in features.values() if key != "browsers" else ():
            for browser, statements in feature["__compat"]["support"].items():
                releases = data["browsers"][browser]["releases"]
                for statement in statements if isinstance(statements, list) else [statements]:
                    for version in (statement["version_added"], statement.get("version_removed", False)):
                        assert not version or version == "preview" or version.removeprefix("≤") in releases


def test_bcd_statements() -> None:
    data = bcd.to_data(b.every_kind())["compute"]
    said = {name: feature["__compat"]["support"].get("full") for name, feature in data.items()}
    unknown = "The release in which it appeared is not annotated."
    assert said == {
        "plain": {"version_added": "0.9.2"},
        "partial": {"version_added": "1.2.0", "partial_implementation": True, "notes": "no live resize"},
        "partial_bare": {"version_added": "1.2.0", "partial_implementation": True, "notes": "Supported in part."},
        "deprecated": {"version_added": "1.0.0", "notes": ["Deprecated since 1.3.0.", "use plain"]},
        "deprecated_bare": {
            "version_added": "1.0.0",
            "partial_implementation": True,
            "notes": ["Supported in part.", "Deprecated."],
        },
        "noted": {"version_added": "1.0.0", "notes": "needs a reboot"},
        "at_most": {"version_added": "≤0.3.0"},
        "next": {"version_added": "preview"},
        "removed": {"version_added": "0.3.2", "version_removed": "1.0.0"},
        "back": [{"version_added": "1.3.0"}, {"version_added": "0.7.0", "version_removed": "1.0.0"}],
        "leaving": {"version_added": "0.7.0", "version_removed": "preview"},
        "inherited": {"version_added": "0.9.2"},
        "default": {"version_added": "0.9.2"},
        "derived": {"version_added": "0.9.2"},
        "conditional": {
            "version_added": "0.9.2",
            "partial_implementation": True,
            "notes": "depends on CONF.live and &lt;b&gt;x&lt;/b&gt;",
        },
        "conditional_bare": {
            "version_added": "≤1.4.0",
            "partial_implementation": True,
            "notes": [unknown, "depends on has_it()"],
        },
        "variants": {"version_added": "0.9.2", "notes": "when sys.platform == 'win32': 1.1.0"},
        "stub": {"version_added": False},
        "absent": {"version_added": False},
        "unannotated": {"version_added": "≤1.4.0", "notes": unknown},
        "unreadable": None,
    }


@pytest.mark.parametrize(
    ("kind", "listed", "text", "expected"),
    [
        ("pep440", (), "1.2.0rc1", {"version_added": "1.2.0", "notes": "Since 1.2.0rc1."}),
        ("calendar", (), "2026-04", {"version_added": "2026.04", "notes": "Since 2026-04."}),
        ("listed", ("Austin", "Bexar"), "Austin", {"version_added": "≤1.4.0", "notes": "Since Austin."}),
    ],
)
def test_bcd_of_releases_it_cannot_hold(kind, listed, text, expected) -> None:
    parsed = scheme(kind, listed).parse(text)
    cell = b.KINDS["plain"]._replace(spans=(b.spans("1.0.0")[0]._replace(since=parsed),))
    current = None if kind == "listed" else parsed
    catalogue = b.catalogue(b.interface({("m:A", "a"): cell}, [b.driver("m:A", since=None)], [b.entry("a")]))
    if current is not None:
        catalogue = catalogue._replace(current=current)
    statement = bcd.to_data(catalogue)["compute"]["a"]["__compat"]["support"]["a"]
    assert statement == expected
