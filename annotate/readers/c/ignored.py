"""Macros that say nothing about which fields and tables there are: attributes, calling conventions, empty ones.

They are blanked at equal length, like directives: those that the config names and that the file itself defines as
nothing or as an attribute everywhere, and in a struct also words that stand where only such macros can.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ...patterns import regex
from .. import conflicts
from .declarators import statement_before
from .directives import Directives
from .source import COMMENT, STRING, closing
from .typedefs import BRACKETS

#: Brackets that are the macro's own, and not those around the name of a pointer to a function.
_ARGUMENTS = rb"(?:\s*(?!\(\s*(?:\w+\s+)*[*^])" + BRACKETS + rb"(?!\s*\())?"
_ATTRIBUTE = regex(
    r"(?:\s*(?:__attribute__\s*\(.*\)|__declspec\s*\(.*\)|\[\[.*\]\]|__stdcall|__cdecl|__fastcall|__extension__))*\s*"
)
_WORDS = rb"(?:\s*\b[A-Za-z_]\w*\b(?:\s*" + BRACKETS + rb")?)"
_POINTER = rb"\(\s*(?:(?:[A-Za-z_]\w*\s+)*)\*+\s*(?:const\s+)?\w+\s*(?:\[[^\]]*\]\s*)?\)\s*\("
#: What a macro makes that declares a field: it and the name, in front of the brackets of its parameters.
_CALLBACK = regex(
    rb"(?<![\w.])(?!(?:__)?(?:typeof|attribute|declspec|aligned)|_Alignas)[A-Za-z_]\w*\s*\((?P<others>[^(){};]*,)?"
    rb"\s*(?P<name>[A-Za-z_]\w*)\s*\)(?=\s*(?!" + _POINTER + rb")\()"
)
#: In front of it the type, or nothing; a word without a space behind it is none.
_TYPE_BEFORE = regex(rb"(?:\s|\*|[A-Za-z_]\w*(?=[\s*]))*")
_INSIDE = _POINTER.replace(rb"(?:(?:", b"(?P<inside>(?:", 1)
#: A field that is a pointer to a function, from the end of the one before it: what its type is makes no difference.
_FIELD = regex(
    rb"(?P<before>(?<=[;{}])\s*(?:(?:[A-Za-z_]\w*\b|\*)\s*(?:(?!"
    + _POINTER
    + rb")"
    + BRACKETS
    + rb"\s*)?)*?)"
    + _INSIDE
)
_BRACKET = regex(rb"(?s)" + COMMENT + rb"|" + STRING + rb"|([(\[{}\])])")
_ITEM = regex(rb"(?s)" + COMMENT + rb"|" + STRING + rb"|(?P<sign>[(\[{}\]),])|(?P<word>[A-Za-z_]\w*)|[^\s\w]")
#: A macro, and behind it a slot with a name, or a value that does not belong to it.
_NO_COMMA = regex(
    rb"(?s)(?P<macro>[A-Za-z_]\w*(?:\s*" + BRACKETS + rb")?)(?=\s)(?:\s|" + COMMENT + rb")+"
    rb"(?:\.\s*[A-Za-z_]\w*\s*(?:=(?!=)|\.)|(?<=[\s/])(?:(?<!\w)\")|\{)"
)
#: The member in ``offsetof(TYPE, u.nth[1].count)``, and what makes it more than a word.
_MEMBER = regex(rb"(\b\w*(?i:offset)\w*\s*\(\s*[\w\s]+,\s*)(\w+(?:[.\[][\w.\[\]]*))(?=\s*\))")
_SIGNS = regex(rb"\W")
_BRANCH = regex(rb"(?m)^[ \t]*#[ \t]*(?:else|elif\w*)\b")
_ENDS_VALUE, _BEGINS_VALUE = regex(rb"[\w)}\"\]]$"), regex(rb"[\w.{&(\"]")
_NAMED = regex(rb"\w\s*$")
_BEHIND = regex(_POINTER[:-2] + BRACKETS + rb"(?P<behind>" + _WORDS + rb"+)\s*;")


def known(directives: Directives) -> set[str]:
    """The macros that a file defines as nothing or as an attribute, and as nothing else."""
    if not any(each.word == "define" for each in directives.found):
        return set()
    return {
        name
        for name, made in directives.macros.items()
        if all(_ATTRIBUTE.fullmatch(each.body) is not None for each in made)
    }


def blanked(code: bytes, names: Iterable[str]) -> bytes:
    """Code with some macros and their arguments overwritten by spaces; all places stay what they were."""
    wanted = [name.encode() for name in names if name.encode() in code]
    if not wanted:
        return code
    words = b"|".join(re.escape(name) for name in sorted(wanted))
    pattern = rb"(?s)" + COMMENT + rb"|" + STRING + rb"|(?P<macro>\b(?:" + words + rb")\b" + _ARGUMENTS + rb")"
    return re.sub(pattern, lambda match: match[0].translate(conflicts.BLANK) if match["macro"] else match[0], code)


def without_lists(code: bytes) -> tuple[bytes, list[int]]:
    """Code with a name in place of each list in braces that a macro is given, and where those begin.

    ``OPTION(field, {"auto", 0})`` can only be read once the macro is expanded; all places stay what they were.
    """
    made, hidden, opened = bytearray(code), list[int](), list[bytes]()
    done = 0
    for match in _BRACKET.finditer(code):
        sign, start = match[1], match.start()
        if not sign or start < done:
            continue
        if sign in b")]}":
            del opened[-1:]
        elif sign == b"{" and opened and opened[-1] == b"f(" and (end := closing(code, start, len(code))) is not None:
            made[start : end + 1] = b"_" + code[start + 1 : end + 1].translate(conflicts.BLANK)
            hidden.append(start)
            done = end + 1
        else:
            opened.append(b"f(" if sign == b"(" and _NAMED.search(code, max(0, start - 40), start) else sign)
    return bytes(made), hidden


def plain_values(code: bytes, data: bytes) -> bytes:
    """A list with members in ``offsetof``, and branches that end without a comma, as the grammar knows them.

    All places stay what they were.

    Args:
        code: the list with its directives blanked.
        data: the same bytes as they are in the file.
    """
    made = bytearray(_MEMBER.sub(lambda match: match[1] + _SIGNS.sub(b"_", match[2]), code))
    for match in _BRANCH.finditer(data):
        before, behind = code[: match.start()].rstrip(), code[match.end() :].lstrip()
        if _ENDS_VALUE.search(before) is not None and _BEGINS_VALUE.match(behind) is not None:
            made[match.end() - 1] = 0x2C
    return bytes(made)


def with_commas(code: bytes) -> tuple[bytes, list[int]]:
    """A list with a comma in place of the white space behind each macro that brings its own, and where those begin.

    ``HEAD_INIT(x, 0) .open = f`` can only be read once the macro is expanded; all places stay what they were.
    """
    made, found, opened = bytearray(code), list[int](), list[bytes]()
    begins = False
    for match in _ITEM.finditer(code):
        sign = match["sign"]
        if sign is not None:
            if sign in b")]}":
                del opened[-1:]
            elif sign != b",":
                opened.append(sign)
            begins = sign == b"{" or (sign == b"," and opened[-1:] == [b"{"])
        elif match["word"] is not None:
            macro = _NO_COMMA.match(code, match.start()) if begins else None
            begins = False
            if macro is not None:
                made[macro.end("macro")] = 0x2C
                found.append(match.start())
        elif not match[0].startswith((b"/*", b"//")):
            begins = False
    return bytes(made), found


def pointers(body: bytes) -> bytes:
    """The fields of a struct with ``int (*    name)(void)`` for ``int CALLBACK(name)(void)``; all places stay.

    A struct has no functions in it, so that such a macro can only declare a pointer to one; of several arguments the
    last is its name. One without a type in front of it gives that as well.
    """
    made = body
    for match in _CALLBACK.finditer(body):
        before = statement_before(body, match.start())
        start, end = match.start(), match.start("name")
        head = b"(*" if before.strip() else b"int (*"
        if _TYPE_BEFORE.fullmatch(before) and b"\n" not in body[start:end] and len(head) <= end - start:
            made = made[:start] + head.ljust(end - start) + made[end:]
    return made


def tidied(body: bytes) -> bytes:
    """The fields of a struct, in braces and without comments, with what can only be such a macro blanked."""
    body = _FIELD.sub(_plain_pointer, body)
    return _BEHIND.sub(lambda match: _without(match, "behind"), body)


def _without(match: re.Match[bytes], group: str) -> bytes:
    """What was found, with one part of it blanked."""
    start, end = (at - match.start() for at in match.span(group))
    return match[0][:start] + match[group].translate(conflicts.BLANK) + match[0][end:]


def _plain_pointer(match: re.Match[bytes]) -> bytes:
    """A pointer to a function with a type of one word."""
    before, inside = match["before"], match["inside"]
    text = match[0]
    if len(before.split()) > 1 and len(before.strip()) >= 3:
        start = len(before) - len(before.lstrip())
        blank = before.translate(conflicts.BLANK)
        at = next((index for index in range(start, len(blank) - 2) if b"\n" not in before[index : index + 3]), start)
        text = blank[:at] + b"int" + blank[at + 3 :] + text[len(before) :]
    if inside:
        at = match.start("inside") - match.start()
        text = text[:at] + inside.translate(conflicts.BLANK) + text[at + len(inside) :]
    return text
