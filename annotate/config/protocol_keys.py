"""Every key below ``[protocols.NAME]``, once, as ``keys`` has those of the rest.

They stand apart because most configurations declare no protocols, and need not load them.
"""

from __future__ import annotations

from ..protocol import SIDES
from .keys import Key
from .types import FLAG, TEXT, TEXT_TABLE, TEXTS, choice, number

FAMILY = (
    Key(
        "title",
        TEXT,
        "",
        "Heading of the page about these protocols.",
        'title = "Two-phase snapshot"',
        default_text="its name",
    ),
    Key("about", TEXT, "", "What they are for: a paragraph for the page.", 'about = "A snapshot of several volumes."'),
    Key(
        "handle",
        TEXT,
        "",
        "Name of the parameter that every function in a table takes in front of those that `parameters` lists, as a"
        " method takes `self`.",
        'handle = "connection"',
        default_text="none",
    ),
)

VERSION = (
    Key(
        "title", TEXT, "", "What the page calls it.", 'title = "Snapshot v2"', default_text="the family's, and its name"
    ),
    Key(
        "rank",
        number(1, 1000),
        1,
        "Which of two protocols is better: where both sides support both, the higher rank is taken. Two of one rank in"
        " a family are HV012.",
        "rank = 2",
    ),
)

STEP = (
    Key("name", TEXT, None, "What the step is called.", 'name = "Begin"', required=True),
    Key(
        "side",
        choice(SIDES),
        None,
        "Where it runs. For a protocol within one host, the side that drives it is the source.",
        'side = "source"',
        required=True,
    ),
    Key(
        "entries",
        TEXTS,
        (),
        "The entry points that do it. A driver needs one of them; the usual one comes first.",
        'entries = ["prepare", "prepare_tunnel"]',
        required=True,
    ),
    Key(
        "variants",
        TEXT_TABLE,
        {},
        "What the protocol is called where another entry than the usual one does the step; pages say for each driver"
        " since when it has that variant.",
        'variants = { prepare_tunnel = "tunnelled" }',
    ),
    Key(
        "general",
        FLAG,
        False,
        "Whether the entries serve other purposes too. A driver that has them and no other step has nothing to do with"
        " the protocol. The same holds for entries that are steps of two protocols.",
        "general = true",
    ),
    Key("does", TEXT, "", "What it does: a sentence.", 'does = "Freezes the volume."'),
    Key(
        "handed",
        TEXT_TABLE,
        {},
        "What else it is handed, besides the cookie: the name of the step that gives it, which has to run before, and"
        " what that is. Pages show it with the cookies; nothing is checked.",
        'handed = { Begin = "description" }',
    ),
    Key(
        "sends",
        TEXT,
        "",
        "What the step itself sends to the other side while it runs, besides cookies; the diagram of the protocol shows"
        " it as an arrow of its own.",
        'sends = "the guest"',
        default_text="it sends nothing",
    ),
    Key(
        "without",
        TEXT,
        "",
        "What goes wrong in a driver that has the other steps and not this one; HV020 says it.",
        'without = "the volume stays frozen when the other side fails"',
    ),
    Key(
        "cookie-from",
        TEXT,
        None,
        "Name of the step whose cookie it is given; that step gives one thereby, and has to run before. A Python"
        " function takes it as a parameter with `cookie` in its name, unless `parameters` says what it takes (HV022).",
        'cookie-from = "Begin"',
        default_text="it takes no cookie",
    ),
    Key(
        "parameters",
        TEXTS,
        (),
        "The parameters that a Python function for the usual entry must take, in order: each by its name, or under"
        " another name at its position (HV022). Without the key only the cookie is looked for.",
        'parameters = ["name", "cookie", "flags"]',
    ),
    Key(
        "after",
        TEXTS,
        None,
        "Names of the steps that must have run before it.",
        'after = ["Begin"]',
        default_text="the step in front of it",
    ),
)
