"""Codecs that are wrong, in one way each."""

from __future__ import annotations

import zlib
from typing import Any, ClassVar

from broken.case import broken
from broken.round_trips import round_trip
from lixcore.errors import CorruptDataError
from lixcore.ports.adapter import AdapterContext
from lixcore.testing import CodecContract
from lixcore_huffman import DeflateCodec


class _Zlib:
    """What the broken codecs have in common: zlib, used rightly unless a class says otherwise."""

    Options: ClassVar[type[Any]] = DeflateCodec.Options
    name = "zlib"

    @classmethod
    def open(cls, options: Any, context: AdapterContext) -> Any:  # noqa: ARG003  # every adapter is opened alike
        return cls()

    def encode(self, data: bytes) -> bytes:
        return zlib.compress(data, 1)

    def decode(self, data: bytes, *, size: int) -> bytes:
        inflater = zlib.decompressobj()
        try:
            decoded = inflater.decompress(data, size + 1)
        except zlib.error as error:
            raise CorruptDataError("a block", str(error)) from error
        if len(decoded) != size or not inflater.eof or inflater.unused_data:
            raise CorruptDataError("a block", f"is not exactly {size:,} bytes")
        return decoded


class DecodesTruncatedInput(_Zlib):
    """What there is of a block is better than nothing."""

    def decode(self, data: bytes, *, size: int) -> bytes:
        try:
            return zlib.decompressobj().decompress(data, max(size, 1))
        except zlib.error as error:
            raise CorruptDataError("a block", str(error)) from error


class IgnoresWhatFollows(_Zlib):
    """A block ends where its format says so."""

    def decode(self, data: bytes, *, size: int) -> bytes:
        inflater = zlib.decompressobj()
        try:
            inflater.decompress(data, size + 1)
        except zlib.error as error:
            raise CorruptDataError("a block", str(error)) from error
        return super().decode(data[: len(data) - len(inflater.unused_data)], size=size)


class TrustsTheBlock(_Zlib):
    """The block knows its size; the one that is given is not needed."""

    def decode(self, data: bytes, *, size: int) -> bytes:  # noqa: ARG002  # of the port
        try:
            return zlib.decompress(data)
        except zlib.error as error:
            raise CorruptDataError("a block", str(error)) from error


class PadsToTheSize(_Zlib):
    """The size that was asked for is the size that is given."""

    def decode(self, data: bytes, *, size: int) -> bytes:
        try:
            return zlib.decompress(data).ljust(size, b"\0")[:size]
        except zlib.error as error:
            raise CorruptDataError("a block", str(error)) from error


class RaisesErrorsOfItsOwn(_Zlib):
    """zlib's errors say what is wrong."""

    def decode(self, data: bytes, *, size: int) -> bytes:
        decoded = zlib.decompress(data)
        if len(decoded) != size:
            raise CorruptDataError("a block", "has another size")
        return decoded


class GivesNothingForGarbage(_Zlib):
    """What cannot be decoded has no content."""

    def decode(self, data: bytes, *, size: int) -> bytes:
        try:
            return super().decode(data, size=size)
        except CorruptDataError:
            return b""


class UnfoldsFirst(_Zlib):
    """It looks at the size when it has it."""

    def decode(self, data: bytes, *, size: int) -> bytes:
        try:
            decoded = zlib.decompress(data)
        except zlib.error as error:
            raise CorruptDataError("a block", str(error)) from error
        return super().decode(data, size=size) if len(decoded) == size else super().decode(b"", size=-1)


class SetsTheSizeAside(_Zlib):
    """Memory is set aside at once, so that nothing is copied twice."""

    def decode(self, data: bytes, *, size: int) -> bytes:
        room = bytearray(size)
        room[:] = super().decode(data, size=size)
        return bytes(room)


class KeepsItsWindow(_Zlib):
    """One stream for all blocks makes them smaller."""

    def __init__(self) -> None:
        self._packer = zlib.compressobj(9)
        self._unpacker = zlib.decompressobj()

    def encode(self, data: bytes) -> bytes:
        return self._packer.compress(data) + self._packer.flush(zlib.Z_SYNC_FLUSH)

    def decode(self, data: bytes, *, size: int) -> bytes:
        try:
            decoded = self._unpacker.decompress(data)
        except zlib.error as error:
            raise CorruptDataError("a block", str(error)) from error
        if len(decoded) != size:
            raise CorruptDataError("a block", "has another size")
        return decoded


class SharesABuffer(_Zlib):
    """The buffer is made once and used for every block, by whichever thread."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def encode(self, data: bytes) -> bytes:
        self._buffer[:] = super().encode(data)
        round_trip()
        return bytes(self._buffer)


class ReturnsItsBuffer(_Zlib):
    """A copy costs time."""

    def decode(self, data: bytes, *, size: int) -> bytes:
        return bytearray(super().decode(data, size=size))  # type: ignore[return-value]  # the bug


class TakesBytesForText(_Zlib):
    """Blocks are conversations, and those are text."""

    def encode(self, data: bytes) -> bytes:
        return super().encode(data.decode(errors="replace").encode())


class StripsWhitespace(_Zlib):
    """Blanks at the end mean nothing."""

    def encode(self, data: bytes) -> bytes:
        return super().encode(data.rstrip())


class HasNoEmptyBlock(_Zlib):
    """Nothing is encoded as nothing, and cannot be decoded."""

    def encode(self, data: bytes) -> bytes:
        return super().encode(data) if data else b""


class CountsInTwoBytes(_Zlib):
    """Blocks have 64 KiB: two bytes are enough for their length."""

    def encode(self, data: bytes) -> bytes:
        return (len(data) & 0xFFFF).to_bytes(2, "big") + super().encode(data)

    def decode(self, data: bytes, *, size: int) -> bytes:
        if data[:2] != size.to_bytes(8, "big")[-2:] or size > 0xFFFF:
            raise CorruptDataError("a block", "has another size")
        return super().decode(data[2:], size=size)


class OrdersByHash(_Zlib):
    """A table is ordered by hash values, which every process draws anew."""

    table = bytes(sorted(range(256), key=lambda symbol: hash(str(symbol))))

    def encode(self, data: bytes) -> bytes:
        return super().encode(data.translate(self.table))

    def decode(self, data: bytes, *, size: int) -> bytes:
        back = bytes(self.table.index(symbol) for symbol in range(256))
        return super().decode(data, size=size).translate(back)


class NamesItselfFreely(_Zlib):
    """The name says everything."""

    name = "zlib (level 1), mine"


C, RIGHT = CodecContract, DeflateCodec
_RULES: dict[type[_Zlib], tuple[str, ...]] = {
    DecodesTruncatedInput: ("a-truncated-block-is-refused",),
    IgnoresWhatFollows: ("bytes-left-over-are-refused",),
    TrustsTheBlock: ("another-size-is-refused",),
    PadsToTheSize: ("another-size-is-refused",),
    RaisesErrorsOfItsOwn: ("garbage-is-corrupt-data-and-no-other-error",),
    GivesNothingForGarbage: ("garbage-is-corrupt-data-and-no-other-error", "a-truncated-block-is-refused"),
    UnfoldsFirst: ("a-block-takes-no-more-memory-than-its-size",),
    SetsTheSizeAside: ("a-size-beyond-all-memory-is-refused",),
    KeepsItsWindow: ("a-block-needs-nothing-of-those-before-it", "another-object-reads-what-one-wrote"),
    SharesABuffer: ("threads-do-not-disturb-one-another",),
    ReturnsItsBuffer: ("any-bytes-come-back",),
    TakesBytesForText: ("any-bytes-come-back",),
    StripsWhitespace: ("any-bytes-come-back",),
    HasNoEmptyBlock: ("any-bytes-come-back",),
    CountsInTwoBytes: ("a-mebibyte-comes-back[one-symbol]",),
    OrdersByHash: ("another-process-reads-what-one-wrote",),
    NamesItselfFreely: ("its-name-can-stand-in-every-frame",),
}
CASES = [broken(C, adapter, *rules, right=RIGHT) for adapter, rules in _RULES.items()]
