"""Having an index forget what the archive forgot: at once, or as soon as it can."""

from __future__ import annotations

import threading
from typing import Final

from lixcore.domain.position import ORIGIN, Position
from lixcore.domain.session import SessionKey
from lixcore.ports.cold_archive import ColdArchive
from lixcore.services.reuse.in_children import begin_afresh_in_children
from lixcore.services.searching.index_guard import IndexFailedError, IndexGuard, errors_to_caller

MOST_MERGES: Final = 100
"""How many steps of a merge somebody waits for who forgets; each of them is done for good."""


class IndexForgetting:
    """Tells an index what is to be forgotten. Sessions that the archive shows no more, nobody else would tell it of.

    Args:
        index: The index.
        archive: The archive, which forgets first.
    """

    def __init__(self, index: IndexGuard, archive: ColdArchive) -> None:
        self._index = index
        self._archive = archive
        self._owed: dict[SessionKey, Position] = {}
        self.begin_afresh()
        begin_afresh_in_children(self)

    def begin_afresh(self) -> None:
        """Only for a child that was just forked: another thread may have held the lock."""
        self._owing = threading.Lock()

    def forget(self, session: SessionKey) -> int:
        """Have the index forget what the archive forgot of a session, and its files as far as that can be done now.

        Returns:
            How many messages it removed; what a damaged index held is not counted.

        Raises:
            StoreError: It cannot now; it is tried again before the next catch-up of this process.
        """
        info = self._archive.describe(session)
        through = info.forgotten_through if info else ORIGIN
        if through <= ORIGIN:
            return 0
        with errors_to_caller():
            removed = self._forgotten(session, through)
        self._wipe()
        return removed

    def _wipe(self) -> None:
        """Have the index's files written anew without what was forgotten. Who indexes does so as well, so it may fail."""
        try:
            for _ in range(MOST_MERGES):
                if not self._index.merge():
                    return
        except IndexFailedError:
            self._index.say("what was forgotten is found no more, and leaves its files when it is caught up the next time")

    def later(self, session: SessionKey, through: Position) -> None:
        """As `forget`, now if that can be, else before the next catch-up of this process."""
        try:
            self._forgotten(session, through)
        except IndexFailedError:
            self._index.say_done_without()

    def _forgotten(self, session: SessionKey, through: Position) -> int:
        try:
            removed = self._index.forget(session, through=through)
        except IndexFailedError:
            trouble = self._index.trouble
            if trouble is None or not trouble.is_damage:
                with self._owing:
                    self._owed[session] = max(through, self._owed.get(session, ORIGIN))
                raise
            self._index.say("it is emptied, and made anew by the next catch-up")
            self._index.clear()  # nobody can tell what is left in it
            return 0
        with self._owing:
            if self._owed.get(session, ORIGIN) <= through:
                self._owed.pop(session, None)
        return removed

    def pay(self) -> None:
        """Do what could not be done when it was asked for.

        Raises:
            IndexFailedError: It still cannot.
        """
        with self._owing:
            owed = list(self._owed.items())
        for session, through in owed:
            self._forgotten(session, through)
