"""`lixcore.ports.embedding_store.EmbeddingStore` on Redis or Valkey."""

from __future__ import annotations

from binascii import hexlify
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from math import ceil
from typing import Any, ClassVar, Final, Self

import attrs

from lixcore.domain.freshness import CLOCK_SKEW_SECONDS
from lixcore.errors import CorruptDataError, InvalidInputError
from lixcore.ports.adapter import AdapterContext, Capability
from lixcore.ports.cache_size import CacheSize
from lixcore.ports.clock import Clock
from lixcore.ports.embedding_store import KEY_BYTES
from lixcore_redis.embeddings import embedding_scripts as scripts
from lixcore_redis.embeddings.embedding_requests import TRANSACTION_ANSWERS, PutFacts, ValueRequests, stored_heads
from lixcore_redis.embeddings.embedding_values import live_values, value_root
from lixcore_redis.erasing import erase_keys
from lixcore_redis.keys import any_version_pattern
from lixcore_redis.options import RedisEmbeddingOptions
from lixcore_redis.scripts import Script
from lixcore_redis.tally_hash import TallyHash, tallies_key
from lixcore_redis.transport.link import Link
from lixcore_redis.transport.wire import bulk, number

AT_ONCE: Final = 128
"""How many values one transaction puts; a call with more sends several of them in its one request."""

SAMPLED: Final = 1000
"""At how many members of the set `RedisEmbeddingStore.measure` looks; there are two for each value."""

LONGEST_MS: Final = 2**52
"""What the server is told of a longer time, in milliseconds: it adds the time since 1970 and takes no more than 2**63 - 1."""


class RedisEmbeddingStore:
    """Values as strings; the layout is in `lixcore_redis.embeddings.embedding_values`, what is atomic in `embedding_scripts`.

    Connections are made when they are first needed. Methods are documented by the port, and by `lixcore.ports.tallies`.
    """

    Options: ClassVar[type[RedisEmbeddingOptions]] = RedisEmbeddingOptions
    capabilities: ClassVar[frozenset[Capability]] = frozenset({Capability.PERSISTENT, Capability.SHARED, Capability.OWN_CLOCK})

    def __init__(self, options: RedisEmbeddingOptions, clock: Clock) -> None:
        self._link = Link(options, clock, database=options.url_db, what="embedding store")
        self._now = clock.now
        self._root = value_root(options.key_prefix)
        self._times = self._root + b"times"
        self._pattern = any_version_pattern(options.key_prefix)[:-1] + self._root[len(options.key_prefix.encode()) + 1 :] + b"*"
        self._sums = TallyHash(self._link, tallies_key(options.key_prefix, "embeddings"))
        self._requests = ValueRequests(self._root, self._times)

    @classmethod
    def open(cls, options: RedisEmbeddingOptions, context: AdapterContext) -> Self:
        """Make the store; the server need not be there yet.

        Raises:
            InvalidConfigError: An option cannot be used.
        """
        return cls(options, context.clock)

    @staticmethod
    def erase(options: RedisEmbeddingOptions, context: AdapterContext) -> None:
        """See `lixcore.ports.adapter.ErasesPlace`."""
        erase_keys(options, context.clock, database=options.url_db)

    def get(self, keys: Sequence[bytes]) -> Sequence[bytes | None]:
        """GETRANGE for each."""
        _check_keys(keys)
        if not keys:
            self._link.refuse_if_closed()
            return []
        count = len(keys)
        stored = self._link.call(self._requests.get(keys), count, writes=False, flat=count > 1)
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
        """A script; for more than one, transactions that end with it. Sent twice, they do the same again."""
        values = dict(entries)
        _check_keys(values)
        now = self._now()
        keys, stored, heads = list(values), list(values.values()), stored_heads(values.values(), now, now + ttl)
        if not keys:
            self._link.refuse_if_closed()
            return
        milliseconds = ceil(min(ttl * 1000, LONGEST_MS))
        others = (
            self._root,
            self._pattern,
            number(now),
            number(-now - CLOCK_SKEW_SECONDS),
            b"%d" % milliseconds,
            b"%d" % capacity,
        )
        facts = PutFacts(bulk(number(-now)), bulk(number(now + ttl)), b"".join(map(bulk, others)), len(others))
        if len(keys) == 1:
            arguments = b"".join((facts.others, facts.added, facts.expires, heads[0], stored[0], b"\r\n"))
            self._run(scripts.PUT, _Request(2, self._requests.named(keys), len(others) + 3, arguments))
            return
        parts = [slice(start, start + AT_ONCE) for start in range(0, len(keys), AT_ONCE)]
        pieces = (self._requests.transaction(keys[part], stored[part], heads[part], facts) for part in parts)
        # Flat: an error within a transaction is raised like any other.
        self._link.call(b"".join(chain.from_iterable(pieces)), len(parts) * TRANSACTION_ANSWERS, flat=True)

    def forget(self, keys: Sequence[bytes]) -> int:
        """A script; if it had to be sent twice, the values removed by the first one are not counted."""
        given = list(dict.fromkeys(keys))
        _check_keys(given)
        if not given:
            self._link.refuse_if_closed()
            return 0
        now = self._now()
        arguments = bulk(self._root) + bulk(number(now)) + bulk(number(now + CLOCK_SKEW_SECONDS))
        found = self._run(scripts.FORGET, _Request(1 + len(given), self._requests.named(given), 3, arguments))
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

    def _run(self, script: Script, request: _Request) -> Any:
        """Run a script that may be sent twice, and return its answer."""
        (answer,) = self._link.call(
            request.packed(b"EVALSHA", script.digest), 1, otherwise=lambda: request.packed(b"EVAL", script.source)
        )
        return answer


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


def _check_keys(keys: Iterable[bytes]) -> None:
    for key in keys:
        if len(key) != KEY_BYTES:
            raise InvalidInputError("key", f"has {len(key)} bytes; it is a digest of {KEY_BYTES}")
