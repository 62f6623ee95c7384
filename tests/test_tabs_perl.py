"""Perl's second reading: what depends on a prototype is left, and what is quoted is found without a grammar.

In the cases ``→`` stands for a tab, so that they can be read.
"""

from __future__ import annotations

from string import ascii_lowercase

import pytest

from hvsupport.annotate.tabs import perlscan
from hvsupport.annotate.tabs.classify import classify
from hvsupport.annotate.tabs.text import Text


def is_fixable(source: str) -> bool:
    """Whether any tab of a text would be expanded."""
    return any(run.fixable for run in classify(Text(source.replace("→", "\t").encode()), "Perl"))


@pytest.mark.parametrize(
    "source",
    [
        *(f"find_all /{letter}→b/;\n" for letter in ascii_lowercase),
        "rule /$x→/ and 1;\n",
        "rule <a→b>;\n",
        "say <*.c→x>;\n",
        "rule ?a→b?;\n",
        "A::B /→x/;\n",
        "rule\n/a→b/;\n",
        "rule # why\n /a→b/;\n",
        "rule /a\n→b/;\n",
        "{ rule /a→b/ }\n",
        "print 2*rule /a→b/;\n",
        "rule /'/, 'x→y', /'/;\n",
        "rule / #→b/;\n",
    ],
)
def test_what_depends_on_a_prototype_is_left(source: str) -> None:
    assert not is_fixable(f"use Rules;\n{source}")


@pytest.mark.parametrize(
    "source",
    [
        "$x = $y /→2; $z = 1/3;\n",
        "$x = $h{rule} /→2; $z = 1/3;\n",
        "$x = time /→2; $z = 1/3;\n",
        "$x = $o->rule /→2; $z = 1/3;\n",
        "$x = $#rule /→2; $z = 1/3;\n",
        "$x = rule() /→2; $z = 1/3;\n",
        "use constant PI => 3;\n$x = PI /→2; $z = 1/3;\n",
        "sub rule () { 3 }\n$x = rule /→2; $z = 1/3;\n",
        "$x = wantarray ?→1 : 0;\n",
        "$x = rule //→1;\n",
        "%y = (s =>→1, y =>→2); $h{s}→= $o->y→(1);\n",
        "@x = qw(a→b);\n",
        "f(-s $x)→/ 2;\n",
    ],
)
def test_what_does_not_depend_on_one_is_fixed(source: str) -> None:
    assert is_fixable(source)


@pytest.mark.parametrize(
    ("source", "literals"),
    [
        ("$x = q{a{b}c} . 'd';", ["q{a{b}c}", "'d'"]),
        ("s{a} {b}x; tr/a/b/; y(a)(b);", ["s{a} {b}x", "tr/a/b/", "y(a)(b)"]),
        ("$# = 1; $' = $`; @{$\"} = 'x';", ["'x'"]),
        ("print {$f} <<A, <<~'B';\na\nA\n b\n  B\n'c';", ["<<A", "<<~'B'", "a\nA\n b\n  B", "'c'"]),
        ("$x = 1 <<2; $y = $x <<EOF;\n", []),
        ("=pod\n\n'\n\n=cut\n'a'", ["'a'"]),
        ("format STDOUT =\n@<< '\n$a\n.\n'b'", ["format STDOUT =\n@<< '\n$a\n.", "'b'"]),
        ("# '\n'a'\n__END__\n'b'", ["'a'"]),
        ("m#a'# and q#b#; q # c\n(d)", ["m#a'#", "q#b#", "q # c\n(d)"]),
        ("'never ends", ["'never ends"]),
    ],
)
def test_literals(source: str, literals: list[str]) -> None:
    body = source.encode()
    assert [body[start:end].decode() for start, end in perlscan.literals(body)] == literals


def test_white_space_in_code_does_not_count_and_in_literals_does() -> None:
    assert perlscan.tokens(b"f(\t1); # a\tb\n") == perlscan.tokens(b"f(    1); # a  b\n")
    assert perlscan.tokens(b"f('\t');") != perlscan.tokens(b"f(' ');")
    assert perlscan.tokens(b"1;\n__END__\n\t") != perlscan.tokens(b"1;\n__END__\n ")
