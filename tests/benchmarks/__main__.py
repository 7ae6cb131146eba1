"""Run benchmarks: ``python -m tests.benchmarks [NAME …] [--json FILE]`` from the top of the checkout.

Nothing is asserted on time. Figures are medians, and ratios against a raw operation or the predecessor in the same run.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.archive_benchmark import archive
from tests.benchmarks.codec_benchmark import codec
from tests.benchmarks.corpus import BESIDE_CHECKOUT, load_corpus
from tests.benchmarks.events_benchmark import events
from tests.benchmarks.hooks_benchmark import hooks
from tests.benchmarks.hot_store_benchmark import hot_store
from tests.benchmarks.import_benchmark import import_rate
from tests.benchmarks.locomo_benchmark import locomo
from tests.benchmarks.match_benchmark import match
from tests.benchmarks.report import Table
from tests.benchmarks.reuse_benchmark import reuse
from tests.benchmarks.search_million import search_million
from tests.benchmarks.semantic_benchmark import semantic
from tests.benchmarks.session_benchmark import session
from tests.benchmarks.settings import Settings
from tests.benchmarks.tiers_benchmark import tiers

BENCHMARKS: dict[str, Callable[[Settings], list[Table]]] = {
    "codec": codec,
    "archive": archive,
    "hot-store": hot_store,
    "session": session,
    "tiers": tiers,
    "semantic": semantic,
    "import": import_rate,
    "match": match,
    "locomo": locomo,
    "reuse": reuse,
    "events": events,
    "hooks": hooks,
    "search-million": search_million,
}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"which to run, of {', '.join(BENCHMARKS)}; all when none is named"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    parser.add_argument(
        "--data", type=Path, default=BESIDE_CHECKOUT, metavar="DIR", help="where conversations and pairs of questions are"
    )
    parser.add_argument("--directory", type=Path, metavar="DIR", help="where files are written; the system's temporary directory")
    parser.add_argument("--seconds", type=float, default=2.0, help="how long each comparison runs")
    parser.add_argument("--largest", type=int, default=100_000, help="the largest history, in messages")
    parser.add_argument("--archives", default="huffman", help="names of cold archives, with commas between")
    parser.add_argument("--hot-stores", default="redis,sqlite,memory", help="names of hot stores, with commas between")
    parser.add_argument(
        "--archive-indexes",
        default="",
        help="names of archive indexes to search through the public API, or none, with commas between",
    )
    parser.add_argument("--redis-url", help="a server to measure, whose database is emptied; without it one is started")
    arguments = parser.parse_args()
    for name in arguments.names:
        if name not in BENCHMARKS:
            parser.error(f"there is no benchmark {name!r}; there are {', '.join(BENCHMARKS)}")
    return arguments


def main() -> None:
    """Run what was asked for and report it."""
    arguments = _arguments()
    corpus = load_corpus(arguments.data)
    found = {}
    for name in arguments.names or BENCHMARKS:
        with tempfile.TemporaryDirectory(prefix="lixcore-bench-", dir=arguments.directory) as directory:
            settings = Settings(
                corpus=corpus,
                data=arguments.data,
                seconds=arguments.seconds,
                directory=Path(directory),
                redis_url=arguments.redis_url,
                archives=tuple(arguments.archives.split(",")),
                hot_stores=tuple(arguments.hot_stores.split(",")),
                largest=arguments.largest,
                archive_indexes=tuple(filter(None, arguments.archive_indexes.split(","))),
            )
            tables = BENCHMARKS[name](settings)
        found[name] = [table.plain() for table in tables]
        sys.stdout.write("\n".join(table.text() for table in tables) + "\n")
        sys.stdout.flush()
    if arguments.json:
        machine = {"python": platform.python_version(), "system": platform.platform(), "processors": os.cpu_count()}
        arguments.json.write_text(json.dumps({"machine": machine, "benchmarks": found}, ensure_ascii=False, indent=2) + "\n")


if __name__ == "__main__":
    main()
