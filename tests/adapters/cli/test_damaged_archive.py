"""What the commands make of an archive of which one file is damaged."""

from __future__ import annotations

import json

import pytest

from lix_command import LixCommand, conversation, lines_of

SKIP = ("--set", "on_damage=skip")


@pytest.fixture
def damaged(lix: LixCommand) -> LixCommand:
    """The sessions ``a``, ``b`` and ``c``; the header of the file of ``b``, the largest, is damaged."""
    assert lix("import", "-", stdin=lines_of([conversation("a", 4), conversation("b", 30), conversation("c", 2)])).code == 0
    path = max(lix.archive_dir.rglob("*.huff"), key=lambda path: path.stat().st_size)
    content = bytearray(path.read_bytes())
    content[0] ^= 0xFF
    path.write_bytes(content)
    return lix


@pytest.mark.parametrize("command", [("sessions",), ("stats",), ("export",), ("show", "b"), ("export", "--session", "b")])
def test_damage_is_named_with_what_can_be_done(damaged: LixCommand, command: tuple[str, ...]) -> None:
    result = damaged(*command)
    assert result.code == 80
    assert ".huff" in result.err
    assert "on_damage" in result.err


def test_the_list_skips_what_is_damaged_when_asked_to_and_says_so(damaged: LixCommand) -> None:
    result = damaged("sessions", "--json", *SKIP)
    assert sorted(each["session_id"] for each in result.lines()) == ["a", "c"]
    assert ".huff" in result.err
    assert result.code == 1, "a part is missing"


def test_counts_skip_what_is_damaged_when_asked_to_and_say_so(damaged: LixCommand) -> None:
    result = damaged("stats", "--json", *SKIP)
    assert (result.document()["sessions"], result.document()["messages"]) == (2, 6)
    assert ".huff" in result.err
    assert result.code == 1


def test_an_export_holds_the_sessions_that_are_whole_when_asked_to(damaged: LixCommand) -> None:
    result = damaged("export", "-o", "rest.jsonl", *SKIP)
    lines = (damaged.home / "rest.jsonl").read_text().splitlines()
    assert [json.loads(line)["session_id"] for line in lines] == ["a", "c"]
    assert "left out what is damaged" in result.err
    assert result.code == 1


@pytest.mark.parametrize("command", [("show", "b", "--json"), ("export", "--session", "b")])
def test_what_is_left_of_a_session_is_read_by_its_id(damaged: LixCommand, command: tuple[str, ...]) -> None:
    """The header is lost, the entries behind it are not."""
    result = damaged(*command, *SKIP)
    assert json.loads(result.out)["messages"] == conversation("b", 30)["messages"]
    assert "left out what is damaged" in result.err
    assert result.code == 1
