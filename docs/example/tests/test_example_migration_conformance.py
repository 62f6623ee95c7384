"""Every driver through the kit's tests of migration."""

from conformance.migration import *  # noqa: F403
from conformance.proofs import *  # noqa: F403
from conformance.remains import *  # noqa: F403
