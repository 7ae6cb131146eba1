"""Finding messages by their embeddings: exact search, as a brute force does it."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lixcore.domain.position import Position
from lixcore.ports.archive_index import ArchiveIndex, IndexedMessage
from lixcore.testing.archive_index.messages import ALL, ONE, OURS, TWO, IndexRules, by_vector, floats, message, positions, put
from lixcore.testing.archive_index.oracle import check_nearest
from lixcore.testing.ground.profiles import examples
from lixcore.testing.ground.rules import rule

FEW = st.sampled_from([-1.0, 0.0, 1.0, 2.0, 1.0000001])
"""Few numbers, so that vectors are equal, opposite or nearly parallel often."""

ANY = st.floats(min_value=-1e6, max_value=1e6, width=32) | st.floats(min_value=-(2.0**-20), max_value=2.0**-20, width=32)


class ComparingRules(IndexRules):
    """Mixed into `ArchiveIndexContract`."""

    @rule("A search that is nearly right leaves out the one turn that was meant: histories are compared exactly.")
    @pytest.mark.parametrize("numbers", [FEW, ANY], ids=["few numbers", "any numbers"])
    def test_it_finds_what_a_brute_force_finds(self, index: ArchiveIndex, numbers: st.SearchStrategy[float]) -> None:
        vectors = st.lists(numbers, min_size=3, max_size=3).filter(lambda values: any(abs(value) > 1e-9 for value in values))

        @examples(40)
        @given(held=st.lists(st.tuples(st.booleans(), vectors), max_size=12), query=vectors, k=st.integers(1, 12))
        def check(held: list[tuple[bool, list[float]]], query: list[float], k: int) -> None:
            index.clear()
            shelf: dict[object, dict[int, IndexedMessage]] = {ONE: {}, TWO: {}}
            for at, (first, vector) in enumerate(held, 1):
                session = ONE if first else TWO
                shelf[session][at] = message(at, "", vector=vector)
                put(index, session, shelf[session][at])
            for limit in (k, ALL):
                hits = index.search_vector(floats(query), k=limit, where=OURS)
                check_nearest(hits, shelf, floats(query), k=limit, where=OURS)  # type: ignore[arg-type]

        check()

    @rule("Models differ in how long their vectors are; only the direction means something.")
    def test_the_length_of_a_vector_does_not_count(self, index: ArchiveIndex) -> None:
        put(index, ONE, message(1, vector=[100, 1]), message(2, vector=[1e-3, 0]), message(3, vector=[1e30, 1e30]))
        put(index, ONE, message(4, vector=[-5, 0]), message(5, vector=[1e-30, -1e-30]))
        for length in (1.0, 1e-30, 1e30):
            hits = index.search_vector(floats([length, 0]), k=9, where=OURS)
            assert [hit.position for hit in hits] == [2, 1, 5, 3, 4]
            assert [round(hit.score, 3) for hit in hits] == [1.0, 1.0, 0.707, 0.707, -1.0]

    @rule("Of what fits equally well the newer is meant; an order by chance changes from one call to the next.")
    def test_of_equally_similar_ones_the_newer_comes_first(self, index: ArchiveIndex) -> None:
        put(index, ONE, *(message(at, vector=[1 + at % 3, 0]) for at in range(1, 20, 2)))
        put(index, TWO, *(message(at, vector=[2, 0]) for at in range(2, 20, 2)), message(1, vector=[7, 0]))
        expected = [(ONE if at % 2 else TWO, at) for at in range(19, 0, -1)] + [(TWO, 1)]
        assert by_vector(index) == expected
        for k in (1, 2, 7, 19):
            assert by_vector(index, k=k) == expected[:k]

    @rule("Texts that say nearly the same are told apart in the last decimals; float32 does not reach there.")
    def test_near_parallel_vectors_are_told_apart(self, index: ArchiveIndex) -> None:
        held = {at: message(at, vector=[1, 1 + at * 1e-6, 1]) for at in range(1, 40)}
        put(index, ONE, *held.values())
        query = floats([1, 1, 1])
        for k in (5, ALL):
            check_nearest(index.search_vector(query, k=k, where=OURS), {ONE: held}, query, k=k, where=OURS)

    @rule("What is least similar is asked for as well, when little is there: a search is no threshold.")
    def test_the_opposite_is_a_hit_too(self, index: ArchiveIndex) -> None:
        put(index, ONE, message(1, vector=[-1, 0]), message(2, vector=[0, 1]))
        hits = index.search_vector(floats([2, 0]), k=9, where=OURS)
        assert [(hit.position, hit.score) for hit in hits] == [(2, 0.0), (1, -1.0)]

    @rule("A message without an embedding has no meaning to compare; a made-up one puts it anywhere in the ranking.")
    def test_a_message_without_an_embedding_is_no_hit(self, index: ArchiveIndex) -> None:
        put(index, ONE, message(1), message(2))
        assert by_vector(index) == []
        put(index, ONE, message(3, vector=[0, 1]), message(4))
        assert positions(by_vector(index)) == [3]

    @rule("A filter that is applied to the best few finds nothing where the best few are somebody else's.")
    def test_filters_come_before_the_choice_of_the_best(self, index: ArchiveIndex) -> None:
        put(index, ONE, *(message(at, vector=[1, at / 1000], role="tool") for at in range(1, 200)))
        put(index, ONE, message(200, vector=[-1, 0], role="user"))
        for where in (attrs.evolve(OURS, roles=["user"]), attrs.evolve(OURS, sessions=["two"])):
            put(index, TWO, message(Position(200), vector=[-1, 0], role="user"))
            assert len(by_vector(index, k=1, where=where)) == 1
            assert {at for _, at in by_vector(index, k=2, where=where)} == {200}
