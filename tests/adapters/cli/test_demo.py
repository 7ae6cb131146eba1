from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from lix_command import LixCommand
from lixcore_cli.demo_acts import conversation

if TYPE_CHECKING:
    import pytest


def test_every_claim_is_checked_and_holds(lix: LixCommand) -> None:
    result = lix("demo", "--json")
    assert result.code == 0
    told = result.document()
    assert len(told["claims"]) >= 10
    assert all(claim["holds"] for claim in told["claims"])
    assert told["messages"] >= 60
    assert [each["moved"] for each in told["overflows"]] == [12] * 5
    assert told["stored_bytes"] < told["json_lines_bytes"]
    assert {each["codec"] for each in told["codecs"]} >= {"huffman", "deflate", "none", "hcv1"}
    assert told["forgotten"]["archive"] == told["messages"]


def test_a_claim_that_does_not_hold_ends_in_failure(lix: LixCommand, monkeypatch: pytest.MonkeyPatch) -> None:
    """A memory that gives back a changed message is found out."""
    from lixcore.coordinator import CacheCoordinator

    true_history = CacheCoordinator.get_full_history

    def forgetful(self: CacheCoordinator) -> list[dict[str, object]]:
        return [{**message, "content": message["content"].upper()} for message in true_history(self)]

    monkeypatch.setattr(CacheCoordinator, "get_full_history", forgetful)
    result = lix("demo")
    assert result.code == 1
    assert "✗ the full history has all 80 messages" in result.out
    assert "checks failed" in result.err


def test_what_is_kept_can_be_looked_at_with_the_other_commands(lix: LixCommand) -> None:
    result = lix("demo", "--dir", "trial")
    assert result.code == 0
    assert "lix show demo-eleni --config trial/lixcore.toml" in result.out
    config = Path("trial/lixcore.toml").read_text()
    assert str(lix.home / "trial") in config, "it works from any working directory"
    from typer.testing import CliRunner

    from lixcore_cli.app import app

    shown = CliRunner().invoke(app, ["show", "demo-eleni", "--json", "--config", "trial/lixcore.toml"])
    assert json.loads(shown.stdout)["messages"] == conversation()[1]


def test_a_directory_that_is_in_use_is_refused(lix: LixCommand) -> None:
    Path("trial").mkdir()
    Path("trial/mine.txt").write_text("mine")
    result = lix("demo", "--dir", "trial")
    assert result.code == 2
    assert "trial is not empty" in result.err
    assert [path.name for path in Path("trial").iterdir()] == ["mine.txt"]


def test_the_conversation_has_what_the_demo_is_to_show() -> None:
    _, messages = conversation()
    assert len(messages) >= 60
    times = [message["timestamp"] for message in messages]
    assert times == sorted(times)
    calls = {call["id"] for message in messages for call in message["metadata"].get("tool_calls", ())}
    results = {message["metadata"]["tool_call_id"] for message in messages if message["role"] == "tool"}
    assert calls == results
    assert len(calls) >= 8
    text = "".join(message["content"] for message in messages)
    assert any("\u3040" <= character <= "\u30ff" for character in text), "Japanese"
    assert any("\u0370" <= character <= "\u03ff" for character in text), "Greek"
