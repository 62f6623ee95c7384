"""Front matter: what a page says of itself between two lines of dashes at its very start.

Site generators write it as YAML. Of that, plain ``title`` and ``description`` are read; everything else belongs to
other tools.
"""

from __future__ import annotations

from hvsupport.annotate.patterns import regex

_DASHES, _ENDS = "---", ("---", "...")
#: A key, a comment, a blank line, or what belongs to the key above.
_LINE = regex(r"[A-Za-z_][A-Za-z0-9_-]*[ \t]*:.*|#.*|[ \t].*|- .*|")
_OWN = regex(r"(title|description)[ \t]*:(.+)")


def front_matter(text: str) -> tuple[dict[str, str], str]:
    """Title and description of the front matter, and the page with blank lines in its place."""
    first, *lines = text.split("\n")
    end = next((at for at, line in enumerate(lines) if line.rstrip() in _ENDS), None)
    if first.rstrip() != _DASHES or end is None or not all(map(_LINE.fullmatch, lines[:end])):
        return {}, text
    found = filter(None, map(_OWN.fullmatch, lines[:end]))
    values = {line[1]: line[2].strip().strip("\"'") for line in found}
    return values, "\n".join([""] * (end + 2) + lines[end + 1 :])
