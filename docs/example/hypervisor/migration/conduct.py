"""Asking the two hosts for steps, each noted in the journal before and after.

The note before is what makes recovery safe: a step that the journal does not name was never asked
for and never will be, for its author can no longer write.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ..driver import Stream
from ..errors import (
    CookieError,
    HypervisorError,
    JournalError,
    MigrationError,
    PeerLostError,
    StillSplitError,
)
from ..values import Token
from . import cookie as _cookie
from . import effects, postcopy
from .cookie import Cookie
from .journal import Journal
from .parameters import Pairs, Parameters
from .peer import PREFIX, Peer, looks
from .protocols import BY_NAME, Protocol
from .records import Record

_R = TypeVar("_R")
#: How long Finish is asked again and again for a guest that is split.
SPLIT_SECONDS = 3600.0


@dataclass(frozen=True)
class Plan:
    """What is to be done.

    Attributes:
        protocol: name of the protocol.
        guest: its name on the source.
        dname: its name on the destination.
        source, destination: identities of the hosts when it began.
        driver: of both.
        description: wanted by the user for the destination, or None.
        destination_uri: under which the source knows the destination, from peer to peer.
        uri_in: where the destination is to listen, or None.
        flags, bandwidth: as the slots have them.
        params: what the steps are told besides where they take parameters, as `Parameters.pairs`.
    """

    protocol: str
    guest: str
    dname: str
    source: str
    destination: str
    driver: str
    description: str | None = None
    destination_uri: str | None = None
    uri_in: str | None = None
    flags: int = 0
    bandwidth: int = 0
    params: Pairs = field(default_factory=list)


@dataclass(frozen=True)
class History:
    """What a journal tells.

    Attributes:
        token: with the last epoch.
        plan: what was to be done.
        asked: the steps that may have been sent; `cancelled` behind a colon where that was said.
        answers: the last answer of each step.
        cancelled: the user wanted it undone.
        over: how it ended, or None.
    """

    token: Token
    plan: Plan
    asked: frozenset[str]
    answers: dict[str, Record]
    cancelled: bool
    over: Record | None

    def cookie(self, step: str) -> bytes | None:
        """Give the cookie that a step answered, when that answer arrived."""
        answer = self.answers.get(step)
        return None if answer is None else bytes.fromhex(str(answer["cookie"]))


def read(records: list[Record]) -> History | None:
    """Read a journal; None when nothing was begun. Raises JournalError for any other journal."""
    if not records:
        return None
    try:
        return _history(records)
    except (KeyError, TypeError, ValueError) as error:
        raise JournalError(f"not the journal of a migration: {error!r}") from error


def _history(records: list[Record]) -> History:
    first = records[0]
    epochs = [int(record["epoch"]) for record in records if record["record"] in ("start", "epoch")]
    asked = frozenset(
        f"{record['step']}:cancelled" if record["cancelled"] else str(record["step"])
        for record in records
        if record["record"] == "ask"
    )
    answers = {str(record["step"]): record for record in records if record["record"] == "answer"}
    over = [record for record in records if record["record"] == "over"]
    plan = Plan(**first["plan"])
    if plan.protocol not in BY_NAME:
        raise ValueError(f"unknown protocol {plan.protocol!r}")
    return History(
        Token(str(first["migration"]), max(epochs)),
        plan,
        asked,
        answers,
        any(record["record"] == "cancel" for record in records),
        over[-1] if over else None,
    )


class Conduct:
    """The steps of one migration, as one coordinator asks for them in one epoch."""

    def __init__(
        self, plan: Plan, token: Token, source: Peer, destination: Peer, journal: Journal
    ) -> None:
        """Conduct; `start` or `take_over` come first."""
        self.plan = plan
        self.token = token
        self.source = source
        self.destination = destination
        self.journal = journal
        #: Whether the journal could not be written, which is another matter than a host's own.
        self.unwritable = False

    @property
    def protocol(self) -> Protocol:
        """The protocol."""
        return BY_NAME[self.plan.protocol]

    def start(self) -> None:
        """Note what is going to be done."""
        record = {"record": "start", "migration": self.token.migration, "epoch": self.token.epoch}
        self._note({**record, "plan": dict(vars(self.plan))})

    def take_over(self) -> None:
        """Begin the next epoch: all steps that are still on their way are late from now on."""
        self.token = self.token.next()
        self._note({"record": "epoch", "epoch": self.token.epoch})

    def note_cancel(self) -> None:
        """Note that the user wants it undone."""
        self._note({"record": "cancel"})

    def note_over(self, outcome: str, why: str) -> None:
        """Note how it ended."""
        self._note({"record": "over", "outcome": outcome, "why": why})
        # From now on nobody acts on what the hosts answered. One that does not hear it remembers.
        for peer in (self.source, self.destination):
            with contextlib.suppress(HypervisorError):
                peer.settle(self.token.migration)

    def _note(self, record: Record) -> None:
        try:
            self.journal.append(record)
        except JournalError:
            self.unwritable = True
            raise

    def history(self) -> History:
        """What the journal tells by now."""
        found = read(self.journal.records())
        assert found is not None, "conducted before it was started"
        return found

    def verdict(self, why: str) -> bytes:
        """Bake a cookie that says what neither host can know."""
        fields: dict[str, str | int | bool] = {"why": why}
        return _cookie.bake(Cookie(self.plan.driver, "verdict", self.token.migration, fields))

    def why(self, proof: bytes) -> str:
        """Tell why a guest was given up: the one field of the cookie that is read here."""
        try:
            found = _cookie.read(proof, self.plan.driver, self.token.migration, ("finish",))
            return found.text("why") or "it was told to give it up"
        except CookieError as error:
            return f"it does not say why: {error}"

    def may_be_old(self, proof: bytes) -> bool:
        """Tell whether a cookie of Finish says that the guest was let go on and is gone."""
        try:
            found = _cookie.read(proof, self.plan.driver, self.token.migration, ("finish",))
        except CookieError:
            return False  # a verdict, on which the source itself decides
        return found.fields.get("runs") is False and found.fields.get("ran") is True

    def is_split(self, proof: bytes) -> bool:
        """Tell whether a cookie of Perform says that the guest is split."""
        driver, migration = self.plan.driver, self.token.migration
        with contextlib.suppress(CookieError):
            return postcopy.is_split(_cookie.read(proof, driver, migration, ("perform",)))
        return False

    def has_lost_guest(self) -> bool:
        """Tell whether the source lives and says that its part of the guest is gone."""
        return looks(self.source, self.plan.guest) in ("crashed", "shutoff", "no guest")

    # -- version 1 and 2

    def dump(self) -> str:
        """Ask the source what the guest is."""
        plan = self.plan
        return self._ask("dump", lambda: self.source.describe(plan.guest), lambda text: {})

    def prepare1(self) -> tuple[bytes, str]:
        """Ask the destination to get ready."""
        plan = self.plan
        args = (plan.uri_in, plan.flags, plan.dname, plan.bandwidth)
        return self._ask_slot("prepare", self.destination, "prepare", args, _with_uri)

    def prepare2(self, description: str) -> tuple[bytes, str]:
        """Ask the destination to get ready for what is described."""
        plan = self.plan
        args = (plan.uri_in, plan.flags, plan.dname, plan.bandwidth, description)
        return self._ask_slot("prepare", self.destination, "prepare2", args, _with_uri)

    def perform(self, cookie: bytes, uri: str) -> None:
        """Ask the source to send the guest and end it."""
        plan = self.plan
        args = (plan.guest, cookie, uri, plan.flags, plan.dname, plan.bandwidth)
        self._ask_slot("perform", self.source, "perform", args, lambda reply: {"cookie": ""})

    def finish1(self, cookie: bytes, uri: str) -> str | None:
        """Ask the destination to start the guest."""
        args = (self.plan.dname, cookie, uri, self.plan.flags)
        return self._ask_slot("finish", self.destination, "finish", args, _named)

    def finish2(self, cookie: bytes, uri: str, failed: bool) -> str | None:
        """Ask the destination to start the guest or to give it up."""
        args = (self.plan.dname, cookie, uri, self.plan.flags, failed)
        return self._ask_slot("finish", self.destination, "finish2", args, _named, failed)

    # -- version 3

    def begin(self) -> tuple[str, bytes]:
        """Ask the source to begin."""
        plan = self.plan
        args: tuple[Any, ...] = (plan.description, plan.flags, plan.dname, plan.bandwidth)
        if self.protocol.parametrised:
            args = (self._params(plan.description), plan.flags)
        return self._ask_slot("begin", self.source, "begin3", (plan.guest, *args), _described)

    def prepare(self, cookie: bytes, description: str) -> tuple[bytes, str]:
        """Ask the destination to get ready."""
        plan = self.plan
        args: tuple[Any, ...] = (
            *(cookie, plan.uri_in, plan.flags, plan.dname, plan.bandwidth, description),
        )
        if self.protocol.parametrised:
            args = (self._params(description, plan.uri_in), cookie, plan.flags)
        return self._ask_slot("prepare", self.destination, "prepare3", args, _with_uri)

    def prepare_tunnel(self, cookie: bytes, description: str, stream: Stream) -> bytes:
        """Ask the destination to get ready for what comes through a tunnel."""
        plan = self.plan
        args = (stream, cookie, plan.flags, plan.dname, plan.bandwidth, description)
        return self._ask_slot("prepare", self.destination, "prepare_tunnel3", args, _cookied)

    def perform3(self, cookie: bytes, uri: str) -> bytes:
        """Ask the source to send the guest."""
        plan = self.plan
        args: tuple[Any, ...] = (
            *(plan.description, cookie, plan.destination_uri, uri),
            *(plan.flags, plan.dname, plan.bandwidth),
        )
        if self.protocol.parametrised:
            params = self._params(plan.description, uri)
            args = (plan.destination_uri, params, cookie, plan.flags)
        return self._ask_slot("perform", self.source, "perform3", (plan.guest, *args), _cookied)

    def finish(self, cookie: bytes, uri: str, cancelled: bool) -> tuple[str | None, bytes]:
        """Ask the destination to start the guest or to give it up.

        It is asked again while the guest is split and its source lives.
        """
        deadline = time.monotonic() + SPLIT_SECONDS
        while True:
            found = self._finish_once(cookie, uri, cancelled)
            if not isinstance(found, StillSplitError):
                return found
            if time.monotonic() > deadline or looks(self.source, self.plan.guest) != "paused":
                raise found

    def _finish_once(
        self, cookie: bytes, uri: str, cancelled: bool
    ) -> tuple[str | None, bytes] | StillSplitError:
        try:
            return self._finish(cookie, uri, cancelled)
        except StillSplitError as error:
            return error

    def _finish(self, cookie: bytes, uri: str, cancelled: bool) -> tuple[str | None, bytes]:
        plan = self.plan
        named: Any = self._params() if self.protocol.parametrised else plan.dname
        rest = (cookie, plan.destination_uri, uri, plan.flags, cancelled)
        return self._ask_slot(
            "finish", self.destination, "finish3", (named, *rest), _finished, cancelled
        )

    def confirm(self, cookie: bytes, cancelled: bool) -> None:
        """Ask the source to end the guest or to let it go on."""
        params = (self._params(),) if self.protocol.parametrised else ()
        args = (self.plan.guest, *params, cookie, self.plan.flags, cancelled)
        self._ask_slot("confirm", self.source, "confirm3", args, lambda r: {}, cancelled)

    def _params(self, description: str | None = None, uri: str | None = None) -> Pairs:
        named = Parameters(self.plan.dname, description, uri).pairs()
        # From a journal they come as lists.
        return [*named, *((name, value) for name, value in self.plan.params)]

    # -- shared

    def _ask_slot(
        self,
        step: str,
        peer: Peer,
        slot: str,
        args: tuple[Any, ...],
        noted: Callable[[_R], Record],
        cancelled: bool = False,
    ) -> _R:
        name = f"{PREFIX}{slot}{'_params' if self.protocol.parametrised else ''}"

        def ask() -> _R:
            reply: _R = peer.call(name, self.token, *args)
            return reply

        return self._ask(step, ask, noted, cancelled)

    def _ask(
        self,
        step: str,
        ask: Callable[[], _R],
        noted: Callable[[_R], Record],
        cancelled: bool = False,
    ) -> _R:
        about = {"step": step, "cancelled": cancelled, "epoch": self.token.epoch}
        self._note({"record": "ask", **about})
        try:
            reply = ask()
        except PeerLostError as error:
            self._note({"record": "lost", **about, "why": str(error)})
            raise
        except HypervisorError as error:
            self._note({"record": "refused", **about, "why": str(error)})
            raise
        # A driver's own fault, of whatever kind, must not keep the other host from hearing of it.
        except Exception as error:
            why = f"{step} failed: {effects.cause(error)}"
            self._note({"record": "refused", **about, "why": why})
            raise MigrationError(why) from error
        self._note({"record": "answer", **about, "cookie": "", **noted(reply)})
        return reply


def _described(reply: tuple[str, bytes]) -> Record:
    return _cookied(reply[1])


def _finished(reply: tuple[str | None, bytes]) -> Record:
    return {"name": reply[0], **_cookied(reply[1])}


def _cookied(cookie: bytes) -> Record:
    return {"cookie": cookie.hex()}


def _with_uri(reply: tuple[bytes, str]) -> Record:
    return {"uri": reply[1], **_cookied(reply[0])}


def _named(name: str | None) -> Record:
    return {"name": name}
