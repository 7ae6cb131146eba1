from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from lix_command import LixCommand, conversation, lines_of

THREE = [conversation("a"), conversation("b", 30), conversation("c")]


def exported(lix: LixCommand) -> list[object]:
    result = lix("export")
    assert result.code == 0
    return result.lines()


def test_what_was_imported_is_there(lix: LixCommand) -> None:
    result = lix("import", str(lix.write("three.jsonl", THREE)), "--json")
    assert result.code == 0
    told = result.document()
    assert (told["sessions"], told["messages"], told["complete"]) == (3, 38, True)
    assert exported(lix) == THREE


def test_the_summary_is_for_people_too(lix: LixCommand) -> None:
    lines = [{**each, "lang": "en"} for each in THREE]
    result = lix("import", str(lix.write("three.jsonl", lines)))
    assert "Stored 3 sessions and 38 messages" in result.out
    assert "'lang' (3)" in result.out


def test_gzip_is_known_by_its_first_bytes_not_by_a_name(lix: LixCommand) -> None:
    path = lix.home / "conversations.txt"
    path.write_bytes(gzip.compress(lines_of(THREE[:2])) + gzip.compress(lines_of(THREE[2:])))
    assert lix("import", str(path)).code == 0
    assert exported(lix) == THREE
    plain = lix.home / "not-at-all.gz"
    plain.write_bytes(lines_of(THREE))
    assert lix("import", str(plain), "--json").document()["already_there"] == {"sessions": 3, "messages": 38}


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_dash_is_standard_input(lix: LixCommand, pack: type[bytes]) -> None:
    assert lix("import", "-", stdin=pack(lines_of(THREE))).code == 0
    assert exported(lix) == THREE


def test_importing_again_stores_nothing_twice_and_says_so(lix: LixCommand) -> None:
    path = str(lix.write("three.jsonl", THREE))
    lix("import", path)
    result = lix("import", path)
    assert result.code == 0
    assert "Stored 0 sessions and 0 messages" in result.out
    assert "Already there: 3 sessions with 38 messages." in result.out
    assert exported(lix) == THREE


def test_several_files_are_imported_in_order(lix: LixCommand) -> None:
    paths = [str(lix.write(f"{index}.jsonl", [each])) for index, each in enumerate(THREE)]
    assert lix("import", *paths, "--json").document()["sessions"] == 3
    assert exported(lix) == THREE


@pytest.mark.parametrize(
    ("line", "field", "reason"),
    [
        (b'{"session_id": "x", "messages": [{"role": "user"}]}', "messages[0].content", "is missing"),
        (b'{"session_id": "", "messages": []}', "session_id", "is empty"),
        (b'{"messages": []}', "session_id", "is missing"),
        (b"[]", "line", "must be a JSON object, not list"),
        (b"{nonsense", "line", "is not JSON"),
        (b'{"session_id": "\xff", "messages": []}', "line", "is not JSON"),
        (
            b'{"session_id": "x", "messages": [{"role": "user", "content": "", "timestamp": 1e13}]}',
            "messages[0].timestamp",
            "is 1e+13; seconds since 1970",
        ),
    ],
)
def test_the_first_bad_line_stops_with_its_number_and_field(lix: LixCommand, line: bytes, field: str, reason: str) -> None:
    path = lix.home / "bad.jsonl"
    path.write_bytes(lines_of(THREE[:2]) + b"\n" + line + b"\n" + lines_of(THREE[2:]))
    result = lix("import", str(path), "--json")
    assert result.code == 65
    error = json.loads(result.err)["error"]
    assert (error["source"], error["line"], error["field"]) == (str(path), 4, field)
    assert error["reason"].startswith(reason)
    assert result.document()["messages"] == 34, "what stood before it is stored"
    assert exported(lix) == THREE[:2]


def test_after_the_line_is_mended_the_same_import_continues(lix: LixCommand) -> None:
    path = lix.home / "bad.jsonl"
    path.write_bytes(lines_of(THREE[:1]) + b"oops\n" + lines_of(THREE[2:]))
    result = lix("import", str(path))
    assert result.code == 65
    assert "bad.jsonl, line 2: line is not JSON" in result.err
    assert "--skip-bad" in result.err
    path.write_bytes(lines_of(THREE))
    told = lix("import", str(path), "--json").document()
    assert (told["sessions"], told["already_there"]["sessions"]) == (2, 1)
    assert exported(lix) == THREE


def test_skipped_lines_are_counted_listed_and_told_by_the_exit_code(lix: LixCommand) -> None:
    path = lix.home / "bad.jsonl"
    path.write_bytes(b"oops\n" + lines_of(THREE) + b"\x1b[31m\n" * 30)
    result = lix("import", str(path), "--skip-bad", "--json")
    assert result.code == 1
    bad = result.document()["bad_lines"]
    assert bad["count"] == 31
    assert [each["line"] for each in bad["listed"]] == [1, *range(5, 24)]
    assert exported(lix) == THREE
    result = lix("import", str(path), "--skip-bad")
    assert "skipped" in result.err
    assert "skipped 11 more bad lines" in result.err


def test_a_session_that_holds_other_messages_is_a_bad_line(lix: LixCommand) -> None:
    lix("import", "-", stdin=lines_of([conversation("a", 2)]))
    result = lix("import", "-", stdin=lines_of([conversation("b"), conversation("a", 2, text="other")]))
    assert result.code == 65
    assert "standard input, line 2: session_id 'a' is stored already, with other messages" in result.err


def test_imported_sessions_are_hot_when_that_was_asked_for(lix: LixCommand) -> None:
    lix("import", str(lix.write("three.jsonl", THREE[:2])))
    assert [each["hot"] for each in lix("sessions", "--sort", "id", "--json").lines()] == [None, None]
    lix("import", str(lix.write("three.jsonl", THREE)), "--hot")
    assert [each["hot"] for each in lix("sessions", "--sort", "id", "--json").lines()] == [4, 20, 4]


def test_gzip_that_is_cut_off_is_told_and_what_came_before_is_stored(lix: LixCommand) -> None:
    whole = gzip.compress(lines_of([conversation(f"s{index}", 50, text="x" * index) for index in range(400)]))
    path = lix.home / "cut.gz"
    path.write_bytes(whole[: len(whole) // 2])
    result = lix("import", str(path), "--json")
    assert result.code == 65
    assert "cannot be decompressed" in json.loads(result.err)["error"]["message"]
    assert 0 < result.document()["sessions"] < 400
    path.write_bytes(whole)
    told = lix("import", str(path), "--json").document()
    assert told["sessions"] + told["already_there"]["sessions"] == 400


def test_a_missing_file_is_named(lix: LixCommand) -> None:
    result = lix("import", "nowhere.jsonl")
    assert result.code == 66
    assert "error: nowhere.jsonl: No such file or directory" in result.err


def test_a_directory_is_no_file(lix: LixCommand, tmp_path: Path) -> None:
    result = lix("import", str(tmp_path))
    assert result.code == 74
    assert "Is a directory" in result.err


def test_sessions_go_to_the_tenant_that_was_named(lix: LixCommand) -> None:
    path = str(lix.write("three.jsonl", THREE))
    lix("import", path, "--tenant", "acme")
    assert lix("sessions", "--json").out == ""
    assert len(lix("sessions", "--json", "--tenant", "acme").lines()) == 3
