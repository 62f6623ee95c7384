"""What functions do to a class or object that they are given, and modules to the classes of others."""

from .records import NamedTuple

#: As the name that is set: the one that an object has in the body of the class.
OWN_NAME = "__set_name__()"


class Change(NamedTuple):
    """A function sets an attribute of something that it is given.

    Attributes:
        function: its name; ``Class.method`` for a method.
        name: of the attribute, or None where it cannot be read.
        via: the function that it hands what it is given on to, which may set something; None where it does so itself.
    """

    function: str
    name: str | None
    line: int
    column: int
    via: str | None = None


class Outer(NamedTuple):
    """What a module does to a class or a module from outside.

    Attributes:
        owner: the dotted name of what is changed; ``module:name`` for what a function imports.
        name: the attribute, empty where it cannot be read; the function that is given the class; the class that it is
            registered with.
        how: ``set``, ``below`` (set on each class that derives from it), ``given`` or ``registered``.
    """

    owner: str
    name: str
    how: str
    line: int
    column: int


class Handed(NamedTuple):
    """A class gives ``self`` or ``cls`` to a function, or a function of C the pointer that it sets slots through."""

    callee: str
    line: int
    column: int


class Wrapper(NamedTuple):
    """A function gives back one that does something of its own, whatever it was given.

    Attributes:
        function: its name; ``Class.method`` for a method.
        kind: what the one that it gives back does, as ``Body`` has it; ``abstract`` where it marks what it was given
            as that.
        target: the exception that it raises.
    """

    function: str
    kind: str
    target: str | None = None
