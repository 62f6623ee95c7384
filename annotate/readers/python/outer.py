"""What a module does to classes and modules from outside: ``Driver.open = f``, ``setattr(Driver, "open", f)``.

At module level and in functions, which may or may not be called; to classes of the module and to imported ones. Also
the classes that it gives to functions, which may set something on them, and those that it registers with others.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator

from ...patterns import regex
from ...touched import Outer
from . import body, dynamic, walk
from .members import IMPORTS
from .source import Source

#: An assignment to an attribute, also as one of several targets; it begins with a text, which makes the search fast.
_ASSIGNED = regex(r"\.\w+(?:\[[^\]\n]*\])?[ \t]*(?:=[^=]|,[ \t]*\w[\w., \t]*=[^=]|:[^=\n(]+=[^=])")
#: ``del Driver.open``
_DELETED = regex(r"del[ \t]+\(?[ \t]*([A-Za-z_]\w*)\.")
_REGISTERS = regex(r"\.register\b")
_SCOPES = (*body.FUNCTIONS, ast.Lambda)
_LOOPS = (ast.For, ast.AsyncFor)
_BINDING = (*_SCOPES, *_LOOPS)
#: In front of a class: the classes that derive from it.
_BELOW = "below:"


class Outers:
    """Collects the changes of one module; used once.

    Args:
        known: the names of its classes, imports and aliases.
        lines: those on which something may set attributes by ``setattr`` and its like.
        foreign: those on which an attribute of something other than ``self`` is assigned.
    """

    def __init__(self, source: Source, known: Iterable[str], lines: Iterable[int], foreign: Foreign) -> None:
        self._source, self._known = source, frozenset(known)
        self._bound: dict[ast.AST, dict[str, tuple[str, ...]]] = {}
        registering = source.lines_of(_REGISTERS) if ".register" in source.text else []
        self._lines = sorted(
            {*self._assigning(foreign), *(line for line in lines if "self" not in source.lines[line - 1]), *registering}
        )

    def _assigning(self, foreign: Foreign) -> Iterator[int]:
        """The lines on which an attribute of a class or module may be assigned."""
        text = self._source.text
        imports = _inner_imports(text) if foreign.lines else ""
        may_be: dict[str, bool] = {}
        for line, name in zip(foreign.lines, foreign.names, strict=True):
            if name not in may_be:
                may_be[name] = name in self._known or _may_mean_class(text, imports, name)
            if may_be[name]:
                yield line

    def read(self, tree: ast.Module, loose: list[ast.stmt]) -> tuple[Outer, ...]:
        """Everything that is done to a class or module which is not ``self``."""
        found = list(self._block(tree.body, ())) if self._lines else []
        found += (each for statement in loose for each in self._given(statement))
        return tuple(dict.fromkeys(found))

    def _block(self, nodes: Iterable[ast.AST], scopes: tuple[ast.AST, ...]) -> Iterator[Outer]:
        """What some nodes do; ``scopes`` are the functions and loops around them."""
        for node in nodes:
            if isinstance(node, ast.stmt) and not self._spans(node):
                continue
            inner = (*scopes, node) if isinstance(node, _BINDING) else scopes
            yield from self._changes(node, inner)
            yield from self._block(walk.children(node), inner)

    def _spans(self, node: ast.stmt) -> bool:
        decorators = getattr(node, "decorator_list", ())
        first = min([node.lineno, *(each.lineno for each in decorators)]) if decorators else node.lineno
        index = bisect_left(self._lines, first)
        return index < len(self._lines) and self._lines[index] <= (node.end_lineno or node.lineno)

    def _changes(self, node: ast.AST, scopes: tuple[ast.AST, ...]) -> Iterator[Outer]:
        if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Delete)):
            targets = getattr(node, "targets", None) or [getattr(node, "target", None)]
            for each in (each for target in targets for each in _parts(target)):
                target = each.value if isinstance(each, ast.Subscript) else each
                owner, _, name = (body.dotted(target) or "").rpartition(".")
                for whose in self._meant(owner, scopes):
                    yield self._outer(node, whose, name)
        if isinstance(node, ast.Call):
            yield from self._called(node, scopes)
        if isinstance(node, ast.ClassDef):
            for decorator in node.decorator_list:
                owner, _, method = (body.dotted(decorator) or "").rpartition(".")
                if method == "register" and owner:
                    yield self._outer(node, node.name, owner, "registered")

    def _called(self, node: ast.Call, scopes: tuple[ast.AST, ...]) -> Iterator[Outer]:
        function = body.dotted(node.func) or ""
        owner, _, method = function.rpartition(".")
        if method == "register" and owner and node.args:
            given = [body.dotted(each) for each in node.args[-1:]]
            base = body.dotted(node.args[0]) if len(node.args) == 2 else owner
            for whose in self._meant(given[0] or "", scopes):
                yield self._outer(node, whose, base or owner, "registered")
        for owner in {body.dotted(each) or "" for each in (*node.args[:1], getattr(node.func, "value", None)) if each}:
            for whose in self._meant(owner.removesuffix(".__dict__"), scopes):
                names = dynamic.same([owner.removesuffix(".__dict__")])
                for _, trouble in dynamic.setter(self._source, node, names):
                    yield self._outer(node, whose, trouble.member or "")

    def _given(self, statement: ast.stmt) -> Iterator[Outer]:
        """The classes that a statement of the module gives to functions."""
        value = getattr(statement, "value", None)
        if not isinstance(value, ast.Call):
            return
        callee = body.dotted(value.func)
        # ``Name = decorate(Name)`` is told as a decorator.
        bound = [body.dotted(each) for each in getattr(statement, "targets", ())]
        for each in (*value.args, *(keyword.value for keyword in value.keywords)):
            name = body.dotted(each) if isinstance(each, (ast.Name, ast.Attribute)) else None
            if callee and name and name.partition(".")[0] in self._known and name not in bound:
                yield self._outer(value, name, callee, "given")

    def _meant(self, owner: str, scopes: tuple[ast.AST, ...]) -> Iterator[str]:
        """The names of the module that an owner stands for."""
        first, dot, rest = owner.partition(".")
        for scope in reversed(scopes):
            if scope not in self._bound:
                self._bound[scope] = _looped(scope) if isinstance(scope, _LOOPS) else _locals(scope)
            if first in self._bound[scope]:
                yield from (f"{each}{dot}{rest}" for each in self._bound[scope][first])
                return
        if first in self._known and first not in ("self", "cls"):
            yield owner

    def _outer(self, node: ast.AST, owner: str, name: str, how: str = "set") -> Outer:
        if owner.startswith(_BELOW):
            owner, how = owner.removeprefix(_BELOW), "below" if how == "set" else how
        line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
        return Outer(owner, name, how, line, self._source.column(line, column))


class Foreign:
    """The lines on which an attribute of something other than ``self`` may be assigned, and what it is on each.

    Attributes:
        lines: in order; one that assigns several stands there as often.
        names: what it is on each of them.
    """

    def __init__(self, found: list[tuple[int, str]]) -> None:
        self.lines = [line for line, _ in found]
        self.names = [name for _, name in found]

    def within(self, node: ast.stmt) -> list[str]:
        """What it is on the lines of a statement."""
        first = bisect_left(self.lines, node.lineno)
        return self.names[first : bisect_right(self.lines, node.end_lineno or node.lineno, first)]


def foreign(source: Source) -> Foreign:
    """Where a module may assign an attribute of something other than ``self``."""
    text = source.text
    found = []
    for match in _ASSIGNED.finditer(text):
        start = match.start()
        if text.startswith("self", start - 4) and not text[start - 5].isalnum():
            continue  # most of them
        owner = _first_name(text, start)
        if owner and not owner[0].isdigit() and owner != "self":
            found.append((source.line_at(start), owner))
    if "del " in text:
        found += [(source.line_at(each.start()), each[1]) for each in _DELETED.finditer(text) if each[1] != "self"]
        found.sort()
    return Foreign(found)


def _first_name(text: str, end: int) -> str:
    """The first of the names with dots between them that end at a place."""
    start = end
    while start and (text[start - 1].isalnum() or text[start - 1] in "_."):
        start -= 1
    return text[start:end].lstrip(".").partition(".")[0]


def _inner_imports(text: str) -> str:
    """The lines that import something inside a function."""
    found = []
    at = text.find(" import ")
    while at >= 0:
        start = text.rfind("\n", 0, at) + 1
        if text[start] in " \t":
            found.append(text[start : text.find("\n", at)])
        at = text.find(" import ", at + 1)
    return "\n".join(found)


def _may_mean_class(text: str, imports: str, name: str) -> bool:
    """Whether a name that the module does not bind may be imported by a function, or a loop over classes sets it."""
    if name in imports or name[0].isupper():
        return True
    at = text.find(f"for {name} in ")
    return at >= 0 and ("__subclasses__" in text or re.search(rf"for {name} in [(\[{{]", text[at:]) is not None)


def _parts(target: ast.expr | None) -> Iterator[ast.expr]:
    if isinstance(target, (ast.Tuple, ast.List)):
        for each in target.elts:
            yield from _parts(each)
    elif isinstance(target, ast.Starred):
        yield from _parts(target.value)
    elif target is not None:
        yield target


def _locals(node: ast.AST) -> dict[str, tuple[str, ...]]:
    """The names that a function binds, each with what it stands for: an import, else nothing that is known."""
    found: dict[str, tuple[str, ...]] = {}
    bound: list[ast.AST] = walk.children(node)
    free: set[str] = set()
    for each in bound:
        if isinstance(each, ast.arg):
            found[each.arg] = ()
        elif isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Load):
            found.setdefault(each.id, ())
        elif isinstance(each, (ast.Global, ast.Nonlocal)):
            free.update(each.names)
        elif isinstance(each, IMPORTS):
            found.update(_imported(each))
        if not isinstance(each, (*_SCOPES, ast.ClassDef)):
            bound.extend(walk.children(each))
    return {name: stands for name, stands in found.items() if name not in free}


def _imported(statement: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What an import in a function binds, as ``module:name``."""
    for each in statement.names:
        if isinstance(statement, ast.ImportFrom):
            module = "." * statement.level + (statement.module or "")
            yield each.asname or each.name, (f"{module}:{each.name}",)
        else:
            local = each.asname or each.name.partition(".")[0]
            yield local, (f"{each.name if each.asname else local}:",)


def _looped(node: ast.For | ast.AsyncFor) -> dict[str, tuple[str, ...]]:
    """What the variable of a loop over classes stands for; the subclasses of a class are changed like the class."""
    if not isinstance(node.target, ast.Name):
        return {}
    if isinstance(node.iter, (ast.Tuple, ast.List, ast.Set)):
        return {node.target.id: tuple(filter(None, map(body.dotted, node.iter.elts)))}
    called = body.dotted(node.iter.func) if isinstance(node.iter, ast.Call) else None
    owner, _, method = (called or "").rpartition(".")
    return {node.target.id: (f"{_BELOW}{owner}",) if method == "__subclasses__" else ()}
