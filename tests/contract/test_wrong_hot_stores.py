"""The suite finds what it is for: each of these stores is wrong in one way, and fails the test that is named beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hot_store_contract import HotStoreContract
from hot_store_machine import check_against_model

from contract_ground import SettableClock
from lixcore.domain.position import ORIGIN, Entry, Position
from lixcore.domain.session import SessionKey
from lixcore.ports.hot_store import Appended, HotRemoval, SessionActivity, Ticket
from lixcore_memory import MemoryHotStore
from lixcore_memory.hot_store import _Session


class MakesAbsentSessionsHot(MemoryHotStore):
    def append(self, session: SessionKey, timestamp: float, payload: bytes) -> Appended | None:
        self._sessions.setdefault(session, _Session([], ORIGIN, 0.0))
        return super().append(session, timestamp, payload)


class SaysEmptyForAbsent(MemoryHotStore):
    def read(self, session: SessionKey, *, last: int | None = None) -> Sequence[Entry] | None:
        return super().read(session, last=last) or ()


class TrustsTheClock(MemoryHotStore):
    def append(self, session: SessionKey, timestamp: float, payload: bytes) -> Appended | None:
        if session in self._sessions:
            held = self._sessions[session].entries
            self._sessions[session].highest = held[-1].position if held else ORIGIN
        return super().append(session, timestamp, payload)


class ReleasesNewerEntries(MemoryHotStore):
    def release(self, session: SessionKey, *, through: Position) -> int:
        return super().release(session, through=Position(through + 10))


class EvictsNewerEntries(MemoryHotStore):
    def evict(self, session: SessionKey, *, through: Position) -> bool:
        return super().evict(session, through=Position(through + 10))


class KeepsNewerButCallsItAbsent(MemoryHotStore):
    def evict(self, session: SessionKey, *, through: Position) -> bool:
        super().evict(session, through=through)
        return True


class IgnoresTickets(MemoryHotStore):
    def restore(self, session: SessionKey, entries: Sequence[Entry], *, next_after: Position, ticket: Ticket) -> bool:
        return super().restore(session, entries, next_after=next_after, ticket=ticket and self.ticket(session))


class RestoresOverHotSessions(MemoryHotStore):
    def restore(self, session: SessionKey, entries: Sequence[Entry], *, next_after: Position, ticket: Ticket) -> bool:
        self._sessions.pop(session, None)
        return super().restore(session, entries, next_after=next_after, ticket=ticket)


class RefusesEveryTicket(MemoryHotStore):
    def restore(self, session: SessionKey, entries: Sequence[Entry], *, next_after: Position, ticket: Ticket) -> bool:
        return super().restore(session, entries, next_after=next_after, ticket=Ticket(ticket + b"x"))


class ForgetsWithoutVoidingTickets(MemoryHotStore):
    def forget(self, session: SessionKey) -> HotRemoval:
        removal = super().forget(session)
        self._bucket(session).count -= 1
        return removal


class FoldsCase(MemoryHotStore):
    def append(self, session: SessionKey, timestamp: float, payload: bytes) -> Appended | None:
        return super().append(SessionKey(session.id.lower(), tenant=session.tenant), timestamp, payload)


class RecordsActivityInOldest(MemoryHotStore):
    def oldest(self, session: SessionKey, *, limit: int) -> Sequence[Entry]:
        return (self.read(session) or ())[:limit]


class GivesItsOwnList(MemoryHotStore):
    def read(self, session: SessionKey, *, last: int | None = None) -> Sequence[Entry] | None:
        found = super().read(session, last=last)
        return found if found is None or last is not None else self._sessions[session].entries


class RoundsTimestamps(MemoryHotStore):
    def append(self, session: SessionKey, timestamp: float, payload: bytes) -> Appended | None:
        return super().append(session, round(timestamp, 6), payload)


class CutsPayloadsAtNul(MemoryHotStore):
    def append(self, session: SessionKey, timestamp: float, payload: bytes) -> Appended | None:
        return super().append(session, timestamp, payload.split(b"\0")[0])


class ListsTheMostRecentFirst(MemoryHotStore):
    def sessions(self, *, inactive_since: float | None = None, limit: int | None = None) -> Sequence[SessionActivity]:
        return list(reversed(super().sessions(inactive_since=inactive_since)))[:limit]


class WorksOnWhenClosed(MemoryHotStore):
    def close(self) -> None:
        pass


TESTS = HotStoreContract
CASES: list[tuple[type[MemoryHotStore], Callable[..., None]]] = [
    (MakesAbsentSessionsHot, TESTS.test_a_session_is_absent_until_it_is_restored),
    (SaysEmptyForAbsent, TESTS.test_a_session_is_absent_until_it_is_restored),
    (TrustsTheClock, TESTS.test_a_position_is_not_given_again_after_its_release),
    (ReleasesNewerEntries, TESTS.test_release_removes_up_to_its_position_and_only_once),
    (EvictsNewerEntries, TESTS.test_evict_leaves_a_session_with_newer_entries_hot),
    (KeepsNewerButCallsItAbsent, TESTS.test_evict_leaves_a_session_with_newer_entries_hot),
    (IgnoresTickets, TESTS.test_a_ticket_is_void_when_the_session_was_hot_in_between),
    (RestoresOverHotSessions, TESTS.test_a_hot_session_is_not_restored_over),
    (RefusesEveryTicket, TESTS.test_hot_and_empty_is_not_absent),
    (ForgetsWithoutVoidingTickets, TESTS.test_forget_voids_tickets_also_of_an_absent_session),
    (FoldsCase, TESTS.test_ids_that_look_alike_never_meet),
    (RecordsActivityInOldest, TESTS.test_append_read_and_restore_record_activity_and_nothing_else_does),
    (GivesItsOwnList, TESTS.test_what_was_read_is_the_callers),
    (RoundsTimestamps, TESTS.test_payloads_and_timestamps_come_back_bit_for_bit),
    (CutsPayloadsAtNul, TESTS.test_payloads_of_any_size),
    (ListsTheMostRecentFirst, TESTS.test_sessions_come_longest_idle_first_within_their_bounds),
    (WorksOnWhenClosed, TESTS.test_a_closed_store_says_so),
]
PARAMETERS: dict[str, Any] = {
    "test_ids_that_look_alike_never_meet": {"one": SessionKey("a"), "two": SessionKey("A")},
    "test_payloads_of_any_size": {"size": 2**20},
}
CLOCKED = {"test_append_read_and_restore_record_activity_and_nothing_else_does"} | {
    "test_sessions_come_longest_idle_first_within_their_bounds",
}


def run(adapter: type[MemoryHotStore], test: Callable[..., None]) -> None:
    """Run one test of the suite on a new store."""
    clock = SettableClock()
    more = {"clock": clock} if test.__name__ in CLOCKED else {}
    test(HotStoreContract(), store=adapter(clock), **more, **PARAMETERS.get(test.__name__, {}))


@pytest.mark.parametrize(("adapter", "test"), CASES, ids=lambda case: case.__name__)
def test_a_wrong_store_fails(adapter: type[MemoryHotStore], test: Callable[..., None]) -> None:
    run(MemoryHotStore, test)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        run(adapter, test)


@pytest.mark.parametrize("adapter", [SaysEmptyForAbsent, ReleasesNewerEntries, IgnoresTickets, ForgetsWithoutVoidingTickets])
def test_random_histories_find_it_too(adapter: type[MemoryHotStore]) -> None:
    clock = SettableClock()
    with pytest.raises(AssertionError):
        check_against_model(lambda: adapter(clock), clock, persistent=False, shared=False, examples=500)
