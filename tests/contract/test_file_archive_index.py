"""The archive index in a file does what its port says: so the rules on files and processes can be kept."""

from __future__ import annotations

from broken.file_archive_index import FileArchiveIndex
from lixcore.testing import ArchiveIndexContract


class TestFileArchiveIndex(ArchiveIndexContract):
    adapter = FileArchiveIndex
