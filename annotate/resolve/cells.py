"""The state of a cell from its defining entry: the rules of since when, in one place for all kinds of interface."""

from __future__ import annotations

from ..model import Cell, Definition, Driver, How, Place, Span, State, state_of_spans
from ..records import record

ABSENT = Cell("unsupported", "absent")


def cut(spans: tuple[Span, ...], first: Span) -> tuple[Span, ...]:
    """Spans cut to a time that begins with another one; spans that ended before it are gone."""
    kept = [span for span in spans if span.removed is None or first.since < span.removed]
    return tuple(
        span._replace(since=first.since, at_most=first.at_most) if span.since < first.since else span for span in kept
    )


def of_variants(definitions: tuple[Definition, ...], exhaustive: bool, exempt: bool) -> Cell:
    """A cell of which several definitions count, each under its condition.

    The one that does some work speaks for the cell, since a stub under another condition does not take it away.

    Args:
        definitions: in the order written.
        exhaustive: the conditions leave no case without one.
        exempt: the config says that the entry needs no annotation.
    """
    chosen = next((each for each in definitions if not each.stub), definitions[0])
    several = definitions if len(definitions) > 1 or not exhaustive else ()
    return own(chosen, several, exhaustive, exempt)


def own(definition: Definition, variants: tuple[Definition, ...], exhaustive: bool, exempt: bool) -> Cell:
    """A cell that the driver defines itself.

    Args:
        variants: all, when there are several under conditions.
        exhaustive: the conditions leave no case without one.
        exempt: the config says that the entry needs no annotation.
    """
    annotation = definition.annotation
    spans = annotation.spans if annotation is not None else ()
    state, how = _own_state(definition, spans, exempt)
    undecided = not exhaustive or (variants and any(variant.stub != definition.stub for variant in variants))
    if undecided and state in ("supported", "next"):
        state = "conditional"
    return record(Cell, (state, how, spans, None, definition.place, definition, variants))


def either(cell: Cell, above: Cell) -> Cell:
    """A cell whose definitions leave cases to the one of a class above."""
    if above.state == "unreadable" and cell.how == "stub":
        return above
    if above.definition is None or above.how == "absent":
        return cell
    variants = (*cell.variants, *(above.variants or (above.definition,)))
    own = state_of_spans(cell.spans) if cell.spans and cell.how != "stub" else None
    # Today only the class above supports the entry, in the cases that are left to it.
    is_away = own in ("next", "removed") and above.state in ("supported", "unannotated", "conditional")
    if (cell.how == "stub" or is_away) and above.how != "stub":
        state = "conditional" if above.state in ("supported", "next") else above.state
        return above._replace(state=state, variants=variants)
    state = cell.state
    if state == "conditional" and own is not None and above.how != "stub":
        # What the class above has only from the next release on leaves the other cases without it today.
        covering = {own, "supported", "unannotated", *(("removed",) if own == "next" else ())}
        state = own if above.state in covering else state
    return cell._replace(state=state, variants=variants)


def _own_state(definition: Definition, spans: tuple[Span, ...], exempt: bool) -> tuple[State, How]:
    how: How = "stub" if definition.stub else "own"
    if definition.malformed:
        return "unreadable", how
    if definition.stub:
        closed = bool(spans) and not spans[-1].is_open
        return ("removed" if closed else "unsupported"), how
    if not spans:
        return ("supported" if exempt else "unannotated"), how
    state = state_of_spans(spans)
    if definition.expression and state in ("supported", "next"):
        return "conditional", how
    return state, how


def inherited(base: Cell, via: str, driver: Driver) -> Cell:
    """The cell of a driver that takes an entry from a class it derives from.

    Args:
        base: the cell of that class, as its own.
        via: its id.
        driver: whose annotation says in which release it appeared.
    """
    return _taken(base, "stub" if base.how == "stub" else "inherited", via, driver)


def default(base: Cell, via: str, driver: Driver) -> Cell:
    """The cell of a driver for which the interface's own body does the work."""
    return _taken(base, "default", via, driver)


def _taken(base: Cell, how: How, via: str, driver: Driver) -> Cell:
    taken = base._replace(how=how, via=via)
    if base.state in ("unannotated", "unreadable"):
        return taken
    if driver.annotation is None:
        return taken if how == "stub" else taken._replace(state="unannotated", spans=())
    spans = cut(base.spans, driver.annotation.spans[0])
    if base.spans and not spans:
        return taken._replace(state="unsupported", how="stub" if how == "stub" else "absent", spans=())
    if base.state == "conditional" or how == "stub":
        return taken._replace(spans=spans)
    return taken._replace(state=state_of_spans(spans) if spans else base.state, spans=spans)


def needing(cell: Cell, other: Cell) -> Cell:
    """A default that calls another entry cannot have worked before that one did."""
    if not cell.spans or not other.spans:
        return cell
    spans = cut(cell.spans, other.spans[0])
    return cell._replace(state=state_of_spans(spans), spans=spans) if spans and cell.state != "conditional" else cell


def is_unsure(cell: Cell) -> bool:
    """Whether an entry works under some conditions only."""
    one = cell.definition
    is_partly = any(each.stub for each in cell.variants) or len(cell.variants) == 1
    return cell.state == "conditional" or is_partly or (one is not None and one.expression is not None)


def depending(cell: Cell, name: str) -> Cell:
    """A default that uses what works under some conditions only."""
    one = cell.definition
    if one is not None and one.expression is None:
        cell = cell._replace(definition=one._replace(expression=name))
    return cell._replace(state="conditional") if cell.state in ("supported", "next") else cell


def given(cell: Cell, spans: tuple[Span, ...]) -> Cell:
    """A cell whose spans the config gives."""
    return cell._replace(state=state_of_spans(spans), spans=spans)


def lacking(name: str, needed: str, base: Cell) -> Cell:
    """A default that cannot work: the interface's body calls an entry that the driver lacks."""
    definition = base.definition
    if definition is not None:
        definition = definition._replace(expression=f"{needed}, which this driver lacks")
    return Cell("unsupported", "absent", (), base.via, base.place, definition)


def unreadable(place: Place) -> Cell:
    """A cell that could not be read; a problem says why."""
    return Cell("unreadable", "absent", (), None, place)
