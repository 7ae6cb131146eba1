"""Configuration, commands and server settings on the pages are accepted by what they are for."""

from __future__ import annotations

import importlib
import importlib.util
import io
import json
import os
import re
import struct
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis

import lixcore
from lixcore import CacheConfig
from lixcore.hooks.installed import GROUP as PLUGINS
from lixcore.registry import Group, Registry
from lixcore_huffman import Hcv1Codec
from lixcore_redis import RedisHotStore
from redis_process import RedisProcess

Page = Callable[[str], str]
Blocks = Callable[[str], list[tuple[str, str]]]


def documents(found: list[tuple[str, str]]) -> list[tuple[str, dict[str, Any]]]:
    return [(page, tomllib.loads(text)) for page, text in found]


def test_every_toml_block_is_a_configuration_or_an_entry_point(blocks: Blocks, tmp_path: Path) -> None:
    """Of a `lixcore.toml` all settings are known; of a `pyproject.toml` the entry-point groups are."""
    groups = {group.value for group in Group} | {PLUGINS}
    found = blocks("toml")
    assert len(found) >= 4
    for page, document in documents(found):
        if "project" in document:
            assert set(document["project"]["entry-points"]) <= groups, page
    for number, (_, text) in enumerate(found):
        if "project" not in tomllib.loads(text):
            path = tmp_path / f"{number}.toml"
            path.write_text(text)
            CacheConfig.load(path, environ={})


def test_every_variable_is_a_setting(blocks: Blocks, page: Page) -> None:
    names = {"lixcore", *(setting.name for setting in CacheConfig(hot_store="redis").settings())}
    spoken = re.findall(r"\bLIX_([A-Z_]+)\b", page("how-to/configure.md") + page("reference/configuration.md"))
    spoken += [name for _, text in blocks("console") for name in re.findall(r"\bLIX_([A-Z_]+)=", text)]
    assert spoken
    assert {name.lower() for name in spoken} - names == {"config"}


def test_every_command_on_a_page_exists(blocks: Blocks) -> None:
    if importlib.util.find_spec("lixcore_cli.app") is None:
        pytest.skip("there is no lixcore_cli.app yet")
    typer = pytest.importorskip("typer.main", reason="the `cli` extra is not installed")
    commands = set(typer.get_command(importlib.import_module("lixcore_cli.app").app).commands)
    used = {word for _, text in blocks("console") for word in re.findall(r"(?:^|&& |\" )lix ([a-z-]+)", text, re.MULTILINE)}
    assert used
    assert used - commands == set()


def test_the_adapters_that_pages_choose_from_are_installed(page: Page) -> None:
    registry = Registry.scan()
    stores = page("how-to/choose-the-stores.md")
    for group in (Group.HOT_STORE, Group.COLD_ARCHIVE):
        for name in registry.names(group):
            assert f"`{name}`" in stores
    for name in registry.names(Group.CODEC):
        assert f"`{name}`" in page("how-to/choose-a-codec.md")


def test_every_path_of_the_repository_that_a_page_names_exists() -> None:
    root = Path(__file__).resolve().parents[2]
    named = {
        (page.parent if "examples" in page.parts else root, path)
        for page in (root / "docs").rglob("*.md")
        for path in re.findall(r"`((?:tests|lixcore|adapters|plugins|src)/[\w/*.]+)`", page.read_text())
    }
    assert {(root, "tests/unit/services"), (root, "tests/faults")} <= named
    assert {path for home, path in named if not list(home.glob(path.rstrip("/")))} == set()


def server_lines(text: str) -> list[str]:
    """The block of redis.conf lines, as arguments of a server."""
    (block,) = re.findall(r"^```text\n(appendonly.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [word if index else f"--{word}" for line in block.splitlines() for index, word in enumerate(line.split())]


def refusing(text: str) -> Callable[[lixcore.Stack], None]:
    """The page's own way to refuse a server."""
    (program,) = [
        block for block in re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL) if "def refuse" in block
    ]
    names: dict[str, Any] = {}
    exec(program, names)  # noqa: S102  # our own page
    refuse: Callable[[lixcore.Stack], None] = names["refuse_forgetful_server"]
    return refuse


def test_a_forgetful_server_is_refused_as_the_page_says(page: Page, redis_url: str, tmp_path: Path) -> None:
    with (
        lixcore.open(CacheConfig(redis_url=redis_url, archive_dir=os.fspath(tmp_path))) as stack,
        pytest.raises(SystemExit, match="append-only"),
    ):
        refusing(page("how-to/run-on-redis.md"))(stack)


def test_a_server_set_up_as_the_page_says_is_one_that_forgets_nothing(page: Page, tmp_path: Path) -> None:
    """And the ACL line of the page lets lixcore do everything, and read no other key."""
    text = page("how-to/run-on-redis.md")
    (acl,) = re.findall(r"^ACL SETUSER (.*)$", text, re.MULTILINE)
    with RedisProcess(*server_lines(text)) as server, redis.Redis(port=server.port) as client:
        client.execute_command("ACL", "SETUSER", *acl.split())
        client.execute_command("ACL", "LOG", "RESET")
        url = f"redis://lixcore:pa55@127.0.0.1:{server.port}/2"
        with lixcore.open(CacheConfig(redis_url=url, archive_dir=os.fspath(tmp_path))) as stack:
            refusing(text)(stack)
        with lixcore.open(CacheConfig(redis_url=url, archive_dir=os.fspath(tmp_path), on_hot_store_failure="raise")) as stack:
            hot = stack.wiring.hot
            assert isinstance(hot, RedisHotStore)
            info = hot.ping()
            assert (info.persistent, info.eviction_policy) == (True, "noeviction")
            memory = stack.session("user-abc")
            for number in range(60):
                memory.add_message_to_context("user", str(number))
            assert stack.evict_idle(idle_seconds=0) == 1
            assert len(memory.get_context_messages()) == 20
            memory.get_stats()
            memory.clear_context()
            assert memory.forget()["archive"] == 60
        assert client.execute_command("ACL", "LOG") == []
        with redis.Redis.from_url(url) as user, pytest.raises(redis.exceptions.NoPermissionError):
            user.get("somebody-elses")


def test_keys_are_as_the_layout_page_says(page: Page, redis_url: str, tmp_path: Path) -> None:
    """Every key that a session makes has its row, with its type and without a time to live."""
    rows = re.findall(r"^\| `(\{prefix\}:1:\{BB\}:(?!sem:)\S+)` \| ([a-z ]+) \|", page("reference/redis-layout.md"), re.MULTILINE)
    types = {"stream": b"stream", "sorted set": b"zset", "string": b"string"}
    wanted = {pattern.rpartition("}:")[2].partition(":")[0]: types[kind] for pattern, kind in rows}
    with lixcore.open(CacheConfig(redis_url=redis_url, archive_dir=os.fspath(tmp_path))) as stack:
        stack.session("somebody").add_message_to_context("user", "Hello")
        stack.evict_idle(idle_seconds=0)
        stack.session("user-abc").add_message_to_context("user", "Hello")
    with redis.Redis.from_url(redis_url) as client:
        found = {key.decode(): client.type(key) for key in client.scan_iter("lix:1:{*")}
        assert all(client.ttl(key) == -1 for key in found)
    assert "lix:1:{d8}:log:default/user-abc" in found
    for key, kind in found.items():
        assert re.fullmatch(r"lix:1:\{[0-9a-f]{2}\}:(log:.*|activity|epoch)", key)
        assert wanted[key.split(":")[3]] == kind
    assert {key.split(":")[3] for key in found} == set(wanted)


def test_archives_of_the_predecessor_are_converted_as_the_page_says(page: Page, tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "Привет", "timestamp": 1.5, "metadata": {}}]
    stream = Hcv1Codec().encode(json.dumps(turns).encode())
    (tmp_path / "user-abc.huff").write_bytes(b"CAv1" + struct.pack("<ddI", 1.5, 1.5, 1) + stream)
    blocks = re.findall(r"^```python\n(.*?)^```$", page("how-to/migrate-from-lix-open-cache.md"), re.MULTILINE | re.DOTALL)
    (program,) = [block for block in blocks if "def convert" in block]
    names: dict[str, Any] = {}
    exec(program, names)  # noqa: S102  # our own page
    out = io.StringIO()
    names["convert"](tmp_path, out)
    assert json.loads(out.getvalue()) == {"session_id": "user-abc", "messages": turns}
