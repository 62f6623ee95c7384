"""What all tests share: Hypothesis judges programs, not how busy the machine is, and the same examples in every run.

With HVSUPPORT_EXPLORE set, it looks for new examples instead.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

IS_FIXED = "HVSUPPORT_EXPLORE" not in os.environ
settings.register_profile("untimed", deadline=None, derandomize=IS_FIXED, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
