"""Whole conversations into the archive."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from lixcore.domain.message import Message
from lixcore.domain.position import ORIGIN, Entry, Position
from lixcore.domain.record import decode_message, encode_message
from lixcore.domain.session import SessionKey
from lixcore.errors import InvalidInputError
from lixcore.ports.cold_archive import AppendsInBulk, ArchiveInfo, ColdArchive
from lixcore.ports.hot_store import HotStore
from lixcore.services.context_window import ContextWindow
from lixcore.services.conversation_lines import Conversation

BATCH_SESSIONS = 256
BATCH_BYTES = 16 * 1024 * 1024
"""How much is gathered before it is written as one durable step, whichever is reached first."""


@attrs.define
class ImportCounts:
    """What an import did so far.

    Attributes:
        sessions: Sessions stored, wholly or in their missing part.
        messages: Messages stored.
        present_sessions: Sessions left as they are, because everything on their line is there already.
        present_messages: Messages of those.
    """

    sessions: int = 0
    messages: int = 0
    present_sessions: int = 0
    present_messages: int = 0


class Importer:
    """Stores conversations in the archive, many sessions in one durable step.

    Imported messages get the positions 1, 2, 3 … of their session, below any that a hot store assigns. That makes an import
    that is run again, after an interruption or by mistake, store nothing twice.
    """

    def __init__(self, hot: HotStore, archive: ColdArchive, window: ContextWindow) -> None:
        self._hot = hot
        self._archive = archive
        self._window = window
        self._batch: dict[SessionKey, Sequence[Entry]] = {}
        self._batch_bytes = 0
        self.counts = ImportCounts()

    def add(self, conversation: Conversation) -> None:
        """Take one conversation; it is durable after the next `flush`, which also happens now and then by itself.

        Raises:
            InvalidInputError: The session holds other messages than these; nothing was changed.
        """
        session, messages = conversation.session, conversation.messages
        if session in self._batch:
            self.flush()
        info = self._archive.describe(session)
        first = self._new_messages_from(conversation, info)
        if first == len(messages):
            self.counts.present_sessions += 1
            self.counts.present_messages += len(messages)
            return
        floor = info.forgotten_through if info else ORIGIN
        entries = [
            Entry(Position(floor + index + 1), message.timestamp, encode_message(message))
            for index, message in enumerate(messages)
            if index >= first
        ]
        self._batch[session] = entries
        self._batch_bytes += sum(len(entry.payload) for entry in entries)
        self.counts.sessions += 1
        self.counts.messages += len(entries)
        if len(self._batch) >= BATCH_SESSIONS or self._batch_bytes >= BATCH_BYTES:
            self.flush()

    def _new_messages_from(self, conversation: Conversation, info: ArchiveInfo | None) -> int:
        """The index of the first message that the session does not hold yet."""
        session, messages = conversation.session, conversation.messages
        held = self._hot.describe(session)
        if (info is None or info.messages == 0) and held is None:
            return 0
        present = self._window.history(session)
        for entry, message, timed in zip(present, messages, conversation.timed, strict=False):
            if not _same(decode_message(entry), message, timed=timed):
                raise InvalidInputError("session_id", f"{session.id!r} is stored already, with other messages")
        if len(present) >= len(messages):
            return len(messages)
        if held is not None and held.held:
            raise InvalidInputError("session_id", f"{session.id!r} is live and shorter than this; nothing is put into its middle")
        return len(present)

    def flush(self) -> None:
        """Make everything that was taken durable."""
        if not self._batch:
            return
        batches = list(self._batch.items())
        if isinstance(self._archive, AppendsInBulk):
            self._archive.append_many(batches)
        else:
            for session, entries in batches:
                self._archive.append(session, entries)
        self._batch.clear()
        self._batch_bytes = 0


def _same(stored: Message, given: Message, *, timed: bool) -> bool:
    same_text = (stored.role, stored.content, stored.metadata) == (given.role, given.content, given.metadata)
    return same_text and (not timed or stored.timestamp == given.timestamp)
