"""The embedding of a URL as the bytes that a store keeps, and back; and the key that it is kept under.

A record is little-endian and has four parts:

* 28 bytes: ``LxUE``, the version (1), the type of the numbers (1 float32, 2 float16), the length of the model's name in bytes
  (16 bits), the dimension (32 bits), when it was made (float64, seconds since the epoch), how long that took (float64, seconds;
  NaN where it is not known);
* the name of the model in UTF-8, and zeros up to the next multiple of 8 bytes from the beginning, so that the numbers can be used
  where they lie;
* the numbers;
* the CRC-32 of all before it.
"""

from __future__ import annotations

import hashlib
import math
import struct
import zlib
from typing import TYPE_CHECKING, Final

import msgspec

from lixcore.domain.embedding import MAX_DIMENSION
from lixcore.domain.embedding_batch import DType
from lixcore.errors import CorruptDataError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MAGIC: Final = b"LxUE"
_VERSION: Final = 1
_CODES: Final[dict[str, int]] = {"float32": 1, "float16": 2}
_WIDTHS: Final = {1: 4, 2: 2}
_HEAD: Final = struct.Struct("<4sBBHIdd")
_CHECK_BYTES: Final = 4
_ALIGNED: Final = 8
_CRC_OF_WHOLE: Final = 0x2144DF1C  # of any bytes with their own CRC-32 behind them, low byte first: a property of the checksum


# msgspec builds these in C: a batch of a thousand is a thousand of them.
class StoredEmbedding(msgspec.Struct, frozen=True, eq=False, gc=False):
    """What a record holds.

    Attributes:
        vector: float32 of shape (dimension,), read-only; it shares nothing that can change.
        dtype: How it is stored.
        created: When it was made, in seconds since the epoch.
        seconds: How long that took; None where it is not known.
    """

    vector: NDArray[np.float32]
    dtype: DType
    created: float
    seconds: float | None


def embedding_key(model: str, url: str) -> bytes:
    """32 bytes that stand for the embedding that a model made of a URL: SHA-256.

    Other models and other texts have other keys: the length of each goes in before it.

    Args:
        model: The model's name.
        url: The URL's normal form.
    """
    name, text = model.encode(), url.encode()
    return hashlib.sha256(b"%b%b%b%b" % (len(name).to_bytes(4, "big"), name, len(text).to_bytes(4, "big"), text)).digest()


def encode_embeddings(
    numbers: NDArray[np.float32] | NDArray[np.float16], *, model: str, created: float, seconds: float | None
) -> list[bytes]:
    """Return the records of embeddings that were made together.

    Args:
        numbers: What `lixcore.domain.embedding_batch.stored_numbers` gives, of shape (count, dimension).
        model: The name of the model that made them, checked.
        created: When, in seconds since the epoch.
        seconds: How long each of them took; None where that is not known.
    """
    name = model.encode()
    width = numbers.shape[1] * numbers.itemsize
    took = math.nan if seconds is None else seconds
    head = _HEAD.pack(_MAGIC, _VERSION, _CODES[numbers.dtype.name], len(name), numbers.shape[1], created, took) + name
    head += bytes(-len(head) % _ALIGNED)
    crc_of_head = zlib.crc32(head)
    crc32, data = zlib.crc32, memoryview(numbers.tobytes())
    rows = (data[start : start + width] for start in range(0, len(data), width))
    return [b"".join((head, row, crc32(row, crc_of_head).to_bytes(_CHECK_BYTES, "little"))) for row in rows]


def decode_embedding(record: bytes, model: str) -> StoredEmbedding:
    """Return what a record holds.

    Args:
        record: What `encode_embeddings` made.
        model: The name of the model that must have made the embedding.

    Raises:
        CorruptDataError: It is no such record, or damaged, or of another model.
    """
    import numpy as np

    size = len(record)
    if size < _HEAD.size:
        raise _corrupt(f"has only {size} bytes")
    magic, version, code, named, dimension, created, seconds = _HEAD.unpack_from(record)
    if magic != _MAGIC or version != _VERSION:
        raise _corrupt(f"begins with {record[:5].hex(' ')}: it is no embedding, or one of a later version")
    width = _WIDTHS.get(code)
    if width is None or not 1 <= dimension <= MAX_DIMENSION:
        raise _corrupt(f"has numbers of type {code} and dimension {dimension:,}")
    start = _HEAD.size + named
    start += -start % _ALIGNED
    if size != start + dimension * width + _CHECK_BYTES:
        raise _corrupt(f"has {size:,} bytes, not {start + dimension * width + _CHECK_BYTES:,}")
    if zlib.crc32(record) != _CRC_OF_WHOLE:
        raise _corrupt("has a wrong checksum")
    if record[_HEAD.size : _HEAD.size + named] != model.encode():
        raise _corrupt("was made by another model than its key says")
    took = None if seconds != seconds else seconds  # noqa: PLR0124  # NaN is none
    if width == _WIDTHS[1]:
        return StoredEmbedding(np.frombuffer(record, "<f4", dimension, start), "float32", created, took)
    vector = np.frombuffer(record, "<f2", dimension, start).astype(np.float32)
    vector.setflags(write=False)
    return StoredEmbedding(vector, "float16", created, took)


def _corrupt(reason: str) -> CorruptDataError:
    return CorruptDataError("a cached embedding", reason)
