"""One table ``[interfaces.NAME]`` of the configuration: an interface, and where its drivers are."""

from collections.abc import Mapping
from typing import Annotated

from ..model import NOTHING, Place, Span
from ..patterns import fits, is_glob
from ..records import NamedTuple
from .keys import Key
from .shapes import (
    ANNOTATIONS,
    CALL_LISTS,
    COLUMNS,
    DERIVED,
    GROUPS,
    INHERITS,
    PUBLIC_CALL,
    TARGETS,
    URL,
    Columns,
    Derived,
    Group,
    link,
)
from .types import FLAG, GLOBS, REASONS, TARGET, TEXT, TEXT_GROUPS, TEXT_LISTS, TEXT_TABLE, TEXTS, choice

KINDS = ("class", "table", "flags")


class InterfaceConfig(NamedTuple):
    """One interface as the config declares it: its keys, each with the text of docs/configuration.md.

    Attributes:
        key: the name of its table in the config, unique.
        places: key path below this interface -> place in the config file.
    """

    key: str

    at: Annotated[str, Key(TARGET, '"source/python/driver.py:Driver"')]
    """Where the interface is declared: the file, relative to the root, and the name in it. For a base class or a table
    type: `path:Class`; for a dict of flags: `path:Class.attribute` or `path:NAME`; for flags that are attributes of a
    class: `path:Class`."""

    kind: Annotated[str, Key(choice(KINDS), '"table"')] = "class"
    """The kind of interface: `class` (a base class whose methods drivers override), `table` (a dataclass, NamedTuple,
    TypedDict, Protocol or C struct whose fields are the entries), or `flags` (a dict whose keys are the entries and
    whose values say whether they are supported, or a class whose attributes do, such as `supports_x = True`)."""

    title: Annotated[str, Key(TEXT, '"Guests"', default_text="the name of the interface")] = ""
    """Heading of its matrix."""

    drivers: Annotated[
        tuple[str, ...],
        Key(
            GLOBS,
            '["source/python/drivers/**/*.py"]',
            default_text="required, unless `columns` is a list or a registry",
        ),
    ] = ()
    """The files that contain drivers, as globs relative to the root: `*` and `?` match within one folder, `**` crosses
    folders. A glob that matches no file is HV012. Optional if `columns` names the drivers."""

    columns: Annotated[
        Columns, Key(COLUMNS, '{ registry = "source/python/registry.py:DRIVERS" }', default_text='`"leaf"`')
    ] = Columns()
    """Which drivers are columns. `"leaf"`: those that no other driver derives from (for tables: starts from). `"all"`:
    every driver. A list of ids: these, in this order. `{ registry = "path:NAME" }`: those named by a dict or list
    literal in the tree, which is read and not imported. The id of a class is `module:Class`, that of a table
    `path:NAME`."""

    order: Annotated[
        tuple[str, ...], Key(TEXTS, '["example.drivers.memory:MemoryDriver", "example.drivers.cloud.*"]')
    ] = ()
    """Columns that come first, in this order: ids, titles, or globs of ids. The others follow in the order in which
    they are found."""

    titles: Annotated[
        Mapping[str, str],
        Key(
            TEXT_TABLE,
            '{ "example.drivers.memory:MemoryDriver" = "Memory" }',
            default_text="the name of the class or table",
        ),
    ] = NOTHING
    """Column headings, by driver id or glob of ids. Two drivers may share a title."""

    not_drivers: Annotated[
        Mapping[str, str], Key(REASONS, '{ "example.drivers.dummy:*" = "used if nothing is configured" }')
    ] = NOTHING
    """Classes and tables that look like drivers but are not (internal back ends, dummies, tests), by id or glob of ids,
    each with a reason."""

    removed: Annotated[
        Mapping[str, tuple[Span, ...]],
        Key(ANNOTATIONS, '{ "example.drivers.tape:TapeDriver" = "0.4.0 - 1.1.0" }'),
    ] = NOTHING
    """Drivers that are gone from the tree, by id, each with an annotation that says from when to when they existed. The
    page lists them below the matrix, and `check --diff` accepts that they are gone. `titles` applies."""

    groups: Annotated[
        tuple[Group, ...], Key(GROUPS, '[{ title = "Guests", entries = ["create", "destroy", "guest_*"] }]')
    ] = ()
    """Headings, and the entries under each, as names or globs. Entries without a group come last. A group may have a
    `url` of its own, which replaces that of the interface for its entries."""

    exclude: Annotated[tuple[str, ...], Key(TEXTS, '["register_event_listener", "test_*"]')] = ()
    """Members that are not entries, as names or globs. Names that start with an underscore never are."""

    additional: Annotated[
        Mapping[str, str], Key(REASONS, '{ "attach_volume" = "called by name from the scheduler" }')
    ] = NOTHING
    """Entries that drivers have but the interface does not declare, each with a reason. Each becomes a row."""

    extensions: Annotated[tuple[str, ...], Key(TEXTS, '["ex_*"]')] = ()
    """Globs of names that drivers may annotate although the interface has no such entry: a driver's own calls. They are
    not rows. Any other annotated name without an entry is HV007."""

    inherited_entries: Annotated[bool, Key(FLAG, "true")] = False
    """Whether public methods of the interface's own base classes are entries too."""

    tables: Annotated[tuple[str, ...], Key(TEXTS, '["*_methods", "Driver.operations"]')] = ()
    """For drivers that list their functions in a dict: globs of the names of those dicts, `NAME` or `Class.NAME`."""

    stub_exceptions: Annotated[tuple[str, ...], Key(TEXTS, '["NotImplementedError", "UnsupportedOperation"]')] = (
        "NotImplementedError",
    )
    """Exceptions that mean "not supported": a body that, apart from its docstring and assignments, only raises one of
    them is a stub. The list replaces the default."""

    stub_markers: Annotated[tuple[str, ...], Key(TEXTS, '["not_supported"]')] = ()
    """Names of decorators, functions or values that mark an entry as a stub: it has such a decorator, its body only
    calls such a function, or its slot holds such a value."""

    decorators: Annotated[tuple[str, ...], Key(TEXTS, '["since", "versioned"]')] = ("since",)
    """Names of decorators that carry the annotation: the first string of `@since("1.2.0")` is the whole annotation. The
    list replaces the default."""

    dynamic: Annotated[
        Mapping[str, str],
        Key(REASONS, '{ "example.drivers.proxy:ProxyDriver" = "forwards every call to the driver it wraps" }'),
    ] = NOTHING
    """Code that cannot be analysed without running it (`__getattr__`, `setattr` in a loop, tables built at run time),
    each with a reason: a file, a folder, the id of a class or table, one entry as `module:Class.entry`, a glob of
    these, or the construct as `@decorator`, `metaclass=Name` or `__getattr__`. Undeclared, it is HV010; a declaration
    that is not needed is HV040."""

    dispatch: Annotated[
        Mapping[str, tuple[str, ...]],
        Key(TEXT_LISTS, '{ "example.drivers.cloud:CloudDriver" = ["example.drivers.cloud:CloudV2Driver"] }'),
    ] = NOTHING
    """Classes whose `__new__` returns instances of other classes: driver id, then the ids of those classes. They are
    columns in its place, and HV010 is not reported for its `__new__`."""

    external: Annotated[
        Mapping[str, str], Key(REASONS, '{ "requests.Session" = "sends the calls; none of its methods is an entry" }')
    ] = NOTHING
    """Base classes outside the tree, by dotted name or glob, each with the reason why it adds no entries. An undeclared
    one is HV011."""

    inherits: Annotated[
        Mapping[str, Mapping[str, tuple[Span, ...]]],
        Key(INHERITS, '{ "example.drivers.cloud:CloudDriver" = { resize = "1.2.0; partial: grow only" } }'),
    ] = NOTHING
    """Annotations of inherited cells, if they differ from the annotation in the class that they come from: driver id,
    then entry, then an annotation as in the source."""

    exempt: Annotated[
        Mapping[str, str], Key(REASONS, '{ "init_host" = "every driver has had it since the first release" }')
    ] = NOTHING
    """Entries that need no annotation in drivers, each with a reason."""

    url: Annotated[str | None, Key(URL, '"https://docs.example.org/api#{entry}"')] = None
    """The URL of the documentation of an entry, with the placeholder `{entry}`, or `{call}` for the name of the public
    call. Rows link to it."""

    formerly: Annotated[tuple[str, ...], Key(TARGETS, '["source/python/base.py:Base"]')] = ()
    """Where older releases declared the interface, written like `at` and tried in this order if `at` does not exist, so
    that one configuration fits older trees too."""

    renamed: Annotated[Mapping[str, tuple[str, ...]], Key(TEXT_LISTS, '{ destroy = ["delete", "remove"] }')] = NOTHING
    """Entries that had other names in older releases: the name of today, then the older ones, which `verify` and
    `backfill` follow. An entry that the interface declares in the place of another one is followed without this."""

    headers: Annotated[tuple[str, ...], Key(GLOBS, '["source/c/include/*.h"]')] = ()
    """For C: more files with the types of the interface's fields, if its own file does not declare them, and with the
    macros in its tables, if the file of the table does not define them."""

    ignored_macros: Annotated[tuple[str, ...], Key(TEXTS, '["WINAPI", "G_GNUC_PRINTF"]')] = ()
    """For C: macros that the tree does not define and that say nothing about fields and tables, such as calling
    conventions and attributes. They are ignored, with their arguments, wherever they stand."""

    empty_slots: Annotated[str, Key(choice(("allowed", "removed")), '"removed"')] = "allowed"
    """The meaning of a slot that is `NULL`, `None` or `False` and has no annotation. `allowed`: the driver does not
    have the entry. `removed`: the slot must be annotated with the removal, otherwise it is HV001; entries that never
    existed are left out of the table."""

    public_call: Annotated[
        tuple[str, str] | None, Key(PUBLIC_CALL, '"exDrv* -> ex*"', default_text="the name of the entry")
    ] = None
    """How names of public calls are formed: two names with one `*` each. The first is matched against the type of a
    field or, if that does not match, against the name of the entry; the second is the call. Without the key, a call has
    the name of its entry."""

    symbols: Annotated[tuple[str, ...], Key(GLOBS, '["source/c/libexample.syms"]')] = ()
    """Linker version scripts of the library. The node that lists a call, such as `LIBEXAMPLE_1.2.0`, gives the release
    in which it appeared: an entry annotated as older than its call is HV004, and a call that no script lists is
    HV012."""

    internal_calls: Annotated[Mapping[str, str], Key(TEXT_TABLE, '{ exGuestMigrateBegin = "0.9.2" }')] = NOTHING
    """Calls that no version script lists but that should be rows, each with the release in which it appeared."""

    former_calls: Annotated[
        Mapping[str, tuple[str, ...]], Key(CALL_LISTS, '{ guestCreateXML = ["exGuestCreateLinux"] }')
    ] = NOTHING
    """Older public calls that an entry used to serve. Its annotations may be as old as the oldest of them."""

    derived: Annotated[
        Mapping[str, Derived],
        Key(DERIVED, '{ openReadOnly = { entries = ["open"], call = "exOpenReadOnly", not-before = "0.4.0" } }'),
    ] = NOTHING
    """Rows for calls that other entries serve: the name of the row, the `entries` whose cells it takes (of several, the
    one that the driver has had longest), the public `call` if its name differs, and `not-before`, the release before
    which the call did not exist."""

    indexes: Annotated[
        tuple[str, ...], Key(GLOBS, '["docs/example-api.xml", "build/docs/example-api.xml"]', name="index")
    ] = ()
    """Files that list the documentation page of each call: XML with elements like `<function name='exOpen'
    file='connection'/>`, or the inventory of a Sphinx documentation, `objects.inv`, in which an entry is found by its
    name or as `Interface.entry`. They may be missing, because documentation is often built after the sources are
    read."""

    index_url: Annotated[
        str | None, Key(link(("entry", "call", "file"), "{file}"), '"html/example-{file}.html#{call}"')
    ] = None
    """The URL of the documentation of a call that `index` lists, with the placeholders `{file}` and `{call}`. For an
    inventory, `{file}` is the page with its anchor: `https://docs.example.org/{file}`. Other calls use `url`."""

    protocols: Annotated[tuple[str, ...], Key(TEXTS, '["migration"]')] = ()
    """The protocol families whose steps are entries of this interface, by the names of their `[protocols.NAME]` tables
    or of built-in ones. HV020 to HV022 check them in every driver. See [protocols](protocols.md)."""

    compatible: Annotated[
        tuple[tuple[str, ...], ...],
        Key(TEXT_GROUPS, '[["example.drivers.memory:MemoryDriver", "example.drivers.disk:DiskDriver"]]'),
    ] = ()
    """Groups of drivers that understand each other's protocols, each by id, glob of ids or title: one driver can finish
    what another began. Without the key, a driver is only paired with itself, release against release."""

    places: Mapping[tuple[str, ...], Place] = NOTHING

    def place(self, *path: str) -> Place:
        """Place of a key below this interface in the config, or of the nearest key above it."""
        for length in range(len(path), -1, -1):
            found = self.places.get(path[:length])
            if found is not None:
                return found
        return Place("hvsupport.toml")

    def is_preset(self, *path: str) -> bool:
        """Whether the key comes from a preset, which covers many releases: a name may be missing in this one."""
        return self.place(*path).path.startswith("presets/")

    def title_of(self, driver: str) -> str | None:
        """The title of a driver in the config: by its id, else by the first glob that matches."""
        if driver in self.titles:
            return self.titles[driver]
        globs = (pattern for pattern in self.titles if is_glob(pattern))
        return next((self.titles[pattern] for pattern in globs if fits(driver, pattern)), None)
