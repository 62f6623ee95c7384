"""docs/configuration.md, made from the fields that declare the keys; ``reference`` writes it."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from ..config.interface import InterfaceConfig
from ..config.keys import Key, keys
from ..config.protocol_keys import FamilyTable, ProtocolTable, StepTable
from ..config.protocols import names
from ..config.tab_rule import TabsConfig
from ..config.value import Config

COMMAND = "python -m hvsupport.annotate.cli.reference"

_HEAD = f"""\
<!-- Made from annotate/config/*.py and annotate/cli/configuration.py by: {COMMAND} -->

# Configuration

The configuration says where the interfaces of a project stand, which files hold its drivers, and how its releases are
written. `hvsupport init` looks at a tree and writes a first one.

It is the file `hvsupport.toml`, or the table `[tool.hvsupport]` of `pyproject.toml`. The nearest one counts, looked
for from the current folder upwards; in the same folder `hvsupport.toml` comes first. With `--root` only that folder is
looked in, and `--config` names the file itself. All paths are relative to the root: the folder of the config file, or
the one that `--root` names. A path that leads out of the root (absolute, with `..`, or through a link) is not read.

A small one:

```toml
{{example}}```

In `pyproject.toml` the same keys stand under `[tool.hvsupport]`, and interfaces under
`[tool.hvsupport.interfaces.NAME]`.

A key that nobody knows, a value of the wrong type, and a file, driver or entry that does not exist are HV012, with the
line and, where there is one, the name that was probably meant. Names that only widen a rule (`extensions`,
`stub-exceptions`, `stub-markers`, `decorators`, `titles`, `exclude` at the top) are not checked against the tree. A
configuration that is no TOML, or is not UTF-8, ends the run with exit status 2. Wherever a *reason* is asked for, it is
a sentence for the next reader, and may not be empty.

## Presets

`--preset NAME` takes a configuration that comes with the tool, for a tree that is known to it. It works without any
config file. Where there is one, it says what it says on top of the preset, key by key: a table is merged with that of
the preset, every other value replaces it. {{presets}}

"""

EXAMPLE = """\
title = "Example library"
release = { from = "pyproject" }

[interfaces.hypervisor]
at = "source/python/driver.py:Driver"
title = "Hypervisor calls"
drivers = ["source/python/drivers/*.py"]
titles = { "example.drivers.memory:MemoryDriver" = "Memory" }
"""

_TOP = """\
## Keys of the project

These stand at the top, above the first `[interfaces.NAME]`.

"""

_INTERFACE = """\
## Keys of an interface

These stand under `[interfaces.NAME]`, one table for each interface, in the order in which they are shown. `NAME` is
made of letters, digits, `_`, `-` and `.`; pages are called by it.

"""

_PROTOCOLS = """\
## Families of protocols

A protocol is a set of entries that only work together, such as the steps of a migration. Those for one purpose are a
family, declared under `[protocols.NAME]`, and taken by an interface under its key `protocols`. {families}
An own table of the same name says what it says on top of the built-in family, key by key. A family of one's own that
no interface takes is HV012. [Protocols](protocols.md) has an example and the rules.

### Keys of a family

These stand under `[protocols.NAME]`.

{family}### Keys of a protocol

These stand under `[protocols.NAME.versions.NAME]`, one table for each protocol of the family.

{version}### Keys of a step

These stand under `[[protocols.NAME.versions.NAME.steps]]`, one table for each step, in the order in which they run.

{step}"""

_TABS = """\
## Keys of the tab rule

These stand under `[tabs]`, and hold for `hvsupport tabs`, which needs no configuration. See [tabs](tabs.md).

"""


def render(presets: tuple[str, ...]) -> str:
    """The whole page.

    Args:
        presets: the names of those that ship.
    """
    shipped = f"There are {', '.join(f'`{name}`' for name in presets)}." if presets else "There are none yet."
    head = _HEAD.replace("{example}", EXAMPLE).replace("{presets}", shipped)
    top, interface, tabs = (_section(table, 3) for table in (Config, InterfaceConfig, TabsConfig))
    families = {"family": FamilyTable, "version": ProtocolTable, "step": StepTable}
    parts = {name: _section(table, 4) for name, table in families.items()}
    built_in = f"These come with the tool: {', '.join(f'`{name}`' for name in names())}."
    protocols = _PROTOCOLS.format(families=built_in, **parts)
    return f"{head}{_TOP}{top}{_INTERFACE}{interface}{protocols}{_TABS}{tabs}".rstrip("\n") + "\n"


def texts(table: type) -> dict[str, str]:
    """Field -> the text below it in the source of its class: what the key means, a paragraph of Markdown."""
    (declaration,) = ast.parse(inspect.getsource(table)).body
    return dict(_texts(declaration.body)) if isinstance(declaration, ast.ClassDef) else {}


def _texts(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for field, below in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(below, ast.Expr):
            yield field.target.id, " ".join(ast.literal_eval(below.value).split())


def _section(table: type, level: int) -> str:
    """All keys of one table, under headings of a level."""
    text_of = texts(table)
    return "".join(_key(key, text_of[key.field], level) for key in keys(table))


def _key(key: Key, text: str, level: int) -> str:
    default = "Required" if key.required else f"Default: {_default(key)}"
    facts = f"- Value: {key.type.expects}\n- {default}\n"
    doc = textwrap.fill(text, 120, break_long_words=False, break_on_hyphens=False)
    return f"{'#' * level} `{key.name}`\n\n{facts}\n{doc}\n\n```toml\n{key.line}\n```\n\n"


def _default(key: Key) -> str:
    if key.default_text is not None:
        return key.default_text
    return "none" if key.default is None else f"`{_toml(key.default)}`"


def _toml(value: Any) -> str:
    """A default as TOML writes it."""
    if isinstance(value, (bool, int)):
        return str(value).lower()
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(map(_toml, value))}]"
    return "{}" if isinstance(value, Mapping) else f'"{value}"'
