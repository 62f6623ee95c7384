"""What a case tells, word for word, against ``tests/data/told/MODULE.json``: place, message, found, expected and tip.

Where a message changes on purpose, or a case is new, HVSUPPORT_UPDATE=1 in the environment writes the file anew; run
the module alone then. A reviewer sees in the change what users will read.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from hvsupport.annotate.findings import Finding
from hvsupport.annotate.model import Problem

FOLDER = Path(__file__).parent / "data" / "told"


def _fields(one: Finding | Problem) -> dict[str, object]:
    """The fields that say something, the place as ``path:line:column``, and this version of Python as ``3.N``."""
    place = f"{one.place.path}:{one.place.line}:{one.place.column}"
    message = one.message.replace(f"Python {sys.version_info[0]}.{sys.version_info[1]}:", "Python 3.N:")
    return {**{key: value for key, value in one._asdict().items() if value}, "place": place, "message": message}


def compare(request: pytest.FixtureRequest, things: Iterable[Finding | Problem]) -> None:
    """Compare what the case of a parametrized test tells with what it told."""
    path = FOLDER / f"{request.path.stem}.json"
    case = request.node.name
    now = sorted((_fields(one) for one in things), key=lambda one: json.dumps(one, sort_keys=True))
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if "HVSUPPORT_UPDATE" in os.environ:
        known = {**known, case: now} if now else {name: value for name, value in known.items() if name != case}
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(known, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
    assert known.get(case, []) == now, f"if it should be so: HVSUPPORT_UPDATE=1 python -m pytest {request.path.name}"
