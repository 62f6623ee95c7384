"""Facts to JSON and back, and their cache: damaged, foreign, unwritable, shared."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import sys
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lengths import LENGTH

sys.path.insert(0, str(Path(__file__).parent))

import tree_builder as t

from hvsupport.annotate.cache import codec, store
from hvsupport.annotate.cache.store import Cache
from hvsupport.annotate.facts import FileFacts, MacroFact, Options, Trouble

SOURCE = """
import a
from b import c as d
from e import *
X = d.Y
def f(): raise NotImplementedError
class Base(d, Generic[T]):  # 1.0
    '''Do.

    .. versionadded:: 1.0
    '''
    caps = {'a': True, KEY: False}  # 1.0
    if X:
        def m(self, a, *b, c, **e): return self.n()  # 1.0 # hvsupport: ignore[HV001] why
    else:
        m = None
    def __getattr__(self, name): self.x = 1
T = Ops(f, a=g)
OPS = {**BASE, 'a': f}
if X:
    OPS = {}
"""


def strategy(kind: Any) -> st.SearchStrategy[Any]:
    """Values of an annotated type; named tuples field by field, so that a new field is tried without a change here."""
    if get_origin(kind) is tuple:
        arguments = get_args(kind)
        if arguments[-1] is Ellipsis:
            return st.lists(strategy(arguments[0]), max_size=2).map(tuple)
        return st.tuples(*map(strategy, arguments))
    if hasattr(kind, "_fields"):
        hints = get_type_hints(kind)
        return st.builds(kind, **{name: strategy(hints[name]) for name in kind._fields})
    if get_args(kind):
        return st.one_of(*map(strategy, get_args(kind)))
    texts = st.text(st.characters(), max_size=5)
    return {str: texts, int: st.integers(-1, 2**40), bool: st.booleans(), type(None): st.none()}[kind]


@settings(max_examples=30 * LENGTH, deadline=None)
@given(strategy(FileFacts))
def test_any_facts_survive_json(found: FileFacts) -> None:
    assert t.round_trip(found) == found


def test_read_facts_survive_json_with_their_types() -> None:
    found = t.read(SOURCE)
    again = t.round_trip(found)
    assert again == found
    assert repr(again) == repr(found), "lists are not tuples, and rows are not members"


def _rows(value: Any) -> list[list[Any]]:
    """Every list in a document, the deepest first."""
    inner = [row for each in value if isinstance(each, list) for row in _rows(each)]
    return [*inner, value]


def test_a_value_that_lacks_a_field_is_refused() -> None:
    found = FileFacts("a.py", errors=(Trouble(1, 2, "m"),), macros=(MacroFact("A", ("x",), "x"),))
    document = json.loads(codec.to_json(found))
    records = [index for index, row in enumerate(_rows(document)) if row and len(row) > 1]
    assert len(records) == 3
    for index in records:
        damaged = json.loads(codec.to_json(found))
        _rows(damaged)[index].pop()
        with pytest.raises((ValueError, TypeError)):
            codec.from_json(json.dumps(damaged), "a.py")


def test_facts_take_the_path_they_are_asked_for() -> None:
    assert codec.from_json(codec.to_json(t.read(SOURCE)), "other.py").path == "other.py"


# -- the cache


def cache(folder: Path, options: Options = t.OPTIONS) -> Cache:
    return Cache(folder, options)


def kept(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.json"))


def test_what_is_put_is_got(tmp_path: Path) -> None:
    found = t.read(SOURCE)
    key = cache(tmp_path / "c").key(b"x")
    cache(tmp_path / "c").put(key, found)
    assert cache(tmp_path / "c").get(key, "m.py") == found
    assert cache(tmp_path / "c").get(key, "n.py") == found._replace(path="n.py")
    assert (tmp_path / "c" / ".gitignore").read_text() == "*\n"
    assert (tmp_path / "c" / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")
    assert not [path for path in (tmp_path / "c").rglob("*") if path.name.startswith("tmp")]


def test_other_bytes_options_or_readers_have_another_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = {cache(tmp_path).key(b"x"), cache(tmp_path).key(b"y"), cache(tmp_path, Options(("Other",))).key(b"x")}
    monkeypatch.setattr(store, "__version__", "0.0.0")
    keys.add(cache(tmp_path).key(b"x"))
    monkeypatch.setattr(store, "own_source", list)
    keys.add(cache(tmp_path).key(b"x"))
    assert len(keys) == 5
    assert cache(tmp_path).key(b"x") == cache(tmp_path).key(b"x")


def test_another_grammar_has_another_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader of C parses with it, and what it makes of a file may differ."""
    (tmp_path / "tree_sitter").mkdir()
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    keys = set()
    for version in ("0.24.1", "0.24.2"):
        (told := tmp_path / f"tree_sitter_c-{version}.dist-info").mkdir()
        (told / "METADATA").write_text(f"Version: {version}\n")
        store.own_source.cache_clear()
        keys.add(cache(tmp_path / "cache").key(b"x"))
        assert str(told / "METADATA") in store.own_source()
        shutil.rmtree(told)
    store.own_source.cache_clear()
    assert len(keys) == 2


def test_the_tree_that_is_read_does_not_tell_the_grammar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``python -m`` puts the current folder into the path; what a tree has there may be a pipe."""
    (tmp_path / "tree_sitter").mkdir()
    os.mkfifo(tmp_path / "tree_sitter_c-1.dist-info")
    monkeypatch.chdir(tmp_path)
    store.own_source.cache_clear()
    wanted = store.own_source()
    for first in ("", str(tmp_path)):
        monkeypatch.setattr(sys, "path", [first, *sys.path])
        store.own_source.cache_clear()
        assert store.own_source() == wanted
    store.own_source.cache_clear()


def damaged(text: bytes) -> dict[str, bytes]:
    seal, _, body = text.partition(b"\n")
    return {
        "empty": b"",
        "cut off": text[: len(text) // 2],
        "one byte changed": text.replace(b"Base", b"Bask", 1),
        "no seal": body,
        "another seal": b"0" * len(seal) + b"\n" + body,
        "binary": bytes(range(256)) * 4,
        "half a character": text[:-3] + b"\xff\xfe\xfd",
    }


@pytest.mark.parametrize("name", list(damaged(b"a\nBase" * 9)))
def test_a_damaged_entry_counts_as_missing_and_is_replaced(name: str, tmp_path: Path) -> None:
    found = t.read(SOURCE)
    key = cache(tmp_path).key(b"x")
    cache(tmp_path).put(key, found)
    (path,) = kept(tmp_path)
    path.write_bytes(damaged(path.read_bytes())[name])
    assert cache(tmp_path).get(key, "m.py") is None
    cache(tmp_path).put(key, found)
    assert cache(tmp_path).get(key, "m.py") == found


POISON = {
    "null": "null",
    "a number": "1",
    "a string": '"facts"',
    "an object": "{}",
    "an empty list": "[]",
    "too few": '["m.py", [], []]',
    "wrong rows": '["m.py",[[1]],[],[],[],[],[],[],[],"utf-8"]',
    "a class of nothing": '["m.py",[],[],[],[],[[]],[],[],[],"utf-8"]',
    "deeply nested": "[" * 100_000 + "]" * 100_000,
    "a huge number": "9" * 5000,
}


@pytest.mark.parametrize("text", POISON.values(), ids=POISON.keys())
def test_a_poisoned_entry_counts_as_missing(text: str, tmp_path: Path) -> None:
    """Sealed as it has to be, and still no facts."""
    key = cache(tmp_path).key(b"x")
    cache(tmp_path).put(key, t.read(SOURCE))
    (path,) = kept(tmp_path)
    path.write_bytes(store._seal(key, text.encode()) + b"\n" + text.encode())
    assert cache(tmp_path).get(key, "m.py") is None


def test_an_entry_under_the_name_of_another_counts_as_missing(tmp_path: Path) -> None:
    first, second = cache(tmp_path).key(b"x"), cache(tmp_path).key(b"y")
    cache(tmp_path).put(first, t.read(SOURCE))
    cache(tmp_path).put(second, t.read("class Other: pass\n"))
    one, two = sorted(kept(tmp_path), key=lambda path: path.stat().st_size)
    two.write_bytes(one.read_bytes())
    assert cache(tmp_path).get(first, "m.py") is None


def test_a_folder_in_the_place_of_an_entry_counts_as_missing(tmp_path: Path) -> None:
    key = cache(tmp_path).key(b"x")
    (tmp_path / key[:2] / f"{key[2:]}.json").mkdir(parents=True)
    assert cache(tmp_path).get(key, "m.py") is None
    cache(tmp_path).put(key, t.read(SOURCE))
    assert not [path for path in (tmp_path / key[:2]).iterdir() if path.is_file()]


def test_a_cache_that_cannot_be_made_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    unused = cache(tmp_path / "file" / "cache")
    unused.put(unused.key(b"x"), t.read(SOURCE))
    assert unused.get(unused.key(b"x"), "m.py") is None
    assert (tmp_path / "file").read_text() == "no folder"


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = cache(tmp_path)
    key = full.key(b"x")

    def replace(source: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", replace)
    full.put(key, t.read(SOURCE))
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_facts_that_are_no_text_are_not_kept(tmp_path: Path) -> None:
    """Half a surrogate pair has no UTF-8; such a file is read anew each time."""
    found = FileFacts("m.py", stars=("\ud800",))
    cache(tmp_path).put(cache(tmp_path).key(b"x"), found)
    assert kept(tmp_path) == []


def test_no_folder_means_no_cache() -> None:
    none = Cache(None, t.OPTIONS)
    none.put(none.key(b"x"), t.read(SOURCE))
    assert none.get(none.key(b"x"), "m.py") is None


def write_many(folder: str) -> int:
    own = cache(Path(folder))
    for number in range(60):
        data = str(number % 7).encode()
        own.put(own.key(data), t.read(f"class C{number % 7}: pass\n"))
        found = own.get(own.key(data), "m.py")
        assert found is not None and found.classes[0].name == f"C{number % 7}"
    return os.getpid()


def test_several_processes_write_the_same_cache(tmp_path: Path) -> None:
    with multiprocessing.get_context("fork").Pool(3) as pool:
        pool.map(write_many, [str(tmp_path)] * 3)
    assert len(kept(tmp_path)) == 7
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix not in (".json", ".TAG", "")]
    assert all(json.loads(path.read_bytes().partition(b"\n")[2]) for path in kept(tmp_path))
