"""Structs that hold a table as a member: which structs of a file they are, and the lists inside of their initializers.

A reader sees one file, so it does not know which field a list without a name fills. Each list is read as a table of its
own, at the place of the slot that it fills; the resolver knows which of them are tables of an interface.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .brackets import Brackets
from .declarators import Holder, statement_before
from .source import Source
from .structs import StructReader
from .typedefs import BRACKETS

_IS_STRUCT = rb"\bstruct\b(?:\s|\w|" + BRACKETS + rb")*$"


class Holders:
    """The structs of one file that hold tables.

    Args:
        source: the file.
        code: its bytes with the directives blanked.
        brackets: of the file.
        structs: reads them.

    Attributes:
        found: those that were met.
    """

    def __init__(self, source: Source, code: bytes, brackets: Brackets, structs: StructReader) -> None:
        self._source, self._code, self._brackets, self.structs = source, code, brackets, structs
        self.found: list[Holder] = []

    def around(self, position: int) -> Holder | None:
        """The struct that a declaration is a member of, the outermost one; None where it stands in none."""
        for known in self.found:
            if known.opening < position < known.closing:
                return known
        for opening in self._braces(position):
            header = statement_before(self._code, opening)
            read = self.structs.at(opening) if re.search(_IS_STRUCT, header) is not None else None
            if read is not None:
                self.found.append(Holder(read[0], read[1], opening - len(header.lstrip()), opening, read[2]))
                return self.found[-1]
        return None

    def _braces(self, position: int) -> Iterator[int]:
        """The outermost braces around a place; those of ``extern "C"`` are not counted."""
        start = self._code.rfind(b"\n}", 0, position) + 1
        while (opening := self._code.find(b"{", start, position)) >= 0:
            closing = None if self._source.in_comment(opening) else self._brackets.brace(opening)
            start = opening + 1 if closing is None else closing + 1
            if closing is not None and closing > position:
                if b"extern" not in statement_before(self._code, opening):
                    yield opening
                    return
                start = opening + 1
