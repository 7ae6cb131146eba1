"""Frames: what a file is a row of.

::

    mark 4 | head size 1 | head | crc32 of all before 4 | payload | frame size 4 | crc32 of mark and frame size 4

    head: flags 1 | codec name size 1, codec name | count
          if count: first position | last - first | oldest float64 | [newest float64] | content bytes
                    | block bytes | payload bytes | crc32 of the payload 4
          [context_after]
          [totals of all frames before: messages | content bytes | first | last | oldest float64 | newest float64
                    | loose frames | loose bytes | overlaps]

Numbers are varints unless a size is given. The size at the end lets the last frame be found from the end of the file, and the
totals in it say what the whole file holds. A frame without entries carries a ``context_after``.
"""

from __future__ import annotations

import struct
import zlib
from typing import Final

import msgspec

from lixcore.domain.position import MAX_POSITION, ORIGIN, Position
from lixcore.domain.record import MAX_RECORD_BYTES
from lixcore_huffman.format.varint import TruncatedError, append_varints, read_varint

MAX_HEAD_BYTES: Final = 4 + 1 + 255 + 4
TRAILER: Final = struct.Struct("<II")
MAX_BLOCK_BYTES: Final = 2 * MAX_RECORD_BYTES
"""No block is longer before compression: a larger size in a file is damage, and nothing is allocated for it."""

MAX_COUNT: Final = 1 << 21
"""No block has as many entries: a full one has 16 MiB at most, of which each entry takes 16 bytes."""

_ALONE: Final = 1  # no frame with anything in it stands before
_HAS_CONTEXT: Final = 2
_ONE_TIME: Final = 4  # newest is oldest
_SETTLED: Final = 8
_KNOWN_FLAGS: Final = 15
_CRC = struct.Struct("<I")
_TIME = struct.Struct("<d")
_TIMES = struct.Struct("<dd")


class Totals(msgspec.Struct, frozen=True, gc=False):
    """What a row of frames holds together.

    Attributes:
        messages: How many entries.
        content_bytes: The sizes of their payloads, added up.
        first: The lowest position; `ORIGIN` for no entries.
        last: The highest position; `ORIGIN` for no entries.
        oldest: The smallest timestamp; 0.0 for no entries.
        newest: The largest.
        loose_frames: How many frames are not settled: what came since the last merge.
        loose_bytes: How many bytes those take in the file.
        overlaps: How many frames do not lie wholly above those before them.
    """

    messages: int = 0
    content_bytes: int = 0
    first: Position = ORIGIN
    last: Position = ORIGIN
    oldest: float = 0.0
    newest: float = 0.0
    loose_frames: int = 0
    loose_bytes: int = 0
    overlaps: int = 0


NOTHING: Final = Totals()


class Head(msgspec.Struct, frozen=True, gc=False):
    """What a frame says of itself.

    Attributes:
        codec: The name of the codec of its payload; ``none`` for one that is stored as it is.
        count: How many entries; zero for a frame that only carries ``context_after``.
        first: The position of the first.
        last: The position of the last.
        oldest: The smallest timestamp.
        newest: The largest.
        content_bytes: The sizes of the entries' payloads, added up.
        block_bytes: The size of the block before compression.
        payload_bytes: The size of the payload.
        payload_crc: Its CRC-32.
        settled: Whether it came out of a merge, or is as a merge would make it.
        context_after: The session's context starts after this position, as of this frame.
        before: The totals of all frames before.
    """

    codec: str = "none"
    count: int = 0
    first: Position = ORIGIN
    last: Position = ORIGIN
    oldest: float = 0.0
    newest: float = 0.0
    content_bytes: int = 0
    block_bytes: int = 0
    payload_bytes: int = 0
    payload_crc: int = 0
    settled: bool = False
    context_after: Position = ORIGIN
    before: Totals = NOTHING


class Frame(msgspec.Struct, frozen=True, gc=False):
    """A frame in its place.

    Attributes:
        at: Where it begins in the file.
        payload_at: Where its payload begins.
        head: What it says of itself.
    """

    at: int
    payload_at: int
    head: Head

    @property
    def end(self) -> int:
        """Where the next frame begins."""
        return self.payload_at + self.head.payload_bytes + TRAILER.size

    def totals(self) -> Totals:
        """Of all frames up to and including this one."""
        head, before = self.head, self.head.before
        loose_frames = before.loose_frames + (not head.settled)
        loose_bytes = before.loose_bytes + (0 if head.settled else self.end - self.at)
        if not head.count:
            return msgspec.structs.replace(before, loose_frames=loose_frames, loose_bytes=loose_bytes)
        some = before.messages > 0
        return Totals(
            messages=before.messages + head.count,
            content_bytes=before.content_bytes + head.content_bytes,
            first=min(before.first, head.first) if some else head.first,
            last=max(before.last, head.last),
            oldest=min(before.oldest, head.oldest) if some else head.oldest,
            newest=max(before.newest, head.newest) if some else head.newest,
            loose_frames=loose_frames,
            loose_bytes=loose_bytes,
            overlaps=before.overlaps + (head.first <= before.last),
        )


def encode_frame(mark: bytes, head: Head, payload: bytes) -> bytes:
    """The bytes of a frame; ``head`` says the size and the CRC of ``payload``."""
    fields = _encode_head(head)
    start = mark + bytes([len(fields)]) + fields
    size = len(start) + _CRC.size + len(payload) + TRAILER.size
    return b"".join([start, _CRC.pack(zlib.crc32(start)), payload, encode_trailer(mark, size)])


def encode_trailer(mark: bytes, size: int) -> bytes:
    """The end of a frame of ``size`` bytes."""
    return TRAILER.pack(size, zlib.crc32(mark + size.to_bytes(4, "little")))


def decode_trailer(mark: bytes, data: bytes) -> int | None:
    """The size of the frame whose last eight bytes are ``data``; None when they are no such thing."""
    if len(data) != TRAILER.size:
        return None
    size, crc = TRAILER.unpack(data)
    return int(size) if crc == zlib.crc32(mark + data[:4]) else None


def decode_head(mark: bytes, data: bytes, at: int) -> Frame | None:
    """The frame that begins ``data``, which stands at ``at`` in the file; None when that is no whole and right head.

    Args:
        mark: What frames of this file begin with.
        data: At least `MAX_HEAD_BYTES`, or all up to the end of the file.
        at: Where ``data`` begins in the file.
    """
    if data[:4] != mark or len(data) < 5:  # noqa: PLR2004  # mark and size
        return None
    end = 5 + data[4]
    if end + _CRC.size > len(data) or zlib.crc32(data[:end]) != _CRC.unpack_from(data, end)[0]:
        return None
    try:
        head = _decode_head(data[5:end])
    except (TruncatedError, struct.error, UnicodeDecodeError):
        return None
    return Frame(at, at + end + _CRC.size, head)


def _encode_head(head: Head) -> bytes:
    before = head.before
    alone, one_time = before == NOTHING, head.newest == head.oldest
    flags = alone * _ALONE | (head.context_after > 0) * _HAS_CONTEXT | one_time * _ONE_TIME | head.settled * _SETTLED
    out = bytearray([flags, len(head.codec)])
    out += head.codec.encode("ascii")
    append_varints(out, [head.count])
    if head.count:
        append_varints(out, [head.first, head.last - head.first])
        out += _TIME.pack(head.oldest) if one_time else _TIMES.pack(head.oldest, head.newest)
        append_varints(out, [head.content_bytes, head.block_bytes, head.payload_bytes])
        out += _CRC.pack(head.payload_crc)
    if head.context_after:
        append_varints(out, [head.context_after])
    if not alone:
        append_varints(out, [before.messages, before.content_bytes, before.first, before.last])
        out += _TIMES.pack(before.oldest, before.newest)
        append_varints(out, [before.loose_frames, before.loose_bytes, before.overlaps])
    return bytes(out)


class _Fields:
    """Reads the fields of a head one after the other."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def number(self) -> int:
        value, self.at = read_varint(self.data, self.at)
        return value

    def packed(self, form: struct.Struct) -> tuple[float, ...]:
        values = form.unpack_from(self.data, self.at)
        self.at += form.size
        return values

    def text(self, size: int) -> str:
        self.at += size
        if self.at > len(self.data):
            raise TruncatedError
        return self.data[self.at - size : self.at].decode("ascii")


def _decode_head(data: bytes) -> Head:
    fields = _Fields(data)
    flags = fields.number()
    if flags & ~_KNOWN_FLAGS:
        raise TruncatedError
    codec = fields.text(fields.number())
    count = fields.number()
    first = last = content_bytes = block_bytes = payload_bytes = crc = 0
    oldest = newest = 0.0
    if count:
        first = fields.number()
        last = first + fields.number()
        if flags & _ONE_TIME:
            oldest = newest = fields.packed(_TIME)[0]
        else:
            oldest, newest = fields.packed(_TIMES)
        content_bytes, block_bytes, payload_bytes = fields.number(), fields.number(), fields.number()
        crc = int(fields.packed(_CRC)[0])
    context_after = fields.number() if flags & _HAS_CONTEXT else 0
    before = NOTHING if flags & _ALONE else _decode_totals(fields)
    # All that these sizes can make anyone allocate is bounded here. What would grow by being compressed is stored as it is.
    if fields.at != len(data) or not payload_bytes <= block_bytes <= MAX_BLOCK_BYTES or count > min(block_bytes, MAX_COUNT):
        raise TruncatedError
    if max(last, context_after, before.last) > MAX_POSITION:
        raise TruncatedError
    return Head(
        codec, count, Position(first), Position(last), oldest, newest, content_bytes, block_bytes, payload_bytes, crc,
        bool(flags & _SETTLED), Position(context_after), before,
    )  # fmt: skip


def _decode_totals(fields: _Fields) -> Totals:
    messages, content_bytes, first, last = (fields.number() for _ in range(4))
    oldest, newest = fields.packed(_TIMES)
    loose_frames, loose_bytes, overlaps = (fields.number() for _ in range(3))
    return Totals(
        messages, content_bytes, Position(first), Position(last), oldest, newest, loose_frames, loose_bytes, overlaps
    )  # fmt: skip
