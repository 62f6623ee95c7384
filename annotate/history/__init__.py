"""The history of entries: in which releases of git each one stood.

    release tags ──► trees of object ids ──► facts by object id ──► State of each release      (tags, read, state)
    States, newest first ──► each driver followed through its names ──► History of a claim    (trace, spans)
    annotations and their histories ──► verdicts                                               (claims, verdicts)

Nothing is checked out. What today's readers cannot read at an old release is unknown there, and never a contradiction.
"""
