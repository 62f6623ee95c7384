"""Reading, checking and rewriting annotations: source files -> facts -> catalogue -> findings or edits."""

__version__ = "0.1.0"
