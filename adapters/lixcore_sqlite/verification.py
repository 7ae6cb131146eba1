"""Reading everything in the file, and saying what is not as it should be."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from math import isfinite
from typing import Any, Final

from lixcore.domain.position import MAX_POSITION
from lixcore.domain.session import SessionKey
from lixcore.errors import CorruptDataError
from lixcore.ports.verification import Finding, Verified
from lixcore_sqlite.database import Database
from lixcore_sqlite.options import SqliteOptions

_REMEDY: Final = (
    "stop what uses the file, move it and its -wal file away, and let lixcore make a new one; what is archived is safe"
)
_MOST_ERRORS: Final = 100
_NUMBERS: Final = "SELECT number FROM sessions ORDER BY number"
# One statement sees one state of the session, whatever others do. A row without a position is a session without entries.
_SESSION: Final = (
    "SELECT tenant, id, held, highest, last_active, position, timestamp, payload"
    " FROM sessions LEFT JOIN entries ON entries.session = sessions.number WHERE number = ? ORDER BY position"
)
_ORPHANS: Final = "SELECT session, count(*) FROM entries WHERE session NOT IN (SELECT number FROM sessions) GROUP BY session"


def verify_file(options: SqliteOptions) -> Iterator[Verified]:
    """`lixcore.ports.verification.Verifies.verify`: the file as a whole, then each session.

    Raises:
        StoreError: The file cannot be opened.
    """
    database = Database(options.path, synchronous=options.synchronous, busy_timeout=options.busy_timeout)
    try:
        database.rows("SELECT format FROM meta", ())
        findings = list(_of_file(database))
        numbers: list[int] = []
        try:
            numbers = [number for (number,) in database.rows(_NUMBERS, ())]
        except CorruptDataError as error:
            findings.append(Finding(database.where, f"its sessions cannot be listed: {error.reason}", _REMEDY))
        yield Verified(database.where, None, 0, findings)
        for number in numbers:
            verified = _of_session(database, number)
            if verified is not None:
                yield verified
    finally:
        database.close()


def _of_file(database: Database) -> Iterator[Finding]:
    try:
        for (line,) in database.rows(f"PRAGMA integrity_check({_MOST_ERRORS})", ()):
            if line != "ok":
                yield Finding(database.where, f"is damaged: {line}", _REMEDY)
        for number, count in database.rows(_ORPHANS, ()):
            yield Finding(database.where, f"has {count} entries of session number {number}, which is not there", _REMEDY)
    except CorruptDataError as error:
        yield Finding(database.where, error.reason, _REMEDY)


def _of_session(database: Database, number: int) -> Verified | None:
    """None when the session has left since it was listed."""
    where = database.where
    try:
        rows = database.rows(_SESSION, (number,))
    except CorruptDataError as error:
        return Verified(where, None, 0, [Finding(where, f"session number {number} cannot be read: {error.reason}", _REMEDY)])
    if not rows:
        return None
    tenant, identifier, held, highest, active = rows[0][:5]
    reasons = []
    session: SessionKey | None = None
    try:
        session = SessionKey(identifier.decode(), tenant=tenant.decode())
    except (AttributeError, ValueError):  # InvalidInputError is one
        reasons.append(f"the id of session number {number} is not text")
    entries = [row[5:] for row in rows if row[5] is not None]
    good = [entry for entry in entries if _is_entry(entry)]
    reasons += [f"the entry at position {position!r} cannot be read" for position, *_ in _others(entries, good)]
    if held != len(entries):
        reasons.append(f"it counts {held!r} entries and has {len(entries)}")
    if not _is_position(highest) or (good and highest < good[-1][0]):
        reasons.append(f"its highest position is {highest!r}, and that of its last entry {good[-1][0] if good else None}")
    if type(active) is not float or not isfinite(active):
        reasons.append(f"its last activity is {active!r}, which is no time")
    name = f"session {str(session)!r}" if session else f"session number {number}"
    return Verified(where, session, len(good), [Finding(where, f"{name}: {reason}", _REMEDY) for reason in reasons])


def _others(entries: Sequence[Any], good: Sequence[Any]) -> list[Any]:
    known = set(map(id, good))
    return [entry for entry in entries if id(entry) not in known]


def _is_position(value: object) -> bool:
    return type(value) is int and 0 <= value <= MAX_POSITION


def _is_entry(row: tuple[Any, Any, Any]) -> bool:
    position, timestamp, payload = row
    if type(timestamp) is bytes and len(timestamp) == struct.calcsize("<d"):
        (timestamp,) = struct.unpack("<d", timestamp)
    return _is_position(position) and type(timestamp) is float and isfinite(timestamp) and type(payload) is bytes
