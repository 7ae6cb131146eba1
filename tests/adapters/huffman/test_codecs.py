"""What every codec promises, whichever it is."""

import random
import tracemalloc
import zlib
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lixcore.errors import CorruptDataError
from lixcore.ports.adapter import Adapter, AdapterContext
from lixcore.ports.codec import Codec
from lixcore.services.system_clock import SystemClock
from lixcore_huffman import DeflateCodec, Hcv1Codec, HuffmanCodec, NoneCodec
from lixcore_zstd import ZstdCodec

ADAPTERS: list[type[Adapter]] = [DeflateCodec, Hcv1Codec, HuffmanCodec, NoneCodec, ZstdCodec]
CODECS: list[Codec] = [DeflateCodec(), Hcv1Codec(), HuffmanCodec(), NoneCodec(), ZstdCodec()]
MIB = 1 << 20

each_codec = pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
small_alphabets = st.sampled_from([b"a", b"ab", b"abc", b"etaoin shrdlu"]).flatmap(
    lambda alphabet: st.lists(st.sampled_from(alphabet), max_size=600).map(bytes)
)
blocks = st.binary(max_size=600) | small_alphabets | st.text(max_size=300).map(str.encode)


def _context(name: str) -> AdapterContext:
    def codec_named(wanted: str) -> Codec:
        raise AssertionError(wanted)

    return AdapterContext(clock=SystemClock(), codec_name=name, codec_named=codec_named, archive_dir=Path("unused"))


@pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda adapter: adapter.__name__)
def test_opens_with_its_default_options(adapter: type[Adapter]) -> None:
    """What the registry does with a codec gives one that works."""
    codec: Codec = adapter.open(adapter.Options(), _context("any"))
    assert codec.decode(codec.encode(b"hello"), size=5) == b"hello"


@each_codec
@given(data=blocks)
@example(data=b"")
@example(data=b"\0")
@example(data=bytes(range(256)))
def test_gives_back_any_bytes(codec: Codec, data: bytes) -> None:
    """Encoding, then decoding, changes nothing."""
    assert codec.decode(codec.encode(data), size=len(data)) == data


@each_codec
@pytest.mark.parametrize(
    "data",
    [
        pytest.param(random.Random(1).randbytes(MIB), id="incompressible"),
        pytest.param(bytes(MIB), id="one-symbol"),
        pytest.param(bytes(random.Random(2).choices(range(256), [0.8**n for n in range(256)], k=MIB)), id="skewed"),
        pytest.param(bytes(random.Random(3).choices(b"abcde", k=MIB)), id="five-symbols"),
    ],
)
def test_gives_back_a_mebibyte(codec: Codec, data: bytes) -> None:
    """Large blocks pass through every slice and piece that a codec works in."""
    assert codec.decode(codec.encode(data), size=MIB) == data


@each_codec
@given(data=blocks, cut=st.integers(min_value=1, max_value=1000))
def test_refuses_a_truncated_block(codec: Codec, data: bytes, cut: int) -> None:
    """However many bytes are missing from the end, nothing is returned."""
    encoded = codec.encode(data)
    if not encoded:
        return
    with pytest.raises(CorruptDataError):
        codec.decode(encoded[: max(0, len(encoded) - cut)], size=len(data))


@each_codec
@given(data=blocks, more=st.binary(min_size=1, max_size=20))
def test_refuses_bytes_left_over(codec: Codec, data: bytes, more: bytes) -> None:
    """Whatever stands behind a block, nothing is returned."""
    with pytest.raises(CorruptDataError):
        codec.decode(codec.encode(data) + more, size=len(data))


@each_codec
@given(data=blocks, size=st.integers(min_value=0, max_value=1000))
def test_refuses_another_size(codec: Codec, data: bytes, size: int) -> None:
    """A block of another size than the frame says is damage, shorter or longer."""
    if size == len(data):
        return
    with pytest.raises(CorruptDataError):
        codec.decode(codec.encode(data), size=size)


@each_codec
@given(garbage=st.binary(max_size=300), size=st.integers(min_value=0, max_value=2000))
def test_garbage_gives_the_size_or_an_error(codec: Codec, garbage: bytes, size: int) -> None:
    """Bytes that nobody encoded raise `CorruptDataError`, or happen to be a block of exactly that size."""
    try:
        plain = codec.decode(garbage, size=size)
    except CorruptDataError:
        return
    assert len(plain) == size


@each_codec
@given(data=blocks.filter(bool), seed=st.randoms(use_true_random=False))
def test_a_changed_byte_gives_the_size_or_an_error(codec: Codec, data: bytes, seed: random.Random) -> None:
    """Damage within a block may go unseen here (frames have checksums) but never gives another size or another error."""
    damaged = bytearray(codec.encode(data))
    damaged[seed.randrange(len(damaged))] ^= seed.randrange(1, 256)
    try:
        plain = codec.decode(bytes(damaged), size=len(data))
    except CorruptDataError:
        return
    assert len(plain) == len(data)


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
