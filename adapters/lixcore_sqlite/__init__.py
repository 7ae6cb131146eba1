"""A hot store in one SQLite file, for any number of threads and processes of one machine; no server is needed."""

from __future__ import annotations

from lixcore_sqlite.hot_store import SqliteHotStore

__all__ = ["SqliteHotStore"]
