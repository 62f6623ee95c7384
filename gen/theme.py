"""What a project brings for the look of its site: a stylesheet, a logo, and templates in the place of ours."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files

from hvsupport.annotate.config.value import Config
from hvsupport.annotate.errors import ReadError
from hvsupport.annotate.files import Folder
from hvsupport.annotate.findings import Finding
from hvsupport.annotate.model import NOTHING, Place
from hvsupport.annotate.nearest import did_you_mean

from .icon import PICTURES

#: The code of all findings about it.
CODE = "PAGE003"
_ENDING = ".j2"


@dataclass(frozen=True, slots=True)
class Theme:
    """What could be read of it.

    Attributes:
        stylesheet: comes after ours.
        logo: its ending, a key of ``PICTURES``, and its bytes; None without one.
        templates: name of a template of ours -> path of the one in its place, relative to the root, and its text.
    """

    accent: str | None = None
    stylesheet: bytes = b""
    logo: tuple[str, bytes] | None = None
    templates: Mapping[str, tuple[str, str]] = field(default_factory=lambda: NOTHING)
    findings: tuple[Finding, ...] = ()


def names() -> list[str]:
    """The templates that a project may replace."""
    return sorted(each.name for each in files("hvsupport.templates").iterdir() if each.name.endswith(_ENDING))


def load(config: Config) -> Theme:
    """Read what the configuration names; problems are findings, never exceptions."""
    return _Loader(config).load()


class _Loader:
    def __init__(self, config: Config) -> None:
        self.config, self.tree = config, Folder(config.root)
        self.findings: list[Finding] = []

    def load(self) -> Theme:
        """Read everything."""
        config = self.config
        logo = None if config.logo is None else self._logo(config.logo)
        sheet = None if config.theme is None else self._text("theme", config.theme)
        templates = {} if config.templates is None else self._templates(config.templates)
        return Theme(config.accent, (sheet or "").encode(), logo, templates, tuple(self.findings))

    def _report(
        self, place: Place, message: str, found: str, expected: str | None = None, tip: str | None = None
    ) -> None:
        self.findings.append(Finding(CODE, place, message, found, expected, tip))

    def _bytes(self, key: str, path: str) -> bytes | None:
        try:
            return self.tree.read(path)
        except ReadError as error:
            self._report(self.config.place(key), f"the file of {key!r} was not used: {error}", path)
            return None

    def _text(self, key: str, path: str) -> str | None:
        data = self._bytes(key, path)
        try:
            return None if data is None else data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            self._report(Place(path), f"the file of {key!r} was not used: not UTF-8 (byte {error.start})", path)
            return None

    def _logo(self, path: str) -> tuple[str, bytes] | None:
        ending = posixpath.splitext(path)[1].lower().removeprefix(".")
        if ending not in PICTURES:
            self._report(
                self.config.place("logo"), "the logo is not a picture that browsers show", path, ", ".join(PICTURES)
            )
            return None
        data = self._bytes("logo", path)
        return None if data is None else (ending, data)

    def _templates(self, folder: str) -> dict[str, tuple[str, str]]:
        """The templates in the folder, each named as the one of ours that it replaces."""
        ours = names()
        found = {}
        for path in sorted(self.tree.walk(folder)):
            name = posixpath.relpath(path, folder)
            if name not in ours:
                tip = did_you_mean(name, ours)
                self._report(Place(path), "the site has no template of this name", name, ", ".join(ours), tip)
                continue
            text = self._text("templates", path)
            if text is not None:
                found[name] = (path, text)
        return found
