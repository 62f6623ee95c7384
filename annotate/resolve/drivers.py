"""Columns as drivers: their titles, and the release in which each appeared."""

from __future__ import annotations

from ..model import Driver, Place
from .columns import Column
from .context import Context


def driver(context: Context, column: Column) -> Driver:
    """A class as a driver, with the release in which it appeared."""
    fact = context.tree.class_fact(column.path, column.name)
    assert fact is not None, "columns are classes that were found"
    reading = context.reading(column.path, fact.marks, column.id)
    order = context.orders.of(column.path, column.name)[1:]
    annotation = reading.annotation
    return Driver(
        column.id,
        context.interface.title_of(column.id) or _own_title(context, column) or fact.name.rpartition(".")[2],
        Place(column.path, fact.line, fact.column),
        annotation.spans[0].since if annotation is not None else None,
        annotation,
        context.insertion(column.path, fact.insert),
        tuple(context.tree.class_id(each.path, each.name) for each in order if each.kind == "class"),
        tuple(each.name for each in order if each.kind == "external"),
        reading.malformed,
    )


def _own_title(context: Context, column: Column) -> str | None:
    """A literal ``name = "..."`` in the class body."""
    group = context.tree.members(column.path, column.name).get("name", [])
    body = group[-1].body if group else None
    return body.source if body is not None and body.kind == "string" else None
