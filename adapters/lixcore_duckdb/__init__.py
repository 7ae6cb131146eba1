"""An archive index in a directory of immutable files: many processes search while one indexes, and none ever meets a lock."""

from __future__ import annotations

from lixcore_duckdb.archive_index import DuckdbArchiveIndex
from lixcore_duckdb.options import DuckdbOptions

__all__ = ["DuckdbArchiveIndex", "DuckdbOptions"]
