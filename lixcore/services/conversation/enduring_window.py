"""The rolling window where the hot store may be away, or come back with less than it had."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from lixcore.domain.message import Message
from lixcore.domain.position import ORIGIN, Entry, Position
from lixcore.domain.record import encode_message
from lixcore.domain.session import SessionKey
from lixcore.errors import PositionConflictError, StoreBusyError, StoreError
from lixcore.ports.clock import Clock
from lixcore.ports.events import Added
from lixcore.ports.hot_store import Appended
from lixcore.services.conversation.context_window import ContextParts, ContextWindow
from lixcore.services.conversation.session_facts import SessionStats
from lixcore.services.outage.reconciliation import Reconciler
from lixcore.services.outage.stand_in_journal import StandInJournal, drawn_position
from lixcore.services.tiers.guarded_hot_store import GuardedHotStore, HotStoreAwayError, HotStoreFullError, HotStoreState
from lixcore.services.tiers.tiering import ATTEMPTS

_log = logging.getLogger("lixcore.hot_store")


class EnduringWindow(ContextWindow):
    """A `ContextWindow` that keeps contexts right after a failure of the hot store, and goes on without it if it may.

    While the hot store is away or full, the archive stands in for it. What goes there has positions by this process's clock,
    above all that the archive has of the session and all that this process ever saw in the hot store, or may have left there.
    Once the hot store is back, the next use of a session brings its two stores together.

    Args:
        guard: The hot store of ``parts``, where the archive may stand in for it; None where its failures are the caller's.

    Attributes:
        stood_in: How many messages the archive took in the hot store's stead.
    """

    def __init__(
        self, parts: ContextParts, *, clock: Clock, journal: StandInJournal, reconciler: Reconciler, guard: GuardedHotStore | None
    ) -> None:
        super().__init__(parts)
        self._clock = clock
        self._journal = journal
        self._reconciler = reconciler
        self._guard = guard
        self.stood_in = 0

    def add(self, session: SessionKey, message: Message) -> Appended:
        """See `ContextWindow.add`. Where the archive stands in, the message is archived when this returns."""
        try:
            if self._reconciler.may_disagree(session):
                self._reconciler.bring_together(session)
                if self._guard is not None and self._reconciler.is_apart(session) and self._is_behind(session):
                    return self._add_to_archive(session, message)
            return super().add(session, message)
        except HotStoreAwayError:
            pass
        except HotStoreFullError:
            self._make_room(session)
        return self._add_to_archive(session, message)

    def _is_behind(self, session: SessionKey) -> bool:
        """Whether the hot store's next position may be below an archived one, such as this process's last."""
        held, info = self._hot.describe(session), self._archive.describe(session)
        return held is not None and info is not None and (held.last_position or ORIGIN) < info.last_position

    def _make_room(self, session: SessionKey) -> None:
        try:
            self._tiering.evict(session)
        except (HotStoreAwayError, HotStoreFullError):
            return  # it stays hot, and its context is read from both stores

    def _add_to_archive(self, session: SessionKey, message: Message) -> Appended:
        payload = encode_message(self._redaction.of(message))
        self._journal.note(session)
        for _ in range(ATTEMPTS):
            held = self._held_in_archive(session)
            position = drawn_position(self._clock, after=self._highest(session))
            try:
                self._archive.append(session, [Entry(position, message.timestamp, payload)])
            except PositionConflictError:  # another process drew the same one
                continue
            self.stood_in += 1
            if self._tell_added is not None:
                self._tell_added(Added(session, position, stood_in=True))
            self._confirm_note(session)
            return Appended(position, held + 1)
        raise StoreBusyError("archive", f"{ATTEMPTS} positions that were drawn for a message were taken")

    def _confirm_note(self, session: SessionKey) -> None:
        """See that the session is still noted: somebody for whom the hot store is back may have dealt with it too early."""
        self._reconciler.stood_in(session)
        try:
            self._journal.note(session)
        except StoreError as error:
            # The message is stored, so this is no failure of the add; and this process does not forget the session.
            _log.warning("cannot note that the archive stood in for a session: %s", error)

    def _held_in_archive(self, session: SessionKey) -> int:
        info = self._archive.describe(session)
        if info is None or not info.context_after:
            return info.messages if info else 0
        return len(self._reader.read(session, last=self._max_messages, after=info.context_after))

    def _highest(self, session: SessionKey) -> Position:
        """The highest position that the session can be known to have, or a higher one."""
        seen = self._guard.highest_by_now(session) if self._guard else ORIGIN
        info = self._archive.describe(session)
        return max(seen, info.last_position, info.context_after, info.forgotten_through) if info else seen

    def _newest(self, session: SessionKey, count: int) -> Sequence[Entry]:
        try:
            if self._reconciler.may_disagree(session):
                self._reconciler.bring_together(session)
            entries = super()._newest(session, count)
            if not self._reconciler.may_disagree(session):
                return entries
            if not self._reconciler.is_compared(session):  # this very call may have met the server that is another one now
                self._reconciler.bring_together(session)
                entries = super()._newest(session, count)
        except (HotStoreAwayError, HotStoreFullError):
            return self._newest_of_both(session, count)
        return self._newest_of_both(session, count) if self._reconciler.is_apart(session) else entries

    def _newest_of_both(self, session: SessionKey, count: int) -> Sequence[Entry]:
        info = self._archive.describe(session)
        return self.history(session, last=count, after=info.context_after if info else ORIGIN)

    def history(
        self,
        session: SessionKey,
        *,
        last: int | None = None,
        after: Position | None = None,
        before: Position | None = None,
    ) -> Sequence[Entry]:
        """See `ContextWindow.history`; only what is archived while the hot store is away."""
        try:
            return super().history(session, last=last, after=after, before=before)
        except HotStoreAwayError:
            return self._reader.read(session, last=last, after=after, before=before)

    def clear(self, session: SessionKey) -> None:
        """See `ContextWindow.clear`; while the hot store is away, what it holds is cleared when it is back."""
        try:
            super().clear(session)
        except HotStoreAwayError:
            self._journal.note(session)
            self._archive.start_context(session, after=drawn_position(self._clock, after=self._highest(session)))
            self._confirm_note(session)

    def _start_context(self, session: SessionKey, *, after: Position, archived: Position) -> None:
        self._journal.note(session)  # a crash after the next step would else leave what is cleared in the hot store
        try:
            super()._start_context(session, after=after, archived=archived)
        except StoreError:
            self._reconciler.stood_in(session)  # the start may be noted, and what is cleared still hot
            raise

    def hot_store_state(self) -> HotStoreState:
        """How it is with the hot store; asks nobody."""
        if self._guard is None:
            return HotStoreState(None, 0, 0)
        return HotStoreState(self._guard.absence, self._guard.absences, self.stood_in)

    def stats(self, session: SessionKey) -> SessionStats:
        """See `ContextWindow.stats`; only what is archived while the hot store is away."""
        try:
            return super().stats(session)
        except HotStoreAwayError:
            info = self._reader.describe(session)
        archived = info.messages if info else 0
        return SessionStats(
            messages=archived,
            hot=0,
            is_hot=False,
            archived=archived,
            raw_bytes=info.raw_bytes if info else 0,
            stored_bytes=info.stored_bytes if info else 0,
            last_active=None,
        )
