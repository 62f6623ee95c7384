"""What else binds the names of a module: loops, ``with``, ``global`` in a function, ``globals()``, a later import.

The resolver knows one meaning of a name: that of its class statement, or of the import or alias that came last. Where
something else may have been meant when a class statement named its base, that base is not known.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Container, Iterable, Iterator

from ...facts import Written
from ...patterns import regex
from ...records import NamedTuple
from . import body, members, walk
from .conditions import TRY, WITH, blocks, chain
from .source import Source

_PARTIAL = frozenset({"partial", "functools.partial"})
_SCOPES = (*body.FUNCTIONS, ast.Lambda, ast.ClassDef)
#: What may bind names of a module from inside a function; a search for plain texts is many times faster than others.
_REACHES = ("global", "modules[__name__]")
_SPACE = regex(r"\b(?:vars|locals|globals)\(\)[\[.]")
#: Tables are changed by these; a class stays what it is.
_COPIES = frozenset({"dict", "copy", "deepcopy", "replace", "_replace", "OrderedDict", "MappingProxyType"})
_NO_CLASS = (ast.Constant, ast.Dict, ast.List, ast.Set, ast.Tuple, ast.BinOp, ast.Compare, ast.JoinedStr, ast.Lambda)
_WALRUS = regex(r":=")
_NAMESPACES = frozenset({"globals", "vars", "locals"})


class _Binding(NamedTuple):
    """One binding of a name at module level.

    Attributes:
        kind: ``own`` (a class or function), ``import``, ``alias``, ``call`` (what a call gives), ``odd`` (not read).
        what: what an import or alias leads to.
        firm: whether it stands under no condition.
    """

    kind: str
    line: int
    what: str = ""
    firm: bool = True


#: What may bind any name of a module.
_BINDS_LATER = ("global ", "globals()", "vars()", "locals()", "exec(")


class Bindings:
    """The bindings of one module, and how many of them came before each class statement.

    Attributes:
        unclear: name -> why it is not known what it stands for, once the module has run.
        overrun: the names that a star import below their own binding may replace, with how many such imports stand
            above it.
        empty: the names bound to None, each with whether they are bound to nothing else.
        exports: what ``__all__`` lists; None where there is no such list, or it is not a literal.
    """

    def __init__(self, source: Source, tree: ast.Module, executed: Iterable[int]) -> None:
        self._found: dict[str, list[_Binding]] = {}
        self._before: dict[ast.ClassDef, dict[str, int]] = {}
        self._stars: list[int] = []
        self._walrus = frozenset(source.lines_of(_WALRUS)) if ":=" in source.text else frozenset()
        self._lists: list[ast.expr] = []
        self._empty: dict[str, int] = {}
        self._valued: set[str] = set()
        self._block(tree.body, True)
        self.exports = self._exports(source)
        other = self._found.keys() | self._valued
        if self._empty and any(text in source.text for text in _BINDS_LATER):
            other = set(self._empty)
        self.empty = tuple((name, name not in other) for name in sorted(self._empty) if not self._is_filled(name))
        self.unclear = {name: why for name, why in self._unclear() if why}
        self.unclear.update(self._from_inside(source, tree, executed))
        self.overrun = tuple(self._overrun()) if self._stars else ()

    def bases(self, node: ast.ClassDef) -> tuple[Written, ...]:
        """The bases of a class; of one whose name may stand for something else the kind is ``unclear``."""
        found = tuple(each for base in node.bases for each in members.bases(base))
        before = self._before.get(node)
        if not before:
            return found
        return tuple(self._checked(each, node, before) if each.kind == "name" else each for each in found)

    def _checked(self, base: Written, node: ast.ClassDef, before: dict[str, int]) -> Written:
        name = base.text.partition(".")[0]
        why = self._meant(name, before[name], node.name) if name in before else None
        return base if why is None else Written("unclear", f"{base.text}: {why}")

    # -- one pass over what stands at module level

    def _block(self, statements: list[ast.stmt], firm: bool) -> None:
        for each in statements:
            if isinstance(each, ast.ClassDef):
                names = (node.id for base in each.bases for node in walk.nodes(base) if isinstance(node, ast.Name))
                self._before[each] = {name: len(self._found.get(name, ())) for name in names}
                self._add(each.name, "own", each, "", firm)
            elif isinstance(each, body.FUNCTIONS):
                self._add(each.name, "own", each, "", firm)
            elif isinstance(each, members.IMPORTS):
                self._import(each, firm)
            else:
                self._other(each, firm)
                inner = blocks(each)
                for number, block in enumerate(inner):
                    if not (isinstance(each, TRY) and 0 < number < len(inner) - 2):
                        self._block(block, firm and _is_firm(each))
                    else:
                        self._empty.update(dict.fromkeys(_emptied(block), each.end_lineno or 0))

    def _add(self, name: str, kind: str, node: ast.AST, what: str, firm: bool) -> None:
        line: int = getattr(node, "lineno", 1)
        self._found.setdefault(name, []).append(_Binding(kind, line, what, firm))

    def _import(self, statement: ast.Import | ast.ImportFrom, firm: bool) -> None:
        module = "." * statement.level + (statement.module or "") if isinstance(statement, ast.ImportFrom) else None
        for each in statement.names:
            if each.name == "*":
                self._stars.append(statement.lineno)
            elif module is None:
                local = each.asname or each.name.partition(".")[0]
                self._add(local, "import", statement, each.name if each.asname else local, firm)
            else:
                self._add(each.asname or each.name, "import", statement, f"{module}:{each.name}", firm)

    def _other(self, statement: ast.stmt, firm: bool) -> None:
        """What any other statement binds."""
        if isinstance(statement, (ast.Assign, ast.AnnAssign)):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            for target in targets if statement.value is not None else ():
                for name, value in body.paired(target, statement.value):  # type: ignore[arg-type]
                    if isinstance(name, ast.Name):
                        self._assign(name.id, value, statement, firm)
        elif isinstance(statement, ast.AugAssign):
            self._odd(statement.target, statement, firm)
            if isinstance(statement.target, ast.Name) and statement.target.id == "__all__":
                self._lists.append(statement.value)
        elif isinstance(statement, (ast.For, ast.AsyncFor)):
            self._odd(statement.target, statement, firm)
        elif isinstance(statement, WITH):
            for item in statement.items:
                self._odd(item.optional_vars, statement, firm)
        elif isinstance(statement, ast.Match):
            for case in statement.cases:
                for node in walk.nodes(case.pattern):
                    captured = getattr(node, "rest" if isinstance(node, ast.MatchMapping) else "name", None)
                    if captured:
                        self._add(captured, "odd", statement, "", False)
        if self._walrus and _spans(statement, self._walrus):
            for node in _own_expressions(statement):
                if isinstance(node, ast.NamedExpr):
                    self._odd(node.target, node, firm)

    def _odd(self, target: ast.expr | None, statement: ast.AST, firm: bool) -> None:
        for node in walk.nodes(target) if target is not None else ():
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                self._add(node.id, "odd", statement, "", firm)

    def _assign(self, name: str, value: ast.expr, statement: ast.stmt, firm: bool) -> None:
        if name == "__all__":
            self._lists = [value]
        is_none = isinstance(value, ast.Constant) and value.value is None
        if is_none:
            self._empty[name] = getattr(statement, "lineno", 1)
        if isinstance(value, _NO_CLASS):
            self._valued.update(() if is_none else (name,))
            return  # Python would refuse it as a base
        known = list(stands_for(value)) or list(filter(None, [members.generic(value)]))
        if name in (each.partition(".")[0] for each in known):
            return  # one of its own items, or itself unless something stands in
        if known:
            self._add(name, "alias", statement, " ".join(known), firm)
        elif isinstance(value, ast.Call):
            given = [body.dotted(each) for each in (*value.args, *remade(value))]
            is_wrapped = name in given and any(each.kind == "own" for each in self._found.get(name, ()))
            if not is_wrapped and (body.dotted(value.func) or "").rpartition(".")[2] not in _COPIES:
                self._add(name, "call", statement, "", firm)
        else:
            self._add(name, "odd", statement, "", firm)

    def _exports(self, source: Source) -> tuple[str, ...] | None:
        """The names of a literal ``__all__``; one that is not wholly literal may list anything."""
        if not self._lists or "__all__." in source.text:
            return None
        names = [each for value in self._lists for each in getattr(value, "elts", [value])]
        texts = [each.value for each in names if isinstance(each, ast.Constant) and isinstance(each.value, str)]
        return tuple(texts) if len(texts) == len(names) else None

    def _is_filled(self, name: str) -> bool:
        """Whether a name that was bound to None is bound to something else behind that under no condition."""
        return any(each.firm and each.line > self._empty[name] for each in self._found.get(name, ()))

    # -- what is meant

    def _meant(self, name: str, count: int, by: str = "") -> str | None:
        """Why a name that was bound so often is not what the resolver takes it for; None where it is.

        Args:
            by: the class that names it as a base; ``class Driver(Driver)`` means what was imported.
        """
        found = self._found.get(name, [])
        before, after = found[:count], found[count:]
        readable = [each for each in before if each.kind in ("own", "import", "alias")]
        last = max((index for index, each in enumerate(before) if each in readable and each.firm), default=-1)
        odd = [each for each in before[last + 1 :] if each.kind == "odd" or (each.kind == "call" and readable)]
        if odd:
            return f"{name!r} is also bound at line {odd[-1].line}"
        if last < 0:
            return None
        own = [each for each in found if each.kind == "own" and each.firm]
        if before[last].kind == "own":
            return None
        if own and name != by:
            return f"{name!r} is also defined at line {own[-1].line}"
        again = [each for each in after if each.firm and each.kind in ("import", "alias") and not own]
        other = [each for each in again if each.what != before[last].what]
        return f"{name!r} is bound again at line {other[-1].line}" if other else None

    def _unclear(self) -> Iterator[tuple[str, str | None]]:
        for name, found in self._found.items():
            if len(found) > 1 or found[0].kind == "odd":
                yield name, self._meant(name, len(found))

    def _overrun(self) -> Iterator[tuple[str, int]]:
        for name, found in self._found.items():
            above = sum(line < found[-1].line for line in self._stars)
            if above < len(self._stars):
                yield name, above

    # -- what functions and calls do to the names of the module

    def _from_inside(self, source: Source, tree: ast.Module, executed: Iterable[int]) -> Iterator[tuple[str, str]]:
        """The names that ``global``, ``globals()`` or ``sys.modules[__name__]`` bind, with the reason."""
        lines = set(_reaching_lines(source, None if self._stars else self._found, executed))
        if not lines:
            return
        for node in _nodes_on(tree.body, lines):
            for name in _reaching(node):
                if self._stars or any(each.kind != "call" for each in self._found.get(name, ())):
                    yield name, f"{name!r} may be bound anew at line {getattr(node, 'lineno', 1)}"


def stands_for(node: ast.expr) -> Iterator[str]:
    """The dotted names that a value may be another name of; what a partial function does is what the function does."""
    if isinstance(node, (ast.IfExp, ast.BoolOp)):
        for each in (node.body, node.orelse) if isinstance(node, ast.IfExp) else node.values:
            yield from stands_for(each)
    elif isinstance(node, ast.Call) and body.dotted(node.func) in _PARTIAL and node.args:
        yield from stands_for(node.args[0])
    elif name := body.dotted(node):
        yield name


def remade(node: ast.expr) -> list[ast.expr]:
    """The bases of ``Meta("Name", (Name,), {})``, which makes a class anew by a metaclass and adds nothing."""
    if (
        not isinstance(node, ast.Call)
        or len(node.args) != 3
        or not (isinstance(node.args[2], ast.Dict) and not node.args[2].keys)
    ):
        return []
    return node.args[1].elts if isinstance(node.args[1], ast.Tuple) and len(node.args[1].elts) == 1 else []


def _emptied(block: list[ast.stmt]) -> Iterator[str]:
    """The names that a block binds to None."""
    for each in block:
        if isinstance(each, ast.Assign) and isinstance(each.value, ast.Constant) and each.value.value is None:
            yield from (target.id for target in each.targets if isinstance(target, ast.Name))


def _is_firm(statement: ast.stmt) -> bool:
    """Whether the blocks of a statement that are looked into are always run; what handlers bind does not count."""
    return isinstance(statement, (*TRY, *WITH)) or (isinstance(statement, ast.If) and not chain(statement)[0])


def _spans(statement: ast.stmt, lines: Iterable[int]) -> bool:
    return any(statement.lineno <= line <= (statement.end_lineno or statement.lineno) for line in lines)


def _nodes_on(nodes: Iterable[ast.AST], lines: set[int]) -> Iterator[ast.AST]:
    """The nodes of the statements that stand on some lines."""
    for node in nodes:
        if not isinstance(node, ast.stmt) or _spans(node, lines):
            yield node
            yield from _nodes_on(walk.children(node), lines)


def _own_expressions(statement: ast.stmt) -> Iterator[ast.AST]:
    """The nodes of a statement, those of its blocks, and of functions and classes in it, aside."""
    waiting: list[ast.AST] = [
        each
        for value in vars(statement).values()
        for each in (value if isinstance(value, list) else [value])
        if isinstance(each, ast.AST) and not isinstance(each, (ast.stmt, ast.ExceptHandler, ast.match_case))
    ]
    for node in waiting:
        yield node
        if not isinstance(node, _SCOPES):
            waiting.extend(walk.children(node))


def _reaching_lines(source: Source, known: Container[str] | None, executed: Iterable[int]) -> Iterator[int]:
    """The lines on which a function may bind a name of the module.

    Args:
        known: the names that matter, or None for all.
        executed: the lines on which ``vars()`` or ``locals()`` may stand.
    """
    yield from (line for line in executed if _SPACE.search(source.lines[line - 1]))
    for text in _REACHES:
        for match in regex(re.escape(text)).finditer(source.text) if text in source.text else ():
            behind = source.text[match.end() : match.end() + 200].partition("\n")[0]
            begins = (
                behind[:1] == " "
                and not source.text[source.text.rfind("\n", 0, match.start()) + 1 : match.start()].strip()
            )
            names = re.split(r"[\s,;]+", behind) if begins else ()
            is_named = any(name and (known is None or name in known) for name in names)
            if is_named or behind.startswith(("s()[", "s().", "[", ".", ",")):
                yield source.line_at(match.start())


def _reaching(node: ast.AST) -> Iterator[str]:
    """The names of the module that a node binds through ``global``, its namespace, or the module as an object."""
    if isinstance(node, ast.Global):
        yield from node.names
    elif isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Delete)):
        for target in getattr(node, "targets", None) or [getattr(node, "target", None)]:
            if isinstance(target, ast.Subscript) and _is_namespace(target.value):
                yield from _text(target.slice)
            elif isinstance(target, ast.Attribute) and _is_module(target.value):
                yield target.attr
    elif isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else body.dotted(node.func)
        if name in ("setattr", "delattr") and len(node.args) > 1 and _is_module(node.args[0]):
            yield from _text(node.args[1])
        elif isinstance(node.func, ast.Attribute) and _is_namespace(node.func.value):
            if name == "update":
                yield from (each.arg for each in node.keywords if each.arg)
                for given in (each for each in node.args if isinstance(each, ast.Dict)):
                    yield from (text for key in given.keys for text in _text(key))
            elif name in ("setdefault", "pop", "__setitem__") and node.args:
                yield from _text(node.args[0])


def _is_namespace(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        name = body.dotted(node.func)
        return name in _NAMESPACES and (not node.args or (name == "vars" and _is_module(node.args[0])))
    return isinstance(node, ast.Attribute) and node.attr == "__dict__" and _is_module(node.value)


def _is_module(node: ast.expr) -> bool:
    """``sys.modules[__name__]``."""
    return (
        isinstance(node, ast.Subscript)
        and (body.dotted(node.value) or "").endswith("modules")
        and body.dotted(node.slice) == "__name__"
    )


def _text(node: ast.expr | None) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
