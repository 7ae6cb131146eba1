"""How much of the faults is tried: a share for every change, or a night's worth where ``LIXCORE_FAULTS=nightly`` is set."""

from __future__ import annotations

import os
from typing import Final

NIGHTLY: Final = os.environ.get("LIXCORE_FAULTS") == "nightly"
NIGHTLY_EXAMPLES: Final = 40
"""How many times as many random histories a night sees."""
