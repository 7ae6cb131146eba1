"""The archive index with DuckDB does what its port says."""

from __future__ import annotations

import pytest

from lixcore.testing import ArchiveIndexContract

pytest.importorskip("duckdb", reason="DuckDB is not installed: pip install 'lixcore[duckdb]' runs this")
from lixcore_duckdb import DuckdbArchiveIndex


class TestDuckdbArchiveIndex(ArchiveIndexContract):
    adapter = DuckdbArchiveIndex
