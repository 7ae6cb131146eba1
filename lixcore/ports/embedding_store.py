"""Values by key, many at once, each for a limited time: where the embeddings of URLs are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from lixcore.ports.cache_size import CacheSize

KEY_BYTES = 32


class EmbeddingStore(Protocol):
    """Values by key, for all sessions and tenants.

    Used from any number of threads and, where the store is shared, processes and hosts. Keys are digests of 32 bytes; values are
    any bytes up to 1 MiB and come back as they were given. What is held is a cache: it need not survive the loss of power or of
    the store, and a store may drop entries when it needs room, each wholly. An error is never an absent value.

    An entry is *live* from when it was put until its time is over, as `lixcore.domain.freshness.is_live` says, by the clock of
    the process that asks. What is not live is never given or counted, and leaves the store in the end.

    Every method raises `ClosedError` after `close`, and `StoreError` where the store cannot be used.
    """

    def get(self, keys: Sequence[bytes]) -> Sequence[bytes | None]:
        """The values of keys, in their order; None for each key without one. One round trip, however many there are.

        A key may be asked for twice; no keys are no round trip.
        """
        ...

    def put(self, entries: Sequence[tuple[bytes, bytes]], *, ttl: float, capacity: int) -> None:
        """Store values under keys, in place of those that are there. One round trip, however many there are.

        Each entry is stored wholly or not at all; when this raises, some may be stored. Of a key that comes twice, the last value
        counts. Storing renews no other entry.

        Args:
            entries: Keys and values.
            ttl: For how many seconds they are live; above zero.
            capacity: How many live entries the store holds at most once these are stored; 1 or more. Those whose time is over
                first leave first; a store with many processes may hold some more for a moment.
        """
        ...

    def forget(self, keys: Sequence[bytes]) -> int:
        """Remove entries.

        Returns:
            How many of the keys had a live one; a key that comes twice counts once.
        """
        ...

    def measure(self) -> CacheSize:
        """How much is held. It may take as long as there are entries."""
        ...

    def close(self) -> None:
        """Give back connections and handles. May be called twice."""
        ...
