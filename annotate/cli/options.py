"""What the subcommands share: their common options, loading the configuration, and writing the result."""

from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec

import click

from ..config import load
from ..config.value import Config
from ..records import NamedTuple

P = ParamSpec("P")
CommandBody = Callable[..., int]


class Options(NamedTuple):
    """The values of the common options.

    Attributes:
        root: folder that all paths are relative to; None for the folder of the config file.
        config: the config file; None to search for it in the root, or upwards if there is no root.
        preset: name of a built-in configuration, or None.
        jobs: number of processes; None to choose by workload.
        executor: makes what reads files, instead of processes of this machine; None for those.
        cache: whether facts of unchanged files are taken from the cache.
        format: of the output, one of the choices of the command; empty if it has none.
        output: file to write; None for standard output.
    """

    root: Path | None = None
    config: Path | None = None
    preset: str | None = None
    jobs: int | None = None
    executor: Callable[[], Any] | None = None
    cache: bool = True
    format: str = ""
    output: Path | None = None
    quiet: bool = False


_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_NEW_FILE = click.Path(dir_okay=False, path_type=Path)


if TYPE_CHECKING:
    _Type = click.ParamType[Any]  # generic only in recent versions of click
else:
    _Type = click.ParamType


class _Executor(_Type):
    """The dotted name of a function that makes an executor."""

    name = "executor"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from pkgutil import resolve_name

        try:
            found = resolve_name(value)
        except (ImportError, AttributeError, ValueError) as error:
            self.fail(f"{value!r} cannot be imported: {error}; expected MODULE:FUNCTION", param, ctx)
        if not callable(found):
            self.fail(f"{value!r} is not a function that returns a concurrent.futures.Executor", param, ctx)
        return found


_TREE = (
    click.option(
        "--root", type=_FOLDER, help="Folder that all paths are relative to; default: the folder of the config."
    ),
    click.option("--config", type=_FILE, help="Config file; default: the one in --root, or the nearest upwards."),
    click.option("--preset", metavar="NAME", help="Built-in configuration for a known tree."),
    click.option(
        "--jobs", type=click.IntRange(min=1), metavar="N", help="Number of processes; default: chosen by workload."
    ),
    click.option(
        "--executor",
        type=_Executor(),
        metavar="MODULE:FUNCTION",
        help="Function that returns a concurrent.futures.Executor, which reads the files instead of processes here.",
    ),
    click.option("--no-cache", is_flag=True, help="Read every file again, and write no cache."),
)

#: ``baseline``: for commands that run rules.
baseline_option = click.option(
    "--baseline", type=_NEW_FILE, metavar="FILE", help="Baseline of known findings; default: from the config."
)
#: ``from_git``: for commands that write a matrix.
history_option = click.option(
    "--history", "from_git", is_flag=True, help="Take releases that the sources do not name from the tags of git."
)
#: ``new_baseline``: for commands that make one.
new_baseline_option = click.option(
    "--write-baseline",
    "new_baseline",
    type=_NEW_FILE,
    metavar="FILE",
    help="Write all findings to FILE as a new baseline and exit 0.",
)
#: ``select``: which rules run.
select_option = click.option(
    "--select", multiple=True, metavar="CODE", help="Run only rules whose code starts with CODE; repeatable."
)
#: ``ignore``: which rules do not.
ignore_option = click.option(
    "--ignore", multiple=True, metavar="CODE", help="Skip rules whose code starts with CODE; repeatable."
)


def common_options(
    formats: Sequence[str] = (), *, output: bool = False, quiet: str = "Print no progress and no summary."
) -> Callable[[CommandBody], Callable[..., int]]:
    """Give a command the common options; its function takes them as ``options``, an :class:`Options`.

    Args:
        formats: the choices of ``--format``, the default first; if empty, there is no ``--format``.
        quiet: what ``--quiet`` does.
    """
    chosen = [*_TREE, click.option("--quiet", is_flag=True, help=quiet)]
    if formats:
        kind = click.Choice(formats)
        chosen.append(click.option("--format", type=kind, default=formats[0], show_default=True, help="Output format."))
    if output:
        chosen.append(
            click.option("--output", type=_NEW_FILE, metavar="FILE", help="Output file; default: standard output.")
        )

    def decorate(body: CommandBody) -> Callable[..., int]:
        @wraps(body)
        def command(no_cache: bool, **given: Any) -> int:
            taken = {name: given.pop(name) for name in Options._fields if name in given}
            return body(options=Options(cache=not no_cache, **taken), **given)

        decorated: Callable[..., int] = command
        for option in reversed(chosen):
            decorated = option(decorated)
        return decorated

    return decorate


def load_config(options: Options) -> Config:
    """Read the configuration that the options name.

    Raises:
        ConfigError: it does not exist or is not TOML.
    """
    return load.load(root=options.root, config=options.config, preset=options.preset)
