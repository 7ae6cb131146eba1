"""Archiving every message before its add returns."""

from __future__ import annotations

from lixcore.domain.position import Entry
from lixcore.domain.session import SessionKey
from lixcore.errors import NotArchivedError, StoreError
from lixcore.ports.cold_archive import ColdArchive
from lixcore.services.tiers.tiering import Tiering


class WriteThrough:
    """What ``write_mode = "through"`` adds to an add.

    The hot store comes first, because it gives the position. So a message that the archive does not take is in the hot store
    all the same, and the caller is told just that. There is one such message of a session for each add that was under way when
    the archive began to fail: every later one archives what is missing first, and stores nothing where that fails.
    """

    def __init__(self, archive: ColdArchive, tiering: Tiering) -> None:
        self._archive = archive
        self._tiering = tiering
        self._behind: set[SessionKey] = set()  # sessions whose last message was not archived

    def before_add(self, session: SessionKey) -> None:
        """Archive what an earlier add could not.

        Raises:
            StoreError: The archive still does not take it.
        """
        if self._behind and session in self._behind:
            self._tiering.flush(session)
            self._behind.discard(session)

    def after_add(self, session: SessionKey, entry: Entry) -> None:
        """Archive a message that the hot store has taken.

        Raises:
            NotArchivedError: The archive did not take it.
        """
        try:
            self._archive.append(session, (entry,))
        except StoreError as error:
            self._behind.add(session)
            raise NotArchivedError(error.where, error.reason) from error
