"""Names of `lixcore.testing.ground` for the contracts that have not moved there yet."""

from __future__ import annotations

from lixcore.testing.ground.clock import NOON, SettableClock
from lixcore.testing.ground.hostile import KEYS_THAT_COLLIDE
from lixcore.testing.ground.opening import open_adapter

__all__ = ["KEYS_THAT_COLLIDE", "NOON", "SettableClock", "open_adapter"]
