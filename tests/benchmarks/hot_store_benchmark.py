"""Hot stores: adding a message and getting the context of 20, against the raw commands."""

from __future__ import annotations

import contextlib
import importlib
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import redis

from lixcore.domain.position import ORIGIN
from lixcore.domain.session import SessionKey
from lixcore.ports.hot_store import HotStore
from tests.benchmarks.adapters import open_adapter
from tests.benchmarks.measuring import Timing, interleaved
from tests.benchmarks.predecessor import MISSING, predecessor
from tests.benchmarks.report import Table
from tests.benchmarks.settings import Settings

_WINDOW = 20
_RAW = "raw command"
_PREDECESSOR = "predecessor"


def hot_store(settings: Settings) -> list[Table]:
    """Append one message, read the last 20."""
    columns = ("store", "p50 us", "p99 us", "x raw")
    add = Table("hot store: add one message (raw: SET of the same bytes)", columns, notes=[settings.corpus.origin])
    get = Table("hot store: get the last 20 messages (raw: XREVRANGE of the same)", columns)
    payloads = settings.corpus.records(1000)
    payload = sorted(payloads, key=len)[len(payloads) // 2]
    add.notes.append(f"each message is a record of {len(payload)} B, the median of the data; it is encoded beforehand")
    adding: dict[str, Callable[[], object]] = {}
    getting: dict[str, Callable[[], object]] = {}
    url = settings.redis_url
    with contextlib.ExitStack() as stack:
        if "redis" in settings.hot_stores:
            url = url or stack.enter_context(_server())
            client = stack.enter_context(redis.Redis.from_url(url))
            client.flushdb()
            adding[_RAW], getting[_RAW] = _raw(client, payload)
            _add_predecessor(url, adding, getting, add, payload)
        for name in settings.hot_stores:
            options: dict[str, Any] = {"redis": {"url": url}, "sqlite": {"path": str(settings.directory / "hot.sqlite3")}}
            try:
                store = open_adapter("hot_store", name, directory=settings.directory, **options.get(name, {}))
            except LookupError as error:
                add.notes.append(f"without {name}: {error}")
                continue
            stack.callback(store.close)
            adding[name], getting[name] = _ours(store, payload)
        _fill_table(add, interleaved(adding, seconds=settings.seconds, one_call_a_sample=True))
        _fill_table(get, interleaved(getting, seconds=settings.seconds, one_call_a_sample=True))
    return [add, get]


def _fill_table(table: Table, timings: dict[str, Timing]) -> None:
    raw = timings.get(_RAW)
    for name, timing in timings.items():
        table.add(
            name,
            1e6 * timing.p50,
            1e6 * timing.p99,
            None if raw is None or name in {"sqlite", "memory"} else timing.ratio_to(raw),
        )


def _ours(store: HotStore, payload: bytes) -> tuple[Callable[[], object], Callable[[], object]]:
    adding, getting = SessionKey("adding"), SessionKey("getting")
    for session in (adding, getting):
        store.restore(session, [], next_after=ORIGIN, ticket=store.ticket(session))
    for _ in range(_WINDOW):
        store.append(getting, time.time(), payload)
    return partial(store.append, adding, time.time(), payload), partial(store.read, getting, last=_WINDOW)


def _raw(client: Any, payload: bytes) -> tuple[Callable[[], object], Callable[[], object]]:
    for _ in range(_WINDOW):
        client.xadd("raw", {"m": payload})
    return partial(client.set, "raw-set", payload), partial(client.xrevrange, "raw", count=_WINDOW)


def _add_predecessor(
    url: str, adding: dict[str, Callable[[], object]], getting: dict[str, Callable[[], object]], table: Table, payload: bytes
) -> None:
    window = predecessor("context_window", "SessionContextWindow")
    config = predecessor("config", "CacheConfig")
    if window is None:
        table.notes.append(MISSING)
        return
    address = urlsplit(url)
    settings = config(redis_host=address.hostname, redis_port=address.port, session_redis_db=9, hot_window_size=100_000)
    content = payload.decode(errors="replace")
    full = window("getting", settings)
    for _ in range(_WINDOW):
        full.add_message("user", content)
        time.sleep(0.002)  # its ids are milliseconds: two messages within one would be one
    adding[_PREDECESSOR] = partial(window("adding", settings).add_message, "user", content)
    getting[_PREDECESSOR] = full.get_context


@contextlib.contextmanager
def _server() -> Iterator[str]:
    # The tests' own way to start a server.
    support = str(Path(__file__).parents[1] / "support")
    if support not in sys.path:
        sys.path.append(support)
    with importlib.import_module("redis_process").RedisProcess() as server:
        yield server.url(db=2)
