"""A removal that is stuck on its way, is given up, and reaches the server after all: it takes nothing that came since."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from hot_sessions import added, make_hot, payloads
from lixcore.domain.position import ORIGIN, Entry, Position
from lixcore.domain.session import SessionKey
from lixcore.errors import StoreUnavailableError
from lixcore.ports.hot_store import HotRemoval
from lixcore_redis import RedisHotStore, scripts
from redis_process import RedisProcess
from unreliable_proxy import UnreliableProxy

OpenStore = Callable[..., RedisHotStore]
WARM = SessionKey("so that the scripts are known")


@pytest.fixture
def proxy(redis_server: RedisProcess) -> Iterator[UnreliableProxy]:
    with UnreliableProxy(redis_server.port) as proxy:
        yield proxy


@pytest.fixture
def unreliable(open_store: OpenStore, proxy: UnreliableProxy) -> RedisHotStore:
    """A store behind `proxy` that tries once, and has used all scripts."""
    store = open_store(host="127.0.0.1", port=proxy.port, retries=0)
    make_hot(store, WARM)
    store.evict(WARM, through=Position(1))
    store.forget(WARM)
    return store


def newest(store: RedisHotStore, session: SessionKey) -> Position:
    return store.oldest(session, limit=9)[-1].position


REMOVALS: dict[str, tuple[bytes, Callable[[RedisHotStore, SessionKey], object]]] = {
    "forget": (scripts.FORGET.digest, lambda store, session: store.forget(session)),
    "evict": (scripts.EVICT.digest, lambda store, session: store.evict(session, through=newest(store, session))),
    "release": (b"XTRIM", lambda store, session: store.release(session, through=newest(store, session))),
}


def held_back(store: RedisHotStore, proxy: UnreliableProxy, session: SessionKey, removal: str) -> None:
    needle, call = REMOVALS[removal]
    proxy.withhold(needle)
    with pytest.raises(StoreUnavailableError) as caught:
        call(store, session)
    assert caught.value.outcome_unknown


@pytest.mark.parametrize("removal", REMOVALS)
def test_what_was_added_since_stays(
    unreliable: RedisHotStore, store: RedisHotStore, proxy: UnreliableProxy, session: SessionKey, removal: str
) -> None:
    make_hot(store, session, b"1", b"2")
    held_back(unreliable, proxy, session, removal)
    appended = added(store, session, b"3")
    assert appended.held == 3
    assert proxy.deliver_withheld() != b"", "otherwise this shows nothing"
    assert payloads(store.read(session)) == [b"3"]
    assert added(store, session, b"4").held == 2
    assert [activity.session for activity in store.sessions()] == [session]


@pytest.mark.parametrize("removal", REMOVALS)
def test_a_session_that_left_and_came_back_keeps_what_was_added_since(
    unreliable: RedisHotStore, store: RedisHotStore, proxy: UnreliableProxy, session: SessionKey, removal: str
) -> None:
    last = make_hot(store, session, b"1")[-1]
    held_back(unreliable, proxy, session, removal)
    store.forget(session)
    make_hot(store, session, b"2", next_after=last.position)
    assert proxy.deliver_withheld() != b"", "otherwise this shows nothing"
    assert payloads(store.read(session)) == [b"2"]


def test_an_absent_session_that_became_hot_since_stays_hot(
    unreliable: RedisHotStore, store: RedisHotStore, proxy: UnreliableProxy, session: SessionKey
) -> None:
    """Also with what it was restored with: the ticket was given after the forget had begun, and the archive was read then."""
    held_back(unreliable, proxy, session, "forget")
    make_hot(store, session, b"new", entries=[Entry(Position(1), 1.0, b"archived")])
    assert proxy.deliver_withheld() != b"", "otherwise this shows nothing"
    assert payloads(store.read(session)) == [b"archived", b"new"]


def test_a_restore_that_began_before_a_forget_does_not_come_into_it(
    open_store: OpenStore, store: RedisHotStore, proxy: UnreliableProxy, session: SessionKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the forget's look at the session and its removal: it would leave hot what the restore had read in the archive."""
    other = open_store(host="127.0.0.1", port=proxy.port)
    ticket = store.ticket(session)
    run = other._link.run  # nothing else stands between the two
    restored: list[bool] = []

    def run_then_restore(script: scripts.Script, *arguments: object, **more: object) -> object:
        answer = run(script, *arguments, **more)  # type: ignore[arg-type]
        if not restored:
            restored.append(store.restore(session, [Entry(Position(1), 1.0, b"1")], next_after=Position(1), ticket=ticket))
        return answer

    monkeypatch.setattr(other._link, "run", run_then_restore)
    assert other.forget(session) == HotRemoval(0, None)
    assert restored == [False]
    assert store.describe(session) is None


def test_what_comes_between_the_two_requests_of_a_forget_came_after_it(
    open_store: OpenStore, store: RedisHotStore, session: SessionKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = make_hot(store, session, b"1", b"2")[-1]
    other = open_store()
    run = other._link.run  # nothing else stands between the two
    calls: list[bytes] = []

    def run_after_an_add(script: scripts.Script, *arguments: object, **more: object) -> object:
        calls.append(script.digest)
        if script is scripts.FORGET:
            added(store, session, b"3")
        return run(script, *arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(other._link, "run", run_after_an_add)
    assert other.forget(session) == HotRemoval(2, last.position)
    assert payloads(store.read(session)) == [b"3"]
    assert len(calls) == 2


def test_a_hot_session_without_entries_is_forgotten(store: RedisHotStore, session: SessionKey) -> None:
    make_hot(store, session, b"1")
    store.release(session, through=newest(store, session))
    assert store.forget(session) == HotRemoval(0, None)
    assert store.describe(session) is None
    make_hot(store, session, next_after=ORIGIN)
    assert store.forget(session) == HotRemoval(0, None)
    assert store.describe(session) is None
