"""The options of the adapters in SQLite."""

from __future__ import annotations

from pathlib import Path

import attrs

from lixcore.ports.options import option


@attrs.frozen(kw_only=True)
class SqliteFileOptions:
    """Where the sessions' file is, and how long to wait for it."""

    path: str = option("./data/lixcore.sqlite3", "The database file; directories that are missing are made.", place="path")
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
class SqliteSimilarityOptions(SqliteFileOptions):
    """The options of `SqliteSimilarityIndex`."""

    cache_path: str | None = option(
        None,
        "The file of cached responses, which may be deleted at any time; unless given, it stands beside ``path`` and is named"
        " like it, with ``-cache``.",
        place="path",
    )
    index_cache_bytes: int = option(
        64 * 1024 * 1024,
        "How many bytes of the index a process keeps ready for searching; a search asks whether they are still valid.",
        at_least=0,
    )

    @property
    def cache_file(self) -> str:
        """The path of the responses' file: of ``lixcore.sqlite3``, ``lixcore-cache.sqlite3``."""
        return _beside(self.path, "-cache") if self.cache_path is None else self.cache_path


@attrs.frozen(kw_only=True)
class SqliteEmbeddingOptions(SqliteFileOptions):
    """The options of `SqliteEmbeddingStore`."""

    embeddings_path: str | None = option(
        None,
        "The file of embeddings of URLs, which may be deleted at any time; unless given, it stands beside ``path`` and is named"
        " like it, with ``-embeddings``.",
        place="path",
    )

    @property
    def embeddings_file(self) -> str:
        """The path of the embeddings' file: of ``lixcore.sqlite3``, ``lixcore-embeddings.sqlite3``."""
        return _beside(self.path, "-embeddings") if self.embeddings_path is None else self.embeddings_path


def _beside(path: str, ending: str) -> str:
    """Another file in the same directory, named like it."""
    file = Path(path)
    return str(file.parent / f"{file.stem}{ending}{file.suffix}")
