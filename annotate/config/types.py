"""The types of configuration values: each says what it expects and reads one value.

A value of the wrong type becomes a problem with its place, and the default is used; in a list or a table, only the
wrong item is dropped. A path that leads out of the root is a problem too and is never read.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from ..model import Place, Problem
from ..nearest import did_you_mean
from ..patterns import is_glob
from ..records import NamedTuple
from .positions import KeyPath

NOTHING = "(nothing)"
_KINDS = {bool: "true or false", str: "a string", int: "a number", float: "a number", list: "a list", dict: "a table"}
_LONG = 60


class WrongType(Exception):
    """The value has the wrong type; the caller reports it."""


class Refused(Exception):
    """The value cannot be used; a problem was reported already."""


class Reading:
    """The state of reading one configuration: the places of its keys, and the problems found.

    Attributes:
        root: the folder that paths in the configuration are relative to.
    """

    def __init__(self, root: Path, places: dict[KeyPath, Place]) -> None:
        self.root = root
        self.places = places
        self.problems: list[Problem] = []
        #: Cached, because many globs share their fixed folders.
        self.real: Callable[[str], str] = cache(os.path.realpath)

    def place(self, path: KeyPath) -> Place:
        """Place of a key, or of the nearest key above it."""
        return next(self.places[path[:length]] for length in range(len(path), -1, -1) if path[:length] in self.places)

    def problem(
        self, path: KeyPath, message: str, found: str | None = None, expected: str | None = None, tip: str | None = None
    ) -> None:
        """Record a problem with the key at ``path``."""
        self.problems.append(Problem("config", self.place(path), message, found, expected, tip))

    def wrong_type(self, path: KeyPath, value: object, expected: str) -> None:
        """Record that a value does not have the expected type."""
        expected = expected.replace("`", "")
        self.problem(path, f"{quoted(path)} must be {expected}", described(value), expected)

    def unknown(self, path: KeyPath, known: Iterable[str], tip: str | None = None) -> None:
        """Record an unknown key, with the one that was probably meant."""
        names = list(known)
        expected = f"one of {', '.join(names)}"
        self.problem(path, f"unknown key {path[-1]!r}", path[-1], expected, tip or did_you_mean(path[-1], names))


class Type(NamedTuple):
    """A type of values.

    Attributes:
        expects: a description of such a value, with its article.
        read: converts the value for the rest of the program.

            Raises:
                WrongType: it has another type.
                Refused: it cannot be used; a problem was reported.
    """

    expects: str
    read: Callable[[Reading, KeyPath, Any], Any]

    def value(self, reading: Reading, path: KeyPath, value: object, default: Any) -> Any:
        """Read a value, or report what is wrong with it and return the default."""
        try:
            return self.read(reading, path, value)
        except WrongType:
            reading.wrong_type(path, value, self.expects)
        except Refused:
            pass
        return default


# -- words for messages


def quoted(path: KeyPath) -> str:
    """The key that a message is about; for an item of a list, the list."""
    names = [part for part in path if not part.isdigit()]
    if not names:
        return "the configuration"
    return repr(names[-1]) if names[-1] == path[-1] else f"an item of {names[-1]!r}"


def described(value: object) -> str:
    """A value as quoted in messages: shortened; lists and tables by their type."""
    if isinstance(value, (dict, list)):
        return _KINDS[type(value)]
    text = str(value).lower() if isinstance(value, bool) else repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _LONG else f"{text[: _LONG - 3]}..."


# -- plain values


def _text(reading: Reading, path: KeyPath, value: object) -> str:
    if not isinstance(value, str):
        raise WrongType
    if not value.strip():
        reading.problem(path, f"{quoted(path)} is empty", NOTHING, "a text")
        raise Refused
    return value


def _flag(reading: Reading, path: KeyPath, value: object) -> bool:
    if not isinstance(value, bool):
        raise WrongType
    return value


def _any_text(reading: Reading, path: KeyPath, value: object) -> str:
    if not isinstance(value, str):
        raise WrongType
    return value


def choice(options: tuple[str, ...]) -> Type:
    """One of some words."""
    expects = f"one of {', '.join(options)}"

    def read(reading: Reading, path: KeyPath, value: object) -> str:
        if not isinstance(value, str):
            raise WrongType
        if value not in options:
            message = f"{quoted(path)} cannot be {value!r}"
            reading.problem(path, message, value, expects, did_you_mean(value, options))
            raise Refused
        return value

    return Type(expects, read)


def number(least: int, most: int) -> Type:
    """A whole number within bounds."""

    def read(reading: Reading, path: KeyPath, value: object) -> int:
        if type(value) is not int:
            raise WrongType
        if not least <= value <= most:
            what = f"{value} is too {'small' if value < least else 'large'} for {quoted(path)}"
            reading.problem(path, what, str(value), f"a number from {least} to {most}")
            raise Refused
        return value

    return Type(f"a number from {least} to {most}", read)


# -- lists and tables


def list_of(item: Type, expects: str) -> Type:
    """A list; invalid items are left out."""

    def read(reading: Reading, path: KeyPath, value: object) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise WrongType
        good = dict(_good(item, reading, path, ((str(index), each) for index, each in enumerate(value))))
        if len(good) != len(value):
            _renumber(reading.places, path, list(good), len(value))
        return tuple(good.values())

    return Type(expects, read)


def table_of(item: Type, expects: str) -> Type:
    """A table with arbitrary keys; invalid entries are left out."""

    def read(reading: Reading, path: KeyPath, value: object) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise WrongType
        return dict(_good(item, reading, path, value.items()))

    return Type(expects, read)


def _good(
    item: Type, reading: Reading, path: KeyPath, pairs: Iterable[tuple[str, object]]
) -> Iterator[tuple[str, Any]]:
    missing = object()
    for key, value in pairs:
        made = item.value(reading, (*path, key), value, missing)
        if made is not missing:
            yield key, made


def _renumber(places: dict[KeyPath, Place], path: KeyPath, kept: list[str], count: int) -> None:
    """Renumber the places of list items after some were dropped."""
    old = {key: places.pop((*path, key), None) for key in map(str, range(count))}
    left = [(*path, str(index)) for index in range(len(kept))]
    places.update((item, place) for item, key in zip(left, kept, strict=True) if (place := old[key]) is not None)


def _reason(reading: Reading, path: KeyPath, value: object) -> str:
    """A reason; if it is missing, the exception still applies, so that this is the only finding."""
    if not isinstance(value, str):
        raise WrongType
    if not value.strip():
        message = f"{path[-1]!r} is listed under {path[-2]!r} without a reason"
        reading.problem(path, message, NOTHING, "a sentence that gives the reason")
    return value


# -- paths


def _path(reading: Reading, path: KeyPath, value: object) -> str:
    text: str = _text(reading, path, value)
    if not is_inside(reading.root, text, reading.real):
        message = f"{text!r} is outside the root"
        tip = "move the file into the tree, or use --root with a folder above both"
        reading.problem(path, message, text, "a path relative to the root, with '/' and without '..'", tip)
        raise Refused
    return text.removeprefix("./").rstrip("/") or "."


def _glob(reading: Reading, path: KeyPath, value: object) -> str:
    """A glob keeps its final slash, which means folders."""
    _path(reading, path, value)
    return str(value)


def _pattern(reading: Reading, path: KeyPath, value: object) -> str:
    """A pattern as in ``.gitignore``, which may start with a slash, since it only excludes files."""
    return _text(reading, path, value)


def _folder(reading: Reading, path: KeyPath, value: object) -> str:
    text = _path(reading, path, value)
    if not (reading.root / text).is_dir():
        reading.problem(path, f"folder {text!r} does not exist", text, "a folder, relative to the root")
        raise Refused
    return text


def _target(reading: Reading, path: KeyPath, value: object) -> str:
    """``path:NAME``."""
    text: str = _text(reading, path, value)
    file, colon, name = text.rpartition(":")
    if not colon or not file.strip() or not name.strip():
        reading.problem(path, f"{quoted(path)} must be a file and a name in it", text, "path:NAME")
        raise Refused
    return f"{_path(reading, path, file)}:{name}"


def is_inside(root: Path, text: str, real: Callable[[str], str]) -> bool:
    """Whether a path, or the fixed part of a glob, is below the root after resolving links with ``real``."""
    parts = text.split("/")
    if text.startswith(("/", "~/", "\\")) or ".." in parts or re.match(r"[A-Za-z]:[/\\]", text):
        return False
    fixed = parts[: next((index for index, part in enumerate(parts) if is_glob(part)), len(parts))]
    try:
        top = real(str(root))
        full = real(os.path.join(top, *fixed))
    except (OSError, ValueError):
        return False
    return full == top or full.startswith(top.rstrip(os.sep) + os.sep)


def _commit(_: Reading, __: KeyPath, value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9a-f]{40}(?:[0-9a-f]{24})?", value):
        raise WrongType
    return value


def _date(_: Reading, __: KeyPath, value: object) -> str:
    """``YYYY-MM-DD``, as a string or as a date of TOML."""
    text = str(value) if isinstance(value, (str, date)) else ""
    try:
        return date.fromisoformat(text if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else "").isoformat()
    except ValueError:
        raise WrongType from None


def _phrase(reading: Reading, path: KeyPath, value: object) -> str:
    text = _text(reading, path, value)
    if text.count("{release}") != 1 or text.strip() == "{release}":
        message = f"{quoted(path)} must have {{release}} once, and text around it"
        reading.problem(path, message, text, "a phrase such as 'New in {release}'")
        raise Refused
    return text


TEXT = Type("a string", _text)
ANY_TEXT = Type("a string", _any_text)
FLAG = Type("true or false", _flag)
TEXTS = list_of(TEXT, "a list of strings")
TEXT_GROUPS = list_of(TEXTS, "a list of lists of strings")
TEXT_TABLE = table_of(TEXT, "a table of strings")
TEXT_LISTS = table_of(TEXTS, "a table of lists of strings")
REASONS = table_of(Type("a reason, as a string", _reason), "a table from names to reasons")
PATH = Type("a path, relative to the root", _path)
FOLDER = Type("a folder, relative to the root", _folder)
FOLDERS = table_of(FOLDER, "a table from import names to folders")
COMMITS = table_of(Type("the whole id of a commit", _commit), "a table from releases to ids of commits")
DATES = table_of(Type('a date, as "YYYY-MM-DD"', _date), "a table from releases to dates")
GLOBS = list_of(Type("a glob, relative to the root", _glob), "a list of globs")
PHRASES = list_of(Type("a string with {release} in it", _phrase), "a list of strings with {release} in them")
PATTERNS = list_of(Type("a pattern", _pattern), "a list of patterns, as in .gitignore")
TARGET = Type("a string path:NAME", _target)
