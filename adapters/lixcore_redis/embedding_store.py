"""`lixcore.ports.embedding_store.EmbeddingStore` on Redis or Valkey."""

from __future__ import annotations

from binascii import hexlify
from collections.abc import Iterable, Mapping, Sequence
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
    bounds_of,
    live_values,
    value_root,
)
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

_MOST_BYTES: Final = bulk(b"%d" % MOST_BYTES)


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
        """GETRANGE for one; for more, a script that answers with one string for all."""
        _check_keys(keys)
        if len(keys) == 1:
            request = b"%b%b%b" % (self._get_head, hexlify(keys[0]), self._get_tail)
            (stored,) = self._link.call(request, 1, writes=False)
            return self._live_values(keys, stored, (0, len(stored)))
        parts = [keys[start : start + AT_ONCE] for start in range(0, len(keys), AT_ONCE)]
        requests = [_Request(len(part), self._named(part), 1, _MOST_BYTES) for part in parts]
        values: list[bytes | None] = []
        for part, answer in zip(parts, self._run(scripts.GET, requests, writes=False), strict=True):
            values += self._live_values(part, answer, bounds_of(answer))
        return values

    def _live_values(self, keys: Sequence[bytes], stored: bytes, bounds: Sequence[int]) -> list[bytes | None]:
        values: list[bytes | None] = []
        try:
            values.extend(live_values(stored, bounds, self._now()))
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
        facts += [b"%d" % milliseconds, b"%d" % capacity]
        common = b"".join(map(bulk, facts))
        keys, stored = list(values), _stored(values.values(), now, expires)
        requests = []
        for start in range(0, len(keys), AT_ONCE):
            part = keys[start : start + AT_ONCE]
            named = self._times_named + self._named(part)
            arguments = common + b"".join(stored[3 * start : 3 * (start + AT_ONCE)])
            requests.append(_Request(1 + len(part), named, len(facts) + len(part), arguments))
        self._run(scripts.PUT, requests)

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
        digits = hexlify(b"".join(keys), b"-", KEY_BYTES)
        return b"%b%b\r\n" % (self._key_head, digits.replace(b"-", b"\r\n" + self._key_head))

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


def _stored(values: Iterable[bytes], added: float, expires: float) -> list[bytes]:
    """Values with their heads as arguments, three pieces for each."""
    heads: dict[int, bytes] = {}  # by length: of embeddings by one model, all have the same
    pieces: list[bytes] = []
    for value in values:
        length = len(value)
        if length not in heads:
            if length > MAX_VALUE_BYTES:
                raise InvalidInputError("value", f"has {length:,} bytes; up to {MAX_VALUE_BYTES:,} are accepted")
            heads[length] = b"$%d\r\n%b" % (HEAD.size + length, HEAD.pack(MAGIC, length, added, expires))
        pieces += (heads[length], value, b"\r\n")
    return pieces


def _check_keys(keys: Iterable[bytes]) -> None:
    for key in keys:
        if len(key) != KEY_BYTES:
            raise InvalidInputError("key", f"has {len(key)} bytes; it is a digest of {KEY_BYTES}")
