"""All broken adapters, over all ports."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

from broken.case import Broken

MODULES = (
    "embedding_stores",
    "eviction_policies",
    "similarity_indexes",
)
"""Each has ``CASES``."""


def every_case() -> Iterator[Broken]:
    """One after the other, in a fixed order."""
    for name in MODULES:
        yield from importlib.import_module(f"broken.{name}").CASES
