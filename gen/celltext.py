"""The texts of a cell: the short text in the matrix, a sentence, and notes.

States differ by text, not only by colour: a print, a screen reader and a colour-blind reader get the same
information. The Markdown export prints the same texts.
"""

from collections.abc import Mapping

from hvsupport.annotate.model import Cell, Definition, Deprecation, Former, How, Span, State
from hvsupport.annotate.protocol import Support, VariantSupport
from hvsupport.annotate.records import NamedTuple

#: state -> the word for it in filters, totals and sentences.
STATE_WORDS: Mapping[State, str] = {
    "supported": "supported",
    "next": "next release",
    "removed": "removed",
    "conditional": "conditional",
    "unsupported": "unsupported",
    "unannotated": "unannotated",
    "unreadable": "unreadable",
}

#: state -> its line in the legend.
STATE_MEANINGS: Mapping[State, str] = {
    "supported": "supported since this release",
    "next": "in the source tree, coming in the next release",
    "removed": "was supported, and removed in this release",
    "conditional": "supported under a condition that cannot be decided statically",
    "unsupported": "not supported",
    "unannotated": "implemented, release not annotated",
    "unreadable": "could not be read",
}

#: how a cell came about -> its mark in the matrix. A stub needs none: it has a dash.
HOW_MARKS: Mapping[How, str] = {"inherited": "↑", "default": "∘", "derived": "⇠"}

#: how a cell came about -> the line of its mark in the legend.
HOW_MEANINGS: Mapping[How, str] = {
    "inherited": "inherited from another class",
    "default": "default implementation in the interface",
    "derived": "derived from another entry",
}

PARTIAL, DEPRECATED = "partial", "deprecated"
#: quality of a support -> the sign before its release, the word in filters, and its line in the legend.
QUALITIES: Mapping[str, tuple[str, str, str]] = {
    PARTIAL: ("~", "in part", "supported in part"),
    DEPRECATED: ("†", "deprecated", "supported, but deprecated"),
}
_WORKING = ("supported", "next", "conditional")
_BLANK: Mapping[State, str] = {
    "supported": "✓",
    "next": "next",
    "removed": "removed",
    "conditional": "?",
    "unsupported": "–",
    "unannotated": "✓ ?",
    "unreadable": "!",
}

#: Where a release is from that the sources do not name.
FROM_TAGS = "release from git"


class CellText(NamedTuple):
    """The texts of one cell.

    Attributes:
        text: shown in the matrix.
        past: earlier spans, struck out before the text.
        tail: small text after it, or None.
        mark: one character for inherited, default or derived, else empty.
        notes: notes, conditions and variants, each once.
        plain: the sentence adds nothing to the text.
    """

    text: str
    past: tuple[str, ...]
    tail: str | None
    mark: str
    sentence: str
    notes: tuple[str, ...]
    plain: bool


def since_text(span: Span) -> str:
    """The first release of a span, as printed."""
    return f"≤ {span.since}" if span.at_most else str(span.since)


def span_text(span: Span) -> str:
    """A whole span: ``0.3.2–1.0.0``."""
    return since_text(span) if span.removed is None else f"{since_text(span)}–{span.removed}"


def is_partial(cell: Cell) -> bool:
    """Whether the current support is partial."""
    return bool(cell.spans) and cell.spans[-1].partial and cell.state in _WORKING


def is_deprecated(cell: Cell) -> bool:
    """Whether the current support is deprecated."""
    return bool(cell.spans) and cell.spans[-1].deprecated is not None and cell.state in _WORKING


def qualities(cell: Cell) -> tuple[str, ...]:
    """The qualities of the current support, as keys of ``QUALITIES``."""
    found = ((PARTIAL, is_partial(cell)), (DEPRECATED, is_deprecated(cell)))
    return tuple(name for name, holds in found if holds)


def deprecation_text(deprecation: Deprecation) -> str:
    """``deprecated since 2.0``."""
    return f"deprecated since {deprecation.since}" if deprecation.since is not None else "deprecated"


def cell_text(cell: Cell) -> CellText:
    """All texts of a cell."""
    text, past, tail = _short(cell)
    mark = HOW_MARKS.get(cell.how, "") if cell.state != "unsupported" else ""
    notes = cell_notes(cell)
    plain = cell.state == "supported" and cell.how == "own" and not (past or tail or notes or qualities(cell))
    exact = bool(cell.spans) and not cell.spans[-1].at_most
    return CellText(text, past, tail, mark, sentence(cell), notes, plain and exact)


def _short(cell: Cell) -> tuple[str, tuple[str, ...], str | None]:
    """Text, struck texts and tail of a cell."""
    if not cell.spans or cell.state in ("unsupported", "unannotated", "unreadable"):
        return _BLANK[cell.state], (), None
    last = cell.spans[-1]
    past = tuple(span_text(span) for span in cell.spans[:-1])
    if cell.state == "removed":
        text = "removed" if last.removed is None else f"removed {last.removed}"
        return text, (*past, since_text(last)), None
    signs = ["?"] if cell.state == "conditional" else [QUALITIES[PARTIAL][0]] if last.partial else []
    signs += [QUALITIES[DEPRECATED][0]] if last.deprecated is not None else []
    return " ".join([*signs, since_text(last)]), past, None if last.removed is None else f"until {last.removed}"


def sentence(cell: Cell) -> str:
    """One sentence without its full stop: state, releases, and how it came about."""
    parts = [_state_words(cell)]
    earlier = ", ".join(span_text(span) for span in cell.spans[:-1])
    if is_deprecated(cell) and (deprecation := cell.spans[-1].deprecated) is not None:
        parts.append(deprecation_text(deprecation))
    if earlier:
        parts.append(f"earlier {earlier}")
    how = how_text(cell)
    if how and cell.how not in ("own", "absent"):
        parts.append(how)
    if is_from_tags(cell):
        parts.append(FROM_TAGS)
    return "; ".join(parts)


def _state_words(cell: Cell) -> str:
    words = STATE_MEANINGS[cell.state] if cell.state in ("unannotated", "unreadable") else STATE_WORDS[cell.state]
    if not cell.spans or cell.state in ("unsupported", "unannotated", "unreadable"):
        return words
    last = cell.spans[-1]
    in_part = " in part" if is_partial(cell) else ""
    if cell.state == "next":
        return f"supported{in_part} from the next release on"
    since = f"since {last.since} or earlier" if last.at_most else f"since {last.since}"
    if last.removed is None:
        return f"{words}{in_part} {since}"
    return f"{words}{in_part} {since}, until {last.removed}" if cell.state != "removed" else _removed_words(last, since)


def _removed_words(last: Span, since: str) -> str:
    return f"removed in {last.removed}; was supported {since}"


def is_from_tags(cell: Cell) -> bool:
    """Whether the releases are those of git's tags, because the sources name none."""
    annotation = cell.definition.annotation if cell.definition is not None else None
    return annotation is not None and annotation.carrier == "history"


def how_text(cell: Cell) -> str:
    """How a cell came about, in words; empty for an absent one."""
    if cell.how == "inherited":
        return f"inherited from {cell.via}" if cell.via else "inherited"
    if cell.how == "default":
        return f"default implementation in {cell.via}" if cell.via else "default implementation"
    if cell.how == "derived":
        return f"derived from {cell.via}" if cell.via else "derived"
    return {"own": "own", "stub": "stub: the override only raises", "absent": ""}[cell.how]


def former_text(former: Former) -> str:
    """A driver that is gone: title, releases, note."""
    spans, note = ", ".join(map(span_text, former.spans)), former.spans[-1].note
    return f"{former.title} {spans}" + (f": {note}" if note else "")


def cell_notes(cell: Cell) -> tuple[str, ...]:
    """Notes of the spans, the condition it depends on, and the other definitions, each once."""
    notes = [_span_note(span, len(cell.spans) > 1) for span in cell.spans if span.note]
    return tuple(dict.fromkeys([*notes, *other_notes(cell)]))


def other_notes(cell: Cell) -> tuple[str, ...]:
    """The notes that no span carries: the condition a cell depends on, and its other definitions."""
    definition, notes = cell.definition, []
    if definition is not None and definition.expression:
        notes.append(f"depends on {definition.expression}")
    if definition is not None and definition.when:
        notes.append(f"only when {definition.when}")
    notes.extend(_variant_note(variant) for variant in cell.variants if variant != definition)
    return tuple(dict.fromkeys(notes))


def _span_note(span: Span, several: bool) -> str:
    note = f"in part: {span.note}" if span.partial else str(span.note)
    return f"{span_text(span)}: {note}" if several else note


def _variant_note(variant: Definition) -> str:
    spans = () if variant.annotation is None else variant.annotation.spans
    says = ", ".join(span_text(span) for span in spans) or ("only raises" if variant.stub else "no release given")
    return f"when {variant.when or variant.expression or variant.place.short}: {says}"


def support_words(support: Support | VariantSupport) -> CellText:
    """The texts of a support, as of a cell; ``incomplete`` is an additional state."""
    if support.state == "incomplete":
        return CellText("incomplete", (), None, "", "incomplete", (), True)
    return cell_text(Cell(support.state, "own", support.spans))
