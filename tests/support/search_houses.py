"""Two stores, an index or none, and what finds messages in them, wired as a stack does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from injured_archive import FollowedPort, InjuredArchive
from lixcore.bootstrap.searches import IndexParts, index_parts
from lixcore.domain.message import Message
from lixcore.domain.session import SessionKey
from lixcore.domain.words import PlainAnalyzer
from lixcore.ports.ranking import Finding
from lixcore.services.searching.index_guard import IndexGuard
from lixcore.services.searching.indexing import Indexing
from lixcore.services.searching.query import Query
from lixcore.services.searching.searching import Searching
from lixcore.services.searching.smart_context import SmartContexts
from lixcore.services.tiers.archive_reader import ArchiveReader
from lixcore.services.upkeep.lease import Lease
from lixcore_memory import MemoryArchiveIndex, MemoryHotStore
from lixcore_policies import WholeTurns
from settable_clock import SettableClock
from stacks import SessionLayer
from watching import Heard

ME = SessionKey("me")


@attrs.frozen
class SumRanking:
    """`lixcore.ports.ranking.RankingPolicy`: both scores added up, with half of that of a neighbour."""

    reach: int = 1

    def rank(self, findings: Sequence[Finding], *, now: float) -> Sequence[float]:
        """See the port."""
        del now
        own = [(each.text or 0.0) + (each.vector or 0.0) for each in findings]
        return [score + sum(own[at] / 2 for at in (*each.before, *each.after)) for score, each in zip(own, findings, strict=True)]


@attrs.frozen
class CharacterTokens:
    """`lixcore.ports.policy.TokenCounter`: a token is a character."""

    def count(self, messages: Sequence[Message]) -> Sequence[int]:
        """See the port."""
        return [len(message.content) for message in messages]


def words(text: str) -> Query:
    """What looks for words only."""
    return Query.checked(text, None, dimension=None)


class SearchHouse:
    """Everything that a search needs.

    Attributes:
        archive: Whose calls can be followed; what they reach is ``stored``, of which entries can be damaged.
        index: Whose calls can be followed; what they reach is ``memory``.
        without: What searches the same stores without an index.
    """

    def __init__(self, *, window: int = 5, batch: int = 4, reach: int = 1) -> None:
        self.clock = SettableClock()
        self.heard = Heard()
        self.stored = InjuredArchive()
        self.archive: Any = FollowedPort(self.stored)
        self.hot = MemoryHotStore(self.clock)
        self.memory = MemoryArchiveIndex()
        self.index: Any = FollowedPort(self.memory)
        self.layer = SessionLayer(self.hot, self.archive, self.clock, window=window, batch=batch)
        self.ranking = SumRanking(reach)
        self.parts = self.process()
        self.searching = self._searching(self.parts.guard)
        self.without = self._searching(None)
        self.contexts = SmartContexts(self.layer.window, self.searching, WholeTurns(CharacterTokens().count), CharacterTokens())

    def _searching(self, guard: IndexGuard | None) -> Searching:
        return Searching(
            self.layer.window, self.layer.reader, guard, analyzer=PlainAnalyzer(), ranking=self.ranking, clock=self.clock
        )

    def process(self) -> IndexParts:
        """What a process does with the index; as in one of its own."""
        reader = ArchiveReader(self.archive, skip_damage=True, events=self.heard)
        lease = Lease(self.hot, self.clock, "index", seconds=120.0)
        return index_parts(
            "memory", self.index, self.archive, reader, lease=lease, clock=self.clock, interval=60.0, events=self.heard
        )

    @property
    def indexing(self) -> Indexing:
        """What catches the index up."""
        return self.parts.indexing

    def say(
        self, *texts: str, session: SessionKey = ME, role: str = "user", embedding: Sequence[float] | None = None, **metadata: Any
    ) -> None:
        """Add messages to a session, a second apart."""
        for text in texts:
            self.clock.advance(1.0)
            self.layer.window.add(session, Message(role, text, self.clock.now(), metadata, embedding))

    def found(self, text: str, *, session: SessionKey = ME, k: int = 10) -> list[str]:
        """What a search within a session finds, best first."""
        return [hit.message.content for hit in self.searching.in_session(session, words(text), k=k)]

    def found_anywhere(self, text: str, *, tenant: str = ME.tenant, k: int = 10) -> list[str]:
        """What a search of a tenant finds, best first."""
        return [hit.message.content for hit in self.searching.across(tenant, None, words(text), k=k)]
