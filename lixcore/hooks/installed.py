"""Which plugins are installed: entry points of the group ``lixcore.plugins``. Looking imports nothing, not even pluggy."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib.metadata import EntryPoint
from typing import Final

from lixcore.errors import BrokenPluginError
from lixcore.hooks.plugins import Plugin, PluginFacts
from lixcore.registry import entry_points_on, nearest

GROUP: Final = "lixcore.plugins"
"""The group of entry points. Each names a module, an object, or a class that is made without arguments."""

ALL: Final = "all"
NONE: Final = "none"


class InstalledPlugins:
    """The plugins of some entry points, each imported when it is loaded, once.

    Args:
        points: Entry points of any groups; those of other groups are passed over.
    """

    def __init__(self, points: Iterable[EntryPoint]) -> None:
        found = ((_facts(point), point) for point in points if point.group == GROUP)
        self._points = dict(sorted(found, key=lambda pair: _sort_key(pair[0])))
        self._loaded: dict[PluginFacts, Plugin] = {}

    @staticmethod
    def scan() -> InstalledPlugins:
        """Everything installed on ``sys.path``; looked up once for each path."""
        return _scan(tuple(sys.path))

    def __len__(self) -> int:
        return len(self._points)

    @property
    def facts(self) -> Sequence[PluginFacts]:
        """What is installed, by name; a name that is registered twice comes twice."""
        return list(self._points)

    def chosen(self, setting: str, *, origin: str, problems: list[str]) -> Sequence[str]:
        """The names that a setting lets in, in the order in which they are asked, each once.

        Args:
            setting: ``all``, ``none``, or names with commas between.
            origin: Where the setting stands.
            problems: Gets a sentence for each name that no plugin has.
        """
        known = list(dict.fromkeys(facts.name for facts in self._points))
        names = [name for name in dict.fromkeys(part.strip() for part in setting.split(",")) if name]
        if names in ([ALL], [NONE]):
            return known if names == [ALL] else []
        for name in names:
            if name not in known:
                near = nearest(name, known)
                hint = f"did you mean {near!r}?" if near else f"accepted is {ALL}, {NONE}, or names with commas between."
                listed = ", ".join(known) or "none"
                problems.append(f"plugins ({origin}): no installed plugin is called {name!r}; {hint} Installed: {listed}")
        return [name for name in names if name in known]

    def load(self, name: str) -> Plugin:
        """Import an installed plugin and check it.

        Raises:
            BrokenPluginError: It cannot be used, or two distributions register the name.
            MissingExtraError: Its module says at once that it needs a driver which is not installed.
        """
        candidates = [facts for facts in self._points if facts.name == name]
        if len(candidates) > 1:
            providers = " and ".join(facts.provider for facts in candidates)
            values = " and ".join(repr(facts.value) for facts in candidates)
            reason = f"it is registered {len(candidates)} times ({values}); uninstall all but one, or leave it out of the setting"
            raise BrokenPluginError(name, providers, f"{reason} plugins")
        [facts] = candidates
        if facts not in self._loaded:
            from lixcore.hooks.loading import load_installed  # which needs pluggy

            # Of two threads that load it at once, the first one's is everybody's.
            self._loaded.setdefault(facts, load_installed(facts, self._points[facts]))
        return self._loaded[facts]


@lru_cache(maxsize=8)
def _scan(path: tuple[str, ...]) -> InstalledPlugins:
    return InstalledPlugins(entry_points_on(path))


def _facts(point: EntryPoint) -> PluginFacts:
    distribution = point.dist
    if distribution is None:  # made by hand, as in a test
        return PluginFacts(point.name, point.value)
    return PluginFacts(point.name, point.value, distribution.name, distribution.version)


def _sort_key(facts: PluginFacts) -> tuple[str, ...]:
    return (facts.name, facts.distribution, facts.version, facts.value)
