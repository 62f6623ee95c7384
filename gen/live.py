"""The site as ``serve`` shows it: pages that load themselves anew, with the findings over them.

    files of the site, what to say ──► Live: path ──► Answer

What is added is of ``serve`` alone: the files of the site stay what ``docs`` writes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from mimetypes import guess_type
from urllib.parse import unquote, urlsplit

from markupsafe import escape

from hvsupport.annotate.records import NamedTuple

from .pages.frame import POLICY
from .render import asset

#: What is added is below this folder, which no page has.
OWN = "-/"
STATE = f"{OWN}state.json"
_SCRIPT, _STYLE = f"{OWN}live.js", f"{OWN}live.css"
_HEAD = f'<link rel="stylesheet" href="/{_STYLE}">\n<script src="/{_SCRIPT}" defer></script>\n</head>'.encode()
_POLICY, _OPEN = (str(escape(text)).encode() for text in (POLICY, f"{POLICY}; connect-src 'self'"))


class Answer(NamedTuple):
    """What the server sends."""

    status: int
    kind: str
    body: bytes


class Live:
    """One build of the site.

    Args:
        files: of the site, by path.
        said: lines to show over each page, such as findings.
        number: of the build; pages load themselves anew when it changes.
    """

    def __init__(self, files: Mapping[str, bytes], said: Sequence[str], number: int) -> None:
        self.files, self.said, self.number = files, tuple(said), number

    def answer(self, target: str) -> Answer:
        """What is sent for the target of a request, such as ``/guide/?q=x``."""
        path = unquote(urlsplit(target).path).removeprefix("/")
        if path == STATE:
            return Answer(200, "application/json", json.dumps({"number": self.number, "said": self.said}).encode())
        if path in (_SCRIPT, _STYLE):
            return Answer(200, _kind(path), asset(f"hvsupport-{path.removeprefix(OWN)}"))
        if path == "" or path.endswith("/"):
            path += "index.html"
        data = self.files.get(path)
        if data is None:
            return Answer(404, "text/html; charset=utf-8", _MISSING % _HEAD)
        return Answer(200, _kind(path), _watching(data) if path.endswith(".html") else data)


#: A page that does not exist yet appears when it is built.
_MISSING = b"<!doctype html>\n<title>Not found</title>\n%s\n<p>No such page. <a href='/'>To the start</a></p>\n"


def _watching(page: bytes) -> bytes:
    """A page that may ask for the state, and does."""
    return page.replace(_POLICY, _OPEN, 1).replace(b"</head>", _HEAD, 1)


def _kind(path: str) -> str:
    kind = guess_type(path)[0] or "application/octet-stream"
    return (
        f"{kind}; charset=utf-8" if kind.startswith("text/") or kind.endswith(("javascript", "json", "xml")) else kind
    )
