"""Extensions of other documentation tools; each imports its tool, which is an optional dependency."""
