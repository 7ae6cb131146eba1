"""How the entries of a scope lie in its index: a head of 40 bytes, then 136 for each entry, in order of adding.

::

    head     0  4  "LXS1"                      record    0  16  the entry's id, drawn at random by who adds it
             4  4  dimension                            16   8  when it was added, float64, seconds since the epoch
             8 16  version: the id of the last write    24   8  from when on it is not live any more
            24  4  how many records                     32  32  label
            28  4  how many slots ``vec`` has           64  32  source: which session added it
            32  8  how long ``txt`` is                  96   4  CRC-32 of its payload
                                                       100   4  length of its payload
                                                       104   8  1 where it has a label, else 0
                                                       112   8  sum of its vector and all that
                                                       120   8  its slot in ``vec``
                                                       128   8  where its payload begins in ``txt``

Integers are unsigned, little end first. The *sum* is that of the 32-bit words, each times a number of its own (`_weights`), and
of the first of these numbers, modulo 2**64: every single word that changed shows, and of other damage all but one in four
thousand million. It takes half the time of a CRC of the same bytes, and each search of vectors that are not at hand waits for
it. Slot and beginning are the server's; what lies there must have the sum, or the CRC, that the record says.
"""

from __future__ import annotations

import struct
import zlib
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import attrs

from lixcore.ports.similarity_index import LABEL_BYTES, IndexEntry

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FORMAT: Final = b"LXS1"
HEAD_BYTES: Final = 40
RECORD_BYTES: Final = 136
ID_BYTES: Final = 16

_NO_LABEL: Final = bytes(LABEL_BYTES)
_LONGS: Final = RECORD_BYTES // 8
_SUMMED_WORDS: Final = 28
_ADDED, _EXPIRES, _SUM, _SLOT = 2, 3, 14, 15
_LABEL: Final = 32
_head: Final = struct.Struct("<4sI16sIIQ")
_fields: Final = struct.Struct("<16sdd32s32sIIQ")
_sum: Final = struct.Struct("<Q")
_payload: Final = struct.Struct("<16s80xII24xQ")
_mark: Final = struct.Struct("<104xQ")


@attrs.frozen
class Head:
    """What the index says about itself.

    Attributes:
        dimension: Of its vectors.
        count: How many records there are.
        slots: How many vectors fit into ``vec``.
        text_bytes: How long ``txt`` is.
    """

    dimension: int
    count: int
    slots: int
    text_bytes: int

    @property
    def row_bytes(self) -> int:
        """How long ``vec`` is."""
        return 4 * self.dimension * self.slots


def read_head(index: bytes) -> Head:
    """The head of an index, which agrees with the index's length.

    Raises:
        ValueError: lixcore did not write it.
    """
    if len(index) < HEAD_BYTES or not index.startswith(FORMAT):
        raise ValueError("does not begin as lixcore's indexes do")
    _, dimension, _, count, slots, text_bytes = _head.unpack_from(index)
    if len(index) != HEAD_BYTES + RECORD_BYTES * count:
        raise ValueError(f"is {len(index):,} bytes long, which is not what {count:,} records take")
    if not dimension or not 1 <= count <= slots:
        raise ValueError(f"names {count:,} records, {slots:,} slots and the dimension {dimension:,}")
    return Head(dimension, count, slots, text_bytes)


def read_rows(index: bytes, vectors: bytes, head: Head) -> NDArray[np.float32]:
    """The vectors of an index's records, in their order, after every record was checked.

    Raises:
        ValueError: They do not belong together: one of the two is damaged, or was read after a write that the other lacks.
    """
    import numpy as np

    if len(vectors) != head.row_bytes:
        raise ValueError(f"has vectors of {len(vectors):,} bytes, not {head.row_bytes:,}")
    longs = np.frombuffer(index, "<u8", offset=HEAD_BYTES).reshape(head.count, _LONGS)
    try:
        rows = np.frombuffer(vectors, "<u4").reshape(head.slots, head.dimension).take(longs[:, _SLOT].view("<i8"), axis=0)
    except IndexError:
        raise ValueError("names a slot that is not there") from None
    wide = np.empty((head.count, head.dimension + _SUMMED_WORDS), np.uint64)
    wide[:, : head.dimension] = rows
    wide[:, head.dimension :] = np.frombuffer(index, "<u4", offset=HEAD_BYTES).reshape(head.count, -1)[:, :_SUMMED_WORDS]
    # Compared as bytes: a tenth of the time that numpy takes to look for one that is not equal.
    if _sums(wide).tobytes() != longs[:, _SUM].tobytes():
        raise ValueError("has a record, or a vector, that is damaged")
    return rows.view("<f4")


def read_times(index: bytes, head: Head) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """When each entry was added, and from when on it is not live."""
    import numpy as np

    times = np.frombuffer(index, "<f8", offset=HEAD_BYTES).reshape(head.count, _LONGS)
    return times[:, _ADDED], times[:, _EXPIRES]


@attrs.frozen
class Place:
    """Where a payload is.

    Attributes:
        identifier: The entry's id.
        begin: Where it begins in ``txt``.
        length: How long it is.
        crc: Its CRC-32.
    """

    identifier: bytes
    begin: int
    length: int
    crc: int

    def holds(self, payload: bytes) -> bool:
        """Whether these bytes are the payload."""
        return len(payload) == self.length and zlib.crc32(payload) == self.crc


def place_of(index: bytes, row: int) -> Place:
    """Where the payload of an entry is."""
    identifier, crc, length, begin = _payload.unpack_from(index, HEAD_BYTES + RECORD_BYTES * row)
    return Place(identifier, begin, length, crc)


def identifiers(index: bytes) -> list[bytes]:
    """The ids of the entries."""
    return [index[at : at + ID_BYTES] for at in range(HEAD_BYTES, len(index), RECORD_BYTES)]


def labelled(index: bytes, label: bytes) -> list[int]:
    """Which entries have a label, newest first."""
    rows = []
    at = index.rfind(label)
    while at >= HEAD_BYTES:
        row, place = divmod(at - HEAD_BYTES, RECORD_BYTES)
        if place == _LABEL and _mark.unpack_from(index, HEAD_BYTES + RECORD_BYTES * row)[0]:
            rows.append(row)
        at = index.rfind(label, 0, at + len(label) - 1)
    return rows


def pack_entry(entry: IndexEntry, *, identifier: bytes, added: float, expires: float, source: bytes) -> tuple[bytes, bytes]:
    """A new entry's record, without the slot and where its payload begins, and its vector's bytes."""
    import numpy as np

    row = np.ascontiguousarray(entry.vector, "<f4").tobytes()
    fields = _fields.pack(
        identifier,
        added,
        expires,
        entry.label or _NO_LABEL,
        source,
        zlib.crc32(entry.payload),
        len(entry.payload),
        1 if entry.label else 0,
    )
    words = np.frombuffer(row + fields, "<u4").astype(np.uint64)
    return fields + _sum.pack(int(_sums(words[np.newaxis])[0])), row


def _sums(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The sum of each row of some 32-bit words."""
    import numpy as np

    weights = _weights(words.shape[1])
    found: NDArray[np.uint64] = np.einsum("ij,j->i", words, weights)
    found += weights[0]  # so that nothing but zeros has no sum of zero
    return found


@lru_cache(maxsize=16)
def _weights(count: int) -> NDArray[np.uint64]:
    """Odd numbers that look random: the outputs of SplitMix64 from the seed 0, each with its lowest bit set."""
    import numpy as np

    mixed = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed ^= mixed >> np.uint64(shift)
        mixed *= np.uint64(factor)
    mixed ^= mixed >> np.uint64(31)
    mixed |= np.uint64(1)
    mixed.setflags(write=False)
    return mixed
