"""`lixcore.ports.embedding_store.EmbeddingStore` on Redis or Valkey."""

from __future__ import annotations

from binascii import hexlify
from collections.abc import Collection, Iterable, Mapping, Sequence
from math import ceil
from typing import Any, ClassVar, Final, Self

import attrs
from redis.exceptions import NoScriptError

from lixcore.domain.freshness import CLOCK_SKEW_SECONDS
from lixcore.errors import CorruptDataError, InvalidInputError
from lixcore.ports.adapter import AdapterContext
from lixcore.ports.cache_size import CacheSize
from lixcore.ports.clock import Clock
from lixcore.ports.embedding_store import KEY_BYTES
from lixcore_redis import embedding_scripts as scripts
from lixcore_redis.embedding_values import (
    HEAD,
    KEY_DIGITS,
    MAGIC,
    MAX_VALUE_BYTES,
    MOST_BYTES,
    live_values,
    value_root,
)
from lixcore_redis.keys import any_version_pattern
from lixcore_redis.link import Link
from lixcore_redis.options import RedisEmbeddingOptions
from lixcore_redis.scripts import Script
from lixcore_redis.tally_hash import TallyHash, tallies_key
from lixcore_redis.wire import bulk, command, number

AT_ONCE: Final = 128
"""How many values one command gets or puts; a call with more sends several commands in its one request."""

SAMPLED: Final = 1000
"""At how many members of the set `RedisEmbeddingStore.measure` looks; there are two for each value."""

LONGEST_MS: Final = 2**52
"""What the server is told of a longer time, in milliseconds: it adds the time since 1970 and takes no more than 2**63 - 1."""

TRANSACTION_ANSWERS: Final = 5
"""To MULTI, to three commands that they are queued, to EXEC."""

_MULTI, _EXEC = command(b"MULTI"), command(b"EXEC")

# Not EVALSHA: where the server does not know the script, the values that were stored before it would stay for ever.
_EVAL_PUT: Final = bulk(b"EVAL") + bulk(scripts.PUT.source)

# Where the members of a value begin.
_A_MEMBER, _E_MEMBER = b"$65\r\na", b"$65\r\ne"


class RedisEmbeddingStore:
    """Values as strings; the layout is in `lixcore_redis.embedding_values`, what is atomic in `lixcore_redis.embedding_scripts`.

    Connections are made when they are first needed. Methods are documented by the port, and by `lixcore.ports.tallies`.
    """

    Options: ClassVar[type[RedisEmbeddingOptions]] = RedisEmbeddingOptions

    def __init__(self, options: RedisEmbeddingOptions, clock: Clock) -> None:
        self._link = Link(options, clock, database=options.url_db, what="embedding store")
        self._now = clock.now
        self._root = value_root(options.key_prefix)
        self._times = self._root + b"times"
        self._pattern = any_version_pattern(options.key_prefix)[:-1] + self._root[len(options.key_prefix.encode()) + 1 :] + b"*"
        self._sums = TallyHash(self._link, tallies_key(options.key_prefix, "embeddings"))
        # What the requests have in common.
        self._key_head = b"$%d\r\n%b" % (len(self._root) + KEY_DIGITS, self._root)
        self._get_head = b"*4\r\n" + bulk(b"GETRANGE") + self._key_head
        self._get_tail = b"\r\n" + bulk(b"0") + bulk(b"%d" % (MOST_BYTES - 1))
        self._times_named = bulk(self._times)

    @classmethod
    def open(cls, options: RedisEmbeddingOptions, context: AdapterContext) -> Self:
        """Make the store; the server need not be there yet.

        Raises:
            InvalidConfigError: An option cannot be used.
        """
        return cls(options, context.clock)

    def get(self, keys: Sequence[bytes]) -> Sequence[bytes | None]:
        """GETRANGE for each: unlike MGET, it refuses a key of another type, and sends no more than a value can have."""
        _check_keys(keys)
        if len(keys) == 1:
            request = b"%b%b%b" % (self._get_head, hexlify(keys[0]), self._get_tail)
        elif keys:
            between = self._get_tail + self._get_head
            request = b"%b%b%b" % (self._get_head, _digits(keys).replace(b"-", between), self._get_tail)
        else:
            self._link.refuse_if_closed()
            return []
        stored = self._link.call(request, len(keys), writes=False, flat=len(keys) > 1)
        values: list[bytes | None] = []
        try:
            values.extend(live_values(stored, self._now()))
        except ValueError as error:
            raise self._corrupt(keys[len(values)], str(error)) from error
        return values

    def _corrupt(self, key: bytes, reason: str) -> CorruptDataError:
        name = (self._root + hexlify(key)).decode()
        return CorruptDataError(self._link.where, f"the key {name} holds a value that lixcore did not write: {reason}; remove it")

    def put(self, entries: Sequence[tuple[bytes, bytes]], *, ttl: float, capacity: int) -> None:
        """A script; for many, transactions of MSET, ZADD and a script. Sent twice, they do the same again."""
        values = dict(entries)
        _check_keys(values)
        now = self._now()
        times = [number(-now), number(now + ttl)]
        facts = [self._root, self._pattern, number(now), number(-now - CLOCK_SKEW_SECONDS)]
        facts += [b"%d" % ceil(min(ttl * 1000, LONGEST_MS)), b"%d" % capacity]
        if not values:
            self._link.refuse_if_closed()
            return
        keys, heads = list(values), _heads(values.values(), now, now + ttl)
        if len(keys) == 1:
            stored = heads[0] + values[keys[0]] + b"\r\n"
            arguments = b"".join(map(bulk, facts + times)) + stored
            self._run(scripts.PUT, [_Request(2, self._times_named + self._named(keys), len(facts) + 3, arguments)])
            return
        common = b"".join(map(bulk, facts))
        request, all_values = [], list(values.values())
        for start in range(0, len(keys), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            request += self._transaction(keys[part], heads[part], all_values[part], times, common, len(facts))
        # Flat: so an error within a transaction is raised like any other.
        self._link.call(b"".join(request), TRANSACTION_ANSWERS * -(-len(keys) // AT_ONCE), flat=True)

    def _transaction(
        self,
        keys: Sequence[bytes],
        heads: Sequence[bytes],
        values: Sequence[bytes],
        times: Sequence[bytes],
        facts: bytes,
        fact_count: int,
    ) -> list[bytes]:
        """Stores values: they are where they should be, expire and are counted, or nothing was done."""
        count = len(keys)
        digits = _digits(keys)
        stored = [self._key_head] * (5 * count)
        stored[1::5] = digits.replace(b"-", b"\r\n-").split(b"-")
        stored[5 * count - 4] += b"\r\n"
        stored[2::5], stored[3::5], stored[4::5] = heads, values, [b"\r\n"] * count
        added, expires = map(bulk, times)
        added, expires = added + _A_MEMBER, b"\r\n" + expires + _E_MEMBER
        return [
            _MULTI,
            b"*%d\r\n$4\r\nMSET\r\n" % (1 + 2 * count),
            *stored,
            b"*%d\r\n$4\r\nZADD\r\n%b%b" % (2 + 4 * count, self._times_named, added),
            digits.replace(b"-", b"\r\n" + added),
            expires,
            digits.replace(b"-", expires),
            b"\r\n*%d\r\n%b%b" % (4 + count + fact_count, _EVAL_PUT, bulk(b"%d" % (1 + count))),
            self._times_named,
            self._named(keys),
            facts,
            _EXEC,
        ]

    def forget(self, keys: Sequence[bytes]) -> int:
        """A script; if it had to be sent twice, the values removed by the first one are not counted."""
        given = list(dict.fromkeys(keys))
        _check_keys(given)
        if not given:
            self._link.refuse_if_closed()
            return 0
        now = self._now()
        arguments = bulk(self._root) + bulk(number(now)) + bulk(number(now + CLOCK_SKEW_SECONDS))
        request = _Request(1 + len(given), self._times_named + self._named(given), 3, arguments)
        (found,) = self._run(scripts.FORGET, [request])
        if found < 0:
            raise self._corrupt(given[-found - 1], "it has another head")
        return int(found)

    def measure(self) -> CacheSize:
        """A script that asks the set and looks at a sample; more when the server threw away values, or the set itself."""
        live = looked = there = size = own = 0
        for is_swept in (False, True):
            is_whole = 0
            while not is_whole:
                now = self._now()
                facts = (self._root, self._pattern, number(now), number(-now - CLOCK_SKEW_SECONDS), b"%d" % SAMPLED)
                is_whole, live, looked, there, size, own = self._link.run(scripts.MEASURE, (self._times,), *facts, writes=False)
            if there == looked or is_swept:
                break
            self._sweep()
        if not there:
            return CacheSize(entries=0, size=0)
        entries = round(live * there / looked)
        return CacheSize(entries=entries, size=own + round(size / there * entries))

    def _sweep(self) -> None:
        """Take out of the set what the server threw away."""
        cursor = b""
        while cursor != b"0":
            cursor = self._link.run(scripts.SWEEP, (self._times,), self._root, cursor or b"0", writes=False)

    def tally(self, changes: Mapping[str, float]) -> None:
        """HINCRBYFLOAT for each."""
        self._sums.tally(changes)

    def tallies(self) -> Mapping[str, float]:
        """HGETALL."""
        return self._sums.tallies()

    def close(self) -> None:
        """Close the connections; those in use when their call is done."""
        self._link.close()

    def _named(self, keys: Sequence[bytes]) -> bytes:
        """The keys of values as arguments: all of them by a few calls, whatever their number."""
        return b"%b%b\r\n" % (self._key_head, _digits(keys).replace(b"-", b"\r\n" + self._key_head))

    def _run(self, script: Script, requests: Sequence[_Request], *, writes: bool = True) -> list[Any]:
        """Run a script once for each, all in one request that may be sent twice, and return the answers."""
        if not requests:
            self._link.refuse_if_closed()
            return []
        packed = b"".join(request.packed(b"EVALSHA", script.digest) for request in requests)
        answers = self._link.call(packed, len(requests), writes=writes)
        if any(isinstance(answer, NoScriptError) for answer in answers):  # a new server, or its scripts were flushed
            packed = b"".join(request.packed(b"EVAL", script.source) for request in requests)
            answers = self._link.call(packed, len(requests), writes=writes)
        return answers


@attrs.frozen
class _Request:
    """A run of a script.

    Attributes:
        key_count: How many keys it has.
        keys: They, packed.
        argument_count: How many other arguments it has.
        arguments: They, packed.
    """

    key_count: int
    keys: bytes
    argument_count: int
    arguments: bytes

    def packed(self, name: bytes, script: bytes) -> bytes:
        """The command; ``name`` is EVALSHA or EVAL."""
        count = 3 + self.key_count + self.argument_count
        head = bulk(name) + bulk(script) + bulk(b"%d" % self.key_count)
        return b"*%d\r\n%b%b%b" % (count, head, self.keys, self.arguments)


def _digits(keys: Sequence[bytes]) -> bytes:
    """The digits of keys, with a hyphen between."""
    return hexlify(b"".join(keys), b"-", KEY_BYTES)


def _heads(values: Collection[bytes], added: float, expires: float) -> list[bytes]:
    """What stands before each value in a request: the head, and the length of both."""
    lengths = list(map(len, values))
    heads = {}  # embeddings by one model all have the same
    for length in set(lengths):
        if length > MAX_VALUE_BYTES:
            raise InvalidInputError("value", f"has {length:,} bytes; up to {MAX_VALUE_BYTES:,} are accepted")
        heads[length] = b"$%d\r\n%b" % (HEAD.size + length, HEAD.pack(MAGIC, length, added, expires))
    return [heads[length] for length in lengths]


def _check_keys(keys: Iterable[bytes]) -> None:
    for length in set(map(len, keys)):
        if length != KEY_BYTES:
            raise InvalidInputError("key", f"has {length} bytes; it is a digest of {KEY_BYTES}")
