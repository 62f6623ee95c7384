"""Parsing within bounds: a grammar that loses its way in a file must not hold up the run.

Some inputs make a parser take time that grows with the square of their size or worse. ``parse`` gives every file an
amount of processor time in proportion to its size, many times what ordinary files take. A parser asks only every few
steps whether to go on, so a bound is not exact; what a grammar's own scanner does within one step cannot be stopped
(``tabs.grammars.try_out``).
"""

from __future__ import annotations

import time
from typing import Any

#: Seconds for any file, and for each byte of it. The slowest grammar takes a thirtieth of that for ordinary sources.
_START, _EACH = 2.0, 1e-5
#: The largest text of Python, in bytes: the syntax tree of ``ast`` takes up to 300 times the memory.
LARGEST_PYTHON = 2_000_000
_PIECE = 1 << 16


class TooSlowError(Exception):
    """A grammar needs too long for a file."""


def seconds(size: int) -> float:
    """The processor time for a file of some bytes."""
    return _START + _EACH * size


class Allowance:
    """The processor time that is left for parsing one file.

    Args:
        size: of the file, in bytes.
    """

    def __init__(self, size: int) -> None:
        self.left = seconds(size)

    def parse(self, parser: Any, data: bytes) -> Any:
        """The syntax tree of a file or a part of it; the text of its nodes must not be asked for.

        Args:
            parser: a ``tree_sitter.Parser``.
            data: what to parse, as UTF-8.

        Raises:
            TooSlowError: the time is used up.
        """
        view = memoryview(data)
        start = time.process_time()
        end = start + self.left
        try:
            # A parser can be stopped only if it is given its text piece by piece.
            return parser.parse(
                lambda offset, _: view[offset : offset + _PIECE],
                encoding="utf8",
                progress_callback=lambda *_: time.process_time() > end,
            )
        except ValueError:
            parser.reset()
            raise TooSlowError from None
        finally:
            self.left -= time.process_time() - start
