from __future__ import annotations

import gzip
import io
import zlib

from hypothesis import given
from hypothesis import strategies as st

from lixcore_cli.line_source import LineSource

PIECES = st.lists(st.sampled_from([b"", b"a", b"\n", b"\r\n", b"long" * 5, b"\x00", b"\xff"]), max_size=40).map(b"".join)


class Trickle(io.RawIOBase):
    """A stream that gives a few bytes at a time, as a pipe may."""

    def __init__(self, data: bytes, step: int) -> None:
        self._data = io.BytesIO(data)
        self._step = step
        self.given = 0

    def read(self, size: int = -1) -> bytes:
        piece = self._data.read(min(size, self._step) if size >= 0 else self._step)
        self.given += len(piece)
        return piece


def naive_lines(data: bytes, limit: int) -> list[tuple[int, bytes | None]]:
    parts = data.split(b"\n")
    if parts[-1] == b"":
        parts.pop()
    return [(number, part if len(part) <= limit else None) for number, part in enumerate(parts, start=1)]


@given(data=PIECES, step=st.integers(1, 50), limit=st.integers(0, 30))
def test_lines_are_those_between_line_feeds_however_the_bytes_arrive(data: bytes, step: int, limit: int) -> None:
    source = LineSource("x", Trickle(data, step), size=None, limit=limit)
    assert list(source.lines()) == naive_lines(data, limit)
    assert source.consumed == len(data)


@given(data=PIECES, step=st.integers(1, 50))
def test_gzip_gives_the_same_lines(data: bytes, step: int) -> None:
    packed = gzip.compress(data)
    source = LineSource("x", Trickle(packed, step), size=None)
    assert list(source.lines()) == naive_lines(data, len(data))
    assert source.consumed == len(packed)


def test_a_byte_order_mark_is_no_part_of_the_first_line() -> None:
    source = LineSource("x", io.BytesIO(b"\xef\xbb\xbf{}\n"), size=None)
    assert list(source.lines()) == [(1, b"{}")]


def test_a_line_that_is_too_long_is_passed_over_without_being_kept() -> None:
    """50 MB in 50 kB of gzip: the memory that it takes is what a chunk takes."""
    import tracemalloc

    packer = zlib.compressobj(wbits=31)
    packed = b"".join([packer.compress(b"x" * 1_000_000) for _ in range(50)] + [packer.compress(b"\nnext\n"), packer.flush()])
    tracemalloc.start()
    try:
        lines = list(LineSource("x", io.BytesIO(packed), size=None, limit=1_000_000).lines())
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert lines == [(1, None), (2, b"next")]
    assert most < 10_000_000


def test_a_line_is_given_before_the_next_one_arrives() -> None:
    stream = Trickle(b'{"a": 1}\n{"b": 2}\n', step=9)
    lines = LineSource("x", stream, size=None).lines()
    assert next(lines) == (1, b'{"a": 1}')
    assert stream.given < 18
