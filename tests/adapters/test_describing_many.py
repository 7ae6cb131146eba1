"""Hot stores tell of many sessions in one go what they tell of each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lixcore import CacheConfig, Stack
from lixcore.domain.session import SessionKey
from lixcore.ports.hot_store_powers import DescribesMany
from lixcore_redis import scripts
from lixcore_redis.sessions import descriptions

ASKED = [SessionKey(name) for name in ("full", "absent", "empty", "one", "full")]


@pytest.fixture(params=["memory", "sqlite", "redis"])
def hot(request: pytest.FixtureRequest, tmp_path: Path, redis_url: str) -> Iterator[Any]:
    config = CacheConfig(
        hot_store=request.param, cold_archive="memory", sqlite_path=str(tmp_path / "hot.sqlite3"), redis_url=redis_url
    )
    with Stack(config, background=False) as stack:
        for name, texts in {"full": "abc", "one": "a", "empty": "a"}.items():
            for text in texts:
                stack.session(name).add_message_to_context("user", text)
        emptied = stack.wiring.hot.describe(SessionKey("empty"))
        assert emptied is not None
        assert emptied.last_position is not None
        stack.wiring.hot.release(SessionKey("empty"), through=emptied.last_position)
        yield stack.wiring.hot


def test_it_is_what_describe_tells(hot: Any) -> None:
    has_power = isinstance(hot, DescribesMany)
    assert has_power, "also behind its guard"
    before = hot.sessions()
    assert list(hot.describe_many(ASKED)) == [hot.describe(session) for session in ASKED]
    assert [info and info.held for info in hot.describe_many(ASKED)] == [3, None, 0, 1, 3]
    assert list(hot.describe_many([])) == []
    assert hot.sessions() == before, "it records no activity"


def test_redis_is_asked_in_parts_and_taught_its_script_anew(
    monkeypatch: pytest.MonkeyPatch, redis_url: str, tmp_path: Path
) -> None:
    import redis

    monkeypatch.setattr(descriptions, "DESCRIBED_AT_ONCE", 2)
    config = CacheConfig(hot_store="redis", cold_archive="memory", archive_dir=str(tmp_path), redis_url=redis_url)
    with Stack(config, background=False) as stack, redis.Redis.from_url(redis_url) as client:
        hot: Any = stack.wiring.hot
        stack.session("full").add_message_to_context("user", "a")
        for _ in range(2):
            client.script_flush()
            assert client.script_exists(scripts.DESCRIBE.digest.decode()) == [False]
            assert [info and info.held for info in hot.describe_many(ASKED)] == [1, None, None, None, 1]
