"""The list of all sessions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import attrs

from lixcore.domain.session import SessionKey
from lixcore.errors import CorruptDataError
from lixcore.ports.hot_store import HotStore
from lixcore.services.tiers.archive_reader import ArchiveReader


@attrs.frozen
class SessionSummary:
    """A line of the list of sessions.

    Attributes:
        session: Whose.
        archived: Messages in the archive.
        hot: Entries in the hot store; some may be archived as well. None when the session is not hot.
        last_timestamp: Of the newest archived message, in seconds since the epoch; 0.0 when nothing is archived.
        stored_bytes: What the archive takes for it.
    """

    session: SessionKey
    archived: int
    hot: int | None
    last_timestamp: float
    stored_bytes: int


class Catalogue:
    """All sessions of both tiers."""

    def __init__(self, hot: HotStore, reader: ArchiveReader) -> None:
        self._hot = hot
        self._reader = reader

    def keys(self, *, tenant: str) -> Iterator[SessionKey]:
        """Every session of a tenant, archived or only hot, each once.

        Raises:
            CorruptDataError: After all others were given, when the archive could not tell of some.
        """
        hot = {activity.session for activity in self._hot.sessions() if activity.session.tenant == tenant}
        damage: CorruptDataError | None = None
        try:
            for info in self._reader.sessions():
                if info.session.tenant == tenant:
                    hot.discard(info.session)
                    yield info.session
        except CorruptDataError as error:
            damage = error
        yield from sorted(hot, key=lambda session: session.id)
        if damage is not None:
            raise damage

    def summaries(self, sessions: Iterable[SessionKey]) -> Iterator[SessionSummary]:
        """A summary of each session; only what is damaged, and skipped, is decompressed."""
        for session in sessions:
            info, held = self._reader.describe(session), self._hot.describe(session)
            yield SessionSummary(
                session=session,
                archived=info.messages if info else 0,
                hot=held.held if held else None,
                last_timestamp=info.last_timestamp if info else 0.0,
                stored_bytes=info.stored_bytes if info else 0,
            )
