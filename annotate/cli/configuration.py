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

The configuration says where a project declares its interfaces, which files contain its drivers, and how its releases
are written. `hvsupport init` writes a first one for a tree.

It is the file `hvsupport.toml`, or the table `[tool.hvsupport]` of `pyproject.toml`. The nearest one is used, searched
for from the current folder upwards; in the same folder, `hvsupport.toml` comes first. With `--root`, only that folder
is searched; `--config` names the file itself. This holds for every command; `init` and `tabs` need no configuration.
All paths are relative to the root: the folder of the config file, or the one given by `--root`. A path that leads out
of the root (absolute, with `..`, or through a link) is not read.

An example:

```toml
{{example}}```

In `pyproject.toml`, the same keys are under `[tool.hvsupport]`, and interfaces under
`[tool.hvsupport.interfaces.NAME]`.

Unknown keys, values of the wrong type, and files, drivers or entries that do not exist are HV012, reported with the
line and, if there is one, the name that was probably meant. Names that only widen a rule (`extensions`,
`stub-exceptions`, `stub-markers`, `decorators`, `titles`, `exclude` at the top) are not checked against the tree. If
the configuration is not valid TOML or not UTF-8, the run ends with exit status 2. A *reason* is a sentence for the next
reader and must not be empty.

## Presets

`--preset NAME` uses a configuration that comes with the tool, for a known tree. It needs no config file. If there is
one, it extends the preset key by key: tables are merged, every other value replaces that of the preset. A config file
can also name its preset: `preset = "libvirt"`; `hvsupport init --preset NAME` writes such a file, and `hvsupport
init` tells if a preset knows the tree.
{{presets}}

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

These are at the top, above the first `[interfaces.NAME]`.

"""

_INTERFACE = """\
## Keys of an interface

These are under `[interfaces.NAME]`, one table for each interface, in the order in which they are shown. `NAME` consists
of letters, digits, `_`, `-` and `.`; it is part of page names.

"""

_PROTOCOLS = """\
## Families of protocols

A protocol is a set of entries that only work together, such as the steps of a migration. Protocols for one purpose form
a family, declared under `[protocols.NAME]` and named by an interface under its key `protocols`. {families}
A table of the same name extends the built-in family, key by key. A declared family that no interface names is HV012.
See [protocols](protocols.md) for an example and the rules.

### Keys of a family

These are under `[protocols.NAME]`.

{family}### Keys of a protocol

These are under `[protocols.NAME.versions.NAME]`, one table for each protocol of the family.

{version}### Keys of a step

These are under `[[protocols.NAME.versions.NAME.steps]]`, one table for each step, in the order in which they run.

{step}"""

_TABS = """\
## Keys of the tab rule

These are under `[tabs]` and apply to `hvsupport tabs`, which needs no configuration. See [tabs](tabs.md).

"""


def render(presets: tuple[str, ...]) -> str:
    """The whole page."""
    shipped = f"There are {', '.join(f'`{name}`' for name in presets)}." if presets else "There are none yet."
    head = _HEAD.replace("{example}", EXAMPLE).replace("{presets}", shipped)
    top, interface, tabs = (_section(table, 3) for table in (Config, InterfaceConfig, TabsConfig))
    families = {"family": FamilyTable, "version": ProtocolTable, "step": StepTable}
    parts = {name: _section(table, 4) for name, table in families.items()}
    built_in = f"Built-in families: {', '.join(f'`{name}`' for name in names())}."
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
