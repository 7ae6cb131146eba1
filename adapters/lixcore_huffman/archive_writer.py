"""The writes of an archive; each session's lock is held by the caller."""

# ruff: noqa: PTH108, PTH116, PTH120
# Paths are strings here: pathlib costs more than the system calls it wraps.

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Final

import attrs

from lixcore.domain.position import ORIGIN, Entry, Position
from lixcore.domain.session import SessionKey
from lixcore.ports.clock import Clock
from lixcore.ports.codec import Codec
from lixcore_huffman.appending import (
    Ending,
    Pending,
    checked_entries,
    distinct,
    ending_of,
    not_held,
    written_anew,
    written_in_place,
)
from lixcore_huffman.durable_files import (
    NEW_SUFFIX,
    SUFFIX,
    names_stand,
    opened_new,
    quarantined,
    released_from_quarantine,
    sync_directory,
    write_all,
)
from lixcore_huffman.format.file_header import FileHeader, encode_file_header, new_mark
from lixcore_huffman.format.frame import NOTHING, Totals
from lixcore_huffman.format.packing import FrameRow
from lixcore_huffman.format.stored_codecs import CodecNamed
from lixcore_huffman.merging import count_through, merged, without, worth_merging
from lixcore_huffman.session_file import FileState, SessionFile, state_of

_MOST_REMEMBERED: Final = 1024  # files


@attrs.frozen
class ArchiveWriter:
    """Changes session files.

    Attributes:
        root: The archive's directory.
        clock: For the time of creation.
        codec: To write with.
        codec_named: To read with.
        block_bytes: The size of a full block.
        merge_share: See `worth_merging`.
        sync: Whether to wait for the medium.
    """

    root: str
    clock: Clock
    codec: Codec
    codec_named: CodecNamed
    block_bytes: int
    merge_share: float
    sync: bool
    _unmergeable: dict[str, FileState] = attrs.field(factory=dict, init=False)

    def append(self, path: str, session: SessionKey, entries: Sequence[Entry]) -> Pending | None:
        """Write the entries that are not held; None when there is nothing to write or to wait for.

        Raises:
            PositionConflictError: Another entry is held at one of the positions, or two of those given differ so.
        """
        entries = checked_entries(entries)
        if not entries:
            return None
        file = _opened(path)
        if file is None:
            return self._first_write(path, session, distinct(path, entries))
        with file:
            ending = self._ready_end(file, session)
            forgotten = file.header.forgotten_through if file.header else ORIGIN
            if entries[0].position <= forgotten:
                entries = [entry for entry in entries if entry.position > forgotten]
            entries = distinct(path, entries)
            if file.header is not None and file.header.is_tombstone and entries:
                return self._first_write(path, session, entries, forgotten=forgotten, context_after=ending.context_after)
            entries = not_held(file, ending.totals, entries, self.codec_named)
            row = self.row(file.mark, ending.context_after, totals=ending.totals)
            # Held entries may stem from a writer that was killed before they were on the medium: they are waited for as well.
            return self._remembered(written_in_place(file, ending, row.packed(entries)), row.totals)

    def _remembered(self, pending: Pending, totals: Totals) -> Pending:
        """Remember that a file as it now is gains nothing by a merge, so that `compact` need not lock and read it to see that."""
        assert pending.handle is not None  # noqa: S101  # it was just written
        try:
            status = os.fstat(pending.handle)
        except BaseException:
            pending.abandon()
            raise
        if worth_merging(totals, size=status.st_size, share=self.merge_share):
            self._unmergeable.pop(pending.path, None)
            return pending
        if len(self._unmergeable) >= _MOST_REMEMBERED:
            self._unmergeable.clear()
        self._unmergeable[pending.path] = state_of(status)
        return pending

    def is_unmergeable(self, path: str) -> bool:
        """Whether a file is known to gain nothing by a merge: nobody wrote to it since this process did."""
        left = self._unmergeable.get(path)
        try:
            return left is not None and left == state_of(os.stat(path))
        except OSError:  # `compact` meets it too
            return False

    def start_context(self, path: str, session: SessionKey, after: Position) -> Pending | None:
        """Write that the context starts after a position."""
        file = _opened(path)
        if file is None:
            if not after:
                return None
            header = self._header(session)
            return written_anew(path, header, self.row(header.mark).context(after), sync=self.sync)
        with file:
            ending = self._ready_end(file, session)
            row = self.row(file.mark, ending.context_after, totals=ending.totals)
            return written_in_place(file, ending, row.context(after) if after > ending.context_after else b"")

    def compact(self, path: str, session: SessionKey) -> bool:
        """Merge small frames; False when that gains nothing."""
        file = _opened(path)
        if file is None:
            return False
        with file:
            ending = self._ready_end(file, session)
            if file.header is None or not worth_merging(ending.totals, size=ending.end, share=self.merge_share):
                return False
            header = attrs.evolve(file.header, mark=new_mark())
            row = self.row(header.mark, ending.context_after, is_merge=True)
            self.replace(path, header, merged(file, row, self.codec_named, self.block_bytes))
        return True

    def forget(self, path: str, session: SessionKey, through: Position) -> int:
        """Remove the entries through a position; the count of them."""
        file = _opened(path)
        if file is None:
            self._release_copies(path, session)
            if through:
                self.replace(path, _tombstone(through), iter(()))
            return 0
        with file:
            file.belongs_to(session)
            self._release_copies(path, session)
            return self._forgotten_in(file, through)

    def _release_copies(self, path: str, session: SessionKey) -> None:
        # First of all: who is killed half-way has a session left to forget again, and does not leave copies that nobody asks for.
        with suppress(FileNotFoundError):
            os.unlink(path + NEW_SUFFIX)
        released_from_quarantine(self.root, name_of(session), sync=self.sync)

    def _forgotten_in(self, file: SessionFile, through: Position) -> int:
        frames = file.whole_scan().frames()
        header = file.header
        if header is not None and through <= header.forgotten_through:
            return 0
        removed = count_through(file, through, self.codec_named)
        context_after = frames[-1].head.context_after if frames else ORIGIN
        if all(frame.head.last <= through for frame in frames):
            tombstone = _tombstone(through)
            context = self.row(tombstone.mark).context(context_after) if context_after > through else b""
            self.replace(file.path, tombstone, iter([context]))
            return removed
        ending_of(file)  # raises when the header or the last frame is damaged
        assert header is not None  # noqa: S101  # ending_of saw to that
        header = attrs.evolve(header, mark=new_mark(), forgotten_through=through)
        self.replace(file.path, header, without(file, through, self.row(header.mark, context_after), self.codec_named))
        return removed

    def _ready_end(self, file: SessionFile, session: SessionKey) -> Ending:
        """Where to write in ``file``; what a crash left half written there is moved to the quarantine."""
        file.belongs_to(session)
        ending = ending_of(file)
        if ending.end < file.size:
            quarantined(self.root, name_of(session), file.handle, ending.end, file.size, sync=self.sync)
            os.ftruncate(file.handle, ending.end)
        return ending

    def _first_write(
        self,
        path: str,
        session: SessionKey,
        entries: Sequence[Entry],
        *,
        forgotten: Position = ORIGIN,
        context_after: Position = ORIGIN,
    ) -> Pending:
        header = attrs.evolve(self._header(session), forgotten_through=forgotten)
        row = self.row(header.mark, context_after)
        return self._remembered(written_anew(path, header, row.packed(entries), sync=self.sync), row.totals)

    def _header(self, session: SessionKey) -> FileHeader:
        return FileHeader(session.tenant, session.id, self.clock.now())

    def row(self, mark: bytes, context_after: Position = ORIGIN, *, totals: Totals = NOTHING, is_merge: bool = False) -> FrameRow:
        """What makes the frames of a file with this mark."""
        return FrameRow(mark, self.codec, self.block_bytes, totals=totals, context_after=context_after, is_merge=is_merge)

    def replace(self, path: str, header: FileHeader, pieces: Iterator[bytes]) -> None:
        """Write a file piece by piece, and let it take the place of ``path``; durable on return."""
        handle = opened_new(path, sync=self.sync)
        pending = Pending(path, handle, None)
        try:
            at = 0
            for piece in _with_header(header, pieces):
                write_all(handle, piece, at)
                at += len(piece)
            if self.sync:
                pending.sync()
        except BaseException:
            pending.abandon()
            raise
        pending.finish()
        if self.sync:
            sync_directory(os.path.dirname(path))
            names_stand(os.path.dirname(path))


def name_of(session: SessionKey) -> str:
    """What a session's files are called: from its digest, so that no id can be a path, and case never matters."""
    return session.digest.hex()


def path_of(root: str, session: SessionKey) -> str:
    """Where a session's file is: in one of 256 directories by its digest."""
    name = name_of(session)
    return f"{root}/{name[:2]}/{name}{SUFFIX}"


def _opened(path: str) -> SessionFile | None:
    try:
        return SessionFile(path, writable=True)
    except FileNotFoundError:
        return None


def _tombstone(through: Position) -> FileHeader:
    return FileHeader("", "", 0.0, through)


def _with_header(header: FileHeader, pieces: Iterator[bytes]) -> Iterator[bytes]:
    yield encode_file_header(header)
    yield from pieces
