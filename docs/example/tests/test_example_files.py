"""Descriptions and state files: what is written is read back, what is damaged is refused."""

from __future__ import annotations

import hashlib
import json
import os
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hypervisor
from conformance import needs
from example_helpers import started, state_of
from hypervisor import Connection, description
from hypervisor.description import Disk, GuestDescription
from hypervisor.drivers import state_file
from hypervisor.errors import DescriptionError, StateFileError

GUEST = state_file.SavedGuest(
    "memory", GuestDescription("web", title="<\"&'> ü"), b"\x00\xff", paused=True
)

DISKS = st.builds(
    Disk,
    st.text(max_size=60).map(lambda text: f"/{text}".strip()).filter(str.isprintable),
    st.sampled_from(description.FORMATS),
)


@settings(deadline=None, database=None, max_examples=100)
@given(
    name=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True),
    title=st.text(max_size=60).map(str.strip).filter(str.isprintable),
    memory_kib=st.integers(1, description.MAX_MEMORY_KIB),
    vcpus=st.integers(1, description.MAX_VCPUS),
    disks=st.lists(DISKS, max_size=4, unique_by=lambda disk: disk.path).map(tuple),
)
def test_every_description_survives_its_xml(
    name: str, title: str, memory_kib: int, vcpus: int, disks: tuple[Disk, ...]
) -> None:
    described = GuestDescription(name, memory_kib, vcpus, title, "", disks)
    assert description.parse(description.format(described)) == described


def test_left_out_values_have_defaults() -> None:
    assert description.parse("<guest><name>web</name></guest>") == GuestDescription("web")


BOMB = '<!DOCTYPE guest [<!ENTITY a "aaaa">]><guest><name>&a;</name></guest>'


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("", "not well-formed XML", id="empty"),
        pytest.param("<guest><name>web</guest>", "not well-formed XML", id="tags do not match"),
        pytest.param("<guest><name>\ud800</name></guest>", "not well-formed", id="lone surrogate"),
        pytest.param(BOMB, "document type", id="entities can grow without bound"),
        pytest.param(" " * 70_000, "longer than", id="too long to be a description"),
        pytest.param("<domain/>", "plain <guest>", id="another root"),
        pytest.param("<guest type='kvm'><name>a</name></guest>", "plain", id="root attribute"),
        pytest.param("<guest/>", "no <name>", id="no name"),
        pytest.param("<guest><name/></guest>", "name ''", id="empty name"),
        pytest.param("<guest><name>../web</name></guest>", "name", id="a name is no path"),
        pytest.param("<guest><name>a</name><name>b</name></guest>", "twice", id="two names"),
        pytest.param(
            "<guest><name>a</name><floppy/></guest>", "unknown element <floppy>", id="unknown"
        ),
        pytest.param("<guest><name>a</name><disk/></guest>", "a path from", id="no path"),
        pytest.param("<guest><name>a</name><disk>a.img</disk></guest>", "a path", id="a folder"),
        pytest.param(
            "<guest><name>a</name><disk format='vmdk'>/a</disk></guest>",
            "format 'vmdk' of disk '/a': expected raw or qcow2",
            id="a format that is not had",
        ),
        pytest.param(
            "<guest><name>a</name><disk size='1'>/a</disk></guest>",
            "<disk> has unknown attributes",
            id="an attribute of a disk",
        ),
        pytest.param(
            f"<guest><name>a</name>{'<disk>/a</disk>' * 2}</guest>", "stands twice", id="same disk"
        ),
        pytest.param(
            f"<guest><name>a</name>{''.join(f'<disk>/{n}</disk>' for n in range(5))}</guest>",
            "5 disks: expected at most 4",
            id="more disks than connectors",
        ),
        pytest.param("<guest>a<name>a</name></guest>", "plain", id="loose text before"),
        pytest.param("<guest><name>a</name>b</guest>", "plain", id="loose text behind"),
        pytest.param("<guest><name><b>a</b></name></guest>", "plain", id="markup in a name"),
        pytest.param(
            "<guest><name>a</name><memory unit='MiB'>1</memory></guest>",
            "unknown attributes",
            id="a unit that would change the number",
        ),
        pytest.param(
            "<guest><name>a</name><vcpus>1_0</vcpus></guest>", "whole number", id="Python's digits"
        ),
        pytest.param("<guest><name>a</name><vcpus>0</vcpus></guest>", "1 to", id="no vcpu at all"),
        pytest.param(
            "<guest><name>a</name><vcpus>9999</vcpus></guest>", "1 to", id="too many vcpus"
        ),
    ],
)
def test_a_description_that_is_not_understood_is_refused(text: str, why: str) -> None:
    with pytest.raises(DescriptionError, match=why):
        description.parse(text)


def test_a_saved_guest_survives_its_file() -> None:
    assert state_file.decode(state_file.encode(GUEST)) == GUEST


def test_a_change_of_any_one_byte_is_noticed() -> None:
    data = state_file.encode(GUEST)
    for place in range(len(data)):
        damaged = bytearray(data)
        damaged[place] ^= 0x20
        with pytest.raises(StateFileError):
            state_file.decode(bytes(damaged))


def test_a_file_cut_short_anywhere_is_noticed() -> None:
    data = state_file.encode(GUEST)
    for length in range(len(data)):
        with pytest.raises(StateFileError):
            state_file.decode(data[:length])


def sealed(payload: bytes, version: int = 1) -> bytes:
    """Write a file whose header is right whatever the payload is."""
    digest = hashlib.sha256(payload).digest()
    return struct.pack(">8sHI32s", b"HVSAVE\r\n", version, len(payload), digest) + payload


@pytest.mark.parametrize(
    ("data", "why"),
    [
        pytest.param(state_file.encode(GUEST) + b"\n", "bytes of payload", id="one byte too many"),
        pytest.param(b"#!/bin/sh\n" + b"x" * 50, "not a saved guest", id="another kind of file"),
        pytest.param(
            state_file.encode(GUEST).replace(b"\r\n", b"\n", 1), "not a saved", id="copied as text"
        ),
        pytest.param(sealed(b"{}", version=2), "format 2", id="from a later release"),
        pytest.param(sealed(b"{}"), "makes no sense", id="no values"),
        pytest.param(sealed(b"[1]"), "makes no sense", id="a list"),
        pytest.param(sealed(b"\xff"), "makes no sense", id="no text"),
        pytest.param(sealed(b"[" * 200_000), "makes no sense", id="nested without end"),
        pytest.param(
            sealed(json.dumps({"driver": "memory", "paused": 1}).encode()),
            "makes no sense",
            id="paused is neither true nor false",
        ),
    ],
)
def test_a_file_that_cannot_be_trusted_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(StateFileError, match=why):
        state_file.decode(data)


@needs.state_files
def test_a_damaged_file_starts_nothing(connection: Connection, tmp_path: Path) -> None:
    domain = started(connection)
    path = tmp_path / "saved"
    hypervisor.domain_save(domain, path)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(StateFileError, match="digest"):
        hypervisor.domain_restore(connection, path)
    assert state_of(domain) == "shutoff"


@needs.state_files
def test_a_file_of_another_driver_is_refused(connection: Connection, tmp_path: Path) -> None:
    stranger = state_file.SavedGuest("qemu", GuestDescription("web"), b"", paused=False)
    state_file.write(str(tmp_path / "saved"), stranger)
    with pytest.raises(StateFileError, match="saved by driver 'qemu'"):
        hypervisor.domain_restore(connection, tmp_path / "saved")


def test_what_is_no_file_is_refused_and_never_waited_for(
    memory: Connection, tmp_path: Path
) -> None:
    with pytest.raises(StateFileError, match="cannot read"):
        hypervisor.domain_restore(memory, tmp_path / "missing")
    with pytest.raises(StateFileError, match="cannot read"):
        hypervisor.domain_restore(memory, "nul\0byte")
    with pytest.raises(StateFileError):
        hypervisor.domain_restore(memory, tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(StateFileError, match="not a regular file"):
            hypervisor.domain_restore(memory, tmp_path / "pipe")


def test_a_write_that_fails_keeps_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "saved"
    state_file.write(str(path), GUEST)
    before = path.read_bytes()

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StateFileError, match="No space left"):
        state_file.write(str(path), GUEST)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["saved"]
