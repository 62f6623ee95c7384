"""What a driver's table claims, and what it lacks of that.

A driver claims the calls that every driver has, each protocol of which it fills a step that no
whole protocol of its table needs, and what whoever runs the kit requires of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hypervisor import HypervisorDriver
from hypervisor.migration.peer import PREFIX
from hypervisor.migration.protocols import BY_NAME, PROTOCOLS, Protocol

#: Without these there is nothing to test.
CORE = (
    *("connect_open", "connect_close", "domain_define", "domain_lookup", "domain_create"),
    *("domain_destroy", "domain_get_info", "domain_dump_description"),
)

#: Step -> what depends on it.
WHY = {
    "begin3": "Begin describes the guest and offers its lease: nothing else says who will come",
    "prepare": "Prepare says where the guest is to be sent",
    "prepare2": "Prepare takes the description and says where the guest is to be sent",
    "prepare3": "Prepare takes the lease that is offered and says where the guest is to be sent",
    "prepare_tunnel3": "Prepare takes the guest from the connection of the coordinator",
    "perform": "Perform sends the guest",
    "perform3": "Perform sends the guest, pauses it and drops its lease",
    "finish": "Finish starts the guest",
    "finish2": "Finish starts the guest, or gives it up",
    "finish3": "Finish starts the guest, or gives it up, and proves which",
    "confirm3": "Confirm tells the source how Finish ended: else the guest stays paused there",
}


def known() -> list[str]:
    """Give what can be required: the protocols and the slots of the table."""
    return [*BY_NAME, *(name for name in HypervisorDriver.__dataclass_fields__ if name != "name")]


def lacking(table: HypervisorDriver, required: Iterable[str] = ()) -> dict[str, str]:
    """Give each claim that the table does not keep, with what it lacks and why that is needed."""
    found: dict[str, str] = {}
    if core := _empty(table, CORE):
        found["every driver"] = f"it lacks {', '.join(core)}, without which no guest can be tested"
    for protocol in _begun(table):
        missing = _missing(table, protocol)
        found[protocol.name] = f"it fills some steps of {protocol.name} but {missing}"
    for name in required:
        if name in BY_NAME:
            if missing := _missing(table, BY_NAME[name]):
                found[name] = f"{name} is required but {missing}"
        elif getattr(table, name) is None:
            found[name] = f"{name} is required but the slot is empty"
    return found


def _missing(table: HypervisorDriver, protocol: Protocol) -> str:
    empty = _empty(table, (*protocol.source, *protocol.destination))
    reasons = [f"{name} ({WHY[name.removeprefix(PREFIX)]})" for name in empty]
    return f"lacks {'; '.join(reasons)}" if reasons else ""


def _begun(table: HypervisorDriver) -> Iterator[Protocol]:
    """Give the protocols of which the table has steps that it needs for no other."""
    slots = {each.name: {*each.source, *each.destination} for each in PROTOCOLS}
    whole = [name for name, needed in slots.items() if not _empty(table, needed)]
    used = {slot for name in whole for slot in slots[name]}
    spare = {slot for needed in slots.values() for slot in needed if slot not in used}
    filled = {slot for slot in spare if getattr(table, slot) is not None}
    while filled:
        # The one that lacks least: without Confirm, a table with a tunnel only meant that.
        begun = (each for each in PROTOCOLS if filled & slots[each.name])
        protocol = min(begun, key=lambda each: len(_empty(table, slots[each.name])))
        yield protocol
        filled -= slots[protocol.name]


def _empty(table: HypervisorDriver, slots: Iterable[str]) -> list[str]:
    return [slot for slot in slots if getattr(table, slot) is None]
