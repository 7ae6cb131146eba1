from __future__ import annotations

import traceback

import pytest

from lixcore.config import CacheConfig
from lixcore.config.setting import MASK
from lixcore.errors import InvalidConfigError
from lixcore.registry import Registry

SECRET = "hunter2-Ünlock"  # noqa: S105  # made up


def test_a_secret_is_shown_nowhere(registry: Registry) -> None:
    config = CacheConfig(registry=registry, redis_password=SECRET, hot_window_size=5)
    assert repr(config) == "CacheConfig(hot_window_size=5, redis_password=***)"
    shown = {setting.name: setting.value for setting in config.settings()}
    assert shown["redis_password"] == MASK
    everything = [
        repr(config),
        str(config),
        repr(config.settings()),
        repr(config.adapter_options("redis")),
        f"{config._resolved!r}",
    ]
    assert not any(SECRET in text for text in everything)
    assert config.redis_password == SECRET


def test_that_there_is_no_secret_may_be_shown(registry: Registry) -> None:
    shown = {setting.name: setting.value for setting in CacheConfig(registry=registry).settings()}
    assert shown["redis_password"] == str(None)


@pytest.mark.parametrize("bad", [{"redis_password": SECRET + "\0"}, {"redis_password": [SECRET]}, {"redis_pasword": SECRET}])
def test_an_error_does_not_tell_a_secret_under_a_misspelt_name_either(registry: Registry, bad: dict[str, object]) -> None:
    with pytest.raises(InvalidConfigError) as caught:
        CacheConfig(registry=registry, **bad)
    (problem,) = caught.value.problems
    assert "redis_password" in problem
    assert SECRET not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("hot_store", ["picky", "redis"])
def test_an_options_class_that_refuses_a_secret_does_not_tell_it(crowded: Registry, hot_store: str) -> None:
    with pytest.raises(InvalidConfigError) as caught:
        CacheConfig(registry=crowded, hot_store=hot_store, picky_token=f"odd{SECRET}")
    assert caught.value.problems == ("the hot store adapter 'picky' refuses its options: *** is odd",)
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    with pytest.raises(InvalidConfigError) as caught:
        CacheConfig(registry=crowded, hot_store=hot_store, picky_token=f"very odd{SECRET}")
    assert caught.value.problems == ("picky_token is ***", "and more")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://cache:6379/0", "redis://cache:6379/0"),
        (f"redis://:{SECRET}@cache:6379/0", "redis://:***@cache:6379/0"),
        (f"rediss://anna:{SECRET}@cache", "rediss://anna:***@cache"),
        (f"rediss://anna:a@/{SECRET}@cache", "rediss://anna:***@cache"),
        (f"unix:///run/redis.sock?db=1&password={SECRET}&x=1", "unix:///run/redis.sock?db=1&password=***&x=1"),
        ("redis://anna@cache", "redis://anna@cache"),
    ],
)
def test_the_password_in_a_url_is_masked(registry: Registry, url: str, shown: str) -> None:
    config = CacheConfig(registry=registry, redis_url=url)
    assert repr(config) == f"CacheConfig(redis_url={shown!r})"
    assert config.redis_url == url


def test_long_values_are_cut_after_masking(registry: Registry) -> None:
    config = CacheConfig(registry=registry, redis_url=f"redis://:{SECRET * 20}@{'h' * 200}")
    assert len(repr(config)) < 120
    assert SECRET not in repr(config)
