"""What gives reason to doubt a table although it was found: its name, its conditions, its bytes, its macros.

Everything here yields troubles; nothing is silently taken for what it seems to be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ...facts import DECLARE, Trouble
from ...patterns import regex
from .. import conflicts
from .directives import Directives
from .seen import Found
from .slots import Comment
from .source import Source

if TYPE_CHECKING:
    from tree_sitter import Node

_TRIGRAPH = regex(rb"\?\?[=/'()!<>-]")
_NEVER = regex(r"(?:^|and )0(?: and|$)")
#: What has a list of its own, or brackets around it: an assignment inside is meant.
_WRAPS = frozenset({"parenthesized_expression", "compound_statement", "argument_list", "initializer_list"})
#: How to mend what the grammar cannot read: it is wrong, or right only once macros are expanded.
MEND = f"fix the syntax; if a macro makes it valid C, name the macro under 'ignored-macros', {DECLARE}"


def of_table(source: Source, code: bytes, directives: Directives, found: Found) -> Iterator[Trouble]:
    """What the scan, the conditions and the bytes of a table give reason to doubt."""
    if found.problem is not None:
        unseen = (
            f"write the table so that it can be read; if it is not a driver, list it under 'not-drivers', {DECLARE}"
        )
        tip = MEND if found.unbalanced else None if found.opening >= 0 else unseen
        at_start = found.unbalanced or found.opening < 0
        yield source.trouble(found.start if at_start else found.closing, found.problem, tip)
    if found.other is not None:
        message = f"whether {found.name} or {found.other} is the name of this table is not known: one may be a macro"
        yield source.trouble(found.start, message, "write such macros in upper case, or in front of the type")
    if found.opening < 0:
        return
    for each in source.conflicts:
        if found.opening <= each.start < found.closing:
            yield source.trouble(each.start, each.message, conflicts.TIP)
    if _NEVER.search(directives.under(found.start).when or ""):
        yield source.trouble(found.start, f"{found.name} stands under '#if 0' and is never compiled")
    for match in _TRIGRAPH.finditer(code, found.opening, found.closing):
        yield source.trouble(
            match.start(), f"the trigraph {match[0].decode()} is read as it stands, not as C once read it"
        )
    yield from _conditions(source, directives, found)
    if source.encoding == "latin-1":
        yield from _encoding(source, found)


def _conditions(source: Source, directives: Directives, found: Found) -> Iterator[Trouble]:
    for each in directives.between(found.opening, found.closing):
        if each.word in ("include", "include_next"):
            yield source.trouble(each.start, f"part of {found.name} is in another file: #include {each.rest}")
        elif each.word in ("if", "elif") and each.rest.strip() == "0":
            yield source.trouble(each.start, f"a part of {found.name} stands under '#if 0' and is never compiled")
    unmatched = None if found.unbalanced else directives.unmatched(found.opening, found.closing)
    if unmatched is not None:
        message = f"the braces of {found.name} do not stand under the same condition: another branch goes on elsewhere"
        yield source.trouble(unmatched, message, "open and close the braces outside of the branches")


def _encoding(source: Source, found: Found) -> Iterator[Trouble]:
    try:
        source.data[found.opening : found.closing].decode("utf-8")
    except UnicodeDecodeError as error:
        at = found.opening + error.start
        message = f"byte 0x{source.data[at]:02x} in {found.name} is not UTF-8; read as Latin-1"
        yield source.trouble(at, message, "save the file as UTF-8")


def comment_in_comment(source: Source, code: bytes, comments: Iterable[Comment]) -> Iterator[Trouble]:
    """Comments that hold the beginning of another one."""
    for start, end, _ in comments:
        if code.startswith(b"/*", start) and (again := code.find(b"/*", start + 2, end)) >= 0:
            message = "a comment begins inside a comment: was the first one closed?"
            yield source.trouble(again, message, "close the first one")


def runs_on(value: Node) -> bool:
    """Whether the value of a slot swallows the next slot, because no comma stands between: ``f .field = g``."""
    stack = [value]
    while stack:
        node = stack.pop()
        if node.type == "assignment_expression":
            return True
        stack += [child for child in node.named_children if child.type not in _WRAPS]
    return False
