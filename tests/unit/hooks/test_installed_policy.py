"""A package that is installed swaps the eviction policy, and nothing is configured: other sessions leave the hot store."""

from __future__ import annotations

from pathlib import Path

import pytest

import lixcore
from lix_command import LixCommand
from lixcore.domain.session import SessionKey
from settable_clock import SettableClock
from site_packages import SitePackages

MOST_RECENT_FIRST = """
from lixcore.hooks import PluginAdapter, hookimpl
from lixcore_policies import LeastRecentlyUsed


def victims(candidates, surplus):
    newest_first = sorted(candidates, key=lambda candidate: candidate.last_active, reverse=True)
    return [candidate.session for candidate in newest_first[: surplus.sessions]]


class MostRecentlyUsed(LeastRecentlyUsed):
    def victims(self, candidates, *, now, idle_seconds, surplus):
        return victims(candidates, surplus)


def lixcore_evict(candidates, surplus):
    assert all(candidate.last_active > 0 for candidate in candidates)
    return victims(candidates, surplus)
"""

AS_A_HOOK = MOST_RECENT_FIRST.replace("def lixcore_evict", "@hookimpl\ndef lixcore_evict")
BY_NAME = MOST_RECENT_FIRST[: MOST_RECENT_FIRST.index("def lixcore_evict")]
BROUGHT = BY_NAME + (
    "@hookimpl\ndef lixcore_adapters():\n"
    "    return [PluginAdapter('lixcore.eviction_policy', 'most-recent-first', MostRecentlyUsed)]\n"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "lixcore.toml"
    file.write_text('hot_store = "memory"\ncold_archive = "memory"\nhot_max_sessions = 3\n')
    return file


def still_hot(config: lixcore.CacheConfig) -> list[str]:
    """Five sessions are used, one after the other, where three may be hot: those that are after the janitor's round."""
    clock = SettableClock()
    with lixcore.Stack(config, clock=clock, background=False) as stack:
        for name in "abcde":
            stack.session(name).add_message_to_context("user", "Hello!")
            clock.advance(1)
        report = stack.janitor_round()
        assert report.evicted_for_room == 2
        return [name for name in "abcde" if stack.wiring.hot.describe(SessionKey(name)) is not None]


def test_without_it_the_oldest_leave(file: Path) -> None:
    assert still_hot(lixcore.CacheConfig.load(file, environ={})) == ["c", "d", "e"]


def test_an_installed_plugin_decides_without_configuration(site: SitePackages, file: Path) -> None:
    site.install("most_recent_first", AS_A_HOOK, "most-recent-first = MODULE", group="lixcore.plugins")
    assert still_hot(lixcore.CacheConfig.load(file, environ={})) == ["a", "b", "c"]


def test_the_setting_switches_it_off(site: SitePackages, file: Path) -> None:
    site.install("most_recent_first", AS_A_HOOK, "most-recent-first = MODULE", group="lixcore.plugins")
    assert still_hot(lixcore.CacheConfig.load(file, environ={"LIX_PLUGINS": "none"})) == ["c", "d", "e"]


@pytest.mark.parametrize("how", ["entry point", "plugin"])
def test_the_same_policy_is_chosen_by_name(site: SitePackages, file: Path, how: str) -> None:
    if how == "entry point":
        line = "most-recent-first = MODULE:MostRecentlyUsed"
        site.install("most_recent_first", BY_NAME, line, group="lixcore.eviction_policy")
    else:
        site.install("most_recent_first", BROUGHT, "bringer = MODULE", group="lixcore.plugins")
    assert still_hot(lixcore.CacheConfig.load(file, environ={})) == ["c", "d", "e"]
    file.write_text('eviction_policy = "most-recent-first"\n' + file.read_text())
    assert still_hot(lixcore.CacheConfig.load(file, environ={})) == ["a", "b", "c"]


def test_the_command_lists_it(site: SitePackages, tmp_path: Path) -> None:
    site.install("most_recent_first", AS_A_HOOK, "mine = MODULE", group="lixcore.plugins")
    site.install("bringing", BROUGHT, "bringer = MODULE", group="lixcore.plugins")
    site.install("odd", "1 / 0", "odd = MODULE", group="lixcore.plugins")
    lix = LixCommand(tmp_path)
    result = lix("plugins", "--json")
    rows = {(row["group"], row["name"]): row for row in result.lines()}
    mine, odd = rows["lixcore.plugins", "mine"], rows["lixcore.plugins", "odd"]
    assert mine == {
        "group": "lixcore.plugins",
        "name": "mine",
        "location": site.modules[0],
        "distribution": "most_recent_first",
        "version": "2.5",
        "loads": True,
        "problem": "",
        "hooks": ["lixcore_evict"],
    }
    assert (odd["loads"], odd["hooks"], result.code) == (False, [], 1)
    assert "plugin 'odd' of odd 2.5 cannot be used: importing it failed: ZeroDivisionError" in odd["problem"]
    brought = rows["lixcore.eviction_policy", "most-recent-first"]
    assert (brought["distribution"], brought["loads"]) == ("bringing", True)
    assert rows["lixcore.eviction_policy", "lru"]["hooks"] == []
    shown = lix("plugins").out
    assert "yes: lixcore_evict" in shown
    assert "lixcore.plugins" in shown


def test_other_commands_end_with_the_code_of_a_configuration_that_gives_nothing(site: SitePackages, tmp_path: Path) -> None:
    site.install("odd", "1 / 0", "odd = MODULE", group="lixcore.plugins")
    lix = LixCommand(tmp_path)
    result = lix("sessions")
    assert result.code == 78
    assert "plugin 'odd' of odd 2.5 cannot be used" in result.err
    assert lix("sessions", "--set", "plugins=none").code == 0


def test_the_doctor_finds_a_broken_plugin(site: SitePackages, tmp_path: Path) -> None:
    site.install("odd", "1 / 0", "odd = MODULE", group="lixcore.plugins")
    site.install("other", "[][0]", "other = MODULE", group="lixcore.plugins")
    result = LixCommand(tmp_path)("doctor", "--json")
    problems = [line["fact"] for line in result.lines() if line.get("severity") == "problem"]
    assert [problem.split(" cannot")[0] for problem in problems] == ["plugin 'other' of other 2.5", "plugin 'odd' of odd 2.5"]
    assert result.code == 1
