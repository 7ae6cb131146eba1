"""A guarded hot store that has the powers of the store it guards, and no others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from lixcore.domain.session import SessionKey
from lixcore.ports.clock import Clock
from lixcore.ports.diagnosis import Diagnoses, Diagnosis
from lixcore.ports.events import Events
from lixcore.ports.hot_store import HotInfo, HotStore
from lixcore.ports.hot_store_powers import DescribesMany, MayLapse, MeasuresSessions, TellsTime
from lixcore.ports.leases import GrantsLeases
from lixcore.ports.verification import Verified, Verifies
from lixcore.services.events.telling import SILENT
from lixcore.services.tiers.guarded_hot_store import GuardedHotStore


class _Power(GuardedHotStore):
    """What the powers below are mixed into."""

    @property
    def _store(self) -> Any:
        return self._hot


class _GrantsLeases(_Power):
    def lease(self, name: str, *, holder: str, seconds: float) -> bool:
        granted: bool = self._asked(lambda: self._store.lease(name, holder=holder, seconds=seconds))
        return granted

    def end_lease(self, name: str, *, holder: str) -> None:
        self._asked(lambda: self._store.end_lease(name, holder=holder))


class _MeasuresSessions(_Power):
    def sizes(self, sessions: Sequence[SessionKey]) -> Sequence[int]:
        found: Sequence[int] = self._asked(lambda: self._store.sizes(sessions))
        return found


class _DescribesMany(_Power):
    def describe_many(self, sessions: Sequence[SessionKey]) -> Sequence[HotInfo | None]:
        found: Sequence[HotInfo | None] = self._asked(lambda: self._store.describe_many(sessions))
        return found


class _TellsTime(_Power):
    def time(self) -> float | None:
        told: float | None = self._asked(self._store.time)
        return told


class _MayLapse(_Power):
    @property
    def lapse(self) -> str | None:
        lapse: str | None = self._store.lapse
        return lapse

    def settle(self, lapse: str) -> None:
        self._asked(lambda: self._store.settle(lapse))


# The next two look at the store itself, whatever the guard believes.


class _Verifies(_Power):
    def verify(self, *, repair: bool = False) -> Iterator[Verified]:
        found: Iterator[Verified] = self._store.verify(repair=repair)
        return found


class _Diagnoses(_Power):
    def diagnose(self) -> Iterator[Diagnosis]:
        found: Iterator[Diagnosis] = self._store.diagnose()
        return found


_POWERS: tuple[tuple[type, type[_Power]], ...] = (
    (GrantsLeases, _GrantsLeases),
    (MeasuresSessions, _MeasuresSessions),
    (DescribesMany, _DescribesMany),
    (TellsTime, _TellsTime),
    (MayLapse, _MayLapse),
    (Verifies, _Verifies),
    (Diagnoses, _Diagnoses),
)


def guarded(hot: HotStore, clock: Clock, events: Events = SILENT) -> GuardedHotStore:
    """A guard around a hot store; a power is a method, so what the store cannot do the guard must not have."""
    return _guard_with(tuple(mixin for power, mixin in _POWERS if isinstance(hot, power)))(hot, clock, events)


@lru_cache
def _guard_with(mixins: tuple[type[_Power], ...]) -> type[GuardedHotStore]:
    return type("GuardedHotStore", (*mixins, GuardedHotStore), {})
