"""Whether a definition is an implementation or a stub, and what it needs.

An override is not an implementation: a body that only raises one of the stub exceptions is a stub, and so is one that
does nothing but call such a body. Delegation is followed through ``self``, ``super()``, classes and functions.
"""

from ..config.value import InterfaceConfig
from ..facts import Body, Member
from ..names.mro import Element, Orders
from ..names.tree import Ref, Tree
from ..records import NamedTuple

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


class Judge:
    """Judges the definitions of one interface.

    Attributes:
        side: the interface and the classes it derives from; a driver's own body is never idle.
    """

    def __init__(self, tree: Tree, orders: Orders, config: InterfaceConfig) -> None:
        self._tree, self._orders, self._config = tree, orders, config
        self.side: frozenset[Element] = frozenset()
        self._instances: dict[Element, frozenset[str]] = {}
        self._exceptions = {name.rpartition(".")[2] for name in config.stub_exceptions}

    def method(self, member: Member, where: Element, driver: Element | None = None) -> Verdict:
        """Judge a member of a class.

        Args:
            driver: the class it is looked up for, which decides what ``self.other()`` is.
        """
        if self._is_marked(member.decorators):
            return Verdict(stub=True)
        return self._body(member.body, where, driver or where, 0)

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
        if body.kind in ("call", "name", "value") and body.target and depth < _MAX_DEPTH:
            return self._delegate(body.target, where, driver, depth)
        if body.kind == "then" and self._is_near(body.target or "", where) and depth < _MAX_DEPTH:
            return Verdict(stub=self._delegate(body.target or "", where, driver, depth).stub)
        if body.kind == "imported":
            found = self._referred(self._tree.resolve(where.path, body.target or "", where.name))
            return Verdict(stub=found is not None and self._body(*found, driver, depth + 1).stub)
        if body.kind == "work" and self.is_marker(body.target):
            return Verdict(stub=True)
        return Verdict()

    def _is_near(self, target: str, where: Element) -> bool:
        """Whether a call of a longer body is followed: methods of the object, functions by their bare name."""
        if "." in target:
            return target.startswith(("self.", "cls.", "super()."))
        file = self._tree.file(where.path)
        return file is not None and (target in file.functions or target in file.imports)

    def _refuses(self, raised: str, where: Element, driver: Element, depth: int) -> bool:
        """Whether what is raised says not supported: such an exception, or what gives one under another name."""
        if raised.rpartition(".")[2] in self._exceptions:
            return True
        if depth >= _MAX_DEPTH:
            return False
        if raised.startswith(("self.", "cls.", "super().")):
            found = self._target(raised, where, driver)
            return found is not None and self._gives_refusal(*found, driver, depth + 1)
        ref = self._tree.resolve(where.path, raised, where.name)
        if ref.kind == "external":
            return ref.name.rpartition(".")[2] in self._exceptions
        if ref.kind == "class":
            order = self._orders.of(ref.path, ref.name)
            return any(element.name.rpartition(".")[2] in self._exceptions for element in order)
        file = self._tree.file(ref.path) if ref.kind == "made" else None
        if file is not None:
            return self._refuses(file.made[ref.name], Element("class", ref.path, ""), driver, depth + 1)
        found = self._referred(ref) or self._value(ref)
        return found is not None and self._gives_refusal(*found, driver, depth + 1)

    def _gives_refusal(self, body: Body, where: Element, driver: Element, depth: int) -> bool:
        """Whether a helper returns, or a name holds, an exception that says not supported; or it raises one itself."""
        return body.kind != "then" and body.target is not None and self._refuses(body.target, where, driver, depth)

    def _value(self, ref: Ref) -> tuple[Body, Element] | None:
        """What a class body binds to a name that is not a function."""
        owner, _, name = ref.name.rpartition(".")
        return self._in_order(self._orders.of(ref.path, owner), name) if ref.kind == "value" and owner else None

    def _delegate(self, target: str, where: Element, driver: Element, depth: int) -> Verdict:
        if self.is_marker(target):
            return Verdict(stub=True)
        found = self._target(target, where, driver)
        if found is None:
            return Verdict()
        body, place = found
        verdict = self._body(body, place, driver, depth + 1)
        return Verdict(stub=verdict.stub, idle=verdict.idle and place in self.side)

    def _target(self, target: str, where: Element, driver: Element) -> tuple[Body, Element] | None:
        """The body that a dotted name leads to, and the class it stands in."""
        first, _, rest = target.partition(".")
        if first in ("self", "cls") and rest and "." not in rest:
            if rest in self.on_instance(driver):
                return None
            return self._in_order(self._orders.of(driver.path, driver.name), rest) if driver.name else None
        if first == "super()" and rest:
            return self._in_order(self._after(where, driver), rest)
        if "." not in target and where.name:
            own = self._tree.members(where.path, where.name).get(target)
            if own:
                return own[-1].body, where
        return self._referred(self._tree.resolve(where.path, target))

    def on_instance(self, driver: Element) -> frozenset[str]:
        """What the methods of a class and its bases assign on ``self``: it hides what the classes define."""
        if driver not in self._instances:
            order = self._orders.of(driver.path, driver.name) if driver.name else ()
            facts = (self._tree.class_fact(each.path, each.name) for each in order if each.kind == "class")
            names = (name for fact in facts if fact is not None for name, *_ in fact.assigned)
            self._instances[driver] = frozenset(names)
        return self._instances[driver]

    def _after(self, where: Element, driver: Element) -> tuple[Element, ...]:
        order = self._orders.of(driver.path, driver.name) if driver.name else ()
        return order[order.index(where) + 1 :] if where in order else ()

    def _in_order(self, order: tuple[Element, ...], name: str) -> tuple[Body, Element] | None:
        for element in order:
            if element.kind != "class":
                return None
            members = self._tree.members(element.path, element.name).get(name)
            if members:
                return members[-1].body, element
        return None

    def _referred(self, ref: Ref) -> tuple[Body, Element] | None:
        if ref.kind != "function":
            return None
        owner, _, name = ref.name.rpartition(".")
        if owner:
            order = self._orders.of(ref.path, owner)
            return self._in_order(order, name)
        file = self._tree.file(ref.path)
        return (file.functions[name].body, Element("class", ref.path, "")) if file is not None else None

    def is_marker(self, name: str | None) -> bool:
        """Whether a name is one of those that the config says make an entry a stub."""
        if not name:
            return False
        return name in self._config.stub_markers or name.rpartition(".")[2] in self._config.stub_markers

    def _is_marked(self, decorators: tuple[str, ...]) -> bool:
        return any(self.is_marker(name) for name in decorators)
