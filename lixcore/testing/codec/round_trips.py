"""What every codec does with what it is given: it comes back."""

from __future__ import annotations

import random

import pytest
from hypothesis import example, given

from lixcore.ports.codec import Codec
from lixcore.testing.codec.codecs import BLOCKS, MIB, CodecGround
from lixcore.testing.ground.profiles import examples
from lixcore.testing.ground.rules import rule


class CodecRoundTrips(CodecGround):
    """Any bytes, of any size."""

    @rule("Blocks hold encoded messages: bytes of any kind, of which one that changes makes the whole block unreadable.")
    def test_any_bytes_come_back(self, codec: Codec) -> None:
        @examples(100)
        @given(BLOCKS)
        @example(b"")
        @example(b"\0")
        @example(b" \n\0")
        @example(b" ends as it begins, with blanks\t\r\n ")
        @example(bytes(range(256)))
        @example(b"\xff" * 257)
        def check(data: bytes) -> None:
            encoded = codec.encode(data)
            assert type(encoded) is bytes
            decoded = codec.decode(encoded, size=len(data))
            assert type(decoded) is bytes
            assert decoded == data

        check()

    @rule("Short blocks fit into one piece of whatever a codec works in; those of long conversations do not.")
    @pytest.mark.parametrize(
        "data",
        [
            pytest.param(random.Random(1).randbytes(MIB), id="incompressible"),  # noqa: S311  # examples, and no secrets
            pytest.param(bytes(MIB), id="one-symbol"),
            pytest.param(bytes(range(256)) * (MIB // 256), id="all-symbols"),
            pytest.param(bytes(random.Random(2).choices(range(256), [0.8**n for n in range(256)], k=MIB)), id="skewed"),  # noqa: S311
            pytest.param(bytes(random.Random(3).choices(b"abcde", k=MIB + 1)), id="five-symbols"),  # noqa: S311
        ],
    )
    def test_a_mebibyte_comes_back(self, codec: Codec, data: bytes) -> None:
        assert codec.decode(codec.encode(data), size=len(data)) == data, "what was decoded is not what was encoded"

    @rule("Files are read in any order, from the middle, years later: a block must need nothing of those before it.")
    def test_a_block_needs_nothing_of_those_before_it(self, codec: Codec) -> None:
        blocks = [b"the same words, again and again " * count for count in range(1, 8)]
        encoded = [codec.encode(block) for block in blocks]
        for block, data in reversed(list(zip(blocks, encoded, strict=True))):
            assert codec.decode(data, size=len(block)) == block
            assert codec.decode(data, size=len(block)) == block
