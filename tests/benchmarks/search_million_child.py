"""A process of its own that searches for a while, and tells how long each search took; started by `search_million`."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from lixcore.domain.words import PlainAnalyzer
from lixcore.ports.adapter import AdapterContext
from lixcore.services.system_clock import SystemClock
from tests.benchmarks.adapters import adapter_class
from tests.benchmarks.hybrid_questions import TENANT, hybrid_question, vector_question


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


def question(kind: str, index: Any, queries: Sequence[str]) -> Callable[[int], object]:
    """Searches by number: by ``words``, by ``meaning``, or by ``both``."""
    if kind == "both":
        return hybrid_question(index, queries)
    if kind == "meaning":
        return vector_question(index)
    return lambda number: index.search_text(queries[number % len(queries)], k=10, where=TENANT)


def timed(ask: Callable[[int], object], seconds: float) -> list[float]:
    """How long each search took, of all that could be made one after the other."""
    ask(0)
    found: list[float] = []
    ended = time.perf_counter() + seconds
    while time.perf_counter() < ended:
        began = time.perf_counter()
        ask(len(found))
        found.append(time.perf_counter() - began)
    return found


def main() -> None:
    """Search for as many seconds as asked for."""
    place, queries, seconds, kind = sys.argv[1:]
    index, _ = open_index(Path(place))
    ask = question(kind, index, json.loads(Path(queries).read_text()))
    sys.stdout.write(json.dumps(timed(ask, float(seconds))))


if __name__ == "__main__":
    main()
