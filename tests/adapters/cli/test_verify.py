"""``lix verify`` on real files and real servers: what it finds, what it mends, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

import lixcore
from lix_command import LixCommand, Ran, conversation, finished, lines_of
from lixcore import CacheConfig, SessionKey
from lixcore.domain.position import Entry, Position
from lixcore.domain.record import decode_message, encode_message
from redis_process import RedisProcess, free_port

SKIP = ("--set", "on_damage=skip")
NAMES = ("a", "b", "c")


@pytest.fixture
def stored(lix: LixCommand) -> LixCommand:
    """Three sessions, archived; ``b`` is the largest."""
    assert lix("import", "-", stdin=lines_of([conversation("a", 4), conversation("b", 30), conversation("c", 2)])).code == 0
    return lix


def file_of(lix: LixCommand, session: str = "b") -> Path:
    digest = SessionKey(session).digest.hex()
    [path] = [path for path in lix.archive_dir.glob("*/*.huff") if path.stem in digest]
    return path


def told(result: Ran) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The findings and the summary of a run with ``--json``."""
    *findings, summary = result.lines()
    assert all(finding["kind"] == "finding" for finding in findings)
    assert summary["kind"] == "summary"
    assert summary["findings"] == len(findings)
    assert summary["repaired"] == sum(finding["repaired"] for finding in findings)
    return findings, summary


def contents(lix: LixCommand, session: str) -> list[str]:
    result = lix("show", session, "--json", *SKIP)
    return [message["content"] for message in result.document()["messages"]] if result.code != 66 else []


def test_a_clean_archive_is_counted(stored: LixCommand) -> None:
    result = stored("verify")
    assert (result.code, result.err) == (0, "")
    assert "3 sessions and 36 messages" in result.out
    assert "Found nothing wrong." in result.out
    assert told(stored("verify", "--json"))[1]["archived_messages"] == 36
    quiet = stored("verify", "--quiet")
    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")


def flipped(position: float) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        content = bytearray(path.read_bytes())
        content[int(position * (len(content) - 1))] ^= 0xFF
        path.write_bytes(content)

    return damage


def cut(position: float) -> Callable[[Path], None]:
    return lambda path: os.truncate(path, int(position * path.stat().st_size))


def written(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        path.write_bytes(change(path.read_bytes()))

    return damage


def as_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGE: dict[str, Callable[[Path], None]] = {
    "first byte": flipped(0),
    "header": flipped(0.05),
    "a third": flipped(0.33),
    "middle": flipped(0.5),
    "two thirds": flipped(0.67),
    "last byte": flipped(1),
    "cut to a tenth": cut(0.1),
    "cut in half": cut(0.5),
    "cut near the end": cut(0.95),
    "empty": cut(0),
    "zeros": written(lambda content: bytes(len(content))),
    "longer": written(lambda content: content + b"more"),
    "another file": written(lambda _: b"hello"),
    "directory": as_directory,
}


@pytest.mark.parametrize("how", DAMAGE)
def test_damage_is_found_and_a_repair_keeps_what_is_readable_and_a_copy(stored: LixCommand, how: str) -> None:
    """The other sessions lose nothing, nothing that can be read before is lost, and the next check finds nothing."""
    path = file_of(stored)
    DAMAGE[how](path)
    before = path.read_bytes() if path.is_file() else None
    readable = contents(stored, "b") if before is not None else []
    code = stored("verify", "--archive-only").code
    assert code == 1, "the damage is found"
    assert path.is_dir() or path.read_bytes() == before, "without --repair nothing changes"

    result = stored("verify", "--repair", "--yes", "--json")
    findings, summary = told(result)
    assert result.code == 1
    assert findings
    assert all(finding["repaired"] for finding in findings), findings
    if before:
        kept = [Path(copy).read_bytes() for copy in summary["copies"]]
        assert any(copy and before.endswith(copy) for copy in kept), "the file, or the unfinished end that was cut off"
    again = stored("verify", "--json")
    assert (again.code, told(again)[0]) == (0, [])
    assert contents(stored, "b") == readable
    assert contents(stored, "a") == [message["content"] for message in conversation("a", 4)["messages"]]


def test_findings_are_told_to_people_with_their_place_and_remedy(stored: LixCommand) -> None:
    flipped(0.5)(file_of(stored))
    result = stored("verify")
    assert result.code == 1
    assert result.out.startswith(f"finding: {file_of(stored)}")
    assert "lix verify --repair" in result.out
    assert "Found 1 finding, 0 of them repaired." in result.out
    repaired = stored("verify", "--repair", "--yes")
    assert "what was there before: " in repaired.out
    assert "1 of them repaired; copies in the quarantine: 1." in repaired.out
    assert stored("verify", "--quiet", *SKIP).out == ""


def test_one_session_is_checked_alone(stored: LixCommand) -> None:
    flipped(0.5)(file_of(stored))
    assert stored("verify", "--session", "a", "--session", "c").code == 0
    result = stored("verify", "--session", "b", "--json")
    assert result.code == 1
    assert told(result)[0][0]["session_id"] == "b"
    assert stored("verify", "--session", "b", "--repair", "--yes").code == 1
    assert stored("verify").code == 1, "a repair of one session leaves files alone"


def test_a_session_that_is_not_there_is_told(stored: LixCommand) -> None:
    assert stored("verify", "--session", "a", "--session", "nobody").code == 66
    assert stored("verify", "--session", "a", "--tenant", "acme").code == 66
    assert stored("verify", "--tenant", "acme").code == 2


def test_a_repair_asks_nobody_when_nobody_is_there(stored: LixCommand) -> None:
    flipped(0.5)(file_of(stored))
    before = file_of(stored).read_bytes()
    result = stored("verify", "--repair")
    assert result.code == 2
    assert "--yes" in result.err
    assert file_of(stored).read_bytes() == before


@pytest.mark.parametrize(("answer", "left"), [("n\n", 1), ("\n", 1), ("y\n", 0)])
def test_a_repair_asks_at_a_terminal(stored: LixCommand, monkeypatch: pytest.MonkeyPatch, answer: str, left: int) -> None:
    from lixcore_cli.commands import verify

    class Answering:
        @staticmethod
        def isatty() -> bool:
            return True

    class System:
        stdin = Answering

    flipped(0.5)(file_of(stored))
    monkeypatch.setattr(verify, "sys", System)
    assert stored("verify", "--repair", stdin=answer.encode()).code == 1
    assert stored("verify").code == left


def test_an_interrupt_ends_it_between_two_sessions_with_what_was_found(lix: LixCommand) -> None:
    """The first finding synchronises: when it is written, the check is under way."""
    many = lines_of([conversation(f"s{number:04}", 20) for number in range(2000)])
    assert lix("import", "-", "--set", "huffman_sync=false", stdin=many).code == 0
    first = min(lix.archive_dir.glob("*/*.huff"))
    flipped(0.5)(first)
    process = lix.start("verify", "--repair", "--yes", "--json", bufsize=0)
    assert process.stdout is not None
    line = process.stdout.readline()
    process.send_signal(signal.SIGINT)
    result = finished(process)
    assert json.loads(line)["repaired"]
    assert result.code == 130, result.err
    assert result.lines()[-1]["complete"] is False
    assert "Traceback" not in result.err
    assert lix("verify").code == 0


def test_without_its_hot_store_the_archive_is_checked_and_the_exit_code_says_so(stored: LixCommand) -> None:
    flipped(0.5)(file_of(stored))
    away = ("--set", "hot_store=redis", "--set", f"redis_port={free_port()}")
    result = stored("verify", "--json", *away)
    findings, summary = told(result)
    assert (result.code, len(findings), summary["complete"]) == (69, 1, False)
    assert json.loads(result.err)["error"]["kind"] == "StoreUnavailableError"
    assert "Not everything was checked." in stored("verify", *away).err
    assert stored("verify", "--archive-only", *away).code == 1


def test_a_hot_store_that_cannot_be_opened_does_not_hide_the_archive(stored: LixCommand) -> None:
    broken = stored.home / "broken.sqlite3"
    broken.write_bytes(b"no database" * 1000)
    result = stored("verify", "--json", "--set", f"sqlite_path={broken}")
    assert result.code >= 69
    assert told(result)[1]["archived_sessions"] == 3
    assert not told(result)[1]["complete"]


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
        [finding], _ = told(on_redis("verify", "--json"))
        assert (finding["session_id"], finding["stage"], finding["repaired"]) == ("a", "comparison", False)
        [repaired], _ = told(on_redis("verify", "--json", "--repair", "--yes"))
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
    [finding], _ = told(on_redis("verify", "--json", *narrow))
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
        findings, _ = told(result)
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
