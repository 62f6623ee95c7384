"""HV007: an annotated entry that the interface does not have."""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding
from ..nearest import did_you_mean
from .base import EXAMPLE_CONFIG, EXAMPLE_HEAD, Context, Example, Expected, Rule, problem_findings

_CODE = "HV007"


def check(context: Context) -> Iterator[Finding]:
    """Report what the resolver found, with a tip if it gave none."""
    names = sorted({entry.name for interface in context.catalogue.interfaces for entry in interface.entries})
    for finding in problem_findings(context, _CODE):
        wrong = finding.entry or finding.found
        tip = did_you_mean(wrong, names) if finding.tip is None and wrong is not None else finding.tip
        yield finding._replace(tip=tip)


_DRIVER = EXAMPLE_HEAD + "    def {name}(self, guest):{comment}\n        guest.running = True\n"

RULE = Rule(
    code=_CODE,
    name="unknown-entry",
    summary="A driver annotates an entry point that its interface does not have.",
    why="""\
The entry cannot be called: its name is mistyped, or the interface dropped or renamed it. The row that it was meant for
stays empty.""",
    notes="""\
Methods without an annotation are not checked. `extensions` in the configuration lists globs of names that drivers may
annotate although the interface has no such entry; `additional` lists entries that drivers have and the interface does
not declare.""",
    valid=(
        Example("the name is right", _DRIVER.format(name="start", comment="  # 1.0.0")),
        Example("a helper without an annotation", _DRIVER.format(name="strat", comment="  # helps")),
        Example(
            "declared as an extension",
            _DRIVER.format(name="ex_start", comment="  # 1.0.0"),
            files={"hvsupport.toml": EXAMPLE_CONFIG + 'extensions = ["ex_*"]\n'},
        ),
    ),
    invalid=(
        Example("a letter is swapped", _DRIVER.format(name="strat", comment="  # 1.0.0"), (Expected(5, "strat"),)),
    ),
    check=check,
)
