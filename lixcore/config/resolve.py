"""Settles what was given into values: precedence, types, bounds, names; and tells everything that is wrong at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs

from lixcore.config.namespace import Namespace, options_of
from lixcore.config.origin import DEFAULT, Given, Layer, Origin
from lixcore.config.setting import MASK, Setting
from lixcore.errors import ConfigError, InvalidConfigError
from lixcore.registry import Group, Registry

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
    values: Mapping[str, Any]
    origins: Mapping[str, Origin]

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
    chosen = _add_chosen(known, ledger, registry)
    for item in waiting:
        found = known.find(item.name)
        if found is None and item.strict:
            found = known.search(item.name, origin=str(item.origin))
        if not ledger.enter(found, item) and item.strict and not known.excuses(item.name):
            problems.append(_unknown(item, known))
    resolved = ledger.closed()
    if not problems:
        _try_options(resolved, registry, chosen, problems)
    if problems:
        raise InvalidConfigError(problems)
    return resolved


class _Ledger:
    """The highest value so far of each setting that was given."""

    def __init__(self, known: Namespace, problems: list[str]) -> None:
        self._known = known
        self._problems = problems
        self._values: dict[str, tuple[Any, Origin]] = {}
        self.wrong: set[str] = set()

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
            self.wrong.add(setting.name)
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


def _add_chosen(known: Namespace, ledger: _Ledger, registry: Registry) -> list[tuple[Group, str]]:
    """Add the options of the adapters that the core's settings choose."""
    chosen: list[tuple[Group, str]] = []
    for group in Group:
        name, origin = ledger.value(group.setting)
        if name is None or group.setting in ledger.wrong:
            continue
        if group in REQUIRED or name in registry.names(group):
            known.add(group, name, origin=str(origin))
            chosen.append((group, name))
    return chosen


def _try_options(resolved: Resolved, registry: Registry, chosen: Sequence[tuple[Group, str]], problems: list[str]) -> None:
    """An options class may refuse more than bounds can say: better now than when the stack is opened."""
    given = resolved.changed()
    secrets = [str(value) for name, value in given.items() if resolved.settings[name].facts.secret and value not in {None, ""}]
    for group, name in chosen:
        try:
            options_of(registry, group, name, given=given, known=dict(resolved.settings))
        except ConfigError as error:
            problems.append(str(error))
        except (ValueError, TypeError) as error:
            reason = str(error)
            for secret in secrets:
                reason = reason.replace(secret, MASK)
            problems.append(f"the {group.label} adapter {name!r} refuses its options: {reason}")


def _unknown(item: Given, known: Namespace) -> str:
    """The value is not shown: it may be a secret under a misspelt name."""
    near = known.nearest(item.name)
    hint = f"did you mean {_spelt(near, item.origin)}?" if near else "`lix config` lists what there is"
    return f"{item.name} ({item.origin}): there is no such setting; {hint}"


def _spelt(setting: Setting, origin: Origin) -> str:
    """A setting's name as it is written where the mistake stands."""
    if origin.layer is Layer.ENVIRONMENT:
        prefix = origin.where.removeprefix("environment ").split("_", 1)[0]
        return f"{prefix}_{setting.name.upper()}"
    if origin.layer is Layer.FILE and setting.adapter:
        return f"[{setting.adapter}] {setting.option}"
    return setting.name
