"""One key of the configuration; each is declared once, by a field.

In ``Config``, ``InterfaceConfig``, ``TabsConfig`` and the tables of protocols::

    kind: Annotated[str, Key(choice(KINDS), '"table"')] = "class"
    '''What kind of interface it is.'''

This gives the attribute with its type and default, the reading of TOML, the tips for unknown keys, and
docs/configuration.md, which takes the text below the field from the source, so that no run loads it.
"""

from functools import cache
from typing import TYPE_CHECKING, Any

from ..records import NamedTuple

if TYPE_CHECKING:
    from .types import Type

INTERFACES = "interfaces"
#: The tables of protocols, and the key of an interface that names them.
PROTOCOLS = "protocols"
#: The table of the tab rule.
TABS = "tabs"
_FIELD = object()


class Key(NamedTuple):
    """One key: the annotation of a field. ``keys`` adds what the field itself says.

    Attributes:
        example: a value as TOML writes it.
        default: used if the key is missing or its value is wrong; the default of the field, unless given.
        default_text: the default in words, if it is not a TOML value.
        name: in TOML; the name of the field with dashes, unless given.
        field: the attribute that holds the value.
        required: whether it must be given: the field has no default.
    """

    type: "Type"
    example: str
    default: Any = _FIELD
    default_text: str | None = None
    name: str = ""
    field: str = ""
    required: bool = False

    @property
    def line(self) -> str:
        """The key with the value of its example."""
        return f"{self.name} = {self.example}"


@cache
def keys(table: Any) -> tuple[Key, ...]:
    """The keys of a table, in order.

    Args:
        table: a named tuple; fields without a ``Key`` are not read from TOML.
    """
    found = []
    for field, hint in table.__annotations__.items():
        for key in getattr(hint, "__metadata__", ()):
            default = table._field_defaults.get(field) if key.default is _FIELD else key.default
            name = key.name or field.replace("_", "-")
            required = field not in table._field_defaults
            found.append(key._replace(name=name, field=field, default=default, required=required))
    return tuple(found)
