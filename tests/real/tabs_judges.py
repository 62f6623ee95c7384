"""What the languages themselves say of two versions of a file: each judge returns a text that must not change.

None of them knows the tool. A judge returns None for a file that the language does not accept as it came.
"""

from __future__ import annotations

import ast
import io
import os
import re
import subprocess
import threading
import tokenize
import warnings
from collections.abc import Iterable
from pathlib import Path

_TIMEOUT = 60
_POD = r"""
use Pod::Simple::DumpAsXML;
binmode STDOUT;
while (my $path = <STDIN>) {
    chomp $path;
    my $out = '';
    my $parser = Pod::Simple::DumpAsXML->new;
    $parser->output_string(\$out);
    $parser->parse_file($path);
    utf8::encode($out) if utf8::is_utf8($out);
    print "$path\n$out\n";
}
"""


def _run(*command: str, **environment: str) -> bytes | None:
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            check=False,
            timeout=_TIMEOUT,
            env={**os.environ, "LC_ALL": "C", **environment},
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        return None
    return done.stdout if done.returncode == 0 else None


_ADDRESS = re.compile(rb"\b\d{12,}\b")


def perl(path: Path) -> bytes | None:
    """The program as perl understood it; addresses that get into constants are another each time."""
    said = _run("perl", "-MO=Deparse,-p", str(path), PERL_HASH_SEED="0", PERL_PERTURB_KEYS="0")
    return None if said is None else _ADDRESS.sub(b"ADDRESS", said)


def pods(folder: Path, names: Iterable[str]) -> dict[str, bytes]:
    """The documentation of some files as every renderer gets it, by one perl for all of them."""
    given = "".join(f"{name}\n" for name in names).encode()
    done = subprocess.run(["perl", "-e", _POD], input=given, capture_output=True, check=True, cwd=folder, timeout=600)
    rendered, name = {}, ""
    known = set(names)
    for line in done.stdout.split(b"\n"):
        text = line.decode("utf-8", "replace")
        if text in known:
            name = text
            rendered[name] = b""
        else:
            rendered[name] += line + b"\n"
    return rendered


def shell(path: Path) -> bytes | None:
    """The script as bash understood it, here-documents included; it must be valid for bash first."""
    if _run("bash", "-n", str(path)) is None:
        return None
    return _run("bash", "--pretty-print", str(path))


def c(path: Path) -> bytes | None:
    """The tokens that gcc's preprocessor reads, directives included, comments not."""
    said = _run("gcc", "-x", "c", "-fpreprocessed", "-dD", "-E", "-P", "-w", str(path))
    # The preprocessor repeats the indentation, which is what changes.
    return None if said is None else re.sub(rb"^ +", b"", said, flags=re.MULTILINE)


_PARSING = threading.Lock()


def python(path: Path) -> bytes | None:
    """The syntax tree; for Python 2 the tokens with the column at which Python 2 sees each."""
    data = path.read_bytes()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            # Threads that parse at once disturb each other (a SystemError of CPython 3.11).
            with _PARSING:
                tree = ast.parse(data)
            return ast.dump(tree).encode("utf-8", "surrogatepass")
        except (SyntaxError, ValueError, RecursionError):
            return _python_2(data)


def _python_2(data: bytes) -> bytes | None:
    try:
        tokens = list(tokenize.tokenize(io.BytesIO(data).readline))
    except (tokenize.TokenError, SyntaxError, UnicodeDecodeError):
        return None
    texts = []
    for token in tokens:
        if token.type == tokenize.COMMENT or token.type == tokenize.NL:
            continue
        text = token.string.expandtabs(8) if token.type == tokenize.INDENT else token.string
        texts.append(f"{tokenize.tok_name[token.type]} {text!r}")
    return "\n".join(texts).encode("utf-8", "surrogatepass")


_QUOTED = re.compile(
    rb"""'(?:[^'\\\n]|\\.)*' | "(?:[^"\\\n]|\\.)*" | <<-?\s*['"]?(\w+)['"]?.*\n(?s:.*?)\n\s*\1\n""", re.VERBOSE
)


def quoted(path: Path) -> list[bytes]:
    """Whatever looks like a literal with a tab in it; for files that no judge accepts."""
    return [found[0] for found in _QUOTED.finditer(path.read_bytes()) if b"\t" in found[0]]
