"""Getting a damaged file header back, where what it was is certain."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Final

import attrs

from lixcore.domain.position import MAX_POSITION, ORIGIN, Position
from lixcore_huffman.format.file_header import (
    MARK_AT,
    MARK_BYTES,
    MAX_HEADER_BYTES,
    DamagedHeaderError,
    FileHeader,
    NewerVersionError,
    decode_file_header,
)
from lixcore_huffman.format.varint import TruncatedError, read_varint

_BODY_AT: Final = MARK_AT + MARK_BYTES + 2
_CRC_BYTES: Final = 4
_MAX_TRIED: Final = 600  # bytes of a header in which each change of one byte is tried: 0.2 s


@attrs.frozen
class MendedHeader:
    """A header that was damaged.

    Attributes:
        header: What it said.
        is_certain: Whether all of it is; else its ids are, by the file's name, and the rest is as it was found.
    """

    header: FileHeader
    is_certain: bool


def mended_header(data: bytes, mark: bytes, is_named: Callable[[str, str], bool]) -> MendedHeader | None:
    """The header that ``data`` began with before it was damaged; None when that cannot be known.

    One changed byte is found by the checksum. Of more, the ids are known when the file's name, which is their digest, says that
    they are right.

    Args:
        data: The first `MAX_HEADER_BYTES` of the file, or all of it.
        mark: What frames of the file begin with, where that is known.
        is_named: Whether the file's name is that of a session: id, tenant.
    """
    as_found = _read_as_found(data, mark)
    ends = [_BODY_AT + int.from_bytes(data[_BODY_AT - 2 : _BODY_AT], "little")]
    if as_found is not None:
        ends.insert(0, as_found.size - _CRC_BYTES)
    for end in dict.fromkeys(ends):
        if _BODY_AT <= end <= _MAX_TRIED and end + _CRC_BYTES <= len(data):
            for header in _one_byte_away(data[: end + _CRC_BYTES]):
                if _is_plain_tombstone(header) or (header.id and is_named(header.id, header.tenant)):
                    return MendedHeader(header, is_certain=True)
    if as_found is not None and as_found.id and is_named(as_found.id, as_found.tenant):
        return MendedHeader(as_found, is_certain=False)
    return None


def _is_plain_tombstone(header: FileHeader) -> bool:
    return not header.id and not header.tenant and header.created_at == 0.0


def _one_byte_away(data: bytes) -> Iterator[FileHeader]:
    """Every header with a right checksum that differs from ``data`` in one byte."""
    changed = bytearray(data)
    view = memoryview(changed)
    body, stored = view[:-_CRC_BYTES], view[-_CRC_BYTES:]
    for at, original in enumerate(data):
        for value in range(256):
            changed[at] = value
            if zlib.crc32(body) == int.from_bytes(stored, "little"):
                try:
                    yield decode_file_header(bytes(changed))
                except (DamagedHeaderError, NewerVersionError):
                    continue
        changed[at] = original


def _read_as_found(data: bytes, mark: bytes) -> FileHeader | None:
    """What the fields say, whatever the checksum does; None when they make no sense."""
    try:
        created_at = float(struct.unpack_from("<d", data, _BODY_AT + 1)[0])
        forgotten_through, at = read_varint(data, _BODY_AT + 9)
        texts = []
        for _ in range(2):
            length, at = read_varint(data, at)
            if at + length > min(len(data), MAX_HEADER_BYTES):
                return None
            texts.append(data[at : at + length].decode())
            at += length
    except (TruncatedError, UnicodeDecodeError, struct.error):
        return None
    through = Position(forgotten_through) if forgotten_through <= MAX_POSITION else ORIGIN
    return FileHeader(texts[0], texts[1], created_at, through, mark, at + _CRC_BYTES)
