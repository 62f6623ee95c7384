"""``python -m hvsupport.annotate``: the same as the ``hvsupport`` command."""

from __future__ import annotations

from .cli import main

if __name__ == "__main__":
    main()
