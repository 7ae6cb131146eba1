"""The predecessor's compressed stream, HCv1, in both directions.

::

    "HCv1"   length uint32   symbols uint16   (symbol byte, code length byte)*   padding uint32   bits …

Integers are little-endian; the symbols are sorted by code length, then value; bits are most significant first, in canonical
codes of that order, and ``padding`` zero bits fill the last byte. Nothing is the ten bytes of ``HCv1`` and six zeros.
"""

from __future__ import annotations

import struct
from typing import Any, ClassVar, Final, Self

import attrs
import numpy as np

from lixcore.errors import CorruptDataError, InvalidInputError
from lixcore.ports.adapter import AdapterContext
from lixcore_huffman.codecs.deflate_codecs import NoOptions
from lixcore_huffman.codecs.hcv1_code import PrefixCode
from lixcore_huffman.codecs.hcv1_inflating import inflated
from lixcore_huffman.codecs.hcv1_jumping import LONGEST, jumped

_MAGIC: Final = b"HCv1"
_HEAD: Final = struct.Struct("<4sIH")
_PADDING: Final = struct.Struct("<I")
_EMPTY: Final = _HEAD.pack(_MAGIC, 0, 0)
_MAX_BYTES: Final = 2**32 - 1
_PIECE: Final = 65_536  # symbols whose bits are laid out at once, one a byte, before they are packed
_BITS: Final = bytes.maketrans(b"0", b"\0")
_FEW_STOPS: Final = 8  # zlib begins anew so often in the time that numpy takes to set up its tables
_WHERE: Final = "an hcv1 stream"


@attrs.frozen
class Hcv1Codec:
    """Reads what the predecessor wrote and writes what it can read, byte by byte Huffman codes.

    For archives that must stay readable to the predecessor; `HuffmanCodec` is faster and its blocks are smaller.
    """

    Options: ClassVar[type[Any]] = NoOptions

    name: ClassVar[str] = "hcv1"

    @classmethod
    def open(cls, options: NoOptions, context: AdapterContext) -> Self:  # noqa: ARG003  # there are none, and it needs nothing
        """Make the codec."""
        return cls()

    def encode(self, data: bytes) -> bytes:
        """Return the stream of ``data``; at most 526 bytes longer.

        Raises:
            InvalidInputError: ``data`` is 4 GiB or more, which the format cannot say.
        """
        if not data:
            return _EMPTY
        if len(data) > _MAX_BYTES:
            raise InvalidInputError("data", f"has {len(data):,} bytes; an hcv1 stream holds at most {_MAX_BYTES:,}")
        code = PrefixCode.of_counts(np.bincount(np.frombuffer(data, np.uint8)))
        packed, padding = _packed(code, data)
        table = bytearray(2 * len(code.symbols))
        table[::2], table[1::2] = code.symbols, code.lengths
        return b"".join([_HEAD.pack(_MAGIC, len(data), len(code.symbols)), table, _PADDING.pack(padding), packed])

    def decode(self, data: bytes, *, size: int) -> bytes:
        """Return the ``size`` bytes of a stream; raises `CorruptDataError` for anything else."""
        if stream_size(data) != size:
            raise CorruptDataError(_WHERE, f"holds {stream_size(data):,} bytes instead of {size:,}")
        if size == 0:
            if data != _EMPTY:
                raise CorruptDataError(_WHERE, "holds nothing and has bytes left over")
            return b""
        count = _HEAD.unpack_from(data)[2]
        table_end = _HEAD.size + 2 * count
        if len(data) < table_end + _PADDING.size:
            raise CorruptDataError(_WHERE, "ends within its table of codes")
        table = data[_HEAD.size : table_end]
        code = PrefixCode(symbols=table[::2], lengths=table[1::2])
        if (fault := code.fault()) is not None:
            raise CorruptDataError(_WHERE, fault)
        (padding,) = _PADDING.unpack_from(data, table_end)
        packed = data[table_end + _PADDING.size :]
        _check_padding(packed, padding)
        return _unpacked(code, packed, 8 * len(packed) - padding, size)


def stream_size(data: bytes) -> int:
    """How many bytes a stream says that it holds; nothing is decoded.

    Raises:
        CorruptDataError: It does not begin as an HCv1 stream.
    """
    if len(data) < _HEAD.size:
        raise CorruptDataError(_WHERE, "ends within its first ten bytes")
    magic, size, _ = _HEAD.unpack_from(data)
    if magic != _MAGIC:
        raise CorruptDataError(_WHERE, "does not begin with HCv1")
    return int(size)


def _packed(code: PrefixCode, data: bytes) -> tuple[bytes, int]:
    # The bits of all symbols, and how many zeros fill the last byte. numpy puts the codes side by side, each as wide as the
    # longest; what fills them up is deleted, and what is left is packed.
    words = np.array(code.words(), f"S{code.longest}")
    places = bytes.maketrans(code.symbols, bytes(range(len(code.symbols))))
    parts = []
    rest = b""
    for begin in range(0, len(data), _PIECE):
        piece = np.frombuffer(data[begin : begin + _PIECE].translate(places), np.uint8)
        bits = rest + words.take(piece).tobytes().translate(_BITS, b"\0")
        whole = len(bits) & ~7 if begin + _PIECE < len(data) else len(bits)
        parts.append(np.packbits(np.frombuffer(bits, np.uint8, count=whole)).tobytes())
        rest = bits[whole:]
    return b"".join(parts), -len(bits) % 8


def _check_padding(packed: bytes, padding: int) -> None:
    if not packed:
        raise CorruptDataError(_WHERE, "ends before its bits begin")
    if padding > 7 or packed[-1] & ((1 << padding) - 1):  # noqa: PLR2004  # a byte is filled up by 7 bits at most
        raise CorruptDataError(_WHERE, "has padding that no encoder writes")


def _unpacked(code: PrefixCode, packed: bytes, total_bits: int, size: int) -> bytes:
    if total_bits < size:  # no symbol has less than a bit
        raise CorruptDataError(_WHERE, f"has {total_bits:,} bits, too few for {size:,} bytes")
    if len(code.symbols) == 1:
        if any(packed):
            raise CorruptDataError(_WHERE, "uses a code that it does not define")
        plain, taken = code.symbols * size, size
    else:
        # A stop stands for one of the rarest symbols, of which there is about one in 2 to the power of its bits.
        decoder = inflated if code.longest > LONGEST or size >> code.longest <= _FEW_STOPS else jumped
        decoded = decoder(code, packed, size)
        if decoded is None:
            raise CorruptDataError(_WHERE, f"does not decode to {size:,} bytes")
        plain, taken = decoded
    if taken != total_bits:
        raise CorruptDataError(_WHERE, f"has {total_bits:,} bits where its {size:,} bytes take {taken:,}")
    return plain
