"""Running a migration: the steps in their order, and what the protocol does when one fails."""

from __future__ import annotations

import contextlib
import threading

from .. import description as _description
from ..errors import (
    GuestLostError,
    HypervisorError,
    MigrationCancelledError,
    MigrationError,
    OptionError,
    PeerLostError,
    UnresolvedError,
)
from ..values import Token
from . import features, protocols, shelf
from .conduct import Conduct, Plan
from .journal import FileJournal, Journal, MemoryJournal
from .options import Options
from .peer import Peer, looks
from .protocols import Version
from .recovery import Fence, Outcome, Result, no_fence, settle
from .tunnel import Tunnel

_DEFAULT = Options()


class Migration:
    """One migration, from this side of it. `run` does it; `cancel` may come from any thread."""

    def __init__(
        self,
        source: Peer,
        destination: Peer,
        guest: str,
        options: Options | None = None,
        journal: Journal | None = None,
    ) -> None:
        """Plan a migration.

        Without a journal, one is begun that lasts as long as the hosts: on disk when one of them is
        another process, else in memory.

        Raises MigrationError when the hosts are one and the same, have no protocol in common, or
        the journal tells of another migration; OptionError for an option that cannot be had.
        """
        wanted = _DEFAULT if options is None else options
        parameters = wanted.parameters
        protocol = protocols.negotiate(
            source,
            destination,
            wanted.protocol,
            tunnelled=wanted.tunnelled,
            parameters=parameters.needs_slots,
        )
        if wanted.flags:
            features.require(wanted.flags, protocol, source, destination)
        plan = Plan(
            protocol=protocol.name,
            guest=guest,
            dname=wanted.dname or guest,
            source=source.identity(),
            destination=destination.identity(),
            driver=source.driver,
            description=wanted.description,
            destination_uri=wanted.destination_uri,
            uri_in=wanted.uri_in,
            flags=wanted.flags,
            bandwidth=wanted.bandwidth,
            params=parameters.pairs(),
        )
        _check(plan, protocol)
        self._own: FileJournal | None = None
        if journal is None and (source.outlives or destination.outlives):
            journal = self._own = shelf.begin(guest)
        book = MemoryJournal() if journal is None else journal
        if book.records():
            raise MigrationError("the journal tells of another migration: each needs its own")
        self._conduct = Conduct(plan, Token.new(), source, destination, book)
        self._protocol = protocol
        self._lock = threading.Lock()
        self._cancelled = False
        self._final = False

    @property
    def journal(self) -> Journal:
        """From which `recovery.recover` goes on when `run` was left by whatever exception."""
        return self._conduct.journal

    @property
    def protocol(self) -> str:
        """Name of the protocol that was chosen."""
        return self._protocol.name

    def cancel(self) -> bool:
        """Undo the migration; False when it is too late for that, and it will be finished."""
        with self._lock:
            if self._final:
                return False
            self._cancelled = True
        # When no step is at work, or no host answers, it suffices that no more are asked for.
        with contextlib.suppress(HypervisorError):
            self._conduct.source.abort(self._conduct.plan.guest)
        return True

    def run(self, fence: Fence = no_fence) -> str:
        """Migrate, and recover at once from whatever fails; give the name on the destination.

        Raises:
            MigrationCancelledError: it was cancelled, and the guest goes on at the source.
            MigrationError: it failed; the message says where the guest is now.
            GuestLostError: it is nowhere, for it was split by post-copy.
            UnresolvedError: it can be neither finished nor undone yet: see `recovery.recover`; the
                error carries the journal.
            KeyboardInterrupt: it was interrupted, and has been finished or undone like any other
                that fails.
        """
        with contextlib.ExitStack() as stack:
            if self._own is not None:
                stack.enter_context(shelf.kept(self._own))
            return self._run(fence)

    def _run(self, fence: Fence) -> str:
        self._conduct.start()
        try:
            return self._finished(self._steps())
        except UnresolvedError as error:
            error.journal = self.journal
            raise
        # Any other exception leaves the journal, as the death of this process would.
        except (Exception, KeyboardInterrupt) as error:
            cause = error
        if self._cancelled:
            self._conduct.note_cancel()
        try:
            result = settle(self._conduct, fence)
        except MigrationError as error:
            error.journal = self.journal
            raise error from cause
        if not isinstance(cause, HypervisorError):
            raise cause
        return self._settled(result, cause)

    def run_alone(self) -> str:
        """Migrate with the protocol alone: what it does not undo by itself stays as it is."""
        with contextlib.ExitStack() as stack:
            if self._own is not None:
                stack.enter_context(shelf.kept(self._own))
            self._conduct.start()
            return self._finished(self._steps(unwind=True))

    def _finished(self, name: str) -> str:
        self._conduct.note_over(Outcome.MOVED.value, "every step succeeded")
        return name

    def _settled(self, result: Result, cause: HypervisorError) -> str:
        if result.outcome is Outcome.MOVED:
            return result.name
        by_user = self._cancelled or isinstance(cause, MigrationCancelledError)
        if result.outcome is Outcome.STAYED and by_user:
            raise MigrationCancelledError("the migration was cancelled") from cause
        states = self._states(result.name)
        if result.outcome is Outcome.LOST and self._protocol.version.can_undo:
            raise GuestLostError(f"{result.why} ({states})") from cause
        raise MigrationError(f"{cause} ({result.why}; {states})") from cause

    def _states(self, name: str) -> str:
        """Tell in a line what the guest is doing on each side."""
        conduct, plan = self._conduct, self._conduct.plan
        return (
            f"source: {looks(conduct.source, plan.guest)},"
            f" destination: {looks(conduct.destination, plan.dname)}"
        )

    def _steps(self, unwind: bool = False) -> str:
        match self._protocol.version:
            case Version.V1:
                return self._version1()
            case Version.V2:
                return self._version2(unwind)
            case Version.V3:
                return self._version3(unwind)

    def _version1(self) -> str:
        conduct = self._conduct
        self._may_go_on()
        cookie, uri = conduct.prepare1()
        self._may_go_on()
        conduct.perform(cookie, uri)
        self._no_way_back()
        return _named(conduct.finish1(cookie, uri))

    def _version2(self, unwind: bool) -> str:
        conduct = self._conduct
        self._may_go_on()
        described = _description.parse(conduct.dump())
        self._may_go_on()
        cookie, uri = conduct.prepare2(_description.format(described))
        try:
            self._may_go_on()
            conduct.perform(cookie, uri)
        except HypervisorError:
            if unwind:
                conduct.finish2(cookie, uri, True)
            raise
        self._no_way_back()
        return _named(conduct.finish2(cookie, uri, False))

    def _version3(self, unwind: bool) -> str:
        conduct = self._conduct
        self._may_go_on()
        described, offer = conduct.begin()
        tunnel = Tunnel() if self._protocol.tunnelled else None
        uri, prepared = "", False
        try:
            try:
                self._may_go_on()
                ready, uri = self._prepare3(offer, described, tunnel)
                prepared = True
                self._may_go_on()
                sent = conduct.perform3(ready, uri)
                self._no_way_back()
            finally:
                if tunnel is not None:
                    tunnel.close()
        except HypervisorError:
            if unwind and prepared:
                self._give_up(uri)
            elif unwind:
                conduct.confirm(b"", True)
            raise
        return self._end3(sent, uri, unwind)

    def _prepare3(self, offer: bytes, described: str, tunnel: Tunnel | None) -> tuple[bytes, str]:
        if tunnel is None:
            return self._conduct.prepare(offer, described)
        return self._conduct.prepare_tunnel(offer, described, tunnel), tunnel.uri

    def _end3(self, sent: bytes, uri: str, unwind: bool) -> str:
        conduct = self._conduct
        try:
            name, proof = conduct.finish(sent, uri, False)
        except PeerLostError:
            raise  # whether it runs there is not known, and the five steps have no way to ask
        except HypervisorError:
            if unwind:
                self._give_up(uri)
            raise
        if name is None:
            if unwind:
                conduct.confirm(proof, True)
            raise MigrationError(f"the destination could not start the guest: {conduct.why(proof)}")
        conduct.confirm(proof, False)
        return name

    def _give_up(self, uri: str) -> None:
        _, proof = self._conduct.finish(b"", uri, True)
        self._conduct.confirm(proof, True)

    def _may_go_on(self) -> None:
        with self._lock:
            if self._cancelled:
                raise MigrationCancelledError("the migration was cancelled")

    def _no_way_back(self) -> None:
        """Go on for good, unless it was just cancelled and can still be undone."""
        with self._lock:
            if self._cancelled and self._protocol.version.can_undo:
                raise MigrationCancelledError("the migration was cancelled")
            self._final = True


def _check(plan: Plan, protocol: protocols.Protocol) -> None:
    if plan.source == plan.destination:
        raise MigrationError("source and destination are the same host")
    if plan.description is not None and not protocol.version.can_redescribe:
        raise OptionError(
            f"option description: protocol {protocol.name} cannot change the description on the way"
        )


def _named(name: str | None) -> str:
    if name is None:
        raise MigrationError("the destination could not start the guest")
    return name
