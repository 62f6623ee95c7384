"""The drivers, a folder each, and what they share."""
