"""Catalogue -> documents: the site and the exports."""
