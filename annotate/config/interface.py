"""One table ``[interfaces.NAME]`` of the configuration: an interface, and where its drivers are."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Annotated, NamedTuple

from ..model import NOTHING, Place, Span
from .keys import Key
from .shapes import CALL_LISTS, COLUMNS, DERIVED, GROUPS, INHERITS, PUBLIC_CALL, TARGETS, Columns, Derived, Group, link
from .types import FLAG, GLOBS, REASONS, TARGET, TEXT, TEXT_GROUPS, TEXT_LISTS, TEXT_TABLE, TEXTS, choice

_GLOB_SIGNS = frozenset("*?[")
KINDS = ("class", "table", "flags")


class InterfaceConfig(NamedTuple):
    """One interface as the config declares it: its keys, each with the text of docs/configuration.md.

    Attributes:
        key: the name of its table in the config, unique.
        places: key path below this interface -> place in the config file.
    """

    key: str

    at: Annotated[str, Key(TARGET, '"source/python/driver.py:Driver"')]
    """Where the interface stands: the file, relative to the root, and the name in it. A base class or a table type is
    `path:Class`, a dict of flags `path:Class.attribute` or `path:NAME`."""

    kind: Annotated[str, Key(choice(KINDS), '"table"')] = "class"
    """What kind of interface it is: `class` (drivers derive from it and override methods), `table` (a dataclass,
    NamedTuple, TypedDict or Protocol whose fields are the entries; drivers fill it in), or `flags` (a dict whose keys
    are the entries, and whose values say yes or no)."""

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
    """The files that hold drivers, as globs relative to the root: `*` and `?` stay within one folder, `**` crosses
    folders. A glob that matches no file is HV012. The key may be missing where `columns` names the drivers."""

    columns: Annotated[
        Columns, Key(COLUMNS, '{ registry = "source/python/registry.py:DRIVERS" }', default_text='`"leaf"`')
    ] = Columns()
    """Which drivers are columns. `"leaf"`: those that no other driver derives from (or, for tables, starts from).
    `"all"`: every one. A list of ids: these, in this order. `{ registry = "path:NAME" }`: those that a dict or list
    literal of the tree names; it is read, not imported. The id of a class is `module:Class`, that of a table
    `path:NAME`."""

    order: Annotated[
        tuple[str, ...], Key(TEXTS, '["example.drivers.memory:MemoryDriver", "example.drivers.cloud.*"]')
    ] = ()
    """Columns that come first, in this order: ids, titles, or globs of ids. The others follow in the order in which
    they were found."""

    titles: Annotated[
        Mapping[str, str],
        Key(
            TEXT_TABLE,
            '{ "example.drivers.memory:MemoryDriver" = "Memory" }',
            default_text="the name of the class or table",
        ),
    ] = NOTHING
    """What the heading of a column says, by driver id or glob of ids. Two drivers may share a title."""

    not_drivers: Annotated[
        Mapping[str, str], Key(REASONS, '{ "example.drivers.dummy:*" = "stands in where nothing is configured" }')
    ] = NOTHING
    """Classes and tables that would be columns and are no drivers (internal back ends, dummies, tests), by id or glob
    of ids, each with the reason."""

    groups: Annotated[
        tuple[Group, ...], Key(GROUPS, '[{ title = "Guests", entries = ["create", "destroy", "guest_*"] }]')
    ] = ()
    """Headings, and the entries under each, as names or globs. Entries under no heading come last."""

    exclude: Annotated[tuple[str, ...], Key(TEXTS, '["register_event_listener", "test_*"]')] = ()
    """Members that are no entries, as names or globs. Names that begin with an underline never are."""

    additional: Annotated[
        Mapping[str, str], Key(REASONS, '{ "attach_volume" = "called by name from the scheduler" }')
    ] = NOTHING
    """Entries that the interface does not list though drivers have them, each with the reason. Each is a row."""

    extensions: Annotated[tuple[str, ...], Key(TEXTS, '["ex_*"]')] = ()
    """Globs of names that drivers may annotate though no entry is called so: calls of one driver's own. They are no
    rows. Any other annotated name that is no entry is HV007."""

    inherited_entries: Annotated[bool, Key(FLAG, "true")] = False
    """Whether the public methods of the interface's own base classes are entries too."""

    tables: Annotated[tuple[str, ...], Key(TEXTS, '["*_methods", "Driver.operations"]')] = ()
    """For drivers that list their functions in a dict: globs of the names, `NAME` or `Class.NAME`, of the dicts that
    are method tables."""

    stub_exceptions: Annotated[tuple[str, ...], Key(TEXTS, '["NotImplementedError", "UnsupportedOperation"]')] = (
        "NotImplementedError",
    )
    """Exceptions that say not supported: a body that, its docstring and assignments aside, only raises one of them is a
    stub, and no support. The list replaces the default."""

    stub_markers: Annotated[tuple[str, ...], Key(TEXTS, '["not_supported"]')] = ()
    """Names of decorators, functions or values that make an entry a stub: it is decorated with one, its body only calls
    one, or its slot holds one."""

    decorators: Annotated[tuple[str, ...], Key(TEXTS, '["since", "versioned"]')] = ("since",)
    """Names of decorators that carry the annotation: the first string of `@since("1.2.0")` is the whole annotation. The
    list replaces the default."""

    dynamic: Annotated[
        Mapping[str, str],
        Key(REASONS, '{ "example.drivers.proxy:ProxyDriver" = "forwards every call to the driver it wraps" }'),
    ] = NOTHING
    """What cannot be known by reading (`__getattr__`, `setattr` in a loop, tables built at run time), each with the
    reason: a file, a class or table by its id, or one entry as `module:Class.entry`. Undeclared, each is HV010 where it
    is seen; a declaration that nothing needs is HV040."""

    dispatch: Annotated[
        Mapping[str, tuple[str, ...]],
        Key(TEXT_LISTS, '{ "example.drivers.cloud:CloudDriver" = ["example.drivers.cloud:CloudV2Driver"] }'),
    ] = NOTHING
    """Classes whose `__new__` hands out instances of others: driver id, then the ids of those others. They are columns
    in its place, and its `__new__` is no HV010."""

    external: Annotated[
        Mapping[str, str], Key(REASONS, '{ "threading.Thread" = "runs the driver; none of its methods is an entry" }')
    ] = NOTHING
    """Base classes outside the tree, by dotted name, each with the reason why it brings no entries. Undeclared, each is
    HV011."""

    inherits: Annotated[
        Mapping[str, Mapping[str, tuple[Span, ...]]],
        Key(INHERITS, '{ "example.drivers.cloud:CloudDriver" = { resize = "1.2.0; partial: grow only" } }'),
    ] = NOTHING
    """The annotation of a cell that a driver inherited, where it is another one than that of the class it comes from:
    driver id, then entry, then an annotation as in the source."""

    exempt: Annotated[
        Mapping[str, str], Key(REASONS, '{ "init_host" = "every driver has had it since the first release" }')
    ] = NOTHING
    """Entries that need no annotation in drivers, each with the reason."""

    url: Annotated[
        str | None, Key(link(("entry", "call"), "{entry}", "{call}"), '"https://docs.example.org/api#{entry}"')
    ] = None
    """The address of the documentation of an entry, with `{entry}` in its place, or `{call}` for the name of the public
    call. Rows link to it."""

    formerly: Annotated[tuple[str, ...], Key(TARGETS, '["source/python/base.py:Base"]')] = ()
    """Other places where the interface stood in older releases, written like `at`, and tried in this order where `at`
    does not exist. So one configuration fits old trees too."""

    headers: Annotated[tuple[str, ...], Key(GLOBS, '["source/c/include/*.h"]')] = ()
    """For C: further files that say what the types of the interface's fields are, where its own file does not."""

    empty_slots: Annotated[str, Key(choice(("allowed", "removed")), '"removed"')] = "allowed"
    """What a slot of a table means that is `NULL`, `None` or `False` and has no annotation. `allowed`: the driver does
    not have the entry. `removed`: it has to say when the entry was removed, and is HV001 until it does; what was never
    there is left out of the table."""

    public_call: Annotated[
        tuple[str, str] | None, Key(PUBLIC_CALL, '"exDrv* -> ex*"', default_text="the name of the entry")
    ] = None
    """How public calls are called: two names with a `*` each. The first is compared with the type of a field (or, where
    that does not fit, with the name of the entry), the second is the call; without the key a call is called like its
    entry."""

    symbols: Annotated[tuple[str, ...], Key(GLOBS, '["source/c/libexample.syms"]')] = ()
    """Linker version scripts of the library. The node that lists a call, `LIBEXAMPLE_1.2.0`, says in which release it
    appeared: an entry that claims to be older than its call is HV004, and a call that no script lists is HV012."""

    internal_calls: Annotated[Mapping[str, str], Key(TEXT_TABLE, '{ exGuestMigrateBegin = "0.9.2" }')] = NOTHING
    """Calls that no version script lists and that are rows nevertheless, each with the release in which it appeared."""

    former_calls: Annotated[
        Mapping[str, tuple[str, ...]], Key(CALL_LISTS, '{ guestCreateXML = ["exGuestCreateLinux"] }')
    ] = NOTHING
    """Older public calls that an entry served before: its annotations may be as old as the oldest of them."""

    derived: Annotated[
        Mapping[str, Derived],
        Key(DERIVED, '{ openReadOnly = { entries = ["open"], call = "exOpenReadOnly", not-before = "0.4.0" } }'),
    ] = NOTHING
    """Rows that no table lists, because other entries serve the call: by name, with the `entries` whose cells they take
    (of several the one that the driver has had longest), the public `call` where the name does not lead to it, and the
    release that no cell can be older than, `not-before`."""

    indexes: Annotated[
        tuple[str, ...], Key(GLOBS, '["docs/example-api.xml", "build/docs/example-api.xml"]', name="index")
    ] = ()
    """XML files that say on which page each call is documented, in elements like `<function name='exOpen'
    file='connection'/>`. They may be missing: documentation is built later than sources are read."""

    index_url: Annotated[
        str | None, Key(link(("entry", "call", "file"), "{file}"), '"html/example-{file}.html#{call}"')
    ] = None
    """The address of the documentation of a call that `index` lists, with `{file}` and `{call}` in their places; the
    others have the one that `url` gives, if it does."""

    protocols: Annotated[tuple[str, ...], Key(TEXTS, '["migration"]')] = ()
    """The protocols that some of its entries are the steps of, by the names of their tables `[protocols.NAME]` or of
    those that come with the tool. HV020 to HV022 check them in every driver. See [protocols](protocols.md)."""

    compatible: Annotated[
        tuple[tuple[str, ...], ...],
        Key(TEXT_GROUPS, '[["example.drivers.memory:MemoryDriver", "example.drivers.disk:DiskDriver"]]'),
    ] = ()
    """Groups of drivers, each by id, glob of ids or title, that understand each other's protocols: what one begins,
    another can finish. Without the key a driver is only paired with itself, release against release."""

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
