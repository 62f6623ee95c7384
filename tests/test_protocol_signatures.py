"""Protocols: whether the functions of steps take and give what their protocol hands on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from protocol_builder import (
    BOTH,
    COOKIE,
    HEAD,
    TAKEN,
    driver_file,
    findings,
    method,
    project,
    read,
    read_config,
    source,
)

from hvsupport.annotate import run
from hvsupport.annotate.judge import judge

# -- signatures

SIGNATURES = {
    "a method": ("    def finish(self, cookie):  # 1.0.0\n        return 1\n", True),
    "a method that drops it": ("    def finish(self, uri):  # 1.0.0\n        return 1\n", False),
    "keywords": ("    def finish(self, **kwargs):  # 1.0.0\n        return 1\n", True),
    "positions": ("    def finish(self, *args):  # 1.0.0\n        return 1\n", True),
    "by another name": ("    def finish(self, cookie_in):  # 1.0.0\n        return 1\n", True),
    "only by keyword": ("    def finish(self, *, cookie):  # 1.0.0\n        return 1\n", True),
    "nothing but self": ("    def finish(self):  # 1.0.0\n        return 1\n", False),
    "static": ("    @staticmethod\n    def finish(cookie):  # 1.0.0\n        return 1\n", True),
    "static that drops it": ("    @staticmethod\n    def finish(uri):  # 1.0.0\n        return 1\n", False),
    "decorated, nobody knows": ("    @retry\n    def finish(self):  # 1.0.0\n        return 1\n", True),
    "decorated with a release": ('    @since("1.0.0")\n    def finish(self):\n        return 1\n', False),
    "an alias of a method": ("    def _f(self):\n        return 1\n\n    finish = _f  # 1.0.0\n", False),
    "a function of the module": ("    finish = plain  # 1.0.0\n", False),
    "a function of another module": ("    finish = away  # 1.0.0\n", False),
    "a function of another module that takes it": ("    finish = takes  # 1.0.0\n", True),
    "a static function": ("    finish = staticmethod(takes_static)  # 1.0.0\n", True),
    "a lambda, nobody knows": ("    finish = lambda self: 1  # 1.0.0\n", True),
}


def mismatches(files: Mapping[str, str], text: str) -> list[str]:
    """The findings about functions that do not fit their steps."""
    return findings(read(files, text), "HV022", text)


@pytest.mark.parametrize(("text", "fits"), SIGNATURES.values(), ids=SIGNATURES)
def test_cookie_in(text: str, fits: bool) -> None:
    head = "from .base import Driver\nfrom .more import away, takes, takes_static\n\n\n"
    head += "def plain(self):\n    return 1\n\n\n"
    more = "".join(
        f"def {name}({parameters}):\n    return 1\n\n\n"
        for name, parameters in (("away", "self"), ("takes", "self, cookie"), ("takes_static", "cookie"))
    )
    files = {"lib/more.py": more, "lib/drivers.py": head + "class Mem(Driver):\n" + method("perform", "1.0.0") + text}
    found = mismatches(files, TAKEN + COOKIE)
    assert len(found) == (not fits), found
    assert all("does not take 'cookie', so the cookie of Perform is lost" in each for each in found)


def test_a_cookie_of_another_name_is_taken_where_the_parameters_say_so() -> None:
    """What the tip says: without the word in its name nobody knows which parameter the cookie is."""
    files = driver_file(source(perform="1.0.0") + "    def finish(self, guest, migrate_data):  # 1.0.0\n        pass\n")
    told = judge(read_config(TAKEN + COOKIE), read(files, TAKEN + COOKIE)).findings
    (finding,) = [each for each in told if each.entry == "finish"]
    assert finding.tip == "if the cookie has another name, list the step's parameters under 'parameters'"
    assert (finding.found, finding.expected) == ("(guest, migrate_data)", "a parameter with 'cookie' in its name")
    named = TAKEN + COOKIE + 'parameters = ["guest", "migrate_data"]\n'
    assert [each for each in mismatches(files, named) if "finish" in each] == []
    wrong = TAKEN + COOKIE + 'parameters = ["guest", "migrate_data", "flags"]\n'
    (found,) = [each for each in judge(read_config(wrong), read(files, wrong)).findings if each.entry == "finish"]
    assert "does not take 'flags'" in found.message
    assert (found.tip, found.expected) == (None, "(guest, migrate_data, flags)")


RETURNS = {
    "a value": ("return 1", True),
    "on one way": ("if cookie:\n            return 1", True),
    "a name": ("return cookie", True),
    "it yields": ("yield cookie", True),
    "nothing": ("cookie.use()", False),
    "a bare return": ("if cookie:\n            return\n        cookie.use()", False),
    "None": ("cookie.use()\n        return None", False),
    "only in a function inside": ("def inner():\n            return 1\n        cookie.use(inner)", False),
    "only in a lambda": ("cookie.use(lambda: 1)", False),
}


@pytest.mark.parametrize(("body", "fits"), RETURNS.values(), ids=RETURNS)
def test_cookie_out(body: str, fits: bool) -> None:
    text = f"class Mem(Driver):\n    def perform(self, cookie=None):  # 1.0.0\n        {body}\n\n" + method(
        "finish", "1.0.0"
    )
    found = mismatches(driver_file(text), TAKEN + COOKIE)
    assert len(found) == (not fits), found
    assert all("returns nothing, so there is no cookie for Finish" in each for each in found)


PARAMETERS = {
    "as they are called": ("connection, name, cookie, flags", []),
    "more than that": ("connection, name, cookie, flags, more=None", []),
    "other names at the same positions": ("c, domain, data, bits", []),
    "in another order": ("connection, flags, name, cookie", ["flags name cookie"]),
    "two exchanged": ("connection, name, flags, cookie", ["flags cookie"]),
    "one that is not handed over stands between": ("connection, name, more, cookie, flags", []),
    "another order, but by name at last": ("connection, flags, *rest", []),
    "without the handle every name is one to the left": ("name, cookie, flags", ["'name'"]),
    "without the cookie": ("connection, name, flags", ["'cookie', so the cookie of Perform is lost"]),
    "without the last": ("connection, name, cookie", ["'flags'"]),
    "a cookie is not taken for another parameter": ("connection, cookie, flags", ["'name'"]),
    "a cookie under a longer name": ("connection, name, cookie_in, flags", []),
    "everything": ("*everything", []),
    "none at all": ("", ["'name' and 'cookie' and 'flags', so the cookie of Perform is lost"]),
}


@pytest.mark.parametrize(("given_", "missing"), PARAMETERS.values(), ids=PARAMETERS)
def test_parameters_of_a_function_in_a_table(given_: str, missing: list[str]) -> None:
    text = TAKEN.replace("protocols =", 'kind = "table"\nprotocols =') + COOKIE.replace(
        "[protocols.move]", '[protocols.move]\nhandle = "connection"'
    )
    text += 'parameters = ["name", "cookie", "flags"]\n'
    api = "from dataclasses import dataclass\nfrom typing import Callable\n\n\n@dataclass\nclass Driver:\n"
    api += "    perform: Callable | None = None\n    finish: Callable | None = None\n"
    table = f"def begin(connection):\n    return 1\n\n\ndef end({given_}):\n    return 1\n\n\n"
    table += "TABLE = Driver(\n    perform=begin,  # 1.0.0\n    finish=end,  # 1.0.0\n)\n"
    found = mismatches({"lib/base.py": api, **driver_file(table)}, text)
    assert [_complaint(each) for each in found] == missing


def _complaint(text: str) -> str:
    """What is missing, or which parameters stand at the position of others."""
    _, moved, pairs = text.partition("is called by position and takes ")
    return " ".join(re.findall(r"'(\w+)' where", pairs)) if moved else text.partition("does not take ")[2]


def test_a_method_has_no_handle_in_front() -> None:
    text = TAKEN + COOKIE.replace("[protocols.move]", '[protocols.move]\nhandle = "connection"')
    text += 'parameters = ["name", "cookie"]\n'
    fine, lost = (
        method("perform", "1.0.0") + method("finish", "1.0.0").replace("cookie=None", parameters)
        for parameters in ("name, cookie", "name")
    )
    assert mismatches(driver_file("class Mem(Driver):\n" + fine), text) == []
    assert len(mismatches(driver_file("class Mem(Driver):\n" + lost), text)) == 1


def test_self_is_no_parameter_that_may_be_the_cookie() -> None:
    text = TAKEN + COOKIE + 'parameters = ["cookie"]\n'
    body = method("perform", "1.0.0") + method("finish", "1.0.0").replace(", cookie=None", "").replace("cookie", "1")
    assert len(mismatches(driver_file("class Mem(Driver):\n" + body), text)) == 1


def test_a_variant_is_judged_by_its_cookie_only() -> None:
    text = BOTH.replace('name = "Prepare"', 'name = "Prepare"\nparameters = ["uri", "cookie"]')
    text = text.replace(
        'variants = { tunnel = "tunnelled" }', 'variants = { tunnel = "tunnelled" }\ncookie-from = "Dump"'
    )
    stream = method("tunnel", "1.0.0").replace("cookie=None", "stream, cookie")
    lost = method("prepare", "1.0.0").replace("cookie=None", "uri")
    rest = "".join(method(name, "1.0.0") for name in ("dump", "perform", "confirm"))
    found = mismatches(driver_file(f"class Mem(Driver):\n{stream}{lost}{rest}"), text)
    assert [each.partition(" ")[2].partition(",")[0] for each in found] == ["'prepare' of lib.drivers:Mem"]


# -- what is kept between runs


def test_facts_that_were_kept_without_protocols_are_read_anew(tmp_path: Path) -> None:
    lost = method("perform", "1.0.0").replace("return cookie", "cookie.use()")
    project(tmp_path, HEAD, "class Mem(Driver):\n" + lost + method("finish", "1.0.0"))

    def codes(text: str) -> list[str]:
        config = read_config(text, tmp_path)
        return [one.code for one in judge(config, run.catalogue(config, jobs=1)).findings]

    assert codes(HEAD) == []
    assert codes(TAKEN + COOKIE) == ["HV022"]
    assert codes(TAKEN + COOKIE) == ["HV022"], "read from the cache"
    assert codes(HEAD) == []
