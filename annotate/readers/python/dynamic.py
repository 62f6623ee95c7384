"""What classes do to themselves at run time: ``__getattr__``, ``__new__``, ``setattr``, entries set on ``self``.

None of it can be known by reading. Each is told with its place, so that the config can declare it with a reason.
A search over the text says which methods to look into; only those are walked.
"""

from __future__ import annotations

import ast
import fnmatch
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from types import MappingProxyType

from ...facts import OUTSIDE, Options, Trouble
from ...patterns import regex
from . import body, walk
from .body import FUNCTIONS
from .conditions import Block
from .hidden import may_stand as hidden_calls
from .members import oddly_bound
from .source import Source

_INNER = (*FUNCTIONS, ast.ClassDef)
#: What takes away from an instance only what it was given: its class has the entry all the same.
_REMOVES = frozenset({"delattr", "__delattr__", "pop", "clear"})
_CHANGERS = frozenset({"update", "setdefault", "pop", "popitem", "clear"})
#: One of these stands in whatever ``_SETTER`` matches; to look for plain texts first is many times faster.
_SETTER_WORDS = ("setattr", "delattr", "__dict__", "vars", "__class__", "type(self).")
_SETTER = regex(
    r"(?:set|del)attr(?:__)?\s*\(|__dict__|vars\s*\(|__class__(?:\.\w+)?\s*=(?!=)|type\(self\)\.\w+\s*=(?!=)"
)
# Several expressions, because a search for one that begins with a text looks for that text first.
_ASSIGNED = tuple(
    regex(rf"{name}\._?[A-Za-z]\w*\s*(?:(?::[^=\n]+)?=(?!=)|,[\w\s.,*()\[\]]*=(?!=))") for name in ("self", "cls")
)
#: ``put = setattr``: it is called by another name.
_RENAMES = regex(r"setattr(?:__)?[ \t]*(?:[#;,)\n]|$)")
_RENAMED = regex(r"(\w+)\s*(?::\s*[\w.]+\s*)?=\s*([\w.()]*?)\.?(?:__)?setattr(?:__)?\s*(?=[#;,)]|$)")
_CLASS = regex(r"class[ \t]+\w+[ \t]*[(:\[]")
_MAKES_CLASS = (
    regex(r"type\((?:\s*[^()\n,=]*[^()\n,=.]\s*,|[\w.]+\)\([^()\n]*,\s*\()"),
    regex(r"new_class\("),
)
_EXECUTED = tuple(regex(rf"{name}\b(?<=\b{name})") for name in ("exec", "eval", "locals", "vars"))
_HOOKS = {
    "__getattr__": "attributes are made up at run time by __getattr__",
    "__getattribute__": "attributes are made up at run time by __getattribute__",
    "__new__": "__new__ may hand out an instance of another class",
}
_TIPS = {
    "__new__": "name the classes that it hands out under 'dispatch' in the config, or declare it under 'dynamic'"
    " with the reason why it hands out none",
}


class Hot:
    """The lines of a file where something dynamic may stand."""

    def __init__(self, source: Source, options: Options) -> None:
        self._source, self._options = source, options
        word = next((word for word in _SETTER_WORDS if word in source.text), None)
        self.setters = source.lines_of(_SETTER) if word is not None else []
        if word == "setattr":
            source.renamed.update(_renamed(source))
        for name in source.renamed:
            self.setters = sorted({*self.setters, *source.lines_of(regex(rf"\b{name}\("))})
        self._assigned = sorted(line for pattern in _ASSIGNED for line in source.lines_of(pattern))
        self._tables = sorted(line for pattern in _table_patterns(options) for line in source.lines_of(pattern))
        # Python reads a name in wide letters as the plain one, which a search does not find.
        found = (line for pattern in _EXECUTED for line in source.lines_of(pattern))
        self.executed = sorted(found) if source.is_ascii else list(range(1, len(source.lines) + 1))

    def has_hidden(self, known: set[int]) -> bool:
        """Whether classes or tables may be made in functions; ``known`` are the lines of the classes already found."""
        text, code = self._source.text, self._source.lines
        if any(f"{name}(" in text for name in self._options.calls) or self._calls_type() or hidden_calls(self._source):
            return True
        found = (line for line in self._source.lines_of(_CLASS) if line not in known)
        return any(code[line - 1].lstrip().startswith("class") for line in found)

    def _calls_type(self) -> bool:
        """Whether ``type`` is called with more than one argument; a search for the bare word is the fastest."""
        text = self._source.text
        found = (match.start() for pattern in _MAKES_CLASS for match in pattern.finditer(text))
        return any(not text[start - 1].isidentifier() for start in found if start)

    def has_setter(self, node: ast.stmt) -> bool:
        """Whether ``setattr`` or its like may stand in a statement."""
        return _any_within(self.setters, node)

    def has_assignment(self, node: ast.stmt) -> bool:
        """Whether something may be assigned on ``self`` in a statement."""
        return _any_within(self._assigned, node)

    def has_table(self, node: ast.stmt) -> bool:
        """Whether a table may be made or changed on ``self`` in a statement."""
        return _any_within(self._tables, node)

    def has_execution(self, node: ast.stmt) -> bool:
        """Whether ``exec`` or its like may be called in a statement."""
        return _any_within(self.executed, node)


@cache
def _table_patterns(options: Options) -> tuple[re.Pattern[str], ...]:
    """What a table on ``self`` or ``cls`` looks like in the text."""
    names = "|".join([*map(re.escape, options.attributes), *map(_glob, options.dicts)])
    if not names:
        return ()
    return tuple(re.compile(rf"{owner}\.(?:{names})\s*(?:[\[=:|,)]|\.\w+\s*\()") for owner in ("self", "cls"))


def _any_within(lines: list[int], node: ast.stmt) -> bool:
    index = bisect_left(lines, node.lineno)
    return index < len(lines) and lines[index] <= (node.end_lineno or node.lineno)


def _glob(pattern: str) -> str:
    """The last part of a glob of names as a regular expression."""
    return fnmatch.translate(pattern.rpartition(".")[2]).removesuffix(r"\Z").replace(".*", r"\w*")


def troubles(source: Source, node: ast.ClassDef, block: Block, hot: Hot) -> Iterator[Trouble]:
    """What a class does that cannot be known by reading; ``block`` are the statements of its body."""
    for statement, _ in block:
        if isinstance(statement, FUNCTIONS):
            if statement.name in _HOOKS and not (statement.name == "__new__" and _makes_own(statement)):
                tip = _TIPS.get(statement.name)
                yield _trouble(source, statement, _HOOKS[statement.name])._replace(tip=tip, cause=statement.name)
        elif isinstance(statement, ast.Delete):
            for target in statement.targets:
                yield _trouble(source, statement, "an attribute is deleted from the class", body.dotted(target))
        elif not isinstance(statement, ast.ClassDef) and hot.has_execution(statement):
            yield from _executed(source, statement)
    if hot.has_setter(node):
        # What ``__setstate__`` gives back to an instance is what it had before it was copied.
        changing = (each for each in node.body if getattr(each, "name", "") != "__setstate__" and hot.has_setter(each))
        groups = [(each, list(_own_nodes([each]))) for each in changing]
        yield from sorted(
            trouble
            for statement, nodes in groups
            for names, loops in ((_names_in(statement, nodes, node.name), looped(nodes)),)
            for each in nodes
            for _, trouble in setter(source, each, names, loops)
        )


def _names_in(statement: ast.stmt, nodes: list[ast.AST], class_name: str) -> dict[str, str]:
    """What a statement of a class body, with its nodes, calls the object, its class, and the dict of either."""
    names = {each: each for each in ("self", "cls", class_name)}
    if isinstance(statement, FUNCTIONS):
        names.setdefault(body.own_name(statement), "self")
        for each in nodes:
            for target in each.targets if isinstance(each, ast.Assign) else ():
                if isinstance(target, ast.Name) and isinstance(each, ast.Assign):
                    if owner := _own(each.value, names):
                        names[target.id] = owner
                    elif owner := _own_dict(each.value, names):
                        names[f"{target.id}.__dict__"] = owner
    return names


def _renamed(source: Source) -> Iterator[tuple[str, str]]:
    """The names that a module gives ``setattr`` and its like, each with what it is called as."""
    for line in source.lines_of(_RENAMES):
        for name, owner in _RENAMED.findall(source.lines[line - 1]):
            is_bound = owner not in ("", "object", "type", "builtins")
            yield name, "__setattr__" if is_bound else "setattr"


def same(names: Iterable[str]) -> dict[str, str]:
    """Names that stand for themselves."""
    return {each: each for each in names}


def _makes_own(function: body.FunctionNode) -> bool:
    """Whether ``__new__`` hands out only what the ``__new__`` of a base makes, perhaps the same each time."""
    nodes = list(_own_nodes(list(function.body)))
    values: dict[str, list[ast.expr]] = {}
    for each in nodes:
        for target in each.targets if isinstance(each, ast.Assign) else ():
            values.setdefault(body.source(target), []).append(each.value)  # type: ignore[attr-defined]
    arguments = [*function.args.posonlyargs, *function.args.args]
    me = arguments[0].arg if arguments else ""
    bound = Counter(name for each in nodes for name in _bound(each))
    if me in bound:
        return False
    # What a loop, an import or the like gives a name is not among the values.
    loose = {name for name, count in bound.items() if count != len(values.get(name, ()))}

    def is_new(value: ast.expr, depth: int = 0) -> bool:
        if isinstance(value, ast.Attribute) and value.attr == "__new__":
            return True
        name = body.source(value)
        given = values.get(name, []) if depth < len(values) and name not in loose else []
        return bool(given) and all(is_new(each, depth + 1) for each in given)

    def is_own(value: ast.expr | None, depth: int = 0) -> bool:
        if isinstance(value, ast.Call):
            return bool(value.args) and body.dotted(value.args[0]) == me and is_new(value.func)
        name = "" if value is None else body.source(value)
        given = values.get(name, []) if depth <= len(values) and name not in loose else []
        return bool(given) and all(is_own(each, depth + 1) for each in given)

    returned = [each.value for each in nodes if isinstance(each, ast.Return)]
    return bool(returned) and all(map(is_own, returned))


def _bound(node: ast.AST) -> Iterator[str]:
    """The names that a node itself binds or deletes."""
    if isinstance(node, ast.Name):
        yield from () if isinstance(node.ctx, ast.Load) else (node.id,)
    elif isinstance(node, ast.alias):
        yield node.asname or node.name.partition(".")[0]
    elif isinstance(node, (*FUNCTIONS, ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
        yield node.name or ""
    elif isinstance(node, ast.MatchMapping):
        yield node.rest or ""
    elif isinstance(node, (ast.Global, ast.Nonlocal)):
        yield from node.names


def _executed(source: Source, statement: ast.stmt) -> Iterator[Trouble]:
    """Code in a class body that writes into its namespace: ``exec``, ``locals()``, ``vars()``."""
    for node in walk.nodes(statement):
        name = body.dotted(node.func) if isinstance(node, ast.Call) else None
        if name in ("exec", "eval", "locals") or (name == "vars" and isinstance(node, ast.Call) and not node.args):
            yield _trouble(source, node, f"{name}() in the class body may make entries")


def bound(source: Source, node: ast.ClassDef, block: Block) -> Iterator[Trouble]:
    """The names of a class body that are bound to what is not read."""
    for name, statement in oddly_bound(node, block):
        what = "a class" if isinstance(statement, ast.ClassDef) else "bound in a way that is not read"
        yield _trouble(source, statement, f"{name!r} is {what}", name)


def outside(source: Source, loose: list[ast.stmt], classes: list[str], hot: Hot) -> dict[str, list[Trouble]]:
    """What the statements of a module do to its classes from outside, by class."""
    names = same(classes)
    found: dict[str, list[Trouble]] = {}
    for statement in loose:
        for owner, name in _changed_outside(statement):
            if owner in names:
                message = f"{name!r} is changed from outside the class"
                found.setdefault(owner, []).append(_trouble(source, statement, message, name)._replace(cause=OUTSIDE))
        if hot.has_setter(statement):
            for each in walk.nodes(statement):
                for owner, trouble in setter(source, each, names):
                    found.setdefault(owner, []).append(trouble._replace(cause=OUTSIDE))
    return found


def _changed_outside(statement: ast.stmt) -> Iterator[tuple[str, str]]:
    """Class and attribute that a statement assigns, deletes or changes: ``Class.name = value``."""
    changed: list[ast.expr] = []
    if isinstance(statement, (ast.Assign, ast.Delete)):
        changed = statement.targets
    elif isinstance(statement, (ast.AnnAssign, ast.AugAssign)):
        changed = [statement.target]
    elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        function = statement.value.func
        changed = [function.value] if isinstance(function, ast.Attribute) and function.attr in _CHANGERS else []
    for each in changed:
        target = each.value if isinstance(each, ast.Subscript) else each
        owner, _, name = (body.dotted(target) or "").rpartition(".")
        if owner and name:
            yield owner, name


def _own_nodes(block: list[ast.stmt]) -> Iterator[ast.AST]:
    """The nodes of some statements, those of classes inside them aside."""
    stack: list[ast.AST] = list(block)
    while stack:
        each = stack.pop()
        if not isinstance(each, ast.ClassDef):
            yield each
            stack.extend(walk.children(each))


def looped(nodes: list[ast.AST]) -> dict[str, list[str]]:
    """The texts that a variable stands for, for each that only a loop over literals sets."""
    found: dict[str, list[str]] = {}
    for each in nodes:
        if type(each) is ast.For and isinstance(each.iter, (ast.List, ast.Tuple, ast.Set)):
            for target, value in (pair for one in each.iter.elts for pair in body.paired(each.target, one)):
                if isinstance(target, ast.Name):
                    found.setdefault(target.id, []).append(_text(value) or "")
    if not found:
        return {}
    stores = Counter(each.arg for each in nodes if isinstance(each, ast.arg))
    stores += Counter(each.id for each in nodes if isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Load))
    return {name: texts for name, texts in found.items() if stores[name] == 1 and all(texts)}


def setter(
    source: Source, node: ast.AST, names: Mapping[str, str], loops: Mapping[str, list[str]] = MappingProxyType({})
) -> Iterator[tuple[str, Trouble]]:
    """The name that is changed at run time by a node, and what is done to it; ``names`` are the ones that count.

    Args:
        names: those that count, each with what it stands for; ``name.__dict__`` for one that stands for the dict.
        loops: as ``looped`` gives them.
    """
    if isinstance(node, ast.Call):
        yield from _setter_call(source, node, names, loops)
    elif isinstance(node, (ast.Assign, ast.AugAssign, ast.Delete)):
        for target in [node.target] if isinstance(node, ast.AugAssign) else node.targets:
            is_item = isinstance(target, ast.Subscript)
            if isinstance(target, ast.Attribute) and target.attr == "__class__":
                owner = _own(target.value, names)
                if owner:
                    yield owner, _trouble(source, node, "the class of an instance is changed at run time")
            elif (
                isinstance(target, ast.Attribute)
                and isinstance(target.value, (ast.Call, ast.Attribute))
                and (owner := _class_of(target.value, names))
            ):
                yield owner, _trouble(source, node, f"{target.attr!r} of the class is set at run time", target.attr)
            elif isinstance(target, (ast.Subscript, ast.Attribute)):
                owner = _own_dict(target.value if isinstance(target, ast.Subscript) else target, names)
                if owner and not (owner == "self" and is_item and isinstance(node, ast.Delete)):
                    known = _text(target.slice) if isinstance(target, ast.Subscript) else None
                    yield owner, _trouble(source, node, "__dict__ is changed at run time", known)


def _setter_call(
    source: Source, node: ast.Call, names: Mapping[str, str], loops: Mapping[str, list[str]]
) -> Iterator[tuple[str, Trouble]]:
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    renamed = source.renamed.get(name) if isinstance(function, ast.Name) else None
    name = renamed or name
    if name in ("setattr", "delattr", "__setattr__", "__delattr__"):
        arguments = list(node.args)
        if isinstance(function, ast.Attribute) and name.startswith("__"):
            whose = body.dotted(function.value) or ""
            arguments = arguments if whose in ("object", "type") else [function.value, *arguments]
        elif renamed and name.startswith("__"):
            arguments = [ast.Name("self", ast.Load()), *arguments]
        owner = _own(arguments[0], names) if arguments else None
        if owner and not (owner == "self" and name in _REMOVES):
            member = arguments[1] if len(arguments) > 1 else None
            for each in loops.get(member.id, [None]) if isinstance(member, ast.Name) else [_text(member)]:
                what = f"{each!r} of the class" if each and isinstance(member, ast.Name) else "the class"
                yield owner, _trouble(source, node, f"{name}() changes {what} or its instances at run time", each)
    elif name in ("update", "setdefault", "pop", "clear", "__setitem__") and isinstance(function, ast.Attribute):
        owner = _own_dict(function.value, names)
        if owner and not (owner == "self" and name in _REMOVES):
            known = _text(node.args[0]) if node.args and name != "update" else None
            yield owner, _trouble(source, node, f"__dict__ is changed at run time by {name}()", known)


def _text(node: ast.expr | None) -> str | None:
    """The text of a literal."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _own(node: ast.expr, names: Mapping[str, str]) -> str | None:
    """The name that an expression stands for: itself, its class, or what ``super()`` gives."""
    if isinstance(node, (ast.Name, ast.Attribute)) and (found := names.get(body.dotted(node) or "")):
        return found
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        if node.func.id == "super" and "self" in names:
            return "self"
        return _own(node.args[0], names) if node.func.id == "type" and node.args else None
    return _own(node.value, names) if isinstance(node, ast.Attribute) and node.attr == "__class__" else None


def _class_of(node: ast.expr, names: Mapping[str, str]) -> str | None:
    """The name of which an expression is the class: ``type(self)``, ``self.__class__``."""
    is_call = isinstance(node, ast.Call) and body.dotted(node.func) == "type"
    return _own(node, names) if is_call or (isinstance(node, ast.Attribute) and node.attr == "__class__") else None


def _own_dict(node: ast.expr, names: Mapping[str, str]) -> str | None:
    if isinstance(node, ast.Name):
        return names.get(f"{node.id}.__dict__")
    if isinstance(node, ast.Attribute) and node.attr == "__dict__":
        return _own(node.value, names)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "vars" and node.args:
        return _own(node.args[0], names)
    return None


def _trouble(source: Source, node: ast.AST, message: str, member: str | None = None) -> Trouble:
    line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
    return Trouble(line, source.column(line, column), message, member)
