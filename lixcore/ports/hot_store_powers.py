"""Optional powers of a hot store, each declared by having its methods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from lixcore.domain.session import SessionKey
from lixcore.ports.hot_store import HotInfo


@runtime_checkable
class MeasuresSessions(Protocol):
    """Tells how much room sessions take."""

    def sizes(self, sessions: Sequence[SessionKey]) -> Sequence[int]:
        """What each session takes of the store's memory or disk, in bytes; 0 for one that is absent. Records no activity."""
        ...


@runtime_checkable
class DescribesMany(Protocol):
    """Tells what it holds of many sessions in one go."""

    def describe_many(self, sessions: Sequence[SessionKey]) -> Sequence[HotInfo | None]:
        """What `lixcore.ports.hot_store.HotStore.describe` tells of each session, in their order. Records no activity.

        One round trip for every 1,000 of them. What is told of different sessions may be of different moments.
        """
        ...


@runtime_checkable
class TellsTime(Protocol):
    """Has a clock of its own, by which that of a host can be judged before something is removed for its age."""

    def time(self) -> float | None:
        """Seconds since the epoch by the store's clock; None where it may not be asked."""
        ...


@runtime_checkable
class MayLapse(Protocol):
    """A store that may come back from a restart with less than it had acknowledged, such as an older snapshot of its data.

    Attributes:
        lapse: Names the restart, from when this process first sees the store after it until somebody, in whatever process,
            calls `settle` and this process gets to know. None at all other times. Looking costs nothing. It is known before the
            first answer after the restart is given: what was read is to be trusted if there is no lapse after the call. It may
            be set without need, now and then.
    """

    @property
    def lapse(self) -> str | None: ...

    def settle(self, lapse: str) -> None:
        """Note, for all processes, that what is hot since that restart was compared with the archive.

        Nothing is noted when the store restarted once more since; `lapse` then names that restart, unless somebody settled it.
        """
        ...
