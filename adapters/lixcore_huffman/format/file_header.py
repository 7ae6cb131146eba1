"""The beginning of a ``.huff`` file: whose it is.

::

    magic 4 | version 1 | mark 4 | body size 2 | body | crc32 of all before 4
    body: flags 1 | created_at float64 | forgotten_through | tenant size, tenant | id size, id      (numbers are varints)

The frame around the body is the same in every version, so that an old reader can tell a newer file from a damaged one.
A file whose id is empty is a tombstone: all that is left of a forgotten session.
"""

from __future__ import annotations

import os
import struct
import zlib
from typing import Final

import attrs

from lixcore.domain.position import MAX_POSITION, ORIGIN, Position
from lixcore.domain.session import MAX_ID_BYTES
from lixcore_huffman.format.varint import TruncatedError, append_varint, read_varint

MAGIC: Final = b"\x89HUF"
VERSION: Final = 1
MARK_AT: Final = 5
MARK_BYTES: Final = 4
MAX_HEADER_BYTES: Final = 2 * MAX_ID_BYTES + 64
_FIXED = struct.Struct("<4sB4sH")
_BODY = struct.Struct("<Bd")
_CRC = struct.Struct("<I")


class DamagedHeaderError(ValueError):
    """The bytes are not a file header; the message says what is wrong."""


class NewerVersionError(ValueError):
    """The header is whole, but of a format that this code does not know."""


def new_mark() -> bytes:
    """A mark for the frames of a new file; without zero bytes, since zeros are what a crash leaves at the end of a file."""
    while True:
        mark = os.urandom(MARK_BYTES)
        if 0 not in mark:
            return mark


@attrs.frozen
class FileHeader:
    """What stands at the beginning of a file.

    Attributes:
        tenant: Whose; empty in a tombstone.
        id: The session's id; empty in a tombstone.
        created_at: Seconds since the epoch; 0.0 in a tombstone.
        forgotten_through: Entries up to here were forgotten.
        mark: Four random bytes that begin every frame of this file: nobody who writes messages can know them, so no message
            can pass for a frame when a damaged file is searched for frames.
        size: How many bytes the header takes in the file; 0 for one that is not written yet.
    """

    tenant: str
    id: str
    created_at: float
    forgotten_through: Position = ORIGIN
    mark: bytes = attrs.field(factory=new_mark)
    size: int = attrs.field(default=0, eq=False)

    @property
    def is_tombstone(self) -> bool:
        """Whether the session was forgotten."""
        return not self.id


def encode_file_header(header: FileHeader) -> bytes:
    """The bytes of ``header``."""
    body = bytearray(_BODY.pack(0, header.created_at))
    append_varint(body, header.forgotten_through)
    for text in (header.tenant.encode(), header.id.encode()):
        append_varint(body, len(text))
        body += text
    data = _FIXED.pack(MAGIC, VERSION, header.mark, len(body)) + body
    return data + _CRC.pack(zlib.crc32(data))


def header_size(data: bytes) -> int:
    """How many bytes the header takes that ``data`` begins with, by its own word; 0 when that is cut off."""
    return _FIXED.size + _FIXED.unpack_from(data)[3] + _CRC.size if len(data) >= _FIXED.size else 0


def decode_file_header(data: bytes) -> FileHeader:
    """The header that ``data`` begins with.

    Args:
        data: The first `MAX_HEADER_BYTES` of the file, or all of it.

    Raises:
        DamagedHeaderError: There is none, or it is damaged.
        NewerVersionError: It is whole, but of a newer version.
    """
    if len(data) < _FIXED.size:
        raise DamagedHeaderError("it is too short for a file header")
    magic, version, mark, body_size = _FIXED.unpack_from(data)
    if magic != MAGIC:
        raise DamagedHeaderError("it does not begin as a .huff file does")
    end = _FIXED.size + body_size
    if end + _CRC.size > min(len(data), MAX_HEADER_BYTES):
        raise DamagedHeaderError("its file header is cut off")
    if zlib.crc32(data[:end]) != _CRC.unpack_from(data, end)[0]:
        raise DamagedHeaderError("the checksum of its file header is wrong")
    if version != VERSION:
        raise NewerVersionError(f"has format version {version}; this lixcore reads up to {VERSION}, a newer one is needed")
    try:
        return _decode_body(data[_FIXED.size : end], mark, end + _CRC.size)
    except (TruncatedError, UnicodeDecodeError, struct.error) as error:
        raise DamagedHeaderError("its file header makes no sense") from error


def _decode_body(body: bytes, mark: bytes, size: int) -> FileHeader:
    flags, created_at = _BODY.unpack_from(body)
    forgotten_through, at = read_varint(body, _BODY.size)
    texts = []
    for _ in range(2):
        length, at = read_varint(body, at)
        if at + length > len(body):
            raise TruncatedError
        texts.append(body[at : at + length].decode())
        at += length
    if flags or at != len(body) or forgotten_through > MAX_POSITION:
        raise TruncatedError
    return FileHeader(texts[0], texts[1], created_at, Position(forgotten_through), mark, size)
