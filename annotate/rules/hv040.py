"""HV040: an exception that is no longer needed or gives no reason."""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding
from ..model import Ignore, Place
from ..nearest import did_you_mean
from . import CODES
from .base import EXAMPLE_HEAD, Context, Example, Expected, Rule, problem_findings

_CODE = "HV040"


def check(context: Context) -> Iterator[Finding]:
    """Invalid ignore comments; unused ones are known only after all rules have run."""
    yield from problem_findings(context, _CODE)
    for ignore in context.catalogue.ignores:
        yield from faults(ignore)


def faults(ignore: Ignore) -> Iterator[Finding]:
    """What is wrong with an ignore comment, whatever the rules find."""
    shape = f"hvsupport: ignore[{', '.join(ignore.codes) or 'HV004'}] reason"
    if not ignore.codes:
        yield _ignore(ignore, "this ignore comment names no rule", expected=shape)
    if not ignore.reason:
        yield _ignore(ignore, "this ignore comment gives no reason, so it is not applied", expected=shape)
    for code in ignore.codes:
        if code not in CODES:
            tip = did_you_mean(code, CODES)
            yield _ignore(ignore, f"unknown rule {code!r} in an ignore comment", f"one of {', '.join(CODES)}", tip)


def silences_nothing(ignore: Ignore, code: str) -> Finding:
    """The finding for an unused ignore comment."""
    where = "these lines have" if ignore.last else "this line has"
    return _ignore(ignore, f"unused ignore comment: {where} no {code} finding", tip="delete it")


def is_fixed(place: Place, identity: tuple[str, str, str, str], listed: int, left: int) -> Finding:
    """The finding for a baseline that lists more findings than exist."""
    code, path, driver, entry = identity
    subject = " of ".join(part for part in (repr(entry) if entry else "", driver) if part)
    about = f"{code}{f' for {subject}' if subject else ''} in {path}"
    now = f"found {_times(left)}" if left else "no longer found"
    return Finding(
        code=_CODE,
        place=place,
        message=f"the baseline lists {about} {_times(listed)}, but it is {now}",
        expected="only findings that still exist",
        tip=f"update it with 'hvsupport {'tabs' if code.startswith('TAB') else 'check'} --write-baseline FILE'",
        driver=driver or None,
        entry=entry or None,
    )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _ignore(ignore: Ignore, message: str, expected: str | None = None, tip: str | None = None) -> Finding:
    codes, reason = ",".join(ignore.codes), ignore.reason
    found = f"hvsupport: ignore[{codes}] {reason}".rstrip()
    return Finding(code=_CODE, place=ignore.place, message=message, found=found, expected=expected, tip=tip)


_DRIVER = EXAMPLE_HEAD + "    def stop(self, guest):  # 1.0.0  # hvsupport: {ignore}\n        {body}\n"
_STUB, _WORK = 'raise NotImplementedError("later")', "guest.running = False"

RULE = Rule(
    code=_CODE,
    name="stale-exception",
    summary="An ignore comment or a baseline entry is no longer needed, or an ignore comment gives no reason.",
    why="""\
An exception that outlives its cause hides the next real finding in the same place. A reason lets later readers decide
whether the exception still applies.""",
    notes="""\
`# hvsupport: ignore[HV004] reason` suppresses findings of that code on its own line; separate several codes with
commas. Without a reason it has no effect. A baseline identifies a finding by code, path, driver and entry, with a
count, not by line.""",
    valid=(
        Example("needed, with a reason", _DRIVER.format(ignore="ignore[HV009] asks the host to do it", body=_STUB)),
    ),
    invalid=(
        Example(
            "out of date",
            _DRIVER.format(ignore="ignore[HV009] asks the host to do it", body=_WORK),
            (Expected(5, "unused ignore comment: this line has no HV009 finding"),),
        ),
        Example("no reason", _DRIVER.format(ignore="ignore[HV009]", body=_STUB), (Expected(5, "gives no reason"),)),
        Example(
            "an unknown rule",
            _DRIVER.format(ignore="ignore[HV099] because", body=_STUB),
            (Expected(5, "unknown rule 'HV099'"),),
        ),
        Example("no rule at all", _DRIVER.format(ignore="ignore because", body=_WORK), (Expected(5, "names no rule"),)),
    ),
    check=check,
)
