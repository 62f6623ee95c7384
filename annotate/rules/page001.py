"""PAGE001: a broken link on one of the project's own pages."""

from __future__ import annotations

from .base import Example, Expected, Rule, elsewhere

_OTHER = {"docs/other.md": "# Other\n\n## Guests\n"}


def _page(link: str) -> dict[str, str]:
    return {"docs/guide.md": f"# Guide\n\nSee [there]({link}).\n", **_OTHER}


RULE = Rule(
    code="PAGE001",
    name="broken-page",
    summary="A Markdown page of the project links to a page, heading or picture that does not exist.",
    why="""\
Generated pages are named after the sources: renaming a driver renames its page and breaks links to it. Without this
check, a reader finds the broken link long after the change that caused it.""",
    notes="""\
Link to other Markdown pages by their `.md` file and to generated pages by their `.html` file. The code also covers
pages that cannot be read, pages with the same path as a generated one, pictures on another host, which the site does
not load, and HTML that could run a script, which is left out unless the configuration has `any-html = true`.""",
    command="docs",
    valid=(
        Example("a page and a heading", "SIZE = 1\n", files=_page("other.md#guests")),
        Example("a generated page", "SIZE = 1\n", files=_page("index.html")),
    ),
    invalid=(
        Example(
            "no such page",
            "SIZE = 1\n",
            (Expected(3, "the link 'othr.md' has no target", "docs/guide.md"),),
            files=_page("othr.md"),
        ),
        Example(
            "no such heading",
            "SIZE = 1\n",
            (Expected(3, "gests", "docs/guide.md"),),
            files=_page("other.md#gests"),
        ),
        Example(
            "an address that is a script",
            "SIZE = 1\n",
            (Expected(3, "an address with javascript:", "docs/guide.md"),),
            files=_page("javascript:alert(1)"),
        ),
    ),
    check=elsewhere,
)
