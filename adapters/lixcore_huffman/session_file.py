"""One ``.huff`` file, open for reading: what it is, and its frames from the newest back."""

# ruff: noqa: PTH116
# Paths are strings here: pathlib costs more than the system calls it wraps.

from __future__ import annotations

import os
import stat
import zlib
from collections.abc import Iterator, Sequence
from functools import partial
from types import TracebackType
from typing import Final, Self, TypeAlias

from lixcore.domain.position import Entry
from lixcore.domain.session import SessionKey
from lixcore.errors import CorruptDataError, StoreRefusedError
from lixcore_huffman.format.file_header import (
    MARK_AT,
    MARK_BYTES,
    MAX_HEADER_BYTES,
    DamagedHeaderError,
    FileHeader,
    NewerVersionError,
    decode_file_header,
    header_size,
)
from lixcore_huffman.format.frame import MAX_HEAD_BYTES, NOTHING, TRAILER, Frame, Totals, decode_head, decode_trailer
from lixcore_huffman.format.records import decode_records
from lixcore_huffman.format.scan import Damage, Scan, scan
from lixcore_huffman.format.stored_codecs import CodecNamed, decoded_block
from lixcore_huffman.format.varint import TruncatedError

WINDOW_BYTES: Final = 16 * 1024
MISPLACED: Final = "holds another session than its name says; it was moved or copied here"
_USUAL_HEADER_BYTES: Final = 256  # enough for ids of usual length

FileState: TypeAlias = tuple[int, int, int]
"""See `state_of`."""


class DamagedBlockError(ValueError):
    """The payload of a frame cannot be read; the message says why."""


class SessionFile:
    """An open file. What it shows is the file as it was when it was opened, also when another takes its place meanwhile.

    Args:
        path: Where it is.
        writable: Whether `handle` is to be written through.

    Attributes:
        handle: The file descriptor.
        size: In bytes.
        header: None when it is damaged; ``header_damage`` says how.
        start: Where the first frame begins.

    Raises:
        FileNotFoundError: There is none.
        StoreRefusedError: It is of a newer version.
        CorruptDataError: It is no file.
    """

    def __init__(self, path: str, *, writable: bool = False) -> None:
        self.path = path
        flags = (os.O_RDWR if writable else os.O_RDONLY) | os.O_CLOEXEC | os.O_NONBLOCK
        self.handle = os.open(path, flags)
        try:
            status = os.fstat(self.handle)
            self.status = _checked_file(path, status)
            self.size = status.st_size
            self._window_at = max(0, self.size - WINDOW_BYTES)
            self._window = os.pread(self.handle, self.size - self._window_at, self._window_at)
            self._read_header()
        except BaseException:
            os.close(self.handle)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        os.close(self.handle)

    def _read_header(self) -> None:
        self.header: FileHeader | None = None
        self.header_damage = ""
        self._scanned: Scan | None = None
        head = self._window
        if self._window_at:
            head = os.pread(self.handle, _USUAL_HEADER_BYTES, 0)
            if header_size(head) > len(head):
                head = os.pread(self.handle, MAX_HEADER_BYTES, 0)
        try:
            self.header = decode_file_header(head)
        except NewerVersionError as error:
            raise StoreRefusedError(self.path, str(error)) from None
        except DamagedHeaderError as error:
            self.header_damage = str(error)
            self._recover_mark(head)
        else:
            self.mark, self.start = self.header.mark, self.header.size

    def _recover_mark(self, head: bytes) -> None:
        """Find what frames begin with although the header is damaged: in itself, or by the frame that ends the file."""
        self.start = 0
        self.mark = head[MARK_AT : MARK_AT + MARK_BYTES]
        frames = self._marked_frames()
        size = int.from_bytes(self.read(max(0, self.size - TRAILER.size), 4), "little")
        if not frames and 0 < size <= self.size:
            self.mark = self.read(self.size - size, MARK_BYTES)
            frames = self._marked_frames()
        self.start = frames[0].at if frames else self.size

    def _marked_frames(self) -> Sequence[Frame]:
        # No mark has a zero byte; in a file of zeros, zeros would be found at every place.
        return [] if 0 in self.mark else self._scan(self.size).frames()

    def adopt(self, header: FileHeader) -> None:
        """Read on as if this were the header, which is damaged."""
        self.mark, self.start = header.mark, header.size
        self._scanned = None

    def read(self, at: int, count: int, *, forward: bool = False) -> bytes:
        """Bytes of the file from ``at`` on; fewer only at its end."""
        offset = at - self._window_at
        if offset < 0 or offset + count > len(self._window):
            count = min(count, max(0, self.size - at))
            if count > WINDOW_BYTES:
                return os.pread(self.handle, count, at)
            # The window begins or ends with what was asked for, by the way that the reader goes.
            offset = 0 if forward else min(at, WINDOW_BYTES - count)
            self._window_at = at - offset
            self._window = os.pread(self.handle, min(WINDOW_BYTES, self.size - self._window_at), self._window_at)
        return self._window[offset : offset + count]

    def _scan(self, end: int, following: Totals | None = None) -> Scan:
        return scan(partial(self.read, forward=True), self.start, end, self.mark, following=following)

    def belongs_to(self, session: SessionKey) -> None:
        """Refuse a file that is another session's.

        Raises:
            CorruptDataError: It is.
        """
        header = self.header
        if header is not None and not header.is_tombstone and (header.id, header.tenant) != (session.id, session.tenant):
            raise CorruptDataError(self.path, MISPLACED)

    def has_changed(self) -> bool:
        """Whether the file, or which file stands at its path, changed since it was opened."""
        try:
            now = os.stat(self.path)
        except FileNotFoundError:
            return True
        return state_of(now) != state_of(self.status)

    def whole_scan(self) -> Scan:
        """The whole file from its first frame on; read once."""
        if self._scanned is None:
            self._scanned = self._scan(self.size)
        return self._scanned

    def last_frame(self) -> Frame | None:
        """The frame that ends the file; None when nothing does, or what does is damaged or was never completed."""
        return self._frame_ending_at(self.size)

    def _frame_ending_at(self, end: int) -> Frame | None:
        if end - self.start < TRAILER.size:
            return None
        size = decode_trailer(self.mark, self.read(end - TRAILER.size, TRAILER.size))
        if size is None or size > end - self.start:
            return None
        at = end - size
        frame = decode_head(self.mark, self.read(at, min(MAX_HEAD_BYTES, end - at)), at)
        return frame if frame is not None and frame.end == end else None

    def newest_first(self) -> Iterator[Frame | Damage]:
        """Frames and damages from the end back, reading no more than is asked for."""
        end = self.size
        following: Totals | None = None
        while end > self.start:
            frame = self._frame_ending_at(end)
            if frame is None:
                found = self.whole_scan() if following is None else self._scan(end, following)
                yield from reversed(found.parts)
                return
            yield frame
            following, end = frame.head.before, frame.at
        if following is not None and following != NOTHING:
            yield Damage(self.start, self.start, "frames are missing", max(1, following.first), max(1, following.last))

    def block(self, frame: Frame) -> bytes:
        """The payload of ``frame``, as it is stored.

        Raises:
            DamagedBlockError: Its checksum is wrong.
        """
        payload = self.read(frame.payload_at, frame.head.payload_bytes)
        if len(payload) != frame.head.payload_bytes or zlib.crc32(payload) != frame.head.payload_crc:
            raise DamagedBlockError("the checksum of its entries is wrong")
        return payload

    def entries(self, frame: Frame, codec_named: CodecNamed, *, keep: int | None = None) -> list[Entry]:
        """The entries of ``frame``, or only the last ``keep``, oldest first.

        Raises:
            DamagedBlockError: They are damaged.
            UnknownAdapterError: Its codec is not installed.
        """
        head = frame.head
        if not head.count:
            return []
        payload = self.block(frame)
        try:
            block = decoded_block(head, payload, codec_named)
            return decode_records(block, count=head.count, first=head.first, last=head.last, oldest=head.oldest, keep=keep)
        except (CorruptDataError, TruncatedError) as error:
            raise DamagedBlockError("its entries cannot be decoded") from error


def state_of(status: os.stat_result) -> FileState:
    """What changes when somebody writes to a file, or another one takes its place."""
    return status.st_ino, status.st_size, status.st_mtime_ns


def _checked_file(path: str, status: os.stat_result) -> os.stat_result:
    if not stat.S_ISREG(status.st_mode):
        raise CorruptDataError(path, "is not a file; move away what stands there")
    return status
