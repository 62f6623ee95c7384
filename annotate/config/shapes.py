"""Keys with structured values: release, columns, groups, links and spans."""

import re
from collections.abc import Iterable
from typing import Any

from ..nearest import did_you_mean
from ..patterns import regex
from ..records import NamedTuple
from .positions import KeyPath
from .types import PATH, TARGET, TEXT, TEXTS, Reading, Refused, Type, WrongType, list_of, quoted, table_of

ORIGINS = ("git", "pyproject")
_SCHEME = regex(r"[A-Za-z][A-Za-z0-9+.-]*:")
_SAFE = ("http:", "https:")


class ReleaseSource(NamedTuple):
    """Where the current release comes from.

    Attributes:
        origin: one of ``ORIGINS``, ``files``, or None when the text is given.
        files: for ``files``: paths; the first that exists is used.
        pattern: for ``files``: a regular expression whose first group is the release.
    """

    text: str | None = None
    origin: str | None = None
    files: tuple[str, ...] = ()
    pattern: str = ""


class Group(NamedTuple):
    """A heading and the entries under it, as names or glob patterns, in order; ``url`` replaces the interface's."""

    title: str
    entries: tuple[str, ...]
    url: str | None = None


class Columns(NamedTuple):
    """Which drivers are columns.

    Attributes:
        how: ``leaf`` (classes that no other derives from), ``all``, ``list`` or ``registry``.
        ids: for ``list``: driver ids in order.
        registry: for ``registry``: ``path:NAME`` of a dict or list literal that names the drivers.
    """

    how: str = "leaf"
    ids: tuple[str, ...] = ()
    registry: str | None = None


class Derived(NamedTuple):
    """A row for a call that other entries serve.

    Attributes:
        entries: whose cells it takes; of several, the one that the driver has had longest.
        call: the public call, or None for the one formed from its name.
        not_before: release before which the call did not exist, whatever the entry says; or None.
    """

    entries: tuple[str, ...]
    call: str | None = None
    not_before: str | None = None


def _release(reading: Reading, path: KeyPath, value: object) -> ReleaseSource:
    if isinstance(value, str):
        return ReleaseSource(text=TEXT.read(reading, path, value))
    if not isinstance(value, dict):
        raise WrongType
    given = _only(reading, path, value, ("from", "pattern"))
    origin = given.get("from")
    if isinstance(origin, list):
        return _release_in_files(reading, path, given)
    if origin not in ORIGINS:
        message = "'from' must name the source of the release"
        found = str(origin) if origin is not None else None
        tip = did_you_mean(str(origin), ORIGINS)
        reading.problem((*path, "from"), message, found, " or ".join(map(repr, ORIGINS)), tip)
        raise Refused
    return ReleaseSource(origin=origin)


def _release_in_files(reading: Reading, path: KeyPath, given: dict[str, Any]) -> ReleaseSource:
    paths = list_of(PATH, "a list of paths").value(reading, (*path, "from"), given["from"], ())
    pattern = TEXT.value(reading, (*path, "pattern"), given.get("pattern", ""), None)
    try:
        groups = re.compile(pattern or "").groups
    except re.error as error:
        reading.problem((*path, "pattern"), f"'pattern' is not a valid regular expression: {error}", pattern)
        raise Refused from None
    if not paths or groups != 1:
        expected = '{ from = ["meson.build"], pattern = "version: \'([0-9.]+)\'" }'
        reading.problem(path, "a release from a file needs a path and a pattern with one group", pattern, expected)
        raise Refused
    return ReleaseSource(origin="files", files=paths, pattern=pattern or "")


def _columns(reading: Reading, path: KeyPath, value: object) -> Columns:
    if isinstance(value, list):
        return Columns("list", TEXTS.read(reading, path, value))
    if isinstance(value, dict):
        given = _only(reading, path, value, ("registry",))
        if "registry" not in given:
            reading.problem(path, "a registry is missing", None, '{ registry = "path:NAME" }')
            raise Refused
        registry = TARGET.value(reading, (*path, "registry"), given["registry"], None)
        return Columns("registry", (), registry) if registry else Columns()
    if not isinstance(value, str):
        raise WrongType
    if value not in ("leaf", "all"):
        expected = COLUMNS.expects.replace("`", "")
        reading.problem(path, f"'columns' cannot be {value!r}", value, expected, did_you_mean(value, _WORDS))
        raise Refused
    return Columns(value)


def _groups(reading: Reading, path: KeyPath, value: object) -> tuple[Group, ...]:
    """All groups, including empty ones, so that indices match the file."""
    if not isinstance(value, list):
        raise WrongType
    return tuple(_group(reading, (*path, str(index)), each) for index, each in enumerate(value))


def _group(reading: Reading, path: KeyPath, value: object) -> Group:
    if not isinstance(value, dict):
        reading.problem(path, "a group must be a table", None, '{ title = "...", entries = ["..."] }')
        return Group("", ())
    given = _only(reading, path, value, ("title", "entries", "url"))
    for key in ("title", "entries"):
        if key not in given:
            reading.problem(path, f"the group has no {key!r}", None, '{ title = "...", entries = ["..."] }')
    title = TEXT.value(reading, (*path, "title"), given.get("title", "-"), "")
    url = URL.value(reading, (*path, "url"), given["url"], None) if "url" in given else None
    return Group(title, TEXTS.value(reading, (*path, "entries"), given.get("entries", []), ()), url)


def _public_call(reading: Reading, path: KeyPath, value: object) -> tuple[str, str]:
    if not isinstance(value, str):
        raise WrongType
    sides = [side.strip() for side in value.split("->")]
    if len(sides) != 2 or any(side.count("*") != 1 for side in sides):
        reading.problem(path, f"{quoted(path)} must be two names with one * each", value, '"virDrv* -> vir*"')
        raise Refused
    return sides[0], sides[1]


def _derived(reading: Reading, path: KeyPath, value: object) -> Derived:
    if not isinstance(value, dict):
        raise WrongType
    given = _only(reading, path, value, ("entries", "call", "not-before"))
    entries = TEXTS.value(reading, (*path, "entries"), given.get("entries", []), ())
    if not entries:
        reading.problem(path, "the derived row has no entries", None, 'entries = ["..."]')
        raise Refused
    call = TEXT.value(reading, (*path, "call"), given["call"], None) if "call" in given else None
    limit = TEXT.value(reading, (*path, "not-before"), given["not-before"], None) if "not-before" in given else None
    return Derived(entries, call, limit)


def _only(reading: Reading, path: KeyPath, value: dict[str, Any], known: tuple[str, ...]) -> dict[str, Any]:
    """The known keys of a table; unknown ones become problems."""
    for key in value:
        if key not in known:
            reading.unknown((*path, key), known)
    return {key: value[key] for key in known if key in value}


def link(fields: Iterable[str], *required: str) -> Type:
    """A URL with placeholders, at least one of ``required`` among them."""
    known = tuple(fields)
    expects = f"a URL with {' or '.join(required)}"

    def read(reading: Reading, path: KeyPath, value: object) -> str:
        text: str = TEXT.read(reading, path, value)
        unknown = [name for name in re.findall(r"\{([^{}]*)\}", text) if name not in known]
        if unknown:
            message = f"{path[-1]!r} has an unknown placeholder {{{unknown[0]}}}"
            listed = ", ".join(f"{{{name}}}" for name in known)
            reading.problem(path, message, text, listed, did_you_mean(unknown[0], known))
            raise Refused
        scheme = _SCHEME.match(text)
        if not any(each in text for each in required) or (scheme is not None and scheme.group().lower() not in _SAFE):
            reading.problem(path, f"{path[-1]!r} must be {expects}", text, expects)
            raise Refused
        return text

    return Type(expects, read)


def _address(reading: Reading, path: KeyPath, value: object) -> str:
    text: str = TEXT.read(reading, path, value)
    if not re.fullmatch(r"https?://[^\s/?#\"<>]+(?:/[^\s?#\"<>]*)?", text, re.IGNORECASE):
        reading.problem(path, f"{path[-1]!r} must be {ADDRESS.expects}", text, '"https://example.org/drivers/"')
        raise Refused
    return text if text.endswith("/") else f"{text}/"


def _colour(reading: Reading, path: KeyPath, value: object) -> str:
    text: str = TEXT.read(reading, path, value)
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", text):
        reading.problem(path, f"{path[-1]!r} must be {COLOUR.expects}", text, '"#0b57a8"')
        raise Refused
    return text.lower()


_WORDS = ("leaf", "all")
ADDRESS = Type("an http or https address of a folder", _address)
COLOUR = Type("a colour such as #0b57a8", _colour)
URL = link(("entry", "call"), "{entry}", "{call}")
RELEASE = Type(
    'a string, or `{ from = "git" }`, or `{ from = "pyproject" }`, or `{ from = ["path"], pattern = "..." }`', _release
)
COLUMNS = Type('`"leaf"`, `"all"`, a list of driver ids, or `{ registry = "path:NAME" }`', _columns)
GROUPS = Type("a list of tables with `title` and `entries`", _groups)
_ANNOTATION = Type("an annotation", TEXT.read)
ANNOTATIONS = table_of(_ANNOTATION, "a table from driver ids to annotations")
INHERITS = table_of(
    table_of(_ANNOTATION, "a table from entries to annotations"), "a table from driver ids to tables of annotations"
)
PUBLIC_CALL = Type("two names with one `*` each and `->` between them", _public_call)
DERIVED = table_of(
    Type('a table `{ entries = ["..."], call = "...", not-before = "..." }`', _derived), "a table of derived rows"
)
CALL_LISTS = table_of(TEXTS, "a table from entries to lists of calls")
TARGETS = list_of(TARGET, "a list of strings path:NAME")
