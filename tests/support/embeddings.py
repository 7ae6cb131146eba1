"""Keys and values such as the cache of embeddings has."""

from __future__ import annotations

import hashlib


def key(name: object) -> bytes:
    """A key of 32 bytes."""
    return hashlib.sha256(str(name).encode()).digest()


def entries(*names: object, value: bytes = b"") -> list[tuple[bytes, bytes]]:
    """Keys with values; without one, the value is the name."""
    return [(key(name), value or str(name).encode()) for name in names]
