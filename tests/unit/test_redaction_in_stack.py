"""Nothing that is to be redacted is in any byte that is stored, whatever way it came in, on any stack."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from lixcore import CacheConfig, Stack
from lixcore.domain.session import SessionKey
from lixcore.errors import PolicyFailedError
from lixcore.services.histories.conversation_lines import parse_line
from redis_process import RedisProcess, free_port
from settable_clock import SettableClock

SECRET = "zora.quill@hidden.example"  # noqa: S105  # what must not be stored
PHONE = "+49 30 99887766"
URL, EAST, NEARLY_EAST = "https://example.org/", [1.0, 0.0], [1.0, 0.2]
LEFT = [b"zora", b"quill", b"hidden", b"99887766"]
MODES = [("overflow", "none"), ("overflow", "huffman"), ("through", "none"), ("through", "huffman")]
CALL = {
    "tool_calls": [{"id": "c1", "function": {"name": "mail", "arguments": json.dumps({"to": SECRET})}}],
    "from": {"address": [SECRET]},
}


def config(tmp_path: Path, hot: str, redis_url: str, **settings: Any) -> CacheConfig:
    return CacheConfig(
        hot_store=hot,
        cold_archive="memory" if hot == "memory" else "huffman",
        codec="none",  # so that what is archived can be read with the eye; compressed files are read back below
        archive_dir=str(tmp_path / "archive"),
        sqlite_path=str(tmp_path / "hot.sqlite3"),
        redis_url=redis_url,
        redaction_policy="pii",
        hot_window_size=4,
        spill_batch_size=1,
        **settings,
    )


def fill(stack: Stack) -> None:
    memory = stack.session("s")
    for number in range(8):
        memory.add_message_to_context("user", f"{number}: write to {SECRET} or call {PHONE}")
    memory.add_message_to_context("assistant", "done", CALL)
    memory.add_message_to_context("tool", f"sent to {SECRET}", {"tool_call_id": "c1"})
    memory.add_message_to_context(SECRET, "the role is an address")
    line = json.dumps({"session_id": "i", "messages": [{"role": "user", "content": SECRET, "metadata": CALL}]}).encode()
    importer = stack.importer()
    importer.add(parse_line(line, source="a test", number=1, tenant="default", now=1.0))
    importer.flush()
    asked = f"who is {SECRET}?"
    assert memory.cache_semantic_response(URL, EAST, "somebody", query=asked) is False
    assert memory.cache_semantic_response(URL, EAST, {"to": [SECRET]}, query="who?") is False
    assert memory.cache_semantic_response(URL, EAST, {SECRET: 1}, query="who?") is False
    assert memory.get_or_call(URL, EAST, lambda: {"to": SECRET}, query="who?") == {"to": SECRET}
    assert memory.get_or_call(URL, EAST, lambda: "somebody", query=asked) == "somebody"
    assert memory.get_semantic_response(URL, EAST, query=asked) is None
    memory.cache_url_embedding(f"https://example.org/?user={SECRET}", [0.5, 0.5])


def stored_bytes(tmp_path: Path, server: RedisProcess | None) -> Iterator[bytes]:
    for path in tmp_path.rglob("*"):
        if path.is_file():
            yield path.name.encode()
            yield path.read_bytes()
    if server is not None:
        for database in range(16):
            with redis.Redis(host=server.host, port=server.port, db=database) as client:
                for key in client.scan_iter():
                    yield bytes(key)
                    yield from values_of(client, bytes(key))


def values_of(client: Any, key: bytes) -> Iterator[bytes]:
    kind = client.type(key)
    found = {
        b"string": lambda: client.get(key),
        b"hash": lambda: client.hgetall(key),
        b"set": lambda: client.smembers(key),
        b"zset": lambda: client.zrange(key, 0, -1),
        b"list": lambda: client.lrange(key, 0, -1),
        b"stream": lambda: client.xrange(key),
    }[kind]()
    yield found if isinstance(found, bytes) else repr(found).encode()


def messages_of(stack: Stack) -> str:
    every = [stack.session(name).get_full_history() for name in ("s", "i")]
    return json.dumps(every)


@pytest.mark.parametrize("settings", [{"write_mode": mode, "codec": codec} for mode, codec in MODES], ids=map("-".join, MODES))
@pytest.mark.parametrize("hot", ["memory", "sqlite", "redis"])
def test_no_byte_of_a_secret_is_stored(
    tmp_path: Path, redis_url: str, redis_server: RedisProcess, hot: str, settings: dict[str, str]
) -> None:
    with Stack(config(tmp_path, hot, redis_url).replaced(**settings), clock=SettableClock(), background=False) as stack:
        fill(stack)
        stack.evict_idle(idle_seconds=0)
        shown = messages_of(stack)
        assert shown.count("[EMAIL]") == 15
        assert shown.count("[PHONE]") == 8
        everything = list(stored_bytes(tmp_path, redis_server if hot == "redis" else None))
    everything += stored_bytes(tmp_path, None)
    assert not any(word in shown.encode() for word in LEFT)
    assert [left for left in LEFT for stored in everything if left in stored] == []
    if hot != "memory" and settings["codec"] == "none":
        assert any(b"[EMAIL]" in stored for stored in everything), "what was looked at is where it is stored"


def test_nor_by_the_archive_that_stands_in(tmp_path: Path) -> None:
    settings = config(tmp_path, "redis", f"redis://127.0.0.1:{free_port()}/0", similarity_index=None, embedding_store=None)
    with Stack(settings, clock=SettableClock(), background=False) as stack:
        memory = stack.session("s")
        memory.add_message_to_context("user", f"write to {SECRET}", CALL)
        assert stack.wiring.window.hot_store_state().archived_instead == 1
        assert "[EMAIL]" in messages_of(stack)
    everything = list(stored_bytes(tmp_path, None))
    assert [left for left in LEFT for stored in everything if left in stored] == []
    assert any(b"[EMAIL]" in stored for stored in everything)


def test_a_query_with_a_secret_is_answered_by_its_embedding_only(tmp_path: Path) -> None:
    settings = config(tmp_path, "memory", "redis://127.0.0.1:1/0", match_policy="threshold")
    with Stack(settings, clock=SettableClock(), background=False) as stack:
        memory = stack.session("s")
        assert memory.cache_semantic_response(URL, EAST, "by the desk", query="where is the desk?")
        assert memory.get_semantic_response(URL, NEARLY_EAST, query=f"where is the desk, {SECRET}?") == "by the desk"
        calls: list[int] = []
        for _ in range(2):
            memory.get_or_call(URL, EAST, lambda: calls.append(1) or "made", query=f"where, {SECRET}?")  # type: ignore[func-returns-value]
        assert len(calls) == 2, "nothing is looked for, and nothing waits"


def test_without_a_policy_texts_are_stored_as_they_are(tmp_path: Path) -> None:
    settings = config(tmp_path, "memory", "redis://127.0.0.1:1/0").replaced(redaction_policy=None)
    with Stack(settings, clock=SettableClock(), background=False) as stack:
        stack.session("s").add_message_to_context("user", SECRET)
        assert SECRET in messages_of(stack)


def test_the_error_of_a_policy_is_the_callers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from lixcore_policies import PiiRedaction

    def fails(_: object, __: str) -> str:
        raise RuntimeError

    monkeypatch.setattr(PiiRedaction, "redact", fails)
    with Stack(config(tmp_path, "memory", "redis://127.0.0.1:1/0"), clock=SettableClock(), background=False) as stack:
        memory = stack.session("s")
        with pytest.raises(PolicyFailedError, match="redaction of PiiRedaction: it raised RuntimeError"):
            memory.add_message_to_context("user", "hello")
        assert stack.wiring.hot.describe(SessionKey("s")) is None
