"""Slots among the arguments of a macro that fills what a pointer leads to: ``INIT(this, .ops = { .open = f })``."""

from collections.abc import Iterator

from ...patterns import regex
from ...records import NamedTuple
from .brackets import Brackets
from .source import COMMENT, STRING

_CALLED = regex(rb"[A-Za-z_]\w*\s*\(\s*$")
#: Behind the pointer: perhaps one more argument, then the first slot.
_FIRST = regex(rb"\s*,\s*(?:\w+\s*,\s*)?(?=\.\s*[A-Za-z_]\w*\s*=(?!=))")
_PIECE = regex(
    rb"(?s)(?:" + COMMENT + rb"|" + STRING + rb")|\.\s*(?P<name>[A-Za-z_]\w*)\s*=(?!=)\s*(?P<list>\{)?|(?P<sign>[{}])"
)
_FAR = 80


class Given(NamedTuple):
    """A slot: its path, where it begins, and where its value begins and ends."""

    field: str
    start: int
    value: int
    end: int


def slots(code: bytes, brackets: Brackets, pointer: int, end: int) -> Iterator[Given]:
    """The slots that stand behind a pointer in a call; nothing where it is no such call.

    Args:
        code: the bytes of the file with its directives blanked.
        brackets: of the file.
        pointer: where the pointer stands.
        end: where its name ends.
    """
    called = _CALLED.search(code[max(0, pointer - _FAR) : pointer])
    first = _FIRST.match(code, end) if called is not None else None
    closing = brackets.behind(code.rindex(b"(", 0, pointer)) if first is not None else None
    if first is None or closing is None:
        return
    path: list[str] = []
    position = first.end()
    while (piece := _PIECE.search(code, position, closing - 1)) is not None:
        position = piece.end()
        if piece["sign"] == b"}" and path:
            path.pop()
        elif piece["sign"] == b"{":
            path.append("")
        elif piece["name"] is not None and piece["list"] is not None:
            path.append(piece["name"].decode())
        elif piece["name"] is not None and "" not in path:
            position = brackets.sign(piece.end())
            yield Given(".".join((*path, piece["name"].decode())), piece.start(), piece.end(), position)
