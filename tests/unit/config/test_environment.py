from __future__ import annotations

import pytest

from lixcore.config import CacheConfig
from lixcore.errors import InvalidConfigError
from lixcore.registry import Registry


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("1", True), ("YES", True), ("on", True), ("False", False), ("0", False), ("no", False), (" off ", False)],
)
def test_truth_is_written_in_several_ways(registry: Registry, text: str, *, value: bool) -> None:
    assert CacheConfig.from_env(environ={"LIX_REDIS_KEEPALIVE": text}, registry=registry).redis_keepalive is value


@pytest.mark.parametrize("text", ["", "none", "None"])
def test_none_can_be_written(registry: Registry, text: str) -> None:
    environ = {"LIX_DISK_TTL_DAYS": text, "LIX_REDIS_PASSWORD": text}
    config = CacheConfig.from_env(environ=environ, registry=registry)
    assert config.disk_ttl_days is None
    assert config.redis_password is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("HOT_WINDOW_SIZE", ""),
        ("HOT_WINDOW_SIZE", "none"),
        ("HOT_WINDOW_SIZE", "1_000"),
        ("HOT_WINDOW_SIZE", "٢٠"),
        ("HOT_WINDOW_SIZE", "2e1"),
        ("HOT_WINDOW_SIZE", "9" * 5000),
        ("REDIS_KEEPALIVE", "maybe"),
        ("REDIS_KEEPALIVE", ""),
        ("REDIS_CONNECT_TIMEOUT", "nan"),
        ("REDIS_CONNECT_TIMEOUT", "1e999"),
        ("ARCHIVE_DIR", ""),
        ("TENANT", "\udcff"),
    ],
)
def test_a_text_that_is_no_such_value_is_refused(registry: Registry, name: str, text: str) -> None:
    with pytest.raises(InvalidConfigError) as caught:
        CacheConfig.from_env(environ={f"LIX_{name}": text}, registry=registry)
    (problem,) = caught.value.problems
    assert f"(environment LIX_{name})" in problem
    assert len(problem) < 400


def test_numbers_are_read_with_or_without_a_sign(registry: Registry) -> None:
    environ = {"LIX_SEMANTIC_SIMILARITY_THRESHOLD": "-0.5", "LIX_HOT_WINDOW_SIZE": " +7 ", "LIX_REDIS_CONNECT_TIMEOUT": "2"}
    config = CacheConfig.from_env(environ=environ, registry=registry)
    assert (config.semantic_similarity_threshold, config.hot_window_size, config.redis_connect_timeout) == (-0.5, 7, 2.0)


def test_under_lix_every_name_must_be_a_setting(registry: Registry) -> None:
    environ = {"LIX_HOT_WINDOW_SZIE": "x", "LIX_CONFIG": "x", "LIX_TRACE_HOOKS": "1", "LIXIR": "x", "PATH": "/bin"}
    with pytest.raises(InvalidConfigError) as caught:
        CacheConfig.from_env(environ=environ, registry=registry)
    expected = "hot_window_szie (environment LIX_HOT_WINDOW_SZIE): there is no such setting; did you mean LIX_HOT_WINDOW_SIZE?"
    assert caught.value.problems == (expected,)


@pytest.mark.parametrize("prefix", ["MYAPP", "myapp", "MYAPP_"])
def test_a_prefix_that_is_shared_with_the_application_leaves_its_names_alone(registry: Registry, prefix: str) -> None:
    environ = {
        "MYAPP_REDIS_HOST": "h",
        "MYAPP_SESSION_REDIS_DB": "5",
        "MYAPP_DEBUG": "1",
        "MYAPP_REDIS_URI": "x",
        "LIX_REDIS_PORT": "x",
    }
    config = CacheConfig.from_env(prefix, environ=environ, registry=registry)
    assert (config.redis_host, config.redis_db, config.redis_port) == ("h", 5, 6379)


def test_without_a_prefix_only_settings_in_use_are_looked_at(registry: Registry) -> None:
    environ = {"REDIS_HOST": "h", "HOT_WINDOW_SIZE": "9", "PATH": "/bin", "hot_window_size": "x", "CONFIG": "x"}
    config = CacheConfig.from_env("", environ=environ, registry=registry)
    assert (config.redis_host, config.hot_window_size) == ("h", 9)
    linked = {"HOT_STORE": "memory", "REDIS_PORT": "tcp://10.0.0.1:6379"}  # container runtimes set such names
    assert CacheConfig.from_env("", environ=linked, registry=registry).hot_store == "memory"


def test_the_environment_of_the_process_is_read(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIXTEST_HOT_WINDOW_SIZE", "11")
    assert CacheConfig.from_env("LIXTEST", registry=registry).hot_window_size == 11
