"""An interrupt at any instant leaves the file usable by this process: nobody waits for a turn that is over."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from hot_sessions import make_hot
from interrupts import interrupted
from lixcore.domain.session import SessionKey
from lixcore_sqlite import SqliteHotStore

NOON = 1_700_000_000.0

# Python 3.13 tells of a connection that was made and, because of an interrupt at that instant, given to nobody.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.mark.parametrize("work", ["append", "read", "describe"])
def test_an_interrupted_call_is_in_nobodys_way(open_file: Callable[..., SqliteHotStore], tmp_path: Path, work: str) -> None:
    store, session = open_file(tmp_path / "hot.sqlite3", busy_timeout=0.05), SessionKey("s")
    make_hot(store, session)
    calls: dict[str, Callable[[], object]] = {
        "append": lambda: store.append(session, NOON, b"x"),
        "read": lambda: store.read(session),
        "describe": lambda: store.describe(session),
    }
    instant = 0
    while interrupted(calls[work], instant):
        assert store.append(session, NOON, b"after") is not None, instant
        told: list[object] = []
        other = threading.Thread(target=lambda: told.append(store.describe(session)))  # noqa: B023  # done at once
        other.start()
        other.join()
        assert told, instant
        instant += 1
    assert instant > 20
