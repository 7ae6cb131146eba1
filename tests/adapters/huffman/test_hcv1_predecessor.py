"""The predecessor's streams: those it wrote once, and those it writes where it is installed."""

from __future__ import annotations

import importlib
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lixcore_huffman import Hcv1Codec

GOLDEN = Path(__file__).parent / "golden"


def _fibonacci_text(symbols: int) -> bytes:
    # Counts that grow like Fibonacci's numbers make the deepest tree there is: the rarest symbols get the longest codes.
    counts = [1, 1]
    while len(counts) < symbols:
        counts.append(counts[-1] + counts[-2])
    text = [symbol for symbol, count in enumerate(counts, start=65) for _ in range(count)]
    random.Random(6).shuffle(text)
    return bytes(text)


TEXTS: dict[str, bytes] = {
    "empty": b"",
    "one-byte": b"x",
    "one-symbol": b"z" * 77,
    "two-symbols": b"ab" * 40 + b"b" * 11,
    "sentence": b"Nothing that was said is ever lost.",
    "scripts": "Guten Morgen! Доброе утро! 早上好。 सुप्रभात! صباح الخير! Καλημέρα! ".encode() * 7,
    "all-bytes": bytes(range(256)) * 2,
    "deep-codes": _fibonacci_text(18),
}


@pytest.fixture(params=sorted(TEXTS))
def golden(request: pytest.FixtureRequest) -> tuple[bytes, bytes]:
    return TEXTS[request.param], (GOLDEN / f"{request.param}.hcv1").read_bytes()


class Predecessor:
    def __init__(self, codec: Any) -> None:
        self.encode: Callable[[bytes], bytes] = codec.encode
        self.decode: Callable[[bytes], bytes] = codec.decode


@pytest.fixture(scope="session")
def predecessor() -> Predecessor:
    try:
        module = importlib.import_module("lix_open_cache.huffman_codec")
    except ModuleNotFoundError:
        pytest.skip("the predecessor is not installed; the dependency group `bench` brings it")
    return Predecessor(module.HuffmanCodec)


def test_reads_what_the_predecessor_wrote(golden: tuple[bytes, bytes]) -> None:
    """Streams that it wrote once, kept as files, are read."""
    text, stream = golden
    assert Hcv1Codec().decode(stream, size=len(text)) == text


def test_streams_are_as_small_as_the_predecessors(golden: tuple[bytes, bytes]) -> None:
    """Both codes are optimal, so that the streams are of one length, whichever of several optimal codes was taken."""
    text, stream = golden
    assert len(Hcv1Codec().encode(text)) == len(stream)


def test_golden_streams_are_the_predecessors(golden: tuple[bytes, bytes], predecessor: Predecessor) -> None:
    """The files are what the predecessor writes, byte for byte, and it reads what is written here."""
    text, stream = golden
    assert predecessor.encode(text) == stream
    assert predecessor.decode(Hcv1Codec().encode(text)) == text


def test_the_two_read_each_other(predecessor: Predecessor) -> None:
    """Any bytes: each reads what the other wrote."""

    @settings(deadline=None)
    @given(data=st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
    def check(data: bytes) -> None:
        ours = Hcv1Codec().encode(data)
        assert predecessor.decode(ours) == data
        theirs = predecessor.encode(data)
        assert Hcv1Codec().decode(theirs, size=len(data)) == data
        assert len(ours) == len(theirs)

    check()
