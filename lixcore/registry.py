"""Which adapters are installed, and the class behind a name: entry points of the ``lixcore.*`` groups.

Looking costs no import. An adapter is imported when it is asked for, so one that is broken disturbs nobody who does not use
it. The adapters that come with lixcore are found the same way as anyone's. Plugins may bring more, see `lixcore.hooks`.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from typing import Self

import attrs

from lixcore.errors import BrokenAdapterError, MissingExtraError, UnknownAdapterError
from lixcore.ports.adapter import Adapter
from lixcore.ports.options import KEY, OptionFacts


class Group(Enum):
    """What an adapter can be for; the value is the entry-point group it is registered in."""

    HOT_STORE = "lixcore.hot_store"
    COLD_ARCHIVE = "lixcore.cold_archive"
    CODEC = "lixcore.codec"
    SIMILARITY_INDEX = "lixcore.similarity_index"
    EMBEDDING_STORE = "lixcore.embedding_store"
    MATCH_POLICY = "lixcore.match_policy"
    ADMISSION_POLICY = "lixcore.admission_policy"
    ARCHIVE_INDEX = "lixcore.archive_index"
    ANALYZER = "lixcore.analyzer"
    RANKING_POLICY = "lixcore.ranking_policy"
    EVICTION_POLICY = "lixcore.eviction_policy"
    WINDOW_POLICY = "lixcore.window_policy"
    TOKEN_COUNTER = "lixcore.token_counter"  # noqa: S105  # tokens of language models, no secret
    RETENTION_POLICY = "lixcore.retention_policy"
    EXPIRY_POLICY = "lixcore.expiry_policy"
    REDACTION_POLICY = "lixcore.redaction_policy"

    @property
    def setting(self) -> str:
        """The setting that chooses an adapter of this group, such as ``hot_store``."""
        return self.value.removeprefix("lixcore.")

    @property
    def label(self) -> str:
        """What people call it, such as "hot store"."""
        return self.setting.replace("_", " ")


@attrs.frozen
class InstalledAdapter:
    """What is known of an adapter without importing it.

    Attributes:
        group: What it is for.
        name: What a configuration calls it.
        value: Where it is, as ``module:class``.
        distribution: The installed distribution that registers it; empty when it is not known.
        version: The version of that distribution; empty when it is not known.
    """

    group: Group
    name: str
    value: str
    distribution: str
    version: str

    @property
    def provider(self) -> str:
        """The distribution and its version, to be shown."""
        return f"{self.distribution} {self.version}".strip() or "an unknown distribution"


class Registry:
    """The adapters of some entry points. Two registries of the same adapters are equal.

    Args:
        points: Entry points of any groups; those of other groups are passed over.
        brought: Classes that plugins bring, beside them.
    """

    def __init__(self, points: Iterable[EntryPoint], *, brought: Mapping[InstalledAdapter, type[Adapter]] | None = None) -> None:
        groups = {group.value: group for group in Group}
        self._points: dict[InstalledAdapter, EntryPoint] = {}
        for point in points:
            if (group := groups.get(point.group)) is not None:
                self._points[_facts(group, point)] = point
        self._brought = dict(brought or {})
        self._installed = tuple(sorted([*self._points, *self._brought], key=_sort_key))
        self._loaded: dict[tuple[Group, str], type[Adapter]] = {}

    @staticmethod
    def scan() -> Registry:
        """The registry of everything installed on ``sys.path``; looked up once for each path."""
        return _scan(tuple(sys.path))

    def with_brought(self, brought: Mapping[InstalledAdapter, type[Adapter]]) -> Self:
        """These adapters and some that plugins bring; the very same registry when they bring none."""
        return type(self)(self._points.values(), brought={**self._brought, **brought}) if brought else self

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Registry):
            return NotImplemented
        return self._installed == other._installed and self._brought == other._brought

    def __hash__(self) -> int:
        return hash(self._installed)

    def __repr__(self) -> str:
        return f"<Registry of {len(self._installed)} adapters>"

    def installed(self, group: Group | None = None) -> Sequence[InstalledAdapter]:
        """What is registered, by group and name, without importing any of it; a name that is registered twice comes twice.

        Args:
            group: Only the adapters of this group.
        """
        return [facts for facts in self._installed if group is None or facts.group is group]

    def names(self, group: Group) -> Sequence[str]:
        """The names that are registered in a group, sorted, each once."""
        return sorted({facts.name for facts in self.installed(group)})

    def provider(self, group: Group, name: str) -> str:
        """Which distributions register the name, to be shown; such as ``lixcore 1.0``."""
        return " and ".join(facts.provider for facts in self.installed(group) if facts.name == name)

    def load(self, group: Group, name: str, *, origin: str) -> type[Adapter]:
        """Import an adapter and check that it has what `lixcore.ports.adapter.Adapter` asks for.

        Args:
            group: What it is for.
            name: What it is registered as.
            origin: Where the name comes from, for the error; such as ``environment LIX_HOT_STORE``.

        Raises:
            UnknownAdapterError: Nothing is registered in the group under this name.
            BrokenAdapterError: It is registered more than once, cannot be imported, or is no adapter.
            MissingExtraError: Its module says at once that it needs a driver which is not installed.
        """
        if (ready := self._loaded.get((group, name))) is not None:
            return ready
        candidates = [facts for facts in self.installed(group) if facts.name == name]
        if not candidates:
            known = self.names(group)
            raise UnknownAdapterError(group.value, name, known=known, nearest=nearest(name, known), origin=origin)
        provider = self.provider(group, name)
        if len(candidates) > 1:
            values = " and ".join(repr(facts.value) for facts in candidates)
            reason = f"it is registered {len(candidates)} times as a {group.label} ({values}); uninstall all but one"
            raise BrokenAdapterError(name, provider, reason)
        [facts] = candidates
        try:
            found = self._brought[facts] if facts in self._brought else self._points[facts].load()
        except MissingExtraError:
            raise
        except Exception as error:  # whatever a stranger's module raises, the user learns whose it is
            raise BrokenAdapterError(name, provider, f"importing it failed: {type(error).__name__}: {error}") from error
        if (lack := lack_of(found)) is not None:
            raise BrokenAdapterError(name, provider, f"{facts.value} {lack}")
        adapter: type[Adapter] = found
        self._loaded[group, name] = adapter
        return adapter


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that a misspelt one was probably meant to be; None when none is near."""
    by_lower = {other.lower(): other for other in known}
    found = difflib.get_close_matches(name.lower(), by_lower, n=1)
    return by_lower[found[0]] if found else None


@lru_cache(maxsize=8)
def entry_points_on(_path: tuple[str, ...]) -> tuple[EntryPoint, ...]:
    """The entry points of all ``lixcore.*`` groups on ``sys.path``, which is given so that it is looked up once for each."""
    found = entry_points()
    return tuple(point for group in found.groups if group.startswith("lixcore.") for point in found.select(group=group))


@lru_cache(maxsize=8)
def _scan(path: tuple[str, ...]) -> Registry:
    return Registry(entry_points_on(path))


def _facts(group: Group, point: EntryPoint) -> InstalledAdapter:
    distribution = point.dist
    if distribution is None:  # made by hand, as in a test
        return InstalledAdapter(group, point.name, point.value, "", "")
    return InstalledAdapter(group, point.name, point.value, distribution.name, distribution.version)


def _sort_key(facts: InstalledAdapter) -> tuple[str, ...]:
    return (facts.group.value, facts.name, facts.distribution, facts.version, facts.value)


def lack_of(found: object) -> str | None:
    """What keeps something from being an adapter, as the rest of a sentence; None when nothing does."""
    if not isinstance(found, type):
        return "is not a class"
    if not callable(getattr(found, "open", None)):
        return "has no method open(options, context)"
    options = getattr(found, "Options", None)
    if not isinstance(options, type) or not attrs.has(options):
        return "has no attrs class Options"
    for field in attrs.fields(options):
        if not isinstance(field.metadata.get(KEY), OptionFacts):
            return f"has an option {field.name!r} that was not made with lixcore.ports.options.option"
        if field.default is attrs.NOTHING or not field.init:
            return f"has an option {field.name!r} without a default, or that cannot be given"
    return None
