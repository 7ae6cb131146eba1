"""Wired session layers over stores of a test's own."""

from __future__ import annotations

from lixcore.ports.clock import Clock
from lixcore.ports.cold_archive import ColdArchive
from lixcore.ports.events import Events
from lixcore.ports.hot_store import HotStore
from lixcore.ports.hot_store_powers import MayLapse
from lixcore.services.conversation.context_window import ContextParts
from lixcore.services.conversation.enduring_window import EnduringWindow
from lixcore.services.events.telling import SILENT
from lixcore.services.outage.reconciliation import Reconciler
from lixcore.services.outage.stand_in_journal import StandInJournal
from lixcore.services.redaction import NO_REDACTION, Redaction
from lixcore.services.tiers.archive_reader import ArchiveReader
from lixcore.services.tiers.guarded_powers import guarded
from lixcore.services.tiers.spiller import Spiller
from lixcore.services.tiers.tiering import Tiering
from lixcore.services.tiers.writing_through import WriteThrough
from lixcore_policies import WholeTurns


class SessionLayer:
    """The services as the stack wires them, with spills in the caller's own thread unless asked otherwise."""

    def __init__(
        self,
        hot: HotStore,
        archive: ColdArchive,
        clock: Clock,
        *,
        window: int = 5,
        batch: int = 4,
        max_tokens: int | None = None,
        skip_damage: bool = False,
        background: bool = False,
        through: bool = False,
        stands_in: bool = False,
        events: Events = SILENT,
        redaction: Redaction = NO_REDACTION,
    ) -> None:
        self.archive = archive
        self.clock = clock
        self.guard = guarded(hot, clock, events) if stands_in else None
        self.hot = self.guard or hot
        self.reader = ArchiveReader(archive, skip_damage=skip_damage, events=events)
        self.tiering = Tiering(self.hot, archive, self.reader, window=window, batch=batch, events=events)
        self.spiller = Spiller(self.tiering, background=background)
        self.journal = StandInJournal(archive, clock)
        lapses = self.hot if isinstance(self.hot, MayLapse) else None
        self.reconciler = Reconciler(self.hot, archive, self.tiering, self.journal, lapses=lapses)
        if self.guard is not None:
            self.guard.on_return = self.reconciler.suspect_journal
        parts = ContextParts(
            hot=self.hot,
            archive=archive,
            tiering=self.tiering,
            spiller=self.spiller,
            reader=self.reader,
            policy=WholeTurns(),
            redaction=redaction,
            through=WriteThrough(archive, self.tiering) if through else None,
            max_messages=window,
            max_tokens=max_tokens,
            events=events,
        )
        self.window = EnduringWindow(parts, clock=clock, journal=self.journal, reconciler=self.reconciler, guard=self.guard)
