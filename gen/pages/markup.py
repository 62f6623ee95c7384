"""HTML as text: rewrite addresses, keep only what cannot run a script, collect ids, extract plain text."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from html.parser import HTMLParser

from hvsupport.annotate.patterns import regex

#: tag -> its attribute with an address.
ADDRESSES = {"a": "href", "img": "src", "source": "src", "video": "src", "audio": "src"}
#: Elements that Markdown makes, and others that only mark up text. Anything else is shown as text.
_ELEMENTS = regex(
    "a|abbr|aside|audio|b|bdi|bdo|blockquote|br|caption|center|cite|code|col|colgroup|dd|del|details|dfn|div|dl|dt|em"
    "|figcaption|figure|h[1-6]|hr|i|img|ins|kbd|li|mark|ol|p|picture|pre|q|s|samp|section|small|source|span|strong|sub"
    "|summary|sup|table|tbody|td|tfoot|th|thead|tr|tt|u|ul|var|video|wbr"
)
_ATTRIBUTES = regex(
    "align|alt|aria-[a-z]+|class|colspan|controls|datetime|dir|height|href|id|lang|loop|muted|name|open|rel|reversed|role"
    "|rowspan|scope|span|src|start|title|type|value|width"
)
_STYLE = regex(r"text-align: ?(left|right|center|justify);?")
_SCHEME = regex(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
_SCHEMES = frozenset({"hv", "http", "https", "mailto", "ftp", "irc", "ircs", "tel"})
#: What browsers ignore in an address, so that ``java\nscript:`` is a script too.
_IGNORED = regex(r"[\x00-\x20\x7f-\xa0]")

#: What the stylesheet lets scroll if it is wide, so that the keyboard must reach it.
_SCROLLING = ("pre", "table")


class Rewriter(HTMLParser):
    """Copies HTML with only harmless elements and attributes, and with addresses that a function may change.

    Everything is written anew from what was parsed: a browser might read the original in another way.

    Args:
        change: from tag, attribute and address to the new address.
        refuse: called with the text of each element, attribute or address that was left out, and what it is; None to
            leave out nothing.
    """

    def __init__(
        self, change: Callable[[str, str, str], str], refuse: Callable[[str, str], None] | None = None
    ) -> None:
        super().__init__(convert_charrefs=False)
        self.change, self.refuse = change, refuse
        self.out: list[str] = []

    def run(self, html: str) -> str:
        """Return ``html`` with its addresses changed."""
        self.feed(html)
        self.close()
        return "".join(self.out)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Copy a tag with its harmless attributes; show another one as text."""
        if self.refuse is not None and not _ELEMENTS.fullmatch(tag):
            self.refuse(f"<{tag}", f"the element <{tag}>")
            self.out.append(escape(self.get_starttag_text() or "", quote=False))
            return
        pairs = [(key, value) for key, value in attrs if self._is_harmless(tag, key, value)]
        name = ADDRESSES.get(tag)
        changed = [
            (key, self.change(tag, key, value) if key == name and value is not None else value) for key, value in pairs
        ]
        if tag in _SCROLLING and "tabindex" not in dict(changed):
            changed.append(("tabindex", "0"))
        if self.refuse is None and changed == attrs:
            self.out.append(self.get_starttag_text() or "")
        else:
            self.out.append(f"<{tag}{''.join(_attribute(*pair) for pair in changed)}>")

    def _is_harmless(self, tag: str, key: str, value: str | None) -> bool:
        if self.refuse is None:
            return True
        if key in ("href", "src"):
            scheme = _SCHEME.match(_IGNORED.sub("", value or ""))
            is_picture = tag == "img" and (value or "").startswith("data:image/")
            if scheme is None or scheme[1].lower() in _SCHEMES or is_picture:
                return True
            self.refuse(value or "", f"an address with {scheme[1]}:")
            return False
        if _ATTRIBUTES.fullmatch(key) or (key == "style" and _STYLE.fullmatch(value or "")):
            return True
        self.refuse(key, f"the attribute {key}")
        return False

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Copy a self-closing tag."""
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        """Copy, or show as text like its start."""
        known = self.refuse is None or _ELEMENTS.fullmatch(tag)
        self.out.append(f"</{tag}>" if known else escape(f"</{tag}>", quote=False))

    def handle_data(self, data: str) -> None:
        """Copy; what is no tag here is none in a browser."""
        self.out.append(data if self.refuse is None else data.replace("<", "&lt;"))

    def handle_entityref(self, name: str) -> None:
        """Copy."""
        self.out.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        """Copy."""
        self.out.append(f"&#{name};")

    def handle_comment(self, data: str) -> None:
        """Leave out: a reader does not see it, and browsers disagree where one ends."""
        if self.refuse is None:
            self.out.append(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        """Leave out: a page has one already."""
        if self.refuse is None:
            self.out.append(f"<!{decl}>")


def _attribute(key: str, value: str | None) -> str:
    return f" {key}" if value is None else f' {key}="{escape(value)}"'


class _Ids(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ids.extend(
            value for key, value in attrs if value is not None and (key == "id" or (tag == "a" and key == "name"))
        )


def ids(html: str) -> list[str]:
    """All ids of a page, in order."""
    reader = _Ids()
    reader.feed(html)
    reader.close()
    return reader.ids


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def plain_text(html: str) -> str:
    """The text of HTML, with white space collapsed."""
    reader = _Text()
    reader.feed(html)
    reader.close()
    return " ".join("".join(reader.text).split())
