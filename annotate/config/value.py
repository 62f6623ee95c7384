"""The configuration as a frozen value.

``Config`` is what ``hvsupport.toml`` or ``[tool.hvsupport]`` says, checked and with defaults filled in; reading it from
TOML is the job of ``load``. Problems of the text (unknown keys, wrong types) travel along as values, so that one
wrong key does not hide the findings of the whole tree.
"""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..model import NOTHING, Place, Problem, Span
from ..release import Numbers, Release, Scheme

if TYPE_CHECKING:
    from ..protocol import Family

_GLOB_SIGNS = frozenset("*?[")
KINDS = ("class", "table", "flags")
#: Languages whose tabs can be judged, as the key ``languages`` of ``[tabs]`` names them.
LANGUAGES = ("Perl", "Python", "shell", "C")


class Group(NamedTuple):
    """A heading and the entries under it, as names or glob patterns, in order."""

    title: str
    entries: tuple[str, ...]


class Columns(NamedTuple):
    """Which drivers are columns.

    Attributes:
        how: ``leaf`` (classes nothing derives from), ``all``, ``list`` or ``registry``.
        ids: for ``list``: driver ids in order.
        registry: for ``registry``: ``path:NAME`` of a dict or list literal that names the drivers.
    """

    how: str = "leaf"
    ids: tuple[str, ...] = ()
    registry: str | None = None


class Derived(NamedTuple):
    """A row that no table lists.

    Attributes:
        entries: whose cells it takes: of several the one that a driver has had longest.
        call: the public call that it is, or None for the one its name leads to.
        not_before: release before which the call was not there, whatever the entry says; None without such a limit.
    """

    entries: tuple[str, ...]
    call: str | None = None
    not_before: str | None = None


class InterfaceConfig(NamedTuple):
    """One interface as the config declares it. Keys are documented in docs/configuration.md.

    Attributes:
        key: the name of its table in the config, unique.
        at: ``path:Class``, ``path:Class.attribute`` or ``path:NAME``: where it stands.
        kind: ``class``, ``table`` or ``flags``.
        title: heading of its matrix.
        drivers: globs of the files that hold drivers, relative to the root.
        columns: which of them are columns.
        order: driver ids, titles or globs of ids that come first, in this order.
        titles: driver id, or glob of ids -> title.
        not_drivers: driver id -> reason why it is no column.
        groups: headings.
        exclude: names or globs of members that are no entries.
        additional: entry -> reason: entries that drivers have and the interface does not list.
        extensions: globs of names that drivers may annotate though the interface has no such entry.
        tables: for dict tables: globs of the names (``NAME`` or ``Class.NAME``) that are tables.
        stub_exceptions: exceptions whose raising makes a body a stub.
        stub_markers: names of decorators, calls or values that make an entry a stub.
        decorators: names of decorators whose first string is the annotation.
        dynamic: place (``path``, ``module:Class`` or ``module:Class.member``) -> reason: known run-time tables.
        external: dotted name of a base outside the tree -> reason why it brings no entries.
        inherits: driver id -> entry -> spans that override what was inherited.
        exempt: entry -> reason why it needs no annotation.
        dispatch: driver id -> ids of the classes that its ``__new__`` hands out; they are columns in its place.
        inherited_entries: whether the public methods of the interface's own bases are entries too.
        formerly: other places where the interface stood, tried in order where ``at`` does not exist.
        headers: for C: globs of files with types and macros that the interface and its tables use.
        ignored_macros: for C: macros that are passed over, such as calling conventions.
        empty_slots: ``allowed``, or ``removed`` where an empty slot has to say when its entry was removed.
        public_call: how the type of a field, or the name of an entry, becomes the name of a public call.
        symbols: globs of linker version scripts, which say when each public call appeared.
        internal_calls: call that no version script lists -> release.
        former_calls: entry -> older public calls that it served.
        derived: name of a row that no table lists -> what it comes from.
        indexes: globs of indexes that say where each public call is documented.
        index_url: URL pattern for the calls of an index.
        protocols: names of the families of protocols whose steps its entries are.
        compatible: groups of driver ids, globs of ids or titles that may be paired.
        places: key path below this interface -> place in the config file.
    """

    key: str
    at: str
    kind: str = "class"
    title: str = ""
    drivers: tuple[str, ...] = ()
    columns: Columns = Columns()
    order: tuple[str, ...] = ()
    titles: Mapping[str, str] = NOTHING
    not_drivers: Mapping[str, str] = NOTHING
    groups: tuple[Group, ...] = ()
    exclude: tuple[str, ...] = ()
    additional: Mapping[str, str] = NOTHING
    extensions: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    stub_exceptions: tuple[str, ...] = ("NotImplementedError",)
    stub_markers: tuple[str, ...] = ()
    decorators: tuple[str, ...] = ("since",)
    dynamic: Mapping[str, str] = NOTHING
    external: Mapping[str, str] = NOTHING
    inherits: Mapping[str, Mapping[str, tuple[Span, ...]]] = NOTHING
    exempt: Mapping[str, str] = NOTHING
    url: str | None = None
    inherited_entries: bool = False
    dispatch: Mapping[str, tuple[str, ...]] = NOTHING
    formerly: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    ignored_macros: tuple[str, ...] = ()
    empty_slots: str = "allowed"
    public_call: tuple[str, str] | None = None
    symbols: tuple[str, ...] = ()
    internal_calls: Mapping[str, str] = NOTHING
    former_calls: Mapping[str, tuple[str, ...]] = NOTHING
    derived: Mapping[str, Derived] = NOTHING
    indexes: tuple[str, ...] = ()
    index_url: str | None = None
    protocols: tuple[str, ...] = ()
    compatible: tuple[tuple[str, ...], ...] = ()
    places: Mapping[tuple[str, ...], Place] = NOTHING

    def place(self, *path: str) -> Place:
        """Where the config speaks of a key below this interface, or of the nearest key above it."""
        for length in range(len(path), -1, -1):
            found = self.places.get(path[:length])
            if found is not None:
                return found
        return Place("hvsupport.toml")

    def is_preset(self, *path: str) -> bool:
        """Whether a preset speaks there: of many releases of its tree, so that a name may be missing in this one."""
        return self.place(*path).path.startswith("presets/")

    def title_of(self, driver: str) -> str | None:
        """The title that the config gives to a driver: by its id, else by the first glob that fits."""
        if driver in self.titles:
            return self.titles[driver]
        globs = ((pattern, title) for pattern, title in self.titles.items() if not _GLOB_SIGNS.isdisjoint(pattern))
        return next((title for pattern, title in globs if fnmatchcase(driver, pattern)), None)


class TabsConfig(NamedTuple):
    """The table ``[tabs]``: what ``hvsupport tabs`` looks at, and how.

    Attributes:
        exempt: patterns of files in which tabs belong, besides the built-in ones; ``!pattern`` takes one of those back.
        widths: pattern -> the columns between two tab stops, where that is not 8.
        languages: pattern -> language, for files whose name and first line do not say it.
    """

    exempt: tuple[str, ...] = ()
    widths: Mapping[str, int] = NOTHING
    languages: Mapping[str, str] = NOTHING


class Config(NamedTuple):
    """Everything the config says.

    Attributes:
        root: the folder that all paths are relative to.
        path: the config file, relative to the root, for messages.
        title: of the project.
        release: the current release as a text, or None.
        current: the same, parsed; a development version counts as the coming release.
        scheme: how releases are written and ordered.
        known: all releases known, oldest first; None when only order can be checked.
        packages: import name -> folder relative to the root, where the two differ.
        exclude: globs of files that are never read.
        baseline: path of a baseline file that is always applied, or None.
        pages: folder of the user's own Markdown pages, or None.
        repository: URL pattern for links to the source, with ``{path}`` and ``{line}``, or None.
        interfaces: in the order of the config.
        tabs: for the tab rule.
        families: the protocols that are declared or taken, by name; their entries are not compared with any interface.
        problems: what is wrong in the config, as problems of kind ``config``.
    """

    root: Path
    path: str = "hvsupport.toml"
    title: str = ""
    release: str | None = None
    current: Release | None = None
    scheme: Scheme = Numbers()
    known: tuple[Release, ...] | None = None
    packages: Mapping[str, str] = NOTHING
    exclude: tuple[str, ...] = ()
    baseline: str | None = None
    pages: str | None = None
    repository: str | None = None
    interfaces: tuple[InterfaceConfig, ...] = ()
    tabs: TabsConfig = TabsConfig()
    families: Mapping[str, "Family"] = NOTHING
    problems: tuple[Problem, ...] = ()
    places: Mapping[tuple[str, ...], Place] = NOTHING

    def steps_of(self, interface: InterfaceConfig) -> frozenset[str]:
        """The names that the protocols of an interface give to its entries."""
        families = [self.families[name] for name in interface.protocols if name in self.families]
        protocols = [protocol for family in families for protocol in family.protocols]
        return frozenset(entry for protocol in protocols for step in protocol.steps for entry in step.entries)

    def place(self, *path: str) -> Place:
        """Where the config speaks of a top-level key, or the start of the file."""
        return self.places.get(path, Place(self.path))
