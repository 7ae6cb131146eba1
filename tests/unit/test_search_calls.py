"""Searching as applications call it: on a coordinator, on a stack, with an index and without."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lixcore import CacheConfig, CacheCoordinator, Stack
from lixcore.errors import ClosedError, ConfigError, InvalidInputError, StoreBusyError
from settable_clock import SettableClock

AXIS = [1.0, 0.0, 0.0]
OTHER = [0.0, 1.0, 0.0]


def embedded(**settings: Any) -> CacheConfig:
    return CacheConfig(hot_store="memory", cold_archive="memory", hot_window_size=3, spill_batch_size=2, **settings)


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture(params=["memory", None], ids=["with an index", "without"])
def stack(request: pytest.FixtureRequest, clock: SettableClock) -> Iterator[Stack]:
    config = embedded(archive_index=request.param, embedding_dimension=3)
    with Stack(config, clock=clock, background=False) as stack:
        yield stack


@pytest.fixture
def indexed(clock: SettableClock) -> Iterator[Stack]:
    with Stack(embedded(archive_index="memory"), clock=clock, background=False) as stack:
        yield stack


@pytest.fixture
def memory(stack: Stack, clock: SettableClock) -> CacheCoordinator:
    """A session with a few messages, the first of which are archived."""
    memory = stack.session("trip")
    for role, text, metadata, embedding in [
        ("user", "We found a hotel near the harbour.", {"city": "Lisbon", "nights": 3}, AXIS),
        ("assistant", "Shall I book the hotel?", {"city": "Lisbon"}, OTHER),
        ("user", "Yes, and a table for dinner.", {}, None),
        ("assistant", "Booked, both of them.", {"paid": True}, None),
        ("user", "Which museum is open on Monday?", {"city": "Porto"}, None),
        ("assistant", "The Gulbenkian is closed on Tuesdays.", {}, None),
    ]:
        clock.advance(60)
        memory.add_message_to_context(role, text, metadata, embedding=embedding)
    if stack.config.archive_index:
        stack.catch_up_index()
    return memory


def texts(found: list[dict[str, Any]]) -> list[str]:
    return [one["content"] for one in found]


def test_smart_context_has_recent_messages_and_relevant_older_ones(memory: CacheCoordinator) -> None:
    found = memory.smart_context("Where was the hotel?", recent_k=2, disk_k=2)
    assert list(found) == ["recent", "relevant"]
    assert texts(found["recent"]) == ["Which museum is open on Monday?", "The Gulbenkian is closed on Tuesdays."]
    assert sorted(texts(found["relevant"])) == ["Shall I book the hotel?", "We found a hotel near the harbour."]
    assert list(found["relevant"][0]) == ["role", "content", "timestamp", "metadata", "score", "position"]
    best, next_best = found["relevant"]
    assert type(best["score"]) is float
    assert type(best["position"]) is int
    assert best["score"] >= next_best["score"]


def test_smart_context_takes_the_predecessors_arguments_in_its_order(memory: CacheCoordinator) -> None:
    found = memory.smart_context("hotel", AXIS, 1, 1)
    assert len(found["recent"]) == len(found["relevant"]) == 1
    assert found["relevant"][0]["content"] == "We found a hotel near the harbour.", "both its words and its meaning fit"


def test_what_is_relevant_can_come_with_its_neighbours(memory: CacheCoordinator) -> None:
    (hit,) = memory.smart_context("dinner", recent_k=1, disk_k=1, neighbours=1)["relevant"]
    assert texts(hit["neighbours"]["before"]) == ["Shall I book the hotel?"]
    assert texts(hit["neighbours"]["after"]) == ["Booked, both of them."]


def test_what_is_relevant_is_the_callers_own(memory: CacheCoordinator) -> None:
    memory.smart_context("hotel", recent_k=1)["relevant"][0]["metadata"]["city"] = "changed"
    assert all(one["metadata"].get("city") != "changed" for one in memory.smart_context("hotel", recent_k=1)["relevant"])


def test_a_budget_counts_tokens_as_the_stack_does(memory: CacheCoordinator) -> None:
    none = memory.smart_context("hotel", recent_k=2, disk_k=2, max_tokens=0)
    assert (none["recent"], none["relevant"]) == ([], [])
    all_of_it = memory.smart_context("hotel", recent_k=2, disk_k=2, max_tokens=1000)
    assert all_of_it == memory.smart_context("hotel", recent_k=2, disk_k=2)


def test_search_finds_what_is_archived_and_what_is_hot(memory: CacheCoordinator) -> None:
    assert sorted(texts(memory.search("hotel museum"))) == [
        "Shall I book the hotel?",
        "We found a hotel near the harbour.",
        "Which museum is open on Monday?",
    ]
    assert texts(memory.search("hotel", k=1)) == texts(memory.search("hotel"))[:1]
    assert memory.search("helicopter") == []


def test_search_by_meaning_needs_no_words(memory: CacheCoordinator) -> None:
    for query in ("", None, "  "):
        assert texts(memory.search(query, query_embedding=OTHER, k=1)) == ["Shall I book the hotel?"]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"roles": ["assistant"]}, ["Shall I book the hotel?"]),
        ({"roles": []}, []),
        ({"fields": {"nights": 3}}, ["We found a hotel near the harbour."]),
        ({"fields": {"city": "Lisbon", "nights": 3}}, ["We found a hotel near the harbour."]),
        ({"fields": {"city": "lisbon"}}, []),
        ({"since": 1_700_000_120}, ["Shall I book the hotel?"]),
        ({"until": 1_700_000_120.0}, ["We found a hotel near the harbour."]),
    ],
)
def test_filters_narrow_a_search(memory: CacheCoordinator, filters: dict[str, Any], found: list[str]) -> None:
    assert texts(memory.search("hotel", **filters)) == found


def test_a_truth_can_be_filtered_by(memory: CacheCoordinator) -> None:
    assert texts(memory.search("booked", fields={"paid": True})) == ["Booked, both of them."]


@pytest.mark.parametrize(
    "query", ["hotel.*", "'; DROP SCHEMA messages; --", "%hotel%", "hotel\0", "(hotel", "hotel OR 1=1", '"', "\\", "a" * 10_000]
)
def test_no_character_of_a_query_has_a_meaning(memory: CacheCoordinator, stack: Stack, query: str) -> None:
    found = texts(memory.search(query))
    assert set(found) <= {"We found a hotel near the harbour.", "Shall I book the hotel?", "Which museum is open on Monday?"}
    assert bool(found) == ("hotel" in query)
    assert len(memory.get_full_history()) == 6
    assert [hit.message.content for hit in stack.search(query, sessions=["trip"])] == found


def test_where_nothing_relevant_is_wanted_no_query_is_needed(memory: CacheCoordinator) -> None:
    assert memory.smart_context("", disk_k=0)["relevant"] == []
    assert len(memory.smart_context("", disk_k=0)["recent"]) == 3


def test_a_stack_searches_the_sessions_of_a_tenant(indexed: Stack) -> None:
    for tenant, name, text in [("default", "a", "rain in March"), ("default", "b", "rain and rain"), ("other", "a", "rain")]:
        memory = indexed.session(name, tenant=tenant)
        memory.add_message_to_context("user", text)
        memory.flush_to_disk()
    indexed.session("c").add_message_to_context("user", "rain, not archived yet")
    with pytest.raises(StoreBusyError, match="was not caught up with everything since it was begun: it holds 0 messages"):
        indexed.search("rain")
    found = indexed.search("rain", catch_up=True)
    assert {(hit.session.id, hit.message.content) for hit in found} == {("a", "rain in March"), ("b", "rain and rain")}
    assert [hit.session.id for hit in indexed.search("rain", sessions=["b", "c"])] == ["b"]
    assert [hit.message.content for hit in indexed.search("rain", sessions=["c"])] == ["rain, not archived yet"]
    assert [hit.session.tenant for hit in indexed.search("rain", tenant="other")] == ["other"]
    assert indexed.search("rain", sessions=[]) == []
    with pytest.raises(InvalidInputError, match="sessions must be a list of texts, not str"):
        indexed.search("rain", sessions="a")
    with pytest.raises(InvalidInputError, match="tenant"):
        indexed.search("rain", tenant="")


def test_without_an_index_one_session_is_searched_and_more_are_refused() -> None:
    with Stack(embedded(), background=False) as stack:
        stack.session("a").add_message_to_context("user", "rain")
        assert [hit.message.content for hit in stack.search("rain", sessions=["a"])] == ["rain"]
        for call in (
            lambda: stack.search("rain"),
            lambda: stack.search("rain", sessions=["a", "b"]),
            stack.catch_up_index,
            stack.rebuild_index,
            stack.index_status,
        ):
            with pytest.raises(ConfigError, match="archive_index is none"):
                call()


def test_statistics_tell_how_far_the_index_has_come(indexed: Stack) -> None:
    memory = indexed.session("a")
    for number in range(3):
        memory.add_message_to_context("user", f"rain {number}")
    memory.flush_to_disk()
    up = {"adapter": "memory", "state": "up", "error": None}
    assert memory.get_stats()["index"] == {**up, "messages": 0, "lag": 3}
    assert indexed.catch_up_index().messages == 3
    assert memory.get_stats()["index"] == {**up, "messages": 3, "lag": 0}
    status = indexed.index_status()
    assert (status.messages, status.sessions, status.archived_messages, status.lag) == (3, 1, 3, 0)
    memory.add_message_to_context("user", "more rain")
    memory.flush_to_disk()
    assert indexed.index_status().lag == 1
    assert len(memory.search("rain", catch_up=True)) == 4
    assert indexed.index_status().lag == 0
    seen: list[int] = []
    assert indexed.rebuild_index(lambda done: seen.append(done.messages)).messages == 4
    assert seen[-1] == 4


def test_forgetting_counts_what_the_index_lost(indexed: Stack) -> None:
    memory = indexed.session("a")
    memory.add_message_to_context("user", "rain")
    memory.flush_to_disk()
    indexed.catch_up_index()
    assert memory.forget() == {"hot": 1, "archive": 1, "semantic": 0, "index": 1}
    assert memory.forget() == {"hot": 0, "archive": 0, "semantic": 0, "index": 0}
    assert indexed.search("rain") == []
    assert indexed.index_status().messages == 0


def test_the_janitor_has_the_index_forget_what_it_removes(clock: SettableClock) -> None:
    with Stack(embedded(archive_index="memory", disk_ttl_days=1), clock=clock, background=False) as stack:
        memory = stack.session("a")
        memory.add_message_to_context("user", "rain")
        stack.wiring.tiering.evict(memory.session)
        stack.catch_up_index()
        clock.advance(2 * 86_400)
        assert stack.janitor_round().histories_removed == 1
        assert stack.index_status().messages == 0


def test_redacted_texts_are_not_found() -> None:
    with Stack(embedded(archive_index="memory", redaction_policy="pii"), background=False) as stack:
        memory = stack.session("a")
        memory.add_message_to_context("user", "Write to jane.doe@example.com about the rain")
        memory.flush_to_disk()
        stack.catch_up_index()
        assert len(memory.search("rain")) == 1
        assert memory.search("jane") == memory.search("example") == []


def test_what_is_closed_searches_nothing(indexed: Stack) -> None:
    memory = indexed.session("a")
    memory.close()
    calls: list[Callable[[], object]] = [lambda: memory.search("rain"), lambda: memory.smart_context("rain")]
    for call in calls:
        with pytest.raises(ClosedError):
            call()
    indexed.close()
    calls = [lambda: indexed.search("rain"), indexed.catch_up_index, indexed.index_status, lambda: indexed.query_sql("select 1")]
    for call in calls:
        with pytest.raises(ClosedError):
            call()


def test_an_application_finds_what_was_archived_without_asking_for_it() -> None:
    """The thread that catches up begins with the first use of a session."""
    config = embedded(archive_index="memory", index_interval_seconds=0.1)
    with Stack(config) as stack:
        memory = stack.session("a")
        memory.add_message_to_context("user", "rain")
        memory.flush_to_disk()
        thread = stack.wiring.index_thread
        assert thread is not None
        for _ in range(10_000):
            thread.wake()
            with thread.at_work:
                if stack.index_status().lag == 0:
                    assert len(stack.search("rain")) == 1
                    return
        pytest.fail("it was never indexed")
