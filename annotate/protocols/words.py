"""A negotiation as text and JSON: what the tables allow, never that a migration works."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ..config.target import key
from ..model import Driver
from ..release import Release
from .choose import Question
from .negotiate import Lack, Negotiation, Outcome


def to_text(question: Question, negotiation: Negotiation | None) -> str:
    """A sentence, then a line for each step missing for a better protocol.

    Args:
        negotiation: the answer; None if the drivers are not declared compatible.
    """
    return "\n".join(_lines(question, negotiation)) + "\n"


def _lines(question: Question, negotiation: Negotiation | None) -> Iterator[str]:
    pair = f"from {_side(question.source)} to {_side(question.destination)}"
    if negotiation is None:
        yield f"The tables say nothing about {question.family.title} {pair}:"
        yield "  the two drivers are not declared compatible"
        yield f"  tip: declare compatible drivers under 'compatible' of [interfaces.{key(question.interface.key)}]"
        return
    best = negotiation.best
    if best is None:
        yield f"The tables allow no protocol of {question.family.title} {pair}."
    else:
        yield f"The tables allow {best.protocol.title} {pair}{_variants(best)}."
        for note in best.notes:
            yield f"  {note}"
    for outcome in negotiation.outcomes:
        if outcome is best:
            break
        yield f"{'Not' if not outcome.possible else 'Unknown:'} {outcome.protocol.title}:"
        for lack in outcome.lacks:
            yield f"  {lack_text(lack)}"


def _side(side: tuple[Driver, Release]) -> str:
    driver, release = side
    return f"{driver.title} {release}"


def _variants(outcome: Outcome) -> str:
    return f", {' and '.join(outcome.variants)} {'only' if outcome.only else 'too'}" if outcome.variants else ""


def lack_text(lack: Lack) -> str:
    """``destination: Prepare: domainMigratePrepare3 was added in 0.9.2``."""
    return f"{lack.side}: {lack.step}: {lack.entry} {lack.reason}"


def to_json(question: Question, negotiation: Negotiation | None) -> str:
    """The same as JSON, keys sorted."""
    data = {
        "interface": question.interface.key,
        "family": question.family.key,
        "source": _side_data(question.source),
        "destination": _side_data(question.destination),
        "compatible": negotiation is not None,
        "best": None if negotiation is None or negotiation.best is None else negotiation.best.protocol.key,
        "protocols": [] if negotiation is None else [_outcome(outcome) for outcome in negotiation.outcomes],
    }
    return json.dumps(data, indent=2, sort_keys=True) + "\n"


def _side_data(side: tuple[Driver, Release]) -> dict[str, str]:
    driver, release = side
    return {"driver": driver.id, "title": driver.title, "release": str(release)}


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "key": outcome.protocol.key,
        "name": outcome.protocol.title,
        "rank": outcome.protocol.rank,
        "allowed": outcome.allowed,
        "known": outcome.allowed or not outcome.possible,
        "variants": list(outcome.variants),
        "only_variants": outcome.only,
        "notes": list(outcome.notes),
        "lacks": [
            {"side": each.side, "step": each.step, "entry": each.entry, "reason": each.reason, "known": each.certain}
            for each in outcome.lacks
        ],
    }
