"""Hot stores whose optional powers are wrong, in one way each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from unicodedata import normalize

from broken.case import broken
from lixcore.domain.session import SessionKey
from lixcore.ports.diagnosis import Diagnosis, Severity
from lixcore.testing import HotStoreContract
from lixcore_memory import MemoryHotStore


class GrantsToEverybody(MemoryHotStore):
    """The answer is that the lease was written, not that it was free."""

    def lease(self, name: str, *, holder: str, seconds: float) -> bool:
        super().lease(name, holder=holder, seconds=seconds)
        return True


class RefusesRenewal(MemoryHotStore):
    """Whoever has it is not asked who is asking."""

    def lease(self, name: str, *, holder: str, seconds: float) -> bool:
        return name not in self._leases and super().lease(name, holder=holder, seconds=seconds)


class RenewsWithoutEffect(MemoryHotStore):
    """Its holder has it already: there is nothing to do."""

    def lease(self, name: str, *, holder: str, seconds: float) -> bool:
        held = self._leases.get(name, ("", 0.0))
        if held[0] == holder and self._clock.monotonic() < held[1]:
            return True
        return super().lease(name, holder=holder, seconds=seconds)


class KeepsLeasesForEver(MemoryHotStore):
    """Seconds are taken for something longer."""

    def lease(self, name: str, *, holder: str, seconds: float) -> bool:
        return super().lease(name, holder=holder, seconds=seconds * 1e9)


class GoesByAClockThatStepsBack(MemoryHotStore):
    """The end is kept by the time of day."""

    def lease(self, name: str, *, holder: str, seconds: float) -> bool:
        self._clock.monotonic = self._clock.now  # type: ignore[method-assign]
        return super().lease(name, holder=holder, seconds=seconds)


class LetsAnybodyEndIt(MemoryHotStore):
    """The key is deleted, whoever holds it."""

    def end_lease(self, name: str, *, holder: str) -> None:
        super().end_lease(name, holder=self._leases.get(name, (holder, 0.0))[0])


class HasOneLease(MemoryHotStore):
    """There is one lease, whatever it is for."""

    def lease(self, name: str, *, holder: str, seconds: float) -> bool:
        return super().lease(name[:0], holder=holder, seconds=seconds)


class NormalisesHolders(MemoryHotStore):
    """Texts are normalised before they are stored."""

    def lease(self, name: str, *, holder: str, seconds: float) -> bool:
        return super().lease(name, holder=normalize("NFC", holder), seconds=seconds)


class CutsHoldersAtNul(MemoryHotStore):
    """Names go through a library in C."""

    def lease(self, name: str, *, holder: str, seconds: float) -> bool:
        return super().lease(name, holder=holder.split("\0", maxsplit=1)[0], seconds=seconds)


class CountsEntriesOnly(MemoryHotStore):
    """It counts what an entry takes, without its payload."""

    def sizes(self, sessions: Sequence[SessionKey]) -> Sequence[int]:
        return [min(size, 300) for size in super().sizes(sessions)]


class AnswersForHotSessionsOnly(MemoryHotStore):
    """Sessions that are not there are left out of the answer."""

    def sizes(self, sessions: Sequence[SessionKey]) -> Sequence[int]:
        return [size for size in super().sizes(sessions) if size]


class ReadsToMeasure(MemoryHotStore):
    """It reads to see how much there is."""

    def sizes(self, sessions: Sequence[SessionKey]) -> Sequence[int]:
        for session in sessions:
            self.read(session)
        return super().sizes(sessions)


class GivesNoAdvice(MemoryHotStore):
    """What is wrong speaks for itself."""

    def diagnose(self) -> Iterator[Diagnosis]:
        yield Diagnosis("memory", Severity.WARNING, "it is nearly used up")


C = HotStoreContract
CASES = [
    broken(C, GrantsToEverybody, "a-lease-has-one-holder-who-may-renew-it", "of-many-threads-one-has-it"),
    broken(C, RefusesRenewal, "a-lease-has-one-holder-who-may-renew-it"),
    broken(C, HasOneLease, "a-lease-has-one-holder-who-may-renew-it"),
    broken(C, RenewsWithoutEffect, "renewal-counts-from-now"),
    broken(C, KeepsLeasesForEver, "a-lease-ends-by-itself"),
    broken(C, GoesByAClockThatStepsBack, "a-clock-that-steps-back-does-not-keep-a-lease-for-long"),
    broken(C, LetsAnybodyEndIt, "a-lease-given-back-is-free-and-only-its-holder-can-do-that"),
    broken(C, NormalisesHolders, "holders-are-told-apart-whatever-their-names"),
    broken(C, CutsHoldersAtNul, "holders-are-told-apart-whatever-their-names"),
    broken(C, CountsEntriesOnly, "sizes-grow-with-the-entries-and-are-zero-for-absent-sessions"),
    broken(C, ReadsToMeasure, "sizes-grow-with-the-entries-and-are-zero-for-absent-sessions"),
    broken(C, AnswersForHotSessionsOnly, "sizes-of-many-sessions-come-in-the-order-asked-for"),
    broken(C, GivesNoAdvice, "a-diagnosis-gives-advice-where-all-is-not-well-and-does-no-harm"),
]
