"""A session is searched alike with an index and without, and everything that was said is found, indexed or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from lixcore.domain.search_hit import SearchHit
from lixcore.domain.session import SessionKey
from lixcore.domain.words import PlainAnalyzer
from lixcore.ports.archive_index import IndexFilter
from lixcore.services.searching.looking import SessionWithIndex
from lixcore.services.searching.query import Narrowing, Query
from search_houses import ME, SearchHouse, words

WORDS = ["rain", "snow", "sun", "wind", "fog"]
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(" ".join)
VECTORS = st.none() | st.lists(st.sampled_from([-1.0, 0.5, 1.0]), min_size=2, max_size=2)
SAID = st.lists(st.tuples(TEXTS, VECTORS, st.sampled_from(["user", "assistant"])), max_size=25)
STEPS = st.lists(st.sampled_from(["say", "say", "say", "flush", "evict", "catch up"]), max_size=30)
QUERIES = st.builds(lambda text, vector: Query.checked(text, vector, dimension=None), TEXTS, VECTORS)


def lived(said: Sequence[tuple[str, Any, str]], steps: Sequence[str], reach: int) -> SearchHouse:
    """A house in which everything was said, and what the steps say was done in between."""
    house = SearchHouse(window=3, batch=2, reach=reach)
    left = iter(said)
    for step in steps:
        if step == "say" and (one := next(left, None)) is not None:
            house.say(one[0], embedding=one[1], role=one[2])
        elif step == "flush":
            house.layer.window.flush(ME)
        elif step == "evict":
            house.layer.tiering.evict(ME)
        elif step == "catch up":
            house.indexing.catch_up()
    for text, vector, role in left:
        house.say(text, embedding=vector, role=role)
    return house


def facts(hits: Sequence[SearchHit]) -> list[Any]:
    """What has to be the same."""
    return [(hit.position, hit.message.content, hit.score, hit.text_score, hit.similarity) for hit in hits]


@settings(deadline=None, max_examples=150)
@given(SAID, STEPS, QUERIES, st.integers(0, 2), st.sampled_from([1, 3, 100]))
def test_a_session_that_is_indexed_is_found_and_ranked_as_without_an_index(
    said: Sequence[tuple[str, Any, str]], steps: Sequence[str], query: Query, reach: int, k: int
) -> None:
    house = lived(said, steps, reach)
    house.layer.window.flush(ME)
    house.indexing.catch_up()
    one = house.searching.in_session(ME, query, k=k, neighbours=2)
    other = house.without.in_session(ME, query, k=k, neighbours=2)
    assert one == other
    assert len(one) <= k


@settings(deadline=None, max_examples=150)
@given(said=SAID, steps=STEPS, query=QUERIES, only_users=st.booleans())
def test_however_far_the_index_lags_behind_the_same_messages_are_found(
    said: Sequence[tuple[str, Any, str]], steps: Sequence[str], query: Query, *, only_users: bool
) -> None:
    house = lived(said, steps, 1)
    narrowing = Narrowing.checked(roles=["user"] if only_users else None)
    one = house.searching.in_session(ME, query, k=100, narrowing=narrowing, neighbours=1)
    other = house.without.in_session(ME, query, k=100, narrowing=narrowing, neighbours=1)
    assert {hit.position: without_scores(hit) for hit in one} == {hit.position: without_scores(hit) for hit in other}
    (known,) = house.memory.progress([ME])
    scores = {hit.position: hit.text_score for hit in other}
    for hit in one:
        if hit.position > known.watermark:
            assert hit.text_score == scores[hit.position], "what is not indexed is scored by all that there is"
    wanted = {
        message["content"]
        for message in (decoded(house))
        if set(query.text.split()) & set(message["content"].split()) and (not only_users or message["role"] == "user")
    }
    assert wanted <= {hit.message.content for hit in one}


def without_scores(hit: SearchHit) -> SearchHit:
    return attrs.evolve(hit, score=0.0, text_score=None)


def decoded(house: SearchHouse) -> list[dict[str, Any]]:
    from lixcore.domain.record import decode_message

    return [decode_message(entry).to_dict() for entry in house.layer.window.history(ME)]


def test_what_was_only_just_said_is_found_beside_what_is_indexed() -> None:
    house = SearchHouse(window=2, batch=1)
    house.say("rain in spring", "sun", "wind", "fog")
    house.indexing.catch_up()
    house.say("rain in autumn")
    assert sorted(house.found("rain")) == ["rain in autumn", "rain in spring"]
    assert [hit.message.content for hit in house.searching.across(ME.tenant, None, words("rain"), k=5)] == ["rain in spring"]


def test_what_is_indexed_during_a_search_is_found_once() -> None:
    house = SearchHouse(window=2, batch=1)
    house.say("rain one", "rain two", "rain three", "rain four")
    house.layer.window.flush(ME)
    catch_up = [house.indexing.catch_up]

    def after(name: str) -> None:
        if name == "progress" and catch_up:
            catch_up.pop()()

    house.index.after = after
    source = SessionWithIndex(house.layer.window, ME, PlainAnalyzer(), house.parts.guard)
    hits = source.search(words("rain"), IndexFilter(tenant=ME.tenant, sessions=[ME.id]), k=10, reach=0)
    assert not catch_up
    assert len(hits.text) == len({hit.position for hit in hits.text}) == 4


def test_neighbours_come_in_order_across_the_border_of_the_index() -> None:
    house = SearchHouse(window=2, batch=1)
    house.say("one", "two")
    house.layer.window.flush(ME)
    house.indexing.catch_up()
    house.say("rain", "four", "five")
    (hit,) = house.searching.in_session(ME, words("rain"), k=1, neighbours=2)
    assert [message.content for message in hit.before] == ["one", "two"]
    assert [message.content for message in hit.after] == ["four", "five"]


def test_what_the_index_holds_and_the_archive_forgot_is_no_hit() -> None:
    house = SearchHouse()
    house.say("rain one", "rain two")
    house.layer.window.flush(ME)
    house.indexing.catch_up()
    house.layer.window.forget(ME)
    assert house.found("rain") == []
    assert house.found_anywhere("rain") == []


def test_a_hit_that_is_gone_makes_room_for_the_next_one() -> None:
    house = SearchHouse()
    gone = SessionKey("gone")
    house.say("rain", session=gone)
    house.say("rain and other weather")
    for session in (gone, ME):
        house.layer.window.flush(session)
    house.indexing.catch_up()
    assert house.found_anywhere("rain", k=1) == ["rain"]
    house.layer.window.forget(gone)
    assert house.found_anywhere("rain", k=1) == ["rain and other weather"]


def test_sessions_of_another_tenant_are_not_found() -> None:
    house = SearchHouse()
    theirs = SessionKey(ME.id, "other")
    house.say("rain of theirs", session=theirs)
    house.say("rain of mine")
    for session in (theirs, ME):
        house.layer.window.flush(session)
    house.indexing.catch_up()
    assert house.found_anywhere("rain") == ["rain of mine"]
    assert house.found_anywhere("rain", tenant="other") == ["rain of theirs"]
    assert house.found("rain", session=theirs) == ["rain of theirs"]


def test_a_session_that_nobody_knows_has_no_hits_and_leaves_no_trace() -> None:
    house = SearchHouse()
    assert house.found("rain", session=SessionKey("nobody")) == []
    assert list(house.hot.sessions()) == []
