"""Every error lixcore raises on purpose, in one tree.

::

    LixError
    ├── InvalidInputError (ValueError)     a value was refused; names the field and the reason
    │   └── InvalidLineError               … and the line of the file it stands on
    ├── ConfigError
    │   ├── InvalidConfigError             every bad setting at once, each with its origin
    │   ├── UnknownAdapterError            no adapter of that name; names the nearest one
    │   ├── BrokenAdapterError             it is installed but cannot be used; names its distribution
    │   ├── MissingExtraError              its driver is not installed; names the command
    │   └── BrokenPluginError              a plugin cannot be used; names its distribution
    ├── PolicyFailedError                  a policy or a plugin raised, or answered what cannot be an answer; names it
    ├── StoreError                         a store could not do what was asked
    │   ├── StoreUnavailableError          it cannot be reached, or did not answer in time
    │   │   └── StoreBusyError             it is there, and others kept it busy all the time
    │   ├── StoreFullError                 no memory or disk space left
    │   ├── StoreRefusedError              it answered: no (password, rights, read-only, version)
    │   ├── CorruptDataError               what it holds is damaged
    │   ├── PositionConflictError          it holds another message where one was to be archived
    │   ├── NotArchivedError               the message is in the hot store, but not in the archive as was asked for
    │   └── PartialBatchError              it stored a part of what was to be stored together
    └── ClosedError                        used after ``close()``

An error is a fact and what to do about it. Constructors take the facts; the sentence is made here, so that it reads the
same everywhere. Nothing in lixcore turns an error into ``None``, ``False`` or an empty list.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self


class LixError(Exception):
    """The root: ``except LixError`` catches everything that lixcore raises on purpose."""


class InvalidInputError(LixError, ValueError):
    """A value was refused before anything was stored.

    Attributes:
        field: The path of the refused value, such as ``content`` or ``metadata.tool_calls[0].id``.
        reason: What is wrong with it, as the rest of a sentence that begins with the field.
    """

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        self.reason = reason
        super().__init__(f"{field} {reason}")


class InvalidLineError(InvalidInputError):
    """A line of an import file is not what it should be.

    Attributes:
        source: The name of the file.
        line: Its number, counted from 1.
    """

    def __init__(self, source: str, line: int, field: str, reason: str) -> None:
        super().__init__(field, reason)
        self.source = source
        self.line = line
        self.args = (f"{source}, line {line}: {field} {reason}",)


class ConfigError(LixError):
    """The configuration, or what is installed, cannot give a working stack."""


class InvalidConfigError(ConfigError):
    """One or more settings are wrong; all of them are listed.

    Attributes:
        problems: One sentence for each, with the setting, its origin and what is accepted.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        head = "1 setting is wrong" if count == 1 else f"{count} settings are wrong"
        super().__init__("\n".join([f"{head}:", *(f"  - {problem}" for problem in self.problems)]))


class UnknownAdapterError(ConfigError):
    """No installed package registers an adapter of this name.

    Attributes:
        group: The entry-point group that was searched, such as ``lixcore.hot_store``.
        name: The name that was asked for.
        known: The names that are registered there.
    """

    def __init__(self, group: str, name: str, *, known: Sequence[str], nearest: str | None, origin: str) -> None:
        self.group = group
        self.name = name
        self.known = tuple(known)
        hint = f"; did you mean {nearest!r}?" if nearest else "."
        listed = ", ".join(sorted(known)) or "none"
        super().__init__(f"no {group} adapter is called {name!r} (from {origin}){hint} Installed: {listed}")


class BrokenAdapterError(ConfigError):
    """An adapter is registered but cannot be used: it fails to import, is registered twice, or lacks what its port asks for.

    Attributes:
        name: The adapter's name.
        distribution: The installed distribution that registers it.
    """

    def __init__(self, name: str, distribution: str, reason: str) -> None:
        self.name = name
        self.distribution = distribution
        super().__init__(f"adapter {name!r} of {distribution} cannot be used: {reason}")


class MissingExtraError(ConfigError):
    """A driver that is not part of the base installation is needed.

    Attributes:
        extra: The extra of lixcore that brings it.
    """

    def __init__(self, what: str, *, module: str, extra: str) -> None:
        self.extra = extra
        super().__init__(f"{what} needs the module {module!r}; install it with: pip install 'lixcore[{extra}]'")


class BrokenPluginError(ConfigError):
    """A plugin is installed but cannot be used: it fails to import, has an unknown or a wrong hook, or its name is taken.

    Attributes:
        name: The plugin's name.
        distribution: The installed distribution that registers it; empty for one that was given in a call.
    """

    def __init__(self, name: str, distribution: str, reason: str) -> None:
        self.name = name
        self.distribution = distribution
        origin = f" of {distribution}" if distribution else ""
        super().__init__(f"plugin {name!r}{origin} cannot be used: {reason}")


class PolicyFailedError(LixError):
    """A policy, or a plugin's answer to a hook, failed; what was asked for was not done. Its cause says how.

    Attributes:
        name: The policy or the plugin.
        decision: What it was asked to decide, such as ``lixcore_evict``.
    """

    def __init__(self, name: str, decision: str, reason: str) -> None:
        self.name = name
        self.decision = decision
        super().__init__(f"{decision} of {name}: {reason}")


class StoreError(LixError):
    """A store could not do what was asked.

    Attributes:
        where: The address or file.
    """

    def __init__(self, where: str, reason: str) -> None:
        self.where = where
        self.reason = reason
        super().__init__(f"{where}: {reason}")

    def restated(self, reason: str) -> Self:
        """The same error with another reason, as if it were never raised: with no traceback, cause or context.

        Args:
            reason: What is said in the place of `reason`.
        """
        said = f"{self.where}: {reason}"
        other = type(self).__new__(type(self), said)
        other.__dict__.update(self.__dict__)
        other.args = (said,)
        other.reason = reason
        return other


class StoreUnavailableError(StoreError):
    """The store cannot be reached, or did not answer in time.

    Attributes:
        outcome_unknown: True when a write had been sent, so that it may or may not have been carried out.
        at_most: The highest position that a message can have whose outcome is unknown, also when it is stored later; None where
            the store cannot say.
    """

    def __init__(self, where: str, reason: str, *, outcome_unknown: bool = False, at_most: int | None = None) -> None:
        self.outcome_unknown = outcome_unknown
        self.at_most = at_most
        suffix = " (the write had been sent: it may or may not have been carried out)" if outcome_unknown else ""
        super().__init__(where, reason + suffix)


class StoreBusyError(StoreUnavailableError):
    """The store is there, and others kept it, or the session, busy for as long as the caller was ready to wait. Try again."""


class StoreFullError(StoreError):
    """No memory or disk space is left; what was stored before is untouched."""


class StoreRefusedError(StoreError):
    """The store answered and said no: wrong password, missing rights, read-only, a version it cannot read."""


class CorruptDataError(StoreError):
    """What the store holds is damaged. Nothing was overwritten."""


class PositionConflictError(StoreError):
    """The archive holds another message at the position of one that it was given; both are still where they were.

    It takes a clock that went back together with a hot store that lost data. ``lix verify --repair`` gives the second message
    a position of its own.

    Attributes:
        position: The first one that both claim.
    """

    def __init__(self, where: str, position: int) -> None:
        self.position = position
        super().__init__(where, f"another message is archived at position {position}; lix verify --repair keeps both")


class NotArchivedError(StoreError):
    """The message is stored in the hot store, but the archive did not take it, as ``write_mode = "through"`` asks for.

    It is in the context and moves to the archive when that works again. Adding it once more would double it. Until the archive
    works, further messages to the session are refused before they are stored.
    """

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(where, f"{reason} (the message is in the hot store and is archived later; do not add it again)")


class PartialBatchError(StoreError):
    """Of a batch that takes several round trips, some were stored before the store failed. Its cause says how it failed.

    What is stored stays and can be used. Storing all of them again is safe.

    Attributes:
        stored: How many, the first ones of the batch, are stored for certain; of those that follow, some may be.
        total: How many were to be stored.
    """

    def __init__(self, where: str, reason: str, *, stored: int, total: int) -> None:
        self.stored = stored
        self.total = total
        super().__init__(where, f"only the first {stored:,} of {total:,} are stored for certain: {reason}")


class ClosedError(LixError):
    """Something was used after it had been closed."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is closed")
