"""``hvsupport explain``: print the documentation of a rule."""

from __future__ import annotations

import click

from ..rules import CODES, load
from ..rules.essay import markdown
from .output import write_output


@click.command("explain")
@click.argument("code", required=False)
def command(code: str | None) -> int:
    """Print what a rule finds, why it is bad, and what to do instead; without CODE, list all rules."""
    if code is not None:
        text = markdown(load(code.upper()), level=1)
    else:
        text = "".join(f"{rule.code}  {rule.name}: {rule.summary}\n" for rule in map(load, CODES))
    write_output(text, None)
    return 0
