"""The configuration as a frozen value.

``Config`` is what ``hvsupport.toml`` or ``[tool.hvsupport]`` says, checked and with defaults filled in; reading it from
TOML is the job of ``load``. Problems in it (unknown keys, wrong types) are values of it too, so that one wrong
key does not hide the findings of the whole tree.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from ..model import NOTHING, Place, Problem
from ..records import NamedTuple
from ..release import SCHEMES, Numbers, Release, Scheme
from .interface import InterfaceConfig
from .keys import Key
from .shapes import ADDRESS, COLOUR, RELEASE, Columns, Derived, Group, ReleaseSource, link
from .tab_rule import LANGUAGES, TabsConfig
from .types import ANY_TEXT, COMMITS, DATES, FLAG, FOLDER, FOLDERS, GLOBS, PATH, PATTERNS, PHRASES, TEXT, TEXTS, choice

if TYPE_CHECKING:
    from ..protocol import Family

__all__ = ["LANGUAGES", "Columns", "Config", "Derived", "Group", "InterfaceConfig", "TabsConfig"]


class Config(NamedTuple):
    """Everything the config says: the keys at its top, each with the text of docs/configuration.md, and its tables.

    Three fields hold more than their key says: ``release`` the current release as a text, wherever it comes from;
    ``scheme`` how releases are written and ordered; ``known`` all releases known, oldest first, or None where only
    their order can be checked.

    Attributes:
        path: the config file, relative to the root, for messages.
        current: the current release, parsed; a development version counts as the coming release.
        interfaces: in the order of the config.
        families: the protocols that are declared or used, by name; their entries are not compared with any interface.
        shallow: the known releases are the tags of a shallow clone, which may lack some.
        places: key path -> place in the config file.
    """

    root: Path
    path: str = "hvsupport.toml"

    preset: Annotated[str | None, Key(TEXT, '"libvirt"')] = None
    """The name of a [preset](#presets) that this configuration extends. `--preset` on the command line replaces it."""

    title: Annotated[str, Key(TEXT, '"Example library"')] = ""
    """Title of the project, shown on every page and included in the export."""

    release: Annotated[
        str | None,
        Key(
            RELEASE,
            '{ from = "pyproject" }',
            default=ReleaseSource(),
            default_text="none: every known release is accepted",
        ),
    ] = None
    """The current release; an annotation with a newer one is HV003. Give it as a string, or name its source: `{ from =
    "git" }` is the release tag nearest to the checked-out commit; `{ from = "pyproject" }` is the static `version`
    under `[project]` in the `pyproject.toml` at the root; a list of paths with a `pattern` is what the first group of
    that regular expression matches in the first of these files that exists: `{ from = ["meson.build"], pattern =
    "version: '([0-9.]+)'" }`. A development version counts as the coming release: `1.3.0.dev4` is `1.3.0`."""

    tag_prefix: Annotated[str | None, Key(ANY_TEXT, '"release-"', default_text="`v` or nothing")] = None
    """What precedes the release in the names of git tags. Tags without this prefix, and tags whose rest is not a
    release under the scheme, are ignored. Without the key, an optional `v` is accepted."""

    scheme: Annotated[Scheme, Key(choice(SCHEMES), '"pep440"', default=Numbers.name)] = Numbers()
    """How releases are written and ordered: `x.y.z` (numbers and dots, compared number by number), `pep440` (as for
    Python packages, including pre-releases), `calendar` (starts with a year, as in `2026.1` or `24.04`), or `listed`
    (in the order of `releases`, for projects that changed their numbering)."""

    known: Annotated[
        tuple[Release, ...] | None,
        Key(TEXTS, '["1.0.0", "1.1.0", "2.0.0"]', default_text="the release tags of git", name="releases"),
    ] = None
    """All releases of the project, current and past. An annotation with any other release is HV003. Under `listed`, the
    key is required and gives the order of releases, oldest first; under the other schemes the order does not matter.
    Without the key, the releases are the tags of the git repository at the root; without tags, only the order of
    releases is checked."""

    say_next: Annotated[bool, Key(FLAG, "true")] = False
    """Whether annotations that name the current release before it is known, by a tag or under `releases`, are HV003.
    For branches that raise `release` before they make it: what is new there says `next` until then."""

    commits: Annotated[
        Mapping[str, str],
        Key(COMMITS, '{ "1.0.0" = "3f786850e387550fdab836ed7e6dc881de23001b" }', default_text="a release is its tag"),
    ] = NOTHING
    """The commits of releases that have no tag, for `verify` and `backfill`. Name these releases under `releases` too.
    Without its commit, a release that has no tag lies in an interval: what came in it gets the next release that has
    one."""

    packages: Annotated[
        Mapping[str, str], Key(FOLDERS, '{ "example" = "source/python" }', default_text="folders have the import name")
    ] = NOTHING
    """Import names of packages whose folder has another name, with that folder. Without this key, imports are looked up
    in folders of the same name at the root, below `src` and beside the importing file."""

    exclude: Annotated[tuple[str, ...], Key(PATTERNS, '["tests", "*_pb2.py"]')] = ()
    """Files that are never read, as patterns in the syntax of `.gitignore`: `tests` matches a file or folder of this
    name anywhere, `/build` one at the root, `*_pb2.py` by extension. A base class in an excluded file is unresolved."""

    documents: Annotated[tuple[str, ...], Key(GLOBS, '["docs/**/*.md", "README.rst"]')] = ()
    """Documents in which `stamp` replaces `next`, and in which `check --release` reports it (HV031): where a directive
    says it (`.. versionadded:: next`, or `:::{versionadded} next` of MyST), and in the phrases of `document-phrases`.
    Sources may be listed too, for docstrings that document no entry. Each glob must match a file."""

    document_phrases: Annotated[tuple[str, ...], Key(PHRASES, '["New in {release}", "since {release}"]')] = ()
    """Phrases in which documents name the release that they are about, with `{release}` in its place."""

    baseline: Annotated[str | None, Key(PATH, '"hvsupport-baseline.json"')] = None
    """A baseline file that always applies: findings listed in it are not reported, and a listed finding that no longer
    exists is HV040. `hvsupport check --write-baseline` writes it."""

    pages: Annotated[str | None, Key(FOLDER, '"docs"')] = None
    """A folder with the project's own Markdown pages. `hvsupport docs` adds them to the site, with navigation."""

    any_html: Annotated[bool, Key(FLAG, "true")] = False
    """Whether these pages may hold any HTML. Without it, elements, attributes and addresses that could run a script are
    left out and reported."""

    url: Annotated[str | None, Key(ADDRESS, '"https://example.org/drivers/"')] = None
    """The address where the site is published. With it the site has an Atom feed, `feed.atom`, of what drivers gained
    and lost in each release, and pages name the feed, their own address and a picture of their matrix to browsers,
    readers and previews."""

    dates: Annotated[
        Mapping[str, str],
        Key(DATES, '{ "1.0.0" = "2026-03-01" }', default_text="the dates of the tags", name="release-dates"),
    ] = NOTHING
    """The days on which releases came out, for the feed. A release that is not listed has the date of its tag; one
    without a tag is not in the feed."""

    repository: Annotated[
        str | None,
        Key(link(("path", "line", "release"), "{path}"), '"https://git.example.org/library/blob/main/{path}#L{line}"'),
    ] = None
    """The URL of a source line, with the placeholders `{path}`, `{line}` and `{release}`, the current release. Pages
    link each cell to it; without the key, and without a release where the URL needs one, they show the line without a
    link. `init` writes it if the git remote `origin` is on GitHub, GitLab, Bitbucket or SourceHut."""

    accent: Annotated[str | None, Key(COLOUR, '"#7a1f5c"', default_text="blue")] = None
    """The project's colour. The site uses it for a line at the top, its icon and marks, and never for text."""

    logo: Annotated[str | None, Key(PATH, '"docs/logo.svg"', default_text="the first letter of the title")] = None
    """A picture (SVG, PNG, WebP, JPEG or GIF) for the header of each page. The site's icon is made from it too."""

    theme: Annotated[str | None, Key(PATH, '"docs/theme.css"')] = None
    """A stylesheet that the site uses after its own, for instance to set its
    [custom properties](pages.md#theme)."""

    templates: Annotated[str | None, Key(FOLDER, '"docs/templates"')] = None
    """A folder with [templates of your own](pages.md#templates), each in the place of one of the site's. They run in a
    sandbox."""

    current: Release | None = None
    interfaces: tuple[InterfaceConfig, ...] = ()
    tabs: TabsConfig = TabsConfig()
    families: Mapping[str, "Family"] = NOTHING
    problems: tuple[Problem, ...] = ()
    shallow: bool = False
    places: Mapping[tuple[str, ...], Place] = NOTHING

    def steps_of(self, interface: InterfaceConfig) -> frozenset[str]:
        """The entries that are steps of the protocols of an interface."""
        families = [self.families[name] for name in interface.protocols if name in self.families]
        protocols = [protocol for family in families for protocol in family.protocols]
        return frozenset(entry for protocol in protocols for step in protocol.steps for entry in step.entries)

    def place(self, *path: str) -> Place:
        """Place of a top-level key in the config, or the start of the file."""
        return self.places.get(path, Place(self.path))
