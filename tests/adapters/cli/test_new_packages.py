"""`lix new-adapter` and `lix new-policy` write packages that pass their tests as they are, and never write over anything."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

import hand_installed
from lix_command import LixCommand
from lixcore.registry import Group
from lixcore_cli.adapter_templates import Port, adapter_package
from lixcore_cli.contract_run import ContractPort
from lixcore_cli.new_package import Names
from lixcore_cli.policy_templates import Kind, policy_package

PORTS = [port.value for port in Port]
KINDS = [kind.value for kind in Kind]


def made(lix: LixCommand, command: str, *arguments: str) -> dict[str, Any]:
    result = lix(command, *arguments, "--json")
    assert (result.code, result.err) == (0, "")
    document: dict[str, Any] = result.document()
    return document


def passes_its_tests(package: Path) -> None:
    project = hand_installed.install(package)
    ended = hand_installed.run(package, "-m", "pytest", "-q", "-W", "error", variables={"LIXCORE_PROFILE": "dev"})
    assert ended.returncode == 0, ended.stdout
    assert " passed" in ended.stdout
    assert project["name"] == package.name


@pytest.mark.share(3)
@pytest.mark.timeout(300)
@pytest.mark.parametrize("port", PORTS)
def test_a_new_adapter_passes_its_contract(lix: LixCommand, tmp_path: Path, port: str) -> None:
    document = made(lix, "new-adapter", "my-own", "--port", port)
    passes_its_tests(tmp_path / "lixcore-my-own")
    assert document["entry_point"] == {"group": f"lixcore.{port.replace('-', '_')}", "name": "my-own"}


@pytest.mark.share(4)
@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", KINDS)
def test_a_new_policy_passes_its_tests(lix: LixCommand, tmp_path: Path, kind: str) -> None:
    made(lix, "new-policy", "my-own", "--kind", kind)
    passes_its_tests(tmp_path / "lixcore-my-own")


def test_everything_that_has_a_contract_can_be_begun() -> None:
    begun = {f"lixcore.{port.replace('-', '_')}" for port in PORTS}
    begun |= {f"lixcore.{kind.setting}" for kind in Kind if kind is not Kind.PLUGIN}
    assert begun == {group.value for group in Group}
    assert {port.group.value for port in ContractPort} <= begun


@pytest.mark.timeout(300)
def test_an_installed_new_adapter_can_be_tried_by_its_name(lix: LixCommand, tmp_path: Path) -> None:
    made(lix, "new-adapter", "my-own", "--port", "codec")
    package = tmp_path / "lixcore-my-own"
    hand_installed.install(package)
    arguments = ("contract", "my-own", "--profile", "dev", "--rule", "codec/its-name", "--json")
    ended = hand_installed.run(package, *hand_installed.LIX, *arguments)
    document = json.loads(ended.stdout)
    assert ended.returncode == 0
    assert document["provider"] == "lixcore-my-own 0.1.0"
    assert [each["outcome"] for each in document["results"]] == ["passed"]


@pytest.mark.parametrize(
    "name", ["", "Mine", "my_own", "1st", "-a", "a-", "a--b", "../up", "a/b", "é", "a b", "x" * 21, "import os"]
)
def test_a_name_is_data_and_is_checked(lix: LixCommand, tmp_path: Path, name: str) -> None:
    result = lix("new-adapter", "--port", "codec", "--", name)
    assert result.code == 2
    assert "is no name" in " ".join(result.err.replace("│", " ").split())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a", "a1", "x" * 20, "class", "lixcore-mine", "a-b-c"])
def test_every_good_name_gives_a_package_that_can_be_read(tmp_path: Path, name: str) -> None:
    names = Names.of(name)
    for package in [adapter_package(names, Port.CODEC), policy_package(names, Kind.PLUGIN)]:
        for path, text in package.contents().items():
            assert "$" not in path + text
            if path.endswith(".py"):
                compile(text, path, "exec")
        project = tomllib.loads(package.contents()["pyproject.toml"])["project"]
        assert project["name"] == f"lixcore-{name.removeprefix('lixcore-')}"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("command", "name", "kind"),
    [
        ("new-adapter", "redis", "hot-store"),
        ("new-adapter", "none", "codec"),
        ("new-policy", "lru", "eviction"),
        ("new-policy", "cli", "match"),
    ],
)
def test_a_name_that_is_taken_is_refused(lix: LixCommand, tmp_path: Path, command: str, name: str, kind: str) -> None:
    option = "--port" if command == "new-adapter" else "--kind"
    result = lix(command, name, option, kind)
    assert result.code == 2
    assert "choose another name" in result.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("there", ["an empty directory", "a directory", "a file", "a link to nowhere"])
def test_what_is_there_is_never_written_into(lix: LixCommand, tmp_path: Path, there: str) -> None:
    home = tmp_path / "lixcore-mine"
    if there == "a file":
        home.write_text("mine")
    elif there == "a link to nowhere":
        home.symlink_to(tmp_path / "nowhere")
    else:
        home.mkdir()
        if there == "a directory":
            (home / "notes").write_text("mine")
    before = sorted(path.name for path in tmp_path.rglob("*"))
    result = lix("new-policy", "mine")
    assert result.code == 2
    assert "is there already, and nothing is overwritten" in result.err
    assert sorted(path.name for path in tmp_path.rglob("*")) == before


def test_a_directory_that_is_not_there_is_told(lix: LixCommand, tmp_path: Path) -> None:
    result = lix("new-policy", "mine", "--into", "no/such")
    assert result.code == 66
    assert "no/such" in result.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="it takes Linux's /dev/full")
def test_nothing_is_left_of_a_package_that_cannot_be_written(
    lix: LixCommand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full at the third file, which is a link to a device that is always full."""
    usual = Path.mkdir
    made_directories: list[Path] = []

    def with_a_trap(self: Path, *arguments: Any, **more: Any) -> None:
        usual(self, *arguments, **more)
        made_directories.append(self)
        if self.name == "lixcore_mine" and not (self / "__init__.py").is_symlink():
            (self / "__init__.py").symlink_to("/dev/full")

    monkeypatch.setattr(Path, "mkdir", with_a_trap)
    result = lix("new-adapter", "mine", "--port", "codec")
    assert made_directories
    assert result.code == 74
    assert "No space left" in result.err
    assert list(tmp_path.iterdir()) == []


def test_people_are_told_what_was_made_and_what_comes_next(lix: LixCommand) -> None:
    result = lix("new-adapter", "mine", "--port", "hot-store")
    assert "src/lixcore_mine/store.py" in result.out
    assert "pip install -e '.[test]'" in result.out
