"""The catalogue in machine-readable formats, and as parts of other pages."""
