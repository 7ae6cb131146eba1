"""Hot stores: adding a message and getting the context of 20, against the raw commands."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import redis

from lixcore.domain.position import ORIGIN
from lixcore.domain.session import SessionKey
from lixcore.ports.hot_store import HotStore
from tests.benchmarks.adapters import open_adapter
from tests.benchmarks.measuring import Timing, interleaved
from tests.benchmarks.predecessor import MISSING, adding_and_getting
from tests.benchmarks.redis_commands import raw_commands, server
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
            url = url or stack.enter_context(server())
            client = stack.enter_context(redis.Redis.from_url(url))
            client.flushdb()
            adding[_RAW], getting[_RAW] = raw_commands(client, payload, last=_WINDOW)
            before = adding_and_getting(
                url, payload.decode(errors="replace"), last=_WINDOW, directory=settings.directory / "predecessor"
            )
            if before is None:
                add.notes.append(MISSING)
            else:
                adding[_PREDECESSOR], getting[_PREDECESSOR] = before
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
