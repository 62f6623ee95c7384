"""What a message takes a wrong name for."""

from __future__ import annotations

import pytest

from hvsupport.annotate.nearest import did_you_mean, nearest

ENTRIES = ["domainIsActive", "domainFDAttach", "domainCreate", "domainSetTime", "connectOpen"]
#: Several are as near to ``domainFDAssociate`` as the one that it was renamed to.
MANY = ["domainCreate", "domainSave", "domainSnapshotCreateXML", "domainSetBlockIoTune", "domainIsActive"]
MANY += ["domainGetState", "domainIsUpdated", "domainCreateXML", "domainFDAttach", "domainFSTrim"]
CASES = {
    "a letter is missing": ("domainCreat", ENTRIES, "domainCreate"),
    "the end was renamed": ("domainFDAssociate", ENTRIES, "domainFDAttach"),
    "the end was renamed, among many": ("domainFDAssociate", MANY, "domainFDAttach"),
    "another case": ("QEMU", ["esx", "qemu", "remote"], "qemu"),
    "another case of all but a letter": ("filedrivr", ["BlockDriver", "FileDriver"], "FileDriver"),
    "underlines for dashes": ("cookie_from", ["cookie-from", "cookies"], "cookie-from"),
    "white space": (" store ", ["store", "stories"], "store"),
    "a release with a slip": ("1.2.5", ["1.2.0", "1.1.5", "2.2.5"], "1.2.0"),
    "the same but for case": ("open", ["Open", "OPEN"], "Open"),
    "another word": ("supports_json", ["supports_cte", "supports_joins"], "supports_joins"),
    "only another word": ("supports_json", ["supports_cte", "supports_sequences"], None),
    "another word in the middle": ("domainGetJob", ["domainSetJob", "domainIsJob"], "domainSetJob"),
    "a word more": ("domainMigrateBegin", ["domainMigrate", "domainSave"], "domainMigrate"),
    "nothing near": ("xyz", ENTRIES, None),
    "nothing there": ("xyz", [], None),
    "no name": ("", ENTRIES, None),
}


@pytest.mark.parametrize(("wrong", "known", "meant"), CASES.values(), ids=list(CASES))
def test_the_nearest_name(wrong: str, known: list[str], meant: str | None) -> None:
    assert nearest(wrong, known) == meant
    assert did_you_mean(wrong, known) == (None if meant is None else f"did you mean {meant!r}?")
