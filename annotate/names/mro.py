"""The order in which Python looks a name up: C3 linearization over classes read from source.

The interfaces that a class only declares (``zope.interface``) come last.

An element of an order is a class of the tree, a base outside it, or a base that could not be resolved.
"""

from collections.abc import Iterator, Mapping

from ..facts import Written
from ..model import Place, Problem
from ..nearest import did_you_mean
from ..records import NamedTuple
from .items import odd
from .outers import Outers
from .tree import Tree

_PACKAGES = (
    "if the module is in the tree under another name, map it under 'packages' in the config; if it is compiled or makes"
    " the name at run time, declare the class under 'dynamic' with the reason"
)
_RUNTIME = "name a class as the base, or declare the class under 'dynamic' in the config, with the reason"
#: Bases outside the tree that bring no entries of their own.
HARMLESS = frozenset(
    {
        "abc.ABC",
        "typing.Generic",
        "typing.Protocol",
        "typing_extensions.Protocol",
        "typing.NamedTuple",
        "typing.TypedDict",
        "typing_extensions.TypedDict",
    }
)


class Element(NamedTuple):
    """One class in a resolution order.

    Attributes:
        kind: ``class``, ``external`` or ``unresolved``.
        path: file of a class of the tree, or of the one that has an unresolved base.
        name: its qualified name; the dotted name of an external base; the written name of an unresolved one.
        owner: id of the class that has an unresolved base.
    """

    kind: str
    path: str
    name: str
    owner: str = ""


#: The root of all classes takes part in the order, so that contradictions are found, and is left out of the result.
_OBJECT = Element("external", "", "builtins.object")


class Orders:
    """Resolution orders of the classes of one tree, each computed once.

    Attributes:
        outers: what modules do to classes from outside.
    """

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self.outers = Outers(tree)
        self._known: dict[tuple[str, str], tuple[Element, ...]] = {}
        self._orders: dict[tuple[str, str], tuple[Element, ...]] = {}
        self._problems: dict[tuple[str, str], list[Problem]] = {}

    def of(self, path: str, name: str) -> tuple[Element, ...]:
        """The order of a class, itself first."""
        key = (path, name)
        if key not in self._known:
            found = tuple(each for each in self._linearize(path, name) if each != _OBJECT)
            self._known[key] = (*found, *self._implemented(found))
        return self._known[key]

    def _implemented(self, order: tuple[Element, ...]) -> Iterator[Element]:
        """The interfaces of ``zope.interface`` that the classes of an order declare; Python finds nothing in them."""
        facts = ((each, self._tree.class_fact(each.path, each.name)) for each in order if each.kind == "class")
        named = [(each, written) for each, fact in facts if fact is not None for written in fact.implements]
        seen = set(order)
        for each, written in named:
            ref = self._tree.resolve(each.path, written.text, each.name.rpartition(".")[0])
            for above in self._linearize(ref.path, ref.name) if ref.kind == "class" else ():
                if above.kind == "class" and above not in seen:
                    seen.add(above)
                    yield above

    def problems(self, path: str, name: str) -> list[Problem]:
        """What is wrong with the bases of a class and of the classes it derives from."""
        found = []
        for element in self.of(path, name):
            found += self._problems.get((element.path, element.name), [])
        return found

    def _linearize(self, path: str, name: str) -> tuple[Element, ...]:
        """Bases before what derives from them, without recursion: a chain may be longer than Python's stack."""
        above: dict[tuple[str, str], list[Element]] = {}
        waiting = [(path, name)]
        while waiting:
            key = waiting[-1]
            if key in self._orders:
                waiting.pop()
            elif key in above:
                self._orders[key] = self._merged(Element("class", *key), above.pop(key))
                waiting.pop()
            else:
                above[key] = self._bases(*key, above)
                waiting += [(each.path, each.name) for each in above[key] if each.kind == "class"]
        return self._orders[path, name]

    def _merged(self, me: Element, bases: list[Element]) -> tuple[Element, ...]:
        orders = [self._orders[each.path, each.name] if each.kind == "class" else (each,) for each in bases]
        if len(bases) < 2:
            # What nothing can contradict: of a long chain of classes the merge would look at every pair.
            return (me, *(orders[0] if orders else (_OBJECT,)))
        merged = _merge([*orders, tuple(bases)])
        if merged is None:
            message = "the order of its bases contradicts itself, and Python would refuse the class"
            self._report(me.path, me.name, message, tip=None)
            merged = tuple(dict.fromkeys(element for order in orders for element in order))
        return (me, *merged)

    def _bases(self, path: str, name: str, above: Mapping[tuple[str, str], object]) -> list[Element]:
        fact = self._tree.class_fact(path, name)
        found: list[Element] = []
        for each in fact.bases if fact is not None else ():
            element = self._base(path, name, each, above, fact is not None and each.text in fact.items)
            written = each.text
            if element in found:
                self._report(
                    path, name, f"its base {written!r} is named twice, and Python would refuse it", written, None
                )
            elif element is not None:
                found.append(element)
                found += self._likely(path, each, element)
        return found

    def _likely(self, path: str, base: Written, found: Element) -> Iterator[Element]:
        """What a class derives from that has one base or another, behind the one that is not known: one of them."""
        meant = self._tree.meanings(path, base.text) if found.kind == "unresolved" and base.kind == "name" else []
        yield from (Element("class", each.path, each.name) for each in meant[:1] if each.kind == "class")

    def _base(
        self, path: str, name: str, base: Written, above: Mapping[tuple[str, str], object], is_item: bool
    ) -> Element | None:
        written = base.text
        if base.kind == "unclear":
            written, _, reason = written.partition(": ")
            self._report(path, name, f"its base {written!r} is not known: {reason}", written, _RUNTIME)
            return Element("unresolved", path, written, self._tree.class_id(path, name))
        if base.kind != "name":
            self._report(path, name, f"its base {written!r} is an expression", written)
            return Element("unresolved", path, written, self._tree.class_id(path, name))
        ref = self._tree.resolve(path, written, name.rpartition(".")[0], name)
        if ref.kind == "class" and (ref == ("class", path, name) or (ref.path, ref.name) in above):
            self._report(path, name, f"it derives from itself through {written!r}", written, tip=None)
            return None
        if ref.kind == "class" and is_item and (why := odd(self._tree, ref)) is not None:
            self._report(path, name, f"its base {written!r} is not known: {why}", written, _RUNTIME)
            return Element("unresolved", path, written, self._tree.class_id(path, name))
        if ref.kind == "class":
            return Element("class", ref.path, ref.name)
        if ref.kind == "external":
            return None if ref.name in HARMLESS else Element("external", "", ref.name)
        if ref.kind == "made":
            self._report(path, name, f"its base {written!r} is made at run time by a call", written, _RUNTIME)
            return Element("unresolved", path, written, self._tree.class_id(path, name))
        reason = ref.name if ref.kind == "unknown" else "it is None" if ref.kind == "None" else f"it is a {ref.kind}"
        if self._tree.meanings(path, written.partition(".")[0]):
            self._report(path, name, f"its base {written!r} is not known: {reason}", written, _RUNTIME)
            return Element("unresolved", path, written, self._tree.class_id(path, name))
        tip = did_you_mean(written, self._names(path, name)) or _PACKAGES
        self._report(path, name, f"its base {written!r} cannot be resolved: {reason}", written, tip)
        return Element("unresolved", path, written, self._tree.class_id(path, name))

    def _names(self, path: str, name: str) -> list[str]:
        """What a base of a class could be called in its file: what stands there, or is imported."""
        file = self._tree.file(path)
        if file is None:
            return []
        classes = (each.name for each in file.facts.classes if each.name != name)
        return [*classes, *(local for local, _, _ in file.facts.imports)]

    def _report(
        self, path: str, name: str, message: str, found: str | None = None, tip: str | None = _PACKAGES
    ) -> None:
        fact = self._tree.class_fact(path, name)
        place = Place(path, fact.line, fact.column) if fact is not None else Place(path)
        self._problems.setdefault((path, name), []).append(
            Problem(
                "unresolved-base",
                place,
                f"class {name}: {message}",
                found,
                "a base that can be found by reading",
                tip,
                driver=self._tree.class_id(path, name),
            )
        )


def _merge(orders: list[tuple[Element, ...]]) -> tuple[Element, ...] | None:
    """The C3 merge; None when there is no consistent order."""
    rest = [list(order) for order in orders if order]
    result: list[Element] = []
    while rest:
        head = next((order[0] for order in rest if not any(order[0] in other[1:] for other in rest)), None)
        if head is None:
            return None
        result.append(head)
        rest = [[each for each in order if each != head] for order in rest]
        rest = [order for order in rest if order]
    return tuple(result)
