"""The diagrams of the built-in protocols as SVG files, for pages outside the site: ``docs/images``.

    python -m hvsupport.gen.diagrams [FOLDER]

updates them; a test checks that they are current. An image cannot use the stylesheet of its page, so it contains the
colours of the site's stylesheet, for light and dark; a test compares them.
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
    """The protocols of a built-in family."""
    reading = Reading(Path(), {(): Place(f"presets/protocols/{name}.toml")})
    return protocols.families(reading, None, {"": (name,)})[name].protocols


def svg(protocol: Protocol) -> bytes:
    """The diagram of a protocol as an SVG file."""
    return diagram(sequence(protocol))


def files() -> dict[str, bytes]:
    """File name -> content of each diagram in the documentation."""
    return {f"{protocol.key}.svg": svg(protocol) for protocol in built_in(SHOWN)}


def main(folder: Path) -> None:
    """Write the diagrams into a folder."""
    for name, content in files().items():
        (folder / name).write_bytes(content)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images"))
