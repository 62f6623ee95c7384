"""Values without names in the list of a struct inside of a struct: ``.sub = { f, NULL }``, which field each fills."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..facts import Body, FieldFact, Member
from .positions import in_braces

if TYPE_CHECKING:
    from ..names.macros import Meaning
    from .positions import Positions

#: Gives what a value stands for; None where it is not known how many values that are, which it tells.
Means = Callable[[Member], "Meaning | None"]


class Within:
    """Fills the fields of one struct inside of another, value by value.

    Args:
        positions: of the struct around it.
        outer: the field that it is.

    Attributes:
        is_known: whether its fields are known at all.
    """

    def __init__(self, positions: Positions, outer: str) -> None:
        self._of, self.outer = positions, outer
        self._layout, self._path = positions.inner(outer)
        self._at: int | None = 0
        self.is_known = bool(self._layout)

    def fill(self, member: Member, means: Means, tell: Callable[[Member, str], None]) -> list[Member]:
        """The slots that a value fills, under the names of their fields.

        Args:
            member: the value.
            means: what it stands for.
            tell: is called with what is wrong, after which nothing more is filled.
        """
        if self._at is None:
            return []
        if member.when is not None:
            tell(member, f"a value without a name in {self.outer!r} stands under a condition")
        meaning = means(member) if member.when is None and member.body.kind != "gap" else None
        if meaning is None or meaning.slots is None:
            self._at = None
            return []
        found: list[Member] = []
        for each in meaning.slots:
            problem = self._misfit(each.body) if not each.name else f"a macro names slots inside {self.outer!r}"
            if problem is not None:
                tell(member, problem)
                self._at = None
                return found
            found.append(member._replace(name=f"{self.outer}.{self._layout[self._at].name}", body=each.body))
            self._at += 1
        return found

    def _misfit(self, body: Body) -> str | None:
        """Why a value may be for another field than the next one."""
        if self._at is None or self._at >= len(self._layout):
            return f"there are more values than {self.outer!r} has fields"
        field: FieldFact = self._layout[self._at]
        name = f"{self.outer}.{field.name}"
        if field.takes == "maybe":
            return f"the field {name!r} is conditional, so it is unknown which field this value fills"
        takes = self._of.context.tree.headers.takes(self._path, field.type) if field.type else field.takes
        if takes in ("many", "some") and (not in_braces(body) or self._of.holds(name)):
            return f"values without names inside {name!r}"
        return None


def may_expand(body: Body, meaning: Meaning) -> str:
    """What is wrong with a macro, by the name of the one inside of it that is not known."""
    inside = f"{meaning.cause} in " if meaning.cause and meaning.cause != body.target else ""
    return f"the macro {inside}{text_of(body)} may expand to several slots"


def text_of(body: Body) -> str:
    """A value as messages show it."""
    text = body.source or body.target or ""
    return text if len(text) <= 60 else f"{text[:57]}..."
