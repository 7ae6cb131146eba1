"""Real conversations in thirty languages: in, and the same out again, over a real Redis and real files; all in a thorough run.

The data is no part of the repository. It is looked for in ``../shared/data`` beside the checkout, or where
``LIXCORE_DATA`` says.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import lixcore
from lixcore import CacheConfig
from shares import is_thorough

DATA = Path(os.environ.get("LIXCORE_DATA", Path(__file__).parents[2] / "shared" / "data")) / "conversations.jsonl.gz"
WINDOW = 20
SHARE = 8
"""One conversation in so many is tried for every change; ``tox -e thorough`` tries all of them."""

pytestmark = [
    pytest.mark.skipif(
        not DATA.exists(),
        reason=f"no {DATA.name} in {DATA.parent}; LIXCORE_DATA=DIR pytest tests/test_conversation_data.py runs it",
    ),
    pytest.mark.timeout(600),
]

Plain = dict[str, Any]


def lix(*arguments: str, redis_url: str, archive_dir: Path) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "LIX_REDIS_URL": redis_url, "LIX_ARCHIVE_DIR": str(archive_dir)}
    command = [sys.executable, "-m", "lixcore_cli", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, check=True, timeout=500)  # noqa: S603  # our own command


def said(messages: list[Plain]) -> list[tuple[str, str]]:
    return [(message["role"], message["content"]) for message in messages]


def test_every_conversation_comes_back_unchanged_and_returns_from_eviction(redis_url: str, tmp_path: Path) -> None:
    """Import, export, and every session's window before and after its eviction, message by message."""
    archive_dir, exported = tmp_path / "archive", tmp_path / "out.jsonl"
    with gzip.open(DATA, "rt", encoding="utf-8") as lines:
        chosen = list(lines)[:: 1 if is_thorough() else SHARE]
    given = {line["session_id"]: line for line in map(json.loads, chosen)}
    source = tmp_path / "in.jsonl"
    source.write_text("".join(chosen), encoding="utf-8")
    lix("import", str(source), redis_url=redis_url, archive_dir=archive_dir)
    lix("export", "--output", str(exported), redis_url=redis_url, archive_dir=archive_dir)

    with exported.open(encoding="utf-8") as lines:
        back = {line["session_id"]: line["messages"] for line in map(json.loads, lines)}
    assert back.keys() == given.keys()
    assert all(said(back[session]) == said(line["messages"]) for session, line in given.items())
    assert len({line["lang"] for line in given.values()}) == 30
    assert not is_thorough() or sum(map(len, back.values())) == 81_797

    config = CacheConfig(redis_url=redis_url, archive_dir=str(archive_dir), hot_window_size=WINDOW)
    with lixcore.open(config) as stack:

        def windows_are_right() -> None:
            for session, line in given.items():
                assert said(stack.session(session).get_context_messages()) == said(line["messages"][-WINDOW:])
            assert len(stack.wiring.hot.sessions()) == len(given)

        windows_are_right()  # straight from the archive
        assert stack.evict_idle(idle_seconds=0) == len(given)
        assert not stack.wiring.hot.sessions()
        windows_are_right()  # after an eviction
