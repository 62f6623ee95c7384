"""tree-sitter's grammar of C: the only place that loads it, and only when a table or a struct was found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING

from ...bounded import Allowance
from ...errors import InstallError

if TYPE_CHECKING:
    from tree_sitter import Node, Parser


@cache
def _parser() -> Parser:
    try:
        import tree_sitter
        import tree_sitter_c
    except ImportError as error:
        raise InstallError(f"the grammar of C cannot be loaded ({error}): install hvsupport again") from error
    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_c.language()))


#: A text of so many bytes takes no time worth measuring, whatever it is.
_SHORT = 1 << 12


def parse(data: bytes, allowance: Allowance) -> Node:
    """The root of the syntax tree of some C; what is no C stands in it as ERROR nodes.

    Args:
        data: the C.
        allowance: the time that is left for its file.

    Raises:
        TooSlowError: the time is used up.
    """
    parser = _parser()
    if len(data) <= _SHORT:
        return parser.parse(data).root_node
    # Parsed again with what is known of it, which takes no time, so that nodes have their text.
    return parser.parse(data, allowance.parse(parser, data)).root_node


def walk(node: Node) -> Iterator[Node]:
    """A node and all below it, in order; a tree may be deeper than Python calls itself."""
    stack = [node]
    while stack:
        node = stack.pop()
        yield node
        stack += reversed(node.children)


def errors(node: Node, but: Callable[[Node], bool] | None = None) -> list[Node]:
    """The places below a node where the grammar was at a loss, the outermost ones.

    Args:
        node: the node.
        but: which nodes are not looked into.
    """
    found = []
    stack = [node]
    while stack:
        node = stack.pop()
        if node.is_error or node.is_missing:
            found.append(node)
        elif node.has_error and not (but is not None and but(node)):
            stack += reversed(node.children)
    return found
