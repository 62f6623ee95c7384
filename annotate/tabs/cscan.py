"""The stretches of a C source that keep their tabs, found without a grammar.

A grammar of C fails where macros replace syntax, which is common. Which characters belong to a literal does not depend
on syntax, so a scan always finds them. A tab is fixable only if neither scan nor grammar finds it in a literal.
"""

from __future__ import annotations

import re

from ..patterns import regex

_SPLICE = rb"\\[ \t]*(?:\r\n|\r|\n)"
_TOKEN = regex(
    rb"""
    (?P<comment> /\* (?s:.*?) (?:\*/|\Z) | // (?:"""
    + _SPLICE
    + rb"""|[^\r\n])* )
  | (?P<raw> (?<![A-Za-z0-9_])(?:u8|[uUL])?R"(?P<mark>[^()\\\s]{0,16})\((?s:.*?)(?:\)(?P=mark)"|\Z) )
  | (?P<string> "(?:"""
    + _SPLICE
    + rb"""|\\[^\r\n]|[^"\\\r\n])*"? )
  | (?P<number> (?<![A-Za-z0-9_])\.?[0-9](?:[eEpP][+-]|'?[0-9A-Za-z_.])* )
  | (?P<char> '(?:"""
    + _SPLICE
    + rb"""|\\[^\r\n]|[^'\\\r\n])*'? )
  | (?P<header> ^[ \t]*\#[ \t]*include(?:_next)?[ \t]*<[^>\r\n]* )
  | (?P<message> ^[ \t]*\#[ \t]*(?!(?:define|undef|include|include_next|line)\b)
      (?!(?:if|ifdef|ifndef|elif|elifdef|elifndef|else|endif)\b)
      [A-Za-z]\w*(?:"""
    + _SPLICE
    + rb"""|[^\r\n])* )
    """,
    re.VERBOSE | re.MULTILINE,
)


def comments(body: bytes) -> list[tuple[int, int]]:
    """The comments."""
    return [found.span() for found in _TOKEN.finditer(body) if found["comment"] is not None]


def literals(body: bytes) -> list[tuple[int, int]]:
    """Literals, header names, and the texts of directives such as ``#error`` and ``#pragma``."""
    return [found.span() for found in _TOKEN.finditer(body) if found.lastgroup not in ("comment", "number")]


def tokens(body: bytes) -> list[bytes]:
    """The tokens that a compiler sees, without white space and the text of comments."""
    result: list[bytes] = []
    position = 0
    for found in _TOKEN.finditer(body):
        result += body[position : found.start()].split()
        position = found.end()
        result.append(b"" if found["comment"] is not None else found[0])
    return result + body[position:].split()
