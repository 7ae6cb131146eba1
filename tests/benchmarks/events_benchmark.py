"""What being watched costs those who add and read: nobody watches, one does, five do."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from typing import Final

import attrs
import redis

import lixcore
from lixcore.hooks import hookimpl
from lixcore.ports.events import Event
from tests.benchmarks.measuring import Timing
from tests.benchmarks.overflow_benchmark import NEVER
from tests.benchmarks.redis_commands import server
from tests.benchmarks.report import Table
from tests.benchmarks.settings import Settings

_WINDOW: Final = 20
_BURST: Final = 500
_REST_SECONDS: Final = 0.02
_NOBODY: Final = "nobody watches"
_CASES: Final = {_NOBODY: 0, "nobody watches, another stack": 0, "one counts": 1, "five count": 5}


class Counting:
    """A plugin that counts what happens to sessions."""

    def __init__(self) -> None:
        self.count = 0

    @hookimpl
    def lixcore_added(self, event: Event) -> None:
        del event
        self.count += 1

    lixcore_spilled = lixcore_evicted = lixcore_restored = lixcore_added


@attrs.frozen
class Watched:
    """Two stacks with so many plugins, of which one spills.

    Attributes:
        add: Adds within the window.
        overflow: Adds where messages spill in batches of 20.
        read: Gets a context of 20.
        stacks: The stacks.
        plugins: Those who count.
    """

    add: Callable[[], object]
    overflow: Callable[[], object]
    read: Callable[[], object]
    stacks: tuple[lixcore.Stack, lixcore.Stack]
    plugins: list[Counting]


def events(settings: Settings) -> list[Table]:
    """Add within the window, add with overflow, and get the context of 20, on Redis, watched and not.

    A sample is 500 calls, which is long enough for events to be shown meanwhile. Before each there is a rest, so that none bears
    the work of another one's plugins.
    """
    with contextlib.ExitStack() as stack:
        url = settings.redis_url or stack.enter_context(server())
        with redis.Redis.from_url(url) as client:
            client.flushdb()
        cases = {case: _opened(case, count, url, settings, stack) for case, count in _CASES.items()}
        tables = [
            _table("add_message_to_context in the window", {name: each.add for name, each in cases.items()}, settings),
            _table("overflowing in batches of 20", {name: each.overflow for name, each in cases.items()}, settings),
            _table("get_context_messages of 20", {name: each.read for name, each in cases.items()}, settings),
        ]
        for name, each in cases.items():
            dropped = sum(stack.wiring.events.counts().dropped for stack in each.stacks)
            tables[0].notes.append(f"{name}: {sum(one.count for one in each.plugins):,} notices, {dropped:,} events dropped")
        return tables


def _opened(case: str, count: int, url: str, settings: Settings, stack: contextlib.ExitStack) -> Watched:
    text = settings.corpus.median_text()
    plugins = [Counting() for _ in range(count)]

    def opened(batch: int) -> lixcore.Stack:
        place = str(settings.directory / f"{case} {batch}")
        config = lixcore.CacheConfig(redis_url=url, archive_dir=place, spill_batch_size=batch, plugins="none")
        return stack.enter_context(lixcore.open(config, plugins=plugins))

    roomy, spilling = opened(NEVER), opened(20)
    full = roomy.session(f"{case}: full")
    for _ in range(_WINDOW):
        full.add_message_to_context("user", text)
    growing, overflowing = roomy.session(f"{case}: growing"), spilling.session(f"{case}: overflowing")
    return Watched(
        add=lambda: growing.add_message_to_context("user", text),
        overflow=lambda: overflowing.add_message_to_context("user", text),
        read=full.get_context_messages,
        stacks=(roomy, spilling),
        plugins=plugins,
    )


def _table(title: str, calls: Mapping[str, Callable[[], object]], settings: Settings) -> Table:
    columns = ("case", "p10 us", "p50 us", "x nobody", "processor us", "x nobody, processor")
    table = Table(f"events: {title}", columns, notes=["processor: time of the calling thread alone"])
    passed: dict[str, list[float]] = {name: [] for name in calls}
    worked: dict[str, list[float]] = {name: [] for name in calls}
    end = time.perf_counter() + settings.seconds
    while time.perf_counter() < end:
        for name, call in calls.items():
            time.sleep(_REST_SECONDS)
            began, own = time.perf_counter(), time.thread_time()
            for _ in range(_BURST):
                call()
            worked[name].append((time.thread_time() - own) / _BURST)
            passed[name].append((time.perf_counter() - began) / _BURST)
    for name in calls:
        wall, processor = Timing(passed[name]), Timing(worked[name])
        table.add(
            name,
            1e6 * wall.p10,
            1e6 * wall.p50,
            wall.ratio_to(Timing(passed[_NOBODY])),
            1e6 * processor.p50,
            processor.ratio_to(Timing(worked[_NOBODY])),
        )
    return table
