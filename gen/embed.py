"""Blocks as HTML, for the project's own pages and for Sphinx and MkDocs: one maker and one template for all."""

from __future__ import annotations

import re
from dataclasses import replace
from html import escape

from hvsupport.annotate.findings import Finding
from hvsupport.annotate.model import Place
from hvsupport.annotate.patterns import regex

from .names import INDEX, STYLESHEET, relative
from .pages.block import Block, make
from .pages.documents import Document, Documents
from .pages.frame import Site
from .pages.request import Problems, Request
from .pages.targets import target
from .render import Renderer, asset

#: In the place of a block, until the whole catalogue is known; Markdown lets no page hold these characters.
_HELD = regex("<div>\x02([0-9]+)\x03</div>")
_NAMED = regex('(?<=href=")\x02([0-9]+)\x03(?=")')
_MISSING = '<p class="empty">This block could not be made; the findings say why.</p>'
#: What of the stylesheet blocks share with the site.
_SHARED = regex(r"/\* shared \{ .*?\*/\n(.*?)/\* \} shared \*/", re.DOTALL)
_COLOUR = regex(r"^ +(--[a-z0-9-]+): (.*);$", re.MULTILINE)
EMBEDDED = "hvsupport-embed.css"
#: Themes that turn dark without a ``color-scheme``: Furo, and others with the same attributes. The ``rem`` of Material
#: is larger than that of others.
_SCHEMES = b"""\
:is([data-theme="dark"], [data-bs-theme="dark"], [data-md-color-scheme="slate"]) .hvsupport { color-scheme: dark; }
@media (prefers-color-scheme: dark) { [data-theme="auto"] .hvsupport { color-scheme: dark; } }
.md-typeset .hvsupport { zoom: 0.8; }
"""
#: Our custom property -> those of Material for MkDocs, Furo and the PyData theme.
_THEMES = {
    "--ground": ("--md-default-bg-color", "--color-background-primary", "--pst-color-background"),
    "--raised": ("--md-code-bg-color", "--color-background-secondary", "--pst-color-surface"),
    "--line": ("--md-default-fg-color--lightest", "--color-background-border", "--pst-color-border"),
    "--strong-line": ("--md-default-fg-color--lighter", "--color-foreground-border", "--pst-color-border"),
    "--ink": ("--md-typeset-color", "--color-foreground-primary", "--pst-color-text-base"),
    "--link": ("--md-typeset-a-color", "--color-brand-content", "--pst-color-link"),
    "--focus": ("--md-accent-fg-color", "--color-brand-content", "--pst-color-link"),
    "--accent": ("--md-accent-fg-color", "--color-brand-primary", "--pst-color-primary"),
    "--mono": ("--md-code-font-family", "--font-stack--monospace", "--pst-font-family-monospace"),
}


def embed(
    site: Site, request: Request, here: str, number: int, problems: Problems, renderer: Renderer
) -> tuple[Block, str] | None:
    """A block and its HTML; None if the request is wrong, which ``problems`` then tells."""
    block = make(site, request, here, number, problems)
    return None if block is None else (block, renderer.block(block))


def filled(site: Site, documents: Documents, renderer: Renderer) -> tuple[Documents, list[Finding]]:
    """The project's own pages with their blocks, and findings about these."""
    problems = Problems()
    intro = None if documents.intro is None else _filled(site, documents.intro, INDEX, problems, renderer)
    pages = tuple(_filled(site, each, each.path, problems, renderer) for each in documents.pages)
    return replace(documents, intro=intro, pages=pages), problems.findings


def _filled(site: Site, document: Document, here: str, problems: Problems, renderer: Renderer) -> Document:
    if not document.blocks and not document.named:
        return document

    def link(held: re.Match[str]) -> str:
        name, place = document.named[int(held[1])]
        return escape(named(site, name, here, place, problems))

    def block(held: re.Match[str]) -> str:
        number = int(held[1])
        request = document.blocks[number]
        made = None if request is None else embed(site, request, here, number + 1, problems, renderer)
        return _MISSING if made is None else made[1]

    return replace(document, body=_HELD.sub(block, _NAMED.sub(link, document.body)))


def named(site: Site, name: str, here: str, place: Place, problems: Problems) -> str:
    """The address of an entry or driver; one that is unknown is told to ``problems``."""
    found = target(site, name)
    if isinstance(found, str):
        problems.add(place, f"no entry point or driver is called {name!r}", name, tip=found)
        return "#"
    return relative(here, found.address)


def stylesheet() -> bytes:
    """The stylesheet of blocks in pages of other tools, where all of it applies inside ``.hvsupport`` only.

    Colours come from the theme of the page if it is one of those that have custom properties for them; the others
    follow its ``color-scheme``.
    """
    text = asset(STYLESHEET).decode()
    light, _, rest = text.partition("@media screen and (prefers-color-scheme: dark)")
    colours: dict[str, str] = dict(_COLOUR.findall(light))
    dark: dict[str, str] = dict(_COLOUR.findall(rest.partition("\n}\n")[0]))
    palette = "\n".join(_property(name, value, dark.get(name, value)) for name, value in colours.items())
    return _inside("\n".join((palette, *_SHARED.findall(text), asset(EMBEDDED).decode()))) + _SCHEMES


def own_stylesheet() -> bytes:
    """What the stylesheet of the site needs for blocks in the project's own pages."""
    return _inside(asset(EMBEDDED).decode())


def _inside(rules: str) -> bytes:
    # Twice the class outweighs the rules that themes have for lists and tables inside their own classes.
    return f".hvsupport.hvsupport {{\n{rules}}}\n".encode()


def _property(name: str, light: str, dark: str) -> str:
    if name == "--soft":
        # What themes have for it is too weak on a raised ground.
        return "  --soft: color-mix(in srgb, var(--ink) 72%, var(--ground));"
    value = light if dark == light else f"light-dark({light}, {dark})"
    for theme in reversed(_THEMES.get(name, ())):
        value = f"var({theme}, {value})"
    return f"  {name}: {value};"
