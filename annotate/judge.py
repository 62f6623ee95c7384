"""Catalogue -> findings to report: run all rules, apply the exceptions, add findings about unused exceptions.

``check``, ``docs`` and ``export`` share it, so that they report the same findings.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from . import suppress
from .catalogue import Catalogue
from .config.value import Config
from .findings import Finding, Verdict, ordered
from .model import Ignore
from .release import Release
from .rules import CHECKED, run_rules
from .rules.base import Context
from .rules.hv040 import is_fixed, silences_nothing

if TYPE_CHECKING:
    from .readers.documents import Waiting

#: Rules about code that could not be read or found; other findings in it are unknown.
_HIDING = frozenset({"HV010", "HV011", "HV012"})


def judge(
    config: Config,
    catalogue: Catalogue,
    *,
    codes: Sequence[str] = CHECKED,
    gate: Release | None = None,
    previous: Catalogue | None = None,
    baseline: Sequence[suppress.Known] = (),
    documents: Sequence["Waiting"] = (),
) -> Verdict:
    """Run the rules and apply the exceptions.

    Args:
        gate: the release that is being made.
        previous: the tree at an earlier revision; only new findings are reported.
        documents: what waits for that release in documents.
    """
    found = _judge(Context(catalogue, config, gate, previous, tuple(documents)), codes, baseline)
    if previous is None:
        return found
    before = _judge(Context(previous, config, gate), codes, baseline)
    return Verdict(tuple(suppress.only_new(found.findings, before.findings)), found.excused)


def _judge(context: Context, codes: Sequence[str], baseline: Sequence[suppress.Known]) -> Verdict:
    def is_unread(line: suppress.Known, kept: Sequence[Finding]) -> bool:
        """Whether the driver that a line is about could not be read completely, so its findings are unknown."""
        driver = line.identity[2]
        hiding = [one for one in kept if one.code in _HIDING]
        there = (each.id for interface in context.catalogue.interfaces for each in interface.drivers)
        return bool(driver and hiding) and (any(one.driver == driver for one in hiding) or driver not in there)

    return weigh(run_rules(context, codes), context.catalogue.ignores, codes, baseline, is_unread)


def weigh(
    everything: Sequence[Finding],
    ignores: Sequence[Ignore],
    codes: Sequence[str],
    baseline: Sequence[suppress.Known],
    is_unread: Callable[[suppress.Known, Sequence[Finding]], bool] = lambda _, __: False,
) -> Verdict:
    """Apply the exceptions, and add findings about unused ones.

    Args:
        is_unread: whether the subject of a baseline line could not be read, given the remaining findings.
    """
    spoken, unused = suppress.apply_ignores(everything, ignores, codes)
    kept, stale = suppress.apply_baseline(spoken, baseline, codes)
    stale = [(line, left) for line, left in stale if not is_unread(line, kept)]
    late = _exceptions(unused, stale) if suppress.EXCEPTIONS in codes else []
    remaining = set(map(id, kept))
    return Verdict(tuple(ordered([*kept, *late])), tuple(one for one in spoken if id(one) not in remaining))


def _exceptions(unused: Sequence[tuple[Ignore, str]], stale: Sequence[tuple[suppress.Known, int]]) -> list[Finding]:
    """The findings of HV040 that are known only after all other rules have run."""
    found = [silences_nothing(ignore, code) for ignore, code in unused]
    for line, left in stale:
        found.append(is_fixed(line.place, line.identity, line.times, left))
    return found
