"""Page values -> bytes, through the templates.

Undefined names are errors. Everything is escaped except HTML made from the user's Markdown, which the templates mark.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from hvsupport.annotate.patterns import regex

from .pages.block import Block
from .pages.documents import DocumentPage
from .pages.driver import DriverPage
from .pages.entry import EntryPage
from .pages.findings import FindingsPage
from .pages.matrix import MatrixPage
from .pages.overview import HubPage, IndexPage
from .pages.protocol import ProtocolPage
from .pages.search import SearchPage
from .pages.sequence import Sequence, picture

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

Page = (
    IndexPage | HubPage | MatrixPage | DriverPage | EntryPage | FindingsPage | DocumentPage | ProtocolPage | SearchPage
)

#: Between the words of ``virDomainGetXMLDesc``, and after the punctuation in ``disk.create_volume``.
_WORDS = regex(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z0-9][_.])(?=[A-Za-z0-9])")
#: What neither HTML nor XML may hold, such as the escape character that a terminal obeys.
CONTROLS = regex(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_TEMPLATES = {
    IndexPage: "index.html.j2",
    HubPage: "hub.html.j2",
    MatrixPage: "matrix.html.j2",
    DriverPage: "driver.html.j2",
    EntryPage: "entry.html.j2",
    FindingsPage: "findings.html.j2",
    ProtocolPage: "protocol.html.j2",
    DocumentPage: "page.html.j2",
    SearchPage: "search.html.j2",
}


def render(page: Page) -> bytes:
    """Return a page as UTF-8 with Unix line ends.

    Lone surrogates, which come only from invalid file names, become question marks, and control characters, which HTML
    does not allow, replacement characters.
    """
    text = _environment().get_template(_TEMPLATES[type(page)]).render(page=page, frame=page.frame)
    return CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text).encode("utf-8", "replace")


def fragment(block: Block) -> str:
    """Return a block as HTML for the inside of any page."""
    text = _environment().get_template("block.html.j2").render(block=block)
    return CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text)


def diagram(drawn: Sequence) -> bytes:
    """Return a diagram as a standalone SVG file with a background and a margin."""
    text = _environment().get_template("diagram.svg.j2").render(picture=picture(drawn))
    return text.encode()


def asset(name: str) -> bytes:
    """An unrendered file of the templates: the stylesheet, the script."""
    return files("hvsupport.templates").joinpath(name).read_bytes()


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    def read(name: str) -> str:
        return asset(name).decode("utf-8")

    environment = Environment(
        loader=FunctionLoader(read),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.filters["breakable"] = breakable
    environment.filters["path"] = path
    return environment


def path(place: str) -> Markup:
    """A place in a source with break opportunities between folders, and none inside a line number."""
    from markupsafe import Markup, escape

    return Markup("/<wbr>").join(escape(part) for part in place.split("/"))


def breakable(name: str) -> Markup:
    """A name with break opportunities between its words, for narrow columns, and apart from the direction around it."""
    from markupsafe import Markup, escape

    return Markup("<bdi>%s</bdi>") % Markup("<wbr>").join(escape(word) for word in _WORDS.split(name))
