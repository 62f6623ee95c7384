"""What a block of a page asks for, and the parts of a catalogue that its words name.

    ```hvsupport matrix hypervisor
    drivers: memory, qemu
    entries: domain_migrate_*
    ```

asks for a part of a matrix. The first line names the kind of the block and its subject, each further line gives one
option. Sphinx gives the same words as a directive. A word that means nothing is a finding ``PAGE002``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from hvsupport.annotate.findings import Finding
from hvsupport.annotate.model import Place
from hvsupport.annotate.nearest import did_you_mean
from hvsupport.annotate.patterns import fits

T = TypeVar("T")

#: The first word of a fence with a block.
LANGUAGE = "hvsupport"
#: Links to an entry or driver by its name: ``hv:domain_save``.
SCHEME = "hv"
#: The code of all findings about blocks and such links.
CODE = "PAGE002"
#: The most names that a finding lists.
_LISTED = 12


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of block: what its subject is, or None if it can go without one, and its options."""

    subject: str | None
    options: tuple[str, ...]


KINDS: Mapping[str, Kind] = {
    "matrix": Kind(None, ("interface", "drivers", "entries", "groups", "as-of", "caption")),
    "driver": Kind("the title or id of a driver", ("interface", "entries", "groups", "states", "as-of", "caption")),
    "protocol": Kind("a protocol or a family of protocols", ("interface", "caption")),
    "changes": Kind(None, ("since", "interface", "drivers", "entries", "caption")),
}


@dataclass(frozen=True, slots=True)
class Option:
    """The value of an option, and where it stands."""

    value: str
    place: Place


@dataclass(frozen=True, slots=True)
class Request:
    """What a block asks for.

    Attributes:
        subject: the words behind the kind; may be empty.
        place: of its first line.
    """

    kind: str
    subject: str
    options: Mapping[str, Option]
    place: Place


@dataclass(slots=True)
class Problems:
    """Collects what is wrong with one block."""

    findings: list[Finding] = field(default_factory=list)

    def add(
        self, place: Place, message: str, found: str | None, expected: Iterable[str] = (), tip: str | None = None
    ) -> None:
        """Keep a finding; ``expected`` lists what would be right."""
        known = list(dict.fromkeys(expected))
        more = f", and {len(known) - _LISTED} more" if len(known) > _LISTED else ""
        listed = ", ".join(known[:_LISTED]) + more if known else None
        guess = None if tip or found is None else did_you_mean(found, known)
        self.findings.append(Finding(CODE, place, message, found, listed, tip or guess))

    def choose(
        self, option: Option | None, every: Sequence[T], names: Callable[[T], tuple[str, ...]], what: str
    ) -> list[T]:
        """What the patterns of an option name, in their order; everything without the option.

        Args:
            names: what a pattern may match; the first is what findings list.
            what: for the message, such as ``driver``.
        """
        if option is None:
            return list(every)
        found: dict[int, T] = {}
        for pattern in filter(None, (part.strip() for part in option.value.split(","))):
            alike = {at: one for at, one in enumerate(every) if any(fits(name, pattern) for name in names(one))}
            if not alike:
                known = [name for one in every for name in names(one)[:1]]
                self.add(option.place, f"no {what} is called {pattern!r}", pattern, known)
            found.update(alike)
        return list(found.values())


def parse(info: str, lines: Sequence[str], place: Place, problems: Problems) -> Request | None:
    """Read a fenced block.

    Args:
        info: what follows the language on the first line.
        lines: between the fences.
        place: of the first line.

    Returns:
        None if the kind is unknown.
    """
    options: dict[str, Option] = {}
    for number, line in enumerate(lines, place.line + 1):
        text = line.strip()
        if not text:
            continue
        where = Place(place.path, number, len(line) - len(line.lstrip()) + 1)
        name, colon, value = (part.strip() for part in text.partition(":"))
        if not colon or not value:
            problems.add(where, "a line of a block must be an option and its value", text, ["OPTION: VALUE"])
        elif name in options:
            problems.add(where, f"the option {name!r} is given twice", text)
        else:
            options[name] = Option(value, where)
    kind, _, subject = info.strip().partition(" ")
    return check(Request(kind, subject.strip(), options, place), problems)


def check(request: Request, problems: Problems) -> Request | None:
    """Check kind, subject and names of options; None if the kind is unknown."""
    kind = KINDS.get(request.kind)
    if kind is None:
        word = f"{request.kind!r} is not a kind of block" if request.kind else "the kind of the block is missing"
        problems.add(request.place, word, request.kind or None, KINDS)
        return None
    if kind.subject is not None and not request.subject:
        message = f"a block {request.kind!r} needs a subject"
        problems.add(request.place, message, None, [f"{LANGUAGE} {request.kind} NAME"], f"name {kind.subject}")
    for name, option in request.options.items():
        if name not in kind.options:
            problems.add(option.place, f"a block {request.kind!r} has no option {name!r}", name, kind.options)
    return request
