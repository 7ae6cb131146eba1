"""What applications hold: one session, plain dicts, and errors instead of empty answers."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

import lixcore
from lixcore import CacheConfig, CacheCoordinator, Stack
from lixcore.errors import ClosedError, InvalidInputError
from settable_clock import SettableClock

# Wildcards, separators, paths, case pairs, format and NUL characters: all of them are nothing but text.
HOSTILE_IDS = [
    "u*", "user", "USER", "user ", "a:b{c}", "a:b", "../../etc/passwd", "/", ".", "%", "%2F", "?[a-z]", "\0", "a\0", "a", "\n",
    "é", "e\u0301",
    "\u202e", "'; DROP TABLE sessions; --", "default/user", "😀", "x" * 4096, "ж" * 500,
]  # fmt: skip
METHODS_OF_THE_PREDECESSOR = [
    "add_message_to_context", "get_context_messages", "get_formatted_context", "clear_context", "get_stats", "get_full_history",
    "flush_to_disk", "smart_context",
]  # fmt: skip


def embedded(**settings: Any) -> CacheConfig:
    return CacheConfig(hot_store="memory", cold_archive="memory", hot_window_size=3, **settings)


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(1_700_000_000.25)


@pytest.fixture
def stack(clock: SettableClock) -> Iterator[Stack]:
    with Stack(embedded(), clock=clock, background=False) as stack:
        yield stack


@pytest.fixture
def memory(stack: Stack) -> CacheCoordinator:
    return stack.session("user-abc")


def test_what_goes_in_comes_out_as_plain_dicts_with_exactly_four_keys(memory: CacheCoordinator) -> None:
    assert memory.add_message_to_context("user", "Hello") == 1
    assert memory.add_message_to_context("tool", "42", {"tool_call_id": "x"}, timestamp=5) == 2
    found = memory.get_context_messages()
    assert found == [
        {"role": "user", "content": "Hello", "timestamp": 1_700_000_000.25, "metadata": {}},
        {"role": "tool", "content": "42", "timestamp": 5.0, "metadata": {"tool_call_id": "x"}},
    ]
    assert [list(one) for one in found] == [["role", "content", "timestamp", "metadata"]] * 2
    assert [type(value) for value in found[0].values()] == [str, str, float, dict]


def test_an_embedding_is_in_the_full_history_only(memory: CacheCoordinator) -> None:
    memory.add_message_to_context("user", "a", embedding=[0.5, 1.0])
    memory.add_message_to_context("user", "b", embedding=None)
    first, second = memory.get_full_history()
    assert first["embedding"] == [0.5, 1.0]
    assert type(first["embedding"]) is list
    assert list(second) == ["role", "content", "timestamp", "metadata"]
    assert all("embedding" not in one for one in memory.get_context_messages())
    assert all("embedding" not in one for one in memory.smart_context("a")["recent"])


def test_adding_tells_how_many_messages_the_window_holds(memory: CacheCoordinator) -> None:
    assert [memory.add_message_to_context("user", str(number)) for number in range(60)] == [1, 2] + [3] * 58
    assert [one["content"] for one in memory.get_context_messages()] == ["57", "58", "59"]
    assert [one["content"] for one in memory.get_full_history()] == [str(number) for number in range(60)]


def test_changing_what_came_out_changes_nothing_inside(memory: CacheCoordinator) -> None:
    given = {"a": [1]}
    memory.add_message_to_context("user", "x", given)
    given["a"].append(2)
    memory.get_context_messages()[0]["metadata"]["a"].append(3)
    memory.get_full_history()[0]["metadata"]["a"].append(4)
    assert memory.get_context_messages()[0]["metadata"] == {"a": [1]}


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"role": ""}, "role"),
        ({"content": None}, "content"),
        ({"metadata": {"a": math.nan}}, "metadata.a"),
        ({"timestamp": -1.0}, "timestamp"),
        ({"embedding": [0.0]}, "embedding"),
    ],
)
def test_what_is_refused_names_its_field_and_leaves_no_trace(
    memory: CacheCoordinator, changed: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        memory.add_message_to_context(**{"role": "user", "content": "x"} | changed)
    assert caught.value.field == field
    assert memory.get_full_history() == []
    assert memory.get_stats()["context_window"]["is_hot"] is False


def test_the_formatted_context_has_a_line_for_each_message(memory: CacheCoordinator) -> None:
    for number in range(5):
        memory.add_message_to_context("assistant", f"two\nlines {number} " + "x" * 300)
    lines = memory.get_formatted_context().split("\n")
    assert [line[:24] for line in lines] == [f"Assistant: two lines {number} x" for number in (2, 3, 4)]
    assert all(len(line) == len("Assistant: ") + 200 for line in lines)
    assert memory.get_formatted_context(max_lines=1) == lines[-1]
    assert memory.get_formatted_context(max_lines=0) == ""


def test_smart_context_has_recent_messages_and_none_that_a_search_found(memory: CacheCoordinator) -> None:
    for number in range(3):
        memory.add_message_to_context("user", str(number))
    found = memory.smart_context("anything", query_embedding=[1.0], recent_k=2, disk_k=3)
    assert list(found) == ["recent", "relevant"]
    assert [one["content"] for one in found["recent"]] == ["1", "2"]
    assert found["relevant"] == []
    assert memory.smart_context("x", recent_k=0)["recent"] == []
    assert len(memory.smart_context("x")["recent"]) == 3
    with pytest.raises(InvalidInputError, match="recent_k is -1"):
        memory.smart_context("x", recent_k=-1)


def test_flush_clear_and_forget_do_what_they_say(memory: CacheCoordinator, stack: Stack) -> None:
    for number in range(3):
        memory.add_message_to_context("user", str(number))
    assert memory.flush_to_disk() is True
    assert memory.get_stats()["context_window"]["disk_turns"] == 3
    assert memory.clear_context() is True
    assert memory.get_context_messages() == []
    assert len(memory.get_full_history()) == 3
    memory.add_message_to_context("user", "new")
    assert stack.evict_idle(idle_seconds=0) == 1
    assert [one["content"] for one in memory.get_context_messages()] == ["new"]
    assert memory.forget() == {"hot": 1, "archive": 4, "semantic": 0, "index": 0}
    assert memory.forget() == {"hot": 0, "archive": 0, "semantic": 0, "index": 0}
    assert memory.get_full_history() == []


UNUSED = {
    "state": "up",
    "hits": 0,
    "misses": 0,
    "hit_rate": None,
    "entries": 0,
    "size_bytes": 0,
    "seconds_saved": 0.0,
    "not_admitted": 0,
    "failures": 0,
    "error": None,
}


def test_statistics_have_these_names(memory: CacheCoordinator, clock: SettableClock) -> None:
    for number in range(4):
        memory.add_message_to_context("user", str(number))
    memory.flush_to_disk()
    stats = memory.get_stats()
    window = stats.pop("context_window")
    assert stats == {
        "session_id": "user-abc",
        "tenant": "default",
        "timestamp": datetime.fromtimestamp(clock.time, UTC).isoformat(),
        "hot_store": {"state": "up", "away_since": None, "error": None, "times_away": 0, "messages_archived_instead": 0},
        "tiering": {"write_mode": "overflow", "waits": 0, "failures": 0},
        "semantic_cache": {"adapter": "memory", **UNUSED},
        "url_embedding_cache": {"adapter": "memory", **UNUSED},
        "index": {"adapter": None, "state": "off", "messages": None, "lag": None, "error": None},
        "events": {"told": 0, "dropped": 0, "failed": 0},
    }
    assert window.pop("disk_raw_bytes") > 0
    assert window.pop("disk_size_bytes") > 0
    assert window == {
        "messages": 4,
        "hot_messages": 4,
        "hot_window_size": 3,
        "is_hot": True,
        "disk_turns": 4,
        "last_active": clock.time,
    }


def test_every_method_of_the_predecessor_is_there(memory: CacheCoordinator) -> None:
    assert [name for name in METHODS_OF_THE_PREDECESSOR if not callable(getattr(memory, name, None))] == []
    assert memory.session_id == "user-abc"


def test_sessions_with_hostile_ids_never_meet(stack: Stack) -> None:
    for number, name in enumerate(HOSTILE_IDS):
        stack.session(name).add_message_to_context("user", str(number))
    stack.evict_idle(idle_seconds=0)
    for number, name in enumerate(HOSTILE_IDS):
        assert [one["content"] for one in stack.session(name).get_context_messages()] == [str(number)]
    assert sorted(key.id for key in stack.session_keys()) == sorted(HOSTILE_IDS)
    stack.session("u*").clear_context()
    assert stack.session("u*").forget() == {"hot": 0, "archive": 1, "semantic": 0, "index": 0}
    assert sum(len(stack.session(name).get_context_messages()) for name in HOSTILE_IDS) == len(HOSTILE_IDS) - 1


def test_tenants_never_meet(stack: Stack) -> None:
    mine, yours = stack.session("same", tenant="me"), stack.session("same", tenant="you")
    mine.add_message_to_context("user", "mine")
    assert yours.get_full_history() == []
    assert yours.forget() == {"hot": 0, "archive": 0, "semantic": 0, "index": 0}
    assert len(mine.get_context_messages()) == 1
    assert [key.id for key in stack.session_keys(tenant="me")] == ["same"]
    assert list(stack.session_keys(tenant="you")) == []
    assert list(stack.session_keys()) == []


@pytest.mark.parametrize("name", ["", "x" * 4097, "\ud800", 5, None])
def test_an_id_that_cannot_be_stored_is_refused_and_opens_nothing(name: Any) -> None:
    with pytest.raises(InvalidInputError) as caught:
        CacheCoordinator(name, embedded())
    assert caught.value.field == "session_id"


def test_a_closed_coordinator_says_so_in_every_method(stack: Stack) -> None:
    memory = stack.session("s")
    memory.close()
    memory.close()
    uses = [
        lambda: memory.add_message_to_context("user", "x"), memory.get_context_messages, memory.get_formatted_context,
        memory.get_full_history,
        lambda: memory.smart_context("x"), memory.flush_to_disk, memory.clear_context, memory.forget, memory.get_stats,
    ]  # fmt: skip
    for use in uses:
        with pytest.raises(ClosedError, match="the coordinator is closed"):
            use()
    assert stack.session("s").get_full_history() == [], "the stack stays open"


def test_after_the_stack_was_closed_its_coordinators_say_so(stack: Stack) -> None:
    memory = stack.session("s")
    stack.close()
    with pytest.raises(ClosedError, match="the memory stack is closed"):
        memory.get_context_messages()


def test_equal_configurations_share_one_stack_until_the_last_is_closed() -> None:
    one = CacheCoordinator("one", embedded())
    with CacheCoordinator("one", embedded()) as two, CacheCoordinator("one", embedded(tenant="other")) as third:
        one.add_message_to_context("user", "x")
        assert len(two.get_context_messages()) == 1
        assert third.get_context_messages() == []
        one.close()
        one.close()
        assert len(two.get_context_messages()) == 1, "it is still in use"
    with CacheCoordinator("one", embedded()) as fresh:
        assert fresh.get_full_history() == [], "what is in memory ends with the last that uses it"


def test_threads_that_close_one_coordinator_give_back_one_share() -> None:
    for _ in range(20):
        with CacheCoordinator("one", embedded()) as kept:
            used = CacheCoordinator("one", embedded())
            threads = [threading.Thread(target=used.close) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert kept.get_context_messages() == []


def test_a_stack_that_cannot_be_made_leaves_nothing_behind(tmp_path: Any) -> None:
    (tmp_path / "file").write_text("in the way")
    broken = CacheConfig(
        hot_store="sqlite", sqlite_path=str(tmp_path / "file" / "x.sqlite3"), cold_archive="memory", similarity_index=None
    )
    for _ in range(2):
        with pytest.raises(lixcore.errors.StoreError):
            CacheCoordinator("one", broken)
    (tmp_path / "file").unlink()
    with CacheCoordinator("one", broken) as memory:
        assert memory.add_message_to_context("user", "x") == 1


def test_a_stack_and_a_configuration_are_one_too_many(stack: Stack) -> None:
    with pytest.raises(InvalidInputError, match="config is given by the stack"):
        CacheCoordinator("one", embedded(), stack=stack)
