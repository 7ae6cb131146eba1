"""A semantic cache over an index in memory, whose clock, policies and failures a test sets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from failing_store import FailingStore
from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.ports.events import Events
from lixcore.ports.reuse_policy import MatchCandidate, NewAnswer
from lixcore.services.answers.semantic_cache import SemanticCache
from lixcore.services.events.telling import SILENT
from lixcore.services.reuse.cache_guard import CacheGuard
from lixcore.services.reuse.layer_stats import LayerStats
from lixcore_memory import MemorySimilarityIndex
from settable_clock import SettableClock

if TYPE_CHECKING:
    from numpy.typing import NDArray

SCOPE = Scope(SessionKey("a session"), "https://example.org/", "a-model")


def vector(*numbers: float) -> NDArray[np.float32]:
    return np.array(numbers, dtype=np.float32)


class Judge:
    """Both policies: says what a test says, and notes what it was asked."""

    def __init__(self) -> None:
        self.may: Callable[[str | None, MatchCandidate], bool] = lambda _, __: True
        self.will: Callable[[NewAnswer], bool] = lambda _: True
        self.offered: list[tuple[str | None, MatchCandidate]] = []
        self.answers: list[NewAnswer] = []

    def may_answer(self, query: str | None, candidate: MatchCandidate) -> bool:
        self.offered.append((query, candidate))
        return self.may(query, candidate)

    def admits(self, answer: NewAnswer) -> bool:
        self.answers.append(answer)
        return self.will(answer)


class FailingIndex(FailingStore):
    """An index whose calls fail when a test says so; it has the powers of the one in memory."""

    def lease(self, name: str, *, holder: str, seconds: float) -> Any:
        return self.__getattr__("lease")(name, holder=holder, seconds=seconds)

    def end_lease(self, name: str, *, holder: str) -> Any:
        return self.__getattr__("end_lease")(name, holder=holder)

    def tally(self, changes: Mapping[str, float]) -> Any:
        return self.__getattr__("tally")(changes)

    def tallies(self) -> Any:
        return self.__getattr__("tallies")()


class SemanticHouse:
    """The cache and what is behind it.

    Attributes:
        index: The index, which does its work.
        store: The same as the cache sees it: it fails where a test says so.
    """

    def __init__(self, *, raise_failures: bool = False, events: Events = SILENT, **settings: Any) -> None:
        self.clock = SettableClock()
        self.index = MemorySimilarityIndex(self.clock)
        self.store = FailingIndex(self.index)
        self.judge = Judge()
        self.guard = CacheGuard("semantic", self.clock, raise_failures=raise_failures, events=events)
        self.stats = LayerStats("semantic", self.clock, events=events)
        self.cache = self.another(**settings)

    def another(self, index: Any = None, **settings: Any) -> SemanticCache:
        """Another cache over the same index, as another process has one, or over the one given."""
        return SemanticCache(
            self.store if index is None else index,
            clock=self.clock,
            guard=self.guard,
            stats=self.stats,
            match=self.judge,
            admission=self.judge,
            **settings,
        )

    def responses(self, queries: Sequence[str]) -> list[Any]:
        """What is cached for exactly these texts."""
        hits = [self.cache.get(SCOPE, query=query) for query in queries]
        return [None if hit is None else hit.response for hit in hits]
