"""One pass over the syntax tree of a module: imports, functions, classes, tables.

Conditions (``if``, ``try``, ``match``) at module level and in class bodies are followed into every branch; each
definition keeps the condition it stands under. Method bodies are looked into only where the text promises something
(a table on ``self``, ``setattr``, an entry assigned on the instance).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from ...facts import Body, ClassFact, FileFacts, FunctionFact, Member, Options, Trouble, Written
from ...touched import Change, Handed, Outer, Wrapper
from . import (
    bindings,
    body,
    carriers,
    changes,
    comments,
    dynamic,
    hidden,
    members,
    onself,
    outer,
    slots,
    tables,
    uses,
    walk,
    wrappers,
)
from .body import FUNCTIONS
from .conditions import Block, Under, branches, for_checkers, walk_class
from .members import IMPORTS
from .source import Source

_HEADS = (*FUNCTIONS, ast.ClassDef)
#: ``type Name = Base[T]``, as of Python 3.12.
_TYPE_ALIAS: tuple[type[Any], ...] = tuple(filter(None, [getattr(ast, "TypeAlias", None)]))
_SIMPLE = (ast.Assign, ast.AnnAssign, ast.Expr, ast.AugAssign, ast.Delete, *_TYPE_ALIAS)


class ModuleReader:
    """Collects the facts of one module; used once."""

    def __init__(self, path: str, source: Source, options: Options) -> None:
        self.path, self.source, self.options = path, source, options
        self.imports: dict[str, list[tuple[str, str, str]]] = {}
        self.local: dict[str, str] = {}
        self.stars: list[str] = []
        self.aliases: dict[str, list[tuple[str, str]]] = {}
        self.varying: dict[str, None] = {}
        self.wrapped: dict[str, tuple[str, ...]] = {}
        self.metaclasses: dict[str, Written] = {}
        self.made: list[tuple[str, str]] = []
        self.generics: list[tuple[str, str]] = []
        self.functions: list[FunctionFact] = []
        self.classes: list[tuple[str, ast.ClassDef, Under]] = []
        self.blocks: dict[ast.ClassDef, Block] = {}
        self.heads: dict[comments.Head, comments.Header] = {}
        self.names: dict[int, str] = {}
        self.raw_tables: list[tables.Raw] = []
        self.loose: list[ast.stmt] = []
        self.errors: list[Trouble] = []
        self.hot = dynamic.Hot(source, options)
        self.foreign = outer.foreign(source)
        self.has_interface = False
        self.dispatches = "singledispatch" in source.text
        self.implements = "implement" in source.text
        self.abstracts = wrappers.may_mark_abstract(source)
        self.passing, self.making = list[str](), list[str]()
        self.wrappers: list[Wrapper] = []
        self.changes: list[Change] = []
        self.handed: dict[str, tuple[Handed, ...]] = {}

    def read(self, tree: ast.Module) -> FileFacts:
        """Return the facts of the module."""
        self.bindings = bindings.Bindings(self.source, tree, self.hot.executed)
        self._block(tree.body, Under())
        self._lazy(tree)
        if self.dispatches:
            several = members.dispatching(tree.body)
            self.functions = [
                each._replace(body=body.WORK) if each.name in several else each for each in self.functions
            ]
        for name, node, _ in list(self.classes):
            self._nested(name, node)
        self._tables_in_methods()
        made = self._hidden(tree)
        notes = self._comments()
        self.has_interface = any(node.name in self.options.interfaces for _, node, _ in self.classes)
        found = tables.changed(
            self.source, [slots.fact(self.source, raw, notes) for raw in self.raw_tables], self.loose
        )
        outside = dynamic.outside(self.source, self.loose, [name for name, _, _ in self.classes], self.hot)
        self.handed = changes.handed(self.source, [(name, node) for name, node, _ in self.classes])
        classes = [self._class(name, node, under, notes, outside.get(name, [])) for name, node, under in self.classes]
        return FileFacts(
            self.path,
            tuple(each for group in self.imports.values() for each in group),
            tuple(self.stars),
            tuple(each for group in self.aliases.values() for each in group),
            tuple(self.functions),
            (*classes, *made),
            slots.unshared(found),
            tuple(self.errors),
            tuple(comments.ignores(self.source)),
            self.source.encoding,
            made=tuple(self.made),
            passing=tuple(self.passing),
            making=tuple(self.making),
            varying=tuple(self.varying),
            changes=tuple(self.changes),
            generics=tuple(self.generics),
            overrun=self.bindings.overrun,
            exports=self.bindings.exports,
            outer=self._outer(tree, outside),
            wrappers=tuple(self.wrappers),
            empty=self.bindings.empty,
            unclear=tuple(self.bindings.unclear.items()),
        )

    def _outer(self, tree: ast.Module, told: dict[str, list[Trouble]]) -> tuple[Outer, ...]:
        """What the module does to classes from outside, as far as they do not tell it; ``unclear`` is asked later."""
        own = {name for name, _, _ in self.classes}
        known = (*own, *self.imports, *self.aliases)
        found = outer.Outers(self.source, known, self.hot.setters, self.foreign).read(tree, self.loose)
        for each in found:
            if f"{each.owner}.{each.name}" in own and each.how == "set":
                self.bindings.unclear[f"{each.owner}.{each.name}"] = f"{each.name!r} is bound again at line {each.line}"
        seen = {(name, each.line, each.member or "") for name, troubles in told.items() for each in troubles}
        return tuple(each for each in found if (each.owner, each.line, each.name) not in seen)

    def _lazy(self, tree: ast.Module) -> None:
        """The imports that ``__getattr__`` of a module makes, as far as it has them for type checkers too."""
        if any(each.name == "__getattr__" for each in self.functions):
            for statement in for_checkers(tree.body):
                if isinstance(statement, IMPORTS):
                    self._import(statement, "", Under("TYPE_CHECKING"))

    def _statements(self, node: ast.ClassDef) -> Block:
        """The statements of a class body, followed once."""
        block = self.blocks.get(node)
        if block is None:
            block = self.blocks[node] = walk_class(node)
        return block

    # -- module level

    def _block(self, statements: list[ast.stmt], under: Under) -> None:
        for statement in statements:
            if isinstance(statement, ast.ClassDef):
                self.classes.append((statement.name, statement, under))
                self._vary(statement.name, under)
                self._derived_type(statement)
            elif isinstance(statement, FUNCTIONS):
                self.functions.append(self._function(statement))
                self._note(statement.name, statement)
            elif isinstance(statement, IMPORTS):
                self._import(statement, "", under)
            elif isinstance(statement, _SIMPLE):
                self._simple(statement, under)
            else:
                for inner, condition in branches(statement, under):
                    self._block(inner, condition)

    def _function(self, node: body.FunctionNode) -> FunctionFact:
        done = body.of_function(node)
        if not self.options.signatures or not set(members.decorators(node)) <= set(self.options.decorators):
            return FunctionFact(node.name, done, node.lineno)
        return FunctionFact(node.name, done, node.lineno, body.parameters(node), body.gives(node))

    def _note(self, name: str, node: body.FunctionNode) -> None:
        """Keep what a function or method does to what it is given."""
        passes = list(changes.passing(name, node))
        self.passing += passes
        self.making += [name] * changes.makes_function(node)
        if type(node.body[-1]) is ast.Return:
            self.wrappers += wrappers.made(name, node)
        if self.abstracts and wrappers.marks_abstract(node):
            self.wrappers.append(Wrapper(name, "abstract"))
        self.changes += changes.made(self.source, name, node, self.hot, bool(passes), self.foreign)

    def _derived_type(self, node: ast.ClassDef) -> None:
        """A class that derives from a table type is one too."""
        for base in node.bases:
            name = body.dotted(base)
            if name is not None and tables.is_type_name(name, self.options, self.local):
                self.local[node.name] = self.local.get(name, name).rpartition(".")[2]

    def _import(self, statement: ast.Import | ast.ImportFrom, prefix: str, under: Under) -> None:
        if isinstance(statement, ast.Import):
            for name in statement.names:
                local = name.asname or name.name.partition(".")[0]
                self._imported(prefix + local, name.name if name.asname else local, "", under)
            return
        module = "." * statement.level + (statement.module or "")
        for name in statement.names:
            if name.name == "*":
                self.stars.append(module)
            else:
                self._imported(prefix + (name.asname or name.name), module, name.name, under)

    def _vary(self, name: str, under: Under) -> None:
        """Note a name that is bound under a condition."""
        if under.when is not None:
            self.varying[name] = None

    def _imported(self, local: str, module: str, name: str, under: Under) -> None:
        """Keep an import; one under no condition replaces those of the same name before it."""
        if under.when is None:
            self.imports[local] = []
        self._vary(local, under)
        self.imports.setdefault(local, []).append((local, module, name))
        if name:
            self.local[local] = name

    def _simple(self, statement: ast.stmt, under: Under) -> None:
        self.raw_tables += tables.find(statement, "", self.options, under, self.local)
        self.loose += (statement, *hidden.statements(statement)) if self.hot.has_execution(statement) else (statement,)
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        if isinstance(statement, ast.AnnAssign) and statement.value is not None:
            targets = [statement.target]
        elif isinstance(statement, _TYPE_ALIAS):
            targets = [vars(statement)["name"]]
        value: ast.expr | None = getattr(statement, "value", None)
        pairs = [pair for target in targets for pair in body.paired(target, value)] if value is not None else []
        for target, given in pairs:
            if isinstance(target, ast.Name):
                self.names[id(given)] = target.id
                if generic := members.generic(given):
                    self.generics.append((target.id, generic))
                known = list(bindings.stands_for(given))
                made = body.dotted(given.func) if isinstance(given, ast.Call) else None
                if made and not known and not made.endswith("getLogger"):
                    self.made.append((target.id, made))
                if made and target.id in map(body.dotted, bindings.remade(given)):
                    self.metaclasses[target.id] = Written("name", made)
                elif made and isinstance(given, ast.Call) and target.id in map(body.dotted, given.args):
                    # ``Name = decorate(Name)``
                    self.wrapped[target.id] = (*self.wrapped.get(target.id, ()), made)
                if known and under.when is None and target.id not in (each.partition(".")[0] for each in known):
                    self.aliases[target.id] = []
                    self.imports.pop(target.id, None)
                self._vary(target.id, Under("chosen") if isinstance(given, ast.IfExp) else under)
                for aliased in known:
                    self.aliases.setdefault(target.id, []).append((target.id, aliased))
                    if tables.is_type_name(aliased, self.options, self.local):
                        self.local[target.id] = self.local.get(aliased, aliased).rpartition(".")[2]

    # -- classes

    def _nested(self, name: str, node: ast.ClassDef) -> None:
        for statement, under in self._statements(node):
            if isinstance(statement, ast.ClassDef):
                qualified = f"{name}.{statement.name}"
                self.classes.append((qualified, statement, under))
                self._nested(qualified, statement)
            elif isinstance(statement, IMPORTS):
                self._import(statement, f"{name}.", under)
            elif not isinstance(statement, FUNCTIONS):
                self.raw_tables += tables.find(statement, name, self.options, under, self.local)

    def _tables_in_methods(self) -> None:
        for name, node, _ in self.classes:
            if not self.hot.has_table(node):
                continue
            for method, under in self._statements(node):
                if isinstance(method, FUNCTIONS) and self.hot.has_table(method):
                    above = under if method.name == "__init__" else under.also(f"in {method.name}()", None)
                    for statement, condition in onself.statements(method, above):
                        self.raw_tables += tables.find_on_self(statement, name, self.options, condition)

    def _hidden(self, tree: ast.Module) -> list[ClassFact]:
        """Classes and tables made at run time: seen, named, and not guessed."""
        known = {node.lineno for _, node, _ in self.classes}
        running = filter(self.hot.has_execution, self.loose)
        made = [each for statement in running for each in hidden.executed(self.source, statement)]
        loose = (value for each in self.loose if isinstance(value := getattr(each, "value", None), ast.Call))
        if not self.hot.has_hidden(known):
            return made + [one for each in loose for one in self._made_by(each)]
        calls = {id(raw.node) for raw in self.raw_tables}
        for node in walk.nodes(tree):
            if isinstance(node, ast.ClassDef) and node.lineno not in known:
                self.classes.append((f"<locals>.{node.name}", node, Under("made in a function")))
            elif isinstance(node, IMPORTS) and node.names[0].name != "*":
                self._import(node, "<locals>.", Under("in a function"))
            elif isinstance(node, ast.Call):
                made += (found := list(self._made_by(node)))
                if not found and id(node) not in calls:
                    self.raw_tables += tables.hidden(node, self.options, self.local)
                calls.add(id(node))
        return made + [one for each in loose if id(each) not in calls for one in self._made_by(each)]

    def _made_by(self, node: ast.Call) -> Iterator[ClassFact]:
        return hidden.made(self.source, node, self.imports, self.names.get(id(node)))

    # -- comments

    def _comments(self) -> comments.Comments:
        wanted = [comments.Comment(raw.statement) for raw in self.raw_tables if raw.statement]
        for _, node, _ in self.classes if not self.options.bare else ():
            wanted.append(self._wanted(node))
            wanted += [self._wanted(member) for member, _ in self._statements(node) if members.is_member(member)]
        notes, failed = comments.read(self.source, wanted)
        self.errors += [Trouble(line, 1, f"the comments here cannot be read: {why}") for line, why in failed]
        return notes

    def _wanted(self, node: ast.stmt) -> comments.Comment:
        if not isinstance(node, _HEADS):
            return comments.Comment(node)
        head = self.heads[node] = comments.header(self.source, node)
        return comments.Comment(node, head)

    def _class(
        self, name: str, node: ast.ClassDef, under: Under, notes: comments.Comments, changes: list[Trouble]
    ) -> ClassFact:
        marks, insert, _ = self._header(node, notes)
        block = self._statements(node)
        bound = list(members.bound(block))
        own = [self._member(each, notes) for each in bound]
        if self.dispatches:
            several = members.dispatching(node.body)
            own = [(each._replace(body=body.WORK) if each.name in several else each, lines) for each, lines in own]
        for each in bound:
            if isinstance(each.node, FUNCTIONS):
                self._note(f"{name}.{each.name}", each.node)
        if self._may_lack(node.name, own):
            pairs = zip(own, bound, strict=True)
            own = [(uses.added(member, each.node), lines) for (member, lines), each in pairs]
        return ClassFact(
            name,
            node.lineno,
            self.source.column(node.lineno, node.col_offset),
            marks,
            insert,
            self.bindings.bases(node),
            members.unshared(own),
            (*dynamic.troubles(self.source, node, block, self.hot), *dynamic.bound(self.source, node, block), *changes),
            (*members.decorators(node), *self.wrapped.get(name, ())),
            tuple(onself.assigned(self.source, node, block, self.hot, self.foreign)),
            under.when,
            body.first_line(node),
            metaclass=members.metaclass(node) or self.metaclasses.get(name),
            handed=self.handed.get(name, ()),
            implements=members.implements(node) if self.implements else (),
            items=tuple(filter(None, map(members.generic, node.bases))),
        )

    def _may_lack(self, name: str, own: list[tuple[Member, set[int]]]) -> bool:
        """Whether bodies of a class may call stubs: it is an interface, stands beside one, or holds stubs itself."""
        if name in self.options.interfaces or self.has_interface:
            return True
        return any(member.body.kind == "raise" or member.is_abstract for member, _ in own)

    def _header(self, node: comments.Head, notes: comments.Comments) -> carriers.Carried:
        if self.options.bare:
            return carriers.NOTHING
        return carriers.of_header(self.source, node, self.heads[node], notes, self.options.decorators)

    def _member(self, each: members.Bound, notes: comments.Comments) -> tuple[Member, set[int]]:
        """One entry of a class, with the lines on which its comment may stand."""
        if isinstance(each.node, FUNCTIONS):
            return self._method(each.node, each.under, notes)
        marks, insert, lines = carriers.of_statement(self.source, each.at, notes)
        declared = each.node.annotation if isinstance(each.node, ast.AnnAssign) else None
        imported = isinstance(each.node, IMPORTS)
        found = Member(
            each.name,
            each.at.lineno,
            self.source.column(each.at.lineno, each.at.col_offset),
            marks,
            insert,
            Body("imported", each.name, body.source(each.node)) if imported else body.of_value(each.value),
            "value" if declared is None else "field",
            each.under.when,
            each.under.branch,
            doc=None if declared is None else body.source(declared),
        )
        return found, lines

    def _method(self, node: body.FunctionNode, under: Under, notes: comments.Comments) -> tuple[Member, set[int]]:
        marks, insert, lines = self._header(node, notes)
        found = Member(
            node.name,
            node.lineno,
            self.source.column(node.lineno, node.col_offset),
            marks,
            insert,
            body.of_method(node),
            "def",
            under.when,
            under.branch,
            members.decorators(node),
            body.parameters(node),
            body.first_line(node),
            gives=self.options.signatures and body.gives(node),
        )
        return found, lines
