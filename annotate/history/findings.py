"""Verdicts -> findings of HV030."""

from __future__ import annotations

from collections.abc import Iterable

from ..findings import Finding
from .verdicts import Verdict, told

CODE = "HV030"


def findings(verdicts: Iterable[Verdict]) -> list[Finding]:
    """One finding for each annotation that a release contradicts."""
    return [_finding(each) for each in verdicts if each.is_wrong]


def _finding(verdict: Verdict) -> Finding:
    claim, shown = verdict.claim, verdict.evidence
    annotation = claim.annotation
    wrong = next(each for each in shown if each.stands == (verdict.kind == "too late"))
    text = annotation.text if annotation is not None else ""
    had = "had it" if wrong.stands else "did not have it"
    commands = (
        f"'{each.command}' shows {each.tag.release} {'with' if each.stands else 'without'} it" for each in shown
    )
    return Finding(
        code=CODE,
        place=annotation.place if annotation is not None else claim.place,
        message=f"{claim.subject} is annotated {text!r}, but {wrong.tag.release} {had} ({verdict.kind})",
        found=text,
        expected=told(verdict) or None,
        tip="; ".join(commands),
        fixable=bool(verdict.spans),
        driver=claim.owner,
        entry=claim.entry,
    )
