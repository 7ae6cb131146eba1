"""What every hot store does about restores that race: the part of the suite about tickets."""

from __future__ import annotations

from contract_ground import NOON, entry, facts, make_hot
from lixcore.domain.position import MAX_POSITION, ORIGIN, Position
from lixcore.domain.session import SessionKey
from lixcore.ports.hot_store import HotStore, Ticket

ONE = SessionKey("one")


def _restore(store: HotStore, ticket: Ticket) -> bool:
    """Try a restore whose entry would show."""
    return store.restore(ONE, [entry(1, b"out of date")], next_after=Position(1), ticket=ticket)


class HotStoreTickets:
    """Mixed into `HotStoreContract`."""

    def test_a_hot_session_is_not_restored_over(self, store: HotStore) -> None:
        make_hot(store, ONE, [entry(7, b"there before")], next_after=7)
        assert _restore(store, store.ticket(ONE)) is False
        assert facts(store.read(ONE)) == facts([entry(7, b"there before")])

    def test_a_hot_and_empty_session_is_not_restored_over(self, store: HotStore) -> None:
        make_hot(store, ONE)
        assert _restore(store, store.ticket(ONE)) is False
        assert facts(store.read(ONE)) == []

    def test_of_two_restores_the_first_holds(self, store: HotStore) -> None:
        late = store.ticket(ONE)
        make_hot(store, ONE, [entry(2, b"first")])
        assert _restore(store, late) is False
        assert facts(store.read(ONE)) == facts([entry(2, b"first")])

    def test_a_refused_restore_records_nothing(self, store: HotStore) -> None:
        ticket = store.ticket(ONE)
        store.forget(ONE)
        assert _restore(store, ticket) is False
        assert store.describe(ONE) is None
        assert list(store.sessions()) == []

    def test_a_ticket_is_void_when_the_session_was_hot_in_between(self, store: HotStore) -> None:
        ticket = store.ticket(ONE)
        make_hot(store, ONE)
        assert store.append(ONE, NOON, b"x")
        assert store.evict(ONE, through=MAX_POSITION)
        assert _restore(store, ticket) is False
        assert store.read(ONE) is None

    def test_a_ticket_is_void_when_the_session_was_hot_and_empty_in_between(self, store: HotStore) -> None:
        ticket = store.ticket(ONE)
        make_hot(store, ONE)
        assert store.evict(ONE, through=ORIGIN)
        assert _restore(store, ticket) is False

    def test_a_ticket_taken_while_hot_is_void_after_the_eviction(self, store: HotStore) -> None:
        make_hot(store, ONE)
        ticket = store.ticket(ONE)
        assert store.evict(ONE, through=ORIGIN)
        assert _restore(store, ticket) is False

    def test_evict_voids_tickets_also_of_an_absent_session(self, store: HotStore) -> None:
        ticket = store.ticket(ONE)
        assert store.evict(ONE, through=ORIGIN) is True
        assert _restore(store, ticket) is False
        make_hot(store, ONE)

    def test_forget_voids_tickets_also_of_an_absent_session(self, store: HotStore) -> None:
        ticket = store.ticket(ONE)
        store.forget(ONE)
        assert _restore(store, ticket) is False
        make_hot(store, ONE)

    def test_forget_voids_tickets_of_a_hot_session(self, store: HotStore) -> None:
        make_hot(store, ONE)
        ticket = store.ticket(ONE)
        store.forget(ONE)
        assert _restore(store, ticket) is False

    def test_evicting_an_absent_session_is_harmless(self, store: HotStore) -> None:
        assert store.evict(ONE, through=MAX_POSITION) is True
        make_hot(store, ONE)
