"""What all parts of the codec's contract use: a codec, and blocks of many kinds."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Final, TypeAlias

import pytest
from hypothesis import strategies as st

from lixcore.ports.codec import Codec
from lixcore.testing.ground.contract import Contract
from lixcore.testing.ground.places import PlacedBy

OpenCodec: TypeAlias = Callable[[], Codec]
"""Opens the codec again and again."""

MIB: Final = 1 << 20

_FEW_SYMBOLS = st.sampled_from([b"a", b"ab", b"abc", b"etaoin shrdlu"]).flatmap(
    lambda alphabet: st.lists(st.sampled_from(alphabet), max_size=600).map(bytes)
)
BLOCKS = st.binary(max_size=600) | _FEW_SYMBOLS | st.text(max_size=300).map(str.encode)
"""Bytes that cannot be made smaller, bytes that can, and text of all scripts."""


class CodecGround(Contract):
    """Gives the parts of the contract their codecs."""

    prefix: ClassVar[str] = "codec"
    placed_by: ClassVar[PlacedBy] = "nothing"

    @pytest.fixture
    def open_codec(self, open_adapter: OpenCodec) -> OpenCodec:
        """Opens the codec again and again."""
        return open_adapter

    @pytest.fixture
    def codec(self, open_codec: OpenCodec) -> Codec:
        """A codec."""
        return open_codec()
