"""What a server says about itself, as far as it matters for conversations."""

from __future__ import annotations

from typing import Final

import attrs

from lixcore.errors import StoreRefusedError

OLDEST_VERSION: Final = (6, 2)


@attrs.frozen
class ServerInfo:
    """A server that answered.

    Attributes:
        product: ``redis`` or ``valkey``.
        version: The product's version.
        persistent: Whether it writes what it acknowledges to an append-only file; without one, its crash loses messages.
        eviction_policy: What it does when memory is full; anything but ``noeviction`` throws messages away.
    """

    product: str
    version: str
    persistent: bool
    eviction_policy: str


def info_fields(answer: bytes) -> dict[str, str]:
    """The answer to INFO, by name."""
    lines = answer.decode(errors="replace").splitlines()
    return dict(line.split(":", 1) for line in lines if ":" in line and not line.startswith("#"))


def server_info(where: str, answer: bytes) -> ServerInfo:
    """Read the answer to INFO.

    Raises:
        StoreRefusedError: The server is older than lixcore needs.
    """
    facts = info_fields(answer)
    compatible = facts.get("redis_version", "")
    parts = [int(part) if part.isdecimal() else 0 for part in compatible.split(".")[:2]]
    if tuple(parts) < OLDEST_VERSION:
        raise StoreRefusedError(
            where, f"the server's version is {compatible or 'unknown'}; lixcore needs Redis 6.2 or newer, or Valkey"
        )
    return ServerInfo(
        product=facts.get("server_name", "redis"),
        version=facts.get("valkey_version", compatible),
        persistent=facts.get("aof_enabled") == "1",
        eviction_policy=facts.get("maxmemory_policy", "unknown"),
    )
