"""A write whose answer was lost, and whose repetition is refused: it may have been carried out, whatever the refusal says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import redis

from hot_sessions import added, make_hot, payloads
from lixcore.domain.position import MAX_POSITION, Entry, Position
from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.errors import StoreError, StoreFullError, StoreUnavailableError
from lixcore.ports.similarity_index import IndexEntry
from lixcore_redis import RedisEmbeddingStore, RedisHotStore, RedisSimilarityIndex
from redis_process import RedisProcess
from unreliable_proxy import UnreliableProxy

Open = Callable[..., Any]
Meanwhile = Callable[[Callable[[], object]], None]
OLD = [Entry(Position(1), 1.0, b"old")]
NAME, PASSWORD = "restricted", "pw"


@pytest.fixture
def proxy(redis_server: RedisProcess) -> Iterator[UnreliableProxy]:
    with UnreliableProxy(redis_server.port) as proxy:
        yield proxy


@pytest.fixture
def allow(client: Any) -> Iterator[Callable[..., None]]:
    """Sets up the user that stores behind the proxy are; what is given is refused."""

    def allow_all_but(*commands: str, password: str = PASSWORD) -> None:
        client.acl_setuser(
            NAME, enabled=True, reset_passwords=True, passwords=[f"+{password}"], keys=["*"], commands=["+@all", *commands]
        )

    allow_all_but()
    yield allow_all_but
    client.acl_deluser(NAME)


@pytest.fixture
def address(proxy: UnreliableProxy, allow: Callable[..., None]) -> dict[str, Any]:
    """Options of stores behind the proxy."""
    allow()
    return {"host": "127.0.0.1", "port": proxy.port, "username": NAME, "password": PASSWORD}


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Has something done between a try and its repetition."""

    def before_repetitions(do: Callable[[], object]) -> None:
        monkeypatch.setattr("lixcore_redis.transport.link.sleep", lambda _: do())

    return before_repetitions


def _restored(store: RedisHotStore, session: SessionKey) -> None:
    store.restore(session, OLD, next_after=Position(1), ticket=store.ticket(session))


WRITES: dict[str, tuple[bytes, Callable[[RedisHotStore, SessionKey], object]]] = {
    "append": (b"XADD", lambda store, session: store.append(session, 1.0, b"new")),
    "restore": (b"EVALSHA", lambda store, _: _restored(store, SessionKey("absent"))),
    "release": (b"XTRIM", lambda store, session: store.release(session, through=Position(1))),
    "evict": (b"EVALSHA", lambda store, session: store.evict(session, through=MAX_POSITION)),
    "forget": (b"EVALSHA", lambda store, session: store.forget(session)),
    "lease": (b"EVALSHA", lambda store, _: store.lease("another", holder="one", seconds=60)),
    "the end of a lease": (b"EVALSHA", lambda store, _: store.end_lease("janitor", holder="one")),
    "settle": (b"EVALSHA", lambda store, _: store.settle(store.lapse or "")),
}


def _use_scripts(store: RedisHotStore) -> None:
    """Have the server know them."""
    for warm in (SessionKey("evicted"), SessionKey("forgotten")):
        make_hot(store, warm)
    store.evict(SessionKey("evicted"), through=MAX_POSITION)
    store.forget(SessionKey("forgotten"))
    store.lease("janitor", holder="one", seconds=60)
    store.end_lease("a third", holder="one")
    store.settle("none")


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("refusal", ["another password", "no right to the command"])
def test_the_outcome_is_unknown(  # noqa: PLR0917  # fixtures and parameters
    open_store: Open,
    address: dict[str, Any],
    proxy: UnreliableProxy,
    allow: Callable[..., None],
    meanwhile: Meanwhile,
    session: SessionKey,
    write: str,
    refusal: str,
) -> None:
    store = open_store(**address)
    _use_scripts(store)
    make_hot(store, session, entries=OLD)
    needle, call = WRITES[write]
    proxy.cut_answer_to(needle)
    meanwhile(lambda: allow(password="new") if refusal == "another password" else allow("-eval", "-evalsha", "-xtrim"))  # noqa: S106
    with pytest.raises(StoreUnavailableError, match="may or may not have been carried out") as caught:
        call(store, session)
    assert caught.value.outcome_unknown
    assert (caught.value.at_most is not None) == (write == "append")


def test_an_add_was_carried_out(  # noqa: PLR0917  # fixtures
    open_store: Open,
    store: RedisHotStore,
    address: dict[str, Any],
    proxy: UnreliableProxy,
    allow: Callable[..., None],
    meanwhile: Meanwhile,
    session: SessionKey,
) -> None:
    """So it is no good to say that nothing is stored."""
    make_hot(store, session, entries=OLD)
    unreliable = open_store(**address)
    unreliable.describe(session)  # it has met the server, and knows its clock
    proxy.cut_answer_to(b"XADD")
    meanwhile(lambda: allow("-eval"))
    with pytest.raises(StoreUnavailableError) as caught:
        unreliable.append(session, 1.0, b"new")
    entries = store.read(session)
    assert payloads(entries) == [b"old", b"new"]
    assert entries is not None
    assert caught.value.at_most is not None
    assert entries[-1].position <= caught.value.at_most


def test_a_server_without_memory_does_not_know_of_an_add_that_is_under_way(
    open_store: Open, meanwhile: Meanwhile, session: SessionKey
) -> None:
    with (
        RedisProcess("--user", NAME, "on", f">{PASSWORD}", "~*", "+@all", "-client") as server,
        UnreliableProxy(server.port) as proxy,
    ):
        other = open_store(port=server.port)
        make_hot(other, session, entries=OLD)
        store = open_store(host="127.0.0.1", port=proxy.port, username=NAME, password=PASSWORD)
        store.describe(session)  # it has met the server, and knows its clock
        proxy.withhold(b"XADD")
        meanwhile(lambda: _limit_memory(server, 1))
        with pytest.raises(StoreUnavailableError) as caught:
            store.append(session, 1.0, b"new")
        assert caught.value.outcome_unknown
        with pytest.raises(StoreFullError):
            store.append(session, 1.0, b"whose first try is refused")
        _limit_memory(server, 0)
        proxy.deliver_withheld()
        assert payloads(other.read(session)) == [b"old", b"new"]


def _limit_memory(server: RedisProcess, limit: int) -> None:
    with redis.Redis(port=server.port) as client:
        client.config_set("maxmemory", limit)


def test_a_script_that_the_server_forgot_meanwhile_may_have_been_run(  # noqa: PLR0917  # fixtures
    open_store: Open,
    address: dict[str, Any],
    proxy: UnreliableProxy,
    allow: Callable[..., None],
    meanwhile: Meanwhile,
    client: Any,
    session: SessionKey,
) -> None:
    store = open_store(**address)
    _use_scripts(store)
    make_hot(store, session, entries=OLD)
    proxy.cut_answer_to(b"EVALSHA")

    def forget_scripts() -> None:
        client.script_flush()
        allow("-eval")

    meanwhile(forget_scripts)
    with pytest.raises(StoreUnavailableError) as caught:
        store.evict(session, through=MAX_POSITION)
    assert caught.value.outcome_unknown


def test_a_store_that_is_closed_meanwhile_does_not_know_either(
    open_store: Open, address: dict[str, Any], proxy: UnreliableProxy, meanwhile: Meanwhile, session: SessionKey
) -> None:
    store = open_store(**address)
    make_hot(store, session, entries=OLD)
    proxy.cut_answer_to(b"XADD")
    meanwhile(store.close)
    with pytest.raises(StoreUnavailableError) as caught:
        store.append(session, 1.0, b"new")
    assert caught.value.outcome_unknown


@pytest.mark.parametrize("of", ["index", "embeddings", "sums"])
def test_the_outcome_of_a_write_to_a_cache_is_unknown(  # noqa: PLR0917  # fixtures and parameters
    open_index: Callable[..., RedisSimilarityIndex],
    open_embeddings: Callable[..., RedisEmbeddingStore],
    address: dict[str, Any],
    proxy: UnreliableProxy,
    allow: Callable[..., None],
    meanwhile: Meanwhile,
    of: str,
) -> None:
    index, embeddings = open_index(**address), open_embeddings(**address)
    entry = IndexEntry(np.ones(2, np.float32), b"payload")

    def write() -> None:
        if of == "index":
            index.add(Scope(SessionKey("s")), entry, ttl=60, capacity=10)
        elif of == "embeddings":
            embeddings.put([(bytes(32), b"value")], ttl=60, capacity=10)
        else:
            embeddings.tally({"hits": 1})

    write()
    proxy.cut_answer_to(b"HINCRBYFLOAT" if of == "sums" else b"EVALSHA")
    meanwhile(lambda: allow("-eval", "-evalsha", "-exists"))
    with pytest.raises(StoreError) as caught:
        write()
    assert isinstance(caught.value, StoreUnavailableError)
    assert caught.value.outcome_unknown


def test_what_was_never_sent_is_refused_as_it_was(
    open_store: Open, address: dict[str, Any], allow: Callable[..., None], session: SessionKey
) -> None:
    """A refusal of the first try still says what it is."""
    store = open_store(**address)
    make_hot(store, session, entries=OLD)
    added(store, session, b"new")
    allow("-xadd")
    with pytest.raises(StoreError) as caught:
        store.append(session, 1.0, b"new")
    assert not isinstance(caught.value, StoreUnavailableError)
