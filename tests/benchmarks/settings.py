"""What the command line decides for all benchmarks."""

from __future__ import annotations

from pathlib import Path

import attrs

from tests.benchmarks.corpus import Corpus


@attrs.frozen
class Settings:
    """What a benchmark gets.

    Attributes:
        corpus: The conversations.
        data: The directory of data that is not part of the repository.
        seconds: How long to measure a group of cases that are compared.
        directory: An empty directory for files, on the medium to be measured.
        redis_url: A server to use; None to start one.
        archives: Names of the archives to measure.
        hot_stores: Names of the hot stores to measure.
        largest: The largest history, in messages.
        archive_indexes: Names of the archive indexes to search through the public API; ``none`` is searching without one.
    """

    corpus: Corpus
    data: Path
    seconds: float
    directory: Path
    redis_url: str | None
    archives: tuple[str, ...]
    hot_stores: tuple[str, ...]
    largest: int
    archive_indexes: tuple[str, ...] = ()
