"""Cookies: what is written is read back, and everything else is refused with its reason."""

from __future__ import annotations

import hashlib
import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hypervisor import CookieError
from hypervisor.migration import cookie
from hypervisor.migration.cookie import Cookie

VALUES = st.one_of(st.text(max_size=40), st.integers(-(2**53), 2**53), st.booleans())
COOKIES = st.builds(
    Cookie,
    driver=st.just("memory"),
    kind=st.sampled_from(["begin", "prepare", "perform", "finish", "verdict"]),
    migration=st.text("0123456789abcdef", min_size=1, max_size=32),
    fields=st.dictionaries(st.text(max_size=10), VALUES, max_size=6),
)
GOOD = Cookie("memory", "begin", "m1", {"lease": "l1", "generation": 3})


def read(data: bytes) -> Cookie:
    """Read what must be the cookie of Begin of `memory` in migration m1."""
    return cookie.read(data, "memory", "m1", ("begin",))


@given(COOKIES)
def test_what_is_written_is_read_back(one: Cookie) -> None:
    assert cookie.read(cookie.bake(one), one.driver, one.migration, (one.kind,)) == one


@given(st.data())
def test_no_changed_byte_goes_unseen(data: st.DataObject) -> None:
    baked = cookie.bake(GOOD)
    place = data.draw(st.integers(0, len(baked) - 1))
    flipped = data.draw(st.integers(1, 255))
    damaged = baked[:place] + bytes([baked[place] ^ flipped]) + baked[place + 1 :]
    with pytest.raises(CookieError):
        read(damaged)


@given(st.integers(0, len(cookie.bake(GOOD)) - 1))
def test_no_missing_end_goes_unseen(length: int) -> None:
    with pytest.raises(CookieError):
        read(cookie.bake(GOOD)[:length])


@given(st.binary(max_size=200))
def test_garbage_is_refused(data: bytes) -> None:
    with pytest.raises(CookieError):
        read(data)


def whole(payload: bytes) -> bytes:
    """Give a payload the header that fits it."""
    return (
        struct.pack(">4sHI32s", b"HVCK", 1, len(payload), hashlib.sha256(payload).digest())
        + payload
    )


def document(**changed: object) -> bytes:
    """Give the payload of a good cookie with some names changed."""
    good = {"driver": "memory", "kind": "begin", "migration": "m1", "fields": {}}
    return json.dumps({**good, **changed}).encode()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        pytest.param(b"", "missing: expected that of begin", id="no cookie at all"),
        pytest.param(b"HVCK", "cut short: 4 bytes", id="less than a header"),
        pytest.param(b"XXXX" + cookie.bake(GOOD)[4:], "unknown kind", id="another magic"),
        pytest.param(
            b"HVCK\x00\x02" + cookie.bake(GOOD)[6:],
            "format 2, only 1 is known",
            id="a later format is not guessed at",
        ),
        pytest.param(cookie.bake(GOOD) + b"x", "bytes of payload, not", id="too much"),
        pytest.param(cookie.bake(GOOD)[:-1] + b"!", "digest", id="another last byte"),
        pytest.param(b"\x00" * (2 * cookie.MAX_BYTES), "more than the 65536", id="too large"),
        pytest.param(whole(b"\xff"), "makes no sense", id="not UTF-8"),
        pytest.param(whole(b"[" * 50000), "makes no sense", id="nested beyond what can be read"),
        pytest.param(whole(b"[]"), "makes no sense", id="a list"),
        pytest.param(whole(b"{}"), "makes no sense", id="nothing in it"),
        pytest.param(whole(document(driver=1)), "makes no sense", id="a name that is a number"),
        pytest.param(whole(document(fields=[])), "makes no sense", id="fields that are a list"),
        pytest.param(
            whole(document(fields={"a": [1]})), "makes no sense", id="a field that is a list"
        ),
        pytest.param(whole(document(driver="process")), "of driver 'process'", id="another driver"),
        pytest.param(whole(document(migration="m2")), "another migration", id="another migration"),
        pytest.param(whole(document(kind="finish")), "that of finish", id="another step"),
    ],
)
def test_what_is_wrong_with_a_cookie_is_said(data: bytes, why: str) -> None:
    with pytest.raises(CookieError, match=why):
        read(data)


def test_a_cookie_that_nobody_would_take_is_not_baked() -> None:
    with pytest.raises(CookieError, match="at most 65536"):
        cookie.bake(Cookie("memory", "begin", "m1", {"much": "x" * cookie.MAX_BYTES}))


@pytest.mark.parametrize(
    ("name", "why"),
    [
        pytest.param("lease", "no number 'lease'", id="a text is no number"),
        pytest.param("absent", "no number 'absent'", id="nothing is no number"),
        pytest.param("yes", "no number 'yes'", id="true is no number, though Python says 1"),
    ],
)
def test_a_field_of_the_wrong_type_is_refused(name: str, why: str) -> None:
    one = Cookie("memory", "begin", "m1", {"lease": "l1", "yes": True})
    with pytest.raises(CookieError, match=why):
        one.number(name)
    with pytest.raises(CookieError, match="no text 'yes'"):
        one.text("yes")
