"""The program: ``python -m hvsupport.annotate``, and the ``hvsupport`` command, which begins here too."""

from __future__ import annotations

import gc

# What a run makes are frozen values that live until it ends, without circles: looking for circles among them costs a
# tenth of the time of a large tree and frees nothing. Before the imports, for the modules are the first such values.
gc.disable()

from .cli import main  # noqa: E402 - see above

if __name__ == "__main__":
    main()
