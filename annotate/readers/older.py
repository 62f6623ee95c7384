"""Source of Python 2 -> source that today's Python parses, with the same classes, functions and lines.

Only history reads what this makes: bodies and strings may change, what a class defines does not. What is not known here
stays as it is, and the file stays unreadable.
"""

from __future__ import annotations

import io
import re
import tokenize

from ..patterns import regex

_NAME = rb"[A-Za-z_][\w.]*"
_LINES: tuple[tuple[re.Pattern[bytes], bytes], ...] = tuple(
    (re.compile(rb"(?m)" + pattern), new)
    for pattern, new in (
        # except A, error:
        (rb"^([ \t]*except[ \t]+(?:\([^()\n]*\)|" + _NAME + rb"))[ \t]*,[ \t]*(\w+)[ \t]*:", rb"\1 as \2:"),
        # raise A, "text"; what follows may go on on the next lines inside brackets
        (rb"^([ \t]*raise[ \t]+" + _NAME + rb")[ \t]*,[ \t]*\(", rb"\1("),
        (rb"^([ \t]*raise[ \t]+" + _NAME + rb")[ \t]*,[ \t]*([^\n#]*[^\n#\\,(\[{ \t\r])[ \t]*(?=\r?$|#)", rb"\1(\2)"),
        (
            rb"^([ \t]*raise[ \t]+" + _NAME + rb")[ \t]*,[ \t]*\\\r?\n([^\n]*[^\n\\,(\[{ \t\r])[ \t]*(?=\r?$)",
            rb"\1(\n\2)",
        ),
        # print "text", print >>file, "text", print
        (rb"^([ \t]*)print[ \t]+(?:>>)?[ \t]*((?![(=,.])[^\n]*[^\n\\,(\[{ \t\r])[ \t]*,?(?=\r?$)", rb"\1print(\2)"),
        (rb"^([ \t]*)exec[ \t]+([^\n(=][^\n]*?)[ \t]*(?=\r?$)", rb"\1exec(\2)"),
        # 0777, 10L, ur"text", `value`, a <> b, lambda (a, b): a
        (rb"(?<![\w.])0([0-7]+)(?![\w.])", rb"0o\1"),
        (rb"(?<![\w.])(\d+)[lL]\b", rb"\1"),
        (rb"\b[uU][rR](?=[\"'])", rb"r"),
        (rb"`([^`\n]*)`", rb"repr(\1)"),
        (rb"<>", rb"!="),
        (rb"\blambda[ \t]*\(([\w \t,]+)\)[ \t]*:", rb"lambda \1:"),
    )
)
#: A name that is a keyword today.
_KEYWORD = regex(rb"\b(?:async|await)\b(?![ \t]+(?:def|for|with)\b)")
#: Python reads a name with a wide letter as the plain one, and does not take it for a keyword.
_WIDE = "\uff41".encode()
_INDENT = regex(rb"(?m)^[ ]*\t[ \t]*")


def modernized(data: bytes) -> bytes | None:
    """The source with today's grammar; None if nothing in it is known to be older.

    Args:
        data: source that today's Python does not parse.
    """
    found = data
    for pattern, new in _LINES:
        found = pattern.sub(new, found)
    is_utf8 = _is_utf8(found)
    found = _KEYWORD.sub(lambda match: _WIDE + match[0][1:] if is_utf8 else match[0] + b"_", found)
    found = _INDENT.sub(lambda match: match[0].expandtabs(), found)
    return None if found == data else found


def _is_utf8(data: bytes) -> bool:
    """Whether a source is read as UTF-8; in another encoding the wide letter cannot be written."""
    try:
        return tokenize.detect_encoding(io.BytesIO(data).readline)[0] in ("utf-8", "utf-8-sig")
    except SyntaxError:
        return False
