"""The memory of a conversational AI application: recent turns hot, whole histories compressed on disk.

>>> import lixcore
>>> config = lixcore.CacheConfig(hot_store="memory", cold_archive="memory")
>>> with lixcore.open(config) as stack:
...     memory = stack.session("user-abc")
...     memory.add_message_to_context("user", "Hello!")
1
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lixcore.config import CacheConfig
    from lixcore.coordinator import CacheCoordinator
    from lixcore.domain.message import Message
    from lixcore.domain.session import SessionKey
    from lixcore.ports.clock import Clock
    from lixcore.stack import Stack

__version__ = "0.1.0.dev0"

__all__ = ["CacheConfig", "CacheCoordinator", "Message", "SessionKey", "Stack", "open"]

_HOMES = {
    "CacheConfig": "lixcore.config",
    "CacheCoordinator": "lixcore.coordinator",
    "Message": "lixcore.domain.message",
    "SessionKey": "lixcore.domain.session",
    "Stack": "lixcore.stack",
}


def open(  # noqa: A001  # reads as lixcore.open(…)
    config: CacheConfig | None = None, *, clock: Clock | None = None, plugins: Sequence[object] = ()
) -> Stack:
    """Open the memory of an application: a stack for many sessions, which is a context manager.

    Args:
        config: What it is made of; `CacheConfig.load` reads it from ``lixcore.toml`` and ``LIX_*`` unless given.
        clock: Stands in for the machine's clock, for tests.
        plugins: Plugins beside those that are installed; short for `CacheConfig.with_plugins`.

    Raises:
        ConfigError: The configuration gives no working stack; the error lists everything that is wrong.
        StoreError: A store cannot be used.
    """
    from lixcore.stack import Stack

    if plugins:
        from lixcore.config import CacheConfig

        config = (CacheConfig.load() if config is None else config).with_plugins(*plugins)
    return Stack(config, clock=clock)


def __getattr__(name: str) -> Any:
    # The names are there at once; what they need is imported when one is used.
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'lixcore' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(home), name)
