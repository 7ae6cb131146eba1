"""Reading the archive as the configuration asks where it is damaged."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from lixcore.domain.position import Entry, Position
from lixcore.domain.session import SessionKey
from lixcore.ports.cold_archive import ColdArchive, Salvages

_log = logging.getLogger("lixcore.archive")


class ArchiveReader:
    """Reads entries of a cold archive; damage raises, or is left out and reported.

    Attributes:
        damage_found: How many damaged places were left out so far; zero unless damage is skipped.
    """

    def __init__(self, archive: ColdArchive, *, skip_damage: bool) -> None:
        self._archive = archive
        self._salvages = archive if skip_damage and isinstance(archive, Salvages) else None
        self.damage_found = 0

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
            return self._archive.read(session, last=last, after=after, before=before)
        salvage = self._salvages.salvage(session, last=last, after=after, before=before)
        for place in salvage.damage:
            self.damage_found += 1
            _log.warning("left out what is damaged: %s", place)
        return salvage.entries
