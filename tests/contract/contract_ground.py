"""What the suites stand on: a clock to set, ids that find bugs, and an adapter opened as the core opens it."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from lixcore.domain.position import Entry, Position
from lixcore.domain.session import SessionKey
from lixcore.errors import CorruptDataError
from lixcore.ports.adapter import AdapterContext
from lixcore.ports.hot_store import HotStore

NOON = 1_800_000_000.0
"""Where the suites' clocks start; seconds since the epoch."""

KEYS = st.builds(SessionKey, id=st.text("aA:/*é\0 ", min_size=1, max_size=4), tenant=st.sampled_from(["a", "A", "a:", "*"]))
"""Few characters, chosen to meet each other: case pairs, separators, patterns, NUL, bytes beyond ASCII."""

KEYS_THAT_COLLIDE = [
    (SessionKey("a"), SessionKey("A")),
    (SessionKey("a"), SessionKey("a ")),
    (SessionKey("a"), SessionKey("a\0")),
    (SessionKey("a\0b"), SessionKey("a\0c")),
    (SessionKey("u*"), SessionKey("user")),
    (SessionKey("é"), SessionKey("e\u0301")),
    (SessionKey("b:c", tenant="a"), SessionKey("c", tenant="a:b")),
    (SessionKey("bc", tenant="a"), SessionKey("c", tenant="ab")),
    (SessionKey("a", tenant="x"), SessionKey("a", tenant="X")),
    (SessionKey("../x"), SessionKey("x")),
    (SessionKey("%61"), SessionKey("a")),
    (SessionKey("é" * 2047 + "a"), SessionKey("é" * 2047 + "b")),
]
"""Pairs that a store mixes up when it folds case, cuts at NUL, joins with a separator, matches patterns or shortens ids."""

TIMESTAMPS = st.floats(min_value=0, max_value=253_402_300_799) | st.sampled_from([-0.0, 5e-324, 0.1 + 0.2, 1e9 + 2**-20])
PAYLOADS = st.binary(max_size=40) | st.sampled_from([b"", b"\0", b"\xff" * 3, b"x" * 5000])


class SettableClock:
    """A `lixcore.ports.clock.Clock` that stands still until it is told otherwise, and may be told to step back."""

    def __init__(self, now: float = NOON) -> None:
        self._now = now
        self._monotonic = 0.0

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, seconds: float) -> float:
        """Move on, or back when ``seconds`` is negative; return the new time."""
        self._now += seconds
        self._monotonic += max(seconds, 0)
        return self._now


class ZlibCodec:
    """A codec from the standard library, so that no other adapter is needed to test an archive."""

    name = "suite-zlib"

    def encode(self, data: bytes) -> bytes:
        return zlib.compress(data, 1)

    def decode(self, data: bytes, *, size: int) -> bytes:
        try:
            decoded = zlib.decompress(data)
        except zlib.error as error:
            raise CorruptDataError("a frame", str(error)) from error
        if len(decoded) != size:
            raise CorruptDataError("a frame", f"has {len(decoded)} bytes, not {size}")
        return decoded


def open_adapter(adapter: Any, options: Any, clock: SettableClock, archive_dir: Path) -> Any:
    """Open an adapter with this clock, this directory for archives and `ZlibCodec`."""
    codec = ZlibCodec()
    codecs: dict[str, ZlibCodec] = {codec.name: codec}
    context = AdapterContext(clock=clock, codec_name=codec.name, codec_named=codecs.__getitem__, archive_dir=archive_dir)
    return adapter.open(options, context)


def entry(position: int, payload: bytes = b"payload", timestamp: float = NOON) -> Entry:
    """An entry."""
    return Entry(Position(position), timestamp, payload)


def facts(entries: Sequence[Entry] | None) -> list[tuple[int, str, bytes]]:
    """Entries as plain values that compare bit for bit (-0.0 is not 0.0); fails on anything that is not an entry."""
    assert entries is not None, "the session is absent"
    assert all(type(one.payload) is bytes and type(one.timestamp) is float for one in entries)
    return [(one.position, one.timestamp.hex(), one.payload) for one in entries]


def make_hot(store: HotStore, session: SessionKey, entries: Sequence[Entry] = (), *, next_after: int | None = None) -> None:
    """Restore as callers do: a store may refuse a good ticket now and then, but not always."""
    after = Position(next_after if next_after is not None else entries[-1].position if entries else 0)
    for _ in range(20):
        if store.restore(session, entries, next_after=after, ticket=store.ticket(session)):
            return
    raise AssertionError("20 tickets in a row were refused for a session that is absent")


def empty(store: HotStore) -> None:
    """Forget every hot session, so that the examples of a property test begin alike."""
    for activity in store.sessions():
        store.forget(activity.session)


OpenStore = Callable[[], HotStore]
