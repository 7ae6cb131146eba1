"""What the codecs of the standard library have beyond the promises of every codec."""

import random
import tracemalloc
import zlib

import pytest

from lixcore.errors import CorruptDataError
from lixcore.ports.codec import Codec
from lixcore_huffman import DeflateCodec, HuffmanCodec

MIB = 1 << 20


@pytest.mark.parametrize("codec", [DeflateCodec(), HuffmanCodec()], ids=lambda codec: codec.name)
def test_a_bomb_takes_no_more_memory_than_its_size(codec: Codec) -> None:
    """A small block that unfolds to 64 MiB is refused once it has passed the size that the frame says."""
    deflater = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    bomb = deflater.compress(bytes(64 * MIB)) + deflater.flush()
    tracemalloc.start()
    try:
        with pytest.raises(CorruptDataError, match="more than the 1,000 bytes"):
            codec.decode(bomb, size=1000)
        assert tracemalloc.get_traced_memory()[1] < MIB
    finally:
        tracemalloc.stop()


def test_huffman_blocks_are_deflate_that_any_inflate_reads() -> None:
    """An archive outlives this package: zlib alone reads its blocks."""
    data = "Any inflate reads it. Любой. 任何.".encode() * 40
    assert zlib.decompress(HuffmanCodec().encode(data), -zlib.MAX_WBITS) == data


def test_huffman_blocks_hold_no_repetitions() -> None:
    """It codes bytes one by one: text said twice takes twice the room, whereas deflate finds the repetition."""
    once = bytes(random.Random(4).choices(b"etaoin shrdlu", k=4000))
    assert len(HuffmanCodec().encode(once * 2)) > 1.9 * len(HuffmanCodec().encode(once))
    assert len(DeflateCodec().encode(once * 2)) < 1.2 * len(DeflateCodec().encode(once))


def test_a_higher_level_of_deflate_is_smaller() -> None:
    """The option reaches zlib."""
    words = [bytes(random.Random(n).choices(b"abcdefgh", k=6)) for n in range(300)]
    data = b" ".join(random.Random(5).choices(words, k=5000))
    assert len(DeflateCodec(level=9).encode(data)) < len(DeflateCodec(level=1).encode(data))
