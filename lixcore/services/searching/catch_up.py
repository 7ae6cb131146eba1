"""Catching an index up with the archive: the steps at the top of `lixcore.ports.archive_index`, for many sessions at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

import attrs

from lixcore.domain.position import Entry, Position
from lixcore.domain.record import decode_message
from lixcore.domain.session import SessionKey
from lixcore.errors import CorruptDataError, LixError, StoreRefusedError
from lixcore.ports.archive_index import IndexBatch, IndexedMessage, IndexProgress
from lixcore.ports.cold_archive import ArchiveInfo, ColdArchive
from lixcore.services.searching.index_guard import IndexGuard
from lixcore.services.searching.indexed import indexed_message
from lixcore.services.searching.wholeness import Wholeness
from lixcore.services.tiers.archive_reader import ArchiveReader

SESSIONS_AT_ONCE: Final = 1000
"""How many sessions the index is asked about in one call."""

BATCH_MESSAGES: Final = 20_000
BATCH_BYTES: Final = 16 * 1024 * 1024
"""How much is gathered before the index is given it in one step, whichever is reached first."""

MOST_REMEMBERED: Final = 10_000
"""How many sessions whose newest message is damaged are remembered."""

_UNKNOWN: Final = IndexProgress()


class AnotherArchiveError(Exception):
    """The index forgot what the archive did not: it is the index of another one, and has to be made anew."""


@attrs.define
class CaughtUp:
    """What came of catching up, or of a part of it.

    Attributes:
        seen: How many sessions were looked at.
        sessions: To how many of them something was added.
        messages: How many messages were added.
        forgotten: How many messages were removed, because the archive forgot them.
        failed: How many times something archived could not be read; the rest of it was added.
        first_failure: What was wrong the first time.
        cleared: Whether the index was made anew: it was damaged, of another version or of another archive.
        complete: Whether everything was looked at.
        seconds: How long it took.
    """

    seen: int = 0
    sessions: int = 0
    messages: int = 0
    forgotten: int = 0
    failed: int = 0
    first_failure: LixError | None = None
    cleared: bool = False
    complete: bool = False
    seconds: float = 0.0

    def count_failure(self, error: LixError) -> None:
        """Add something that could not be read."""
        self.failed += 1
        self.first_failure = self.first_failure or error


class CatchUp:
    """Brings an index to where the archive is; a crash anywhere in between is made good by the next one.

    Args:
        index: The index.
        archive: The archive.
        reader: Reads it around damage.
        spared: Tenants whose sessions are not indexed.
    """

    def __init__(self, index: IndexGuard, archive: ColdArchive, reader: ArchiveReader, *, spared: Collection[str] = ()) -> None:
        self._index = index
        self._archive = archive
        self._reader = reader
        self._spared = frozenset(spared)
        self._wholeness = Wholeness(index)
        self._read_in_vain: dict[SessionKey, ArchiveInfo] = {}

    def steps(self, done: CaughtUp) -> Iterator[None]:
        """Catch up with every session; pauses now and then, with nothing that needs to be undone.

        Args:
            done: Counts what comes of it.

        Raises:
            AnotherArchiveError, FoundDamagedError: The index has to be cleared.
            IndexFailedError: The index cannot be used.
            StoreError: The archive cannot be used.
        """
        begun = self._wholeness.begin()
        batch = _Batch(self._index, done)
        listed = self._listed(done)
        while infos := list(islice(listed, SESSIONS_AT_ONCE)):
            # What is listed is older than what the index says: good enough to see that there is nothing to do.
            for info, known in zip(infos, self._index.progress([info.session for info in infos]), strict=True):
                if not self._is_level(known, info):
                    self._catch_up_with(info.session, known, info if known == _UNKNOWN else None, batch)
                    if batch.is_full:
                        batch.give()
                        yield
            done.seen += len(infos)
            yield
        batch.give()
        self._wholeness.complete(begun)
        while self._index.merge():
            yield
        done.complete = True

    def of_sessions(self, sessions: Iterable[SessionKey], done: CaughtUp) -> None:
        """Catch up with some sessions only.

        Raises:
            AnotherArchiveError, IndexFailedError, StoreError: As for `steps`.
        """
        batch = _Batch(self._index, done)
        wanted = iter(sessions)
        while some := list(islice(wanted, SESSIONS_AT_ONCE)):
            for session, known in zip(some, self._index.progress(some), strict=True):
                self._catch_up_with(session, known, None, batch)
                if batch.is_full:
                    batch.give()
            done.seen += len(some)
        batch.give()
        done.complete = True

    def _listed(self, done: CaughtUp) -> Iterator[ArchiveInfo]:
        try:
            for info in self._archive.sessions():
                if info.session.tenant not in self._spared:
                    yield info
        except CorruptDataError as error:  # after all others were given
            done.count_failure(error)

    def _catch_up_with(self, session: SessionKey, known: IndexProgress, info: ArchiveInfo | None, batch: _Batch) -> None:
        """Catch up with one session.

        Args:
            session: Which.
            known: What the index said of it.
            info: What the archive says of it, asked for no matter when if the index knows nothing; None to ask now.
            batch: Gathers what is added.
        """
        done = batch.done
        try:
            info = info or self._archive.describe(session)
            if info is None:
                return
            if known.forgotten_through > info.forgotten_through:
                raise AnotherArchiveError
            if known.forgotten_through < info.forgotten_through:
                done.forgotten += self._index.forget(session, through=info.forgotten_through)
                (known,) = self._index.progress([session])
            if self._is_level(known, info):
                return
            has_more = info.last_position > known.watermark
            messages, size = self._readable(session, after=known.watermark, done=done) if has_more else ((), 0)
            expected = known.messages + known.lacks + len(messages)
            newer = info if expected == info.messages else self._archive.describe(session)  # some may have come since
            if newer is not None and expected == newer.messages:
                if not messages:
                    self._note_in_vain(info)
                batch.take(IndexBatch(session, messages), size)
            elif known.messages == 0:  # that was the whole session
                self._add_whole(IndexBatch(session, messages), info, batch)
            elif newer is not None:
                messages, _ = self._readable(session, after=None, done=done)
                self._add_whole(IndexBatch(session, messages), newer, batch)
        except (CorruptDataError, StoreRefusedError) as error:  # of the archive: the index fails otherwise
            done.count_failure(error)

    def _is_level(self, known: IndexProgress, info: ArchiveInfo) -> bool:
        """Whether the index has what the archive has."""
        if known.forgotten_through != info.forgotten_through or known.messages + known.lacks != info.messages:
            return False
        if known.watermark >= info.last_position:
            return True
        # The newest message is damaged; or it is new, and as many damaged ones are gone. Which, is looked up once.
        before = self._read_in_vain.get(info.session)
        return before is not None and (before.messages, before.last_position) == (info.messages, info.last_position)

    def _note_in_vain(self, info: ArchiveInfo) -> None:
        if len(self._read_in_vain) >= MOST_REMEMBERED:
            self._read_in_vain.clear()  # at the price of one more look at each
        self._read_in_vain[info.session] = info

    def _add_whole(self, whole: IndexBatch, info: ArchiveInfo, batch: _Batch) -> None:
        """Add all that can be read of a session whose counts differ: some came late, or the archive counts what is damaged.

        Args:
            whole: All that can be read.
            info: What the archive said before it was read.
            batch: Counts what is added.
        """
        session = whole.session
        batch.give_one(whole)
        (known,) = self._index.progress([session])
        if known.forgotten_through == info.forgotten_through and known.messages + known.lacks != info.messages:
            self._index.add([IndexBatch(session, (), lacks=info.messages - known.messages)])
            (known,) = self._index.progress([session])
        if known.forgotten_through != info.forgotten_through and known.lacks:
            # Somebody was forgotten meanwhile, so that the counts were of different moments.
            self._index.add([IndexBatch(session, (), lacks=0)])

    def _readable(self, session: SessionKey, *, after: Position | None, done: CaughtUp) -> tuple[Sequence[IndexedMessage], int]:
        """What can be read of a session, and how many bytes that is."""
        damage_before = self._reader.damage_found
        try:
            entries = self._reader.read(session, after=after)
        except CorruptDataError as error:  # and this archive cannot read around it
            done.count_failure(error)
            return (), 0
        if self._reader.damage_found > damage_before:
            done.count_failure(CorruptDataError(str(session), "parts of it are damaged; `lix verify` tells which"))
        messages = []
        for entry in entries:
            try:
                messages.append(_indexed(entry))
            except CorruptDataError as error:
                done.count_failure(error)
        return messages, sum(len(entry.payload) for entry in entries)


class _Batch:
    """What is to be added, of many sessions, until it is worth a step.

    Attributes:
        done: Counts what was added.
    """

    def __init__(self, index: IndexGuard, done: CaughtUp) -> None:
        self._index = index
        self.done = done
        self._batches: list[IndexBatch] = []
        self._messages = 0
        self._bytes = 0

    @property
    def is_full(self) -> bool:
        return self._messages >= BATCH_MESSAGES or self._bytes >= BATCH_BYTES

    def take(self, batch: IndexBatch, size: int) -> None:
        if batch.messages:
            self._batches.append(batch)
            self._messages += len(batch.messages)
            self._bytes += size

    def give(self) -> None:
        """Add what was gathered."""
        batches, self._batches = self._batches, []
        self._messages = self._bytes = 0
        if batches:
            self.done.messages += self._index.add(batches)
            self.done.sessions += len(batches)

    def give_one(self, batch: IndexBatch) -> None:
        """Add something at once."""
        added = self._index.add([batch])
        self.done.messages += added
        self.done.sessions += added > 0


def _indexed(entry: Entry) -> IndexedMessage:
    return indexed_message(entry.position, decode_message(entry))
