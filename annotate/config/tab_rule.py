"""The table ``[tabs]`` of the configuration."""

from collections.abc import Mapping
from typing import Annotated

from ..model import NOTHING
from ..records import NamedTuple
from .keys import Key
from .types import FLAG, PATTERNS, choice, number, table_of

#: Languages whose tabs can be judged, as the key ``languages`` names them.
LANGUAGES = ("Perl", "Python", "shell", "C")


class TabsConfig(NamedTuple):
    """What ``hvsupport tabs`` looks at, and how."""

    exempt: Annotated[tuple[str, ...], Key(PATTERNS, '["tests/data", "*.dump", "!Kconfig"]')] = ()
    """Files that need tabs, as patterns in the syntax of `.gitignore`, in addition to the built-in ones: all kinds of
    Makefiles, `*.mk`, `*.am`, Go, `*.tsv`, `.gitmodules`, patches. `!pattern` removes one of those from the
    exemptions."""

    here_documents: Annotated[bool, Key(FLAG, "true")] = False
    """Allow tabs at the start of the lines of here-documents that begin with `<<-`: the shell strips these tabs, and
    would not strip spaces."""

    widths: Annotated[
        Mapping[str, int],
        Key(table_of(number(1, 16), "a table from patterns to numbers from 1 to 16"), '{ "src/legacy" = 4 }'),
    ] = NOTHING
    """The distance of tab stops in columns, for files written for a distance other than 8. If several patterns match,
    the last one counts. Python and POD always use 8."""

    languages: Annotated[
        Mapping[str, str],
        Key(
            table_of(choice(LANGUAGES), f"a table from patterns to one of {', '.join(LANGUAGES)}"),
            '{ "hooks/*" = "shell" }',
        ),
    ] = NOTHING
    """The language of files whose name and first line do not tell it."""
