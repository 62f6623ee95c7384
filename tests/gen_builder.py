"""Catalogues built by hand for the tests of ``gen``: a small one with every state, hostile ones, and large ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from hvsupport.annotate import grammar
from hvsupport.annotate.catalogue import Catalogue
from hvsupport.annotate.findings import Finding
from hvsupport.annotate.model import (
    Annotation,
    Cell,
    Definition,
    Driver,
    EntryPoint,
    How,
    Interface,
    Place,
    Span,
    State,
)
from hvsupport.annotate.protocol import Family, Protocol, Step
from hvsupport.annotate.protocols.support import of_driver
from hvsupport.annotate.release import NEXT, Numbers, Release

SCHEME = Numbers()
ABSENT = Cell("unsupported", "absent")


def release(text: str) -> Release:
    return SCHEME.parse(text)


def spans(text: str) -> tuple[Span, ...]:
    return grammar.parse(text, SCHEME)


def definition(text: str = "", when: str | None = None, expression: str | None = None, line: int = 7) -> Definition:
    place = Place("lib/driver.py", line, 5)
    annotation = Annotation(spans(text), text, place) if text else None
    return Definition("lib.driver:Driver", place, annotation, when=when, expression=expression)


def cell(text: str = "", state: State = "supported", how: How = "own", via: str | None = None, line: int = 7) -> Cell:
    """A cell with an annotation's spans."""
    found = spans(text) if text else ()
    return Cell(state, how, found, via, Place("lib/driver.py", line, 5), definition(text, line=line))


#: name -> one cell of every kind there is.
KINDS: Mapping[str, Cell] = {
    "plain": cell("0.9.2"),
    "partial": cell("1.2.0; partial: no live resize"),
    "partial_bare": cell("1.2.0; partial"),
    "deprecated": cell("1.0.0; deprecated 1.3.0: use plain"),
    "deprecated_bare": cell("1.0.0; partial, deprecated"),
    "noted": cell("1.0.0; needs a reboot"),
    "at_most": cell("<= 0.3.0"),
    "next": cell("next", "next"),
    "removed": cell("0.3.2 - 1.0.0", "removed"),
    "back": cell("0.7.0 - 1.0.0, 1.3.0"),
    "leaving": cell("0.7.0 - next"),
    "inherited": cell("0.9.2", how="inherited", via="lib.base:Base"),
    "default": cell("0.9.2", how="default", via="lib.base:Interface"),
    "derived": cell("0.9.2", how="derived", via="plain"),
    "conditional": cell("0.9.2", "conditional")._replace(
        definition=definition("0.9.2", expression="CONF.live and <b>x</b>")
    ),
    "conditional_bare": cell("", "conditional")._replace(definition=definition(expression="has_it()")),
    "variants": cell("0.9.2")._replace(variants=(definition("1.1.0", when="sys.platform == 'win32'", line=9),)),
    "stub": cell("", "unsupported", "stub"),
    "absent": ABSENT,
    "unannotated": cell("", "unannotated"),
    "unreadable": cell("", "unreadable"),
}


def entry(name: str, group: str | None = None, since: str | None = None, **more: str | None) -> EntryPoint:
    first = None if since is None else release(since)
    api = more.pop("api", None) or name
    return EntryPoint(name, Place("lib/base.py", 3, 5), api, first, group=group, **more)  # type: ignore[arg-type]


def driver(id: str, title: str | None = None, since: str | None = "0.1.0") -> Driver:
    first = None if since is None else release(since)
    return Driver(id, title or id.rpartition(":")[2], Place("lib/driver.py", 1, 1), first, bases=("lib.base:Base",))


def interface(
    cells: Mapping[tuple[str, str], Cell],
    drivers: Sequence[Driver],
    entries: Sequence[EntryPoint],
    key: str = "compute",
    title: str = "Compute drivers",
    groups: Iterable[str] = (),
) -> Interface:
    every = {(d.id, e.name): cells.get((d.id, e.name), ABSENT) for d in drivers for e in entries}
    place = Place("lib/base.py", 1, 1)
    return Interface("Driver", key, title, "class", place, tuple(entries), tuple(drivers), every, tuple(groups))


def catalogue(*interfaces: Interface, title: str = "Example", current: str | None = "1.4.0") -> Catalogue:
    parsed = None if current is None else release(current)
    return Catalogue(title, current, parsed, None, interfaces)


def every_kind() -> Catalogue:
    """One driver with a cell of every kind, one with none."""
    entries = [entry(name, group="First" if at < 9 else "Second", since="0.1.0") for at, name in enumerate(KINDS)]
    drivers = [driver("lib.driver:Full", "full"), driver("lib.driver:Empty", "empty", None)]
    cells = {("lib.driver:Full", name): one for name, one in KINDS.items()}
    return catalogue(interface(cells, drivers, entries, groups=("First", "Second")))


def finding(code: str = "HV004", driver: str | None = None, entry: str | None = None) -> Finding:
    place = Place("lib/driver.py", 7, 5)
    return Finding(code, place, "older than its API", "0.9.2", "1.0.0", "say 1.0.0", False, "error", driver, entry)


_VERBS = ("Create", "Destroy", "Get", "Set", "List", "Migrate", "Attach", "Detach", "Snapshot", "Resume")
_NOUNS = ("Domain", "Volume", "Network", "Secret", "Job", "BlockInfo", "Interface", "Memory", "VcpusFlags", "Device")
_TITLES = [
    *("qemu", "test", "lxc", "vz", "esx", "xen", "hyperv", "bhyve", "openvz", "vbox", "ch", "remote", "libxl"),
    *("vmware", "phyp", "uml", "interface-netcf", "Amazon EC2", "OpenStack"),
]
_PATTERN = ("0.9.2", "", "1.0.1", "", "", "0.3.2 - 1.0.0", "1.2.0; partial: no live resize", "next", "", "0.20.11")


def large(rows: int, columns: int, groups: int = 6) -> Catalogue:
    """A deterministic catalogue in the size of libvirt's (260 x 19) or Libcloud's (30 x 68)."""
    entries = [
        entry(
            f"{_NOUNS[at % 10].lower()}{_VERBS[at // 10 % 10]}{at // 100 or ''}",
            f"Group {at * groups // rows + 1}: {_NOUNS[at * groups // rows % 10]}s",
            f"0.{at % 20}.{at % 7}",
            api=f"vir{_NOUNS[at % 10]}{_VERBS[at // 10 % 10]}{at // 100 or ''}",
            url=f"https://example.invalid/api#{at}" if at % 3 else None,
        )
        for at in range(rows)
    ]
    titles = [_TITLES[at] if at < len(_TITLES) else f"{_TITLES[at % 19]} zone {at}" for at in range(columns)]
    drivers = [driver(f"src/{at}.c:table{at}", title) for at, title in enumerate(titles)]
    cells = {
        (one.id, row.name): _large_cell(at, row_at)
        for at, one in enumerate(drivers)
        for row_at, row in enumerate(entries)
    }
    made = interface(
        cells, drivers, entries, "hypervisor", "Hypervisor drivers", dict.fromkeys(e.group or "" for e in entries)
    )
    return catalogue(made, title="libexample", current="9.0.0")


def _large_cell(column: int, row: int) -> Cell:
    mixed = (row * 7 + column * 13 + row * column) % 97
    if mixed > 60:
        return ABSENT
    if mixed == 60:
        return KINDS["unannotated"] if column % 2 else KINDS["conditional"]
    if mixed == 59 and column == 3:
        return KINDS["unreadable"]
    if mixed == 58:
        return KINDS["stub"]
    if mixed in (55, 56, 57):
        return (KINDS["inherited"], KINDS["default"], KINDS["back"])[mixed - 55]
    text = _PATTERN[mixed % 10]
    if not text:
        return cell(f"1.{mixed % 9}.{row % 5}", line=row + 1)
    state: State = "next" if text == "next" else "removed" if " - " in text else "supported"
    return cell(text, state, line=row + 1)


HOSTILE = (
    "</script><script>alert(1)</script>",
    "\"quoted\" 'names' & more",
    "<img src=x onerror=alert(1)>",
    "Größe-π-数据",
    "a" * 300,
    "{{ 7 * 7 }}",
    "two words",
    "two-words",
    "..",
    "search",
    "ui:main",
    "",
)


def hostile() -> Catalogue:
    """Names that try to be markup, paths, ids of the page, or each other."""
    entries = [entry(name, group=name or None, since="0.1.0") for name in HOSTILE]
    drivers = [driver(f"lib:{name}", name, None) for name in HOSTILE]
    cells = {
        (d.id, e.name): cell("1.0.0")._replace(spans=(Span(NEXT, note=e.name or None),), via=d.id)
        for d in drivers
        for e in entries
    }
    made = interface(
        cells, drivers, entries, key="../x", title="<b>Title</b>", groups=[name for name in HOSTILE if name]
    )
    return catalogue(made, title="</title><script>alert(2)</script>")


# Protocols


def protocol(version: str, rank: int, *steps: Step, family: str = "move", title: str | None = None) -> Protocol:
    """A protocol whose steps give what others take, and run one after the other where they do not say."""
    ordered = [
        step._replace(
            gives=tuple(other.name for other in steps if other.takes == step.name),
            after=step.after or ((steps[at - 1].name,) if at else ()),
        )
        for at, step in enumerate(steps)
    ]
    return Protocol(f"{family}-{version}", version, title or f"Move {version}", family, "compute", rank, tuple(ordered))


def family(
    made: Interface, *protocols: Protocol, key: str = "move", title: str = "Move", about: str = "", **more: object
) -> Family:
    """A family with what the drivers of an interface make of it."""
    supports = {
        (driver.id, name): support
        for driver in made.drivers
        for name, support in of_driver(
            protocols, {entry.name: made.cells[driver.id, entry.name] for entry in made.entries}
        ).items()
    }
    return Family(key, title, about, "", protocols, made.key, supports, **more)  # type: ignore[arg-type]


V1 = (
    Step("Prepare", "destination", ("prepare",), "Gets ready."),
    Step("Perform", "source", ("perform",), "Sends it.", takes="Prepare", sends="the guest", shared=("perform",)),
    Step("Finish", "destination", ("finish",), "Starts it.", "nothing runs", "Prepare"),
)
V2 = (
    Step("Begin", "source", ("begin",), "Describes it."),
    Step(
        "Prepare",
        "destination",
        ("prepare2", "tunnel2"),
        takes="Begin",
        handed=(("Begin", "description"),),
        variants=(("tunnel2", "tunnelled"),),
    ),
    Step("Perform", "source", ("perform",), "Sends it.", takes="Prepare", sends="the guest", shared=("perform",)),
    Step("Finish", "destination", ("finish2",), takes="Perform"),
    Step("Confirm", "source", ("confirm2",), without="it stays paused", takes="Begin"),
)
ONE = "prepare perform finish"
TWO = "begin prepare2 perform finish2 confirm2"
#: driver -> annotation -> the entries that have it.
MOVERS: Mapping[str, Mapping[str, str]] = {
    "old": {"0.3.2": ONE},
    "both": {"0.3.2": ONE, "0.9.0": "begin prepare2", "1.0.0": "finish2 confirm2", "1.2.0": "tunnel2"},
    "part": {"1.0.0": "begin prepare2 perform finish2"},
    "coming": {"next": TWO},
    "gone": {"0.3.2 - 1.0.0": ONE},
    "noted": {"1.0.0; partial: no live guests": "prepare", "1.1.0": "perform finish"},
    "none": {},
}


def moving() -> Catalogue:
    """Drivers with all of two protocols, with parts of them and with none; two are compatible."""
    entries = [entry(name, since="0.1.0") for name in dict.fromkeys(f"{ONE} {TWO} tunnel2 other".split())]
    drivers = [driver(f"lib.driver:{name}", name) for name in (*MOVERS, "hazy")]
    cells = {
        (f"lib.driver:{name}", each): cell(
            text, "next" if text == "next" else "removed" if " - " in text else "supported"
        )
        for name, rows in MOVERS.items()
        for text, names in rows.items()
        for each in names.split()
    }
    cells |= {("lib.driver:hazy", name): KINDS["conditional"] for name in ONE.split()}
    cells["lib.driver:gone", "other"] = cell("1.0.0")
    made = interface(cells, drivers, entries)
    found = family(
        made,
        protocol("v1", 1, *V1),
        protocol("v2", 2, *V2),
        about="A guest goes to another host.",
        compatible=(("lib.driver:old", "lib.driver:both"),),
    )
    return catalogue(made)._replace(protocols=(found,))


def families() -> Catalogue:
    """Two families of one interface, one of which another interface takes too."""
    one = moving()
    made, first = one.interfaces[0], one.protocols[0]
    copy = protocol("copy", 1, Step("Copy", "destination", ("other",)), family="snapshot", title="Plain copy")
    second = family(made, copy, key="snapshot", title="Snapshot")
    other = made._replace(key="dns", title="DNS drivers")
    third = first._replace(interface="dns")
    return catalogue(made, other)._replace(protocols=(first, second, third))


def hostile_protocols() -> Catalogue:
    """Names of steps, entries, protocols and families that try to be something else."""
    one = hostile()
    made = one.interfaces[0]
    names = [name for name in HOSTILE if name]
    steps = [
        Step(
            name,
            "source" if at % 3 else "destination",
            (name,),
            name,
            name,
            names[at // 2] if at > 1 else None,
            handed=((names[0], name),) if at else (),
            sends=name if at % 2 else "",
            variants=((name, name),),
        )
        for at, name in enumerate(names)
    ]
    found = family(
        made,
        # One protocol with all of the steps, and one with two for each of the other names.
        protocol(names[0], 1, *steps, title=names[0]),
        *(
            protocol(name, at, steps[0], steps[at - 1]._replace(takes=names[0]), title=name)
            for at, name in enumerate(names[1:], 2)
        ),
        title=names[0],
        about=names[1],
    )
    return one._replace(protocols=(found, found._replace(key="MOVE")))
