"""How an entry lies in its stream: ``<id> <nonce><deadline> <timestamp><payload>``.

Nonce and deadline are the field's name, timestamp and payload its value; all but the payload have eight bytes.

The nonce is drawn anew for every add. Because of it an add whose answer got lost can be sent again: the server finds the nonce
if the first one did arrive. Should the first one arrive even later than the second, readers see the nonce twice and drop the
later entry.

An entry whose id has more milliseconds than its deadline is *late*: nobody reads it; see `lixcore_redis.sessions.deadlines`.
What was restored has no deadline.
"""

from __future__ import annotations

import itertools
import os
import secrets
import struct
from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any, Final

from lixcore.domain.position import SEQUENCE_BITS, Entry
from lixcore_redis.transport.wire import SEQUENCES

NONCE_BYTES: Final = 8
FIELD_BYTES: Final = 16
_NONCES: Final = 1 << 8 * NONCE_BYTES

_timestamp: Final = struct.Struct("<d")
pack_timestamp: Final = _timestamp.pack
_deadline: Final = struct.Struct("<Q")
pack_deadline: Final = _deadline.pack
_split_field: Final = struct.Struct("<8sQ").unpack
# To call a number a position is a call as well, which this spares for each entry.
_entry: Final[Callable[[int, float, bytes], Entry]] = Entry  # type: ignore[assignment]  # a position is an int


class Nonces:
    """Numbers that no other add uses, in this process or another.

    They count from a random 64-bit start, so two processes meet only if they start closer together than they add messages:
    a thousand million adds each, a chance of one in ten thousand million. A forked child starts anew.
    """

    def __init__(self) -> None:
        self._pid = -1
        self._numbers = itertools.count()

    def draw(self) -> bytes:
        """The next one, as eight bytes."""
        if self._pid != os.getpid():
            self._numbers = itertools.count(secrets.randbelow(_NONCES))
            self._pid = os.getpid()
        return (next(self._numbers) % _NONCES).to_bytes(NONCE_BYTES, "little")


def entries_of(rows: Sequence[Any]) -> list[Entry]:
    """The entries of an answer to XRANGE, without those that were sent twice, and without late ones.

    Raises:
        ValueError: A row is not what lixcore writes.
    """
    unpack, split = _timestamp.unpack_from, _split_field
    entries = []
    nonces = set()
    total = 0.0
    try:
        for identifier, (field, value) in rows:
            # `wire.position_of`, written out: this loop is most of what a read costs here.
            milliseconds, _, sequence = identifier.partition(b"-")
            high = int(milliseconds)
            low = 0 if sequence == b"0" else int(sequence)  # nearly all are the first of their millisecond
            if low >= SEQUENCES:
                raise ValueError(f"a sequence of 2**{SEQUENCE_BITS} or more")
            if len(field) == FIELD_BYTES:
                nonce, deadline = split(field)
                if high > deadline:
                    continue
            elif len(field) == NONCE_BYTES:
                nonce = field
            else:
                raise ValueError(f"a field that has neither {NONCE_BYTES} nor {FIELD_BYTES} bytes")
            nonces.add(nonce)
            (timestamp,) = unpack(value)
            total += timestamp
            entries.append(_entry(high << SEQUENCE_BITS | low, timestamp, value[8:]))
    except (struct.error, TypeError) as error:
        raise ValueError(str(error)) from error
    # One that is not finite makes the sum so; enormous ones do that as well.
    if not isfinite(total) and not all(isfinite(entry.timestamp) for entry in entries):
        raise ValueError("a timestamp that is no finite number")
    if len(nonces) == len(entries):
        return entries
    return _without_repeats([row for row in rows if not _is_late(row)], entries)


def late_ids(rows: Sequence[Any]) -> list[bytes]:
    """The ids of those among the rows, all of which lixcore wrote, that came after their deadline."""
    return [row[0] for row in rows if _is_late(row)]


def _is_late(row: Any) -> bool:
    identifier, (field, _) = row
    return len(field) == FIELD_BYTES and int(identifier.partition(b"-")[0]) > _deadline.unpack_from(field, NONCE_BYTES)[0]


def _without_repeats(rows: Sequence[Any], entries: Sequence[Entry]) -> list[Entry]:
    seen: dict[bytes, bytes] = {}
    kept = []
    for (_, (field, value)), entry in zip(rows, entries, strict=True):
        nonce = field[:NONCE_BYTES]
        if seen.get(nonce) == value:
            continue
        seen[nonce] = value
        kept.append(entry)
    return kept
