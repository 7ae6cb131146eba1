"""The semantic cache as applications use it: coordinator and Redis together, against the raw commands of redis-py."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np
import redis

import lixcore
from tests.benchmarks.measuring import Timing, interleaved
from tests.benchmarks.predecessor import MISSING, predecessor
from tests.benchmarks.redis_commands import server
from tests.benchmarks.report import Table
from tests.benchmarks.semantic_moments import first_reads, in_threads
from tests.benchmarks.settings import Settings

if TYPE_CHECKING:
    from numpy.typing import NDArray

Cases = dict[str, Callable[[], object]]

_ENTRIES = 50
_DIMENSION = 384
_URLS = ("https://example.org/page", "https://example.org/other")
_MODEL = "shared-model"
_TTL = 86_400
_ONE_SCOPE = 150_000  # bytes: what one of the scopes takes in the process, and two do not
_COLUMNS = ("case", "p10 us", "p50 us", "p99 us", "x raw", "x raw, p10")


def semantic(settings: Settings) -> list[Table]:
    """Look up a hit and a miss, with the vectors in the process and without; cache a response."""
    median = settings.corpus.median_text()
    response = {"answer": median}
    vectors = _directions(_ENTRIES + 1)
    about = (
        f"{_ENTRIES} entries of {_DIMENSION} float32, responses of {len(median.encode())} B of text; raw is redis-py's Redis.get"
        " and Redis.set, over one connection; x raw is the median of ratios of neighbours in time"
    )
    with contextlib.ExitStack() as stack:
        url = settings.redis_url or stack.enter_context(server())
        client = stack.enter_context(redis.Redis.from_url(url))
        client.flushdb()
        client.set("small", b"x" * 16)
        client.set("matrix", vectors[:_ENTRIES].tobytes())
        kept, one, none = (stack.enter_context(lixcore.open(_config(url, most))) for most in (1 << 26, _ONE_SCOPE, 0))
        memory = kept.session("bench")
        _fill(memory, vectors, response)
        tables = [
            _measured(
                Table("semantic: get, vectors in the process (raw: GET of 16 B)", _COLUMNS, notes=[about]),
                _warm(client, memory, vectors),
                settings,
            ),
            _measured(
                Table("semantic: get, vectors not in the process (raw: GET of the vectors' bytes)", _COLUMNS, notes=[about]),
                _cold(client, none.session("bench"), one.session("bench"), vectors),
                settings,
            ),
            _table(
                Table(
                    "semantic: the first read of a process, connecting included (raw: the same of redis-py)",
                    _COLUMNS,
                    notes=[about],
                ),
                first_reads(
                    url,
                    lambda: lixcore.open(_config(url, 1 << 26)),
                    lambda opened: partial(opened.session("bench").get_semantic_response, _URLS[0], vectors[3]),
                    seconds=settings.seconds,
                ),
            ),
            _measured(
                Table(
                    "semantic: set in a full scope (raw: SET of the vector and the response)",
                    _COLUMNS,
                    notes=[about, "a miss of get_or_call is two searches, a lease, a set, and giving the lease back"],
                ),
                _puts(client, memory, vectors, response),
                settings,
            ),
            in_threads(
                {
                    "raw": lambda: client.get("small"),
                    "hit": lambda: memory.get_semantic_response(_URLS[0], vectors[3]),
                    "miss": lambda: memory.get_semantic_response(_URLS[0], vectors[_ENTRIES]),
                },
                seconds=settings.seconds,
            ),
        ]
        before = Table("semantic: the predecessor, among as many entries (raw: GET of 16 B)", _COLUMNS)
        cases = _against_predecessor(url, client, memory, vectors, response)
        if cases is None:
            before.notes.append(MISSING)
        tables.append(before if cases is None else _measured(before, cases, settings))
    return tables


def _config(url: str, kept: int) -> lixcore.CacheConfig:
    return lixcore.CacheConfig(
        redis_url=url,
        cold_archive="memory",
        on_cache_failure="raise",
        semantic_ttl_seconds=_TTL,
        redis_index_cache_bytes=kept,
    )


def _fill(memory: lixcore.CacheCoordinator, vectors: NDArray[np.float32], response: dict[str, str]) -> None:
    for at, vector in enumerate(vectors[:_ENTRIES]):
        for url in (*_URLS, f"{_URLS[0]}/full"):
            memory.cache_semantic_response(url, vector, response, query=_text(at))
        memory.cache_semantic_response(_URLS[0], vector, response, query=_text(at), model=_MODEL, shared=True)
    for found in (
        memory.get_semantic_response(_URLS[0], vectors[0]),
        memory.get_semantic_response(_URLS[0], query=_text(0)),
        memory.get_semantic_response(_URLS[0], vectors[0], model=_MODEL, shared=True),
    ):
        if found != response:
            raise RuntimeError("what would be measured as a hit is none")
    if memory.get_semantic_response(_URLS[0], vectors[-1]) is not None:
        raise RuntimeError("what would be measured as a miss is none")


def _warm(client: Any, memory: lixcore.CacheCoordinator, vectors: NDArray[np.float32]) -> Cases:
    # Each hit is another one in turn, so that no case is about one entry.
    hits, url = _in_turn(range(_ENTRIES)), _URLS[0]

    def never() -> object:
        raise RuntimeError("what would be measured as a hit is none")

    def by_text() -> object:
        at = hits()
        return memory.get_semantic_response(url, vectors[at], query=_text(at))

    return {
        "raw": lambda: client.get("small"),
        "hit": lambda: memory.get_semantic_response(url, vectors[hits()]),
        "miss": lambda: memory.get_semantic_response(url, vectors[_ENTRIES]),
        "hit, same text": by_text,
        "hit, text alone": lambda: memory.get_semantic_response(url, query=_text(hits())),
        "hit, shared": lambda: memory.get_semantic_response(url, vectors[hits()], model=_MODEL, shared=True),
        "hit, get_or_call": lambda: memory.get_or_call(url, vectors[hits()], never),
    }


def _cold(client: Any, none: lixcore.CacheCoordinator, one: lixcore.CacheCoordinator, vectors: NDArray[np.float32]) -> Cases:
    hits, urls = _in_turn(range(_ENTRIES)), _in_turn(_URLS)
    return {
        "raw": lambda: client.get("matrix"),
        "hit, none kept": lambda: none.get_semantic_response(_URLS[0], vectors[hits()]),
        "miss, none kept": lambda: none.get_semantic_response(_URLS[0], vectors[_ENTRIES]),
        # One scope is kept, two take turns: so each call is the first that reads its scope, and keeps it.
        "hit, not yet kept": lambda: one.get_semantic_response(urls(), vectors[hits()]),
        "miss, not yet kept": lambda: one.get_semantic_response(urls(), vectors[_ENTRIES]),
    }


def _puts(client: Any, memory: lixcore.CacheCoordinator, vectors: NDArray[np.float32], response: dict[str, str]) -> Cases:
    hits, news = _in_turn(range(_ENTRIES)), _in_turn(list(_directions(1000)))
    entry = vectors[0].tobytes() + response["answer"].encode()
    return {
        "raw": lambda: client.set("entry", entry),
        "set": lambda: memory.cache_semantic_response(f"{_URLS[0]}/full", vectors[hits()], response),
        "miss, get_or_call": lambda: memory.get_or_call(f"{_URLS[0]}/called", news(), lambda: response),
    }


def _measured(table: Table, cases: Cases, settings: Settings) -> Table:
    return _table(table, interleaved(cases, seconds=settings.seconds, one_call_a_sample=True))


def _table(table: Table, timings: Mapping[str, Timing]) -> Table:
    raw = timings["raw"]
    for name, timing in timings.items():
        micros = (1e6 * each for each in (timing.p10, timing.p50, timing.p99))
        table.add(name, *micros, timing.ratio_to(raw), timing.p10 / raw.p10)
    return table


def _directions(count: int) -> NDArray[np.float32]:
    """Unit vectors, none of them similar to another."""
    rows = np.random.default_rng(count).standard_normal((count, _DIMENSION))
    unit: NDArray[np.float32] = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit


def _text(at: int) -> str:
    return f"what does the page say about subject {at}?"


def _in_turn(things: Any) -> Callable[[], Any]:
    at = 0

    def one() -> Any:
        nonlocal at
        at = (at + 1) % len(things)
        return things[at]

    return one


def _against_predecessor(
    url: str, client: Any, memory: lixcore.CacheCoordinator, vectors: NDArray[np.float32], response: dict[str, str]
) -> Cases | None:
    """For a comparison of its own, as calls that take so much longer cool the caches and the connections of all others.

    None where it is not installed.
    """
    cache = predecessor("semantic_cache", "SemanticCacheRedis")
    if cache is None:
        return None
    address = urlsplit(url)
    configured: Any = predecessor("config", "CacheConfig")(
        redis_host=address.hostname, redis_port=address.port, semantic_redis_db=8, semantic_ttl_seconds=_TTL
    )
    filled, full = cache("bench", configured), cache("bench-set", configured)
    for vector in vectors[:_ENTRIES]:
        filled.set(_URLS[0], vector, response)
        full.set(_URLS[0], vector, response)
    return {
        "raw": lambda: client.get("small"),
        "hit": lambda: memory.get_semantic_response(_URLS[0], vectors[0]),
        "set": lambda: memory.cache_semantic_response(f"{_URLS[0]}/full", vectors[1], response),
        "predecessor, hit": lambda: filled.get(_URLS[0], vectors[0]),
        "predecessor, set": lambda: full.set(_URLS[0], vectors[1], response),
    }
