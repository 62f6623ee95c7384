"""HTML as text: rewrite addresses, collect ids, extract plain text."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from html.parser import HTMLParser

#: tag -> its attribute with an address.
ADDRESSES = {"a": "href", "img": "src", "source": "src", "video": "src", "audio": "src"}

#: Tags whose content scrolls if it is wide.
SCROLLING = ("pre", "table")


class Rewriter(HTMLParser):
    """Copies HTML unchanged except for addresses, which a function may change, and boxes that scroll.

    The stylesheet lets wide code and tables scroll, so the keyboard must reach them.
    """

    def __init__(self, change: Callable[[str, str, str], str]) -> None:
        super().__init__(convert_charrefs=False)
        self.change = change
        self.out: list[str] = []

    def run(self, html: str) -> str:
        """Return ``html`` with its addresses changed."""
        self.feed(html)
        self.close()
        return "".join(self.out)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Copy a tag, rewritten only if its address changed."""
        raw = self.get_starttag_text() or ""
        if tag in SCROLLING and "tabindex" not in dict(attrs):
            raw = f'{raw[: len(tag) + 1]} tabindex="0"{raw[len(tag) + 1 :]}'
        name = ADDRESSES.get(tag)
        value = dict(attrs).get(name) if name else None
        if name is None or value is None:
            self.out.append(raw)
            return
        changed = self.change(tag, name, value)
        if changed == value:
            self.out.append(raw)
            return
        pairs = [(key, changed if key == name else old) for key, old in attrs]
        self.out.append(f"<{tag}{''.join(_attribute(*pair) for pair in pairs)}>")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Copy a self-closing tag."""
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        """Copy."""
        self.out.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        """Copy."""
        self.out.append(data)

    def handle_entityref(self, name: str) -> None:
        """Copy."""
        self.out.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        """Copy."""
        self.out.append(f"&#{name};")

    def handle_comment(self, data: str) -> None:
        """Copy."""
        self.out.append(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        """Copy."""
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
