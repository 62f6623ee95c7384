"""The picture that a link to the site shows: its bytes, its colours, and which pages name it."""

from __future__ import annotations

import hashlib
import random
import re
import sys
import zlib
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import gen_builder as b

from hvsupport.annotate.model import STATES
from hvsupport.gen import card, png, site

ROOT = Path(__file__).parent.parent
URL = "https://example.invalid/guests/"


def rows(data: bytes) -> tuple[list[bytes], list[str]]:
    """The rows and the palette of a picture, read as the standard has it."""
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    at, chunks = 8, {}
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        assert int.from_bytes(data[at + 8 + size : at + 12 + size], "big") == zlib.crc32(kind + body)
        chunks[kind] = body
        at += 12 + size
    width, height = (int.from_bytes(chunks[b"IHDR"][each : each + 4], "big") for each in (0, 4))
    raw = zlib.decompress(chunks[b"IDAT"])
    assert len(raw) == height * (width + 1)
    found: list[bytes] = []
    for each in range(height):
        kind, *line = raw[each * (width + 1) : (each + 1) * (width + 1)]
        above = found[-1] if found and kind else bytes(width)
        assert kind in (0, 2)
        found.append(bytes((one + other) % 256 for one, other in zip(line, above, strict=True)))
    colours = chunks[b"PLTE"]
    return found, [f"#{colours[each : each + 3].hex()}" for each in range(0, len(colours), 3)]


@pytest.mark.parametrize("longest", [1, 2, 3, 4, 10, 11, 35, 66, 130, 257, 258, 259, 700])
def test_any_picture_is_read_back(longest: int) -> None:
    chance = random.Random(longest)
    line = b"".join(bytes([chance.randrange(256)]) * chance.randint(1, longest) for _ in range(60))
    made = [line, line, line[::-1], line]
    palette = [f"#{each:06x}" for each in range(256)]
    assert rows(png.png(made, palette)) == (made, palette)


def test_the_picture_is_the_matrix() -> None:
    interface = b.large(100, 10).interfaces[0]
    found, palette = rows(card.card(interface, "#7a1f5c"))
    assert (len(found), {len(row) for row in found}) == (card.HEIGHT, {card.WIDTH})
    assert {palette[byte] for byte in found[0]} == {"#7a1f5c"}
    lines = list(dict.fromkeys(row for row in found if len(set(row)) > 1))
    driver = interface.drivers[0]
    middle = [48 + 1104 * (2 * at + 1) // 200 for at in range(100)]
    assert [palette[lines[0][x]] for x in middle] == [
        card.COLOURS[interface.cells[driver.id, entry.name].state] for entry in interface.entries
    ]


@pytest.mark.parametrize(("entries", "drivers"), [(0, 0), (1, 1), (3000, 2), (2, 300)])
def test_a_matrix_of_any_size_is_a_picture(entries: int, drivers: int) -> None:
    interface = b.interface(
        {}, [b.driver(f"m:D{at}") for at in range(drivers)], [b.entry(f"e{at}") for at in range(entries)]
    )
    found, _ = rows(card.card(interface, None))
    assert (len(found), {len(row) for row in found}) == (card.HEIGHT, {card.WIDTH})


def test_the_bytes_are_the_same_everywhere() -> None:
    """The digest holds for every version of Python and of zlib."""
    data = card.card(b.large(260, 19).interfaces[0], None)
    assert len(data) < 20_000
    assert hashlib.sha256(data).hexdigest()[:16] == "c05c328929f20796"


def test_its_colours_are_those_of_the_site() -> None:
    sheet = (ROOT / "templates" / "hvsupport.css").read_text()
    light = dict(reversed(re.findall(r"--bar-(\w+): (#\w+);", sheet)))
    assert {state: colour for state, colour in card.COLOURS.items() if state != "unsupported"} == {
        state: light[state] for state in STATES if state != "unsupported"
    }


def test_pages_name_the_picture_of_their_interface() -> None:
    one = b.every_kind().interfaces[0]
    two = b.catalogue(one, one._replace(key="dns", title="DNS drivers"))
    files = site.build(two, settings=site.Settings(url=URL)).files
    named = {
        path: re.findall(r'<meta property="og:image" content="([^"]+)">', data.decode())
        for path, data in files.items()
        if path.endswith(".html")
    }
    assert named["index.html"] == named["hvsupport-compute.html"] == [f"{URL}hvsupport-compute.png"]
    for path in ("hvsupport-dns.html", "drivers/dns/full.html", "entries/dns/plain.html"):
        assert named[path] == [f"{URL}hvsupport-dns.png"], path
    for (address,) in named.values():
        assert address.removeprefix(URL) in files


def test_a_site_without_an_address_has_no_picture() -> None:
    """A preview needs an absolute address."""
    files = site.build(b.every_kind()).files
    assert not [path for path in files if path.endswith(".png")]
    assert b"og:image" not in files["index.html"]
