"""What macros stand for where tables use them, across files: its own come first, then those of the headers.

A macro that is not known may stand for anything. What depends on how many values it stands for is then not known
either, and what it stands for in one slot is a condition.
"""

import re
from collections.abc import Callable, Container, Iterable, Iterator
from functools import cached_property
from itertools import accumulate

from ..facts import Body, MacroFact
from ..patterns import regex
from ..readers.c import expand
from ..records import NamedTuple
from .files import File, Loader

#: Macros that stand for each other are followed so far.
_DEEP = 8
#: Macros of well-known headers that are what they are given, with another type.
_CASTS = frozenset({"G_CALLBACK", "G_STRUCT_OFFSET"})
_MACROS = frozenset({"name", "value", "condition"})
_TEXTS = regex(r'\w+\s*\(\s*(?:"(?:[^"\\]|\\.)*"\s*)+\)')
_CALLED = regex(r"([A-Za-z_]\w*)\s*\(")
_COMMENTS = rb"(?s)/\*.*?\*/|//[^\n]*"
_LONG = 60
_HEADERS = tuple(f".{name}{made}" for name in ("h", "hh", "hpp", "inc") for made in ("", ".in"))


class Meaning(NamedTuple):
    """What the value of a slot stands for.

    Attributes:
        slots: one slot without a name where it is one value; None where it is not known how many it stands for.
        known: the macro is.
        cause: the macro inside of it that makes it unknown, if it is another one.
    """

    slots: tuple[expand.Slot, ...] | None
    known: bool = True
    cause: str = ""


class Macros:
    """The macros of a tree."""

    def __init__(self, file: Callable[[str], File | None], files: Callable[[], Iterable[File]], loader: Loader) -> None:
        self._file, self._files, self._loader = file, files, loader
        self._declared: dict[str, bool] = {}
        self._shared: dict[str, None] = {}
        self._index: dict[str, list[MacroFact]] | None = None
        self._elsewhere: dict[str, list[MacroFact]] | None = None
        self._known: frozenset[str] | None = None
        self._meanings: dict[tuple[str, Body], Meaning] = {}

    def share(self, paths: Iterable[str]) -> None:
        """Let the macros of some headers be known in every file of C."""
        self._shared.update(dict.fromkeys(paths))
        self._index = self._known = None
        self._meanings.clear()

    def of(self, path: str, name: str) -> list[MacroFact]:
        """The definitions of a macro that a file sees: its own, else those of the headers, else of any file read."""
        file = self._file(path)
        own = file.macros.get(name) if file is not None else None
        if own:
            return own
        return self._headers.get(name) or self._others.get(name, [])

    @cached_property
    def _texts(self) -> list[bytes]:
        return [self._loader.text(path) for path in self._loader.beside]

    @cached_property
    def _far(self) -> list[bytes]:
        others = sorted({*self._loader.matching(["**/*.h"])}.difference(self._loader.beside))
        return [self._loader.text(path) for path in others]

    @property
    def _headers(self) -> dict[str, list[MacroFact]]:
        """The macros of the shared headers."""
        if self._index is None:
            self._index = _by_name(self._shared_files())
        return self._index

    @property
    def _others(self) -> dict[str, list[MacroFact]]:
        """The macros of all other headers that were read."""
        if self._elsewhere is None:
            self._elsewhere = _by_name(self._other_files())
        return self._elsewhere

    @cached_property
    def _beside(self) -> dict[str, list[MacroFact]]:
        """The macros of the headers beside drivers, which files with tables may include."""
        found: dict[str, list[MacroFact]] = {}
        for facts in filter(None, map(self._loader.load, self._loader.beside)):
            for each in facts.macros:
                found.setdefault(each.name, []).append(each)
        return found

    def _shared_files(self) -> Iterator[File]:
        return filter(None, map(self._file, self._shared))

    def _other_files(self) -> Iterator[File]:
        return (each for each in self._files() if each.path.endswith(_HEADERS))

    def may_be(self, path: str, body: Body) -> bool:
        """Whether a value is a macro, or looks like one."""
        name = body.target
        if name is None or body.kind not in _MACROS or name in _CASTS:
            return False
        return body.kind != "name" or name.isupper() or bool(self.of(path, name))

    @property
    def known(self) -> Container[str]:
        """The macros that headers define: the shared ones, and all others that were read."""
        if self._known is None:
            files = (*self._shared_files(), *self._other_files())
            self._known = frozenset([each.name for file in files for each in file.facts.macros])
        return self._known

    def is_declared(self, name: str) -> bool:
        """Whether a header declares a name, and none defines it as a macro; those beside drivers come first.

        Headers are looked into for names that a file gives by position and does not declare, which is rare.
        """
        if name not in self._declared:
            found = _says(self._texts, name)
            self._declared[name] = bool(_says(self._far, name) if found is None else found)
        return self._declared[name]

    def sets(self, path: str, name: str, fields: Container[str], fillers: Container[str], depth: int = 0) -> bool:
        """Whether a macro with arguments sets one of some fields of something.

        Args:
            path: the file that uses it.
            name: of the macro.
            fields: their names.
            fillers: the functions that set them.
        """
        for each in self.of(path, name) if depth < _DEEP else ():
            if not each.parameters or not each.body:
                continue
            if any(field in fields or field in each.parameters for field in expand.SETS.findall(each.body)):
                return True
            calls = [called for called in _CALLED.findall(each.body) if called != name]
            if any(called in fillers or self.sets(path, called, fields, fillers, depth + 1) for called in calls):
                return True
        return False

    def brings_comma(self, path: str, name: str) -> bool:
        """Whether all definitions of a macro that a file sees end with a comma."""
        found = self.of(path, name) or self._beside.get(name, [])
        return bool(found) and all((each.body or "").rstrip().endswith(",") for each in found)

    def meaning(self, path: str, body: Body, depth: int = 0) -> Meaning:
        """What a value stands for that may be a macro."""
        key = (path, body)
        if key not in self._meanings:
            self._meanings[key] = self._meaning(path, body, depth)
        return self._meanings[key]

    def _meaning(self, path: str, body: Body, depth: int) -> Meaning:
        if not self.may_be(path, body):
            return Meaning((expand.Slot("", body),))
        is_call = body.kind != "name"
        name = body.target or ""
        known = self.of(path, name) or (self._beside.get(name, []) if is_call else [])
        found = [each for each in known if (each.parameters is not None) == is_call]
        depends = (expand.Slot("", _condition(body)),)
        if not found:
            is_text = is_call and _TEXTS.fullmatch(body.source or "") is not None
            return Meaning((expand.Slot("", body),)) if is_text else Meaning(depends, known=False)
        made = [self._expanded(path, each, body, depth) for each in found]
        first, is_known = made[0], all(each.known for each in made)
        cause = next((each.cause for each in made if each.cause), "")
        single = all(each.slots is not None and len(each.slots) == 1 and not each.slots[0].name for each in made)
        if len(made) == 1:
            is_sure = found[0].when is None or not single or (first.slots or depends)[0].body.kind == "name"
            return first if is_sure else Meaning(depends, is_known, cause)
        if first.slots is not None and all(each == first for each in made):
            return first
        return Meaning(depends if single else None, is_known, cause)

    def _expanded(self, path: str, macro: MacroFact, body: Body, depth: int) -> Meaning:
        """What one definition makes of a value, down to what is no macro."""
        depends = (expand.Slot("", _condition(body)),)
        if macro.body is None:
            return Meaning(depends)
        text = expand.body(macro, body.source or "")
        if text is None or depth >= _DEEP:
            return Meaning(None)
        parts = expand.slots(text) if text.strip() else None
        if parts is None:
            if _is_list(text):
                return Meaning((expand.Slot("", Body("list", "values", _text(body))),))
            if self._is_text(path, text):
                return Meaning((expand.Slot("", Body("string", None, _text(body))),))
            return Meaning(depends if _is_call(text) else None)
        found: list[expand.Slot] = []
        known, cause = True, ""
        for part in parts:
            inner = Meaning((part._replace(name=""),))
            if part.body.target != body.target:
                inner = self.meaning(path, part.body, depth + 1)
            unknown = inner.cause or part.body.target or ""
            if inner.slots is None:
                return Meaning(None, inner.known, unknown)
            if not (inner.known or part.name):
                known, cause = False, cause or unknown
            found += [inner.slots[0]._replace(name=part.name), *inner.slots[1:]] if part.name else inner.slots
        return Meaning(tuple(found), known, cause)

    def _is_text(self, path: str, text: str, depth: int = 0) -> bool:
        """Whether a text is nothing but strings in a row, by themselves or by macros."""
        bare = re.sub(r'"(?:[^"\\]|\\.)*"|#\s*\w+', " ", text)
        words = re.sub(r"(\w+)\s*\([^()]*\)", r"\1 ", bare).split()
        return (
            depth < _DEEP
            and bool(text.strip())
            and all(
                (found := self.of(path, word))
                and all(each.body is not None and self._is_text(path, each.body, depth + 1) for each in found)
                for word in words
            )
        )

    def renamed(self, path: str, name: str) -> str | None:
        """The field that a slot fills whose name is a macro; the name itself where it is none, None where not known."""
        parts = []
        for part in name.split("."):
            for _ in range(_DEEP):
                found = [each for each in self.of(path, part) if each.parameters is None and each.body != part]
                if not found:
                    break
                bodies = {each.body for each in found}
                if len(bodies) > 1 or any(each.when for each in found):
                    return None
                part = (bodies.pop() or "").strip()
                if re.fullmatch(r"[A-Za-z_]\w*", part) is None:
                    return None
            parts.append(part)
        return ".".join(parts)

    def number(self, path: str, text: str) -> int | None:
        """The number that an expression stands for, where it is a plain one or a macro for it."""
        for _ in range(_DEEP):
            text = text.strip("() \t\n")
            if re.fullmatch(r"\d+|0[xX][0-9a-fA-F]+", text):
                return int(text, 0) if not re.fullmatch(r"0\d+", text) else int(text, 8)
            bodies = {each.body for each in self.of(path, text)}
            if len(bodies) != 1:
                return None
            text = bodies.pop() or ""
        return None


def _says(texts: Iterable[bytes], name: str) -> bool | None:
    """Whether headers declare a name; False where one defines it as a macro, None where none knows it."""
    word = re.escape(name.encode())
    data = [re.sub(_COMMENTS, b" ", each) for each in texts if name.encode() in each]
    if any(re.search(rb"#[ \t]*define[ \t]+" + word + rb"\b", each) for each in data):
        return False
    called = re.compile(rb"\b" + word + rb"\s*[(;,\[)]")
    return True if any(called.search(each) for each in data) else None


def _by_name(files: Iterable[File]) -> dict[str, list[MacroFact]]:
    found: dict[str, list[MacroFact]] = {}
    for file in files:
        for name, made in file.macros.items():
            found.setdefault(name, []).extend(made)
    return found


def _condition(body: Body) -> Body:
    """The value as one that may be no function; its source tells the reader of the page what it depends on."""
    return Body("condition", body.target, _text(body))


def _text(body: Body) -> str:
    text = body.source or body.target or ""
    return text if len(text) <= _LONG else f"{text[: _LONG - 3]}..."


def _is_list(text: str) -> bool:
    """Whether a text is one list in braces, perhaps with a comma behind it."""
    bare = re.sub(r'"(?:[^"\\]|\\.)*"|[^{}]', "", text.strip().rstrip(",").rstrip())
    depths = list(accumulate(1 if sign == "{" else -1 for sign in bare))
    return text.strip().startswith("{") and depths[-1:] == [0] and 0 not in depths[:-1] and min(depths) >= 0


def _is_call(text: str) -> bool:
    """Whether a text is nothing but a word and what stands in brackets behind it."""
    match = re.fullmatch(r"\s*\w*\s*\((.*)\)\s*", text, re.DOTALL)
    return match is not None and expand.arguments(match[1]) is not None
