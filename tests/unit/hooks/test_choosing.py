"""Which plugins a configuration has, what it costs, and when two configurations are the same."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import lixcore
from lixcore.domain.message import Message
from lixcore.hooks import PluginAdapter, hookimpl
from lixcore.registry import Group, Registry
from lixcore_policies import LeastRecentlyUsed
from site_packages import SitePackages

HEAD = "from lixcore.hooks import PluginAdapter, hookimpl\n"
ADMITTING = f"{HEAD}@hookimpl\ndef lixcore_admit(answer):\n    return True\n"

BRINGING = f"""{HEAD}
import attrs
from lixcore.ports.options import option
from lixcore_policies import LeastRecentlyUsed

@attrs.frozen
class Options:
    days: int = option(3, "How many.", at_least=1)

class Fickle(LeastRecentlyUsed):
    Options = Options

@hookimpl
def lixcore_adapters():
    return [PluginAdapter("lixcore.eviction_policy", "fickle", Fickle)]
"""


class Watcher:
    @hookimpl
    def lixcore_added(self) -> None: ...


@pytest.fixture
def three(site: SitePackages) -> SitePackages:
    for name in ("beta", "alpha", "gamma"):
        site.install(f"dist_{name}", ADMITTING, f"{name} = MODULE", group="lixcore.plugins")
    return site


def in_order_of_asking(config: lixcore.CacheConfig) -> list[str]:
    return [plugin.name for plugin in config.loaded_plugins][::-1]


@pytest.mark.parametrize(
    ("setting", "order"),
    [
        ("all", ["alpha", "beta", "gamma"]),
        ("none", []),
        ("gamma,alpha", ["gamma", "alpha"]),
        (" beta , beta ,", ["beta"]),
    ],
)
@pytest.mark.usefixtures("three")
def test_the_setting_says_which_are_loaded_and_in_what_order_they_are_asked(setting: str, order: list[str]) -> None:
    assert in_order_of_asking(lixcore.CacheConfig(plugins=setting)) == order


def test_what_is_left_out_is_not_even_imported(three: SitePackages) -> None:
    lixcore.CacheConfig(plugins="alpha")
    assert [name in sys.modules for name in three.modules] == [False, True, False]


@pytest.mark.usefixtures("three")
def test_every_layer_can_say_it(tmp_path: Path) -> None:
    file = tmp_path / "lixcore.toml"
    file.write_text('plugins = "alpha"\n')
    assert in_order_of_asking(lixcore.CacheConfig.load(file, environ={})) == ["alpha"]
    environ = {"LIX_PLUGINS": "none"}
    assert in_order_of_asking(lixcore.CacheConfig.load(file, environ=environ)) == []
    assert in_order_of_asking(lixcore.CacheConfig.from_env(environ=environ)) == []
    assert in_order_of_asking(lixcore.CacheConfig.load(file, environ=environ, texts={"plugins": "beta"})) == ["beta"]
    config = lixcore.CacheConfig.load(file, environ={}, plugins="gamma,beta")
    assert in_order_of_asking(config) == ["gamma", "beta"]
    assert in_order_of_asking(config.replaced(plugins="none")) == []


@pytest.mark.usefixtures("three")
def test_given_plugins_are_asked_first_the_last_one_before_the_others() -> None:
    first, second = Watcher(), Watcher()
    config = lixcore.CacheConfig(plugins="alpha,beta").with_plugins(first).with_plugins(second)
    assert in_order_of_asking(config) == ["Watcher 2", "Watcher", "alpha", "beta"]
    assert config.loaded_plugins.given == [first, second]
    assert in_order_of_asking(config.replaced(plugins="none")) == ["Watcher 2", "Watcher"]


@pytest.mark.usefixtures("three")
def test_configurations_are_equal_when_their_plugins_are_the_same() -> None:
    config = lixcore.CacheConfig()
    watcher = Watcher()
    assert config == lixcore.CacheConfig()
    assert hash(config) == hash(lixcore.CacheConfig())
    assert config.with_plugins(watcher) == lixcore.CacheConfig().with_plugins(watcher)
    assert hash(config.with_plugins(watcher)) == hash(lixcore.CacheConfig().with_plugins(watcher))
    assert config.with_plugins(Watcher) == config.with_plugins(Watcher)
    assert config.with_plugins(watcher) != config
    assert config.with_plugins(watcher) != config.with_plugins(Watcher())
    assert lixcore.CacheConfig(plugins="alpha,beta,gamma") != config  # the setting differs, whatever it comes to


def test_stacks_are_shared_by_configurations_with_the_same_plugins(tmp_path: Path) -> None:
    config = lixcore.CacheConfig(hot_store="memory", cold_archive="memory", archive_dir=str(tmp_path), plugins="none")
    watcher = Watcher()
    memories = [
        lixcore.CacheCoordinator("s", each)
        for each in (config.with_plugins(watcher), config.with_plugins(watcher), config, config.with_plugins(Watcher()))
    ]
    memories[0].add_message_to_context("user", "hello")
    assert [len(memory.get_context_messages()) for memory in memories] == [1, 1, 0, 0]
    for memory in memories:
        memory.close()


def test_an_adapter_that_a_plugin_brings_is_chosen_by_name_with_its_options(site: SitePackages, tmp_path: Path) -> None:
    site.install("bringing", BRINGING, "bringer = MODULE", group="lixcore.plugins")
    file = tmp_path / "lixcore.toml"
    file.write_text('eviction_policy = "fickle"\n[fickle]\ndays = 5\n')
    config = lixcore.CacheConfig.load(file, environ={})
    assert config.fickle_days == 5
    assert config.adapter_options("fickle").days == 5
    assert config.registry.provider(Group.EVICTION_POLICY, "fickle") == "bringing 2.5"
    assert "fickle" not in Registry.scan().names(Group.EVICTION_POLICY)
    assert lixcore.CacheConfig.load(environ={"LIX_FICKLE_DAYS": "7"}).fickle_days == 7
    with lixcore.open(config.replaced(hot_store="memory", cold_archive="memory")) as stack:
        assert type(stack.wiring.policies.eviction).__name__ == "Fickle"


def test_an_adapter_of_an_object_that_is_given_can_be_chosen() -> None:
    class Mine(LeastRecentlyUsed):
        pass

    class Bringing:
        @hookimpl
        def lixcore_adapters(self) -> list[PluginAdapter]:
            return [PluginAdapter("lixcore.eviction_policy", "mine", Mine)]

    config = lixcore.CacheConfig(hot_store="memory", cold_archive="memory", plugins="none").with_plugins(Bringing())
    with lixcore.open(config.replaced(eviction_policy="mine")) as stack:
        assert type(stack.wiring.policies.eviction) is Mine


def test_whoever_counts_tokens_counts_by_the_plugin(tmp_path: Path) -> None:
    """A budget of tokens is kept by the plugin's numbers: each message takes ten here."""

    class Counting:
        @hookimpl
        def lixcore_count_tokens(self, messages: Sequence[Message]) -> list[int]:
            return [10 for _ in messages]

    config = lixcore.CacheConfig(hot_store="memory", cold_archive="memory", archive_dir=str(tmp_path), plugins="none")
    with lixcore.open(config.replaced(session_max_tokens=25), plugins=[Counting()]) as stack:
        memory = stack.session("s")
        for text in "abc":
            memory.add_message_to_context("user", text)
        assert [message["content"] for message in memory.get_context_messages()] == ["b", "c"]


def test_adapters_of_two_classes_with_one_name_make_two_configurations() -> None:
    def bringing() -> Any:
        class Mine(LeastRecentlyUsed):
            pass

        return [PluginAdapter("lixcore.eviction_policy", "mine", Mine)]

    class Bringing:
        @hookimpl
        def lixcore_adapters(self) -> Any:
            return bringing()

    plugin = Bringing()
    config = lixcore.CacheConfig(plugins="none")
    assert config.with_plugins(plugin).registry != config.with_plugins(plugin).registry


def test_open_takes_plugins() -> None:
    watcher = Watcher()
    config = lixcore.CacheConfig(hot_store="memory", cold_archive="memory", plugins="none")
    with lixcore.open(config, plugins=[watcher]) as stack:
        assert stack.config == config.with_plugins(watcher)


def test_open_reads_the_configuration_when_it_gets_plugins_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lixcore.toml").write_text('hot_store = "memory"\ncold_archive = "memory"\n')
    monkeypatch.chdir(tmp_path)
    with lixcore.open(plugins=[Watcher()]) as stack:
        assert (stack.config.hot_store, len(stack.config.loaded_plugins)) == ("memory", 1)


def test_without_a_plugin_nothing_of_pluggy_is_imported() -> None:
    """Neither by a configuration nor by a stack; an interpreter of its own, as this one has plugins."""
    code = (
        "import sys, lixcore; config = lixcore.CacheConfig(hot_store='memory', cold_archive='memory', plugins='none')\n"
        "lixcore.open(config).close(); print('pluggy' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603  # ours
    assert ran.stdout == "False\n"
