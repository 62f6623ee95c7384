"""Every driver through the kit."""

from conformance.lifecycle import *  # noqa: F403
