"""Whole conversations into the archive."""

from __future__ import annotations

import json
from collections.abc import Sequence

import attrs

from lixcore.domain.json_value import JsonValue
from lixcore.domain.message import Message
from lixcore.domain.position import ORIGIN, Entry, Position
from lixcore.domain.record import decode_message, encode_message
from lixcore.domain.session import SessionKey
from lixcore.errors import InvalidInputError
from lixcore.ports.cold_archive import AppendsInBulk, ColdArchive
from lixcore.ports.hot_store import HotStore
from lixcore.services.conversation.context_window import ContextWindow
from lixcore.services.histories.conversation_lines import Conversation
from lixcore.services.redaction import NO_REDACTION, Redaction

BATCH_SESSIONS = 256
BATCH_BYTES = 16 * 1024 * 1024
"""How much is gathered before it is written as one durable step, whichever is reached first."""


@attrs.define
class ImportCounts:
    """What an import did so far.

    Attributes:
        sessions: Sessions durably stored, wholly or in their missing part.
        messages: Messages durably stored.
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

    def __init__(self, hot: HotStore, archive: ColdArchive, window: ContextWindow, redaction: Redaction = NO_REDACTION) -> None:
        self._hot = hot
        self._archive = archive
        self._window = window
        self._redaction = redaction
        self._batch: dict[SessionKey, Sequence[Entry]] = {}
        self._batch_bytes = 0
        self.counts = ImportCounts()

    def add(self, conversation: Conversation) -> None:
        """Take one conversation; it is durable after the next `flush`, which also happens now and then by itself.

        Raises:
            InvalidInputError: The session holds other messages than these; nothing was changed.
            PolicyFailedError: The redaction policy failed; nothing of the conversation is stored.
        """
        if conversation.session in self._batch:
            self.flush()
        messages = [self._redaction.of(message) for message in conversation.messages]
        session, conversation = conversation.session, attrs.evolve(conversation, messages=messages)
        first, after = self._missing_from(conversation)
        if first == len(messages):
            self.counts.present_sessions += 1
            self.counts.present_messages += len(messages)
            return
        entries = [
            Entry(Position(after + number), message.timestamp, encode_message(message))
            for number, message in enumerate(messages[first:], start=1)
        ]
        self._batch[session] = entries
        self._batch_bytes += sum(len(entry.payload) for entry in entries)
        if len(self._batch) >= BATCH_SESSIONS or self._batch_bytes >= BATCH_BYTES:
            self.flush()

    def _missing_from(self, conversation: Conversation) -> tuple[int, Position]:
        """The index of the first message that the session does not hold yet, and the position after which it goes."""
        session, messages = conversation.session, conversation.messages
        info, held = self._archive.describe(session), self._hot.describe(session)
        floor = info.forgotten_through if info else ORIGIN
        if (info is None or info.messages == 0) and held is None:
            return 0, floor
        present = self._window.history(session)
        for entry, message, timed in zip(present, messages, conversation.timed, strict=False):
            if not _same(decode_message(entry), message, timed=timed):
                raise InvalidInputError("session_id", f"{session.id!r} is stored already, with other messages")
        if len(present) >= len(messages):
            return len(messages), floor
        if held is not None and held.held:
            raise InvalidInputError("session_id", f"{session.id!r} is live and shorter than this; nothing is put into its middle")
        # After what was read here, so that two imports of one file give the same message the same position.
        return len(present), present[-1].position if present else floor

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
        self.counts.sessions += len(batches)
        self.counts.messages += sum(len(entries) for _, entries in batches)
        self._batch.clear()
        self._batch_bytes = 0


def _same(stored: Message, given: Message, *, timed: bool) -> bool:
    """Whether everything that was given is stored: an embedding and a timestamp may also be left out."""
    if (stored.role, stored.content) != (given.role, given.content) or (timed and stored.timestamp != given.timestamp):
        return False
    if stored.metadata != given.metadata or _spelt(stored.metadata) != _spelt(given.metadata):
        return False
    if given.embedding is None:
        return True
    return stored.embedding is not None and stored.embedding.tolist() == given.embedding.tolist()


def _spelt(metadata: JsonValue) -> str:
    return "" if metadata == {} else json.dumps(metadata, sort_keys=True)  # to Python, 1, 1.0 and true are the same
