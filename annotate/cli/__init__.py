"""The ``hvsupport`` command: a group whose subcommands are modules, loaded by name on demand.

Each module ``cli/NAME.py`` defines ``command``, a click command that returns its exit status: 0 clean, 1 findings
(or files changed), 2 could not run. Errors are caught here, once, and nowhere else. Nothing heavy may be imported
at the top of this module: ``hvsupport --version`` runs in shell prompts.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, NoReturn

import click

from .. import __version__
from ..errors import HvsupportError
from ..nearest import did_you_mean
from .examples import examples
from .streams import say

#: Subcommands in the order in which the help lists them, each with the line that it says there.
COMMANDS = {
    "init": "Find interfaces and drivers, and write hvsupport.toml.",
    "check": "Report what is missing, wrong or unreadable.",
    "docs": "Write the site: matrix, drivers, entries, protocols, your own pages.",
    "serve": "Show the site on this machine, built again on each change.",
    "show": "Answer whether a driver supports an entry, and since when.",
    "badge": "Write an SVG badge of what a driver supports.",
    "export": "Write the matrix as JSON, CSV, Markdown, BCD or XHTML.",
    "annotate": "Write the release beside every entry that lacks one.",
    "verify": "Compare every annotation with the release tags of git.",
    "backfill": "Write missing annotations from the release tags of git.",
    "changes": "Tell what changed between two releases, for release notes.",
    "next": "List what waits for the coming release, by driver.",
    "stamp": "Replace every 'next' in the sources with a release.",
    "protocol": "Say which protocol the tables allow between two hosts.",
    "tabs": "Report tabs in source files; replace those that are safe to replace.",
    "explain": "Print what a rule finds, why, and what to do instead.",
}
COULD_NOT_RUN = 2
_FULL = (errno.ENOSPC, errno.EIO)
INTERRUPTED = 130
ISSUES = "the project's issue tracker"
TRACEBACK = "HVSUPPORT_TRACEBACK"


class Commands(click.Group):
    """A group that imports a subcommand only when it is run, and that turns every error into a message."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order in which a new user needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The subcommand of that name, or None."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f".{cmd_name}", __name__).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the subcommands; none of them is imported for it."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the subcommand; for an unknown name, suggest the closest one."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            hint = did_you_mean(name, COMMANDS) or f"commands: {', '.join(COMMANDS)}"
            raise click.UsageError(f"no such command {name!r}; {hint}", ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand and flush its output while errors can still be attributed to it."""
        try:
            status = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            _silence_stdout()
            return COULD_NOT_RUN
        return status

    def main(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Run the command line and exit with its status."""
        kwargs["standalone_mode"] = False
        sys.exit(guarded(lambda: super(Commands, self).main(*args, **kwargs)))


def guarded(work: Callable[[], Any]) -> int:
    """Run ``work`` and return the exit status; exceptions become messages on standard error."""
    try:
        return int(work() or 0)
    except HvsupportError as error:
        say(f"hvsupport: {error}")
    except click.Abort:
        say("hvsupport: interrupted")
        return INTERRUPTED
    except click.ClickException as error:
        with contextlib.suppress(OSError):
            error.show()
    except OSError as error:
        # Only the output of click (help, version) fails without a file name.
        if error.filename is not None or error.errno not in _FULL:
            internal_error(error)
        else:
            say(f"hvsupport: cannot write to standard output: {error.strerror}")
    except Exception as error:
        internal_error(error)
    return COULD_NOT_RUN


def internal_error(error: Exception) -> None:
    """Print that this is a bug and how to report it; print the traceback only on request."""
    detail = " ".join(str(error).split())
    say(f"hvsupport: internal error: {type(error).__name__}{': ' if detail else ''}{detail}")
    if os.environ.get(TRACEBACK) == "1":
        import traceback

        say("".join(traceback.format_exception(error)).rstrip())
        return
    version = ".".join(map(str, sys.version_info[:3]))
    say(f"This is a bug in hvsupport {__version__}, not in your tree. Please report it to {ISSUES}:")
    say(f"the command, your Python version ({version}), and the output with {TRACEBACK}=1 in the environment.")


def _silence_stdout() -> None:
    """Keep Python from reporting a closed standard output at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


EXAMPLES = examples(
    ("hvsupport init", "begin: find interfaces and drivers"),
    ("hvsupport check --diff main", "what a branch adds"),
    ("hvsupport docs --out site", "the site"),
    ("hvsupport show migrate qemu --as-of 1.1.0", "one answer, by exit status too"),
)


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=f"{EXAMPLES}\n\nExit status: 0 clean, 1 findings (or files changed), 2 could not run.",
)
@click.version_option(__version__, "--version", prog_name="hvsupport", message="%(prog)s %(version)s")
def group() -> None:
    """Check and document which driver supports which call since which release, from annotations in the drivers."""


def _open_streams() -> None:
    """Replace a missing standard output or error (``>&-``) by one that discards everything."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - it stays open to the end


def main() -> None:
    """Run the command line; the entry point of the installed command."""
    _open_streams()
    try:
        group.main(prog_name="hvsupport")
    except SystemExit as leaving:
        _leave(leaving.code)


def _leave(status: object) -> NoReturn:
    """End the process without freeing each object: the system frees the memory at once.

    Files and processes are closed already, because each is used in a ``with`` block. If output cannot be flushed even
    now, the run has failed.
    """
    code = COULD_NOT_RUN
    try:
        sys.stdout.flush()
        sys.stderr.flush()
        if isinstance(status, int):
            code = status
    finally:
        os._exit(code)
