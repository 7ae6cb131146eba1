"""What is wrong with a plugin is told when it is loaded: whose it is, all of it at once, and the way out."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType

import pytest

import lixcore
from lixcore.errors import BrokenPluginError, InvalidConfigError, MissingExtraError
from lixcore.hooks import PluginAdapter, hookimpl
from lixcore.hooks.plugins import Plugins
from lixcore_policies import LeastRecentlyUsed
from site_packages import SitePackages

Given = Callable[..., Plugins]

HEAD = (
    "from lixcore.hooks import PluginAdapter, hookimpl\nfrom lixcore_policies import LeastRecentlyUsed\nLru = LeastRecentlyUsed\n"
)
GOOD = f"{HEAD}@hookimpl\ndef lixcore_admit(answer):\n    return True\n"


def refusal(site: SitePackages, source: str) -> BrokenPluginError:
    site.install("strange", source, "odd = MODULE", group="lixcore.plugins")
    with pytest.raises(BrokenPluginError) as caught:
        lixcore.CacheConfig()
    return caught.value


def test_a_plugin_may_be_a_module_an_object_or_a_class(site: SitePackages) -> None:
    body = "class Plugin:\n    @hookimpl\n    def lixcore_added(self, event): ...\nobject = Plugin()\n"
    site.install("a", GOOD, "module = MODULE", group="lixcore.plugins")
    site.install("b", HEAD + body, "class = MODULE:Plugin", "object = MODULE:object", group="lixcore.plugins")
    loaded = lixcore.CacheConfig().loaded_plugins
    assert {plugin.name: plugin.hooks for plugin in loaded} == {
        "class": ["lixcore_added"],
        "module": ["lixcore_admit"],
        "object": ["lixcore_added"],
    }
    assert {plugin.facts.provider for plugin in loaded} == {"a 2.5", "b 2.5"}


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("raise RuntimeError('tick')", "importing it failed: RuntimeError: tick"),
        ("import no_such_driver", "importing it failed: ModuleNotFoundError: No module named 'no_such_driver'"),
        ("def", "importing it failed: SyntaxError"),
        ("x = 1", "it implements no hook: no function in it is called lixcore_… and marked with lixcore.hooks.hookimpl"),
        ("@hookimpl\ndef lixcore_evicts(candidates): ...", "there is no hook lixcore_evicts (did you mean lixcore_evict?)"),
        ("def lixcore_evicts(candidates): ...", "there is no hook lixcore_evicts (did you mean lixcore_evict?)"),
        ("@hookimpl\ndef evict(candidates): ...", "there is no hook evict (did you mean lixcore_evict?)"),
        ("@hookimpl(specname='lixcore_evct')\ndef f(): ...", "f: there is no hook lixcore_evct (did you mean lixcore_evict?)"),
        ("lixcore_quux = {}", "there is no hook lixcore_quux."),
        ("def lixcore_evict(candidates): ...", "lixcore_evict is not marked with lixcore.hooks.hookimpl"),
        ("lixcore_evict = 3", "lixcore_evict is not a function"),
        (
            "@hookimpl\ndef lixcore_evict(candidate): ...",
            "takes candidate, which is no argument of it (did you mean candidates?); there are: candidates, now, idle_seconds,",
        ),
        ("@hookimpl\ndef lixcore_evict(x=1): ...", "lixcore_evict takes x, which is no argument of it; there are:"),
        ("@hookimpl\ndef lixcore_evict(*args): ...", "lixcore_evict takes *args, which is no argument of it"),
        ("@hookimpl\ndef lixcore_evict(**candidates): ...", "takes candidates by position or as a collection"),
        ("@hookimpl\ndef lixcore_evict(now, /): ...", "takes now by position or as a collection"),
        ("@hookimpl\ndef lixcore_evict(self, now): ...", "lixcore_evict takes self, which is no argument of it"),
        ("@hookimpl\nasync def lixcore_evict(now): ...", "lixcore_evict is a coroutine"),
        ("@hookimpl\ndef lixcore_evict(now):\n    yield", "lixcore_evict yields, as only a wrapper does"),
        ("@hookimpl(wrapper=True)\ndef lixcore_evict(now): ...", "marked with wrapper=True but does not yield"),
        ("@hookimpl(hookwrapper=True)\ndef lixcore_evict(now):\n    yield", "mark it with wrapper=True"),
        ("@hookimpl(wrapper=True)\ndef lixcore_redact(text):\n    yield", "lixcore_redact cannot be wrapped: only decisions can"),
        ("@hookimpl(wrapper=True)\ndef lixcore_added(event):\n    yield", "lixcore_added cannot be wrapped: only decisions can"),
        (
            "@hookimpl\ndef lixcore_adapters():\n    return [3]",
            "lixcore_adapters: a value of type int is no lixcore.hooks.PluginAdapter",
        ),
        ("@hookimpl\ndef lixcore_adapters():\n    return 3", "lixcore_adapters failed: TypeError"),
        ("@hookimpl\ndef lixcore_adapters():\n    1 / 0", "lixcore_adapters failed: ZeroDivisionError: division by zero"),
        (
            "@hookimpl\ndef lixcore_adapters():\n    return [PluginAdapter('lixcore.hot_stor', 'mine', LeastRecentlyUsed)]",
            "adapter 'mine' is for 'lixcore.hot_stor', which is no group; did you mean 'lixcore.hot_store'?",
        ),
        (
            "@hookimpl\ndef lixcore_adapters():\n    return [PluginAdapter('lixcore.eviction_policy', 'mine', dict)]",
            "adapter 'mine': dict has no method open(options, context)",
        ),
        (
            "@hookimpl\ndef lixcore_adapters():\n    return 2 * [PluginAdapter('lixcore.eviction_policy', 'm', Lru)]",
            "adapter 'm' of lixcore.eviction_policy is given twice",
        ),
        (
            "@hookimpl\ndef lixcore_adapters():\n    return [PluginAdapter('lixcore.eviction_policy', '', LeastRecentlyUsed)]",
            "an adapter of lixcore.eviction_policy has no name",
        ),
        (
            "@hookimpl\ndef lixcore_adapters():\n    return [PluginAdapter('lixcore.eviction_policy', 'lru', LeastRecentlyUsed)]",
            "its eviction policy adapter 'lru' is registered already, by lixcore ",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_distribution_and_the_way_out(site: SitePackages, source: str, problem: str) -> None:
    error = refusal(site, HEAD + source)
    said = str(error)
    assert said.startswith("plugin 'odd' of strange 2.5 cannot be used: ")
    assert problem in said
    assert said.endswith("To go on without it, uninstall strange, or leave it out of the setting plugins")
    assert (error.name, error.distribution) == ("odd", "strange 2.5")
    assert lixcore.CacheConfig(plugins="none").loaded_plugins == Plugins()


def test_all_that_is_wrong_with_a_plugin_is_told_at_once(site: SitePackages) -> None:
    said = str(refusal(site, f"{GOOD}def lixcore_evict(): ...\n@hookimpl\ndef lixcore_redact(txt): ...\nlixcore_x = 1"))
    assert "lixcore_evict is not marked" in said
    assert "lixcore_redact takes txt" in said
    assert "there is no hook lixcore_x" in said


def test_a_class_that_cannot_be_made_is_told(site: SitePackages) -> None:
    source = f"{HEAD}class Plugin:\n    def __init__(self, x): ...\n    @hookimpl\n    def lixcore_added(self): ..."
    site.install("strange", source, "odd = MODULE:Plugin", group="lixcore.plugins")
    with pytest.raises(BrokenPluginError, match="making a Plugin without arguments failed: TypeError") as caught:
        lixcore.CacheConfig()
    assert isinstance(caught.value.__cause__, TypeError)


def test_a_missing_extra_stays_the_error_that_it_is(site: SitePackages) -> None:
    source = "from lixcore.errors import MissingExtraError\nraise MissingExtraError('x', module='m', extra='zstd')"
    site.install("lacking", source, "odd = MODULE", group="lixcore.plugins")
    with pytest.raises(MissingExtraError, match=r"pip install 'lixcore\[zstd\]'"):
        lixcore.CacheConfig()


def test_a_name_that_two_distributions_register_is_refused_and_both_are_named(site: SitePackages) -> None:
    site.install("first", GOOD, "odd = MODULE", group="lixcore.plugins")
    site.install("second", GOOD, "odd = MODULE", group="lixcore.plugins")
    with pytest.raises(BrokenPluginError, match=r"'odd' of first 2\.5 and second 2\.5 cannot be used: it is registered 2 times"):
        lixcore.CacheConfig()


def test_of_several_broken_plugins_each_is_told(site: SitePackages) -> None:
    site.install("first", "1 / 0", "one = MODULE", group="lixcore.plugins")
    site.install("second", "[][0]", "two = MODULE", group="lixcore.plugins")
    with pytest.raises(BrokenPluginError, match="plugin 'two' of second") as caught:
        lixcore.CacheConfig()
    [note] = caught.value.__notes__
    assert "plugin 'one' of first 2.5 cannot be used: importing it failed: ZeroDivisionError" in note


def test_a_broken_plugin_leaves_nothing_behind_and_can_be_mended(site: SitePackages) -> None:
    name = site.install("strange", "1 / 0", "odd = MODULE", group="lixcore.plugins")
    with pytest.raises(BrokenPluginError):
        lixcore.CacheConfig()
    mended = ModuleType(name)
    exec(GOOD, mended.__dict__)  # noqa: S102  # as if its file had been written anew
    sys.modules[name] = mended
    assert [plugin.name for plugin in lixcore.CacheConfig().loaded_plugins] == ["odd"]


def test_an_unknown_name_in_the_setting_is_a_wrong_setting(site: SitePackages) -> None:
    site.install("good", GOOD, "careful = MODULE", group="lixcore.plugins")
    with pytest.raises(InvalidConfigError) as caught:
        lixcore.CacheConfig(plugins="carefull, other", hot_window_size=-1)
    first, second, third = caught.value.problems
    assert first == (
        "plugins (argument plugins): no installed plugin is called 'carefull'; did you mean 'careful'? Installed: careful"
    )
    assert "no installed plugin is called 'other'; accepted is all, none, or names with commas between." in second
    assert third.startswith("hot_window_size")


def test_a_setting_that_is_no_text_is_a_wrong_setting() -> None:
    with pytest.raises(InvalidConfigError, match="plugins = 3"):
        lixcore.CacheConfig(plugins=3)


def test_properties_and_packages_of_that_name_are_left_alone(plugins: Given) -> None:
    class Plugin:
        import lixcore_policies  # a package is nobody's hook

        @property
        def trap(self) -> int:
            raise AssertionError("it was evaluated")

        @hookimpl
        def lixcore_added(self) -> None: ...

    [plugin] = plugins(Plugin())
    assert plugin.hooks == ["lixcore_added"]


def test_functions_of_other_names_and_static_ones_may_implement_a_hook(plugins: Given) -> None:
    class Plugin:
        @hookimpl(specname="lixcore_added")
        def note(self) -> None: ...

        @staticmethod
        @hookimpl
        def lixcore_admit(answer: object) -> bool:
            return bool(answer)

        @classmethod
        @hookimpl
        def lixcore_retire(cls, history: object) -> None: ...

        @hookimpl(optionalhook=True)
        def lixcore_of_a_later_version(self) -> None: ...

    [plugin] = plugins(Plugin())
    assert plugin.hooks == ["lixcore_added", "lixcore_admit", "lixcore_retire"]


def test_objects_that_are_given_are_called_after_their_class_and_told_apart(plugins: Given) -> None:
    class Watcher:
        @hookimpl
        def lixcore_added(self) -> None: ...

    loaded = plugins(first := Watcher(), second := Watcher(), third := Watcher())
    names = [plugin.name for plugin in loaded]
    assert names == ["Watcher", "Watcher 2", "Watcher 3"]
    assert loaded.given == [first, second, third]


def test_a_plugin_given_twice_is_refused(site: SitePackages, plugins: Given) -> None:
    class Watcher:
        @hookimpl
        def lixcore_added(self) -> None: ...

    name = site.install("good", GOOD, "careful = MODULE", group="lixcore.plugins")
    watcher = Watcher()
    for pair in ((watcher, watcher), (Watcher, Watcher)):
        with pytest.raises(BrokenPluginError, match=r"it is a plugin already, as '.*'; give it once"):
            plugins(*pair)
    config = lixcore.CacheConfig()
    with pytest.raises(BrokenPluginError, match="it is a plugin already, as 'careful'"):
        config.with_plugins(sys.modules[name])


def test_a_given_plugin_that_has_the_name_of_an_installed_one_is_refused(site: SitePackages) -> None:
    site.install("good", GOOD, "Careful = MODULE", group="lixcore.plugins")
    other = ModuleType("Careful")
    exec(GOOD, other.__dict__)  # noqa: S102  # a module of that name
    with pytest.raises(BrokenPluginError, match="an installed plugin is called 'Careful' as well"):
        lixcore.CacheConfig().with_plugins(other)


def test_what_is_wrong_with_a_given_plugin_names_no_distribution(plugins: Given) -> None:
    class Odd:
        @hookimpl
        def lixcore_evict(self, nonsense: int) -> None: ...

    with pytest.raises(BrokenPluginError, match=r"Odd' cannot be used: .* correct it, or leave it out$") as caught:
        plugins(Odd())
    assert caught.value.distribution == ""


def test_two_plugins_may_not_bring_the_same_adapter() -> None:
    class Bringing:
        @hookimpl
        def lixcore_adapters(self) -> list[PluginAdapter]:
            return [PluginAdapter("lixcore.eviction_policy", "mine", LeastRecentlyUsed)]

    config = lixcore.CacheConfig(plugins="none").with_plugins(Bringing())
    with pytest.raises(BrokenPluginError, match="eviction policy adapter 'mine' is registered already, by plugin"):
        config.with_plugins(Bringing())
