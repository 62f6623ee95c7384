"""The diagrams of the built-in protocols as SVG files, for pages that are no part of a site: ``docs/images``.

    python -m hvsupport.gen.diagrams [FOLDER]

writes them anew; a test holds them current. A picture cannot use the stylesheet of the page that shows it, so its
colours are in it, for light and for dark; they are those of the site's stylesheet, and a test compares them.
"""

from __future__ import annotations

import sys
from pathlib import Path

from hvsupport.annotate.config import protocols
from hvsupport.annotate.config.types import Reading
from hvsupport.annotate.model import Place
from hvsupport.annotate.protocol import Protocol

from .pages.sequence import sequence
from .render import diagram

#: The family whose diagrams the documentation shows.
SHOWN = "migration"


def built_in(name: str) -> tuple[Protocol, ...]:
    """The protocols of a built-in family, as it declares them."""
    reading = Reading(Path(), {(): Place(f"presets/protocols/{name}.toml")})
    return protocols.families(reading, None, {"": (name,)})[name].protocols


def svg(protocol: Protocol) -> bytes:
    """The diagram of a protocol as a file of its own."""
    return diagram(sequence(protocol))


def files() -> dict[str, bytes]:
    """Name -> content of every picture that the documentation shows."""
    return {f"{protocol.key}.svg": svg(protocol) for protocol in built_in(SHOWN)}


def main(folder: Path) -> None:
    """Write the pictures into a folder."""
    for name, content in files().items():
        (folder / name).write_bytes(content)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images"))
