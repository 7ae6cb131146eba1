"""Which sessions the archive stood in for: written down in the archive, so that a crash forgets none of them."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Final

import attrs
import msgspec

from lixcore.domain.position import DRAWS, ORIGIN, Entry, Position, stand_in_position
from lixcore.domain.session import RESERVED_TENANT, SessionKey
from lixcore.errors import PositionConflictError, StoreBusyError
from lixcore.ports.clock import Clock
from lixcore.ports.cold_archive import ColdArchive
from lixcore.services.tiers.tiering import ATTEMPTS

MOST_REMEMBERED: Final = 10_000
"""How many of its notes a process remembers."""

JOURNAL: Final = SessionKey("sessions that the archive stood in for", tenant=RESERVED_TENANT)
"""A session of the archive like any other, so that every archive can keep it."""


AT_ONCE: Final = 128
"""How many notes are dealt with before they are taken off."""


@attrs.frozen
class Noted:
    """Notes that follow each other in the journal.

    Attributes:
        sessions: The sessions, each once.
        through: The position of the newest note; `ORIGIN` when there is none.
    """

    sessions: Sequence[SessionKey]
    through: Position


class StandInJournal:
    """Notes sessions whose messages went to the archive while the hot store was away, for all processes.

    A note is there before the first such message, and goes when the session's two stores were brought together after the last.
    """

    def __init__(self, archive: ColdArchive, clock: Clock) -> None:
        self._archive = archive
        self._clock = clock
        self._noted: dict[SessionKey, Position] = {}  # this process's notes, which may have been taken off since

    def note(self, session: SessionKey, *, anew: bool = False) -> None:
        """Have a note of the session, durably; made once until somebody takes it off.

        Args:
            anew: Make one in any case, above all others.
        """
        forgotten, last = self._ends()
        if not anew and self._noted.get(session, ORIGIN) > forgotten:
            return
        payload = msgspec.msgpack.encode((session.tenant, session.id))
        for _ in range(ATTEMPTS):
            position = drawn_position(self._clock, after=max(last, forgotten))
            try:
                self._archive.append(JOURNAL, [Entry(position, self._clock.now(), payload)])
            except PositionConflictError:  # another process made a note at the same instant
                forgotten, last = self._ends()
                continue
            forgotten, last = self._ends()
            if position > forgotten:  # else all notes were taken off meanwhile, and this one was not taken
                if len(self._noted) >= MOST_REMEMBERED:
                    self._noted.clear()  # at the price of a second note for some
                self._noted[session] = position
                return
        raise StoreBusyError("archive", "its notes were taken off again and again while one was made")

    def read(self) -> Sequence[Noted]:
        """All notes, oldest first, in parts of at most `AT_ONCE`."""
        if not self.has_notes():
            return ()
        entries = self._archive.read(JOURNAL)
        parts = (entries[start : start + AT_ONCE] for start in range(0, len(entries), AT_ONCE))
        return [Noted(tuple(dict.fromkeys(map(_session_of, part))), part[-1].position) for part in parts]

    def has_notes(self) -> bool:
        """Whether there are any; costs one look."""
        info = self._archive.describe(JOURNAL)
        return info is not None and info.messages > 0

    def take_off(self, through: Position) -> None:
        """Remove the notes up to a position, when that is dealt with which they stand for."""
        if through > ORIGIN:
            self._archive.forget(JOURNAL, through=through)
            self._noted = {session: position for session, position in self._noted.items() if position > through}

    def _ends(self) -> tuple[Position, Position]:
        info = self._archive.describe(JOURNAL)
        return (info.forgotten_through, info.last_position) if info else (ORIGIN, ORIGIN)


def drawn_position(clock: Clock, *, after: Position) -> Position:
    """A position above ``after`` that nobody else gives away; see `lixcore.domain.position.stand_in_position`."""
    return stand_in_position(after=after, now=clock.now(), draw=secrets.randbelow(DRAWS))


def _session_of(entry: Entry) -> SessionKey:
    tenant, identifier = msgspec.msgpack.decode(entry.payload, type=tuple[str, str])
    return SessionKey(identifier, tenant)
