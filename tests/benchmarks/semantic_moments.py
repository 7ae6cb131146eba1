"""What the semantic cache takes when a process has just begun, and when many threads use it at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import redis

from tests.benchmarks.measuring import Timing
from tests.benchmarks.report import Table

_THREADS = 30
_SLICE = 0.25


def first_reads(
    url: str, open_stack: Callable[[], Any], use: Callable[[Any], Callable[[], object]], *, seconds: float
) -> dict[str, Timing]:
    """The first GET of a client of redis-py, and the first lookup of a stack; what makes them is not timed.

    Args:
        url: Of the server.
        open_stack: Makes a stack that nobody else uses.
        use: Gives the lookup.
        seconds: For how long, about.
    """
    samples: dict[str, list[float]] = {"raw": [], "hit": []}
    ends = time.perf_counter() + seconds
    while time.perf_counter() < ends or len(samples["hit"]) < 10:
        with redis.Redis.from_url(url) as client:
            samples["raw"].append(_seconds(lambda: client.get("matrix")))
        with open_stack() as opened:
            samples["hit"].append(_seconds(use(opened)))
    return {name: Timing(taken) for name, taken in samples.items()}


def in_threads(cases: Mapping[str, Callable[[], object]], *, seconds: float) -> Table:
    """How many calls 30 threads get done; the cases take turns for a quarter of a second."""
    table = Table(
        f"semantic: {_THREADS} threads at once, vectors in the process (raw: GET of 16 B)",
        ("case", "calls/s", "p50 us", "p99 us", "time x raw"),
        notes=["one interpreter, so that the threads take turns with all that is not waiting for the server"],
    )
    rates: dict[str, list[float]] = {name: [] for name in cases}
    taken: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(max(3, int(seconds / _SLICE / len(cases)))):
        for name, call in cases.items():
            rates[name].append(_slice(call, taken[name]) / _SLICE)
    for name in cases:
        timing, rate = Timing(taken[name]), Timing(rates[name]).p50
        raw = Timing(rates["raw"]).ratio_to(Timing(rates[name]))
        table.add(name, rate, 1e6 * timing.p50, 1e6 * timing.p99, raw)
    return table


def _slice(call: Callable[[], object], taken: list[float]) -> int:
    """How many calls were done in a slice of time."""
    failed: list[BaseException] = []
    ends = time.perf_counter() + _SLICE
    each: list[list[float]] = [[] for _ in range(_THREADS)]

    def work(own: list[float]) -> None:
        try:
            while time.perf_counter() < ends:
                own.append(_seconds(call))
        except BaseException as error:
            failed.append(error)
            raise

    threads = [threading.Thread(target=work, args=(own,)) for own in each]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    for own in each:
        taken.extend(own)
    return sum(map(len, each))


def _seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began
