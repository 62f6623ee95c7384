"""The tables below ``[protocols.NAME]`` as written; ``protocols`` makes families of them.

A separate module, because most configurations declare no protocols and need not load it.
"""

from collections.abc import Mapping
from typing import Annotated

from ..model import NOTHING
from ..protocol import SIDES, Side
from ..records import NamedTuple
from .keys import Key
from .types import FLAG, TEXT, TEXT_TABLE, TEXTS, choice, number


class FamilyTable(NamedTuple):
    """``[protocols.NAME]``."""

    title: Annotated[str, Key(TEXT, '"Two-phase snapshot"', default_text="its name")] = ""
    """Heading of the page about these protocols."""

    about: Annotated[str, Key(TEXT, '"A snapshot of several volumes."')] = ""
    """The purpose of these protocols: a paragraph for the page."""

    handle: Annotated[str, Key(TEXT, '"connection"', default_text="none")] = ""
    """Name of the first parameter of every function in a table, before those that `parameters` lists, like `self` of a
    method."""


class ProtocolTable(NamedTuple):
    """``[protocols.NAME.versions.NAME]``."""

    title: Annotated[str, Key(TEXT, '"Snapshot v2"', default_text="the title of the family, then its name")] = ""
    """The name of the protocol on pages."""

    rank: Annotated[int, Key(number(1, 1000), "2")] = 1
    """The preference among protocols: if both sides support several, the one with the highest rank is used. Two
    protocols of one family with the same rank are HV012."""


class StepTable(NamedTuple):
    """``[[protocols.NAME.versions.NAME.steps]]``; a required field is None if it is missing or wrong."""

    name: Annotated[str | None, Key(TEXT, '"Begin"')]
    """The name of the step."""

    side: Annotated[Side | None, Key(choice(SIDES), '"source"')]
    """Where the step runs. For a protocol within one host, the side that drives it is the source."""

    entries: Annotated[tuple[str, ...] | None, Key(TEXTS, '["prepare", "prepare_tunnel"]')]
    """The entry points that implement the step. A driver needs one of them; the usual one comes first."""

    variants: Annotated[Mapping[str, str], Key(TEXT_TABLE, '{ prepare_tunnel = "tunnelled" }')] = NOTHING
    """The names of protocol variants in which another entry than the usual one implements the step. Pages show since
    when each driver has them."""

    general: Annotated[bool, Key(FLAG, "true")] = False
    """Whether the entries serve other purposes too. A driver with no other step does not count as implementing the
    protocol. The same holds for entries that are steps of two protocols."""

    does: Annotated[str, Key(TEXT, '"Freezes the volume."')] = ""
    """What the step does: a sentence."""

    handed: Annotated[Mapping[str, str], Key(TEXT_TABLE, '{ Begin = "description" }')] = NOTHING
    """What the step is handed besides the cookie: the name of the step that provides it, which must run before, and a
    description. Shown on pages with the cookies; not checked."""

    sends: Annotated[str, Key(TEXT, '"the guest"', default_text="nothing")] = ""
    """What the step sends to the other side while it runs, besides cookies. The diagram of the protocol shows it as a
    separate arrow."""

    on_failure: Annotated[str, Key(TEXT, '"resumes the guest"', default_text="nothing")] = ""
    """What the step does when an earlier step has failed. The diagram of the protocol shows the steps with this key
    once more below the others: the way back."""

    without: Annotated[str, Key(TEXT, '"the volume stays frozen when the other side fails"')] = ""
    """What goes wrong if a driver has the other steps but not this one; part of the message of HV020."""

    cookie_from: Annotated[str | None, Key(TEXT, '"Begin"', default_text="no cookie")] = None
    """Name of the step that provides its cookie and must run before. A Python function takes the cookie as a parameter
    with `cookie` in its name, unless `parameters` lists its parameters (HV022)."""

    parameters: Annotated[tuple[str, ...], Key(TEXTS, '["name", "cookie", "flags"]')] = ()
    """The parameters that a Python function for the usual entry must take, in order, each by name or, under another
    name, by position (HV022). Without the key, only the cookie is checked."""

    after: Annotated[tuple[str, ...] | None, Key(TEXTS, '["Begin"]', default_text="the previous step")] = None
    """Names of the steps that must run before it."""
