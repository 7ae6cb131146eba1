"""The memory of an application: any number of sessions over shared stores."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from lixcore.bootstrap import Wiring, wire
from lixcore.config import CacheConfig
from lixcore.domain.search_hit import SearchHit
from lixcore.domain.session import SessionKey, checked_tenant
from lixcore.errors import ClosedError, CorruptDataError
from lixcore.ports.archive_index_powers import Table
from lixcore.ports.clock import Clock
from lixcore.services.checks.verification import Checked
from lixcore.services.embeddings.url_embeddings import UrlEmbeddings
from lixcore.services.histories.catalogue import SessionSummary
from lixcore.services.histories.import_conversations import Importer
from lixcore.services.reuse.layer_report import LayerReport
from lixcore.services.searching.catch_up import CaughtUp
from lixcore.services.searching.index_report import IndexStatus
from lixcore.services.searching.query import MOST_NEIGHBOURS, Narrowing, Query, checked_count, checked_sessions
from lixcore.services.upkeep.janitor import JanitorReport

if TYPE_CHECKING:
    from lixcore.coordinator import CacheCoordinator
    from lixcore.services.answers.semantic_query import Embedding


class Stack:
    """The memory of an application: stores, services and any number of sessions. Safe to share between threads.

    A process that forks may go on using it in the child.

    Args:
        config: What it is made of; `CacheConfig.load` reads it unless given.
        clock: Stands in for the machine's clock, for tests.
        background: Whether it may have threads; otherwise callers do that work, and nobody the janitor's.
        janitor: Whether one of them may be the janitor's, where the configuration says so too.

    Attributes:
        config: What it was made from.
    """

    def __init__(
        self,
        config: CacheConfig | None = None,
        *,
        clock: Clock | None = None,
        background: bool = True,
        janitor: bool = True,
    ) -> None:
        self.config = config if config is not None else CacheConfig.load()
        self._wiring: Wiring | None = wire(self.config, clock=clock, background=background, janitor=janitor)

    @property
    def wiring(self) -> Wiring:
        """The ports and services behind it, for tools and tests.

        Raises:
            ClosedError: After `close`.
        """
        if self._wiring is None:
            raise ClosedError("the memory stack")
        return self._wiring

    def session(self, session_id: str, *, tenant: str | None = None) -> CacheCoordinator:
        """The coordinator of one session; nothing is stored until something is added.

        Args:
            session_id: Any text of 1 to 4,096 UTF-8 bytes.
            tenant: Who it belongs to; the configuration's tenant unless given.
        """
        from lixcore.coordinator import CacheCoordinator  # which makes stacks of its own

        return CacheCoordinator(session_id, stack=self, tenant=tenant)

    def session_keys(self, *, tenant: str | None = None) -> Iterator[SessionKey]:
        """Every session of a tenant, archived or hot, in no particular order."""
        return self.wiring.catalogue.keys(tenant=self.config.tenant if tenant is None else checked_tenant(tenant))

    def sessions(self, *, tenant: str | None = None) -> Iterator[SessionSummary]:
        """A summary of every session of a tenant."""
        return self.wiring.catalogue.summaries(self.session_keys(tenant=tenant))

    def importer(self) -> Importer:
        """Stores whole conversations in the archive; see `lixcore.services.histories.import_conversations`."""
        return Importer(self.wiring.hot, self.wiring.archive, self.wiring.window, self.wiring.redaction)

    def evict_idle(self, *, idle_seconds: float | None = None) -> int:
        """Move idle sessions to the archive, as the eviction policy chooses them.

        Args:
            idle_seconds: How long a session must have been idle; ``evict_after_minutes`` of the configuration unless given.

        Returns:
            How many sessions left the hot store.

        Raises:
            CorruptDataError: A session is damaged and stayed; all others were moved all the same.
            PositionConflictError: As above, where the archive holds another message in the place of one.
            StoreRefusedError: As above, where what the archive has of a session may not be written.
        """
        return self.wiring.evictor.evict_idle(idle_seconds)

    def janitor_round(self) -> JanitorReport:
        """Do what the janitor does from time to time, now: what an outage left apart, idle sessions, room, old histories.

        Returns:
            What was done; nothing, when another process is the janitor.

        Raises:
            StoreError: A store cannot be used.
        """
        return self.wiring.janitor.round()

    def search(
        self,
        query: str | None,
        *,
        query_embedding: Embedding | None = None,
        k: int = 10,
        tenant: str | None = None,
        sessions: Collection[str] | None = None,
        roles: Collection[str] | None = None,
        since: float | None = None,
        until: float | None = None,
        fields: Mapping[str, Any] | None = None,
        neighbours: int = 0,
        catch_up: bool = False,
    ) -> Sequence[SearchHit]:
        """The messages of a tenant's histories that a query is about, best first.

        The archive index answers, from what it was caught up with; see `index_status`. One session alone is searched as
        `CacheCoordinator.search` does it: all that was said, and without an index as well.

        Args:
            query: Text of up to 16,384 UTF-8 bytes; no character of it has a meaning. May be empty or None with an embedding.
            query_embedding: Finite numbers, not all zero.
            k: How many at most, 1 to 10,000.
            tenant: Whose; the configuration's tenant unless given.
            sessions: Only sessions with these ids.
            roles: Only what these said, such as ``["user"]``.
            since: Only what was said at this time or later, in seconds since the epoch.
            until: Only what was said before this time.
            fields: Only messages whose metadata says this at its top level.
            neighbours: How many messages on either side each comes with.
            catch_up: Bring what was archived into the index first.

        Raises:
            InvalidInputError: An argument is refused.
            ConfigError: There is no archive index, and it is not one session that is searched.
            StoreBusyError: It is not one session that is searched, and the index is being made: any of it may be missing.
            StoreError: The index or the archive cannot be used.
        """
        checked_count(k, "k", at_least=1)
        checked_count(neighbours, "neighbours", at_most=MOST_NEIGHBOURS)
        asked = Query.checked(query, query_embedding, dimension=self.config.embedding_dimension)
        narrowing = Narrowing.checked(roles=roles, since=since, until=until, fields=fields)
        whose = self.config.tenant if tenant is None else checked_tenant(tenant)
        named = None if sessions is None else checked_sessions(sessions, whose)
        wiring = self.wiring
        wiring.in_use()
        searches = wiring.searches
        if named is not None and len(named) == 1:
            (session,) = (SessionKey(each, whose) for each in named)
            if catch_up:
                searches.catch_up_with([session])
            return searches.searching.in_session(session, asked, k=k, narrowing=narrowing, neighbours=neighbours)
        if catch_up:
            searches.existing_index().indexing.catch_up()
        try:
            return searches.searching.across(whose, named, asked, k=k, narrowing=narrowing, neighbours=neighbours)
        except CorruptDataError:
            if not catch_up or searches.existing_index().guard.trouble is None:
                raise
            searches.existing_index().indexing.catch_up()  # which had not met the damage, and makes the index anew
        return searches.searching.across(whose, named, asked, k=k, narrowing=narrowing, neighbours=neighbours)

    def catch_up_index(self, progress: Callable[[CaughtUp], object] | None = None) -> CaughtUp:
        """Bring everything that is archived into the archive index, which is otherwise done from time to time.

        Args:
            progress: Told now and then what was done so far.

        Raises:
            ConfigError: There is no archive index.
            StoreError: The index or the archive cannot be used. What was done until then is done.
        """
        return self.wiring.searches.existing_index().indexing.catch_up(progress)

    def rebuild_index(self, progress: Callable[[CaughtUp], object] | None = None) -> CaughtUp:
        """Make the archive index anew, from nothing; see `catch_up_index`.

        Until it is done, one session at a time is searched without it, and searches of more raise a `StoreBusyError`.
        """
        return self.wiring.searches.existing_index().indexing.rebuild(progress)

    def index_status(self) -> IndexStatus:
        """What the archive index holds, and what it lacks; takes as long as there are sessions.

        Raises:
            ConfigError: There is no archive index.
            StoreError: The index or the archive cannot be used.
        """
        return self.wiring.searches.existing_index().report.status()

    def query_sql(self, statement: str, *, tenant: str | None = None, most: int = 1000) -> Table:
        """Ask the archive index in SQL about the messages of a tenant; see `lixcore.ports.archive_index_powers.AnswersSql`.

        Raises:
            InvalidInputError: It is no statement that reads, or cannot be answered; with the reason.
            ConfigError: There is no archive index, or none that answers SQL.
            StoreBusyError: The index is being made.
            StoreError: The index cannot be used.
        """
        whose = self.config.tenant if tenant is None else checked_tenant(tenant)
        checked_count(most, "most", at_least=1, at_most=1_000_000)
        searches = self.wiring.searches
        index = searches.answering_sql()
        return searches.searching.with_whole_index(lambda _: index.query_sql(statement, tenant=whose, most=most))

    @property
    def url_embeddings(self) -> UrlEmbeddings:
        """The embeddings of URLs, which belong to all sessions and tenants."""
        return self.wiring.url_embeddings

    def cache_layers(self) -> Sequence[LayerReport]:
        """What the two caches hold and were good for; may take as long as they have entries.

        Raises:
            StoreError: Where ``on_cache_failure`` is ``raise``: a store cannot say.
        """
        return self.wiring.caches.reports()

    def verify(self, *, repair: bool = False) -> Iterator[Checked]:
        """Check all that both stores hold, of every tenant; see `lixcore.services.checks.verification.Verification.run`."""
        return self.wiring.verification.run(repair=repair)

    def close(self) -> None:
        """Finish what is under way and give back every connection and handle. Idempotent."""
        wiring, self._wiring = self._wiring, None
        if wiring is not None:
            wiring.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.close()
