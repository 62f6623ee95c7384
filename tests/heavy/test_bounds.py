"""Bounds of one file in time, depth and bytes: past them it is a finding, and growth is linear.

Nothing is timed: each case runs in a process that has far more processor time than it needs, and far less than a
version needs whose time or memory grows with the square of the size or worse. The limit of time grows with the square
of LENGTH, as such a version does.
"""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import sys
from pathlib import Path

import lengths
import pytest

from hvsupport.annotate import bounded, files, grammar
from hvsupport.annotate.bounded import Allowance, TooSlowError
from hvsupport.annotate.config.value import TabsConfig
from hvsupport.annotate.errors import ReadError
from hvsupport.annotate.facts import Options
from hvsupport.annotate.readers import c, python
from hvsupport.annotate.release import scheme
from hvsupport.annotate.tabs import grammars
from hvsupport.annotate.tabs.editorconfig import EditorConfig
from hvsupport.annotate.tabs.find import Holding
from hvsupport.annotate.tabs.inspection import inspect
from hvsupport.annotate.tabs.settings import Wishes

#: Seconds of processor time and bytes of memory of one case.
LENGTH = 2 * lengths.LENGTH
SECONDS, MEMORY = 10 * LENGTH**2, LENGTH << 29
OPS = "struct ops { int (*a)(void); int (*b)(void); };\n"
N = 4_000 * LENGTH


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the program below a folder within the limits; it must end by itself."""
    command = [sys.executable, "-m", "hvsupport.annotate", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, preexec_fn=_limit)
    assert done.returncode in (0, 1), done.stderr[-500:]
    return done


C_FILES = {
    "many #else": f"{OPS}static struct ops x = {{\n#if A\n" + "#else\n" * 60 + "#endif\n.a = f, /* 1.0 */\n};\n",
    "tables that never end": OPS + "static struct ops x = {" * (N // 2),
    "tables inside of tables": OPS + "static struct ops x = {" * (N // 2) + "}" * (N // 2) + ";",
    "other names of the type": OPS + "typedef struct ops opsN;\n" * (N // 2),
    "structs that never end": OPS + "struct ops { int (*a)(void);\n" * (N * 7),
    "an annotation of digits": OPS + "static struct ops x = {\n.a = f, /* " + "1" * N + " */\n};\n",
    "an annotation of spaces": OPS + "static struct ops x = {\n.a = f, /* since 1.0" + " " * N + "x */\n};\n",
    "one pointer for many tables": OPS
    + "void f(void) {\nstruct ops *p;\n"
    + "p = next();\np->a = f; /* 1.0 */\n" * (N // 2)
    + "}\n",
    "many slots under conditions": OPS + "void f(struct ops *p) {\n" + "if (c) { p->a = f; }\n" * N + "}\n",
    "many pointers": OPS
    + "void f(void) {\n"
    + "".join(f"struct ops *p{n} = next();\np{n}->a = f; /* 1.0 */\n" for n in range(N // 16))
    + "}\n",
}


@pytest.mark.parametrize("source", C_FILES.values(), ids=C_FILES)
def test_a_check_of_hostile_c_ends(tmp_path: Path, source: str) -> None:
    (tmp_path / "ops.h").write_text(OPS)
    (tmp_path / "a.c").write_text('#include "ops.h"\n' + source.removeprefix(OPS))
    config = 'title = "x"\nrelease = "1.0"\n[interfaces.ops]\nat = "ops.h:ops"\nkind = "table"\ndrivers = ["*.c"]\n'
    (tmp_path / "hvsupport.toml").write_text(config)
    run(tmp_path, "check", "--no-cache")


TABS = {
    "a here-document that ends with the file": ("a.pl", "print <<EOF;\n\ttext $b"),
    "the same with an escape": ("a.pl", "print <<EOF;\n\ttext \\\\"),
    "open brackets in Perl": ("a.pl", "\tf" + "(" * N),
    "open quotes in Perl": ("a.pl", "\tq{\n" * N),
    "less-than signs in Perl": ("a.pl", "\t(<\n" * N),
    "constants that never end": ("a.pl", "\tuse constant { x / 1\n" * N),
    "slashes behind words": ("a.pl", "\tfoo / 2;\n" * N),
    "here-documents without an end": ("a.pl", "".join(f"\tprint <<A{n};\n" for n in range(N))),
    "nested substitutions": ("a.sh", "\techo " + "$(" * N + "x" + ")" * N + "\n"),
    "open substitutions in quotes": ("a.sh", "\techo " + '"$(' * N),
    "here-documents on one line": ("a.sh", "\tcat " + "".join(f"<<A{n} " for n in range(N))),
    "nested brackets": ("a.py", "if x:\n\ty = " + "[" * N + "]" * N + "\n"),
    "open comments": ("a.c", "\t/*\n" * N),
    "open raw strings": ("a.c", '\tR"a(\n' * N),
}


@pytest.mark.parametrize(("name", "source"), TABS.values(), ids=TABS)
def test_a_fix_of_hostile_files_ends(tmp_path: Path, name: str, source: str) -> None:
    (tmp_path / name).write_text(source)
    run(tmp_path, "tabs", "--fix", "--root", ".")


def test_a_parse_is_stopped_when_its_time_is_used_up() -> None:
    allowance = Allowance(0)
    allowance.left = 0
    parser = grammars._parser("C")
    with pytest.raises(TooSlowError):
        allowance.parse(parser, b"int x;\n" * 10_000)
    assert not Allowance(10).parse(parser, b"int x;\n").root_node.has_error


class _Endless:
    """A grammar whose scanner loops: nothing that Python does stops it, as in C."""

    def parse(self, text: bytes) -> None:
        re.match(b"(a|a)*b", b"a" * 64)


class _Broken:
    def parse(self, text: bytes) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize(
    ("parser", "name", "source"),
    [
        pytest.param(_Endless(), "a.pl", b"print <<E;\n\tx", id="loops in a here-document of Perl"),
        pytest.param(_Endless(), "a.sh", b"\techo 'x", id="loops in a quote of the shell"),
        pytest.param(_Broken(), "a.pl", b"\tq{", id="crashes in a quote of Perl"),
        pytest.param(_Broken(), "a.sh", b"\tcat <<E\nx", id="crashes in a here-document of the shell"),
    ],
)
def test_a_scanner_that_cannot_be_stopped_is_a_finding(
    monkeypatch: pytest.MonkeyPatch, parser: object, name: str, source: bytes
) -> None:
    monkeypatch.setattr(grammars, "_parser", lambda _: parser)
    monkeypatch.setattr(bounded, "_START", 0.0)
    found = inspect(Holding(name, source), Wishes(TabsConfig(), EditorConfig(lambda _: None)), {})
    assert {each.code for each in found.findings} == {"TAB004"}
    assert "the grammar takes too long for this file" in (found.findings[0].tip or "")


def test_a_file_that_the_grammar_takes_too_long_for_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "_START", 0.0)
    monkeypatch.setattr(bounded, "_EACH", 0.0)
    source = OPS + "static struct ops x = {\n" + ".a = (f),\n" * 1_000 + "};\n"
    facts = c.read("a.c", source.encode(), Options(calls=("ops",), c=True))
    assert [each.message for each in facts.errors] == [
        "the grammar of C takes too long for this file, so it was not read"
    ]
    found = inspect(Holding("a.py", b"if x:\n\ty\n" * 1_000), Wishes(TabsConfig(), EditorConfig(lambda _: None)), {})
    assert {each.code for each in found.findings} == {"TAB004"}
    assert "the grammar takes too long for this file" in (found.findings[0].tip or "")


def test_a_file_that_is_too_large_is_a_finding(tmp_path: Path) -> None:
    with (tmp_path / "a.c").open("wb") as stream:
        stream.truncate(1 << 30)
    with pytest.raises(ReadError, match="larger than 32 MB"):
        files.Folder(tmp_path).read("a.c")
    text = b"x = 1\n" * (bounded.LARGEST_PYTHON // 6 + 1)
    assert "larger than 2 MB" in python.read("a.py", text, Options()).errors[0].message
    found = inspect(Holding("a.py", b"\t" + text), Wishes(TabsConfig(), EditorConfig(lambda _: None)), {})
    assert "larger than 2 MB" in (found.findings[0].tip or "")


@pytest.mark.parametrize("name", ["x.y.z", "pep440", "calendar"])
@pytest.mark.parametrize("text", ["1" * N, "1.0" + " " * N + "x", "O" * N, "O." * N, "1 -" * N, "," * N, " to" * N])
def test_annotations_are_read_in_linear_time(name: str, text: str) -> None:
    """A version that tries each of n places at each of n others would take hours here."""
    assert grammar.near_miss(text * 20, scheme(name)) is None or grammar.correct(text * 20, scheme(name)) is None


def test_a_second_else_is_an_error() -> None:
    source = f"{OPS}static struct ops x = {{\n#if A\n.a = f,\n#else\n.a = g,\n#else\n.a = h,\n#endif\n}};\n"
    facts = c.read("a.c", source.encode(), Options(calls=("ops",), c=True))
    assert [(each.line, each.message) for each in facts.errors] == [(7, "#else follows the #else of its #if")]


def test_columns_and_flags_grow_with_their_number(tmp_path: Path) -> None:
    """A version that looks for each among all others would need ten times the processor time of a case."""
    count = 6_000 * LENGTH
    flags = [f"f{index}" for index in range(count)]
    (tmp_path / "api.py").write_text(
        "class Base:\n    def f(self):\n        raise NotImplementedError\n\n\nclass Flags:\n    caps = {\n"
        + "".join(f"        '{each}': False,\n" for each in flags)
        + "    }\n"
    )
    (tmp_path / "flags.py").write_text(
        "from api import Flags\n\n\nclass One(Flags):  # 1.0\n    caps = {\n"
        + "".join(f"        '{each}': True,  # 1.0\n" for each in flags)
        + "    }\n"
    )
    (tmp_path / "many.py").write_text(
        "from api import Base\n"
        + "".join(
            f"class D{index}(Base):  # 1.0\n    def f(self):  # 1.0\n        return 1\n" for index in range(count)
        )
    )
    interface = '[interfaces.{0}]\nat = "api.py:{1}"\nkind = "{2}"\ndrivers = ["{0}.py"]\n'
    config = interface.format("many", "Base", "class") + interface.format("flags", "Flags.caps", "flags")
    (tmp_path / "hvsupport.toml").write_text(f'title = "x"\nrelease = "1.0"\n{config}')
    assert "Found" not in run(tmp_path, "check", "--no-cache", "--jobs", "1").stdout
