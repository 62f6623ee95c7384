"""Named tuples made without their own ``__new__``, which is Python code and takes twice as long.

For the few places that make thousands of them in a run; everywhere else their names are worth more than the time. All
values must be given, in order, for nothing looks after defaults.
"""

from __future__ import annotations

#: ``record(Place, (path, line, column))`` is ``Place(path, line, column)``.
record = tuple.__new__
