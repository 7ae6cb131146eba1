"""How far an index has come."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import attrs

from lixcore.domain.session import SessionKey
from lixcore.ports.archive_index import IndexProgress
from lixcore.ports.cold_archive import ArchiveInfo, ColdArchive
from lixcore.services.searching.catch_up import SESSIONS_AT_ONCE
from lixcore.services.searching.index_guard import IndexFailedError, IndexGuard, errors_to_caller


@attrs.frozen
class IndexStatus:
    """How it is with the index, of all tenants.

    Attributes:
        adapter: What keeps it.
        messages: How many messages it holds.
        sessions: Of how many sessions.
        embeddings: How many of the messages have an embedding.
        stored_bytes: What it takes; None where it cannot tell.
        archived_messages: How many messages the archive counts.
        archived_sessions: Of how many sessions.
        lag: How many archived messages it does not hold yet.
        unreadable: How many messages the archive counts that could not be read when the index was given the rest.
        unlisted: How many messages it holds of sessions that the archive does not show: because not all of it is there, or
            because they were removed and nobody could tell the index. No search shows them, but SQL does; making the index anew
            removes them.
        trouble: Why it cannot be used, as this process sees it; None when all is well.
    """

    adapter: str
    messages: int
    sessions: int
    embeddings: int
    stored_bytes: int | None
    archived_messages: int
    archived_sessions: int
    lag: int
    unreadable: int
    unlisted: int
    trouble: str | None


@attrs.frozen
class SessionIndexed:
    """How far the index has come with a session.

    Attributes:
        messages: How many of its messages it holds.
        lag: How many archived ones it does not hold yet.
    """

    messages: int
    lag: int


class IndexReport:
    """Compares an index with the archive.

    Args:
        index: The index.
        archive: The archive.
        adapter: What keeps the index.
        spared: Tenants whose sessions are not indexed.
    """

    def __init__(self, index: IndexGuard, archive: ColdArchive, *, adapter: str, spared: Collection[str] = ()) -> None:
        self._index = index
        self._archive = archive
        self._adapter = adapter
        self._spared = frozenset(spared)

    def status(self) -> IndexStatus:
        """How it is with the index; asks it about every session.

        Raises:
            StoreError: The index or the archive cannot be used.
        """
        messages = sessions = held = lag = unreadable = 0
        with errors_to_caller():
            for infos in self._listed():
                for info, known in zip(infos, self._index.progress([info.session for info in infos]), strict=True):
                    messages += info.messages
                    sessions += 1
                    held += known.messages
                    lag += _lag(info, known)
                    unreadable += max(0, known.lacks)
            size = self._index.measure()
        trouble = self._index.trouble
        return IndexStatus(
            adapter=self._adapter,
            messages=size.messages,
            sessions=size.sessions,
            embeddings=size.embeddings,
            stored_bytes=size.stored_bytes,
            archived_messages=messages,
            archived_sessions=sessions,
            lag=lag,
            unreadable=unreadable,
            unlisted=max(0, size.messages - held),
            trouble=None if trouble is None else str(trouble.error),
        )

    def of_session(self, session: SessionKey, info: ArchiveInfo | None) -> SessionIndexed | None:
        """How far the index has come with a session; None where it cannot be asked."""
        try:
            (known,) = self._index.progress([session])
        except IndexFailedError:
            self._index.say_done_without()
            return None
        return SessionIndexed(known.messages, _lag(info or ArchiveInfo(session, 0), known))

    def _listed(self) -> Iterator[list[ArchiveInfo]]:
        infos: list[ArchiveInfo] = []
        for info in self._archive.sessions():
            if info.session.tenant not in self._spared:
                infos.append(info)
            if len(infos) >= SESSIONS_AT_ONCE:
                yield infos
                infos = []
        if infos:
            yield infos


def _lag(info: ArchiveInfo, known: IndexProgress) -> int:
    return max(0, info.messages - known.messages - known.lacks)
