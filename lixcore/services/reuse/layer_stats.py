"""What a cache was good for: counted in the process, and added up in its store over all processes."""

from __future__ import annotations

import logging
import threading
from typing import Final

import attrs

from lixcore.errors import ClosedError, StoreError, StoreUnavailableError
from lixcore.ports.clock import Clock
from lixcore.ports.events import Cached, Events, Hit, Miss
from lixcore.ports.tallies import KeepsTallies
from lixcore.services.events.telling import SILENT, teller
from lixcore.services.reuse.in_children import begin_afresh_in_children

ADDED_EVERY_SECONDS: Final = 5.0
"""How often a process adds what it counted to the store's sums at most."""

_log = logging.getLogger("lixcore.cache")


@attrs.frozen
class LayerCounts:
    """What was counted.

    Attributes:
        hits: How many lookups were answered by what was cached, also by what another caller was just making.
        misses: How many were not, whatever the reason.
        seconds_saved: How long making what was found had taken, as far as that is known.
        not_admitted: How many responses the admission policy kept out.
        failures: How many calls of the store failed, or were not made because it was away.
    """

    hits: int = 0
    misses: int = 0
    seconds_saved: float = 0.0
    not_admitted: int = 0
    failures: int = 0

    @property
    def hit_rate(self) -> float | None:
        """Which part of the lookups were hits, 0 to 1; None where nothing was looked up."""
        lookups = self.hits + self.misses
        return self.hits / lookups if lookups else None

    def __add__(self, other: LayerCounts) -> LayerCounts:
        return LayerCounts(
            self.hits + other.hits,
            self.misses + other.misses,
            self.seconds_saved + other.seconds_saved,
            self.not_admitted + other.not_admitted,
            self.failures + other.failures,
        )


class LayerStats:
    """The counts of one layer. Safe to share between threads; a forked child begins at zero.

    Args:
        layer: Lower-case letters and underscores, such as ``semantic``.
        clock: Tells when it is time to add to the store's sums.
        store: The layer's store, of which the power `KeepsTallies` is used if it has it.
        events: Told of lookups, and of what is stored.
    """

    def __init__(self, layer: str, clock: Clock, store: object | None = None, events: Events = SILENT) -> None:
        self.layer = layer
        self._clock = clock
        self._store = store if isinstance(store, KeepsTallies) else None
        self._tell_hit = teller(events, Hit)
        self._tell_miss = teller(events, Miss)
        self._tell_cached = teller(events, Cached)
        self.begin_afresh()
        begin_afresh_in_children(self)

    def begin_afresh(self) -> None:
        """Only for a child that was just forked: what was counted before is its parent's."""
        self._lock = threading.Lock()
        self._hits = self._misses = self._not_admitted = self._failures = 0
        self._seconds_saved = 0.0
        self._added = LayerCounts()  # what the store has of it
        self._next = self._clock.monotonic() + ADDED_EVERY_SECONDS

    def count(
        self,
        *,
        hits: int = 0,
        misses: int = 0,
        seconds_saved: float = 0.0,
        not_admitted: int = 0,
        failures: int = 0,
        similarity: float | None = None,
    ) -> None:
        """Add to the counts, and tell of hits and misses; costs no round trip.

        Args:
            similarity: How similar the query was to that of a hit, where it was another one.
        """
        with self._lock:
            self._hits += hits
            self._misses += misses
            self._seconds_saved += seconds_saved
            self._not_admitted += not_admitted
            self._failures += failures
        if self._tell_hit is not None and hits:
            self._tell_hit(Hit(self.layer, hits, similarity))
        if self._tell_miss is not None and misses:
            self._tell_miss(Miss(self.layer, misses))

    def stored(self, count: int = 1) -> None:
        """Tell that the store took something."""
        if self._tell_cached is not None and count:
            self._tell_cached(Cached(self.layer, count))

    def failed(self) -> None:
        """Count a call of the store that failed, or was not made: for `CacheGuard.on_failure`."""
        self.count(failures=1)

    def counted(self) -> LayerCounts:
        """What this process counted."""
        with self._lock:
            return self._counted()

    def _counted(self) -> LayerCounts:
        return LayerCounts(self._hits, self._misses, self._seconds_saved, self._not_admitted, self._failures)

    def totals(self) -> LayerCounts | None:
        """What all processes counted that share the store, this one up to now; None where the store does not keep it.

        Raises:
            StoreError: The store cannot say.
        """
        if self._store is None:
            return None
        sums = self._store.tallies()
        with self._lock:
            unsaid = _less(self._counted(), self._added)
        found = {name: sums.get(f"{self.layer}_{name}", 0.0) for name in _NAMES}
        return unsaid + LayerCounts(
            hits=round(found["hits"]),
            misses=round(found["misses"]),
            seconds_saved=found["seconds_saved"],
            not_admitted=round(found["not_admitted"]),
            failures=round(found["failures"]),
        )

    def add_when_due(self) -> None:
        """Add what is new to the store's sums, if that was not done for some seconds: to call after the store has answered."""
        if self._store is not None and self._clock.monotonic() >= self._next:
            self.add_now()

    def add_now(self) -> None:
        """Add what is new to the store's sums. Where that fails, it is left for the next time."""
        if self._store is None:
            return
        with self._lock:
            self._next = self._clock.monotonic() + ADDED_EVERY_SECONDS
            new = _less(self._counted(), self._added)
            self._added = self._counted()
        changes = {f"{self.layer}_{name}": float(value) for name, value in attrs.asdict(new).items() if value}
        if not changes:
            return
        try:
            self._store.tally(changes)
        except (StoreError, ClosedError) as error:
            _log.debug("what the %s cache was good for could not be added up: %s", self.layer, error)
            if not (isinstance(error, StoreUnavailableError) and error.outcome_unknown):  # else it might count twice
                with self._lock:
                    self._added = _less(self._added, new)


_NAMES: Final = tuple(field.name for field in attrs.fields(LayerCounts))


def _less(counts: LayerCounts, others: LayerCounts) -> LayerCounts:
    return LayerCounts(
        counts.hits - others.hits,
        counts.misses - others.misses,
        counts.seconds_saved - others.seconds_saved,
        counts.not_admitted - others.not_admitted,
        counts.failures - others.failures,
    )
