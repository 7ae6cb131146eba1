"""Opening an adapter as the core opens it, with nothing of any other adapter."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

from lixcore.errors import CorruptDataError
from lixcore.ports.adapter import AdapterContext
from lixcore.ports.clock import Clock


class ZlibCodec:
    """A codec from the standard library, so that no other adapter is needed to test an archive."""

    name = "suite-zlib"

    def encode(self, data: bytes) -> bytes:
        """See `lixcore.ports.codec.Codec`."""
        return zlib.compress(data, 1)

    def decode(self, data: bytes, *, size: int) -> bytes:
        """See `lixcore.ports.codec.Codec`."""
        inflater = zlib.decompressobj()
        try:
            decoded = inflater.decompress(data, size + 1)
        except zlib.error as error:
            raise CorruptDataError("a frame", str(error)) from error
        if len(decoded) != size or not inflater.eof or inflater.unused_data:
            raise CorruptDataError("a frame", f"is not exactly {size:,} bytes")
        return decoded


def context_for(clock: Clock, archive_dir: Path) -> AdapterContext:
    """What the core would give an adapter: this clock, this directory for archives, and `ZlibCodec`."""
    codec = ZlibCodec()
    codecs: dict[str, ZlibCodec] = {codec.name: codec}
    return AdapterContext(clock=clock, codec_name=codec.name, codec_named=codecs.__getitem__, archive_dir=archive_dir)


def open_adapter(adapter: Any, options: Any, clock: Clock, archive_dir: Path) -> Any:
    """Open an adapter with this clock and this directory for archives."""
    return adapter.open(options, context_for(clock, archive_dir))
