"""What docs/architecture.md shows of the code is current: the picture of the rooms and the walk of one annotation."""

from __future__ import annotations

import importlib.util
import re
from functools import cache
from itertools import combinations
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "docs" / "images"
UPDATE = "run 'make reference'"


def _script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"docs_images_{name}", IMAGES / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


rooms = _script("rooms")
PICTURE = (IMAGES / "rooms.svg").read_text(encoding="utf-8")


@cache
def graph() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = rooms.rooms(ROOT)
    return found


def test_the_picture_is_current() -> None:
    assert rooms.draw(graph()) == PICTURE, UPDATE


def test_the_picture_has_every_import_in_its_description() -> None:
    for room, below in graph().items():
        assert not below or f"{room} imports {', '.join(sorted(below))}" in PICTURE


def test_boxes_do_not_touch_and_stay_inside() -> None:
    found = re.findall(r'<rect class="(?:annotate|gen)" x="([\d.]+)" y="(\d+)" width="([\d.]+)"', PICTURE)
    boxes = [(float(x), int(y), float(width)) for x, y, width in found]
    assert len(boxes) == len(graph())
    assert all(x >= 0 and x + width <= rooms.WIDTH for x, _, width in boxes)
    for (x, y, width), (other_x, other_y, other_width) in combinations(boxes, 2):
        assert abs(y - other_y) >= rooms.BOX or x + width < other_x or other_x + other_width < x


def test_arrows_lead_down_and_give_all_imports() -> None:
    """What the picture leaves out follows from what it has."""
    height = rooms.floors(graph())
    drawn: dict[str, set[str]] = {room: set() for room in graph()}
    for room, below in rooms.reduced(graph(), height):
        assert height[below] < height[room]
        drawn[room].add(below)
    reach: dict[str, set[str]] = {}
    for room in sorted(graph(), key=height.__getitem__):
        reach[room] = drawn[room].union(*(reach[below] for below in drawn[room]))
    assert all(below <= reach[room] for room, below in graph().items())


def test_a_room_is_read_from_relative_absolute_and_lazy_imports(tmp_path: Path) -> None:
    files = {
        "annotate/__init__.py": "",
        "annotate/a.py": "from . import b\nfrom .c.inner import thing\n",
        "annotate/b.py": "def f():\n    from .c import thing\n",
        "annotate/c/__init__.py": "",
        "annotate/c/inner.py": "from ..d import x\n",
        "annotate/d.py": "import os\n",
        "gen/page.py": "from hvsupport.annotate.d import x\nimport hvsupport.annotate.b\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert rooms.rooms(tmp_path) == {
        "annotate/a.py": {"annotate/b.py", "annotate/c/"},
        "annotate/b.py": {"annotate/c/"},
        "annotate/c/": {"annotate/d.py"},
        "annotate/d.py": set(),
        "gen/page.py": {"annotate/b.py", "annotate/d.py"},
    }


def test_the_walk_is_current() -> None:
    walk = _script("walk")
    old = walk.PAGE.read_text(encoding="utf-8")
    assert walk.page(old) == old, UPDATE
