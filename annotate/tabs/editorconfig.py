"""Properties of a path from ``.editorconfig``: the nearest file wins, and within a file the last section."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

NAME = ".editorconfig"
_SECTION = re.compile(r"\[(.+)\][ \t]*(?:[#;].*)?$")
_NUMBERS = re.compile(r"([+-]?\d+)\.\.([+-]?\d+)")
Sections = list[tuple["re.Pattern[str]", dict[str, str]]]


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
            below = path[len(folder) + 1 :] if folder else path
            here: dict[str, str] = {}
            for pattern, values in sections:
                if pattern.fullmatch(below):
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


@lru_cache(maxsize=1024)
def _pattern(glob: str) -> re.Pattern[str]:
    body = _translated(glob.removeprefix("/"))
    try:
        return re.compile(body if "/" in glob else rf"(?:.*/)?{body}", re.DOTALL)
    except re.error:
        return re.compile(re.escape(glob))


def _translated(glob: str) -> str:
    out, at, depth = [], 0, 0
    balanced = glob.count("{") == glob.count("}")
    while at < len(glob):
        sign = glob[at]
        close = glob.find("}", at)
        numbers = _NUMBERS.fullmatch(glob[at + 1 : close]) if sign == "{" and close > 0 else None
        if numbers is not None:
            low, high = sorted((int(numbers[1]), int(numbers[2])))
            out.append("(?:" + "|".join(str(number) for number in range(low, min(high, low + 9999) + 1)) + ")")
            at = close
        elif sign == "{" and balanced and ("," in glob[at:close]):
            depth += 1
            out.append("(?:")
        elif sign == "}" and depth:
            depth -= 1
            out.append(")")
        elif sign == "," and depth:
            out.append("|")
        elif glob.startswith("**", at):
            out.append(".*")
            at += 1
        elif sign == "[" and glob.find("]", at) > 0 and "/" not in glob[at : glob.find("]", at)]:
            end = glob.find("]", at)
            inner = glob[at + 1 : end].replace("\\", "\\\\")
            out.append(f"[^{inner[1:]}]" if inner.startswith("!") else f"[{inner}]")
            at = end
        elif sign == "\\" and at + 1 < len(glob):
            at += 1
            out.append(re.escape(glob[at]))
        else:
            out.append({"*": "[^/]*", "?": "[^/]"}.get(sign, re.escape(sign)))
        at += 1
    return "".join(out)
