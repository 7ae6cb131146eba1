"""Walking a file from its first frame to its end, around whatever is damaged. Pure: bytes come from a function."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from lixcore.domain.position import MAX_POSITION
from lixcore_huffman.format.frame import MAX_HEAD_BYTES, NOTHING, TRAILER, Frame, Totals, decode_head, decode_trailer

Read = Callable[[int, int], bytes]
"""Gives the bytes of the file from an offset on, so many; fewer only at its end."""

_SEARCH_BYTES: Final = 1 << 20


class Damage(msgspec.Struct, frozen=True, gc=False):
    """A place in a file that cannot be read.

    Attributes:
        at: Where it begins.
        end: Where it ends.
        reason: What is wrong, as a clause.
        lowest: The lowest position that may be lost there.
        highest: The highest.
    """

    at: int
    end: int
    reason: str
    lowest: int
    highest: int

    def __str__(self) -> str:
        highest = "the end" if self.highest == MAX_POSITION else self.highest
        return f"bytes {self.at} to {self.end} (positions {self.lowest} to {highest}): {self.reason}"


class Scan(msgspec.Struct, frozen=True):
    """What a stretch of a file consists of.

    Attributes:
        parts: Frames and damages, in the order of the file. Payloads were not read.
        end: Where the last of them ends; what follows was never written completely.
    """

    parts: Sequence[Frame | Damage]
    end: int

    def frames(self) -> list[Frame]:
        """Only the frames."""
        return [part for part in self.parts if isinstance(part, Frame)]

    def damages(self) -> list[Damage]:
        """Only the damages."""
        return [part for part in self.parts if isinstance(part, Damage)]


def payload_damage(frame: Frame, reason: str) -> Damage:
    """That something in ``frame`` is damaged, though its head is not."""
    head = frame.head
    if not head.count:
        return Damage(frame.at, frame.end, reason, *_beside(head.before.last))
    return Damage(frame.at, frame.end, reason, head.first, head.last)


def _beside(last: int) -> tuple[int, int]:
    """A range for damage that cost no entry: its neighbour's position, so that whoever reads everything is told."""
    return max(1, last), max(1, last)


def scan(read: Read, start: int, end: int, mark: bytes, *, following: Totals | None = None) -> Scan:
    """Walk the frames between two offsets.

    Args:
        read: The file.
        start: Where the first frame begins.
        end: Where to stop: the size of the file, or where a frame begins that is known to be good.
        mark: What frames of this file begin with.
        following: What that frame says of all before it; None when ``end`` is the end of the file, where a write may have been
            cut off by a crash.
    """
    parts: list[Frame | Damage] = []
    known = NOTHING
    at = start
    while at < end:
        frame = decode_head(mark, read(at, min(MAX_HEAD_BYTES, end - at)), at)
        if frame is not None and frame.end <= end:
            trailer = read(frame.end - TRAILER.size, TRAILER.size)
            whole = decode_trailer(mark, trailer) == frame.end - at
            # A crash leaves zeros where the end of the last frame should be; then the frame was never acknowledged.
            if whole or ((any(trailer) or following is not None) and _has_its_payload(read, frame)):
                parts.append(frame)
                if not whole:
                    parts.append(payload_damage(frame, "the end of a frame is damaged; its entries are whole"))
                known = frame.totals()
                at = frame.end
                continue
        found = _next_frame(read, at + 1, end, mark)
        if found is None and following is None and not _ends_in_trailer(read, at, end, mark):
            return Scan(parts, at)
        after = found.head.before if found is not None else following
        until = end if found is None else found.at
        parts.append(_gap(at, until, known, after))
        at = until
    return Scan(parts, end)


def _has_its_payload(read: Read, frame: Frame) -> bool:
    return zlib.crc32(read(frame.payload_at, frame.head.payload_bytes)) == frame.head.payload_crc


def _ends_in_trailer(read: Read, at: int, end: int, mark: bytes) -> bool:
    """Whether the bytes end as a frame does that began at or after ``at``: it was written completely, and damaged later."""
    size = decode_trailer(mark, read(max(at, end - TRAILER.size), TRAILER.size))
    return size is not None and end - size >= at


def _next_frame(read: Read, at: int, end: int, mark: bytes) -> Frame | None:
    """The first frame at or after ``at`` whose head is right and that fits."""
    while at < end:
        chunk = read(at, min(_SEARCH_BYTES, end - at))
        hit = chunk.find(mark)
        while hit >= 0:
            frame = decode_head(mark, read(at + hit, min(MAX_HEAD_BYTES, end - at - hit)), at + hit)
            if frame is not None and frame.end <= end:
                return frame
            hit = chunk.find(mark, hit + 1)
        if len(chunk) < _SEARCH_BYTES:
            break
        at += len(chunk) - len(mark) + 1  # a mark may lie across the edge
    return None


def _gap(at: int, end: int, known: Totals, after: Totals | None) -> Damage:
    """What may be lost between the frames that say ``known`` and ``after``."""
    reason = "the head of a frame is damaged"
    if after is None:
        return Damage(at, end, reason, known.last + 1, MAX_POSITION)
    if after.overlaps > known.overlaps:
        return Damage(at, end, reason, 1, max(1, after.last))
    if after.last == known.last:
        return Damage(at, end, reason, *_beside(known.last))
    return Damage(at, end, reason, known.last + 1, after.last)
