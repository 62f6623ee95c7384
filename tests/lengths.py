"""How large the inputs of tests are whose time depends on it: ``make test-real`` sets HVSUPPORT_TEST_LENGTH."""

from __future__ import annotations

import os

LENGTH = int(os.environ.get("HVSUPPORT_TEST_LENGTH", "1"))
