"""What GitHub takes of a report (docs.github.com: "SARIF support for code scanning", "Usage limits")."""

from __future__ import annotations

#: Results of one SARIF run; a log with more is rejected.
RESULTS = 25_000
#: Annotations of one level in one step; the others are not shown.
ANNOTATIONS = 10


def cut(count: int) -> str:
    """The sentence for a SARIF log that does not hold all of so many findings."""
    return f"the log holds the first {RESULTS:,} of {count:,} findings: GitHub rejects larger ones"
