"""`lixcore.ports.embedding_store.EmbeddingStore` on Redis or Valkey."""

from __future__ import annotations

from binascii import hexlify
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
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
from lixcore_redis.embedding_values import HEAD, KEY_DIGITS, LAST_BYTE, MAGIC, MAX_VALUE_BYTES, bounds_of, live_value, value_root
from lixcore_redis.keys import any_version_pattern
from lixcore_redis.link import Link
from lixcore_redis.options import RedisEmbeddingOptions
from lixcore_redis.scripts import Script
from lixcore_redis.tally_hash import TallyHash, tallies_key
from lixcore_redis.wire import bulk, number

AT_ONCE: Final = 128
"""How many values one command gets or puts; a call with more sends several commands in its one request."""

SAMPLED: Final = 1000
"""At how many members of the set `RedisEmbeddingStore.measure` looks; there are two for each value."""

LONGEST_MS: Final = 2**52
"""What the server is told of a longer time, in milliseconds: it adds the time since 1970 and takes no more than 2**63 - 1."""

_LAST_BYTE: Final = bulk(b"%d" % LAST_BYTE)


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
        self._get_tail = b"\r\n" + bulk(b"0") + _LAST_BYTE
        self._times_named = bulk(self._times)

    @classmethod
    def open(cls, options: RedisEmbeddingOptions, context: AdapterContext) -> Self:
        """Make the store; the server need not be there yet.

        Raises:
            InvalidConfigError: An option cannot be used.
        """
        return cls(options, context.clock)

    def get(self, keys: Sequence[bytes]) -> Sequence[bytes | None]:
        """GETRANGE for one; for more, a script that answers with one string for all."""
        _check_keys(keys)
        if len(keys) == 1:
            request = b"%b%b%b" % (self._get_head, hexlify(keys[0]), self._get_tail)
            (stored,) = self._link.call(request, 1, writes=False)
            return self._live_values(keys, stored, (0, len(stored)))
        parts = [keys[start : start + AT_ONCE] for start in range(0, len(keys), AT_ONCE)]
        requests = [_Request([self._named(key) for key in part], [_LAST_BYTE]) for part in parts]
        values: list[bytes | None] = []
        for part, answer in zip(parts, self._run(scripts.GET, requests, writes=False), strict=True):
            values += self._live_values(part, answer, bounds_of(answer, len(part)))
        return values

    def _live_values(self, keys: Sequence[bytes], stored: bytes, bounds: Sequence[int]) -> list[bytes | None]:
        now = self._now()
        values: list[bytes | None] = []
        try:
            for start, end in pairwise(bounds):
                values.append(live_value(stored, start, end, now))  # how far it came names the key
        except ValueError as error:
            raise self._corrupt(keys[len(values)], str(error)) from error
        return values

    def _corrupt(self, key: bytes, reason: str) -> CorruptDataError:
        name = (self._root + hexlify(key)).decode()
        return CorruptDataError(self._link.where, f"the key {name} holds a value that lixcore did not write: {reason}; remove it")

    def put(self, entries: Sequence[tuple[bytes, bytes]], *, ttl: float, capacity: int) -> None:
        """A script; sent twice, it does the same again."""
        values = dict(entries)
        _check_keys(values)
        now = self._now()
        expires = now + ttl
        milliseconds = ceil(min(ttl * 1000, LONGEST_MS))
        facts = [self._root, self._pattern, number(now), number(-now - CLOCK_SKEW_SECONDS), number(-now), number(expires)]
        arguments = [*map(bulk, facts), bulk(b"%d" % milliseconds), bulk(b"%d" % capacity)]
        keys, stored = list(map(self._named, values)), [_stored(value, now, expires) for value in values.values()]
        requests = [
            _Request([self._times_named, *keys[start : start + AT_ONCE]], arguments + stored[start : start + AT_ONCE])
            for start in range(0, len(keys), AT_ONCE)
        ]
        self._run(scripts.PUT, requests)

    def forget(self, keys: Sequence[bytes]) -> int:
        """A script; if it had to be sent twice, the values removed by the first one are not counted."""
        given = list(dict.fromkeys(keys))
        _check_keys(given)
        if not given:
            return 0
        now = self._now()
        arguments = [bulk(self._root), bulk(number(now)), bulk(number(now + CLOCK_SKEW_SECONDS))]
        (found,) = self._run(scripts.FORGET, [_Request([self._times_named, *map(self._named, given)], arguments)])
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

    def _named(self, key: bytes) -> bytes:
        """The key of a value as an argument."""
        return b"%b%b\r\n" % (self._key_head, hexlify(key))

    def _run(self, script: Script, requests: Sequence[_Request], *, writes: bool = True) -> list[Any]:
        """Run a script once for each, all in one request that may be sent twice, and return the answers."""
        if not requests:
            return []
        call, full = ((b"EVALSHA", script.digest), (b"EVAL", script.source))
        packed = b"".join(request.packed(*call) for request in requests)
        answers = self._link.call(packed, len(requests), writes=writes)
        if any(isinstance(answer, NoScriptError) for answer in answers):  # a new server, or its scripts were flushed
            packed = b"".join(request.packed(*full) for request in requests)
            answers = self._link.call(packed, len(requests), writes=writes)
        return answers


@attrs.frozen
class _Request:
    """A run of a script.

    Attributes:
        keys: Its keys, packed.
        arguments: Its arguments, packed.
    """

    keys: Sequence[bytes]
    arguments: Sequence[bytes]

    def packed(self, name: bytes, script: bytes) -> bytes:
        """The command; ``name`` is EVALSHA or EVAL."""
        count = len(self.keys)
        head = b"*%d\r\n%b%b%b" % (3 + count + len(self.arguments), bulk(name), bulk(script), bulk(b"%d" % count))
        return b"".join((head, *self.keys, *self.arguments))


def _stored(value: bytes, added: float, expires: float) -> bytes:
    """A value and its head as an argument."""
    length = len(value)
    if length > MAX_VALUE_BYTES:
        raise InvalidInputError("value", f"has {length:,} bytes; up to {MAX_VALUE_BYTES:,} are accepted")
    return b"$%d\r\n%b%b\r\n" % (HEAD.size + length, HEAD.pack(MAGIC, length, added, expires), value)


def _check_keys(keys: Iterable[bytes]) -> None:
    for key in keys:
        if len(key) != KEY_BYTES:
            raise InvalidInputError("key", f"has {len(key)} bytes; it is a digest of {KEY_BYTES}")
