"""What functions do with pointers to the tables that they fill: other names, new values, what slots are set to."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from ...bounded import Allowance
from ...facts import Body
from ...patterns import regex
from ...records import NamedTuple
from . import expand, values
from .pieces import Pieces
from .scan import OF_WORDS
from .slots import Slot
from .typedefs import BRACKETS

_PLAIN = regex(r"[A-Za-z_]\w*")
_SLOT = rb"\s*->\s*([A-Za-z_][\w.]*(?:\[\w+\])?)(?![\w.]|[\s)]*->)"
#: The address of a slot, and one that is filled by copying; ``{}`` stands for the pointer.
_TAKEN = {
    b"&": rb"&\s*\(?\s*{}" + _SLOT,
    b"mem": rb"mem(?:cpy|move|set)\s*\([\s(]*{}" + _SLOT,
    b"+": rb"\(\s*(?:unsigned\s+)?\w+\s*\*\s*\)[\s(]*{}[\s)]*\+\s*\w*(?i:offset)\w*\s*"
    rb"\(\s*(?:struct\s+)?\w+\s*,\s*([A-Za-z_][\w.]*(?:\[\w+\])?)\s*\)(?![\s)]*=[^=])",
}
#: In front of what the address is taken of; ``a & b`` and ``a && b`` take none.
TAKEN = regex(rb"(?:[=(,?:;{}]|\breturn)\s*(?:\([^()]*\)\s*)?&[\s(]*(?:\*\s*)?$")
#: In front of such an address where what is there is only read; what sets it is read as a slot.
_READ = regex(rb"\*\s*\([^()]*\)[\s(]*$")
#: What fills or clears all that a pointer leads to, for which ``{}`` stands.
WHOLE = rb"(?:(?<=[;}{)])\s*\*\s*{}\s*=(?!=)|\bmem(?:cpy|move)\s*\([\s(&]*{}(?!\w|[\s)]*(?:->|\[)))"
CLEARED = rb"\b(?:memset|bzero|explicit_bzero)\s*\([\s(&]*{}(?!\w|[\s)]*(?:->|\[))"
_CHAIN = rb"[A-Za-z_]\w*(?:(?:->|\.)\w+|\[[^\]\n]*\])*"
#: Behind the sign of equality: a cast, brackets, ``&``.
_TO = rb"[\s(]*(?:(?:const\s+)?(?:struct\s+)?\w+\s*\*\s*\)[\s(]*)?(?P<address>&?)[\s(]*"
#: What a pointer is set to.
_LED = regex(rb"=(?!=)" + _TO + rb"(?P<name>[A-Za-z_]\w*)[\s)]*[;,\[]")
#: The same, if it is nothing but a chain of names.
_SET = regex(rb"=[\s(]*(&?\s*\w+(?:(?:->|\.)\w+)*)[\s)]*[;,]")
#: What it is set to, calls among it, and the words of that.
_VALUE = regex(rb"\s*=(?!=)([^;{}=]*)")
_CALLS = regex(rb"\w\s*\((?!\s*(?:const\s+|struct\s+)*\w+\s*\*\s*\))")
_WORDS = regex(rb"(?<![\w.>])[A-Za-z_]\w*(?!\w|\s*(?:\.|->|\())")
#: In front of a star that declares a pointer, which what it leads to has not.
_IS_TYPE = regex(rb"(?:\w|\w[\s*]*,|typeof\w*\s*\(.*\))\s*(?:\*\s*|const\s*)+$")
_WORD = regex(rb"(?<![\w.>])\w+$")
#: So much is looked at in front of the sign.
_FAR = 64
_LETTERS = frozenset(bytes([byte]) for byte in OF_WORDS)
_OF_CHAIN = frozenset(bytes([byte]) for byte in (*OF_WORDS, *b".>"))
_CHAINS = regex(rb"(?<![\w.>])" + _CHAIN + rb"(?!\w|\s*\()")
#: ``one = other;``
_SAME = regex(rb"(?<![\w.>])(?P<one>" + _CHAIN + rb")\s*=(?!=)" + _TO + rb"(?P<other>" + _CHAIN + rb")[\s)]*[;,]")
#: ``each(TYPE *, one, other)``
_LOOP = regex(
    rb"(?<![\w.>])[A-Za-z_]\w*\s*\(\s*(?:const\s+)?(?:struct\s+)?\w+\s*\*?\s*,\s*(\w+)\s*,[\s(]*(&?"
    + _CHAIN
    + rb")[\s)]*\)(?=\s*\{)"
)
#: What is given a value, and an index that changes.
_GIVEN = regex(rb"(?<![\w.>])(" + _CHAIN + rb")\s*(?:[-+|&*/]?=(?!=)|\+\+|--)")
#: What leads nowhere, behind the sign.
_IS_NOTHING = regex(rb"\s*(?:NULL|nullptr|0)\s*[;,)]")
#: What may change wherever its address goes.
_HANDED = regex(rb"[(,]\s*&\s*(" + _CHAIN + rb")\s*(?=[,)])")
#: A call, and what it is given.
_CALLED = regex(rb"(?<![\w.>])([A-Za-z_]\w*)\s*(" + BRACKETS + rb")")
_NO_CALLS = frozenset(b"if while for switch return sizeof assert".split())
_NOTHING = {b"NULL", b"nullptr", b"0"}
_CHANGES = regex(r"\+\+|--")
_LEADS_ON = regex(r"->|\.|\[")


def plain_loops(body: bytes) -> bytes:
    """The body of a function with what macros set that declare a pointer and are given another: at equal length."""
    if b"*," not in body:
        return body
    return _LOOP.sub(lambda match: b"".join((match[1], b"=", match[2], b";")).ljust(len(match[0])), body)


def names(pointer: str, body: bytes) -> bytes:
    """An expression for the name of a pointer, the one that it is set to, and those set to it or to the same."""
    name, set_to, given = pointer.partition("[")[0].encode(), list[bytes](), list[tuple[bytes, bytes]]()
    for match in _SET.finditer(body):
        before = body[max(0, match.start() - len(name) - _FAR) : match.start()].rstrip()
        word = _WORD.search(before)
        if word is not None and not _is_set(word[0], body, match.start()):
            continue
        if before.endswith(name) and before[-len(name) - 1 : -len(name)] not in _LETTERS:
            set_to.append(match[1])
        if word is not None:
            given.append((match[1], word[0]))
    values = {name, *set_to} - _NOTHING
    set_from = [word for value, word in given if value in values]
    name = re.escape(name)
    same = [*map(re.escape, set_to), *set_from]
    return rb"(?:" + b"|".join(dict.fromkeys([name, *same])) + rb")"


def with_given(pointer: str, name: bytes, body: bytes) -> bytes:
    """An expression for names, and the variables that are given to the call that the pointer is set to."""
    values = [value for _, value in _values(pointer, body) if _CALLS.search(value) is not None]
    chains = [re.escape(each) for value in values for each in _CHAINS.findall(value) if each not in _NOTHING]
    return rb"(?:" + b"|".join(dict.fromkeys([name, *chains])) + rb")" if chains else name


def _values(pointer: str, body: bytes) -> Iterator[tuple[int, bytes]]:
    """What a pointer is set to, and where."""
    name = pointer.encode()
    at = body.find(name)
    while at >= 0:
        match = _VALUE.match(body, at + len(name))
        if match is not None and _is_set(name, body, match.start()):
            yield match.start(), match[1]
        at = body.find(name, at + len(name))


def led(pointer: str, body: bytes) -> Iterator[tuple[int, str]]:
    """Where a pointer is set to the address of a variable, and which one."""
    for match in _LED.finditer(body):
        if match["address"] and _is_set(pointer.encode(), body, match.start()):
            yield match.start(), match["name"].decode()


def is_set_by_name(name: str, body: bytes, types: Iterable[str] = ()) -> bool:
    """Whether a slot of a variable is set without a pointer: ``o.open = f``, ``(&o)->open = f``.

    Args:
        types: those that the function has to declare it by.
    """
    declared = rb"\b(?:" + "|".join(types).encode() + rb")\s+" + name.encode() + rb"\s*[;=,\[]"
    if types and re.search(declared, body) is None:
        return False
    sets = rb"(?<![\w.>])" + name.encode() + rb"[\s)]*(?:\.|->)\s*\w[\w.\[\]]*\s*=(?!=)"
    return re.search(sets, body) is not None


def leads(pointer: str, body: bytes) -> Iterator[tuple[int, bytes, bool]]:
    """The words of what a pointer is set to: where, each word, and whether it is given to a call there."""
    for at, value in _values(pointer, body):
        is_called = _CALLS.search(value) is not None
        for word in _WORDS.finditer(value):
            yield at, word[0], is_called


def _is_set(name: bytes, body: bytes, at: int) -> bool:
    """Whether a sign of equality sets a pointer, and not what it leads to."""
    before = body[max(0, at - len(name) - _FAR) : at].rstrip()
    if not before.endswith(name) or before[-len(name) - 1 : -len(name)] in _OF_CHAIN:
        return False
    ahead = before[: -len(name)].rstrip()
    return not ahead.endswith(b"*") or _IS_TYPE.search(ahead) is not None


def taken(pointer: bytes, body: bytes) -> Iterator[tuple[int, str]]:
    """Where the address of a slot is taken, and the slot; the pointer is an expression for its names."""
    for way in [each for sign, each in _TAKEN.items() if sign in body and (sign != b"+" or b"ffset" in body)]:
        for match in re.finditer(way.replace(b"{}", pointer), body):
            before = body[max(0, match.start() - _FAR) : match.start()]
            is_read = match[0].startswith(b"(") and _READ.search(before)
            is_other = match[0].startswith(b"&") and not TAKEN.search(before + b"&")
            if not is_read and not is_other:
                yield match.start(), match[1].decode()


def value(text: str, allowance: Allowance) -> Body:
    """What a slot is set to; of several assignments in a row the last tells."""
    last = re.split(r"(?<![=!<>])=(?!=)", text)[-1].strip()
    if _PLAIN.fullmatch(last):
        return values.plain(last)
    found = expand.slots(last, allowance) if last else None
    if found is None or len(found) != 1 or found[0].name:
        return Body("condition", None, values.shortened(last))
    return found[0].body


def where(pointer: str, begin: int, body: bytes, pieces: Pieces | None) -> tuple[bytes, list[tuple[int, bytes]]]:
    """An expression for the names of a pointer, and the statements that have one, each behind its offset in the file.

    Args:
        pointer: as it is written.
        begin: the offset of the body.
        body: the part of the function that is looked at.
        pieces: the statements of the whole function, where it is that.
    """
    if pieces is None:
        return names(pointer, body), [(begin, body)]
    name = names(pointer, b"".join(piece for _, piece in pieces.of(pointer.encode())))
    return name, [(begin + at, piece) for at, piece in pieces.of(name)]


def parted(pointer: str, slots: dict[int, Slot], pieces: Pieces, opening: int) -> list[tuple[int, bytes, list[Slot]]]:
    """The slots that are set between one value of a pointer and the next, behind that part of the function's body.

    Each part begins with its offset in the file; ``opening`` is that of the body.

    A value that is made of the last one, as ``realloc`` makes it, leads to the same table.
    """
    body = pieces.body
    if len(slots) == 1 or "[" in pointer:
        return [(opening, body, [slots[at] for at in sorted(slots)])]
    name = re.escape(pointer.encode())
    given = re.compile(
        rb"(?:(?<![\w.>*])|(?<=\w)\s*\*+\s*)" + name + rb"\s*=(?!=)([^;]*);"
        rb"|\b\w+\s*\(\s*" + name + rb"\s*,\s*(?:\w+\s*,\s*)?\.()"
    )
    values = [
        (begin + match.start(), match[1] or b"")
        for begin, piece in pieces.of(pointer.encode())
        for match in given.finditer(piece)
        if re.search(rb"(?<![\w.>])" + name + rb"\b(?!\s*=[^=])", match[1] or b"") is None
    ]
    starts = [
        at
        for number, (at, _) in enumerate(values)
        if not number or not _is_again(body, *values[number - 1 : number + 1])
    ]
    found: list[tuple[int, bytes, list[Slot]]] = []
    order, at = sorted(slots), 0
    for start, end in pairwise((0, *starts, len(body))):
        begin = at
        while at < len(order) and order[at] - opening < end:
            at += 1
        if at > begin:
            found.append((opening + start, body[start:end], [slots[each] for each in order[begin:at]]))
    return found


def _is_again(body: bytes, first: tuple[int, bytes], second: tuple[int, bytes]) -> bool:
    """Whether a pointer gets the value that it had before, which did not change in between."""
    value = second[1].strip(b"() \t\r\n")
    if first[1].strip(b"() \t\r\n") != value or re.fullmatch(_CHAIN, value) is None or value in _NOTHING:
        return False
    words = b"|".join(map(re.escape, {value, re.split(rb"\W", value, maxsplit=1)[0]}))
    changes = rb"(?<![\w.>])(?:" + words + rb")\s*(?:[-+|&*/]?=(?!=)|\+\+|--)|[(,]\s*&\s*(?:" + words + rb")\s*[,)]"
    return re.compile(changes).search(body, first[0], second[0]) is None


class Joined(NamedTuple):
    """The slots by pointer; and by pointer where it is in doubt which are one: the place, and what is said of it.

    A doubt says as well whether it is about the slots that are set, too.
    """

    slots: dict[str, dict[int, Slot]]
    doubts: dict[str, list[tuple[int, str, bool]]]


def joined(tables: dict[str, dict[int, Slot]], body: bytes) -> Joined:
    """The slots by pointer, of which those that are set equal are one."""
    found = dict(tables)
    for one in tables:
        name = one.removesuffix("[0]")
        if name != one and not any(each.startswith(f"{name}[") and each != one for each in tables):
            found[name] = found.get(name, {}) | found.pop(one)
    into: dict[str, str] = {}
    values: dict[tuple[bytes, str], list[tuple[str, int]]] = {}
    for match in _SAME.finditer(body) if len(found) > 1 else ():
        one, other = match["one"].decode("latin-1"), match["other"].decode("latin-1")
        other = into.get(other, other)
        if one != other and one in found and other in found:
            found[other] = found[other] | found.pop(one)
            into[one] = other
        elif one in found and other.encode() not in _NOTHING:
            values.setdefault((match["address"], other), []).append((one, match.start()))
    several = {value: given for value, given in values.items() if len(given) > 1 and not _CHANGES.search(value[1])}
    return _from_one(found, several, body) if several else Joined(found, _by_calls(found, body))


def _from_one(
    found: dict[str, dict[int, Slot]], values: dict[tuple[bytes, str], list[tuple[str, int]]], body: bytes
) -> Joined:
    """The same with one for pointers that are set once, to one value that does not change in between."""
    doubts: dict[str, list[tuple[int, str, bool]]] = {}
    given = [
        (match.start(), "".join(match[1].decode("latin-1").split()))
        for match in _GIVEN.finditer(body)
        if _IS_NOTHING.match(body, match.end()) is None
    ]
    times = Counter(name for _, name in given)
    for (address, value), pointers in values.items():
        parts = {value[: each.start()] for each in _LEADS_ON.finditer(value)} | {value}
        changes = [place for place, name in given if name in parts]
        if not address:
            changes += [match.start() for match in _HANDED.finditer(body) if match[1].decode("latin-1") == value]
        places: dict[str, list[int]] = {}
        for one, at in pointers:
            places.setdefault(one, []).append(at)
        once = [(one, ats[-1]) for one, ats in places.items() if one in found and times[one] == len(ats)]
        for one, at in once[1:]:
            first, since = once[0][0], places[once[0][0]][0]
            if one != first and not any(since < place < at for place in changes):
                found[first] = found[first] | found.pop(one)
                call = None if address else _may_change(value, body[since:at])
                if call is not None:
                    message = f"{call} may change {value}, so whether {first} and {one} are one table is not known"
                    doubts.setdefault(first, []).append((at, message, True))
    return Joined(found, {**_by_calls(found, body), **doubts})


def _by_calls(found: Mapping[str, object], body: bytes) -> dict[str, list[tuple[int, str, bool]]]:
    """Where a pointer is what a call gives that is given another one, and so may be the same."""
    doubts: dict[str, list[tuple[int, str, bool]]] = {}
    known = {one: {one} for one in found}
    for match in _SAME.finditer(body) if len(found) > 1 else ():
        known.get(match["one"].decode("latin-1"), set()).add(match["other"].decode("latin-1"))
    for one in found if len(found) > 1 else ():
        texts = list(_values(one, body))
        texts += [(0, one.encode())] if one.endswith(")") else []
        for at, text in texts:
            chains = {"".join(each.decode("latin-1").split()) for each in _CHAINS.findall(text)}
            others = [each for each, names in known.items() if each != one and not names.isdisjoint(chains)]
            for other in others if _CALLS.search(text) is not None else ():
                for each in (one, other):
                    doubts.setdefault(each, []).append((at, f"{one} and {other} may be one table", False))
    return doubts


def _may_change(value: str, between: bytes) -> str | None:
    """What is called between two values of pointers with the variable that leads to the value."""
    leads = _LEADS_ON.search(value)
    if leads is None:
        return None
    base = re.compile(rb"(?<![\w.>])" + re.escape(value[: leads.start()].encode()) + rb"(?!\w|\s*(?:->|\.|\[))")
    calls = (each for each in _CALLED.finditer(between) if base.search(each[2]))
    return next((each[1].decode() for each in calls if each[1] not in _NO_CALLS), None)


def no_comment(match: re.Match[bytes]) -> bytes:
    """What a comment or a string reads as: a comment as a space."""
    return b" " if match[0].startswith((b"/*", b"//")) else match[0]
