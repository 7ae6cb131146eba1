"""Bringing the two stores of a session together, where one of them may know more than a context would show.

A context is read from the hot store alone. That is right as long as everything newer than its first entry is there as well. It is
not right for a session that the archive stood in for while the hot store was away, nor for one whose hot store came back from a
restart with less than it had acknowledged. Both are mended by an eviction: what is hot joins what is archived, each at its
position, and the next use restores the newest of all of it.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from typing import Final

from lixcore.domain.position import ORIGIN, Position
from lixcore.domain.session import SessionKey
from lixcore.errors import StoreError
from lixcore.ports.cold_archive import ColdArchive
from lixcore.ports.hot_store import HotStore
from lixcore.ports.hot_store_powers import MayLapse
from lixcore.services.outage.stand_in_journal import Noted, StandInJournal
from lixcore.services.tiers.tiering import OF_ONE_SESSION, Tiering

MOST_REMEMBERED: Final = 10_000
"""How many sessions' comparisons are remembered, until a sweep makes remembering them needless."""

_ATTEMPTS: Final = 3  # at evicting a session that others keep adding to, before it is left for the next use of it

_log = logging.getLogger("lixcore.hot_store")


class Reconciler:
    """Knows which sessions' stores may have to be brought together, and does it.

    Its sets are changed by one operation at a time, each of which is atomic: threads and forked children need no lock.

    Args:
        lapses: The hot store, where it may come back with older data.
    """

    def __init__(
        self, hot: HotStore, archive: ColdArchive, tiering: Tiering, journal: StandInJournal, *, lapses: MayLapse | None
    ) -> None:
        self._hot = hot
        self._archive = archive
        self._tiering = tiering
        self._journal = journal
        self._lapses = lapses
        self._apart: set[SessionKey] = set()  # sessions that the archive stood in for
        # Those that a thread has in hand, by process and thread: they are apart until it is done.
        self._merging: dict[tuple[int, int], SessionKey] = {}
        self._compared: dict[SessionKey, str] = {}  # after which lapse the session's stores were last compared
        self._journal_is_read = False  # another process may have left notes there
        self._journal_is_told_of = False  # that it cannot be read was said

    def may_disagree(self, session: SessionKey) -> bool:
        """Whether `bring_together` has anything to do for the session; asked on the way of every message."""
        lapse = None if self._lapses is None else self._lapses.lapse
        if lapse is not None and self._compared.get(session) != lapse:
            return True
        return not self._journal_is_read or (bool(self._apart or self._merging) and self.is_apart(session))

    @property
    def lapse(self) -> str | None:
        """See `lixcore.ports.hot_store_powers.MayLapse`."""
        return None if self._lapses is None else self._lapses.lapse

    def look_at_journal(self) -> None:
        """Suspect the sessions of the journal."""
        self._apart.update(session for noted in self._journal.read() for session in noted.sessions)
        self._journal_is_read = True
        self._journal_is_told_of = False

    def suspect_journal(self) -> None:
        """Look at the journal before the hot store is used the next time: it was away, and is back."""
        self._journal_is_read = False

    def stood_in(self, session: SessionKey) -> None:
        """Note for this process that the archive stands in for the session: after what goes there, before it counts as stored."""
        self._apart.add(session)

    def is_apart(self, session: SessionKey) -> bool:
        """Whether the session's context has to be read from both stores."""
        return session in self._apart or (bool(self._merging) and session in list(self._merging.values()))

    def bring_together(self, session: SessionKey) -> None:
        """Bring the session's stores together if they may disagree; those who keep adding to it may prevent that for now."""
        if not self._journal_is_read:
            try:
                self.look_at_journal()
            except StoreError as error:
                # A session that is hot needs no archive to be added to. The next call looks again.
                if not self._journal_is_told_of:
                    _log.warning("cannot look which sessions the archive stood in for, and goes on trying: %s", error)
                self._journal_is_told_of = True
        if self.is_apart(session):
            self._merge(session)
        lapse = self.lapse
        if lapse is None or self.is_compared(session):
            return
        if not self._archive_knows_more(session) or self._merge(session):
            if len(self._compared) >= MOST_REMEMBERED:
                self._compared.clear()  # at the price of comparing some once more
            self._compared[session] = lapse

    def is_compared(self, session: SessionKey) -> bool:
        """Whether the session's stores were compared since the lapse that is to be dealt with; also when there is none."""
        lapse = self.lapse
        return lapse is None or self._compared.get(session) == lapse

    def _merge(self, session: SessionKey) -> bool:
        me = os.getpid(), threading.get_ident()
        self._merging[me] = session
        # Off the list first: what is stored there meanwhile puts it on again.
        self._apart.discard(session)
        is_absent = False
        try:
            is_absent = any(self._tiering.evict(session) for _ in range(_ATTEMPTS))
        finally:
            if not is_absent:
                self._apart.add(session)
            self._merging.pop(me, None)
        self._forget_threads_of_parent(session)
        return is_absent

    def _forget_threads_of_parent(self, session: SessionKey) -> None:
        """What a thread had in hand when this process was forked from its own: it is together now, or on the list."""
        for thread, merging in list(self._merging.items()):
            if merging == session and thread[0] != os.getpid():
                self._merging.pop(thread, None)

    def _archive_knows_more(self, session: SessionKey) -> bool:
        """Whether entries are hot that were cleared or forgotten, or archived above the first hot one and not hot."""
        hot = self._hot.oldest(session, limit=2**31)
        info = self._archive.describe(session)
        if not hot or info is None:
            return False  # a context that is shorter than its window is filled from the archive
        first = hot[0].position
        if first <= max(info.context_after, info.forgotten_through):
            return True
        if info.last_position < first:
            return False
        archived = {entry.position for entry in self._archive.read(session, after=Position(first - 1))}
        return not archived.issubset({entry.position for entry in hot})

    def sweep(self) -> int:
        """Bring together all sessions that may need it, of dead processes too. Any number of processes may do so at once.

        What fails for one session is a warning in the log; it stays noted.

        Returns:
            How many sessions were noted and are together now.
        """
        together: set[SessionKey] = set()
        for _ in self.steps(together):
            pass
        return len(together)

    def steps(self, together: set[SessionKey]) -> Iterator[None]:
        """Do `sweep`; pauses after each session, and may be left there: what is noted stays noted.

        Args:
            together: Gets the sessions that were noted and are together now.
        """
        for noted in self._journal.read():
            yield from self._noted_steps(noted, together)
        if (lapse := self.lapse) is not None:
            yield from self._lapse_steps(lapse)

    def _noted_steps(self, noted: Noted, together: set[SessionKey]) -> Iterator[None]:
        merged: list[SessionKey] = []
        for session in noted.sessions:
            if self._is_merged(session):
                merged.append(session)
            else:
                # Noted anew before the old notes go, so that it is noted whatever happens in between.
                self._journal.note(session, anew=True)
            yield
        # No pause from here on: who leaves would leave unseen what the second look is for.
        self._journal.take_off(noted.through)
        for session in merged:
            self._look_again(session)
        together.update(merged)

    def _look_again(self, session: SessionKey) -> None:
        """See whether somebody whom the hot store is away for added to it meanwhile, trusting in the note that is gone now."""
        # Where it is absent, this makes void the ticket of whoever has read the archive too early to restore it.
        is_absent = self._hot.evict(session, through=ORIGIN)
        if not is_absent and not self._is_merged(session, only_if_needed=True):
            self._journal.note(session, anew=True)

    def _lapse_steps(self, lapse: str) -> Iterator[None]:
        for activity in self._hot.sessions():
            session = activity.session
            if not self.is_compared(session) and not self._is_merged(session, only_if_needed=True):
                self._journal.note(session, anew=True)
            yield
        if self._lapses is not None:
            self._lapses.settle(lapse)
        self._compared.clear()

    def _is_merged(self, session: SessionKey, *, only_if_needed: bool = False) -> bool:
        try:
            return (only_if_needed and not self._archive_knows_more(session)) or self._merge(session)
        except OF_ONE_SESSION as error:
            _log.warning("the two stores of a session cannot be brought together: %s", error)
            return False
