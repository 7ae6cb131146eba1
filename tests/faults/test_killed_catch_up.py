"""A process that catches an index up is killed at any call to a store: the next one comes to what a rebuild comes to."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import lixcore
from lixcore import CacheConfig, Stack
from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey
from lixcore.ports.archive_index import IndexFilter

SUPPORT = Path(__file__).resolve().parent.parent / "support"

CHILD = """
import os, signal, sys
sys.path.insert(0, {support!r})
from injured_archive import FollowedPort
from lixcore import CacheConfig, Stack
from lixcore.services.searching import catch_up

catch_up.SESSIONS_AT_ONCE, catch_up.BATCH_MESSAGES = 3, 20
left = {calls}

def counted(_):
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)

with Stack(CacheConfig(**{settings!r}), background=False) as stack:
    parts = stack.wiring.searches.index
    guard, steps = parts.guard, parts.indexing._catch_up
    guard._index, steps._archive = FollowedPort(guard._index), FollowedPort(steps._archive)
    for port in (guard._index, steps._archive):
        setattr(port, {when!r}, counted)
    stack.catch_up_index()
"""


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, Any]:
    pytest.importorskip("duckdb", reason="the extra duckdb is not installed; pip install 'lixcore[duckdb]'")
    return {
        "hot_store": "memory",
        "archive_dir": str(tmp_path / "conversations"),
        "archive_index": "duckdb",
        "duckdb_path": str(tmp_path / "search"),
        "huffman_sync": False,
    }


def held(stack: Stack) -> tuple[list[Any], list[Any]]:
    """Everything that the index says."""
    index = stack.wiring.searches.existing_index().index
    hits = index.search_text("rain", k=10_000, where=IndexFilter(tenant="default"))
    sessions = [SessionKey(f"session {number}") for number in range(10)]
    return [(hit.session, hit.position, hit.score) for hit in hits], list(index.progress(sessions))


def say(stack: Stack, sessions: Sequence[int], count: int) -> None:
    for number in sessions:
        memory = stack.session(f"session {number}")
        for at in range(count):
            memory.add_message_to_context("user", f"rain {at} of {number}")
        memory.flush_to_disk()


@pytest.mark.share(4)
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("calls", [1, 2, 4, 7, 12])
def test_the_next_one_comes_to_what_a_rebuild_comes_to(settings: dict[str, Any], calls: int, when: str) -> None:
    config = CacheConfig(**settings)
    with lixcore.Stack(config, background=False) as stack:
        say(stack, range(10), 7)
        stack.catch_up_index()
        say(stack, range(5, 10), 4)
        info = stack.wiring.archive.describe(SessionKey("session 2"))
        assert info is not None
        stack.wiring.archive.forget(SessionKey("session 2"), through=Position(info.first_position + 1))
    code = CHILD.format(support=str(SUPPORT), calls=calls, settings=settings, when=when)
    ended = subprocess.run([sys.executable, "-c", code], check=False, timeout=60)  # noqa: S603  # our own code
    assert ended.returncode == -signal.SIGKILL
    with lixcore.Stack(config, background=False) as stack:
        assert stack.catch_up_index().complete
        after = held(stack)
        assert stack.index_status().lag == 0
        stack.rebuild_index()
        assert after == held(stack)
        assert len(after[0]) > 80
