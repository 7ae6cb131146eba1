"""Forgotten text is in none of the files."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from lixcore.domain.position import MAX_POSITION, ORIGIN
from lixcore.domain.session import SessionKey
from lixcore.errors import StoreUnavailableError
from lixcore.testing.ground.clock import NOON
from lixcore.testing.hot_store.stores import make_hot
from lixcore_sqlite import SqliteHotStore

Open = Callable[..., SqliteHotStore]


def raw(file: Path) -> bytes:
    """What a reader of the medium sees: the database, its log, whatever else is there."""
    return b"".join(one.read_bytes() for one in file.parent.iterdir())


def _text(number: int) -> bytes:
    return b"[[what-%02d-said]]" % number


def _play(store: SqliteHotStore, keys: list[SessionKey], random: Random) -> None:
    """Append, release and evict at random, with payloads of one to ten thousand bytes or so."""
    for _ in range(500):
        number = random.randrange(len(keys))
        key = keys[number]
        match random.choices(["append", "release", "evict"], [80, 12, 8])[0]:
            case "append":
                store.append(key, NOON, _text(number) * random.choice([1, 5, 20, 80, 300, 800]))
            case "release":
                oldest = store.oldest(key, limit=random.randint(1, 9))
                store.release(key, through=oldest[-1].position if oldest else ORIGIN)
            case _:
                store.evict(key, through=MAX_POSITION)
                make_hot(store, key)


@pytest.mark.parametrize("seed", [21, 24, 28])  # with PRAGMA secure_delete alone each of them leaves copies
def test_forgotten_sessions_leave_no_trace(file: Path, open_file: Open, seed: int) -> None:
    store = open_file(file)
    keys = [SessionKey(f"<<id-{number:02}>>" * (20 if number % 3 else 1)) for number in range(40)]
    for key in keys:
        make_hot(store, key)
    _play(store, keys, Random(seed))
    for number in range(0, 40, 5):
        store.evict(keys[number], through=MAX_POSITION if number % 2 else ORIGIN)
        store.forget(keys[number])
        content = raw(file)
        assert _text(number) not in content
        assert keys[number].id.encode() not in content
    assert sum(_text(number) in content for number in range(40)) > 20  # it looks in the right place


def test_a_wipe_that_others_prevent_is_an_error_and_can_be_repeated(file: Path, open_file: Open) -> None:
    store = open_file(file, busy_timeout=0.1)
    key = SessionKey("secret name")
    make_hot(store, key)
    store.append(key, NOON, b"secret words")
    with closing(sqlite3.connect(file, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM entries").fetchone()
        with pytest.raises(StoreUnavailableError, match="forget it again"):
            store.forget(key)
        assert store.describe(key) is None
        reader.execute("COMMIT")
    assert store.forget(key).entries == 0
    assert b"secret" not in raw(file)
