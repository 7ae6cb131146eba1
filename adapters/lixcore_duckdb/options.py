"""The options of the archive index with DuckDB."""

from __future__ import annotations

import os
from pathlib import Path

import attrs

from lixcore.ports.options import option


@attrs.frozen
class DuckdbOptions:
    """The options of `DuckdbArchiveIndex`."""

    path: str = option(
        "",
        "The directory of the index, for any number of processes; it is made when it is missing. Each archive needs one of its"
        " own: when empty, it lies beside archive_dir, with .search at the end of that one's name.",
        place="path",
    )
    threads: int = option(1, "How many processors one search or merge uses; processes share few.", at_least=1, at_most=64)
    memory_mb: int = option(
        512,
        "How many MiB DuckDB may use for one search, merge or SQL query; and how many the answer to such a query may take.",
        at_least=64,
        at_most=1_048_576,
    )
    sql_seconds: float = option(30.0, "How long an SQL query may take, in seconds.", at_least=0.1, at_most=86_400)
    busy_timeout: float = option(
        30.0, "How long one that adds or forgets waits for another one, in seconds.", at_least=0, at_most=3600
    )

    def beside(self, archive_dir: Path) -> DuckdbOptions:
        """The same options, with a path: where none was set, one that no other archive's index has.

        Args:
            archive_dir: Where the archive is. That counts, not how it is written: a link may lead to another archive later.
        """
        if self.path:
            return self
        archive = Path(os.path.realpath(archive_dir.expanduser()))  # nothing needs to be there, and no loop of links is an error
        return attrs.evolve(self, path=str(archive.parent / f"{archive.name}.search"))
