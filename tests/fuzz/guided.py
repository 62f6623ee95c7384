"""One subject under atheris: ``guided.py SUBJECT FOLDER [OPTION OF LIBFUZZER | CORPUS]...``.

``__main__.py`` starts it. An input that breaks a property does not end the run: the shortest of each kind is kept.
"""

from __future__ import annotations

import pkgutil
import sys
import traceback
from importlib import import_module
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["hvsupport", "hypervisor", "markdown"]):
    import subjects

    import hvsupport.annotate
    import hvsupport.gen

    for package in (hvsupport.annotate, hvsupport.gen):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                import_module(module.name)

#: Kind -> length of the shortest input that shows it.
found: dict[str, int] = {}


def kind(error: Exception) -> str:
    """What faults of one kind share: the error, and where our code or a library raised it."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}-{Path(last.filename).stem}-{last.lineno}"


def main() -> None:
    name, folder, *options = sys.argv[1:]
    check = subjects.SUBJECTS[name].check

    def once(data: bytes) -> None:
        try:
            check(data)
        except Exception as error:
            what = kind(error)
            if len(data) < found.get(what, 1 << 30):
                if what not in found:
                    traceback.print_exc()
                found[what] = len(data)
                Path(folder, f"fault-{what}").write_bytes(data)

    atheris.Setup([sys.argv[0], *options], once)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
