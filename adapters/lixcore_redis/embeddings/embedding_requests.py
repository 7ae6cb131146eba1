"""The requests that get and put values: put together by a few calls, whatever their number.

The digits of many keys come from one call, with a hyphen between; what stands between two keys in a request takes its place.
"""

from __future__ import annotations

from binascii import hexlify
from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

from lixcore.errors import InvalidInputError
from lixcore.ports.embedding_store import KEY_BYTES
from lixcore_redis.embeddings import embedding_scripts as scripts
from lixcore_redis.embeddings.embedding_values import HEAD, KEY_DIGITS, MAGIC, MAX_VALUE_BYTES, MOST_BYTES
from lixcore_redis.transport.wire import bulk, command

TRANSACTION_ANSWERS: Final = 5
"""How many answers `ValueRequests.transaction` gets: to MULTI, to three commands that they wait, to EXEC."""

_END: Final = b"\r\n"
_MULTI, _EXEC = command(b"MULTI"), command(b"EXEC")

# Not EVALSHA: where the server does not know the script, the values that were stored before it would stay for ever.
_EVAL_PUT: Final = bulk(b"EVAL") + bulk(scripts.PUT.source)

# How the members of a value begin in the set of times.
_ADDED, _EXPIRES = (b"$%d\r\n%b" % (1 + KEY_DIGITS, letter) for letter in (b"a", b"e"))


class PutFacts(NamedTuple):
    """What values that are put together have in common, as arguments.

    Attributes:
        added: "-" and when they are added, as a bulk string.
        expires: From when on they are not used, as a bulk string.
        others: The first arguments of `lixcore_redis.embeddings.embedding_scripts.PUT`, packed.
        other_count: How many these are.
    """

    added: bytes
    expires: bytes
    others: bytes
    other_count: int


class ValueRequests:
    """Puts requests together.

    Args:
        root: What the key of every value begins with.
        times: The key of the set of times.
    """

    def __init__(self, root: bytes, times: bytes) -> None:
        self._times = bulk(times)
        self._key_head = b"$%d\r\n%b" % (len(root) + KEY_DIGITS, root)
        self._get_head = b"*4\r\n" + bulk(b"GETRANGE") + self._key_head
        self._get_tail = _END + bulk(b"0") + bulk(b"%d" % (MOST_BYTES - 1))
        self._between_gets = self._get_tail + self._get_head

    def named(self, keys: Sequence[bytes]) -> bytes:
        """The set and the keys of values, as arguments."""
        return b"%b%b%b\r\n" % (self._times, self._key_head, _digits(keys).replace(b"-", _END + self._key_head))

    def get(self, keys: Sequence[bytes]) -> bytes:
        """GETRANGE for each: unlike MGET, it refuses a key of another type, and sends no more than a value can have."""
        digits = hexlify(keys[0]) if len(keys) == 1 else _digits(keys).replace(b"-", self._between_gets)
        return b"%b%b%b" % (self._get_head, digits, self._get_tail)

    def transaction(self, keys: Sequence[bytes], values: Sequence[bytes], heads: Sequence[bytes], facts: PutFacts) -> list[bytes]:
        """The pieces of a transaction after which all values are there, counted and expiring, or nothing was done."""
        count = len(keys)
        digits = _digits(keys)
        stored = [self._key_head, b"", b"", b"", _END] * count
        stored[1::5] = (digits + _END).replace(b"-", b"\r\n-").split(b"-")
        stored[2::5], stored[3::5] = heads, values
        added, expires = facts.added + _ADDED, _END + facts.expires + _EXPIRES
        return [
            _MULTI,
            b"*%d\r\n$4\r\nMSET\r\n" % (1 + 2 * count),
            *stored,
            b"*%d\r\n$4\r\nZADD\r\n%b%b" % (2 + 4 * count, self._times, added),
            digits.replace(b"-", _END + added),
            expires,
            digits.replace(b"-", expires),
            b"\r\n*%d\r\n%b%b" % (4 + count + facts.other_count, _EVAL_PUT, bulk(b"%d" % (1 + count))),
            self.named(keys),
            facts.others,
            _EXEC,
        ]


def stored_heads(values: Collection[bytes], added: float, expires: float) -> list[bytes]:
    """What stands before each value in a request: the length, and the head.

    Raises:
        InvalidInputError: A value is too long.
    """
    lengths = list(map(len, values))
    heads = {}  # by length: of embeddings by one model, all have the same
    for length in set(lengths):
        if length > MAX_VALUE_BYTES:
            raise InvalidInputError("value", f"has {length:,} bytes; up to {MAX_VALUE_BYTES:,} are accepted")
        heads[length] = b"$%d\r\n%b" % (HEAD.size + length, HEAD.pack(MAGIC, length, added, expires))
    return [heads[length] for length in lengths]


def _digits(keys: Sequence[bytes]) -> bytes:
    return hexlify(b"".join(keys), b"-", KEY_BYTES)
