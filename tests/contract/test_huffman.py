"""The archive of .huff files does what its port says."""

from __future__ import annotations

from typing import Any

import pytest

from cold_archive_contract import ColdArchiveContract
from lixcore_huffman import HuffArchive


class TestHuffArchive(ColdArchiveContract):
    adapter = HuffArchive

    @pytest.fixture
    def options(self) -> Any:
        return HuffArchive.Options()
