"""What a macro stands for where a table uses it: its body with the arguments in place, read as slots of a list."""

import re
from collections.abc import Sequence

from ...bounded import Allowance, TooSlowError
from ...facts import Body, MacroFact
from ...patterns import regex
from ...records import NamedTuple
from . import syntax, values

_HEAD = b"X x={"
_REST = "__VA_ARGS__"
#: A body that sets a slot through what it is given.
SETS = regex(r"(?:->|\)\s*\.)\s*(\w+)(?:\s*\.\s*\w+|\s*\[[^\]]*\])*\s*=(?!=)")
#: A string, or a name that cannot be a keyword of C: most bodies, for which no grammar need be loaded.
_PLAIN = regex(r'\s*("[^"\\\n]*"|(?=\w*[A-Z0-9_])[A-Za-z]\w*)\s*', re.ASCII)
_TOKEN = regex(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|[A-Za-z_]\w*|##|.', re.DOTALL)
_CALL = regex(r"\s*[A-Za-z_]\w*\s*\((.*)\)\s*", re.DOTALL)


class Slot(NamedTuple):
    """One slot of an expansion: the field it names, or an empty string, and its value."""

    name: str
    body: Body


def slots(text: str, allowance: Allowance | None = None) -> list[Slot] | None:
    """The slots of a list in braces, given without them; None where the text cannot be read as one.

    Args:
        text: the list.
        allowance: the time that is left for its file; None for a text that several files made.
    """
    if (plain := _PLAIN.fullmatch(text)) is not None:
        return [Slot("", values.plain(plain[1]))]
    data = _HEAD + text.encode("utf-8", "replace") + b"};"
    try:
        root = syntax.parse(data, allowance or Allowance(len(data)))
    except TooSlowError:
        return None
    if root.has_error:
        return None
    whole = next((each for each in syntax.walk(root) if each.type == "initializer_list"), None)
    found: list[Slot] = []
    for child in whole.named_children if whole is not None else ():
        if child.type == "initializer_pair":
            name, value = values.designator(child), child.child_by_field_name("value")
            if value is None:
                return None
            found.append(Slot(name, values.of(value)))
        elif child.type != "comment":
            if child.type == "assignment_expression":
                return None
            found.append(Slot("", values.of(child)))
    return found


def body(macro: MacroFact, written: str) -> str | None:
    """The body of a macro as it reads where it is used; None where its arguments do not fit.

    Args:
        macro: with a body.
        written: the call, ``NAME(f, g)``; not looked at where the macro takes no arguments.
    """
    text = macro.body or ""
    if macro.parameters is None:
        return text
    call = _CALL.fullmatch(written)
    given = arguments(call[1]) if call is not None else None
    return None if given is None else _substituted(text, macro.parameters, given)


def arguments(text: str) -> list[str] | None:
    """The arguments of a call, split at its commas; None where brackets or quotes do not match."""
    found, depth, part = [], 0, ""
    for match in _TOKEN.finditer(text):
        sign = match[0]
        depth += (sign in "([{") - (sign in ")]}")
        if depth < 0 or sign in ('"', "'"):
            return None
        if sign == "," and depth == 0:
            found.append(part.strip())
            part = ""
        else:
            part += sign
    return None if depth else [*found, part.strip()]


def _substituted(text: str, parameters: Sequence[str], given: list[str]) -> str | None:
    """A body with its parameters replaced; ``#`` makes a text, ``##`` glues."""
    names = list(parameters)
    variadic = names.pop().removesuffix("...") or _REST if names and names[-1].endswith("...") else None
    rest, given = given[len(names) :], given[: len(names)]
    if len(given) != len(names) or (rest and variadic is None and rest != [""]):
        return None
    values_ = dict(zip(names, given, strict=True))
    if variadic is not None:
        values_[variadic] = ", ".join(rest)
        text = re.sub(rf",\s*##\s*{variadic}\b", f", {variadic}" if any(rest) else "", text)
    made = []
    stringify = False
    for match in _TOKEN.finditer(text):
        word = match[0]
        if stringify and not word.isspace():
            word, stringify = f'"{values_.get(word, word)}"', False
        elif word == "#":
            stringify = True
            continue
        made.append(values_.get(word, word))
    return re.sub(r"\s*##\s*", "", "".join(made))
