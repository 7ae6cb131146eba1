"""Searching what was said: one session, index or not; or any number of a tenant's sessions, by an index."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Final, TypeVar

from lixcore.domain.position import Position
from lixcore.domain.search_hit import SearchHit
from lixcore.domain.session import SessionKey
from lixcore.errors import ConfigError, CorruptDataError
from lixcore.ports.analyzer import Analyzer
from lixcore.ports.archive_index import IndexFilter
from lixcore.ports.clock import Clock
from lixcore.ports.ranking import RankingPolicy
from lixcore.services.conversation.context_window import ContextWindow
from lixcore.services.searching.fetching import Fetching
from lixcore.services.searching.findings import ranked
from lixcore.services.searching.index_guard import IndexFailedError, IndexGuard
from lixcore.services.searching.looking import SessionInMemory, SessionWithIndex, Source, WholeIndex
from lixcore.services.searching.query import EVERYTHING, Narrowing, Query
from lixcore.services.searching.wholeness import Wholeness
from lixcore.services.tiers.archive_reader import ArchiveReader

NO_INDEX: Final = "archive_index is none; set it to \"duckdb\", which pip install 'lixcore[duckdb]' brings"
"""What is wrong, and what to do about it, where an index is needed."""

_Answer = TypeVar("_Answer")


class Searching:
    """Finds messages, and ranks them alike whether there is an index or not.

    Args:
        window: Reads what is archived and hot.
        reader: Reads the archive.
        index: The index; None where there is none.
        analyzer: That of the index.
        ranking: Says what is better.
        clock: For what goes by age.
    """

    def __init__(
        self,
        window: ContextWindow,
        reader: ArchiveReader,
        index: IndexGuard | None,
        *,
        analyzer: Analyzer,
        ranking: RankingPolicy,
        clock: Clock,
    ) -> None:
        self._window = window
        self._reader = reader
        self._index = index
        self._analyzer = analyzer
        self._ranking = ranking
        self._clock = clock
        self._fetching = Fetching(reader)

    def in_session(
        self,
        session: SessionKey,
        query: Query,
        *,
        k: int,
        narrowing: Narrowing = EVERYTHING,
        before: Position | None = None,
        neighbours: int = 0,
    ) -> Sequence[SearchHit]:
        """The messages of a session that fit best, best first: archived, hot, indexed or not.

        An index that fails is done without.

        Args:
            session: Whose; one that there is not has no messages.
            query: What is looked for.
            k: How many at most, one or more.
            narrowing: Among which messages.
            before: Only positions below this one.
            neighbours: How many messages on either side each hit comes with.

        Raises:
            StoreError: The archive or the hot store cannot be used.
        """
        where = narrowing.of(session.tenant, frozenset([session.id]), before=before)
        if self._index is not None:
            try:
                indexed = SessionWithIndex(self._window, session, self._analyzer, self._index)
                found = self._found(indexed, query, where, k=k, neighbours=neighbours)
                if indexed.is_whole():
                    return found
            except IndexFailedError as failed:  # the archive has it all
                self._index.say_done_without()
                self._note_damage(failed)
        source = SessionInMemory(self._window, session, self._analyzer)
        return self._found(source, query, where, k=k, neighbours=neighbours)

    def across(
        self,
        tenant: str,
        sessions: Collection[str] | None,
        query: Query,
        *,
        k: int,
        narrowing: Narrowing = EVERYTHING,
        neighbours: int = 0,
    ) -> Sequence[SearchHit]:
        """The messages of a tenant's sessions that fit best, best first, of those that are indexed.

        Args:
            tenant: Whose.
            sessions: The ids of those that are searched; None for all.
            query: What is looked for.
            k: How many at most, one or more.
            narrowing: Among which messages.
            neighbours: How many messages on either side each hit comes with.

        Raises:
            ConfigError: There is no index.
            StoreBusyError: The index is being made, so that it may lack anything.
            StoreError: The index or the archive cannot be used.
        """
        if self._index is None:
            raise ConfigError(f"searching more than one session takes an archive index: {NO_INDEX}")
        where = narrowing.of(tenant, sessions)
        return self.with_whole_index(lambda index: self._found(WholeIndex(index), query, where, k=k, neighbours=neighbours))

    def with_whole_index(self, ask: Callable[[IndexGuard], _Answer]) -> _Answer:
        """What the index answers, if it was whole all the while.

        Args:
            ask: Asks it.

        Raises:
            ConfigError: There is no index.
            StoreBusyError: The index is being made, so that it may lack anything.
            StoreError: The index or the archive cannot be used.
        """
        if self._index is None:
            raise ConfigError(f"there is no archive index: {NO_INDEX}")
        wholeness = Wholeness(self._index)
        try:
            note = wholeness.check(self._reader)
            answer = ask(self._index)
            wholeness.check(self._reader, since=note)
        except IndexFailedError as failed:
            self._note_damage(failed)
            raise failed.error from None
        return answer

    def _note_damage(self, failed: IndexFailedError) -> None:
        """Have another process's catch-up learn what only a search meets, such as a wrong checksum."""
        if self._index is not None and failed.is_news and isinstance(failed.error, CorruptDataError):
            Wholeness(self._index).note_damage()

    def _found(self, source: Source, query: Query, where: IndexFilter, *, k: int, neighbours: int) -> Sequence[SearchHit]:
        hits = source.search(query, where, k=k, reach=self._ranking.reach)
        now, every = self._clock.now(), len(hits.text) + len(hits.vector)
        best = ranked(hits.text, hits.vector, hits.beside, policy=self._ranking, now=now, k=k)
        found = self._fetching.fetched(best, source, k=k, neighbours=neighbours, before=where.before)
        if len(found) == len(best) or len(best) == every:
            return found
        # Some of the best are gone from the archive: the next ones take their places.
        best = ranked(hits.text, hits.vector, hits.beside, policy=self._ranking, now=now, k=every)
        return self._fetching.fetched(best, source, k=k, neighbours=neighbours, before=where.before)
