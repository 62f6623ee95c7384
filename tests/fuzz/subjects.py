"""What is fuzzed: each subject is a function of bytes that fails if a property does not hold, and its inputs.

Atheris and the tests of CI run the same functions; see ``__main__.py`` and ``test_fuzz.py``.
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "docs" / "example")]

import text_checks  # noqa: E402
import tree_checks  # noqa: E402

from hvsupport.annotate.cache import codec  # noqa: E402
from hvsupport.annotate.facts import Options  # noqa: E402
from hvsupport.annotate.readers import c, python  # noqa: E402

#: Longer inputs only repeat what shorter ones show; growth has its own tests, in ``tests/heavy/test_bounds.py``.
LONGEST = 4_000


class Subject(NamedTuple):
    """One kind of input.

    Attributes:
        check: fails if a property does not hold for the bytes.
        tests: globs of test files whose texts are inputs to start from.
        words: what inputs are made of.
        before: puts in front of each of these texts.
    """

    check: Callable[[bytes], None]
    tests: tuple[str, ...]
    words: tuple[str, ...]
    before: str = ""


#: Between the words of a subject.
_BETWEEN = "¦"
_PYTHON = """class ¦D(Driver):¦\n    def open(self):¦ return 1¦ raise NotImplementedError¦ pass¦  # 1.0\
¦  # next; partial: x
¦Ops(¦open=¦{'a': True,¦}¦@since('1.0')¦if ¦else:¦lambda: ¦*args¦**x¦\'\'\'doc¦# coding: latin-1\n"""
_C = """struct ops x = {¦.a = f,¦ /* 1.0 */¦ // 1.1\n¦};\n¦\n#if A\n¦\n#else\n¦\n#elif B\n¦\n#endif\n\
¦#define M(a) .a = a,\n
¦M(f)¦\n#include "x.h"\n¦typedef struct ¦NULL¦[0] = ¦(struct ops){¦static const ¦\\\n¦x.a = f;¦#undef M\n¦##¦__VA_ARGS__
¦union {¦(*¦)(void);¦enum { A, B }¦"s"¦'c'¦<<<<<<< a\n¦=======\n¦>>>>>>> b\n"""
_TABS = """\t¦  \t¦"¦'¦`¦<<EOF\n¦<<-'E'\n¦\nEOF\n¦\n=pod\n\n¦\n=cut\n¦\n__END__\n¦q{¦qq(¦s///¦tr///¦m{¦}x¦$(¦$((¦${x:-
¦#¦\\\n¦if ¦then¦fi¦def f():\n¦\r¦\r\n¦\f¦/*¦*/¦R"a(¦\N{IDEOGRAPHIC SPACE}¦# hvsupport: ignore[TAB001] x\n"""
_PAGES = """# ¦[a](b.md)¦![i](x.png)¦<b¦ onclick=f()¦>¦<script¦</script>¦javascript:¦```\n¦~~~\n¦    ¦* ¦1. ¦> ¦|a|b|
|-|-|\n¦[^1]: ¦&#106;¦&lt¦<!--¦-->¦<?¦?>¦<![CDATA[¦{: #id .c on=f }¦!!! note\n¦<details markdown="1">¦*[A]: b¦Term
: d\n¦***¦__¦http://[::1¦<http://x>¦\\¦[a]: b "t"\n¦\x1b¦\x02¦\x03"""
_CONFIG = """[interfaces.a]\n¦[[¦]]¦{¦}¦title = ¦"x"\n¦release = "1.0"\n¦at = "api.py:Driver"\n¦kind = "table"
¦drivers = ["drivers/*.py"]\n¦columns = ¦groups = ¦"a.b" = ¦\'\'\'¦\\u0041¦1e5¦[tabs]\n¦[protocols.m]\n¦derived = \
¦ = ¦,¦#
¦null¦true\n¦1979-05-27\n¦releases = ["1.0"]\n¦scheme = "listed"\n"""
_ANNOTATION = """1.0¦1.2.0¦next¦<= ¦ - ¦, ¦; ¦partial¦deprecated¦: ¦2026.1¦1.0rc1¦v1¦since ¦(¦)¦\u2013¦\u2264¦\u0661¦x.y
¦TBD¦havana¦#¦ # """
_SYMBOLS = """LIB_1.0 {\n¦global:¦local:¦*;¦};\n¦lib_a;\n¦} LIB_1.0;\n¦extern "C" {¦#¦/*¦*/¦//¦ ¦\x1e\
¦<function name='lib_a'
 file='b'/>¦<!ENTITY¦&a;"""

SUBJECTS = {
    "annotations": Subject(
        text_checks.annotations,
        ("test_grammar.py", "test_release.py", "test_tips.py"),
        tuple(_ANNOTATION.split(_BETWEEN)),
    ),
    "python": Subject(
        tree_checks.python, ("test_reader_python*.py", "test_resolve*.py", "test_bad_input.py", "test_rules.py"),
        tuple(_PYTHON.split(_BETWEEN)), "from .base import Driver, Base, Ops, Flags\n",
    ),
    "c": Subject(tree_checks.c, ("test_reader_c*.py", "test_resolve_tables.py"), tuple(_C.split(_BETWEEN))),
    "symbols": Subject(tree_checks.symbols, ("test_symbols.py",), tuple(_SYMBOLS.split(_BETWEEN))),
    "tabs": Subject(text_checks.tabs, ("test_tabs*.py",), tuple(_TABS.split(_BETWEEN))),
    "pages": Subject(text_checks.pages, ("test_gen_pages.py", "test_hostile_pages.py", "test_gen_site.py"),
        tuple(_PAGES.split(_BETWEEN))),
    "config": Subject(
        text_checks.config, ("test_configfile.py", "test_protocol_config.py", "test_tomllines.py", "test_rules.py"),
        tuple(_CONFIG.split(_BETWEEN)),
    ),
    "cache": Subject(
        text_checks.cache_files, (), ("[", "]", '"', ",", "null", "1", "\n", "\t", "class", "python", '"a"')
    ),
    "cookies": Subject(
        text_checks.cookies,
        tuple(f"../docs/example/tests/test_example_{name}.py" for name in ("cookies", "remote*")),
        ('{"driver":"memory","kind":"begin","migration":"m1","fields":{', '"id":"1"', '"call":', '"arguments":[',
         '"value":', '"error":', '{"tuple":[', '{"bytes":"', "1e999", "NaN", "}", "]", ",", '"a":', '"kind"', '"text"'),
    ),
}  # fmt: skip


def corpus(name: str) -> list[bytes]:
    """The committed inputs of a subject: what reaches most of the code, and what was found."""
    path = HERE / "corpus" / f"{name}.json"
    return [text.encode("latin-1") for text in json.loads(path.read_text())] if path.exists() else []


def save(name: str, inputs: list[bytes]) -> None:
    """Replace the committed inputs of a subject."""
    path = HERE / "corpus" / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    each = sorted({data.decode("latin-1") for data in inputs}, key=lambda text: (len(text), text))
    path.write_text(json.dumps(each, indent=0) + "\n")


def seeds(name: str) -> Iterator[bytes]:
    """Inputs to start from: the texts in the tests of a subject."""
    subject = SUBJECTS[name]
    if name == "cache":
        yield codec.to_json(python.read("a.py", tree_checks.PYTHON_API, Options())).encode()
        yield codec.to_json(c.read("a.h", tree_checks.C_API, Options(calls=("ops",), c=True))).encode()
    for pattern in subject.tests:
        for path in sorted((HERE.parent).glob(pattern) if ".." not in pattern else ROOT.glob(pattern[3:])):
            for node in ast.walk(ast.parse(path.read_bytes())):
                if isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)):
                    text = node.value.encode("utf-8", "replace") if isinstance(node.value, str) else node.value
                    if 3 < len(text) <= LONGEST:
                        yield subject.before.encode() + text
                        if name == "tabs":
                            yield from (bytes([kind]) + text.replace("→".encode(), b"\t") for kind in range(6))
