"""The facts of one source file, and their cache.

Facts are what a reader sees in one file without looking at any other: classes, tables, imports, comments. They are
named tuples of plain values, so that they go to JSON and back quickly, and depend on nothing but the bytes of the
file and the reader's options, so that they can be cached by content.

Lines and columns are 1-based, columns in code points; offsets are bytes of the file as it lies on disk.
"""

import contextlib
import json
import os
import sys
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from . import __version__

if TYPE_CHECKING:
    import hashlib


class Options(NamedTuple):
    """What a reader has to know of the config: which names can be tables and where annotations may stand.

    Attributes:
        calls: names of table types; calls of them are read as tables.
        dicts: globs of names (``NAME`` or ``Class.NAME``) whose dict literals are read as tables or registries.
        attributes: names of flag attributes (``capabilities``), read in class bodies and on ``self``.
        decorators: names of decorators whose first string is an annotation.
        interfaces: names of interface classes, whose methods tell which entries they call.
        headers: files of C that define interfaces, or the types that these use.
        symbols: files that are read as linker version scripts, or as indexes, whatever they are called.
        c: whether an interface is a struct of C, so that files of unknown suffixes are C too.
        signatures: whether some entries are steps of protocols, so that what functions take and give is kept.
    """

    calls: tuple[str, ...] = ()
    dicts: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    decorators: tuple[str, ...] = ()
    interfaces: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()
    c: bool = False
    signatures: bool = False


class Mark(NamedTuple):
    """A text beside an entry that is, or may be, an annotation.

    Attributes:
        carrier: ``comment``, ``decorator``, ``added`` or ``removed`` (docstring directives), ``shared`` (beside several
            entries), ``stray`` (on a line of its own, next to the entry).
        text: a comment with its signs; the string of a decorator; what follows a directive.
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
            ``name`` (refers to ``target``) · ``imported`` (``target`` comes from an import in the class body) ·
            ``true``, ``false``, ``none``, ``string`` (literals) · ``field`` (declared without a value) ·
            ``value`` (any other expression). In C also ``condition`` (an expression that chooses when it is built),
            ``list`` (values in braces; ``target`` is ``names`` where each says for which field it is, else
            ``values``), and for fields of structs ``pointer`` (to a function), ``data``, and ``typedef`` (``target``
            tells, ``source`` is what stands around it).
        target: dotted name that is raised, called or referred to.
        source: source of the expression, shortened; the string itself for ``string``.
    """

    kind: str
    target: str | None = None
    source: str | None = None


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
        calls: names of the methods that the body of an interface's entry calls on ``self`` whatever happens.
        gap: white space that an appended annotation needs in front, so that it stands where the others do.
        gives: a function of which some way returns something other than None; False where nobody looked.
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
    calls: tuple[str, ...] = ()
    gap: str = "  "
    gives: bool = False


class Trouble(NamedTuple):
    """Something in a class or table that cannot be known by reading.

    Attributes:
        member: the entry it is about, or None for the whole class or table.
    """

    line: int
    column: int
    message: str
    member: str | None = None
    tip: str | None = None


class TableFact(NamedTuple):
    """A dict literal or a call that may be a method table or a registry.

    Attributes:
        name: ``NAME``, ``Class.NAME``; for a call without a name, its line.
        owner: qualified name of the class whose body or methods hold it, or an empty string.
        form: ``call`` (in C: an initialiser), ``dict``, ``update`` (changes an earlier one of that name), ``hidden``
            (made in a function), ``symbols`` or ``index`` (lists of public calls).
        callee: dotted name that is called; for ``dict`` the dotted type it is declared with, or None.
        base: dotted name of the table it starts from (``dict(Base.NAME, ...)``, ``replace(BASE, ...)``), or None.
        positional: entries given by position only, whose names the interface tells.
        pairs: for registries: key (with ``=`` before it the source of one that is no literal string), texts of the
            value (literal strings; with ``=`` before it a dotted name, with ``=?`` any other source), line, column.
        instance: it is made or changed on ``self``, in a method.
        when, branch: the condition it stands under, as of a member.
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
    pairs: tuple[tuple[str, tuple[str, ...], int, int], ...] = ()
    when: str | None = None
    instance: bool = False
    branch: tuple[int, int, int, bool] | None = None


class ClassFact(NamedTuple):
    """One class statement.

    Attributes:
        name: qualified within the module, ``Outer.Inner``.
        bases: dotted names in order; an expression that is no name stands as ``?source``.
        decorators: dotted names; a metaclass stands as ``metaclass=name``.
        assigned: public names that methods assign on ``self``, with their line and column.
        layout: for a struct of C the fields in the order in which values without names fill them, each with what it
            takes: ``one`` value, ``many`` (an array or a struct; without a name its fields are those of the struct
            around it), ``maybe`` (it stands under a condition), or ``type:NAME``, which a typedef tells.
    """

    name: str
    line: int
    column: int
    marks: tuple[Mark, ...]
    insert: int
    bases: tuple[str, ...]
    members: tuple[Member, ...]
    troubles: tuple[Trouble, ...]
    decorators: tuple[str, ...] = ()
    assigned: tuple[tuple[str, int, int], ...] = ()
    when: str | None = None
    doc: str | None = None
    layout: tuple[tuple[str, str], ...] = ()


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
        errors: line, column, message, tip: the file, or a part of it, could not be read.
        ignores: line, column, codes, reason of ``hvsupport: ignore[...]`` comments.
        encoding: as the file declares it.
        language: ``python``, ``c`` or ``symbols``.
    """

    path: str
    imports: tuple[tuple[str, str, str], ...] = ()
    stars: tuple[str, ...] = ()
    aliases: tuple[tuple[str, str], ...] = ()
    functions: tuple[FunctionFact, ...] = ()
    classes: tuple[ClassFact, ...] = ()
    tables: tuple[TableFact, ...] = ()
    errors: tuple[tuple[int, int, str, str | None], ...] = ()
    ignores: tuple[tuple[int, int, tuple[str, ...], str], ...] = ()
    encoding: str = "utf-8"
    language: str = "python"

    @property
    def is_empty(self) -> bool:
        """Whether the file holds nothing that anything could depend on."""
        return not any(self[1:9])


def to_json(facts: FileFacts) -> str:
    """Facts as one line of JSON; ``from_json`` reads them back."""
    return json.dumps(facts, separators=(",", ":"), ensure_ascii=False)


def from_json(text: str, path: str) -> FileFacts:
    """Facts written by ``to_json``, for the file ``path`` (content that moved keeps its facts).

    Raises:
        ValueError, TypeError, IndexError, KeyError: the text is not what ``to_json`` writes.
    """
    row = json.loads(text)
    return FileFacts(
        path,
        tuple((a, b, c) for a, b, c in row[1]),
        tuple(row[2]),
        tuple((a, b) for a, b in row[3]),
        tuple(map(_function, row[4])),
        tuple(map(_class, row[5])),
        tuple(map(_table, row[6])),
        tuple((a, b, c, d) for a, b, c, d in row[7]),
        tuple((a, b, tuple(c), d) for a, b, c, d in row[8]),
        row[9],
        row[10],
    )


def _function(row: list[Any]) -> FunctionFact:
    name, body, line, params, gives = row
    return FunctionFact(name, Body(*body), line, None if params is None else tuple(params), gives)


def _marks(rows: list[Any]) -> tuple[Mark, ...]:
    return tuple([Mark(*row) for row in rows]) if rows else ()


def _member(row: list[Any]) -> Member:
    name, line, column, marks, insert, body, kind, when, branch, decorators, params, doc, calls, gap, gives = row
    return Member(
        name,
        line,
        column,
        _marks(marks),
        insert,
        Body(*body),
        kind,
        when,
        _branch(branch),
        tuple(decorators),
        tuple(params),
        doc,
        tuple(calls),
        gap,
        gives,
    )


def _branch(row: list[Any] | None) -> tuple[int, int, int, bool] | None:
    return None if row is None else (row[0], row[1], row[2], row[3])


def _troubles(rows: list[Any]) -> tuple[Trouble, ...]:
    return tuple([Trouble(*row) for row in rows]) if rows else ()


def _table(row: list[Any]) -> TableFact:
    row[7] = _marks(row[7])
    row[9] = tuple(map(_member, row[9]))
    row[11] = _troubles(row[11])
    row[12] = tuple((a, tuple(b), c, d) for a, b, c, d in row[12])
    row[15] = _branch(row[15])
    return TableFact._make(row)


def _class(row: list[Any]) -> ClassFact:
    row[3] = _marks(row[3])
    row[5] = tuple(row[5])
    row[6] = tuple(map(_member, row[6]))
    row[7] = _troubles(row[7])
    row[8] = tuple(row[8])
    row[9] = tuple((a, b, c) for a, b, c in row[9])
    row[12] = tuple((a, b) for a, b in row[12])
    return ClassFact._make(row)


class Cache:
    """Facts by content: a folder that several runs, and several machines, may share.

    The key of an entry is a hash of the file's bytes, the reader's options, this tool with its readers' own source,
    and the Python that parsed it. An entry begins with a hash of its key and text, so that one that is damaged, cut
    off or stands under another's name counts as missing; a folder that cannot be written is not used.
    """

    def __init__(self, folder: Path | None, options: Options) -> None:
        self._folder, self._options = folder, options
        self._prepared = False

    @cached_property
    def _seed(self) -> "hashlib._Hash":
        """What all keys have in common; made only where a key is asked for."""
        import hashlib

        seed = hashlib.sha256(repr((__version__, sys.version_info[:2], tuple(self._options))).encode())
        with contextlib.suppress(OSError):
            for path in own_source():
                seed.update(Path(path).read_bytes())
        return seed

    def key(self, data: bytes) -> str:
        """The name under which the facts of a file with this content are kept; empty where nothing is kept."""
        if self._folder is None:
            return ""
        digest = self._seed.copy()
        digest.update(data)
        return digest.hexdigest()

    def get(self, key: str, path: str) -> FileFacts | None:
        """The facts kept under a key, or None."""
        if self._folder is None:
            return None
        try:
            seal, _, text = self._file(key).read_bytes().partition(b"\n")
            return from_json(text.decode(), path) if seal == _seal(key, text) else None
        except (OSError, ValueError, TypeError, IndexError, KeyError, RecursionError):
            return None

    def put(self, key: str, facts: FileFacts) -> None:
        """Keep facts under a key; a cache that cannot be written to is left alone."""
        if self._folder is None:
            return
        try:
            text = to_json(facts).encode()
            self._prepare(self._folder)
            replace_file(self._file(key), _seal(key, text) + b"\n" + text)
        except UnicodeError:
            return
        except OSError:
            self._folder = None

    def _file(self, key: str) -> Path:
        assert self._folder is not None
        return self._folder / key[:2] / f"{key[2:]}.json"

    def _prepare(self, folder: Path) -> None:
        if self._prepared:
            return
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in (
            (".gitignore", "*\n"),
            ("CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n"),
        ):
            if not (folder / name).exists():
                replace_file(folder / name, text.encode())
        self._prepared = True


def replace_file(target: Path, data: bytes) -> None:
    """Write a file of the cache, which is whole or not there, and the folder that it lies in.

    Raises:
        OSError: it cannot be written.
    """
    import tempfile

    target.parent.mkdir(exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        Path(temporary).replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise


def _seal(key: str, text: bytes) -> bytes:
    import hashlib

    return hashlib.blake2b(text, key=key.encode()[:64], digest_size=16).hexdigest().encode()


def own_source() -> list[str]:
    """The files that decide what facts are: a change of the reader makes what it read before worthless."""
    here = os.path.dirname(__file__)
    walked = os.walk(os.path.join(here, "readers"))
    found = [os.path.join(folder, name) for folder, _, names in walked for name in names if name.endswith(".py")]
    return [os.path.join(here, "facts.py"), *sorted(found)]
