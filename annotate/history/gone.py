"""HV006 from history: entries that the newest release has, and the tree has neither kept nor annotated as removed."""

from __future__ import annotations

from ..findings import Finding
from ..model import Interface
from .verdicts import History

CODE = "HV006"
#: Kind of an interface -> how its drivers write an entry that was removed.
_NOTHING = {"class": "a body that only raises", "table": "an empty slot", "flags": "False"}


def findings(history: History, interface: Interface, head: str | None) -> list[Finding]:
    """One finding for each entry that a driver has lost since the newest release that the checked-out commit contains.

    Args:
        history: of the tree.
        interface: one of the tree.
        head: the checked-out commit.
    """
    return [
        Finding(
            code=CODE,
            place=claim.place,
            message=f"{claim.subject} is in {shown.tag.release} and is gone without a removal annotation",
            expected=f"{_NOTHING[interface.kind]}, annotated '{spans[0].since if spans else 'SINCE'} - next'",
            tip=f"put it back like that, so that the page still shows which releases had it; {shown.command}",
            driver=claim.owner,
            entry=claim.entry,
        )
        for claim, spans, (shown, *_) in history.lost(interface, head)
    ]
