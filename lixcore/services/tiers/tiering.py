"""Moving entries between the hot store and the cold archive.

One rule governs all of it: an entry leaves the hot store only after the archive holds it durably. Every step is idempotent by
position, so a process may die between any two calls, and any number of processes may do the same step at once.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence

import attrs

from lixcore.domain.position import ORIGIN, Entry, Position
from lixcore.domain.session import SessionKey
from lixcore.errors import (
    CorruptDataError,
    LixError,
    PositionConflictError,
    StoreBusyError,
    StoreError,
    StoreRefusedError,
)
from lixcore.ports.cold_archive import AppendsInBulk, ColdArchive, Compacts
from lixcore.ports.events import Damaged, Events, Evicted, Restored, Spilled
from lixcore.ports.hot_store import HotStore
from lixcore.services.events.telling import SILENT, teller
from lixcore.services.tiers.archive_reader import ArchiveReader

_log = logging.getLogger("lixcore.tiering")

ATTEMPTS = 100
"""How often a step begins again because others evict or add to the same session meanwhile, before it gives up."""

_STEP = 256  # how many entries of a session, or how many sessions, are in the process's memory at once
_STEP_BYTES = 16 * 1024 * 1024  # … and about how many bytes of them
_MOST_REMEMBERED = 10_000  # sessions that were told of as damaged
# What is wrong with one keeps no other one; a file that another user wrote is refused, and so is every one on a read-only disk.
OF_ONE_SESSION = (CorruptDataError, PositionConflictError, StoreRefusedError)


@attrs.define
class BulkEviction:
    """What came of evicting many sessions.

    Attributes:
        absent: How many left the hot store; the others were added to meanwhile, or are damaged.
        damaged: Why sessions could not leave, an error for each: damaged, in conflict with what is archived, or refused.
    """

    absent: int = 0
    damaged: list[StoreError] = attrs.Factory(list)


class Tiering:
    """Spill, flush, evict and restore, for any session.

    Attributes:
        window: How many of the newest entries stay hot.
        batch: How many more may wait in the hot store before they are spilled together.
    """

    def __init__(
        self,
        hot: HotStore,
        archive: ColdArchive,
        reader: ArchiveReader,
        *,
        window: int,
        batch: int,
        events: Events = SILENT,
    ) -> None:
        self._hot = hot
        self._archive = archive
        self._reader = reader
        self.window = window
        self.batch = batch
        self._tell_spilled = teller(events, Spilled)
        self._tell_evicted = teller(events, Evicted)
        self._tell_restored = teller(events, Restored)
        self._tell_damaged = teller(events, Damaged)
        self._told_damaged: set[SessionKey] = set()  # sessions that cannot leave: nobody is told at every round of a janitor

    def spill(self, session: SessionKey) -> int:
        """Archive and release the entries beyond the window.

        Returns:
            How many entries this call released; zero also when others release entries of the session at the same time.
        """
        held = self._hot.describe(session)
        if held is None or held.held <= self.window:
            return 0
        entries = self._hot.oldest(session, limit=held.held - self.window)
        # Counted before, read after: only if the oldest entry is still the same did nobody else release some in between.
        # Otherwise these reach into the window, and a context would come back short.
        if not entries or entries[0].position != held.first_position:
            return 0
        self._archive.append(session, entries)
        released = self._hot.release(session, through=entries[-1].position)
        if self._tell_spilled is not None and released:
            self._tell_spilled(Spilled(session, released))
        return released

    def flush(self, session: SessionKey) -> Position:
        """Archive every hot entry; all of them stay hot.

        Returns:
            The position of the newest entry that is now archived; `ORIGIN` when nothing is hot.
        """
        entries = self._hot.oldest(session, limit=2**31)
        if not entries:
            return ORIGIN
        self._archive.append(session, entries)
        return entries[-1].position

    def evict(self, session: SessionKey) -> bool:
        """Archive every hot entry and make the session absent from the hot store.

        Returns:
            False when somebody kept adding to it, so that it is still hot.
        """
        through, released, absent = ORIGIN, 0, False
        try:
            while entries := self._hot.oldest(session, limit=_STEP):
                self._archive.append(session, entries)
                through = entries[-1].position
                if len(entries) < _STEP:
                    break
                released += self._hot.release(session, through=through)
            absent = self.evict_archived(session, through=through)
        finally:
            if self._tell_spilled is not None and released and not absent:  # it stays hot with the rest
                self._tell_spilled(Spilled(session, released))
        if through > ORIGIN:
            self.merge_pieces(session)
        return absent

    def evict_archived(self, session: SessionKey, *, through: Position) -> bool:
        """Make a session absent of which the archive holds everything up to a position; see `HotStore.evict`.

        Args:
            session: Which.
            through: At least the position of an entry that was hot a moment ago, or `ORIGIN` where none was.
        """
        tell = self._tell_evicted
        if tell is None:
            return self._hot.evict(session, through=through)
        was_hot = through > ORIGIN or self._hot.describe(session) is not None  # which may be so without any entry
        absent = self._hot.evict(session, through=through)
        if absent and was_hot:
            tell(Evicted(session))
        return absent

    def evict_many(self, sessions: Iterable[SessionKey]) -> BulkEviction:
        """Do `evict` for many sessions; the archive waits for its medium once for many of them, where it can.

        A session that is damaged in either store stays hot, and keeps no other one from leaving.
        """
        result = BulkEviction()
        batch: dict[SessionKey, Sequence[Entry]] = {}
        size = 0
        for session in sessions:
            try:
                batch[session] = entries = self._hot.oldest(session, limit=_STEP)
            except OF_ONE_SESSION as error:
                self._cannot_leave(session, error, result, "hot store")
                continue
            size += sum(len(entry.payload) for entry in entries)
            if len(batch) == _STEP or size >= _STEP_BYTES:
                self._evict_batch(batch, result)
                batch, size = {}, 0
        self._evict_batch(batch, result)
        return result

    def _evict_batch(self, batch: Mapping[SessionKey, Sequence[Entry]], result: BulkEviction) -> None:
        # What is archived here in one go, `evict` finds held; a longer session, or one that fails, is left to it alone.
        whole = {session: entries for session, entries in batch.items() if 0 < len(entries) < _STEP}
        archived = self._archived_at_once(whole)
        for session in batch:
            try:
                if archived and session in whole:
                    absent = self.evict_archived(session, through=whole[session][-1].position)
                    self.merge_pieces(session)
                else:
                    absent = self.evict(session)
            except OF_ONE_SESSION as error:
                self._cannot_leave(session, error, result, "archive")
            else:
                result.absent += absent
                self._told_damaged.discard(session)

    def _cannot_leave(self, session: SessionKey, error: StoreError, result: BulkEviction, store: str) -> None:
        result.damaged.append(error)
        if self._tell_damaged is None or isinstance(error, StoreRefusedError) or session in self._told_damaged:
            return
        if len(self._told_damaged) >= _MOST_REMEMBERED:
            self._told_damaged.clear()  # at the price of telling some once more
        self._told_damaged.add(session)
        self._tell_damaged(Damaged(store, str(error), session))

    def _archived_at_once(self, entries: Mapping[SessionKey, Sequence[Entry]]) -> bool:
        if not isinstance(self._archive, AppendsInBulk):
            return False
        try:
            self._archive.append_many(list(entries.items()))
        except OF_ONE_SESSION:  # one of them; which one shows when each is archived by itself
            return False
        return True

    def merge_pieces(self, session: SessionKey) -> None:
        """Have the archive rewrite what was written in small pieces, where it can and where that pays.

        A failure is one warning in the log and changes nothing: the entries are archived, they only take more room.
        """
        if not isinstance(self._archive, Compacts):
            return
        try:
            self._archive.compact(session)
        except LixError as error:
            _log.warning("cannot merge the small pieces of an archived session: %s", error)

    def restore(self, session: SessionKey) -> None:
        """Make an absent session hot with its window; nothing happens when it is hot already.

        Raises:
            StoreBusyError: Other processes evicted it again and again meanwhile.
        """
        for _ in range(ATTEMPTS):
            # The ticket comes first: it proves that nothing was added and evicted since the archive was read.
            ticket = self._hot.ticket(session)
            info = self._archive.describe(session)
            if info is None:
                restored = self._hot.restore(session, (), next_after=ORIGIN, ticket=ticket)
            else:
                entries = self._reader.read(session, last=self.window, after=info.context_after)
                floor = max(info.last_position, info.context_after, info.forgotten_through)
                restored = self._hot.restore(session, entries, next_after=floor, ticket=ticket)
                if self._tell_restored is not None and restored and entries:
                    self._tell_restored(Restored(session, len(entries)))
            if restored or self._hot.describe(session) is not None:
                return
        raise StoreBusyError("hot store", f"session was evicted {ATTEMPTS} times while it was being restored")
