"""HV030: an annotation that the releases of git contradict."""

from __future__ import annotations

from .base import EXAMPLE_PATH, Example, Expected, Rule, elsewhere, example_start

_START = example_start("<= 1.2.0")
_STOP = """\

    def stop(self, guest):  # {stop}
        guest.running = False
"""
_REMOVED = """\

    def stop(self, guest):  # {stop}
        raise NotImplementedError
"""
_BEFORE = {EXAMPLE_PATH: _START}
_BOTH = {EXAMPLE_PATH: _START + _STOP.format(stop="<= 1.2.0")}


def _now(stop: str, text: str = _STOP) -> str:
    return _START + text.format(stop=stop)


RULE = Rule(
    code="HV030",
    name="contradicts-history",
    summary="An annotation names a release that, according to its tag in git, did or did not have the entry.",
    why="""\
The release in an annotation is usually written from memory or copied from a neighbouring line, and nothing compares it
with what was released. Users then look for a call in a release that never had it, or believe that theirs lacks it.""",
    notes="""\
`hvsupport verify` reports it: "too early" if the annotation names a release that did not have the entry, "too late" if
an earlier release had it. The tip has the command that shows it. `verify --write` corrects the annotation. In these
examples 1.2.0 and 1.3.0 have tags; the shown source is that of 1.3.0, and 1.2.0 had no `stop` unless the case says
otherwise. What git cannot know is excused with `# hvsupport: ignore[HV030] reason`.""",
    fix="verify --write",
    command="verify",
    valid=(
        Example("the first release that has it", _now("1.3.0"), before=_BEFORE),
        Example("not younger than the first tag", _now("<= 1.2.0"), before=_BOTH),
        Example("older than the first tag, which git cannot know", _now("1.0.0"), before=_BOTH),
        Example("removed in the release that lacks it", _now("<= 1.2.0 - 1.3.0", _REMOVED), before=_BOTH),
    ),
    invalid=(
        Example(
            "too early", _now("1.2.0"), (Expected(8, "annotated '1.2.0', but 1.2.0 did not have it"),), before=_BEFORE
        ),
        Example("too late", _now("1.3.0"), (Expected(8, "annotated '1.3.0', but 1.2.0 had it"),), before=_BOTH),
        Example(
            "in no release, according to the annotation",
            _now("next"),
            (Expected(8, "annotated 'next', but 1.3.0 had it"),),
            before=_BEFORE,
        ),
        Example(
            "removed later than it was",
            _now("<= 1.2.0 - 1.4.0", _REMOVED),
            (Expected(8, "but 1.3.0 did not have it"),),
            before=_BOTH,
        ),
    ),
    check=elsewhere,
)
