"""The `memory` driver: snapshots, titles, and a model that it must never leave."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

import hypervisor
from example_helpers import define, started, state_of
from hypervisor import Connection, Domain


def tree(domain: Domain) -> dict[str, str | None]:
    """Give each snapshot's parent."""
    return {s.name: s.parent for s in hypervisor.domain_snapshot_list(domain)}


def current(domain: Domain) -> list[str]:
    """Give the current snapshot: a list of one, or of none."""
    return [s.name for s in hypervisor.domain_snapshot_list(domain) if s.current]


def test_snapshots_keep_each_state_and_revert_returns_to_it(memory: Connection) -> None:
    domain = started(memory, "shutoff")
    hypervisor.domain_snapshot_create(domain, "off")
    hypervisor.domain_create(domain)
    hypervisor.domain_snapshot_create(domain, "on")
    hypervisor.domain_suspend(domain)
    hypervisor.domain_snapshot_create(domain, "held")
    for snapshot, state in (("off", "shutoff"), ("held", "paused"), ("on", "running")):
        hypervisor.domain_snapshot_revert(domain, snapshot)
        assert state_of(domain) == state
        assert current(domain) == [snapshot]


def test_revert_brings_the_description_back_too(memory: Connection) -> None:
    domain = define(memory)
    before = hypervisor.domain_dump_description(domain)
    hypervisor.domain_snapshot_create(domain, "first")
    hypervisor.domain_set_title(domain, "Another title")
    assert "Another title" in hypervisor.domain_dump_description(domain)
    hypervisor.domain_snapshot_revert(domain, "first")
    assert hypervisor.domain_dump_description(domain) == before


def test_a_snapshot_taken_after_a_revert_starts_a_second_branch(memory: Connection) -> None:
    domain = define(memory)
    for name in ("root", "left"):
        hypervisor.domain_snapshot_create(domain, name)
    hypervisor.domain_snapshot_revert(domain, "root")
    hypervisor.domain_snapshot_create(domain, "right")
    assert tree(domain) == {"root": None, "left": "root", "right": "root"}


@pytest.mark.parametrize(
    ("gone", "left", "now"),
    [
        pytest.param("c", {"a": None, "b": "a"}, ["b"], id="leaf: the current one moves up"),
        pytest.param("b", {"a": None, "c": "a"}, ["c"], id="middle: its child moves up"),
        pytest.param("a", {"b": None, "c": "b"}, ["c"], id="root: its child becomes a root"),
    ],
)
def test_delete_keeps_the_tree_whole(
    memory: Connection, gone: str, left: dict[str, str | None], now: list[str]
) -> None:
    domain = define(memory)
    for name in "abc":
        hypervisor.domain_snapshot_create(domain, name)
    hypervisor.domain_snapshot_delete(domain, gone)
    assert tree(domain) == left
    assert current(domain) == now


def test_names_of_snapshots_are_unique_and_must_exist(memory: Connection) -> None:
    domain = define(memory)
    hypervisor.domain_snapshot_create(domain, "first")
    with pytest.raises(hypervisor.SnapshotExistsError, match="'first'"):
        hypervisor.domain_snapshot_create(domain, "first")
    for call in (hypervisor.domain_snapshot_revert, hypervisor.domain_snapshot_delete):
        with pytest.raises(hypervisor.NoSnapshotError, match="'second'"):
            call(domain, "second")


def test_undefine_refuses_to_lose_snapshots(memory: Connection) -> None:
    domain = define(memory)
    hypervisor.domain_snapshot_create(domain, "first")
    with pytest.raises(hypervisor.InvalidStateError, match="still has snapshots"):
        hypervisor.domain_undefine(domain)
    hypervisor.domain_snapshot_delete(domain, "first")
    hypervisor.domain_undefine(domain)


def test_a_title_that_cannot_be_written_out_is_refused(memory: Connection) -> None:
    domain = define(memory)
    before = hypervisor.domain_dump_description(domain)
    with pytest.raises(hypervisor.DescriptionError, match="printable"):
        hypervisor.domain_set_title(domain, "two\nlines")
    assert hypervisor.domain_dump_description(domain) == before


def test_ticks_stay_at_0_as_the_table_says(memory: Connection) -> None:
    domain = started(memory)
    assert hypervisor.domain_get_info(domain).ticks == 0


# What each call makes of each state; what is not listed is refused.
MODEL = {
    ("create", "shutoff"): "running",
    ("suspend", "running"): "paused",
    ("resume", "paused"): "running",
    ("shutdown", "running"): "shutoff",
    ("reset", "running"): "running",
    ("reset", "paused"): "paused",
    ("destroy", "running"): "shutoff",
    ("destroy", "paused"): "shutoff",
}

NAMES = st.sampled_from(["a", "b"])
SNAPSHOTS = st.sampled_from(["x", "y", "z"])


class MemoryMachine(RuleBasedStateMachine):
    """Random calls against the driver and against a model of a dozen lines."""

    def __init__(self) -> None:
        super().__init__()
        self.connection = hypervisor.connect_open("memory:///default")
        self.states: dict[str, str] = {}
        self.kept: dict[str, dict[str, tuple[str | None, str]]] = {}
        self.current: dict[str, str | None] = {}

    def teardown(self) -> None:
        hypervisor.connect_close(self.connection)

    @rule(name=NAMES)
    def define(self, name: str) -> None:
        if self.states.get(name, "shutoff") != "shutoff":
            with pytest.raises(hypervisor.InvalidStateError):
                define(self.connection, name)
            return
        define(self.connection, name)
        self.states[name] = "shutoff"
        self.kept.setdefault(name, {})
        self.current.setdefault(name, None)

    @rule(name=NAMES, call=st.sampled_from(sorted({call for call, _ in MODEL})))
    def change(self, name: str, call: str) -> None:
        function = getattr(hypervisor, f"domain_{call}")
        domain = Domain(self.connection, name)
        if name not in self.states:
            with pytest.raises(hypervisor.NoDomainError):
                function(domain)
        elif (call, self.states[name]) not in MODEL:
            with pytest.raises(hypervisor.InvalidStateError):
                function(domain)
        else:
            function(domain)
            self.states[name] = MODEL[call, self.states[name]]

    @rule(name=NAMES)
    def undefine(self, name: str) -> None:
        domain = Domain(self.connection, name)
        if name not in self.states:
            with pytest.raises(hypervisor.NoDomainError):
                hypervisor.domain_undefine(domain)
        elif self.states[name] != "shutoff" or self.kept[name]:
            with pytest.raises(hypervisor.InvalidStateError):
                hypervisor.domain_undefine(domain)
        else:
            hypervisor.domain_undefine(domain)
            for record in (self.states, self.kept, self.current):
                record.pop(name)

    @rule(name=NAMES, snapshot=SNAPSHOTS)
    def keep(self, name: str, snapshot: str) -> None:
        if name not in self.states:
            return
        domain = Domain(self.connection, name)
        if snapshot in self.kept[name]:
            with pytest.raises(hypervisor.SnapshotExistsError):
                hypervisor.domain_snapshot_create(domain, snapshot)
            return
        hypervisor.domain_snapshot_create(domain, snapshot)
        self.kept[name][snapshot] = (self.current[name], self.states[name])
        self.current[name] = snapshot

    @rule(name=NAMES, snapshot=SNAPSHOTS)
    def revert(self, name: str, snapshot: str) -> None:
        if snapshot not in self.kept.get(name, {}):
            return
        hypervisor.domain_snapshot_revert(Domain(self.connection, name), snapshot)
        self.states[name] = self.kept[name][snapshot][1]
        self.current[name] = snapshot

    @rule(name=NAMES, snapshot=SNAPSHOTS)
    def forget(self, name: str, snapshot: str) -> None:
        if snapshot not in self.kept.get(name, {}):
            return
        hypervisor.domain_snapshot_delete(Domain(self.connection, name), snapshot)
        parent, _ = self.kept[name].pop(snapshot)
        for child, (above, state) in self.kept[name].items():
            if above == snapshot:
                self.kept[name][child] = (parent, state)
        if self.current[name] == snapshot:
            self.current[name] = parent

    @invariant()
    def same_as_the_model(self) -> None:
        domains = hypervisor.domain_list(self.connection)
        assert {d.name: state_of(d) for d in domains} == self.states
        for domain in domains:
            listed = hypervisor.domain_snapshot_list(domain)
            found = {s.name: (s.parent, s.state.value) for s in listed}
            assert found == self.kept[domain.name]
            now = self.current[domain.name]
            assert [s.name for s in listed if s.current] == ([now] if now else [])


TestMemoryMachine = MemoryMachine.TestCase
TestMemoryMachine.settings = settings(
    max_examples=60, stateful_step_count=30, deadline=None, database=None
)
