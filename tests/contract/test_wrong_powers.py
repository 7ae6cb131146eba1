"""The suite finds what it is for in the optional powers as well: each store is wrong in one way, and fails the test beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from unicodedata import normalize

import pytest
from hot_store_contract import HotStoreContract

from contract_ground import SettableClock
from lixcore.domain.session import SessionKey
from lixcore.ports.diagnosis import Diagnosis, Severity
from lixcore_memory import MemoryHotStore


class GrantsToEverybody(MemoryHotStore):
    def lease(self, name: str, *, holder: str, seconds: float) -> bool:
        super().lease(name, holder=holder, seconds=seconds)
        return True


class RefusesRenewal(MemoryHotStore):
    def lease(self, name: str, *, holder: str, seconds: float) -> bool:
        return name not in self._leases and super().lease(name, holder=holder, seconds=seconds)


class RenewsWithoutEffect(MemoryHotStore):
    def lease(self, name: str, *, holder: str, seconds: float) -> bool:
        held = self._leases.get(name, ("", 0.0))
        if held[0] == holder and self._clock.monotonic() < held[1]:
            return True
        return super().lease(name, holder=holder, seconds=seconds)


class KeepsLeasesForEver(MemoryHotStore):
    def lease(self, name: str, *, holder: str, seconds: float) -> bool:
        return super().lease(name, holder=holder, seconds=seconds * 1e9)


class GoesByAClockThatStepsBack(MemoryHotStore):
    def lease(self, name: str, *, holder: str, seconds: float) -> bool:
        self._clock.monotonic = self._clock.now  # type: ignore[method-assign]
        return super().lease(name, holder=holder, seconds=seconds)


class LetsAnybodyEndIt(MemoryHotStore):
    def end_lease(self, name: str, *, holder: str) -> None:
        super().end_lease(name, holder=self._leases.get(name, (holder, 0.0))[0])


class HasOneLease(MemoryHotStore):
    def lease(self, name: str, *, holder: str, seconds: float) -> bool:
        return super().lease(name[:0], holder=holder, seconds=seconds)


class NormalisesHolders(MemoryHotStore):
    def lease(self, name: str, *, holder: str, seconds: float) -> bool:
        return super().lease(name, holder=normalize("NFC", holder), seconds=seconds)


class CutsHoldersAtNul(MemoryHotStore):
    def lease(self, name: str, *, holder: str, seconds: float) -> bool:
        return super().lease(name, holder=holder.split("\0", maxsplit=1)[0], seconds=seconds)


class CountsEntriesOnly(MemoryHotStore):
    def sizes(self, sessions: Sequence[SessionKey]) -> Sequence[int]:
        return [min(size, 300) for size in super().sizes(sessions)]


class AnswersForHotSessionsOnly(MemoryHotStore):
    def sizes(self, sessions: Sequence[SessionKey]) -> Sequence[int]:
        return [size for size in super().sizes(sessions) if size]


class ReadsToMeasure(MemoryHotStore):
    def sizes(self, sessions: Sequence[SessionKey]) -> Sequence[int]:
        for session in sessions:
            self.read(session)
        return super().sizes(sessions)


class GivesNoAdvice(MemoryHotStore):
    def diagnose(self) -> Iterator[Diagnosis]:
        yield Diagnosis("memory", Severity.WARNING, "it is nearly used up")


TESTS = HotStoreContract
CASES: list[tuple[type[MemoryHotStore], Callable[..., None], bool]] = [
    (GrantsToEverybody, TESTS.test_a_lease_has_one_holder_who_may_renew_it, False),
    (RefusesRenewal, TESTS.test_a_lease_has_one_holder_who_may_renew_it, False),
    (HasOneLease, TESTS.test_a_lease_has_one_holder_who_may_renew_it, False),
    (RenewsWithoutEffect, TESTS.test_renewal_counts_from_now, True),
    (KeepsLeasesForEver, TESTS.test_a_lease_ends_by_itself, True),
    (GoesByAClockThatStepsBack, TESTS.test_a_clock_that_steps_back_does_not_keep_a_lease_for_long, True),
    (LetsAnybodyEndIt, TESTS.test_a_lease_given_back_is_free_and_only_its_holder_can_do_that, False),
    (NormalisesHolders, TESTS.test_holders_are_told_apart_whatever_their_names, False),
    (CutsHoldersAtNul, TESTS.test_holders_are_told_apart_whatever_their_names, False),
    (GrantsToEverybody, TESTS.test_of_many_threads_one_has_it, False),
    (CountsEntriesOnly, TESTS.test_sizes_grow_with_the_entries_and_are_zero_for_absent_sessions, True),
    (ReadsToMeasure, TESTS.test_sizes_grow_with_the_entries_and_are_zero_for_absent_sessions, True),
    (AnswersForHotSessionsOnly, TESTS.test_sizes_of_many_sessions_come_in_the_order_asked_for, False),
    (GivesNoAdvice, TESTS.test_a_diagnosis_gives_advice_where_all_is_not_well_and_does_no_harm, False),
]


@pytest.mark.parametrize(("adapter", "test", "clocked"), CASES)
def test_a_wrong_store_fails(adapter: type[MemoryHotStore], test: Callable[..., None], clocked: bool) -> None:  # noqa: FBT001  # a parameter
    for tried in (MemoryHotStore, adapter):
        clock = SettableClock()
        more = {"clock": clock} if clocked else {}
        if tried is adapter:
            with pytest.raises((AssertionError, ValueError)):
                test(HotStoreContract(), store=tried(clock), **more)
        else:
            test(HotStoreContract(), store=tried(clock), **more)
