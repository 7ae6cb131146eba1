"""What `zstd` has beyond the promises of every codec: dictionaries, and being optional."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lixcore.errors import CorruptDataError, InvalidInputError, MissingExtraError, StoreUnavailableError
from lixcore_zstd import ZstdCodec, train_dictionary
from lixcore_zstd.zstd_codec import ZstdOptions
from lixcore_zstd.zstd_module import zstd_module


def _talk(seed: int) -> bytes:
    draw = random.Random(seed)
    dishes = ("soup", "noodles", "dumplings", "a curry", "bread and cheese")
    return " ".join(
        f"user: Could you find me {draw.choice(dishes)} for {draw.randrange(2, 9)} tonight? "
        f"assistant: Of course, I have booked table {draw.randrange(1, 40)}."
        for _ in range(draw.randrange(2, 8))
    ).encode()


@pytest.fixture(scope="module")
def dictionary() -> bytes:
    return train_dictionary([_talk(seed) for seed in range(400)], 4096)


@pytest.fixture
def trained(dictionary: bytes, tmp_path: Path) -> ZstdCodec:
    path = tmp_path / "2026.zdict"
    path.write_bytes(dictionary)
    return ZstdCodec(dictionary=path)


def test_a_dictionary_makes_small_blocks_smaller(trained: ZstdCodec) -> None:
    """Blocks that were not among its samples, and the frame says which dictionary it needs."""
    blocks = [_talk(seed) for seed in range(1000, 1050)]
    with_it = [trained.encode(block) for block in blocks]
    without = [ZstdCodec().encode(block) for block in blocks]
    assert sum(map(len, with_it)) < 0.7 * sum(map(len, without))
    assert all(trained.decode(frame, size=len(block)) == block for frame, block in zip(with_it, blocks, strict=True))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # a codec keeps nothing from one example to the next
@given(data=st.binary(max_size=600) | st.text(max_size=300).map(str.encode))
def test_any_bytes_come_back_through_a_dictionary(trained: ZstdCodec, data: bytes) -> None:
    """Also bytes that have nothing to do with the samples; truncated, they are refused."""
    frame = trained.encode(data)
    assert trained.decode(frame, size=len(data)) == data
    with pytest.raises(CorruptDataError):
        trained.decode(frame[:-1], size=len(data))


def test_blocks_of_an_older_dictionary_stay_readable(trained: ZstdCodec, tmp_path: Path) -> None:
    """The new dictionary stands beside the old one; the old one is found by the id in the frame."""
    block = _talk(1)
    old = trained.encode(block)
    newer = tmp_path / "2027.zdict"
    newer.write_bytes(train_dictionary([_talk(seed)[::-1] for seed in range(400)], 4096))
    (tmp_path / "notes.zdict").write_bytes(b"not a dictionary")
    codec = ZstdCodec(dictionary=newer)
    new = codec.encode(block)
    zstd = zstd_module()
    assert zstd.get_frame_info(old).dictionary_id != zstd.get_frame_info(new).dictionary_id
    assert codec.decode(old, size=len(block)) == block
    assert codec.decode(new, size=len(block)) == block
    assert codec.decode(ZstdCodec().encode(block), size=len(block)) == block


@pytest.mark.parametrize("configured", [False, True])
def test_a_missing_dictionary_is_named(trained: ZstdCodec, tmp_path: Path, configured: bool) -> None:  # noqa: FBT001  # a parameter of the test
    """Without its dictionary a block cannot be read, and the error says which id is missing."""
    block = _talk(2)
    frame = trained.encode(block)
    other = tmp_path / "elsewhere" / "other.zdict"
    other.parent.mkdir()
    other.write_bytes(train_dictionary([_talk(seed)[::-1] for seed in range(400)], 4096))
    codec = ZstdCodec(dictionary=other) if configured else ZstdCodec()
    missing = zstd_module().get_frame_info(frame).dictionary_id
    with pytest.raises(CorruptDataError, match=f"dictionary with id {missing}\\b"):
        codec.decode(frame, size=len(block))


@pytest.mark.parametrize("content", [b"", b"\x37\xa4\x30\xec", b"\x37\xa4\x30\xec" + bytes(300), b"plain text" * 50])
def test_a_file_that_is_no_dictionary_is_refused(tmp_path: Path, content: bytes) -> None:
    """When the codec is opened, not with the first block."""
    path = tmp_path / "bad.zdict"
    path.write_bytes(content)
    with pytest.raises(CorruptDataError, match=r"bad\.zdict"):
        ZstdCodec(dictionary=path)


def test_a_dictionary_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """A misspelt path is not the same as no dictionary."""
    with pytest.raises(StoreUnavailableError, match=r"none\.zdict"):
        ZstdCodec(dictionary=tmp_path / "none.zdict")


def test_a_frame_cannot_ask_for_more_memory_than_it_fills() -> None:
    """The window is memory that a decoder sets aside: a frame that asks for 1 GiB of it to give 100 kB is refused."""
    size = 100_000
    frame = ZstdCodec().encode(bytes(size))
    only_a_window_as_large_as_the_content = 0b1010_0000  # with a length of four bytes
    assert frame[4] == only_a_window_as_large_as_the_content
    greedy = frame[:4] + bytes([0b1000_0000, 20 << 3]) + frame[5:]
    modest = frame[:4] + bytes([0b1000_0000, 7 << 3]) + frame[5:]
    assert ZstdCodec().decode(modest, size=size) == bytes(size)
    with pytest.raises(CorruptDataError, match="memory"):
        ZstdCodec().decode(greedy, size=size)


def test_frames_without_a_length_are_refused() -> None:
    """Nothing is decoded whose size is not known before."""
    zstd = zstd_module()
    streaming = zstd.ZstdCompressor()
    frame = streaming.compress(b"hello") + streaming.flush()
    with pytest.raises(CorruptDataError, match="unknown number"):
        ZstdCodec().decode(frame, size=5)


@pytest.mark.parametrize(("samples", "size"), [([], 4096), ([b"x"], 4096), ([b"same"] * 9, 10), ([b"same"] * 9, 1 << 30)])
def test_training_needs_samples_and_a_size(samples: list[bytes], size: int) -> None:
    """What cannot give a dictionary is refused as input."""
    with pytest.raises(InvalidInputError):
        train_dictionary(samples, size)


def test_its_options_reach_the_codec(trained: ZstdCodec, tmp_path: Path) -> None:
    """Level and dictionary, as the configuration gives them."""
    block = b" ".join(_talk(seed) for seed in range(100))
    defaults = ZstdOptions()
    assert defaults.dictionary is None
    low, high = ZstdCodec(level=1).encode(block), ZstdCodec(level=19).encode(block)
    assert len(high) < len(low)
    codec = ZstdCodec(level=defaults.level, dictionary=tmp_path / "2026.zdict")
    assert codec.encode(block) == trained.encode(block)


def test_says_which_extra_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A base installation names the command that adds the codec."""
    parent = "compression" if sys.version_info >= (3, 14) else "backports"
    zstd_module()
    monkeypatch.setitem(sys.modules, f"{parent}.zstd", None)
    monkeypatch.delattr(sys.modules[parent], "zstd")
    with pytest.raises(MissingExtraError, match=r"pip install 'lixcore\[zstd\]'"):
        ZstdCodec()
