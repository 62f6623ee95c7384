"""The picture of the rooms in ``docs/architecture.md``, drawn from the imports in the sources.

    python docs/images/rooms.py [FOLDER]

writes ``rooms.svg``; ``make reference`` runs it, and a test compares. A room is a package or module directly below
``annotate`` or ``gen``. It stands one floor above the highest room it imports. An arrow that follows from others is
left out: of A to B, B to C and A to C only the first two are drawn.

The layout is Sugiyama's: an arrow over several floors gets a place on each floor between, rooms are ordered by the
mean of their neighbours, and each place moves as near to that mean as the order allows.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter
from html import escape
from itertools import pairwise
from pathlib import Path
from statistics import fmean

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
NAME = "rooms.svg"
#: Modules drawn as part of another room.
JOINED = {"annotate/__main__.py": "annotate/cli/"}

WIDTH, MARGIN = 1000, 16
FONT, LETTER, BOX, FLOOR, TOP = 13.5, 7.9, 28, 86, 20
#: Room of a place where an arrow passes a floor, and the least distance between two places.
PASS, GAP = 6, 10
SWEEPS = 40

Graph = Mapping[str, frozenset[str]]
#: A room, or ``(from, to, floor)`` where the arrow between two rooms passes a floor.
Place = str | tuple[str, str, int]

STYLE = """\
svg { color-scheme: light dark; --ground: #ffffff; --ink: #1b2026; --line: #7b8490; --band: #f3f5f8;
  --annotate: #e6effb; --annotate-line: #2f6db5; --gen: #fbeee0; --gen-line: #b06a1c;
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif; }
@media (prefers-color-scheme: dark) {
  svg { --ground: #14171b; --ink: #e3e6ea; --line: #8a94a1; --band: #1c2026;
    --annotate: #17293f; --annotate-line: #7fb2f0; --gen: #3a2714; --gen-line: #e0a055; }
}
.ground { fill: var(--ground); }
.band { fill: var(--band); }
text { fill: var(--ink); text-anchor: middle; }
rect.annotate { fill: var(--annotate); stroke: var(--annotate-line); }
rect.gen { fill: var(--gen); stroke: var(--gen-line); }
path { fill: none; stroke: var(--annotate-line); stroke-width: 1.2; opacity: 0.75; }
path.gen { stroke: var(--gen-line); }
polygon { fill: var(--annotate-line); }
polygon.gen { fill: var(--gen-line); }
"""


def rooms(root: Path) -> Graph:
    """Each room with the rooms it imports, lazy imports and those for type checkers included."""
    files = {path: _room(path.relative_to(root)) for top in ("annotate", "gen") for path in (root / top).rglob("*.py")}
    found: dict[str, set[str]] = {room: set() for room in files.values() if room}
    for path, room in files.items():
        if room:
            targets = {files.get(target) for target in _imported(root, path)}
            found[room] |= {target for target in targets if target and target != room}
    return {room: frozenset(found[room]) for room in sorted(found)}


def _room(path: Path) -> str:
    """The room of a file; empty for the ``__init__.py`` of ``annotate`` and ``gen``."""
    if len(path.parts) > 2:
        return f"{path.parts[0]}/{path.parts[1]}/"
    return "" if path.name == "__init__.py" else JOINED.get(path.as_posix(), path.as_posix())


def _imported(root: Path, path: Path) -> Iterator[Path]:
    """The files of the modules that a file imports; of ``from x import y`` that is ``y`` if it is a module."""
    package = path.relative_to(root).parent.parts
    for node in _statements(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            names = [alias.name.split(".") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ["hvsupport", *package[: len(package) - node.level + 1]] if node.level else []
            names = [[*base, *(node.module or "").split("."), alias.name] for alias in node.names]
        else:
            continue
        for name in ([part for part in each if part] for each in names):
            if name[0] == "hvsupport":
                yield from _module(root, name[1:])


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.stmt, ast.ExceptHandler, ast.match_case)):
            yield child
            yield from _statements(child)


def _module(root: Path, parts: list[str]) -> Iterator[Path]:
    for count in (len(parts), len(parts) - 1):
        for file in (root.joinpath(*parts[:count], "__init__.py"), root.joinpath(*parts[:count]).with_suffix(".py")):
            if file.exists():
                yield file
                return


def floors(graph: Graph) -> dict[str, int]:
    """The floor of each room, 0 at the bottom.

    Raises:
        graphlib.CycleError: rooms import each other in a circle.
    """
    found: dict[str, int] = {}
    for room in TopologicalSorter(graph).static_order():
        found[room] = 1 + max((found[below] for below in graph[room]), default=-1)
    return found


def reduced(graph: Graph, height: Mapping[str, int]) -> list[tuple[str, str]]:
    """The arrows that do not follow from others."""
    reach: dict[str, set[str]] = {}
    for room in sorted(graph, key=lambda each: height[each]):
        reach[room] = set(graph[room]).union(*(reach[below] for below in graph[room]))
    return [
        (room, below)
        for room in graph
        for below in sorted(graph[room])
        if not any(below in reach[other] for other in graph[room])
    ]


class _Layout:
    """Places of rooms and arrows: ``lines`` has the order on each floor, ``x`` the middle of each place."""

    def __init__(self, graph: Graph) -> None:
        self.height = floors(graph)
        self.ways: list[list[Place]] = []
        self.lines: list[list[Place]] = [[] for _ in range(1 + max(self.height.values()))]
        for room in graph:
            self.lines[self.height[room]].append(room)
        for one, other in reduced(graph, self.height):
            between: list[Place] = [(one, other, at) for at in range(self.height[one] - 1, self.height[other], -1)]
            self.ways.append([one, *between, other])
            for place, at in zip(between, range(self.height[one] - 1, self.height[other], -1), strict=True):
                self.lines[at].append(place)
        self.up: dict[Place, list[Place]] = {place: [] for line in self.lines for place in line}
        self.down: dict[Place, list[Place]] = {place: [] for place in self.up}
        for upper, lower in (pair for way in self.ways for pair in pairwise(way)):
            self.down[upper].append(lower)
            self.up[lower].append(upper)
        self._order()
        self._move()

    def _order(self) -> None:
        """Sweep up and down; keep the order with the fewest crossings."""
        best, fewest = [list(line) for line in self.lines], self._crossings()
        for sweep in range(SWEEPS):
            going_up = sweep % 2 == 0
            numbers = range(len(self.lines))
            for at in numbers if going_up else reversed(numbers):
                near = self.down if going_up else self.up
                ranks = self._ranks()
                means = {one: fmean([ranks[each] for each in near[one]] or [ranks[one]]) for one in self.lines[at]}
                self.lines[at].sort(key=means.__getitem__)
            if (crossings := self._crossings()) < fewest:
                best, fewest = [list(line) for line in self.lines], crossings
        self.lines = best

    def _ranks(self) -> dict[Place, float]:
        return {place: (number + 0.5) / len(line) for line in self.lines for number, place in enumerate(line)}

    def _crossings(self) -> int:
        ranks = self._ranks()
        found = 0
        for line in self.lines:
            pairs = sorted((ranks[place], ranks[each]) for place in line for each in self.down[place])
            found += sum(one[0] < two[0] and one[1] > two[1] for at, one in enumerate(pairs) for two in pairs[at + 1 :])
        return found

    def _move(self) -> None:
        self.x = {place: rank * WIDTH for place, rank in self._ranks().items()}
        for _ in range(SWEEPS):
            for line in (*self.lines, *reversed(self.lines)):
                wanted = [fmean([self.x[each] for each in (*self.up[place], *self.down[place])]) for place in line]
                self.x.update(zip(line, _apart(line, wanted), strict=True))


def width(place: Place) -> float:
    """How wide a place is."""
    return len(_label(place)) * LETTER + 14 if isinstance(place, str) else PASS


def _label(room: str) -> str:
    return room.removeprefix("annotate/")


def _apart(line: list[Place], wanted: list[float]) -> list[float]:
    """The positions nearest to those wanted at which places of a line do not overlap (pool adjacent violators)."""
    offsets = [0.0]
    for one, other in pairwise(line):
        offsets.append(offsets[-1] + (width(one) + width(other)) / 2 + GAP)
    pools: list[list[float]] = []
    for want, offset in zip(wanted, offsets, strict=True):
        pools.append([want - offset])
        while len(pools) > 1 and fmean(pools[-2]) > fmean(pools[-1]):
            pools[-2:] = [pools[-2] + pools[-1]]
    least = MARGIN + width(line[0]) / 2
    most = WIDTH - MARGIN - width(line[-1]) / 2 - offsets[-1]
    shifts = [min(max(fmean(pool), least), most) for pool in pools for _ in pool]
    return [shift + offset for shift, offset in zip(shifts, offsets, strict=True)]


def draw(graph: Graph) -> str:
    """The picture as SVG."""
    layout = _Layout(graph)
    number = len(layout.lines)
    total = 2 * TOP + (number - 1) * FLOOR + BOX
    y = {place: TOP + (number - 1 - at) * FLOOR for at, line in enumerate(layout.lines) for place in line}
    words = "; ".join(f"{room} imports {', '.join(sorted(graph[room]))}" for room in graph if graph[room])
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="title words" width="{WIDTH}"'
        f' height="{total}" viewBox="0 0 {WIDTH} {total}">',
        '<title id="title">Rooms by floor; an arrow leads from a room to one that it imports</title>',
        f'<desc id="words">{escape(words)}.</desc>',
        f"<style>\n{STYLE}</style>",
        f'<rect class="ground" width="{WIDTH}" height="{total}" rx="6"/>',
        *(
            f'<rect class="band" y="{TOP + at * FLOOR - 10}" width="{WIDTH}" height="{BOX + 20}"/>'
            for at in range(number)
        ),
        *_arrows(layout, y),
        *(_box(room, layout.x[room], y[room]) for room in graph),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _box(room: str, x: float, y: float) -> str:
    side, css = width(room), room.partition("/")[0]
    return (
        f'<rect class="{css}" x="{x - side / 2:.1f}" y="{y}" width="{side:.1f}" height="{BOX}" rx="5"/>'
        f'<text x="{x:.1f}" y="{y + 19}" font-size="{FONT}">{escape(_label(room))}</text>'
    )


def _arrows(layout: _Layout, y: Mapping[Place, int]) -> Iterator[str]:
    """Curves from the lower edge of a box to the upper edge of another, side by side in their order."""
    starts = {place: sorted(near, key=layout.x.__getitem__) for place, near in layout.down.items()}
    ends = {place: sorted(near, key=layout.x.__getitem__) for place, near in layout.up.items()}
    for way in layout.ways:
        css = str(way[0]).partition("/")[0]
        path = ""
        for upper, lower in pairwise(way):
            one = layout.x[upper] + _port(upper, starts[upper].index(lower), len(starts[upper]))
            other = layout.x[lower] + _port(lower, ends[lower].index(upper), len(ends[lower]))
            top, bottom = y[upper] + BOX, y[lower] - (6 if isinstance(lower, str) else 0)
            half = (top + bottom) / 2
            path += (f"V{top}" if path else f"M{one:.1f} {top}") + (
                f"C{one:.1f} {half:.1f} {other:.1f} {half:.1f} {other:.1f} {bottom}"
            )
        yield f'<path class="{css}" d="{path}"/>'
        tip, left, right = y[way[-1]], other - 3.5, other + 3.5
        yield f'<polygon class="{css}" points="{left:.1f},{tip - 7} {other:.1f},{tip} {right:.1f},{tip - 7}"/>'


def _port(place: Place, number: int, of: int) -> float:
    """How far from the middle of a place the arrow of that number begins or ends."""
    if not isinstance(place, str):
        return 0.0
    return ((number + 0.5) / of - 0.5) * min(width(place) - 12, 12 * of)


def main(folder: Path) -> None:
    """Write the picture into a folder."""
    (folder / NAME).write_text(draw(rooms(ROOT)), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
