"""The definitions of one name in the body of a class, of which some are parts of others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ..facts import Member, TableFact


def by_name(members: Iterable[Member]) -> dict[str, list[Member]]:
    """Name -> definitions of it, in the order written; overload stubs left out."""
    found: dict[str, list[Member]] = {}
    for member in members:
        found.setdefault(member.name, []).append(member)
    return {name: _own_definitions(group) for name, group in found.items()}


def _own_definitions(group: list[Member]) -> list[Member]:
    """The definitions of a name that are not parts of another one.

    Overload stubs and accessors (``@x.setter``) belong to the definition before or behind them, and so does
    ``name = decorate(name)``. Under a condition, that makes another definition in the same place.
    """
    kept = [each for each in group if not _is_overload(each) and not _is_accessor(each)] or group[:1]
    if len(kept) == 1:
        return kept
    found = kept[:1]
    for each in kept[1:]:
        if not _wraps(each):
            found.append(each)
        elif each.body.kind == "value" and each.body.target:
            if each.when is None:
                found = [_wrapped(member, each.body.target) for member in found]
            else:
                found.append(_wrapped(found[-1], each.body.target)._replace(when=each.when, branch=each.branch))
    return found


def _wrapped(member: Member, decorator: str) -> Member:
    return member._replace(decorators=(decorator, *member.decorators))


def _is_overload(member: Member) -> bool:
    return any(each.rpartition(".")[2] == "overload" for each in member.decorators)


def _is_accessor(member: Member) -> bool:
    endings = (".setter", ".deleter", ".getter", ".register")
    return any(each.endswith(endings) for each in member.decorators)


def _wraps(member: Member) -> bool:
    """Whether a value is made from the definition of the same name before it."""
    if member.body.kind not in ("name", "value"):
        return False
    return re.search(rf"(?<![\w.]){re.escape(member.name)}\b", member.body.source or "") is not None


def counting(group: list[Member]) -> list[Member]:
    """The definitions that count: those before the last one without a condition never do."""
    last = max((index for index, member in enumerate(group) if member.when is None), default=0) if group[1:] else 0
    return group[last:]


def is_exhaustive(group: Sequence[Member | TableFact]) -> bool:
    """Whether definitions stand in every branch of one ``if`` that has an ``else``."""
    branches = [member.branch for member in group]
    first = branches[0]
    if first is None or not first[3]:
        return False
    return {each[1] for each in branches if each is not None and each[0] == first[0]} == set(range(first[2]))
