"""How the entries of a scope lie in its index: a head of 40 bytes, then 136 for each entry, in order of adding.

::

    head     0  4  "LXS1"                      record    0  16  the entry's id, drawn at random by who adds it
             4  4  dimension                            16   8  when it was added, float64, seconds since the epoch
             8 16  version: the id of the last write    24   8  from when on it is not live any more
            24  4  how many records                     32  32  label
            28  4  how many slots ``vec`` has           64  32  source: which session added it
            32  8  how long ``txt`` is                  96   4  CRC-32 of its payload
                                                       100   4  length of its payload
                                                       104   4  1 where it has a label, else 0
                                                       108   4  dimension
                                                       112   8  CRC-32 of all that and of its vector behind it
                                                       120   8  its slot in ``vec``
                                                       128   8  where its payload begins in ``txt``

Integers are unsigned, little end first. What a search finds is checked before it is given; what it passes over is not. So an
entry that is damaged is not found, or it is an error: it never gives a wrong answer. Slot and beginning are the server's, and
come after the sums: what lies there must have the CRC that the record says.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Final, NamedTuple

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
_SUMMED_BYTES: Final = 112
_ADDED, _EXPIRES, _SLOT = 2, 3, 15
_LABEL: Final = 32
_head: Final = struct.Struct("<4sI16sIIQ")
_fields: Final = struct.Struct("<16sdd32s32sIIII")
_crc: Final = struct.Struct("<Q")
_times: Final = struct.Struct("<16xdd")
_payload: Final = struct.Struct("<16s80xII24xQ")
_mark: Final = struct.Struct("<104xI")
_dimension: Final = struct.Struct("<108xI")


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
    if not dimension or not 1 <= count <= slots or dimension != _dimension.unpack_from(index, HEAD_BYTES)[0]:
        raise ValueError(f"names {count:,} records, {slots:,} slots and the dimension {dimension:,}")
    return Head(dimension, count, slots, text_bytes)


def read_rows(index: bytes, vectors: bytes, head: Head) -> NDArray[np.float32]:
    """The vectors of an index's records, in their order; see `is_sound`.

    Raises:
        ValueError: They do not belong together.
    """
    import numpy as np

    if len(vectors) != head.row_bytes:
        raise ValueError(f"has vectors of {len(vectors):,} bytes, not {head.row_bytes:,}")
    slots = np.ndarray(head.count, "<i8", index, HEAD_BYTES + 8 * _SLOT, RECORD_BYTES)
    try:
        return np.ndarray((head.slots, head.dimension), "<f4", vectors).take(slots, axis=0)
    except IndexError:
        raise ValueError("names a slot that is not there") from None


def is_sound(index: bytes, row: int, vector: NDArray[np.float32]) -> bool:
    """Whether a record and its vector are as they were added."""
    begin = HEAD_BYTES + RECORD_BYTES * row
    end = begin + _SUMMED_BYTES
    crc: int = _crc.unpack_from(index, end)[0]
    return zlib.crc32(vector.tobytes(), zlib.crc32(index[begin:end])) == crc


def read_times(index: bytes, head: Head) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """When each entry was added, and from when on it is not live."""
    import numpy as np

    added, expires = (np.ndarray(head.count, "<f8", index, HEAD_BYTES + 8 * place, RECORD_BYTES) for place in (_ADDED, _EXPIRES))
    return added, expires


def times_of(index: bytes, row: int) -> tuple[float, float]:
    """The same of one entry."""
    added, expires = _times.unpack_from(index, HEAD_BYTES + RECORD_BYTES * row)
    return added, expires


class Place(NamedTuple):
    """Where a payload is: the entry's id, where it begins in ``txt``, how long it is, and its CRC-32."""

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
        len(entry.vector),
    )
    return fields + _crc.pack(zlib.crc32(row, zlib.crc32(fields))), row
