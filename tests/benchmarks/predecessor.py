"""The predecessor, where it is installed."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_APART = 0.002  # seconds; its ids are milliseconds: two messages within one would be one
MISSING = "the predecessor is not installed (dependency group `bench`): measured without it"


def predecessor(module: str, name: str) -> Any:
    """A name of one of its modules; None where it is not installed."""
    try:
        found = importlib.import_module(f"lix_open_cache.{module}")
    except ModuleNotFoundError:
        return None
    _silence()
    return getattr(found, name)


def adding_and_getting(
    url: str, text: str, *, last: int, directory: Path
) -> tuple[Callable[[], object], Callable[[], object]] | None:
    """Adding ``text`` within the window, and getting a context of ``last`` messages; None where it is not installed."""
    window = predecessor("context_window", "SessionContextWindow")
    if window is None:
        return None
    settings = _settings(url, directory, hot_window_size=100_000)
    full = window("getting", settings)
    for _ in range(last):
        full.add_message("user", text)
        time.sleep(_APART)
    return partial(window("adding", settings).add_message, "user", text), full.get_context


def overflowing(url: str, text: str, *, directory: Path, archived: int) -> Callable[[], object] | None:
    """Adding ``text`` to a session that has ``archived`` messages on disk, one more with each; None where it is not installed."""
    window = predecessor("context_window", "SessionContextWindow")
    if window is None:
        return None
    settings = _settings(url, directory, hot_window_size=20)
    full = window("overflowing", settings)
    for _ in range(settings.hot_window_size + archived):
        full.add_message("user", text)
        time.sleep(_APART)
    return partial(full.add_message, "user", text)


def url_embeddings(url: str, values: Sequence[bytes]) -> tuple[Callable[[], object], ...] | None:
    """Getting one embedding, setting one, getting all one by one, setting all one by one, setting all as a batch.

    None where it is not installed.
    """
    cache = predecessor("semantic_cache", "URLEmbeddingCache")
    if cache is None:
        return None
    numpy = importlib.import_module("numpy")
    address = urlsplit(url)
    settings = predecessor("config", "CacheConfig")(redis_host=address.hostname, redis_port=address.port, url_cache_redis_db=9)
    ours = cache("urls", settings)
    embeddings = {f"https://example.org/{at}": numpy.frombuffer(value, numpy.float32) for at, value in enumerate(values)}
    first, embedding = next(iter(embeddings.items()))
    ours.batch_set(embeddings)
    return (
        partial(ours.get, first),
        partial(ours.set, first, embedding),
        lambda: [ours.get(one) for one in embeddings],
        lambda: [ours.set(one, each) for one, each in embeddings.items()],
        partial(ours.batch_set, embeddings),
    )


def _settings(url: str, directory: Path, *, hot_window_size: int) -> Any:
    address = urlsplit(url)
    return predecessor("config", "CacheConfig")(
        redis_host=address.hostname,
        redis_port=address.port,
        session_redis_db=9,
        hot_window_size=hot_window_size,
        archive_dir=str(directory),
    )


def _silence() -> None:
    # It writes a line to the log for each call, which would be measured along and flood the terminal.
    importlib.import_module("loguru").logger.remove()
