"""Tables that functions fill: the slots that are set through a pointer, read as one table named by the function.

A slot that is set in a block, behind an ``if`` or behind a way out of the function stands under a condition. Where a
pointer leads to a table that the file declares, ``later`` tells of it. What is filled or cleared as a whole, and a slot
whose address is taken, is in doubt. Whether what the pointer is handed to sets slots as well, the resolver knows.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from ...facts import ALL, DECLARE, TableFact, Trouble
from ...patterns import regex
from ...records import NamedTuple
from ...touched import Handed
from . import given, through, unset
from . import links as linking
from .brackets import Brackets
from .declarators import statement_before
from .pieces import Pieces
from .scan import ARRAY, CALL, GLOBAL, MACRO, OF_WORDS, SIGNS, VALUE, set_through, sets_links
from .scopes import NO_FUNCTIONS, Scopes, Variable
from .seen import Pointer
from .slots import Comment, Slot, Table, Writer
from .source import Source, comments
from .statements import QUIET, Conditions, Function
from .typedefs import BRACKETS

_PART = rb"(?:[\s)]*(?:\.|->)\s*[A-Za-z_]\w*\b|\s*\[[^\]\n]*\])"
_FIELD = rb"\s*(?P<field>[A-Za-z_]\w*\b(?=[\s.\[)=-])" + _PART + rb"*)\s*=(?!=)"
_INDEX = rb"(?P<index>(?:\s*\[[^\]\n]*\])+)?\s*"
#: Behind the name of a pointer, and of a pointer to one.
_THROUGH = regex(_INDEX + rb"(?P<dot>(?(index)(?:[\s)]*\.|\)[\s)]*->)|(?:->|\)\s*\.|\)[\s)]*->)))" + _FIELD)
_THROUGH_TWO = regex(_INDEX + rb"(?P<dot>(?(index)(?:[\s)]*->|\)\s*\.)|\)->))" + _FIELD)
#: Behind the name of a variable that is no pointer, and behind a call.
_BY_NAME = regex(_INDEX + rb"(?P<dot>\.|\)[\s)]*(?:\.|->))" + _FIELD)
_BEHIND_CALL = regex(_INDEX + rb"(?P<dot>[\s)]*(?:\.|->))" + _FIELD)
#: Behind either where something is counted to a pointer, or it is one of several: what it leads to is not known.
_SOMEHOW = regex(rb"(?P<index>)\s*[+?:][^;{}=()]*(?P<dot>\)[\s)]*(?:\.|->))" + _FIELD)
#: Behind a pointer that is cast: ``*(fn *)((char *) p + offsetof(TYPE, open)) = f``.
_BY_OFFSET = regex(
    rb"(?P<index>)(?P<dot>)[\s)]*\+\s*\w*(?i:offset)\w*\s*\(\s*(?:struct\s+)?\w+\s*,\s*(?P<field>[A-Za-z_]\w*"
    + _PART
    + rb"*)\s*\)[\s)]*=(?!=)"
)
#: So near behind the comma stands the first slot of a list of arguments.
_NEAR = 80
_LEAD_ON = frozenset((b"-", b".", b"[", b")", b" ", b"\n", b"\t"))
_COUNT = frozenset((b"+", b"?", b":"))
#: The kinds of fields that are tables themselves.
_OWN = (VALUE, ARRAY)
#: By the stars of a link.
_BEHIND = {VALUE: _BY_NAME, ARRAY: _THROUGH, "1": _THROUGH, CALL: _BEHIND_CALL, MACRO: _BEHIND_CALL}
#: Behind the type of a cast.
_CAST = regex(
    rb"\s*\*\s*\)\s*\(?\s*&?\s*(?P<name>[A-Za-z_]\w*(?:(?:->|\.)\w+|\[[^\]\n]*\]|"
    + BRACKETS
    + rb")*)\s*(?P<dot>(?:\)\s*)+(?:->|\.))"
    + _FIELD
)
_BEFORE_NAME = OF_WORDS | frozenset(b".>")
_CALL = rb"(?<![\w.>])([A-Za-z_]\w*)\s*\(((?:[^(){};]|\([^(){};]*\))*)\)"
#: In front of a star that declares a pointer.
_OF_TYPEOF = regex(rb"typeof\w*\s*" + BRACKETS + rb"\s*$")
#: What gives a copy, and not what it is given.
_COPIES = regex(rb"(?i)\w*(?:dup|copy|clone)\w*\s*\(")
_UNKNOWN = f"set the slots through a variable of the type of the table, {DECLARE}"
_TIP = f"set the slots in one function, {DECLARE}"


class _Set(NamedTuple):
    """One slot that is set: through which pointer, and in which function."""

    function: Function
    type: str
    pointer: str
    slot: Slot


class AssignedReader:
    """Reads what the functions of one file fill.

    Args:
        source: the file.
        code: its bytes with the directives blanked.
        brackets: of the file.
        writer: of the file.
        declared: the names of the tables that the file declares.
        holding: structs that hold tables -> the fields that do.
        same: other names of the structs of tables -> the structs.

    Attributes:
        filled: what may fill the tables that the file declares.
    """

    def __init__(
        self,
        source: Source,
        code: bytes,
        brackets: Brackets,
        writer: Writer,
        declared: Iterable[str],
        holding: Mapping[str, set[str]],
        same: Mapping[str, str],
    ) -> None:
        self._source, self._code, self._brackets, self._writer = source, code, brackets, writer
        self._holding, self._same = holding, same
        self._declared = {each.encode() for each in declared}
        self._scopes = Scopes(source, code, brackets)
        self._when: dict[int, str] = {}
        self._conditions = Conditions(code)
        self.filled: dict[str, list[Trouble]] = {}
        self._unsure, self._ends = set[int](), set[int]()

    def read(self, pointers: Iterable[Pointer], links: tuple[linking.Link, ...]) -> list[TableFact]:
        """The tables, in the order of their functions.

        Args:
            pointers: to tables.
            links: fields of structs that are such pointers.
        """
        found: dict[tuple[Function, str], dict[str, dict[int, Slot]]] = {}
        for name, kind, stars in [link[:3] for link in links if link[2].startswith(GLOBAL)]:
            if name.encode() in self._code:
                for each in self._sets(Variable(kind, name.encode(), int(stars[1:]), 0, len(self._code), True)):
                    self._keep(each, found)
        variables = list[Variable]()
        for pointer in pointers:
            variable = self._scopes.variable(pointer)
            variables += [variable] if variable is not None and variable.type not in self._holding else []
            for each in self._sets(variable) if variable is not None else self._cast(pointer):
                self._keep(each, found)
        for each in self._linked(links):
            self._keep(each, found)
        in_order = sorted(found.items(), key=lambda item: item[0][0].start)
        facts = [fact for (function, kind), tables in in_order for fact in self._facts(function, kind, tables)]
        return [*facts, *self._unset(variables, {function for function, _ in found})]

    def _unset(self, variables: list[Variable], known: set[Function]) -> Iterator[TableFact]:
        """The tables that functions may fill without a slot that is seen."""
        found: dict[tuple[Function, str], list[Trouble | Handed]] = {}
        for variable in dict.fromkeys(variables):
            name = variable.name
            for function, each in unset.found(self._source, self._code, self._scopes, variable):
                if function not in known and not self._leads_elsewhere(name, function):
                    kind = self._same.get(variable.type, variable.type)
                    piece = function.opening, self._code[function.opening : function.closing]
                    several = found.setdefault((function, kind), [])
                    several += [each, *self._doubts(kind, name.decode(), re.escape(name), piece, 0)]
                    several += self._handed(kind, re.escape(name), piece)
                    for word in {word for _, word, _ in through.leads(name.decode(), piece[1])} & self._declared:
                        message = f"slots of {word.decode()} may be filled when the program runs"
                        told = self._source.trouble(function.opening, message, _TIP)
                        self.filled.setdefault(word.decode(), []).append(told)
        for (function, kind), several in found.items():
            troubles = {(each.line, each.member): each for each in several if isinstance(each, Trouble)}
            table = Table(function.name, kind, function.start, function.opening)
            fact = self._writer.fact(table, [], [], 0, list(troubles.values()))
            yield fact._replace(form="assigned", handed=tuple(each for each in several if isinstance(each, Handed)))

    def _keep(self, each: _Set, found: dict[tuple[Function, str], dict[str, dict[int, Slot]]]) -> None:
        tables = found.setdefault((each.function, self._same.get(each.type, each.type)), {})
        tables.setdefault(each.pointer, {})[each.slot.start] = each.slot

    # -- slots

    def _sets(self, variable: Variable) -> Iterator[_Set]:
        fields = self._holding.get(variable.type)
        checked: dict[Function, bool] = {}
        for start, match, is_sure in self._through(variable):
            if isinstance(match, int):
                yield from self._given(variable, start, match)
                continue
            function = self._around(start, match, fields)
            if function is None:
                continue
            if function not in checked:
                header = self._code[function.start : function.opening]
                is_other = variable.is_global and re.search(rb"\b" + re.escape(variable.name) + rb"\b", header)
                checked[function] = bool(is_other) or self._leads_elsewhere(variable.name, function)
            if not checked[function]:
                pointer = variable.name.decode() + "".join((match["index"] or b"").decode("latin-1").split())
                since = max(variable.start, function.opening)
                is_sure = is_sure and variable.is_sure
                yield _Set(function, variable.type, pointer, self._slot(start, match, since, function, is_sure))

    def _cast(self, pointer: Pointer) -> Iterator[_Set]:
        """The slot that is set through what is cast to a pointer."""
        match = _CAST.match(self._code, pointer.at)
        start = self._code.rfind(b"(", 0, pointer.at)
        start = self._code.rfind(b"(", 0, start) if match is not None else -1
        function = self._around(start, match, self._holding.get(pointer.type)) if match and start >= 0 else None
        if match is not None and function is not None:
            slot = self._slot(start, match, function.opening, function)
            yield _Set(function, pointer.type, match["name"].decode(), slot)

    def _given(self, variable: Variable, at: int, end: int) -> Iterator[_Set]:
        """The slots that a macro is given behind a pointer."""
        fields = self._holding.get(variable.type)
        for each in given.slots(self._code, self._brackets, at, end):
            function = self._scopes.function(at)
            if function is not None and function.name and (fields is None or each.field.partition(".")[0] in fields):
                since = max(variable.start, function.opening)
                slot = self._made(each.field, each.start, (each.value, each.end), since, function, at)
                yield _Set(function, variable.type, variable.name.decode(), slot)

    def _around(self, start: int, match: re.Match[bytes], fields: set[str] | None) -> Function | None:
        """The function around a slot that is set; None where it is none, or is no table among some fields."""
        before = self._code[max(0, start - 16) : start]
        is_taken = re.search(rb"\(\s*\*\s*$", before) is not None or self._code.startswith(b"(*", start)
        if match["dot"].endswith(b".") and match["dot"] != b"." and not is_taken and match["index"] is None:
            return None
        if self._source.in_comment(start):
            return None
        if fields is not None and re.split(rb"\W", match["field"], maxsplit=1)[0].decode() not in fields:
            return None
        function = self._scopes.function(start)
        return function if function is not None and function.name else None

    def _linked(self, links: tuple[linking.Link, ...]) -> Iterator[_Set]:
        """What is set through fields of structs that point to tables."""
        by_field: dict[tuple[str, str], list[linking.Link]] = {}
        links = linking.used(links, self._code)
        has_fields = sets_links(self._code, links, SIGNS)
        for link in links if has_fields else [each for each in links if each[2] == CALL]:
            if not link[2].startswith(GLOBAL):
                by_field.setdefault((link[0], "*" if link[2].isdigit() else link[2]), []).append(link)
        # What fields that are tables themselves add to the others is found last.
        for field, same in sorted(by_field.items(), key=lambda item: item[0][1] in _OWN):
            for at in set_through(self._code, *field):
                function = self._scopes.function(at)
                place = (
                    linking.place(self._code, self._brackets, same, function.start, at)
                    if function is not None
                    else None
                )
                if place is None:
                    continue
                match = _BEHIND.get(place.link[2], _THROUGH_TWO).match(self._code, place.end)
                fields = self._holding.get(place.link[1])
                function = self._around(place.start, match, fields) if match is not None else None
                if match is None or function is None or self._leads_elsewhere(place.chain.encode(), function):
                    continue
                if place.link[2] in _OWN and self._brackets.sign(match.end()) in self._ends:
                    continue
                pointer = place.chain + "".join((match["index"] or b"").decode("latin-1").split())
                slot = self._slot(place.start, match, function.opening, function, place.is_sure)
                yield _Set(function, place.link[1], pointer, slot)

    def _through(self, variable: Variable) -> Iterator[tuple[int, re.Match[bytes] | int, bool]]:
        """Where a slot is set through a variable, what stands behind its name there, and whether that is sure.

        In place of what stands behind it the end of its name, where it is an argument in front of slots.
        """
        code, name = self._code, variable.name
        has_offsets = b"ffset" in code
        behind = _BY_NAME if variable.stars == 0 else _THROUGH if variable.stars == 1 else _THROUGH_TWO
        at = code.find(name, variable.start, variable.end)
        while at >= 0:
            end = at + len(name)
            sign = code[end : end + 1] if at == 0 or code[at - 1] not in _BEFORE_NAME else b""
            match = behind.match(code, end, variable.end) if sign in _LEAD_ON else None
            is_counted = match is None and (sign if sign != b" " else code[end + 1 : end + 2]) in _COUNT
            may_be = has_offsets and (is_counted or sign == b")")
            computed = _BY_OFFSET.match(code, end, variable.end) if may_be else None
            somehow = _SOMEHOW.match(code, end, variable.end) if is_counted and computed is None else None
            if (way := computed or match or somehow) is not None:
                yield at, way, somehow is None
                end = way.end()
            elif sign == b"," and b"." in code[end : end + _NEAR]:
                yield at, end, True
            at = code.find(name, end, variable.end)

    def _leads_elsewhere(self, pointer: bytes, function: Function) -> bool:
        """Whether a pointer leads to a declared table."""
        if pointer in self._declared:
            return True
        body = self._code[function.opening : function.closing]
        given = through.leads(pointer.decode("latin-1"), body)
        return any(word in self._declared and not is_called for _, word, is_called in given)

    def _slot(self, start: int, match: re.Match[bytes], since: int, function: Function, is_sure: bool = True) -> Slot:
        field = "".join(match["field"].decode("latin-1").replace("->", ".").replace(")", "").split())
        opened = self._code.rfind(b"(", max(0, start - 16), start) if self._code[start] != 0x28 else -1
        start = opened if match["dot"].startswith(b")") and opened >= 0 else start
        if not is_sure:
            self._unsure.add(start)
        return self._made(field, start, (match.end(), self._brackets.sign(match.end())), since, function)

    def _made(
        self, field: str, start: int, value: tuple[int, int], since: int, function: Function, at: int | None = None
    ) -> Slot:
        """A slot whose value stands between two bytes; ``at`` is its statement, where that begins elsewhere."""
        begin, end = value
        text = " ".join(QUIET.sub(through.no_comment, self._code[begin:end]).decode("latin-1").split())
        self._ends.add(end)
        self._when[start] = self._conditions.of(function, since, start if at is None else at)
        return self._writer.slot(field, start, end, through.value(text, self._source.allowance))

    # -- facts

    def _facts(self, function: Function, kind: str, tables: dict[str, dict[int, Slot]]) -> Iterator[TableFact]:
        whole = through.plain_loops(self._code[function.opening : function.closing])
        pieces = Pieces(whole, len(tables))
        joined = through.joined(tables, whole)
        parts = [
            (pointer, f"{pointer}.{number}" if len(several) > 1 else pointer, *each)
            for pointer, by_place in joined.slots.items()
            for several in [through.parted(pointer, by_place, pieces, function.opening)]
            for number, each in enumerate(several, 1)
        ]
        beside: dict[int, list[Comment]] = {}
        for span in comments(self._code, function.opening, function.closing):
            beside.setdefault(self._source.line(span[0]), []).append(self._writer.comment(*span))
        for pointer, label, begin, body, slots in parts:
            lines = {self._source.line(function.opening), *(line for each in slots for line in (each.line, each.last))}
            name = function.name if len(parts) == 1 else f"{function.name}.{label}"
            kept = [each for line in sorted(lines) for each in beside.get(line, ())]
            looked_at = (function.opening, whole, pieces) if label == pointer else (begin, body, None)
            same, statements = through.where(pointer, *looked_at)
            given = through.with_given(pointer, same, whole)
            doubts = [
                each for piece in statements for each in self._doubts(kind, pointer, given, piece, slots[0].start)
            ]
            doubts += self._unknown(pointer, slots)
            for at, message, is_all in joined.doubts.get(pointer, ()):
                fields = (None, *(each.name for each in slots if is_all))
                doubts += (self._source.trouble(function.opening + at, message, _TIP, each) for each in fields)
            fact = self._writer.fact(Table(name, kind, function.start, function.opening), slots, kept, 0, doubts)
            members = [
                member._replace(
                    when=" and ".join(filter(None, (member.when, self._when[slot.start]))) or None, branch=None
                )
                if self._when[slot.start]
                else member
                for member, slot in zip(fact.members, slots, strict=True)
            ]
            handed = [each for piece in statements for each in self._handed(kind, given, piece)]
            self._may_fill(pointer, whole, slots)
            yield fact._replace(form="assigned", members=tuple(members), handed=tuple(handed))

    def _may_fill(self, pointer: str, body: bytes, slots: list[Slot]) -> None:
        """Keep the slots that may be those of a declared table: the pointer is what a call gives that is given it."""
        given = {word for _, word, is_called in through.leads(pointer, body) if is_called}
        for name in sorted(word.decode() for word in given & self._declared):
            for each in slots if _COPIES.search(body) is None else ():
                message = f"the slot {each.name!r} of {name} may be filled when the program runs"
                trouble = self._source.trouble(each.start, message, _TIP, each.name)
                self.filled.setdefault(name, []).append(trouble)

    def _unknown(self, pointer: str, slots: list[Slot]) -> Iterator[Trouble]:
        """The slots that may be those of another struct."""
        for each in slots:
            if each.start in self._unsure:
                message = (
                    f"whether {pointer} is a table of this interface is not known, so {each.name!r} may be set here"
                )
                yield self._source.trouble(each.start, message, _UNKNOWN, each.name)

    def _doubts(self, kind: str, pointer: str, name: bytes, piece: tuple[int, bytes], first: int) -> Iterator[Trouble]:
        """Where a pointer is filled as a whole or cleared behind its first slot, and where one of them is taken."""
        begin, body = piece
        for match in re.finditer(through.WHOLE.replace(b"{}", name), body):
            if _OF_TYPEOF.search(statement_before(body, match.start())) is not None:
                continue
            message = f"{pointer} is filled as a whole when the program runs"
            yield self._source.trouble(begin + match.end() - 1, message, _TIP)
        for at, name_of in through.led(pointer, body):
            is_set = through.is_set_by_name(name_of, body)
            message = f"{pointer} points to {name_of}, whose {'' if is_set else 'other '}slots may be set elsewhere"
            yield self._source.trouble(begin + at, message, _TIP, ALL if is_set else None)
        types = (kind, *(name for name, struct in self._same.items() if struct == kind))
        for at, word, is_called in through.leads(pointer, body):
            if is_called and through.is_set_by_name(word.decode(), body, types):
                message = f"{pointer} may be {word.decode()}, whose slots are set as well"
                yield self._source.trouble(begin + at, message, _TIP, ALL)
            if is_called and word in self._declared:
                message = f"{pointer} may be a copy of {word.decode()}, or {word.decode()} itself"
                yield self._source.trouble(begin + at, message, _TIP)
        cleared = through.CLEARED.replace(b"{}", name)
        for match in re.finditer(cleared, body) if b"memset" in body or b"zero" in body else ():
            if begin + match.start() > first:
                message = f"{pointer} is cleared behind the first slot that is set"
                yield self._source.trouble(begin + match.start(), message, _TIP)
        for at, field in through.taken(name, body):
            message = f"the address of the slot {field!r} is taken, so it may be set elsewhere"
            # In a holder it may be the address of a table, which the resolver knows.
            member = f"&{field}" if kind in self._holding else field
            yield self._source.trouble(begin + at, message, _TIP, member)

    def _handed(self, kind: str, name: bytes, piece: tuple[int, bytes]) -> Iterator[Handed]:
        """What is given a pointer, or in a struct that holds tables the address of one."""
        begin, body = piece
        if fields := self._holding.get(kind):
            of_field = rb"&\s*" + name + rb"\s*->\s*(?:" + "|".join(sorted(fields)).encode() + rb")(?:\.\w+)*"
            name = rb"(?:" + name + rb"|" + of_field + rb")"
        given = re.compile(rb"(?:^|,)[\s(]*(?:&\s*(?:\(?\s*\*[\s(]*)?)?" + name + rb"[\s)]*(?:,|$)")
        for match in re.finditer(_CALL, body):
            if given.search(match[2]) and match[1] not in NO_FUNCTIONS:
                at = begin + match.start()
                yield Handed(match[1].decode(), self._source.line(at), self._source.column(at))
