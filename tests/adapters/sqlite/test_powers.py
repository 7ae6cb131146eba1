"""What diagnosing and verifying find in a file, and leases in files of before."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey
from lixcore.errors import CorruptDataError
from lixcore.ports.diagnosis import Diagnosis, Severity
from lixcore.testing.ground.clock import NOON, SettableClock
from lixcore.testing.ground.entries import entry
from lixcore.testing.ground.opening import open_adapter
from lixcore.testing.hot_store.stores import make_hot
from lixcore_sqlite import SqliteHotStore

ONE, TWO = SessionKey("one"), SessionKey("two")
OpenFile = Callable[..., SqliteHotStore]


def told(store: SqliteHotStore) -> dict[str, Diagnosis]:
    return {diagnosis.check: diagnosis for diagnosis in store.diagnose()}


def change(file: Path, *statements: str) -> None:
    """Change the file behind lixcore's back."""
    connection = sqlite3.connect(file)
    for statement in statements:
        assert connection.execute(statement).rowcount != 0
    connection.commit()
    connection.close()


def two_sessions(store: SqliteHotStore) -> None:
    make_hot(store, ONE, [entry(1), entry(2), entry(3)])
    make_hot(store, TWO, [entry(1)])


def test_a_file_of_before_gets_leases_when_they_are_needed(open_file: OpenFile, file: Path) -> None:
    store = open_file(file)
    two_sessions(store)
    connection = sqlite3.connect(file)
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    connection.close()
    assert tables == {"meta", "sessions", "entries", "departures"}, "as before"
    other = open_file(file)
    assert store.lease("janitor", holder="one", seconds=60)
    assert not other.lease("janitor", holder="two", seconds=60)
    assert len(open_file(file).sessions()) == 2


def test_a_file_for_this_user_only_is_well(tmp_path: Path, file: Path) -> None:
    options = SqliteHotStore.Options(path=str(file))
    store = open_adapter(SqliteHotStore, options, SettableClock(), tmp_path)
    found = told(store)
    store.close()
    assert found.keys() == {"database file", "rights", "free space", "journal", "power failure", "fsync", "integrity"}
    assert {check for check, one in found.items() if one.severity is not Severity.OK} <= {"free space"}


def test_what_a_power_failure_takes_is_said(open_file: OpenFile, file: Path) -> None:
    found = told(open_file(file))["power failure"]
    assert found.severity is Severity.WARNING
    assert "full" in found.advice


def test_what_must_outlive_a_power_failure_waits_for_the_medium(tmp_path: Path, file: Path) -> None:
    """A cleared context is an eviction: undone, it would come back."""
    store = open_adapter(SqliteHotStore, SqliteHotStore.Options(path=str(file)), SettableClock(), tmp_path)
    two_sessions(store)
    waits: list[tuple[Callable[[], object], bool]] = [
        (lambda: store.append(ONE, NOON, b"x"), True),
        (lambda: store.read(ONE), False),
        (lambda: store.evict(TWO, through=Position(1)), True),
        (lambda: store.release(ONE, through=Position(1)), False),
        (lambda: store.forget(ONE), True),
        (lambda: store.lease("janitor", holder="one", seconds=60), False),
        (lambda: make_hot(store, ONE, [entry(1)]), True),
    ]
    for call, full in waits:
        call()
        assert [*store._database.rows("PRAGMA synchronous", ())] == [(2 if full else 1,)]
    store.close()


def test_rights_of_others_are_a_warning(open_file: OpenFile, file: Path) -> None:
    store = open_file(file)
    file.chmod(0o644)
    found = told(store)["rights"]
    assert found.severity is Severity.WARNING
    assert "644" in found.fact


def test_a_damaged_file_is_a_diagnosis_and_a_finding(open_file: OpenFile, file: Path) -> None:
    """A page of the table of entries is overwritten; the other session and the head of the file are as they were."""
    store = open_file(file)
    make_hot(store, TWO, [entry(1)])
    make_hot(store, ONE, [entry(number, b"x" * 3000) for number in range(1, 30)])
    store.close()
    change(file, "PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray(file.read_bytes())
    data[-4096 * 3 :] = b"\xa5" * 4096 * 3
    file.write_bytes(data)
    again = open_file(file)
    assert told(again)["integrity"].severity is Severity.PROBLEM
    verified = list(again.verify())
    assert verified[0].session is None
    assert verified[0].findings
    assert all(finding.remedy and not finding.is_repaired for one in verified for finding in one.findings)
    assert [one.messages for one in verified if one.session == TWO] == [1]


def test_a_file_that_is_no_database_is_a_diagnosis_and_cannot_be_verified(open_file: OpenFile, file: Path) -> None:
    store = open_file(file)
    store.close()
    file.write_bytes(b"not a database at all" * 1000)
    for extra in (file.with_name(file.name + "-wal"), file.with_name(file.name + "-shm")):
        extra.unlink(missing_ok=True)
    assert told(store)["database file"].severity is Severity.PROBLEM
    with pytest.raises(CorruptDataError):
        list(store.verify())


@pytest.mark.parametrize(
    ("statement", "says", "whose"),
    [
        ("UPDATE sessions SET held = 7 WHERE id = x'6f6e65'", "counts 7 entries and has 3", ONE),
        ("UPDATE sessions SET highest = 2 WHERE id = x'6f6e65'", "highest position is 2", ONE),
        ("UPDATE sessions SET highest = 'far' WHERE id = x'6f6e65'", "highest position is 'far'", ONE),
        ("UPDATE sessions SET last_active = 'once' WHERE id = x'6f6e65'", "last activity", ONE),
        ("UPDATE sessions SET last_active = 9e999 WHERE id = x'6f6e65'", "last activity", ONE),
        ("UPDATE sessions SET id = 'text' WHERE id = x'6f6e65'", "not text", None),
        ("UPDATE sessions SET id = x'ff' WHERE id = x'6f6e65'", "not text", None),
        ("UPDATE entries SET timestamp = x'00' WHERE position = 2", "position 2 cannot be read", ONE),
        ("UPDATE entries SET timestamp = 9e999 WHERE position = 2", "position 2 cannot be read", ONE),
        ("UPDATE entries SET payload = 'text' WHERE position = 2", "position 2 cannot be read", ONE),
        ("UPDATE entries SET position = 'x' WHERE position = 2", "position 'x' cannot be read", ONE),
        ("UPDATE entries SET session = 99 WHERE position = 2", "1 entries of session number 99", None),
    ],
)
def test_every_column_is_read(open_file: OpenFile, file: Path, statement: str, says: str, whose: SessionKey | None) -> None:
    two_sessions(open_file(file))
    store = open_file(file)
    change(file, statement)
    for repair in (False, True):
        verified = list(store.verify(repair=repair))
        findings = [(one.session, finding) for one in verified for finding in one.findings]
        assert any(says in finding.reason and session == whose for session, finding in findings), findings
        assert [one.messages for one in verified if one.session == TWO] == [1]
        assert [one.findings for one in verified if one.session == TWO] == [[]]


def test_verifying_keeps_nobody_waiting(open_file: OpenFile, file: Path) -> None:
    store = open_file(file, 0.0)
    two_sessions(store)
    for _ in store.verify():
        assert store.append(ONE, NOON, b"meanwhile")
        assert open_file(file, 0.0).append(TWO, NOON, b"meanwhile")
