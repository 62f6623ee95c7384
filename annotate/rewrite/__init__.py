"""Edits of sources, one kind a file: catalogue -> byte edits."""
