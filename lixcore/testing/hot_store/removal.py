"""What every hot store does when entries or sessions leave it."""

from __future__ import annotations

from lixcore.domain.position import MAX_POSITION, ORIGIN, Position
from lixcore.domain.session import SessionKey
from lixcore.ports.hot_store import HotRemoval, HotStore
from lixcore.testing.ground.clock import NOON, SettableClock
from lixcore.testing.ground.entries import entry, facts
from lixcore.testing.ground.rules import rule
from lixcore.testing.hot_store.stores import HotStoreGround, make_hot

ONE = SessionKey("one")


class HotStoreRemoval(HotStoreGround):
    """Release, evict, forget."""

    @rule(
        "A spill may be repeated after a failure: releasing by count instead of by position would drop"
        " messages that are not archived."
    )
    def test_release_removes_up_to_its_position_and_only_once(self, store: HotStore) -> None:
        make_hot(store, ONE, [entry(10), entry(20), entry(30)])
        assert store.release(ONE, through=Position(9)) == 0
        assert store.release(ONE, through=Position(25)) == 2
        assert store.release(ONE, through=Position(25)) == 0
        assert facts(store.read(ONE)) == facts([entry(30)])

    @rule("A message that came during the eviction is nowhere else yet: removing it with the others loses it for ever.")
    def test_evict_leaves_a_session_with_newer_entries_hot(self, store: HotStore) -> None:
        make_hot(store, ONE, [entry(10), entry(20), entry(30)])
        assert store.evict(ONE, through=Position(20)) is False
        assert facts(store.read(ONE)) == facts([entry(30)])
        assert store.evict(ONE, through=Position(30)) is True
        assert store.read(ONE) is None
        assert store.describe(ONE) is None
        assert list(store.sessions()) == []
        assert store.evict(ONE, through=Position(30)) is True

    @rule("Sessions without messages take memory too; if they stayed hot, the store would fill up with them.")
    def test_evict_makes_an_empty_session_absent(self, store: HotStore) -> None:
        make_hot(store, ONE)
        assert store.evict(ONE, through=ORIGIN) is True
        assert store.read(ONE) is None

    @rule(
        "People have the right to be forgotten; the position it tells is how far the archive must forget, or"
        " a late spill brings it back."
    )
    def test_forget_removes_everything_and_says_what(self, store: HotStore) -> None:
        make_hot(store, ONE, [entry(10), entry(20)])
        assert store.forget(ONE) == HotRemoval(2, Position(20))
        assert store.read(ONE) is None
        assert list(store.sessions()) == []
        assert store.forget(ONE) == HotRemoval(0, None)
        make_hot(store, ONE)
        assert store.forget(ONE) == HotRemoval(0, None)

    @rule("A spill whose answer was lost is done again, also after others went on: repeated, it must find nothing to do.")
    def test_what_is_repeated_does_nothing_more(self, store: HotStore, clock: SettableClock) -> None:
        make_hot(store, ONE, [entry(10), entry(20)])
        assert store.release(ONE, through=Position(10)) == 1
        clock.advance(1)
        assert store.append(ONE, NOON, b"new")
        for _ in range(3):
            assert store.release(ONE, through=Position(10)) == 0
        assert [one.payload for one in store.read(ONE) or ()] == [b"payload", b"new"]
        assert store.evict(ONE, through=MAX_POSITION) is True
        for _ in range(3):
            assert store.evict(ONE, through=MAX_POSITION) is True
            assert store.forget(ONE) == HotRemoval(0, None)

    @rule("Thousands of sessions share the store: what is removed of one must be nothing of another.")
    def test_what_leaves_one_session_leaves_no_other(self, store: HotStore) -> None:
        others = [SessionKey("one", tenant="other"), SessionKey("on"), SessionKey("one1"), SessionKey("*")]
        for session in [ONE, *others]:
            make_hot(store, session, [entry(1), entry(2)])
        assert store.release(ONE, through=Position(1)) == 1
        assert store.evict(ONE, through=Position(2)) is True
        store.forget(ONE)
        assert {one.session for one in store.sessions()} == set(others)
        assert all(facts(store.read(session)) == facts([entry(1), entry(2)]) for session in others)
