"""The public calls that entry points serve: their names, the releases in which they appeared, their documentation."""

from collections.abc import Iterable, Iterator
from functools import cached_property

from ..config.value import Config, InterfaceConfig
from ..errors import ReleaseError
from ..facts import TableFact
from ..model import Place, Problem
from ..names.tree import Tree
from ..patterns import one_of
from ..records import NamedTuple
from ..release import Release


class Call(NamedTuple):
    """A public call.

    Attributes:
        since: release in which it appeared, or None.
        older: releases in which the older calls appeared that its entry served before.
        url: its documentation, or None.
        known: whether a version script or the config lists it, or nothing lists calls at all.
        internal: whether the config lists it as no call for users.
    """

    name: str
    since: Release | None
    older: tuple[Release, ...]
    url: str | None
    known: bool
    internal: bool = False


class Calls:
    """What the config and the version scripts say of public calls, for one interface."""

    def __init__(self, config: Config, interface: InterfaceConfig, tree: Tree) -> None:
        self._config, self._interface, self._tree = config, interface, tree
        self._pattern = None if interface.public_call is None else [part.split("*") for part in interface.public_call]
        self._class = interface.at.rpartition(":")[2].rpartition(".")[2]
        self.problems: list[Problem] = []

    def of(self, entry: str, kind: str | None = None) -> Call:
        """The call that an entry serves.

        Args:
            kind: the type of its field, by which C projects name the call.
        """
        return self.call(self._name(entry, kind), entry)

    def call(self, name: str, entry: str) -> Call:
        """What is known of a call by its name, for a row called ``entry``."""
        older = (self._release(each) for each in self._interface.former_calls.get(entry, ()))
        known = not self._lists_calls or name in self._since or entry in self._interface.exempt
        internal = name in self._interface.internal_calls
        return Call(name, self._release(name), tuple(filter(None, older)), self._url(name, entry), known, internal)

    def _name(self, entry: str, kind: str | None) -> str:
        if self._pattern is None:
            return entry
        (before, after), (new, behind) = self._pattern
        for text in filter(None, (kind, entry)):
            if text.startswith(before) and text.endswith(after) and len(text) >= len(before) + len(after):
                return f"{new}{text[len(before) : len(text) - len(after)]}{behind}"
        return entry

    def _release(self, name: str) -> Release | None:
        return self._since.get(name)

    @property
    def _lists_calls(self) -> bool:
        return bool(self._interface.symbols or self._interface.internal_calls)

    @cached_property
    def _since(self) -> dict[str, Release]:
        """Call -> release; of several the oldest."""
        found: dict[str, Release] = {}
        for listed in self._listed():
            for name, release in listed.items():
                if name not in found or release < found[name]:
                    found[name] = release
        for name, text in self._interface.internal_calls.items():
            given = self.parsed(text, self._interface.place("internal-calls", name))
            if given is not None:
                found[name] = given
        return found

    def _listed(self) -> Iterator[dict[str, Release]]:
        """What each version script lists; many interfaces share one."""
        for index, pattern in enumerate(self._interface.symbols):
            paths = self._tree.loader.matching([pattern])
            if not paths and not self._interface.is_preset("symbols"):
                place = self._interface.place("symbols", str(index))
                self.problems.append(Problem("config", place, f"no file matches {pattern!r}", pattern))
            for path in paths:
                if path not in self._tree.listed:
                    self._tree.listed[path] = self._listed_in(path)
                yield self._tree.listed[path]

    def _listed_in(self, path: str) -> dict[str, Release]:
        found: dict[str, Release] = {}
        for _, table in self._tables([path], "symbols"):
            release = self.parsed(table.name.rpartition("_")[2], Place(path, table.line))
            for name, _ in _pairs(table) if release is not None else ():
                if release is not None and (name not in found or release < found[name]):
                    found[name] = release
        return found

    def _tables(self, paths: Iterable[str], form: str) -> Iterator[tuple[str, TableFact]]:
        for path in paths:
            file = self._tree.file(path)
            for table in file.facts.tables if file is not None else ():
                if table.form == form:
                    yield path, table

    def parsed(self, text: str, place: Place) -> Release | None:
        """A release that the config or a version script names; one that is none is a problem."""
        try:
            return self._config.scheme.parse(text)
        except ReleaseError as error:
            self.problems.append(Problem("config", place, str(error), text, f"such as {self._config.scheme.example}"))
            return None

    # -- documentation

    @cached_property
    def _pages(self) -> dict[str, str]:
        paths = self._tree.loader.matching(self._interface.indexes)
        tables = self._tables(paths, "index")
        found = {name: page for _, table in tables for name, page in _pairs(table)}
        # An inventory has "package.module.Class.method", from wherever the documentation imports it.
        ends = {".".join(name.rsplit(".", 2)[-2:]): page for name, page in reversed(found.items()) if "." in name}
        return {**ends, **found}

    def _url(self, name: str, entry: str) -> str | None:
        page = self._pages.get(name) or self._pages.get(f"{self._class}.{entry}")
        pattern = self._interface.index_url if page is not None else None
        if pattern is None and (not self._lists_calls or name in self._public):
            pattern = self._group_urls(entry) or self._interface.url
        if pattern is None:
            return None
        return pattern.replace("{entry}", entry).replace("{call}", name).replace("{file}", page or "")

    def _group_urls(self, entry: str) -> str | None:
        """The URL of the first group that has the entry."""
        return next((group.url for group in self._interface.groups if one_of(group.entries)(entry)), None)

    @cached_property
    def _public(self) -> frozenset[str]:
        """The calls that users see; internal ones have no documentation."""
        return frozenset(self._since) - frozenset(self._interface.internal_calls)


def _pairs(table: TableFact) -> Iterator[tuple[str, str]]:
    """Key and value of each line of a version script or index."""
    return ((pair.key.text, pair.values[0].text) for pair in table.pairs if pair.key is not None)
