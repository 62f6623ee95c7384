"""The configuration as a frozen value.

``Config`` is what ``hvsupport.toml`` or ``[tool.hvsupport]`` says, checked and with defaults filled in; reading it from
TOML is the job of ``load``. Problems of the text (unknown keys, wrong types) travel along as values, so that one
wrong key does not hide the findings of the whole tree.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

from ..model import NOTHING, Place, Problem
from ..release import SCHEMES, Numbers, Release, Scheme
from .interface import InterfaceConfig
from .keys import Key
from .shapes import RELEASE, Columns, Derived, Group, ReleaseSource, link
from .tab_rule import LANGUAGES, TabsConfig
from .types import ANY_TEXT, FOLDER, FOLDERS, PATH, PATTERNS, TEXT, TEXTS, choice

if TYPE_CHECKING:
    from ..protocol import Family

__all__ = ["LANGUAGES", "Columns", "Config", "Derived", "Group", "InterfaceConfig", "TabsConfig"]


class Config(NamedTuple):
    """Everything the config says: the keys at its top, each with the text of docs/configuration.md, and its tables.

    Three fields hold more than their key says: ``release`` the current release as a text, wherever it comes from;
    ``scheme`` how releases are written and ordered; ``known`` all releases known, oldest first, or None where only
    their order can be checked.

    Attributes:
        root: the folder that all paths are relative to.
        path: the config file, relative to the root, for messages.
        current: the current release, parsed; a development version counts as the coming release.
        interfaces: in the order of the config.
        tabs: for the tab rule.
        families: the protocols that are declared or taken, by name; their entries are not compared with any interface.
        problems: what is wrong in the config, as problems of kind ``config``.
        places: key path -> place in the config file.
    """

    root: Path
    path: str = "hvsupport.toml"

    title: Annotated[str, Key(TEXT, '"Example library"')] = ""
    """Title of the project, shown on every page and kept in the export."""

    release: Annotated[
        str | None,
        Key(
            RELEASE,
            '{ from = "pyproject" }',
            default=ReleaseSource(),
            default_text="none: any known release may be named",
        ),
    ] = None
    """The current release: an annotation that names a newer one is HV003. Given as a string; or `{ from = "git" }`, the
    release tag nearest to what is checked out; or `{ from = "pyproject" }`, the static `version` of the table
    `[project]` in the `pyproject.toml` at the root; or, with a list of paths and a `pattern`, what the first group of
    that regular expression finds in the first of the files that is there: `{ from = ["meson.build"], pattern =
    "version: '([0-9.]+)'" }`. A development version counts as the coming release: `1.3.0.dev4` is `1.3.0`."""

    tag_prefix: Annotated[str | None, Key(ANY_TEXT, '"release-"', default_text="`v` or nothing")] = None
    """What stands before the release in the names of git tags. A tag that does not begin with it, or whose rest is no
    release under the scheme, is no release tag and is passed over. Without the key, a `v` may stand there."""

    scheme: Annotated[Scheme, Key(choice(SCHEMES), '"pep440"', default=Numbers.name)] = Numbers()
    """How releases are written and ordered: `x.y.z` (numbers and dots, compared number by number), `pep440` (as Python
    packages have them, pre-releases included), `calendar` (a year first, as in `2026.1` or `24.04`), or `listed` (in
    the order that `releases` gives, for projects that changed their way of counting)."""

    known: Annotated[
        tuple[Release, ...] | None,
        Key(TEXTS, '["1.0.0", "1.1.0", "2.0.0"]', default_text="the release tags of git", name="releases"),
    ] = None
    """All releases there have been. An annotation that names another one is HV003. Under `listed` their order, oldest
    first, is the order of the releases, and the key is required; under the other schemes the order does not matter.
    Without the key the releases are the tags of the git repository that keeps the root; where there are no release tags
    either, only the order of releases is checked."""

    packages: Annotated[
        Mapping[str, str], Key(FOLDERS, '{ "example" = "source/python" }', default_text="import names are folders")
    ] = NOTHING
    """Import names of packages whose folder is called otherwise, with that folder. Imports are followed to folders of
    the same name at the root, below `src` and beside the importing file without this key."""

    exclude: Annotated[tuple[str, ...], Key(PATTERNS, '["tests", "*_pb2.py"]')] = ()
    """Files that are never read, as patterns of `.gitignore`: `tests` is a file or folder of this name anywhere,
    `/build` one at the root, `*_pb2.py` a kind of file. A base class in an excluded file is an unresolved one."""

    baseline: Annotated[str | None, Key(PATH, '"hvsupport-baseline.json"')] = None
    """A baseline file that always applies: the findings it lists are known and stay quiet, and one that is listed and
    no longer found is HV040. `hvsupport check --write-baseline` writes it."""

    pages: Annotated[str | None, Key(FOLDER, '"docs"')] = None
    """A folder with the project's own Markdown pages; `hvsupport docs` puts them in the same frame as the matrix, with
    navigation."""

    repository: Annotated[
        str | None, Key(link(("path", "line"), "{path}"), '"https://git.example.org/library/blob/main/{path}#L{line}"')
    ] = None
    """The address of a source line, with `{path}` and `{line}` in their places. Pages link each cell to it; without the
    key they name the line and do not link."""

    current: Release | None = None
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
