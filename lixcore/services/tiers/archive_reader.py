"""Reading the archive as the configuration asks where it is damaged."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

from lixcore.domain.position import Entry, Position
from lixcore.domain.session import SessionKey
from lixcore.errors import CorruptDataError
from lixcore.ports.cold_archive import ArchiveInfo, ColdArchive, Salvages
from lixcore.ports.events import Damaged, Events
from lixcore.services.events.telling import SILENT, teller

_log = logging.getLogger("lixcore.archive")


class ArchiveReader:
    """Reads a cold archive; damage raises, or is left out and reported.

    Attributes:
        skip_damage: Whether it is left out.
        damage_found: How many damaged places were left out so far; zero unless damage is skipped.
    """

    def __init__(self, archive: ColdArchive, *, skip_damage: bool, events: Events = SILENT) -> None:
        self._archive = archive
        self.skip_damage = skip_damage
        self._salvages = archive if skip_damage and isinstance(archive, Salvages) else None
        self.damage_found = 0
        self._tell = teller(events, Damaged)

    def read(
        self,
        session: SessionKey,
        *,
        last: int | None = None,
        after: Position | None = None,
        before: Position | None = None,
    ) -> Sequence[Entry]:
        """Like `ColdArchive.read`; with ``skip_damage``, every damaged place is one warning in the log instead of an error.

        Raises:
            CorruptDataError: The range is damaged, and damage is not skipped.
        """
        if self._salvages is None:
            try:
                return self._archive.read(session, last=last, after=after, before=before)
            except CorruptDataError as error:
                self._tell_of(str(error), session)
                raise
        salvage = self._salvages.salvage(session, last=last, after=after, before=before)
        for place in salvage.damage:
            self._leave_out(place, session)
        return salvage.entries

    def sessions(self) -> Iterator[ArchiveInfo]:
        """Like `ColdArchive.sessions`; with ``skip_damage``, what cannot be described is one warning in the log and no error.

        Raises:
            CorruptDataError: After all others were given, when some cannot be described, and damage is not skipped.
        """
        try:
            yield from self._archive.sessions()
        except CorruptDataError as error:
            if not self.skip_damage:
                self._tell_of(str(error))
                raise
            self._leave_out(str(error))

    def describe(self, session: SessionKey) -> ArchiveInfo | None:
        """Like `ColdArchive.describe`; with ``skip_damage``, what cannot be described is counted by reading what is left.

        How much the damaged session takes on the medium is then not known, and given as zero.

        Raises:
            CorruptDataError: It cannot be described, and damage is not skipped.
        """
        try:
            return self._archive.describe(session)
        except CorruptDataError as error:
            if self._salvages is None:
                self._tell_of(str(error), session)
                raise
            self._leave_out(str(error), session)
            entries = self._salvages.salvage(session).entries
        if not entries:
            return None
        times = [entry.timestamp for entry in entries]
        return ArchiveInfo(
            session,
            messages=len(entries),
            first_position=entries[0].position,
            last_position=entries[-1].position,
            first_timestamp=min(times),
            last_timestamp=max(times),
            raw_bytes=sum(len(entry.payload) for entry in entries),
        )

    def _leave_out(self, place: str, session: SessionKey | None = None) -> None:
        self.damage_found += 1
        _log.warning("left out what is damaged: %s", place)
        self._tell_of(place, session)

    def _tell_of(self, reason: str, session: SessionKey | None = None) -> None:
        if self._tell is not None:
            self._tell(Damaged("archive", reason, session))
