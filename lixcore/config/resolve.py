"""Settles what was given into values: precedence, types, bounds, names; and tells everything that is wrong at once."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import attrs

from lixcore.config.load import DEFAULT_PREFIX
from lixcore.config.namespace import Namespace, options_of
from lixcore.config.origin import DEFAULT, Given, Layer, Origin
from lixcore.config.setting import MASK, Setting
from lixcore.errors import ConfigError, InvalidConfigError
from lixcore.registry import Group, Registry

AUTO: Final = "auto"
"""Stands for the adapter of a cache that is called like the hot store, or for none where there is no such adapter."""

REQUIRED: Final = frozenset({Group.HOT_STORE, Group.COLD_ARCHIVE, Group.CODEC})
"""The groups without whose adapter no stack works. The others' names are looked up when something is made of them."""


@attrs.frozen
class Resolved:
    """What a configuration came to.

    Attributes:
        settings: Every known setting by its full name, the core's first.
        values: The value of each.
        origins: Where each value stands.
    """

    settings: Mapping[str, Setting]
    values: Mapping[str, Any] = attrs.field(repr=False)  # there are secrets among them
    origins: Mapping[str, Origin]

    def given(self, *, without: Iterable[str]) -> list[Given]:
        """What would come to the same, except for some settings, that are named by full name or alias."""
        aliases = {setting.facts.alias: name for name, setting in self.settings.items()}
        left_out = {aliases.get(name, name) for name in without}
        return [
            Given(name, self.values[name], origin)
            for name, origin in self.origins.items()
            if origin.layer is not Layer.DEFAULT and name not in left_out
        ]

    def changed(self) -> dict[str, Any]:
        """The values that differ from their defaults."""
        return {name: value for name, value in self.values.items() if value != self.settings[name].default}


def resolve(core: Sequence[Setting], given: Sequence[Given], registry: Registry, problems: list[str]) -> Resolved:
    """Settle values. Every value that stands anywhere must be acceptable, also one that a higher layer overrules.

    Args:
        core: The settings of the core.
        given: What was given, lower layers first.
        registry: The installed adapters.
        problems: What is known to be wrong already.

    Raises:
        InvalidConfigError: With ``problems`` and all that were found here.
    """
    known = Namespace(core, registry, problems)
    ledger = _Ledger(known, problems)
    waiting = [item for item in given if not ledger.enter(known.find(item.name), item)]
    _add_chosen(known, ledger, registry)
    for item in waiting:
        found = known.find(item.name)
        if found is None and item.strict:
            found = known.search(item.name, origin=str(item.origin))
        if not ledger.enter(found, item) and item.strict and not known.excuses(item.name):
            problems.append(_unknown(item, known))
    resolved = ledger.closed()
    if not problems:
        _try_options(resolved, registry, known.adapters, problems)
    if problems:
        raise InvalidConfigError(problems)
    return resolved


class _Ledger:
    """The highest value so far of each setting that was given."""

    def __init__(self, known: Namespace, problems: list[str]) -> None:
        self._known = known
        self._problems = problems
        self._values: dict[str, tuple[Any, Origin]] = {}

    def enter(self, setting: Setting | None, item: Given) -> bool:
        """Check and keep a value. False when there is no such setting."""
        if setting is None:
            return False
        value = item.value
        if item.as_text and isinstance(value, str):
            value = setting.parsed(value)
        try:
            value = setting.checked(value)
        except ValueError as error:
            reason = f"{error}; " if str(error) else ""
            fact = f"{setting.name} = {setting.shown(value)} ({item.origin})"
            self._problems.append(f"{fact}: {reason}accepted is {setting.accepted}. {setting.facts.help}")
            return True
        before = self._values.get(setting.name)
        if before is not None and before[1].layer is item.origin.layer and before[0] != value:
            self._problems.append(f"{setting.name} is given twice, differently: {before[1]} and {item.origin}")
        self._values[setting.name] = (value, item.origin)
        return True

    def value(self, name: str) -> tuple[Any, Origin]:
        """The value of a known setting, and where it stands."""
        return self._values.get(name) or (self._known.settings[name].default, DEFAULT)

    def closed(self) -> Resolved:
        pairs = {name: self.value(name) for name in self._known.settings}
        values = {name: value for name, (value, _) in pairs.items()}
        return Resolved(dict(self._known.settings), values, {name: origin for name, (_, origin) in pairs.items()})


def _add_chosen(known: Namespace, ledger: _Ledger, registry: Registry) -> None:
    """Add the options of the adapters that the core's settings choose."""
    for group in Group:
        name, origin = ledger.value(group.setting)
        if name == AUTO:
            name, _ = ledger.value(Group.HOT_STORE.setting)
        if name is not None and (group in REQUIRED or name in registry.names(group)):
            known.add(group, name, origin=str(origin))


def _try_options(resolved: Resolved, registry: Registry, adapters: Sequence[tuple[Group, str]], problems: list[str]) -> None:
    """An options class may refuse more than bounds can say: better now than when the stack is opened."""
    given = resolved.changed()
    secrets = [str(value) for name, value in given.items() if resolved.settings[name].facts.secret and value not in {None, ""}]
    for group, name in adapters:
        try:
            options_of(registry, group, name, given=given, known=dict(resolved.settings))
        except InvalidConfigError as error:
            reasons = error.problems
        except (ConfigError, ValueError, TypeError) as error:
            reasons = (f"the {group.label} adapter {name!r} refuses its options: {error}",)
        else:
            continue
        problems += [functools.reduce(lambda text, secret: text.replace(secret, MASK), secrets, reason) for reason in reasons]


def _unknown(item: Given, known: Namespace) -> str:
    """The value is not shown: it may be a secret under a misspelt name."""
    if meant := known.meant_by(item.name):
        names = " and for ".join(_spelt(setting, item.origin) for setting in meant)
        return f"{item.name} ({item.origin}): it stands for {names}; use one of these"
    near = known.nearest(item.name)
    hint = f"did you mean {_spelt(near, item.origin)}?" if near else "`lix config` lists what there is"
    return f"{item.name} ({item.origin}): there is no such setting; {hint}"


def _spelt(setting: Setting, origin: Origin) -> str:
    """A setting's name as it is written where the mistake stands. In the environment, only ``LIX_`` names can be mistakes."""
    if origin.layer is Layer.ENVIRONMENT:
        return f"{DEFAULT_PREFIX}_{setting.name.upper()}"
    if origin.layer is Layer.FILE and setting.adapter:
        return f"[{setting.adapter}] {setting.option}"
    return setting.name
