"""The facts of one source file: what passes from the readers to everything else.

Facts are what a reader sees in one file without looking at any other: classes, tables, imports, comments. They are
named tuples of plain values, so that they go to JSON and back quickly, and depend on nothing but the bytes of the
file and the reader's options, so that they can be cached by content.

Lines and columns are 1-based, columns in code points; offsets are bytes of the file as it lies on disk.
"""

from .records import NamedTuple
from .touched import Change, Handed, Outer, Wrapper

ABSTRACT = frozenset({"abstractmethod", "abstractproperty", "abstractclassmethod", "abstractstaticmethod"})


class Options(NamedTuple):
    """What a reader has to know of the config: which names can be tables and where annotations may stand.

    Attributes:
        calls: names of table types; calls of them are read as tables.
        dicts: globs of names (``NAME`` or ``Class.NAME``) whose dict literals are read as tables or registries.
        attributes: names of flag attributes (``capabilities``), read in class bodies and on ``self``.
        decorators: names of decorators whose first string is an annotation.
        interfaces: names of interface classes, whose methods tell which entries they call.
        pointers: names of types of C that are pointers to one of ``calls``.
        inner: names of structs of C that an interface holds, whose functions are entries of it as well.
        headers: files of C that define interfaces, or the types that these use.
        symbols: files that are read as linker version scripts, or as indexes, whatever they are called.
        c: whether an interface is a struct of C, so that files of unknown suffixes are C too.
        signatures: whether some entries are steps of protocols, so that what functions take and give is kept.
        ignored: macros of C that are passed over wherever they stand.
        holders: names of structs of C that hold an interface as a member, each with the fields that do.
        links: fields of structs of C that point to an interface, as ``FileFacts.links`` has them.
        same: other names that headers give the structs of ``calls``, or pointers to them, each with that struct.
        bare: whether what annotates classes and functions of Python may be left out, as history asks for none of it.
    """

    calls: tuple[str, ...] = ()
    dicts: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    decorators: tuple[str, ...] = ()
    interfaces: tuple[str, ...] = ()
    pointers: tuple[str, ...] = ()
    inner: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()
    c: bool = False
    signatures: bool = False
    ignored: tuple[str, ...] = ()
    holders: tuple[tuple[str, ...], ...] = ()
    links: tuple[tuple[str, ...], ...] = ()
    same: tuple[tuple[str, str], ...] = ()
    bare: bool = False


#: How calls of an object's own methods begin.
NEAR = ("self.", "cls.", "super(")
#: The last way out for code that cannot be read. It must not hide support: an entry that was not seen shows as absent.
DECLARE = "or declare it under 'dynamic' in the config with the reason, if it adds and removes no entry"


class Mark(NamedTuple):
    """A text beside an entry that is, or may be, an annotation.

    Attributes:
        carrier: ``comment``, ``decorator``, ``added``, ``removed``, ``changed``, ``deprecated`` or ``misspelt``
            (docstring directives), ``shared`` (beside several entries), ``stray`` (on a line of its own, next to the
            entry).
        text: a comment with its signs; the string of a decorator; what follows a directive; the name of a misspelt one.
        start: offset of the text, or -1 where it cannot be edited.
        end: one past its last byte.
    """

    carrier: str
    text: str
    line: int
    column: int
    start: int
    end: int


class Body(NamedTuple):
    """What an entry does, as far as one file tells.

    Attributes:
        kind: ``work`` · ``raise`` (only raises) · ``pass`` (does nothing) · ``call`` (only calls ``target``) ·
            ``then`` (calls ``target`` before anything else) · ``name`` (refers to ``target``) ·
            ``imported`` (``target`` comes from an import in the class body) ·
            ``true``, ``false``, ``none``, ``string`` (literals) · ``field`` (declared without a value) ·
            ``value`` (any other expression). In C also ``condition`` (an expression that chooses when it is built),
            ``list`` (values in braces; ``target`` is ``names`` where each says for which field it is, else
            ``values``), ``gap`` (a part of a list that could not be read), and for fields of structs ``pointer`` (to
            a function), ``array`` (of such pointers, or of what ``target`` names; ``source`` says how many),
            ``data``, ``struct`` (the one whose tag is ``target``), and ``typedef`` (``target`` tells, ``source`` is
            what stands around it).
        target: dotted name that is raised, called or referred to.
        source: source of the expression, shortened; the string itself for ``string``.
    """

    kind: str
    target: str | None = None
    source: str | None = None

    @property
    def may_hold(self) -> bool:
        """Whether a field of a struct of C is another struct, as far as one file tells."""
        return self.kind == "struct" or (self.kind == "typedef" and not self.source)


class Use(NamedTuple):
    """An attribute of ``self`` that a body uses on every way through it.

    Attributes:
        called: it is called, and not only read.
        above: it is looked up behind the class itself, through ``super()``.
        behind: the class that the call of ``super`` names instead, with slashes for its dots.
    """

    name: str
    called: bool = True
    above: bool = False
    behind: str = ""


class Member(NamedTuple):
    """One entry of a class or a table.

    Attributes:
        insert: offset at which an annotation can be appended to its line, or -1.
        when: condition under which it is defined, or None.
        branch: ``if`` statement it stands in, number of the branch, number of branches, whether one is ``else``.
        decorators: dotted names.
        params: names of the parameters of a function.
        kind: ``def``, ``value`` (``name = value``), ``field`` (``name: type``) or ``slot`` (of a table).
        doc: first line of its docstring; for a field the source of its type.
        uses: what the body uses of ``self`` whatever happens; in classes that may be interfaces or hold stubs.
        gap: white space that an appended annotation needs in front, so that it stands where the others do.
        gives: a function of which some way returns something other than None; False where nobody looked.
        after: of a value in C that names no field but follows a slot that does: how many values it stands behind the
            slot called ``name``; else 0.
    """

    name: str
    line: int
    column: int
    marks: tuple[Mark, ...]
    insert: int
    body: Body
    kind: str = "def"
    when: str | None = None
    branch: tuple[int, int, int, bool] | None = None
    decorators: tuple[str, ...] = ()
    params: tuple[str, ...] = ()
    doc: str | None = None
    uses: tuple[Use, ...] = ()
    gap: str = "  "
    gives: bool = False
    after: int = 0

    @property
    def is_abstract(self) -> bool:
        """Whether a decorator says that deriving classes have to define it."""
        return any(name.rpartition(".")[2] in ABSTRACT for name in self.decorators)


#: As the member of a trouble: each entry, also those that are set.
ALL = "*"


class Trouble(NamedTuple):
    """What a reader met in one file that it cannot read or cannot be sure of.

    The resolver decides whether it matters, and turns it into a ``Problem`` of the catalogue, which a rule reports as a
    ``Finding``.

    Attributes:
        member: the entry it is about, or None for the whole file, class or table; ``ALL`` where what is
            set is in doubt as well.
        cause: the construct, where the config can declare that: ``__new__``, ``@decorator``, ``metaclass=Name``.
    """

    line: int
    column: int
    message: str
    member: str | None = None
    tip: str | None = None
    cause: str | None = None


#: Cause of what a module does to one of its classes behind the class statement.
OUTSIDE = "outside"


class Written(NamedTuple):
    """An expression as the source writes it.

    Attributes:
        kind: ``name`` (a dotted name), ``string`` (a literal) or ``source`` (any other expression).
        text: the name, the string or the source, shortened.
    """

    kind: str
    text: str


class Pair(NamedTuple):
    """One line of a registry.

    Attributes:
        key: None for the item of a list.
        values: the value, or its items where it is a tuple or a list.
    """

    key: Written | None
    values: tuple[Written, ...]
    line: int
    column: int


class TableFact(NamedTuple):
    """A dict literal or a call that may be a method table or a registry.

    Attributes:
        name: ``NAME``, ``Class.NAME``; for a call without a name, its line.
        owner: qualified name of the class whose body or methods hold it, or an empty string.
        form: ``call`` (in C: an initializer), ``assigned`` (in C: slots that a function sets), ``part`` (in C: a list
            inside the initializer of a holder, at the place of the slot that it fills), ``dict``, ``update`` (changes
            an earlier one of that name), ``hidden`` (made in a function), ``symbols`` or ``index`` (lists of public
            calls).
        callee: dotted name that is called; for ``dict`` the dotted type it is declared with, or None.
        base: dotted name of the table it starts from (``dict(Base.NAME, ...)``, ``replace(BASE, ...)``), or None.
        positional: entries given by position only, whose names the interface tells.
        pairs: its lines, as those of a registry.
        instance: it is made or changed on ``self``, in a method.
        when, branch: the condition it stands under, as of a member.
        handed: the functions and macros that are given the pointer through which a function of C sets slots.
        strangers: in C the values without names of fields that the file declares nowhere: they may be macros.
    """

    name: str
    owner: str
    form: str
    callee: str | None
    base: str | None
    line: int
    column: int
    marks: tuple[Mark, ...]
    insert: int
    members: tuple[Member, ...]
    positional: int
    troubles: tuple[Trouble, ...]
    pairs: tuple[Pair, ...] = ()
    when: str | None = None
    instance: bool = False
    branch: tuple[int, int, int, bool] | None = None
    handed: tuple[Handed, ...] = ()
    strangers: tuple[str, ...] = ()


class FieldFact(NamedTuple):
    """A field of a struct of C, as values without names fill it.

    Attributes:
        name: of the field; empty for a struct or union without a name, whose fields are those of the struct around it.
        takes: ``one`` value, ``many`` (an array or a struct), ``some`` (its type is a macro, so that is not
            known), ``maybe`` (the field stands under a condition), or ``type`` (a typedef tells).
        type: the name of that typedef.
    """

    name: str
    takes: str
    type: str | None = None


class MacroFact(NamedTuple):
    """A ``#define`` of C, or an enumerator, by which a table may say what a slot holds.

    Attributes:
        parameters: their names; None where it takes no arguments.
        body: what it stands for; None for a number of an enumeration, and for what is no value.
        when: the condition it stands under, or None.
    """

    name: str
    parameters: tuple[str, ...] | None
    body: str | None
    when: str | None = None


class ClassFact(NamedTuple):
    """One class statement.

    Attributes:
        name: qualified within the module, ``Outer.Inner``.
        bases: in order, subscripts taken off; of kind ``unclear`` where the name may stand for something else, with
            the reason behind it.
        decorators: dotted names.
        metaclass: the one that the class names, or None.
        handed: the functions that its methods give ``self`` or ``cls``.
        assigned: names that methods assign on ``self``, with their line and column; those with two underlines left out.
        implements: the interfaces of ``zope.interface`` that it declares without deriving from them.
        items: the bases that are written with a subscript.
        layout: for a struct of C the fields in the order in which values without names fill them.
    """

    name: str
    line: int
    column: int
    marks: tuple[Mark, ...]
    insert: int
    bases: tuple[Written, ...]
    members: tuple[Member, ...]
    troubles: tuple[Trouble, ...]
    decorators: tuple[str, ...] = ()
    assigned: tuple[tuple[str, int, int], ...] = ()
    when: str | None = None
    doc: str | None = None
    layout: tuple[FieldFact, ...] = ()
    metaclass: Written | None = None
    handed: tuple[Handed, ...] = ()
    implements: tuple[Written, ...] = ()
    items: tuple[str, ...] = ()


class FunctionFact(NamedTuple):
    """One function of a module.

    Attributes:
        params: names of its parameters with their stars; None where nobody looked, or a decorator may change them.
        gives: some way through it returns something other than None.
    """

    name: str
    body: Body
    line: int
    params: tuple[str, ...] | None = None
    gives: bool = False


class FileFacts(NamedTuple):
    """Everything a reader tells of one file.

    Attributes:
        imports: local name, module it comes from (with leading dots when relative), name there or an empty string.
        stars: modules imported with ``*``.
        aliases: module-level ``name = dotted.name``.
        functions: module-level functions and what they do.
        errors: why the file, or a part of it, could not be read.
        ignores: line, column, codes, reason of ``hvsupport: ignore[...]`` comments.
        encoding: as the file declares it.
        language: ``python``, ``c`` or ``symbols``.
        macros: in C those that the file's tables use; in a header all that may be values.
        passing: functions, and ``Class.method``, that as decorators give back the class they got.
        making: functions, and ``Class.method``, that give back a function that they define.
        changes: what functions set on what they are given.
        made: module-level ``name = dotted.name(...)``: the name and what is called; loggers left out.
        generics: module-level ``name = dotted.name[...]``, which is another name of a class if the dotted name is one.
        holders: in C the structs that hold an interface as a member, and those that hold one of these.
        links: in headers of C the fields of structs that point to an interface or a holder: the field, the type that it
            leads to, how many stars and dimensions it has, and the names of the structs around it.
        varying: the names that a module binds under a condition; where an import fails, another one does not count.
        unclear: the names that something else may bind as well, each with the reason; ``Class.name`` too.
        overrun: the names that star imports below may replace, each with how many of the star imports stand above it.
        exports: what a literal ``__all__`` lists, or None.
        outer: what the module does to classes and modules from outside.
        wrappers: functions that, as decorators or by a call, put something of their own in the place of a method.
        empty: module-level names that are bound to None, each with whether they are bound to nothing else.
    """

    path: str
    imports: tuple[tuple[str, str, str], ...] = ()
    stars: tuple[str, ...] = ()
    aliases: tuple[tuple[str, str], ...] = ()
    functions: tuple[FunctionFact, ...] = ()
    classes: tuple[ClassFact, ...] = ()
    tables: tuple[TableFact, ...] = ()
    errors: tuple[Trouble, ...] = ()
    ignores: tuple[tuple[int, int, tuple[str, ...], str], ...] = ()
    encoding: str = "utf-8"
    language: str = "python"
    macros: tuple[MacroFact, ...] = ()
    made: tuple[tuple[str, str], ...] = ()
    passing: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    generics: tuple[tuple[str, str], ...] = ()
    holders: tuple[ClassFact, ...] = ()
    links: tuple[tuple[str, ...], ...] = ()
    making: tuple[str, ...] = ()
    varying: tuple[str, ...] = ()
    unclear: tuple[tuple[str, str], ...] = ()
    overrun: tuple[tuple[str, int], ...] = ()
    exports: tuple[str, ...] | None = None
    outer: tuple[Outer, ...] = ()
    wrappers: tuple[Wrapper, ...] = ()
    empty: tuple[tuple[str, bool], ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether the file holds nothing that anything could depend on."""
        return not any(self[1:9]) and not self.macros
