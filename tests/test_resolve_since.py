"""Since when a cell holds: its own entry's spans, cut to the driver's own since and to what a default calls."""

# ruff: noqa: E501 - one case a line

from __future__ import annotations

import pytest
import told
import tree_builder as tree

INTERFACE = """
class Driver:
    def open(self):  # 0.1.0
        raise NotImplementedError

    def close(self):  # 0.1.0
        raise NotImplementedError

    def reopen(self):  # 0.5.0
        self.close()
        return self.open()

    def again(self):  # 0.5.0
        self.open()
"""

SHARED = """
from .base import Driver


class Shared(Driver):
    def open(self):  # {spans}
        {body}
"""

DRIVER = """
from .shared import Shared


class Mine(Shared):{since}
    pass
"""

CASES = [
    ("0.2.0", "work()", "  # 1.0.0", "supported", "inherited", "1.0.0", "an older entry begins with the driver"),
    ("1.2.0", "work()", "  # 1.0.0", "supported", "inherited", "1.2.0", "a newer entry keeps its release"),
    ("0.2.0", "work()", "  # <= 1.0.0", "supported", "inherited", "<= 1.0.0", "the driver's own <= is kept"),
    ("<= 1.2.0", "work()", "  # 1.0.0", "supported", "inherited", "<= 1.2.0", "the entry's own <= is kept"),
    ("0.2.0", "work()", "", "unannotated", "inherited", "", "without the driver's release nothing is known"),
    ("0.2.0 - 0.9.0, 1.1.0", "work()", "  # 1.0.0", "supported", "inherited", "1.1.0", "a span before the driver goes"),
    ("0.2.0 - 0.9.0", "work()", "  # 1.0.0", "unsupported", "absent", "", "ended before the driver began"),
    ("0.2.0 - 1.5.0", "raise NotImplementedError", "  # 1.0.0", "removed", "stub", "1.0.0 - 1.5.0", "a removal is cut"),
    ("0.2.0 - 0.9.0", "raise NotImplementedError", "  # 1.0.0", "unsupported", "stub", "", "this driver never had it"),
    ("next", "work()", "  # 1.0.0", "next", "inherited", "next", "comes with the next release"),
    ("0.2.0; partial: slow", "work()", "  # 1.0.0", "supported", "inherited", "1.0.0; partial: slow", "notes are kept"),
]


@pytest.mark.parametrize(
    ("spans", "body", "since", "state", "how", "expected", "why"), CASES, ids=[c[-1] for c in CASES]
)
def test_inherited_cell(spans: str, body: str, since: str, state: str, how: str, expected: str, why: str) -> None:
    catalogue = tree.catalogue(
        {
            "lib/__init__.py": "",
            "lib/base.py": INTERFACE,
            "lib/shared.py": SHARED.format(spans=spans, body=body),
            "lib/mine.py": DRIVER.format(since=since),
        }
    )
    cell = tree.cell(catalogue, "lib.mine:Mine", "open")
    assert (cell.state, cell.how) == (state, how), why
    assert tree.spans(cell) == expected


DEFAULTS = [
    ("open", "0.6.0", "1.0.0", "again", "supported", "1.0.0", "no older than the driver"),
    ("open", "1.3.0", "1.0.0", "again", "supported", "1.3.0", "no older than the entry it calls"),
    ("open", "next", "1.0.0", "again", "next", "next", "what it calls comes with the next release"),
    ("open", "1.3.0", "1.0.0", "reopen", "unsupported", "", "one of two entries that it calls is missing"),
]


@pytest.mark.parametrize(
    ("name", "at", "since", "entry", "state", "expected", "why"), DEFAULTS, ids=[c[-1] for c in DEFAULTS]
)
def test_default_cell(name: str, at: str, since: str, entry: str, state: str, expected: str, why: str) -> None:
    driver = (
        f"from .base import Driver\n\n\nclass Mine(Driver):  # {since}\n    def {name}(self):  # {at}\n        work()\n"
    )
    catalogue = tree.catalogue({"lib/__init__.py": "", "lib/base.py": INTERFACE, "lib/mine.py": driver})
    cell = tree.cell(catalogue, "lib.mine:Mine", entry)
    assert cell.state == state, why
    assert tree.spans(cell) == expected
    if state == "unsupported":
        assert cell.note == "close, which this driver lacks"


# what stands in the docstring -> the cell of "open", its spans, what is reported
DOCSTRINGS = {
    "Sphinx 9": ([".. version-added:: 1.0"], "supported own", "1.0", []),
    "Sphinx 9, removed": ([".. version-added:: 1.0", ".. version-removed:: 2.0"], "removed own", "1.0 - 2.0", []),
    "removed and back": ([".. versionadded:: 1.0", ".. versionremoved:: 2.0", ".. versionadded:: 3.0 Again."], "supported own", "1.0 - 2.0, 3.0", []),
    "a note of something added": ([".. versionadded:: 1.0", ".. versionadded:: 1.5 The *mode* parameter."], "supported own", "1.0", []),
    "a note of a change": ([".. versionadded:: 1.0", ".. versionchanged:: 1.5 Faster."], "supported own", "1.0", []),
    "deprecated": ([".. versionadded:: 1.0", ".. deprecated:: 2.0"], "supported own", "1.0; deprecated 2.0", []),
    "deprecated first": ([".. version-deprecated:: 2.0 Use x.", ".. versionadded:: 1.0"], "supported own", "1.0; deprecated 2.0", []),
    "deprecated, in words": ([".. versionadded:: 1.0", ".. deprecated:: Use x."], "supported own", "1.0; deprecated", []),
    "only deprecated": ([".. deprecated:: 2.0"], "unannotated own", "", []),
    "misspelt": ([".. versionaded:: 1.0"], "unreadable own", "", ["there is no directive 'versionaded'"]),
    "misspelt, beside another": ([".. versionadded:: 1.0", ".. version-remove:: 2.0"], "unreadable own", "", ["there is no directive 'version-remove'"]),
    "removed before it was added": ([".. versionremoved:: 2.0"], "unreadable own", "", ["nothing was added before"]),
}  # fmt: skip


@pytest.mark.parametrize(("lines", "state", "expected", "faults"), DOCSTRINGS.values(), ids=DOCSTRINGS.keys())
def test_docstring(
    lines: list[str], state: str, expected: str, faults: list[str], request: pytest.FixtureRequest
) -> None:
    text = "\n        ".join(["Do.", "", *lines])
    found = tree.drivers(f"class D(Driver):\n    def open(self):\n        '''{text}\n        '''\n        return 1\n")
    assert tree.row(found, "D")["open"] == state
    assert tree.spans(tree.cell(found, "D", "open")) == expected
    assert [each.rpartition(": ")[2] for each in tree.problems(found)] == faults
    told.compare(request, found.problems)


def test_docstrings_of_what_is_not_an_entry_are_not_looked_at() -> None:
    lines = [".. versionadded:: 1.0", ".. versionaded:: 1.0", ".. versionremoved:: 2.0"]
    methods = "".join(f"    def m{index}(self):\n        '''{line}'''\n" for index, line in enumerate(lines))
    assert tree.problems(tree.drivers(f"class D(Driver):  # 1.0\n{methods}")) == []


def test_every_directive_that_names_the_coming_release_is_stamped() -> None:
    lines = [
        ".. versionadded:: 1.0",
        ".. versionadded:: next More.",
        ".. versionchanged:: next",
        ".. deprecated:: next",
    ]
    text = "\n        ".join(["Do.", "", *lines])
    found = tree.drivers(f"class D(Driver):\n    def open(self):\n        '''{text}\n        '''\n        return 1\n")
    assert [(each.text, each.place.line) for each in found.annotations] == [
        ("1.0", 6),
        ("next", 7),
        ("next", 8),
        ("next", 9),
    ]


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("1.0", "1.0; deprecated 2.0"),
        ("1.0; partial: slow", "1.0; partial, deprecated 2.0: slow"),
        ("1.0; deprecated 1.5", "1.0; deprecated 1.5"),
    ],
)
def test_a_directive_calls_an_entry_deprecated_that_a_comment_annotates(comment: str, expected: str) -> None:
    docstring = '"""Do.\n\n        .. deprecated:: 2.0\n        """'
    source = f"class D(Driver):\n    def open(self):  # {comment}\n        {docstring}\n        return 1\n"
    found = tree.drivers(source)
    assert tree.spans(tree.cell(found, "D", "open")) == expected
    assert tree.problems(found) == []


def test_a_decorator_calls_an_entry_deprecated() -> None:
    source = "class D(Driver):\n    @typing.deprecated('use close')\n    def open(self): return 1  # 1.0\n"
    assert tree.spans(tree.cell(tree.drivers(source), "D", "open")) == "1.0; deprecated"


def test_annotations_that_disagree_are_told_with_both() -> None:
    source = "class D(Driver):\n    @since('1.0')\n    def open(self): return 1  # 1.1\n"
    (problem,) = tree.drivers(source, tree.interface(decorators=("since",))).problems
    assert (problem.kind, problem.place.line, problem.driver, problem.entry) == (
        "malformed",
        3,
        "lib.drivers:D",
        "open",
    )
    assert problem.message == "this decorator and the comment at line 4 say different things"
    assert (problem.found, problem.expected) == ("1.0", "1.1")
    assert problem.tip == "keep one of them, or make them say the same"


def test_a_directive_stands_where_its_release_does() -> None:
    line = "        .. versionadded:: 1.2"
    source = f"class D(Driver):\n    def open(self):\n        '''Open.\n\n{line}\n        '''\n        return 1\n"
    (annotation,) = tree.drivers(source).annotations
    assert (annotation.place.line, annotation.place.column) == (6, line.index("1.2") + 1)
    assert annotation.anchor is not None
    whole = f"from .base import Driver\n{source}"
    assert whole[annotation.anchor.start : annotation.anchor.end] == "1.2"
