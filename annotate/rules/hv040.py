"""HV040: an exception that no longer excuses anything, or that does not say why."""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding
from ..model import Ignore, Place
from ..nearest import did_you_mean
from . import CODES
from .base import Context, Example, Expected, Rule, problem_findings

_CODE = "HV040"


def check(context: Context) -> Iterator[Finding]:
    """Ignore comments that cannot work; those that silence nothing are known only when all rules have run."""
    yield from problem_findings(context, _CODE)
    for ignore in context.catalogue.ignores:
        yield from faults(ignore)


def faults(ignore: Ignore) -> Iterator[Finding]:
    """What is wrong with an ignore comment by itself."""
    shape = f"hvsupport: ignore[{', '.join(ignore.codes) or 'HV004'}] reason"
    if not ignore.codes:
        yield _ignore(ignore, "this ignore comment names no rule", expected=shape)
    if not ignore.reason:
        yield _ignore(ignore, "this ignore comment gives no reason, and silences nothing", expected=shape)
    for code in ignore.codes:
        if code not in CODES:
            tip = did_you_mean(code, CODES)
            yield _ignore(ignore, f"there is no rule {code!r} to ignore", f"one of {', '.join(CODES)}", tip)


def silences_nothing(ignore: Ignore, code: str) -> Finding:
    """The finding for an ignore comment whose line has no finding of that code."""
    return _ignore(ignore, f"nothing on this line fails {code}: the ignore comment is out of date", tip="delete it")


def is_fixed(place: Place, identity: tuple[str, str, str, str], listed: int, left: int) -> Finding:
    """The finding for a baseline that lists more findings than there are."""
    code, path, driver, entry = identity
    subject = " of ".join(part for part in (repr(entry) if entry else "", driver) if part)
    about = f"{code}{f' for {subject}' if subject else ''} in {path}"
    return Finding(
        code=_CODE,
        place=place,
        message=f"the baseline lists {about} {_times(listed)}, and it fails {_times(left)}",
        expected="only what still fails",
        tip=f"'hvsupport {'tabs' if code.startswith('TAB') else 'check'} --write-baseline FILE' writes it anew",
        driver=driver or None,
        entry=entry or None,
    )


def _times(count: int) -> str:
    return {0: "no longer", 1: "once"}.get(count, f"{count} times")


def _ignore(ignore: Ignore, message: str, expected: str | None = None, tip: str | None = None) -> Finding:
    codes, reason = ",".join(ignore.codes), ignore.reason
    found = f"hvsupport: ignore[{codes}] {reason}".rstrip()
    return Finding(code=_CODE, place=ignore.place, message=message, found=found, expected=expected, tip=tip)


_DRIVER = """\
from api import Driver


class MemoryDriver(Driver):
    def stop(self, guest):  # 1.0.0  # hvsupport: {ignore}
        {body}
"""
_STUB, _WORK = 'raise NotImplementedError("later")', "guest.running = False"

RULE = Rule(
    code=_CODE,
    name="stale-exception",
    summary="An ignore comment or a baseline entry silences nothing any more, or does not say why it is there.",
    why="""\
An exception that outlives its cause silences the next, real finding in the same place. A reason tells those who come
later whether it still holds.""",
    notes="""\
`# hvsupport: ignore[HV004] reason` silences findings of that code on its own line; several codes are separated by
commas. Without a reason it silences nothing. A baseline knows a finding by code, path, driver and entry, with a
count, not by line.""",
    valid=(Example("needed, and says why", _DRIVER.format(ignore="ignore[HV009] asks the host to do it", body=_STUB)),),
    invalid=(
        Example(
            "out of date",
            _DRIVER.format(ignore="ignore[HV009] asks the host to do it", body=_WORK),
            (Expected(5, "nothing on this line fails HV009"),),
        ),
        Example("no reason", _DRIVER.format(ignore="ignore[HV009]", body=_STUB), (Expected(5, "gives no reason"),)),
        Example(
            "an unknown rule",
            _DRIVER.format(ignore="ignore[HV099] because", body=_WORK),
            (Expected(5, "there is no rule 'HV099'"),),
        ),
        Example("no rule at all", _DRIVER.format(ignore="ignore because", body=_WORK), (Expected(5, "names no rule"),)),
    ),
    check=check,
)
