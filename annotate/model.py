"""The frozen values that pass between the stages.

Nothing here reads files or depends on a language: the C reader fills the same values as the Python reader. They are
named tuples, which are faster than dataclasses to define, create, compare and hash. In modules with many of them,
annotations are evaluated and not kept as strings, which Python would compile one by one at every start.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Literal

from .records import NamedTuple
from .release import Release

#: The empty mapping.
NOTHING: Mapping[Any, Any] = MappingProxyType({})
State = Literal["supported", "next", "removed", "conditional", "unsupported", "unannotated", "unreadable"]
How = Literal["own", "inherited", "default", "derived", "stub", "absent"]
#: ``how`` of cells with an implementation or value.
IMPLEMENTING = frozenset({"own", "inherited", "default", "derived"})
STATES: tuple[State, ...] = ("supported", "next", "removed", "conditional", "unsupported", "unannotated", "unreadable")
HOWS: tuple[How, ...] = ("own", "inherited", "default", "derived", "stub", "absent")


class Place(NamedTuple):
    """A place in a file: path relative to the root with ``/``; line and column, 1-based, in code points."""

    path: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"

    @property
    def short(self) -> str:
        """``path:line``, as in the export and on pages."""
        return f"{self.path}:{self.line}"


class Deprecation(NamedTuple):
    """Still supported, but users should no longer use it: since a release, or None if the annotation names none."""

    since: Release | None = None


class Span(NamedTuple):
    """Since one release, until (not including) another.

    Attributes:
        since: the first release with it, or ``next``.
        at_most: written ``<=``: it existed then; whether earlier is unknown.
        removed: the first release without it, or None if it was not removed.
        partial: only partly supported.
        deprecated: None if it is not.
    """

    since: Release
    at_most: bool = False
    removed: Release | None = None
    partial: bool = False
    note: str | None = None
    deprecated: Deprecation | None = None

    @property
    def releases(self) -> tuple[Release, ...]:
        """Every release that it names."""
        named = (self.since, self.removed, self.deprecated.since if self.deprecated else None)
        return tuple(release for release in named if release is not None)

    @property
    def is_open(self) -> bool:
        """Whether it was not removed."""
        return self.removed is None

    def holds(self, release: Release) -> bool:
        """Whether ``release`` is in the span."""
        return self.since <= release and (self.removed is None or release < self.removed)


def state_of_spans(spans: tuple[Span, ...]) -> State:
    """The current state according to the spans alone."""
    last = spans[-1]
    if last.removed is not None:
        return "removed"
    return "next" if last.since.is_next else "supported"


class Anchor(NamedTuple):
    """A byte range of a source file: the text of an annotation, or where to insert one.

    Attributes:
        start: first byte, counted from the start of the file on disk.
        end: one past the last byte; equal to ``start`` for an insertion.
        before: text to insert before the annotation, such as ``"  # "``.
        after: text to insert after it, such as ``" */"``.
    """

    path: str
    start: int
    end: int
    encoding: str = "utf-8"
    before: str = ""
    after: str = ""


class Annotation(NamedTuple):
    """The text beside an entry that says since when.

    Attributes:
        spans: one or more, in the order written.
        place: where the text starts.
        anchor: its bytes; None if it cannot be edited (a release from the config).
        carrier: ``comment``, ``decorator``, ``docstring`` or ``config``; ``history`` if the tags of git tell it.
    """

    spans: tuple[Span, ...]
    text: str
    place: Place
    anchor: Anchor | None = None
    carrier: str = "comment"


class Problem(NamedTuple):
    """What stands in the catalogue: a ``Trouble`` of a reader that matters, or something the resolver or the
    configuration found. A rule reports it as a ``Finding``.

    Attributes:
        kind: which rule reports it: see ``PROBLEM_KINDS``.
        place, message, found, expected, tip, fixable, driver, entry: as in a finding.
    """

    kind: str
    place: Place
    message: str
    found: str | None = None
    expected: str | None = None
    tip: str | None = None
    driver: str | None = None
    entry: str | None = None


#: kind of a problem -> the rule that reports it.
PROBLEM_KINDS: Mapping[str, str] = {
    "missing-since": "HV001",
    "malformed": "HV002",
    "unknown-release": "HV003",
    "unknown-entry": "HV007",
    "duplicate": "HV008",
    "unreadable": "HV010",
    "unresolved-base": "HV011",
    "config": "HV012",
    "exception": "HV040",
}


class Ignore(NamedTuple):
    """A comment ``hvsupport: ignore[HV004] reason``: suppresses findings of these codes on its line, or from it on.

    Attributes:
        place: where the comment starts.
        codes: the codes in the brackets, as written; may be empty.
        reason: the text after the brackets; an empty one is HV040.
        last: the last line that it covers; 0 for its own line only.
    """

    place: Place
    codes: tuple[str, ...]
    reason: str
    last: int = 0


class Signature(NamedTuple):
    """The signature of a function as its caller sees it, without the ``self`` of a method.

    Attributes:
        parameters: their names in order, ``*args`` and ``**kwargs`` with their stars.
        gives: whether it returns something other than None on some path.
        method: whether it is bound to an object, so that no handle precedes the parameters.
    """

    parameters: tuple[str, ...]
    gives: bool
    method: bool = False


class Definition(NamedTuple):
    """One definition of an entry: a method, a slot of a table, a flag.

    Attributes:
        insertion: where to write an annotation; None if there is one or it is not possible.
        stub: the body only raises, or the slot is empty (``None``, ``False``).
        expression: source of a value that is not a literal, for a conditional flag.
        when: condition under which it is defined (``if`` in a class body, ``#ifdef``), or None.
        malformed: an annotation beside it is invalid (reported as a problem), so it is not missing.
        signature: of its function, if it is a step of a protocol; None if unknown.
    """

    owner: str
    place: Place
    annotation: Annotation | None = None
    insertion: Anchor | None = None
    stub: bool = False
    expression: str | None = None
    when: str | None = None
    malformed: bool = False
    signature: Signature | None = None


class Cell(NamedTuple):
    """The support of one entry point in one driver.

    Attributes:
        spans: since when, cut to the driver's own since; empty if unknown.
        via: id of the class it was inherited from, or of the interface for a default; else None.
        place: where it is defined; None when absent.
        definition: the defining entry; None when absent or derived.
        variants: the other definitions under conditions, in the order written.
    """

    state: State
    how: How
    spans: tuple[Span, ...] = ()
    via: str | None = None
    place: Place | None = None
    definition: Definition | None = None
    variants: tuple[Definition, ...] = ()

    @property
    def is_plainly_absent(self) -> bool:
        """Whether it is unsupported, without definition and spans."""
        return self.how == "absent" and self.state == "unsupported" and not self.spans and self.definition is None

    @property
    def implements(self) -> bool:
        """Whether there is an implementation or value that is not a stub."""
        return self.how in IMPLEMENTING

    @property
    def definitions(self) -> tuple[Definition, ...]:
        """The defining entry and its variants, each once, in the order written."""
        first = () if self.definition is None else (self.definition,)
        if not self.variants:
            return first
        return first + tuple(variant for variant in self.variants if variant != self.definition)

    @property
    def note(self) -> str | None:
        """The note of the last span, or the expression or condition it depends on."""
        for span in self.spans[::-1]:
            if span.note:
                return span.note
        if self.definition is not None:
            return self.definition.expression or self.definition.when
        return None


class EntryPoint(NamedTuple):
    """One slot of an interface.

    Attributes:
        api: name of the public call it serves; by default the entry's own name.
        since: release in which the public call appeared; None if unknown.
        api_since: all releases in which the public calls it ever served appeared, oldest first.
        url: documentation of the public call, or None.
        doc: first sentence of its documentation, or None.
        derived_from: name of the entry whose cells it takes, or None.
        exempt: reason why drivers need not annotate it, or None.
        internal: whether the configuration lists its call as internal: users cannot make it.
    """

    name: str
    place: Place
    api: str
    since: Release | None = None
    api_since: tuple[Release, ...] = ()
    group: str | None = None
    url: str | None = None
    doc: str | None = None
    derived_from: str | None = None
    exempt: str | None = None
    definition: Definition | None = None
    internal: bool = False


class Driver(NamedTuple):
    """One implementation of an interface: one column.

    Attributes:
        id: ``module:Class`` or ``path:table``.
        title: what the page prints; may be shared by two drivers.
        since: release in which the driver appeared, from the annotation on its first line.
        annotation: that annotation, or None.
        insertion: where it would be written.
        bases: ids of its base classes, in method resolution order.
        external: dotted names of bases outside the tree.
        malformed: the annotation on its first line is invalid.
    """

    id: str
    title: str
    place: Place
    since: Release | None = None
    annotation: Annotation | None = None
    insertion: Anchor | None = None
    bases: tuple[str, ...] = ()
    external: tuple[str, ...] = ()
    malformed: bool = False


class Former(NamedTuple):
    """A driver that is no longer in the tree, as the config remembers it.

    Attributes:
        id, title: as of a driver.
        spans: since when, and until when.
        place: in the config.
    """

    id: str
    title: str
    spans: tuple[Span, ...]
    place: Place


class Interface(NamedTuple):
    """What drivers implement, with its drivers and all their cells.

    Attributes:
        key: unique in the catalogue and valid in file names.
        kind: ``class``, ``table`` or ``flags``.
        entries: in the declared order.
        drivers: in the declared order.
        cells: ``(driver id, entry name)`` -> cell, for every pair.
        groups: headings in their order.
        removed: drivers that are gone, in the order of the config.
    """

    name: str
    key: str
    title: str
    kind: str
    place: Place
    entries: tuple[EntryPoint, ...] = ()
    drivers: tuple[Driver, ...] = ()
    cells: Mapping[tuple[str, str], Cell] = NOTHING
    groups: tuple[str, ...] = ()
    removed: tuple[Former, ...] = ()

    def cell(self, driver: Driver, entry: EntryPoint) -> Cell:
        """The cell of one driver and one entry."""
        return self.cells[driver.id, entry.name]

    def walk(self) -> Iterator[tuple[Driver, EntryPoint, Cell]]:
        """All cells, driver by driver, entries in order."""
        cells = self.cells
        for driver in self.drivers:
            name = driver.id
            for entry in self.entries:
                yield driver, entry, cells[name, entry.name]
