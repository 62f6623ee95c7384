"""The tab settings of a file: exempt, indented by tabs, tab width.

Sources in order of precedence: the table ``[tabs]`` of the configuration, ``.gitattributes``, ``.editorconfig``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..config.value import TabsConfig
from ..files import matcher
from .editorconfig import EditorConfig
from .fix import STANDARD
from .languages import EXEMPT

#: The git attributes in use.
ATTRIBUTES = ("whitespace", "linguist-generated", "linguist-vendored", "binary", "text")
_UNSAID = ("unspecified", "")


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one file.

    Attributes:
        exempt: why it is not checked, or empty.
        indents: it is indented by tabs, which are not reported.
        width: tab width of its code.
        documents: leading tabs of here-documents ``<<-`` are not reported.
    """

    exempt: str = ""
    indents: bool = False
    width: int = STANDARD
    documents: bool = False


class Wishes:
    """The settings of all files of a tree.

    Args:
        editor: the ``.editorconfig`` files.
    """

    def __init__(self, config: TabsConfig, editor: EditorConfig) -> None:
        self._editor = editor
        self._documents = config.here_documents
        self._patterns = [*EXEMPT, *config.exempt]
        self._widths = [(matcher([glob]), width) for glob, width in config.widths.items()]
        self._languages = [(matcher([glob]), name) for glob, name in config.languages.items()]

    @cached_property
    def _exempt(self) -> Callable[[str], bool]:
        """Made when the first file with a tab is found: the library of patterns takes long to load."""
        return matcher(self._patterns)

    def is_exempt(self, path: str) -> bool:
        """Whether a file is exempt by its name."""
        return self._exempt(path)

    def language(self, path: str) -> str | None:
        """The language set by the configuration, or None."""
        found: str | None = _last(self._languages, path)
        return found

    def settings(self, path: str, attributes: Mapping[str, str]) -> Settings:
        """The settings of a file."""
        for name in ("linguist-generated", "linguist-vendored", "binary"):
            if attributes.get(name, "unset") not in ("unset", "false", *_UNSAID):
                return Settings(exempt=name)
        space = attributes.get("whitespace", "")
        if space == "unset":
            return Settings(exempt="-whitespace")
        if attributes.get("text") == "unset":
            return Settings(exempt="-text")
        said = {part.strip() for part in space.split(",")}
        editor = self._editor.properties(path)
        git_says = "tab-in-indent" not in said and bool(said & {"indent-with-non-tab", "-tab-in-indent"})
        indents = git_says or (editor.get("indent_style") == "tab" and "tab-in-indent" not in said)
        width = _last(self._widths, path) or _git_width(said) or _editor_width(editor)
        return Settings(indents=indents, width=width, documents=self._documents)


def _last(pairs: Sequence[tuple[Callable[[str], bool], Any]], path: str) -> Any:
    return next((value for matches, value in reversed(pairs) if matches(path)), None)


def _git_width(said: set[str]) -> int | None:
    return next((int(part[9:]) for part in sorted(said) if part.startswith("tabwidth=") and part[9:].isdigit()), None)


def _editor_width(editor: Mapping[str, str]) -> int:
    """``indent_size`` is the tab width only with ``indent_style = tab``."""
    given = editor.get("tab_width") or (editor.get("indent_size") if editor.get("indent_style") == "tab" else None)
    return int(given) if given is not None and given.isdigit() and 0 < int(given) <= 16 else STANDARD
