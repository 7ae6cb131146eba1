"""How the entries of a scope lie in its index: a head of 40 bytes, then 144 for each entry, in order of adding.

::

    head     0  4  "LXS1"                      record    0  16  the entry's id, drawn at random by who adds it
             4  4  dimension                            16   8  when it was added, float64, seconds since the epoch
             8 16  version: the id of the last write    24   8  from when on it is not live any more
            24  4  how many records                     32  32  label
            28  4  how many slots ``vec`` has           64  32  source: which session added it
            32  8  how long ``txt`` is                  96   8  sum of its vector
                                                       104   4  CRC-32 of its payload
                                                       108   4  length of its payload
                                                       112   4  dimension
                                                       116   4  1 where it has a label, else 0
                                                       120   8  sum of all that
                                                       128   8  its slot in ``vec``
                                                       136   8  where its payload begins in ``txt``

Integers are unsigned, little end first. A *sum* is that of the 32-bit words, each times a number of its own (`_weights`), modulo
2**64: every single word that changed shows, and of other damage all but one in four thousand million. It takes a tenth of the
time of a CRC of the same bytes, and each search of vectors that are not at hand waits for it. Slot and beginning are the
server's; what lies there must have the sum, or the CRC, that the record says.
"""

from __future__ import annotations

import struct
import zlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import attrs

from lixcore.ports.similarity_index import LABEL_BYTES, IndexEntry

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FORMAT: Final = b"LXS1"
HEAD_BYTES: Final = 40
RECORD_BYTES: Final = 144
ID_BYTES: Final = 16

_SUMMED_BYTES: Final = 120
_head: Final = struct.Struct("<4sI16sIIQ")
_fields: Final = struct.Struct("<16sdd32s32sQIIII")
_sum: Final = struct.Struct("<Q")
_NO_LABEL: Final = bytes(LABEL_BYTES)


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


def read_records(index: bytes, head: Head) -> NDArray[np.void]:
    """The records, oldest first, as a read-only structured array over ``index``; none is copied.

    Raises:
        ValueError: A record is damaged.
    """
    import numpy as np

    records = np.frombuffer(index, _record_type(), offset=HEAD_BYTES)
    words = np.frombuffer(index, "<u4", offset=HEAD_BYTES).reshape(head.count, RECORD_BYTES // 4)
    sound = sums(words[:, : _SUMMED_BYTES // 4]) == records["sum"]
    sound &= records["dimension"] == head.dimension
    sound &= records["slot"] < head.slots
    if not sound.all():
        raise ValueError(f"has a damaged record, number {int(sound.argmin())}")
    return records


def read_rows(vectors: bytes, head: Head, records: NDArray[np.void]) -> NDArray[np.float32]:
    """The vectors of the records, in their order.

    Raises:
        ValueError: They do not belong together; ``vectors`` may have been read after a write that ``records`` do not know of.
    """
    import numpy as np

    if len(vectors) != head.row_bytes:
        raise ValueError(f"has vectors of {len(vectors):,} bytes, not {head.row_bytes:,}")
    words = np.frombuffer(vectors, "<u4").reshape(head.slots, head.dimension)[records["slot"].astype(np.intp)]
    sound = sums(words) == records["row_sum"]
    if not sound.all():
        raise ValueError(f"has a vector that is not the one of its record, number {int(sound.argmin())}")
    return words.view("<f4")


def is_payload(record: Any, payload: bytes) -> bool:
    """Whether a payload is that of a record."""
    return len(payload) == int(record["length"]) and zlib.crc32(payload) == int(record["crc"])


def pack_entry(entry: IndexEntry, *, identifier: bytes, added: float, expires: float, source: bytes) -> tuple[bytes, bytes]:
    """A new entry's record, without the slot and where its payload begins, and its vector's bytes."""
    import numpy as np

    row = np.ascontiguousarray(entry.vector, "<f4")
    fields = _fields.pack(
        identifier,
        added,
        expires,
        entry.label or _NO_LABEL,
        source,
        int(sums(row.view("<u4")[np.newaxis])[0]),
        zlib.crc32(entry.payload),
        len(entry.payload),
        len(row),
        1 if entry.label else 0,
    )
    return fields + _sum.pack(int(sums(np.frombuffer(fields, "<u4")[np.newaxis])[0])), row.tobytes()


def sums(words: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """The sum of each row of some 32-bit words."""
    import numpy as np

    found: NDArray[np.uint64] = np.einsum("ij,j->i", words.astype(np.uint64), _weights(words.shape[1]))
    found += _weights(1)[0]  # so that nothing but zeros has no sum of zero
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


@lru_cache(maxsize=1)
def _record_type() -> np.dtype[np.void]:
    import numpy as np

    record: np.dtype[np.void] = np.dtype(
        [
            ("id", "V16"),
            ("added", "<f8"),
            ("expires", "<f8"),
            ("label", "V32"),
            ("source", "V32"),
            ("row_sum", "<u8"),
            ("crc", "<u4"),
            ("length", "<u4"),
            ("dimension", "<u4"),
            ("has_label", "<u4"),
            ("sum", "<u8"),
            ("slot", "<u8"),
            ("begin", "<u8"),
        ]
    )
    return record
