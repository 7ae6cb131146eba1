"""`lixcore.ports.similarity_index.SimilarityIndex` on Redis or Valkey."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from math import ceil
from typing import TYPE_CHECKING, ClassVar, Final, Self

from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.errors import CorruptDataError, InvalidInputError, StoreBusyError
from lixcore.ports.adapter import AdapterContext, Capability
from lixcore.ports.cache_size import CacheSize
from lixcore.ports.clock import Clock
from lixcore.ports.similarity_index import LABEL_BYTES, IndexEntry, Match
from lixcore_redis import scripts
from lixcore_redis.answers.ready_vectors import ReadyScope, ReadyVectors
from lixcore_redis.answers.similarity_keys import ScopeKeys, cached_scope_keys
from lixcore_redis.answers.similarity_records import HEAD_BYTES, ID_BYTES, pack_entry, read_head, read_rows
from lixcore_redis.answers.similarity_scopes import SimilarityScopes
from lixcore_redis.answers.similarity_scripts import ADD, MOST_BYTES
from lixcore_redis.erasing import erase_keys
from lixcore_redis.keys import lease_key
from lixcore_redis.options import RedisSimilarityOptions
from lixcore_redis.tally_hash import TallyHash, tallies_key
from lixcore_redis.transport.link import Link
from lixcore_redis.transport.wire import command

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LONGEST_MILLISECONDS: Final = 10**14
"""How long keys live at most, whatever the entries say: three thousand years, which the server can still add to its clock."""

READ_BYTES: Final = 128 * 1024 - 64
"""How much is read from a connection at once: a scope of usual size in one piece, and still a small piece for the allocator."""

READS_AT_MOST: Final = 16
"""How often a scope is read that others keep changing meanwhile."""


class _ChangedError(Exception):
    """Others wrote to the scope while it was read."""


class RedisSimilarityIndex:
    """Three strings for each scope; see `lixcore_redis.answers.similarity_keys` for the layout.

    A scope that was searched stays ready in this process. Searching it again asks for the 40 bytes that begin its index, which
    every write changes. Connections are made when they are first needed. Methods are documented by the port.
    """

    Options: ClassVar[type[RedisSimilarityOptions]] = RedisSimilarityOptions
    capabilities: ClassVar[frozenset[Capability]] = frozenset({Capability.PERSISTENT, Capability.SHARED, Capability.OWN_CLOCK})

    def __init__(self, options: RedisSimilarityOptions, clock: Clock) -> None:
        self._link = Link(options, clock, database=options.semantic_db, what="similarity index", read_bytes=READ_BYTES)
        self._clock = clock
        self._prefix = options.key_prefix
        self._keys = cached_scope_keys(options.key_prefix)
        self._ready = ReadyVectors(options.index_cache_bytes)
        self._scopes = SimilarityScopes(self._link, options.key_prefix, clock)
        self._tallies = TallyHash(self._link, tallies_key(options.key_prefix, "semantic"))

    @classmethod
    def open(cls, options: RedisSimilarityOptions, context: AdapterContext) -> Self:
        """Make the index; the server need not be there yet.

        Raises:
            InvalidConfigError: An option cannot be used.
        """
        return cls(options, context.clock)

    @staticmethod
    def erase(options: RedisSimilarityOptions, context: AdapterContext) -> None:
        """See `lixcore.ports.adapter.ErasesPlace`."""
        erase_keys(options, context.clock, database=options.semantic_db)

    def add(self, scope: Scope, entry: IndexEntry, *, ttl: float, capacity: int) -> None:
        """A script, which may be sent twice: it knows the entry by an id that is drawn here."""
        if len(entry.label) not in (0, LABEL_BYTES):
            raise InvalidInputError("label", f"has {len(entry.label)} bytes, not {LABEL_BYTES}")
        keys = self._keys(scope)
        now = self._clock.now()
        fields, row = pack_entry(
            entry, identifier=secrets.token_bytes(ID_BYTES), added=now, expires=now + ttl, source=keys.source
        )
        answer = self._link.run(
            ADD,
            (*keys.strings, keys.registry),
            fields,
            row,
            entry.payload,
            b"%d" % capacity,
            b"%d" % _milliseconds(ttl),
            b"%d" % MOST_BYTES,
        )
        if isinstance(answer, bytes):
            raise self._corrupt(keys, answer.decode())
        if answer:
            raise InvalidInputError("embedding", f"has dimension {len(entry.vector):,}; the entries here have {answer:,}")
        if (ready := self._ready.get(keys.digest)) is not None:
            ready.is_current = False

    def search(
        self, scope: Scope, vector: NDArray[np.float32] | None, *, label: bytes = b"", k: int, at_least: float
    ) -> Sequence[Match]:
        """One request: for the head, where the scope is ready here; else for everything, which is two commands.

        A second one follows where nothing is found on the server, and for a payload that is not among the newest 64 KiB.
        """
        keys = self._keys(scope)
        now = self._clock.now()
        former = self._ready.get(keys.digest)
        if former is not None and former.is_current:
            (version,) = self._link.call(former.check, 1, writes=False, flat=True)
            if version == former.version:
                try:
                    return self._answer(keys, former, former.find(vector, label=label, k=k, at_least=at_least, now=now))
                except _ChangedError:
                    pass
            elif not version:
                self._ready.drop(keys.digest)
                return []
        for _ in range(READS_AT_MOST):
            try:
                ready = self._read(keys, former)
                if ready is None:
                    return []
                return self._answer(keys, ready, ready.find(vector, label=label, k=k, at_least=at_least, now=now))
            except _ChangedError:
                continue
        reason = f"a scope of cached answers changed during each of {READS_AT_MOST} attempts to read it; try again"
        raise StoreBusyError(self._link.where, reason)

    def _read(self, keys: ScopeKeys, former: ReadyScope | None) -> ReadyScope | None:
        """A scope, with its newest payloads; None when it has no entry."""
        index, vectors, tail = self._link.call(keys.everything, 2, writes=False, flat=True)
        try:
            head = read_head(index) if index is not None else None
            if head is None or vectors is None or (head.text_bytes and not tail):
                self._ready.drop(keys.digest)
                *_, version = self._link.call(keys.doubt, 3, writes=False)
                if version != (index or b"")[:HEAD_BYTES]:
                    raise _ChangedError
                return None  # never there, over, or the server threw one of the three away, and so the entries
            ready = ReadyScope(index, head, read_rows(index, vectors, head), tail=tail, check=keys.check)
        except ValueError as error:
            raise self._corrupt(keys, str(error)) from error
        inherited = ready.inherit(former) if former is not None else 0
        self._ready.keep(keys.digest, ready, ready.size + inherited)
        return ready

    def _answer(self, keys: ScopeKeys, ready: ReadyScope, found: Sequence[tuple[int, float, bool]]) -> list[Match]:
        """What was found, after it was checked."""
        try:
            entries = [ready.entry(row) for row, _, _ in found]
            if None in entries:
                self._fetch(keys, ready, [row for (row, _, _), entry in zip(found, entries, strict=True) if entry is None])
                entries = [ready.entry(row) for row, _, _ in found]
        except ValueError as error:
            raise self._corrupt(keys, str(error)) from error
        return [
            Match(similarity, is_exact, *entry)
            for (_, similarity, is_exact), entry in zip(found, entries, strict=True)
            if entry is not None  # none is, once they were fetched
        ]

    def _fetch(self, keys: ScopeKeys, ready: ReadyScope, rows: Sequence[int]) -> None:
        """Read payloads that are not at hand, and then the head again, in one request."""
        places = [ready.place(row) for row in rows]
        request = b"".join(_range(keys.strings[2], place.begin, place.length) for place in places) + keys.check
        *pieces, version = self._link.call(request, len(places) + 1, writes=False, flat=True)
        if version != ready.version:
            raise _ChangedError
        for place, piece in zip(places, pieces, strict=True):
            if not ready.accept(place, piece):
                raise self._corrupt(keys, "names a payload that is not where it should be")
        self._ready.grew(keys.digest, ready, sum(map(len, pieces)))

    def _corrupt(self, keys: ScopeKeys, reason: str) -> CorruptDataError:
        return CorruptDataError(self._link.where, f"the cached answers of {keys.strings[0].decode()}: the index {reason}")

    def forget(self, session: SessionKey) -> int:
        """A script for the session's own scopes, and one for its part in those of its tenant, once both were listed.

        If a script had to be sent twice, the entries removed by the first one are not counted.
        """
        removed, digests = self._scopes.forget(session)
        for digest in digests:
            self._ready.drop(digest)
        return removed

    def measure(self, session: SessionKey | None = None) -> CacheSize:
        """Live entries by their records, bytes by MEMORY USAGE; without a session, SCAN finds the scopes."""
        return self._scopes.measure(session)

    def lease(self, name: str, *, holder: str, seconds: float) -> bool:
        """A script on one key that expires by the server's clock; it may be sent twice."""
        length = b"%d" % _milliseconds(seconds)
        holder_bytes = holder.encode(errors="surrogatepass")
        return bool(self._link.run(scripts.LEASE, (lease_key(self._prefix, name),), holder_bytes, length) == 1)

    def end_lease(self, name: str, *, holder: str) -> None:
        """A script; only the holder's own lease is removed."""
        self._link.run(scripts.END_LEASE, (lease_key(self._prefix, name),), holder.encode(errors="surrogatepass"))

    def tally(self, changes: Mapping[str, float]) -> None:
        """See the port, and `lixcore_redis.tally_hash`."""
        self._tallies.tally(changes)

    def tallies(self) -> Mapping[str, float]:
        """See the port."""
        return self._tallies.tallies()

    def close(self) -> None:
        """Close the connections; those in use when their call is done."""
        self._link.close()
        self._ready.clear()


def _milliseconds(seconds: float) -> int:
    return ceil(max(1.0, min(seconds * 1000, LONGEST_MILLISECONDS)))


def _range(key: bytes, begin: int, length: int) -> bytes:
    # Nothing at all cannot be said by a first and a last byte, but for a last one before the first.
    return (
        command(b"GETRANGE", key, b"%d" % begin, b"%d" % (begin + length - 1))
        if length
        else command(b"GETRANGE", key, b"1", b"0")
    )
