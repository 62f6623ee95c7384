"""Every key of the configuration, once: its type, its default, what it means, and an example.

Reading, type checks, did-you-mean and docs/configuration.md all come from these two tables.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ..release import SCHEMES
from .shapes import CALL_LISTS, COLUMNS, DERIVED, GROUPS, INHERITS, PUBLIC_CALL, RELEASE, TARGETS, ReleaseSource, link
from .types import (
    ANY_TEXT,
    FLAG,
    FOLDER,
    FOLDERS,
    GLOBS,
    PATH,
    PATTERNS,
    REASONS,
    TARGET,
    TEXT,
    TEXT_GROUPS,
    TEXT_LISTS,
    TEXT_TABLE,
    TEXTS,
    Type,
    choice,
    number,
    table_of,
)
from .value import KINDS, LANGUAGES, Columns

INTERFACES = "interfaces"
#: The tables of protocols, and the key of an interface that takes them.
PROTOCOLS = "protocols"
#: The table of the tab rule.
TABS = "tabs"


class Key(NamedTuple):
    """One key.

    Attributes:
        name: as TOML has it, with dashes.
        type: of its value.
        default: used where the key is missing or its value is wrong.
        doc: one paragraph of Markdown: what it means.
        example: a line of TOML, or more, that is accepted as it stands.
        required: whether it must be there.
        default_text: the default in words, where it is no value of TOML.
        attribute: what holds the value, where that cannot be called as the key is.
    """

    name: str
    type: Type
    default: Any
    doc: str
    example: str
    required: bool = False
    default_text: str | None = None
    attribute: str | None = None

    @property
    def field(self) -> str:
        """The name of the attribute that holds the value."""
        return self.attribute or self.name.replace("-", "_")


TOP = (
    Key(
        "title",
        TEXT,
        "",
        "Title of the project, shown on every page and kept in the export.",
        'title = "Example library"',
    ),
    Key(
        "release",
        RELEASE,
        ReleaseSource(),
        'The current release: an annotation that names a newer one is HV003. Given as a string; or `{ from = "git" }`,'
        " the release tag nearest to what is checked out; or"
        ' `{ from = "pyproject" }`, the static `version` of the table `[project]` in the `pyproject.toml` at the root;'
        " or, with a list of paths and a `pattern`, what the first group of that regular expression finds in"
        ' the first of the files that is there: `{ from = ["meson.build"], pattern = "version: \'([0-9.]+)\'" }`.'
        " A development version counts as the coming release: `1.3.0.dev4` is `1.3.0`.",
        'release = { from = "pyproject" }',
        default_text="none: any known release may be named",
    ),
    Key(
        "tag-prefix",
        ANY_TEXT,
        None,
        "What stands before the release in the names of git tags. A tag that does not begin with it, or whose rest is"
        " no release under the scheme, is no release tag and is passed over. Without the key, a `v` may stand there.",
        'tag-prefix = "release-"',
        default_text="`v` or nothing",
    ),
    Key(
        "scheme",
        choice(SCHEMES),
        "x.y.z",
        "How releases are written and ordered: `x.y.z` (numbers and dots, compared number by number), `pep440` (as"
        " Python packages have them, pre-releases included), `calendar` (a year first, as in `2026.1` or `24.04`), or"
        " `listed` (in the order that `releases` gives, for projects that changed their way of counting).",
        'scheme = "pep440"',
    ),
    Key(
        "releases",
        TEXTS,
        None,
        "All releases there have been. An annotation that names another one is HV003. Under `listed` their order,"
        " oldest first, is the order of the releases, and the key is required; under the other schemes the order does"
        " not matter. Without the key the releases are the tags of the git repository that keeps the root; where there"
        " are no release tags either, only the order of releases is checked.",
        'releases = ["1.0.0", "1.1.0", "2.0.0"]',
        default_text="the release tags of git",
    ),
    Key(
        "packages",
        FOLDERS,
        {},
        "Import names of packages whose folder is called otherwise, with that folder. Imports are followed to"
        " folders of the same name at the root, below `src` and beside the importing file without this key.",
        'packages = { "example" = "source/python" }',
        default_text="import names are folders",
    ),
    Key(
        "exclude",
        PATTERNS,
        (),
        "Files that are never read, as patterns of `.gitignore`: `tests` is a file or folder of this name anywhere,"
        " `/build` one at the root, `*_pb2.py` a kind of file. A base class in an excluded file is an unresolved"
        " one.",
        'exclude = ["tests", "*_pb2.py"]',
    ),
    Key(
        "baseline",
        PATH,
        None,
        "A baseline file that always applies: the findings it lists are known and stay quiet, and one that is listed"
        " and no longer found is HV040. `hvsupport check --write-baseline` writes it.",
        'baseline = "hvsupport-baseline.json"',
        default_text="none",
    ),
    Key(
        "pages",
        FOLDER,
        None,
        "A folder with the project's own Markdown pages; `hvsupport docs` puts them in the same frame as the matrix,"
        " with navigation.",
        'pages = "docs"',
        default_text="none",
    ),
    Key(
        "repository",
        link(("path", "line"), "{path}"),
        None,
        "The address of a source line, with `{path}` and `{line}` in their places. Pages link each cell to it; without"
        " the key they name the line and do not link.",
        'repository = "https://git.example.org/library/blob/main/{path}#L{line}"',
        default_text="none",
    ),
)

INTERFACE = (
    Key(
        "at",
        TARGET,
        None,
        "Where the interface stands: the file, relative to the root, and the name in it. A base class or a table type"
        " is `path:Class`, a dict of flags `path:Class.attribute` or `path:NAME`.",
        'at = "source/python/driver.py:Driver"',
        required=True,
    ),
    Key(
        "kind",
        choice(KINDS),
        "class",
        "What kind of interface it is: `class` (drivers derive from it and override methods), `table` (a dataclass,"
        " NamedTuple, TypedDict or Protocol whose fields are the entries; drivers fill it in), or `flags` (a dict whose"
        " keys are the entries, and whose values say yes or no).",
        'kind = "table"',
    ),
    Key(
        "title",
        TEXT,
        "",
        "Heading of its matrix.",
        'title = "Guests"',
        default_text="the name of the interface",
    ),
    Key(
        "drivers",
        GLOBS,
        (),
        "The files that hold drivers, as globs relative to the root: `*` and `?` stay within one folder, `**` crosses"
        " folders. A glob that matches no file is HV012. The key may be missing where `columns` names the drivers.",
        'drivers = ["source/python/drivers/**/*.py"]',
        default_text="required, unless `columns` is a list or a registry",
    ),
    Key(
        "columns",
        COLUMNS,
        Columns(),
        'Which drivers are columns. `"leaf"`: those that no other driver derives from (or, for tables, starts from).'
        ' `"all"`: every one. A list of ids: these, in this order. `{ registry = "path:NAME" }`: those that a dict or'
        " list literal of the tree names; it is read, not imported. The id of a class is `module:Class`, that of a"
        " table `path:NAME`.",
        'columns = { registry = "source/python/registry.py:DRIVERS" }',
        default_text='`"leaf"`',
    ),
    Key(
        "order",
        TEXTS,
        (),
        "Columns that come first, in this order: ids, titles, or globs of ids. The others follow in the order in which"
        " they were found.",
        'order = ["example.drivers.memory:MemoryDriver", "example.drivers.cloud.*"]',
    ),
    Key(
        "titles",
        TEXT_TABLE,
        {},
        "What the heading of a column says, by driver id or glob of ids. Two drivers may share a title.",
        'titles = { "example.drivers.memory:MemoryDriver" = "Memory" }',
        default_text="the name of the class or table",
    ),
    Key(
        "not-drivers",
        REASONS,
        {},
        "Classes and tables that would be columns and are no drivers (internal back ends, dummies, tests), by id or"
        " glob of ids, each with the reason.",
        'not-drivers = { "example.drivers.dummy:*" = "stands in where nothing is configured" }',
    ),
    Key(
        "groups",
        GROUPS,
        (),
        "Headings, and the entries under each, as names or globs. Entries under no heading come last.",
        'groups = [{ title = "Guests", entries = ["create", "destroy", "guest_*"] }]',
    ),
    Key(
        "exclude",
        TEXTS,
        (),
        "Members that are no entries, as names or globs. Names that begin with an underline never are.",
        'exclude = ["register_event_listener", "test_*"]',
    ),
    Key(
        "additional",
        REASONS,
        {},
        "Entries that the interface does not list though drivers have them, each with the reason. Each is a row.",
        'additional = { "attach_volume" = "called by name from the scheduler" }',
    ),
    Key(
        "extensions",
        TEXTS,
        (),
        "Globs of names that drivers may annotate though no entry is called so: calls of one driver's own. They are no"
        " rows. Any other annotated name that is no entry is HV007.",
        'extensions = ["ex_*"]',
    ),
    Key(
        "inherited-entries",
        FLAG,
        False,
        "Whether the public methods of the interface's own base classes are entries too.",
        "inherited-entries = true",
    ),
    Key(
        "tables",
        TEXTS,
        (),
        "For drivers that list their functions in a dict: globs of the names, `NAME` or `Class.NAME`, of the dicts that"
        " are method tables.",
        'tables = ["*_methods", "Driver.operations"]',
    ),
    Key(
        "stub-exceptions",
        TEXTS,
        ("NotImplementedError",),
        "Exceptions that say not supported: a body that, its docstring and assignments aside, only raises one of them"
        " is a stub, and no support. The list replaces the default.",
        'stub-exceptions = ["NotImplementedError", "UnsupportedOperation"]',
    ),
    Key(
        "stub-markers",
        TEXTS,
        (),
        "Names of decorators, functions or values that make an entry a stub: it is decorated with one, its body only"
        " calls one, or its slot holds one.",
        'stub-markers = ["not_supported"]',
    ),
    Key(
        "decorators",
        TEXTS,
        ("since",),
        'Names of decorators that carry the annotation: the first string of `@since("1.2.0")` is the whole annotation.'
        " The list replaces the default.",
        'decorators = ["since", "versioned"]',
    ),
    Key(
        "dynamic",
        REASONS,
        {},
        "What cannot be known by reading (`__getattr__`, `setattr` in a loop, tables built at run time), each with the"
        " reason: a file, a folder, a class or table by its id, one entry as `module:Class.entry`, a glob of these, or"
        " the construct as `@decorator`, `metaclass=Name` or `__getattr__`. Undeclared, each is HV010 where it is seen;"
        " a declaration that nothing needs is HV040.",
        'dynamic = { "example.drivers.proxy:ProxyDriver" = "forwards every call to the driver it wraps" }',
    ),
    Key(
        "dispatch",
        TEXT_LISTS,
        {},
        "Classes whose `__new__` hands out instances of others: driver id, then the ids of those others. They are"
        " columns in its place, and its `__new__` is no HV010.",
        'dispatch = { "example.drivers.cloud:CloudDriver" = ["example.drivers.cloud:CloudV2Driver"] }',
    ),
    Key(
        "external",
        REASONS,
        {},
        "Base classes outside the tree, by dotted name or glob, each with the reason why it brings no entries."
        " Undeclared, each is HV011.",
        'external = { "threading.Thread" = "runs the driver; none of its methods is an entry" }',
    ),
    Key(
        "inherits",
        INHERITS,
        {},
        "The annotation of a cell that a driver inherited, where it is another one than that of the class it comes"
        " from: driver id, then entry, then an annotation as in the source.",
        'inherits = { "example.drivers.cloud:CloudDriver" = { resize = "1.2.0; partial: grow only" } }',
    ),
    Key(
        "exempt",
        REASONS,
        {},
        "Entries that need no annotation in drivers, each with the reason.",
        'exempt = { "init_host" = "every driver has had it since the first release" }',
    ),
    Key(
        "url",
        link(("entry", "call"), "{entry}", "{call}"),
        None,
        "The address of the documentation of an entry, with `{entry}` in its place, or `{call}` for the name of the"
        " public call. Rows link to it.",
        'url = "https://docs.example.org/api#{entry}"',
        default_text="none",
    ),
    Key(
        "formerly",
        TARGETS,
        (),
        "Other places where the interface stood in older releases, written like `at`, and tried in this order where"
        " `at` does not exist. So one configuration fits old trees too.",
        'formerly = ["source/python/base.py:Base"]',
    ),
    Key(
        "headers",
        GLOBS,
        (),
        "For C: further files that say what the types of the interface's fields are, where its own file does not.",
        'headers = ["source/c/include/*.h"]',
    ),
    Key(
        "empty-slots",
        choice(("allowed", "removed")),
        "allowed",
        "What a slot of a table means that is `NULL`, `None` or `False` and has no annotation. `allowed`: the driver"
        " does not have the entry. `removed`: it has to say when the entry was removed, and is HV001 until it does;"
        " what was never there is left out of the table.",
        'empty-slots = "removed"',
    ),
    Key(
        "public-call",
        PUBLIC_CALL,
        None,
        "How public calls are called: two names with a `*` each. The first is compared with the type of a field (or,"
        " where that does not fit, with the name of the entry), the second is the call; without the key a call is"
        " called like its entry.",
        'public-call = "exDrv* -> ex*"',
        default_text="the name of the entry",
    ),
    Key(
        "symbols",
        GLOBS,
        (),
        "Linker version scripts of the library. The node that lists a call, `LIBEXAMPLE_1.2.0`, says in which release"
        " it appeared: an entry that claims to be older than its call is HV004, and a call that no script lists is"
        " HV012.",
        'symbols = ["source/c/libexample.syms"]',
    ),
    Key(
        "internal-calls",
        TEXT_TABLE,
        {},
        "Calls that no version script lists and that are rows nevertheless, each with the release in which it"
        " appeared.",
        'internal-calls = { exGuestMigrateBegin = "0.9.2" }',
    ),
    Key(
        "former-calls",
        CALL_LISTS,
        {},
        "Older public calls that an entry served before: its annotations may be as old as the oldest of them.",
        'former-calls = { guestCreateXML = ["exGuestCreateLinux"] }',
    ),
    Key(
        "derived",
        DERIVED,
        {},
        "Rows that no table lists, because other entries serve the call: by name, with the `entries` whose cells they"
        " take (of several the one that the driver has had longest), the public `call` where the name does not lead to"
        " it, and the release that no cell can be older than, `not-before`.",
        'derived = { openReadOnly = { entries = ["open"], call = "exOpenReadOnly", not-before = "0.4.0" } }',
    ),
    Key(
        "index",
        GLOBS,
        (),
        "XML files that say on which page each call is documented, in elements like"
        " `<function name='exOpen' file='connection'/>`. They may be missing: documentation is built later than sources"
        " are read.",
        'index = ["docs/example-api.xml", "build/docs/example-api.xml"]',
        attribute="indexes",
    ),
    Key(
        "index-url",
        link(("entry", "call", "file"), "{file}"),
        None,
        "The address of the documentation of a call that `index` lists, with `{file}` and `{call}` in their places; the"
        " others have the one that `url` gives, if it does.",
        'index-url = "html/example-{file}.html#{call}"',
        default_text="none",
    ),
    Key(
        PROTOCOLS,
        TEXTS,
        (),
        "The protocols that some of its entries are the steps of, by the names of their tables `[protocols.NAME]` or of"
        " those that come with the tool. HV020 to HV022 check them in every driver. See [protocols](protocols.md).",
        'protocols = ["migration"]',
    ),
    Key(
        "compatible",
        TEXT_GROUPS,
        (),
        "Groups of drivers, each by id, glob of ids or title, that understand each other's protocols: what one begins,"
        " another can finish. Without the key a driver is only paired with itself, release against release.",
        'compatible = [["example.drivers.memory:MemoryDriver", "example.drivers.disk:DiskDriver"]]',
    ),
)

TABS_KEYS = (
    Key(
        "exempt",
        PATTERNS,
        (),
        "Files in which tabs belong, as patterns of `.gitignore`, besides those that are exempt anyway: Makefiles in"
        " every spelling, `*.mk`, `*.am`, Go, `*.tsv`, `.gitmodules`, patches. `!pattern` takes one of those back.",
        'exempt = ["tests/data", "*.dump", "!Kconfig"]',
    ),
    Key(
        "widths",
        table_of(number(1, 16), "a table from patterns to numbers from 1 to 16"),
        {},
        "How many columns lie between two tab stops, for files that were written for another number than 8. Where"
        " several patterns fit, the last one counts. Python and POD are always expanded at 8.",
        'widths = { "src/legacy" = 4 }',
    ),
    Key(
        "languages",
        table_of(choice(LANGUAGES), f"a table from patterns to one of {', '.join(LANGUAGES)}"),
        {},
        "The language of files whose name and first line do not say it.",
        'languages = { "hooks/*" = "shell" }',
    ),
)
