"""HV031: ``next`` is left in a release."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..catalogue import as_new
from ..findings import Finding
from .base import EXAMPLE_CONFIG, Context, Example, Expected, Rule, Written, example_start, written

if TYPE_CHECKING:
    from ..readers.documents import Waiting

_CODE = "HV031"


def check(context: Context) -> Iterator[Finding]:
    """Runs only with ``check --release``: otherwise ``next`` is right."""
    if context.gate is None:
        return
    listed = context.config.scheme.name == "listed"
    is_new = as_new(context.catalogue, context.gate, listed=listed) is None
    told = set()
    for annotation in written(context):
        if any(release.is_next for release in annotation.releases):
            told.add((annotation.place.path, annotation.place.line))
            yield _finding(annotation, str(context.gate), is_new and annotation.editable)
    for each in context.documents:
        if (each.place.path, each.place.line) not in told:
            yield _in_document(each, str(context.gate), is_new)


def _finding(annotation: Written, gate: str, can_stamp: bool) -> Finding:
    return Finding(
        code=_CODE,
        place=annotation.place,
        message=f"{annotation.subject} still says 'next' in release {gate}",
        found=annotation.text,
        expected=gate,
        tip=_tip(gate, can_stamp),
        fixable=can_stamp,
        driver=annotation.subject.owner,
        entry=annotation.subject.entry,
    )


def _in_document(waiting: Waiting, gate: str, can_stamp: bool) -> Finding:
    return Finding(
        code=_CODE,
        place=waiting.place,
        message=f"the document still says 'next' in release {gate}",
        found=waiting.text,
        expected=gate,
        tip=_tip(gate, can_stamp),
        fixable=can_stamp,
    )


def _tip(gate: str, can_stamp: bool) -> str:
    return f"run 'hvsupport stamp {gate}' to replace every 'next'" if can_stamp else "change it by hand"


RULE = Rule(
    code=_CODE,
    name="leftover-next",
    summary="An annotation still says `next` when a release is made.",
    why="""\
`next` means the coming release. Once that release is out, the word means the one after it, and every cell that uses it
is wrong.""",
    notes="""\
Only `hvsupport check --release X.Y.Z` reports it; run it before you tag the release. `hvsupport stamp X.Y.Z` replaces
every `next` in the sources, including removals; change those in the configuration by hand. `stamp` refuses a
release that is known already. Annotations that no cell uses are reported too, and what the
[`documents`](configuration.md#documents) of the configuration say.""",
    fix="stamp",
    valid=(
        Example("stamped", example_start("1.4.0"), gate="1.4.0"),
        Example("no release is being made", example_start("next")),
        Example("the word in a note is prose", example_start("1.0.0; see the next one"), gate="1.4.0"),
    ),
    invalid=(
        Example("left over", example_start("next"), (Expected(5, "still says 'next'"),), gate="1.5.0"),
        Example("a removal", example_start("1.0.0 - next"), (Expected(5, "still says 'next'"),), gate="1.5.0"),
        Example("a deprecation", example_start("1.0.0; deprecated next"), (Expected(5, "'next'"),), gate="1.5.0"),
        Example("the release is listed already", example_start("next"), (Expected(5, "'next'"),), gate="1.4.0"),
        Example(
            "in the configuration",
            example_start("1.0.0") + "\n\nclass Other(MemoryDriver):  # 1.0.0\n    pass\n",
            (Expected(11, "'start' of drivers.memory:Other still says 'next'", "hvsupport.toml"),),
            files={
                "hvsupport.toml": EXAMPLE_CONFIG
                + '\n[interfaces.driver.inherits."drivers.memory:Other"]\n\nstart = "next"\n'
            },
            gate="1.4.0",
        ),
    ),
    check=check,
)
