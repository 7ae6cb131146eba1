"""The embeddings of URLs, each made once for all sessions and tenants."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from lixcore.domain.embedding_batch import DType, checked_embeddings, stored_numbers
from lixcore.domain.embedding_record import StoredEmbedding, decode_embeddings, encode_embeddings
from lixcore.domain.scope import checked_model
from lixcore.errors import ClosedError, InvalidInputError, PartialBatchError, StoreError
from lixcore.ports.cache_size import CacheSize
from lixcore.ports.clock import Clock
from lixcore.ports.embedding_store import EmbeddingStore
from lixcore.ports.policy import ExpiryPolicy
from lixcore.services.embeddings.made_embeddings import in_order, named_by_url
from lixcore.services.embeddings.url_keys import UrlKeys
from lixcore.services.reuse.cache_guard import CacheGuard
from lixcore.services.reuse.layer_stats import LayerStats
from lixcore.services.reuse.lifetimes import Lifetimes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_log = logging.getLogger("lixcore.cache")
_Records = Callable[[slice], list[bytes]]


class UrlEmbeddings:
    """The cache of URL embeddings. Safe to share between threads, and across forks.

    URLs are found again by their normal form (`lixcore.domain.web_address`), and by the model that made the embedding: those of
    different models never meet. Embeddings come back as read-only float32 arrays of shape (dimension,), as they were stored.

    Where the store fails, the guard says what becomes of it: it counts that, and nothing is found or stored, or it raises.

    Args:
        store: Where they are kept; None keeps none.
        clock: Tells when they are stored, and how long they take to make.
        guard: What becomes of a store's failure.
        stats: Counts.
        model: The name of the model, where a call names none.
        dtype: How new ones are stored.
        dimension: How many numbers an embedding has: others are refused, and not found. None for any.
        ttl: For how many seconds they are kept.
        expiry: Says so for each of them; None where all are kept for ``ttl``.
        batch_size: How many are read or written in one round trip.
        capacity: How many the store holds at most.
    """

    def __init__(
        self,
        store: EmbeddingStore | None,
        *,
        clock: Clock,
        guard: CacheGuard,
        stats: LayerStats,
        model: str = "",
        dtype: DType = "float32",
        dimension: int | None = None,
        ttl: float = 86_400.0,
        expiry: ExpiryPolicy | None = None,
        batch_size: int = 100,
        capacity: int = 1_000_000,
    ) -> None:
        self._store = store
        self._clock = clock
        self._guard = guard
        self._stats = stats
        guard.on_failure = stats.failed
        self._model = checked_model(model)
        self._dtype: DType = dtype
        self._dimension = dimension
        self._lifetimes = Lifetimes(expiry, "url_embedding", ttl)
        self._batch_size = batch_size
        self._capacity = capacity
        self._keys = UrlKeys(self._model)
        self._told_of_dimension = False
        self._closed = False

    def get(self, url: str, *, model: str | None = None) -> NDArray[np.float32] | None:
        """The embedding of a URL; None where none is stored.

        Args:
            url: Any text of up to 64 KiB in UTF-8.
            model: Which model's; the configured one's unless given.

        Raises:
            InvalidInputError: The url or the model is refused.
            StoreError: The store failed, and the guard raises.
        """
        model = self._which(model)
        key = self._keys.of(url, model)
        found = self._found([key], model).get(key)
        return None if found is None else found.vector

    def get_many(self, urls: Iterable[str], *, model: str | None = None) -> dict[str, NDArray[np.float32] | None]:
        """The embeddings of URLs, by URL as given; None for each without one. One round trip for each ``batch_size``.

        Raises:
            InvalidInputError: A url or the model is refused.
            StoreError: The store failed, and the guard raises.
        """
        model = self._which(model)
        keys = self._keys.of_each(urls, model)
        found = self._found(list(dict.fromkeys(keys.values())), model)
        return {url: found[key].vector if key in found else None for url, key in keys.items()}

    def set(self, url: str, embedding: Sequence[float] | NDArray[Any], *, model: str | None = None) -> bool:
        """Store the embedding of a URL, in place of the one that is there.

        Returns:
            Whether it is stored: False where the store failed, or there is none.

        Raises:
            InvalidInputError: The url, the embedding or the model is refused.
            StoreError: The store failed, and the guard raises.
        """
        model = self._which(model)
        key = self._keys.of(url, model)
        records = self._records([embedding], lambda _: "embedding", model, seconds=None)
        return self._put([key], records) == 1

    def set_many(self, embeddings: Mapping[str, Sequence[float] | NDArray[Any]], *, model: str | None = None) -> dict[str, bool]:
        """Store the embeddings of URLs, in place of those that are there. One round trip for each ``batch_size``.

        Returns:
            Of each URL as given whether it is stored: False where the store failed, or there is none.

        Raises:
            InvalidInputError: A url, an embedding or the model is refused, or their dimensions differ; nothing is stored.
            PartialBatchError: The store failed after the first round trip, and the guard raises.
            StoreError: The store failed in the first one, and the guard raises.
        """
        if not isinstance(embeddings, Mapping):
            raise InvalidInputError("embeddings", f"must be a mapping of URLs to embeddings, not {type(embeddings).__name__}")
        model = self._which(model)
        keys = self._keys.of_each(embeddings, model)
        if not keys:
            return {}
        urls = list(keys)
        records = self._records(list(embeddings.values()), lambda index: named_by_url(urls[index]), model, seconds=None)
        stored = self._put(list(keys.values()), records)
        return {url: index < stored for index, url in enumerate(urls)}

    def get_or_compute(
        self,
        urls: Iterable[str],
        fn: Callable[[list[str]], Sequence[Any] | NDArray[Any] | Mapping[str, Any]],
        *,
        model: str | None = None,
    ) -> dict[str, NDArray[np.float32]]:
        """The embeddings of URLs, by URL as given: those that are stored, and those that ``fn`` makes, which are stored then.

        What is made comes back as it will be found again, so also rounded to float16 where that is how it is stored.

        Args:
            urls: The URLs.
            fn: Is called once, and only where something is missing, with the URLs that are: as given, in their order, of several
                spellings the first. It returns an embedding for each in that order, or a mapping that has all of them.
            model: The model that makes them; the configured one unless given.

        Raises:
            InvalidInputError: A url, the model or what ``fn`` returns is refused; nothing is stored.
            StoreError: The store failed, and the guard raises; a `PartialBatchError` where some of what was made is stored.
        """
        model = self._which(model)
        keys = self._keys.of_each(urls, model)
        found = self._found(list(dict.fromkeys(keys.values())), model)
        missing: dict[bytes, str] = {}
        for url, key in keys.items():
            if key not in found:
                missing.setdefault(key, url)
        if missing:
            asked = list(missing.values())
            began = self._clock.monotonic()
            made = in_order(fn(list(asked)), asked)
            seconds = (self._clock.monotonic() - began) / len(asked)
            records = self._records(made, lambda index: named_by_url(asked[index]), model, seconds=seconds)
            self._put(list(missing), records)
            intact = decode_embeddings(records(slice(None)), model)  # as all is that was encoded a moment ago
            found.update((key, each) for key, each in zip(missing, intact, strict=True) if isinstance(each, StoredEmbedding))
        return {url: found[key].vector for url, key in keys.items()}

    def forget(self, urls: Iterable[str], *, model: str | None = None) -> int:
        """Remove the embeddings of URLs.

        Returns:
            How many were stored.

        Raises:
            InvalidInputError: A url or the model is refused.
            StoreError: The store failed, whatever the guard says: what is not removed must not look removed.
        """
        keys = list(dict.fromkeys(self._keys.of_each(urls, self._which(model)).values()))
        if self._store is None:
            return 0
        return sum(self._store.forget(keys[start : start + self._batch_size]) for start in range(0, len(keys), self._batch_size))

    def measure(self) -> CacheSize:
        """How much is stored, of all models.

        Raises:
            StoreError: The store failed, whatever the guard says: what is unknown must not look empty.
        """
        self._check_open()
        return CacheSize(0, 0) if self._store is None else self._store.measure()

    def close(self) -> None:
        """Add what was counted to the store's sums, and refuse all calls. The store stays open. Idempotent."""
        if not self._closed:
            self._closed = True
            if not self._guard.is_away:
                self._stats.add_now()

    def _check_open(self) -> None:
        if self._closed:
            raise ClosedError("the cache of URL embeddings")

    def _which(self, model: str | None) -> str:
        self._check_open()
        return self._model if model is None else checked_model(model)

    def _found(self, keys: list[bytes], model: str) -> dict[bytes, StoredEmbedding]:
        """What is stored under keys, and can be used."""
        store, size = self._store, self._batch_size
        found: dict[bytes, StoredEmbedding] = {}
        if store is None or not keys:
            return found
        saved = 0.0
        for start in range(0, len(keys), size):
            part = keys if len(keys) <= size else keys[start : start + size]
            values = self._guard.ask(partial(store.get, part), None)
            if values is None:
                break  # a store that just failed is not waited for once more
            for key, stored in zip(part, decode_embeddings(values, model), strict=True):
                if isinstance(stored, StoredEmbedding):
                    if self._dimension is None or stored.vector.size == self._dimension:
                        found[key] = stored
                        saved += stored.seconds or 0.0
                    else:
                        self._tell_of_dimension(stored.vector.size, model)
                elif stored is not None:
                    self._guard.report(stored)
        self._stats.count(hits=len(found), misses=len(keys) - len(found), seconds_saved=saved)
        if not self._guard.is_away:
            self._stats.add_when_due()
        return found

    def _records(self, values: Any, name: Callable[[int], str], model: str, *, seconds: float | None) -> _Records:
        """Check all embeddings. Records are made of them when they are sent, while their numbers are in the processor's cache."""
        numbers = stored_numbers(checked_embeddings(values, name, dimension=self._dimension), self._dtype, name)
        created = self._clock.now()
        return lambda part: encode_embeddings(numbers[part], model=model, created=created, seconds=seconds)

    def _put(self, keys: list[bytes], records: _Records) -> int:
        """Store records under keys; return how many, the first ones, are stored."""
        store, size = self._store, self._batch_size
        if store is None:
            return 0
        for start in range(0, len(keys), size):
            for first, end, seconds in self._lifetimes.groups(min(size, len(keys) - start)):
                done = start + first
                part = slice(done, start + end)
                entries = list(zip(keys[part], records(part), strict=True))
                put = partial(store.put, entries, ttl=seconds, capacity=self._capacity)
                try:
                    if self._guard.ask(put, False) is False:
                        self._stats.stored(done)
                        return done
                except StoreError as error:
                    if done == 0:
                        raise
                    self._stats.stored(done)
                    reason = str(error).removeprefix(f"{error.where}: ")
                    raise PartialBatchError(error.where, reason, stored=done, total=len(keys)) from error
        self._stats.stored(len(keys))
        return len(keys)

    def _tell_of_dimension(self, stored: int, model: str) -> None:
        if not self._told_of_dimension:
            self._told_of_dimension = True
            said = (
                "the URL embedding cache holds embeddings of dimension %d of the model %r, which are not used: %d is configured"
            )
            _log.warning(said, stored, model, self._dimension)
