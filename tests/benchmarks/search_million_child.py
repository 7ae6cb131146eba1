"""A process of its own that searches for a while, and tells how long each search took; started by `search_million`."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from lixcore.domain.words import PlainAnalyzer
from lixcore.ports.adapter import AdapterContext
from lixcore.ports.archive_index import IndexFilter
from lixcore.services.system_clock import SystemClock
from tests.benchmarks.adapters import adapter_class


def open_index(place: Path) -> tuple[Any, Any]:
    """The index with DuckDB, and the analyzer that it cuts words with: the usual one where it is installed."""

    def no_codec(name: str) -> Any:
        raise LookupError(name)

    context = AdapterContext(clock=SystemClock(), codec_name="none", codec_named=no_codec, archive_dir=place)
    analyzer: Any = PlainAnalyzer()
    if entry_points(group="lixcore.analyzer", name="snowball"):
        found = adapter_class("analyzer", "snowball")
        analyzer = found.open(found.Options(), context)
    adapter = adapter_class("archive_index", "duckdb")
    return adapter(adapter.Options(path=str(place)), analyzer), analyzer


def timed_queries(index: Any, queries: Sequence[str], seconds: float) -> list[float]:
    """How long each search took, of all that could be made one after the other."""
    where = IndexFilter(tenant="default")
    index.search_text(queries[0], k=10, where=where)
    found: list[float] = []
    ended = time.perf_counter() + seconds
    while time.perf_counter() < ended:
        began = time.perf_counter()
        index.search_text(queries[len(found) % len(queries)], k=10, where=where)
        found.append(time.perf_counter() - began)
    return found


def main() -> None:
    """Search for as many seconds as asked for."""
    place, queries, seconds = sys.argv[1:]
    index, _ = open_index(Path(place))
    sys.stdout.write(json.dumps(timed_queries(index, json.loads(Path(queries).read_text()), float(seconds))))


if __name__ == "__main__":
    main()
