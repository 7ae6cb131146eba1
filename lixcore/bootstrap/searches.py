"""Making what finds messages, over the adapters of a configuration."""

from __future__ import annotations

import random
from collections.abc import Collection
from contextlib import ExitStack
from typing import Final

import attrs

from lixcore.bootstrap.opening import Opener
from lixcore.config import CacheConfig
from lixcore.domain.session import RESERVED_TENANT, SessionKey
from lixcore.errors import ConfigError
from lixcore.ports.analyzer import Analyzer
from lixcore.ports.archive_index import AnswersSql, ArchiveIndex
from lixcore.ports.cold_archive import ColdArchive
from lixcore.ports.events import Events
from lixcore.ports.hot_store import HotStore
from lixcore.ports.policies import Policies
from lixcore.registry import Group
from lixcore.services.background import BackgroundWork
from lixcore.services.conversation.context_window import ContextWindow
from lixcore.services.searching.catch_up import CatchUp
from lixcore.services.searching.index_guard import IndexGuard
from lixcore.services.searching.indexing import LEASE_SECONDS, Indexing
from lixcore.services.searching.searching import NO_INDEX, Searching
from lixcore.services.searching.smart_context import SmartContexts
from lixcore.services.tiers.archive_reader import ArchiveReader
from lixcore.services.upkeep.lease import Lease

SOON: Final = 5.0
"""Seconds within which a process catches up for the first time, unless its rounds are closer than that."""


@attrs.frozen
class Searches:
    """What finds what was said.

    Attributes:
        index: The archive index; None where there is none.
        indexing: Catches it up; None where there is none.
        analyzer: Turns texts into words.
        searching: Searches one session, or those of a tenant.
        smart_contexts: Puts recent and relevant messages together.
    """

    index: ArchiveIndex | None
    indexing: Indexing | None
    analyzer: Analyzer
    searching: Searching
    smart_contexts: SmartContexts

    def existing_indexing(self) -> Indexing:
        """What catches the index up.

        Raises:
            ConfigError: There is no index.
        """
        if self.indexing is None:
            raise ConfigError(f"there is no archive index: {NO_INDEX}")
        return self.indexing

    def answering_sql(self) -> AnswersSql:
        """The index, where it answers SQL.

        Raises:
            ConfigError: It does not, or there is none.
        """
        self.existing_indexing()
        index: object = self.index
        if not isinstance(index, AnswersSql):
            raise ConfigError('the archive index answers no SQL; set archive_index = "duckdb", which does')
        return index

    def catch_up_with(self, sessions: Collection[SessionKey]) -> None:
        """Bring some sessions into the index, if there is one and it can be used: a session is searched without it, too."""
        if self.indexing is not None:
            self.indexing.try_with(sessions)

    def thread(self, interval: float) -> BackgroundWork | None:
        """What catches the index up by itself; None where there is no index.

        Args:
            interval: Seconds between two rounds.
        """
        indexing = self.indexing
        if indexing is None:
            return None

        def first_after() -> float:
            # Processes that were started together do not ask for the lease together, and those that end soon do not at all.
            return random.uniform(0.5, 1) * min(interval, SOON)  # noqa: S311  # no secret

        return BackgroundWork("lixcore-index", indexing.work, first_after=first_after)


def wire_searches(
    config: CacheConfig,
    opener: Opener,
    policies: Policies,
    *,
    window: ContextWindow,
    archive: ColdArchive,
    reader: ArchiveReader,
    hot: HotStore,
    undo: ExitStack,
    events: Events,
) -> Searches:
    """Make what a configuration asks for.

    Args:
        config: The configuration.
        opener: Opens its adapters.
        policies: What they decide by.
        window: Reads sessions.
        archive: What the index is made of.
        reader: Reads it as the configuration asks where it is damaged.
        hot: Grants the lease to index.
        undo: Gets what closing does.
        events: Told of what happens.

    Raises:
        ConfigError: An adapter is unknown, broken or lacks its driver.
    """
    clock, analyzer = opener.clock, opener.analyzer
    name = config.chosen(Group.ARCHIVE_INDEX)
    index: ArchiveIndex | None = opener.open(Group.ARCHIVE_INDEX, name) if name else None
    guard: IndexGuard | None = None
    indexing: Indexing | None = None
    if name and index is not None:
        undo.callback(index.close)
        guard = IndexGuard(index, clock, events)
        around_damage = ArchiveReader(archive, skip_damage=True, events=events)
        spared = {RESERVED_TENANT}
        indexing = Indexing(
            guard,
            CatchUp(guard, archive, around_damage, spared=spared),
            archive,
            Lease(hot, clock, "index", seconds=LEASE_SECONDS),
            clock,
            adapter=name,
            interval=config.index_interval_seconds,
            spared=spared,
        )
        undo.callback(indexing.close)
    searching = Searching(window, reader, guard, analyzer=analyzer, ranking=policies.ranking, clock=clock)
    return Searches(index, indexing, analyzer, searching, SmartContexts(window, searching, policies.window, policies.tokens))
