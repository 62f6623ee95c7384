"""Detects the language of a file by name, extension, shebang, or editor mode line."""

from __future__ import annotations

import re

from ..config.value import LANGUAGES
from ..patterns import regex

PERL, PYTHON, SHELL, C = LANGUAGES
#: Files that need tabs; patterns as in ``.gitignore``. The key ``exempt`` adds more; ``!pattern`` removes one.
EXEMPT = (
    "[Mm]akefile",
    "GNU[Mm]akefile",
    "BSD[Mm]akefile",
    "GNU[Mm]akefile.*",
    "BSD[Mm]akefile.*",
    "[Mm]akefile.*",
    "!Makefile.PL",
    "!Makefile.SH",
    "!Makefile.py",
    "*.[Mm]akefile",
    "Kbuild",
    "Kbuild.*",
    "Kconfig",
    "Kconfig.*",
    "*.mk",
    "*.mk.in",
    "*.mak",
    "*.make",
    "*.am",
    "debian/rules",
    "*.go",
    "go.mod",
    "go.sum",
    "go.work",
    "*.tsv",
    "*.tab",
    ".gitmodules",
    ".gitconfig",
    "*.patch",
    "*.diff",
    "*.rej",
)
MAKE = "make"

_EXTENSIONS = {
    PERL: "pl pm t ph plx psgi pod perl al cgi fcgi",
    PYTHON: "py pyw pyi wsgi",
    SHELL: "sh bash dash ksh ebuild eclass bats preinst postinst prerm postrm",
    C: "c h",
    "HTML": "html htm xhtml",
    "CSS": "css scss less",
    "JavaScript": "js mjs cjs jsx ts tsx",
    "RELAX NG": "rng rnc",
    "XML": "xml xsl xslt xsd svg",
    "version script": "syms map ver",
    "C++": "cc cpp cxx hh hpp hxx inl",
    "Cython": "pyx pxd",
    "m4": "m4 ac",
    "zsh": "zsh",
    "csh": "csh tcsh",
    "fish": "fish",
    "Prolog": "pro prolog",
    "Perl XS": "xs",
}
_BY_EXTENSION = {name: language for language, names in _EXTENSIONS.items() for name in names.split()}
_NAMES = {
    "SConstruct": PYTHON,
    "SConscript": PYTHON,
    "wscript": PYTHON,
    "cpanfile": PERL,
    "Rexfile": PERL,
    ".bashrc": SHELL,
    ".bash_profile": SHELL,
    ".bash_aliases": SHELL,
    ".profile": SHELL,
    "PKGBUILD": SHELL,
    "APKBUILD": SHELL,
}
#: Suffixes of templates and copies: ``foo.pl.in`` is Perl.
_TEMPLATE = regex(r"\.(in|tmpl|template|tpl|dist|sample|example|orig|bak)$")
_INTERPRETERS = (
    (regex(r"perl(5[\d.]*)?"), PERL),
    (regex(r"(pythonw?|pypy)[\d.]*"), PYTHON),
    (regex(r"sh|bash|rbash|dash|ash|[mp]?d?ksh\d*|openrc-run|bats"), SHELL),
    (regex(r"[gbp]?make"), MAKE),
    (regex(r"node|nodejs|deno|bun"), "JavaScript"),
    (regex(r"zsh"), "zsh"),
    (regex(r"t?csh"), "csh"),
    (regex(r"fish"), "fish"),
)
_SHEBANG = regex(rb"(?:\xef\xbb\xbf)?#![ \t]*([^\r\n]*)")
#: A shell script that starts perl on itself, an old alternative to a shebang.
_HANDOVER = regex(rb"^[ \t]*(?:eval[ \t]+['\"(]*[ \t]*)?exec[ \t]+\S*perl\b", re.MULTILINE)
_MODE = regex(
    rb"-\*-[ \t]*(?:.*?\bmode:[ \t]*)?([A-Za-z+-]+)[ \t]*(?:;.*?)?-\*-"
    rb"|\b(?:vim?|ex):.*?\b(?:ft|filetype|syntax)=(\w+)"
)
_MODES = {"perl": PERL, "cperl": PERL, "python": PYTHON, "sh": SHELL, "shell-script": SHELL, "bash": SHELL, "c": C}
_PROLOG = regex(rb"^(?::-|[a-z]\w*\([^\n]*\)[ \t]*:-)", re.MULTILINE)
_HEAD = 4096


def language_of(path: str, head: bytes) -> str | None:
    """The language of a file, or None if unknown.

    Args:
        head: its first bytes in UTF-8.
    """
    name = path.rpartition("/")[2]
    start = head[:_HEAD]
    said = _interpreter(start)
    if said is not None:
        return said
    by_name = _by_name(name, start)
    return by_name if by_name is not None else _by_mode(start)


def _by_name(name: str, start: bytes) -> str | None:
    if name in _NAMES:
        return _NAMES[name]
    if name.endswith(".PL"):
        return PERL
    if name.endswith(".SH"):
        return SHELL
    bare = name
    while _TEMPLATE.search(bare):
        bare = _TEMPLATE.sub("", bare)
    language = _BY_EXTENSION.get(bare.rpartition(".")[2].lower()) if "." in bare else None
    if language == PERL and _PROLOG.search(start):
        return "Prolog"
    if bare.endswith((".C", ".H")):
        return "C++"
    return language


def _interpreter(start: bytes) -> str | None:
    found = _SHEBANG.match(start)
    words = found[1].split() if found is not None else []
    if not words:
        return None
    name = _base(words[0])
    if name == "env":
        rest = [word for word in words[1:] if not word.startswith(b"-") and b"=" not in word]
        name = _base(rest[0]) if rest else name
    if name == "busybox" and len(words) > 1:
        name = _base(words[1])
    language = next((each for pattern, each in _INTERPRETERS if pattern.fullmatch(name)), None)
    return PERL if language in (SHELL, "csh") and _HANDOVER.search(b"\n".join(start.splitlines()[1:12])) else language


def _base(word: bytes) -> str:
    return word.rpartition(b"/")[2].decode("utf-8", "replace")


def _by_mode(start: bytes) -> str | None:
    for line in start.splitlines()[:2]:
        found = _MODE.search(line)
        if found is not None:
            mode = (found[1] or found[2]).decode("ascii", "replace").lower()
            return _MODES.get(mode)
    return None
