"""The predecessor's stream format against a naive reading of its description, and under damage."""

from __future__ import annotations

import random
import struct
from collections import Counter

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from lixcore.errors import CorruptDataError
from lixcore_huffman import Hcv1Codec
from lixcore_huffman.codecs.hcv1_code import MAX_CODE_BITS, PrefixCode
from lixcore_huffman.codecs.hcv1_inflating import inflated
from lixcore_huffman.codecs.hcv1_jumping import LONGEST, jumped

CODEC = Hcv1Codec()


def naive_lengths(data: bytes) -> dict[int, int]:
    """Code lengths of a Huffman code, by joining the two rarest groups again and again."""
    groups = [(count, [symbol]) for symbol, count in Counter(data).items()]
    lengths = dict.fromkeys(data, 1 if len(groups) == 1 else 0)
    while len(groups) > 1:
        groups.sort(key=lambda group: group[0])
        (one, these), (other, those), *groups = groups
        for symbol in these + those:
            lengths[symbol] += 1
        groups.append((one + other, these + those))
    return lengths


def naive_codes(pairs: list[tuple[int, int]]) -> dict[str, int]:
    """The symbol of each code, written as zeros and ones, of (symbol, length) pairs in order."""
    codes = {}
    code = previous = 0
    for symbol, length in pairs:
        code <<= length - previous
        codes[format(code, f"0{length}b")] = symbol
        code, previous = code + 1, length
    return codes


def naive_encode(data: bytes, lengths: dict[int, int] | None = None) -> bytes:
    """A stream of ``data``, with these code lengths or those of a Huffman code."""
    if not data:
        return b"HCv1" + bytes(6)
    pairs = sorted((lengths or naive_lengths(data)).items(), key=lambda pair: (pair[1], pair[0]))
    spelled = {symbol: code for code, symbol in naive_codes(pairs).items()}
    bits = "".join(spelled[symbol] for symbol in data)
    padding = -len(bits) % 8
    packed = bytes(int((bits + "0" * padding)[at : at + 8], 2) for at in range(0, len(bits), 8))
    table = b"".join(bytes(pair) for pair in pairs)
    return struct.pack("<4sIH", b"HCv1", len(data), len(pairs)) + table + struct.pack("<I", padding) + packed


def naive_decode(stream: bytes) -> bytes:
    """What a sound stream holds."""
    magic, size, count = struct.unpack_from("<4sIH", stream)
    assert magic == b"HCv1"
    if size == 0:
        return b""
    table = stream[10 : 10 + 2 * count]
    codes = naive_codes(list(zip(table[::2], table[1::2], strict=True)))
    (padding,) = struct.unpack_from("<I", stream, 10 + 2 * count)
    bits = "".join(f"{byte:08b}" for byte in stream[14 + 2 * count :])
    plain = bytearray()
    code = ""
    for bit in bits[: len(bits) - padding]:
        code += bit
        if code in codes:
            plain.append(codes[code])
            code = ""
    assert len(plain) == size
    return bytes(plain)


def comb(symbols: bytes) -> dict[int, int]:
    """The most lopsided code: 1, 2, 3 … bits, the last two of one length."""
    return {symbol: min(place, len(symbols) - 1) for place, symbol in enumerate(symbols, start=1)}


def stream(*, size: int, table: list[tuple[int, int]], padding: int, packed: bytes) -> bytes:
    pairs = b"".join(bytes(pair) for pair in table)
    return struct.pack("<4sIH", b"HCv1", size, len(table)) + pairs + struct.pack("<I", padding) + packed


@given(data=st.binary(max_size=300) | st.lists(st.sampled_from(b"aaaaaaaabbbbccd"), max_size=300).map(bytes))
@example(data=bytes(range(256)))
def test_reads_and_writes_the_format(data: bytes) -> None:
    """A naive decoder reads what is written, a naive encoder's stream is read, and none is longer than need be."""
    ours, naive = CODEC.encode(data), naive_encode(data)
    assert naive_decode(ours) == data
    assert CODEC.decode(naive, size=len(data)) == data
    assert len(ours) == len(naive)


@given(weights=st.lists(st.integers(min_value=0, max_value=10**6), min_size=1, max_size=256).filter(any))
def test_code_lengths_are_optimal(weights: list[int]) -> None:
    """The total number of bits is that of Huffman's algorithm, and the code is one that a reader accepts."""
    code = PrefixCode.of_counts(weights)
    assert code.fault() is None
    groups = sorted(weight for weight in weights if weight)
    least = groups[0] if len(groups) == 1 else 0
    while len(groups) > 1:
        joined = groups[0] + groups[1]
        least += joined
        groups = sorted([*groups[2:], joined])
    assert sum(weights[symbol] * length for symbol, length in zip(code.symbols, code.lengths, strict=True)) == least


@pytest.mark.parametrize("symbols", [9, 10, 16, 17, 20, 46])
@pytest.mark.parametrize("rare_share", [0.0, 0.0005])
def test_reads_codes_of_any_depth(symbols: int, rare_share: float) -> None:
    """Codes of 8 to 45 bits, at every offset within a byte, and more than one slice long, whichever way they are decoded."""
    draw = random.Random(symbols)
    names = bytes(draw.sample(range(256), symbols))
    common = draw.choices(names[:4], [8, 4, 2, 1], k=70_000)
    data = bytes(draw.choice(names) if draw.random() < rare_share else symbol for symbol in common)
    assert CODEC.decode(naive_encode(data, comb(names)), size=len(data)) == data


@given(seed=st.integers(min_value=0), rare=st.binary(max_size=2), at=st.integers(min_value=0, max_value=2500))
def test_reads_short_streams_with_deep_codes(seed: int, rare: bytes, at: int) -> None:
    """Deep codes where they hurt: at the beginning, at the end, side by side."""
    names = bytes(range(30))
    usual = bytes(random.Random(seed).choices(names[:3], k=2500))
    data = usual[:at] + bytes(names[byte % 30] for byte in rare) + usual[at:]
    assert CODEC.decode(naive_encode(data, comb(names)), size=len(data)) == data


@pytest.mark.parametrize("bits", range(1, 9))
@pytest.mark.parametrize("more", [-2, -1, 0, 1, 2])
def test_reads_both_sides_of_the_switch_to_numpy(bits: int, more: int) -> None:
    """Streams of short codes are read alike whether they are just short enough for zlib or just too long; cut off, neither is."""
    names = bytes(random.Random(bits).sample(range(256), 1 << bits))
    size = (9 << bits) + more
    plain = bytes(random.Random(more).sample(names * 10, 10 << bits)[:size])
    encoded = naive_encode(plain, dict.fromkeys(names, bits))
    assert CODEC.decode(encoded, size=size) == plain
    with pytest.raises(CorruptDataError):
        CODEC.decode(encoded[:-1], size=size)


@given(data=st.data(), symbols=st.integers(min_value=2, max_value=60))
def test_the_two_ways_to_decode_agree(data: st.DataObject, symbols: int) -> None:
    """Whatever an encoder writes with short codes, zlib and numpy find the same symbols and the same number of bits."""
    weights = data.draw(st.lists(st.integers(min_value=1, max_value=9), min_size=symbols, max_size=symbols))
    plain = bytes(symbol for symbol, count in enumerate(weights) for _ in range(count))
    plain = bytes(data.draw(st.randoms(use_true_random=False)).sample(plain, len(plain)))
    code = PrefixCode.of_counts(weights)
    assume(code.longest <= LONGEST)
    encoded = CODEC.encode(plain)
    packed = encoded[14 + 2 * symbols :]
    bits = 8 * len(packed) - encoded[10 + 2 * symbols]
    assert inflated(code, packed, len(plain)) == jumped(code, packed, len(plain)) == (plain, bits)


@pytest.mark.parametrize("symbols", [9, 30])
@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 399, 400, 401, 1000, 3000])
def test_reads_every_short_size(symbols: int, size: int) -> None:
    """Sizes around those where a short stream is treated in another way than a long one."""
    draw = random.Random(size)
    plain = bytes(draw.choices(range(symbols), [1.5**-name for name in range(symbols)], k=size))
    assert CODEC.decode(naive_encode(plain), size=size) == plain
    assert naive_decode(CODEC.encode(plain)) == plain


@pytest.mark.parametrize("symbols", [2, 3, 10, 11, 12, 13, 30, 46])
def test_spells_codes_of_every_length(symbols: int) -> None:
    """A code in zeros and ones is the naive one, be it looked up or spelled."""
    pairs = list(comb(bytes(range(symbols))).items())
    code = PrefixCode(symbols=bytes(symbol for symbol, _ in pairs), lengths=bytes(length for _, length in pairs))
    assert [word.decode() for word in code.words()] == list(naive_codes(pairs))


@pytest.mark.parametrize("size", [65_535, 65_536, 65_537, 131_073])
def test_writes_more_than_one_piece(size: int) -> None:
    """Bits that a piece leaves over stand before those of the next one."""
    plain = bytes(random.Random(size).choices(b"etaoin shrdlu", range(1, 14), k=size))
    encoded = CODEC.encode(plain)
    table = encoded[10:36]
    assert encoded == naive_encode(plain, dict(zip(table[::2], table[1::2], strict=True)))


def test_many_symbols_beyond_fifteen_bits() -> None:
    """Two hundred symbols of 16 bits and more, each of which is seen."""
    counts = Counter(dict.fromkeys(range(200), 1) | {200 + step: 200 << step for step in range(10)})
    data = bytes(counts.elements())
    data = bytes(random.Random(7).sample(data, len(data)))
    encoded = CODEC.encode(data)
    assert max(naive_lengths(data).values()) > 15
    assert naive_decode(encoded) == data
    assert CODEC.decode(encoded, size=len(data)) == data


GOOD = [(97, 1), (98, 2), (99, 2)]


@pytest.mark.parametrize(
    ("damaged", "size", "reason"),
    [
        pytest.param(b"", 0, "first ten bytes", id="nothing at all"),
        pytest.param(b"HCv2" + bytes(6), 0, "begin with HCv1", id="another magic"),
        pytest.param(b"HCv1" + bytes(6) + b"x", 0, "left over", id="nothing, and a byte"),
        pytest.param(stream(size=0, table=GOOD, padding=0, packed=b"x"), 0, "left over", id="nothing, and a table"),
        pytest.param(stream(size=2, table=GOOD, padding=0, packed=b"")[:12], 2, "table of codes", id="half a table"),
        pytest.param(stream(size=2, table=GOOD, padding=0, packed=b""), 2, "before its bits", id="no bits"),
        pytest.param(stream(size=1, table=[], padding=7, packed=b"\0"), 1, "names no symbol", id="no symbols"),
        pytest.param(stream(size=1, table=[(97, 1)] * 2, padding=7, packed=b"\0"), 1, "one of them twice", id="a symbol twice"),
        pytest.param(stream(size=1, table=GOOD[::-1], padding=7, packed=b"\0"), 1, "wrong order", id="wrong order"),
        pytest.param(stream(size=1, table=[(97, 0)], padding=7, packed=b"\0"), 1, "bits long", id="a code of no bits"),
        pytest.param(stream(size=1, table=[(97, 1), (98, 46)], padding=7, packed=b"\0"), 1, "bits long", id="a code of 46 bits"),
        pytest.param(
            stream(size=1, table=[(97, 2)], padding=6, packed=b"\0"), 1, "make a Huffman", id="a lone symbol of two bits"
        ),
        pytest.param(stream(size=1, table=[(97, 1), (98, 2)], padding=7, packed=b"\0"), 1, "make a Huffman", id="room left"),
        pytest.param(stream(size=1, table=[*GOOD, (100, 2)], padding=7, packed=b"\0"), 1, "make a Huffman", id="over-subscribed"),
        pytest.param(stream(size=1, table=GOOD, padding=8, packed=b"\0\0"), 1, "padding", id="a byte of padding"),
        pytest.param(stream(size=1, table=GOOD, padding=2**32 - 1, packed=b"\0"), 1, "padding", id="endless padding"),
        pytest.param(stream(size=1, table=GOOD, padding=7, packed=b"\1"), 1, "padding", id="padding that is not zero"),
        pytest.param(stream(size=9, table=GOOD, padding=0, packed=b"\0"), 9, "too few", id="fewer bits than bytes"),
        pytest.param(stream(size=3, table=GOOD, padding=0, packed=b"\0"), 3, "take 3", id="bits left over"),
        pytest.param(stream(size=6, table=GOOD, padding=0, packed=b"\xff"), 6, "decode to 6", id="bits end early"),
        pytest.param(
            stream(size=8, table=[(97, 1)], padding=0, packed=b"\1"), 8, "does not define", id="a lone symbol's other code"
        ),
        pytest.param(stream(size=2, table=GOOD, padding=0, packed=b"\0"), 8, "instead of 8", id="another size"),
    ],
)
def test_refuses(damaged: bytes, size: int, reason: str) -> None:
    """Each way to be wrong is found, and said."""
    with pytest.raises(CorruptDataError, match=reason):
        CODEC.decode(damaged, size=size)


def test_a_hostile_length_allocates_nothing() -> None:
    """Four gibibytes are promised by sixty bytes: refused before room is made for them."""
    size = 2**32 - 1
    with pytest.raises(CorruptDataError, match="too few"):
        CODEC.decode(stream(size=size, table=GOOD, padding=0, packed=bytes(40)), size=size)


def test_refuses_rare_symbols_everywhere() -> None:
    """No encoder gives its most frequent symbol the longest code; a stream of nothing else would take long to read."""
    names = bytes(range(MAX_CODE_BITS + 1))
    data = names[-1:] * 5000
    with pytest.raises(CorruptDataError, match="does not decode"):
        CODEC.decode(naive_encode(data, comb(names)), size=len(data))
