"""Page values -> bytes, through the templates.

Undefined names are errors. Everything is escaped except HTML made from the user's Markdown, which the templates mark.
A project's own template may extend the one that it replaces, as ``hvsupport/NAME``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, ClassVar

from hvsupport.annotate.findings import Finding
from hvsupport.annotate.model import NOTHING, Place
from hvsupport.annotate.patterns import regex

from .pages.block import Block
from .pages.documents import DocumentPage
from .pages.driver import DriverPage
from .pages.entry import EntryPage
from .pages.feed import Feed
from .pages.findings import FindingsPage
from .pages.matrix import MatrixPage
from .pages.overview import HubPage, IndexPage
from .pages.protocol import ProtocolPage
from .pages.search import SearchPage
from .pages.sequence import Sequence, picture
from .theme import CODE as THEME_CODE
from .theme import names

if TYPE_CHECKING:
    from jinja2 import BytecodeCache, Environment
    from markupsafe import Markup

Page = (
    IndexPage | HubPage | MatrixPage | DriverPage | EntryPage | FindingsPage | DocumentPage | ProtocolPage | SearchPage
)

#: Version of the values that templates get: it rises when one loses an attribute or changes its meaning.
VIEWS = 1
_OURS = "hvsupport/"
#: What expressions in a template raise when they are wrong.
_FAULTS = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RecursionError)
#: Between the words of ``virDomainGetXMLDesc``, and after the punctuation in ``disk.create_volume``.
_WORDS = regex(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z0-9][_.])(?=[A-Za-z0-9])")
#: What neither HTML nor XML may hold, such as the escape character that a terminal obeys.
CONTROLS = regex(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
#: Kind of page -> its template.
TEMPLATES = {
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


class Renderer:
    """Renders with our templates, or with a project's own in their places.

    A template of a project runs in a sandbox: it can read the values of the page and nothing else. One that fails is
    reported, and the page is made with ours.

    Args:
        own: name of a template of ours -> path of the project's, and its text.
    """

    def __init__(self, own: Mapping[str, tuple[str, str]] = NOTHING) -> None:
        self.own = own
        self.findings: list[Finding] = []
        self._ours = _environment()
        self._theirs = self._sandbox() if own else None

    def page(self, page: Page) -> bytes:
        """Return a page as UTF-8 with Unix line ends.

        Lone surrogates, which come only from invalid file names, become question marks, and control characters, which
        HTML does not allow, replacement characters.
        """
        return self._text(TEMPLATES[type(page)], page=page, frame=page.frame).encode("utf-8", "replace")

    def feed(self, feed: Feed) -> bytes:
        """Return the feed as UTF-8."""
        return self._text("feed.atom.j2", feed=feed).encode("utf-8", "replace")

    def block(self, block: Block) -> str:
        """Return a block as HTML for the inside of any page."""
        return self._text("block.html.j2", block=block)

    def _text(self, name: str, **values: object) -> str:
        text = None if self._theirs is None else self._own_text(self._theirs, name, values)
        if text is None:
            text = self._ours.get_template(name).render(values)
        return CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text)

    def _own_text(self, environment: Environment, name: str, values: dict[str, object]) -> str | None:
        """What the project's templates make; None if they fail."""
        from jinja2 import TemplateError

        try:
            return environment.get_template(name).render(values)
        except (TemplateError, *_FAULTS) as error:
            self._report(error)
            return None

    def _report(self, error: Exception) -> None:
        """Keep a finding at the line of the innermost template of the project."""
        from traceback import extract_tb

        paths = {path for path, _ in self.own.values()}
        places = [Place(each.filename, each.lineno or 1) for each in extract_tb(error.__traceback__)]
        line, file = getattr(error, "lineno", None), getattr(error, "filename", None)
        if line is not None and file is not None:
            places.append(Place(file, line))
        place = next((each for each in reversed(places) if each.path in paths), Place(min(paths)))
        tip = "docs/pages.md lists what templates can use; pages are made with the site's own templates meanwhile"
        finding = Finding(THEME_CODE, place, f"the template failed: {error}", type(error).__name__, tip=tip)
        if finding not in self.findings:
            self.findings.append(finding)

    def _sandbox(self) -> Environment:
        from jinja2.sandbox import ImmutableSandboxedEnvironment

        ours = frozenset(names())

        def read(name: str) -> tuple[str, str, None] | str | None:
            if name in self.own:
                path, text = self.own[name]
                return text, path, None
            # Any other name could be a path that leads out of our templates.
            plain = name.removeprefix(_OURS)
            return asset(plain).decode("utf-8") if plain in ours else None

        environment = _equipped(ImmutableSandboxedEnvironment, read)
        environment.bytecode_cache = _sandboxed_code()
        return environment


def diagram(drawn: Sequence) -> bytes:
    """Return a diagram as a standalone SVG file with a background and a margin."""
    text = _environment().get_template("diagram.svg.j2").render(picture=picture(drawn))
    return text.encode()


def asset(name: str) -> bytes:
    """An unrendered file of the templates: the stylesheet, the script."""
    return files("hvsupport.templates").joinpath(name).read_bytes()


@cache
def _sandboxed_code() -> BytecodeCache:
    """Compiled templates of this process, by name and text: ``serve`` builds the same ones over and over."""
    from jinja2 import BytecodeCache
    from jinja2.bccache import Bucket

    class Kept(BytecodeCache):
        code: ClassVar[dict[str, bytes]] = {}

        def load_bytecode(self, bucket: Bucket) -> None:
            if bucket.key in self.code:
                bucket.bytecode_from_string(self.code[bucket.key])

        def dump_bytecode(self, bucket: Bucket) -> None:
            self.code[bucket.key] = bucket.bytecode_to_string()

    return Kept()


@cache
def _environment() -> Environment:
    from jinja2 import Environment

    return _equipped(Environment, lambda name: asset(name).decode("utf-8"))


def _equipped(kind: type[Environment], read: Callable[[str], Any]) -> Environment:
    """An environment in which undefined names are errors and everything is escaped."""
    from jinja2 import FunctionLoader, StrictUndefined

    environment = kind(
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
    environment.globals["views"] = VIEWS
    return environment


def path(place: str) -> Markup:
    """A place in a source with break opportunities between folders, and none inside a line number."""
    from markupsafe import Markup, escape

    return Markup("/<wbr>").join(escape(part) for part in place.split("/"))


def breakable(name: str) -> Markup:
    """A name with break opportunities between its words, for narrow columns, and apart from the direction around it."""
    from markupsafe import Markup, escape

    return Markup("<bdi>%s</bdi>") % Markup("<wbr>").join(escape(word) for word in _WORDS.split(name))
