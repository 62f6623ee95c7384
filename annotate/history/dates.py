"""When the releases came out: as the configuration says, else as their tags do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timezone

from .. import commits, git
from ..config.releases import release_tags
from ..config.value import Config
from ..errors import ConfigError, GitError, ReleaseError
from ..release import Release

#: The last second of the year 9999, the last that a date can have.
_LAST = 253_402_300_799


def dates(config: Config, tell: Callable[[str], None]) -> Mapping[Release, str]:
    """Release -> when it came out, in UTC, as in RFC 3339; of two tags the older one counts.

    Args:
        tell: is told why the tags have no dates: git may be missing, or refuse a repository of somebody else.

    Raises:
        ConfigError: what the configuration dates is not a release.
    """
    known = None if config.known is None else set(config.known)
    try:
        tagged = commits.dates(config.root) if git.tags(config.root) else {}
    except GitError as error:
        tell(f"the feed has no dates of tags: {error}")
        tagged = {}
    of_tags = [
        (tagged[name], release)
        for name, release in release_tags(tagged, config.scheme, config.tag_prefix)
        if tagged[name] <= _LAST and (known is None or release in known)
    ]
    found = {release: _written(seconds) for seconds, release in sorted(of_tags, key=lambda each: -each[0])}
    try:
        found.update((config.scheme.parse(text), f"{day}T00:00:00Z") for text, day in config.dates.items())
    except ReleaseError as error:
        raise ConfigError(f"{config.path}: release-dates: {error}") from error
    return found


def _written(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
