"""The registry, over real distributions: a module and a dist-info directory on ``sys.path``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from lixcore.errors import BrokenAdapterError, MissingExtraError, UnknownAdapterError
from lixcore.registry import Group, Registry, nearest
from site_packages import SitePackages, site_packages

GOOD = """
import attrs
from lixcore.ports.options import option

@attrs.define
class Base:
    x: int = option(1, "One.")

@attrs.frozen
class Options:
    host: str = option("localhost", "The server.")

class Store:
    Options = Options

    @classmethod
    def open(cls, options, context):
        return cls()
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SitePackages]:
    with site_packages(tmp_path, monkeypatch) as site:
        yield site


def load(registry: Registry, name: str, group: Group = Group.HOT_STORE) -> object:
    return registry.load(group, name, origin="argument hot_store")


def test_a_strangers_adapter_is_found_where_it_is_installed(site: SitePackages) -> None:
    site.install("lixcore_mongodb", GOOD, "mongo = MODULE:Store")
    registry = Registry.scan()
    (facts,) = [each for each in registry.installed(Group.HOT_STORE) if each.name == "mongo"]
    assert (facts.distribution, facts.version, facts.value) == ("lixcore_mongodb", "2.5", f"{site.modules[0]}:Store")
    assert facts.provider == registry.provider(Group.HOT_STORE, "mongo") == "lixcore_mongodb 2.5"
    adapter = registry.load(Group.HOT_STORE, "mongo", origin="a test")
    assert adapter.Options().host == "localhost"
    assert registry.load(Group.HOT_STORE, "mongo", origin="a test") is adapter


def test_what_is_installed_on_a_path_that_is_added_later_is_found(
    tmp_path_factory: pytest.TempPathFactory, site: SitePackages, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "late" not in Registry.scan().names(Group.HOT_STORE)
    later = SitePackages(tmp_path_factory.mktemp("later"))
    later.install("late", GOOD, "late = MODULE:Store")
    monkeypatch.syspath_prepend(later.path)
    assert "late" in Registry.scan().names(Group.HOT_STORE)
    assert Registry.scan() is Registry.scan()
    assert site.registry().names(Group.HOT_STORE) == []


def test_the_adapters_of_lixcore_are_registered_like_anyones() -> None:
    registry = Registry.scan()
    assert {"memory", "redis", "sqlite"} <= set(registry.names(Group.HOT_STORE))
    assert {"deflate", "hcv1", "huffman", "none", "zstd"} <= set(registry.names(Group.CODEC))
    assert registry.provider(Group.COLD_ARCHIVE, "huffman").startswith("lixcore ")


def test_looking_imports_nothing(site: SitePackages) -> None:
    site.install("bomb", "raise RuntimeError('imported')", "bomb = MODULE:Store")
    registry = site.registry()
    assert [facts.name for facts in registry.installed()] == ["bomb"]
    assert site.modules[0] not in sys.modules


def test_a_broken_adapter_is_named_with_its_distribution_and_disturbs_no_other(site: SitePackages) -> None:
    site.install("bomb", "raise RuntimeError('tick')", "bomb = MODULE:Store")
    site.install("good", GOOD, "good = MODULE:Store")
    registry = site.registry()
    with pytest.raises(BrokenAdapterError) as caught:
        load(registry, "bomb")
    assert str(caught.value) == "adapter 'bomb' of bomb 2.5 cannot be used: importing it failed: RuntimeError: tick"
    assert (caught.value.name, caught.value.distribution) == ("bomb", "bomb 2.5")
    assert isinstance(caught.value.__cause__, RuntimeError)
    assert load(registry, "good")


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("import no_such_driver", "ModuleNotFoundError: No module named 'no_such_driver'"),
        ("def", "SyntaxError"),
        ("", "AttributeError: module"),
    ],
)
def test_whatever_a_module_raises_is_told(site: SitePackages, source: str, cause: str) -> None:
    site.install("bad", source, "bad = MODULE:Store")
    with pytest.raises(BrokenAdapterError, match=cause):
        load(site.registry(), "bad")


def test_a_missing_extra_stays_the_error_that_it_is(site: SitePackages) -> None:
    source = "from lixcore.errors import MissingExtraError\nraise MissingExtraError('x', module='m', extra='zstd')"
    site.install("lacking", source, "lacking = MODULE:Store")
    with pytest.raises(MissingExtraError, match=r"pip install 'lixcore\[zstd\]'"):
        load(site.registry(), "lacking")


def test_an_unknown_adapter_names_the_nearest_and_where_the_name_comes_from(site: SitePackages) -> None:
    site.install("good", GOOD, "mongo = MODULE:Store", "other = MODULE:Store")
    with pytest.raises(UnknownAdapterError) as caught:
        load(site.registry(), "Mongoo")
    assert str(caught.value) == (
        "no lixcore.hot_store adapter is called 'Mongoo' (from argument hot_store); did you mean 'mongo'? Installed: mongo, other"
    )
    assert caught.value.known == ("mongo", "other")
    with pytest.raises(UnknownAdapterError, match=r"\(from argument hot_store\)\. Installed: none"):
        load(site.registry(), "mongo", Group.CODEC)


def test_one_name_of_two_distributions_is_refused_and_both_are_named(site: SitePackages) -> None:
    site.install("first", GOOD, "mongo = MODULE:Store")
    site.install("second", GOOD, "mongo = MODULE:Store")
    registry = site.registry()
    with pytest.raises(BrokenAdapterError, match=r"of first 2\.5 and second 2\.5 cannot be used: it is registered 2 times"):
        load(registry, "mongo")
    assert len(registry.installed()) == 2
    assert registry.names(Group.HOT_STORE) == ["mongo"]


def test_one_name_may_serve_several_groups(site: SitePackages) -> None:
    site.install("store", GOOD, "memory = MODULE:Store")
    site.install("archive", GOOD, "memory = MODULE:Store", group="lixcore.cold_archive")
    registry = site.registry()
    assert load(registry, "memory") is not load(registry, "memory", Group.COLD_ARCHIVE)


@pytest.mark.parametrize(
    ("change", "lack"),
    [
        (("class Store:", "class Other:"), "AttributeError"),
        (("def open", "def start"), r"has no method open\(options, context\)"),
        (("    Options = Options", ""), "has no attrs class Options"),
        (("@attrs.frozen", ""), "has no attrs class Options"),
        (('option("localhost", "The server.")', '"localhost"'), "has an option 'host' that was not made with"),
        (('option("localhost", "The server.")', 'option(attrs.NOTHING, "x")'), "has an option 'host' without a default"),
        (
            (
                'option("localhost", "The server.")',
                'attrs.field(default="x", init=False, metadata=attrs.fields(Base).x.metadata)',
            ),
            "has an option 'host' without a default, or that cannot be given",
        ),
        (("class Store:", "Store = 3\nclass Other:"), "is not a class"),
    ],
)
def test_what_is_no_adapter_is_told_what_it_lacks(site: SitePackages, change: tuple[str, str], lack: str) -> None:
    assert change[0] in GOOD
    site.install("bad", GOOD.replace(*change), "bad = MODULE:Store")
    with pytest.raises(BrokenAdapterError, match=lack):
        load(site.registry(), "bad")


def test_entry_points_of_other_groups_are_passed_over() -> None:
    registry = Registry([EntryPoint("x", "y:z", "console_scripts"), EntryPoint("x", "y:z", "lixcore.codec")])
    (facts,) = registry.installed()
    assert (facts.group, facts.provider) == (Group.CODEC, "an unknown distribution")


def test_registries_of_the_same_adapters_are_equal(site: SitePackages) -> None:
    site.install("good", GOOD, "mongo = MODULE:Store")
    assert site.registry() == site.registry()
    assert hash(site.registry()) == hash(site.registry())
    before = site.registry()
    site.install("more", GOOD, "more = MODULE:Store")
    assert site.registry() != before


def test_groups_are_named_for_people_and_by_their_setting() -> None:
    assert [group.label for group in Group][:3] == ["hot store", "cold archive", "codec"]
    assert Group.HOT_STORE.setting == "hot_store"


def test_nothing_near_is_no_suggestion() -> None:
    assert nearest("redsi", ["redis", "memory"]) == "redis"
    assert nearest("MEMORY", ["redis", "Memory"]) == "Memory"
    assert nearest("mongo", ["redis", "memory"]) is None
