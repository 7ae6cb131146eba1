"""The embedding of a URL as the bytes that a store keeps, and back; and the key that it is kept under.

A record is little-endian and has four parts:

* 12 bytes: ``LxUE``, the version (1), the type of the numbers (1 float32, 2 float16), the length of the model's name in bytes
  (16 bits), the dimension (32 bits); then the name of the model in UTF-8, and zeros up to the next multiple of 8 bytes, so that
  the numbers can be used where they lie;
* when it was made (float64, seconds since the epoch), and how long that took (float64, seconds; NaN where it is not known);
* the numbers;
* the CRC-32 of all before it.
"""

from __future__ import annotations

import hashlib
import math
import struct
import zlib
from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final

import msgspec

from lixcore.domain.embedding import MAX_DIMENSION
from lixcore.errors import CorruptDataError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MAGIC: Final = b"LxUE"
_VERSION: Final = 1
_FLOAT32, _FLOAT16 = 1, 2
_WIDTHS: Final = {_FLOAT32: 4, _FLOAT16: 2}
_CODE_OF_WIDTH: Final = {width: code for code, width in _WIDTHS.items()}
_HEAD: Final = struct.Struct("<4sBBHI")
_TIMES: Final = struct.Struct("<dd")
_CHECK_BYTES: Final = 4
_ALIGNED: Final = 8
_CRC_OF_WHOLE: Final = 0x2144DF1C  # of any bytes with their own CRC-32 behind them, low byte first: a property of the checksum


# msgspec builds these in C: a batch of a thousand is a thousand of them.
class StoredEmbedding(msgspec.Struct, frozen=True, eq=False, gc=False):
    """What a record holds.

    Attributes:
        vector: float32 of shape (dimension,), read-only; it shares nothing that can change.
        created: When it was made, in seconds since the epoch.
        seconds: How long that took; None where it is not known.
    """

    vector: NDArray[np.float32]
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
    head = _head(model, _CODE_OF_WIDTH[numbers.itemsize], numbers.shape[1])
    head += _TIMES.pack(created, math.nan if seconds is None else seconds)
    crc32, crc_of_head, width = zlib.crc32, zlib.crc32(head), numbers.shape[1] * numbers.itemsize
    data = memoryview(numbers.tobytes())
    rows = [data[start : start + width] for start in range(0, len(data), width)]
    return [b"".join((head, row, crc32(row, crc_of_head).to_bytes(_CHECK_BYTES, "little"))) for row in rows]


def decode_embeddings(records: Iterable[bytes | None], model: str) -> list[StoredEmbedding | CorruptDataError | None]:
    """Return what each of some records holds; None for each that is missing.

    In the place of one that is damaged, or that is no record or another model's, stands the error that says so: the others can
    be used all the same.

    Args:
        records: What `encode_embeddings` made.
        model: The name of the model that must have made the embeddings.
    """
    frombuffer, wide, types = _numpy()
    found: list[StoredEmbedding | CorruptDataError | None] = []
    head, size, kept, dimension, start, seconds, created = b"", -1, wide, 0, 0, None, 0.0
    for record in records:
        if record is None:
            found.append(None)
            continue
        if len(record) != size or not record.startswith(head):  # those of a batch begin alike, times and all
            try:
                plain, code, dimension = _checked_head(record, model)
            except CorruptDataError as error:
                found.append(error)
                continue
            size, kept, start = len(record), types[code], len(plain) + _TIMES.size
            head = record[:start]
            created, seconds = _TIMES.unpack_from(record, len(plain))
            if seconds != seconds:  # noqa: PLR0124  # NaN is none
                seconds = None
        if zlib.crc32(record) != _CRC_OF_WHOLE:
            found.append(_corrupt("has a wrong checksum"))
            continue
        vector = frombuffer(record, kept, dimension, start)
        if kept is not wide:
            vector = vector.astype(wide)
            vector.setflags(write=False)
        found.append(StoredEmbedding(vector, created, seconds))
    return found


@cache  # imported when it is needed first, and then at hand
def _numpy() -> tuple[Callable[..., NDArray[np.float32]], np.dtype[np.float32], dict[int, np.dtype[Any]]]:
    import numpy as np

    wide: np.dtype[np.float32] = np.dtype("<f4")
    return np.frombuffer, wide, {_FLOAT32: wide, _FLOAT16: np.dtype("<f2")}


@lru_cache(maxsize=16)
def _head(model: str, code: int, dimension: int) -> bytes:
    name = model.encode()
    head = _HEAD.pack(_MAGIC, _VERSION, code, len(name), dimension) + name
    return head + bytes(-len(head) % _ALIGNED)


def _checked_head(record: bytes, model: str) -> tuple[bytes, int, int]:
    """The first part of a record of a model, the code of its type of numbers, and how many they are."""
    size = len(record)
    if size < _HEAD.size:
        raise _corrupt(f"has only {size} bytes")
    magic, version, code, named, dimension = _HEAD.unpack_from(record)
    if magic != _MAGIC or version != _VERSION:
        raise _corrupt(f"begins with {record[:5].hex(' ')}: it is no embedding, or one of a later version")
    width = _WIDTHS.get(code)
    if width is None or not 1 <= dimension <= MAX_DIMENSION:
        raise _corrupt(f"has numbers of type {code} and dimension {dimension:,}")
    start = _HEAD.size + named
    start += -start % _ALIGNED
    whole = start + _TIMES.size + dimension * width + _CHECK_BYTES
    if size != whole:
        raise _corrupt(f"has {size:,} bytes, not {whole:,}")
    head = _head(model, code, dimension)
    if not record.startswith(head):
        raise _corrupt("was made by another model than its key says")
    return head, code, dimension


def _corrupt(reason: str) -> CorruptDataError:
    return CorruptDataError("a cached embedding", reason)
