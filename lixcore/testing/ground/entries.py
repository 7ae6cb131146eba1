"""Entries, as stores are given them and as they give them back."""

from __future__ import annotations

from collections.abc import Sequence

from lixcore.domain.position import Entry, Position
from lixcore.testing.ground.clock import NOON


def entry(position: int, payload: bytes = b"payload", timestamp: float = NOON) -> Entry:
    """An entry."""
    return Entry(Position(position), timestamp, payload)


def facts(entries: Sequence[Entry] | None) -> list[tuple[int, str, bytes]]:
    """Entries as plain values that compare bit for bit (-0.0 is not 0.0); fails on anything that is not an entry."""
    assert entries is not None, "the session is absent"
    assert all(type(one.payload) is bytes and type(one.timestamp) is float for one in entries)
    return [(one.position, one.timestamp.hex(), one.payload) for one in entries]
