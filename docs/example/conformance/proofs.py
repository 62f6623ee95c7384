"""What every driver must be shown before a guest goes on or ends: whole cookies, the right ones.

What is shown instead is damaged, or says what the hosts did not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

import hypervisor
from hypervisor.migration import cookie as cookies
from hypervisor.migration import host as hosts
from hypervisor.migration import protocols
from hypervisor.migration.cookie import Cookie

from . import needs
from .by_hand import GUEST, ByHand, Pair, expect_states, state_of
from .by_hand import fixture as fixture
from .guests import started


def test_the_source_lets_the_guest_go_on_only_with_proof(by_hand: ByHand) -> None:
    by_hand.until("finish")
    with pytest.raises(hypervisor.CookieError, match="missing"):
        by_hand.confirm(cancelled=True)
    by_hand.expect("perform", "and a Confirm without the proof that the destination gave it up")
    by_hand.undo()
    by_hand.expect("undo", "with the cookie of Finish as the proof")


def test_the_source_ends_the_guest_only_with_proof(by_hand: ByHand) -> None:
    by_hand.until("confirm")
    good = by_hand.cookies.pop("finish")
    with pytest.raises(hypervisor.CookieError, match="missing"):
        by_hand.confirm()
    by_hand.expect("finish", "and a Confirm without the proof that it runs there")
    by_hand.cookies["finish"] = good
    by_hand.confirm()
    by_hand.expect("confirm", "with the cookie of Finish as the proof")


# step, the cookie it takes
TAKEN = [("prepare", "begin"), ("perform", "prepare"), ("finish", "perform"), ("confirm", "finish")]

DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "missing": lambda cookie: b"",
    "cut short": lambda cookie: cookie[:-1],
    "of one byte changed": lambda cookie: cookie[:-3] + b"\x00" + cookie[-2:],
    "of another format": lambda cookie: cookie[:5] + b"\x09" + cookie[6:],
    "garbage": lambda cookie: b"<cookie/>" * 9,
    "huge": lambda cookie: cookie + b"x" * 2**17,
}


@pytest.mark.parametrize(("step", "cookie"), TAKEN)
def test_a_bad_cookie_is_refused_and_changes_nothing(
    by_hand: ByHand, step: str, cookie: str
) -> None:
    between = by_hand.until(step).states()
    good = by_hand.cookies[cookie]
    for what, damaged in DAMAGE.items():
        by_hand.cookies[cookie] = damaged(good)
        with pytest.raises(hypervisor.CookieError, match="cookie"):
            getattr(by_hand, step)()
        expect_states(by_hand.pair, between, f"{step} refused a cookie {what}, with no effect")
    by_hand.cookies[cookie] = good
    getattr(by_hand, step)()


def test_a_cookie_of_another_migration_is_refused(by_hand: ByHand) -> None:
    by_hand.until("perform")
    by_hand.finish(cancelled=True)
    by_hand.confirm(cancelled=True)
    other = ByHand(by_hand.pair)
    other.begin()
    other.cookies["begin"] = by_hand.cookies["begin"]
    with pytest.raises(hypervisor.CookieError, match="another migration"):
        other.prepare()


def says(by_hand: ByHand, kind: str, **fields: str | int | bool) -> bytes:
    """Bake a whole cookie that says what the hosts did not."""
    driver = by_hand.pair[0].driver.name
    return cookies.bake(Cookie(driver, kind, by_hand.token.migration, fields))


def resaid(by_hand: ByHand, kind: str, **fields: str | int | bool) -> bytes:
    """Bake the cookie of a step anew, with some of its fields changed."""
    driver, migration = by_hand.pair[0].driver.name, by_hand.token.migration
    told = cookies.read(by_hand.cookies[kind], driver, migration, (kind,))
    return says(by_hand, kind, **{**told.fields, **fields})


def test_a_guest_that_is_not_the_one_that_was_sent_is_given_up(by_hand: ByHand) -> None:
    by_hand.until("finish")
    by_hand.cookies["perform"] = resaid(by_hand, "perform", digest="0" * 64)
    assert by_hand.finish()[0] is None
    by_hand.confirm(cancelled=True)
    by_hand.expect("undo", "since what came is not what was sent")


def test_a_lease_that_was_not_offered_is_not_taken(by_hand: ByHand) -> None:
    by_hand.until("finish")
    good = by_hand.cookies["perform"]
    by_hand.cookies["perform"] = resaid(by_hand, "perform", generation=7)
    with pytest.raises(hypervisor.CookieError, match="was offered"):
        by_hand.finish()
    by_hand.cookies["perform"] = good
    assert by_hand.finish()[0] == GUEST


@pytest.mark.parametrize("why", ["destination fenced", "destination never asked to finish", "else"])
def test_only_the_fence_of_the_source_stands_for_its_cookie(by_hand: ByHand, why: str) -> None:
    by_hand.until("finish")
    by_hand.cookies["perform"] = says(by_hand, "verdict", why=why)
    with pytest.raises(hypervisor.CookieError, match="does not hand over"):
        by_hand.finish()
    by_hand.cookies["perform"] = says(by_hand, "verdict", why="source fenced")
    assert by_hand.finish()[0] == GUEST


def test_what_a_later_driver_says_is_carried_and_ignored(by_hand: ByHand) -> None:
    for step in protocols.V3.steps:
        getattr(by_hand, step)()
        if step != "confirm":
            by_hand.cookies[step] = with_news(by_hand, step)
    by_hand.expect("confirm", "with names in every cookie that no driver knows yet")


def with_news(by_hand: ByHand, kind: str) -> bytes:
    """Bake the cookie of a step anew, with a field that no driver knows."""
    driver, migration = by_hand.pair[0].driver.name, by_hand.token.migration
    told = cookies.read(by_hand.cookies[kind], driver, migration, (kind,))
    return cookies.bake(replace(told, said={**told.said, "of-the-future.size/9": 2**40}))


@needs.own_process
def test_a_guest_that_never_came_is_not_started(by_hand: ByHand) -> None:
    by_hand.until("perform")
    by_hand.cookies["perform"] = says(by_hand, "verdict", why="source fenced")
    hosts.of(by_hand.pair[1]).finish_seconds = 0.1
    assert by_hand.finish()[0] is None, "Finish starts only a guest of which everything is here"
    by_hand.undo()
    by_hand.expect("undo", "since nothing was sent")


@needs.v3
@needs.pauses
def test_a_guest_that_was_paused_stays_so_when_its_source_died(pair: Pair) -> None:
    hypervisor.domain_suspend(started(pair[0]))
    by_hand = ByHand(pair).until("finish")
    by_hand.cookies["perform"] = says(by_hand, "verdict", why="source fenced")
    assert by_hand.finish()[0] == GUEST
    assert state_of(pair[1]) == "paused", "the cookie of Begin said so, and the source is dead"


def test_a_cookie_that_does_not_say_whether_it_was_paused_is_refused(by_hand: ByHand) -> None:
    by_hand.until("prepare")
    good = by_hand.cookies["begin"]
    by_hand.cookies["begin"] = resaid(by_hand, "begin", paused="no")
    with pytest.raises(hypervisor.CookieError, match="paused"):
        by_hand.prepare()
    by_hand.expect("begin", "and a Prepare that was refused")
    by_hand.cookies["begin"] = good
    by_hand.prepare()


def test_the_fence_of_the_source_is_no_reason_for_it_to_go_on(by_hand: ByHand) -> None:
    by_hand.until("finish")
    by_hand.cookies["finish"] = says(by_hand, "verdict", why="source fenced")
    with pytest.raises(hypervisor.CookieError, match="does not give a lease back"):
        by_hand.confirm(cancelled=True)
    by_hand.expect("perform", "and a verdict that speaks for the destination only")
    by_hand.undo()


def test_a_guest_that_was_not_sent_is_not_ended(by_hand: ByHand) -> None:
    by_hand.until("perform")
    by_hand.cookies["finish"] = says(by_hand, "finish", runs=True)
    with pytest.raises(hypervisor.MigrationError, match="was not sent"):
        by_hand.confirm()
    by_hand.expect("prepare", "and a Confirm of what was never sent")
    by_hand.undo()
