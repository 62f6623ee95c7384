"""How to treat a tab by the type of its syntax node; unlisted types keep their tabs.

A tab outside all tokens is white space and fixable, and so is one in a comment. In any other token it may be data: the
tip tells what to write instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .languages import PERL, PYTHON, SHELL, C

COMMENT, POD, WORDS, UNREADABLE, DIRECTIVE, DATA = "comment", "POD", "word list", "unreadable", "directive", "data"


@dataclass(frozen=True, slots=True)
class Kept:
    """A token that keeps its tabs: its name in messages, and what to write instead of a tab."""

    what: str
    tip: str


_ESCAPE = "write \\t"
_DOUBLE = 'write "\\t" in double quotes'
_SHELL = "write $'\\t', or printf '\\t' for a shell without it"
HERE = Kept("a here-document", "write the text with printf and \\t, or spaces where they will do")
_HERE = "write \\t, in a here-document that interpolates"

_PERL: Mapping[str, str | Kept] = {
    "comment": COMMENT,
    "pod": POD,
    "quoted_word_list": WORDS,
    "ERROR": UNREADABLE,
    "data_section": DATA,
    "string_literal": Kept("a string", _DOUBLE),
    "interpolated_string_literal": Kept("a string", _ESCAPE),
    "string_content": Kept("a string", _ESCAPE),
    "command_string": Kept("a command", _ESCAPE),
    "heredoc_content": Kept("a here-document", _HERE),
    "heredoc_end": Kept("a here-document", _HERE),
    "match_regexp": Kept("a regex", _ESCAPE),
    "quoted_regexp": Kept("a regex", _ESCAPE),
    "substitution_regexp": Kept("a regex", _ESCAPE),
    "regexp_content": Kept("a regex", _ESCAPE),
    "replacement": Kept("a regex", _ESCAPE),
    "transliteration_expression": Kept("tr///", _ESCAPE),
    "format_statement": Kept("a format", "write spaces by hand: a format prints its picture as written"),
    "fileglob_expression": Kept("a glob", _ESCAPE),
    "readline_expression": Kept("a glob", _ESCAPE),
    "attribute_value": Kept("the value of an attribute", "write spaces by hand where the attribute allows it"),
    "prototype": Kept("a prototype", "write it without white space"),
}
_PYTHON: Mapping[str, str | Kept] = {
    "comment": COMMENT,
    "ERROR": UNREADABLE,
    "string": Kept("a string", _ESCAPE + " (or chr(9) in a raw string)"),
}
_SHELL_TYPES: Mapping[str, str | Kept] = {
    "comment": COMMENT,
    "ERROR": UNREADABLE,
    "string": Kept("a string", _SHELL),
    "raw_string": Kept("a string", _SHELL),
    "ansi_c_string": Kept("a string", _ESCAPE),
    "translated_string": Kept("a string", _SHELL),
    "heredoc_redirect": HERE,
    "heredoc_body": HERE,
    "heredoc_content": HERE,
    "herestring_redirect": Kept("a string", _SHELL),
    "expansion": Kept("an expansion", _SHELL),
    "simple_expansion": Kept("an expansion", _SHELL),
    "concatenation": Kept("a word", _SHELL),
    "regex": Kept("a regex", "write [[:blank:]], or $'\\t' outside the quotes"),
    "extglob_pattern": Kept("a pattern", _SHELL),
    "word": Kept("a word", _SHELL),
}
_C: Mapping[str, str | Kept] = {
    "comment": COMMENT,
    "preproc_arg": DIRECTIVE,
    "preproc_directive": DIRECTIVE,
    "string_literal": Kept("a string", _ESCAPE),
    "char_literal": Kept("a character", "write '\\t'"),
    "system_lib_string": Kept("the name of a header", "rename the header"),
}
POLICIES: Mapping[str, Mapping[str, str | Kept]] = {PERL: _PERL, PYTHON: _PYTHON, SHELL: _SHELL_TYPES, C: _C}
#: A token of an unlisted type.
OTHER = Kept("a token", "replace the tab by hand")
ESCAPED = Kept("an escape", "a backslash before a tab or at the end of a line is part of the text; move it")
SHEBANG = Kept("the first line", "the kernel reads this line; write a space by hand")
#: Node types that are not literals, or parts of a literal that is compared as a whole.
_NOT_COMPARED = (
    *("comment", "pod", "ERROR", "preproc_arg", "preproc_directive"),
    *("string_content", "regexp_content", "replacement", "heredoc_end", "word", "concatenation"),
)


def compared(language: str) -> tuple[str, ...]:
    """The node types whose texts a fix must not change."""
    return tuple(name for name in POLICIES[language] if name not in _NOT_COMPARED)
