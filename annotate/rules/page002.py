"""PAGE002: a block on one of the project's own pages that asks for something unknown."""

from __future__ import annotations

from .base import Example, Expected, Rule, elsewhere, example_start

_SOURCE = example_start("1.2.0")


def _page(block: str) -> dict[str, str]:
    return {"docs/guide.md": f"# Guide\n\n```hvsupport {block}\n```\n"}


RULE = Rule(
    code="PAGE002",
    name="broken-block",
    summary="A block on a page asks for a driver, entry point, release or option that does not exist.",
    why="""\
A block shows a part of the matrix inside a page. If a driver or an entry point is renamed, a block that named it would
show less than before, and nothing on the page would tell.""",
    notes="""\
A block names its kind (`matrix`, `driver`, `protocol` or `changes`), its subject, and an option on each further line.
The [page about pages](pages.md#blocks) lists the options. In Sphinx and MkDocs the same mistakes are warnings of these
tools, which `sphinx-build -W` and `mkdocs build --strict` turn into errors.""",
    command="docs",
    valid=(
        Example("a driver that exists", _SOURCE, files=_page("driver MemoryDriver")),
        Example("a part of the matrix", _SOURCE, files=_page("matrix\nentries: st*")),
    ),
    invalid=(
        Example("no such driver", _SOURCE, (Expected(3, "no driver is", "docs/guide.md"),), files=_page("driver Disk")),
        Example(
            "no such kind", _SOURCE, (Expected(3, "is not a kind of block", "docs/guide.md"),), files=_page("matrx")
        ),
        Example(
            "no such entry point",
            _SOURCE,
            (Expected(4, "no entry point is called 'stp'", "docs/guide.md"),),
            files=_page("matrix\nentries: stp"),
        ),
    ),
    check=elsewhere,
)
