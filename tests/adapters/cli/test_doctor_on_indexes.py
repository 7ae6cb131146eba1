"""What ``lix doctor`` says of an archive index: what it holds, and that the application works without one that does not."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from lix_command import LixCommand, Ran, conversation, lines_of
from lixcore_cli.exit_codes import ExitCode


def of_the_index(result: Ran) -> list[dict[str, Any]]:
    return [check for check in result.lines() if check["area"].startswith("archive index")]


@pytest.fixture
def duckdb(lix: LixCommand) -> list[str]:
    pytest.importorskip("duckdb", reason="the extra duckdb is not installed; pip install 'lixcore[duckdb]'")
    return ["--set", "archive_index=duckdb", "--set", f"duckdb_path={lix.home / 'search'}"]


def test_without_an_index_nothing_is_said_of_one(lix: LixCommand) -> None:
    assert of_the_index(lix("doctor", "--json")) == []


def test_it_says_what_the_index_holds(lix: LixCommand, duckdb: list[str]) -> None:
    lix("import", "-", stdin=lines_of([conversation("a", 4)]))
    lix("index", *duckdb)
    (said,) = of_the_index(lix("doctor", "--json", *duckdb))
    assert said["severity"] == "ok"
    assert said["fact"] == "it opens and holds 4 messages of 1 session; `lix index status` tells what it lacks"


def test_an_index_that_cannot_be_used_is_a_warning_with_advice(lix: LixCommand, duckdb: list[str]) -> None:
    (lix.home / "search").write_text("a file where a directory should be")
    result = lix("doctor", "--json", *duckdb)
    assert result.code == 0
    (said,) = of_the_index(result)
    assert said["severity"] == "warning"
    assert said["fact"].endswith("; one session at a time is searched without it")
    assert said["advice"]


def test_an_index_whose_driver_is_missing_is_a_problem_for_no_stack_opens_with_it(
    lix: LixCommand, duckdb: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    assert lix("search", "rain", "--session", "a", *duckdb).code == ExitCode.CONFIG
    result = lix("doctor", "--json", *duckdb)
    assert result.code != 0
    (said,) = of_the_index(result)
    assert said["severity"] == "problem"
    assert "searched without it" not in said["fact"]


def test_a_damaged_index_is_made_anew_by_the_advice(lix: LixCommand, duckdb: list[str]) -> None:
    lix("import", "-", stdin=lines_of([conversation("a", 4)]))
    lix("index", *duckdb)
    for path in (lix.home / "search").rglob("*"):
        if path.is_file():
            path.write_bytes(b"no index")
    (said,) = of_the_index(lix("doctor", "--json", *duckdb))
    assert "lix index" in said["advice"]
    assert lix("index", *duckdb).code == 0
    assert of_the_index(lix("doctor", "--json", *duckdb))[0]["severity"] == "ok"
