"""The table ``[tabs]`` of the configuration."""

from collections.abc import Mapping
from typing import Annotated, NamedTuple

from ..model import NOTHING
from .keys import Key
from .types import PATTERNS, choice, number, table_of

#: Languages whose tabs can be judged, as the key ``languages`` names them.
LANGUAGES = ("Perl", "Python", "shell", "C")


class TabsConfig(NamedTuple):
    """What ``hvsupport tabs`` looks at, and how."""

    exempt: Annotated[tuple[str, ...], Key(PATTERNS, '["tests/data", "*.dump", "!Kconfig"]')] = ()
    """Files in which tabs belong, as patterns of `.gitignore`, besides those that are exempt anyway: Makefiles in every
    spelling, `*.mk`, `*.am`, Go, `*.tsv`, `.gitmodules`, patches. `!pattern` takes one of those back."""

    widths: Annotated[
        Mapping[str, int],
        Key(table_of(number(1, 16), "a table from patterns to numbers from 1 to 16"), '{ "src/legacy" = 4 }'),
    ] = NOTHING
    """How many columns lie between two tab stops, for files that were written for another number than 8. Where several
    patterns fit, the last one counts. Python and POD are always expanded at 8."""

    languages: Annotated[
        Mapping[str, str],
        Key(
            table_of(choice(LANGUAGES), f"a table from patterns to one of {', '.join(LANGUAGES)}"),
            '{ "hooks/*" = "shell" }',
        ),
    ] = NOTHING
    """The language of files whose name and first line do not say it."""
