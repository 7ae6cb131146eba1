from __future__ import annotations

import pytest

from lix_command import LixCommand, conversation, lines_of


@pytest.fixture
def hot(lix: LixCommand) -> LixCommand:
    """Three sessions, all hot."""
    lix("import", "-", "--hot", stdin=lines_of([conversation("a", 4), conversation("b", 30), conversation("c", 2)]))
    return lix


def hot_counts(lix: LixCommand) -> list[int | None]:
    return [each["hot"] for each in lix("sessions", "--sort", "id", "--json").lines()]


def test_named_sessions_leave_the_hot_store(hot: LixCommand) -> None:
    assert hot("evict", "a", "b", "a", "--json").document() == {"evicted": 2, "still_hot": []}
    assert hot_counts(hot) == [None, None, 2]
    assert hot("evict", "a", "--json").document()["evicted"] == 0, "it was not hot"


def test_an_unknown_session_is_told_before_any_is_moved(hot: LixCommand) -> None:
    assert hot("evict", "a", "nobody").code == 66
    assert hot_counts(hot) == [4, 20, 2]


def test_all_hot_sessions_of_the_tenant_leave(hot: LixCommand) -> None:
    hot("import", "-", "--hot", "--tenant", "acme", stdin=lines_of([conversation("z")]))
    assert "3 sessions moved" in hot("evict", "--all").out
    assert hot_counts(hot) == [None, None, None]
    assert hot("sessions", "--tenant", "acme", "--json").lines()[0]["hot"] == 4


def test_idle_sessions_leave_by_the_eviction_policy(hot: LixCommand) -> None:
    assert hot("evict", "--idle", "60", "--json").document()["evicted"] == 0
    assert hot("evict", "--idle", "0", "--json").document()["evicted"] == 3


@pytest.mark.parametrize("arguments", [[], ["a", "--all"], ["--all", "--idle", "1"], ["--idle", "-1"]])
def test_evict_wants_exactly_one_choice(hot: LixCommand, arguments: list[str]) -> None:
    assert hot("evict", *arguments).code == 2
    assert hot_counts(hot) == [4, 20, 2]


def test_forget_tells_what_each_store_lost_and_finds_nothing_the_second_time(hot: LixCommand) -> None:
    told = hot("forget", "b", "--yes", "--json").document()
    assert told == {"session_id": "b", "tenant": "default", "removed": {"hot": 20, "archive": 30, "semantic": 0, "index": 0}}
    again = hot("forget", "b", "--yes")
    assert again.code == 66
    assert "there is no session 'b'" in again.err
    assert "Removed 4 messages from the hot store, 4 messages from the archive." in hot("forget", "a", "--yes").out
    assert hot("show", "a").code == 66


def test_forget_asks_nobody_when_nobody_is_there(hot: LixCommand) -> None:
    result = hot("forget", "a")
    assert result.code == 2
    assert "--yes" in result.err
    assert len(hot_counts(hot)) == 3


@pytest.mark.parametrize(("answer", "code", "left"), [("n\n", 1, 3), ("y\n", 0, 2), ("\n", 1, 3)])
def test_forget_asks_at_a_terminal(hot: LixCommand, monkeypatch: pytest.MonkeyPatch, answer: str, code: int, left: int) -> None:
    from lixcore_cli.commands import forget

    class Answering:
        @staticmethod
        def isatty() -> bool:
            return True

    class System:
        stdin = Answering

    monkeypatch.setattr(forget, "sys", System)
    result = hot("forget", "a", stdin=answer.encode())
    assert result.code == code
    assert "Remove 4 messages of a for good?" in result.err
    assert len(hot_counts(hot)) == left
