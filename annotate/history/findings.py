"""Verdicts -> findings of HV030."""

from __future__ import annotations

from collections.abc import Iterable

from ..config.target import key
from ..findings import Finding
from .verdicts import Evidence, Verdict, told

CODE = "HV030"


def findings(verdicts: Iterable[Verdict]) -> list[Finding]:
    """One finding for each annotation that a release contradicts."""
    return [_finding(each) for each in verdicts if each.is_wrong]


def _finding(verdict: Verdict) -> Finding:
    claim, shown = verdict.claim, verdict.evidence
    annotation = claim.annotation
    wrong = shown[0]
    text = annotation.text if annotation is not None else ""
    releases = text.partition(";")[0].rstrip()
    verb = "inherited since" if claim.inherited else "annotated"
    had = "had it" if wrong.stands else "did not have it"
    commands = [f"{_seen(each)}: {each.command}" for each in sorted(shown, key=lambda each: each.tag.release)]
    if claim.inherited:
        commands.append(f"give it under [interfaces.{key(claim.interface)}.inherits] in the config")
    return Finding(
        code=CODE,
        place=annotation.place if annotation is not None else claim.place,
        message=f"{claim.subject} is {verb} {releases!r}, but {wrong.tag.release} {had} ({verdict.kind})",
        found=text,
        expected=told(verdict) or None,
        tip="; ".join(commands),
        fixable=bool(verdict.spans) and (annotation is None or annotation.carrier != "config"),
        driver=claim.owner,
        entry=claim.entry,
    )


def _seen(evidence: Evidence) -> str:
    return f"{evidence.tag.release} {'with' if evidence.stands else 'without'} it"
