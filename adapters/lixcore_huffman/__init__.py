"""Huffman compression, and the archive of ``.huff`` files."""

from __future__ import annotations

from lixcore_huffman.archive import HuffArchive, HuffArchiveOptions

__all__ = ["HuffArchive", "HuffArchiveOptions"]
