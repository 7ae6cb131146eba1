"""A message as the bytes that stores keep, and back.

The form is a MessagePack array: role, content, then metadata and embedding where there are any. Roles that every
conversation has are one byte. The timestamp is not in it: it stands in the `Entry`, where archives can keep it compactly.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import msgspec

from lixcore.domain.message import Message, restored_message
from lixcore.domain.position import Entry
from lixcore.errors import CorruptDataError, InvalidInputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_RECORD_BYTES: Final = 128 * 1024 * 1024
"""The largest record that is stored or read: a size beyond it in a file is damage, and nothing is allocated for it."""

_ROLES: Final = ("user", "assistant", "system", "tool", "developer", "function")
_CODE_OF_ROLE: Final = {role: code for code, role in enumerate(_ROLES)}
_ROLE_OF_CODE: Final = dict(enumerate(_ROLES))  # unlike the tuple, it knows no role -1
_METADATA: Final = 2
_EMBEDDING: Final = 3
_WIDE_METADATA: Final = 1  # MessagePack integers end at 64 bits; metadata with larger ones is kept as JSON text


def _extension(code: int, data: memoryview) -> Any:
    if code != _WIDE_METADATA:
        raise ValueError(f"unknown extension {code}")
    return json.loads(bytes(data))


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Any], ext_hook=_extension).decode


def encode_message(message: Message) -> bytes:
    """Return the record of ``message``, without its timestamp.

    Raises:
        InvalidInputError: The record would be larger than 128 MiB.
    """
    fields: list[Any] = [_CODE_OF_ROLE.get(message.role, message.role), message.content]
    if message.embedding is not None:
        fields += [message.metadata, message.embedding.astype("<f4").tobytes()]
    elif message.metadata != {}:
        fields.append(message.metadata)
    try:
        record = _encode(fields)
    except OverflowError:
        fields[_METADATA] = msgspec.msgpack.Ext(_WIDE_METADATA, json.dumps(message.metadata, ensure_ascii=False).encode())
        record = _encode(fields)
    if len(record) > MAX_RECORD_BYTES:
        raise InvalidInputError("message", f"takes {len(record):,} bytes; at most {MAX_RECORD_BYTES:,} are accepted")
    return record


def decode_message(entry: Entry) -> Message:
    """Return the message of a stored entry.

    Raises:
        CorruptDataError: The payload is not a record that `encode_message` makes.
    """
    try:
        fields = _decode(entry.payload)
        role = fields[0] if isinstance(fields[0], str) else _ROLE_OF_CODE[fields[0]]
        content = fields[1]
        metadata = fields[_METADATA] if len(fields) > _METADATA else {}
        embedding = _decode_embedding(fields[_EMBEDDING]) if len(fields) > _EMBEDDING else None
    except (msgspec.MsgspecError, LookupError, TypeError, ValueError, RecursionError) as error:
        raise CorruptDataError(f"the record at position {entry.position}", f"cannot be read: {error}") from error
    if not isinstance(content, str) or len(fields) > _EMBEDDING + 1:
        raise CorruptDataError(f"the record at position {entry.position}", "is not a message")
    return restored_message(role, content, entry.timestamp, metadata, embedding)


def _decode_embedding(data: bytes) -> NDArray[np.float32]:
    import numpy as np

    vector = np.frombuffer(data, dtype="<f4")
    if not vector.size:
        raise ValueError("an embedding of dimension 0")
    return vector
