"""HV020: a driver has some steps of a protocol but not all."""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding
from ..model import Driver, Place
from ..protocol import Protocol, StepSupport, Support
from .base import Context, Example, Expected, Rule
from .steps import EXAMPLE_DRIVER, EXAMPLE_FILES, own_cells, supports

_CODE = "HV020"


def check(context: Context) -> Iterator[Finding]:
    """Every missing step of every driver that has other steps of the same protocol."""
    for _, driver, protocol, support in supports(context.catalogue):
        if support.state == "incomplete":
            for step in support.lacking:
                yield _finding(driver, protocol, support, step)


def _finding(driver: Driver, protocol: Protocol, support: Support, missing: StepSupport) -> Finding:
    step = missing.step
    removed = next((span.removed for span in reversed(missing.spans) if span.removed is not None), None)
    gone = f", which was removed in {removed}" if removed is not None else ""
    harm = f": {step.without.rstrip('.')}" if step.without else ""
    only = f" ({support.only.removeprefix(', ')})" if support.only else ""
    there = [each.step.name for each in support.steps if each.is_there]
    return Finding(
        code=_CODE,
        place=_beside(driver, support, missing),
        message=f"{driver.id} implements part of {protocol.title}{only} but lacks {step.name}{gone}{harm}",
        found=f"only {', '.join(there)}",
        expected=f"{' or '.join(step.entries)} too, or no step of {protocol.title}",
        driver=driver.id,
        entry=step.entries[0],
        protocol=protocol.key,
    )


def _beside(driver: Driver, support: Support, missing: StepSupport) -> Place:
    """The driver's own entry nearest before the missing one, otherwise after it."""
    at = support.steps.index(missing)
    for step in (*support.steps[:at][::-1], *support.steps[at:]):
        cells = [*own_cells(step), *step.cells]
        place = next((cell.place for _, cell in cells if cell.how == "own" and cell.place is not None), None)
        if place is not None and step.is_there:
            return place
    return driver.place


_MISSING = EXAMPLE_DRIVER[: EXAMPLE_DRIVER.index("\n    def confirm")]
_ALL = EXAMPLE_DRIVER.format(begin="1.1.0", finish="1.1.0", confirm="1.1.0")
_NONE = "from api import Driver\n\n\nclass MemoryDriver(Driver):\n    pass\n"
_STUB = (
    _MISSING
    + '\n    def confirm(self, guest):\n        raise NotImplementedError("a guest in memory is never killed")\n'
)

RULE = Rule(
    code=_CODE,
    name="incomplete-protocol",
    summary="A driver implements some steps of a protocol but lacks others.",
    why="""\
The steps of a protocol only work together. A program that finds the first steps starts the protocol, and the missing
one is noticed only after something else has failed: a migration without Confirm works until Finish fails for the first
time, and then the guest on the source cannot be resumed.""",
    notes="""\
Protocols are declared in the configuration; see [protocols](protocols.md) for an example. The message takes the
consequence of a missing step from its key `without`. A driver counts as implementing a protocol only if it has an entry
of this protocol alone: entries marked `general`, entries shared with another protocol and default implementations do
not count. A step that was removed while others remain is missing. If a driver implements only one side on purpose, say
so beside the entry: `# hvsupport: ignore[HV020] reason`.""",
    valid=(
        Example("all steps", _ALL, files=EXAMPLE_FILES),
        Example("no step", _NONE, files=EXAMPLE_FILES),
        Example(
            "all steps removed together",
            "from api import Driver\n\n\nclass MemoryDriver(Driver):\n"
            + "\n".join(
                f"    def {name}(self{more}):  # 1.0.0 - 1.2.0\n        raise NotImplementedError\n"
                for name, more in (("begin", ", guest"), ("finish", ", guest, cookie"), ("confirm", ", guest"))
            ),
            files=EXAMPLE_FILES,
        ),
    ),
    invalid=(
        Example(
            "the last step is missing",
            _MISSING.format(begin="1.1.0", finish="1.1.0"),
            (Expected(8, "lacks Confirm: if Finish fails, the guest on the source cannot be resumed"),),
            files=EXAMPLE_FILES,
        ),
        Example(
            "a stub is not a step",
            _STUB.format(begin="1.1.0", finish="1.1.0"),
            (Expected(8, "lacks Confirm"),),
            files=EXAMPLE_FILES,
        ),
        Example(
            "one step was removed",
            _MISSING.format(begin="1.1.0", finish="1.1.0")
            + "\n    def confirm(self, guest):  # 1.1.0 - 1.3.0\n        raise NotImplementedError\n",
            (Expected(8, "lacks Confirm, which was removed in 1.3.0"),),
            files=EXAMPLE_FILES,
        ),
        Example(
            "only the last step",
            "from api import Driver\n\n\nclass MemoryDriver(Driver):\n"
            "    def confirm(self, guest):  # 1.1.0\n        guest.kill()\n",
            (Expected(5, "lacks Begin"), Expected(5, "lacks Finish")),
            files=EXAMPLE_FILES,
        ),
    ),
    check=check,
)
