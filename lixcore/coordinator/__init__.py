"""What applications hold for one session: all layers of its memory, in plain dicts."""

from __future__ import annotations

from lixcore.coordinator.cache_coordinator import CacheCoordinator

__all__ = ["CacheCoordinator"]
