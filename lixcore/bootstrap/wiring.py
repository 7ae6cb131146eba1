"""What a configuration comes to."""

from __future__ import annotations

from contextlib import ExitStack

import attrs

from lixcore.bootstrap.caches import Caches
from lixcore.bootstrap.searches import Searches
from lixcore.ports.clock import Clock
from lixcore.ports.cold_archive import ColdArchive
from lixcore.ports.hot_store import HotStore
from lixcore.ports.policies import Policies
from lixcore.services.answers.semantic_cache import SemanticCache
from lixcore.services.background import BackgroundWork
from lixcore.services.checks.verification import Verification
from lixcore.services.conversation.enduring_window import EnduringWindow
from lixcore.services.embeddings.url_embeddings import UrlEmbeddings
from lixcore.services.events.relay import EventRelay
from lixcore.services.histories.catalogue import Catalogue
from lixcore.services.outage.reconciliation import Reconciler
from lixcore.services.redaction import Redaction
from lixcore.services.tiers.archive_reader import ArchiveReader
from lixcore.services.tiers.guarded_hot_store import GuardedHotStore
from lixcore.services.tiers.spiller import Spiller
from lixcore.services.tiers.tiering import Tiering
from lixcore.services.upkeep.eviction import Evictor
from lixcore.services.upkeep.janitor import Janitor


@attrs.frozen
class Wiring:
    """Adapters and services of one configuration, ready for use.

    Attributes:
        hot: The hot store.
        archive: The cold archive.
        reader: Reads it as the configuration asks where it is damaged.
        clock: Tells the time to all of them.
        tiering: Moves entries between the two stores.
        window: Adds and reads.
        spiller: Moves what is beyond the window.
        guard: Knows whether the hot store is away; None where the archive does not stand in for it.
        reconciler: Brings the two stores of a session together after a failure.
        catalogue: Lists sessions.
        policies: Decide what a configuration, or a plugin, may have decided otherwise.
        redaction: Takes out what must not be stored.
        evictor: Moves to the archive what is to leave the hot store.
        janitor: Does so for all processes, and looks after the archive.
        janitor_thread: Where it works in this process; None where it does not.
        verification: Checks both stores.
        caches: What saves paying twice.
        searches: What finds what was said.
        index_thread: Where the archive index is caught up in this process; None where it is not.
        events: Tells observers what happens.
        closing: What `close` does, in order.
    """

    hot: HotStore
    archive: ColdArchive
    reader: ArchiveReader
    clock: Clock
    tiering: Tiering
    window: EnduringWindow
    spiller: Spiller
    guard: GuardedHotStore | None
    reconciler: Reconciler
    catalogue: Catalogue
    policies: Policies
    redaction: Redaction
    evictor: Evictor
    janitor: Janitor
    janitor_thread: BackgroundWork | None
    verification: Verification
    caches: Caches
    searches: Searches
    index_thread: BackgroundWork | None
    events: EventRelay
    closing: ExitStack

    @property
    def semantic(self) -> SemanticCache:
        """Responses, by how similar queries are."""
        return self.caches.semantic

    @property
    def url_embeddings(self) -> UrlEmbeddings:
        """The embeddings of URLs."""
        return self.caches.url_embeddings

    def in_use(self) -> None:
        """Note that sessions are used, on the way to each use: from the first one on, both threads run."""
        if self.janitor_thread is not None:
            self.janitor_thread.start()
        if self.index_thread is not None:
            self.index_thread.start()

    def close(self) -> None:
        """Finish what is under way, then close the stores, each even when another one fails."""
        self.closing.close()
