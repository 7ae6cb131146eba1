"""Services that are wrong in one way each, as their authors might have made them: the harness must find every one of them."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from lixcore.domain.position import MAX_POSITION, ORIGIN, Entry, Position
from lixcore.domain.session import SessionKey
from lixcore.errors import LixError, StoreUnavailableError
from lixcore.services.conversation.enduring_window import EnduringWindow
from lixcore.services.tiers.tiering import BulkEviction, Tiering

_ALL = 2**31


class ReleasesFirst(Tiering):
    """Makes room before the archive holds what it takes away."""

    def spill(self, session: SessionKey) -> int:
        held = self._hot.describe(session)
        if held is None or held.held <= self.window:
            return 0
        entries = self._hot.oldest(session, limit=held.held - self.window)
        released = self._hot.release(session, through=entries[-1].position)
        self._archive.append(session, entries)
        return released


class ReleasesByCount(Tiering):
    """Archives some of the oldest, then releases as many of the oldest: others by then, when somebody else spilled too."""

    def spill(self, session: SessionKey) -> int:
        held = self._hot.describe(session)
        if held is None or held.held <= self.window:
            return 0
        count = held.held - self.window
        self._archive.append(session, self._hot.oldest(session, limit=count))
        oldest = self._hot.oldest(session, limit=count)
        return self._hot.release(session, through=oldest[-1].position) if oldest else 0


class ReleasesThroughTheNewest(Tiering):
    """Evicts through the newest entry there is, which may have come after what was archived."""

    def evict(self, session: SessionKey) -> bool:
        self._archive.append(session, self._hot.oldest(session, limit=_ALL))
        held = self._hot.describe(session)
        return self._hot.evict(session, through=(held.last_position if held else None) or ORIGIN)


class EvictsWithoutLookingAgain(Tiering):
    """Archives many sessions at once, and drops them whole."""

    def _evict_batch(self, batch: dict[SessionKey, Sequence[Entry]], result: BulkEviction) -> None:  # type: ignore[override]  # a Mapping there
        for session, entries in batch.items():
            self._archive.append(session, entries)
            result.absent += self._hot.evict(session, through=MAX_POSITION)


class TakesTheTicketLast(Tiering):
    """Reads the archive, then begins the restore: what was added and evicted in between is missing from the window."""

    def restore(self, session: SessionKey) -> None:
        while self._hot.describe(session) is None:
            info = self._archive.describe(session)
            after = info.context_after if info else ORIGIN
            entries = self._reader.read(session, last=self.window, after=after)
            floor = max(info.last_position, info.context_after, info.forgotten_through) if info else ORIGIN
            self._hot.restore(session, entries, next_after=floor, ticket=self._hot.ticket(session))


class RestoresOverWhatIsHot(Tiering):
    """Makes sure of its window by dropping what is hot first."""

    def restore(self, session: SessionKey) -> None:
        self._hot.forget(session)
        super().restore(session)


class RestoresWhatWasCleared(Tiering):
    """Restores the newest messages, whatever context they belong to."""

    def restore(self, session: SessionKey) -> None:
        info = self._archive.describe(session)
        floor = max(info.last_position, info.context_after, info.forgotten_through) if info else ORIGIN
        ticket = self._hot.ticket(session)
        self._hot.restore(session, self._reader.read(session, last=self.window), next_after=floor, ticket=ticket)


class IgnoresWhatTheArchiveHolds(Tiering):
    """Numbers new messages after those it restores, as if there were no others."""

    def restore(self, session: SessionKey) -> None:
        ticket = self._hot.ticket(session)
        info = self._archive.describe(session)
        entries = self._reader.read(session, last=self.window, after=info.context_after if info else ORIGIN)
        self._hot.restore(session, entries, next_after=entries[-1].position if entries else ORIGIN, ticket=ticket)


class NumbersAgainOnRetry(Tiering):
    """Gives entries new positions when it archives them a second time."""

    def evict(self, session: SessionKey) -> bool:
        entries = self._hot.oldest(session, limit=_ALL)
        try:
            self._archive.append(session, entries)
        except StoreUnavailableError:
            later = [Entry(Position(entry.position + len(entries)), entry.timestamp, entry.payload) for entry in entries]
            self._archive.append(session, later)
        return self._hot.evict(session, through=entries[-1].position if entries else ORIGIN)


class SwallowsFailures(Tiering):
    """Notes that the archive failed, and goes on."""

    def evict(self, session: SessionKey) -> bool:
        entries = self._hot.oldest(session, limit=_ALL)
        try:
            self._archive.append(session, entries)
        except LixError as error:
            logging.getLogger(__name__).warning("could not archive: %s", error)
        return self._hot.evict(session, through=entries[-1].position if entries else ORIGIN)


class SpillsFromTheNewestEnd(Tiering):
    """Archives the newest entries in place of the oldest."""

    def spill(self, session: SessionKey) -> int:
        held = self._hot.describe(session)
        if held is None or held.held <= self.window:
            return 0
        entries = self._hot.oldest(session, limit=_ALL)
        self._archive.append(session, entries[self.window :])
        return self._hot.release(session, through=entries[held.held - self.window - 1].position)


class FlushesTheWindowOnly(Tiering):
    """Archives the newest entries as far as the window goes, and says that all is archived."""

    def flush(self, session: SessionKey) -> Position:
        entries = self._hot.read(session, last=self.window) or ()
        self._archive.append(session, entries)
        return entries[-1].position if entries else ORIGIN


class ClearsWithoutNoting(EnduringWindow):
    """Empties the hot store, and leaves no note of it for when the session returns."""

    def clear(self, session: SessionKey) -> None:
        self._hot.evict(session, through=self._tiering.flush(session))


class ReadsTheArchiveFirst(EnduringWindow):
    """Reads the archive, then the hot store: what moves from this to that in between is seen in neither."""

    def history(
        self, session: SessionKey, *, last: int | None = None, after: Position | None = None, before: Position | None = None
    ) -> Sequence[Entry]:
        archived = self._reader.read(session, last=last, after=after, before=before)
        hot = self._hot.oldest(session, limit=_ALL)
        merged = {entry.position: entry for entry in (*archived, *hot)}
        return [merged[position] for position in sorted(merged)]
