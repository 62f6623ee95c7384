"""What can stop a run: one base class, one sentence per subclass.

A problem in the tree that is read is a finding, never one of these. These end the run with exit status 2
and are caught once, at the top of the command line.
"""

from __future__ import annotations


class HvsupportError(Exception):
    """Something made the run impossible; the message is for the user."""


class ConfigError(HvsupportError):
    """The configuration could not be found or is not TOML."""


class ReadError(HvsupportError):
    """A file that the run cannot do without could not be read."""


class WriteError(HvsupportError):
    """A file could not be written; what stood there before is untouched."""


class GitError(HvsupportError):
    """Git is missing, or did not know what it was asked for."""


class ReleaseError(HvsupportError):
    """A text is not a release under the scheme of the project, or not one that may be used here."""


class InstallError(HvsupportError):
    """A library that is installed together with hvsupport cannot be imported."""


class BaselineError(HvsupportError):
    """A baseline file could not be understood."""


class UsageError(HvsupportError):
    """The options of the command do not go together."""
