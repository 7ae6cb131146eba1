"""What the tutorials show, `docs/examples/lixcore-toy`, installed by itself: it is found, works, and changes who makes room."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import hand_installed

TOY = Path(__file__).resolve().parent.parent / "docs" / "examples" / "lixcore-toy"

# A long conversation was used before a short one, and there is room for one of them.
WHO_MAKES_ROOM = """
import lixcore

config = lixcore.CacheConfig.load(hot_store="memory", cold_archive="memory", hot_max_sessions=1, janitor=False)
with lixcore.open(config) as stack:
    for name, remarks in ("chatty", 12), ("quiet", 2):
        for number in range(remarks):
            stack.session(name).add_message_to_context("user", f"remark {number}")
    stack.janitor_round()
    print([each.session.id for each in stack.sessions() if not each.hot])
"""


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    """A copy of what is in the repository, installed."""
    home = tmp_path / "lixcore-toy"
    shutil.copytree(TOY, home, ignore=shutil.ignore_patterns(".*", "__pycache__", "*.dist-info"))
    hand_installed.install(home)
    return home


def who_makes_room(package: Path, directory: Path, settings: str = "") -> str:
    directory.mkdir()
    (directory / "lixcore.toml").write_text(settings, encoding="utf-8")
    ended = hand_installed.run(package, "-W", "error", "-c", WHO_MAKES_ROOM, cwd=directory)
    assert ended.returncode == 0, ended.stdout
    return ended.stdout.strip()


@pytest.mark.timeout(300)
def test_its_own_tests_pass(toy: Path) -> None:
    ended = hand_installed.run(toy, "-m", "pytest", "-q", "-W", "error", variables={"LIXCORE_PROFILE": "dev"})
    assert ended.returncode == 0, ended.stdout
    assert " passed" in ended.stdout


def test_what_it_brings_is_listed_and_loads(toy: Path) -> None:
    ended = hand_installed.run(toy, *hand_installed.LIX, "plugins", "--json")
    assert ended.returncode == 0, ended.stdout
    found = [json.loads(line) for line in ended.stdout.splitlines()]
    brought = {(each["group"], each["name"]): each for each in found if each["distribution"] == "lixcore-toy"}
    assert set(brought) == {
        ("lixcore.hot_store", "toy"),
        ("lixcore.eviction_policy", "chatty-last"),
        ("lixcore.plugins", "toy"),
    }
    assert [each["problem"] for each in brought.values()] == ["", "", ""]
    assert brought["lixcore.plugins", "toy"]["hooks"] == ["lixcore_evict", "lixcore_evicted"]


def test_others_make_room_with_it_than_without_it(toy: Path, tmp_path: Path) -> None:
    by_name = 'plugins = "none"\neviction_policy = "chatty-last"\n'
    assert who_makes_room(tmp_path / "nothing", tmp_path / "without") == "['chatty']"
    assert who_makes_room(toy, tmp_path / "installed") == "['quiet']"
    assert who_makes_room(toy, tmp_path / "switched-off", 'plugins = "none"\n') == "['chatty']"
    assert who_makes_room(toy, tmp_path / "by-name", by_name) == "['quiet']"
