"""The walk of one annotation in ``docs/architecture.md``: the values that this project's own run makes of it.

    python docs/images/walk.py

writes it between the two comments in the page; ``make reference`` runs it, and a test compares.
"""

from __future__ import annotations

from pathlib import Path
from textwrap import wrap

from hvsupport.annotate import judge, readers, run
from hvsupport.annotate.catalogue import Catalogue
from hvsupport.annotate.config.load import load
from hvsupport.annotate.facts import Member
from hvsupport.annotate.files import Folder
from hvsupport.annotate.model import Cell, Definition
from hvsupport.annotate.readers import options
from hvsupport.annotate.release import Release
from hvsupport.annotate.report import text
from hvsupport.gen.celltext import cell_text

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- the walk: made by docs/images/walk.py -->\n", "<!-- end of the walk -->"
DRIVER, ENTRY = "memory", "domain_snapshot_delete"
#: A release older than the entry of the interface.
WRONG = "0.1.0"


def walk() -> str:
    """The values as one block of Markdown."""
    config = load(root=ROOT)
    catalogue = run.catalogue(config, cache=False)
    cell = _cell(catalogue)
    place = _definition(cell).place
    data = Folder(ROOT).read(place.path)
    member = _member(readers.read(place.path, data, options.options(config, Folder(ROOT))).tables, place.line)
    line = data.decode().splitlines()[place.line - 1]
    (mark,) = member.marks
    (span,) = cell.spans
    words = cell_text(cell)
    wrong = data.replace(line.encode(), line.replace(str(span.since), WRONG).encode())
    stations = [
        (f"the line in {place.path}", line.strip()),
        ("readers/python: the slot, and the comment beside it", _value(member, ("name", "line", "column", "kind"))),
        ("", _value(mark, ("carrier", "text", "line", "column"))),
        ("resolve: the comment parsed, what the driver defines, and its cell for the entry point", ""),
        ("", _annotation(_definition(cell))),
        ("", _value(_definition(cell), ("owner", "stub", "when"))),
        ("", f"{_value(cell, ('state', 'how'))}\n{_value(span, ('since', 'removed', 'note'))}"),
        (
            "gen/celltext: the text of the cell, its sentence and its note",
            "\n".join([words.text, words.sentence, *words.notes]),
        ),
        (f"rules: the finding if the comment said {WRONG}", _finding(wrong, place.path)),
    ]
    lines = [each for title, value in stations for each in ([f"\n# {title}"] if title else []) + value.splitlines()]
    return "```text" + "\n".join(lines) + "\n```\n"


def _cell(catalogue: Catalogue) -> Cell:
    (interface,) = catalogue.interfaces
    (driver,) = (each.id for each in interface.drivers if each.title == DRIVER)
    return interface.cells[driver, ENTRY]


def _definition(cell: Cell) -> Definition:
    assert cell.definition is not None, "the driver implements the entry"
    return cell.definition


def _member(tables: tuple, line: int) -> Member:
    return next(each for table in tables for each in table.members if (each.name, each.line) == (ENTRY, line))


def _value(value: object, names: tuple[str, ...]) -> str:
    """A value with some of its attributes; releases as they are printed."""
    shown = ((name, getattr(value, name)) for name in names)
    texts = (f"{name}={str(each) if isinstance(each, Release) else repr(each)}" for name, each in shown)
    return f"{type(value).__name__}({', '.join(texts)}, ...)"


def _annotation(definition: Definition) -> str:
    assert definition.annotation is not None, "the entry is annotated"
    return _value(definition.annotation, ("text", "carrier"))


def _finding(data: bytes, path: str) -> str:
    """What ``check`` says of the tree with one file changed."""
    folder = Folder(ROOT)
    tree = {each: folder.read(each) for each in folder.walk("docs/example/hypervisor")}
    config = load(root=ROOT)
    found = judge.judge(config, run.catalogue(config, cache=False, source={**tree, path: data})).findings
    words = " ".join(f"{text.place(each)}: {each.code} {each.message}" for each in found)
    return "\n    ".join(wrap(words, 110, break_long_words=False, break_on_hyphens=False))


def page(old: str) -> str:
    """The page with the walk as it is now."""
    before, rest = old.split(BEGIN)
    return before + BEGIN + "\n" + walk() + "\n" + END + rest.split(END)[1]


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
