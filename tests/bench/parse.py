"""What the reader is measured against: ``ast.parse`` over the same files, and the reader itself, without start-up.

    parse.py ast ROOT CONFIG        seconds of CPU for parsing the files that a run reads
    parse.py read ROOT CONFIG       seconds of CPU for reading and resolving them, cold, in one process

Both are run in processes of their own by ``make bench``; each prints one number.
"""

from __future__ import annotations

import ast
import sys
import time
import warnings
from pathlib import Path

from hvsupport.annotate import run
from hvsupport.annotate.config import load as configfile


def main(what: str, root: str, config: str) -> None:
    loaded = configfile.load(root=Path(root), config=Path(config))
    # The first run tells which files are read, and loads every library that is loaded lazily.
    paths = run.catalogue(loaded, cache=False, jobs=1).paths
    contents = [(Path(root) / path).read_bytes() for path in paths]
    start = time.process_time()
    if what == "ast":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for data in contents:
                ast.parse(data)
    else:
        run.catalogue(loaded, cache=False, jobs=1)
    print(time.process_time() - start)


if __name__ == "__main__":
    main(*sys.argv[1:])
