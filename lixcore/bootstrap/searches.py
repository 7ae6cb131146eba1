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
from lixcore.ports.archive_index import ArchiveIndex
from lixcore.ports.archive_index_powers import AnswersSql
from lixcore.ports.clock import Clock
from lixcore.ports.cold_archive import ColdArchive
from lixcore.ports.events import Events
from lixcore.ports.hot_store import HotStore
from lixcore.ports.policies import Policies
from lixcore.registry import Group
from lixcore.services.background import BackgroundWork
from lixcore.services.conversation.context_window import ContextWindow
from lixcore.services.events.telling import SILENT
from lixcore.services.searching.catch_up import CatchUp
from lixcore.services.searching.index_forgetting import IndexForgetting
from lixcore.services.searching.index_guard import IndexGuard
from lixcore.services.searching.index_report import IndexReport
from lixcore.services.searching.indexing import LEASE_SECONDS, Indexing
from lixcore.services.searching.searching import NO_INDEX, Searching
from lixcore.services.searching.smart_context import SmartContexts
from lixcore.services.tiers.archive_reader import ArchiveReader
from lixcore.services.upkeep.lease import Lease

SOON: Final = 5.0
"""Seconds within which a process catches up for the first time, unless its rounds are closer than that."""


@attrs.frozen
class IndexParts:
    """An archive index, and what is done with it.

    Attributes:
        adapter: Its name.
        index: The index itself.
        guard: Its calls; knows whether it can be used.
        indexing: Catches it up.
        forgetting: Has it forget.
        report: Tells how far it has come.
    """

    adapter: str
    index: ArchiveIndex
    guard: IndexGuard
    indexing: Indexing
    forgetting: IndexForgetting
    report: IndexReport


@attrs.frozen
class Searches:
    """What finds what was said.

    Attributes:
        index: The archive index; None where there is none.
        analyzer: Turns texts into words.
        searching: Searches one session, or those of a tenant.
        smart_contexts: Puts recent and relevant messages together.
    """

    index: IndexParts | None
    analyzer: Analyzer
    searching: Searching
    smart_contexts: SmartContexts

    def existing_index(self) -> IndexParts:
        """The index.

        Raises:
            ConfigError: There is no index.
        """
        if self.index is None:
            raise ConfigError(f"there is no archive index: {NO_INDEX}")
        return self.index

    def answering_sql(self) -> AnswersSql:
        """The index, where it answers SQL.

        Raises:
            ConfigError: It does not, or there is none.
        """
        index: object = self.existing_index().index
        if not isinstance(index, AnswersSql):
            raise ConfigError('the archive index answers no SQL; set archive_index = "duckdb", which does')
        return index

    def catch_up_with(self, sessions: Collection[SessionKey]) -> None:
        """Bring some sessions into the index, if there is one and it can be used: a session is searched without it, too."""
        if self.index is not None:
            self.index.indexing.try_with(sessions)

    def thread(self, interval: float) -> BackgroundWork | None:
        """What catches the index up by itself; None where there is no index.

        Args:
            interval: Seconds between two rounds.
        """
        if self.index is None:
            return None

        def first_after() -> float:
            # Processes that were started together do not ask for the lease together, and those that end soon do not at all.
            return random.uniform(0.5, 1) * min(interval, SOON)  # noqa: S311  # no secret

        return BackgroundWork("lixcore-index", self.index.indexing.work, first_after=first_after)


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
    parts: IndexParts | None = None
    if name is not None:
        index: ArchiveIndex = opener.open(Group.ARCHIVE_INDEX, name)
        undo.callback(index.close)
        lease = Lease(hot, clock, "index", seconds=LEASE_SECONDS)
        around_damage = ArchiveReader(archive, skip_damage=True, events=events)
        parts = index_parts(
            name,
            index,
            archive,
            around_damage,
            lease=lease,
            clock=clock,
            interval=config.index_interval_seconds,
            events=events,
        )
        undo.callback(parts.indexing.close)
    guard = None if parts is None else parts.guard
    searching = Searching(window, reader, guard, analyzer=analyzer, ranking=policies.ranking, clock=clock)
    return Searches(parts, analyzer, searching, SmartContexts(window, searching, policies.window, policies.tokens))


def index_parts(
    name: str,
    index: ArchiveIndex,
    archive: ColdArchive,
    reader: ArchiveReader,
    *,
    lease: Lease,
    clock: Clock,
    interval: float,
    events: Events = SILENT,
) -> IndexParts:
    """Put together what is done with an index.

    Args:
        name: Of its adapter.
        index: The index.
        archive: What it is made of.
        reader: Reads that around damage.
        lease: The right to index.
        clock: For durations.
        interval: Seconds between two rounds.
        events: Told of what happens.
    """
    spared = {RESERVED_TENANT}
    guard = IndexGuard(index, clock, events)
    forgetting = IndexForgetting(guard, archive)
    catch_up = CatchUp(guard, archive, reader, spared=spared)
    return IndexParts(
        adapter=name,
        index=index,
        guard=guard,
        indexing=Indexing(guard, catch_up, forgetting, lease, clock, interval=interval),
        forgetting=forgetting,
        report=IndexReport(guard, archive, adapter=name, spared=spared),
    )
