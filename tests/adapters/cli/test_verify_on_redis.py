"""``lix verify`` on an archive and a real Redis server: what the two disagree about, and processes at work meanwhile."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

import lixcore
from lix_command import LixCommand, findings_and_summary
from lixcore import CacheConfig, SessionKey
from lixcore.domain.position import Entry, Position
from lixcore.domain.record import decode_message, encode_message
from redis_process import RedisProcess

NAMES = ("a", "b", "c")


@pytest.fixture
def server() -> Iterator[RedisProcess]:
    with RedisProcess() as process:
        yield process


@pytest.fixture
def on_redis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: RedisProcess) -> LixCommand:
    monkeypatch.chdir(tmp_path)
    return LixCommand(tmp_path, hot_store="redis", redis_url=server.url(2))


def config_of(lix: LixCommand, server: RedisProcess, **settings: Any) -> CacheConfig:
    return CacheConfig(hot_store="redis", redis_url=server.url(2), archive_dir=str(lix.archive_dir), **settings)


def entry(position: int, text: str) -> Entry:
    return Entry(Position(position), 1.5, encode_message(lixcore.Message("user", text, 1.5)))


def test_messages_at_one_position_are_both_kept_by_a_repair(on_redis: LixCommand, server: RedisProcess) -> None:
    key = SessionKey("a")
    with lixcore.open(config_of(on_redis, server)) as stack:
        store = stack.wiring.hot
        hot = [entry(1_700_000_000_000 + number << 20, f"hot {number}") for number in range(5)]  # a millisecond apart
        assert store.restore(key, hot, next_after=hot[-1].position, ticket=store.ticket(key))
        stack.session("fine").add_message_to_context("user", "fine")
        stack.wiring.archive.append(key, [hot[0], entry(hot[1].position, "archived"), hot[2]])
        [finding], _ = findings_and_summary(on_redis("verify", "--json"))
        assert (finding["session_id"], finding["stage"], finding["repaired"]) == ("a", "comparison", False)
        [repaired], _ = findings_and_summary(on_redis("verify", "--json", "--repair", "--yes"))
        assert repaired["repaired"]
        assert on_redis("verify").code == 0
        expected = ["hot 0", "archived", "hot 1", "hot 2", "hot 3", "hot 4"]
        assert [message["content"] for message in stack.session("a").get_full_history()] == expected
        assert [message["content"] for message in stack.session("a").get_context_messages()] == expected
        stack.session("a").add_message_to_context("user", "next")
        assert [message["content"] for message in stack.session("a").get_context_messages()] == [*expected, "next"]


def test_a_server_that_came_back_with_an_older_snapshot_is_found_and_mended(on_redis: LixCommand, server: RedisProcess) -> None:
    """Written by a stack, saved, written on and archived, killed, restarted with what was saved."""
    with lixcore.open(config_of(on_redis, server, hot_window_size=4, spill_batch_size=2)) as stack:
        memory = stack.session("a")
        for number in range(4):
            memory.add_message_to_context("user", str(number))
        with redis.Redis(port=server.port) as client:
            client.save()
        for number in range(4, 12):
            memory.add_message_to_context("user", str(number))
        memory.flush_to_disk()
    server.restart()
    narrow = ("--set", "hot_window_size=4", "--set", "spill_batch_size=2")
    [finding], _ = findings_and_summary(on_redis("verify", "--json", *narrow))
    assert "without 8 of its newer archived messages" in finding["reason"]
    assert on_redis("verify", "--repair", "--yes", *narrow).code == 1
    assert on_redis("verify", *narrow).code == 0
    with lixcore.open(config_of(on_redis, server, hot_window_size=4, spill_batch_size=2)) as stack:
        assert [message["content"] for message in stack.session("a").get_full_history()] == [str(n) for n in range(12)]
        assert [message["content"] for message in stack.session("a").get_context_messages()] == ["8", "9", "10", "11"]


def test_what_others_wrote_into_a_session_is_reported_and_left_alone(on_redis: LixCommand, server: RedisProcess) -> None:
    with lixcore.open(config_of(on_redis, server)) as stack, redis.Redis(port=server.port, db=2) as client:
        for name in NAMES:
            stack.session(name).add_message_to_context("user", name)
        [log] = client.keys("lix:1:*:log:default/b")
        identifier = client.xadd(log, {"who": "a stranger", "what": "nobody knows"})
        result = on_redis("verify", "--json")
        assert result.code == 1
        findings, _ = findings_and_summary(result)
        assert len(findings) == 1, "each thing once"
        assert "b" in json.dumps(findings[0])
        on_redis("verify", "--json", "--repair", "--yes")
        assert [each[0] for each in client.xrange(log)][-1] == identifier, "nobody knows what it is"
        assert [len(stack.wiring.hot.oldest(SessionKey(name), limit=9)) for name in ("a", "c")] == [1, 1]
        assert decode_message(stack.wiring.hot.oldest(SessionKey("a"), limit=9)[0]).content == "a"


WORKER = """
import random, select, sys
import lixcore
url, archive, name, seed = sys.argv[1:]
config = lixcore.CacheConfig(
    hot_store="redis", redis_url=url, archive_dir=archive, hot_window_size=4, spill_batch_size=4, huffman_sync=False
)
random.seed(int(seed))
print("ready", flush=True)
with lixcore.open(config) as stack:
    number = 0
    while True:
        for _ in range(25):
            memory = stack.session(f"s{random.randrange(6)}")
            step = random.random()
            if step < 0.8:
                memory.add_message_to_context("user", f"{name}:{number}")
                number += 1
            elif step < 0.9:
                stack.wiring.tiering.evict(memory.session)
            else:
                memory.get_context_messages()
        if select.select([sys.stdin], [], [], 0)[0]:
            break
print(number, flush=True)
"""


def test_processes_at_work_are_no_finding(on_redis: LixCommand, server: RedisProcess) -> None:
    """Four processes add to, read and evict six sessions while everything is verified again and again."""
    config = config_of(on_redis, server, hot_window_size=4, spill_batch_size=4)
    arguments = [server.url(2), str(on_redis.archive_dir)]
    workers = [
        subprocess.Popen(  # noqa: S603  # our own program
            [sys.executable, "-c", WORKER, *arguments, f"w{number}", str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(4)
    ]
    try:
        for worker in workers:
            assert worker.stdout is not None
            assert worker.stdout.readline() == "ready\n"
        with lixcore.open(config) as stack:
            runs = checks = 0
            while checks < 200 or runs < 10:
                runs += 1
                for checked in stack.verify(repair=runs % 2 == 0):
                    checks += 1
                    assert not checked.verified.findings, checked
        added = [int(worker.communicate("stop\n", timeout=60)[0]) for worker in workers]
    finally:
        for worker in workers:
            worker.kill()
            worker.communicate()
    assert [worker.returncode for worker in workers] == [0, 0, 0, 0]
    with lixcore.open(config) as stack:
        kept = [message["content"] for n in range(6) for message in stack.session(f"s{n}").get_full_history()]
    assert sorted(kept) == sorted(f"w{worker}:{number}" for worker, count in enumerate(added) for number in range(count))
