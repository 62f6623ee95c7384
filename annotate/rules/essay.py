"""A rule's essay as Markdown: for ``explain``, docs/rules.md and the help of code scanning services."""

from __future__ import annotations

from collections.abc import Iterator

from .base import EXAMPLE_API, EXAMPLE_CONFIG, EXAMPLE_PATH, Example, Rule

_LANGUAGES = {"toml": "toml", "html": "html", "md": "markdown"}
_FIXED_BY = "`hvsupport {command}` fixes it."


def markdown(rule: Rule, level: int = 2) -> str:
    """The essay of one rule under fixed headings.

    Args:
        level: of the rule's own heading; the sections are one deeper.
    """
    return "\n\n".join(_sections(rule, "#" * level)) + "\n"


def _sections(rule: Rule, mark: str) -> Iterator[str]:
    yield f"{mark} {rule.code} {rule.name}"
    fix = f" {_FIXED_BY.format(command=rule.fix)}" if rule.fix else ""
    yield f"{mark}# What it does\n\n{rule.summary} It is {_article(rule.severity)}.{fix}"
    yield f"{mark}# Why it is bad\n\n{rule.why}"
    yield f"{mark}# Example\n\n{_example(rule.invalid[0])}"
    yield f"{mark}# Use instead\n\n{_example(rule.valid[0])}"
    if rule.notes:
        yield f"{mark}# Notes\n\n{rule.notes}"


def _article(severity: str) -> str:
    return f"an {severity}" if severity[0] in "aeiou" else f"a {severity}"


def _example(example: Example) -> str:
    """The files of an example that differ from the default ones."""
    shown = {path: text for path, text in example.tree.items() if text not in (EXAMPLE_API, EXAMPLE_CONFIG)}
    if len(shown) == 1:
        return _fence(example.source, EXAMPLE_PATH)
    return "\n\n".join(f"`{path}`:\n\n{_fence(_news(text), path)}" for path, text in shown.items())


def _news(text: str) -> str:
    """What a config adds to the default one."""
    return text.removeprefix(EXAMPLE_CONFIG).strip("\n") + "\n"


def _fence(text: str, path: str) -> str:
    """A code block; tabs, which would be invisible, are shown as ``<TAB>``."""
    name = "text" if "\t" in text else _LANGUAGES.get(path.rpartition(".")[2], "python")
    marks = "````" if "```" in text else "```"
    return f"{marks}{name}\n{text.rstrip().replace(chr(9), '<TAB>')}\n{marks}"
