"""What a diagnosis says of servers that are set up in ways that lose messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis

from hot_sessions import make_hot
from lixcore.domain.session import SessionKey
from lixcore.ports.diagnosis import Diagnosis, Severity
from lixcore.services.system_clock import SystemClock
from lixcore_redis import RedisHotStore, RedisOptions
from redis_process import RedisProcess, free_port
from settable_clock import SettableClock

OpenStore = Callable[..., RedisHotStore]
OK, WARNING, PROBLEM = Severity.OK, Severity.WARNING, Severity.PROBLEM


def told(store: RedisHotStore) -> dict[str, Diagnosis]:
    """The diagnoses by check; each names what to do about what is not well."""
    found = {diagnosis.check: diagnosis for diagnosis in store.diagnose()}
    assert all(bool(diagnosis.advice) == (diagnosis.severity is not OK) for diagnosis in found.values())
    return found


@pytest.fixture
def safe() -> Iterator[RedisProcess]:
    with RedisProcess("--appendonly", "yes", "--appendfsync", "always", "--maxmemory", "200mb") as server:
        yield server


def test_a_server_that_keeps_what_it_acknowledges_is_well(safe: RedisProcess) -> None:
    store = RedisHotStore(RedisOptions(port=safe.port), SystemClock())
    try:
        found = told(store)
    finally:
        store.close()
    assert [diagnosis for diagnosis in found.values() if diagnosis.severity is not OK] == []
    names = {"round trip", "version", "role", "persistence", "maxmemory-policy", "memory", "clocks", "rights", "layout"}
    assert found.keys() == names
    assert "always" in found["persistence"].fact
    assert str(safe.port) in found["round trip"].fact


@pytest.mark.parametrize(
    ("settings", "check", "severity", "says"),
    [
        ({"appendfsync": "everysec"}, "persistence", WARNING, "two seconds"),
        ({"appendfsync": "no"}, "persistence", WARNING, "appendfsync no"),
        ({"appendonly": "no", "save": "60 1"}, "persistence", WARNING, "snapshots (save 60 1)"),
        ({"appendonly": "no", "save": ""}, "persistence", WARNING, "any restart"),
        ({"maxmemory-policy": "allkeys-lru"}, "maxmemory-policy", PROBLEM, "live messages"),
        ({"maxmemory-policy": "volatile-ttl"}, "maxmemory-policy", WARNING, "leases"),
        ({"maxmemory": "0"}, "memory", WARNING, "not set"),
        ({"maxmemory": "1"}, "memory", PROBLEM, "refused"),
    ],
)
def test_each_setting_that_loses_messages_is_named(  # noqa: PLR0917  # parameters
    open_store: OpenStore, safe: RedisProcess, settings: dict[str, str], check: str, severity: Severity, says: str
) -> None:
    with redis.Redis(port=safe.port) as client:
        for name, value in settings.items():
            client.config_set(name, value)
    found = told(open_store(port=safe.port))[check]
    assert found.severity is severity
    assert says in found.fact


def test_memory_that_is_nearly_used_up_is_a_warning(open_store: OpenStore, safe: RedisProcess) -> None:
    with redis.Redis(port=safe.port) as client:
        client.config_set("maxmemory", int(client.info("memory")["used_memory"] / 0.9))
    assert told(open_store(port=safe.port))["memory"].severity is WARNING


@pytest.mark.parametrize(("skew", "severity"), [(0.0, OK), (1.5, OK), (-1.5, OK), (5, WARNING), (-5, WARNING), (300, PROBLEM)])
def test_clocks_that_differ(
    open_store: OpenStore, safe: RedisProcess, clock: SettableClock, skew: float, severity: Severity
) -> None:
    with redis.Redis(port=safe.port) as client:
        seconds, microseconds = client.time()
    clock.time = seconds + microseconds / 1e6 - skew
    found = told(open_store(port=safe.port))["clocks"]
    assert found.severity is severity
    assert ("ahead" in found.fact) == (skew >= 0)


def test_a_replica_is_a_problem(open_store: OpenStore) -> None:
    primary = free_port()
    with RedisProcess("--replicaof", "127.0.0.1", str(primary)) as server:
        found = told(open_store(port=server.port))["role"]
        assert found.severity is PROBLEM
        assert str(primary) in found.fact


def test_a_server_that_is_away_is_a_diagnosis(open_store: OpenStore) -> None:
    [found] = told(open_store(host="127.0.0.1", port=free_port(), retries=0)).values()
    assert (found.check, found.severity) == ("server", PROBLEM)
    assert "refused" in found.fact


def test_a_wrong_password_is_a_diagnosis_without_the_password(open_store: OpenStore) -> None:
    with RedisProcess("--requirepass", "right-s3cret") as server:
        for options in ({"password": "wrong-s3cret", "port": server.port}, {"port": server.port}):
            [found] = told(open_store(**options)).values()
            assert found.severity is PROBLEM
            assert "redis_password" in found.advice
            assert "s3cret" not in repr(found)
            assert str(server.port) in found.fact


def test_rights_that_are_missing_are_named_with_what_they_cost(open_store: OpenStore, safe: RedisProcess) -> None:
    with redis.Redis(port=safe.port) as client:
        few = ["-info", "-time", "-config"]
        client.acl_setuser("few", enabled=True, passwords=["+pw"], keys=["lix:*"], categories=["+@all"], commands=few)
        client.acl_setuser("fewer", enabled=True, passwords=["+pw"], keys=["other:*"], categories=["+@all"])
        client.acl_setuser("least", enabled=True, passwords=["+pw"], keys=["*"], categories=["+@read", "+@connection"])
    found = told(open_store(port=safe.port, username="few", password="pw"))  # noqa: S106
    assert {check: found[check].severity for check in ("server", "clocks", "rights")} == dict.fromkeys(
        ("server", "clocks", "rights"), WARNING
    )
    assert "restarts of the server go unnoticed" in found["rights"].fact
    for user in ("fewer", "least"):
        rights = told(open_store(port=safe.port, username=user, password="pw", session_db=0))["rights"]  # noqa: S106
        assert rights.severity is PROBLEM
        assert "XADD" in rights.fact


def test_the_rights_that_the_manual_gives_are_enough(open_store: OpenStore, safe: RedisProcess, session: SessionKey) -> None:
    from pathlib import Path

    manual = Path(__file__).resolve().parents[3] / "docs" / "how-to" / "run-on-redis.md"
    [line] = [line for line in manual.read_text().splitlines() if line.startswith("ACL SETUSER lixcore")]
    with redis.Redis(port=safe.port) as client:
        client.execute_command(*line.split())
    store = open_store(port=safe.port, username="lixcore", password="pa55")  # noqa: S106
    make_hot(store, session, b"1")
    found = told(store)
    assert {check: one for check, one in found.items() if one.severity is not OK and check != "clocks"} == {}
    assert store.lapse is not None
    store.settle(store.lapse)
    assert store.lease("janitor", holder="one", seconds=60)
    assert store.sizes([session]) != [0]
    assert [one.messages for one in store.verify(repair=True)] == [1]


def test_looking_for_rights_leaves_no_trace(store: RedisHotStore, client: Any) -> None:
    told(store)
    assert client.keys() == []


def test_keys_of_another_layout_are_a_warning(store: RedisHotStore, client: Any, session: SessionKey) -> None:
    make_hot(store, session)
    assert told(store)["layout"].severity is OK
    client.set("lix:2:{00}:something", "new")
    client.set("lixer:2:{00}:something", "of others")
    found = told(store)["layout"]
    assert found.severity is WARNING
    assert "1 of version 2" in found.fact


def test_a_server_that_cannot_write_to_its_disk_is_a_problem() -> None:
    from lixcore_redis.checks.diagnosis import _persistence

    found = _persistence({"aof_enabled": "1", "aof_last_write_status": "err"}, {"appendfsync": "always"})
    assert found.severity is PROBLEM
