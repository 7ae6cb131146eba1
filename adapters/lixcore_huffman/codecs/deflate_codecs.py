"""Codecs on raw deflate (RFC 1951), by the standard library's zlib, and the codec that does nothing."""

from __future__ import annotations

import zlib
from typing import Any, ClassVar, Final, Self

import attrs

from lixcore.errors import CorruptDataError
from lixcore.ports.adapter import AdapterContext
from lixcore.ports.options import option

_RAW: Final = -zlib.MAX_WBITS


@attrs.frozen
class NoOptions:
    """Nothing can be set."""


@attrs.frozen
class DeflateOptions:
    """What can be set of `DeflateCodec`."""

    level: int = option(6, "How hard it tries to make data small: 1 is fastest, 9 is smallest.", at_least=1, at_most=9)


def _inflate(data: bytes, size: int, where: str) -> bytes:
    # One byte of room beyond the size shows that a stream is longer than it claims; a limit of zero would mean none at all.
    inflater = zlib.decompressobj(_RAW)
    try:
        plain = inflater.decompress(data, size + 1)
    except zlib.error as error:
        raise CorruptDataError(where, f"is not a deflate stream: {error}") from error
    if len(plain) > size:
        raise CorruptDataError(where, f"holds more than the {size:,} bytes that it should")
    if not inflater.eof:
        raise CorruptDataError(where, "ends before its stream does")
    if len(plain) != size:
        raise CorruptDataError(where, f"holds {len(plain):,} bytes instead of {size:,}")
    if inflater.unused_data:
        raise CorruptDataError(where, f"has {len(inflater.unused_data):,} bytes after its end")
    return plain


@attrs.frozen
class HuffmanCodec:
    """Canonical Huffman coding of bytes: a deflate stream of literals only, which any inflate reads.

    It keeps no dictionary and finds no repetitions: small blocks cost little more than their entropy, at zlib's speed.
    """

    Options: ClassVar[type[Any]] = NoOptions
    name: ClassVar[str] = "huffman"

    @classmethod
    def open(cls, options: NoOptions, context: AdapterContext) -> Self:  # noqa: ARG003  # there are none, and it needs nothing
        """Make the codec."""
        return cls()

    def encode(self, data: bytes) -> bytes:
        """Return the stream of ``data``; incompressible data grows by 5 bytes a block at most."""
        deflater = zlib.compressobj(zlib.Z_BEST_SPEED, zlib.DEFLATED, _RAW, zlib.DEF_MEM_LEVEL, zlib.Z_HUFFMAN_ONLY)
        return deflater.compress(data) + deflater.flush()

    def decode(self, data: bytes, *, size: int) -> bytes:
        """Return the ``size`` bytes of a stream; raises `CorruptDataError` for anything else."""
        return _inflate(data, size, "a huffman block")


@attrs.frozen
class DeflateCodec:
    """Full deflate: repetitions, then Huffman coding. Smaller than `HuffmanCodec` and slower to write."""

    Options: ClassVar[type[Any]] = DeflateOptions
    name: ClassVar[str] = "deflate"

    level: int = 6

    @classmethod
    def open(cls, options: DeflateOptions, context: AdapterContext) -> Self:  # noqa: ARG003  # it needs nothing of the core
        """Make the codec."""
        return cls(level=options.level)

    def encode(self, data: bytes) -> bytes:
        """Return the stream of ``data``; incompressible data grows by 5 bytes a block at most."""
        deflater = zlib.compressobj(self.level, zlib.DEFLATED, _RAW)
        return deflater.compress(data) + deflater.flush()

    def decode(self, data: bytes, *, size: int) -> bytes:
        """Return the ``size`` bytes of a stream; raises `CorruptDataError` for anything else."""
        return _inflate(data, size, "a deflate block")


@attrs.frozen
class NoneCodec:
    """Leaves bytes as they are."""

    Options: ClassVar[type[Any]] = NoOptions
    name: ClassVar[str] = "none"

    @classmethod
    def open(cls, options: NoOptions, context: AdapterContext) -> Self:  # noqa: ARG003  # there are none, and it needs nothing
        """Make the codec."""
        return cls()

    def encode(self, data: bytes) -> bytes:
        """Return ``data``."""
        return data

    def decode(self, data: bytes, *, size: int) -> bytes:
        """Return ``data`` if it is ``size`` bytes long; raises `CorruptDataError` if not."""
        if len(data) != size:
            raise CorruptDataError("an uncompressed block", f"holds {len(data):,} bytes instead of {size:,}")
        return data
