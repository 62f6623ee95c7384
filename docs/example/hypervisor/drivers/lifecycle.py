"""The state machine of a guest: which call is legal in which state, for all drivers alike."""

from __future__ import annotations

from ..errors import InvalidStateError
from ..values import DomainState

ACTIVE = frozenset({DomainState.RUNNING, DomainState.PAUSED})
INACTIVE = frozenset(DomainState) - ACTIVE
_RUNNING = frozenset({DomainState.RUNNING})

LEGAL = {
    "define": INACTIVE,  # again, under a name that is known
    "create": INACTIVE,
    "suspend": _RUNNING,
    "resume": frozenset({DomainState.PAUSED}),
    # A paused guest cannot hear the request; `destroy` ends it.
    "shutdown": _RUNNING,
    "reset": ACTIVE,
    "destroy": ACTIVE,
    "undefine": INACTIVE,
    "save": ACTIVE,
    "restore": INACTIVE,  # over a guest of the same name
    "migrate": ACTIVE,
    "receive": INACTIVE,  # over a guest of the same name
}


def require(call: str, name: str, state: DomainState) -> None:
    """Raise InvalidStateError unless `call` is legal for a guest in `state`."""
    legal = LEGAL[call]
    if state not in legal:
        # Sorted as declared, so that the message does not depend on the order of a set.
        wanted = " or ".join(s.value for s in DomainState if s in legal)
        raise InvalidStateError(f"cannot {call} guest {name!r}: it is {state.value}, not {wanted}")
