"""``lix janitor`` as a process: what it says, its signals, its death, and others that take over."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import redis

from lix_command import LixCommand, conversation, finished, lines_of
from lixcore import CacheConfig, SessionKey, Stack
from redis_process import RedisProcess, free_port

pytestmark = pytest.mark.share(2)

SESSIONS = 400
IDLE_AT_ONCE = ["--set", "evict_after_minutes=0"]


class Shop:
    """A command on some stores, the same stores for the test, and many hot sessions."""

    def __init__(self, home: Path, stores: dict[str, Any]) -> None:
        stores["huffman_sync"] = False  # no test here loses power
        self.lix = LixCommand(home, **stores)
        settings: dict[str, Any] = {"archive_dir": str(self.lix.archive_dir), "sqlite_path": str(home / "hot.sqlite3"), **stores}
        if stores["hot_store"] == "redis":
            del settings["sqlite_path"]
        self.config = CacheConfig(similarity_index=None, **settings)

    def fill(self, count: int = SESSIONS) -> None:
        with Stack(self.config, janitor=False) as stack:
            for number in range(count):
                memory = stack.session(f"s{number}")
                for text in ("question", "answer"):
                    memory.add_message_to_context("user", f"{text} {number}")

    def check(self) -> int:
        """Nothing is lost; returns how many sessions are still hot."""
        with Stack(self.config, janitor=False) as stack:
            for number in range(SESSIONS):
                said = [one["content"] for one in stack.session(f"s{number}").get_full_history()]
                assert said == [f"question {number}", f"answer {number}"]
            hot = {each.session for each in stack.wiring.hot.sessions()}
            archived = {info.session for info in stack.wiring.reader.sessions()}
            assert hot | archived == {SessionKey(f"s{number}") for number in range(SESSIONS)}
            return len(hot)

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        return self.lix.start("janitor", "--json", *IDLE_AT_ONCE, *arguments)

    def until_at_work(self) -> None:
        """Wait until the first sessions have left."""
        with Stack(self.config, janitor=False) as stack:
            while len(stack.wiring.hot.sessions()) == SESSIONS:
                pass


@pytest.fixture(params=["sqlite", "redis"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Shop:
    if request.param == "sqlite":
        stores: dict[str, Any] = {"hot_store": "sqlite", "sqlite_synchronous": "normal"}
    else:
        stores = {"hot_store": "redis", "redis_url": request.getfixturevalue("redis_url")}
    made = Shop(tmp_path, stores)
    made.fill()
    return made


def next_line(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    assert process.stdout is not None
    line: dict[str, Any] = json.loads(process.stdout.readline())
    return line


@pytest.fixture
def ended() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Processes that a failing test leaves running are killed."""
    processes: list[subprocess.Popen[bytes]] = []
    yield processes
    for process in processes:
        process.kill()
        process.communicate()


@pytest.mark.share(2)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_in_the_middle_ends_it_well(shop: Shop, ended: list[subprocess.Popen[bytes]], number: signal.Signals) -> None:
    """Sent as soon as the first sessions have left: the step in hand is finished, nothing is lost, and the exit code is 0."""
    ended.append(process := shop.start())
    shop.until_at_work()
    process.send_signal(number)
    result = finished(process)
    assert (result.code, result.err) == (0, "")
    [told] = result.lines()
    hot = shop.check()
    assert told["evicted_idle"] == SESSIONS - hot > 0
    assert told["complete"] == (hot == 0)
    again = shop.lix("janitor", "--once", "--json", *IDLE_AT_ONCE).lines()
    assert again[0]["another_is_janitor"] is False, "the lease was given back"
    assert shop.check() == 0


@pytest.mark.share(2)
def test_a_janitor_that_is_killed_loses_nothing_and_another_takes_over_after_its_lease(
    shop: Shop, ended: list[subprocess.Popen[bytes]]
) -> None:
    ended.append(process := shop.start())
    shop.until_at_work()
    process.kill()
    finished(process)
    left = shop.check()
    waiting = shop.lix("janitor", "--once", "--json", *IDLE_AT_ONCE).lines()[0]
    assert (waiting["another_is_janitor"], shop.check()) == (True, left), "the dead one's lease holds for a minute"
    expire_leases(shop)
    assert shop.lix("janitor", "--once", "--json", *IDLE_AT_ONCE).lines()[0]["evicted_idle"] == left
    assert shop.check() == 0


def expire_leases(shop: Shop) -> None:
    """Let the time of all leases be over, where the stores keep it."""
    if shop.config.hot_store == "redis":
        with redis.Redis.from_url(shop.config.redis_url) as client:
            for key in client.scan_iter("lix:1:lease:*"):
                client.pexpireat(key, 1)
    else:
        with closing(sqlite3.connect(shop.config.sqlite_path)) as file, file:
            file.execute("UPDATE leases SET taken = taken - seconds")


@pytest.mark.share(2)
def test_it_goes_on_with_rounds_and_finds_what_others_left(shop: Shop, ended: list[subprocess.Popen[bytes]]) -> None:
    ended.append(process := shop.start("--interval", "0.1"))
    assert next_line(process)["evicted_idle"] == SESSIONS
    with Stack(shop.config, janitor=False) as stack:
        stack.session("s0").get_context_messages()
    while next_line(process)["evicted_idle"] == 0:
        pass
    process.terminate()
    assert finished(process).code == 0
    assert shop.check() == 0


@pytest.mark.share(2)
def test_of_two_one_waits_and_takes_over_when_the_other_ends(shop: Shop, ended: list[subprocess.Popen[bytes]]) -> None:
    ended.append(first := shop.start("--interval", "0.1"))
    assert next_line(first)["evicted_idle"] == SESSIONS
    ended.append(second := shop.start("--interval", "0.1"))
    assert next_line(second)["another_is_janitor"] is True
    first.terminate()
    assert finished(first).code == 0
    while next_line(second)["another_is_janitor"]:
        pass
    second.terminate()
    assert finished(second).code == 0


def test_redis_that_is_away_is_told_at_each_round_as_json_and_work_goes_on_when_it_is_back(
    tmp_path: Path, ended: list[subprocess.Popen[bytes]]
) -> None:
    with RedisProcess("--appendonly", "yes", "--appendfsync", "always") as server:
        shop = Shop(tmp_path, {"hot_store": "redis", "redis_url": server.url(), "redis_retries": 0})
        ended.append(process := shop.start("--interval", "0.1"))
        assert next_line(process)["complete"] is True
        server.kill()
        while "error" not in (line := next_line(process)):
            pass
        assert line["error"]["kind"] == "StoreUnavailableError"
        server.start()
        while "error" in (line := next_line(process)):
            pass
        process.terminate()
        assert finished(process).code == 0


def test_people_are_told_once_that_a_store_is_away(lix: LixCommand, ended: list[subprocess.Popen[bytes]]) -> None:
    arguments = ["--set", "hot_store=redis", "--set", f"redis_port={free_port()}", "--set", "redis_retries=0"]
    ended.append(process := lix.start("janitor", "--interval", "0.1", *arguments))
    assert process.stderr is not None
    assert b"A round every 0.1 s" in process.stderr.readline()
    assert b"it is tried again at every round" in process.stderr.readline()
    process.terminate()
    result = finished(process)
    assert result.code == 0
    assert result.err.splitlines() == ["Ended, as it was asked to."]
    assert lix("janitor", "--once", *arguments).code == 69


def test_one_round_says_what_it_did_and_counts_all_tenants(lix: LixCommand) -> None:
    lix("import", "-", "--hot", stdin=lines_of([conversation("a"), conversation("b")]))
    lix("import", "-", "--hot", "--tenant", "acme", stdin=lines_of([conversation("a")]))
    assert lix("janitor", "--once").out == ""
    result = lix("janitor", "--once", *IDLE_AT_ONCE)
    assert result.code == 0
    assert "sessions: 3 idle moved to the archive" in result.out
    report = lix("janitor", "--once", "--json").document()
    assert report.pop("time") > 1_700_000_000
    assert report == {"another_is_janitor": False, "complete": True, "policy_failed": False} | dict.fromkeys(
        [
            "brought_together",
            "evicted_idle",
            "evicted_for_room",
            "still_hot",
            "damaged",
            "histories_removed",
            "messages_removed",
            "merged",
            "failed",
        ],
        0,
    )


def test_limits_hold_after_one_round(lix: LixCommand) -> None:
    lix("import", "-", "--hot", stdin=lines_of([conversation(f"s{number}") for number in range(20)]))
    assert "8 moved to the archive for room" in lix("janitor", "--once", "--set", "hot_max_sessions=12").out
    assert lix("janitor", "--once", "--json", "--set", "hot_max_bytes=0").document()["evicted_for_room"] == 12
    assert lix("stats", "--json").document()["hot_sessions"] == 0


def test_a_session_that_cannot_leave_is_named_and_is_the_exit_code(lix: LixCommand) -> None:
    lix("import", "-", "--hot", stdin=lines_of([conversation("a"), conversation("b")]))
    for path in lix.archive_dir.rglob("*.huff"):
        path.write_bytes(bytes(path.stat().st_size))
    result = lix("janitor", "--once", *IDLE_AT_ONCE)
    assert result.code == 1
    assert ".huff" in result.err
    assert result.err.count("warning:") <= 2, "not one for each session"


@pytest.mark.parametrize("arguments", [["--interval", "0"], ["--interval", "soon"], ["--tenant", "acme"]])
def test_what_it_does_not_take_is_a_wrong_command_line(lix: LixCommand, arguments: list[str]) -> None:
    assert lix("janitor", "--once", *arguments).code == 2
