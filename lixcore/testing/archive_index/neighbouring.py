"""What stands beside a message: the part of the contract that puts a hit into its conversation again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lixcore.domain.position import MAX_POSITION, ORIGIN, Position
from lixcore.domain.session import SessionKey
from lixcore.ports.archive_index import ArchiveIndex, IndexBatch
from lixcore.testing.archive_index.messages import ONE, OURS, RARE, TWO, IndexRules, floats, message, numbered, put
from lixcore.testing.archive_index.oracle import Shelf, as_lists, beside
from lixcore.testing.ground.clock import NOON
from lixcore.testing.ground.hostile import KEYS_THAT_COLLIDE
from lixcore.testing.ground.profiles import examples
from lixcore.testing.ground.rules import rule


def around(index: ArchiveIndex, session: SessionKey, position: int, *, reach: int = 2) -> tuple[list[int], list[int]]:
    """What stands before and after one place."""
    (found,) = as_lists(index.neighbours([(session, Position(position))], reach=reach))
    return found


class NeighbourRules(IndexRules):
    """Mixed into `ArchiveIndexContract`."""

    @rule("An answer is understood by its question: what stands nearest on either side comes first, and no more than asked for.")
    def test_neighbours_are_the_nearest_on_either_side(self, index: ArchiveIndex) -> None:
        put(index, ONE, *(message(at) for at in (3, 5, 8, 13, 21)))
        assert around(index, ONE, 8) == ([5, 3], [13, 21])
        assert around(index, ONE, 8, reach=1) == ([5], [13])
        assert around(index, ONE, 8, reach=100) == ([5, 3], [13, 21])
        assert around(index, ONE, 3) == ([], [5, 8])
        assert around(index, ONE, 21) == ([13, 8], [])

    @rule("A turn that is only in the hot store, or was forgotten, has neighbours all the same: the core asks for those, too.")
    def test_what_is_not_held_has_neighbours_all_the_same(self, index: ArchiveIndex) -> None:
        put(index, ONE, message(3), message(5), message(MAX_POSITION))
        assert around(index, ONE, 4) == ([3], [5, MAX_POSITION])
        assert around(index, ONE, ORIGIN) == ([], [3, 5])
        assert around(index, ONE, 9) == ([5, 3], [MAX_POSITION])
        assert around(index, TWO, 4) == ([], [])

    @rule("Hits of many conversations are looked around at once: an answer in another order is about other hits.")
    def test_neighbours_come_in_the_order_asked_for(self, index: ArchiveIndex) -> None:
        put(index, ONE, *numbered(4))
        put(index, TWO, message(2), message(4), message(6))
        asked = [(TWO, 4), (ONE, 2), (SessionKey("none"), 2), (TWO, 4), (ONE, 3), (TWO, 5)]
        found = index.neighbours([(session, Position(at)) for session, at in asked], reach=1)
        assert as_lists(found) == [([2], [6]), ([1], [3]), ([], []), ([2], [6]), ([2], [4]), ([4], [6])]
        assert list(index.neighbours([], reach=1)) == []

    @rule("A conversation is of two at least: whoever said it, whenever, and with or without a word, it stands there.")
    def test_neighbours_are_of_whatever_kind(self, index: ArchiveIndex) -> None:
        put(
            index,
            ONE,
            message(1, "", role="tool", at=NOON + 9),
            message(2, "walnut", role="assistant", vector=[1]),
            message(3),
            message(4, "", at=0.0, topic="rain"),
        )
        assert around(index, ONE, 3) == ([2, 1], [4])

    @rule("The same turn of another conversation is somebody else's: neighbours never come from there.")
    @pytest.mark.parametrize(("one", "other"), KEYS_THAT_COLLIDE)
    def test_neighbours_are_of_the_same_session(self, index: ArchiveIndex, one: SessionKey, other: SessionKey) -> None:
        put(index, one, message(1), message(5))
        put(index, other, message(2), message(4))
        assert around(index, one, 3) == ([1], [5])
        assert around(index, other, 3) == ([2], [4])

    @rule("What was forgotten stands beside nothing any more, and what came late stands where it was said.")
    def test_neighbours_are_those_of_now(self, index: ArchiveIndex) -> None:
        put(index, ONE, *(message(at) for at in (2, 4, 6, 8)))
        put(index, ONE, message(5))
        assert around(index, ONE, 6) == ([5, 4], [8])
        index.forget(ONE, through=Position(4))
        assert around(index, ONE, 6) == ([5], [8])
        put(index, ONE, message(7))
        assert around(index, ONE, 6) == ([5], [7, 8])
        index.clear()
        assert around(index, ONE, 6) == ([], [])

    @rule("Sessions come into an index in pieces, over weeks: neighbours are found across all of them.")
    def test_neighbours_are_what_a_brute_force_finds(self, index: ArchiveIndex) -> None:
        pieces = st.lists(st.tuples(st.sampled_from([ONE, TWO]), st.sets(st.integers(1, 30), max_size=6)), max_size=6)

        @examples(40)
        @given(pieces=pieces, gone=st.integers(0, 12), reach=st.integers(1, 4))
        def check(pieces: list[tuple[SessionKey, set[int]]], gone: int, reach: int) -> None:
            index.clear()
            held: dict[SessionKey, set[int]] = {}
            for session, added in pieces:
                index.add([IndexBatch(session, [message(at) for at in sorted(added)])])
                held.setdefault(session, set()).update(added)
            index.forget(ONE, through=Position(gone))
            shelf: Shelf = {
                session: {at: message(at) for at in added if session != ONE or at > gone} for session, added in held.items()
            }
            asked = [(session, Position(at)) for at in range(32) for session in (ONE, TWO)]
            expected = [beside(shelf, session, at, reach) for session, at in asked]
            assert as_lists(index.neighbours(asked, reach=reach)) == as_lists(expected)

        check()

    @rule("Recency counts where an application wants it to: a hit tells when it was said, to the last bit.")
    def test_a_hit_tells_when_it_was_said(self, index: ArchiveIndex) -> None:
        times = [0.0, NOON, NOON + 2**-20, 0.1, 4e9]
        put(index, ONE, *(message(at, at=said, vector=[1, at]) for at, said in enumerate(times, 1)))
        for hits in (index.search_text(RARE, k=9, where=OURS), index.search_vector(floats([1, 0]), k=9, where=OURS)):
            assert {int(hit.position): hit.timestamp for hit in hits} == dict(enumerate(times, 1))
            assert all(type(hit.timestamp) is float for hit in hits)
