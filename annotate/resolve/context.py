"""What the steps of resolving one interface share: the tree, the config, and the problems met on the way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..config.target import Target
from ..config.value import Config, InterfaceConfig
from ..facts import DECLARE, Mark, Member, TableFact, Trouble
from ..model import Anchor, Annotation, Definition, Deprecation, Place, Problem
from ..names.mro import Element, Orders
from ..names.tree import Tree
from ..nearest import did_you_mean
from ..patterns import one_of
from ..readers import is_c
from ..records import record
from . import signatures
from .calls import Calls
from .marks import Marks, Reading, deprecated
from .stubs import Judge, Verdict


class Context:
    """One interface being resolved.

    Attributes:
        problems: what was met, in no order.
        used: the declarations of ``dynamic`` and ``external`` that covered something.
        part: the field of a struct of C that is meant alone, or empty.
        steps: the entries that are steps of protocols.
        checked: class, with the entries it was asked about -> whether all that it may hold is known.
        outside: what is known of what others do to each class.
    """

    def __init__(self, config: Config, interface: InterfaceConfig, tree: Tree, orders: Orders) -> None:
        self.config, self.interface, self.tree, self.orders = config, interface, tree, orders
        self.judge = Judge(tree, orders, interface)
        self.calls = Calls(config, interface, tree)
        self.part = ""
        self.target = self._target()
        self.problems: list[Problem] = []
        self.annotations: list[Annotation] = []
        self.used: set[str] = set()
        self.steps = config.steps_of(interface)
        self.checked: dict[tuple[Element, frozenset[str]], bool] = {}
        self.outside: dict[Element, tuple[Trouble, ...]] = {}
        self._marks: dict[str, Marks] = {}
        self._noted: set[tuple[str, str]] = set()
        self._told: set[tuple[Place, str]] = set()

    def _target(self) -> Target:
        """Where the interface stands: the first place that the config names and the tree has."""
        targets = [Target.parse(each) for each in (self.interface.at, *self.interface.formerly)]
        for each in targets:
            if self.interface.kind != "flags" and is_c(each.path):
                self.tree.headers.share([each.path, *self.tree.loader.matching(self.interface.headers)])
            file = self.tree.file(each.path)
            # In C, STRUCT.FIELD is what stands in that field, which may be a struct without a name.
            outer, _, part = each.name.partition(".") if is_c(each.path) else (each.name, "", "")
            name = file.struct(outer) if file is not None else None
            if file is not None and (name in file.classes or outer in file.tables):
                self.part = part
                return Target(each.path, name or outer)
        return targets[0]

    # -- annotations

    def reading(self, path: str, marks: Sequence[Mark], driver: str | None = None, entry: str | None = None) -> Reading:
        """Read the carriers beside an entry, and keep what they say and what is wrong with them."""
        reading = self.marks(path).read(marks, driver, entry)
        self.annotations += reading.annotations
        self.problems += reading.problems
        return reading

    def note_class(self, path: str, name: str) -> None:
        """Keep the annotations of a class that is no column; they have to be stamped all the same."""
        fact = self.tree.class_fact(path, name)
        if fact is None or (path, name) in self._noted:
            return
        self._noted.add((path, name))
        for marks in (fact.marks, *(member.marks for member in fact.members if not self.is_excluded(member.name))):
            if marks:
                self.annotations += self.marks(path).read(marks).annotations

    def marks(self, path: str) -> Marks:
        """The reader of carriers for a file."""
        found = self._marks.get(path)
        if found is None:
            found = self._marks[path] = Marks(path, self.encoding(path), self.config.scheme)
        return found

    def encoding(self, path: str) -> str:
        """How a file is encoded."""
        file = self.tree.file(path)
        return file.facts.encoding if file is not None else "utf-8"

    def insertion(self, path: str, offset: int, gap: str = "  ") -> Anchor | None:
        """Where a comment would be written, with the white space in front of it, or None."""
        if offset < 0:
            return None
        if self.tree.is_c(path):
            return Anchor(path, offset, offset, self.encoding(path), f"{gap}/* ", " */")
        return Anchor(path, offset, offset, self.encoding(path), f"{gap}# ")

    def definition(
        self, path: str, member: Member, owner: str, verdict: Verdict, when: str | None = None
    ) -> Definition:
        """What stands beside one entry of a class or table."""
        reading = self.reading(path, member.marks, owner, member.name)
        if when and member.when:
            when = f"{when} and {member.when}"
        signature = None
        if member.name in self.steps:
            signature = signatures.of(self.tree, path, member, owner, self.interface.decorators)
        annotation = reading.annotation
        if (
            annotation is not None
            and member.decorators
            and "deprecated" in (name.rpartition(".")[2] for name in member.decorators)
        ):
            annotation = deprecated(annotation, Deprecation())
        place = record(Place, (path, member.line, member.column))
        anchor = self.insertion(path, member.insert, member.gap) if annotation is None else None
        under = when or member.when or None
        values = (owner, place, annotation, anchor, verdict.stub, verdict.expression, under, reading.malformed)
        return record(Definition, (*values, signature))

    # -- problems

    def problem(
        self,
        kind: str,
        place: Place,
        message: str,
        found: str | None = None,
        expected: str | None = None,
        tip: str | None = None,
        driver: str | None = None,
        entry: str | None = None,
    ) -> None:
        """Keep a problem for the rules."""
        self.problems.append(Problem(kind, place, message, found, expected, tip, driver, entry))

    def missing(self, key: str, message: str, found: str, known: Iterable[str], *path: str) -> None:
        """The config names something that does not exist; a preset may, for it speaks of many releases of its tree."""
        if key != "at" and self.interface.is_preset(key, *path):
            return
        place = self.interface.place(key, *path)
        self.problem("config", place, message, found, None, did_you_mean(found, sorted(known)))

    def trouble(self, path: str, owner: str, trouble: Trouble, entry: str | None = None) -> bool:
        """Report something dynamic unless the config declares it; True when it does."""
        if self.is_declared(path, owner, trouble.member or entry, trouble.cause):
            return True
        place = Place(path, trouble.line, trouble.column)
        if (place, trouble.message) in self._told:
            # Several tables of an array have it in common, or several slots of one.
            return False
        self._told.add((place, trouble.message))
        self.problem(
            "unreadable",
            place,
            trouble.message,
            tip=trouble.tip or f"write it so that it can be read, {DECLARE}",
            driver=owner,
            entry=trouble.member or entry,
        )
        return False

    def troubles(self, path: str, owner: str, troubles: Iterable[Trouble], member: str | None = None) -> bool:
        """Report several dynamic things of one class or table; True when the config declares them all.

        Args:
            member: the attribute they are about, where they do not say themselves.
        """
        declared = [self.trouble(path, owner, each, member) for each in troubles]
        return all(declared)

    def is_declared(self, path: str, owner: str, entry: str | None = None, cause: str | None = None) -> bool:
        """Whether ``dynamic`` of the config covers a file or its folder, a class or table, an entry, or the construct.

        Args:
            cause: the construct: ``@decorator``, ``metaclass=Name``, ``__new__``.
        """
        names = [path, owner, *([f"{owner}.{entry}"] if entry else []), *_ends(cause)]
        found = [key for key in self.interface.dynamic if any(_covers(key, name) for name in names)]
        self.used.update(found)
        return bool(found) or owner in self.interface.dispatch

    def is_external(self, name: str) -> bool:
        """Whether ``external`` of the config covers a base outside the tree."""
        found = [key for key in self.interface.external if matches(name, [key])]
        self.used.update(found)
        return bool(found)

    def is_excluded(self, name: str) -> bool:
        """Whether a member is no entry: private, outside the part that ``at`` names, or excluded by the config."""
        is_outside = self.part != "" and not name.startswith(f"{self.part}.")
        return is_outside or name.startswith("_") or matches(name, self.interface.exclude)

    def is_extension(self, name: str) -> bool:
        """Whether drivers may annotate a name that is no entry."""
        return matches(name, self.interface.extensions)


def doubtful(fact: TableFact, headers: tuple[str, ...]) -> TableFact:
    """A table of a struct that several headers define, where it is not known which of them its file includes."""
    message = f"{fact.callee} is defined in {' and in '.join(headers)}: which one this file includes is not known"
    tip = f"include the header by its path, or exclude the other one in the config, {DECLARE}"
    return fact._replace(troubles=(*fact.troubles, Trouble(fact.line, fact.column, message, None, tip)))


def _covers(key: str, name: str) -> bool:
    """Whether a key of ``dynamic`` names something: by its name, a glob, or a folder."""
    return key == name or name.startswith(f"{key.removesuffix('/')}/") or matches(name, [key])


def _ends(cause: str | None) -> list[str]:
    """A construct by its whole name and by the last part of it: ``@a.register`` is ``@register`` too."""
    if cause is None:
        return []
    sign = next((each for each in ("@", "metaclass=") if cause.startswith(each)), "")
    return [cause, sign + cause.removeprefix(sign).rpartition(".")[2]]


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether a name equals one of the names or matches one of the globs."""
    return one_of(tuple(patterns))(name)
