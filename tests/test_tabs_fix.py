"""The fix of the tab rule: what must not change, then what must, then what holds for every input.

In the cases ``→`` stands for a tab, so that they can be read.
"""

from __future__ import annotations

import ast
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lengths import LENGTH

from hvsupport.annotate.tabs import cscan, fix, shscan
from hvsupport.annotate.tabs.classify import Run, classify
from hvsupport.annotate.tabs.text import Text

PERL, PYTHON, SHELL, C = "Perl", "Python", "shell", "C"


def tabs(text: str) -> bytes:
    return text.replace("→", "\t").encode("utf-8", "surrogateescape")


def fixed(data: bytes, language: str, width: int = 8) -> bytes:
    """What a fix makes of a file, and nothing where the reread refuses it."""
    text = Text(data)
    runs = [run for run in classify(text, language) if run.fixable]
    after = text.written(fix.expanded(text, language, runs, width))
    assert fix.difference(fix.signature(text, language), fix.signature(Text(after), language)) is None
    return after


def runs(data: bytes, language: str) -> list[Run]:
    return classify(Text(data), language)


KEPT = {
    "a generated Makefile dies without its tab (ExtUtils::MM_Unix)": (PERL, "push @m, qq{\n→$cmd\n};\n"),
    "a table behind __DATA__ is split at tabs": (PERL, "while (<DATA>) { f(split) }\n__DATA__\na→b\n"),
    "POD behind __DATA__ is data too (Opcode.pm)": (PERL, "1;\n__DATA__\n\n=head1 A\n\n→b\n\n=cut\n\nc→d\n"),
    "POD behind __END__ of a program that reads it": (
        PERL,
        "package A;\nprint <DATA>;\n__END__\n\n=head1 A\n\n→b\n\n=cut\n",
    ),
    "POD behind __END__ of a program, which has it as DATA": (PERL, "f();\n__END__\n\n=head1 A\n\n→b\n\n=cut\n"),
    "text behind __END__ that is no POD": (PERL, "package A;\n1;\n__END__\nsub auto→{ }\n"),
    "a here-document that is a table (unicore/To)": (PERL, "return <<'END';\n0→1→2\nEND\n"),
    "a here-document that interpolates": (PERL, 'print <<"E";\n→$x\nE\n'),
    "an indented here-document": (PERL, "print <<~E;\n→a\n→b\n→E\n"),
    "a class of a regex": (PERL, "split /[→ ,]+/, $_;\n"),
    "a regex with white space allowed": (PERL, "m{a→b # c\n}x;\n"),
    "a substitution": (PERL, "s/→/ /g;\n"),
    "tr": (PERL, "tr/→/ /;\ny/→/ /;\n"),
    "a string in single quotes": (PERL, "$x = 'a→b';\n"),
    "a string with other quotes": (PERL, "$x = q(a→b) . qq[a→b];\n"),
    "a string over two lines": (PERL, '$x = "a\n→b";\n'),
    "a command": (PERL, "$x = `a→b`;\n"),
    "a format": (PERL, "format STDOUT =\n@<<→@>>\n$a, $b\n.\n"),
    "what an attribute is given": (PERL, "sub f : attr(a→b) { }\n"),
    "a line directive": (PERL, '# line→7 "a.y"\n'),
    "POD for another formatter": (PERL, "=begin text\n\na→b\n\n=end text\n\n=for html a→b\n\n=cut\n"),
    "code in a string is not code": (PERL, '$x = "@{[→f() ]}";\n'),
    "what the kernel reads": (PERL, "#!/usr/bin/perl→-w\n"),
    "IFS and friends": (SHELL, "tab='→'\nIFS=' →\n'\n"),
    "a string in double quotes": (SHELL, 'echo "a→$b"\n'),
    "code in a string of the shell": (SHELL, 'echo "$(f→x)"\n'),
    "the body and the end of a here-document": (SHELL, "cat <<-EOF\n→a\n→EOF\n"),
    "a here-document without a dash": (SHELL, "cat <<EOF\n→a\nEOF\n"),
    "a here-document in a function": (SHELL, "f() {\n  cat <<'X'\na→b\nX\n}\n"),
    "an escaped tab": (SHELL, "echo a\\→b\n"),
    "an escaped tab at the end": (SHELL, "echo a\\→\n"),
    "a default that is split into words": (SHELL, "echo ${x:-a→b}\n"),
    "$'...'": (SHELL, "echo $'a→b'\n"),
    "a regex of the shell": (SHELL, '[[ $x =~ "→" ]]\n'),
    "a string of C": (C, 'char *s = "a→b";\n'),
    "a character": (C, "int c = '→';\n"),
    "a string in a macro": (C, '#define S "a→b"\n'),
    "the text of an error": (C, "#error do not→use\n"),
    "the name of a header": (C, "#include <a→b>\n"),
    "an apostrophe in what is not compiled": (C, "#if 0\ndon't→do\n#endif\n"),
    "a tab behind a backslash at the end": (C, "#define A \\→\n  b\n"),
    "a trigraph at the end of a comment": (C, "// a ??/→\nint b;\n"),
    "a raw string of C++ in a header": (C, 'auto s = R"x(a→b)x";\n'),
    "a docstring": (PYTHON, 'def f():\n    """A.\n\n    →b\n    """\n'),
    "a string of Python": (PYTHON, "x = 'a→b'\ny = r'a→b'\nz = b'→'\n"),
    "what an f-string shows": (PYTHON, "x = f'{y→= }'\n"),
    "a line end behind a backslash": (PYTHON, "x = 'a\\\n→b'\n"),
}


@pytest.mark.parametrize(("language", "source"), KEPT.values(), ids=KEPT)
def test_what_must_not_change(language: str, source: str) -> None:
    data = tabs(source)
    found = runs(data, language)
    assert sum(run.end - run.start for run in found) == data.count(b"\t")
    assert not [run for run in found if run.fixable]
    assert all(run.tip for run in found)
    assert fixed(data, language) == data


FIXED = {
    "indentation": (PERL, "if ($x) {\n→f();\n}\n", "if ($x) {\n        f();\n}\n"),
    "between words keeps the column": (PERL, "my $ab→= 1;\n", "my $ab  = 1;\n"),
    "a comment": (PERL, "f();→# a→b\n", "f();    # a     b\n"),
    "at the end": (PERL, "f(); →\ng();→→\n", "f();\ng();\n"),
    "a line of white space": (PERL, "f();\n →\ng();\n", "f();\n\ng();\n"),
    "a list of words": (PERL, "@x = qw(a→b);\n", "@x = qw(a       b);\n"),
    "verbatim POD": (PERL, "=pod\n\n→a→b\n\n=cut\n", "=pod\n\n        a       b\n\n=cut\n"),
    "the end of a verbatim line shows": (PERL, "=pod\n\n a→\n\n=cut\n", "=pod\n\n a      \n\n=cut\n"),
    "ordinary POD": (PERL, "=head1→A\n\nb→\n\n=cut\n", "=head1  A\n\nb\n\n=cut\n"),
    "POD behind __END__ of a module": (
        PERL,
        "package A;\n1;\n__END__\n\n=pod\n\n→a\n",
        "package A;\n1;\n__END__\n\n=pod\n\n        a\n",
    ),
    "between here-documents": (PERL, "f(<<A,→<<B);\n→a\nA\n→b\nB\n", "f(<<A,  <<B);\n→a\nA\n→b\nB\n"),
    "behind an umlaut": (PERL, "# äö→x\n", "# äö    x\n"),
    "behind wide characters": (PERL, "# 日本→x\n", "# 日本  x\n"),
    "behind a combining mark": (PERL, "# e\u0301→x\n", "# e\u0301     x\n"),
    "what is not UTF-8": (PERL, "# \udce4→x\n", "# \udce4     x\n"),
    "CRLF": (PERL, "→f();→\r\n", "        f();\r\n"),
    "a byte order mark": (PYTHON, "\ufeffif x:\n→y\n", "\ufeffif x:\n        y\n"),
    "Python": (PYTHON, "if x:\n→y = 1→# z\n", "if x:\n        y = 1   # z\n"),
    "Python 2 counts tabs to 8": (PYTHON, "if x:\n    if y:\n→print 1\n", "if x:\n    if y:\n        print 1\n"),
    "a form feed starts a new line": (PYTHON, "if x:\n\f→y\n", "if x:\n\f        y\n"),
    "the shell": (SHELL, "if x; then\n→a→b\nfi→\n", "if x; then\n        a       b\nfi\n"),
    "code before a here-document": (SHELL, "if x; then\n→cat <<E\n→a\nE\nfi\n", None),
    "around quotes": (SHELL, "f→'a→b'→c\n", "f       'a→b'      c\n"),
    "C": (C, "int→x;→/* a→b */\n", "int     x;      /* a    b */\n"),
    "a macro": (C, "#define→A→1→/* a */\n", "#define A       1       /* a */\n"),
    "a macro over lines": (C, "#define A→\\\n→1\n", "#define A       \\\n        1\n"),
    "a directive that is indented": (C, "#→if A\n#→endif\n", "#       if A\n#       endif\n"),
    "between quotes that the grammar pairs in another way": (C, "x→y ' '→';\nz→\n", "x       y ' '   ';\nz\n"),
    "beside syntax that no grammar reads": (C, "FOO(x)→BAR\n{→int y; )\n", "FOO(x)  BAR\n{       int y; )\n"),
}


@pytest.mark.parametrize(("language", "source", "expected"), FIXED.values(), ids=FIXED)
def test_what_goes(language: str, source: str, expected: str | None) -> None:
    after = fixed(tabs(source), language)
    assert after == tabs(source.replace("\n→cat", "\n        cat") if expected is None else expected)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("# a→b\r$x = '→';\r", "# a     b\r$x = '→';\r", id="old Macintosh: fixed only where both agree"),
        pytest.param("f();→#\r→'→'\n", "f();    #\r→'→'\n", id="mixed: behind the CR it may be comment or code"),
    ],
)
def test_lone_cr(source: str, expected: str) -> None:
    after = fixed(tabs(source), PERL)
    assert after.count(b"'\t'") == 1
    if expected.startswith("# a"):
        assert after == tabs(expected)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_other_encodings_come_back(encoding: str) -> None:
    source, expected = "if x:\n\ty = '日\t本'\n", "if x:\n        y = '日\t本'\n"
    assert fixed(source.encode(encoding), PYTHON) == expected.encode(encoding)


def test_utf_8_bytes_that_are_none_are_kept() -> None:
    data = b'# \xe4\xff\t\xfe\nmy\t$x = "\xe4\t";\n'
    after = fixed(data, PERL)
    assert after == b'# \xe4\xff    \xfe\nmy      $x = "\xe4\t";\n'


def test_another_width_is_for_code_only() -> None:
    source = tabs("→f();→# a\n\n=pod\n\n→b\n\n=cut\n")
    assert fixed(source, PERL, 4) == tabs("    f();    # a\n\n=pod\n\n        b\n\n=cut\n")
    assert fixed(tabs("if x:\n→y\n"), PYTHON, 4) == tabs("if x:\n        y\n")


def test_pod_behind_wide_characters_is_left() -> None:
    """Renderers of POD count characters, terminals count cells: no number of spaces is right for both."""
    (run,) = runs(tabs("=encoding utf8\n\n 日本→x\n\n=cut\n"), PERL)
    assert not run.fixable


@pytest.mark.parametrize(
    ("language", "source"),
    [(PERL, "if ($x {\n→f(;\n"), (SHELL, "if x; then\n→'\n"), (PYTHON, "def f(:\n→x = = 1\n")],
    ids=["Perl", "shell", "Python"],
)
def test_what_cannot_be_read_is_reported_and_left(language: str, source: str) -> None:
    found = runs(tabs(source), language)
    assert found and not any(run.fixable for run in found)


def test_a_fix_that_reads_differently_is_noticed() -> None:
    """The judge itself: a changed string, a lost terminator, another block."""
    for language, before, after in [
        (PERL, "$x = 'a→b';\n", "$x = 'a b';\n"),
        (PERL, "print <<A;\n→b\nA\n", "print <<A;\n b\nA\n"),
        (PERL, "1;\n__END__\na→b\n", "1;\n__END__\na b\n"),
        (SHELL, "cat <<-A\n→b\n→A\n", "cat <<-A\n b\n A\n"),
        (SHELL, "x='→'\n", "x=' '\n"),
        (C, 'char *s = "→";\n', 'char *s = " ";\n'),
        (C, "int a;\n", "inta;\n"),
        (PYTHON, "if x:\n    y\nz\n", "if x:\n    y\n    z\n"),
        (PYTHON, "print '→'\n", "print ' '\n"),
    ]:
        one, other = (fix.signature(Text(tabs(source)), language) for source in (before, after))
        assert fix.difference(one, other) is not None, (language, before)


# -- properties

PIECES = {
    PERL: [
        *("→", "→→", " →", "\n", "\r\n", ";\n", "{", "}\n", "$x", " = ", ",", "1", "é", "日"),
        *("'a→b'", '"→"', "/→/", "qw(a→b)", "# c→\n", "<<E;\n→x\nE\n", "\n=pod\n\n→v\n\n=cut\n\n"),
    ],
    SHELL: [
        *("→", " →", "\n", ";", "a", "é", "echo ", "if x; then\n", "fi\n", "\\→"),
        *("'→'", '"→$x"', "$(f→g)", "`b→`", "# c→\n", "<<-E\n→x\n→E\n"),
    ],
    C: [
        *("→", " →", "\n", "\\\n", "int x;", "{", "}", "A(b)", "é"),
        *('"→"', "'→'", "/*→*/", "//→\n", "#define A→1\n"),
    ],
    PYTHON: [
        *("→", " →", "\n", "\\\n", "\f", "(", ")", "x = 1", "if x:\n→y\n", "é"),
        *("'→'", '"""→\n→"""', "# c→\n"),
    ],
}


def sources(language: str) -> st.SearchStrategy[bytes]:
    return st.lists(st.sampled_from(PIECES[language]), max_size=25).map(lambda parts: tabs("".join(parts)))


CASES = st.sampled_from(list(PIECES)).flatmap(lambda language: st.tuples(st.just(language), sources(language)))


def without_blanks(data: bytes) -> bytes:
    return re.sub(rb"[ \t]", b"", data)


@settings(max_examples=150 * LENGTH, deadline=None)
@given(CASES, st.sampled_from([2, 4, 8]))
def test_only_white_space_changes_and_a_second_fix_nothing(case: tuple[str, bytes], width: int) -> None:
    language, data = case
    text = Text(data)
    chosen = [run for run in classify(text, language) if run.fixable]
    after = text.written(fix.expanded(text, language, chosen, width))
    assert without_blanks(after) == without_blanks(data)
    assert after.count(b"\n") == data.count(b"\n") and after.count(b"\r") == data.count(b"\r")
    if fix.difference(fix.signature(text, language), fix.signature(Text(after), language)) is None:
        again = Text(after)
        assert not [run for run in classify(again, language) if run.fixable]
    if language == C:
        assert cscan.tokens(data) == cscan.tokens(after)


@settings(max_examples=75 * LENGTH, deadline=None)
@given(sources(PYTHON))
def test_python_stays_the_same_program(data: bytes) -> None:
    try:
        before = ast.dump(ast.parse(data))
    except (SyntaxError, ValueError):
        return
    text = Text(data)
    chosen = [run for run in classify(text, PYTHON) if run.fixable]
    after = text.written(fix.expanded(text, PYTHON, chosen))
    if fix.difference(fix.signature(text, PYTHON), fix.signature(Text(after), PYTHON)) is None:
        assert ast.dump(ast.parse(after)) == before


@settings(max_examples=50 * LENGTH, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(list(PIECES)))
def test_any_bytes_are_judged_without_a_crash(data: bytes, language: str) -> None:
    text = Text(data)
    if text.faithful:
        found = classify(text, language)
        assert sum(run.end - run.start for run in found) == text.body.count(b"\t")
        assert text.written(text.body) == data


def test_the_shell_scanner_ends_on_what_is_not_closed() -> None:
    for source in ("'", '"', "`", "${", "$(", "<<E", "<<E\n", "$'", "\\", "((1<<2))\n→x\n"):
        assert isinstance(shscan.literals(tabs(source)), list)
