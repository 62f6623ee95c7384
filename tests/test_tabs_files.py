"""Which files the tab rule sees, what it takes them for, and what it makes of bad ones."""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from lengths import LENGTH

from hvsupport.annotate import git
from hvsupport.annotate.config import value as config
from hvsupport.annotate.config.value import TabsConfig
from hvsupport.annotate.tabs import editorconfig, find, grammars
from hvsupport.annotate.tabs.inspection import lines
from hvsupport.annotate.tabs.languages import PERL, PYTHON, SHELL, C, language_of
from hvsupport.annotate.tabs.survey import Survey, Surveyor


def run(*command: str, cwd: Path) -> None:
    names = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    subprocess.run(command, cwd=cwd, check=True, capture_output=True, env={**kept, **names})


def repository(root: Path) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    run("git", "init", "-q", cwd=root)
    return root


def write(root: Path, files: dict[str, str | bytes]) -> Path:
    for path, content in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def survey(root: Path, *paths: str, submodules: bool = False, **tabs: object) -> Survey:
    return Surveyor(root, TabsConfig(**tabs), submodules=submodules).survey(paths)  # type: ignore[arg-type]


def seen(found: Survey) -> list[str]:
    return [file.path for file in found.files]


# -- languages

LANGUAGES = {
    **{f"a.{name}": PERL for name in ("pl", "pm", "t", "ph", "plx", "psgi", "pod", "pl.in", "pm.in", "t.in", "cgi")},
    "Makefile.PL": PERL,
    "a.PL": PERL,
    "lib/a.PM": PERL,
    **{f"a.{name}": PYTHON for name in ("py", "pyi", "pyw", "py.in")},
    **{f"a.{name}": SHELL for name in ("sh", "bash", "sh.in", "postinst")},
    "Makefile.SH": SHELL,
    ".bashrc": SHELL,
    **{f"a.{name}": C for name in ("c", "h", "h.in")},
    "a.cpp": "C++",
    "a.html": "HTML",
    "a.css": "CSS",
    "a.js": "JavaScript",
    "a.rng": "RELAX NG",
    "a.syms": "version script",
    "README": None,
    "a.in": None,
}


@pytest.mark.parametrize(("path", "language"), LANGUAGES.items(), ids=LANGUAGES)
def test_language_by_name(path: str, language: str | None) -> None:
    assert language_of(path, b"") == language


FIRST_LINES = {
    "#!/usr/bin/perl": PERL,
    "#! /usr/bin/perl -w": PERL,
    "#!perl": PERL,
    "#!/usr/bin/env perl -w": PERL,
    "#!/usr/bin/env -S perl -w": PERL,
    "#!/usr/bin/env PERL5LIB=x perl": PERL,
    "#!/opt/perl5.36.0": PERL,
    "#!/bin/sh\neval 'exec perl -x -wS $0 ${1+\"$@\"}'\n  if 0;": PERL,
    "\ufeff#!/usr/bin/perl": PERL,
    "# -*- perl -*-": PERL,
    "# vim: set ft=perl :": PERL,
    "#!/usr/bin/python3": PYTHON,
    "#!/usr/bin/env python2.7": PYTHON,
    "#!/bin/sh": SHELL,
    "#!/bin/bash -e": SHELL,
    "#!/usr/bin/env dash": SHELL,
    "#!/bin/busybox sh": SHELL,
    "#!/usr/bin/make -f": "make",
    "#!/usr/bin/env node": "JavaScript",
    "#!": None,
    "#!/usr/bin/awk -f": None,
    "text": None,
}


@pytest.mark.parametrize(("first", "language"), FIRST_LINES.items(), ids=[line[:40] for line in FIRST_LINES])
def test_language_by_first_line(first: str, language: str | None) -> None:
    assert language_of("bin/tool", first.encode() + b"\n") == language


def test_the_first_line_counts_more_than_the_name() -> None:
    assert language_of("a.t", b"#!/bin/sh\n") == SHELL
    assert language_of("a.pl", b":- module(a, []).\n") == "Prolog"
    assert language_of("a.C", b"") == "C++"


# -- which files


def test_what_git_tracks_and_what_is_new(tmp_path: Path) -> None:
    root = repository(tmp_path)
    write(
        root, {"a.pl": "\t1;\n", ".gitignore": "out\n", "out/b.pl": "\t1;\n", "new.pl": "\t1;\n", ".hid.pl": "\t1;\n"}
    )
    run("git", "add", "a.pl", ".gitignore", cwd=root)
    assert seen(survey(root)) == [".hid.pl", "a.pl", "new.pl"]
    assert seen(survey(root, "out/b.pl")) == ["out/b.pl"], "somebody asked for it"
    assert seen(survey(root, "new.pl", "a.pl")) == ["a.pl", "new.pl"]


def test_outside_a_repository_everything_is_walked(tmp_path: Path) -> None:
    write(tmp_path, {"a/b.pl": "\t1;\n", ".hg/c.pl": "\t1;\n", "d.pl": "1;\n"})
    assert seen(survey(tmp_path)) == ["a/b.pl"]
    assert seen(survey(tmp_path, "a")) == ["a/b.pl"]


def test_outside_a_repository_caches_are_left_alone(tmp_path: Path) -> None:
    """The cache of this tool lies in the tree, and holds texts with tabs."""
    tag = "Signature: 8a477f597d28d172789f06886806bc55\n"
    write(tmp_path, {".cache/CACHEDIR.TAG": tag, ".cache/x/a.pl": "\t1;\n", "b/CACHEDIR.TAG": "x", "b/c.pl": "\t1;\n"})
    assert seen(survey(tmp_path)) == ["b/c.pl"]
    assert seen(survey(tmp_path, ".cache/x/a.pl")) == [".cache/x/a.pl"], "somebody asked for it"


def test_an_unpacked_tree_in_an_ignored_folder_is_not_empty(tmp_path: Path) -> None:
    root = repository(tmp_path)
    write(root, {".gitignore": "build\n", "build/src/a.pl": "\t1;\n"})
    assert seen(survey(root / "build")) == ["src/a.pl"]


def test_submodules_only_when_asked(tmp_path: Path) -> None:
    inner = repository(tmp_path / "inner")
    write(inner, {"x.pl": "\t1;\n"})
    run("git", "add", ".", cwd=inner)
    run("git", "commit", "-qm", "x", cwd=inner)
    root = repository(tmp_path / "outer")
    run("git", "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner), "sub", cwd=root)
    write(root, {"a.pl": "\t1;\n"})
    found = survey(root)
    assert seen(found) == ["a.pl"] and found.skipped["submodule or other folder"] == 1
    assert seen(survey(root, submodules=True)) == ["a.pl", "sub/x.pl"]


EXEMPT = (
    *("Makefile", "makefile", "GNUmakefile", "sub/Makefile.am", "Makefile.in", "rules.mk", "a.mk.in", "debian/rules"),
    *("a.go", "go.mod", "a.tsv", ".gitmodules", "a.patch", "a.diff", "Kbuild"),
)


@pytest.mark.parametrize("path", EXEMPT)
def test_where_tabs_belong(tmp_path: Path, path: str) -> None:
    found = survey(write(tmp_path, {path: "a:\n\tb\n"}))
    assert seen(found) == [] and sum(found.skipped.values()) == 1


def test_a_makefile_by_its_first_line(tmp_path: Path) -> None:
    assert survey(write(tmp_path, {"build": "#!/usr/bin/make -f\na:\n\tb\n"})).skipped["exempt (make)"] == 1


def test_the_config_adds_to_the_exempt_and_takes_back(tmp_path: Path) -> None:
    write(tmp_path, {"data/a.pl": "\t1;\n", "Kconfig": "\ta\n", "b.pl": "\t1;\n"})
    assert seen(survey(tmp_path, exempt=("data", "!Kconfig"))) == ["Kconfig", "b.pl"]


def test_the_config_names_languages_and_widths(tmp_path: Path) -> None:
    write(tmp_path, {"hooks/x": "if x; then\n\ty\nfi\n"})
    (file,) = survey(tmp_path, languages={"hooks/*": "shell"}, widths={"hooks": 4}).files
    assert file.language == SHELL
    assert [finding.expected for finding in file.findings] == ["4 spaces"]


# -- .gitattributes and .editorconfig

ATTRIBUTES = {
    "* linguist-generated": "exempt",
    "* linguist-generated=true": "exempt",
    "* linguist-generated=false": "found",
    "* linguist-vendored": "exempt",
    "* binary": "exempt",
    "* -text": "exempt",
    "* -whitespace": "exempt",
    "* whitespace=trailing-space": "found",
    "* whitespace=indent-with-non-tab": "indents",
    "* whitespace=-tab-in-indent": "indents",
    "* whitespace=tab-in-indent,tabwidth=4": "found",
}


@pytest.mark.parametrize(("line", "what"), ATTRIBUTES.items(), ids=ATTRIBUTES)
def test_gitattributes(tmp_path: Path, line: str, what: str) -> None:
    root = repository(tmp_path)
    write(root, {".gitattributes": f"{line}\n", "a.pl": "\tf();\t# x\n"})
    found = survey(root, "a.pl")
    codes = [finding.code for file in found.files for finding in file.findings]
    assert codes == {"exempt": [], "found": ["TAB001", "TAB002"], "indents": ["TAB002"]}[what]


def test_tabwidth_of_git(tmp_path: Path) -> None:
    root = repository(tmp_path)
    write(root, {".gitattributes": "* whitespace=tabwidth=4\n", "a.pl": "\tf();\n"})
    ((finding,),) = [file.findings for file in survey(root, "a.pl").files]
    assert finding.expected == "4 spaces"


@pytest.mark.parametrize(
    ("text", "codes", "expected"),
    [
        ("[*]\nindent_style = tab\n", ["TAB002"], "7 spaces"),
        ("[*.pl]\nindent_style = tab\n[a.*]\nindent_style = space\n", ["TAB001", "TAB002"], "8 spaces"),
        ("[*.{py,c}]\nindent_style = tab\n", ["TAB001", "TAB002"], "8 spaces"),
        ("[*]\ntab_width = 4\n", ["TAB001", "TAB002"], "4 spaces"),
        ("[*]\nindent_style = space\nindent_size = 2\n", ["TAB001", "TAB002"], "8 spaces"),
    ],
    ids=["tabs", "the last section counts", "another file", "a width", "the size of indentation is no width of a tab"],
)
def test_editorconfig(tmp_path: Path, text: str, codes: list[str], expected: str) -> None:
    write(tmp_path, {".editorconfig": text, "a.pl": "\tf();    x()\t;\n"})
    (file,) = survey(tmp_path, "a.pl").files
    assert [finding.code for finding in file.findings] == codes
    if len(codes) == 2:
        assert file.findings[0].expected == expected


SECTIONS = {
    ("*.pl", "a/b.pl"): True,
    ("/*.pl", "a/b.pl"): False,
    ("a/*.pl", "a/b.pl"): True,
    ("a/**.pl", "a/b/c.pl"): True,
    ("{a,b}.pl", "b.pl"): True,
    ("{a}.pl", "{a}.pl"): True,
    ("x{1..3}.pl", "x2.pl"): True,
    ("x{1..3}.pl", "x4.pl"): False,
    ("[ab].pl", "b.pl"): True,
    ("[!ab].pl", "b.pl"): False,
    ("?.pl", "b.pl"): True,
    ("Makefile", "a/Makefile"): True,
    (r"\*.pl", "b.pl"): False,
    ("[", "b.pl"): False,
    ("[z-a]", "b"): False,
    ("src/**/*.c", "src/x.c"): True,
    ("src/**/*.c", "src/a/b/x.c"): True,
    ("src/**/*.c", "x.c"): False,
    ("**/x.c", "x.c"): True,
    ("**/x.c", "a/x.c"): True,
    ("**/x.c", "ax.c"): False,
    ("x{1..3}.pl", "x02.pl"): False,
}


@pytest.mark.parametrize(("pair", "matches"), SECTIONS.items(), ids=[" ".join(pair) for pair in SECTIONS])
def test_sections_of_editorconfig(pair: tuple[str, str], matches: bool) -> None:
    files = {".editorconfig": f"[{pair[0]}]\nx = Y\n"}
    found = editorconfig.EditorConfig(files.get).properties(pair[1])
    assert found == ({"x": "y"} if matches else {})


def test_the_nearest_editorconfig_counts_up_to_the_root_one() -> None:
    files = {
        ".editorconfig": "[*]\na = 1\nb = 1\n",
        "x/.editorconfig": "root = true\n[*]\nb = 2 ; comment\nc = 2\n",
        "x/y/.editorconfig": "# c = 0\n[*]\nc = 3\n",
    }
    assert editorconfig.EditorConfig(files.get).properties("x/y/f") == {"b": "2", "c": "3"}


# -- what other linters miss

MISSED = {
    "an extension nobody lists": ("a.psgi", b"\tf();\n"),
    "no extension": ("bin/tool", b"#!/usr/bin/perl\n\tf();\n"),
    "no language at all": ("NEWS", b"\tx\n"),
    "after text": ("a.pl", b"f();\tg();\n"),
    "trailing": ("a.pl", b"f();\t\n"),
    "in a comment": ("a.pl", b"#\tx\n"),
    "behind a byte order mark": ("a.py", b"\xef\xbb\xbf\tx\n"),
    "CR only": ("a.pl", b"f();\r\tg();\r"),
    "UTF-16": ("a.py", "\ufeffif x:\n\ty\n".encode("utf-16-le")),
    "UTF-16 without a mark": ("a.py", "if x:\n\ty\n".encode("utf-16-be")),
    "the last line without an end": ("a.pl", b"\tf();"),
    "a template": ("a.pl.in", b"\t@F@;\n"),
    "a name with a line end": ("a\nb.pl", b"\tf();\n"),
    "a name that is not UTF-8": ("a\udce4.pl", b"\tf();\n"),
    "a name like an option": ("-a.pl", b"\tf();\n"),
}


@pytest.mark.parametrize(("path", "data"), MISSED.values(), ids=MISSED)
@pytest.mark.parametrize("in_git", [True, False], ids=["git", "no git"])
def test_what_other_linters_miss(tmp_path: Path, path: str, data: bytes, in_git: bool) -> None:
    root = repository(tmp_path) if in_git else tmp_path
    found = survey(write(root, {path: data}))
    assert seen(found) == [path]
    assert len(found.files[0].findings) == 1


# -- bad input


def test_binary_files_are_skipped_and_counted(tmp_path: Path) -> None:
    found = survey(write(tmp_path, {"a.pl": b"\t\0\x01", "b.pl": b"\t1;\n"}))
    assert seen(found) == ["b.pl"] and found.skipped["binary"] == 1


def test_a_null_byte_far_down_is_reported_and_not_fixed(tmp_path: Path) -> None:
    (file,) = survey(write(tmp_path, {"a.pl": b"\tf();\n" + b"#" * 9000 + b"\0\n"})).files
    assert [(one.code, one.fixable) for one in file.findings] == [("TAB004", False)]


def test_links_fifos_and_broken_links_are_skipped(tmp_path: Path) -> None:
    write(tmp_path, {"a.pl": "\t1;\n", "sub/b.pl": "1;\n"})
    (tmp_path / "link.pl").symlink_to("a.pl")
    (tmp_path / "broken.pl").symlink_to("nothing")
    (tmp_path / "folder").symlink_to("sub")
    os.mkfifo(tmp_path / "fifo.pl")
    found = survey(tmp_path)
    assert seen(found) == ["a.pl"]
    assert (found.skipped["link"], found.skipped["not a regular file"]) == (2, 1)
    assert seen(survey(tmp_path, "link.pl", "fifo.pl", "broken.pl")) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read every file: run the tests as another user")
def test_what_cannot_be_read_is_a_finding(tmp_path: Path) -> None:
    write(tmp_path, {"a.pl": "\t1;\n", "sub/b.pl": "\t1;\n"})
    (tmp_path / "a.pl").chmod(0)
    (tmp_path / "sub").chmod(0)
    try:
        found = survey(tmp_path)
    finally:
        (tmp_path / "sub").chmod(0o755)
    assert seen(found) == ["a.pl", "sub"]
    assert all("cannot be read" in file.findings[0].message for file in found.files)


def test_an_error_while_reading_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"a.pl": "\t1;\n"})

    def fail(handle: int, size: int) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(find.os, "read", fail)
    (holding,) = find.scan(tmp_path, ["a.pl"], Counter())
    assert holding.problem == "the file cannot be read: Input/output error"


def test_a_deleted_file_is_counted(tmp_path: Path) -> None:
    root = repository(tmp_path)
    write(root, {"a.pl": "\t1;\n"})
    run("git", "add", ".", cwd=root)
    (root / "a.pl").unlink()
    assert survey(root).skipped["deleted"] == 1


def test_a_huge_file_is_not_kept_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find, "LARGEST", 1_000_000)
    write(tmp_path, {"a.pl": b"#" * 1_500_000 + b"\t\n", "b.pl": b"#" * 1_500_000, "c.pl": b"\0" * 1_500_000})
    found = survey(tmp_path)
    assert seen(found) == ["a.pl"] and found.skipped["binary"] == 1
    (finding,) = found.files[0].findings
    assert "larger than 1 MB; it has a tab at byte 1500000" in finding.message


def test_a_line_that_is_too_long_for_its_grammar_is_reported(tmp_path: Path) -> None:
    """Perl's grammar takes time by the square of the length of a line."""
    (file,) = survey(write(tmp_path, {"a.pl": "f(\t1);" * 20_000 + "\n"})).files
    assert {(one.code, one.fixable) for one in file.findings} == {("TAB004", False)}
    assert "too long" in (file.findings[0].tip or "")
    assert file.findings[-1].place.column == 6 * 20_000 - 3


def test_many_tabs_in_one_line_take_no_square(tmp_path: Path) -> None:
    (file,) = survey(write(tmp_path, {"a.c": "f(\t1);" * (10_000 * LENGTH) + "é\t\n"})).files
    assert len(file.findings) == 10_000 * LENGTH + 1 and file.findings[-1].place.column == 60_000 * LENGTH + 2


def test_a_long_file_is_read_to_its_end(tmp_path: Path) -> None:
    write(tmp_path, {"a.txt": b"#" * 200_000 + b"\n\tx\n"})
    ((finding,),) = [file.findings for file in survey(tmp_path).files]
    assert finding.place.line == 2


# -- places


def test_one_finding_for_each_run_in_code_points(tmp_path: Path) -> None:
    write(tmp_path, {"a.pl": 'my $ä =\t\t1;\t# é\n\r\n\t"日\t";\n'})
    (file,) = survey(tmp_path).files
    places = [(one.code, one.place.line, one.place.column, one.message) for one in file.findings]
    assert places == [
        ("TAB002", 1, 8, "2 tabs between words"),
        ("TAB002", 1, 12, "a tab between words"),
        ("TAB001", 3, 1, "a tab in the indentation"),
        ("TAB003", 3, 4, "a tab in a string"),
    ]
    assert [line[:3] for line in lines(file)] == ["my ", "my ", '\t"日', '\t"日']


def test_ignore_comments_are_those_in_comments(tmp_path: Path) -> None:
    text = "f('\t');  # hvsupport: ignore[TAB003] a table\n$x = '# hvsupport: ignore[TAB001] no comment';\n"
    (file,) = survey(write(tmp_path, {"a.pl": text})).files
    assert [(one.codes, one.reason, one.place.line) for one in file.ignores] == [(("TAB003",), "a table", 1)]


def test_a_reason_ends_where_the_comment_does(tmp_path: Path) -> None:
    write(tmp_path, {"a.html": "<pre>\t</pre> <!-- hvsupport: ignore[TAB004] shown as it is -->\n"})
    (file,) = survey(tmp_path).files
    assert [one.reason for one in file.ignores] == ["shown as it is"]


def test_the_config_knows_the_languages_that_there_are_grammars_for() -> None:
    assert config.LANGUAGES == (PERL, PYTHON, SHELL, C)
    assert set(grammars._MODULES) == set(config.LANGUAGES)


def test_attributes_of_names_that_need_quotes(tmp_path: Path) -> None:
    root = repository(tmp_path)
    write(root, {"a\nb": "", 'c"d': "", ".gitattributes": "* text\n"})
    assert set(git.attributes(root, ["a\nb", 'c"d'], ["text"])) == {"a\nb", 'c"d'}
    assert git.files(root) == [".gitattributes", "a\nb", 'c"d']
