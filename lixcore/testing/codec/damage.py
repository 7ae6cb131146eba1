"""What every codec does with what it did not make: `CorruptDataError`, and no more memory than the size that it is told."""

from __future__ import annotations

import random
import tracemalloc

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lixcore.errors import CorruptDataError
from lixcore.ports.codec import Codec
from lixcore.testing.codec.codecs import BLOCKS, MIB, CodecGround
from lixcore.testing.ground.profiles import examples
from lixcore.testing.ground.rules import rule


class CodecDamage(CodecGround):
    """Truncated, changed, foreign and hostile blocks."""

    @rule("A file may end in the middle of a write: half a block that is taken for a whole one is a history that ends early.")
    def test_a_truncated_block_is_refused(self, codec: Codec) -> None:
        @examples(100)
        @given(BLOCKS, st.integers(min_value=1, max_value=1000))
        def check(data: bytes, cut: int) -> None:
            encoded = codec.encode(data)
            assume(encoded)
            with pytest.raises(CorruptDataError):
                codec.decode(encoded[: max(0, len(encoded) - cut)], size=len(data))

        check()

    @rule("What stands behind a block belongs to something else: a frame longer than its block is damage, and must be told.")
    def test_bytes_left_over_are_refused(self, codec: Codec) -> None:
        @examples(100)
        @given(BLOCKS, st.binary(min_size=1, max_size=20))
        def check(data: bytes, more: bytes) -> None:
            with pytest.raises(CorruptDataError):
                codec.decode(codec.encode(data) + more, size=len(data))

        check()

    @rule("The frame and the block must agree: otherwise one is damaged, and records would be cut in the wrong places.")
    def test_another_size_is_refused(self, codec: Codec) -> None:
        @examples(100)
        @given(BLOCKS, st.integers(min_value=0, max_value=1000))
        def check(data: bytes, size: int) -> None:
            assume(size != len(data))
            with pytest.raises(CorruptDataError):
                codec.decode(codec.encode(data), size=size)

        check()

    @rule("The archive turns CorruptDataError into one that names the file, and reads around it; any other error ends the read.")
    def test_garbage_is_corrupt_data_and_no_other_error(self, codec: Codec) -> None:
        @examples(200)
        @given(st.binary(max_size=300), st.integers(min_value=0, max_value=2000))
        def check(garbage: bytes, size: int) -> None:
            try:
                plain = codec.decode(garbage, size=size)
            except CorruptDataError:
                return
            assert len(plain) == size

        check()

    @rule("Single bits change on disks: checksums find that, but decoding must neither fail otherwise nor give another size.")
    def test_a_changed_byte_is_corrupt_data_or_goes_unseen(self, codec: Codec) -> None:
        @examples(200)
        @given(BLOCKS.filter(bool), st.randoms(use_true_random=False))
        def check(data: bytes, draw: random.Random) -> None:
            damaged = bytearray(codec.encode(data))
            damaged[draw.randrange(len(damaged))] ^= draw.randrange(1, 256)
            try:
                plain = codec.decode(bytes(damaged), size=len(data))
            except CorruptDataError:
                return
            assert len(plain) == len(data)

        check()

    @rule(
        "A hostile file of a few bytes may unfold to gigabytes: unfolding it before looking at the size takes the process down."
    )
    def test_a_block_takes_no_more_memory_than_its_size(self, codec: Codec) -> None:
        bomb = codec.encode(bytes(16 * MIB))
        tracemalloc.start()
        try:
            with pytest.raises(CorruptDataError):
                codec.decode(bomb, size=1000)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        allowed = len(bomb) + 2 * MIB  # a copy of what was given, and tables
        assert peak < allowed, f"decoding {len(bomb):,} bytes to 1,000 took {peak:,} bytes of memory"

    @rule("A damaged frame may say any size: memory that is set aside for it before the block is read is not there.")
    def test_a_size_beyond_all_memory_is_refused(self, codec: Codec) -> None:
        for data in (codec.encode(b"to be or not to be" * 20), b"\xa5" * 40, b""):
            with pytest.raises(CorruptDataError):
                codec.decode(data, size=2**50)
