"""The tables below ``[protocols.NAME]`` as they are written; ``protocols`` makes families of them.

They stand apart because most configurations declare no protocols, and need not load them.
"""

from collections.abc import Mapping
from typing import Annotated, NamedTuple

from ..model import NOTHING
from ..protocol import SIDES, Side
from .keys import Key
from .types import FLAG, TEXT, TEXT_TABLE, TEXTS, choice, number


class FamilyTable(NamedTuple):
    """``[protocols.NAME]``."""

    title: Annotated[str, Key(TEXT, '"Two-phase snapshot"', default_text="its name")] = ""
    """Heading of the page about these protocols."""

    about: Annotated[str, Key(TEXT, '"A snapshot of several volumes."')] = ""
    """What they are for: a paragraph for the page."""

    handle: Annotated[str, Key(TEXT, '"connection"', default_text="none")] = ""
    """Name of the parameter that every function in a table takes in front of those that `parameters` lists, as a method
    takes `self`."""


class ProtocolTable(NamedTuple):
    """``[protocols.NAME.versions.NAME]``."""

    title: Annotated[str, Key(TEXT, '"Snapshot v2"', default_text="the family's, and its name")] = ""
    """What the page calls it."""

    rank: Annotated[int, Key(number(1, 1000), "2")] = 1
    """Which of two protocols is better: where both sides support both, the higher rank is taken. Two of one rank in a
    family are HV012."""


class StepTable(NamedTuple):
    """``[[protocols.NAME.versions.NAME.steps]]``; what is required is None where it is missing or wrong."""

    name: Annotated[str | None, Key(TEXT, '"Begin"')]
    """What the step is called."""

    side: Annotated[Side | None, Key(choice(SIDES), '"source"')]
    """Where it runs. For a protocol within one host, the side that drives it is the source."""

    entries: Annotated[tuple[str, ...] | None, Key(TEXTS, '["prepare", "prepare_tunnel"]')]
    """The entry points that do it. A driver needs one of them; the usual one comes first."""

    variants: Annotated[Mapping[str, str], Key(TEXT_TABLE, '{ prepare_tunnel = "tunnelled" }')] = NOTHING
    """What the protocol is called where another entry than the usual one does the step; pages say for each driver since
    when it has that variant."""

    general: Annotated[bool, Key(FLAG, "true")] = False
    """Whether the entries serve other purposes too. A driver that has them and no other step has nothing to do with the
    protocol. The same holds for entries that are steps of two protocols."""

    does: Annotated[str, Key(TEXT, '"Freezes the volume."')] = ""
    """What it does: a sentence."""

    handed: Annotated[Mapping[str, str], Key(TEXT_TABLE, '{ Begin = "description" }')] = NOTHING
    """What else it is handed, besides the cookie: the name of the step that gives it, which has to run before, and what
    that is. Pages show it with the cookies; nothing is checked."""

    sends: Annotated[str, Key(TEXT, '"the guest"', default_text="it sends nothing")] = ""
    """What the step itself sends to the other side while it runs, besides cookies; the diagram of the protocol shows it
    as an arrow of its own."""

    without: Annotated[str, Key(TEXT, '"the volume stays frozen when the other side fails"')] = ""
    """What goes wrong in a driver that has the other steps and not this one; HV020 says it."""

    cookie_from: Annotated[str | None, Key(TEXT, '"Begin"', default_text="it takes no cookie")] = None
    """Name of the step whose cookie it is given; that step gives one thereby, and has to run before. A Python function
    takes it as a parameter with `cookie` in its name, unless `parameters` says what it takes (HV022)."""

    parameters: Annotated[tuple[str, ...], Key(TEXTS, '["name", "cookie", "flags"]')] = ()
    """The parameters that a Python function for the usual entry must take, in order: each by its name, or under another
    name at its position (HV022). Without the key only the cookie is looked for."""

    after: Annotated[tuple[str, ...] | None, Key(TEXTS, '["Begin"]', default_text="the step in front of it")] = None
    """Names of the steps that must have run before it."""
