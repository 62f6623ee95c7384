"""The releases that git has a tag of, in their order."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from .. import commits, git
from ..commits import Ancestry
from ..config.releases import release_tags
from ..config.value import Config
from ..errors import GitError, ReleaseError
from ..records import NamedTuple
from ..release import Release


class Tag(NamedTuple):
    """One release: the tag as git has it, the release, and the id of its commit."""

    name: str
    release: Release
    commit: str


class Tags(NamedTuple):
    """All releases of a repository.

    Attributes:
        tags: one for each release, oldest first; release candidates are left out.
        ancestry: which of their commits are ancestors of which.
        notes: what a user should know about the choice, as sentences.
    """

    tags: tuple[Tag, ...]
    ancestry: Ancestry
    notes: tuple[str, ...] = ()


def read(config: Config) -> Tags:
    """The releases up to the current one.

    Raises:
        GitError: there is no repository, or it has no tag of a release.
    """
    root = config.root
    if not git.has_repository(root):
        raise GitError(f"{root} is not in a git repository, so there is no history to read")
    commits_of = commits.tagged(root) if git.tags(root) else {}
    known = None if config.known is None else set(config.known)
    found = [
        Tag(name, release, commits_of[name])
        for name, release in release_tags(sorted(commits_of), config.scheme, config.tag_prefix)
        if not release.is_candidate and not name.startswith("-") and (known is None or release in known)
    ]
    given = list(_given(config, {tag.release for tag in found}))
    found += [tag for tag in given if known is None or tag.release in known]
    head = commits.head(root)
    wanted = [*(tag.commit for tag in found), *([head] if head else [])]
    ancestry = Ancestry(root, wanted, [tag.commit for tag in given]) if found else None
    if config.current is not None:
        newest = config.current
        found = [
            tag
            for tag in found
            if tag.release <= newest or (ancestry and head and ancestry.is_ancestor(tag.commit, head))
        ]
    if not found or ancestry is None:
        raise GitError(_no_tags(config))
    chosen, notes = _one_each(found, ancestry)
    unlisted = [
        str(tag.release) for tag in given if tag not in found and known is not None and tag.release not in known
    ]
    if unlisted:
        verbs = ("has a commit", "is") if len(unlisted) == 1 else ("have commits", "are")
        notes.append(f"{', '.join(unlisted)} {verbs[0]} in the configuration, and {verbs[1]} not under 'releases'")
    misplaced = _misplaced(chosen, ancestry)
    if misplaced:
        chosen = [tag for tag in chosen if tag not in misplaced]
        notes.append(_why(misplaced))
    if git.is_shallow(root):
        notes.append("this clone is shallow and may lack releases; fetch them with 'git fetch --tags --unshallow'")
    return Tags(tuple(chosen), ancestry, tuple(notes))


def _given(config: Config, tagged: Collection[Release]) -> Iterator[Tag]:
    """The releases without a tag whose commits the configuration names.

    Raises:
        GitError: the repository lacks a commit.
    """
    for text, commit in config.commits.items():
        try:
            release = config.scheme.parse(text)
        except ReleaseError as error:
            raise GitError(f"{config.path}: commits: {error}") from error
        if release not in tagged:
            yield Tag(commit, release, git.resolve_rev(config.root, commit))


def _misplaced(tags: Sequence[Tag], ancestry: Ancestry) -> dict[Tag, Tag]:
    """The releases that an older one by number contains, each with that one: the project has changed its numbering."""
    found = {}
    for index, tag in enumerate(tags):
        for older in tags[:index]:
            if tag.commit != older.commit and ancestry.is_ancestor(tag.commit, older.commit):
                found[tag] = older
                break
    return found


def _why(misplaced: Mapping[Tag, Tag]) -> str:
    newer, older = list(misplaced.items())[-1]
    many = "1 release is" if len(misplaced) == 1 else f"{len(misplaced)} releases are"
    example = f"{older.release} contains {newer.release}, which has a higher number"
    return f"{many} left out: {example}; give the order of all releases with 'scheme = \"listed\"' and 'releases'"


def _no_tags(config: Config) -> str:
    prefix = "" if config.tag_prefix is None else f" that starts with {config.tag_prefix!r}"
    hint = "fetch the tags with 'git fetch --tags'"
    if git.is_shallow(config.root):
        hint = "this clone is shallow: fetch its tags with 'git fetch --tags --unshallow' (in CI: fetch-depth 0)"
    return f"git has no tag{prefix} of a release under scheme {config.scheme.name!r}; {hint}"


def _one_each(found: Iterable[Tag], ancestry: Ancestry) -> tuple[list[Tag], list[str]]:
    """One tag for each release, in order: of two, the one whose commit contains the other's, else the first by name."""
    chosen: dict[Release, Tag] = {}
    notes = []
    for tag in sorted(found, key=lambda each: (each.release, each.name)):
        other = chosen.setdefault(tag.release, tag)
        if other.commit == tag.commit:
            continue
        kept = tag if ancestry.is_ancestor(other.commit, tag.commit) else other
        chosen[tag.release] = kept
        notes.append(f"tags {other.name} and {tag.name} are both release {tag.release}; {kept.name} is used")
    return list(chosen.values()), notes
