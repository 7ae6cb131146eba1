"""Cutting entries into blocks, and blocks into frames that follow each other."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Final

from lixcore.domain.position import ORIGIN, Entry, Position
from lixcore.ports.codec import Codec
from lixcore_huffman.format.frame import NOTHING, Frame, Head, Totals, decode_head, encode_frame
from lixcore_huffman.format.records import encode_records

TAIL_BYTES: Final = 8192
"""The newest entries, so many bytes of them, are a block of their own: reading the last few does not decode a large one."""

_ENTRY_BYTES: Final = 16  # what an entry counts besides its payload, so that empty ones fill a block as well


def weight(entries: Sequence[Entry]) -> int:
    """How much of a block ``entries`` fill, in bytes."""
    return sum(len(entry.payload) for entry in entries) + _ENTRY_BYTES * len(entries)


def is_full(frame: Frame, block_bytes: int) -> bool:
    """Whether the entries of ``frame`` fill a block."""
    return frame.head.content_bytes + _ENTRY_BYTES * frame.head.count >= block_bytes


def first_block(entries: list[Entry], block_bytes: int) -> tuple[list[Entry], list[Entry]]:
    """The entries that make the first full block, and the others."""
    filled = 0
    for index, entry in enumerate(entries):
        filled += len(entry.payload) + _ENTRY_BYTES
        if filled >= block_bytes:
            return entries[: index + 1], entries[index + 1 :]
    return entries, []


def cut(entries: Sequence[Entry], block_bytes: int) -> list[Sequence[Entry]]:
    """Cut entries into blocks: full ones, what remains, and the tail; one block when they are few."""
    if weight(entries) <= 2 * TAIL_BYTES or len(entries) == 1:
        return [entries] if entries else []
    tail_at, tail = len(entries), 0
    while tail < TAIL_BYTES:
        tail_at -= 1
        tail += len(entries[tail_at].payload) + _ENTRY_BYTES
    blocks: list[Sequence[Entry]] = []
    start, filled = 0, 0
    for index in range(tail_at):
        filled += len(entries[index].payload) + _ENTRY_BYTES
        if filled >= block_bytes:
            blocks.append(entries[start : index + 1])
            start, filled = index + 1, 0
    if start < tail_at:
        blocks.append(entries[start:tail_at])
    return [*blocks, entries[tail_at:]]


class FrameRow:
    """Makes the frames of a file, one after the other.

    Args:
        mark: What frames of the file begin with.
        totals: Of the frames that stand there already.
        context_after: As of the last of them.
        codec: To compress with.
        block_bytes: From which size on a block counts as full.
        is_merge: Whether these are the frames of a merge.
    """

    def __init__(
        self,
        mark: bytes,
        codec: Codec,
        block_bytes: int,
        *,
        totals: Totals = NOTHING,
        context_after: Position = ORIGIN,
        is_merge: bool = False,
    ) -> None:
        self.mark = mark
        self.totals = totals
        self.context_after = context_after
        self._codec = codec
        self._block_bytes = block_bytes
        self._is_merge = is_merge

    def packed(self, entries: Sequence[Entry]) -> bytes:
        """The frames of ``entries``, which are in ascending order."""
        settled = self.totals == NOTHING  # a history that comes in one piece is as a merge would make it
        return b"".join([self.block(block, settled=settled) for block in cut(entries, self._block_bytes)])

    def context(self, after: Position) -> bytes:
        """A frame that says where the context starts."""
        self.context_after = after
        return self._added(Head(context_after=after), b"")

    def copied(self, frame: Frame, payload: bytes) -> bytes:
        """A frame with the block of another one, as it is."""
        head = frame.head
        return self._added(
            Head(
                head.codec, head.count, head.first, head.last, head.oldest, head.newest, head.content_bytes,
                head.block_bytes, head.payload_bytes, head.payload_crc, head.settled, self.context_after,
            ),
            payload,
        )  # fmt: skip

    def block(self, entries: Sequence[Entry], *, settled: bool = False) -> bytes:
        """One frame of ``entries``."""
        block = encode_records(entries)
        name, payload = self._codec.name, self._codec.encode(block)
        if len(payload) >= len(block):
            name, payload = "none", block
        times = [entry.timestamp for entry in entries]
        head = Head(
            codec=name,
            count=len(entries),
            first=entries[0].position,
            last=entries[-1].position,
            oldest=min(times),
            newest=max(times),
            content_bytes=sum(len(entry.payload) for entry in entries),
            block_bytes=len(block),
            payload_bytes=len(payload),
            payload_crc=zlib.crc32(payload),
            settled=settled or weight(entries) >= self._block_bytes,
            context_after=self.context_after,
        )
        return self._added(head, payload)

    def _added(self, head: Head, payload: bytes) -> bytes:
        placed = Head(
            head.codec, head.count, head.first, head.last, head.oldest, head.newest, head.content_bytes, head.block_bytes,
            head.payload_bytes, head.payload_crc, head.settled or self._is_merge, head.context_after, self.totals,
        )  # fmt: skip
        data = encode_frame(self.mark, placed, payload)
        frame = decode_head(self.mark, data[:512], 0)
        assert frame is not None  # noqa: S101  # it was just made
        self.totals = frame.totals()
        return data
