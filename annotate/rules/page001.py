"""PAGE001: a page of the project refers to something that the site does not have."""

from __future__ import annotations

from .base import Example, Expected, Rule, elsewhere

_OTHER = {"docs/other.md": "# Other\n\n## Guests\n"}


def _page(link: str) -> dict[str, str]:
    return {"docs/guide.md": f"# Guide\n\nSee [there]({link}).\n", **_OTHER}


RULE = Rule(
    code="PAGE001",
    name="broken-page",
    summary="A Markdown page of the project refers to a page, a heading or a picture that is not there.",
    why="""\
The project's own pages stand beside the generated ones, and what those are called follows the sources: a driver that is
renamed takes its page with it. A link that leads to nothing is found by a reader, long after the change that broke
it.""",
    notes="""\
Links between pages are written to the `.md` file, links to generated pages to their `.html`. A page that cannot be
read, one whose place on the site is taken by a generated page, and a picture of another host, which the site does not
load, have this code too.""",
    command="docs",
    valid=(
        Example("a page and a heading", "SIZE = 1\n", files=_page("other.md#guests")),
        Example("a generated page", "SIZE = 1\n", files=_page("index.html")),
    ),
    invalid=(
        Example(
            "no such page",
            "SIZE = 1\n",
            (Expected(3, "the link 'othr.md' leads to nothing", "docs/guide.md"),),
            files=_page("othr.md"),
        ),
        Example(
            "no such heading",
            "SIZE = 1\n",
            (Expected(3, "gests", "docs/guide.md"),),
            files=_page("other.md#gests"),
        ),
    ),
    check=elsewhere,
)
