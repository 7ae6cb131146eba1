"""The bytes of records, frames and file headers: they come back the same, and no change of them goes unseen."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lixcore.domain.position import Entry, Position
from lixcore_huffman.format.file_header import (
    DamagedHeaderError,
    FileHeader,
    NewerVersionError,
    decode_file_header,
    encode_file_header,
    new_mark,
)
from lixcore_huffman.format.frame import Frame, Head, Totals, decode_head, decode_trailer, encode_frame
from lixcore_huffman.format.packing import cut
from lixcore_huffman.format.records import decode_records, encode_records
from lixcore_huffman.format.varint import TruncatedError, append_varint, read_varint, unzigzag, zigzag

Bits = Callable[..., list[tuple[int, bytes, bytes]]]
MARK = b"mark"
SIZES = st.integers(0, 2**40)
POSITIONS = st.integers(1, 2**62).map(Position)
TOTALS = st.builds(Totals, SIZES, SIZES, POSITIONS, POSITIONS, st.just(1.5), st.just(9.0), SIZES, SIZES, SIZES)


@st.composite
def frames(draw: st.DrawFn) -> tuple[Head, bytes]:
    payload = draw(st.binary(min_size=1, max_size=60))
    first = draw(POSITIONS)
    head = Head(
        codec=draw(st.sampled_from(["none", "huffman", "x" * 32])),
        count=draw(st.integers(1, len(payload))),
        first=first,
        last=Position(first + draw(st.integers(0, 2**62 - 1))),
        oldest=1.5,
        newest=draw(st.sampled_from([1.5, 2.5])),
        content_bytes=draw(SIZES),
        block_bytes=len(payload),
        payload_bytes=len(payload),
        payload_crc=zlib.crc32(payload),
        settled=draw(st.booleans()),
        context_after=Position(draw(st.integers(0, 2**62))),
        before=draw(st.one_of(st.just(Totals()), TOTALS)),
    )
    return head, payload


def checked_frame(data: bytes) -> Frame | None:
    """What a careful reader takes for a frame that fills ``data``."""
    frame = decode_head(MARK, data, 0)
    if frame is None or frame.end != len(data) or decode_trailer(MARK, data[-8:]) != len(data):
        return None
    return frame if zlib.crc32(data[frame.payload_at : frame.end - 8]) == frame.head.payload_crc else None


@given(st.integers(0, 2**70 - 1))
def test_a_number_comes_back(value: int) -> None:
    out = bytearray()
    append_varint(out, value)
    assert read_varint(bytes(out), 0) == (value, len(out))
    with pytest.raises(TruncatedError):
        read_varint(bytes(out[:-1]), 0)


@given(st.integers(-(2**63), 2**63))
def test_a_signed_number_comes_back(value: int) -> None:
    assert unzigzag(zigzag(value)) == value
    assert zigzag(value) >= 0


@given(st.data())
def test_entries_come_back_to_the_last_bit(
    entry_lists: st.SearchStrategy[list[Entry]], bits_of: Bits, data: st.DataObject
) -> None:
    entries = data.draw(entry_lists)
    block = encode_records(entries)
    oldest = entries[0].timestamp
    back = decode_records(block, count=len(entries), first=entries[0].position, last=entries[-1].position, oldest=oldest)
    assert bits_of(back) == bits_of(entries)
    keep = data.draw(st.integers(0, 15))
    kept = decode_records(
        block, count=len(entries), first=entries[0].position, last=entries[-1].position, oldest=oldest, keep=keep
    )
    assert bits_of(kept) == bits_of(entries[max(0, len(entries) - keep) :])


@given(st.binary(max_size=80), st.integers(1, 80), st.integers(1, 400))
def test_any_bytes_are_a_block_or_refused(block: bytes, count: int, last: int) -> None:
    try:
        entries = decode_records(block, count=count, first=Position(1), last=Position(last), oldest=0.0)
    except TruncatedError:
        return
    positions = [entry.position for entry in entries]
    assert len(positions) == count
    assert positions == sorted(set(positions))
    assert (positions[0], positions[-1]) == (1, last)


@pytest.mark.parametrize(
    "wrong",
    [
        {"payload_bytes": 101},  # a sparse file makes room for any payload
        {"count": (1 << 21) + 1, "block_bytes": 1 << 24},  # empty entries: a small payload inflates to this
        {"last": Position(2**63)},
        {"context_after": Position(2**63)},
        {"before": Totals(messages=1, first=Position(1), last=Position(2**63))},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_sizes_and_positions_that_nobody_writes_are_refused(wrong: dict[str, Any]) -> None:
    right: dict[str, Any] = {"count": 1, "first": Position(1), "last": Position(9), "block_bytes": 100, "payload_bytes": 100}
    assert decode_head(MARK, encode_frame(MARK, Head(**right), b""), 0) is not None
    assert decode_head(MARK, encode_frame(MARK, Head(**{**right, **wrong}), b""), 0) is None


def test_nobody_forgets_beyond_the_highest_position() -> None:
    with pytest.raises(DamagedHeaderError):
        decode_file_header(encode_file_header(FileHeader("t", "s", 0.0, Position(2**63))))


@given(frames())
def test_a_frame_comes_back(frame: tuple[Head, bytes]) -> None:
    head, payload = frame
    data = encode_frame(MARK, head, payload)
    found = checked_frame(data)
    assert found is not None
    assert found.head == head
    assert data[found.payload_at : -8] == payload


@settings(max_examples=25, deadline=None)
@given(frames(), st.integers(1, 255))
def test_every_changed_byte_and_every_cut_of_a_frame_is_seen(frame: tuple[Head, bytes], change: int) -> None:
    data = encode_frame(MARK, *frame)
    for at in range(len(data)):
        assert checked_frame(data[:at] + bytes([data[at] ^ change]) + data[at + 1 :]) is None
        assert checked_frame(data[:at]) is None


@settings(max_examples=25, deadline=None)
@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20), POSITIONS, st.integers(1, 255))
def test_a_file_header_comes_back_or_is_refused(tenant: str, session: str, through: Position, change: int) -> None:
    header = FileHeader(tenant, session, 1.7e9, through)
    data = encode_file_header(header)
    assert decode_file_header(data + b"frames") == header
    assert decode_file_header(data).size == len(data)
    for at in range(len(data)):
        with pytest.raises(DamagedHeaderError):
            decode_file_header(data[:at] + bytes([data[at] ^ change]) + data[at + 1 :])
        with pytest.raises(DamagedHeaderError):
            decode_file_header(data[:at])


def test_a_newer_version_is_told_from_damage() -> None:
    data = bytearray(encode_file_header(FileHeader("t", "s", 0.0)))
    data[4] = 9
    data[-4:] = zlib.crc32(data[:-4]).to_bytes(4, "little")
    with pytest.raises(NewerVersionError, match="version 9"):
        decode_file_header(bytes(data))


def test_marks_hold_no_zeros_and_differ() -> None:
    marks = {new_mark() for _ in range(2000)}
    assert len(marks) > 1990
    assert not any(0 in mark for mark in marks)


@given(st.lists(st.integers(0, 9000), max_size=60), st.integers(4096, 20_000))
def test_cutting_loses_nothing_and_keeps_the_newest_apart(sizes: list[int], block_bytes: int) -> None:
    entries = [Entry(Position(number + 1), 0.0, bytes(size)) for number, size in enumerate(sizes)]
    blocks = cut(entries, block_bytes)
    assert [entry for block in blocks for entry in block] == entries
    assert all(blocks)
    weights = [sum(len(entry.payload) + 16 for entry in block) for block in blocks]
    if sum(weights) > 16384 and len(entries) > 1:
        assert 8192 <= weights[-1] <= 8192 + 9016
        assert all(block_bytes <= weight < block_bytes + 9016 for weight in weights[:-2])
