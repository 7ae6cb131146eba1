"""Which codec a frame was written with."""

from __future__ import annotations

from collections.abc import Callable

from lixcore.errors import CorruptDataError
from lixcore.ports.codec import Codec
from lixcore_huffman.format.frame import Head

CodecNamed = Callable[[str], Codec]

STORED = "none"
"""The name for data that is stored as it is: it needs no codec at all."""


def decoded_block(head: Head, payload: bytes, codec_named: CodecNamed) -> bytes:
    """The block of a frame.

    Raises:
        CorruptDataError: The payload does not decode to it.
        UnknownAdapterError: Its codec is not installed.
    """
    if head.codec != STORED:
        return codec_named(head.codec).decode(payload, size=head.block_bytes)
    if len(payload) != head.block_bytes:
        raise CorruptDataError("a stored block", f"is {len(payload):,} bytes long, not {head.block_bytes:,}")
    return payload
