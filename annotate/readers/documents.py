"""Where documents say ``next``: pages and docstrings that are about no entry, but about a release.

A directive of Sphinx or MyST says it, or a phrase that the configuration gives. What documents say is not checked in
any other way: it is stamped, and nothing of it may be left when a release is made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .. import files
from ..catalogue import Edit
from ..config.value import Config
from ..errors import ConfigError, ReadError
from ..model import Place
from ..records import NamedTuple
from ..release import NEXT_TEXT, Release

_RELEASE = "{release}"
_END = rb"(?![\w-]|\.\w)"
_WORD = NEXT_TEXT.encode()
_NAME = rb"(?:version-?(?:added|removed|changed|deprecated)|deprecated)"
#: ``.. versionadded:: next``, perhaps in a list or a quotation, and MyST's ``:::{versionadded} next``.
_DIRECTIVE = (
    rb"^[ \t>]*(?:(?:[*+-]|\d+\.)[ \t]+)?(?:\.\.[ \t]+" + _NAME + rb"::|(?:`{3,}|~{3,}|:{3,})[ \t]*\{" + _NAME + rb"\})"
    rb"[ \t]+(" + _WORD + rb")" + _END
)


class Waiting(NamedTuple):
    """A ``next`` in a document.

    Attributes:
        place: of the word.
        text: the directive or phrase around it.
        start: offset of the word in bytes.
        checksum: of the file.
    """

    place: Place
    text: str
    start: int
    checksum: int

    def stamped(self, release: Release) -> Edit:
        """The edit that names the release in its place."""
        return Edit(self.place.path, self.start, _WORD, str(release).encode())


def waiting(config: Config) -> Iterator[Waiting]:
    """Every ``next`` in the documents of the configuration, in order.

    Raises:
        ConfigError: a glob matches no file, or a document cannot be read: what it says is not known then.
    """
    if not config.documents:
        return
    tree, place = files.Folder(config.root), config.place("documents")
    for glob in config.documents:
        if not files.matching(tree, (glob,), config.exclude):
            raise ConfigError(f"{place}: no file matches {glob!r} of 'documents'")
    pattern = re.compile(b"|".join([_DIRECTIVE, *map(_phrase, config.document_phrases)]), re.MULTILINE)
    for path in files.matching(tree, config.documents, config.exclude):
        try:
            data = tree.read(path)
        except ReadError as error:
            raise ConfigError(f"{place}: the document {path} cannot be read: {error}") from error
        for match in pattern.finditer(data) if _WORD in data else ():
            yield _waiting(path, data, match, match.start(match.lastindex or 0))


def _phrase(text: str) -> bytes:
    """A phrase with the word in place of the release; white space may be any, such as a line break."""
    parts = (rb"\s+".join(map(re.escape, re.split(rb"\s+", part.encode()))) for part in text.split(_RELEASE))
    before, behind = parts
    return rb"(?<!\w)" + before + b"(" + _WORD + b")" + _END + behind


def _waiting(path: str, data: bytes, match: re.Match[bytes], start: int) -> Waiting:
    line = data.rfind(b"\n", 0, start) + 1
    column = len(data[line:start].decode("utf-8", "replace")) + 1
    text = " ".join(match[0].decode("utf-8", "replace").split())
    return Waiting(Place(path, data.count(b"\n", 0, line) + 1, column), text, start, files.checksum(data))
