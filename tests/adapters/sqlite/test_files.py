"""Files that are new, damaged, foreign, locked or may not be written."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from lixcore.domain.session import SessionKey
from lixcore.errors import CorruptDataError, StoreError, StoreRefusedError, StoreUnavailableError
from lixcore.testing.ground.clock import NOON
from lixcore.testing.ground.entries import entry, facts
from lixcore.testing.hot_store.stores import make_hot
from lixcore_sqlite import SqliteHotStore
from lixcore_sqlite.failures import failure

ONE = SessionKey("one")
Open = Callable[..., SqliteHotStore]


def execute(file: Path, *statements: str) -> None:
    """Change a file as another program would."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.fixture
def filled(file: Path, open_file: Open) -> Path:
    """A closed file with a session of 200 entries."""
    store = open_file(file)
    make_hot(store, ONE, [entry(position, b"x" * 500) for position in range(1, 201)])
    store.close()
    return file


def test_missing_directories_are_made(tmp_path: Path, open_file: Open) -> None:
    path = tmp_path / "a" / "b" / "c.sqlite3"
    open_file(path)
    assert path.is_file()


def test_only_its_owner_may_read_what_was_said(file: Path, open_file: Open) -> None:
    """The archive's files are the same. The write-ahead log and its index take their rights from the database."""
    make_hot(open_file(file), ONE, [entry(1, b"secret")])
    assert [path.stat().st_mode & 0o777 for path in sorted(file.parent.iterdir())] == [0o600] * 3


def test_rights_that_somebody_chose_stay(file: Path, open_file: Open) -> None:
    file.parent.mkdir()
    file.touch()
    file.chmod(0o660)
    open_file(file)
    assert file.stat().st_mode & 0o777 == 0o660


def test_a_path_is_only_a_path(tmp_path: Path, open_file: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (":memory:", "file:x?mode=memory", "é *.db"):
        open_file(Path(name))
        assert (tmp_path / name).is_file()


def test_it_stays_in_its_place_when_the_working_directory_changes(
    tmp_path: Path, open_file: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = open_file(Path("here.sqlite3"))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    make_hot(store, ONE)
    store.close()
    assert [activity.session for activity in open_file(tmp_path / "here.sqlite3").sessions()] == [ONE]


@pytest.mark.parametrize("content", [b"not a database, whatever its name says" * 200, bytes(8192)], ids=["text", "zeros"])
def test_what_is_no_database_is_refused_and_left_alone(file: Path, open_file: Open, content: bytes) -> None:
    file.parent.mkdir()
    file.write_bytes(content)
    with pytest.raises(CorruptDataError, match=r"lixcore\.sqlite3"):
        open_file(file)
    assert file.read_bytes() == content
    assert list(file.parent.iterdir()) == [file]


def test_damaged_pages_are_found_and_nothing_is_written_over_them(filled: Path, open_file: Open) -> None:
    content = bytearray(filled.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    filled.write_bytes(content)
    with pytest.raises(CorruptDataError, match=r"lixcore\.sqlite3"):
        open_file(filled).append(ONE, NOON, b"new")
    assert filled.read_bytes() == content


def test_a_file_cut_in_half_is_found(filled: Path, open_file: Open) -> None:
    os.truncate(filled, filled.stat().st_size // 2)
    with pytest.raises(CorruptDataError, match=r"lixcore\.sqlite3"):
        open_file(filled).read(ONE)


def test_the_database_of_another_application_is_left_alone(file: Path, open_file: Open) -> None:
    file.parent.mkdir()
    execute(file, "CREATE TABLE theirs (x)", "INSERT INTO theirs VALUES (1)")
    content = file.read_bytes()
    with pytest.raises(StoreRefusedError, match="another application"):
        open_file(file)
    assert file.read_bytes() == content


def test_a_newer_format_is_refused(filled: Path, open_file: Open) -> None:
    execute(filled, "UPDATE meta SET format = 2")
    with pytest.raises(StoreRefusedError, match="has format 2; this version of lixcore reads up to 1"):
        open_file(filled)


def test_a_file_that_lost_its_tables_is_damaged(filled: Path, open_file: Open) -> None:
    execute(filled, "DROP TABLE sessions")
    with pytest.raises(CorruptDataError, match="tables"):
        open_file(filled)


def test_an_id_that_is_no_text_is_damage(filled: Path, open_file: Open) -> None:
    execute(filled, "UPDATE sessions SET id = x'ff'")
    with pytest.raises(CorruptDataError, match="not text"):
        open_file(filled).sessions()


def test_a_directory_in_its_place_is_refused(file: Path, open_file: Open) -> None:
    file.mkdir(parents=True)
    with pytest.raises(StoreRefusedError, match=r"lixcore\.sqlite3"):
        open_file(file)


def test_a_directory_that_cannot_be_made_is_refused(tmp_path: Path, open_file: Open) -> None:
    (tmp_path / "a file").touch()
    with pytest.raises(StoreRefusedError, match="directory cannot be made"):
        open_file(tmp_path / "a file" / "below" / "x.sqlite3")


def test_a_write_to_a_read_only_file_is_refused(filled: Path) -> None:
    reader = closing(sqlite3.connect(f"file:{filled}?mode=ro", uri=True))
    with reader as connection, pytest.raises(sqlite3.OperationalError) as caught:
        connection.execute("DELETE FROM entries")
    error = failure(str(filled), caught.value, busy_timeout=5, writing=True, remedy="mend it")
    assert type(error) is StoreRefusedError
    assert "read-only" in str(error)


AS_NOBODY = """
import os, sys
from pathlib import Path
from typing import Any
from lixcore.testing.ground.clock import SettableClock
from lixcore.testing.ground.opening import open_adapter
from lixcore.domain.session import SessionKey
from lixcore_sqlite import SqliteHotStore
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    store = open_adapter(SqliteHotStore, SqliteHotStore.Options(path=sys.argv[1]), SettableClock(), Path("."))
    store.append(SessionKey("one"), 1.0, b"x")
except Exception as error:
    print(type(error).__name__, error)
"""


@pytest.mark.parametrize("mode", [0o555, 0o000], ids=["unwritable", "unreachable"])
def test_a_directory_without_rights_is_refused(filled: Path, mode: int) -> None:
    """The process gives up the rights of root, which no mode binds."""
    content = filled.read_bytes()
    modes = {above: above.stat().st_mode for above in list(filled.parents)[:4]}
    for above, before in modes.items():
        above.chmod(before | 0o055)
    filled.chmod(0o444)
    filled.parent.chmod(mode)
    try:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        command = [sys.executable, "-c", AS_NOBODY, str(filled)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)  # noqa: S603  # ours
    finally:
        for above, before in modes.items():
            above.chmod(before)
    assert done.stdout.startswith("StoreRefusedError")
    assert str(filled) in done.stdout
    assert filled.read_bytes() == content


def test_a_locked_file_is_an_error_after_the_timeout(filled: Path, open_file: Open) -> None:
    store = open_file(filled, busy_timeout=0.2)
    with closing(sqlite3.connect(filled, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailableError, match=r"locked by another process for 0\.2 seconds") as caught:
            store.append(ONE, NOON, b"x")
        assert caught.value.outcome_unknown is False
        with pytest.raises(StoreUnavailableError):
            store.read(ONE)
        assert len(store.oldest(ONE, limit=3)) == 3  # readers wait for nobody
        assert store.describe(ONE) is not None
        other.execute("ROLLBACK")
    assert store.append(ONE, NOON, b"x")


def test_a_file_that_is_locked_for_good_cannot_be_opened(filled: Path, open_file: Open) -> None:
    with closing(sqlite3.connect(filled, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailableError, match="locked"):
            open_file(filled, busy_timeout=0.1)


def test_a_failed_write_leaves_the_store_usable(filled: Path, open_file: Open) -> None:
    store = open_file(filled)
    execute(filled, "CREATE TRIGGER no BEFORE INSERT ON entries BEGIN SELECT raise(ABORT, 'no'); END")
    before = facts(store.oldest(ONE, limit=999))
    info = store.describe(ONE)
    with pytest.raises(StoreError):
        store.append(ONE, NOON, b"x")
    assert facts(store.oldest(ONE, limit=999)) == before
    assert store.describe(ONE) == info
    execute(filled, "DROP TRIGGER no")
    assert store.append(ONE, NOON, b"x")


class InterruptedLock:
    """Is acquired, and interrupted before anybody knows of it: between the call and its answer."""

    def __init__(self, real: Any) -> None:
        self.real = real

    def acquire(self, **how: Any) -> bool:
        self.real.acquire(**how)
        raise KeyboardInterrupt

    def release(self) -> None:
        self.real.release()


def test_an_interrupt_leaves_no_lock_behind(file: Path, open_file: Open) -> None:
    store = open_file(file)
    make_hot(store, ONE)
    database = store._database
    real = database._lock
    database._lock = InterruptedLock(real)  # type: ignore[assignment]  # it is used like one
    with pytest.raises(KeyboardInterrupt):
        store.append(ONE, NOON, b"x")
    database._lock = real
    with ThreadPoolExecutor(1) as threads:
        assert threads.submit(store.append, ONE, NOON, b"y").result(timeout=30)


def test_a_signal_handler_does_not_use_the_transaction_that_it_interrupted(file: Path, open_file: Open) -> None:
    """It would end it half-way."""
    store = open_file(file)
    make_hot(store, ONE)
    with store._database.writing(durable=True), pytest.raises(StoreUnavailableError, match="signal"):
        store.append(ONE, NOON, b"x")
    assert store.append(ONE, NOON, b"y")
