"""What a cache holds, and what it was good for."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from lixcore.ports.cache_size import CacheSize
from lixcore.services.reuse.cache_guard import CacheGuard, CacheState
from lixcore.services.reuse.layer_stats import LayerCounts, LayerStats


@attrs.frozen
class LayerReport:
    """One layer of the memory that saves paying twice.

    Attributes:
        name: ``semantic_cache`` or ``url_embedding_cache``.
        adapter: What keeps it; None where it is switched off.
        state: How it is with the store, as this process sees it.
        counts: What this process counted.
        totals: What all processes counted that share the store; None where the store does not keep that, or cannot say now.
        size: What is held; None where the store cannot say now.
    """

    name: str
    adapter: str | None
    state: CacheState
    counts: LayerCounts
    totals: LayerCounts | None
    size: CacheSize | None


@attrs.frozen
class CacheLayer:
    """A layer, to be asked about.

    Attributes:
        name: What it is called.
        adapter: What keeps it; None where it is switched off.
        guard: Asks its store.
        stats: Counts.
    """

    name: str
    adapter: str | None
    guard: CacheGuard
    stats: LayerStats

    def report(self, measure: Callable[[], CacheSize]) -> LayerReport:
        """How it is with the layer now.

        Args:
            measure: Asks the store for the size of what is of interest.

        Raises:
            StoreError: The store cannot say, and its errors go to the caller.
        """
        size = self.guard.ask(measure, None)
        totals = self.guard.ask(self.stats.totals, None)
        return LayerReport(self.name, self.adapter, self.guard.state(), self.stats.counted(), totals, size)
