"""``lix search``, ``lix index`` and ``lix sql``: what people see, what programs get, and how each of them ends."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from lix_command import LixCommand, lines_of
from lixcore_cli.exit_codes import ExitCode

NOON = 1_700_000_000.0


def said(session: str, *texts: str, **metadata: Any) -> dict[str, Any]:
    roles = ("user", "assistant")
    messages = [
        {"role": roles[at % 2], "content": text, "timestamp": NOON + at, "metadata": metadata} for at, text in enumerate(texts)
    ]
    return {"session_id": session, "messages": messages}


@pytest.fixture
def lix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LixCommand:
    """The command on an embedded stack with three archived sessions, and with an index where there is one to install."""
    monkeypatch.chdir(tmp_path)
    lix = LixCommand(tmp_path, archive_index="duckdb", duckdb_path=tmp_path / "data" / "search")
    pytest.importorskip("duckdb", reason="the extra duckdb is not installed; pip install 'lixcore[duckdb]'")
    histories = [
        said("ann", "A table at the harbour, please.", "Booked: the Harbour Grill.", "Thanks!", city="Lisbon"),
        said("bob", "Where is the harbour?", "Down the hill."),
        said("eve\x1b[31m", "The harbour\x1b[31m is \u202ered\n\nindeed."),
    ]
    assert lix("import", "-", stdin=lines_of(histories)).code == 0
    return lix


def found(lix: LixCommand, *arguments: str) -> list[tuple[str, str]]:
    return [(each["session_id"], each["content"]) for each in lix("search", "--json", *arguments).lines()]


def test_what_is_archived_is_found_once_it_is_indexed(lix: LixCommand) -> None:
    before = lix("search", "harbour")
    assert (before.code, before.out) == (ExitCode.UNAVAILABLE, "")
    assert "it holds 0 messages so far" in before.err
    assert "lix index" in before.err
    assert lix("sql", "select 1").code == ExitCode.UNAVAILABLE
    assert lix("index", "--json").document()["messages"] == 6
    assert "Nothing was found. `lix index` brings in" in lix("search", "helicopter").err
    assert len(found(lix, "harbour")) == 4
    assert found(lix, "harbour", "--session", "bob") == [("bob", "Where is the harbour?")]
    assert found(lix, "harbour", "--role", "assistant") == [("ann", "Booked: the Harbour Grill.")]
    assert len(found(lix, "harbour", "-k", "2")) == 2
    assert {session for session, _ in found(lix, "harbour", "--field", "city=Lisbon")} == {"ann"}
    assert found(lix, "harbour", "--since", "2030-01-01") == []
    assert len(found(lix, "harbour", "--until", "2030-01-01T12:30", "--session", "ann", "--session", "bob")) == 3
    assert found(lix, "harbour", "--tenant", "somebody") == []


def test_a_search_can_have_the_index_catch_up(lix: LixCommand) -> None:
    assert len(found(lix, "harbour", "--catch-up")) == 4


def test_a_hit_for_programs_says_why_and_what_stands_beside_it(lix: LixCommand) -> None:
    (hit,) = lix("search", "hill", "--catch-up", "--json", "--neighbours", "1").lines()
    assert set(hit) == {
        "session_id", "tenant", "role", "content", "timestamp", "metadata", "score", "position", "neighbours", "text_score",
        "similarity",
    }  # fmt: skip
    assert (hit["session_id"], hit["tenant"], hit["timestamp"], hit["similarity"]) == ("bob", "default", NOON + 1, None)
    assert hit["text_score"] > 0
    assert [each["content"] for each in hit["neighbours"]["before"]] == ["Where is the harbour?"]
    assert hit["neighbours"]["after"] == []


def test_a_hit_for_people_says_who_when_and_where(lix: LixCommand) -> None:
    lix("index")
    result = lix("search", "hill", "--neighbours", "1")
    who, question, answer = result.out.strip().splitlines()
    assert who.startswith("assistant  2023-11-1")
    assert "  bob  " in who
    assert (question, answer) == ("Where is the harbour?", "Down the hill.")
    assert "1 message, the best first" in result.err


def test_nothing_that_was_stored_reaches_the_terminal_as_it_is(lix: LixCommand) -> None:
    lix("index")
    result = lix("search", "red", "--neighbours", "1")
    assert "\x1b" not in result.out
    assert "eve\\x1b[31m" in result.out
    assert "The harbour\\x1b[31m is \\u202ered  indeed." in result.out


def test_what_was_found_in_the_metadata_is_shown(lix: LixCommand) -> None:
    lix("index")
    assert "city: Lisbon" in lix("search", "lisbon", "-k", "1").out


def test_a_query_without_a_word_that_tells_something_says_so(lix: LixCommand) -> None:
    lix("index")
    assert "no word that tells something" in lix("search", "the").err
    assert lix("search", "the").code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["", "--catch-up"], ExitCode.BAD_INPUT, "query is empty"),
        (["x" * 16_385], ExitCode.BAD_INPUT, "query is 16,385 bytes long"),
        (["harbour", "-k", "0"], ExitCode.USAGE, ""),
        (["harbour", "--field", "city"], ExitCode.USAGE, "is not NAME=VALUE"),
        (["harbour", "--since", "yesterday"], ExitCode.USAGE, "'--since': 'yesterday' is no date such as 2026-01-31"),
        (["harbour", "--session", "typo"], ExitCode.NOT_FOUND, "there is no session 'typo' of tenant 'default'"),
        (["harbour", "--session", "typo", "--json"], ExitCode.NOT_FOUND, "there is no session"),
        (["harbour", "--since", "2030-01-01", "--until", "2020-01-01"], ExitCode.BAD_INPUT, "which is after until"),
        (["harbour", "--set", "archive_index=none"], ExitCode.CONFIG, "archive_index is none"),
    ],
)
def test_what_cannot_be_looked_for_ends_with_the_reason(
    lix: LixCommand, arguments: list[str], code: ExitCode, message: str
) -> None:
    result = lix("search", *arguments)
    assert result.code == code
    assert message in result.err


def test_no_word_of_a_library_and_no_option_that_there_is_not_is_said(lix: LixCommand) -> None:
    assert lix("search", "").err.strip() == "error: query is empty; give words to look for"
    assert "Value error" not in lix("search", "harbour", "--until", "2026-13-01").err


def test_words_need_no_quotes_and_may_begin_with_a_dash(lix: LixCommand) -> None:
    lix("index")
    assert found(lix, "harbour", "hill") == found(lix, "harbour hill")
    assert found(lix, "--", "-harbour") == found(lix, "harbour")
    assert "write --" in lix("search", "--help").out


def test_of_sessions_that_there_are_not_is_told_and_of_one_that_is_whole_no_index_is_advised(lix: LixCommand) -> None:
    lix("index")
    partly = lix("search", "helicopter", "--session", "bob", "--session", "typo")
    assert partly.code == 0
    assert "there is no session 'typo'" in partly.err
    alone = lix("search", "helicopter", "--session", "bob")
    assert (alone.code, alone.err.strip()) == (0, "Nothing was found.")


def test_one_session_is_searched_without_an_index(lix: LixCommand) -> None:
    assert found(lix, "harbour", "--session", "bob", "--set", "archive_index=none") == [("bob", "Where is the harbour?")]


def test_without_an_index_there_is_none_to_look_after(lix: LixCommand) -> None:
    for command in (["index"], ["index", "status"], ["index", "rebuild"], ["sql", "select 1"]):
        result = lix(*command, "--set", "archive_index=none")
        assert result.code == ExitCode.CONFIG
        assert "lixcore[duckdb]" in result.err


def test_the_index_tells_what_it_did_and_what_it_holds(lix: LixCommand) -> None:
    status = lix("index", "status", "--json").document()
    assert (status["adapter"], status["messages"], status["archived_messages"], status["lag"]) == ("duckdb", 0, 6, 6)
    told = lix("index")
    assert "Indexed 6 messages of 3 sessions in " in told.out
    assert "not indexed yet" in lix("index", "status").out
    again = lix("index", "--json").document()
    assert (again["seen"], again["messages"], again["complete"], again["cleared"]) == (3, 0, True, False)
    assert lix("index", "rebuild", "--json").document()["messages"] == 6
    assert lix("index", "status", "--json").document()["lag"] == 0


def test_forgetting_tells_what_the_index_lost(lix: LixCommand) -> None:
    lix("index")
    told = lix("forget", "ann", "--yes")
    assert "3 messages from the archive, 3 messages from the index" in told.out
    assert {session for session, _ in found(lix, "harbour")} == {"bob", "eve\x1b[31m"}


def test_what_is_forgotten_is_not_in_the_files_of_the_index(lix: LixCommand) -> None:
    import duckdb

    def indexed() -> list[str]:
        files = str(lix.home / "data" / "search" / "**" / "*.parquet")
        with duckdb.connect() as sql:
            return [text for (text,) in sql.execute("select text from read_parquet(?)", [files]).fetchall()]

    lix("index")
    assert any("Harbour Grill" in text for text in indexed())
    assert lix("forget", "ann", "--yes").code == 0
    texts = indexed()
    assert len(texts) == 3
    assert not any("Harbour Grill" in text for text in texts)


def test_an_archive_that_is_damaged_in_part_is_indexed_for_the_rest(lix: LixCommand) -> None:
    from lixcore.domain.session import SessionKey
    from worn_archive import edges, file_of

    path = file_of(lix.archive_dir, SessionKey("ann"))
    content = bytearray(path.read_bytes())
    content[edges(path)[0] + 40] ^= 0xFF  # of the frame's payload
    path.write_bytes(content)
    result = lix("index")
    assert result.code == ExitCode.PARTLY
    assert "of the archive cannot be read; the rest is indexed" in result.err
    assert {session for session, _ in found(lix, "harbour")} == {"bob", "eve\x1b[31m"}


def test_an_index_that_is_damaged_is_made_anew_and_said_once(lix: LixCommand) -> None:
    lix("index")
    for path in (lix.home / "data" / "search").rglob("*"):
        if path.is_file():
            path.write_bytes(b"no index")
    across = lix("search", "harbour")
    assert across.code == ExitCode.CORRUPT
    assert found(lix, "harbour", "--session", "bob") == [("bob", "Where is the harbour?")]
    told = lix("index")
    assert told.code == 0
    assert "was made anew" in told.out
    assert told.err.count("warning: ") == 1
    assert len(found(lix, "harbour")) == 4


@pytest.mark.parametrize("kind", ["words", "rows"])
def test_damage_that_only_a_search_meets_is_mended_by_the_next_catch_up(lix: LixCommand, kind: str) -> None:
    """Bytes that changed, in a file as long as before: whoever catches up reads none of them."""
    lix("index")
    (path,) = (lix.home / "data" / "search").rglob(f"*.{kind}")
    content = path.read_bytes()
    path.write_bytes(content[:40] + bytes(byte ^ 0xFF for byte in content[40:]))
    assert lix("search", "harbour").code == ExitCode.CORRUPT
    assert "was made anew" in lix("index").out
    assert len(found(lix, "harbour")) == 4
    assert lix("index", "--json").document()["cleared"] is False


def test_ctrl_c_leaves_what_is_indexed_and_the_next_one_goes_on(lix: LixCommand) -> None:
    histories = [said(f"session {number}", *["rain and snow"] * 20) for number in range(3000)]
    lix("import", "-", stdin=lines_of(histories))
    process = lix.start("index")
    try:
        process.communicate(timeout=0.9)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
        assert process.returncode in {ExitCode.OK, ExitCode.INTERRUPTED}, told.decode()
    assert lix("index").code == 0
    status = lix("index", "status", "--json").document()
    assert (status["messages"], status["lag"]) == (60_006, 0)


def test_sql_for_people_and_for_programs(lix: LixCommand) -> None:
    table = lix("sql", "select role, count(*) as n from messages group by role order by role", "--catch-up")
    assert table.code == 0
    assert [line.split() for line in table.out.split("\n") if "user" in line or "assistant" in line] == [
        ["assistant", "2"],
        ["user", "4"],
    ]
    assert "2 rows" in table.out
    rows = lix("sql", "select session, timestamp, fields from messages where role = 'assistant' order by session", "--json")
    assert rows.lines() == [
        {"session": "ann", "timestamp": "2023-11-14T22:13:21", "fields": {"city": "Lisbon"}},
        {"session": "bob", "timestamp": "2023-11-14T22:13:21", "fields": {}},
    ]
    assert lix("sql", "select count(*) from messages", "--tenant", "somebody", "--json").out == '{"count_star()": 0}\n'


def test_sql_says_that_there_are_more_rows(lix: LixCommand) -> None:
    lix("index")
    result = lix("sql", "select text from messages", "--limit", "2", "--json")
    assert len(result.lines()) == 2
    people = lix("sql", "select text from messages", "--limit", "2")
    assert "There are more rows; the first 2 are shown" in people.err
    assert "\x1b" not in people.out


@pytest.mark.parametrize("statement", ["drop table messages", "select * from nowhere", "", "select 1; select 2", "attach 'x'"])
def test_a_statement_that_cannot_be_answered_ends_with_the_reason(lix: LixCommand, statement: str) -> None:
    lix("index")
    result = lix("sql", statement, "--json")
    assert result.code == ExitCode.BAD_INPUT
    assert json.loads(result.err)["error"]["kind"] == "InvalidInputError"


def test_an_index_in_memory_answers_no_sql(lix: LixCommand) -> None:
    result = lix("sql", "select 1", "--set", "archive_index=memory")
    assert result.code == ExitCode.CONFIG
    assert "answers no SQL" in result.err
