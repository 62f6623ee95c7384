"""The rules, one a file: an essay, examples that are its tests, and a short check.

Rules are loaded one by one, by code, so that ``explain HV004`` does not read the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module

from ..errors import UsageError
from ..findings import Finding, ordered
from ..nearest import nearest
from .base import Context, Rule

#: All codes, in order. They never change meaning.
CODES = (
    "HV001",
    "HV002",
    "HV003",
    "HV004",
    "HV005",
    "HV006",
    "HV007",
    "HV008",
    "HV009",
    "HV010",
    "HV011",
    "HV012",
    "HV020",
    "HV021",
    "HV022",
    "HV030",
    "HV031",
    "HV040",
    "PAGE001",
    "PAGE002",
    "PAGE003",
    "TAB001",
    "TAB002",
    "TAB003",
    "TAB004",
)
#: Those of ``hvsupport tabs``, which reads other files than ``check``.
TAB_CODES = tuple(code for code in CODES if code.startswith("TAB"))
#: Those about protocols; not loaded if there are none.
PROTOCOL_CODES = ("HV020", "HV021", "HV022")
#: Those of ``hvsupport verify``, which needs the release tags of git.
HISTORY_CODES = ("HV030",)
#: Those that ``check`` runs over a catalogue.
CHECKED = tuple(code for code in CODES if code.startswith("HV") and code not in HISTORY_CODES)


def load(code: str) -> Rule:
    """Return the rule of a code.

    Raises:
        UsageError: the rule does not exist.
    """
    if code not in CODES:
        close = nearest(code, CODES)
        hint = f"did you mean {close}?" if close else f"known rules: {', '.join(CODES)}"
        raise UsageError(f"unknown rule {code!r}; {hint}")
    rule: Rule = import_module(f".{code.lower()}", __name__).RULE
    return rule


def selected(select: Sequence[str] = (), ignore: Sequence[str] = (), among: Sequence[str] = CHECKED) -> tuple[str, ...]:
    """The codes that start with one of ``select`` (all if empty) and with none of ``ignore``.

    Raises:
        UsageError: a prefix matches no code; a typo must not switch a rule off.
    """
    for prefix in (*select, *ignore):
        if not prefix or not any(code.startswith(prefix) for code in among):
            raise UsageError(f"no rule starts with {prefix!r}; known rules: {', '.join(among)}{_elsewhere(prefix)}")
    wanted = tuple(code for code in among if not select or code.startswith(tuple(select)))
    return tuple(code for code in wanted if not code.startswith(tuple(ignore))) if ignore else wanted


def _elsewhere(prefix: str) -> str:
    """A hint if another command runs the rule."""
    code = next((code for code in CODES if prefix and code.startswith(prefix)), None)
    return f"; {code} belongs to 'hvsupport {load(code).command}'" if code is not None else ""


def run_rules(context: Context, codes: Iterable[str] = CHECKED) -> list[Finding]:
    """What the rules find, in reporting order, before exceptions are applied."""
    wanted = [code for code in codes if context.catalogue.protocols or code not in PROTOCOL_CODES]
    return ordered([finding for code in wanted for finding in _run(load(code), context)])


def _run(rule: Rule, context: Context) -> Iterator[Finding]:
    for finding in rule.check(context):
        yield finding if finding.severity == rule.severity else finding._replace(severity=rule.severity)
