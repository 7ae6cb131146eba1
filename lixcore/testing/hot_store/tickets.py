"""What every hot store does about restores that race: the part of the suite about tickets."""

from __future__ import annotations

from lixcore.domain.position import MAX_POSITION, ORIGIN, Position
from lixcore.domain.session import SessionKey
from lixcore.ports.hot_store import HotStore, Ticket
from lixcore.testing.ground.clock import NOON
from lixcore.testing.ground.entries import entry, facts
from lixcore.testing.ground.rules import rule
from lixcore.testing.hot_store.stores import HotStoreGround, make_hot

ONE = SessionKey("one")


def _restore(store: HotStore, ticket: Ticket) -> bool:
    """Try a restore whose entry would show."""
    return store.restore(ONE, [entry(1, b"out of date")], next_after=Position(1), ticket=ticket)


class HotStoreTickets(HotStoreGround):
    """Restores that race."""

    @rule("Another process was quicker and messages have come since: restoring over them loses them.")
    def test_a_hot_session_is_not_restored_over(self, store: HotStore) -> None:
        make_hot(store, ONE, [entry(7, b"there before")], next_after=7)
        assert _restore(store, store.ticket(ONE)) is False
        assert facts(store.read(ONE)) == facts([entry(7, b"there before")])

    @rule("The session may be empty because everything was just archived: restoring over it brings back what was released.")
    def test_a_hot_and_empty_session_is_not_restored_over(self, store: HotStore) -> None:
        make_hot(store, ONE)
        assert _restore(store, store.ticket(ONE)) is False
        assert facts(store.read(ONE)) == []

    @rule("Two processes often restore at once: if the second one counted, messages between the two would be lost.")
    def test_of_two_restores_the_first_holds(self, store: HotStore) -> None:
        late = store.ticket(ONE)
        make_hot(store, ONE, [entry(2, b"first")])
        assert _restore(store, late) is False
        assert facts(store.read(ONE)) == facts([entry(2, b"first")])

    @rule(
        "A restore that lost its race must leave no empty session behind, or the next caller finds a"
        " conversation without its history."
    )
    def test_a_refused_restore_records_nothing(self, store: HotStore) -> None:
        ticket = store.ticket(ONE)
        store.forget(ONE)
        assert _restore(store, ticket) is False
        assert store.describe(ONE) is None
        assert list(store.sessions()) == []

    @rule("The archive was read before those messages came: restoring what was read then makes them vanish from the context.")
    def test_a_ticket_is_void_when_the_session_was_hot_in_between(self, store: HotStore) -> None:
        ticket = store.ticket(ONE)
        make_hot(store, ONE)
        assert store.append(ONE, NOON, b"x")
        assert store.evict(ONE, through=MAX_POSITION)
        assert _restore(store, ticket) is False
        assert store.read(ONE) is None

    @rule("Positions may have been given out and archived in between: restoring older bounds gives them a second time.")
    def test_a_ticket_is_void_when_the_session_was_hot_and_empty_in_between(self, store: HotStore) -> None:
        ticket = store.ticket(ONE)
        make_hot(store, ONE)
        assert store.evict(ONE, through=ORIGIN)
        assert _restore(store, ticket) is False

    @rule("Whoever took it read the archive while the newest messages were only here: restoring that loses them.")
    def test_a_ticket_taken_while_hot_is_void_after_the_eviction(self, store: HotStore) -> None:
        make_hot(store, ONE)
        ticket = store.ticket(ONE)
        assert store.evict(ONE, through=ORIGIN)
        assert _restore(store, ticket) is False

    @rule("An eviction says that the archive changed: what was read before may be out of date.")
    def test_evict_voids_tickets_also_of_an_absent_session(self, store: HotStore) -> None:
        ticket = store.ticket(ONE)
        assert store.evict(ONE, through=ORIGIN) is True
        assert _restore(store, ticket) is False
        make_hot(store, ONE)

    @rule("A restore under way would bring back what a person just asked to forget.")
    def test_forget_voids_tickets_also_of_an_absent_session(self, store: HotStore) -> None:
        ticket = store.ticket(ONE)
        store.forget(ONE)
        assert _restore(store, ticket) is False
        make_hot(store, ONE)

    @rule("A restore under way would bring back what a person just asked to forget.")
    def test_forget_voids_tickets_of_a_hot_session(self, store: HotStore) -> None:
        make_hot(store, ONE)
        ticket = store.ticket(ONE)
        store.forget(ONE)
        assert _restore(store, ticket) is False

    @rule("Two janitors may choose the same session; the second must neither fail nor get in the way of the session's return.")
    def test_evicting_an_absent_session_is_harmless(self, store: HotStore) -> None:
        assert store.evict(ONE, through=MAX_POSITION) is True
        make_hot(store, ONE)
