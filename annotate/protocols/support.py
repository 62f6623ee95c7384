"""The support of one driver for one protocol: state and spans of each step, and of the whole.

Nothing is guessed: a conditional, unannotated or unreadable step makes the protocol so. A protocol with some steps
missing is incomplete, unless the existing ones also serve other purposes.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..model import Cell, Span, State, state_of_spans
from ..protocol import Protocol, ProtocolState, Step, StepSupport, Support, VariantSupport
from .spans import all_of, any_of

Row = Mapping[str, Cell]
#: States that make a protocol uncertain, worst first.
UNSURE: tuple[State, ...] = ("unreadable", "unannotated", "conditional")
#: The state of a step is the first of these among its entries.
_WORTH: tuple[State, ...] = ("supported", "next", "conditional", "unannotated", "unreadable", "removed", "unsupported")


def of_driver(protocols: tuple[Protocol, ...], row: Row) -> dict[str, Support]:
    """Key of a protocol -> the driver's support.

    Args:
        protocols: all of the interface, because an entry may be a step of several.
        row: entry -> cell of the driver.
    """
    found = {protocol.key: of_protocol(protocol, row) for protocol in protocols}
    for protocol in sorted(protocols, key=lambda each: (len(found[each.key].missing), -each.rank)):
        if _is_stray(protocol, protocols, found, row):
            found[protocol.key] = found[protocol.key]._replace(state="incomplete")
    return found


def _is_stray(protocol: Protocol, protocols: tuple[Protocol, ...], found: Mapping[str, Support], row: Row) -> bool:
    """Whether a driver has a step shared by several protocols but supports none of them."""
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
    """The support of one protocol by itself."""
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
    """The support of one step through some of its entries."""
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
    """Since when a step certainly exists; an entry with an unknown release may be older."""
    spans = any_of(cell.spans for cell in cells if cell.state not in UNSURE)
    perhaps = [cell for cell in cells if cell.state in UNSURE]
    if any(not cell.spans or cell.spans[0].since < spans[0].since for cell in perhaps):
        spans = (spans[0]._replace(at_most=True), *spans[1:])
    return state_of_spans(spans), spans


def _named(step: Step, span: Span) -> Span:
    """Prefix a note with the name of its step."""
    return span._replace(note=f"{step.name}: {span.note}") if span.note else span


def _together(steps: tuple[StepSupport, ...], own: list[Cell]) -> tuple[ProtocolState, tuple[Span, ...]]:
    """State and spans of all steps together.

    Args:
        own: the cells of this protocol that other protocols do not share.
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
    """Whether the driver itself implements an entry now; default implementations do not count."""
    return cell.implements and cell.how != "default" and cell.state not in ("unsupported", "removed")


def _variant(protocol: Protocol, name: str, row: Row) -> VariantSupport | None:
    """The support of a variant; None if the driver has none of its own entries."""
    entries = {
        step.name: tuple(entry for entry, variant in step.variants if variant == name) for step in protocol.steps
    }
    own = [row[entry] for each in entries.values() for entry in each]
    if all(cell.state == "unsupported" for cell in own):
        return None
    steps = [of_step(step, entries[step.name] or step.entries, row) for step in protocol.steps]
    state, spans = _together(tuple(steps), own)
    missing = tuple(each.cells[0][0] for each in steps if not each.is_there)
    return VariantSupport(name, state, spans, missing, any(_is_alone(step, name, row) for step in protocol.steps))


def _is_alone(step: Step, name: str, row: Row) -> bool:
    """Whether a driver has a step in a variant and certainly in no usual way."""
    absent: tuple[State, ...] = ("unsupported", "removed")
    there = {entry for entry in step.entries if row[entry].state not in absent}
    usual = {entry for entry in step.entries if step.variant(entry) is None}
    return bool(usual) and not usual & there and any(step.variant(entry) == name for entry in there)
