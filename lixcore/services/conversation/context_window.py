"""The rolling window of a session over both tiers, and its whole history."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from lixcore.domain.message import Message
from lixcore.domain.position import ORIGIN, Entry, Position
from lixcore.domain.record import decode_message, encode_message
from lixcore.domain.session import SessionKey
from lixcore.domain.window import is_inside_turn, turn_start
from lixcore.errors import NotArchivedError, StoreBusyError
from lixcore.ports import events
from lixcore.ports.cold_archive import ArchiveInfo, ColdArchive
from lixcore.ports.hot_store import Appended, HotStore
from lixcore.ports.policy import WindowPolicy
from lixcore.services.conversation.session_facts import Forgotten, SessionStats
from lixcore.services.events.telling import SILENT, teller
from lixcore.services.redaction import NO_REDACTION, Redaction
from lixcore.services.tiers.archive_reader import ArchiveReader
from lixcore.services.tiers.spiller import Spiller
from lixcore.services.tiers.tiering import ATTEMPTS, Tiering
from lixcore.services.tiers.writing_through import WriteThrough

_LONGEST_TURN = 4096  # where results belong to no call, a whole history is not searched for it


@attrs.frozen(kw_only=True)
class ContextParts:
    """What a window works with.

    Attributes:
        hot: The hot store.
        archive: The cold archive.
        tiering: Moves entries between the two.
        spiller: Moves what is beyond the window, behind the caller's back.
        reader: Reads the archive.
        policy: Says where a context starts.
        redaction: Takes out what must not be stored.
        through: Archives messages before they are acknowledged; None where that is not asked for.
        max_messages: How many of the newest messages make up a context.
        max_tokens: A strict budget for them; None for none.
        events: Told of what is added and forgotten.
    """

    hot: HotStore
    archive: ColdArchive
    tiering: Tiering
    spiller: Spiller
    reader: ArchiveReader
    policy: WindowPolicy
    redaction: Redaction = NO_REDACTION
    through: WriteThrough | None = None
    max_messages: int
    max_tokens: int | None = None
    events: events.Events = SILENT


class ContextWindow:
    """Adds to sessions, and reads them, through the hot store and the archive."""

    def __init__(self, parts: ContextParts) -> None:
        self._hot = parts.hot
        self._archive = parts.archive
        self._tiering = parts.tiering
        self._spiller = parts.spiller
        self._reader = parts.reader
        self._policy = parts.policy
        self._redaction = parts.redaction
        self._through = parts.through
        self._max_messages = parts.max_messages
        self._max_tokens = parts.max_tokens
        self._tell_added = teller(parts.events, events.Added)
        self._tell_forgotten = teller(parts.events, events.Forgotten)

    def add(self, session: SessionKey, message: Message) -> Appended:
        """Add a message at the end; it is stored when this returns.

        Returns:
            Its position, and how many entries are hot.

        Raises:
            PolicyFailedError: The redaction policy failed; nothing is stored.
            NotArchivedError: It is in the hot store, but not in the archive, as it should be before this returns.
            StoreError: It is not stored; or, when the error's ``outcome_unknown`` is true, it may be.
        """
        payload = encode_message(self._redaction.of(message))
        through = self._through
        if through is not None:
            through.before_add(session)
        self._spiller.before_add(session)
        appended = self._hot.append(session, message.timestamp, payload)
        if appended is None:
            appended = self._restore_and_append(session, message.timestamp, payload)
        if through is not None:
            try:
                through.after_add(session, Entry(appended.position, message.timestamp, payload))
            except NotArchivedError:
                if self._tell_added is not None:
                    self._tell_added(events.Added(session, appended.position))
                self._spiller.after_add(session, appended.held)  # the message is in the hot store, which stays bounded
                raise
        if self._tell_added is not None:
            self._tell_added(events.Added(session, appended.position))
        self._spiller.after_add(session, appended.held)
        return appended

    def _restore_and_append(self, session: SessionKey, timestamp: float, payload: bytes) -> Appended:
        for _ in range(ATTEMPTS):
            self._tiering.restore(session)
            appended = self._hot.append(session, timestamp, payload)
            if appended is not None:
                return appended
        raise StoreBusyError("hot store", f"session was evicted {ATTEMPTS} times while a message was being added")

    def context(self, session: SessionKey) -> Sequence[Message]:
        """The newest messages that the window policy allows, oldest first; empty for a session without any.

        A session that had been evicted becomes hot again by this.
        """
        return self._context(session)[1]

    def placed_context(self, session: SessionKey) -> Sequence[tuple[Position, Message]]:
        """As `context`, each message with its position."""
        entries, messages = self._context(session)
        return [(entry.position, message) for entry, message in zip(entries, messages, strict=True)]

    def _context(self, session: SessionKey) -> tuple[Sequence[Entry], Sequence[Message]]:
        entries = self._newest(session, self._max_messages)
        messages = [decode_message(entry) for entry in entries]
        start = self._policy.start(messages, max_messages=self._max_messages, max_tokens=self._max_tokens)
        if start == len(messages) == self._max_messages and is_inside_turn(messages):
            return self._newest_whole_turn(session)
        return entries[start:], messages[start:]

    def _newest(self, session: SessionKey, count: int) -> Sequence[Entry]:
        if count == 0:
            return ()
        for _ in range(ATTEMPTS):
            entries = self._hot.read(session, last=count)
            if entries is not None:
                return entries if len(entries) >= count else self._topped_up(session, entries, count)
            info = self._archive.describe(session)
            if info is None or info.last_position <= info.context_after:
                return ()  # nothing to restore: asking about an unknown session leaves no trace of it
            self._tiering.restore(session)
        raise StoreBusyError("hot store", f"session was evicted {ATTEMPTS} times while it was being read")

    def _topped_up(self, session: SessionKey, hot: Sequence[Entry], count: int) -> Sequence[Entry]:
        """The newest entries when fewer than asked for are hot, although older ones of the same context may be archived.

        So it is after an eviction that somebody's add stopped half-way, and where processes have windows of different sizes.
        """
        info = self._archive.describe(session)
        before = hot[0].position if hot else None
        if info is None or info.last_position <= info.context_after or (before is not None and info.first_position >= before):
            return hot
        older = self._reader.read(session, last=count - len(hot), after=info.context_after, before=before)
        return [*older, *hot]

    def _newest_whole_turn(self, session: SessionKey) -> tuple[Sequence[Entry], Sequence[Message]]:
        """The newest turn, when it alone is longer than the window: more tool results than the window has places."""
        count = self._max_messages
        info = self._archive.describe(session)
        after = info.context_after if info else ORIGIN
        while True:
            count *= 2
            entries = self.history(session, last=count, after=after)
            messages = [decode_message(entry) for entry in entries]
            if not is_inside_turn(messages) or len(entries) < count or count > _LONGEST_TURN:
                first = turn_start(messages, max_messages=self._max_messages)
                turn = messages[first:]
                start = self._policy.start(turn, max_messages=self._max_messages, max_tokens=self._max_tokens)
                return entries[first + start :], turn[start:]

    def history(
        self,
        session: SessionKey,
        *,
        last: int | None = None,
        after: Position | None = None,
        before: Position | None = None,
    ) -> Sequence[Entry]:
        """Entries of everything that was ever said, oldest first; neither uses the session nor makes it hot.

        Args:
            last: Only the newest so many of those in range.
            after: Only positions above this one.
            before: Only positions below this one.
        """
        # Hot first: what moves to the archive in between is then seen twice, never missed.
        hot = self._hot.oldest(session, limit=2**31)
        archived = self._reader.read(session, last=last, after=after, before=before)
        if not hot:
            return archived
        merged = {entry.position: entry for entry in archived}
        info = self._reader.describe(session)
        # A hot store that came back with older data may hold what was forgotten, until somebody deals with that.
        low, high = max(after or ORIGIN, info.forgotten_through if info else ORIGIN), before
        for entry in hot:
            if entry.position > low and (high is None or entry.position < high):
                merged[entry.position] = entry
        entries = [merged[position] for position in sorted(merged)]
        return entries if last is None else entries[max(0, len(entries) - last) :]

    def flush(self, session: SessionKey) -> int:
        """Archive what is hot; it stays hot as well.

        Returns:
            How many messages the archive now holds of this session.
        """
        self._tiering.flush(session)
        info = self._archive.describe(session)
        return info.messages if info else 0

    def clear(self, session: SessionKey) -> None:
        """Start a fresh context: it is empty from here, also after an eviction and a return. The history keeps everything."""
        newest = self._tiering.flush(session)
        info = self._archive.describe(session)
        through = max(newest, info.last_position if info else ORIGIN)
        if through > ORIGIN:
            self._start_context(session, after=through, archived=newest)

    def _start_context(self, session: SessionKey, *, after: Position, archived: Position) -> None:
        """Start the context after a position, which may be above what the hot store gives out next: the archive stood in.

        So what is hot leaves only as far as it is archived, and the session has to leave the hot store, or to be above the start.
        """
        self._archive.start_context(session, after=after)
        for _ in range(ATTEMPTS):
            # Evicted, not released: that also stops a restore which has read the archive before the new start was noted.
            if self._tiering.evict_archived(session, through=min(archived, after)):
                return
            held = self._hot.describe(session)
            if held is None or (held.first_position or ORIGIN) > after:
                return
            archived = self._tiering.flush(session)
        raise StoreBusyError("session", "messages were added again and again while its context was being cleared")

    def forget(self, session: SessionKey) -> Forgotten:
        """Remove every trace of the session; a second call finds nothing.

        The archive goes first: a restore that had read it before is undone by the hot store's `forget`, and a spill that had
        read the hot store before is refused by the archive.
        """
        hot = archived = 0
        for _ in range(ATTEMPTS):
            held, info = self._hot.describe(session), self._archive.describe(session)
            through = max(_newest_position(info), (held.last_position if held else None) or ORIGIN)
            if through > ORIGIN and (held is not None or _holds_anything(info)):
                archived += self._archive.forget(session, through=through)
            removal = self._hot.forget(session)
            hot += removal.entries
            if (removal.last_position or ORIGIN) > through:
                archived += self._archive.forget(session, through=removal.last_position or ORIGIN)
            if self._hot.describe(session) is None and not _holds_anything(self._archive.describe(session)):
                if self._tell_forgotten is not None:
                    self._tell_forgotten(events.Forgotten(session, hot, archived))
                return Forgotten(hot=hot, archived=archived)
        raise StoreBusyError("session", "messages were added again and again while it was being forgotten")

    def stats(self, session: SessionKey) -> SessionStats:
        """Where the session's messages are; neither uses the session nor makes it hot."""
        held = self._hot.describe(session)
        held_now = self._hot.oldest(session, limit=2**31)
        info = self._reader.describe(session) or ArchiveInfo(session, 0)
        hot = [entry.position for entry in held_now if entry.position > info.forgotten_through]
        both: set[Position] = set()
        if hot and info.last_position >= hot[0]:
            # Not what was archived since then, which that count does not know of.
            shared = self._reader.read(session, after=Position(hot[0] - 1), before=Position(info.last_position + 1))
            both = {entry.position for entry in shared}.intersection(hot)
        return SessionStats(
            messages=info.messages + len(hot) - len(both),
            hot=len(hot),
            is_hot=held is not None,
            archived=info.messages,
            raw_bytes=info.raw_bytes,
            stored_bytes=info.stored_bytes,
            last_active=held.last_active if held else None,
        )


def _newest_position(info: ArchiveInfo | None) -> Position:
    return max(info.last_position, info.context_after) if info else ORIGIN


def _holds_anything(info: ArchiveInfo | None) -> bool:
    return info is not None and (info.messages > 0 or info.context_after > info.forgotten_through)
