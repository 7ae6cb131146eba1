"""Stores of caches that cannot be opened yet: a cache never keeps an application from starting."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, Final, Generic, Protocol, TypeVar

from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.errors import ClosedError, StoreError
from lixcore.ports.cache_size import CacheSize
from lixcore.ports.clock import Clock
from lixcore.ports.embedding_store import EmbeddingStore
from lixcore.ports.similarity_index import IndexEntry, Match, SimilarityIndex
from lixcore.services.reuse.in_children import begin_afresh_in_children

if TYPE_CHECKING:
    from lixcore.domain.embedding import Vector

TRIED_EVERY_SECONDS: Final = 1.0
"""How often it is tried again at most; calls in between fail as the last try did."""


class _Closeable(Protocol):
    def close(self) -> None: ...


_Store = TypeVar("_Store", bound=_Closeable)


class LateStore(Generic[_Store]):
    """A store that could not be opened, and is tried again by those who want something of it. Safe to share between threads.

    It has the port's methods only: while it is not open, nobody knows what powers the store has.

    Args:
        open_store: Opens it.
        error: Why that failed at first.
        clock: Tells when to try again.

    Attributes:
        WHAT: What it is, as `ClosedError` names it.
    """

    WHAT: ClassVar[str]

    def __init__(self, open_store: Callable[[], _Store], error: StoreError, clock: Clock) -> None:
        self._open = open_store
        self._error = error
        self._clock = clock
        self._store: _Store | None = None
        self._closed = False
        self._next = clock.monotonic() + TRIED_EVERY_SECONDS
        self.begin_afresh()
        begin_afresh_in_children(self)

    def begin_afresh(self) -> None:
        """Only for a child that was just forked: another thread of its parent may have been opening the store."""
        self._lock = threading.Lock()

    def opened(self, *, at_once: bool = False) -> _Store:
        """The store.

        Args:
            at_once: Try to open it now, whenever that was tried last.

        Raises:
            ClosedError: After `close`.
            StoreError: It cannot be opened.
        """
        store = self._store
        if store is not None:
            return store
        with self._lock:
            if self._closed:
                raise ClosedError(self.WHAT)
            if self._store is None:
                if not at_once and self._clock.monotonic() < self._next:
                    raise self._error.with_traceback(None)
                self._store = self._tried()
            return self._store

    def _tried(self) -> _Store:
        try:
            return self._open()
        except StoreError as error:
            self._error = error
            raise
        finally:
            self._next = self._clock.monotonic() + TRIED_EVERY_SECONDS

    def close(self) -> None:
        """Close the store, if it was opened; may be called twice."""
        with self._lock:
            self._closed = True
            store, self._store = self._store, None
        if store is not None:
            store.close()


class LateIndex(LateStore[SimilarityIndex]):
    """A similarity index, opened late. Methods are documented by the port."""

    WHAT = "the similarity index"

    def add(self, scope: Scope, entry: IndexEntry, *, ttl: float, capacity: int) -> None:
        """See the port."""
        self.opened().add(scope, entry, ttl=ttl, capacity=capacity)

    def search(self, scope: Scope, vector: Vector | None, *, label: bytes = b"", k: int, at_least: float) -> Sequence[Match]:
        """See the port."""
        return self.opened().search(scope, vector, label=label, k=k, at_least=at_least)

    def forget(self, session: SessionKey) -> int:
        """See the port."""
        return self.opened(at_once=True).forget(session)

    def measure(self, session: SessionKey | None = None) -> CacheSize:
        """See the port."""
        return self.opened().measure(session)


class LateEmbeddingStore(LateStore[EmbeddingStore]):
    """An embedding store, opened late. Methods are documented by the port."""

    WHAT = "the embedding store"

    def get(self, keys: Sequence[bytes]) -> Sequence[bytes | None]:
        """See the port."""
        return self.opened().get(keys)

    def put(self, entries: Sequence[tuple[bytes, bytes]], *, ttl: float, capacity: int) -> None:
        """See the port."""
        self.opened().put(entries, ttl=ttl, capacity=capacity)

    def forget(self, keys: Sequence[bytes]) -> int:
        """See the port."""
        return self.opened(at_once=True).forget(keys)

    def measure(self) -> CacheSize:
        """See the port."""
        return self.opened().measure()
