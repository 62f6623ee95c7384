"""The exceptions of this project: one base class, one sentence per subclass.

They end the run with exit status 2 and are caught once, at the top of the command line. Problems in the tree are
findings, not exceptions. ``ReleaseError`` and ``AnnotationError`` are about one text; if the text is from the tree, the
caller catches them and reports a problem.
"""

from __future__ import annotations


class HvsupportError(Exception):
    """The run is not possible; the message is for the user."""


class ConfigError(HvsupportError):
    """The configuration was not found or is not valid TOML."""


class ReadError(HvsupportError):
    """A required file could not be read."""


class WriteError(HvsupportError):
    """A file could not be written; its old content is kept."""


class GitError(HvsupportError):
    """Git is not installed, or failed."""


class ReleaseError(HvsupportError):
    """A text is not a release under the scheme of the project, or not allowed here."""


class AnnotationError(HvsupportError):
    """A text is not an annotation.

    Attributes:
        reason: what is wrong, as the end of a sentence; it is the message too.
        corrected: the text that was probably meant, or None.
        expected: what would be right, if that is more than the corrected text; or None.
        tip: how to fix it, if that is more than writing the corrected text; or None.
        offset: where the text starts in the comment that it was read from.
    """

    def __init__(
        self, text: str, reason: str, corrected: str | None = None, expected: str | None = None, tip: str | None = None
    ) -> None:
        super().__init__(reason)
        self.text, self.reason, self.corrected, self.expected, self.tip = text, reason, corrected, expected, tip
        self.offset = 0


class InstallError(HvsupportError):
    """A library that is installed together with hvsupport cannot be imported."""


class BaselineError(HvsupportError):
    """A baseline file could not be read or is invalid."""


class UsageError(HvsupportError):
    """Invalid options or arguments of a command."""
