"""Reading the predecessor's archive files: one session each.

::

    "CAv1"   created_at float64   updated_at float64   turns uint32   HCv1 stream of a JSON array of messages

Numbers are little-endian; the times are seconds since the epoch.
"""

from __future__ import annotations

import json
import math
import struct
from typing import Any, Final

import attrs

from lixcore.errors import CorruptDataError
from lixcore_huffman.codecs.hcv1_codec import Hcv1Codec, stream_size

_MAGIC: Final = b"CAv1"
_HEAD: Final = struct.Struct("<4sddI")


@attrs.frozen
class Cav1File:
    """What a file holds.

    Attributes:
        created_at: When its session began, in seconds since the epoch.
        updated_at: When it was last written.
        messages: As the predecessor kept them: role, content, timestamp, metadata, and embedding where one was given. Nothing of
            them was checked but that they are objects.
    """

    created_at: float
    updated_at: float
    messages: list[dict[str, Any]]


def parse_cav1(data: bytes, *, where: str) -> Cav1File:
    """Return what the bytes of a file hold.

    Args:
        data: The whole file.
        where: The file's name, for errors.

    Raises:
        CorruptDataError: It is not such a file, or damaged; the format has no checksum, so not all damage shows.
    """
    if len(data) < _HEAD.size or not data.startswith(_MAGIC):
        raise CorruptDataError(where, "is not an archive file of the predecessor: it does not begin with CAv1 and a header")
    _, created_at, updated_at, turns = _HEAD.unpack_from(data)
    if not math.isfinite(created_at) or not math.isfinite(updated_at):
        raise CorruptDataError(where, "has times that are no numbers")
    stream = data[_HEAD.size :]
    try:
        text = Hcv1Codec().decode(stream, size=stream_size(stream))
    except CorruptDataError as error:
        raise CorruptDataError(where, f"cannot be decompressed: its stream {error.reason}") from error
    try:
        messages = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CorruptDataError(where, f"does not hold JSON: {error}") from error
    if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
        raise CorruptDataError(where, "does not hold an array of messages")
    if len(messages) != turns:
        raise CorruptDataError(where, f"holds {len(messages):,} messages where its header says {turns:,}")
    return Cav1File(created_at, updated_at, messages)
