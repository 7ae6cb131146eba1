"""How much a cache holds."""

from __future__ import annotations

import attrs


@attrs.frozen
class CacheSize:
    """How much a cache, or a part of it, holds.

    Attributes:
        entries: How many live entries.
        size: What they take of the store's memory or disk, in bytes; an estimate where the store cannot tell.
    """

    entries: int
    size: int
