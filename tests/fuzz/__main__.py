"""Fuzzing guided by coverage: ``make fuzz MINUTES=10 SUBJECTS="c tabs"``; needs Linux and a Python with atheris.

Each subject runs in a process of its own, from the committed corpus and the texts of our tests. The shortest input of
each kind of fault is ``FOLDER/SUBJECT/fault-*``, and its error is printed; one that kills the process, hangs it or
takes too much memory is ``crash-*``, ``timeout-*`` or ``oom-*``. Mend the kind, and keep the input with ``--keep``.
What reached new code is in ``FOLDER/SUBJECT/corpus``; ``--merge`` makes the small committed corpus of it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from hashlib import sha1
from pathlib import Path
from types import FrameType

import subjects

#: Bytes and number of the inputs that a corpus keeps.
SMALL, FEW = 300, 150
OURS = tuple(str(subjects.ROOT / folder) for folder in ("annotate", "gen", "docs/example/hypervisor"))
FAULTS = ("fault", "crash", "timeout", "oom", "leak")
GUIDED = Path(__file__).with_name("guided.py")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help="default: all, one after another")
    parser.add_argument("--minutes", type=float, default=10, help="of each subject (default: 10)")
    parser.add_argument("--folder", type=Path, default=Path(".fuzz"), help="of what is found (default: .fuzz)")
    parser.add_argument("--merge", action="store_true", help="update the committed corpus, and fuzz nothing")
    parser.add_argument("--keep", type=Path, help="add one input to the committed corpus of the subject")
    given = parser.parse_args()
    failed = []
    for name in given.subjects or subjects.SUBJECTS:
        if given.keep is not None:
            subjects.save(name, [*subjects.corpus(name), given.keep.read_bytes()])
        elif given.merge:
            _merge(name, given.folder / name)
        elif _fuzz(name, given.folder / name, given.minutes):
            failed.append(name)
    print(f"failed: {', '.join(failed)}" if failed else "nothing failed")
    return 1 if failed else 0


def _fuzz(name: str, folder: Path, minutes: float) -> bool:
    """Whether a fault was found."""
    corpus, words = folder / "corpus", folder / "words"
    corpus.mkdir(parents=True, exist_ok=True)
    for data in {*subjects.corpus(name), *subjects.seeds(name)}:
        (corpus / sha1(data).hexdigest()).write_bytes(data)
    words.write_text("".join(f'"{_escaped(word)}"\n' for word in subjects.SUBJECTS[name].words if word))
    print(f"{name}: {minutes:g} minutes from {len(list(corpus.iterdir()))} inputs", flush=True)
    options = [f"-dict={words}", f"-max_len={subjects.LONGEST}", f"-artifact_prefix={folder}/", "-print_final_stats=1"]
    end = time.monotonic() + minutes * 60
    while (left := int(end - time.monotonic())) > 0:
        # What ends the process is begun again: it is one fault of several.
        _start(name, folder, [*options, f"-max_total_time={left}", str(corpus)])
    return any(path.name.partition("-")[0] in FAULTS for path in folder.iterdir())


def _merge(name: str, folder: Path) -> None:
    """Keep inputs that together reach what all small ones reach: shorter ones first, by the lines that follow lines."""
    check, seen, kept = subjects.SUBJECTS[name].check, set[tuple[str, int, int]](), subjects.corpus(name)
    inputs = {data for path in (folder / "corpus").iterdir() if len(data := path.read_bytes()) <= SMALL}
    for data in [*kept, *sorted(inputs, key=lambda data: (len(data), data))]:
        reached = _reached(check, data)
        if not reached <= seen and len(kept) < FEW:
            seen |= reached
            kept.append(data)
    subjects.save(name, kept)


def _reached(check: Callable[[bytes], None], data: bytes) -> set[tuple[str, int, int]]:
    """Pairs of lines of our code that an input runs one behind the other."""
    found: set[tuple[str, int, int]] = set()

    def trace(frame: FrameType, event: str, _: object) -> Callable[..., object] | None:
        path = frame.f_code.co_filename
        if not path.startswith(OURS):
            return None
        last = frame.f_lineno

        def line(frame: FrameType, event: str, _: object) -> Callable[..., object]:
            nonlocal last
            found.add((path, last, frame.f_lineno))
            last = frame.f_lineno
            return line

        return line

    sys.settrace(trace)
    try:
        check(data)
    except AssertionError as error:
        print(f"fails: {error}: {data!r}")
    finally:
        sys.settrace(None)
    return found


def _start(name: str, folder: Path, options: Sequence[str]) -> None:
    bounds = ["-timeout=60", "-rss_limit_mb=2048"]
    subprocess.run([sys.executable, str(GUIDED), name, str(folder), *bounds, *options])


def _escaped(word: str) -> str:
    plain = set(range(0x20, 0x7F)) - set(b'"\\')
    return "".join(chr(byte) if byte in plain else f"\\x{byte:02x}" for byte in word.encode())


if __name__ == "__main__":
    sys.exit(main())
