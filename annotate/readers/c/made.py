"""Tables that macros of the file make: ``ops mem = DRIVER(...)``, and macros that declare whole tables.

Their text is expanded and read like any other, but everything in it stands where the macro is used, so that a comment
can be beside several slots only.
"""

import re
from collections.abc import Container, Iterable, Iterator, Mapping

from ...facts import MacroFact, TableFact, Trouble
from ...patterns import regex
from ...records import NamedTuple
from . import expand
from .brackets import Brackets
from .directives import Directive, Directives
from .seen import Found
from .slots import Table, Writer
from .source import Source, comments

_CALL = regex(rb"\s*([A-Za-z_]\w*)\s*(?=\()")
_DEEP = 4
#: What stands behind a type in a macro that declares something, is another name of the type, or makes a literal.
_DECLARES = r"\b{}\b(?:\s*$|\s+[A-Za-z_#]|\s*##|\s*\)\s*\{{)"
_DECLARED = r"\b{}\s+(?:const\s+)?([A-Za-z_]\w*)(?:\s*\[\s*\])?\s*=\s*\{{"


class _Use(NamedTuple):
    """Where a macro is used, and one past its brackets."""

    name: str
    start: int
    end: int


class MadeReader:
    """Reads the tables that macros of one file make.

    Args:
        source: the file.
        code: its bytes with the directives blanked.
        directives: what was blanked.
        brackets: of the file.
        writer: of the file.
    """

    def __init__(self, source: Source, code: bytes, directives: Directives, brackets: Brackets, writer: Writer) -> None:
        self._source, self._code, self._directives = source, code, directives
        self._brackets, self._writer = brackets, writer

    def by_expression(self, found: Found) -> TableFact | None:
        """The table that is initialised with a macro of the file; None where that is not what makes it."""
        match = _CALL.match(self._code, found.closing + 1) if self._code.startswith(b"=", found.closing) else None
        use = self._use(match[1].decode(), match.start(1)) if match is not None else None
        text = self._text(use) if use is not None else None
        if use is None or text is None or not text.startswith("{") or not text.endswith("}"):
            return None
        return self._fact(found.name, found.type, found.start, use, text[1:-1])

    def by_declaration(self, found: Found, names: Iterable[str]) -> list[TableFact] | None:
        """The tables that a macro of the file declares, wherever it is used; None where they cannot be read."""
        macro = re.match(r"#\s*define\s+(\w+)\(", self._source.text(found.start, found.closing))
        if macro is None:
            return None
        tables: list[TableFact] = []
        for match in re.finditer(rb"(?<!\w)" + macro[1].encode() + rb"(?=\s*\()", self._code):
            use = None if self._source.in_comment(match.start()) else self._use(macro[1], match.start())
            text = self._text(use) if use is not None else None
            made = list(self._declared(use, text, names)) if use is not None and text is not None else []
            if not made or None in made:
                return None
            tables += filter(None, made)
        return tables or None

    def _declared(self, use: _Use, text: str, names: Iterable[str]) -> Iterator[TableFact | None]:
        data = text.encode()
        for name in names:
            for match in re.finditer(_DECLARED.format(re.escape(name)).encode(), data):
                closing = Brackets(data).brace(match.end() - 1)
                if closing is None:
                    yield None
                else:
                    yield self._fact(match[1].decode(), name, use.start, use, text[match.end() : closing])

    def _use(self, name: str, start: int) -> _Use | None:
        opening = self._code.find(b"(", start)
        end = self._brackets.behind(opening)
        return None if end is None or name not in self._directives.macros else _Use(name, start, end)

    def _text(self, use: _Use) -> str | None:
        """What a macro stands for where it is used, down to what begins with no macro of the file."""
        call = self._source.text(use.start, use.end)
        name = use.name
        for _ in range(_DEEP):
            made = self._directives.macros.get(name, [])
            if len(made) != 1 or not made[0].takes_arguments:
                return None
            written = re.sub(r"/\*.*?\*/|//[^\n]*", " ", call, flags=re.DOTALL)
            text = expand.body(MacroFact(name, made[0].parameters, made[0].body), written)
            following = re.fullmatch(r"\s*(\w+)\s*\(.*\)\s*", text, re.DOTALL) if text is not None else None
            if text is None or following is None or following[1] not in self._directives.macros:
                return None if text is None else text.strip()
            name, call = following[1], text
        return None

    def _fact(self, name: str, kind: str, start: int, use: _Use, text: str) -> TableFact:
        slots, troubles = [], list[Trouble]()
        found = expand.slots(text, self._source.allowance)
        if found is None:
            troubles.append(
                self._source.trouble(use.start, f"what the macro {use.name} makes of {name} cannot be read")
            )
        last, after, positional = None, 0, 0
        places = self._places(use)
        for index, each in enumerate(found or ()):
            at, end = places.get(each.name or (each.body.target or ""), (use.start, use.end))
            if each.name:
                last, after = each.name, 0
                slots.append(self._writer.slot(each.name, at, end, each.body))
            else:
                after += 1
                positional += last is None
                title, behind = (str(index), 0) if last is None else (last, after)
                slots.append(self._writer.slot(title, at, end, each.body, behind))
        beside = [self._writer.comment(*span) for span in comments(self._code, use.start, use.end)]
        lines = {line for slot in slots for line in (slot.line, slot.last)}
        kept = [each for each in beside if each.line in lines]
        table = Table(name, kind, start, -1, head=False)
        return self._writer.fact(table, slots, kept, positional, troubles, has_conditions=False)

    def _places(self, use: _Use) -> Mapping[str, tuple[int, int]]:
        """Where the names of the arguments stand that are written only once."""
        found: dict[str, list[tuple[int, int]]] = {}
        for match in re.finditer(
            rb"(?:\.\s*([A-Za-z_]\w*)\s*=\s*[^,()]*)|([A-Za-z_]\w*)", self._code[use.start : use.end]
        ):
            word = (match[1] or match[2]).decode()
            end = use.start + match.start() + len(match[0].rstrip())
            found.setdefault(word, []).append((use.start + match.start(), end))
        return {word: spans[0] for word, spans in found.items() if len(spans) == 1}


def in_macros(directives: Iterable[Directive], names: Iterable[str], known: Container[str] = ()) -> Iterator[Found]:
    """The macros that declare something of a type, or are another name of it that is not known: that is not seen."""
    for each in directives:
        if each.word != "define":
            continue
        text = each.rest
        first, _, body = text.partition(" ")
        if first in known or first == body.strip():
            continue
        for name in names:
            if name in text and re.search(_DECLARES.format(re.escape(name)), _behind_name(text)):
                macro = text.split("(")[0].split()[0]
                problem = f"the macro {macro} makes tables of type {name}, or is another name of it: they are not seen"
                yield Found(name, "", each.start, -1, each.end, problem=problem, tip="write them out")


def _behind_name(define: str) -> str:
    """What a macro stands for, its parameters included."""
    return re.sub(r"^\w+", "", define, count=1)
