"""All broken adapters, over all ports."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

from broken.case import Broken

MODULES = (
    "archive_data",
    "archive_indexes",
    "archives",
    "codecs",
    "embedding_stores",
    "eviction_policies",
    "hot_store_data",
    "hot_store_powers",
    "hot_stores",
    "lasting_archives",
    "lasting_hot_stores",
    "similarity_indexes",
)
"""Each has ``CASES``."""


def every_case() -> Iterator[Broken]:
    """One after the other, in a fixed order."""
    for name in MODULES:
        yield from importlib.import_module(f"broken.{name}").CASES
