from __future__ import annotations

import pytest

from lixcore.config import CacheConfig
from lixcore.errors import BrokenAdapterError, InvalidConfigError, InvalidInputError, UnknownAdapterError
from lixcore.registry import Group, Registry


def problems_of(registry: Registry, /, **settings: object) -> tuple[str, ...]:
    with pytest.raises(InvalidConfigError) as caught:
        CacheConfig(registry=registry, **settings)
    return caught.value.problems


def test_an_adapter_that_nobody_uses_may_be_broken(crowded: Registry) -> None:
    assert CacheConfig(registry=crowded).hot_store == "redis"


def test_a_broken_adapter_is_told_once_and_its_options_are_not_called_unknown(crowded: Registry) -> None:
    (problem,) = problems_of(crowded, hot_store="broken", broken_host="x", broken_port=3)
    assert problem.startswith("adapter 'broken' of strangers 1.0 cannot be used: importing it failed: AttributeError")
    (problem,) = problems_of(crowded, broken_host="x")
    assert problem.startswith("adapter 'broken' of strangers 1.0")


def test_an_option_of_a_type_that_cannot_be_written_breaks_its_adapter(crowded: Registry) -> None:
    (problem,) = problems_of(crowded, hot_store="untyped")
    assert problem.startswith("adapter 'untyped' of strangers 1.0 cannot be used: its option 'names' is annotated with")


def test_options_of_an_adapter_that_is_not_selected_are_accepted_and_checked(registry: Registry) -> None:
    config = CacheConfig(registry=registry, hot_store="memory", redis_port=7)
    assert config.adapter_options("redis").port == 7
    assert config != CacheConfig(registry=registry, hot_store="memory")
    (problem,) = problems_of(registry, hot_store="memory", redis_port=0)
    assert problem.startswith("redis_port = 0")


def test_an_alias_is_found_also_when_its_adapter_is_not_selected(registry: Registry) -> None:
    config = CacheConfig.from_env(environ={"LIX_HOT_STORE": "memory", "LIX_SESSION_REDIS_DB": "9"}, registry=registry)
    assert config.adapter_options("redis").db == 9


def test_options_of_adapters_that_nobody_speaks_of_are_not_listed(registry: Registry) -> None:
    names = {setting.name for setting in CacheConfig(registry=registry, hot_store="memory").settings()}
    assert "huffman_level" in names
    assert "redis_host" not in names


def test_adapters_of_one_name_share_their_options(crowded: Registry) -> None:
    config = CacheConfig(registry=crowded, redis_host="h", semantic_redis_db=4, redis_db=5)
    store = config.adapter_options("redis", Group.HOT_STORE)
    index = config.adapter_options("redis", Group.SIMILARITY_INDEX)
    assert (store.host, store.db) == ("h", 5)
    assert (index.host, index.index_db) == ("h", 4)
    with pytest.raises(InvalidInputError, match=r"group is needed: there are adapters 'redis' of hot store, similarity index"):
        config.adapter_options("redis")


def test_adapters_of_one_name_that_disagree_cannot_be_used_together(clash: Registry) -> None:
    (problem,) = problems_of(clash)
    owners = "by lixcore-fakes 1.0 (cold archive) and, differently, by clashing 1.0 (codec)"
    assert problem == f"huffman_level is declared {owners}; use one of the two"


def test_an_option_is_not_passed_to_an_adapter_that_declares_it_otherwise(clash: Registry) -> None:
    config = CacheConfig(registry=clash, codec="other", huffman_level=9)
    assert config.adapter_options("huffman", Group.COLD_ARCHIVE).level == 9
    with pytest.raises(BrokenAdapterError, match=r"clashing 1\.0 cannot be used: its option huffman_level is not what another"):
        config.adapter_options("huffman", Group.CODEC)


def test_an_alias_that_two_adapters_in_use_claim_is_refused_only_where_it_is_used(crowded: Registry) -> None:
    assert CacheConfig(registry=crowded, my_store_port=7).my_store_port == 7
    (problem,) = problems_of(crowded, hot_store="picky", my_store_port=7, redis_port=7, session_redis_db=7)
    assert problem == "session_redis_db (argument session_redis_db): it stands for my_store_db and for redis_db; use one of these"


def test_the_options_of_an_adapter_that_nobody_spoke_of_are_its_defaults(crowded: Registry) -> None:
    config = CacheConfig(registry=crowded)
    assert config.adapter_options("other").level == 6
    with pytest.raises(UnknownAdapterError, match="'othr'"):
        config.adapter_options("othr")


@pytest.mark.parametrize(("setting", "group"), [("hot_store", "hot_store"), ("cold_archive", "cold_archive"), ("codec", "codec")])
def test_an_adapter_that_no_stack_works_without_is_looked_up_at_once(registry: Registry, setting: str, group: str) -> None:
    (problem,) = problems_of(registry, **{setting: "x"})
    assert problem.startswith(f"no lixcore.{group} adapter is called 'x' (from argument {setting}). Installed: ")


@pytest.mark.parametrize("setting", ["similarity_index", "archive_index", "eviction_policy"])
def test_the_others_are_looked_up_when_they_are_needed(registry: Registry, setting: str) -> None:
    assert getattr(CacheConfig(registry=registry, **{setting: "later"}), setting) == "later"


def test_what_is_accepted_for_an_adapter_is_what_is_installed(registry: Registry) -> None:
    accepted = {setting.name: setting.accepted for setting in CacheConfig(registry=registry).settings()}
    assert accepted["hot_store"] == "one of memory, redis"
    assert accepted["redis_port"] == "a whole number from 1 to 65,535"
    assert accepted["redis_password"] == "text, or none"  # noqa: S105  # not a password


def test_every_setting_has_a_sentence_of_help(registry: Registry) -> None:
    for setting in CacheConfig(registry=registry).settings():
        assert setting.help[0].isupper()
        assert setting.help.endswith(".")
