"""A real server, and the raw commands that adding and reading are compared with."""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any


def raw_commands(client: Any, payload: bytes, *, last: int) -> tuple[Callable[[], object], Callable[[], object]]:
    """SET of the payload, and XREVRANGE of a stream that holds it ``last`` times."""
    for _ in range(last):
        client.xadd("raw", {"m": payload})
    return partial(client.set, "raw-set", payload), partial(client.xrevrange, "raw", count=last)


@contextlib.contextmanager
def server() -> Iterator[str]:
    """The URL of a server that ends with the context."""
    with stoppable_server() as running:
        yield running.url(db=2)


def stoppable_server() -> Any:
    """A running server, which ends with the context if not before; see ``RedisProcess`` in ``tests/support``."""
    support = str(Path(__file__).parents[1] / "support")
    if support not in sys.path:
        sys.path.append(support)
    return importlib.import_module("redis_process").RedisProcess()
