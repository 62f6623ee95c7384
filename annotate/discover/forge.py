"""The URL of a source line on the forge that a git remote is on."""

from __future__ import annotations

from ..patterns import regex

#: Host, or how it begins -> what follows the repository in the URL of a line. All of them know ``HEAD``.
_FORGES = {
    "github.com": "/blob/HEAD/{path}#L{line}",
    "gitlab.": "/-/blob/HEAD/{path}#L{line}",
    "bitbucket.org": "/src/HEAD/{path}#lines-{line}",
    "git.sr.ht": "/tree/HEAD/item/{path}#L{line}",
}
#: ``https://user@host/owner/name.git``, ``ssh://git@host:22/owner/name`` and ``git@host:owner/name``. No sign in a name
#: has a meaning in a URL or in a configuration.
_REMOTE = regex(
    r"(?:(?:https?|ssh|git)://(?:[^@/\s]+@)?([\w.-]+)(?::\d+)?/|(?:[\w.-]+@)?([\w.-]+):(?!/))"
    r"/*((?:[~\w.-]+/)+[\w.-]+?)(?:\.git)?/*"
)


def source_url(remote: str, folder: str) -> str | None:
    """A value for the key ``repository``; None for an unknown forge.

    Args:
        remote: address of the remote; a user and a password in it are left out.
        folder: path of the root in the repository, with ``/`` behind it, or empty.
    """
    found = _REMOTE.fullmatch(remote.strip())
    if found is None or ".." in remote or not all(sign.isalnum() or sign in "/._-" for sign in folder):
        return None
    host = (found[1] or found[2]).lower()
    for known, ending in _FORGES.items():
        if host == known or (known.endswith(".") and host.startswith(known)):
            return f"https://{host}/{found[3]}{ending.replace('{path}', f'{folder}{{path}}')}"
    return None
