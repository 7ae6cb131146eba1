"""A session's file: a head of one line, whose it is, then a line for each message.

A message is added at the end, where nobody looks yet. Then the head is written over,
which says where the end is now: a process that dies between the two has added nothing.
Each line begins with a checksum, so that damage is noticed; a file that is shorter than
its head says was cut off.
"""

from __future__ import annotations

import base64
import json
import os
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
from lixcore.domain.position import Entry, Position
from lixcore.domain.session import SessionKey
from lixcore.errors import CorruptDataError

_HEAD_WIDTH = 118  # every head is as long, so that it can be written over
_HEAD_BYTES = _HEAD_WIDTH + 10
_TIME = struct.Struct(">d")


@attrs.frozen
class Head:
    """What is known of a session without reading its messages.

    Attributes:
        active: When it was last used.
        highest: No later message may have this position, or one below it.
        held: How many messages there are.
        end: The bytes that count; what comes after them was never finished.
    """

    active: float
    highest: int
    held: int
    end: int


class SessionFile:
    """One session's file. Who uses it holds the lock of its shelf."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def exists(self) -> bool:
        """Whether the session is hot."""
        return self._path.exists()

    def head(self) -> Head | None:
        """None where the session is absent."""
        try:
            with self._path.open("rb") as file:
                line, size = file.read(_HEAD_BYTES), os.fstat(file.fileno()).st_size
        except FileNotFoundError:
            return None
        head = self._checked(line)
        active, highest, held, end = head
        if size < end:
            raise self._damage(f"has {size:,} bytes of {end:,}")
        return Head(active, highest, held, end)

    def owner(self) -> SessionKey:
        """Whose it is."""
        with self._path.open("rb") as file:
            file.seek(_HEAD_BYTES)
            tenant, name = self._checked(file.readline())
        return SessionKey(name, tenant)

    def entries(self, head: Head) -> list[Entry]:
        """All messages, oldest first."""
        with self._path.open("rb") as file:
            lines = file.read(head.end)[_HEAD_BYTES:].splitlines(keepends=True)[1:]
        if len(lines) != head.held:
            raise self._damage(f"has {len(lines):,} messages of {head.held:,}")
        return [self._entry(line) for line in lines]

    def add(self, entry: Entry, head: Head) -> Head:
        """Write one message at the end, and then that it counts."""
        line = _line(_fields(entry))
        grown = Head(head.active, entry.position, head.held + 1, head.end + len(line))
        with self._path.open("r+b") as file:
            file.seek(head.end)
            file.write(line)
            file.flush()
            file.seek(0)
            file.write(_head_line(grown))
        return grown

    def touch(self, head: Head, now: float) -> None:
        """Note that the session was used."""
        with self._path.open("r+b") as file:
            file.write(_head_line(attrs.evolve(head, active=now)))

    def write(
        self,
        session: SessionKey,
        entries: Sequence[Entry],
        *,
        active: float,
        highest: int,
    ) -> None:
        """Make the file anew, at once: whoever dies meanwhile leaves the old one."""
        lines = [
            _line([session.tenant, session.id]),
            *(_line(_fields(entry)) for entry in entries),
        ]
        body = b"".join(lines)
        head = Head(active, highest, len(entries), _HEAD_BYTES + len(body))
        self._new.write_bytes(_head_line(head) + body)
        os.replace(self._new, self._path)

    def remove(self) -> None:
        """Leave nothing of it, also of a writing that was not finished."""
        self._path.unlink(missing_ok=True)
        self._new.unlink(missing_ok=True)

    def size(self) -> int:
        """What it takes on the disk; 0 where there is none."""
        try:
            return self._path.stat().st_size
        except FileNotFoundError:
            return 0

    @property
    def _new(self) -> Path:
        return self._path.with_suffix(".new")

    def _entry(self, line: bytes) -> Entry:
        position, time, payload = self._checked(line)
        (timestamp,) = _TIME.unpack(bytes.fromhex(time))
        return Entry(Position(position), timestamp, base64.b64decode(payload))

    def _checked(self, line: bytes) -> Any:
        digest, text = line[:8], line[9:-1]
        if digest != b"%08x" % zlib.crc32(text) or not line.endswith(b"\n"):
            raise self._damage("has a line that its checksum does not fit")
        return json.loads(text)

    def _damage(self, reason: str) -> CorruptDataError:
        return CorruptDataError(str(self._path), reason)


def _fields(entry: Entry) -> list[Any]:
    return [
        entry.position,
        _TIME.pack(entry.timestamp).hex(),
        base64.b64encode(entry.payload).decode(),
    ]


def _line(value: Any, width: int = 0) -> bytes:
    text = json.dumps(value).encode().ljust(width)
    return b"%08x %s\n" % (zlib.crc32(text), text)


def _head_line(head: Head) -> bytes:
    return _line([head.active, head.highest, head.held, head.end], _HEAD_WIDTH)
