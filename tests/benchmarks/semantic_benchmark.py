"""The semantic cache as applications use it: coordinator and Redis together, against the raw commands."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np
import redis

import lixcore
from tests.benchmarks.measuring import interleaved
from tests.benchmarks.predecessor import MISSING, predecessor
from tests.benchmarks.redis_commands import server
from tests.benchmarks.report import Table
from tests.benchmarks.settings import Settings

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ENTRIES = 50
_DIMENSION = 384
_URL = "https://example.org/page"
_TTL = 86_400


def semantic(settings: Settings) -> list[Table]:
    """Look up a hit and a miss, with the vectors in the process and without; cache a response."""
    columns = ("case", "p50 us", "p99 us", "x raw")
    median = settings.corpus.median_text()
    response = {"answer": median}
    vectors = _directions(_ENTRIES + 1)
    about = f"{_ENTRIES} entries of {_DIMENSION} float32, responses of {len(median.encode())} B of text"
    warm = Table("semantic: get, vectors in the process (raw: GET of 16 B)", columns, notes=[about])
    cold = Table("semantic: get, vectors not in the process (raw: GET of the vectors' bytes)", columns, notes=[about])
    put = Table("semantic: set in a full scope (raw: SET of the vector and the response)", columns, notes=[about])
    with contextlib.ExitStack() as stack:
        url = settings.redis_url or stack.enter_context(server())
        client = stack.enter_context(redis.Redis.from_url(url))
        client.flushdb()
        matrix = vectors[:_ENTRIES].tobytes()
        client.set("small", b"x" * 16)
        client.set("matrix", matrix)
        ready, bare = (
            stack.enter_context(
                lixcore.open(
                    lixcore.CacheConfig(
                        redis_url=url,
                        cold_archive="memory",
                        on_cache_failure="raise",
                        semantic_ttl_seconds=_TTL,
                        redis_index_cache_bytes=kept,
                    )
                )
            )
            for kept in (1 << 26, 0)
        )
        memory, forgetful = ready.session("bench"), bare.session("bench")
        for vector in vectors[:_ENTRIES]:
            memory.cache_semantic_response(_URL, vector, response)
        _check(memory, vectors, response)
        # Each hit is another one in turn, so that no case is about one entry.
        hits = _in_turn(vectors[:_ENTRIES])
        warm_cases: dict[str, Callable[[], object]] = {
            "raw": lambda: client.get("small"),
            "hit": lambda: memory.get_semantic_response(_URL, hits()),
            "miss": lambda: memory.get_semantic_response(_URL, vectors[_ENTRIES]),
        }
        cold_cases: dict[str, Callable[[], object]] = {
            "raw": lambda: client.get("matrix"),
            "hit": lambda: forgetful.get_semantic_response(_URL, hits()),
            "miss": lambda: forgetful.get_semantic_response(_URL, vectors[_ENTRIES]),
        }
        entry = vectors[0].tobytes() + median.encode()
        put_cases: dict[str, Callable[[], object]] = {
            "raw": lambda: client.set("entry", entry),
            "set": lambda: memory.cache_semantic_response(f"{_URL}/full", hits(), response),
        }
        for vector in vectors[:_ENTRIES]:
            memory.cache_semantic_response(f"{_URL}/full", vector, response)
        before = _predecessor(url, vectors, response)
        if before is None:
            warm.notes.append(MISSING)
        else:
            warm_cases["predecessor, hit"], put_cases["predecessor, set"] = before
        for table, cases in ((warm, warm_cases), (cold, cold_cases), (put, put_cases)):
            for name, timing in (timings := interleaved(cases, seconds=settings.seconds, one_call_a_sample=True)).items():
                table.add(name, 1e6 * timing.p50, 1e6 * timing.p99, timing.ratio_to(timings["raw"]))
    return [warm, cold, put]


def _directions(count: int) -> NDArray[np.float32]:
    """Unit vectors, none of them similar to another."""
    rows = np.random.default_rng(4).standard_normal((count, _DIMENSION))
    unit: NDArray[np.float32] = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit


def _in_turn(rows: NDArray[np.float32]) -> Callable[[], NDArray[np.float32]]:
    at = 0

    def one() -> NDArray[np.float32]:
        nonlocal at
        at = (at + 1) % len(rows)
        row: NDArray[np.float32] = rows[at]
        return row

    return one


def _check(memory: lixcore.CacheCoordinator, vectors: NDArray[np.float32], response: dict[str, str]) -> None:
    if memory.get_semantic_response(_URL, vectors[0]) != response or memory.get_semantic_response(_URL, vectors[-1]) is not None:
        raise RuntimeError("what would be measured is not what it should be")


def _predecessor(
    url: str, vectors: NDArray[np.float32], response: dict[str, str]
) -> tuple[Callable[[], object], Callable[[], object]] | None:
    """A hit among as many entries, and caching one more; None where it is not installed."""
    cache = predecessor("semantic_cache", "SemanticCacheRedis")
    if cache is None:
        return None
    address = urlsplit(url)
    settings: Any = predecessor("config", "CacheConfig")(
        redis_host=address.hostname, redis_port=address.port, semantic_redis_db=8, semantic_ttl_seconds=_TTL
    )
    filled, full = cache("bench", settings), cache("bench-set", settings)
    for vector in vectors[:_ENTRIES]:
        filled.set(_URL, vector, response)
        full.set(_URL, vector, response)
    return lambda: filled.get(_URL, vectors[0]), lambda: full.set(_URL, vectors[1], response)
