"""Finishing or undoing a migration that did not end by itself, from its journal and its hosts.

A host that does not answer is `silent`, and may do anything, until it answers again or is fenced:
then what ran there is gone. A host that answers in a later life was restarted, and counts as
fenced. One that is not the host in the journal is refused, unless the fence says that the latter is
dead; it is not asked for anything then. Whatever is done is done in a new epoch, so that steps
which are still on their way are refused when they arrive.
"""

from __future__ import annotations

import contextlib
import enum
from collections.abc import Callable
from dataclasses import dataclass

from ..errors import (
    GuestLostError,
    HypervisorError,
    JournalError,
    LateStepError,
    PeerLostError,
    RemoteError,
    UnresolvedError,
    WrongHostError,
)
from . import conduct as _conduct
from . import identity, live, proofs
from .conduct import Conduct, History, Plan
from .job import UNDONE
from .journal import Journal
from .peer import Peer

Fence = Callable[[str], bool]
"""Tells whether the host of an identity is dead for certain: switched off, or known to be gone."""


class Outcome(enum.Enum):
    """How a migration ended."""

    MOVED = "moved"
    """The guest runs on the destination."""
    STAYED = "stayed"
    """It runs on the source, as before."""
    DIED = "died with its host"
    """It ended because the host died on which it was, as it would have without a migration."""
    LOST = "lost"
    """It is gone although a host lives on which it was: the protocol could not keep it, or it was
    split by post-copy."""


@dataclass(frozen=True)
class Result:
    """How a migration ended, and why.

    Attributes:
        outcome: how.
        name: the guest's name where it is.
        why: in a sentence.
        pending: the destination still keeps something that is to be discarded when it answers.
    """

    outcome: Outcome
    name: str
    why: str
    pending: bool = False


class _Host(enum.Enum):
    ALIVE = "alive"
    SILENT = "silent"
    FENCED = "fenced"


def no_fence(identity: str) -> bool:
    """Never report a host as dead: for sites without a fence."""
    return False


def recover(journal: Journal, source: Peer, destination: Peer, fence: Fence = no_fence) -> Result:
    """Take over a migration whose coordinator died, and finish or undo it.

    Safe to repeat, and safe while the former coordinator still lives: its journal is no longer
    its own, and the hosts refuse its proofs.

    Raises:
        UnresolvedError: a host is silent and must answer or be fenced first; the message says
            which and why. The guest is paused on the source, or runs on the destination. The error
            carries the journal.
        WrongHostError: a host is not the one in the journal, or the two are swapped.
        JournalError: no migration was begun in the journal.
    """
    history = _conduct.read(journal.records())
    if history is None:
        raise JournalError("the journal is empty: no migration was begun")
    if history.over is not None:
        outcome = Outcome(str(history.over["outcome"]))
        return _result(history, outcome, str(history.over["why"]))
    return settle(Conduct(history.plan, history.token, source, destination, journal), fence)


def settle(conduct: Conduct, fence: Fence) -> Result:
    """Finish or undo a migration, in a new epoch; raises as `recover` does."""
    conduct.take_over()
    history = conduct.history()
    way = _Undoable if conduct.protocol.version.can_undo else _OneWay
    try:
        source = _look(conduct.source, "source", history.plan, fence)
        destination = _look(conduct.destination, "destination", history.plan, fence)
        result = way(conduct, history, source, destination).settle()
    except UnresolvedError as error:
        error.journal = conduct.journal
        raise
    except PeerLostError as error:
        raise _unresolved(conduct, f"a host stopped answering meanwhile: {error}") from error
    except HypervisorError as error:
        if conduct.unwritable:
            raise
        raise _unresolved(conduct, f"a host can neither finish nor undo it: {error}") from error
    if not result.pending:
        conduct.note_over(result.outcome.value, result.why)
    return result


def _look(peer: Peer, side: str, plan: Plan, fence: Fence) -> _Host:
    noted, other = plan.source, plan.destination
    if side == "destination":
        noted, other = other, noted
    try:
        answers = peer.identity()
    except PeerLostError:
        return _Host.FENCED if peer.is_gone() or fence(noted) else _Host.SILENT
    found, wanted = identity.parse(answers), identity.parse(noted)
    if found == wanted:
        return _Host.ALIVE
    if found.name == wanted.name and found.life > wanted.life:
        return _Host.FENCED
    if found.name == identity.parse(other).name:
        raise WrongHostError("source and destination are swapped")
    if fence(noted):
        return _Host.FENCED
    raise WrongHostError(
        f"the {side} is not the host in the journal: {answers} answers, and {noted} is noted;"
        " only a fence can say that the latter is dead"
    )


def _unresolved(conduct: Conduct, why: str) -> UnresolvedError:
    error = UnresolvedError(why)
    error.journal = conduct.journal
    return error


def _result(history: History, outcome: Outcome, why: str, pending: bool = False) -> Result:
    name = history.plan.dname if outcome is Outcome.MOVED else history.plan.guest
    return Result(outcome, name, why, pending)


@dataclass
class _Way:
    """What is known of a migration that is to be settled."""

    conduct: Conduct
    history: History
    source: _Host
    destination: _Host

    def _result(self, outcome: Outcome, why: str, pending: bool = False) -> Result:
        return _result(self.history, outcome, why, pending)

    def _uri(self) -> str:
        answer = self.history.answers.get("prepare", {})
        return str(answer.get("uri", ""))


class _Undoable(_Way):
    """Version 3: the source keeps the guest, paused, until Confirm."""

    def settle(self) -> Result:
        runs, proof, pending = self._ask_destination()
        return self._tell_source(runs, proof, pending)

    def _ask_destination(self) -> tuple[bool, bytes, bool]:
        """Tell whether the guest runs there, with a proof; and whether something is left there."""
        answer = self.history.answers.get("finish")
        if answer is not None and self.destination is not _Host.ALIVE:
            # Final, whatever became of the host: the guest may have moved on before it died.
            return answer["name"] is not None, bytes.fromhex(answer["cookie"]), False
        asked = "finish" in self.history.asked
        if self.destination is _Host.FENCED:
            # What it was never asked for it never did: a guest that is split goes on all the same.
            why = proofs.DESTINATION_FENCED if asked else proofs.NEVER_ASKED
            return False, self.conduct.verdict(why), False
        if self.destination is _Host.SILENT:
            if asked:
                raise UnresolvedError(
                    "the destination was asked to start the guest and does not answer: it must"
                    " answer or be fenced; until then the guest stays paused on the source"
                )
            if self.source is _Host.FENCED and "perform" in self.history.asked:
                raise UnresolvedError(
                    "the destination may have all of the guest, which is nowhere else, and does not"
                    " answer: it must answer or be fenced"
                )
            return False, self.conduct.verdict(proofs.NEVER_ASKED), True
        cookie = self._go_on_with()
        if cookie is not None:
            try:
                name, proof = self.conduct.finish(cookie, self._uri(), False)
                return name is not None, proof, False
            except PeerLostError as error:
                self._destination_lost(error)
            except HypervisorError as error:
                if self._has_lost_guest():
                    return self._finish_without_source()
                # It is asked to give the guest up instead, but not where that would end it.
                if self.source is not _Host.ALIVE:
                    raise UnresolvedError(
                        f"the destination refuses to start the guest and the source cannot: {error}"
                    ) from error
        try:
            name, proof = self.conduct.finish(b"", self._uri(), True)
        except PeerLostError as error:
            self._destination_lost(error)
        except HypervisorError:
            # It went on there, and waits for what may be gone.
            if "finish" not in self.history.asked or not self._has_lost_guest():
                raise
            return self._finish_without_source()
        return name is not None, proof, False

    def _finish_without_source(self) -> tuple[bool, bytes, bool]:
        gone = self.conduct.verdict(proofs.SOURCE_GONE)
        name, proof = self.conduct.finish(gone, self._uri(), False)
        return name is not None, proof, False

    def _has_lost_guest(self) -> bool:
        """Tell whether the source lost its part of a guest, which it had not taken back."""
        if self.source is not _Host.ALIVE or not self.history.plan.flags & live.POSTCOPY:
            return False
        return self._source_ended() != UNDONE and self.conduct.has_lost_guest()

    def _source_ended(self) -> str | None:
        with contextlib.suppress(RemoteError):  # an older host has no such call
            return self.conduct.source.outcome(self.conduct.token.migration)
        return None

    def _go_on_with(self) -> bytes | None:
        """Give what Finish needs, when going on is right; None when undoing is."""
        if self.history.cancelled or "confirm:cancelled" in self.history.asked:
            return None
        if self.source is _Host.ALIVE and self._source_ended() == UNDONE:
            return None  # an administrator has kept the guest there
        cookie = self.history.cookie("perform")
        if cookie is not None and self.conduct.is_split(cookie):
            return self._go_on_split(cookie)
        if cookie is not None:
            return cookie
        if "perform" not in self.history.asked:
            return None
        if self.source is _Host.FENCED:
            return self.conduct.verdict(proofs.SOURCE_FENCED)
        if self.source is _Host.SILENT:
            raise UnresolvedError(
                "the source was asked to send the guest and does not answer: it must answer or be"
                " fenced; until then the guest stays where it is"
            )
        return None

    def _go_on_split(self, cookie: bytes) -> bytes:
        """Give what Finish needs for a guest of which a part is on the source only."""
        if self.source is _Host.FENCED:
            return self.conduct.verdict(proofs.SOURCE_FENCED)
        if self.source is _Host.SILENT and "finish" not in self.history.asked:
            raise UnresolvedError(
                "a part of the guest is on the source, which does not answer: it must answer or"
                " be fenced; until then the guest stays paused"
            )
        if self._has_lost_guest():
            return self.conduct.verdict(proofs.SOURCE_GONE)
        return cookie

    def _destination_lost(self, error: PeerLostError) -> None:
        raise UnresolvedError(
            f"the destination was asked what became of the guest and does not answer: {error}"
        ) from error

    def _tell_source(self, runs: bool, proof: bytes, pending: bool) -> Result:
        if self.source is _Host.SILENT:
            where = "runs on the destination" if runs else "is paused or runs on the source"
            raise UnresolvedError(
                f"the source does not answer: it must answer or be fenced; the guest {where}"
            )
        if self.source is _Host.FENCED:
            if runs:
                return self._result(Outcome.MOVED, "the destination has the guest; the source died")
            if self.conduct.may_be_old(proof):
                why = "post-copy had begun, and the source died before all of the guest had left it"
                return self._result(Outcome.LOST, why, pending)
            why = "the source died before the guest had left it"
            return self._result(Outcome.DIED, why, pending)
        if runs:
            self.conduct.confirm(proof, False)
            if self.destination is _Host.FENCED:
                return self._result(Outcome.DIED, "the destination died after the guest had moved")
            return self._result(Outcome.MOVED, "the destination has the guest")
        try:
            self.conduct.confirm(proof, True)
        except LateStepError:
            # It had moved for good, and what has been found is that the destination is dead.
            return self._result(Outcome.DIED, "the destination died after the guest had moved")
        except GuestLostError as error:
            return self._result(Outcome.LOST, str(error), pending)
        return self._result(Outcome.STAYED, "the source has the guest", pending)


class _OneWay(_Way):
    """Versions 1 and 2: nothing can be undone once Perform has ended the guest on the source."""

    def settle(self) -> Result:
        left = self._left_source()
        if left is None:
            return self._result(Outcome.DIED, "the source died before the guest had left it")
        if not left:
            why = "the source has the guest"
            return self._result(Outcome.STAYED, why, self._clean_up())
        if self.destination is _Host.SILENT:
            raise UnresolvedError(
                "the guest has left the source and the destination does not answer: it must"
                " answer or be fenced"
            )
        if self.destination is _Host.ALIVE and self._finish(failed=False) is not None:
            return self._result(Outcome.MOVED, "the destination has the guest")
        if self.source is _Host.FENCED:
            return self._result(Outcome.DIED, "the source died before all of the guest had left it")
        return self._result(Outcome.LOST, "its source has ended it, and no step can bring it back")

    def _left_source(self) -> bool | None:
        """Whether Perform sent the guest and ended it; None when it ended with the source.

        A fenced source cannot be asked: then the destination will say whether all is there.
        """
        asked = "perform" in self.history.asked
        if "perform" in self.history.answers:
            return True
        if self.source is _Host.FENCED:
            return True if asked else None
        if not asked:
            return False
        if self.source is _Host.SILENT:
            raise UnresolvedError(
                "the source was asked to send the guest and does not answer: it must answer or be"
                " fenced"
            )
        try:
            # Idempotent: this only asks again what came of it.
            self.conduct.perform(self.history.cookie("prepare") or b"", self._uri())
        except PeerLostError:
            raise
        except HypervisorError:
            return False
        return True

    def _clean_up(self) -> bool:
        """Let the destination give the guest up; tell whether that is left for when it answers.

        Version 1 has no step that tells the destination that nothing will come.
        """
        if not self.conduct.protocol.version.can_give_up or "prepare" not in self.history.asked:
            return False
        if self.destination is _Host.ALIVE:
            self._finish(failed=True)
        return self.destination is _Host.SILENT

    def _finish(self, failed: bool) -> str | None:
        cookie, uri = self.history.cookie("prepare") or b"", self._uri()
        try:
            if self.conduct.protocol.version.can_give_up:
                return self.conduct.finish2(cookie, uri, failed)
            return self.conduct.finish1(cookie, uri)
        except PeerLostError:
            raise
        except HypervisorError:
            return None
