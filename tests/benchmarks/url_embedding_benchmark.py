"""Embeddings of URLs as an application sets and gets them, through the whole stack, against raw commands."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import redis

import lixcore
from tests.benchmarks.measuring import Timing, interleaved
from tests.benchmarks.report import Table
from tests.benchmarks.settings import Settings

_DIMENSION = 384
_COUNT = 1000
_TTL_MS = 86_400_000
_AT_MOST = {"get": 1.3}
"""How many times as long as the raw command it may take."""
_AT_LEAST = 20.0
"""How many times as fast as one by one a batch should be."""


def url_embeddings(settings: Settings, url: str) -> list[Table]:
    """Set and get a thousand at once and one by one, and one against GET and SET of the same bytes; on the server at ``url``."""
    one = Table(f"URL embeddings, through the stack: one of {_DIMENSION} float32", ("call", "p50 us", "p99 us", "x raw"))
    many = Table(
        f"URL embeddings, through the stack: {_COUNT:,} at once and one by one, ms",
        ("", "set_many", "get_many", "set", "get", "x faster"),
    )
    many.notes.append(f"x faster: (set + get) / (set_many + get_many), which should be {_AT_LEAST:g} or more")
    with contextlib.ExitStack() as stack:
        client: Any = stack.enter_context(redis.Redis.from_url(url))
        config = lixcore.CacheConfig(redis_url=url, archive_dir=str(settings.directory / "archive"))
        cache = stack.enter_context(lixcore.open(config)).url_embeddings
        rows = np.random.default_rng(0).standard_normal((_COUNT, _DIMENSION)).astype(np.float32)
        embeddings = {f"https://example.org/page/{number}?q={number}": row for number, row in enumerate(rows)}
        urls = list(embeddings)
        raw = rows[0].tobytes()
        client.set("raw", raw)
        cache.set_many(embeddings)
        _fill(
            one,
            interleaved(
                {
                    "raw get": partial(client.get, "raw"),
                    "get": partial(cache.get, urls[0]),
                    "raw set": partial(client.set, "raw", raw, px=_TTL_MS),
                    "set": partial(cache.set, urls[0], rows[0]),
                },
                seconds=settings.seconds,
                one_call_a_sample=True,
            ),
        )
        calls: dict[str, Callable[[], object]] = {
            "set_many": partial(cache.set_many, embeddings),
            "get_many": partial(cache.get_many, urls),
            "set": lambda: [cache.set(each, row) for each, row in embeddings.items()],
            "get": lambda: [cache.get(each) for each in urls],
        }
        timings = interleaved(calls, seconds=4 * settings.seconds, one_call_a_sample=True)
    fastest = {call: min(timing.seconds) for call, timing in timings.items()}
    for name, took in (("p50", {call: timing.p50 for call, timing in timings.items()}), ("fastest", fastest)):
        ratio = (took["set"] + took["get"]) / (took["set_many"] + took["get_many"])
        many.add(name, *(1e3 * seconds for seconds in took.values()), ratio)
    return [one, many]


def _fill(table: Table, timings: dict[str, Timing]) -> None:
    for name, timing in timings.items():
        raw = timings.get(f"raw {name}")
        table.add(name, 1e6 * timing.p50, 1e6 * timing.p99, None if raw is None else timing.ratio_to(raw))
    table.notes += [f"{name} should take at most {most:g} times as long as the raw command" for name, most in _AT_MOST.items()]
