"""The archive of .huff files does what its port says."""

from __future__ import annotations

from lixcore.testing import ColdArchiveContract
from lixcore_huffman import HuffArchive


class TestHuffArchive(ColdArchiveContract):
    adapter = HuffArchive
