"""docs/configuration.md, made from the tables of keys; ``reference`` writes it."""

from __future__ import annotations

import textwrap
from typing import Any

from ..config.keys import INTERFACE, TABS_KEYS, TOP, Key
from ..config.protocol_keys import FAMILY, STEP, VERSION
from ..config.protocols import names

COMMAND = "python -m hvsupport.annotate.cli.reference"

_HEAD = f"""\
<!-- Made from annotate/config/*keys.py and annotate/cli/configuration.py by: {COMMAND} -->

# Configuration

The configuration says where the interfaces of a project stand, which files hold its drivers, and how its releases are
written. `hvsupport init` looks at a tree and writes a first one.

It is the file `hvsupport.toml`, or the table `[tool.hvsupport]` of `pyproject.toml`. The nearest one counts, looked
for from the current folder upwards; in the same folder `hvsupport.toml` comes first. With `--root` only that folder is
looked in, and `--config` names the file itself. The rule is the same for every command; `init` and `tabs` need no
configuration. All paths are relative to the root: the folder of the config file, or the one that `--root` names. A path
that leads out of the root (absolute, with `..`, or through a link) is not read.

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
    top = "".join(_key(key) for key in TOP)
    interface, tabs = ("".join(_key(key) for key in keys) for keys in (INTERFACE, TABS_KEYS))
    families = {"family": FAMILY, "version": VERSION, "step": STEP}
    parts = {name: "".join(_key(key, 4) for key in keys) for name, keys in families.items()}
    built_in = f"These come with the tool: {', '.join(f'`{name}`' for name in names())}."
    protocols = _PROTOCOLS.format(families=built_in, **parts)
    return f"{head}{_TOP}{top}{_INTERFACE}{interface}{protocols}{_TABS}{tabs}".rstrip("\n") + "\n"


def _key(key: Key, level: int = 3) -> str:
    default = "Required" if key.required else f"Default: {_default(key)}"
    facts = f"- Value: {key.type.expects}\n- {default}\n"
    doc = textwrap.fill(key.doc, 120, break_long_words=False, break_on_hyphens=False)
    return f"{'#' * level} `{key.name}`\n\n{facts}\n{doc}\n\n```toml\n{key.example}\n```\n\n"


def _default(key: Key) -> str:
    return key.default_text or f"`{_toml(key.default)}`"


def _toml(value: Any) -> str:
    """A default as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(map(_toml, value))}]"
    return "{}" if isinstance(value, dict) else f'"{value}"'
