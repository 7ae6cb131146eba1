"""The predecessor, where it is installed."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlsplit

MISSING = "the predecessor is not installed (dependency group `bench`): measured without it"


def predecessor(module: str, name: str) -> Any:
    """A name of one of its modules; None where it is not installed."""
    try:
        found = importlib.import_module(f"lix_open_cache.{module}")
    except ModuleNotFoundError:
        return None
    _silence()
    return getattr(found, name)


def adding_and_getting(url: str, text: str, *, last: int) -> tuple[Callable[[], object], Callable[[], object]] | None:
    """Adding ``text`` within the window, and getting a context of ``last`` messages; None where it is not installed."""
    window = predecessor("context_window", "SessionContextWindow")
    if window is None:
        return None
    address = urlsplit(url)
    config = predecessor("config", "CacheConfig")
    settings = config(redis_host=address.hostname, redis_port=address.port, session_redis_db=9, hot_window_size=100_000)
    full = window("getting", settings)
    for _ in range(last):
        full.add_message("user", text)
        time.sleep(0.002)  # its ids are milliseconds: two messages within one would be one
    return partial(window("adding", settings).add_message, "user", text), full.get_context


def _silence() -> None:
    # It writes a line to the log for each call, which would be measured along and flood the terminal.
    importlib.import_module("loguru").logger.remove()
