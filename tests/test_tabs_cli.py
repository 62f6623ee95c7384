"""``hvsupport tabs``: reports, exceptions, fixing, and what it refuses."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hvsupport.annotate import run as writing
from hvsupport.annotate.cli import group
from hvsupport.annotate.tabs import fix, grammars

Tabs = Callable[..., Result]
PERL = 'if ($x) {\n\tprint "a\tb";\t# c\n}\n'
FIXED = 'if ($x) {\n        print "a\tb";     # c\n}\n'


@pytest.fixture
def tabs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tabs:
    monkeypatch.chdir(tmp_path)
    return lambda *args: CliRunner().invoke(group, ["tabs", *args])


def git(*arguments: str, cwd: Path) -> str:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    names = {f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    done = subprocess.run(["git", *arguments], cwd=cwd, env={**kept, **names}, check=True, capture_output=True)
    return done.stdout.decode()


def commit(root: Path) -> None:
    if not (root / ".git").exists():
        git("init", "-q", cwd=root)
    git("add", "-A", cwd=root)
    git("commit", "-qm", "x", cwd=root)


def test_a_clean_tree(tabs: Tabs, tmp_path: Path) -> None:
    (tmp_path / "a.pl").write_text("f();\n")
    done = tabs()
    assert (done.exit_code, done.stdout, done.stderr) == (0, "No findings.\n", "1 file checked.\n")


def test_every_run_of_tabs_is_told_with_its_place(tabs: Tabs, tmp_path: Path) -> None:
    (tmp_path / "a.pl").write_text(PERL)
    (tmp_path / "Makefile").write_text("a:\n\tb\n")
    done = tabs()
    assert done.exit_code == 1
    assert done.stdout == (
        "a.pl:2:1: TAB001 a tab in the indentation\n    expected: 8 spaces\n"
        "a.pl:2:10: TAB003 a tab in a string\n    tip: write \\t\n"
        "a.pl:2:14: TAB002 a tab between words\n    expected: 5 spaces\n"
        "Found 3 errors: TAB001 1, TAB002 1, TAB003 1 (2 can be fixed by a command).\n"
    )
    assert done.stderr == "2 files checked; skipped: exempt (by name) 1.\n"


def test_quiet_is_one_line_a_file(tabs: Tabs, tmp_path: Path) -> None:
    (tmp_path / "a.pl").write_text(PERL)
    (tmp_path / "b.html").write_text("\t\n")
    done = tabs("--quiet")
    assert (done.exit_code, done.stderr) == (1, "")
    assert done.stdout == (
        "a.pl: 3 errors: TAB001 1, TAB002 1, TAB003 1 (2 can be fixed by a command).\nb.html: 1 error: TAB004 1.\n"
    )


def test_machine_formats(tabs: Tabs, tmp_path: Path) -> None:
    (tmp_path / "a.pl").write_text(PERL)
    found = json.loads(tabs("--format", "json").stdout)["findings"]
    assert [(one["code"], one["fixable"]) for one in found] == [("TAB001", True), ("TAB003", False), ("TAB002", True)]
    (log,) = json.loads(tabs("--format", "sarif").stdout)["runs"]
    assert [one["ruleId"] for one in log["results"]] == ["TAB001", "TAB003", "TAB002"]
    assert "::error file=a.pl,line=2,col=1,title=hvsupport TAB001::" in tabs("--format", "github").stdout


def test_select_and_ignore(tabs: Tabs, tmp_path: Path) -> None:
    (tmp_path / "a.pl").write_text(PERL)
    assert "TAB003 1 (" not in tabs("--select", "TAB003").stdout
    assert "Found 1 error: TAB003 1." in tabs("--select", "TAB003").stdout
    assert "TAB001" not in tabs("--ignore", "TAB001").stdout
    assert "HV001 belongs to 'hvsupport check'" in tabs("--select", "HV001").stderr


# -- exceptions


def test_an_ignore_comment_silences_its_line_and_must_be_needed(tabs: Tabs, tmp_path: Path) -> None:
    (tmp_path / "a.pl").write_text(
        "f('\t');  # hvsupport: ignore[TAB003] a table\n"
        "f();  # hvsupport: ignore[TAB003] not any more\n"
        "f('\t');  # hvsupport: ignore[TAB003]\n"
    )
    lines = [line for line in tabs().stdout.splitlines() if line.startswith("a.pl")]
    assert [line.split()[:2] for line in lines] == [
        ["a.pl:2:7:", "HV040"],
        ["a.pl:3:4:", "TAB003"],
        ["a.pl:3:10:", "HV040"],
    ]


def test_a_fix_leaves_what_is_ignored(tabs: Tabs, tmp_path: Path) -> None:
    text = "\tf();  # hvsupport: ignore[TAB001] shown as it is\n"
    (tmp_path / "a.pl").write_text(text)
    assert tabs("--fix").exit_code == 0
    assert (tmp_path / "a.pl").read_text() == text


def test_a_baseline_that_only_shrinks(tabs: Tabs, tmp_path: Path) -> None:
    source = tmp_path / "a.pl"
    source.write_text("f('\t');\nf('\t');\n")
    assert tabs("--write-baseline", "tabs.json").exit_code == 0
    assert tabs("--baseline", "tabs.json").exit_code == 0
    source.write_text("f('\t');\nf('\t');\nf('\t');\n")
    assert "Found 1 error: TAB003 1." in tabs("--baseline", "tabs.json").stdout
    source.write_text("f('\t');\n")
    assert "Found 1 error: HV040 1." in tabs("--baseline", "tabs.json").stdout


def test_a_run_over_named_files_says_nothing_of_others_in_the_baseline(tabs: Tabs, tmp_path: Path) -> None:
    """A hook names the files of a commit: what it did not look at cannot be out of date."""
    (tmp_path / "lib").mkdir()
    for name in ("a.pl", "lib/b.pl"):
        (tmp_path / name).write_text("f('\t');\n")
    assert tabs("--write-baseline", "tabs.json").exit_code == 0
    assert tabs("--baseline", "tabs.json", "a.pl").exit_code == 0
    (tmp_path / "lib" / "b.pl").write_text("f();\n")
    assert tabs("--baseline", "tabs.json", "a.pl").exit_code == 0
    for paths in (("lib",), ("lib/b.pl",), ()):
        assert "HV040 the baseline lists TAB003 in lib/b.pl once" in tabs("--baseline", "tabs.json", *paths).stdout


def test_diff_tells_new_lines_from_old_ones(tabs: Tabs, tmp_path: Path) -> None:
    source = tmp_path / "a.pl"
    source.write_text("\tf();\n\tg();\n")
    (tmp_path / "b.pl").write_text("\tf();\n")
    commit(tmp_path)
    assert tabs("--diff", "HEAD").exit_code == 0
    source.write_text("# moved\n\tnew();\n\tf();\n\tg();\n")
    (tmp_path / "c.pl").write_text("\tx();\n")
    done = tabs("--diff", "HEAD")
    assert [line[:7] for line in done.stdout.splitlines() if "TAB001" in line][:2] == ["a.pl:2:", "c.pl:1:"]
    assert tabs("--fix", "--diff", "HEAD").exit_code == 1
    assert source.read_text() == "# moved\n        new();\n\tf();\n\tg();\n"


def test_what_is_wrong_in_its_table_is_told(tabs: Tabs, tmp_path: Path) -> None:
    (tmp_path / "hvsupport.toml").write_text("[tabs]\nwidht = 4\n")
    done = tabs()
    assert done.exit_code == 1 and "hvsupport.toml:2:1: HV012" in done.stdout


def test_the_config_of_a_folder_above(tabs: Tabs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "hvsupport.toml").write_text('[tabs]\nexempt = ["sub/x.pl"]\n')
    (tmp_path / "sub").mkdir()
    for name in ("x.pl", "y.pl"):
        (tmp_path / "sub" / name).write_text("\tf();\n")
    monkeypatch.chdir(tmp_path / "sub")
    assert [line.split(":")[0] for line in tabs(".").stdout.splitlines()][:1] == ["sub/y.pl"]
    assert "Found 1 error" in tabs("y.pl", "x.pl").stdout


@pytest.mark.parametrize(
    "text", [None, '[tabs]\nexempt = ["*.pl"]\n'], ids=["no config in the root", "config in the root"]
)
def test_with_a_root_only_the_config_in_it_counts(tabs: Tabs, tmp_path: Path, text: str | None) -> None:
    (tmp_path / "hvsupport.toml").write_text('[tabs]\nexempt = ["*.c", "*.pl"]\n')
    (tmp_path / "sub").mkdir()
    for name in ("x.pl", "y.c"):
        (tmp_path / "sub" / name).write_text("\tf();\n")
    if text is not None:
        (tmp_path / "sub" / "hvsupport.toml").write_text(text)
    done = tabs("--root", "sub")
    found = [line.split(":")[0] for line in done.stdout.splitlines() if "TAB001" in line and ":1:1:" in line]
    assert (done.exit_code, found) == (1, ["x.pl", "y.c"] if text is None else ["y.c"]), done.stderr


# -- fixing


def test_a_fix_says_what_it_did_and_what_is_left(tabs: Tabs, tmp_path: Path) -> None:
    source = tmp_path / "a.pl"
    source.write_text(PERL)
    source.chmod(0o755)
    done = tabs("--fix")
    assert (done.exit_code, source.read_text()) == (1, FIXED)
    assert stat.S_IMODE(source.stat().st_mode) == 0o755
    assert "TAB003" in done.stdout and "TAB001" not in done.stdout
    assert done.stderr.endswith("2 runs of tabs fixed in 1 file; 1 cannot be fixed.\n")
    again = tabs("--fix")
    assert (again.exit_code, source.read_text()) == (1, FIXED)
    assert again.stderr.endswith("0 runs of tabs fixed in 0 files; 1 cannot be fixed.\n")


def test_a_fix_that_leaves_nothing_is_clean_the_second_time(tabs: Tabs, tmp_path: Path) -> None:
    (tmp_path / "a.pl").write_text("\tf();\n")
    assert [tabs("--fix").exit_code, tabs("--fix").exit_code, tabs().exit_code] == [1, 0, 0]


def test_a_dry_run_prints_a_diff_that_git_takes(tabs: Tabs, tmp_path: Path) -> None:
    source = tmp_path / "a.pl"
    source.write_text(PERL)
    done = tabs("--fix", "--dry-run")
    assert (done.exit_code, source.read_text()) == (1, PERL)
    (tmp_path / "p").write_text(done.stdout)
    git("init", "-q", cwd=tmp_path)
    git("apply", "p", cwd=tmp_path)
    assert source.read_text() == FIXED


def test_links_are_never_written_through(tabs: Tabs, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside.pl"
    outside.write_text("\tf();\n")
    (tmp_path / "link.pl").symlink_to(outside)
    for arguments in ((), ("link.pl",)):
        assert tabs("--fix", *arguments).exit_code == 0
    assert outside.read_text() == "\tf();\n"
    assert (tmp_path / "link.pl").is_symlink()


def test_a_file_that_changes_in_the_meantime_is_left(
    tabs: Tabs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "a.pl"
    source.write_text("\tf();\n")
    real = fix.expanded

    def slow(*args: object) -> bytes:
        source.write_text("\tnew();\n")
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(fix, "expanded", slow)
    done = tabs("--fix")
    assert done.exit_code == 1 and "the file changed while it was being checked" in done.stdout
    assert source.read_text() == "\tnew();\n"


def test_a_file_that_would_read_differently_is_left(
    tabs: Tabs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "a.pl"
    source.write_text(PERL)
    monkeypatch.setattr(fix, "expanded", lambda text, *_: text.body.expandtabs())
    done = tabs("--fix")
    assert done.exit_code == 1 and source.read_text() == PERL
    assert "TAB004 not fixed: the fix would change its tokens" in done.stdout
    assert "can be fixed" not in done.stdout


def test_a_write_that_fails_leaves_the_file(tabs: Tabs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "a.pl"
    source.write_text(PERL)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing.os, "replace", full)
    done = tabs("--fix")
    assert done.exit_code == 2 and "No space left" in done.stderr
    assert source.read_text() == PERL and os.listdir(tmp_path) == ["a.pl"]


# -- what it refuses


@pytest.mark.parametrize("module", ["tree_sitter", "tree_sitter_perl"])
def test_an_installation_without_a_grammar_stops_the_run(
    tabs: Tabs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    (tmp_path / "a.pl").write_text(PERL)
    monkeypatch.setitem(sys.modules, module, None)
    for cached in (grammars.language, grammars._parser, grammars.parse):
        cached.cache_clear()
    for arguments in ((), ("--fix",)):
        done = tabs(*arguments)
        assert done.exit_code == 2 and "the grammar of Perl cannot be loaded" in done.stderr
    assert (tmp_path / "a.pl").read_text() == PERL


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--dry-run",), "--dry-run needs --fix"),
        (("--write-baseline", "x", "--fix"), "--write-baseline cannot be combined with PATH"),
        (("nothing.pl",), "nothing.pl does not exist"),
        (("..",), "is not below"),
        (("--diff", "HEAD"), "git"),
    ],
    ids=["dry run alone", "baseline and fix", "no such file", "outside", "no repository"],
)
def test_what_cannot_run(tabs: Tabs, tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    (tmp_path / "a.pl").write_text(PERL)
    done = tabs(*arguments)
    assert done.exit_code == 2 and said in done.stderr
    assert (tmp_path / "a.pl").read_text() == PERL


def test_an_ignore_for_a_block_or_the_rest_of_a_file(tabs: Tabs, tmp_path: Path) -> None:
    block = "# hvsupport: ignore-from[TAB003] a table\nx = '\t'\ny = '\t'\n# hvsupport: ignore-end\n"
    (tmp_path / "block.py").write_text(f"{block}z = '\t'\n")
    (tmp_path / "rest.py").write_text("x = '\t'\n# hvsupport: ignore-from[TAB003] a table\ny = '\t'\n\n\nz = '\t'\n")
    (tmp_path / "unused.py").write_text("# hvsupport: ignore-from[TAB003] a table\nx = 1\n")
    done = tabs()
    places = [line.split(": ")[0] for line in done.stdout.splitlines() if line.startswith(("block", "rest", "unused"))]
    assert places == ["block.py:5:6", "rest.py:1:6", "unused.py:1:1"]
    assert "unused ignore comment: these lines have no TAB003 finding" in done.stdout


def test_tabs_that_python_3_refuses_are_expanded_as_python_2_read_them(tabs: Tabs, tmp_path: Path) -> None:
    source = tmp_path / "a.py"
    source.write_text('if x:\n        y = """\n\t"""\n\tz = 1\n')
    with pytest.raises(TabError):
        compile(source.read_text(), "a.py", "exec")
    tabs("--fix")
    assert source.read_text() == 'if x:\n        y = """\n\t"""\n        z = 1\n'


def test_leading_tabs_of_here_documents_that_the_shell_strips_can_be_allowed(tabs: Tabs, tmp_path: Path) -> None:
    (tmp_path / "a.sh").write_text("cat <<-EOF\n\ta\n  \tb\tc\n\tEOF\ncat <<EOF\n\ta\nEOF\n")
    assert [line.split(": ")[0] for line in tabs().stdout.splitlines() if line.startswith("a.sh")] == [
        *("a.sh:2:1", "a.sh:3:3", "a.sh:3:5", "a.sh:4:1", "a.sh:6:1")
    ]
    (tmp_path / "hvsupport.toml").write_text("[tabs]\nhere-documents = true\n")
    assert [line.split(": ")[0] for line in tabs().stdout.splitlines() if line.startswith("a.sh")] == [
        *("a.sh:3:3", "a.sh:3:5", "a.sh:6:1")
    ]


def test_a_here_document_gets_no_advice_for_words_of_the_shell(tabs: Tabs, tmp_path: Path) -> None:
    (tmp_path / "a.sh").write_text('cat <<EOF\n"a\tb" ${x:-\t} $(f "\t")\nEOF\n')
    assert "$'" not in tabs().stdout


def test_templates_of_makefiles_and_commit_messages_are_left(tabs: Tabs, tmp_path: Path) -> None:
    (tmp_path / "GNUmakefile.in").write_text("all:\n\ttrue\n")
    git("init", "-q", cwd=tmp_path)
    message = tmp_path / ".git" / "COMMIT_EDITMSG"
    message.write_text("a\tb\n")
    done = tabs(str(tmp_path / "GNUmakefile.in"), str(message))
    assert done.exit_code == 0 and "in .git 1" in done.stderr
