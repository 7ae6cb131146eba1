"""Looking for a hot store that is away, so that no caller has to."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from lixcore.errors import LixError
from lixcore.services.outage.reconciliation import Reconciler
from lixcore.services.tiers.guarded_hot_store import PROBE_SECONDS, GuardedHotStore

_log = logging.getLogger("lixcore.hot_store")


class Seeker:
    """Asks until the hot store is back, then brings together what the archive stood in for."""

    def __init__(self, guard: GuardedHotStore, reconciler: Reconciler) -> None:
        self._guard = guard
        self._reconciler = reconciler
        self._under_way: Iterator[None] | None = None

    def work(self) -> float | None:
        """Do one step; for a `lixcore.services.background.BackgroundWork`.

        Returns:
            Seconds until the next one; None when there is nothing to do.
        """
        if self._under_way is None:
            if not self._guard.probe():
                return PROBE_SECONDS
            self._under_way = self._reconciler.steps(set())
        steps, self._under_way = self._under_way, None
        try:
            next(steps)
        except StopIteration:
            return None
        except LixError as error:
            if self._guard.absence is not None:
                return PROBE_SECONDS
            # Each session is brought together by its next use, and by the next round of a janitor, all the same.
            _log.warning("cannot bring together what the archive stood in for: %s", error)
            return None
        self._under_way = steps
        return 0.0

    def begin_afresh(self) -> None:
        """Forget what is under way: only for a child that was just forked, whose parent goes on with it."""
        self._under_way = None
