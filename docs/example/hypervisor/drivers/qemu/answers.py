"""Reading what QEMU answers."""

from __future__ import annotations

from typing import Any

from ...errors import GuestError


def status(answer: dict[str, Any]) -> str:
    """Give the status of a migration; `none` before the first one."""
    return text(answer, "status") if answer else "none"


def text(answer: object, key: str) -> str:
    """Give a text that an answer must have; raise GuestError when it has not."""
    value = answer.get(key) if isinstance(answer, dict) else None
    if not isinstance(value, str):
        raise GuestError(f"QEMU gave an answer without {key!r}: {str(answer)[:80]}")
    return value
