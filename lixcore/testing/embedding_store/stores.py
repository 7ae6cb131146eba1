"""What all parts of the embedding store's contract use: a store to open, keys, and values."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import ClassVar, TypeAlias

import pytest

from lixcore.ports.embedding_store import EmbeddingStore
from lixcore.testing.ground.contract import Contract

OpenEmbeddings: TypeAlias = Callable[[], EmbeddingStore]
"""Opens the same place again and again."""

TTL = 300.0
"""What a real user sets at least; a store's own expiry goes by real time, of which tests take little."""
HOUR = 3600.0
KEYS = [bytes([number]) * 32 for number in range(12)]
ROUNDS = 10
SIZE = 20_000


def key(name: str) -> bytes:
    """The key of a name."""
    return sha256(name.encode()).digest()


ONE, TWO, THREE = key("one"), key("two"), key("three")
COMMON = [key(f"common {number}") for number in range(20)]
"""Keys that all writers of a test put their values under."""


class StoreGround(Contract):
    """Gives the parts of the contract their stores."""

    prefix: ClassVar[str] = "embedding-store"

    @pytest.fixture
    def open_store(self, open_adapter: OpenEmbeddings) -> OpenEmbeddings:
        """Opens the same place again and again."""
        return open_adapter

    @pytest.fixture
    def store(self, open_store: OpenEmbeddings) -> EmbeddingStore:
        """An empty store."""
        return open_store()


def put(store: EmbeddingStore, *numbers: int, ttl: float = TTL, capacity: int = 1000, value: bytes = b"value") -> None:
    """Store one value under some of `KEYS`, in one call."""
    store.put([(KEYS[number], value) for number in numbers], ttl=ttl, capacity=capacity)


def held(store: EmbeddingStore) -> list[int]:
    """Which of `KEYS` have a value."""
    return [number for number, value in enumerate(store.get(KEYS)) if value is not None]
