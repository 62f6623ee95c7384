"""What a migration is told, and of whom: refused before Begin when it makes no sense."""

from __future__ import annotations

from typing import Any

import pytest

import hypervisor
from conformance.by_hand import GUEST, ByHand, state_of
from conformance.guests import started
from hypervisor import CookieError, Domain, InvalidStateError, OptionError, Options
from hypervisor.drivers.memory.migration import MemoryIncoming
from hypervisor.migration.coordinator import Migration
from hypervisor.remote import codec
from hypervisor.remote.codec import Reply, Request
from wires import Hosts, states, wires

WRONG: list[dict[str, Any]] = [
    {"bandwidth": -1},
    {"bandwidth": "x"},
    {"bandwidth": 1.5},
    {"bandwidth": True},
    {"bandwidth": 2**60},
    {"tunnelled": 1},
    {"dname": "../web"},
    {"dname": 7},
    {"description": "<guest/>"},
    {"protocol": 3},
    {"uri_in": b"unix:"},
    {"destination_uri": 1},
]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_an_option_that_makes_no_sense_is_named(wrong: dict[str, Any]) -> None:
    (name,) = wrong
    with pytest.raises(OptionError, match=f"option {name}: "):
        Options(**wrong)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (Options(protocol="v3", tunnelled=True), "tunnelled"),
        (Options(protocol="v2", tunnelled=True), "tunnelled"),
        (Options(protocol="v9"), "protocol"),
        (Options(protocol="v1", description="<guest><name>web</name></guest>"), "description"),
        (Options(description="<guest><name>other</name></guest>"), "description"),
        (Options(uri_in="memory:elsewhere"), "uri_in"),
    ],
    ids=str,
)
def test_what_cannot_be_had_is_an_error_that_names_it(
    hosts: Hosts, options: Options, named: str
) -> None:
    with pytest.raises(hypervisor.MigrationError, match=f"option {named}: "):
        hypervisor.domain_migrate(Domain(hosts[0], GUEST), hosts[1], options)
    assert states(hosts) == ("running", None)


def test_a_host_checks_for_itself(hosts: Hosts) -> None:
    by_hand = ByHand(hosts)
    with pytest.raises(OptionError, match="bandwidth"):
        by_hand.call(0, "begin3", GUEST, None, 0, None, -1)
    by_hand.until("perform")
    args = (GUEST, None, by_hand.cookies["prepare"], None, by_hand.uri, 0, None, -1)
    with pytest.raises(OptionError, match="bandwidth"):
        by_hand.call(0, "perform3", *args)
    assert states(hosts) == ("running", None)


# -- who is who


def uuid_of(domain: Domain) -> str:
    """Read a guest's UUID."""
    text = hypervisor.domain_dump_description(domain)
    return text.partition("<uuid>")[2].partition("</uuid>")[0]


def test_a_guest_has_one_uuid_for_life(pair: Hosts) -> None:
    domain = started(pair[0])
    first = uuid_of(domain)
    assert first
    moved = hypervisor.domain_migrate(domain, pair[1], Options(dname="other"))
    assert uuid_of(moved) == first
    hypervisor.domain_destroy(moved)
    again = hypervisor.domain_define(pair[1], "<guest><name>other</name></guest>")
    assert uuid_of(again) == first
    assert uuid_of(started(pair[1], name="third")) != first


def test_a_guest_does_not_arrive_under_the_name_of_another(pair: Hosts) -> None:
    domain = started(pair[0])
    other = hypervisor.domain_define(pair[1], f"<guest><name>{GUEST}</name></guest>")
    before = hypervisor.domain_dump_description(other)
    with pytest.raises(hypervisor.MigrationError, match="another guest has that name"):
        hypervisor.domain_migrate(domain, pair[1])
    assert (state_of(pair[0]), state_of(pair[1])) == ("running", "shutoff")
    assert hypervisor.domain_dump_description(other) == before


@pytest.mark.parametrize("protocol", ["v1", "v2", "v3", "v3-tunnelled"])
def test_no_protocol_overwrites_another_guest(hosts: Hosts, protocol: str) -> None:
    other = hypervisor.domain_define(hosts[1], f"<guest><name>{GUEST}</name></guest>")
    before = hypervisor.domain_dump_description(other)
    with pytest.raises(hypervisor.MigrationError, match="another guest has that name"):
        hypervisor.domain_migrate(Domain(hosts[0], GUEST), hosts[1], Options(protocol=protocol))
    assert states(hosts) == ("running", "shutoff")
    assert hypervisor.domain_dump_description(other) == before


def test_two_guests_of_a_host_do_not_share_a_uuid(hosts: Hosts) -> None:
    text = f"<guest><name>two</name><uuid>{uuid_of(Domain(hosts[0], GUEST))}</uuid></guest>"
    with pytest.raises(InvalidStateError, match="'web' has its UUID"):
        hypervisor.domain_define(hosts[0], text)
    hypervisor.domain_define(hosts[1], text)
    with pytest.raises(hypervisor.MigrationError, match="'two' has its UUID"):
        hypervisor.domain_migrate(Domain(hosts[0], GUEST), hosts[1])
    assert states(hosts) == ("running", None)


def test_a_saved_guest_does_not_return_over_another(
    memory: hypervisor.Connection, tmp_path: Any
) -> None:
    saved = started(memory)
    hypervisor.domain_save(saved, tmp_path / "saved")
    hypervisor.domain_undefine(saved)
    other = hypervisor.domain_define(memory, f"<guest><name>{GUEST}</name></guest>")
    with pytest.raises(InvalidStateError, match="another guest has that name"):
        hypervisor.domain_restore(memory, tmp_path / "saved")
    hypervisor.domain_undefine(other)
    hypervisor.domain_restore(memory, tmp_path / "saved")


def test_a_uuid_is_one() -> None:
    with pytest.raises(hypervisor.DescriptionError, match="uuid"):
        hypervisor.domain_define(
            hypervisor.connect_open("memory:///"), "<guest><name>a</name><uuid>1</uuid></guest>"
        )


def test_the_description_of_another_guest_does_not_fit_the_cookie(hosts: Hosts) -> None:
    started(hosts[0], name="other")
    by_hand = ByHand(hosts)
    by_hand.begin()
    mine = by_hand.described
    # Even with the same token, as a coordinator might that mixes two guests up.
    second = ByHand(hosts, token=by_hand.token.next())
    second.cookies, second.described = by_hand.cookies, mine.replace(GUEST, "other")
    with pytest.raises(CookieError, match="not about this guest"):
        second.prepare()
    second.described = mine.replace("<vcpus>2", "<vcpus>3")
    with pytest.raises(CookieError, match="not about this guest"):
        second.prepare()
    second.described = mine
    second.prepare()


def test_the_cookie_of_prepare_is_about_one_guest(hosts: Hosts) -> None:
    started(hosts[0], name="other")
    token = ByHand(hosts).token
    by_hand = ByHand(hosts, token).until("perform")
    third = hypervisor.connect_open("memory:///c")
    started(third, name=GUEST)
    other = ByHand((third, hosts[1]), token)
    other.begin()
    other.cookies["prepare"], other.uri = by_hand.cookies["prepare"], by_hand.uri
    with pytest.raises(CookieError, match="not about guest"):
        other.perform()
    assert state_of(third) == "running"


# -- causes


def test_an_error_tells_the_cause_and_both_states(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: MemoryIncoming, paused: bool) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(MemoryIncoming, "run", fail)
    with pytest.raises(hypervisor.MigrationError) as caught:
        hypervisor.domain_migrate(Domain(hosts[0], GUEST), hosts[1])
    assert "No space left on device" in str(caught.value)
    assert "source: running, destination: no guest" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_guest_that_is_not_running_is_not_called_running(hosts: Hosts) -> None:
    hypervisor.domain_suspend(Domain(hosts[0], GUEST))
    source, destination = wires(hosts)

    def fail(slot: str) -> None:
        if slot.endswith("perform3"):
            raise hypervisor.MigrationError("the wire broke")

    source.before = fail
    with pytest.raises(hypervisor.MigrationError, match="the wire broke") as caught:
        Migration(source, destination, GUEST).run()
    assert "source: paused, destination: no guest" in str(caught.value)
    assert "runs" not in str(caught.value)


def test_causes_come_along_from_another_process() -> None:
    error = hypervisor.MigrationError("it failed")
    error.__cause__ = hypervisor.LeaseError("the lease is elsewhere")
    error.__cause__.__cause__ = OSError(28, "No space left on device")
    found = codec.read_reply(codec.write_reply(Reply("i", error=error))).error
    assert found is not None
    lease = found.__cause__
    assert isinstance(lease, hypervisor.LeaseError)
    assert str(lease) == "the lease is elsewhere"
    assert "OSError" in str(lease.__cause__)
    assert "No space left on device" in str(lease.__cause__)


def test_a_circle_of_causes_ends() -> None:
    error = hypervisor.MigrationError("first")
    error.__cause__ = hypervisor.MigrationError("second")
    error.__cause__.__cause__ = error
    found: BaseException | None = codec.read_reply(codec.write_reply(Reply("i", error=error))).error
    count = 0
    while found is not None:
        count, found = count + 1, found.__cause__
    assert count == codec.MAX_CAUSES


def test_a_cause_that_is_none_makes_no_sense() -> None:
    body = b'{"id": "i", "error": {"kind": "MigrationError", "text": "a", "cause": 7}}'
    with pytest.raises(ValueError, match="cause"):
        codec.read_reply(body)


def test_a_handle_is_told_in_a_line(hosts: Hosts) -> None:
    assert repr(Domain(hosts[0], GUEST)) == (
        "Domain(connection=<connection to 'memory'>, name='web')"
    )


@pytest.mark.parametrize("options", [Options(), Options(live=True, downtime=5)])
def test_a_host_of_an_older_version_is_sent_only_what_it_knows(options: Options) -> None:
    """One that came before post-copy refuses options with more fields, and sends fewer."""
    body = codec.write_request(Request("i", "migrate", (options,)))
    assert b"postcopy" not in body
    assert codec.read_request(body).arguments == (options,)


def test_what_it_does_not_know_is_sent_when_it_is_asked_for() -> None:
    options = Options(live=True, postcopy=True, postcopy_bandwidth=0)
    body = codec.write_request(Request("i", "migrate", (options,)))
    assert b'"postcopy": true' in body or b'"postcopy":true' in body
    assert codec.read_request(body).arguments == (options,)
    assert b"postcopy_bandwidth" not in codec.write_request(
        Request("i", "migrate", (Options(live=True, postcopy=True),))
    )
