"""Changes of the catalogue: what is added, what is forgotten, and what takes the place of what."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

import attrs

from lixcore.domain.session import SessionKey
from lixcore_duckdb.catalogue import tenant_digest
from lixcore_duckdb.part_writing import NewPart


def number_sessions(sql: sqlite3.Connection, sessions: Iterable[SessionKey]) -> None:
    """Give each session that is not known a number; it has nothing yet, and no text of it is kept."""
    sql.executemany(
        "INSERT INTO sessions (digest, tenant, id, messages, words, embeddings, last_position, forgotten_through, lacks)"
        " VALUES (?, ?, NULL, 0, 0, 0, 0, 0, 0) ON CONFLICT DO NOTHING",
        [(session.digest, tenant_digest(session.tenant)) for session in sessions],
    )


def next_part(sql: sqlite3.Connection) -> int:
    """A number that no part of the generation ever had."""
    ((number,),) = sql.execute("UPDATE meta SET next_part = next_part + 1 RETURNING next_part - 1").fetchall()
    return int(number)


def add_part(sql: sqlite3.Connection, part: NewPart) -> int:
    """Let a new part count; how many of its messages do, as somebody may have been forgotten since they were read."""
    marks = _marks(sql, [span.session for span in part.spans])
    sums: dict[bytes, list[int]] = {}
    gone, spans = 0, []
    for span in part.spans:
        hidden = int(span.positions.searchsorted(marks[span.session], side="right"))
        messages, words, embeddings = (
            len(span.positions) - hidden,
            int(span.words[hidden:].sum()),
            int(span.embedded[hidden:].sum()),
        )
        spans.append((span.session, part.number, span.first, span.first + hidden, span.stop))
        gone += hidden
        if messages:
            sql.execute(
                "UPDATE sessions SET messages = messages + ?, words = words + ?, embeddings = embeddings + ?, id = ?,"
                " last_position = max(last_position, ?) WHERE session = ?",
                (messages, words, embeddings, span.id, int(span.positions[-1]), span.session),
            )
            total = sums.setdefault(span.tenant, [0, 0])
            total[0], total[1] = total[0] + messages, total[1] + words
    sql.executemany(
        "INSERT INTO totals VALUES (?, ?, ?) ON CONFLICT (tenant) DO UPDATE"
        " SET messages = messages + excluded.messages, words = words + excluded.words",
        [(tenant, *total) for tenant, total in sums.items()],
    )
    _put_part(sql, part, spans, gone)
    return part.spans[-1].stop - gone


def note_lacks(sql: sqlite3.Connection, lacks: Mapping[bytes, int]) -> None:
    """Remember what the core noted of sessions, by their digests."""
    sql.executemany("UPDATE sessions SET lacks = ? WHERE digest = ?", [(value, digest) for digest, value in lacks.items()])


def replace_parts(sql: sqlite3.Connection, old: Sequence[int], part: NewPart | None) -> None:
    """Let a new part take the place of old ones, whose messages it has but for those that were forgotten."""
    marks = ",".join("?" * len(old))
    sql.execute(f"DELETE FROM spans WHERE part IN ({marks})", old)  # noqa: S608  # as above
    for table in ("parts", "files", "stretches"):
        sql.execute(f"DELETE FROM {table} WHERE part IN ({marks})", old)  # noqa: S608  # as above
    if part is None:
        return
    forgotten = _marks(sql, [span.session for span in part.spans])
    gone, spans = 0, []
    for span in part.spans:
        hidden = int(span.positions.searchsorted(forgotten[span.session], side="right"))
        spans.append((span.session, part.number, span.first, span.first + hidden, span.stop))
        gone += hidden
    _put_part(sql, part, spans, gone)


def _put_part(sql: sqlite3.Connection, part: NewPart, spans: Sequence[tuple[int, int, int, int, int]], forgotten: int) -> None:
    messages = part.spans[-1].stop
    sql.execute("INSERT INTO parts VALUES (?, ?, ?)", (part.number, messages, forgotten))
    sql.executemany("INSERT INTO spans VALUES (?, ?, ?, ?, ?)", spans)
    sql.executemany(
        "INSERT INTO files VALUES (?, ?, ?, ?)", [(part.number, each.kind, each.size, each.checksum) for each in part.files]
    )
    stretches: dict[bytes, list[int]] = {}
    for span in part.spans:
        stretches.setdefault(span.tenant, [span.first, span.stop])[1] = span.stop
    sql.executemany(
        "INSERT INTO stretches VALUES (?, ?, ?, ?)",
        [(tenant, part.number, first, stop) for tenant, (first, stop) in stretches.items()],
    )


def _marks(sql: sqlite3.Connection, sessions: Sequence[int]) -> dict[int, int]:
    """Up to which position each session was forgotten."""
    found: dict[int, int] = {}
    for start in range(0, len(sessions), 500):
        some = sessions[start : start + 500]
        marks = ",".join("?" * len(some))
        found.update(sql.execute(f"SELECT session, forgotten_through FROM sessions WHERE session IN ({marks})", some))  # noqa: S608  # as above
    return found


@attrs.frozen
class Removed:
    """What is forgotten of a session in one part.

    Attributes:
        part: The part.
        first: The first row that is left.
        messages: How many are forgotten.
        words: How many words those have.
        embeddings: How many of them have one.
    """

    part: int
    first: int
    messages: int
    words: int
    embeddings: int


def forget(sql: sqlite3.Connection, session: SessionKey, through: int, removed: Sequence[Removed]) -> None:
    """Mark a session as forgotten up to a position, and let what is removed count no more."""
    number_sessions(sql, [session])
    messages, words, embeddings = (
        sum(each.messages for each in removed),
        sum(each.words for each in removed),
        sum(each.embeddings for each in removed),
    )
    ((number, left),) = sql.execute(
        "UPDATE sessions SET forgotten_through = ?, lacks = 0, messages = messages - ?, words = words - ?,"
        " embeddings = embeddings - ? WHERE digest = ? RETURNING session, messages",
        (through, messages, words, embeddings, session.digest),
    ).fetchall()
    for each in removed:
        sql.execute("UPDATE spans SET first = ? WHERE session = ? AND part = ?", (each.first, number, each.part))
        sql.execute("UPDATE parts SET forgotten = forgotten + ? WHERE part = ?", (each.messages, each.part))
    tenant = tenant_digest(session.tenant)
    sql.execute("UPDATE totals SET messages = messages - ?, words = words - ? WHERE tenant = ?", (messages, words, tenant))
    sql.execute("DELETE FROM totals WHERE tenant = ? AND messages = 0", (tenant,))
    if not left:
        sql.execute("UPDATE sessions SET id = NULL, last_position = 0 WHERE session = ?", (number,))
        sql.execute("UPDATE meta SET unwiped = 1")
