"""The options of the adapters in SQLite."""

from __future__ import annotations

from pathlib import Path

import attrs

from lixcore.ports.options import option


@attrs.frozen(kw_only=True)
class SqliteFileOptions:
    """Where the sessions' file is, and how long to wait for it."""

    path: str = option("./data/lixcore.sqlite3", "The database file; directories that are missing are made.")
    busy_timeout: float = option(5.0, "How many seconds to wait for other processes that write.", at_least=0, at_most=3600)


@attrs.frozen(kw_only=True)
class SqliteOptions(SqliteFileOptions):
    """The options of `SqliteHotStore`."""

    synchronous: str = option(
        "full",
        "Whether messages survive the loss of power at once (full) or all but the last moments (normal, faster).",
        choices=("full", "normal"),
    )


@attrs.frozen(kw_only=True)
class SqliteCacheOptions(SqliteFileOptions):
    """The options of `SqliteEmbeddingStore`, and of all that keeps its data in the same file."""

    cache_path: str | None = option(
        None,
        "The file of cached responses and embeddings, which may be deleted at any time; unless given, it stands beside ``path``"
        " and is named like it, with ``-cache``.",
    )

    @property
    def cache_file(self) -> str:
        """The path of the cache's file: of ``lixcore.sqlite3``, ``lixcore-cache.sqlite3``."""
        if self.cache_path is not None:
            return self.cache_path
        path = Path(self.path)
        return str(path.parent / f"{path.stem}-cache{path.suffix}")


@attrs.frozen(kw_only=True)
class SqliteSimilarityOptions(SqliteCacheOptions):
    """The options of `SqliteSimilarityIndex`."""

    index_cache_bytes: int = option(
        64 * 1024 * 1024,
        "How many bytes of the index a process keeps ready for searching; a search asks whether they are still valid.",
        at_least=0,
    )
