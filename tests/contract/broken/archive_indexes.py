"""Archive indexes that are wrong, each in one way that a real author would choose, and the rules that must catch it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from broken import archive_index_files as files
from broken import archive_index_filters as filters
from broken import archive_index_keeping as keeping
from broken import archive_index_rankings as rankings
from broken import archive_index_words as words

CASES: list[tuple[Any, Sequence[str]]] = [
    *keeping.CASES,
    *filters.CASES,
    *words.CASES,
    *rankings.CASES,
    *files.CASES,
]
"""Wrong adapters, each with the names of the rules that must catch it, without the contract's prefix."""
