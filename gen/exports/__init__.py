"""The catalogue in formats for machines and for other people's pages."""
