"""The window at its edges: sizes of none and one, budgets, long turns, changes of size, and what leaves no trace."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lixcore.domain.message import Message
from lixcore.domain.position import ORIGIN, Entry, Position
from lixcore.domain.record import decode_message, encode_message
from lixcore.domain.session import SessionKey
from lixcore.errors import StoreUnavailableError
from lixcore_memory import MemoryArchive, MemoryHotStore
from settable_clock import SettableClock
from stacks import SessionLayer

SESSION = SessionKey("one")


def layer(window: int = 3, batch: int = 2, **more: Any) -> SessionLayer:
    clock = SettableClock()
    return SessionLayer(MemoryHotStore(clock), MemoryArchive(), clock, window=window, batch=batch, **more)


def again(used: SessionLayer, **more: Any) -> SessionLayer:
    """Another process on the same stores."""
    return SessionLayer(used.hot, used.archive, used.clock, **more)


def say(used: SessionLayer, *texts: str) -> None:
    for text in texts:
        used.window.add(SESSION, Message("user", text, used.clock.now()))


def call(used: SessionLayer, count: int, *, content: str = "call") -> list[str]:
    """A call and so many results of it; gives what its context has to be."""
    ids = [f"id{number}" for number in range(count)]
    calls: Any = {"tool_calls": [{"id": name} for name in ids]}
    used.window.add(SESSION, Message("assistant", content, 1.0, calls))
    for name in ids:
        used.window.add(SESSION, Message("tool", f"result {name}", 1.0, {"tool_call_id": name}))
    return [content, *(f"result {name}" for name in ids)]


def context(used: SessionLayer) -> list[str]:
    return [message.content for message in used.window.context(SESSION)]


def history(used: SessionLayer) -> list[str]:
    return [decode_message(entry).content for entry in used.window.history(SESSION)]


def numbered(count: int) -> list[str]:
    return [f"m{number}" for number in range(count)]


@pytest.mark.parametrize("window", [0, 1, 2, 5])
@pytest.mark.parametrize("batch", [1, 2, 5])
def test_the_context_is_the_newest_messages_of_any_window(window: int, batch: int) -> None:
    used = layer(window, batch)
    said: list[str] = []
    for text in numbered(17):
        say(used, text)
        said.append(text)
        assert context(used) == (said[-window:] if window else [])
        assert history(used) == said
        held = used.hot.describe(SESSION)
        assert held is not None
        assert held.held < window + batch, "a spill follows as soon as the batch is full"


def test_a_window_of_none_brings_nothing_back() -> None:
    used = layer(window=0)
    say(used, "a", "b")
    assert used.tiering.evict(SESSION)
    assert context(used) == []
    say(used, "c")
    assert used.tiering.evict(SESSION)
    assert history(used) == ["a", "b", "c"]


@pytest.mark.parametrize(("tokens", "places"), [(0, 0), (4, 0), (5, 1), (14, 2), (15, 3), (1000, 4)])
def test_a_token_budget_is_strict(tokens: int, places: int) -> None:
    """Each message takes one token for its four bytes, and four around it."""
    used = layer(window=10, max_tokens=tokens)
    said = ["1111", "2222", "3333", "4444"]
    say(used, *said)
    assert context(used) == said[4 - places :]


@pytest.mark.parametrize("tokens", [None, 100_000])
@pytest.mark.parametrize("results", [3, 4, 9, 40])
def test_a_turn_longer_than_the_window_comes_whole_from_both_tiers(results: int, tokens: int | None) -> None:
    used = layer(window=3, batch=2, max_tokens=tokens)
    say(used, *numbered(6))
    turn = call(used, results)
    assert context(used) == turn
    assert used.tiering.evict(SESSION)
    assert context(used) == turn


def test_a_turn_longer_than_the_window_and_the_budget_is_left_out() -> None:
    used = layer(window=3, batch=2, max_tokens=20)
    say(used, *numbered(6))
    call(used, 9)
    assert context(used) == []


def test_a_long_turn_does_not_reach_behind_a_fresh_start() -> None:
    used = layer(window=3, batch=2)
    call(used, 9)
    used.window.clear(SESSION)
    for name in ["id0", "id1", "id2", "id3", "id4"]:
        used.window.add(SESSION, Message("tool", "late", 1.0, {"tool_call_id": name}))
    assert context(used) == [], "results whose call is not in the context"
    say(used, "next")
    assert context(used) == ["next"]


class CountingArchive(MemoryArchive):
    """Counts the entries that were read."""

    def __init__(self) -> None:
        super().__init__()
        self.entries_read = 0

    def read(self, session: SessionKey, **more: Any) -> Sequence[Entry]:
        found = super().read(session, **more)
        self.entries_read += len(found)
        return found


def test_results_without_any_call_do_not_make_a_context_read_the_whole_history() -> None:
    archive = CountingArchive()
    record = encode_message(Message("tool", "orphan", 1.0, {"tool_call_id": "unknown"}))
    archive.append(SESSION, [Entry(Position(number), 1.0, record) for number in range(1, 50_001)])
    used = SessionLayer(MemoryHotStore(SettableClock()), archive, SettableClock(), window=20)
    assert context(used) == []
    assert archive.entries_read < 25_000


def test_a_fresh_context_stays_fresh_after_an_eviction_and_a_return() -> None:
    used = layer()
    say(used, *numbered(8))
    used.window.clear(SESSION)
    assert context(used) == []
    assert used.tiering.evict(SESSION)
    assert context(used) == []
    say(used, "new")
    assert used.tiering.evict(SESSION)
    assert context(used) == ["new"]
    assert history(used) == [*numbered(8), "new"]


def test_clearing_twice_and_clearing_what_is_absent_are_the_same_as_once() -> None:
    used = layer()
    say(used, *numbered(8))
    assert used.tiering.evict(SESSION)
    used.window.clear(SESSION)
    used.window.clear(SESSION)
    assert context(used) == []
    assert history(used) == numbered(8)


def test_asking_about_an_unknown_session_leaves_no_trace_of_it() -> None:
    used = layer()
    assert context(used) == []
    assert history(used) == []
    assert used.window.flush(SESSION) == 0
    used.window.clear(SESSION)
    assert used.window.stats(SESSION).messages == 0
    forgotten = used.window.forget(SESSION)
    assert (forgotten.hot, forgotten.archived) == (0, 0)
    assert used.hot.describe(SESSION) is None
    assert used.archive.describe(SESSION) is None
    assert list(used.hot.sessions()) == []


@pytest.mark.parametrize("flushed", [False, True])
def test_a_larger_window_is_filled_from_the_archive(flushed: bool) -> None:  # noqa: FBT001  # a parameter
    used = layer(window=3, batch=2)
    say(used, *numbered(20))
    if flushed:
        used.window.flush(SESSION)
    assert context(again(used, window=10)) == numbered(20)[-10:]
    used.window.clear(SESSION)
    assert context(again(used, window=10)) == []
    say(used, "new")
    assert context(again(used, window=10)) == ["new"]


def test_a_smaller_window_never_takes_from_a_larger_one() -> None:
    used = layer(window=10, batch=2)
    say(used, *numbered(11))
    smaller = again(used, window=2, batch=1)
    say(smaller, "m11")
    assert context(smaller) == ["m10", "m11"]
    assert context(used) == numbered(12)[-10:]


def test_what_is_imported_while_a_session_is_hot_and_empty_is_in_its_context() -> None:
    used = layer()
    assert used.hot.restore(SESSION, (), next_after=ORIGIN, ticket=used.hot.ticket(SESSION))
    used.archive.append(SESSION, [Entry(Position(1), 1.0, encode_message(Message("user", "old", 1.0)))])
    assert context(used) == ["old"]


MESSAGES = st.lists(
    st.builds(lambda text: Message("user", text, 1.0), st.text("ab", max_size=9))
    | st.lists(st.sampled_from("ab"), max_size=3).map(
        lambda ids: Message("assistant", "", 1.0, {"tool_calls": [{"id": i} for i in ids]})
    )
    | st.sampled_from("ab").map(lambda name: Message("tool", name, 1.0, {"tool_call_id": name})),
    max_size=25,
)


@given(MESSAGES, st.integers(0, 6), st.integers(1, 4), st.none() | st.integers(0, 60), st.integers(0, 25))
def test_the_context_is_the_same_after_an_eviction(
    messages: list[Message], window: int, batch: int, tokens: int | None, cleared_at: int
) -> None:
    used = layer(window, batch, max_tokens=tokens)
    for number, message in enumerate(messages):
        if number == cleared_at:
            used.window.clear(SESSION)
        used.window.add(SESSION, message)
    before = list(used.window.context(SESSION))
    assert used.tiering.evict(SESSION)
    assert list(used.window.context(SESSION)) == before
    assert [decode_message(entry) for entry in used.window.history(SESSION)] == messages


@given(st.integers(0, 12), st.none() | st.integers(0, 14), st.none() | st.integers(0, 14), st.none() | st.integers(0, 14))
def test_a_range_of_the_history_is_that_range_of_the_whole(
    count: int, last: int | None, low: int | None, high: int | None
) -> None:
    used = layer()
    say(used, *numbered(count))
    whole = list(used.window.history(SESSION))
    ends = [ORIGIN, *(entry.position for entry in whole), Position(2**62)]
    after = None if low is None else ends[min(low, len(ends) - 1)]
    before = None if high is None else ends[min(high, len(ends) - 1)]
    wanted = [e for e in whole if (after is None or e.position > after) and (before is None or e.position < before)]
    wanted = wanted if last is None else wanted[max(0, len(wanted) - last) :]
    assert list(used.window.history(SESSION, last=last, after=after, before=before)) == wanted


class RestlessHotStore(MemoryHotStore):
    """Somebody evicts every session at once after it became hot."""

    def restore(self, session: SessionKey, entries: Sequence[Entry], **more: Any) -> bool:
        restored = super().restore(session, entries, **more)
        self.evict(session, through=Position(2**62))
        return restored


@pytest.fixture
def restless() -> SessionLayer:
    archive = MemoryArchive()
    archive.append(SESSION, [Entry(Position(1), 1.0, encode_message(Message("user", "old", 1.0)))])
    return SessionLayer(RestlessHotStore(SettableClock()), archive, SettableClock())


def test_giving_up_is_an_error_and_no_empty_context(restless: SessionLayer) -> None:
    with pytest.raises(StoreUnavailableError, match="evicted 100 times while it was being read"):
        restless.window.context(SESSION)


def test_giving_up_an_add_is_an_error_and_stores_nothing(restless: SessionLayer) -> None:
    with pytest.raises(StoreUnavailableError, match="evicted 100 times while a message was being added"):
        say(restless, "new")
    assert history(restless) == ["old"]


def test_statistics_count_each_message_once_wherever_it_is() -> None:
    used = layer(window=3, batch=2)
    say(used, *numbered(6))
    spilled = used.window.stats(SESSION)
    assert (spilled.messages, spilled.hot + spilled.archived, spilled.is_hot) == (6, 6, True)
    assert used.window.flush(SESSION) == 6
    flushed = used.window.stats(SESSION)
    assert (flushed.messages, flushed.archived) == (6, 6)
    assert flushed.last_active == used.clock.now()
    assert used.tiering.evict(SESSION)
    evicted = used.window.stats(SESSION)
    assert (evicted.messages, evicted.hot, evicted.is_hot, evicted.last_active) == (6, 0, False, None)
    assert evicted.raw_bytes > 0
