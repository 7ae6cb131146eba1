"""``lix doctor``: what it sees on machines in which something is wrong, and that it always comes to its end."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from lix_command import LixCommand, Ran
from redis_process import RedisProcess, free_port

SECRET = "pa55-w0rd"  # noqa: S105  # what must not be shown


def checks(result: Ran) -> list[dict[str, Any]]:
    """All checks; a secret is in none of them, nor in anything else that was written."""
    assert SECRET not in result.out + result.err
    return result.lines()


def not_well(result: Ran, area: str = "") -> list[dict[str, Any]]:
    return [check for check in checks(result) if check["severity"] != "ok" and check["area"].startswith(area)]


def made(result: Ran) -> set[str]:
    """The areas in which anything was checked."""
    return {check["area"].split(" ")[0] for check in checks(result)}


CACHES = {"similarity", "embedding", "match", "admission"}
ALL = {"installation", "configuration", "adapters", "hot", "cold", "codec", "eviction", *CACHES}


def test_a_machine_that_is_well_has_no_problem(lix: LixCommand) -> None:
    result = lix("doctor", "--json")
    assert (result.code, result.err) == (0, "")
    assert made(result) == ALL
    assert [check for check in not_well(result) if check["severity"] == "problem"] == []
    for check in checks(result):
        assert check["fact"]
        assert check["severity"] == "ok" or check["advice"]


def test_people_are_told_with_a_mark_and_the_counts(lix: LixCommand) -> None:
    result = lix("doctor", "--set", "on_damage=skip")
    assert result.code == 0
    assert "✓ installation, Python: 3." in result.out
    assert "! configuration, on_damage: 'skip'" in result.out
    assert ": 0 problems, " in result.out.splitlines()[-1]


def test_warnings_count_when_it_is_strict(lix: LixCommand) -> None:
    odd = ("--set", "on_damage=skip")
    assert lix("doctor", *odd).code == 0
    assert lix("doctor", "--strict", *odd).code == 1


@pytest.mark.parametrize(
    ("settings", "check"),
    [
        ({"janitor": "false"}, "janitor"),
        ({"janitor": "false", "disk_ttl_days": "9"}, "disk_ttl_days"),
        ({"janitor": "false", "archive_index": "memory"}, "archive_index"),
        ({"on_damage": "skip"}, "on_damage"),
        ({"hot_window_size": "0"}, "hot_window_size"),
        ({"session_max_tokens": "0"}, "session_max_tokens"),
        ({"session_ttl_seconds": "60"}, "session_ttl_seconds"),
        ({"hot_store": "memory"}, "hot_store"),
        ({"cold_archive": "memory"}, "cold_archive"),
        ({"sqlite_path": "conversations/hot.sqlite3", "archive_dir": "conversations"}, "sqlite_path"),
    ],
)
def test_settings_that_are_odd_are_warned_of(lix: LixCommand, settings: dict[str, str], check: str) -> None:
    given = [part for name, value in settings.items() for part in ("--set", f"{name}={value}")]
    assert check not in {each["check"] for each in not_well(lix("doctor", "--json"), "configuration")}
    assert check in {each["check"] for each in not_well(lix("doctor", "--json", *given), "configuration")}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('hot_store = "sqlite', "not TOML"),
        ("hot_windw_size = 3", "hot_window_size"),
        ('[sqlite]\npath = 3\n\n[zqlite]\npath = "x"', "zqlite"),
        ("hot_window_size = -1\nspill_batch_size = 0", "spill_batch_size"),
    ],
)
def test_a_bad_file_is_a_problem_and_the_rest_is_checked(lix: LixCommand, text: str, said: str) -> None:
    Path("lixcore.toml").write_text(text)
    result = lix("doctor", "--json")
    assert (result.code, result.err) == (1, "")
    assert made(result) == {"installation", "configuration", "adapters"}
    assert said in json.dumps(not_well(result))
    assert "stores" in {check["check"] for check in not_well(result)}, "it says what was left out"


def test_a_file_that_is_not_there_is_a_problem(lix: LixCommand) -> None:
    result = lix("doctor", "--json", "--config", "nowhere.toml")
    assert result.code == 1
    assert "nowhere.toml" in json.dumps(not_well(result))


def test_redis_that_is_down_is_a_problem_and_the_others_are_checked(lix: LixCommand) -> None:
    port = free_port()
    settings = ["--set", "hot_store=redis", "--set", f"redis_port={port}", "--set", f"redis_password={SECRET}"]
    result = lix("doctor", "--json", *settings)
    assert (result.code, result.err) == (1, "")
    assert made(result) == ALL
    [problem] = [check for check in not_well(result, "hot store") if check["severity"] == "problem"]
    assert str(port) in problem["fact"]
    assert problem["advice"]
    checks(lix("doctor", *settings[:-2], "--set", f"redis_url=redis://:{SECRET}@localhost:{port}/1", "--json"))


def test_a_cache_that_is_away_or_damaged_is_a_warning_unless_that_raises(lix: LixCommand) -> None:
    """The application works without it; what is damaged may be deleted."""
    for file in ("hot-cache.sqlite3", "hot-embeddings.sqlite3"):
        (lix.home / file).write_bytes(b"no database at all " * 1000)
    settings = ["--set", "similarity_index=redis", "--set", f"redis_port={free_port()}", "--set", "redis_retries=0"]
    result = lix("doctor", "--json", *settings)
    [index], [store] = not_well(result, "similarity index redis"), not_well(result, "embedding store sqlite")
    assert (result.code, index["severity"], store["severity"]) == (0, "warning", "warning")
    assert "Connection refused" in index["fact"]
    assert "nothing is found or cached until it works" in index["fact"]
    assert "delete it together with its -wal and -shm files" in store["fact"]
    assert "lix verify" not in store["advice"], "which mends no cache"
    assert lix("doctor", *settings, "--set", "on_cache_failure=raise").code == 1


def test_caches_that_are_off_are_not_checked(lix: LixCommand) -> None:
    result = lix("doctor", "--json", "--set", "similarity_index=none", "--set", "embedding_store=none")
    assert made(result) == ALL - {"similarity", "embedding"}


@pytest.fixture(scope="module")
def guarded() -> Iterator[RedisProcess]:
    with RedisProcess("--requirepass", "another one") as server:
        yield server


@pytest.mark.parametrize("how", ["password", "url"])
def test_a_wrong_password_is_a_problem_and_is_not_shown(lix: LixCommand, guarded: RedisProcess, how: str) -> None:
    place = {
        "password": [f"redis_port={guarded.port}", f"redis_password={SECRET}"],
        "url": [f"redis_url=redis://:{SECRET}@127.0.0.1:{guarded.port}/1"],
    }[how]
    arguments = [part for setting in ["hot_store=redis", *place] for part in ("--set", setting)]
    result = lix("doctor", "--json", *arguments)
    assert result.code == 1
    assert [check["severity"] for check in not_well(result, "hot store")].count("problem") >= 1
    assert made(result) == ALL
    assert SECRET not in lix("doctor", *arguments).out


@pytest.fixture(scope="module")
def server() -> Iterator[RedisProcess]:
    with RedisProcess("--maxmemory", "100mb") as process:
        yield process


def test_a_redis_that_drops_messages_when_full_is_not_well(lix: LixCommand, server: RedisProcess) -> None:
    with redis.Redis(port=server.port) as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        result = lix("doctor", "--json", "--set", "hot_store=redis", "--set", f"redis_url={server.url(1)}")
        client.config_set("maxmemory-policy", "noeviction")
    assert "allkeys-lru" in json.dumps(not_well(result, "hot store"))
    result = lix("doctor", "--json", "--set", "hot_store=redis", "--set", f"redis_url={server.url(1)}")
    assert "allkeys-lru" not in json.dumps(checks(result))


def test_a_redis_without_persistence_is_not_well(lix: LixCommand, server: RedisProcess) -> None:
    result = lix("doctor", "--json", "--set", "hot_store=redis", "--set", f"redis_url={server.url(1)}")
    assert "appendonly" in json.dumps(not_well(result, "hot store"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere; any other user runs this")
def test_a_directory_without_rights_is_a_problem(lix: LixCommand) -> None:
    lix.archive_dir.mkdir()
    lix.archive_dir.chmod(0o500)
    result = lix("doctor", "--json")
    assert result.code == 1
    assert str(lix.archive_dir) in json.dumps(not_well(result, "cold archive"))


def test_an_archive_directory_that_is_a_file_is_a_problem(lix: LixCommand) -> None:
    lix.archive_dir.write_text("")
    result = lix("doctor", "--json")
    assert result.code == 1
    assert str(lix.archive_dir) in json.dumps(not_well(result, "cold archive"))
    assert made(result) == ALL


Install = Callable[..., None]

STORE = """
import attrs
{top}

class Store:
    @attrs.frozen
    class Options:
        pass

    @classmethod
    def open(cls, options, context):
        return cls()

    def diagnose(self):
        {body}
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Installs a distribution that registers a hot store of its own name, in a directory on ``sys.path``."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    modules: list[str] = []

    def install_one(name: str, *, top: str = "", body: str = "yield from ()", registered: str | None = None) -> None:
        module = f"stranger_of_doctor_{name}"
        modules.append(module)
        (site / f"{module}.py").write_text(STORE.format(top=top, body=body))
        info = site / f"lixcore_{name}-2.5.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: lixcore-{name}\nVersion: 2.5\n")
        (info / "entry_points.txt").write_text(f"[lixcore.hot_store]\n{registered or name} = {module}:Store\n")

    yield install_one
    for module in modules:
        sys.modules.pop(module, None)


def test_a_broken_plugin_is_a_warning_and_a_problem_when_it_is_chosen(lix: LixCommand, install: Install) -> None:
    install("shaky", top="import there_is_no_such_module")
    result = lix("doctor", "--json")
    [check] = not_well(result, "adapters")
    assert (result.code, check["severity"]) == (0, "warning")
    assert "lixcore-shaky 2.5" in check["fact"]
    assert "there_is_no_such_module" in check["fact"]
    chosen = lix("doctor", "--json", "--set", "hot_store=shaky")
    assert chosen.code == 1
    assert "there_is_no_such_module" in json.dumps(not_well(chosen, "configuration"))


def test_a_name_that_is_registered_twice_is_told(lix: LixCommand, install: Install) -> None:
    install("twin", registered="redis")
    result = lix("doctor", "--json")
    assert "registered 2 times" in json.dumps(not_well(result, "adapters"))
    assert lix("doctor", "--json", "--set", "hot_store=redis").code == 1


def test_a_missing_extra_is_no_fault_unless_it_is_needed(lix: LixCommand, install: Install) -> None:
    lacking = "from lixcore.errors import MissingExtraError\nraise MissingExtraError('it', module='nodriver', extra='no')"
    install("lacking", top=lacking)
    result = lix("doctor", "--json")
    assert (result.code, not_well(result, "adapters")) == (0, [])
    assert "1 more would need an extra" in json.dumps(checks(result))
    chosen = lix("doctor", "--json", "--set", "hot_store=lacking")
    assert chosen.code == 1
    assert "lixcore[no]" in json.dumps(not_well(chosen))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("raise ZeroDivisionError('by three')\n        yield", "ZeroDivisionError: by three"),
        ("from lixcore.errors import StoreFullError\n        raise StoreFullError('there', 'no room')\n        yield", "no room"),
    ],
)
def test_an_adapter_whose_check_fails_is_a_problem_and_the_others_are_checked(
    lix: LixCommand, install: Install, body: str, said: str
) -> None:
    install("failing", body=body)
    result = lix("doctor", "--json", "--set", "hot_store=failing")
    assert (result.code, made(result)) == (1, ALL - {"similarity", "embedding"}), "no cache is called like it"
    assert said in json.dumps(not_well(result, "hot store"))


def test_a_secret_that_an_adapter_repeats_is_masked(lix: LixCommand, install: Install) -> None:
    said = "from lixcore.ports.diagnosis import Diagnosis, Severity\n"
    said += f"        yield Diagnosis('login', Severity.PROBLEM, 'refused {SECRET}', 'not {SECRET}')"
    install("chatty", body=said)
    arguments = ["--set", "hot_store=chatty", "--set", f"redis_password={SECRET}"]
    [check] = not_well(lix("doctor", "--json", *arguments), "hot store")
    assert (check["fact"], check["advice"]) == ("refused ***", "not ***")


def test_a_limit_in_bytes_for_a_store_that_cannot_measure_is_a_problem(lix: LixCommand, install: Install) -> None:
    install("plain")
    arguments = ["--set", "hot_store=plain", "--set", "hot_max_bytes=1000"]
    severities = {check["check"]: check["severity"] for check in not_well(lix("doctor", "--json", *arguments))}
    assert (severities["hot_max_bytes"], severities["janitor"]) == ("problem", "warning")
