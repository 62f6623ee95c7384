"""Properties of a path from ``.editorconfig``: the nearest file wins, and within a file the last section."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from ..patterns import regex

NAME = ".editorconfig"
_SECTION = regex(r"\[(.+)\][ \t]*(?:[#;].*)?$")
#: A star or question mark behind a backslash, which the library takes for a wildcard all the same.
_QUOTED = regex(r"(?<!\\)((?:\\\\)*)\\([*?])")
Sections = list[tuple["str | None", dict[str, str]]]


class EditorConfig:
    """The properties of files below a root.

    Args:
        read: returns the text of a path relative to the root, or None. Files above the root are not read: the result
            must not depend on where the tree is.
    """

    def __init__(self, read: Callable[[str], str | None]) -> None:
        self._read = read
        self._known: dict[str, tuple[bool, Sections] | None] = {}

    def properties(self, path: str) -> Mapping[str, str]:
        """The properties of a file, in lower case."""
        found: dict[str, str] = {}
        folder = path
        while folder:
            folder = folder.rpartition("/")[0]
            parsed = self._of(folder)
            if parsed is None:
                continue
            is_root, sections = parsed
            below = path[len(folder) :] if folder else f"/{path}"
            here: dict[str, str] = {}
            for pattern, values in sections:
                if pattern is not None and _matches(below, pattern):
                    here.update(values)
            found = {**here, **found}
            if is_root:
                break
        return found

    def _of(self, folder: str) -> tuple[bool, Sections] | None:
        if folder not in self._known:
            text = self._read(f"{folder}/{NAME}" if folder else NAME)
            self._known[folder] = None if text is None else parse(text)
        return self._known[folder]


def parse(text: str) -> tuple[bool, Sections]:
    """Whether ``root = true``, and the sections in order."""
    is_root, sections = False, []
    values: dict[str, str] = {}
    for raw in text.removeprefix("\ufeff").splitlines():
        line = raw.strip()
        head = _SECTION.match(line)
        if head is not None:
            values = {}
            sections.append((_pattern(head[1]), values))
        elif line and line[0] not in "#;" and "=" in line:
            name, _, value = (part.strip().lower() for part in line.partition("="))
            value = re.split(r"[ \t][#;]", value)[0].strip()
            if sections:
                values[name] = value
            elif name == "root":
                is_root = value == "true"
    return is_root, sections


def _matches(path: str, pattern: str) -> bool:
    """Whether a section is about a path; few trees have sections, and the library takes long to load."""
    from editorconfig.fnmatch import fnmatchcase

    return bool(fnmatchcase(path, pattern))


def _pattern(glob: str) -> str | None:
    """A section's glob as the library matches it, from the folder of the file down; None where it is broken."""
    glob = glob.replace("\\#", "#").replace("\\;", ";")
    glob = _QUOTED.sub(r"\1[\2]", glob)
    pattern = f"/{glob.removeprefix('/')}" if "/" in glob else f"**/{glob}"
    try:
        _matches("", pattern)
    except re.error:
        return None
    return pattern
