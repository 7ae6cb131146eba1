"""Leases, as rows: ``name, holder, taken, seconds``, the time being that of the machine's clock."""

from __future__ import annotations

import sqlite3
from typing import Final

# Made when it is first needed, so that files of before have it as well; older versions of lixcore do not look at it.
_TABLE: Final = """CREATE TABLE IF NOT EXISTS leases (name BLOB PRIMARY KEY, holder BLOB NOT NULL, taken REAL NOT NULL,
    seconds REAL NOT NULL) WITHOUT ROWID"""

# Of holders that died. There are hardly more rows than answers being made at the moment, so looking at all of them takes no time.
_DROP_SOME: Final = "DELETE FROM leases WHERE name IN (SELECT name FROM leases WHERE abs(? - taken) >= seconds LIMIT 8)"


def take_lease(sql: sqlite3.Connection, name: str, *, holder: str, seconds: float, now: float) -> bool:
    """Take or renew a lease, within a transaction that writes; False while another holder has it.

    A lease is over as well when the clock stands further before its beginning than it is long: the clock stepped back then.
    """
    sql.execute(_TABLE)
    row = sql.execute("SELECT holder, taken, seconds FROM leases WHERE name = ?", (_bytes(name),)).fetchone()
    if row is not None and row[0] != _bytes(holder) and abs(now - row[1]) < row[2]:
        return False
    sql.execute(_DROP_SOME, (now,))
    sql.execute("INSERT OR REPLACE INTO leases VALUES (?, ?, ?, ?)", (_bytes(name), _bytes(holder), now, seconds))
    return True


def drop_lease(sql: sqlite3.Connection, name: str, *, holder: str) -> None:
    """Give a lease back, within a transaction that writes."""
    sql.execute(_TABLE)
    sql.execute("DELETE FROM leases WHERE name = ? AND holder = ?", (_bytes(name), _bytes(holder)))


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")
