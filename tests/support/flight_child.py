"""A process of its own that calls `SemanticCache.get_or_call` once: run as a script with one JSON argument.

It tells what it does, a line each: ``waits <seconds>`` before each pause, ``making`` when it is the one that makes the response,
which it has made when a line comes in, and ``answer <response>``. Not a test; started by `test_flight_processes`.
"""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path
from typing import Any

from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.services.answers import flight_leases
from lixcore.services.answers.semantic_cache import SemanticCache
from lixcore.services.reuse.cache_guard import CacheGuard
from lixcore.services.reuse.layer_stats import LayerStats
from lixcore.services.system_clock import SystemClock
from lixcore_sqlite import SqliteSimilarityIndex
from semantic_houses import Judge


def tell(fact: str) -> None:
    """Write a line to the process that waits for it."""
    sys.stdout.write(f"{fact}\n")
    sys.stdout.flush()


def pause(condition: threading.Condition, seconds: float) -> None:
    """Wait as `lixcore.services.answers.single_flight.SingleFlight` does, and tell."""
    tell(f"waits {seconds}")
    condition.wait(seconds)


def main(argument: str) -> None:
    """Call it once."""
    task: dict[str, Any] = json.loads(argument)
    flight_leases.LEASE_SECONDS = task["lease_seconds"]  # type: ignore[misc]  # shorter, so that the test is
    flight_leases.RENEWED_AFTER = task["lease_seconds"] / 4  # type: ignore[misc]  # as above
    clock, judge = SystemClock(), Judge()
    index = SqliteSimilarityIndex(SqliteSimilarityIndex.Options(path=str(Path(task["path"]))), clock)
    cache = SemanticCache(
        index,
        clock=clock,
        guard=CacheGuard("semantic", clock, raise_failures=True),
        stats=LayerStats("semantic", clock, index),
        match=judge,
        admission=judge,
        wait_seconds=600.0,
    )
    cache._flight._pause = pause

    def make() -> dict[str, str]:
        tell("making")
        sys.stdin.readline()
        return {"by": task["name"]}

    response = cache.get_or_call(Scope(SessionKey("a session")), [1.0, 0.0], make, query=task["query"])
    tell(f"answer {json.dumps(response)}")
    cache.close()
    index.close()


if __name__ == "__main__":
    main(sys.argv[1])
