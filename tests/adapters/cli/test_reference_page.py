"""The page of the command line lists what there is; and every command can speak JSON."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lix_command import LixCommand, conversation, lines_of
from lixcore_cli.app import COMMANDS, EXAMPLES, app
from lixcore_cli.exit_codes import ExitCode

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "reference" / "cli.md").read_text()
OPTION = re.compile(r"--[a-z][a-z-]+")


def section(command: str) -> str:
    """The part of the page under a command's heading."""
    [_, after] = PAGE.split(f"\n## `lix {command}", 1)
    return after.split("\n## ", 1)[0]


def options_of(*arguments: str) -> set[str]:
    """The options that the help lists, those of the whole page left out."""
    return set(OPTION.findall(CliRunner().invoke(app, [*arguments, "--help"], terminal_width=200).stdout))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_and_option_has_its_place(command: str) -> None:
    shared = {"--help", "--json", "--config", "--set"}
    assert options_of(command) - shared <= set(OPTION.findall(section(command)))
    assert shared <= set(OPTION.findall(PAGE))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples(command: str) -> None:
    shown = CliRunner().invoke(app, [command, "--help"], terminal_width=200).stdout
    for example, _ in EXAMPLES[command]:
        assert example in shown


@pytest.mark.parametrize("code", ExitCode)
def test_every_exit_code_is_listed_with_its_meaning(code: ExitCode) -> None:
    assert f"| {code.value} | {code.meaning} |" in PAGE


ARGUMENTS: dict[str, list[str]] = {
    "import": ["all.jsonl"],
    "export": ["-o", "out.jsonl"],
    "show": ["a"],
    "search": ["message", "--session", "a"],
    "index": ["--set", "archive_index=memory"],
    "sql": ["select role from messages limit 2", "--catch-up", "--set", "archive_index=duckdb"],
    "evict": ["--all"],
    "janitor": ["--once"],
    "forget": ["a", "--yes"],
    "train-dictionary": ["out.zdict", "--from", "all.jsonl", "--size", "512"],
    "calibrate": ["pairs.jsonl"],
    "contract": ["lru", "--profile", "dev", "--rule", "eviction-policy/a"],
    "new-adapter": ["mine", "--port", "codec"],
    "new-policy": ["mine"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_speaks_json(lix: LixCommand, command: str) -> None:
    lines = [conversation(name, 40) for name in ["a", *(f"s{index}" for index in range(60))]]
    lix.write("all.jsonl", lines)
    lix("import", "all.jsonl")
    lix.write("pairs.jsonl", [{"a": "who is it", "b": "who is that", "same": True, "similarity": 0.95}] * 40)
    result = lix(command, *ARGUMENTS.get(command, []), "--json")
    assert (result.code, result.err) == (0, "")
    try:
        assert isinstance(json.loads(result.out), dict)
    except json.JSONDecodeError:
        assert len(result.lines()) > 1


WITHOUT_CONFIGURATION = {"demo", "plugins", "new-adapter", "new-policy"}


@pytest.mark.parametrize("command", [command for command in COMMANDS if command not in WITHOUT_CONFIGURATION])
def test_every_command_tells_its_errors_as_json(lix: LixCommand, command: str) -> None:
    result = lix(command, *ARGUMENTS.get(command, []), "--json", "--set", "hot_windw_size=1")
    if command == "doctor":
        assert (result.code, result.err) == (1, ""), "what is wrong with the settings is what it was asked for"
        return
    if command == "train-dictionary":
        assert result.code == 66, "it reads the file, which is not there, and no configuration"
    else:
        assert (result.code, result.out) == (78, "")
    assert json.loads(result.err)["error"]["exit_code"] == result.code


def test_lines_that_were_trained_on_need_not_be_good(lix: LixCommand) -> None:
    Path("bad.jsonl").write_bytes(lines_of([conversation("a")]) + b"oops\n")
    result = lix("train-dictionary", "out.zdict", "--from", "bad.jsonl")
    assert result.code == 65
    assert "bad.jsonl, line 2" in result.err
    assert not Path("out.zdict").exists()


def test_a_trained_dictionary_works_where_the_output_says(lix: LixCommand) -> None:
    lix("import", "-", stdin=lines_of([conversation(f"s{index}", 40) for index in range(60)]))
    result = lix("train-dictionary", "talk.zdict", "--size", "4096")
    assert result.code == 0
    assert Path("talk.zdict").read_bytes()[:4] == bytes.fromhex("37a430ec")
    Path("lixcore.toml").write_text(result.out.split("lixcore.toml:", 1)[1].replace("\n  ", "\n"))
    assert lix("import", "-", stdin=lines_of([conversation("new", 40)])).code == 0
    assert lix("show", "new", "--json").document()["messages"] == conversation("new", 40)["messages"]
    again = lix("train-dictionary", "talk.zdict")
    assert again.code == 2
    assert "archives may need it" in again.err


def test_a_codec_without_dictionaries_is_told(lix: LixCommand) -> None:
    result = lix("train-dictionary", "x.zdict", "--codec", "huffman")
    assert result.code == 2
    assert "knows no dictionaries" in result.err
