"""Rewriting a file: merging small frames into blocks, and leaving out what is forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lixcore.domain.position import Entry, Position
from lixcore.errors import CorruptDataError
from lixcore_huffman.format.frame import Frame, Totals
from lixcore_huffman.format.packing import TAIL_BYTES, FrameRow, first_block, is_full, weight
from lixcore_huffman.format.scan import Damage, payload_damage
from lixcore_huffman.format.stored_codecs import CodecNamed
from lixcore_huffman.session_file import DamagedBlockError, SessionFile


def worth_merging(totals: Totals, *, size: int, share: float) -> bool:
    """Whether merging gains: known from the last frame alone.

    A file is rewritten only when ``share`` of it came since the last time, so that each byte is rewritten about ``1 / share``
    times in the life of a session, however long that is.
    """
    return totals.loose_frames > 0 and totals.loose_bytes >= share * size


def merged(file: SessionFile, row: FrameRow, codec_named: CodecNamed, block_bytes: int) -> Iterator[bytes]:
    """The frames of ``file`` in order of position, in full blocks; blocks that are full and in order are copied.

    Raises:
        CorruptDataError: Something in the file is damaged.
    """
    found = file.whole_scan()
    for damage in found.damages():
        raise CorruptDataError(file.path, f"{damage}; it is not merged while it is damaged")
    frames = sorted((frame for frame in found.frames() if frame.head.count), key=lambda frame: frame.head.first)
    kept = _blocks_to_copy(frames, block_bytes)
    pending: list[Entry] = []
    for frame in frames:
        if not pending or pending[-1].position < frame.head.first:  # then what is pending is complete
            while weight(pending) >= block_bytes + 2 * TAIL_BYTES:
                block, pending = first_block(pending, block_bytes)
                yield row.block(block)
        if frame.at in kept and not pending:
            yield row.copied(frame, _payload(file, frame))
        else:
            pending = _in_order(pending, _entries(file, frame, codec_named))
    yield row.packed(pending)
    if not frames and row.context_after:
        yield row.context(row.context_after)


def without(file: SessionFile, through: Position, row: FrameRow, codec_named: CodecNamed) -> Iterator[bytes]:
    """The frames of ``file`` without the entries at or below ``through``.

    Raises:
        CorruptDataError: A damaged part may hold entries above ``through``.
    """
    for part in file.whole_scan().parts:
        if isinstance(part, Damage):
            if part.highest > through:
                raise CorruptDataError(file.path, f"{part}; only the whole session can be forgotten")
        elif part.head.first > through:
            yield row.copied(part, _payload(file, part))
        elif part.head.last > through:
            yield row.packed([entry for entry in _entries(file, part, codec_named) if entry.position > through])


def count_through(file: SessionFile, through: Position, codec_named: CodecNamed) -> int:
    """How many entries of ``file`` stand at or below ``through``; damaged ones count as far as their frame tells.

    Raises:
        CorruptDataError: A damaged frame may hold entries on both sides.
    """
    count = 0
    for part in file.whole_scan().frames():
        if part.head.last <= through:
            count += part.head.count
        elif part.head.first <= through:
            count += sum(entry.position <= through for entry in _entries(file, part, codec_named))
    return count


def _blocks_to_copy(frames: Sequence[Frame], block_bytes: int) -> set[int]:
    """Where the full blocks stand that share their range with no other frame, and are not needed for the tail."""
    shared: set[int] = set()
    widest: Frame | None = None
    for frame in frames:
        if widest is not None and frame.head.first <= widest.head.last:
            shared |= {frame.at, widest.at}
        if widest is None or frame.head.last > widest.head.last:
            widest = frame
    kept: set[int] = set()
    behind = 0
    for frame in reversed(frames):
        if is_full(frame, block_bytes) and behind >= TAIL_BYTES and frame.at not in shared:
            kept.add(frame.at)
        behind += frame.head.content_bytes
    return kept


def _in_order(held: list[Entry], more: list[Entry]) -> list[Entry]:
    if not held or held[-1].position < more[0].position:
        return held + more
    by_position = {entry.position: entry for entry in (*more, *held)}
    return [by_position[position] for position in sorted(by_position)]


def _payload(file: SessionFile, frame: Frame) -> bytes:
    try:
        return file.block(frame)
    except DamagedBlockError as error:
        raise CorruptDataError(file.path, f"{payload_damage(frame, str(error))}; it stays as it is") from None


def _entries(file: SessionFile, frame: Frame, codec_named: CodecNamed) -> list[Entry]:
    try:
        return file.entries(frame, codec_named)
    except DamagedBlockError as error:
        raise CorruptDataError(file.path, f"{payload_damage(frame, str(error))}; it stays as it is") from None
