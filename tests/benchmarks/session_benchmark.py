"""The session layer as applications use it: coordinator, Redis and .huff files together, against the raw commands."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from itertools import cycle

import redis

import lixcore
from tests.benchmarks.measuring import Timing, interleaved
from tests.benchmarks.overflow_benchmark import NEVER, overflow
from tests.benchmarks.predecessor import MISSING, adding_and_getting
from tests.benchmarks.redis_commands import raw_commands, server
from tests.benchmarks.report import Table
from tests.benchmarks.settings import Settings

_WINDOW = 20
_RAW = "raw command"


def session(settings: Settings) -> list[Table]:
    """Add a message within the window, add with overflow to the archive, get the context of 20; then overflow more closely."""
    columns = ("case", "p50 us", "p99 us", "x raw")
    add = Table("session: add_message_to_context (raw: SET of the same bytes)", columns, notes=[settings.corpus.origin])
    get = Table("session: get_context_messages of 20 (raw: XREVRANGE of the same)", columns)
    median = settings.corpus.median_text()
    add.notes.append(f"every message has {len(median.encode())} B of text, the median of the data")
    with contextlib.ExitStack() as stack:
        url = settings.redis_url or stack.enter_context(server())
        client = stack.enter_context(redis.Redis.from_url(url))
        client.flushdb()
        raw_add, raw_get = raw_commands(client, median.encode(), last=_WINDOW)
        roomy, spilling = (
            stack.enter_context(
                lixcore.open(
                    lixcore.CacheConfig(redis_url=url, archive_dir=str(settings.directory / name), spill_batch_size=batch)
                )
            )
            for name, batch in (("roomy", NEVER), ("spilling", 20))
        )
        full = roomy.session("full")
        for _ in range(_WINDOW):
            full.add_message_to_context("user", median)
        adding: dict[str, Callable[[], object]] = {
            _RAW: raw_add,
            "in the window": _adder(roomy.session("in the window"), median),
            "overflowing, batches of 20": _adder(spilling.session("overflowing"), median),
        }
        getting: dict[str, Callable[[], object]] = {_RAW: raw_get, "lixcore": full.get_context_messages}
        before = adding_and_getting(url, median, last=_WINDOW, directory=settings.directory / "predecessor")
        if before is None:
            add.notes.append(MISSING)
        else:
            adding["predecessor, in the window"], getting["predecessor"] = before
        _fill(add, interleaved(adding, seconds=settings.seconds, one_call_a_sample=True))
        _fill(get, interleaved(getting, seconds=settings.seconds, one_call_a_sample=True))
        return [add, get, *overflow(settings, url, median)]


def _adder(memory: lixcore.CacheCoordinator, text: str) -> Callable[[], object]:
    roles = cycle(("user", "assistant"))
    return lambda: memory.add_message_to_context(next(roles), text)


def _fill(table: Table, timings: dict[str, Timing]) -> None:
    for name, timing in timings.items():
        table.add(name, 1e6 * timing.p50, 1e6 * timing.p99, timing.ratio_to(timings[_RAW]))
