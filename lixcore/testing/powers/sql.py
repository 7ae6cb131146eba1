"""What every index that answers SQL does: the part of the contract about `AnswersSql`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey
from lixcore.errors import InvalidInputError
from lixcore.ports.archive_index import ArchiveIndex
from lixcore.ports.archive_index_powers import AnswersSql, Merges, Table
from lixcore.testing.archive_index.messages import ONE, TWO, IndexRules, by_text, message, put
from lixcore.testing.ground.clock import NOON
from lixcore.testing.ground.rules import rule

COLUMNS = ["session", "position", "timestamp", "role", "text", "fields"]

CHANGES = {
    "delete": "delete from messages",
    "update": "update messages set text = ''",
    "insert": "insert into messages select * from messages",
    "drop": "drop view messages",
    "create": "create table copied as select * from messages",
    "a second statement": "select 1; drop view messages",
    "two that read": "select 1; select 2",
    "a setting": "set threads = 1",
    "a pragma": "pragma database_list",
    "a transaction": "begin",
}
"""None of them is one statement that reads."""

MISTAKES = {
    "empty": "",
    "a comment": "-- nothing",
    "no sql": "what was that article you found last week?",
    "half": "select count(",
    "no such column": "select secret from messages",
    "no such table": "select * from sqlite_master_key",
    "nul": "select 1 \0",
}


def asked(index: ArchiveIndex, statement: str, *, tenant: str = ONE.tenant, most: int = 1000) -> Table:
    """What a statement gives; the test is skipped where the index answers none."""
    if not isinstance(index, AnswersSql):
        pytest.skip("this index answers no SQL")
    return index.query_sql(statement, tenant=tenant, most=most)


def rows(index: ArchiveIndex, statement: str, *, tenant: str = ONE.tenant) -> list[tuple[object, ...]]:
    """Its rows as plain values."""
    return [tuple(row) for row in asked(index, statement, tenant=tenant).rows]


class SqlRules(IndexRules):
    """A part of the contract of indexes that may answer SQL."""

    @rule("People look up the columns in the manual: they are there, in that order, with values that a program can use.")
    def test_the_view_has_the_columns_that_are_promised(self, index: ArchiveIndex) -> None:
        put(
            index, ONE, message(7, "Café, 'quoted'\0\n", role="tool", at=NOON + 0.25, topic="rain", city="Zürich"), message(8, "")
        )
        found = asked(index, "select * from messages order by position")
        assert list(found.columns) == COLUMNS
        first, second = (tuple(row) for row in found.rows)
        assert first[:2] == ("one", 7)
        assert isinstance(first[2], datetime)
        assert first[2].replace(tzinfo=first[2].tzinfo or UTC).timestamp() == NOON + 0.25
        assert first[3:] == ("tool", "Café, 'quoted'\0\n", {"topic": "rain", "city": "Zürich"})
        assert second[4:] == ("", {})

    @rule("Curiosity about one customer's history must never show another one's.")
    def test_sql_sees_one_tenant_only(self, index: ArchiveIndex) -> None:
        put(index, ONE, message(1, "ours"))
        put(index, SessionKey("one", tenant="other"), message(2, "theirs"))
        assert rows(index, "select text from messages") == [("ours",)]
        assert rows(index, "select text from messages", tenant="other") == [("theirs",)]
        assert rows(index, "select text from messages", tenant="nobody") == []

    @rule("What SQL counts is what the index holds: each message once, and none that was forgotten.")
    def test_sql_sees_what_is_held_now(self, index: ArchiveIndex) -> None:
        assert rows(index, "select count(*) from messages") == [(0,)]
        put(index, ONE, message(1), message(2), message(3))
        put(index, ONE, message(2), message(4))
        put(index, TWO, message(1))
        index.forget(ONE, through=Position(2))
        for _ in range(2):
            assert rows(index, "select session, position from messages order by session, position") == [
                ("one", 3),
                ("one", 4),
                ("two", 1),
            ]
            if isinstance(index, Merges):
                index.merge()
        index.clear()
        assert rows(index, "select count(*) from messages") == [(0,)]

    @rule("Somebody forgets a limit: a million rows must not fill the memory, and what was left off is said.")
    def test_no_more_rows_than_asked_for(self, index: ArchiveIndex) -> None:
        put(index, ONE, *(message(at) for at in range(1, 6)))
        for most, more in ((2, True), (5, False), (9, False)):
            found = asked(index, "select position from messages order by position", most=most)
            assert [tuple(row) for row in found.rows] == [(at,) for at in range(1, min(most, 5) + 1)]
            assert found.more is more

    @rule("It is for looking: a statement that changes something, or a second one behind it, is refused and does nothing.")
    @pytest.mark.parametrize("which", CHANGES)
    def test_sql_changes_nothing(self, index: ArchiveIndex, tmp_path: Path, which: str) -> None:
        put(index, ONE, message(1))
        before = sorted(tmp_path.rglob("*"))
        with pytest.raises(InvalidInputError):
            asked(index, CHANGES[which])
        assert rows(index, "select session, position from messages") == [("one", 1)]
        assert by_text(index) == [(ONE, 1)]
        assert sorted(tmp_path.rglob("*")) == before

    @rule("People make mistakes in SQL: they are told which, and nothing that looks like an empty answer.")
    @pytest.mark.parametrize("which", MISTAKES)
    def test_mistakes_in_sql_are_told(self, index: ArchiveIndex, which: str) -> None:
        put(index, ONE, message(1))
        with pytest.raises(InvalidInputError):
            asked(index, MISTAKES[which])
