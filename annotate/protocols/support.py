"""What one driver makes of one protocol: states and spans of its steps, and of all of them together.

Nothing is guessed: a step under a condition, without an annotation or in something unreadable makes the protocol so
too. Some but not all steps make it incomplete, unless those that are there serve other purposes as well.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..model import Cell, Span, State, state_of_spans
from ..protocol import Protocol, ProtocolState, Step, StepSupport, Support, VariantSupport
from .spans import all_of, any_of

Row = Mapping[str, Cell]
#: What keeps a protocol from being certain, the worst first.
UNSURE: tuple[State, ...] = ("unreadable", "unannotated", "conditional")
#: What of two entries for one step says more about it.
_WORTH: tuple[State, ...] = ("supported", "next", "conditional", "unannotated", "unreadable", "removed", "unsupported")


def of_driver(protocols: tuple[Protocol, ...], row: Row) -> dict[str, Support]:
    """Key of a protocol -> what a driver makes of it.

    Args:
        protocols: all that are read in its interface, for an entry may be a step of several.
        row: entry -> cell of the driver.
    """
    found = {protocol.key: of_protocol(protocol, row) for protocol in protocols}
    for protocol in sorted(protocols, key=lambda each: (len(found[each.key].missing), -each.rank)):
        if _is_stray(protocol, protocols, found, row):
            found[protocol.key] = found[protocol.key]._replace(state="incomplete")
    return found


def _is_stray(protocol: Protocol, protocols: tuple[Protocol, ...], found: Mapping[str, Support], row: Row) -> bool:
    """Whether a driver has a step of several protocols, and none of these has anything else to do with it."""
    if found[protocol.key].state != "unsupported":
        return False
    stray = {e for step in protocol.steps if not step.general for e in step.shared if _stands(row[e])}
    used = {
        entry
        for other in protocols
        if not found[other.key].is_plainly_absent
        for step in other.steps
        for entry in step.entries
    }
    return bool(stray - used)


def of_protocol(protocol: Protocol, row: Row) -> Support:
    """What a driver makes of one protocol, looked at by itself."""
    steps = tuple(of_step(step, step.entries, row) for step in protocol.steps)
    touched = [row[entry] for step in protocol.steps for entry in step.entries if entry not in step.shared]
    state, spans = _together(steps, touched)
    variants = (_variant(protocol, name, row) for name in protocol.variants)
    return Support(
        state,
        spans,
        steps,
        tuple(each.step.entries[0] for each in steps if not each.is_there),
        tuple(each for each in variants if each is not None),
    )


def of_step(step: Step, entries: tuple[str, ...], row: Row) -> StepSupport:
    """What a driver does about one step through some of its entries."""
    cells = tuple((entry, row[entry]) for entry in entries)
    state = min((cell.state for _, cell in cells), key=_WORTH.index)
    if state == "unsupported":
        return StepSupport(step, cells, state)
    if state in ("supported", "next"):
        if any(cell.state == state and not cell.spans for _, cell in cells):
            return StepSupport(step, cells, state)
        state, spans = _certain([cell for _, cell in cells])
    else:
        spans = any_of(cell.spans for _, cell in cells if cell.state == state)
    return StepSupport(step, cells, state, tuple(_named(step, span) for span in spans))


def _certain(cells: list[Cell]) -> tuple[State, tuple[Span, ...]]:
    """Since when a step stands for sure; an entry of which that is not known may have done it before."""
    spans = any_of(cell.spans for cell in cells if cell.state not in UNSURE)
    perhaps = [cell for cell in cells if cell.state in UNSURE]
    if any(not cell.spans or cell.spans[0].since < spans[0].since for cell in perhaps):
        spans = (spans[0]._replace(at_most=True), *spans[1:])
    return state_of_spans(spans), spans


def _named(step: Step, span: Span) -> Span:
    """A note says which step it is about, as soon as several of them stand together."""
    return span._replace(note=f"{step.name}: {span.note}") if span.note else span


def _together(steps: tuple[StepSupport, ...], own: list[Cell]) -> tuple[ProtocolState, tuple[Span, ...]]:
    """State and spans of all steps together.

    Args:
        steps: all of them.
        own: the cells that say something about this protocol, and not about another one.
    """
    unsure = [each.state for each in steps if each.state in UNSURE]
    known = [each.spans for each in steps if each.spans]
    if all(each.is_there for each in steps):
        if unsure:
            worst = min(unsure, key=UNSURE.index)
            return worst, all_of(known) if worst == "conditional" and known else ()
        spans = all_of(known) if known else ()
        return (state_of_spans(spans) if spans else "supported"), spans
    told = not unsure and not any(each.state == "unsupported" for each in steps)
    spans = all_of(known) if told and known else ()
    if any(_stands(cell) for cell in own):
        return "incomplete", spans
    return ("removed" if spans else "unsupported"), spans


def _stands(cell: Cell) -> bool:
    """Whether the driver itself has an entry today; what the interface does for everybody says nothing."""
    return cell.implements and cell.how != "default" and cell.state not in ("unsupported", "removed")


def _variant(protocol: Protocol, name: str, row: Row) -> VariantSupport | None:
    """What a driver makes of a variant; None where it has nothing of its own for it."""
    entries = {
        step.name: tuple(entry for entry, variant in step.variants if variant == name) for step in protocol.steps
    }
    own = [row[entry] for each in entries.values() for entry in each]
    if all(cell.state == "unsupported" for cell in own):
        return None
    steps = [of_step(step, entries[step.name] or step.entries, row) for step in protocol.steps]
    state, spans = _together(tuple(steps), own)
    return VariantSupport(name, state, spans, tuple(each.cells[0][0] for each in steps if not each.is_there))
