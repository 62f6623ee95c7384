"""HV021: the steps of a protocol were added in different releases."""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import WARNING, Finding
from ..model import Driver, Place
from ..protocol import Protocol, StepSupport, Support
from ..release import Release
from .base import Context, Example, Expected, Rule
from .steps import EXAMPLE_DRIVER, EXAMPLE_FILES, own_cells, supports

_CODE = "HV021"


def check(context: Context) -> Iterator[Finding]:
    """Drivers that have all steps now, some added later than others."""
    for _, driver, protocol, support in supports(context.catalogue):
        if support.state not in ("supported", "next", "conditional"):
            continue
        came = dict(_came(protocol, support))
        latest = max(came.values(), default=None)
        early = [name for name, release in came.items() if latest is not None and release < latest]
        if early and latest is not None:
            late = [step for step in support.steps if came.get(step.step.name) == latest]
            yield _finding(driver, protocol, support, early, late, latest)


def _came(protocol: Protocol, support: Support) -> Iterator[tuple[str, Release]]:
    """Step -> the release since which it has been supported without a gap, for steps of this protocol alone.

    No driver can have had all steps before the interface did, so older releases count as the interface's. Upper bounds
    (``<=``) are left out.
    """
    for step in support.steps:
        if step.spans and any(own_cells(step)) and not step.spans[-1].at_most:
            since = step.spans[-1].since
            yield step.step.name, since if protocol.since is None else max(since, protocol.since)


def _finding(
    driver: Driver, protocol: Protocol, support: Support, early: list[str], late: list[StepSupport], latest: Release
) -> Finding:
    names = ", ".join(step.step.name for step in late)
    first = {step.step.name: step for step in support.steps}[early[0]]
    return Finding(
        code=_CODE,
        place=_place(driver, late[0]),
        message=f"{driver.id} has {names} of {protocol.title} since {latest}, later than {', '.join(early)}:"
        f" the protocol works only since {latest}{support.only}",
        found=f"{first.step.name} since {first.spans[-1].since}",
        expected="one release for all steps, if one of these is a mistake",
        tip="if the releases are right, say so on this line: 'hvsupport: ignore[HV021] reason'",
        severity=WARNING,
        driver=driver.id,
        entry=late[0].cells[0][0],
        protocol=protocol.key,
    )


def _place(driver: Driver, step: StepSupport) -> Place:
    return next((cell.place for _, cell in own_cells(step) if cell.place is not None), driver.place)


def _source(begin: str, finish: str, confirm: str) -> str:
    return EXAMPLE_DRIVER.format(begin=begin, finish=finish, confirm=confirm)


_API = """\
class Driver:
    def begin(self, guest):  # 1.0.0
        raise NotImplementedError

    def finish(self, guest, cookie):  # 1.0.0
        raise NotImplementedError

    def confirm(self, guest):  # 1.2.0
        raise NotImplementedError
"""

RULE = Rule(
    code=_CODE,
    name="protocol-in-pieces",
    summary="A driver added the steps of a protocol in different releases.",
    why="""\
The matrix shows each entry separately. A reader who sees Begin since 1.1.0 assumes that the protocol works since 1.1.0,
but it works only since the release of its latest step. Usually the steps were added together and one annotation is a
mistake.""",
    notes="""\
This is a warning and does not change the exit status: if the steps really were added one after the other, an error
would only encourage false releases. Acknowledge such a driver once, beside the entry:
`# hvsupport: ignore[HV021] reason`. Pages and `hvsupport protocol` count from the latest step in any case. Only entries
that belong to one protocol alone are compared, and only since the interface had all steps.""",
    valid=(
        Example("all in one release", _source("1.1.0", "1.1.0", "1.1.0"), files=EXAMPLE_FILES),
        Example(
            "acknowledged",
            _source("1.1.0", "1.1.0", "1.2.0  # hvsupport: ignore[HV021] Confirm was forgotten at first"),
            files=EXAMPLE_FILES,
        ),
        Example(
            "as old as the interface allows",
            _source("1.0.0", "1.0.0", "1.2.0"),
            files={**EXAMPLE_FILES, "api.py": _API},
        ),
        Example("it stood there then", _source("<= 1.1.0", "1.0.0", "1.0.0"), files=EXAMPLE_FILES),
    ),
    invalid=(
        Example(
            "the last step came later",
            _source("1.1.0", "1.1.0", "1.2.0"),
            (
                Expected(
                    11, "has Confirm of Handover v1 since 1.2.0, later than Begin, Finish: the protocol works only"
                ),
            ),
            files=EXAMPLE_FILES,
        ),
        Example(
            "one step is not released yet",
            _source("1.1.0", "next", "1.1.0"),
            (Expected(8, "works only since next"),),
            files=EXAMPLE_FILES,
        ),
        Example(
            "removed and back again",
            _source("1.0.0", "1.0.0 - 1.1.0, 1.3.0", "1.0.0"),
            (Expected(8, "has Finish of Handover v1 since 1.3.0"),),
            files=EXAMPLE_FILES,
        ),
        Example(
            "later than the interface",
            _source("1.0.0", "1.3.0", "1.2.0"),
            (Expected(8, "since 1.3.0, later than Begin, Confirm"),),
            files={**EXAMPLE_FILES, "api.py": _API},
        ),
    ),
    check=check,
    severity=WARNING,
)
