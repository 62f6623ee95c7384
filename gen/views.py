"""docs/views.md: which templates there are, and the values that they get, from the values' own docstrings.

Only ``make reference`` and the tests use it.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import sys
from collections.abc import Iterator
from typing import Any

from .pages.block import Block
from .pages.feed import Feed
from .pages.news import News
from .pages.parts import Frame
from .render import TEMPLATES, VIEWS

#: Templates of parts of pages: what they are, and the kind of their value.
PARTS = {
    "base.html.j2": ("the frame of every page, with blocks `head`, `scripts`, `header`, `main`, `footer`", Frame),
    "block.html.j2": ("a [block](pages.md#blocks) in any page", Block),
    "feed.atom.j2": ("the [feed](pages.md#feed)", Feed),
    "news.html.j2": ("the changes of a release; `lines` are those of this value", News),
}
_HEAD = """\
# Views

The values that [templates](pages.md#templates) get, version {version}. The version rises when a value loses an
attribute or changes its meaning; templates find it in `views`. More attributes may come within a version.

| template | gets |
|---|---|
{rows}

The template of a page gets `page` and `frame`. Pages and blocks include `table.html.j2`, the matrix, in which `table`
is a MatrixPage; `entries.html.j2`, the list of a driver, in which it is a DriverPage; and `course.html.j2`, in which
`protocol` is a ProtocolView. There `prefix` is empty on the site's own pages. `parts.html.j2` and `sequence.svg.j2`
hold macros, and `diagram.svg.j2` is a diagram as a file. The filter `breakable` lets a long name break between its
words, `path` a path between its folders.
"""


def every() -> list[type[Any]]:
    """All kinds of values, first those of pages, each before those that it holds."""
    found: dict[type[Any], None] = {}
    waiting: list[type[Any]] = [*TEMPLATES, Block, Feed, News, Frame]
    while waiting:
        kind = waiting.pop(0)
        if kind not in found:
            found[kind] = None
            waiting += _held(kind)
    return list(found)


def _held(kind: type[Any]) -> Iterator[type[Any]]:
    """The kinds that the annotations of a kind name."""
    known = vars(sys.modules[kind.__module__])
    for field in dataclasses.fields(kind):
        for name in re.findall(r"\w+", str(field.type)):
            if dataclasses.is_dataclass(found := known.get(name)) and isinstance(found, type):
                yield found


def markdown() -> str:
    """The page."""
    rows = [f"| `{name}` | {_link(kind)} |" for kind, name in TEMPLATES.items()]
    rows += [f"| `{name}` | {_link(kind)}: {about} |" for name, (about, kind) in PARTS.items()]
    return _HEAD.format(version=VIEWS, rows="\n".join(rows)) + "".join(map(_section, every()))


def _link(kind: type[Any]) -> str:
    return f"[{kind.__name__}](#{kind.__name__.lower()})"


def _section(kind: type[Any]) -> str:
    about, meanings = _told(inspect.getdoc(kind) or "")
    rows = [
        f"| `{field.name}` | `{str(field.type).replace('|', chr(92) + '|')}` | {meanings.get(field.name, '')} |"
        for field in dataclasses.fields(kind)
    ]
    table = "\n".join(("| attribute | type | meaning |", "|---|---|---|", *rows))
    return f"\n## {kind.__name__}\n\n{about}\n\n{table}\n"


def _told(text: str) -> tuple[str, dict[str, str]]:
    """What a docstring says of the whole, and of each attribute; several may share a line."""
    about, _, rest = text.replace("``", "`").partition("Attributes:")
    meanings: dict[str, str] = {}
    for names, words in re.findall(r"^    ([\w, ]+): (.*(?:\n     +.*)*)", rest, re.MULTILINE):
        meanings |= dict.fromkeys(names.split(", "), " ".join(words.split()).replace("|", "\\|"))
    return about.strip(), meanings
