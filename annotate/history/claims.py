"""What annotations, and places without one, say about releases: one claim each."""

from __future__ import annotations

from collections.abc import Iterator

from ..catalogue import Catalogue, lacking_since, lacks_annotation
from ..config.value import Config
from ..grammar import render
from ..model import Anchor, Annotation, Definition, EntryPoint, Interface, Place, Span
from ..records import NamedTuple


class Claim(NamedTuple):
    """One annotation, or one place that needs it.

    Attributes:
        interface: key of the interface.
        owner: id of the class or table; of the interface itself for the entries that it declares.
        entry: name of the entry; None for the annotation of a driver.
        place: where it is.
        annotation: what is written; None if nothing is.
        insertion: where to write it.
        stands: whether it is implemented in the working tree.
        declared: whether it is about the declaration in the interface, not about an implementation.
        when: the condition under which it is defined, if there are several definitions; else None.
        inherited: whether the driver takes the entry from a class, whose annotation is about that class.
    """

    interface: str
    owner: str
    entry: str | None
    place: Place
    annotation: Annotation | None
    insertion: Anchor | None
    stands: bool = True
    declared: bool = False
    when: str | None = None
    inherited: bool = False

    @property
    def subject(self) -> str:
        """What it is about, for messages."""
        return f"driver {self.owner}" if self.entry is None else f"{self.entry!r} of {self.owner}"

    @property
    def holder(self) -> tuple[str, str]:
        """The class or table, with the interface."""
        return self.interface, self.owner

    @property
    def identity(self) -> tuple[str, ...]:
        """What is the same in another revision if nobody changed the annotation."""
        text = self.annotation.text if self.annotation is not None else ""
        return (self.interface, self.owner, self.entry or "", self.when or "", text)


def claims(catalogue: Catalogue) -> list[Claim]:
    """Every annotation that history can prove, and every place that HV001 reports, each once, in file order."""
    found: dict[tuple[Place, str | None], Claim] = {}
    for interface in catalogue.interfaces:
        for claim in _claims(interface):
            found.setdefault((claim.place, claim.entry), claim)
    return sorted(found.values(), key=_in_file_order)


def derived_claims(catalogue: Catalogue, config: Config) -> list[Claim]:
    """What the page says and no annotation in the sources does, in file order.

    That is the releases of removed drivers, those that the configuration gives, and those of inherited cells. A preset
    fits many releases, so what it says is left out.
    """
    found = []
    for interface, given in zip(catalogue.interfaces, config.interfaces, strict=True):
        for former in interface.removed:
            if not given.is_preset("removed", former.id):
                claim = Claim(interface.key, former.id, None, former.place, None, None, stands=False)
                found.append(claim._replace(annotation=_from_config(former.spans, former.place)))
        for driver, entry, cell in interface.walk():
            is_given = entry.name in given.inherits.get(driver.id, ())
            taken = cell.how in ("inherited", "default") and cell.state in ("supported", "next")
            if cell.spans and (is_given or taken):
                place = given.place("inherits", driver.id, entry.name) if is_given else driver.place
                claim = Claim(interface.key, driver.id, entry.name, place, _from_config(cell.spans, place), None)
                found.append(claim._replace(inherited=True))
    return sorted(found, key=_in_file_order)


def cell_claims(catalogue: Catalogue) -> list[Claim]:
    """Every cell that a driver implements, without what its annotation says."""
    return [
        Claim(interface.key, driver.id, entry.name, cell.place or driver.place, None, None)
        for interface in catalogue.interfaces
        for driver, entry, cell in interface.walk()
        if cell.implements
    ]


def _in_file_order(claim: Claim) -> tuple[Place, str]:
    return claim.place, claim.entry or ""


def _from_config(spans: tuple[Span, ...], place: Place) -> Annotation:
    return Annotation(spans, render(spans), place, None, "config")


def _claims(interface: Interface) -> Iterator[Claim]:
    lacking = lacking_since(interface)
    for driver in interface.drivers:
        if driver.annotation is not None or driver in lacking:
            yield Claim(interface.key, driver.id, None, driver.place, driver.annotation, driver.insertion)
    declared = set()
    for entry in interface.entries:
        if entry.definition is not None:
            declared.add(entry.definition.place)
            yield from _claim(interface, entry, entry.definition, declared=entry.definition.stub)
    for _, entry, cell in interface.walk():
        several = len(cell.definitions) > 1
        for definition in cell.definitions:
            if definition.place not in declared:
                yield from _claim(interface, entry, definition, several=several)


def _claim(
    interface: Interface, entry: EntryPoint, definition: Definition, *, declared: bool = False, several: bool = False
) -> Iterator[Claim]:
    if definition.annotation is None and (declared or not lacks_annotation(entry, definition)):
        return
    yield Claim(
        interface.key,
        definition.owner,
        entry.name,
        definition.place,
        definition.annotation,
        definition.insertion,
        declared or not definition.stub,
        declared,
        definition.when if several else None,
    )
