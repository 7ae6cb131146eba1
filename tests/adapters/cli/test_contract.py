"""`lix contract` tries installed adapters where nothing of anybody's is, and says what is wrong with them."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import sys
import threading
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from lix_command import LixCommand
from lixcore.registry import Registry

pytestmark = pytest.mark.share(2)

HOME = {
    "lixcore.hot_store": "crooked_toy:Toy",
    "lixcore.eviction_policy": "crooked_policy:Backwards",
    "lixcore.embedding_store": "crooked_policy:Homeless",
}


@pytest.fixture
def crooked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Adapters called ``crooked`` are installed beside the usual ones."""
    usual = Registry.scan()
    points = [EntryPoint("crooked", value, group) for group, value in HOME.items()]
    more = Registry([*usual._points.values(), *points])
    monkeypatch.setattr(Registry, "scan", staticmethod(lambda: more))


def run(lix: LixCommand, *arguments: str) -> tuple[int, list[Any], str]:
    result = lix("contract", *arguments, "--profile", "dev", "--json")
    return result.code, result.lines(), result.err


@pytest.mark.timeout(300)
def test_an_adapter_that_keeps_every_rule_ends_with_zero(lix: LixCommand, tmp_path: Path) -> None:
    code, [report], err = run(lix, "deflate")
    assert (code, err) == (0, "")
    assert report["holds"] is True
    assert report["port"] == "codec"
    assert len(report["results"]) > 5
    assert list(tmp_path.iterdir()) == [], "nothing is written"


@pytest.mark.timeout(300)
def test_each_port_that_has_the_name_is_tried(lix: LixCommand) -> None:
    code, reports, _ = run(lix, "memory", "--rule", "closed", "--rule", "already-closed")
    assert code == 0
    ports = {"hot-store", "cold-archive", "similarity-index", "embedding-store", "archive-index"}
    assert {report["port"] for report in reports} == ports


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("name", "port", "rule", "said"), [("memory", "hot-store", "closed", True), ("lru", "eviction-policy", "facts", False)]
)
def test_what_it_is_like_is_said_of_stores_only(lix: LixCommand, name: str, port: str, rule: str, said: bool) -> None:  # noqa: FBT001
    """A policy keeps nothing: to call it persistent would only make one wonder."""
    result = lix("contract", name, "--port", port, "--rule", rule, "--profile", "dev")
    assert result.code == 0
    assert ("capabilities" in result.out) is said


@pytest.mark.timeout(300)
def test_the_configured_place_is_not_touched(lix: LixCommand, tmp_path: Path) -> None:
    """The configured file is no database at all, and no rule minds."""
    path = tmp_path / "hot.sqlite3"
    path.write_bytes(b"mine")
    code, [report], _ = run(lix, "sqlite", "--port", "hot-store", "--rule", "absent", "--set", f"sqlite_path={path}")
    assert code == 0
    assert report["results"]
    assert path.read_bytes() == b"mine"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("crooked")
def test_a_broken_rule_ends_with_one_and_teaches(lix: LixCommand) -> None:
    result = lix("contract", "crooked", "--port", "eviction-policy", "--rule", "facts-may-be-missing", "--profile", "dev")
    assert result.code == 1
    assert "✗ eviction-policy/" in result.out
    assert "why it matters:" in result.out
    assert "seen" in result.out
    assert "read on: docs/reference/contract-rules.md#eviction-policy-" in result.out
    assert "smallest example:" in result.out


@pytest.mark.usefixtures("crooked")
def test_an_adapter_whose_place_is_not_known_is_not_tried(lix: LixCommand) -> None:
    result = lix("contract", "crooked", "--port", "embedding-store")
    assert result.code == 2
    assert 'place="path"' in result.err
    assert "capabilities = frozenset()" in result.err


@pytest.mark.timeout(300)
def test_a_store_that_is_down_is_told_once(lix: LixCommand) -> None:
    result = lix("contract", "redis", "--port", "hot-store", "--set", "redis_port=1")
    assert result.code == 69
    assert result.err.count("error:") == 1
    assert "0 rules hold" in result.out


def test_an_unknown_adapter_is_told_with_the_nearest(lix: LixCommand) -> None:
    result = lix("contract", "redsi")
    assert result.code == 78
    assert "did you mean 'redis'" in result.err


@pytest.mark.timeout(300)
def test_an_unknown_rule_is_told(lix: LixCommand) -> None:
    result = lix("contract", "none", "--rule", "no-such-rule")
    assert result.code == 65
    assert "no-such-rule" in result.err


def test_an_unknown_profile_is_told(lix: LixCommand) -> None:
    assert lix("contract", "none", "--profile", "quick").code == 2


def test_without_the_extra_the_command_says_which(lix: LixCommand, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("lixcore.testing")]:
        monkeypatch.delitem(sys.modules, name)
    usual = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: None if name == "hypothesis" else usual(name, *more))
    result = lix("contract", "none")
    assert result.code == 78
    assert "pip install 'lixcore[testing]'" in result.err


@pytest.mark.timeout(300)
def test_an_interrupt_shows_what_was_found_and_leaves_nothing(lix: LixCommand, tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    environ = {**os.environ, "TMPDIR": str(temporary)}
    with lix.start("contract", "huffman", "--port", "cold-archive", "--profile", "nightly", "--json", env=environ) as process:
        try:
            patience = threading.Event()
            while not list(temporary.glob("lixcore-contract-*/places/test_*")):  # until the first rule has begun
                assert process.poll() is None
                patience.wait(0.05)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=200)
        finally:
            process.kill()
    assert process.returncode == 130
    assert json.loads(out)["interrupted"] is True
    assert json.loads(err)["error"]["kind"] == "interrupted"
    assert list(temporary.iterdir()) == []
