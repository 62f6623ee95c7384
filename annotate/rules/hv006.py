"""HV006: annotated as removed but still implemented, or gone without an annotation."""

from __future__ import annotations

from collections.abc import Iterator

from ..config.target import key
from ..findings import Finding
from ..model import Annotation, Cell, Definition, Driver, EntryPoint, Interface
from ..release import Release
from .base import (
    EXAMPLE_API,
    EXAMPLE_CONFIG,
    EXAMPLE_PATH,
    Context,
    Example,
    Expected,
    Rule,
    definitions,
    example_start,
)

_CODE = "HV006"
#: Kind of an interface -> how its drivers write an entry that was removed.
_NOTHING = {"class": "a body that only raises", "table": "an empty slot", "flags": "False"}


def check(context: Context) -> Iterator[Finding]:
    """Implementations annotated as removed, then entries supported in the earlier tree and gone now."""
    for interface, entry, definition in definitions(context.catalogue):
        removed = None if definition.stub else _removed(context, definition.annotation)
        if removed is not None:
            yield _still_there(interface, entry, definition, removed)
    for interface in context.catalogue.interfaces:
        for driver in interface.drivers:
            removed = _removed(context, driver.annotation)
            if removed is not None:
                yield _driver_still_there(interface, driver, removed)
    before = {one.key: one for one in context.previous.interfaces} if context.previous is not None else {}
    for interface in context.catalogue.interfaces:
        if interface.key in before:
            yield from _gone(before[interface.key], interface)


def _removed(context: Context, annotation: Annotation | None) -> Release | None:
    """The release that ends the last span, if it is due; unknown ones are HV003."""
    if annotation is None:
        return None
    removed = annotation.spans[-1].removed
    if removed is None or not context.is_known(removed):
        return None
    current = context.current
    return removed if removed.is_next or current is None or removed <= current else None


def _still_there(interface: Interface, entry: EntryPoint, definition: Definition, removed: Release) -> Finding:
    annotation = definition.annotation
    return Finding(
        code=_CODE,
        place=definition.place,
        message=f"{entry.name!r} of {definition.owner} is annotated as removed in {removed} but still implemented",
        found=None if annotation is None else annotation.text,
        expected=f"{_NOTHING[interface.kind]}, or a span without an end",
        tip="remove the end of the span"
        if removed.is_next
        else "if it came back, add that release: 'A - B, C'; if it never went, remove the end of the span",
        driver=definition.owner,
        entry=entry.name,
    )


def _driver_still_there(interface: Interface, driver: Driver, removed: Release) -> Finding:
    return Finding(
        code=_CODE,
        place=driver.place,
        message=f"driver {driver.id} is annotated as removed in {removed} but still exists",
        found=None if driver.annotation is None else driver.annotation.text,
        expected="the release in which it appeared, without an end",
        tip="annotate the removal beside each entry; or delete the driver, and add it under"
        f" [interfaces.{key(interface.key)}.removed] in the config",
        driver=driver.id,
    )


def _gone(before: Interface, now: Interface) -> Iterator[Finding]:
    """What the earlier tree supported and this one neither has nor annotates as removed."""
    drivers = {driver.id: driver for driver in now.drivers}
    remembered = {former.id for former in now.removed}
    entries = {entry.name for entry in now.entries}
    for driver in before.drivers:
        promised = [(entry, cell) for entry in before.entries if _promised(cell := before.cell(driver, entry))]
        if driver.id not in drivers:
            if promised and driver.id not in remembered:
                yield _gone_driver(now, driver, len(promised))
            continue
        for entry, cell in promised:
            if entry.name in entries and _is_absent(now.cells[driver.id, entry.name]):
                yield _gone_entry(now.kind, drivers[driver.id], now.cells[driver.id, entry.name], entry, cell)


def _promised(cell: Cell) -> bool:
    """Whether a release may have shipped with it: it has no release, or a span is open and not from ``next`` on."""
    return cell.implements and (not cell.spans or any(span.is_open and not span.since.is_next for span in cell.spans))


def _is_absent(cell: Cell) -> bool:
    """Whether the page would show neither support nor a removal."""
    return cell.state == "unsupported" and not cell.spans


def _gone_entry(kind: str, driver: Driver, now: Cell, entry: EntryPoint, cell: Cell) -> Finding:
    since = cell.spans[-1].since if cell.spans else None
    return Finding(
        code=_CODE,
        place=now.place or driver.place,
        message=f"{entry.name!r} of {driver.id} was {_told(since)} and is gone without a removal annotation",
        found=f"it was at {cell.place.short}" if cell.place is not None else None,
        expected=f"{_NOTHING[kind]}, annotated '{since or 'SINCE'} - next'",
        tip="put it back like that, so that the page still shows which releases had it"
        + ("" if since else "; SINCE may be '<= RELEASE', with any release that had it"),
        driver=driver.id,
        entry=entry.name,
    )


def _told(since: Release | None) -> str:
    return f"supported since {since}" if since is not None else "implemented, without a release,"


def _gone_driver(now: Interface, driver: Driver, count: int) -> Finding:
    entries = "1 entry point" if count == 1 else f"{count} entry points"
    return Finding(
        code=_CODE,
        place=now.place,
        message=f"driver {driver.id} is gone without a removal annotation, with {entries} that it had",
        found=f"it was at {driver.place.short}",
        expected="its class or table with the removal beside each entry, or its releases under 'removed'",
        tip=f"add {driver.id!r} = 'SINCE - next' to [interfaces.{key(now.key)}.removed] in the config;"
        " if it was only renamed, accept this once with a baseline",
        driver=driver.id,
    )


_HEAD = example_start("1.0.0")
_STOP = """\

    def stop(self, guest):  # 1.1.0
        guest.running = False
"""
_REMOVED = """\

    def stop(self, guest):  # {spans}
        raise NotImplementedError
"""

RULE = Rule(
    code=_CODE,
    name="removal",
    summary="An entry is annotated as removed but still implemented, or it is gone without a removal annotation.",
    why="""\
Users of old releases read the page to learn what their release supports. If an entry is deleted together with its
annotation, the page no longer shows that it ever worked. If the annotation says removed but the body still works, the
page denies support that exists.""",
    notes="""\
Finding deleted entries needs an earlier tree to compare with: `check --diff REV`. Keep a removed entry as a body that
only raises, annotated with a closed span, and a deleted driver under `removed` in the configuration. If the interface
itself dropped the entry, nothing is reported.""",
    valid=(
        Example("removed, and the body only raises", _HEAD + _REMOVED.format(spans="1.1.0 - 1.3.0")),
        Example(
            "removed since the earlier tree",
            _HEAD + _REMOVED.format(spans="1.1.0 - next"),
            before={EXAMPLE_PATH: _HEAD + _STOP},
        ),
        Example(
            "a driver that the configuration remembers",
            _HEAD,
            files={
                "hvsupport.toml": EXAMPLE_CONFIG
                + '\n[interfaces.driver.removed]\n"drivers.other:OtherDriver" = "1.0.0 - next"\n'
            },
            before={"drivers/other.py": _HEAD.replace("Memory", "Other")},
        ),
        Example(
            "an entry that was never released may be deleted",
            _HEAD,
            before={EXAMPLE_PATH: _HEAD + _STOP.replace("1.1.0", "next")},
        ),
        Example(
            "the interface dropped the entry",
            _HEAD,
            files={"api.py": EXAMPLE_API.replace("stop", "halt")},
            before={EXAMPLE_PATH: _HEAD + _STOP, "api.py": EXAMPLE_API},
        ),
    ),
    invalid=(
        Example(
            "removed and still implemented",
            _HEAD + _STOP.replace("1.1.0", "1.1.0 - 1.3.0"),
            (Expected(8, "removed in 1.3.0 but still implemented"),),
        ),
        Example(
            "a driver annotated as removed",
            _HEAD.replace("(Driver):", "(Driver):  # 1.0.0 - 1.2.0"),
            (Expected(4, "driver drivers.memory:MemoryDriver is annotated as removed in 1.2.0 but still exists"),),
        ),
        Example(
            "removed in the coming release but still implemented",
            _HEAD + _STOP.replace("1.1.0", "1.1.0 - next"),
            (Expected(8, "removed in next"),),
        ),
        Example(
            "gone since the earlier tree",
            _HEAD,
            (Expected(4, "'stop' of drivers.memory:MemoryDriver was supported since 1.1.0 and is gone"),),
            before={EXAMPLE_PATH: _HEAD + _STOP},
        ),
        Example(
            "only raises now, without an annotation",
            _HEAD + "\n    def stop(self, guest):\n        raise NotImplementedError\n",
            (Expected(8, "gone without a removal"),),
            before={EXAMPLE_PATH: _HEAD + _STOP},
        ),
        Example(
            "a whole driver is gone",
            _HEAD,
            (
                Expected(
                    1,
                    "driver drivers.other:OtherDriver is gone without a removal annotation, with 1 entry point",
                    "api.py",
                ),
            ),
            before={"drivers/other.py": _HEAD.replace("Memory", "Other")},
        ),
        Example(
            "an entry without a release is gone",
            _HEAD,
            (Expected(4, "'stop' of drivers.memory:MemoryDriver was implemented, without a release, and is gone"),),
            before={EXAMPLE_PATH: _HEAD + _STOP.replace("  # 1.1.0", "")},
        ),
        Example(
            "a whole driver without releases is gone",
            _HEAD,
            (Expected(1, "driver drivers.other:OtherDriver is gone", "api.py"),),
            before={"drivers/other.py": _HEAD.replace("Memory", "Other").replace("  # 1.0.0", "")},
        ),
    ),
    check=check,
)
