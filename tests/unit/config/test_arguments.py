from __future__ import annotations

import copy
from pathlib import Path

import attrs
import pytest

from lixcore.config import CacheConfig, Layer
from lixcore.errors import InvalidConfigError
from lixcore.registry import Registry


def problems_of(registry: Registry, /, **settings: object) -> tuple[str, ...]:
    with pytest.raises(InvalidConfigError) as caught:
        CacheConfig(registry=registry, **settings)
    return caught.value.problems


def test_the_defaults_are_those_that_users_of_the_predecessor_know(registry: Registry) -> None:
    config = CacheConfig(registry=registry)
    assert (config.hot_window_size, config.session_ttl_seconds, config.session_max_tokens) == (20, 86_400, None)
    assert (config.semantic_ttl_seconds, config.semantic_similarity_threshold, config.semantic_max_items_per_url) == (
        300,
        0.9,
        50,
    )
    assert (config.url_cache_ttl_seconds, config.url_cache_batch_size) == (86_400, 100)
    assert (config.archive_dir, config.evict_after_minutes) == ("./data/conversations", 120)
    assert (config.hot_store, config.cold_archive, config.codec) == ("redis", "huffman", "huffman")


def test_a_history_is_kept_for_ever_unless_told_otherwise(registry: Registry) -> None:
    assert CacheConfig(registry=registry).disk_ttl_days is None
    (problem,) = problems_of(registry, disk_ttl_days=0)
    assert problem.startswith("disk_ttl_days = 0 (argument disk_ttl_days): accepted is a whole number from 1 to 36,500, or none.")
    assert "none keeps it for ever" in problem


def test_an_option_of_an_adapter_is_an_argument_and_an_attribute(registry: Registry) -> None:
    config = CacheConfig(registry=registry, redis_host="cache.internal", huffman_level=9)
    assert config.redis_host == "cache.internal"
    assert config.redis_port == 6379
    options = config.adapter_options("redis")
    assert (options.host, options.port) == ("cache.internal", 6379)


def test_a_misspelt_attribute_names_the_nearest(registry: Registry) -> None:
    config = CacheConfig(registry=registry)
    with pytest.raises(AttributeError, match=r"'redis_hots' is no setting .*; did you mean 'redis_host'\?"):
        _ = config.redis_hots
    assert not hasattr(config, "_nothing")
    assert not hasattr(CacheConfig.__new__(CacheConfig), "redis_host")  # what copying asks of an empty one


def test_everything_that_is_wrong_is_told_at_once(registry: Registry) -> None:
    problems = problems_of(
        registry,
        hot_window_size=-1,
        semantic_similarity_threshold=2,
        on_damage="ignore",
        redis_port=70_000,
        redis_hots="x",
        codec="hufman",
    )
    starts = [
        "hot_window_size = -1 (argument hot_window_size): accepted is a whole number from 0 to 10,000.",
        "semantic_similarity_threshold = 2 (argument semantic_similarity_threshold): accepted is a number from -1 to 1.",
        "on_damage = 'ignore' (argument on_damage): accepted is one of raise, skip.",
        "no lixcore.codec adapter is called 'hufman' (from argument codec); did you mean 'huffman'?",
        "redis_port = 70000 (argument redis_port): accepted is a whole number from 1 to 65,535.",
        "redis_hots (argument redis_hots): there is no such setting; did you mean redis_host?",
    ]
    assert len(problems) == len(starts)
    assert all(problem.startswith(start) for problem, start in zip(problems, starts, strict=True))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hot_window_size", True),
        ("hot_window_size", 20.0),
        ("hot_window_size", "20"),
        ("hot_window_size", None),
        pytest.param("hot_window_size", 10**5000, id="an integer that Python refuses to write"),
        ("semantic_similarity_threshold", True),
        ("semantic_similarity_threshold", float("nan")),
        ("redis_connect_timeout", float("inf")),
        ("redis_connect_timeout", 10**400),
        ("redis_keepalive", 1),
        ("archive_dir", 7),
        ("archive_dir", ""),
        ("archive_dir", "a\0b"),
        ("tenant", "x" * 4097),
        ("tenant", "\ud800"),
        ("hot_store", None),
        ("redis_host", ["a", "b"]),
    ],
)
def test_nothing_is_coerced_silently(registry: Registry, name: str, value: object) -> None:
    (problem,) = problems_of(registry, **{name: value})
    assert problem.startswith(f"{name} = ")
    assert "accepted is" in problem
    assert len(problem) < 300


def test_what_loses_nothing_is_taken(registry: Registry, tmp_path: Path) -> None:
    config = CacheConfig(registry=registry, semantic_similarity_threshold=1, redis_connect_timeout=3, archive_dir=tmp_path)
    assert isinstance(config.semantic_similarity_threshold, float)
    assert isinstance(config.redis_connect_timeout, float)
    assert config.archive_dir == str(tmp_path)


def test_the_predecessors_name_of_an_option_is_accepted(registry: Registry) -> None:
    config = CacheConfig(registry=registry, session_redis_db=7)
    assert config.redis_db == 7
    assert config.origin("redis_db").where == "argument session_redis_db"


def test_an_option_given_under_two_names_must_be_the_same(registry: Registry) -> None:
    (problem,) = problems_of(registry, session_redis_db=7, redis_db=8)
    assert problem == "redis_db is given twice, differently: argument session_redis_db and argument redis_db"
    assert CacheConfig(registry=registry, session_redis_db=7, redis_db=7).redis_db == 7


def test_equal_settings_make_equal_configurations(registry: Registry) -> None:
    plain = CacheConfig(registry=registry)
    spelt_out = CacheConfig(registry=registry, hot_window_size=20, redis_host="localhost", session_redis_db=2)
    assert plain == spelt_out
    assert hash(plain) == hash(spelt_out)
    assert spelt_out.origin("hot_window_size").layer is Layer.ARGUMENT
    assert plain != CacheConfig(registry=registry, redis_host="elsewhere")
    assert plain != CacheConfig(registry=registry, hot_window_size=21)


def test_a_configuration_does_not_change(registry: Registry) -> None:
    config = CacheConfig(registry=registry)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        config.hot_window_size = 1  # type: ignore[misc]  # that is the test


def test_the_origin_of_no_setting_is_an_error(registry: Registry) -> None:
    with pytest.raises(ValueError, match="did you mean 'redis_host'"):
        CacheConfig(registry=registry).origin("redis_hots")


def test_a_copy_is_equal(registry: Registry) -> None:
    config = CacheConfig(registry=registry, redis_host="elsewhere")
    assert copy.copy(config) == config
    assert copy.deepcopy(config).redis_host == "elsewhere"


def test_replacing_keeps_the_other_settings_and_their_origins(registry: Registry) -> None:
    environ = {"LIX_REDIS_HOST": "elsewhere", "LIX_REDIS_DB": "5"}
    config = CacheConfig.from_env(environ=environ, registry=registry).replaced(session_redis_db=7, hot_window_size=3)
    assert (config.redis_host, config.redis_db, config.hot_window_size) == ("elsewhere", 7, 3)
    assert config.origin("redis_host").where == "environment LIX_REDIS_HOST"
    assert config.replaced(redis_db=8, hot_window_size=4).redis_db == 8
    assert config.replaced(redis_db=8).replaced(session_redis_db=9).redis_db == 9
    assert config.replaced(session_redis_db=8).replaced(redis_db=9).redis_db == 9
