"""Recent turns and relevant older ones: none twice, the best first, within the budget."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from lixcore.domain.session import SessionKey
from lixcore.services.searching.query import Query
from lixcore.services.searching.smart_context import SmartContext
from search_houses import ME, SearchHouse, words

TEXTS = st.lists(st.sampled_from(["rain", "snow", "sun", "wind"]), min_size=1, max_size=6).map(" ".join)


def recent(found: SmartContext) -> list[str]:
    return [message.content for message in found.recent]


def relevant(found: SmartContext) -> list[str]:
    return [hit.message.content for hit in found.relevant]


def told(*texts: str) -> SearchHouse:
    house = SearchHouse(window=6, batch=4)
    house.say(*texts)
    return house


@settings(deadline=None, max_examples=200)
@given(
    texts=st.lists(TEXTS, max_size=30),
    recent_k=st.integers(0, 8),
    disk_k=st.integers(0, 8),
    neighbours=st.integers(0, 2),
    budget=st.none() | st.integers(0, 150),
    indexed=st.booleans(),
    by_meaning=st.booleans(),
)
def test_nothing_recent_is_relevant_and_the_budget_is_kept(
    texts: Sequence[str], recent_k: int, disk_k: int, neighbours: int, budget: int | None, *, indexed: bool, by_meaning: bool
) -> None:
    house = SearchHouse(window=6, batch=4)
    for number, text in enumerate(texts):
        house.say(f"{text} {number}", embedding=[1.0, number])  # no text is said twice
    if indexed:
        house.indexing.catch_up()
    query = Query.checked("rain", [1.0, 5.0] if by_meaning else None, dimension=None)
    found = house.contexts.of(ME, query, recent_k=recent_k, disk_k=disk_k, neighbours=neighbours, max_tokens=budget)
    context = [message.content for message in house.layer.window.context(ME)]
    assert recent(found) == context[len(context) - len(found.recent) :]
    assert len(found.recent) <= recent_k
    assert len(found.relevant) <= disk_k
    beside = [message.content for hit in found.relevant for message in (*hit.before, *hit.after)]
    assert not set(recent(found)) & {*relevant(found), *beside}
    assert len(set(relevant(found))) == len(found.relevant)
    scores = [hit.score for hit in found.relevant]
    assert scores == sorted(scores, reverse=True)
    if budget is None:
        assert len(found.recent) == min(recent_k, len(context))
        older = [text for text in (f"{text} {number}" for number, text in enumerate(texts)) if text not in recent(found)]
        fitting = older if by_meaning else [text for text in older if "rain" in text]
        assert len(found.relevant) == min(disk_k, len(fitting))
    else:
        assert sum(map(len, [*recent(found), *relevant(found), *beside])) <= budget
        left = budget - sum(map(len, recent(found)))
        if len(found.recent) < min(recent_k, len(context)):
            assert len(context[len(context) - len(found.recent) - 1]) > left, "one more recent message had fitted"


def test_recent_messages_take_of_the_budget_first_and_what_is_too_long_is_passed_over() -> None:
    house = told("rain", "rain rain rain", "sun", "wind", "fog")
    found = house.contexts.of(ME, words("rain"), recent_k=2, disk_k=5, max_tokens=len("windfog") + len("rain"))
    assert recent(found) == ["wind", "fog"]
    assert relevant(found) == ["rain"]


def test_what_the_context_holds_beyond_the_recent_ones_can_be_relevant() -> None:
    house = told("rain", "sun", "wind")
    found = house.contexts.of(ME, words("rain"), recent_k=1, disk_k=5, max_tokens=None)
    assert (recent(found), relevant(found)) == (["wind"], ["rain"])
    everything = house.contexts.of(ME, words("rain"), recent_k=0, disk_k=5, max_tokens=None)
    assert (recent(everything), relevant(everything)) == ([], ["rain"])


def test_a_recent_message_that_is_indexed_already_is_not_relevant() -> None:
    house = told("rain one", "rain two", "rain three")
    house.layer.window.flush(ME)
    house.indexing.catch_up()
    house.say("rain four")
    found = house.contexts.of(ME, words("rain"), recent_k=3, disk_k=5, max_tokens=None)
    assert (recent(found), relevant(found)) == (["rain two", "rain three", "rain four"], ["rain one"])


def test_what_was_cleared_is_not_recent_and_can_be_relevant() -> None:
    house = told("rain", "sun")
    house.layer.window.clear(ME)
    house.say("wind")
    found = house.contexts.of(ME, words("rain"), recent_k=10, disk_k=5, max_tokens=None)
    assert (recent(found), relevant(found)) == (["wind"], ["rain"])


def test_what_was_forgotten_is_neither() -> None:
    house = told("rain", "sun")
    house.indexing.catch_up()
    house.layer.window.forget(ME)
    house.say("wind")
    found = house.contexts.of(ME, words("rain"), recent_k=10, disk_k=5, max_tokens=None)
    assert (recent(found), relevant(found)) == (["wind"], [])


def test_recent_messages_begin_with_a_whole_turn() -> None:
    house = told("rain")
    house.say("", role="assistant", tool_calls=[{"id": "a"}])
    house.say("sun", role="tool", tool_call_id="a")
    house.say("it is sunny", role="assistant")
    found = house.contexts.of(ME, words("rain"), recent_k=2, disk_k=1, max_tokens=None)
    assert recent(found) == ["it is sunny"], "a result without its call is refused by LLM interfaces"
    assert relevant(found) == ["rain"]


def test_a_session_that_nobody_knows_has_neither() -> None:
    house = SearchHouse()
    found = house.contexts.of(SessionKey("nobody"), words("rain"), recent_k=10, disk_k=5, max_tokens=None)
    assert (list(found.recent), list(found.relevant)) == ([], [])
    assert list(house.hot.sessions()) == []


def test_without_a_query_nothing_is_searched() -> None:
    house = told("rain", "sun")
    house.index.before = lambda name: (_ for _ in ()).throw(AssertionError(name))
    found = house.contexts.of(ME, None, recent_k=1, disk_k=0, max_tokens=None)
    assert (recent(found), list(found.relevant)) == (["sun"], [])
