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
    "HV031",
    "HV040",
    "PAGE001",
    "TAB001",
    "TAB002",
    "TAB003",
    "TAB004",
)
#: Those of ``hvsupport tabs``, which reads other files than ``check`` and runs by itself.
TAB_CODES = tuple(code for code in CODES if code.startswith("TAB"))
#: Those about protocols: without any there is nothing to find, and they are not loaded.
PROTOCOL_CODES = ("HV020", "HV021", "HV022")
#: Those that look at a catalogue: what ``check`` runs.
CHECKED = tuple(code for code in CODES if code.startswith("HV"))


def load(code: str) -> Rule:
    """Return the rule of a code.

    Raises:
        UsageError: there is no such rule.
    """
    if code not in CODES:
        close = nearest(code, CODES)
        hint = f"did you mean {close}?" if close else f"there are {', '.join(CODES)}"
        raise UsageError(f"no rule {code!r}; {hint}")
    rule: Rule = import_module(f".{code.lower()}", __name__).RULE
    return rule


def selected(select: Sequence[str] = (), ignore: Sequence[str] = (), among: Sequence[str] = CHECKED) -> tuple[str, ...]:
    """The codes that begin with one of ``select`` (all without any) and with none of ``ignore``.

    Args:
        select: prefixes.
        ignore: prefixes.
        among: the codes of the command.

    Raises:
        UsageError: a prefix fits no code, so that a slip of the pen does not switch a rule off.
    """
    for prefix in (*select, *ignore):
        if not prefix or not any(code.startswith(prefix) for code in among):
            raise UsageError(f"no rule begins with {prefix!r}; there are {', '.join(among)}{_elsewhere(prefix)}")
    wanted = tuple(code for code in among if not select or code.startswith(tuple(select)))
    return tuple(code for code in wanted if not code.startswith(tuple(ignore))) if ignore else wanted


def _elsewhere(prefix: str) -> str:
    """A hint where another command has the rule."""
    code = next((code for code in CODES if prefix and code.startswith(prefix)), None)
    return f"; {code} belongs to 'hvsupport {load(code).command}'" if code is not None else ""


def run_rules(context: Context, codes: Iterable[str] = CHECKED) -> list[Finding]:
    """What the rules find, in the order in which it is reported; exceptions are not applied yet."""
    wanted = [code for code in codes if context.catalogue.protocols or code not in PROTOCOL_CODES]
    return ordered([finding for code in wanted for finding in _run(load(code), context)])


def _run(rule: Rule, context: Context) -> Iterator[Finding]:
    for finding in rule.check(context):
        yield finding if finding.severity == rule.severity else finding._replace(severity=rule.severity)
