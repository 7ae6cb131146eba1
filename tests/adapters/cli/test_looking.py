from __future__ import annotations

import importlib
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from lix_command import LixCommand, conversation, lines_of
from site_packages import site_packages


@pytest.fixture
def filled(lix: LixCommand) -> LixCommand:
    """Three archived sessions, of which ``b`` is hot as well."""
    histories = [conversation("a", 4), conversation("b", 30), conversation("c", 2)]
    lix("import", "-", stdin=lines_of(histories))
    assert lix("show", "b", "--context").code == 0
    return lix


@pytest.mark.parametrize(("key", "order"), [("id", "abc"), ("messages", "bac"), ("hot", "bac"), ("last", "bac"), ("size", "bac")])
def test_sessions_are_sorted(filled: LixCommand, key: str, order: str) -> None:
    assert "".join(each["session_id"] for each in filled("sessions", "--sort", key, "--json").lines()) == order


def test_a_session_is_listed_with_its_counts(filled: LixCommand) -> None:
    rows = {each["session_id"]: each for each in filled("sessions", "--json").lines()}
    assert (rows["b"]["messages"], rows["b"]["hot"], rows["b"]["last_said"]) == (30, 20, 1_700_000_029.5)
    assert (rows["a"]["messages"], rows["a"]["hot"], rows["a"]["last_said"]) == (4, None, 1_700_000_003.5)
    assert all(each["stored_bytes"] > 0 for each in rows.values())


def test_the_list_is_limited_and_says_so(filled: LixCommand) -> None:
    assert len(filled("sessions", "--limit", "2", "--json").lines()) == 2
    result = filled("sessions", "--limit", "2")
    assert "3 sessions, 36 messages; the first 2 are shown" in result.out


def test_an_empty_stack_is_no_error(lix: LixCommand) -> None:
    result = lix("sessions")
    assert result.code == 0
    assert "No sessions yet" in result.err


def test_show_gives_the_history_its_end_and_the_context(filled: LixCommand) -> None:
    messages = conversation("b", 30)["messages"]
    assert filled("show", "b", "--json").document() == {"session_id": "b", "messages": messages}
    assert filled("show", "b", "--last", "3", "--json").document()["messages"] == messages[-3:]
    assert filled("show", "b", "--context", "--json").document()["messages"] == messages[-20:]
    assert filled("show", "b", "--context", "--last", "3", "--json").document()["messages"] == messages[-3:]


def test_show_writes_for_people(filled: LixCommand) -> None:
    result = filled("show", "c")
    assert "message 0 of c" in result.out
    assert result.out.index("message 0") < result.out.index("message 1")
    assert "2 messages of c" in result.err


def test_tool_calls_are_shown_as_calls(lix: LixCommand) -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"place": "Kyoto"}'}}
    messages = [{"role": "assistant", "content": "", "timestamp": 1.0, "metadata": {"tool_calls": [call], "model": "m"}}]
    lix("import", "-", stdin=lines_of([{"session_id": "t", "messages": messages}]))
    result = lix("show", "t")
    assert '→ weather({"place": "Kyoto"})  call_1' in result.out
    assert '{"model": "m"}' in result.out


# What a terminal obeys, and what turns text around: everything a stored text must not do.
HOSTILE = ["\x1b[2J", "\x1b]0;owned\x07", "\x9b31m", "\x08\x08", "\r", "\u202e", "\u2066", "\x7f", "[bold]", "[/]"]
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.mark.parametrize("text", HOSTILE)
def test_stored_text_cannot_drive_the_terminal(lix: LixCommand, text: str) -> None:
    message = {"role": f"r{text}", "content": f"before{text}after", "timestamp": 1.0, "metadata": {f"k{text}": text}}
    calls = {"tool_calls": [{"id": text, "function": {"name": text, "arguments": text}}]}
    line: dict[str, Any] = {"session_id": f"id{text}", "messages": [message, {**message, "metadata": calls}], f"extra{text}": 1}
    told = lix("import", "-", stdin=lines_of([line]))
    shown = [
        told,
        lix("sessions"),
        lix("show", f"id{text}"),
        lix("show", f"id{text}", "--json"),
        lix("show", f"no{text}"),
        lix("sessions", "--json"),
        lix("import", "-", stdin=lines_of([{"session_id": "x", "messages": [{"role": "u", "content": "", text: 1}]}])),
        lix("stats", "--tenant", text),
        lix("forget", f"id{text}"),
        lix("evict", f"no{text}"),
        lix("config", "--set", f"archive_dir=x{text}"),
        lix("config", "--set", f"{text}=x"),
    ]
    for ran in shown:
        assert not OBEYED.search(ran.out), ran.out
        assert not OBEYED.search(ran.err), ran.err
    assert "before" in shown[2].out
    assert "after" in shown[2].out
    if text.startswith("["):
        assert f"before{text}after" in shown[2].out, "square brackets are text"


def test_other_scripts_and_joined_emoji_are_shown_as_they_are(lix: LixCommand) -> None:
    text = "नमस्ते क्‍ष 👩‍🚀 こんにちは"
    message = {"role": "user", "content": text, "timestamp": 1.0}
    lix("import", "-", stdin=lines_of([{"session_id": "s", "messages": [message]}]))
    assert text in lix("show", "s").out


def test_stats_count_everything_once(filled: LixCommand) -> None:
    told = filled("stats", "--json").document()
    assert (told["sessions"], told["hot_sessions"]) == (3, 1)
    assert (told["messages"], told["hot_messages"], told["archived_messages"]) == (36, 20, 36)
    assert told["ratio"] == told["stored_bytes"] / told["raw_bytes"]
    files = sum(path.stat().st_size for path in filled.archive_dir.rglob("*.huff"))
    assert told["stored_bytes"] == files
    assert "36" in filled("stats").out


def test_stats_of_nothing(lix: LixCommand) -> None:
    assert lix("stats", "--json").document()["ratio"] is None
    assert lix("stats").code == 0


def test_config_shows_values_with_origins_and_masks_secrets(lix: LixCommand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIX_HOT_WINDOW_SIZE", "7")
    Path("lixcore.toml").write_text('codec = "deflate"\n[redis]\npassword = "hush"\n')
    result = lix("config", "--json", "--set", "hot_store=redis", "--set", "spill_batch_size=3")
    shown = {each["name"]: each for each in result.lines()}
    assert (shown["hot_window_size"]["value"], shown["hot_window_size"]["origin"]) == ("7", "environment LIX_HOT_WINDOW_SIZE")
    assert (shown["codec"]["layer"], shown["spill_batch_size"]["layer"]) == ("file", "argument")
    assert "lixcore.toml" in shown["codec"]["origin"]
    assert shown["tenant"]["layer"] == "default"
    assert "--set spill_batch_size" in shown["spill_batch_size"]["origin"]
    assert shown["redis_password"]["layer"] == "file"
    for ran in (result, lix("config", "--explain"), lix("config", "--changed")):
        assert "hush" not in ran.out + ran.err
    changed = [each["name"] for each in lix("config", "--changed", "--json").lines()]
    assert "hot_window_size" in changed
    assert "tenant" not in changed


def test_config_reads_the_file_that_is_named(lix: LixCommand) -> None:
    Path("other.toml").write_text("hot_window_size = 3\n")
    shown = {each["name"]: each["value"] for each in lix("config", "--config", "other.toml", "--json").lines()}
    assert shown["hot_window_size"] == "3"


def test_everything_that_is_wrong_is_told_at_once_with_the_nearest_name(lix: LixCommand) -> None:
    result = lix("stats", "--set", "hot_windw_size=3", "--set", "codec=hufman", "--set", "spill_batch_size=lots")
    assert result.code == 78
    for part in ("did you mean hot_window_size?", "did you mean 'huffman'?", "from --set codec", "spill_batch_size = 'lots'"):
        assert part in result.err


@pytest.mark.parametrize("given", ["novalue", "=x", ""])
def test_a_setting_without_a_name_or_value_is_a_usage_error(lix: LixCommand, given: str) -> None:
    result = lix("stats", "--set", given)
    assert result.code == 2
    assert "NAME=VALUE" in result.err


def test_plugins_lists_what_pyproject_registers_and_loads_it(lix: LixCommand) -> None:
    result = lix("plugins", "--json")
    rows = {(each["group"], each["name"]): each for each in result.lines()}
    assert rows["lixcore.codec", "huffman"]["location"] == "lixcore_huffman:HuffmanCodec"
    assert rows["lixcore.cold_archive", "huffman"]["distribution"] == "lixcore"
    assert result.code == 0
    assert "lixcore_sqlite:SqliteHotStore" in lix("plugins").out


def test_a_plugin_that_does_not_load_is_a_finding(lix: LixCommand, monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib.metadata import EntryPoint

    from lixcore.registry import Registry

    broken = Registry([EntryPoint("mine", "no_such_module:Thing", "lixcore.codec")])
    monkeypatch.setattr(Registry, "scan", staticmethod(lambda: broken))
    result = lix("plugins", "--json")
    assert result.code == 1
    [row] = result.lines()
    assert row["loads"] is False
    assert "no_such_module" in row["problem"]
    assert json.loads(result.out)["name"] == "mine"


def test_a_group_that_there_is_not_is_a_finding(lix: LixCommand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever misspells it would look for the mistake everywhere else."""
    with site_packages(tmp_path, monkeypatch) as site:
        site.install("stranger", "", "mine = MODULE:Store", group="lixcore.hotstore")
        result = lix("plugins", "--json")
    [row] = [each for each in result.lines() if each["name"] == "mine"]
    assert (row["group"], row["distribution"], row["loads"], result.code) == ("lixcore.hotstore", "stranger", False, 1)
    assert "no group lixcore.hotstore; did you mean lixcore.hot_store?" in row["problem"]


@pytest.mark.parametrize("more", [(), ("--changed",), ("--json",)])
def test_config_tells_names_that_nothing_has_after_what_is_set(lix: LixCommand, more: tuple[str, ...]) -> None:
    """A stack looks up its policies when it opens, and its caches when they are used."""
    names = ("--set", "eviction_policy=largest-frist", "--set", "embedding_store=sqlit")
    result = lix("config", *names, *more)
    assert result.code == 78
    assert "largest-frist" in result.out
    for part in ("'largest-frist' (from --set eviction_policy); did you mean 'largest-first'?", "did you mean 'sqlite'?"):
        assert part in result.err


def test_plugins_names_the_extra_that_an_adapter_lacks(lix: LixCommand, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is wrong with it, so the exit code is 0; but whoever chooses it must know."""
    parent = "compression" if sys.version_info >= (3, 14) else "backports"
    importlib.import_module(f"{parent}.zstd")
    monkeypatch.setitem(sys.modules, f"{parent}.zstd", None)
    monkeypatch.delattr(sys.modules[parent], "zstd")
    result = lix("plugins", "--json")
    [zstd] = [each for each in result.lines() if each["name"] == "zstd"]
    assert (zstd["loads"], result.code) == (True, 0)
    assert "pip install 'lixcore[zstd]'" in zstd["problem"]
    assert all(each["problem"] == "" for each in result.lines() if each["name"] != "zstd")


@pytest.mark.parametrize(
    "command",
    [("stats",), ("sessions",), ("export",), ("show", "a"), ("evict", "--all"), ("forget", "a", "--yes"), ("import", "-")],
)
def test_an_empty_tenant_is_a_mistake_not_the_default(filled: LixCommand, command: tuple[str, ...]) -> None:
    """It is nearly always a shell variable without a value."""
    result = filled(*command, "--tenant", "")
    assert result.code == 2
    assert "'--tenant'" in result.err
    assert filled("stats", "--json").document()["sessions"] == 3
