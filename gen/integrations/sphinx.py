"""The Sphinx extension: blocks as directives, roles for entry points and drivers, and their site beside the pages.

    extensions = ["hvsupport.gen.integrations.sphinx"]

A directive checks its words when its page is read, and keeps them; the HTML is made when the page is written, as its
links depend on the builder. A page is read again when the HTML of one of its blocks would be another.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence, Set
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

from docutils import nodes
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.domains import Domain, ObjType
from sphinx.errors import ExtensionError
from sphinx.roles import XRefRole
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

from hvsupport.annotate import __version__
from hvsupport.annotate.errors import HvsupportError
from hvsupport.annotate.model import Place
from hvsupport.annotate.records import NamedTuple

from ..embed import EMBEDDED
from ..names import InterfaceNames, relative
from ..pages.block import Block, prefix
from ..pages.request import KINDS, Problems
from ..pages.targets import target as find
from ..pages.targets import targets
from . import plain, tree

if TYPE_CHECKING:
    from sphinx.addnodes import pending_xref
    from sphinx.application import Sphinx
    from sphinx.builders import Builder
    from sphinx.environment import BuildEnvironment

_log = logging.getLogger(__name__)
NAME = "hv"
#: Changes with what the domain keeps between builds.
_VERSION = 1


class block(nodes.General, nodes.Element):
    """A block: what it asks for, and the same in plain lines for all formats but HTML."""


class _Any(dict[str, Any]):
    """Takes every option: ``request`` tells which there are, with a tip."""

    def __missing__(self, name: str) -> Any:
        return str


class _Directive(SphinxDirective):
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[Any] = _Any(caption=str)

    def run(self) -> list[nodes.Node]:
        """Check the block and put it into the page."""
        domain = _domain(self.env)
        place = Place(self.env.docname, self.lineno)
        kind = self.name.partition(":")[2]
        asked = tree.request(kind, self.arguments[0] if self.arguments else "", self.options, place)
        problems, number = Problems(), self.env.new_serialno(NAME) + 1
        made = domain.tree.block(asked, "index.html", number, problems)
        for finding in problems.findings:
            _log.warning(tree.told(finding), location=self.get_location(), type="hvsupport", subtype="block")
        domain.note(self.env.docname, tree.dumped(asked), number, made)
        if made is None:
            return []
        for path in domain.tree.files(made[0].sources):
            self.env.note_dependency(str(path))
        return [_node(tree.dumped(asked), number, made[0])]


def _node(asked: str, number: int, found: Block) -> block:
    items = [
        nodes.definition_list_item("", nodes.term("", term), nodes.definition("", nodes.paragraph("", text)))
        for term, text in plain.lines(found)
    ]
    title = nodes.paragraph("", "", nodes.strong("", found.heading.text))
    return block("", title, nodes.definition_list("", *items), asked=asked, number=str(number))


class Kept(NamedTuple):
    """What is kept of a block between builds.

    Attributes:
        asked: its request, as text.
        digest: of its HTML; empty if it is wrong.
        shown: kind, interface and key of what has an id in it.
    """

    asked: str
    number: int
    digest: str
    shown: tuple[tuple[str, str, str], ...]


class HvsupportDomain(Domain):
    """What pages show of the tree: for roles, for the inventory, and to know which pages are out of date."""

    name = NAME
    label = "hvsupport"
    object_types: ClassVar = {"entry": ObjType("entry point", "entry"), "driver": ObjType("driver", "driver")}
    roles: ClassVar = {"entry": XRefRole(warn_dangling=True), "driver": XRefRole(warn_dangling=True)}
    directives: ClassVar = dict.fromkeys(KINDS, _Directive)
    dangling_warnings: ClassVar = {
        "entry": "hvsupport: unknown entry point %(target)r",
        "driver": "hvsupport: unknown driver %(target)r",
    }
    initial_data: ClassVar = {"pages": {}}
    data_version = _VERSION
    tree: tree.Tree

    @property
    def pages(self) -> dict[str, list[Kept]]:
        """The blocks of each page."""
        found: dict[str, list[Kept]] = self.data["pages"]
        return found

    def note(self, docname: str, asked: str, number: int, made: tuple[Block, str] | None) -> None:
        """Keep a block of a page; None for a wrong one, which a later change of the tree may put right."""
        entries, drivers = ((), ()) if made is None else (made[0].entries, made[0].drivers)
        shown = (*(("entry", *one) for one in entries), *(("driver", *one) for one in drivers))
        self.pages.setdefault(docname, []).append(Kept(asked, number, _digest(made), shown))

    def outdated(self) -> Iterator[str]:
        """The pages with a block that would be another now."""
        for docname, blocks in self.pages.items():
            for kept in blocks:
                made = self.tree.block(tree.loaded(kept.asked), "index.html", kept.number, Problems())
                if _digest(made) != kept.digest:
                    yield docname
                    break

    def clear_doc(self, docname: str) -> None:
        """Called by Sphinx when a page is read again or removed."""
        self.pages.pop(docname, None)

    def merge_domaindata(self, docnames: Set[str], otherdata: dict[str, Any]) -> None:
        """Called by Sphinx for the pages that another process has read."""
        self.pages.update({name: blocks for name, blocks in otherdata["pages"].items() if name in docnames})

    def _shown(self) -> dict[tuple[str, str, str], tuple[str, str]]:
        """Page and id of each entry and driver that a page shows: the list of a driver, else the first page by name."""
        interfaces = self.tree.site.catalogue.interfaces
        addresses = {one.key: names for one, names in zip(interfaces, self.tree.site.names.interfaces, strict=True)}
        blocks = [(docname, kept) for docname in sorted(self.pages) for kept in self.pages[docname]]
        anchors: dict[tuple[str, str, str], tuple[str, str]] = {}
        for is_list in (True, False):
            for docname, kept in blocks:
                if (tree.loaded(kept.asked).kind == "driver") == is_list:
                    for one in kept.shown:
                        anchor = "block" if is_list else self._anchor(addresses[one[1]], *one)
                        anchors.setdefault(one, (docname, prefix(kept.number) + anchor))
        return anchors

    @staticmethod
    def _anchor(names: InterfaceNames, kind: str, _: str, key: str) -> str:
        return names.entries[key] if kind == "entry" else f"driver:{names.drivers[key]}"

    def get_objects(self) -> Iterable[tuple[str, str, str, str, str, int]]:
        """What pages show, for the inventory and the search: name, printed name, kind, page, id, priority."""
        shown, taken = self._shown(), set()
        for one in targets(self.tree.site):
            at = shown.get((one.kind, one.interface, one.key))
            if at is not None:
                name = one.names[0] if (one.kind, one.names[0]) not in taken else one.names[-1]
                taken.add((one.kind, name))
                yield name, one.title, one.kind, *at, 1

    def resolve_xref(
        self,
        env: BuildEnvironment,
        fromdocname: str,
        builder: Builder,
        typ: str,
        target: str,
        node: pending_xref,
        contnode: nodes.Element,
    ) -> nodes.reference | None:
        """A link to where a page shows an entry or driver, else to its own page if the format has a place for that."""
        found = find(self.tree.site, target, typ)
        if isinstance(found, str):
            return None
        at = self._shown().get((found.kind, found.interface, found.key))
        if at is not None:
            return make_refnode(builder, fromdocname, *at, contnode, found.title)
        if self.tree.is_inside and not _writes_site(builder):
            return cast("nodes.reference", contnode)  # Sphinx puts any node in the place of a link
        here = _path(builder, fromdocname)
        return nodes.reference("", "", contnode, refuri=relative(here, found.address), reftitle=found.title)

    def resolve_any_xref(
        self,
        env: BuildEnvironment,
        fromdocname: str,
        builder: Builder,
        target: str,
        node: pending_xref,
        contnode: nodes.Element,
    ) -> list[tuple[str, nodes.reference]]:
        """The same for the role ``any``."""
        found = [
            (f"{NAME}:{kind}", self.resolve_xref(env, fromdocname, builder, kind, target, node, contnode))
            for kind in self.object_types
        ]
        return [(role, link) for role, link in found if link is not None]


def _digest(made: tuple[Block, str] | None) -> str:
    return "" if made is None else hashlib.sha256(made[1].encode("utf-8", "surrogatepass")).hexdigest()


def _domain(env: BuildEnvironment) -> HvsupportDomain:
    domain = env.get_domain(NAME)
    assert isinstance(domain, HvsupportDomain)
    return domain


def _writes_site(builder: Builder) -> bool:
    """Whether a builder makes a web site, which the site of the drivers can stand beside."""
    return isinstance(builder, StandaloneHTMLBuilder) and builder.name in ("html", "dirhtml", "singlehtml")


def _path(builder: Builder, docname: str) -> str:
    """The file of a page."""
    uri = builder.get_target_uri(docname).partition("#")[0]
    return f"{uri}index.html" if not uri or uri.endswith("/") else uri


def _visit_html(translator: Any, node: block) -> None:
    builder = translator.builder
    domain = _domain(builder.env)
    if domain.tree.is_inside and not _writes_site(builder):
        return
    asked, number = tree.loaded(node["asked"]), int(node["number"])
    made = domain.tree.block(asked, _path(builder, builder.current_docname), number, Problems())
    if made is not None:
        translator.body.append(made[1])
        raise nodes.SkipNode


def _visit(translator: Any, node: block) -> None:
    """Other formats print the plain lines."""


def _read(app: Sphinx) -> None:
    config = app.config
    try:
        read = tree.read(
            Path(app.confdir),
            config.hvsupport_config,
            config.hvsupport_preset,
            config.hvsupport_root,
            config.hvsupport_site,
        )
        if isinstance(app.builder, StandaloneHTMLBuilder):
            tree.write_style(Path(app.outdir) / "_static" / EMBEDDED)
    except HvsupportError as error:
        raise ExtensionError(f"hvsupport: {error}") from error
    _domain(app.env).tree = read
    for finding in read.findings if config.hvsupport_findings else ():
        _log.warning(tree.told(finding), location=tree.location(read, finding), type="hvsupport", subtype="finding")


def _outdated(
    app: Sphinx, env: BuildEnvironment, added: Set[str], changed: Set[str], removed: Set[str]
) -> Sequence[str]:
    return sorted(set(_domain(env).outdated()) - removed)


def _write(app: Sphinx, error: Exception | None) -> None:
    if error is not None or not _writes_site(app.builder):
        return
    try:
        _domain(app.env).tree.write(Path(app.outdir))
    except HvsupportError as problem:
        raise ExtensionError(f"hvsupport: {problem}") from problem


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.add_config_value("hvsupport_config", None, "env", (str,), "config file, relative to conf.py")
    app.add_config_value("hvsupport_preset", None, "env", (str,), "name of a built-in configuration")
    app.add_config_value("hvsupport_root", None, "env", (str,), "folder with the sources, relative to conf.py")
    app.add_config_value("hvsupport_site", tree.FOLDER, "env", (str,), "folder or URL of the site of the drivers")
    app.add_config_value("hvsupport_findings", True, "", (bool,), "whether findings are warnings")
    app.add_domain(HvsupportDomain)
    other = (_visit, _visit)
    app.add_node(block, html=(_visit_html, _visit), latex=other, text=other, man=other, texinfo=other)
    app.add_css_file(EMBEDDED)
    app.connect("builder-inited", _read)
    app.connect("env-get-outdated", _outdated)
    app.connect("build-finished", _write)
    return {
        "version": __version__,
        "env_version": _VERSION,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
