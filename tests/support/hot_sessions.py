"""Making sessions hot, the way the core does it."""

from __future__ import annotations

from collections.abc import Sequence

from lixcore.domain.position import ORIGIN, Entry, Position
from lixcore.domain.session import SessionKey
from lixcore.ports.hot_store import Appended, HotStore


def make_hot(
    store: HotStore, session: SessionKey, *payloads: bytes, entries: Sequence[Entry] = (), next_after: Position = ORIGIN
) -> list[Appended]:
    """Restore an absent session with ``entries`` and add a message for each of ``payloads``."""
    assert store.restore(session, entries, next_after=next_after, ticket=store.ticket(session))
    return [added(store, session, payload) for payload in payloads]


def added(store: HotStore, session: SessionKey, payload: bytes, timestamp: float = 1.5) -> Appended:
    """Add a message to a hot session."""
    answer = store.append(session, timestamp, payload)
    assert answer is not None
    return answer


def payloads(entries: Sequence[Entry] | None) -> list[bytes]:
    """What was said; fails for an absent session."""
    assert entries is not None
    return [entry.payload for entry in entries]
