"""Findings -> text, json, sarif, github."""
