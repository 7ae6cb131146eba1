"""How much of what LoCoMo's questions are about a search finds, by words, by meaning, and by both."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import lixcore
from lixcore import CacheConfig
from lixcore_policies import HybridRanking, PlainWords
from lixcore_snowball import SnowballAnalyzer
from tests.benchmarks.report import Table
from tests.benchmarks.settings import Settings

_COLUMNS = ("how", "1-5 @5", "1-5 @10", "6-10 @5", "6-10 @10", "all @5", "all @10", "questions/s")

Search = Callable[[Any], Callable[[Any], Sequence[int]]]


def locomo(settings: Settings) -> list[Table]:
    """Recall of the evidence without an index, of variants, and through the public API for every index that is named."""
    support = str(Path(__file__).parents[1] / "support")
    if support not in sys.path:
        sys.path.append(support)
    data = importlib.import_module("locomo")
    missing = [name for name in data.FILES if not (settings.data / name).is_file()]
    if missing:
        reason = f"nothing measured: no {' and '.join(missing)} in {settings.data} (--data DIR names another place)"
        return [Table("locomo", _COLUMNS, notes=[reason])]
    conversations = data.load_conversations(settings.data)
    tables = [_in_memory(data, conversations), _variants(data, conversations)]
    tables += [_through_stack(data, conversations, settings, name) for name in settings.archive_indexes]
    return tables


def _in_memory(data: Any, conversations: Sequence[Any]) -> Table:
    table = Table(
        "locomo: mean recall of the evidence among the first 5 and 10, ranked in memory",
        _COLUMNS,
        notes=[
            f"{sum(len(each.questions) for each in conversations):,} questions over"  # noqa: ISC004  # one note
            f" {sum(len(each.messages) for each in conversations):,} messages in {len(conversations)} conversations; each is"
            " searched by itself, by speaker, text and image caption, and by embeddings of all-MiniLM-L6-v2",
            "weights were to be chosen by conversations 1 to 5; the others were seen as well, and are no blind test",
            "reference: token overlap 0.30 / 0.37, BM25 0.58 / 0.65, hybrid with neighbours 0.65 / 0.74",
        ],
    )
    analyzer, policy = SnowballAnalyzer(), HybridRanking()
    for mode in data.MODES:
        _measure(table, data, conversations, mode, data.ranked_in_memory(analyzer, policy, mode))
    return table


def _variants(data: Any, conversations: Sequence[Any]) -> Table:
    table = Table("locomo: hybrid with one thing otherwise, ranked in memory", _COLUMNS)
    snowball, options = SnowballAnalyzer(), HybridRanking.Options
    cases: dict[str, Search] = {
        "words as they are written": data.ranked_in_memory(PlainWords(), HybridRanking()),
        "no neighbours": data.ranked_in_memory(snowball, HybridRanking(options(neighbour_weight=0.0))),
        "reach 1": data.ranked_in_memory(snowball, HybridRanking(options(reach=1))),
        "vector weight 0.2": data.ranked_in_memory(snowball, HybridRanking(options(vector_weight=0.2))),
        "vector weight 0.7": data.ranked_in_memory(snowball, HybridRanking(options(vector_weight=0.7))),
        "50 candidates": data.ranked_in_memory(snowball, HybridRanking(), candidates=50),
        "400 candidates": data.ranked_in_memory(snowball, HybridRanking(), candidates=400),
    }
    for name, search in cases.items():
        _measure(table, data, conversations, name, search)
    return table


def _through_stack(data: Any, conversations: Sequence[Any], settings: Settings, index: str) -> Table:
    table = Table(f"locomo: coordinator.search and smart_context, one session each, archive index {index}", _COLUMNS)
    with _filled(conversations, settings.directory / f"locomo-{index}", index) as stack:

        def search(mode: str) -> Search:
            def of(conversation: Any) -> Callable[[Any], Sequence[int]]:
                def ask(question: Any) -> Sequence[int]:
                    embedding = None if mode == "text" else question.embedding
                    memory = stack.session(conversation.id)
                    found = memory.search("" if mode == "vector" else question.text, query_embedding=embedding, k=10)
                    return [int(hit["timestamp"] - conversation.messages[0].timestamp) // 60 for hit in found]

                return ask

            return of

        def smart(conversation: Any) -> Callable[[Any], Sequence[int]]:
            def ask(question: Any) -> Sequence[int]:
                found = stack.session(conversation.id).smart_context(question.text, question.embedding, recent_k=0, disk_k=10)
                return [int(hit["timestamp"] - conversation.messages[0].timestamp) // 60 for hit in found["relevant"]]

            return ask

        for mode in data.MODES:
            # Here, what is found by one thing alone is ranked with its neighbours, too.
            _measure(table, data, conversations, f"search, {mode}", search(mode))
        _measure(table, data, conversations, "smart_context", smart)
    return table


@contextmanager
def _filled(conversations: Sequence[Any], directory: Path, index: str) -> Iterator[Any]:
    chosen: dict[str, Any] = {} if index == "none" else {"archive_index": index}
    if index == "duckdb":
        chosen["duckdb_path"] = str(directory / "index")
    config = CacheConfig(hot_store="memory", archive_dir=str(directory / "archive"), janitor=False, **chosen)
    with lixcore.open(config) as opened:
        stack: Any = opened
        for conversation in conversations:
            memory = stack.session(conversation.id)
            for message in conversation.messages:
                memory.add_message_to_context(
                    message.role,
                    message.content,
                    message.metadata,
                    timestamp=message.timestamp,
                    embedding=message.embedding,
                )
        stack.evict_idle(idle_seconds=0)
        if index != "none":
            stack.catch_up_index()
        yield stack


def _measure(table: Table, data: Any, conversations: Sequence[Any], name: str, search: Search) -> None:
    started = perf_counter()
    parts = data.mean_recalls(conversations, search)
    seconds = perf_counter() - started
    shown = [f"{value:.3f}" for part in parts.values() for value in (part.at_5, part.at_10)]
    table.add(name, *shown, round(sum(len(each.questions) for each in conversations) / seconds))
