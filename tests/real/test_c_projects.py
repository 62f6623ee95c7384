"""Two more C projects from Debian's sources, in other styles, with a short configuration and no annotations."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import debian
import pytest

from hvsupport.annotate import run
from hvsupport.annotate.catalogue import Catalogue
from hvsupport.annotate.config import load as configfile
from hvsupport.annotate.config.value import Config
from hvsupport.annotate.judge import judge
from hvsupport.annotate.rewrite import add, disk

HERE = Path(__file__).parent
PROJECTS = {"libsrtp": debian.LIBSRTP, "gpsd": debian.GPSD}


def load(name: str, root: Path) -> tuple[Config, Catalogue]:
    config = configfile.load(root=root, config=HERE / f"{name}.toml")
    return config, run.catalogue(config, cache=False)


def states(catalogue: Catalogue, key: str) -> Counter[str]:
    interface = next(each for each in catalogue.interfaces if each.key == key)
    return Counter(cell.state for _, _, cell in interface.walk())


def test_positional_tables_of_typedefs() -> None:
    config, catalogue = load("libsrtp", debian.tree(debian.LIBSRTP))
    cipher = catalogue.interfaces[0]
    assert [entry.name for entry in cipher.entries] == [
        *("alloc", "dealloc", "init", "set_aad", "encrypt", "decrypt", "set_iv", "get_tag")
    ]
    null = "crypto/cipher/null_cipher.c:srtp_null_cipher"
    empty = [entry.name for entry in cipher.entries if not cipher.cells[null, entry.name].implements]
    assert empty == ["set_aad", "get_tag"]
    assert (len(cipher.drivers), states(catalogue, "cipher")) == (18, {"unannotated": 120, "unsupported": 24})
    assert (len(catalogue.interfaces[1].drivers), states(catalogue, "auth")) == (5, {"unannotated": 30})
    assert Counter(one.code for one in judge(config, catalogue).findings) == {"HV001": 150}


def test_designated_tables_of_inline_pointers() -> None:
    config, catalogue = load("gpsd", debian.tree(debian.GPSD))
    receiver = catalogue.interfaces[0]
    assert (len(receiver.entries), len(receiver.drivers)) == (11, 35)
    assert states(catalogue, "receiver") == {
        "unannotated": 173,
        "unsupported": 211,
        "unreadable": 1,  # what driver_greis lacks, which stands partly under '#if 0'
    }
    findings = judge(config, catalogue).findings
    assert Counter(one.code for one in findings) == {"HV001": 173, "HV010": 1}
    disabled = next(one for one in findings if one.code == "HV010")
    assert disabled.place.path == "drivers/driver_greis.c"
    assert "#if 0" in disabled.message


@pytest.mark.parametrize("name", sorted(PROJECTS))
def test_annotate_writes_every_annotation_and_nothing_else(name: str, tmp_path: Path) -> None:
    root = tmp_path / "tree"
    original = debian.tree(PROJECTS[name])
    shutil.copytree(original, root, symlinks=True)
    _, catalogue = load(name, root)
    plan = add.plan(catalogue, "next")
    assert not plan.skipped
    disk.write(root, plan.edits)
    for path in {edit.path for edit in plan.edits}:
        written = (root / path).read_bytes()
        pieces = sorted((edit for edit in plan.edits if edit.path == path), key=lambda edit: -edit.start)
        for edit in pieces:
            shift = sum(len(other.new) for other in pieces if other.start < edit.start)
            at = edit.start + shift
            assert written[at : at + len(edit.new)] == edit.new
        for edit in sorted(pieces, key=lambda edit: edit.start):
            written = written[: edit.start] + written[edit.start + len(edit.new) :]
        assert written == (original / path).read_bytes()
    config, again = load(name, root)
    assert "HV001" not in {one.code for one in judge(config, again).findings}
    assert add.plan(again, "next").edits == ()
