"""The archive index in memory does what its port says."""

from __future__ import annotations

from lixcore.testing import ArchiveIndexContract
from lixcore_memory import MemoryArchiveIndex


class TestMemoryArchiveIndex(ArchiveIndexContract):
    adapter = MemoryArchiveIndex
