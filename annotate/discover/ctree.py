"""The C files of an unknown tree, and which struct the name of a type refers to in a file."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile

from ..errors import ReadError
from ..files import Folder
from ..readers.c.typedefs import FUNCTION, POINTER
from .outline import Field, Outline, Struct, fields, outline

#: A struct: the file that defines it, and where its body stands.
StructRef = tuple[str, int]
_DEEP = 8
#: So many fields of a struct inside of another are looked at.
_MOST = 200
#: Larger files are generated and are not read.
LARGEST = 1 << 24
_DOCUMENTATION = frozenset({"doc", "docs", "documentation"})
_HEADERS = (".h", ".hh", ".hpp", ".h.in", ".inc")


class CTree:
    """C files.

    Attributes:
        files: path -> outline, in order.
        skipped: path -> why it could not be read.
    """

    def __init__(self, folder: Folder, paths: Iterable[str]) -> None:
        self._folder = folder
        self.files: dict[str, Outline] = {}
        self.skipped: dict[str, str] = {}
        for path in paths:
            self._look_at(path)
        self.headers = [path for path in self.files if path.endswith(_HEADERS)]
        self._structs = {(path, each.opening): each for path, file in self.files.items() for each in file.structs}
        self._named: dict[str, list[StructRef]] = {}
        for ref, struct in self._structs.items():
            for name in {struct.tag, *struct.names} - {""}:
                self._named.setdefault(name, []).append(ref)
        self._all_fields: dict[StructRef, list[tuple[str, Field]]] = {}
        self._typedefs: dict[str, list[str]] = {}
        for path in self.headers:
            for name in self.files[path].typedefs:
                self._typedefs.setdefault(name, []).append(path)

    def _look_at(self, path: str) -> None:
        try:
            path.encode()
            data = self._folder.read(path)
        except UnicodeEncodeError:
            self.skipped[path.encode("utf-8", "backslashreplace").decode()] = "its name is not UTF-8"
        except ReadError as error:
            self.skipped[path] = str(error)
        else:
            if len(data) > LARGEST:
                self.skipped[path] = f"larger than {LARGEST >> 20} MiB"
            else:
                self.files[path] = outline(data)

    def data(self, path: str) -> bytes:
        """The bytes of a file."""
        return self._folder.read(path)

    def struct(self, ref: StructRef) -> Struct:
        """The struct of a reference."""
        return self._structs[ref]

    def fields(self, ref: StructRef) -> list[Field]:
        """The fields of a struct."""
        return fields(self.data(ref[0]), self._structs[ref])

    def resolve(self, path: str, name: str) -> StructRef | None:
        """The struct that a tag or typedef refers to in a file; None for anything else."""
        for _ in range(_DEEP):
            found = self._named.get(name)
            if found and (real := [ref for ref in found if not _shows(ref[0])]) != found:
                # What documentation shows is meant only where the tree has no other.
                found = real or ([] if self._target(path, name) is not None else found)
            if found:
                usable = [ref for ref in found if ref[0] == path or ref[0].endswith(_HEADERS)]
                return min(usable, key=lambda ref: (_distance(path, ref[0]), ref)) if usable else None
            target = self._target(path, name)
            if target is None:
                return None
            name = target
        return None

    def all_fields(self, ref: StructRef) -> list[tuple[str, Field]]:
        """The fields of a struct, those of structs with functions in it too, each with the file that declares it."""
        if ref not in self._all_fields:
            self._all_fields[ref] = []
            self._all_fields[ref] = [each for field in self.fields(ref) for each in self._inside(ref[0], field)]
        return self._all_fields[ref]

    def _inside(self, path: str, field: Field) -> list[tuple[str, Field]]:
        may_hold = field.stars == 0 and (field.is_tag or field.may_be_function)
        inner = self.resolve(path, field.type) if may_hold else None
        fields = self.all_fields(inner)[:_MOST] if inner is not None else []
        return fields if any(self.is_function(*each) for each in fields) else [(path, field)]

    def is_function(self, path: str, field: Field) -> bool:
        """Whether a field of a struct in a file is a function pointer."""
        name = "" if field.is_tag else field.type
        for _ in range(_DEEP):
            if name == POINTER or (name == FUNCTION and field.stars == 1):
                return field.stars == 0 or name == FUNCTION
            target = self._target(path, name)
            if target is None:
                return False
            name = target
        return False

    def declaring(self, path: str, name: str) -> str | None:
        """The header that declares a type where the file does not."""
        if name in self.files[path].typedefs or any(ref[0] == path for ref in self._named.get(name, ())):
            return None
        headers = [*self._typedefs.get(name, ()), *(ref[0] for ref in self._named.get(name, ()))]
        headers = [each for each in headers if each.endswith(_HEADERS)]
        return nearest(path, headers)

    def _target(self, path: str, name: str) -> str | None:
        own = self.files[path].typedefs.get(name)
        if own is not None:
            return own
        header = nearest(path, self._typedefs.get(name, ()))
        return None if header is None else self.files[header].typedefs[name]


def nearest(path: str, others: Iterable[str]) -> str | None:
    """Of several files the one with the fewest folders between it and a file; None if there are none."""
    return min(others, key=lambda each: (_distance(path, each), each), default=None)


def _shows(path: str) -> bool:
    """Whether a file belongs to the documentation."""
    return path.split("/", 1)[0].lower() in _DOCUMENTATION


def _distance(path: str, other: str) -> int:
    """How many folders lie between two files."""
    if path == other:
        return -1
    one, two = path.split("/")[:-1], other.split("/")[:-1]
    common = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, two, strict=False)))
    return len(one) + len(two) - 2 * common
