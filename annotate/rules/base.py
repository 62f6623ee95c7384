"""What a rule is: an essay and examples as data, and a short check."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache, wraps
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from ..catalogue import Catalogue
from ..config.value import Config
from ..findings import ERROR, Finding
from ..grammar import render
from ..model import PROBLEM_KINDS, Annotation, Definition, EntryPoint, Interface, Place, Problem, Span
from ..records import NamedTuple, record
from ..release import Release

if TYPE_CHECKING:
    from ..readers.documents import Waiting

#: The interface that examples are written against, unless they bring one of their own.
EXAMPLE_API = '''\
class Driver:
    """The calls that every driver may support."""

    def start(self, guest):
        raise NotImplementedError

    def stop(self, guest):
        raise NotImplementedError

    def snapshot(self, guest):
        raise NotImplementedError
'''

#: The configuration of examples, unless they bring one of their own.
EXAMPLE_CONFIG = """\
title = "Example"
release = "1.4.0"
releases = ["1.0.0", "1.1.0", "1.2.0", "1.3.0", "1.4.0"]

[interfaces.driver]
at = "api.py:Driver"
drivers = ["drivers/*.py"]
"""

EXAMPLE_PATH = "drivers/memory.py"
#: The beginning of most examples.
EXAMPLE_HEAD = "from api import Driver\n\n\nclass MemoryDriver(Driver):\n"


def example_start(comment: str) -> str:
    """A driver with one entry that works, and a comment beside it."""
    return f"{EXAMPLE_HEAD}    def start(self, guest):  # {comment}\n        guest.running = True\n"


class Expected(NamedTuple):
    """A finding that an example must produce: its line, part of its message, and its file."""

    line: int
    message: str
    path: str = EXAMPLE_PATH


class Example(NamedTuple):
    """A small tree and what the rule says about it.

    Attributes:
        id: why this case is here, in a few words.
        source: text of ``drivers/memory.py``.
        findings: what the rule must report, in order; none for a valid example.
        files: further files, or other texts for ``api.py`` and ``hvsupport.toml``.
        gate: the release given to ``check --release``, or None.
        before: files that were different in the earlier tree of ``--diff``; None without one.
    """

    id: str
    source: str
    findings: tuple[Expected, ...] = ()
    files: Mapping[str, str] = MappingProxyType({})
    gate: str | None = None
    before: Mapping[str, str] | None = None

    @property
    def tree(self) -> dict[str, str]:
        """All files of the example: path -> text."""
        return {"hvsupport.toml": EXAMPLE_CONFIG, "api.py": EXAMPLE_API, EXAMPLE_PATH: self.source, **self.files}


class Context(NamedTuple):
    """What a check looks at.

    Attributes:
        gate: the release that is about to be made, or None outside ``check --release``.
        previous: the catalogue of an earlier revision, or None outside ``check --diff``.
        documents: what waits for a release in documents, if one is about to be made.
    """

    catalogue: Catalogue
    config: Config
    gate: Release | None = None
    previous: Catalogue | None = None
    documents: tuple["Waiting", ...] = ()

    @property
    def current(self) -> Release | None:
        """The newest release that may be named: the one being made, else the current one."""
        return self.gate or self.catalogue.current

    def is_known(self, release: Release) -> bool:
        """Whether a release may be named: listed, or the one that is current or being made."""
        return self.catalogue.is_known(release) or release in (self.catalogue.current, self.gate)


Check = Callable[[Context], Iterable[Finding]]


def elsewhere(_: Context) -> Iterable[Finding]:
    """The empty check of a rule that another command runs."""
    return ()


class Rule(NamedTuple):
    """One rule.

    Attributes:
        code: such as ``HV001``; never changes meaning.
        name: a few words in kebab case.
        summary: what it finds, in one sentence.
        why: why it is bad, one paragraph or more.
        valid: examples that pass; the first is shown as what to use instead.
        invalid: examples that fail; the first is shown as the example.
        notes: further details, or empty.
        command: the command that runs it; unless it is ``check``, the field ``check`` yields nothing.
    """

    code: str
    name: str
    summary: str
    why: str
    valid: tuple[Example, ...]
    invalid: tuple[Example, ...]
    check: Check
    notes: str = ""
    fix: str | None = None
    severity: str = ERROR
    command: str = "check"


class Subject(NamedTuple):
    """What an annotation is about: a class or table, and an entry of it; both None when no cell uses it."""

    owner: str | None = None
    entry: str | None = None

    def __str__(self) -> str:
        if self.owner is None:
            return "the annotation"
        return self.owner if self.entry is None else f"{self.entry!r} of {self.owner}"


_NOBODY = Subject()


def problem_findings(context: Context, code: str) -> Iterator[Finding]:
    """The findings of a rule from the problems of readers, resolver and configuration."""
    for problem in (*context.catalogue.problems, *context.config.problems):
        if PROBLEM_KINDS[problem.kind] == code:
            yield from_problem(problem, code)


def reported(code: str) -> Check:
    """The check of a rule that only reports such problems."""
    return lambda context: problem_findings(context, code)


def from_problem(problem: Problem, code: str) -> Finding:
    """A problem as the finding of a rule."""
    return Finding(
        code=code,
        place=problem.place,
        message=problem.message,
        found=problem.found,
        expected=problem.expected,
        tip=problem.tip,
        driver=problem.driver,
        entry=problem.entry,
    )


_T = TypeVar("_T")


def _kept(function: Callable[[Catalogue], _T]) -> Callable[[Catalogue], _T]:
    """Cache the result for the last catalogue: most rules ask the same."""
    last: list[tuple[Catalogue, _T]] = []

    @wraps(function)
    def answer(catalogue: Catalogue) -> _T:
        if not last or last[0][0] is not catalogue:
            last[:] = [(catalogue, function(catalogue))]
        return last[0][1]

    return answer


def definitions(catalogue: Catalogue) -> Iterator[tuple[Interface, EntryPoint, Definition]]:
    """Every definition behind a cell, each once, with its entry."""
    return iter(_definitions(catalogue))


@_kept
def _definitions(catalogue: Catalogue) -> tuple[tuple[Interface, EntryPoint, Definition], ...]:
    return tuple(_each_definition(catalogue))


def _each_definition(catalogue: Catalogue) -> Iterator[tuple[Interface, EntryPoint, Definition]]:
    seen: set[tuple[Place, str]] = set()
    for interface in catalogue.interfaces:
        for _, entry, cell in interface.walk():
            if cell.definition is None and not cell.variants:
                continue
            for definition in cell.definitions:
                if (definition.place, entry.name) not in seen:
                    seen.add((definition.place, entry.name))
                    yield interface, entry, definition


@_kept
def subjects(catalogue: Catalogue) -> dict[Place, Subject]:
    """Place of an annotation -> what it is about."""
    found: dict[Place, Subject] = {}
    for interface in catalogue.interfaces:
        for driver in interface.drivers:
            if driver.annotation is not None:
                found.setdefault(driver.annotation.place, Subject(driver.id))
        for entry in interface.entries:
            if entry.definition is not None and entry.definition.annotation is not None:
                found.setdefault(entry.definition.annotation.place, Subject(entry.definition.owner, entry.name))
    for _, entry, definition in definitions(catalogue):
        if definition.annotation is not None:
            found.setdefault(definition.annotation.place, record(Subject, (definition.owner, entry.name)))
    return found


class Written(NamedTuple):
    """Spans as written in a source file or the config.

    Attributes:
        editable: whether ``stamp`` can write there.
    """

    spans: tuple[Span, ...]
    text: str
    place: Place
    subject: Subject
    editable: bool = False

    @property
    def releases(self) -> Iterator[Release]:
        """All releases that the text names, in the order written.

        The spans of a docstring come from several directives, each with a text of its own.
        """
        words = _words(self.text)
        for span in self.spans:
            for release in span.releases:
                if release.text in words:
                    yield release


@lru_cache(maxsize=4096)
def _words(text: str) -> frozenset[str]:
    head, _, note = text.partition(";")
    return frozenset(f"{head.replace('<=', ' ')} {note.partition(':')[0]}".replace(",", " ").split())


def written(context: Context) -> Iterator[Written]:
    """All annotations of the tree, including unused ones, then the spans of the config."""
    yield from _in_the_tree(context.catalogue)
    for interface in context.config.interfaces:
        for driver, spans in interface.removed.items():
            yield Written(spans, render(spans), interface.place("removed", driver), Subject(driver))
        for driver, cells in interface.inherits.items():
            for entry, spans in cells.items():
                place = interface.place("inherits", driver, entry)
                yield Written(spans, render(spans), place, Subject(driver, entry))


@_kept
def _in_the_tree(catalogue: Catalogue) -> list[Written]:
    about = subjects(catalogue)
    return [_written(each, about.get(each.place, _NOBODY)) for each in catalogue.annotations]


def _written(annotation: Annotation, subject: Subject) -> Written:
    editable = annotation.anchor is not None
    return record(Written, (annotation.spans, annotation.text, annotation.place, subject, editable))


def listing(names: Iterable[str], limit: int = 12) -> str:
    """Names for a message: all if there are few, else the last ones."""
    chosen = list(names)
    if len(chosen) <= limit:
        return ", ".join(chosen) or "none"
    return f"{len(chosen)} names, the last {', '.join(chosen[-3:])}"
