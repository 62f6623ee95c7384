"""What gives reason to doubt a table although it was found: its conditions, its bytes, its macros, what fills it later.

Everything here yields a place and what is wrong there; nothing is silently taken for what it seems to be.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from .. import conflicts
from . import values
from .directives import Directives, Macro
from .find import Found
from .source import Source

if TYPE_CHECKING:
    from tree_sitter import Node

_TRIGRAPH = re.compile(rb"\?\?[=/'()!<>-]")
_NEVER = re.compile(r"(?:^|and )0(?: and|$)")
_LETTERS = frozenset(bytes([byte]) for byte in range(256) if chr(byte).isalnum() or byte == 0x5F)
_FEW = 16
_SLOT_OF = rb"(?:\[[^\]\n]*\])?\.([A-Za-z_]\w*)[ \t]*=(?!=)"
_NO_FUNCTION = r"[(\s]*(?:\([\w\s*]+\)[(\s]*)?(?:NULL|nullptr|0)[)\s]*"
_MAYBE_NONE = r"\b(?:NULL|nullptr)\b"
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
#: What has a list of its own, or brackets around it: an assignment inside is meant.
_WRAPS = frozenset({"parenthesized_expression", "compound_statement", "argument_list", "initializer_list"})
#: How to mend what the grammar cannot read: it is wrong, or right only once macros are expanded.
MEND = "mend what is no C; where a macro makes it C, declare it under 'dynamic' in the config, with the reason"


class Doubt(NamedTuple):
    """A place, what is wrong there, how to mend it, and the field it is about where it is about one."""

    position: int
    message: str
    tip: str | None = None
    field: str | None = None


def of_table(source: Source, code: bytes, directives: Directives, found: Found) -> Iterator[Doubt]:
    """What the scan, the conditions and the bytes of a table give reason to doubt."""
    if found.problem is not None:
        unseen = "declare it under 'dynamic' or 'not-drivers', with the reason"
        tip = MEND if found.unbalanced else None if found.opening >= 0 else unseen
        at_start = found.unbalanced or found.opening < 0
        yield Doubt(found.start if at_start else found.closing, found.problem, tip)
    if found.opening < 0:
        return
    for each in source.conflicts:
        if found.opening <= each.start < found.closing:
            yield Doubt(each.start, each.message, conflicts.TIP)
    if _NEVER.search(directives.under(found.start).when or ""):
        yield Doubt(found.start, f"{found.name} stands under '#if 0' and is never compiled")
    for match in _TRIGRAPH.finditer(code, found.opening, found.closing):
        yield Doubt(match.start(), f"the trigraph {match[0].decode()} is read as it stands, not as C once read it")
    yield from _conditions(directives, found)
    if source.encoding == "latin-1":
        yield from _encoding(source, found)


def _conditions(directives: Directives, found: Found) -> Iterator[Doubt]:
    for each in directives.between(found.opening, found.closing):
        if each.word in ("include", "include_next"):
            yield Doubt(each.start, f"a part of {found.name} stands in another file: #include {each.rest}")
        elif each.word in ("if", "elif") and each.rest.strip() == "0":
            yield Doubt(each.start, f"a part of {found.name} stands under '#if 0' and is never compiled")
    unmatched = None if found.unbalanced else directives.unmatched(found.opening, found.closing)
    if unmatched is not None:
        message = f"the braces of {found.name} do not stand under the same condition: another branch goes on elsewhere"
        yield Doubt(unmatched, message, "open and close the braces outside of the branches")


def filled_later(source: Source, code: bytes, found: Iterable[Found]) -> dict[str, list[tuple[int, str]]]:
    """The slots of tables that the same file sets when the program runs: table -> places and fields."""
    names = {each.name.encode() for each in found if each.opening >= 0}
    filled: dict[str, list[tuple[int, str]]] = {}
    for position, match in _assignments(code, names):
        before = code[position - 1 : position] if position else b""
        if before not in (b".", b">") and not source.in_comment(position):
            table = code[position : match.start(1)].partition(b".")[0].partition(b"[")[0].decode()
            filled.setdefault(table, []).append((position, match[1].decode()))
    return filled


def _assignments(code: bytes, names: set[bytes]) -> Iterator[tuple[int, re.Match[bytes]]]:
    """Where a part of one of several variables is set, in order; few of them are found quicker one by one."""
    if len(names) > _FEW:
        for match in re.finditer(rb"\b([A-Za-z_]\w*)(?=[.\[])", code):
            if match[1] in names and (slot := re.compile(_SLOT_OF).match(code, match.end())) is not None:
                yield match.start(), slot
        return
    for name in sorted(names):
        position = code.find(name)
        while position >= 0:
            end = position + len(name)
            is_word = not position or code[position - 1 : position] not in _LETTERS
            if is_word and (slot := re.compile(_SLOT_OF).match(code, end)) is not None:
                yield position, slot
            position = code.find(name, end)


def _encoding(source: Source, found: Found) -> Iterator[Doubt]:
    try:
        source.data[found.opening : found.closing].decode("utf-8")
    except UnicodeDecodeError as error:
        at = found.opening + error.start
        message = f"byte 0x{source.data[at]:02x} in {found.name} is not UTF-8; read as Latin-1"
        yield Doubt(at, message, "save the file as UTF-8")


# -- macros


def of_value(node: Node, named: bool, alone: bool, directives: Directives) -> tuple[str, str | None] | None:
    """Why a value without a name may stand for something else than one slot, and how to mend it.

    Args:
        node: the value.
        named: whether other slots of the list have names.
        alone: whether it is the only value of the list.
        directives: of the file, whose macros are known.
    """
    text = values.shortened((node.text or b"").decode("latin-1"))
    if node.type == "assignment_expression":
        return f"no comma stands between {text}: a macro may stand for several slots", MEND
    if node.type not in ("identifier", "call_expression"):
        return None
    definitions = directives.macros.get(re.split(r"\W", text, maxsplit=1)[0])
    if definitions is not None:
        doubtful = any(_is_several(each) for each in definitions)
    elif node.type == "call_expression":
        doubtful = named or not _has_only_strings(node)
    else:
        doubtful = text.isupper() and not values.is_empty(text) and (named or alone)
    return (f"the macro {text} may stand for several slots", None) if doubtful else None


def runs_on(value: Node) -> bool:
    """Whether the value of a slot swallows the next slot, because no comma stands between: ``f .field = g``."""
    stack = [value]
    while stack:
        node = stack.pop()
        if node.type == "assignment_expression":
            return True
        stack += [child for child in node.named_children if child.type not in _WRAPS]
    return False


def several_values(directives: Directives) -> frozenset[str]:
    """The macros without arguments that stand for several values or slots."""
    macros = directives.macros.items()
    return frozenset(
        name for name, found in macros if any(not each.takes_arguments and _is_several(each) for each in found)
    )


def _is_several(macro: Macro) -> bool:
    """Whether a macro stands for slots with names, or for several values."""
    depth = 0
    for sign in re.sub(r'"(?:[^"\\]|\\.)*"', "", macro.body):
        depth += (sign in _OPENING) - (sign in _CLOSING)
        if sign == "," and depth == 0:
            return True
    return macro.body.startswith((".", "["))


def _has_only_strings(node: Node) -> bool:
    """Whether a macro only wraps texts, as those for translators do."""
    arguments = node.child_by_field_name("arguments")
    inner = arguments.named_children if arguments is not None else []
    return bool(inner) and all(each.type in ("string_literal", "concatenated_string") for each in inner)


def empty_macros(directives: Directives) -> dict[str, bool]:
    """The macros of a file that may stand for no function: name -> whether they do so whatever is built."""
    found = {}
    for name, definitions in directives.macros.items():
        empty = [each for each in definitions if re.fullmatch(_NO_FUNCTION, each.body)]
        if empty or any(re.search(_MAYBE_NONE, each.body) for each in definitions):
            conditional = any(directives.under(each.start).when for each in definitions)
            found[name] = len(empty) == len(definitions) and not conditional
    return found
