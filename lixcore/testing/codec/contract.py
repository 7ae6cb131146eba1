"""What every codec does: subclass `CodecContract` and name the adapter."""

from __future__ import annotations

from lixcore.testing.codec.damage import CodecDamage
from lixcore.testing.codec.lifetimes import CodecLifetimes
from lixcore.testing.codec.round_trips import CodecRoundTrips


class CodecContract(CodecRoundTrips, CodecDamage, CodecLifetimes):
    """The contract of `lixcore.ports.codec.Codec`.

    ::

        class TestMyCodec(CodecContract):
            adapter = MyCodec
    """
