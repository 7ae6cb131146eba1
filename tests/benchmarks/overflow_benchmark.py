"""What an add waits for when its session has outgrown the window: the spill on its thread, or the medium itself."""

from __future__ import annotations

import contextlib
import os
import statistics
import time
from collections.abc import Callable, Iterable
from itertools import cycle
from typing import Final

import attrs

import lixcore
from lixcore.domain.message import Message
from lixcore.domain.record import encode_message
from tests.benchmarks.archive_benchmark import fill, raw_write
from tests.benchmarks.measuring import Timing, interleaved
from tests.benchmarks.predecessor import overflowing
from tests.benchmarks.report import Table
from tests.benchmarks.settings import Settings

SHORT_HISTORY: Final = 10
NEVER: Final = 10_000  # a batch that is not filled while this runs: messages stay hot
_WARM: Final = 60  # adds before any is timed: the session is hot, and was spilled
_BLOCK: Final = 60  # adds in a row: a few spills, or a few that end in a wait
_BLOCKS_OF_A_SESSION: Final = 100  # in the window; then another one, which stays below half of its batch
_FEWEST_BLOCKS: Final = 10
_FEW: Final = 40


@attrs.define
class _Case:
    """Adds to a session.

    Attributes:
        stack: What holds it.
        memory: The session.
        fresh: Whether another session takes its place before it is full.
        seconds: Each add.
        medians: Of each block.
        waits: How often an add waited for a spill.
    """

    stack: lixcore.Stack
    memory: lixcore.CacheCoordinator
    fresh: bool = False
    seconds: list[float] = attrs.Factory(list)
    medians: list[float] = attrs.Factory(list)
    waits: int = 0

    def block(self, text: str, between: Callable[[lixcore.CacheCoordinator], object]) -> None:
        """Time some adds in a row, each by itself, beginning with nothing left to do for the thread."""
        if self.fresh and len(self.medians) % _BLOCKS_OF_A_SESSION == 0:
            self.memory = warm(self.stack.session(f"in the window {time.time_ns()}"), text)
        _rest(self.stack)
        before = self.stack.wiring.spiller.waits
        add, taken = self.memory.add_message_to_context, []
        for role, _ in zip(cycle(("user", "assistant")), range(_BLOCK)):  # roles go on for ever
            between(self.memory)
            start = time.perf_counter()
            add(role, text)
            taken.append(time.perf_counter() - start)
        self.waits += self.stack.wiring.spiller.waits - before
        self.seconds += taken
        self.medians.append(statistics.median(taken))


def overflow(settings: Settings, url: str, text: str) -> list[Table]:
    """Adds in the window against adds while it overflows, as fast as they go and with a reading before each; write through."""
    with contextlib.ExitStack() as opened:
        roomy, spilling, through = (
            opened.enter_context(
                lixcore.Stack(lixcore.CacheConfig(redis_url=url, archive_dir=str(settings.directory / name), **options))
            )
            for name, options in (
                ("never", {"spill_batch_size": NEVER}),
                ("overflowing", {}),
                ("through", {"write_mode": "through"}),
            )
        )
        sizes = [size for size in (SHORT_HISTORY, settings.largest) if size <= settings.largest]
        payloads = settings.corpus.records(5000)
        histories = {size: spilling.session(f"with {size} archived") for size in sizes}
        for size, memory in histories.items():
            fill(spilling.wiring.archive, memory.session, size, payloads)
            warm(memory, text)
        tables = []
        patterns: dict[str, Callable[[lixcore.CacheCoordinator], object]] = {
            "back to back": lambda _: None,
            "the context read before each": lambda memory: memory.get_context_messages(),
        }
        for pattern, between in patterns.items():
            cases = {"in the window": _Case(roomy, roomy.session("unused"), fresh=True)}
            cases |= {f"overflowing, {size:,} archived": _Case(spilling, memory) for size, memory in histories.items()}
            _take_turns(cases.values(), text, between, seconds=settings.seconds)
            tables.append(_compared(pattern, cases, spilling))
        tables[0].notes.append("an add waits for the spill when its batch is full: a burst is as fast as the medium in the end")
        _add_predecessor(tables[0], url, text, settings)
        tables.append(_written_through(through, text, settings))
    return tables


def warm(memory: lixcore.CacheCoordinator, text: str) -> lixcore.CacheCoordinator:
    """A session that is hot, connected and, where it overflows, was spilled."""
    for _ in range(_WARM):
        memory.add_message_to_context("user", text)
    return memory


def _rest(stack: lixcore.Stack) -> None:
    # White box: what other cases left to do would be timed with this one.
    spiller = stack.wiring.spiller
    while spiller._pending or spiller._to_merge or spiller._thread.at_work.locked():
        time.sleep(0.0005)


def _take_turns(
    cases: Iterable[_Case], text: str, between: Callable[[lixcore.CacheCoordinator], object], *, seconds: float
) -> None:
    cases = list(cases)
    began = time.perf_counter()
    while len(cases[0].medians) < _FEWEST_BLOCKS or time.perf_counter() - began < seconds:
        for case in cases:
            case.block(text, between)


def _compared(pattern: str, cases: dict[str, _Case], spilling: lixcore.Stack) -> Table:
    table = Table(
        f"session: add_message_to_context, {pattern}",
        ("case", "p50 us", "p99 us", "p50 x in window", "p99 x in window", "% waited"),
    )
    inside = cases["in the window"]
    batch, many = spilling.config.spill_batch_size, len(inside.seconds)
    table.notes.append(
        f"batches of {batch}; {_BLOCK} adds of each case in turn, {many:,} in all; x: medians of neighbouring turns"
    )
    for name, case in cases.items():
        timing = Timing(case.seconds)
        nearby = statistics.median(ours / theirs for ours, theirs in zip(case.medians, inside.medians, strict=True))
        percent = 100 * case.waits / len(case.seconds)
        table.add(name, 1e6 * timing.p50, 1e6 * timing.p99, nearby, timing.p99 / Timing(inside.seconds).p99, percent)
    return table


def _add_predecessor(table: Table, url: str, text: str, settings: Settings) -> None:
    add = overflowing(url, text, directory=settings.directory / "predecessor", archived=SHORT_HISTORY)
    if add is not None:
        timing = interleaved({"theirs": add}, seconds=settings.seconds, one_call_a_sample=True, rounds=_FEW)["theirs"]
        inside = dict(zip(table.columns, table.rows[0], strict=True))
        base50, base99 = inside["p50 us"], inside["p99 us"]
        assert isinstance(base50, float)
        assert isinstance(base99, float)
        table.add(
            f"predecessor, overflowing, {SHORT_HISTORY} archived", 1e6 * timing.p50, 1e6 * timing.p99,
            1e6 * timing.p50 / base50, 1e6 * timing.p99 / base99, None,
        )  # fmt: skip


def _written_through(through: lixcore.Stack, text: str, settings: Settings) -> Table:
    table = Table('session: add_message_to_context with write_mode = "through"', ("case", "p50 us", "p99 us", "x write+fsync"))
    memory = warm(through.session("through"), text)
    record = encode_message(Message("user", text, time.time(), None, None))
    raw = raw_write(settings.directory / "raw", record)

    def without_names() -> None:
        handle = os.open(settings.directory / "raw data only", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.write(handle, record)
        os.fdatasync(handle)
        os.close(handle)

    timings = interleaved(
        {
            "write+fsync of the record": raw,
            "write+fdatasync of the record": without_names,
            "archived before it returns": lambda: memory.add_message_to_context("user", text),
        },
        seconds=settings.seconds,
        one_call_a_sample=True,
    )
    for name, timing in timings.items():
        table.add(name, 1e6 * timing.p50, 1e6 * timing.p99, timing.ratio_to(timings["write+fsync of the record"]))
    return table
