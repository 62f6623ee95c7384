"""HV004: an entry claims to be older than the API it serves, or than its own driver."""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding
from ..model import Definition, EntryPoint
from ..release import Release
from .base import Context, Example, Expected, Rule, definitions

_CODE = "HV004"


def check(context: Context) -> Iterator[Finding]:
    """Compare definitions with the public call, then own definitions with their driver."""
    born = {
        driver.id: driver.since
        for interface in context.catalogue.interfaces
        for driver in interface.drivers
        if driver.since is not None and context.is_known(driver.since)
    }
    for _, entry, definition in definitions(context.catalogue):
        first = _first_release(context, definition)
        if first is None or definition.place == entry.place:
            continue
        api = api_release(entry)
        if api is not None and context.is_known(api) and first < api:
            yield _older(entry, definition, first, f"the public call {entry.api}", api)
        driver = born.get(definition.owner)
        if driver is not None and first < driver:
            yield _older(entry, definition, first, f"the driver {definition.owner} itself", driver)


def api_release(entry: EntryPoint) -> Release | None:
    """The oldest release in which a public call that the entry serves appeared; None if unknown.

    The annotation of a default implementation says since when the default works; drivers may have had their own before.
    """
    own = entry.definition
    if own is not None and own.annotation is not None and not own.stub:
        return None
    return min(entry.api_since) if entry.api_since else entry.since


def _first_release(context: Context, definition: Definition) -> Release | None:
    """The oldest release in an annotation, ignoring unknown ones, which are HV003."""
    if definition.annotation is None:
        return None
    if len(definition.annotation.spans) == 1:
        since = definition.annotation.spans[0].since
        return since if context.is_known(since) else None
    return min((span.since for span in definition.annotation.spans if context.is_known(span.since)), default=None)


def _older(entry: EntryPoint, definition: Definition, first: Release, what: str, since: Release) -> Finding:
    annotation = definition.annotation
    return Finding(
        code=_CODE,
        place=annotation.place if annotation is not None else definition.place,
        message=f"{entry.name!r} of {definition.owner} is annotated {first}, older than {what} ({since})",
        found=None if annotation is None else annotation.text,
        expected=f"{since} or newer",
        tip=None if not since.is_next else "write 'next', since the call itself is in no release yet",
        driver=definition.owner,
        entry=entry.name,
    )


_DRIVER = """\
from api import Driver


class MemoryDriver(Driver):{driver}
    def start(self, guest):  # {start}
        guest.running = True
"""
_API = """\
class Driver:
    def start(self, guest):  # 1.2.0
        raise NotImplementedError
"""

RULE = Rule(
    code=_CODE,
    name="older-than-api",
    summary="An entry is annotated with a release older than the public call it serves, or than its own driver.",
    why="""\
The entry cannot have worked in that release: the public call or the driver did not exist yet. Usually the release was
copied from a neighbouring line. In libvirt 9.0.0, 35 of 1,864 annotations are wrong in this way.""",
    notes="""\
The annotation of a default implementation says since when the default works, so older ones of drivers are accepted.
If an entry has served several public calls over time, the oldest one counts. `<= 1.2.0` is compared as 1.2.0. Only a
driver's own entries are compared with its release; inherited cells start no earlier anyway.""",
    valid=(
        Example("as old as the API", _DRIVER.format(driver="", start="1.2.0"), files={"api.py": _API}),
        Example("newer than the driver", _DRIVER.format(driver="  # 1.1.0", start="1.3.0"), files={"api.py": _API}),
        Example(
            "older than the default implementation",
            _DRIVER.format(driver="", start="1.1.0"),
            files={"api.py": _API.replace("raise NotImplementedError", "self.running = True")},
        ),
        Example("the API says nothing", _DRIVER.format(driver="", start="1.0.0")),
    ),
    invalid=(
        Example(
            "older than the API",
            _DRIVER.format(driver="", start="1.1.0"),
            (Expected(5, "annotated 1.1.0, older than the public call start (1.2.0)"),),
            files={"api.py": _API},
        ),
        Example(
            "older than its driver",
            _DRIVER.format(driver="  # 1.3.0", start="1.2.0"),
            (Expected(5, "older than the driver drivers.memory:MemoryDriver itself (1.3.0)"),),
        ),
        Example(
            "the call itself is in no release yet",
            _DRIVER.format(driver="", start="1.3.0"),
            (Expected(5, "older than the public call start (next)"),),
            files={"api.py": _API.replace("1.2.0", "next")},
        ),
        Example(
            "at most a release that is too old",
            _DRIVER.format(driver="", start="<= 1.0.0"),
            (Expected(5, "annotated 1.0.0"),),
            files={"api.py": _API},
        ),
    ),
    check=check,
)
