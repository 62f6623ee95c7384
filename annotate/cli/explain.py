"""``hvsupport explain``: print the documentation of a rule."""

from __future__ import annotations

import click

from ..rules import CODES, load
from ..rules.essay import markdown
from .examples import examples
from .output import write_output

EXAMPLES = examples(
    ("hvsupport explain", "all rules"),
    ("hvsupport explain HV001", "one of them"),
)


@click.command("explain", epilog=EXAMPLES)
@click.argument("code", required=False)
def command(code: str | None) -> int:
    """Print what a rule finds, why it is bad, and what to do instead; without CODE, list all rules."""
    if code is not None:
        text = markdown(load(code.upper()), level=1)
    else:
        text = "".join(f"{rule.code}  {rule.name}: {rule.summary}\n" for rule in map(load, CODES))
    write_output(text, None)
    return 0
