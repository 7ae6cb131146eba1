"""What the similarity index leaves on the server, and how often it asks."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from forked import run_in_fork
from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.ports.similarity_index import IndexEntry
from lixcore.testing.similarity_index.oracle import ALL, floats, payloads
from lixcore_redis import RedisSimilarityIndex
from lixcore_redis.answers.similarity_keys import TAIL_BYTES, scope_keys
from redis_process import RedisProcess
from unreliable_proxy import UnreliableProxy

SESSION = SessionKey("one")
OWN = Scope(SESSION, url="https://example.com")
SHARED = Scope(SESSION, shared=True)
UP = [1.0, 0.0]

OpenIndex = Callable[..., RedisSimilarityIndex]


def add(index: RedisSimilarityIndex, payload: bytes, scope: Scope = OWN, *, ttl: float = 300.0, capacity: int = 50) -> None:
    index.add(scope, IndexEntry(floats(UP), payload), ttl=ttl, capacity=capacity)


def strings(scope: Scope = OWN) -> tuple[bytes, bytes, bytes]:
    return scope_keys("lix", scope).strings


@pytest.fixture
def proxy(redis_server: RedisProcess) -> Any:
    with UnreliableProxy(redis_server.port) as proxy:
        yield proxy


@pytest.fixture
def watched(open_index: OpenIndex, proxy: UnreliableProxy, redis_url: str) -> RedisSimilarityIndex:
    """An index behind `proxy`, in the database of `client`."""
    return open_index(port=proxy.port, semantic_db=int(redis_url[-1]))


def test_each_call_is_one_round_trip(watched: RedisSimilarityIndex, proxy: UnreliableProxy) -> None:
    add(watched, b"connects, and the server learns the script")
    for call, trips in (
        (lambda: add(watched, b"x"), 1),
        (lambda: watched.search(OWN, floats(UP), k=3, at_least=0.9), 1),  # from the server
        (lambda: watched.search(OWN, floats(UP), k=3, at_least=0.9), 1),  # at hand
        (lambda: watched.search(OWN, floats([0.0, 1.0]), k=3, at_least=0.9), 1),
        (lambda: watched.search(Scope(SESSION, url="never"), floats(UP), k=3, at_least=0.9), 2),
        (lambda: watched.tally({"hits": 1, "misses": 2.5}), 1),
    ):
        before = len(proxy.requests)
        call()
        assert len(proxy.requests) - before == trips
    assert len(proxy.requests[-4]) < 300, "what is at hand is asked for by its head only"


def test_old_payloads_cost_a_second_round_trip_once(watched: RedisSimilarityIndex, proxy: UnreliableProxy) -> None:
    for number in range(3):
        watched.add(OWN, IndexEntry(floats([1.0, float(number)]), bytes([number]) * TAIL_BYTES), ttl=300, capacity=5)
    trips = []
    for _ in range(2):
        before = len(proxy.requests)
        assert [m.payload for m in watched.search(OWN, floats(UP), k=1, at_least=0.9)] == [b"\0" * TAIL_BYTES]
        trips.append(len(proxy.requests) - before)
    assert trips == [2, 1]
    add(watched, b"another version")
    before = len(proxy.requests)
    assert b"\0" * TAIL_BYTES in payloads(watched, Scope(SESSION, url=OWN.url), UP)
    assert len(proxy.requests) - before == 2, "only the payload in the middle is read anew"


def test_an_add_whose_answer_is_lost_is_stored_once(watched: RedisSimilarityIndex, proxy: UnreliableProxy, client: Any) -> None:
    add(watched, b"first")
    for number in range(3):
        proxy.cut_answer_to(b"EVALSHA")
        add(watched, b"%d" % number, capacity=3)
    found = watched.search(OWN, floats(UP), k=ALL, at_least=-1.0)
    assert [match.payload for match in found] == [b"2", b"1", b"0"]
    assert client.strlen(strings()[0]) == 40 + 3 * 136


def test_searches_and_tallies_bear_lost_answers(watched: RedisSimilarityIndex, proxy: UnreliableProxy) -> None:
    add(watched, b"x")
    for needle in (b"MGET", b"GETRANGE"):
        proxy.cut_answer_to(needle, times=2)
        assert payloads(watched, OWN, UP) == {b"x"}
    watched.tally({"hits": 1})
    proxy.cut_answer_to(b"HINCRBYFLOAT")
    watched.tally({"hits": 1})
    assert watched.tallies() == {"hits": 2.0}
    proxy.cut_answer_to(b"EVAL")
    watched.forget(SESSION)
    assert payloads(watched, OWN, UP) == set()


def test_two_handles_see_at_once_what_the_other_did_to_equal_contents(open_index: OpenIndex) -> None:
    """The same entry again, after it was forgotten: nothing about the contents tells the two apart."""
    one, two = open_index(), open_index()
    for number in range(4):
        add(one, b"same")
        assert [match.added for match in two.search(OWN, floats(UP), k=1, at_least=0.9)] == [one._clock.now()]
        assert two.forget(SESSION) == 1
        assert payloads(one, OWN, UP) == set(), number
        one._clock.advance(1)  # type: ignore[attr-defined]  # it is the test's own clock


def test_a_forked_child_searches_and_adds(index: RedisSimilarityIndex) -> None:
    add(index, b"parent")
    assert payloads(index, OWN, UP) == {b"parent"}

    def child() -> None:
        assert index._ready.held == 0
        assert payloads(index, OWN, UP) == {b"parent"}
        add(index, b"child")
        assert payloads(index, OWN, UP) == {b"parent", b"child"}

    held = index._ready.held
    assert held > 0
    with index._ready._shelf().lock:  # as if another thread held it at that moment
        assert run_in_fork(child) == 0
    assert index._ready.held == held
    assert payloads(index, OWN, UP) == {b"parent", b"child"}


def test_keys_expire_with_their_longest_entry(index: RedisSimilarityIndex, client: Any) -> None:
    keys = (*strings(), scope_keys("lix", OWN).registry)
    for ttl, low, high in ((300, 290, 300), (10, 290, 300), (1000, 990, 1000)):
        add(index, b"x", ttl=ttl)
        for key in keys:
            assert low * 1000 < client.pttl(key) <= high * 1000
    add(index, b"for ever", ttl=1e300)
    assert client.ttl(keys[0]) > 3e9
    add(index, b"short", Scope(SESSION, url="short"), ttl=0.0001)
    assert client.pttl(keys[3]) > 3e12, "the set outlives all of its scopes"


def test_what_left_makes_room(index: RedisSimilarityIndex, client: Any) -> None:
    index_key, vectors, texts = strings()
    for number in range(300):
        add(index, b"%03d" % number * 100, capacity=10)
        assert client.strlen(index_key) == 40 + min(number + 1, 10) * 136
        assert client.strlen(vectors) <= 10 * 8
        assert client.strlen(texts) <= 2 * 10 * 300 + 4096
    found = index.search(OWN, floats(UP), k=ALL, at_least=0.9)
    assert [match.payload[:3] for match in found] == [b"%03d" % number for number in range(299, 289, -1)]
    add(index, b"alone", capacity=1)
    assert (client.strlen(vectors), client.get(texts)) == (8, b"alone")


def test_the_set_of_scopes_does_not_grow_with_scopes_that_ended(index: RedisSimilarityIndex, client: Any) -> None:
    for number in range(200):
        scope = Scope(SESSION, url=str(number))
        add(index, b"x", scope)
        client.delete(*strings(scope))
    assert client.scard(scope_keys("lix", OWN).registry) < 20


def test_forgetting_leaves_no_byte(index: RedisSimilarityIndex, client: Any) -> None:
    """Also none of entries that had left their scope before."""
    theirs = Scope(SessionKey("two"), shared=True)
    for number in range(6):
        add(index, b"secret %d" % number, SHARED, capacity=3)
    add(index, b"theirs", theirs, capacity=2)
    add(index, b"secret own")
    assert index.forget(SESSION) == 2
    left = b"".join(client.dump(key) or b"" for key in client.keys("*"))
    assert b"secret" not in left
    assert payloads(index, theirs, UP) == {b"theirs"}
    assert {key for key in client.keys("*") if b"idx" in key} == {strings(SHARED)[0]}
    assert client.strlen(strings(SHARED)[1]) == 8
    assert 0 < client.pttl(strings(SHARED)[0]) <= 300_000


def test_a_scope_beyond_what_a_string_takes_drops_its_oldest(index: RedisSimilarityIndex, client: Any) -> None:
    big = bytes(33 * 1024 * 1024)
    for number in range(7):
        index.add(OWN, IndexEntry(floats([1.0, float(number)]), big + b"%d" % number), ttl=300, capacity=50)
    assert client.strlen(strings()[0]) == 40 + 5 * 136
    [found] = index.search(OWN, floats([1.0, 6.0]), k=1, at_least=0.999)
    assert found.payload[-1:] == b"6"
    client.flushall()


def test_its_keys_are_as_the_layout_page_says(index: RedisSimilarityIndex, client: Any) -> None:
    """Each has its row and its type, and all but the sums end by themselves."""
    page = (Path(__file__).resolve().parents[3] / "docs" / "reference" / "redis-layout.md").read_text()
    rows = re.findall(r"^\| `\{prefix\}:1:(\{BB\}:sem:\S+|tallies:semantic)` \| ([a-z ]+) \|", page, re.MULTILINE)
    digests = {"{BB}": r"\{[0-9a-f]{2}\}", "<owner>": "[0-9a-f]{64}", "<scope>": "[0-9a-f]{64}", "<source>": "[0-9a-f]{64}"}
    wanted = {}
    for row, kind in rows:
        form = row
        for name, digest in digests.items():
            form = form.replace(name, digest)
        wanted[f"lix:1:{form}"] = kind.encode()
    add(index, b"x")
    add(index, b"x", SHARED)
    index.tally({"hits": 1})
    seen = set()
    for key in client.keys("*"):
        if key == b"lix:1:run":
            continue
        [form] = [form for form in wanted if re.fullmatch(form, key.decode())]
        assert client.type(key) == wanted[form]
        assert (client.ttl(key) == -1) == (b"tallies" in key)
        seen.add(form)
    assert seen == wanted.keys()
