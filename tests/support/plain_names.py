"""Proxies whose names can be seen without asking them, which is how Python 3.12 and newer look for what a Protocol asks for."""

from __future__ import annotations

from functools import lru_cache
from typing import Any


def show_names_of(port: object, proxy: Any) -> None:
    """Let a proxy that was just made have each public name of a port that it lacks; its ``__getattr__`` gives the value."""
    kind: Any = type(proxy)
    own = {*dir(kind), *vars(proxy)}
    proxy.__class__ = _named(kind, frozenset(name for name in dir(port) if not name.startswith("_") and name not in own))


@lru_cache(maxsize=256)
def _named(kind: Any, names: frozenset[str]) -> type:
    return type(kind.__name__, (kind,), {name: property(_asking(name)) for name in names})


def _asking(name: str) -> Any:
    return lambda proxy: proxy.__getattr__(name)
