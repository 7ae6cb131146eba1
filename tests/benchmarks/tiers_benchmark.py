"""Sessions between the stores: while the hot store is away, under the janitor, leaving and coming back."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Any, Final

import redis

import lixcore
from tests.benchmarks.archive_benchmark import fill, raw_write
from tests.benchmarks.measuring import Timing, interleaved
from tests.benchmarks.overflow_benchmark import SHORT_HISTORY
from tests.benchmarks.redis_commands import server, stoppable_server
from tests.benchmarks.report import Table
from tests.benchmarks.settings import Settings

_WINDOW: Final = 20
_HOT_SESSIONS: Final = 5000
_OF_EACH: Final = 4
_MOST_ADDS: Final = 2000  # while the store is away: the history is to stay about as long as its row says
_ROUNDS: Final = 30


def tiers(settings: Settings) -> list[Table]:
    """The archive in the hot store's stead, a round of the janitor, evictions, and the first read of what was evicted."""
    text = settings.corpus.median_text()
    with contextlib.ExitStack() as opened:
        url = settings.redis_url or opened.enter_context(server())
        client = opened.enter_context(redis.Redis.from_url(url))
        client.flushdb()
        config = lixcore.CacheConfig(redis_url=url, archive_dir=str(settings.directory / "tiers"))
        stack = opened.enter_context(lixcore.Stack(config, janitor=False))
        moving = _moved(stack, client, text)
        returning = _returned(stack, text, settings)
    return [_away(settings, text), moving, returning]


def _away(settings: Settings, text: str) -> Table:
    table = Table(
        "tiers: while the hot store is away, the archive stands in for it",
        ("case", "p50 us", "p99 us", "x write+fsync", "x hot"),
        notes=["write+fsync: of the same text, at the end of a file"],
    )
    with contextlib.ExitStack() as opened:
        redis_server = opened.enter_context(stoppable_server())
        config = lixcore.CacheConfig(redis_url=redis_server.url(), archive_dir=str(settings.directory / "away"))
        stack = opened.enter_context(lixcore.Stack(config, janitor=False))
        memories = {size: stack.session(f"{size} archived") for size in (SHORT_HISTORY, settings.largest)}
        for size, memory in memories.items():
            fill(stack.wiring.archive, memory.session, size, settings.corpus.records(5000))
            for _ in range(_WINDOW):
                memory.add_message_to_context("user", text)
        some = memories[SHORT_HISTORY]
        raw = {"write+fsync": raw_write(settings.directory / "raw", text.encode())}
        hot = interleaved({**raw, **_uses(some, "hot")}, seconds=settings.seconds, one_call_a_sample=True, rounds=_MOST_ADDS)
        redis_server.terminate()
        start = time.perf_counter()
        some.get_context_messages()
        noticing = time.perf_counter() - start
        away: dict[str, Callable[[], object]] = dict(raw)
        for size, memory in memories.items():
            away |= _uses(memory, f"away, {size:,} archived")
        found = interleaved(away, seconds=2 * settings.seconds, one_call_a_sample=True, rounds=_MOST_ADDS)
    for name, timing in (hot | found).items():
        baseline = hot if name.endswith(", hot") else found
        use = name.partition(",")[0]
        times_hot = timing.p50 / hot[f"{use}, hot"].p50 if use in ("add", "read") else None
        table.add(name, 1e6 * timing.p50, 1e6 * timing.p99, timing.ratio_to(baseline["write+fsync"]), times_hot)
    table.add("the read that notices it", 1e6 * noticing, None, None, None)
    return table


def _uses(memory: lixcore.CacheCoordinator, when: str) -> dict[str, Callable[[], object]]:
    text = "x" * 100
    return {
        f"add, {when}": lambda: memory.add_message_to_context("user", text),
        f"read, {when}": memory.get_context_messages,
    }


def _moved(stack: lixcore.Stack, client: Any, text: str) -> Table:
    table = Table(
        f"tiers: {_HOT_SESSIONS:,} hot sessions of {_OF_EACH} messages",
        ("step", "ms", "us a session", "sessions a second", "x PING"),
        notes=["rounds of the janitor in which nothing is due; the first one also looks at all sessions of a server new to it"],
    )
    for number in range(_HOT_SESSIONS):
        memory = stack.session(f"hot {number}")
        for _ in range(_OF_EACH):
            memory.add_message_to_context("user", text)
    ping = interleaved({"ping": client.ping}, seconds=0.5)["ping"].p50
    first = _seconds(stack.janitor_round)
    later = interleaved({"round": stack.janitor_round}, seconds=5, one_call_a_sample=True, rounds=_ROUNDS)["round"].p50
    evicting = _seconds(lambda: stack.evict_idle(idle_seconds=0))
    steps = {"the first round of the janitor": first, "another round": later, "evicting all": evicting}
    for name, seconds in steps.items():
        each = seconds / _HOT_SESSIONS
        table.add(name, 1e3 * seconds, 1e6 * each, 1 / each, seconds / ping)
    return table


def _seconds(step: Callable[[], object]) -> float:
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


def _returned(stack: lixcore.Stack, text: str, settings: Settings) -> Table:
    table = Table("tiers: the first context of a session that had been evicted", ("case", "p50 us", "p99 us", "x hot"))
    payloads = settings.corpus.records(5000)
    memories = {"hot": stack.session("always hot")}
    for size in (SHORT_HISTORY, 1000, settings.largest):
        memory = memories[f"evicted, {size:,} archived"] = stack.session(f"{size} archived")
        fill(stack.wiring.archive, memory.session, size, payloads)
    for memory in memories.values():
        for _ in range(_WINDOW):
            memory.add_message_to_context("user", text)
    taken: dict[str, list[float]] = {name: [] for name in memories}
    began = time.perf_counter()
    while time.perf_counter() - began < settings.seconds or len(taken["hot"]) < _ROUNDS:
        for name, memory in memories.items():
            if name != "hot":
                stack.wiring.tiering.evict(memory.session)
            taken[name].append(_seconds(memory.get_context_messages))
    for name, seconds in taken.items():
        timing = Timing(seconds)
        table.add(name, 1e6 * timing.p50, 1e6 * timing.p99, timing.ratio_to(Timing(taken["hot"])))
    return table
