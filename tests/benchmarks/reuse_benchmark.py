"""What is reused: embeddings of URLs, by one and by many, against raw commands and the predecessor."""

from __future__ import annotations

import contextlib
import hashlib
import random
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import redis

from lixcore.ports.embedding_store import EmbeddingStore
from tests.benchmarks.adapters import open_adapter
from tests.benchmarks.measuring import Timing, interleaved
from tests.benchmarks.predecessor import MISSING, url_embeddings
from tests.benchmarks.redis_commands import server
from tests.benchmarks.report import Table
from tests.benchmarks.settings import Settings
from tests.benchmarks.url_embedding_benchmark import url_embeddings as url_embeddings_through

_DIMENSION = 384
_COUNT = 1000
_AT_ONCE = 100
_TTL = 86_400.0
_RAW = "raw command"
_PREDECESSOR = "predecessor"
_NO_RAW = {"sqlite", "memory"}

_Calls = dict[str, Callable[[], object]]


def reuse(settings: Settings) -> list[Table]:
    """Get and set one embedding, then a thousand by calls of a hundred and one by one; by the store, then through the stack."""
    get = Table(f"embedding store: get one of {_DIMENSION} float32 (raw: GET of the same bytes)", _columns("x raw"))
    put = Table("embedding store: set one (raw: SET PX of the same bytes)", _columns("x raw"))
    many = Table(
        f"embedding store: {_COUNT:,}, by calls of {_AT_ONCE} and one by one",
        ("store", "get ms", "one by one ms", "x faster", "set ms", "one by one ms", "x faster"),
    )
    values = [random.Random(number).randbytes(4 * _DIMENSION) for number in range(_COUNT)]
    entries = [(hashlib.sha256(value).digest(), value) for value in values]
    getting: _Calls = {}
    setting: _Calls = {}
    ways: dict[str, tuple[_Calls, _Calls]] = {}
    with contextlib.ExitStack() as stack:
        url = settings.redis_url
        if "redis" in settings.hot_stores:
            url = url or stack.enter_context(server())
            client: Any = stack.enter_context(redis.Redis.from_url(url))
            client.flushdb()
            client.set("raw", values[0])
            getting[_RAW] = partial(client.get, "raw")
            setting[_RAW] = partial(client.set, "raw-set", values[0], px=int(_TTL * 1000))
            before = url_embeddings(url, values)
            if before is None:
                get.notes.append(MISSING)
            else:
                getting[_PREDECESSOR], setting[_PREDECESSOR], *batch = before
                ways[_PREDECESSOR] = ({"one by one": batch[0]}, {"one by one": batch[1], "many": batch[2]})
                many.notes.append("the predecessor has no call that gets many, and sets many in a round trip each")
        for name in settings.hot_stores:
            options: dict[str, Any] = {"redis": {"url": url}, "sqlite": {"path": str(settings.directory / "reuse.sqlite3")}}
            try:
                store: EmbeddingStore = open_adapter(
                    "embedding_store", name, directory=settings.directory, **options.get(name, {})
                )
            except LookupError as error:
                get.notes.append(f"without {name}: {error}")
                continue
            stack.callback(store.close)
            _put(store, entries, _AT_ONCE)
            getting[name], setting[name] = partial(store.get, [entries[0][0]]), partial(_put, store, entries[:1], 1)
            ways[name] = _ways(store, entries)
        _fill(get, interleaved(getting, seconds=settings.seconds, one_call_a_sample=True))
        _fill(put, interleaved(setting, seconds=settings.seconds, one_call_a_sample=True))
        for name, (gets, sets) in ways.items():
            many.add(name, *_compared(gets, settings), *_compared(sets, settings))
        through = url_embeddings_through(settings, url) if url else []
    return [get, put, many, *through]


def _columns(last: str) -> tuple[str, ...]:
    return ("store", "p50 us", "p99 us", last)


def _put(store: EmbeddingStore, entries: Sequence[tuple[bytes, bytes]], at_once: int) -> None:
    for start in range(0, len(entries), at_once):
        store.put(entries[start : start + at_once], ttl=_TTL, capacity=100 * _COUNT)


def _get(store: EmbeddingStore, keys: Sequence[bytes], at_once: int) -> None:
    for start in range(0, len(keys), at_once):
        store.get(keys[start : start + at_once])


def _ways(store: EmbeddingStore, entries: Sequence[tuple[bytes, bytes]]) -> tuple[_Calls, _Calls]:
    keys = [key for key, _ in entries]
    return (
        {"many": partial(_get, store, keys, _AT_ONCE), "one by one": partial(_get, store, keys, 1)},
        {"many": partial(_put, store, entries, _AT_ONCE), "one by one": partial(_put, store, entries, 1)},
    )


def _compared(calls: _Calls, settings: Settings) -> tuple[float | None, float, float | None]:
    """Milliseconds of many at once and of one by one, and how many times as long the latter takes."""
    timings = interleaved(calls, seconds=settings.seconds)
    single, many = timings["one by one"], timings.get("many")
    if many is None:
        return None, 1e3 * single.p50, None
    return 1e3 * many.p50, 1e3 * single.p50, single.ratio_to(many)


def _fill(table: Table, timings: dict[str, Timing]) -> None:
    raw = timings.get(_RAW)
    for name, timing in timings.items():
        ratio = None if raw is None or name in _NO_RAW else timing.ratio_to(raw)
        table.add(name, 1e6 * timing.p50, 1e6 * timing.p99, ratio)
