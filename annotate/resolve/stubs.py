"""Whether a definition is an implementation or a stub, and what it needs.

An override is not an implementation: a body that only raises one of the stub exceptions is a stub, and so is one that
does nothing but call such a body. Delegation is followed through ``self``, ``super()``, classes and functions.
"""

from ..config.value import InterfaceConfig
from ..facts import NEAR, Body, Member
from ..names.definitions import counting, is_exhaustive
from ..names.mro import Element, Orders
from ..names.tree import Ref, Tree
from ..records import NamedTuple
from .replaced import Replaced

_EMPTY = frozenset({"none", "false"})
_MAX_DEPTH = 8


class Verdict(NamedTuple):
    """What a definition does.

    Attributes:
        stub: it only says that it is not supported, or the slot is empty.
        idle: the body does nothing at all, or only calls one of the interface that does nothing.
        expression: source of a value that cannot be decided by reading, or None.
    """

    stub: bool = False
    idle: bool = False
    expression: str | None = None


_WORKS = Verdict()
#: What stands in a class that is not read.
_UNKNOWN = Body("work")
#: A body, and the class it stands in.
Found = tuple[Body, Element]


class Judge:
    """Judges the definitions of one interface.

    Attributes:
        side: the interface and the classes it derives from; a driver's own body is never idle.
        replaced: what decorators make of methods.
    """

    def __init__(self, tree: Tree, orders: Orders, config: InterfaceConfig) -> None:
        self._tree, self._orders, self._config = tree, orders, config
        self.side: frozenset[Element] = frozenset()
        self.replaced = Replaced(tree, orders)
        self._instances: dict[Element, frozenset[str]] = {}
        self._exceptions = {name.rpartition(".")[2] for name in config.stub_exceptions}

    def method(self, member: Member, where: Element, driver: Element | None = None) -> Verdict:
        """Judge a member of a class.

        Args:
            driver: the class it is looked up for, which decides what ``self.other()`` is.
        """
        if self._is_marked(member.decorators):
            return Verdict(stub=True)
        body, place = self.replaced.of(member, where) if member.decorators else (member.body, where)
        return self._body(body, place, driver or where, 0)

    def slot(self, body: Body, path: str) -> Verdict:
        """Judge the value of a slot in a table of a file."""
        if body.kind in ("true", "string"):
            return Verdict()
        if body.kind in ("value", "name", "condition") and self.is_marker(body.target):
            return Verdict(stub=True)
        if self._tree.is_c(path):
            if body.kind == "name":
                return _WORKS
            return Verdict(stub=body.kind in _EMPTY, expression=body.source if body.kind == "condition" else None)
        where = Element("class", path, "")
        return self._body(body, where, where, 0)

    @staticmethod
    def flag(body: Body) -> Verdict:
        """Judge the value of a flag: literals say yes or no, everything else is a condition."""
        if body.kind in _EMPTY:
            return Verdict(stub=True)
        if body.kind == "true":
            return Verdict()
        return Verdict(expression=body.source or body.target or "an expression")

    def _body(self, body: Body, where: Element, driver: Element, depth: int) -> Verdict:
        if body.kind == "raise":
            return Verdict(stub=self._refuses(body.target or "", where, driver, depth))
        if body.kind in _EMPTY:
            return Verdict(stub=True)
        if body.kind == "pass":
            return Verdict(idle=True)
        if body.kind == "condition":
            return Verdict(expression=body.source)
        if body.kind in ("call", "name", "value") and body.target and depth < _MAX_DEPTH:
            return self._delegate(body.target, where, driver, depth, body.kind)
        if body.kind == "then" and self._is_near(body.target or "", where) and depth < _MAX_DEPTH:
            return self._delegate(body.target or "", where, driver, depth)._replace(idle=False)
        if body.kind == "imported":
            found = self._referred(self._tree.resolve(where.path, body.target or "", where.name))
            return Verdict(stub=bool(found) and all(self._body(*each, driver, depth + 1).stub for each in found))
        if body.kind == "work" and self.is_marker(body.target):
            return Verdict(stub=True)
        return Verdict()

    def _is_near(self, target: str, where: Element) -> bool:
        """Whether a call of a longer body is followed: methods of the object, functions by their bare name."""
        if "." in target:
            return target.startswith(NEAR)
        file = self._tree.file(where.path)
        return file is not None and (target in file.functions or target in file.imports)

    def _refuses(self, raised: str, where: Element, driver: Element, depth: int) -> bool:
        """Whether what is raised says not supported: such an exception, or what gives one under another name."""
        if raised.rpartition(".")[2] in self._exceptions:
            return True
        if depth >= _MAX_DEPTH:
            return False
        if raised.startswith(NEAR):
            return self._give_refusals(self._target(raised, where, driver), driver, depth + 1)
        ref = self._tree.resolve(where.path, raised, where.name)
        if ref.kind == "external":
            return ref.name.rpartition(".")[2] in self._exceptions
        if ref.kind == "class":
            order = self._orders.of(ref.path, ref.name)
            return any(element.name.rpartition(".")[2] in self._exceptions for element in order)
        file = self._tree.file(ref.path) if ref.kind == "made" else None
        if file is not None:
            return self._refuses(file.made[ref.name], Element("class", ref.path, ""), driver, depth + 1)
        return self._give_refusals(self._referred(ref) or self._value(ref), driver, depth + 1)

    def _give_refusals(self, found: list[Found], driver: Element, depth: int) -> bool:
        """Whether a helper returns, or a name holds, an exception that says not supported; or it raises one itself."""
        return bool(found) and all(
            body.kind != "then" and body.target is not None and self._refuses(body.target, where, driver, depth)
            for body, where in found
        )

    def _value(self, ref: Ref) -> list[Found]:
        """What a class body binds to a name that is not a function."""
        owner, _, name = ref.name.rpartition(".")
        return self._in_order(self._orders.of(ref.path, owner), name) if ref.kind == "value" and owner else []

    def _made(self, target: str, where: Element) -> Found | None:
        """What a call in a class body gives to be called in its place."""
        ref = self._tree.resolve(where.path, target, where.name)
        return self.replaced.made(ref.path, ref.name) if ref.kind in ("function", "class") else None

    def _may_be_none(self, name: str, where: Element) -> bool:
        """Whether a name of the module is bound to None and, where a condition holds, to something else."""
        file = self._tree.file(where.path)
        return file is not None and file.empty.get(name) is False

    def _delegate(self, target: str, where: Element, driver: Element, depth: int, kind: str = "call") -> Verdict:
        if self.is_marker(target):
            return Verdict(stub=True)
        if kind == "value" and (made := self._made(target, where)) is not None:
            return self._body(*made, driver, depth + 1)
        if kind == "name" and self._may_be_none(target, where):
            return Verdict(expression=target)
        found = self._target(target, where, driver)
        verdicts = [self._body(body, place, driver, depth + 1) for body, place in found]
        if not verdicts:
            return _WORKS
        stub = all(each.stub for each in verdicts)
        idle = all(each.idle and place in self.side for each, (_, place) in zip(verdicts, found, strict=True))
        expression = next((each.expression for each in verdicts if each.expression), None)
        if not stub and any(each.stub for each in verdicts):
            expression = target
        return Verdict(stub, idle, expression)

    def _target(self, target: str, where: Element, driver: Element) -> list[Found]:
        """The bodies that a dotted name leads to, several under conditions; none where they are not known."""
        first, _, rest = target.partition(".")
        if first in ("self", "cls") and rest and "." not in rest:
            if rest in self.on_instance(driver):
                return []
            return self._in_order(self._orders.of(driver.path, driver.name), rest) if driver.name else []
        if first.startswith("super(") and rest:
            return self._in_order(self.behind(first[len("super(") : -1], where, driver), rest)
        if "." not in target and where.name:
            own = self._tree.members(where.path, where.name).get(target)
            if own:
                return [self.replaced.of(each, where) for each in counting(own)]
        return self._referred(self._tree.resolve(where.path, target))

    def on_instance(self, driver: Element) -> frozenset[str]:
        """What the methods of a class and its bases assign on ``self``, or set by name; it hides what they define."""
        if driver not in self._instances:
            order = self._orders.of(driver.path, driver.name) if driver.name else ()
            found = (self._tree.class_fact(each.path, each.name) for each in order if each.kind == "class")
            facts = [fact for fact in found if fact is not None]
            names = {name for fact in facts for name, *_ in fact.assigned}
            set_by_name = {each.member for fact in facts for each in fact.troubles if each.member is not None}
            outer = (change for each in order if each.kind == "class" for change in self._outers(each))
            self._instances[driver] = frozenset(names | set_by_name | set(outer))
        return self._instances[driver]

    def _outers(self, element: Element) -> list[str]:
        """What modules set on a class from outside."""
        return [
            each.name for _, each in self._orders.outers.of(element.path, element.name) if each.how in ("set", "below")
        ]

    def behind(self, name: str, where: Element, driver: Element) -> tuple[Element, ...]:
        """The classes in which ``super`` looks; none where they are not known.

        Args:
            name: the class that its call names, with slashes for its dots; empty for the one around the call.
            where: the class around the call.
        """
        if name not in ("", where.name.rpartition(".")[2]):
            where = Element(*self._tree.resolve(where.path, name.replace("/", "."), where.name.rpartition(".")[0]))
        order = self._orders.of(driver.path, driver.name) if driver.name else ()
        return order[order.index(where) + 1 :] if where in order else ()

    def _in_order(self, order: tuple[Element, ...], name: str) -> list[Found]:
        """The definitions of a name that count, down to the first class where one of them is always there."""
        found: list[Found] = []
        for element in order:
            if element.kind != "class":
                return [*found, (_UNKNOWN, element)] if found else []
            members = self._tree.members(element.path, element.name).get(name)
            if members:
                counted = counting(members)
                found += [self.replaced.of(each, element) for each in counted]
                if counted[0].when is None or is_exhaustive(counted):
                    break
        return found

    def _referred(self, ref: Ref) -> list[Found]:
        if ref.kind == "None":
            return [(Body("none"), Element("class", ref.path, ""))]
        if ref.kind != "function":
            return []
        owner, _, name = ref.name.rpartition(".")
        if owner:
            order = self._orders.of(ref.path, owner)
            return self._in_order(order, name)
        file = self._tree.file(ref.path)
        return [(file.functions[name].body, Element("class", ref.path, ""))] if file is not None else []

    def is_marker(self, name: str | None) -> bool:
        """Whether a name is one of those that the config says make an entry a stub."""
        if not name:
            return False
        return name in self._config.stub_markers or name.rpartition(".")[2] in self._config.stub_markers

    def _is_marked(self, decorators: tuple[str, ...]) -> bool:
        return any(self.is_marker(name) for name in decorators)
