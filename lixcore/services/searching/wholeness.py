"""Whether an index was caught up with everything since it was last cleared: one that was not would seem to find nothing.

An index that is cleared knows nothing any more. So the core notes in it, as if of a session of its own, that a catch-up
looked at everything; whoever clears the index removes the note in the same moment, in whatever process. The note is a number
drawn at random: below zero while the first catch-up after a clear is under way, above when it came to its end. An index that
was cleared and caught up again has another number: who asks before a search and after it knows that nobody cleared in between.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from typing import Final

from lixcore.domain.session import RESERVED_TENANT, SessionKey
from lixcore.errors import StoreBusyError
from lixcore.ports.archive_index import IndexBatch, IndexProgress
from lixcore.services.searching.index_guard import NAME, IndexFailedError, IndexGuard
from lixcore.services.tiers.archive_reader import ArchiveReader

NOTED: Final = SessionKey("how whole the index is", tenant=RESERVED_TENANT)
"""Of whom it is noted, as what the index lacks."""

DAMAGED: Final = -(2**31)
"""The note of who met damage that a catch-up may not meet."""

_NUMBERS: Final = 2**31 - 2


class FoundDamagedError(Exception):
    """Somebody met damage in the index, which has to be made anew."""


class Wholeness:
    """Notes that an index is whole, and tells.

    Args:
        index: The index.
    """

    def __init__(self, index: IndexGuard) -> None:
        self._index = index

    def noted(self) -> int:
        """The note; 0 where the index was cleared and nobody has begun since.

        Raises:
            IndexFailedError: The index cannot be used.
        """
        (known,) = self._index.progress([NOTED])
        return known.lacks

    def begin(self) -> int:
        """Before everything is looked at.

        Returns:
            What `complete` wants to know.

        Raises:
            FoundDamagedError: The index has to be cleared.
            IndexFailedError: The index cannot be used.
        """
        note = self.noted()
        if note == DAMAGED:
            raise FoundDamagedError
        if not note:
            note = -1 - secrets.randbelow(_NUMBERS)
            self._index.add([IndexBatch(NOTED, (), lacks=note)])
        return note

    def complete(self, begun: int) -> None:
        """Everything was looked at and added. An index that somebody cleared meanwhile lacks some of it, and is not whole.

        Raises:
            IndexFailedError: The index cannot be used.
        """
        if begun < 0 and self.noted() == begun:
            self._index.add([IndexBatch(NOTED, (), lacks=-begun)])

    def note_damage(self) -> None:
        """Note that damage was met, if it was and the index can be written: the next catch-up of any process makes it anew."""
        trouble = self._index.trouble
        if trouble is None or not trouble.is_damage:
            return
        # An index that cannot be written either is found damaged by whoever catches it up.
        with suppress(IndexFailedError):
            self._index.add([IndexBatch(NOTED, (), lacks=DAMAGED)], always=True)

    def check(self, reader: ArchiveReader, *, since: int | None = None) -> int:
        """Make sure that the index is whole.

        Args:
            reader: An index of an archive that shows nothing lacks nothing.
            since: What this returned before the index was asked; None where it was not yet.

        Returns:
            What the next call takes as ``since``.

        Raises:
            StoreBusyError: It is being made, or was made anew meanwhile.
            IndexFailedError: The index cannot be used.
        """
        note = self.noted()
        if since is not None and note != since and since > 0:
            raise StoreBusyError(NAME, "was made anew while it was searched; search again")
        if note <= 0 and any(info.session.tenant != RESERVED_TENANT for info in reader.sessions()):
            held = self._index.measure().messages
            raise StoreBusyError(
                NAME,
                f"was not caught up with everything since it was begun: it holds {held:,} messages so far, and a search would "
                "miss the rest without a sign; search again once it is caught up, which Stack.catch_up_index and lix index do",
            )
        return note


def went_back(before: tuple[IndexProgress, IndexProgress], after: tuple[IndexProgress, IndexProgress]) -> bool:
    """Whether an index was cleared between two moments.

    Args:
        before: Of a session, and of `NOTED`, at the first moment.
        after: The same at the second.
    """
    (session, note), (session_after, note_after) = before, after
    return session_after.watermark < session.watermark or (note.lacks != 0 and abs(note_after.lacks) != abs(note.lacks))
