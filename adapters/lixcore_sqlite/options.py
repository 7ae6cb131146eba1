"""The options of the hot store in SQLite."""

from __future__ import annotations

import attrs

from lixcore.ports.options import option


@attrs.frozen
class SqliteOptions:
    """The options of `SqliteHotStore`."""

    path: str = option("./data/lixcore.sqlite3", "The database file; directories that are missing are made.")
    synchronous: str = option(
        "full",
        "Whether messages survive the loss of power at once (full) or all but the last moments (normal, faster).",
        choices=("full", "normal"),
    )
    busy_timeout: float = option(5.0, "How many seconds to wait for other processes that write.", at_least=0, at_most=3600)
