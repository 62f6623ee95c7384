"""Writes a commented ``hvsupport.toml`` from candidates."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from ..config.target import quoted
from .candidates import Candidate
from .globs import escaped
from .guess import Project

#: The most candidates that get a table; the others are listed in a comment.
_MOST = 20
_MENTIONED = 15
_FEWEST_ENTRIES = 3
_FEWEST_DRIVERS = 2
#: No page has room for more columns; what has more users is a record with hooks.
_MOST_DRIVERS = 200
_FAR_BEHIND = 60
_WIDE = 100

_HEAD = """\
# Guessed by 'hvsupport init' from the source tree: review every line.
# Remove what is not an interface, then run 'hvsupport check'. hvsupport's documentation explains every key under
# "Configuration".
"""
_PRESET = """\
# Written by 'hvsupport init'. The preset comes with hvsupport; values that you set below replace its values, key by
# key. hvsupport's documentation explains every key under "Configuration".
preset = {name}
"""
_KNOWN = """\
# A preset that comes with hvsupport knows this tree: 'hvsupport init --preset {name}' writes a configuration that
# extends it, in place of these guesses.
"""
_ALSO = "# The preset does not have these; 'hvsupport init --dry-run --at PATH:NAME' prints the table of one:"
_NO_RELEASE = """\
# The current release: a text, or { from = "git" }, or { from = "pyproject" }.
# release = "1.2.0"
"""
_NO_TITLE = '# title = "The project"\n'


def chosen(found: list[Candidate]) -> list[Candidate]:
    """The likely candidates, likeliest first."""
    if not found:
        return []
    large = [
        each for each in found if each.entries >= _FEWEST_ENTRIES and _FEWEST_DRIVERS <= each.drivers <= _MOST_DRIVERS
    ]
    # The resolver does not tell structs of one name apart; the likeliest is kept.
    first = {each.name: each for each in reversed(large) if each.names}
    large = [each for each in large if not each.names or each is first[each.name]]
    return [each for each in large[:_MOST] if each.score * _FAR_BEHIND >= large[0].score]


def render(
    project: Project,
    used: list[Candidate],
    others: list[Candidate],
    tests: Iterable[str],
    packages: Mapping[str, str],
    preset: str | None = None,
) -> str:
    """The text of a config file.

    Args:
        used: the candidates that it declares.
        others: those that it mentions.
        tests: patterns that exclude tests.
        packages: import name -> folder.
        preset: the name of one that knows this tree; a comment says so.
    """
    parts = [_HEAD + ("" if preset is None else _KNOWN.format(name=preset)), _top(project, tests, packages)]
    names = Counter(each.name for each in used)
    parts += [_interface(each, key, names[each.name] > 1) for each, key in zip(used, _keys(used), strict=True)]
    if others:
        parts.append(_others(others))
    return "\n".join(parts)


def render_preset(preset: str, others: list[Candidate]) -> str:
    """The text of a config file that extends a preset.

    Args:
        others: the likely candidates that the preset does not have.
    """
    return _PRESET.format(name=quoted(preset)) + (f"\n{_others(others, _ALSO)}" if others else "")


def _top(project: Project, tests: Iterable[str], packages: Mapping[str, str]) -> str:
    lines = [f"title = {quoted(project.title)}\n" if project.title else _NO_TITLE]
    if project.release is not None:
        lines.append(f"release = {project.release}  # {project.origin}\n")
    else:
        lines.append(_NO_RELEASE)
    lines.append('# How releases are written and ordered: "x.y.z", "pep440", "calendar" or "listed".\n')
    lines.append(f"scheme = {quoted(project.scheme)}\n")
    if project.source is not None:
        lines.append("# Where source lines are linked to. For the tag of a release write {release} in place of HEAD.\n")
        lines.append(f"repository = {quoted(project.source)}\n")
    patterns = list(tests)
    if patterns:
        lines.append("# Never read; patterns as in .gitignore.\n")
        lines.append(f"exclude = {_list(patterns)}\n")
    if packages:
        lines.append("# Import names of packages whose folder has another name.\n")
        pairs = ", ".join(f"{quoted(name)} = {quoted(folder)}" for name, folder in sorted(packages.items()))
        lines.append(f"packages = {{ {pairs} }}\n")
    return "".join(lines)


def _interface(found: Candidate, key: str, is_shared: bool) -> str:
    lines = [_why(found), f"[interfaces.{key}]", f"at = {quoted(f'{found.path}:{found.name}')}"]
    if is_shared:
        lines.append(f"title = {quoted(f'{found.name} in {found.path}')}")
    if found.kind != "class":
        lines.append(f"kind = {quoted(found.kind)}")
    lines.append(f"drivers = {_list(found.globs)}")
    if found.headers:
        headers = _list(map(escaped, found.headers))
        lines += ["# Headers that declare types of its fields, or define macros of its tables.", f"headers = {headers}"]
    if found.ignored:
        lines += ["# Macros that say nothing about its fields.", f"ignored-macros = {_list(found.ignored)}"]
    lines += _columns(found)
    if found.exceptions:
        names = sorted({name.rpartition(".")[2] for name in found.exceptions})
        lines += ["# A method that only raises one of these counts as unsupported. Review this list.", _stubs(names)]
    if found.additional:
        origin = _plain(found.outside or "")
        told = f"Methods that several drivers define; {origin} is outside the tree. Keep those that it has."
        reason = f"a method of {origin}" if origin else "a hook that most drivers define"
        lines.append(f"# {told if origin else 'Private methods that most drivers define. Keep those that are called.'}")
        lines.append(f"[interfaces.{key}.additional]")
        lines += (f"{quoted(name)} = {quoted(reason)}" for name in found.additional)
    return "\n".join(lines) + "\n"


def _stubs(names: list[str]) -> str:
    return f"stub-exceptions = {_list(names)}"


def _why(found: Candidate) -> str:
    if found.names:
        files = "one file fills" if found.drivers == 1 else f"{found.drivers} files fill"
        return f"# {found.stubs} of its {found.entries} fields are functions; {files} it."
    if found.kind == "table":
        return f"# {found.stubs} of its {found.entries} fields are functions; {_files(found.drivers)} it with keywords."
    return (
        f"# {_classes(found.drivers)} from it; {found.stubs} of its {found.entries} public methods are stubs,"
        " do nothing or are overridden."
    )


def _files(number: int) -> str:
    return "one file calls" if number == 1 else f"{number} files call"


def _classes(number: int) -> str:
    return "One class derives" if number == 1 else f"{number} classes derive"


def _columns(found: Candidate) -> Iterator[str]:
    listed = found.listed
    if listed is not None:
        yield f'# Columns are the drivers in {_plain(listed.origin)}; "leaf" takes every class without subclasses.'
        if listed.missing:
            yield f"# It names classes that were not found: {_plain(', '.join(listed.missing))}."
        yield (
            f"columns = {{ registry = {quoted(listed.registry)} }}"
            if listed.registry
            else f"columns = {_list(listed.ids)}"
        )
    elif not found.names:
        yield '# Columns are the drivers without subclasses; "all" takes the others too.'
        yield 'columns = "leaf"'


def _others(others: list[Candidate], words: str = "# Less likely, or small:") -> str:
    lines = [words]
    lines += [f"#   {_plain(each.path)}:{each.name} ({each.kind}, {each.drivers})" for each in others[:_MENTIONED]]
    if len(others) > _MENTIONED:
        lines.append(f"#   and {len(others) - _MENTIONED} more")
    return "\n".join(lines) + "\n"


def _keys(found: list[Candidate]) -> list[str]:
    """A key for each interface: its class name; duplicates get folders prepended or a number appended."""
    taken: set[str] = set()
    keys = []
    for each in found:
        name = re.sub(r"[^A-Za-z0-9_-]", "_", each.name) or "interface"
        folders = [re.sub(r"[^A-Za-z0-9_-]", "_", part) for part in each.path.removesuffix(".py").split("/")]
        longer = ["-".join([*folders[-count:], name]) for count in range(1, len(folders) + 1)]
        numbered = (f"{name}-{number}" for number in range(2, len(found) + 2))
        key = next(key for key in (name, *longer, *numbered) if key.lower() not in taken)
        taken.add(key.lower())
        keys.append(key)
    return keys


def _list(texts: Iterable[str]) -> str:
    """A list on one line, or on several if long."""
    items = [quoted(text) for text in texts]
    line = f"[{', '.join(items)}]"
    return line if len(line) <= _WIDE else "[\n" + "".join(f"    {item},\n" for item in items) + "]"


def _plain(text: str) -> str:
    """A text without control characters, for a comment."""
    return "".join("?" if ord(sign) < 32 or ord(sign) == 127 else sign for sign in text)
