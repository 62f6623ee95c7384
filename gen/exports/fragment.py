"""The matrix as one bare XHTML page, for projects that wrap pages in their own layout.

libvirt's build does so with its ``hvsupport.html.in``, which a project stylesheet turns into a page with menus. Each
interface has an ``h2`` and each heading in it an ``h3``, with stable ids. There are no styles or scripts, and links
lead only to documentation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from html import escape

from hvsupport.annotate.catalogue import Catalogue
from hvsupport.annotate.findings import Finding
from hvsupport.annotate.model import Cell, EntryPoint, Interface, Span

from ..celltext import DEPRECATED, QUALITIES, cell_text, former_text, since_text
from ..names import slug

_HEAD = """\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml">
<body id="hvsupport">
"""
_INTRODUCTION = (
    "Each cell is the release since which a driver supports a call; a"
    ' <span class="removedhv">marked</span> release is the one that removed the call.'
)


def to_fragment(catalogue: Catalogue, findings: tuple[Finding, ...] = ()) -> bytes:
    """The page in UTF-8, without findings: they go to standard error."""
    return (_HEAD + "\n".join(_body(catalogue)) + "\n</body>\n</html>\n").encode("utf-8")


def _body(catalogue: Catalogue) -> Iterator[str]:
    title = f"{catalogue.title} support matrix".strip()
    release = f" (release {catalogue.release})" if catalogue.release else ""
    yield f"<h1>{_text(title)}</h1>"
    yield '<ul id="toc"></ul>'
    yield f"<p>{_INTRODUCTION}{_text(release)}</p>"
    unique = _unique()
    for interface in catalogue.interfaces:
        name = unique(slug(interface.name))
        yield f'<h2><a id="{name}">{_text(interface.title)}</a></h2>'
        yield from _groups(interface, name, unique)
        if interface.removed:
            yield f"<p>Removed drivers: {_text('; '.join(map(former_text, interface.removed)))}.</p>"


def _groups(interface: Interface, name: str, unique: Callable[[str], str]) -> Iterator[str]:
    """A table for each heading of an interface, or a single one without headings."""
    for group in dict.fromkeys(entry.group for entry in interface.entries):
        if group is not None:
            yield _heading(unique(f"{name}-{slug(group)}"), group)
        elif any(entry.group for entry in interface.entries):
            yield _heading(unique(f"{name}-other"), "Others")
        yield from _table(interface, [entry for entry in interface.entries if entry.group == group])


def _heading(name: str, text: str) -> str:
    return f'<h3><a id="{name}">{_text(text)}</a></h3>'


def _unique() -> Callable[[str], str]:
    """A function that makes ids unique by numbering repeated names."""
    seen: Counter[str] = Counter(("hvsupport", "toc"))

    def unique(name: str) -> str:
        seen[name] += 1
        return name if seen[name] == 1 else unique(f"{name}-{seen[name]}")

    return unique


def _table(interface: Interface, entries: list[EntryPoint]) -> Iterator[str]:
    columns = "".join(f"<th>{_text(driver.title)}</th>" for driver in interface.drivers)
    yield '<table class="top_table">'
    yield f"<thead>\n<tr><th>API</th><th>Version</th>{columns}</tr>\n</thead>\n<tbody>"
    for entry in entries:
        cells = "".join(_cell(interface.cells[driver.id, entry.name]) for driver in interface.drivers)
        yield f"<tr>\n<td>{_name(entry)}</td>\n<td>{_text(str(entry.since or ''))}</td>\n{cells}\n</tr>"
    yield "</tbody>\n</table>"


def _name(entry: EntryPoint) -> str:
    return f'<a href="{_text(entry.url)}">{_text(entry.api)}</a>' if entry.url else _text(entry.api)


def _cell(cell: Cell) -> str:
    if cell.state == "unsupported" and not cell.spans:
        return "<td></td>"
    words = cell_text(cell)
    if cell.state in ("supported", "removed") and cell.spans:
        return f"<td>{', '.join(map(_span, cell.spans))}</td>"
    return f'<td class="{cell.state}" title="{_text(words.sentence)}">{_text(words.text)}</td>'


def _span(span: Span) -> str:
    sign = f"{QUALITIES[DEPRECATED][0]} " if span.deprecated is not None else ""
    since = _text(sign + since_text(span))
    return since if span.removed is None else f'{since} - <span class="removedhv">{_text(str(span.removed))}</span>'


def _text(text: str) -> str:
    """Escape for elements and attributes; characters that XML forbids are replaced."""
    return escape("".join(sign if sign >= " " or sign in "\t\n" else "\ufffd" for sign in text), quote=True)
