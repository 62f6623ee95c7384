"""Creates named tuples without their own ``__new__``, which is Python code and takes twice as long.

For the few places that create thousands of them in a run; elsewhere keyword arguments are worth more than the time. All
values must be given, in order: defaults do not apply.
"""

from __future__ import annotations

#: ``record(Place, (path, line, column))`` is ``Place(path, line, column)``.
record = tuple.__new__
