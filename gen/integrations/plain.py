"""A block as plain lines, for books, manual pages and searches, which have no room for a table of many columns."""

from __future__ import annotations

from collections.abc import Iterator

from ..pages.block import Block
from ..pages.matrix import CellView
from ..pages.parts import CellRow


def lines(block: Block) -> Iterator[tuple[str, str]]:
    """Each row of a block: what it is about, and what there is to say."""
    if block.empty:
        yield block.heading.text, block.empty
    elif block.matrix is not None:
        columns = [column.name.text for column in block.matrix.columns]
        notes = {f"#{note.id}": note.text for note in block.matrix.notes}
        for group in block.matrix.groups:
            for row in group.rows:
                cells = zip(columns, row.cells, strict=True)
                said = [f"{name} {_cell(cell, notes)}" for name, cell in cells if cell.css != "unsupported"]
                yield row.name.text, "; ".join(said) or "not supported"
    elif block.driver is not None:
        for rows in (group.rows for group in block.driver.groups):
            yield from ((row.name.text, _row(row.cell)) for row in rows)
    for protocol in block.protocols:
        for step in protocol.steps:
            entries = ", ".join(text.text for text in step.facts[0].values)
            yield f"{step.name}, {step.side}", f"{step.does} ({entries})".strip()
    for release, changes in block.news:
        for line in changes:
            yield f"{release}: {line.driver.text} {line.words}", ", ".join(link.text for link in line.entries)


def _cell(cell: CellView, notes: dict[str, str]) -> str:
    text = " ".join(filter(None, (*cell.past, cell.text, cell.tail)))
    said = [notes[note.href] for note in cell.notes]
    return f"{text} ({'; '.join(said)})" if said else text


def _row(cell: CellRow) -> str:
    text = " ".join(filter(None, (*cell.past, cell.text, cell.tail)))
    return "; ".join((f"{text}, {cell.state}", *cell.notes))
