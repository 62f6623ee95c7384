"""Two hosts of which a fault strikes the calls of their driver, not only the steps between them."""

from __future__ import annotations

import contextlib

from hypervisor.errors import GuestTimeoutError, InvalidStateError, MigrationError

from .memory import HostDied, World
from .model import GUEST, Fault, Side


class InnerWorld(World):
    """Two hosts; who sees the calls of their driver lets the fault of the case strike in one."""

    def _strike(self, side: Side) -> None:
        """Do what the fault of the case does to a host, in a call of its driver."""
        fault, peer_to_peer = self.case.fault, self.case.peer_to_peer
        if fault in (Fault.FAILS_BEFORE, Fault.FAILS_AFTER):
            raise MigrationError(f"{self.case.step} failed")
        if fault is Fault.REPLY_LOST:
            raise GuestTimeoutError("no answer in time")
        if fault is Fault.CANCELLED:
            with contextlib.suppress(InvalidStateError):  # it is too late for that
                self.host("source").migrations.abort(GUEST)
        elif fault is Fault.HANGS:
            (job,) = self.host(side).migrations.open_jobs()
            self.in_vain.set()
            while not job.cancelled.wait(0.001) and not self.over.is_set():
                pass
        elif fault is Fault.COORDINATOR_DIES and not peer_to_peer:
            self.in_vain.set()  # the host goes on
        else:
            victim: Side = "destination" if fault is Fault.DESTINATION_DIES else "source"
            self.kill(victim)
            if victim == side:
                raise HostDied
            if peer_to_peer and victim == "source":
                self.in_vain.set()
