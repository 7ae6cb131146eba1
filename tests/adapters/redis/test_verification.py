"""What verifying finds on a server that somebody else wrote to, and what repairing mends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hot_sessions import make_hot, payloads
from lixcore.domain.position import Entry, Position
from lixcore.domain.session import SessionKey
from lixcore.ports.verification import Finding
from lixcore_redis import RedisHotStore
from lixcore_redis.keys import any_version_pattern, bucket_key, session_keys
from redis_process import RedisProcess
from settable_clock import SettableClock


def findings(store: RedisHotStore, *, repair: bool = False) -> list[Finding]:
    return [finding for verified in store.verify(repair=repair) for finding in verified.findings]


def test_a_session_that_nobody_lists_is_listed_again(
    store: RedisHotStore, client: Any, session: SessionKey, clock: SettableClock
) -> None:
    make_hot(store, session, b"1")
    keys = session_keys("lix", session)
    client.delete(keys.activity)
    assert list(store.sessions()) == []
    [found] = findings(store)
    assert keys.log.decode() in found.where
    assert "activity" in found.reason
    assert "--repair" in found.remedy
    assert not found.is_repaired
    assert list(store.sessions()) == [], "looking changes nothing"
    clock.advance(5)
    [mended] = findings(store, repair=True)
    assert mended.is_repaired
    assert [(one.session, one.last_active) for one in store.sessions()] == [(session, clock.time)]
    assert findings(store, repair=True) == []
    assert payloads(store.read(session)) == [b"1"]


def test_activity_without_a_stream(store: RedisHotStore, client: Any, session: SessionKey) -> None:
    make_hot(store, session, b"1")
    keys = session_keys("lix", session)
    client.delete(keys.log)
    for _ in range(2):
        [found] = findings(store)
        assert keys.member.decode() in found.reason
    assert [finding.is_repaired for finding in findings(store, repair=True)] == [True]
    assert findings(store) == []
    assert not client.exists(keys.activity)


def test_foreign_entries_are_found_one_by_one_and_the_others_counted(
    store: RedisHotStore, client: Any, session: SessionKey
) -> None:
    rows = [Entry(Position(number << 20), 1.0, b"x") for number in range(1, 451)]
    make_hot(store, session, entries=rows, next_after=rows[-1].position)
    log = session_keys("lix", session).log
    foreign = [client.xadd(log, {"message": "hello"}), client.xadd(log, {"nonce-00": "short"})]
    [verified] = [one for one in store.verify(repair=True) if one.session == session]
    assert verified.messages == 450
    assert [identifier.decode() in finding.reason for identifier, finding in zip(foreign, verified.findings, strict=True)] == [
        True,
        True,
    ]
    assert not any(finding.is_repaired for finding in verified.findings)
    assert client.xlen(log) == 452, "what another program wrote is not ours to remove"


def test_foreign_keys_and_members_are_named(store: RedisHotStore, client: Any, session: SessionKey) -> None:
    make_hot(store, session)
    other = session_keys("lix", SessionKey("other"))
    client.set(other.log, "mine")
    client.set("lix:1:{7g}:log:a/b", "mine")
    client.xadd("lix:1:{00}:log:default/user-abc", {"x": "y"})
    client.set("lix:1:{00}:else", "mine")
    client.set("lix:1:{01}:activity", "mine")
    client.zadd("lix:1:{02}:activity", {b"\xff*": 1.0})
    found = findings(store, repair=True)
    named = " ".join(finding.where + " " + finding.reason for finding in found)
    for name in (other.log.decode(), "{7g}", "{00}:log:default/user-abc", "{00}:else", "{01}:activity", "{02}:activity"):
        assert name in named
    assert len(found) == 6
    assert not any(finding.is_repaired for finding in found)


@pytest.mark.parametrize("prefix", ["*", "l?x", "[a-z]", "a\\b", "^", "a-b", "[^l]", "\\"])
def test_a_prefix_is_no_pattern(open_store: Callable[..., RedisHotStore], client: Any, session: SessionKey, prefix: str) -> None:
    for other in ("lix", "xx", "a", "b", "lax"):
        client.set(bucket_key(other, 0, "foreign"), "mine")
    store = open_store(key_prefix=prefix)
    make_hot(store, session, b"1")
    assert [(one.session, one.messages, list(one.findings)) for one in store.verify()] == [(session, 1, [])]
    assert len(client.keys(any_version_pattern(prefix))) == 3


def test_hundreds_of_sessions_come_once_each(store: RedisHotStore) -> None:
    sessions = {SessionKey(f"s{number}") for number in range(700)}
    for session in sessions:
        make_hot(store, session)
    verified = [one.session for one in store.verify()]
    assert len(verified) == 700
    assert set(verified) == sessions


def test_what_others_do_meanwhile_is_no_finding(
    open_store: Callable[..., RedisHotStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    """They evict and restore between any two requests."""
    with RedisProcess() as server:
        store, other = open_store(port=server.port), open_store(port=server.port)
        sessions = [SessionKey(f"s{number}") for number in range(20)]
        for session in sessions:
            make_hot(other, session, b"1")
        ask = store._link._exchange.ask
        calls = 0

        def disturbed(*arguments: Any, **how: Any) -> list[Any]:
            nonlocal calls
            calls += 1
            answers = ask(*arguments, **how)
            for session in sessions[calls % 3 :: 3]:
                assert other.evict(session, through=Position(2**63 - 1))
                if calls % 2:
                    make_hot(other, session, b"2")
            return answers

        monkeypatch.setattr(store._link._exchange, "ask", disturbed)
        for repair in (False, True):
            assert findings(store, repair=repair) == []
        assert calls > 20
